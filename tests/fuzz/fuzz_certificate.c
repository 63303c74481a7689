/* Any bytes as PEM, or as the DER inside of it: certificates are read whole or refused, keys and certificates never worse. */
#include <stddef.h>
#include <stdint.h>
#include "kc/arena.h"
#include "kc/hash.h"
#include "kc/pki.h"

static void read_all(struct arena *a, struct str pem)
{
    struct pki_certificate *v, *again;
    struct str why = STR_NONE;
    size_t n, one;
    if (!pki_certificates(a, pem, &v, &n, &why)) {
        if (!why.n)
            __builtin_trap();
        return;
    }
    for (size_t i = 0; i < n; i++)                         /* each is itself when it stands alone */
        if (!pki_certificates(a, v[i].pem, &again, &one, &why) || one != 1 || !str_eq(again->fingerprint, v[i].fingerprint) || !str_eq(again->subject, v[i].subject))
            __builtin_trap();
}

static void read_key(struct arena *a, struct str pem)
{
    struct str public, again, why = STR_NONE;
    bool ok = pki_public_pem(a, pem, &public, &why);
    if (ok ? !pki_public_pem(a, public, &again, &why) || !str_eq(public, again) : !why.n)
        __builtin_trap();
    why = STR_NONE;
    if (!pki_jwks(a, &pem, 1, &again, &why) && !why.n)
        __builtin_trap();
}

/* In lines, as PEM has them. */
static struct str block(struct arena *a, const char *kind, struct str der)
{
    struct str text = base64(a, der);
    struct buf b = { 0 };
    buf_fmt(&b, "-----BEGIN %s-----\n", kind);
    for (size_t i = 0; i < text.n; i += 64)
        buf_fmt(&b, "%.*s\n", STR_ARG(str_sub(text, i, i + 64)));
    buf_fmt(&b, "-----END %s-----\n", kind);
    return buf_take(&b, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const kinds[] = { "CERTIFICATE", "PUBLIC KEY", "PRIVATE KEY" };
    struct arena *a = arena_secret();
    if (size) {
        struct str rest = { (const char *)data + 1, size - 1 };
        struct str pem = data[0] & 0x80 ? rest : block(a, kinds[data[0] % 3], rest);
        read_all(a, pem);
        read_key(a, pem);
    }
    arena_free(a);
    return 0;
}
