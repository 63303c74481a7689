/* builtin_key.c - built-in functions that make something new (keys, random text), and those that show a key in the forms that others read.
 * What makes has its randomness from the evaluation; without any its arguments are looked at, and the call waits (builtin.c). */
#include "builtin.h"
#include "kc/arena.h"
#include "kc/hash.h"
#include "kc/pki.h"

enum { RANDOM_MOST = 4096 };

static const struct value *key_or(struct call *c, bool ok, struct str text, struct str why)
{
    return ok ? value_str(c->a, text) : call_fail(c, "%.*s", STR_ARG(why));
}

static const struct value *make(struct call *c, enum pki_kind kind, int64_t bits, struct str curve)
{
    struct str key = STR_NONE, why = STR_NONE;
    int n = bits < 0 || bits > PKI_RSA_MOST ? 0 : (int)bits;
    if (!pki_offers(kind, n, curve, &why))
        return key_or(c, false, key, why);
    return c->e->source ? key_or(c, pki_make(c->a, kind, n, curve, c->e->source, &key, &why), key, why) : NULL;
}

const struct value *bi_rsa_key(struct call *c)
{
    return make(c, PKI_RSA, c->v[0]->i, STR_NONE);
}

const struct value *bi_ec_key(struct call *c)
{
    return make(c, PKI_EC, 0, c->v[0]->s);
}

const struct value *bi_ed25519_key(struct call *c)
{
    return make(c, PKI_ED25519, 0, STR_NONE);
}

static const struct value *shown(struct call *c, bool (*form)(struct arena *a, struct str key, struct str *out, struct str *why))
{
    struct str text = STR_NONE, why = STR_NONE;
    return key_or(c, form(c->a, c->v[0]->s, &text, &why), text, why);
}

const struct value *bi_private_pem(struct call *c)
{
    return shown(c, pki_private_pem);
}

const struct value *bi_public_pem(struct call *c)
{
    return shown(c, pki_public_pem);
}

const struct value *bi_public_ssh(struct call *c)
{
    return shown(c, pki_public_ssh);
}

const struct value *bi_key_fingerprint(struct call *c)
{
    return shown(c, pki_fingerprint);
}

static void fill(struct call *c, void *p, size_t n)
{
    c->e->source->fill(c->e->source->impl, p, n);
}

const struct value *bi_random_base64(struct call *c)
{
    int64_t n = c->v[0]->i;
    if (n < 1 || n > RANDOM_MOST)
        return call_fail(c, "1 to %d bytes can be had", RANDOM_MOST);
    if (!c->e->source)
        return NULL;
    char *p = arena_alloc(c->a, (size_t)n);
    fill(c, p, (size_t)n);
    return value_str(c->a, base64(c->a, (struct str){ p, (size_t)n }));
}

/* Each character as likely as any other: ASCII, and none of them twice. */
static bool fair(struct str of)
{
    bool seen[128] = { false };
    for (size_t i = 0; i < of.n; i++) {
        unsigned char ch = (unsigned char)of.s[i];
        if (ch < ' ' || ch > '~' || seen[ch])
            return false;
        seen[ch] = true;
    }
    return of.n > 1;
}

const struct value *bi_random_text(struct call *c)
{
    struct str of = c->n > 1 && c->v[1]->kind == VALUE_STRING ? c->v[1]->s : STR("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    int64_t n = c->v[0]->i;
    if (n < 1 || n > RANDOM_MOST)
        return call_fail(c, "1 to %d characters can be had", RANDOM_MOST);
    if (!fair(of))
        return call_fail(c, "the characters to choose from are at least two, ASCII, and none of them twice");
    if (!c->e->source)
        return NULL;
    char *p = arena_alloc(c->a, (size_t)n);
    for (size_t i = 0; i < (size_t)n;) {
        uint8_t byte;
        fill(c, &byte, 1);
        if (byte < 256 / of.n * of.n)                      /* what is above would make the first ones likelier */
            p[i++] = of.s[byte % of.n];
    }
    return value_str(c->a, (struct str){ p, (size_t)n });
}
