/* jwk.c - public keys as JSON Web Keys (RFC 7517, 7518): what verifies tokens that their private halves sign. */
#include "room.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include "kc/arena.h"
#include "kc/hash.h"
#include "kc/json.h"
#include "kc/value.h"

enum { KEYS_MOST = 64, MEMBERS = 8 };

struct jwk { struct arena *a; struct pair v[MEMBERS]; size_t n; };

static bool member(struct jwk *j, const char *name, struct str text)
{
    j->v[j->n++] = (struct pair){ str_of(name), value_str(j->a, text) };
    return true;
}

/* In so many bytes; 0: in as many as it has. */
static bool number(struct jwk *j, const char *name, EVP_PKEY *k, const char *param, int bytes)
{
    unsigned char p[PKI_RSA_MOST / 8];
    BIGNUM *n = NULL;
    bool ok = EVP_PKEY_get_bn_param(k, param, &n) && BN_num_bytes(n) <= (int)sizeof p;
    int size = ok && !bytes ? BN_num_bytes(n) : bytes;

    ok = ok && BN_bn2binpad(n, p, size) == size && member(j, name, base64_url(j->a, (struct str){ (const char *)p, (size_t)size }));
    BN_free(n);
    return ok;
}

static bool rsa(struct jwk *j, EVP_PKEY *k)
{
    return member(j, "kty", STR("RSA")) && member(j, "alg", STR("RS256")) && number(j, "n", k, OSSL_PKEY_PARAM_RSA_N, 0) &&
           number(j, "e", k, OSSL_PKEY_PARAM_RSA_E, 0);
}

static bool ec(struct jwk *j, EVP_PKEY *k)
{
    static const struct { const char *group, *curve, *algorithm; int bytes; } curves[] = {
        { "prime256v1", "P-256", "ES256", 32 }, { "secp384r1", "P-384", "ES384", 48 }, { "secp521r1", "P-521", "ES512", 66 },
    };
    char group[64];

    if (!EVP_PKEY_get_group_name(k, group, sizeof group, NULL))
        return false;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (str_is(str_of(group), curves[i].group))
            return member(j, "kty", STR("EC")) && member(j, "alg", str_of(curves[i].algorithm)) && member(j, "crv", str_of(curves[i].curve)) &&
                   number(j, "x", k, OSSL_PKEY_PARAM_EC_PUB_X, curves[i].bytes) && number(j, "y", k, OSSL_PKEY_PARAM_EC_PUB_Y, curves[i].bytes);
    return false;
}

/* Kubernetes names its keys so, and finds them by it. */
static bool key_id(struct jwk *j, EVP_PKEY *k)
{
    unsigned char *der = NULL;
    int n = i2d_PUBKEY(k, &der);
    uint8_t digest[32];

    if (n <= 0)
        return false;
    sha256((struct str){ (const char *)der, (size_t)n }, digest);
    OPENSSL_free(der);
    return member(j, "kid", base64_url(j->a, (struct str){ (const char *)digest, sizeof digest }));
}

static const struct value *one(struct arena *a, struct str key, struct str *why)
{
    struct jwk j = { .a = a };
    EVP_PKEY *k = pki_read(key, true, why);
    bool ok = k && member(&j, "use", STR("sig")) && key_id(&j, k) && (EVP_PKEY_is_a(k, "RSA") ? rsa(&j, k) : EVP_PKEY_is_a(k, "EC") && ec(&j, k));

    if (k && !ok)
        pki_failed(why, "a key of a JSON Web Key Set is an RSA or an EC key");
    EVP_PKEY_free(k);
    return ok ? value_object(a, j.v, j.n) : NULL;
}

static bool named_before(const struct value *const *v, size_t n, const struct value *key)
{
    for (size_t i = 0; i < n; i++)
        if (value_eq(value_get(v[i], STR("kid")), value_get(key, STR("kid"))))
            return true;
    return false;
}

bool pki_jwks(struct arena *a, const struct str *keys, size_t n, struct str *out, struct str *why)
{
    const struct value *v[KEYS_MOST];
    struct buf b = { 0 };

    if (n > KEYS_MOST)
        return pki_failed(why, "these are more than 64 keys");
    for (size_t i = 0; i < n; i++) {
        if (!(v[i] = one(a, keys[i], why)))
            return false;
        if (named_before(v, i, v[i]))
            return pki_failed(why, "the same key stands there twice");
    }
    json_write(&b, value_object(a, &(struct pair){ STR("keys"), value_list(a, v, n) }, 1), JSON_CANONICAL, false);
    *out = buf_take(&b, a);
    return true;
}
