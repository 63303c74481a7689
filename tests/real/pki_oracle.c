/* pki_oracle.c - keys and certificates of kc behind a pipe, for comparison with kubeadm's. The randomness and the time are the machine's.
 * Reads one JSON object a line on standard input and answers each with one line:
 *   {"do":"key","kind":"rsa"|"ec"|"ed25519","bits":N,"curve":C}                              -> {"key":PEM}
 *   {"do":"certificate","key":PEM,"authority":PEM,"common_name":S,"organizations":[..],"is_authority":b,"usages":[..],"names":[..],"hours":N}
 *                                                                                            -> {"certificate":PEM}
 *   {"do":"jwks","keys":[PEM..]}                                                             -> {"jwks":text}
 * or {"why":".."}. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include "kc/arena.h"
#include "kc/json.h"
#include "kc/pki.h"
#include "kc/value.h"

static void fill(void *impl, void *p, size_t n)
{
    (void)impl;
    for (size_t done = 0; done < n;) {
        ssize_t k = getrandom((char *)p + done, n - done, 0);
        done += k > 0 ? (size_t)k : 0;
    }
}

static int64_t now(void *impl)
{
    (void)impl;
    return (int64_t)time(NULL) * 1000;
}

static struct str text(const struct value *q, const char *key)
{
    const struct value *v = value_get(q, str_of(key));
    return v && v->kind == VALUE_STRING ? v->s : STR_NONE;
}

static int64_t integer(const struct value *q, const char *key)
{
    const struct value *v = value_get(q, str_of(key));
    return v && v->kind == VALUE_INT ? v->i : 0;
}

static const struct str *texts(struct arena *a, const struct value *q, const char *key, size_t *n)
{
    const struct value *v = value_get(q, str_of(key));
    *n = v && v->kind == VALUE_LIST ? v->list.n : 0;
    struct str *out = ARENA_ARRAY(a, struct str, *n);
    for (size_t i = 0; i < *n; i++)
        out[i] = v->list.v[i]->s;
    return out;
}

static bool key(struct arena *a, const struct value *q, const struct pki_source *s, struct str *out, struct str *why)
{
    struct str kind = text(q, "kind");
    return pki_make(a, str_is(kind, "rsa") ? PKI_RSA : str_is(kind, "ec") ? PKI_EC : PKI_ED25519, (int)integer(q, "bits"), text(q, "curve"), s, out, why);
}

static bool certificate(struct arena *a, const struct value *q, const struct pki_source *s, struct str *out, struct str *why)
{
    const struct value *authority = value_get(q, STR("is_authority"));
    struct pki_request r = { .common_name = text(q, "common_name"), .authority = authority && authority->b, .lifetime = integer(q, "hours") * 3600 * 1000 };
    size_t n;
    const struct str *usages = texts(a, q, "usages", &n);
    for (size_t i = 0; i < n; i++)
        r.usages |= str_is(usages[i], "server") ? PKI_SERVER : PKI_CLIENT;
    r.organizations = texts(a, q, "organizations", &r.norganizations);
    r.names = texts(a, q, "names", &r.nnames);
    return pki_certify(a, &r, text(q, "key"), text(q, "authority"), s, out, why);
}

static struct pair answer(struct arena *a, const struct value *q)
{
    static const struct pki_source source = { fill, now, NULL };
    struct str out = STR_NONE, why = STR_NONE, what = text(q, "do");
    size_t n;
    const struct str *keys = texts(a, q, "keys", &n);
    bool ok = str_is(what, "key") ? key(a, q, &source, &out, &why) : str_is(what, "jwks") ? pki_jwks(a, keys, n, &out, &why) : certificate(a, q, &source, &out, &why);
    return ok ? (struct pair){ what, value_str(a, out) } : (struct pair){ STR("why"), value_str(a, why) };
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    while ((n = getline(&line, &cap, stdin)) > 0) {
        struct arena *a = arena_secret();
        struct str why = STR_NONE;
        struct buf out = { 0 };
        const struct value *q = json_read(a, (struct str){ line, (size_t)n }, 0, &why);
        struct pair said = q ? answer(a, q) : (struct pair){ STR("why"), value_str(a, why) };
        json_write(&out, value_object(a, &said, 1), JSON_PLAIN, true);
        buf_putc(&out, '\n');
        fwrite(out.s, 1, out.n, stdout);
        fflush(stdout);
        buf_fini(&out);
        arena_free(a);
    }
    free(line);
    return 0;
}
