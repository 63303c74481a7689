/* make.c - a new key, and where OpenSSL's randomness comes from: the caller, while something is made or signed, and itself again afterwards. */
#define OPENSSL_SUPPRESS_DEPRECATED                        /* RAND_METHOD: the short way to say where randomness comes from */
#include "room.h"
#include <openssl/err.h>
#include <openssl/rand.h>

bool pki_failed(struct str *why, const char *what)
{
    ERR_clear_error();
    *why = str_of(what);
    return false;
}

static const struct pki_source *source;

static int fill(unsigned char *to, int n)
{
    source->fill(source->impl, to, (size_t)n);
    return 1;
}

static int ready(void)
{
    return 1;
}

void pki_draw_from(const struct pki_source *s)
{
    static const RAND_METHOD ours = { .bytes = fill, .pseudorand = fill, .status = ready };
    static const RAND_METHOD *former;

    if (s && !source)
        former = RAND_get_rand_method();
    source = s;
    RAND_set_rand_method(s ? &ours : former);
}

static const char *curve_named(struct str name)
{
    static const char *const curves[] = { "P-256", "P-384", "P-521" };

    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (str_is(name, curves[i]))
            return curves[i];
    return NULL;
}

bool pki_offers(enum pki_kind kind, int bits, struct str curve, struct str *why)
{
    if (kind == PKI_EC && !curve_named(curve))
        return pki_failed(why, "the curves are P-256, P-384 and P-521");
    if (kind == PKI_RSA && (bits < PKI_RSA_LEAST || bits > PKI_RSA_MOST || bits % 8))
        return pki_failed(why, "an RSA key has 2048 to 8192 bits, in whole bytes");
    return true;
}

static EVP_PKEY *make(enum pki_kind kind, int bits, struct str curve)
{
    if (kind == PKI_RSA)
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
    if (kind == PKI_EC)
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve_named(curve));
    return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

bool pki_make(struct arena *a, enum pki_kind kind, int bits, struct str curve, const struct pki_source *s, struct str *key, struct str *why)
{
    if (!pki_offers(kind, bits, curve, why))
        return false;
    pki_ready();
    pki_draw_from(s);
    EVP_PKEY *k = make(kind, bits, curve);
    pki_draw_from(NULL);
    bool ok = k ? pki_write_private(a, k, key, why) : pki_failed(why, "OpenSSL could not make the key");
    EVP_PKEY_free(k);
    return ok;
}
