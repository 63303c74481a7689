/* key.c - a key read from PEM, and what is shown of it: PKCS#8, SubjectPublicKeyInfo, the form of OpenSSH and its fingerprint. */
#include "room.h"
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "kc/arena.h"
#include "kc/hash.h"

/* Nobody is asked for a passphrase. */
static int no_passphrase(char *to, int n, int writing, void *user)
{
    (void)to, (void)n, (void)writing, (void)user;
    return -1;
}

static EVP_PKEY *read_one(struct str pem, EVP_PKEY *(*with)(BIO *, EVP_PKEY **, pem_password_cb *, void *))
{
    BIO *b = BIO_new_mem_buf(pem.s, (int)pem.n);
    EVP_PKEY *k = b ? with(b, NULL, no_passphrase, NULL) : NULL;

    BIO_free(b);
    return k;
}

EVP_PKEY *pki_read(struct str pem, bool public_too, struct str *why)
{
    EVP_PKEY *k = NULL;

    pki_ready();
    if (pem.n && pem.n <= PKI_TEXT_MOST)
        k = read_one(pem, PEM_read_bio_PrivateKey);
    if (!k && public_too && pem.n && pem.n <= PKI_TEXT_MOST)
        k = read_one(pem, PEM_read_bio_PUBKEY);
    if (!k)
        pki_failed(why, public_too ? "this is no key in PEM" : "this is no private key in PEM, or it has a passphrase");
    return k;
}

bool pki_take(struct arena *a, BIO *b, bool written, struct str *out)
{
    char *p = NULL;
    long n = written ? BIO_get_mem_data(b, &p) : 0;

    if (n > 0)
        *out = str_dup(a, (struct str){ p, (size_t)n });
    BIO_free(b);
    return n > 0;
}

static bool shown(bool ok, struct str *why)
{
    return ok || pki_failed(why, "OpenSSL could not write the key");
}

bool pki_write_private(struct arena *a, EVP_PKEY *k, struct str *out, struct str *why)
{
    BIO *b = BIO_new(BIO_s_secmem());

    return shown(pki_take(a, b, b && PEM_write_bio_PKCS8PrivateKey(b, k, NULL, NULL, 0, NULL, NULL), out), why);
}

bool pki_private_pem(struct arena *a, struct str key, struct str *out, struct str *why)
{
    EVP_PKEY *k = pki_read(key, false, why);
    bool ok = k && pki_write_private(a, k, out, why);

    EVP_PKEY_free(k);
    return ok;
}

bool pki_public_pem(struct arena *a, struct str key, struct str *out, struct str *why)
{
    EVP_PKEY *k = pki_read(key, true, why);
    BIO *b = k ? BIO_new(BIO_s_mem()) : NULL;
    bool ok = k && shown(pki_take(a, b, b && PEM_write_bio_PUBKEY(b, k), out), why);

    EVP_PKEY_free(k);
    return ok;
}

/* ---- OpenSSH: fields with their length before them (RFC 4253, 5656, 8709) ---- */

static void field(struct buf *b, const void *p, size_t n)
{
    unsigned char size[] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n };

    buf_add(b, size, sizeof size);
    buf_add(b, p, n);
}

static void text(struct buf *b, const char *s)
{
    field(b, s, str_of(s).n);
}

/* With a zero before it where it would look negative. */
static bool number(struct buf *b, EVP_PKEY *k, const char *name)
{
    BIGNUM *n = NULL;
    unsigned char bytes[PKI_RSA_MOST / 8 + 1] = { 0 };
    bool ok = EVP_PKEY_get_bn_param(k, name, &n) && BN_num_bytes(n) < (int)sizeof bytes;

    if (ok) {
        int len = BN_bn2bin(n, bytes + 1);
        size_t sign = bytes[1] >> 7;
        field(b, bytes + 1 - sign, (size_t)len + sign);
    }
    BN_free(n);
    return ok;
}

static bool rsa(struct buf *b, EVP_PKEY *k)
{
    text(b, "ssh-rsa");
    return number(b, k, OSSL_PKEY_PARAM_RSA_E) && number(b, k, OSSL_PKEY_PARAM_RSA_N);
}

static bool ec(struct buf *b, EVP_PKEY *k)
{
    static const struct { const char *group, *curve, *name; } curves[] = {
        { "prime256v1", "nistp256", "ecdsa-sha2-nistp256" }, { "secp384r1", "nistp384", "ecdsa-sha2-nistp384" }, { "secp521r1", "nistp521", "ecdsa-sha2-nistp521" },
    };
    char group[64];
    unsigned char point[256];
    size_t n = 0;

    if (!EVP_PKEY_get_group_name(k, group, sizeof group, NULL) || !EVP_PKEY_get_octet_string_param(k, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof point, &n))
        return false;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        if (!str_is(str_of(group), curves[i].group))
            continue;
        text(b, curves[i].name);
        text(b, curves[i].curve);
        field(b, point, n);
        return true;
    }
    return false;
}

static bool ed25519(struct buf *b, EVP_PKEY *k)
{
    unsigned char raw[32];
    size_t n = sizeof raw;

    text(b, "ssh-ed25519");
    if (!EVP_PKEY_get_raw_public_key(k, raw, &n))
        return false;
    field(b, raw, n);
    return true;
}

/* The key as OpenSSH packs it; *kind: what stands before it in a line. */
static bool packed(struct arena *a, struct str key, const char **kind, struct str *out, struct str *why)
{
    static const struct { const char *name; bool (*pack)(struct buf *b, EVP_PKEY *k); } kinds[] = { { "RSA", rsa }, { "EC", ec }, { "ED25519", ed25519 } };
    EVP_PKEY *k = pki_read(key, true, why);
    struct buf b = { 0 };
    bool ok = false, any = k != NULL;

    for (size_t i = 0; k && !ok && i < sizeof kinds / sizeof *kinds; i++)
        ok = EVP_PKEY_is_a(k, kinds[i].name) && kinds[i].pack(&b, k);
    EVP_PKEY_free(k);
    *out = buf_take(&b, a);
    if (!ok)
        return any && pki_failed(why, "OpenSSH has no form for this kind of key");
    *kind = str_c(a, (struct str){ out->s + 4, (size_t)(unsigned char)out->s[3] });
    return true;
}

bool pki_public_ssh(struct arena *a, struct str key, struct str *out, struct str *why)
{
    const char *kind;
    struct str bytes;

    if (!packed(a, key, &kind, &bytes, why))
        return false;
    *out = str_fmt(a, "%s %.*s", kind, STR_ARG(base64(a, bytes)));
    return true;
}

bool pki_fingerprint(struct arena *a, struct str key, struct str *out, struct str *why)
{
    const char *kind;
    struct str bytes, digits;
    uint8_t digest[32];

    if (!packed(a, key, &kind, &bytes, why))
        return false;
    sha256(bytes, digest);
    digits = base64(a, (struct str){ (const char *)digest, sizeof digest });
    while (digits.n && digits.s[digits.n - 1] == '=')
        digits.n--;
    *out = str_fmt(a, "SHA256:%.*s", STR_ARG(digits));
    return true;
}
