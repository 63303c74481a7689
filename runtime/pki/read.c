/* read.c - certificates read from PEM, and what stands in them. Whatever else stands in the text, a private key perhaps, is passed over. */
#include "room.h"
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>
#include "kc/arena.h"
#include "kc/hash.h"
#include "kc/value.h"

/* One block of PEM. OpenSSL keeps it in its secure heap, since it may be a key. */
struct block { char *name, *header; unsigned char *data; long n; };

static void drop(struct block *b)
{
    OPENSSL_secure_free(b->name);
    OPENSSL_secure_free(b->header);
    OPENSSL_secure_clear_free(b->data, (size_t)b->n);
}

static X509 *parse(const struct block *b)
{
    const unsigned char *p = b->data;
    X509 *x = d2i_X509(NULL, &p, b->n);

    if (x && p == b->data + b->n && X509_check_purpose(x, -1, 0) == 1 && !(X509_get_extension_flags(x) & EXFLAG_INVALID))
        return x;
    X509_free(x);
    return NULL;
}

X509 *pki_next(BIO *from, bool *damaged)
{
    struct block b = { 0 };

    while (PEM_read_bio_ex(from, &b.name, &b.header, &b.data, &b.n, PEM_FLAG_SECURE)) {
        bool certificate = !strcmp(b.name, PEM_STRING_X509) || !strcmp(b.name, PEM_STRING_X509_OLD);
        X509 *x = certificate ? parse(&b) : NULL;
        drop(&b);
        *damaged = certificate && !x;
        if (certificate)
            return x;
    }
    *damaged = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
    return NULL;
}

/* ---- what stands in it ---- */

static struct str text_of(struct arena *a, const ASN1_STRING *s)
{
    unsigned char *utf8 = NULL;
    int n = ASN1_STRING_to_UTF8(&utf8, s);
    struct str out = n > 0 ? str_dup(a, (struct str){ (const char *)utf8, (size_t)n }) : STR_NONE;

    OPENSSL_free(utf8);
    return out;
}

static struct str name_text(struct arena *a, const X509_NAME *name)
{
    BIO *b = BIO_new(BIO_s_mem());
    struct str out = STR_NONE;

    pki_take(a, b, b && X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0, &out);
    return out;
}

static size_t entries(struct arena *a, const X509_NAME *name, int nid, const struct str **out)
{
    struct str *v = ARENA_ARRAY(a, struct str, (size_t)X509_NAME_entry_count(name));
    size_t n = 0;

    for (int i = -1; (i = X509_NAME_get_index_by_NID(name, nid, i)) >= 0;)
        v[n++] = text_of(a, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
    *out = v;
    return n;
}

static struct str address_text(struct arena *a, const ASN1_STRING *s)
{
    struct ip ip = { .v6 = ASN1_STRING_length(s) == 16 };

    if (!ip.v6 && ASN1_STRING_length(s) != 4)
        return STR_NONE;
    memcpy(ip.b, ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s));
    return ip_text(a, ip);
}

static size_t alt_names(struct arena *a, X509 *x, const struct str **out)
{
    GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    int count = all ? sk_GENERAL_NAME_num(all) : 0;
    struct str *v = ARENA_ARRAY(a, struct str, (size_t)count);
    size_t n = 0;

    for (int i = 0; i < count; i++) {
        int kind;
        const ASN1_STRING *s = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(all, i), &kind);
        struct str text = kind == GEN_DNS ? text_of(a, s) : kind == GEN_IPADD ? address_text(a, s) : STR_NONE;
        if (text.n)
            v[n++] = text;
    }
    GENERAL_NAMES_free(all);
    *out = v;
    return n;
}

static struct str serial_text(struct arena *a, const X509 *x)
{
    BIGNUM *n = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
    int size = n ? BN_num_bytes(n) : 0;
    unsigned char *p = arena_alloc(a, (size_t)size + 1);

    if (n)
        BN_bn2bin(n, p);
    BN_free(n);
    return hex(a, p, (size_t)size);
}

bool pki_moment(const ASN1_TIME *t, int64_t *ms)
{
    struct tm tm;

    if (!ASN1_TIME_to_tm(t, &tm))
        return false;
    *ms = (int64_t)timegm(&tm) * 1000;
    return true;
}

static unsigned usages(X509 *x)
{
    uint32_t all = X509_get_extended_key_usage(x);         /* without the extension: every bit */

    return (all & XKU_SSL_SERVER ? PKI_SERVER : 0u) | (all & XKU_SSL_CLIENT ? PKI_CLIENT : 0u);
}

static bool describe(struct arena *a, X509 *x, struct pki_certificate *c)
{
    const X509_NAME *subject = X509_get_subject_name(x);
    const struct str *names;
    unsigned char digest[EVP_MAX_MD_SIZE];
    BIO *b = BIO_new(BIO_s_mem());
    bool ok = pki_take(a, b, b && PEM_write_bio_X509(b, x), &c->pem) && X509_digest(x, EVP_sha256(), digest, NULL) &&
              pki_moment(X509_get0_notBefore(x), &c->begins) && pki_moment(X509_get0_notAfter(x), &c->ends);

    if (!ok)
        return false;
    c->subject = name_text(a, subject);
    c->issuer = name_text(a, X509_get_issuer_name(x));
    c->common_name = entries(a, subject, NID_commonName, &names) ? names[0] : STR_NONE;
    c->norganizations = entries(a, subject, NID_organizationName, &c->organizations);
    c->nnames = alt_names(a, x, &c->names);
    c->serial = serial_text(a, x);
    c->fingerprint = hex(a, digest, 32);
    c->authority = X509_check_ca(x) == 1;
    c->usages = c->authority ? 0 : usages(x);
    return true;
}

bool pki_certificates(struct arena *a, struct str pem, struct pki_certificate **out, size_t *n, struct str *why)
{
    struct pki_certificate *v = ARENA_ARRAY(a, struct pki_certificate, PKI_BUNDLE_MOST);
    BIO *b = pem.n && pem.n <= PKI_TEXT_MOST ? BIO_new_mem_buf(pem.s, (int)pem.n) : NULL;
    X509 *x = NULL;
    bool damaged = false;

    pki_ready();
    *n = 0;
    while (b && !damaged && *n < PKI_BUNDLE_MOST && (x = pki_next(b, &damaged))) {
        damaged = !describe(a, x, &v[*n]);
        *n += !damaged;
        X509_free(x);
    }
    X509 *more = *n == PKI_BUNDLE_MOST ? pki_next(b, &damaged) : NULL;
    X509_free(more);
    BIO_free(b);
    *out = v;
    if (damaged || more || !*n)
        return pki_failed(why, damaged ? "a certificate in it is damaged" : more ? "these are more than 64 certificates" : "this is no certificate in PEM");
    ERR_clear_error();
    return true;
}
