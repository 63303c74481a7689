/* certificate.c - a certificate made: by a key for itself, or by an authority. Its fields are those that kubeadm's certificates have, in their order
 * (tests/real/test_certificates.py compares them), but for two: the serial number has 127 random bits, not 63, and a key that cannot encipher
 * (EC, Ed25519: RFC 5480, RFC 8410) is not said to. */
#include "room.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>
#include "kc/value.h"

enum { SERIAL = 16, KEY_ID = 20 };
static const int64_t late_clocks = 5 * 60 * 1000;

/* ---- its fields ---- */

static bool set_serial(X509 *x, const struct pki_source *s)
{
    unsigned char bytes[SERIAL];

    s->fill(s->impl, bytes, sizeof bytes);
    bytes[0] &= 0x7f;                                      /* never negative */
    BIGNUM *n = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
    BN_free(n);
    return ok;
}

static bool set_times(X509 *x, int64_t begins, int64_t ends)
{
    return ASN1_TIME_set(X509_getm_notBefore(x), (time_t)(begins / 1000)) && ASN1_TIME_set(X509_getm_notAfter(x), (time_t)(ends / 1000));
}

/* The plainer kind of text where it is enough, as others write it: names are compared as bytes. */
static int text_kind(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.s[i], low = (char)(c | 32);
        if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') && !strchr(" '()+,-./:=?", c))
            return V_ASN1_UTF8STRING;
    }
    return V_ASN1_PRINTABLESTRING;
}

/* beside: in the set of the entry before it. */
static bool add_name(X509_NAME *to, int nid, struct str s, bool beside)
{
    return X509_NAME_add_entry_by_NID(to, nid, text_kind(s), (const unsigned char *)s.s, (int)s.n, -1, beside ? -1 : 0) == 1;
}

static bool set_subject(X509 *x, const struct pki_request *q)
{
    X509_NAME *name = X509_NAME_new();
    bool ok = name != NULL;

    for (size_t i = 0; ok && i < q->norganizations; i++)
        ok = add_name(name, NID_organizationName, q->organizations[i], i > 0);
    ok = ok && add_name(name, NID_commonName, q->common_name, false) && X509_set_subject_name(x, name);
    X509_NAME_free(name);
    return ok;
}

/* ---- its extensions ---- */

static bool add(X509 *x, int nid, void *value, bool critical)
{
    return value && X509_add1_ext_i2d(x, nid, value, critical, X509V3_ADD_APPEND) == 1;
}

static bool add_key_usage(X509 *x, bool authority, bool enciphers)
{
    enum { DIGITAL_SIGNATURE = 0, KEY_ENCIPHERMENT = 2, CERT_SIGN = 5 };
    ASN1_BIT_STRING *bits = ASN1_BIT_STRING_new();
    bool ok = bits && ASN1_BIT_STRING_set_bit(bits, DIGITAL_SIGNATURE, 1) && (!enciphers || ASN1_BIT_STRING_set_bit(bits, KEY_ENCIPHERMENT, 1)) &&
              (!authority || ASN1_BIT_STRING_set_bit(bits, CERT_SIGN, 1)) && add(x, NID_key_usage, bits, true);

    ASN1_BIT_STRING_free(bits);
    return ok;
}

static bool add_usages(X509 *x, unsigned usages)
{
    static const struct { unsigned bit; int nid; } kinds[] = { { PKI_SERVER, NID_server_auth }, { PKI_CLIENT, NID_client_auth } };
    EXTENDED_KEY_USAGE *v = sk_ASN1_OBJECT_new_null();
    bool ok = v != NULL;

    for (size_t i = 0; ok && i < sizeof kinds / sizeof *kinds; i++)
        ok = !(usages & kinds[i].bit) || sk_ASN1_OBJECT_push(v, OBJ_nid2obj(kinds[i].nid));
    ok = ok && (!usages || add(x, NID_ext_key_usage, v, false));
    sk_ASN1_OBJECT_pop_free(v, ASN1_OBJECT_free);
    return ok;
}

static bool add_constraints(X509 *x, bool authority)
{
    BASIC_CONSTRAINTS *v = BASIC_CONSTRAINTS_new();
    bool ok = v != NULL;

    if (ok)
        v->ca = authority ? 0xff : 0;
    ok = ok && add(x, NID_basic_constraints, v, true);
    BASIC_CONSTRAINTS_free(v);
    return ok;
}

/* An authority's key has an id: the first 160 bits of its SHA-256 (RFC 7093, method 1), by which those that it signs name it. */
static bool add_key_id(X509 *x)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
    bool ok = id && X509_pubkey_digest(x, EVP_sha256(), digest, NULL) && ASN1_OCTET_STRING_set(id, digest, KEY_ID) && add(x, NID_subject_key_identifier, id, false);

    ASN1_OCTET_STRING_free(id);
    return ok;
}

static bool add_issuer_id(X509 *x, X509 *issuer)
{
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(issuer);
    AUTHORITY_KEYID *v = id ? AUTHORITY_KEYID_new() : NULL;
    bool ok = !id || (v && (v->keyid = ASN1_OCTET_STRING_dup(id)) && add(x, NID_authority_key_identifier, v, false));

    AUTHORITY_KEYID_free(v);
    return ok;
}

static GENERAL_NAME *general_name(struct str s)
{
    struct ip ip;
    bool address = ip_parse(s, &ip);
    GENERAL_NAME *g = GENERAL_NAME_new();
    ASN1_STRING *text = ASN1_STRING_type_new(address ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);

    if (g && text && ASN1_STRING_set(text, address ? (const void *)ip.b : s.s, address ? ip.v6 ? 16 : 4 : (int)s.n)) {
        GENERAL_NAME_set0_value(g, address ? GEN_IPADD : GEN_DNS, text);
        return g;
    }
    ASN1_STRING_free(text);
    GENERAL_NAME_free(g);
    return NULL;
}

/* DNS names, then addresses. */
static bool add_names(X509 *x, const struct str *names, size_t n)
{
    GENERAL_NAMES *v = GENERAL_NAMES_new();
    bool ok = v != NULL;
    struct ip ip;

    for (int addresses = 0; addresses < 2; addresses++)
        for (size_t i = 0; ok && i < n; i++) {
            GENERAL_NAME *g = ip_parse(names[i], &ip) == addresses ? general_name(names[i]) : NULL;
            ok = ip_parse(names[i], &ip) != addresses || (g && sk_GENERAL_NAME_push(v, g));
        }
    ok = ok && (!n || add(x, NID_subject_alt_name, v, false));
    GENERAL_NAMES_free(v);
    return ok;
}

/* ---- who signs ---- */

struct signer { X509 *certificate; EVP_PKEY *key; };       /* certificate NULL: of itself */

static bool may_sign(X509 *x, EVP_PKEY *key, int64_t now, int64_t until, struct str *why)
{
    int64_t begins, ends;

    if (X509_check_ca(x) != 1 || !(X509_get_key_usage(x) & KU_KEY_CERT_SIGN))
        return pki_failed(why, "this is the certificate of no authority: it may sign no other");
    if (!X509_check_private_key(x, key))
        return pki_failed(why, "the authority's key is not that of its certificate");
    if (!pki_moment(X509_get0_notBefore(x), &begins) || begins > now)
        return pki_failed(why, "the authority's certificate is not valid yet");
    if (!pki_moment(X509_get0_notAfter(x), &ends) || ends < now)
        return pki_failed(why, "the authority's certificate has ended");
    if (ends < until / 1000 * 1000)                        /* as it would be written, in seconds */
        return pki_failed(why, "it would be valid for longer than the authority that signs it");
    return true;
}

static bool find_signer(const struct pki_request *q, struct str authority, int64_t now, struct signer *s, struct str *why)
{
    bool damaged = false;

    if (q->authority)
        return pki_failed(why, "an authority signs for itself: none stands above it");
    if (!(s->key = pki_read(authority, false, why)))
        return false;
    BIO *b = BIO_new_mem_buf(authority.s, (int)authority.n);
    s->certificate = b ? pki_next(b, &damaged) : NULL;
    BIO_free(b);
    return s->certificate ? may_sign(s->certificate, s->key, now, now + q->lifetime, why)
                          : pki_failed(why, damaged ? "the authority's certificate is damaged" : "there is no certificate beside the authority's key");
}

/* ---- all of it ---- */

static const EVP_MD *digest_for(EVP_PKEY *key)
{
    int bits = EVP_PKEY_get_bits(key);

    if (EVP_PKEY_is_a(key, "ED25519"))
        return NULL;                                       /* it has its own */
    return EVP_PKEY_is_a(key, "EC") && bits > 384 ? EVP_sha512() : EVP_PKEY_is_a(key, "EC") && bits > 256 ? EVP_sha384() : EVP_sha256();
}

static bool fill_in(X509 *x, const struct pki_request *q, EVP_PKEY *key, const struct signer *by, int64_t now, const struct pki_source *s)
{
    X509 *issuer = by->certificate ? by->certificate : x;

    return X509_set_version(x, X509_VERSION_3) && set_serial(x, s) && set_times(x, now - late_clocks, now + q->lifetime) && set_subject(x, q) &&
           X509_set_issuer_name(x, X509_get_subject_name(issuer)) && X509_set_pubkey(x, key) && add_key_usage(x, q->authority, EVP_PKEY_is_a(key, "RSA")) &&
           add_usages(x, q->usages) && add_constraints(x, q->authority) && (!q->authority || add_key_id(x)) &&
           (!by->certificate || add_issuer_id(x, issuer)) && add_names(x, q->names, q->nnames);
}

static bool sign(X509 *x, EVP_PKEY *key, const struct pki_source *s)
{
    pki_draw_from(s);
    bool ok = X509_sign(x, key, digest_for(key)) > 0;
    pki_draw_from(NULL);
    return ok;
}

static bool certify(struct arena *a, const struct pki_request *q, EVP_PKEY *key, const struct signer *by, int64_t now, const struct pki_source *s, struct str *out)
{
    X509 *x = X509_new();
    BIO *b = BIO_new(BIO_s_mem());
    bool made = x && fill_in(x, q, key, by, now, s) && sign(x, by->key ? by->key : key, s);
    bool ok = pki_take(a, b, b && made && PEM_write_bio_X509(b, x), out);

    X509_free(x);
    return ok;
}

bool pki_certify(struct arena *a, const struct pki_request *q, struct str key, struct str authority, const struct pki_source *s, struct str *certificate, struct str *why)
{
    struct signer by = { NULL, NULL };
    int64_t now = s->now(s->impl);
    EVP_PKEY *k = pki_request_fits(a, q, why) ? pki_read(key, authority.n > 0, why) : NULL;
    bool ready = k && (!authority.n || find_signer(q, authority, now, &by, why));
    bool ok = ready && (certify(a, q, k, &by, now, s, certificate) || pki_failed(why, "OpenSSL could not make the certificate"));

    X509_free(by.certificate);
    EVP_PKEY_free(by.key);
    EVP_PKEY_free(k);
    return ok;
}
