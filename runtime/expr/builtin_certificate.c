/* builtin_certificate.c - built-in functions over certificates: one made (in a `made`, like a key), and what is shown of one. */
#include "builtin.h"
#include "kc/arena.h"
#include "kc/date.h"
#include "kc/pki.h"

/* What is asked for, read off an object of the language: members by name, none where one is left out. */
struct wanted { struct call *c; const struct value *of; struct pki_request q; };

static const struct value *member(const struct wanted *w, const char *name)
{
    const struct value *v = value_get(w->of, str_of(name));
    return v && v->kind != VALUE_NONE ? v : NULL;
}

static bool is(const struct wanted *w, const struct value *v, enum value_kind k, const char *name)
{
    return v->kind == k || call_fail(w->c, "`%s` of a certificate is %s", name, value_kind_name(k));
}

static bool texts(const struct wanted *w, const char *name, const struct str **out, size_t *n)
{
    const struct value *v = member(w, name);
    if (!v)
        return true;
    if (!is(w, v, VALUE_LIST, name))
        return false;
    struct str *to = ARENA_ARRAY(w->c->a, struct str, v->list.n);
    for (size_t i = 0; i < v->list.n; i++) {
        if (v->list.v[i]->kind != VALUE_STRING && v->list.v[i]->kind != VALUE_IP)
            return call_fail(w->c, "`%s` of a certificate is a list of text", name);
        to[i] = value_text(w->c->a, v->list.v[i]);
    }
    *out = to;
    *n = v->list.n;
    return true;
}

static bool usages(struct wanted *w)
{
    const struct str *v = NULL;
    size_t n = 0;
    if (!texts(w, "usages", &v, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned bit = str_is(v[i], "server") ? PKI_SERVER : str_is(v[i], "client") ? PKI_CLIENT : 0;
        if (!bit)
            return call_fail(w->c, "a certificate is used by a \"server\" or a \"client\", not \"%.*s\"", STR_ARG(v[i]));
        w->q.usages |= bit;
    }
    return true;
}

static bool plain(struct wanted *w)
{
    const struct value *name = member(w, "common_name"), *authority = member(w, "authority"), *lifetime = member(w, "lifetime");
    if (!name || !lifetime)
        return call_fail(w->c, "a certificate has a `common_name` and a `lifetime`");
    if (!is(w, name, VALUE_STRING, "common_name") || !is(w, lifetime, VALUE_DURATION, "lifetime") || (authority && !is(w, authority, VALUE_BOOL, "authority")))
        return false;
    w->q.common_name = name->s;
    w->q.lifetime = lifetime->i;
    w->q.authority = authority && authority->b;
    return true;
}

static bool known_members(const struct wanted *w)
{
    static const char *const all[] = { "common_name", "organizations", "authority", "usages", "names", "lifetime" };
    for (size_t i = 0; i < w->of->object.n; i++) {
        bool found = false;
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            found = found || str_is(w->of->object.v[i].key, all[k]);
        if (!found)
            return call_fail(w->c, "a certificate has no `%.*s`: common_name, organizations, authority, usages, names, lifetime", STR_ARG(w->of->object.v[i].key));
    }
    return true;
}

static bool fits(struct wanted *w)
{
    struct str why = STR_NONE;
    return known_members(w) && plain(w) && usages(w) && texts(w, "organizations", &w->q.organizations, &w->q.norganizations) &&
           texts(w, "names", &w->q.names, &w->q.nnames) && (pki_request_fits(w->c->a, &w->q, &why) || call_fail(w->c, "%.*s", STR_ARG(why)));
}

const struct value *bi_certificate(struct call *c)
{
    struct wanted w = { .c = c, .of = c->v[1] };
    struct str pem = STR_NONE, why = STR_NONE;
    bool told = value_is_known(c->v[1]), ready = told && c->v[0]->kind != VALUE_UNKNOWN && c->e->source;
    if (value_has_secret(c->v[1]))                         /* what comes out is no secret, whatever the key is */
        return call_fail(c, "a certificate is shown to everybody, and a secret stands in its fields");
    if ((told && !fits(&w)) || !ready)
        return NULL;
    if (!pki_certify(c->a, &w.q, c->v[0]->s, STR_NONE, c->e->source, &pem, &why))
        return call_fail(c, "%.*s", STR_ARG(why));
    return value_str(c->a, pem);
}

/* ---- what is shown of one ---- */

static bool read(struct call *c, struct pki_certificate **v, size_t *n)
{
    struct str why = STR_NONE;
    return pki_certificates(c->a, c->v[0]->s, v, n, &why) || call_fail(c, "%.*s", STR_ARG(why));
}

const struct value *bi_certificate_ends(struct call *c)
{
    struct pki_certificate *v;
    size_t n;
    if (!read(c, &v, &n))
        return NULL;
    int64_t end = v[0].ends;
    for (size_t i = 1; i < n; i++)
        end = v[i].ends < end ? v[i].ends : end;
    return value_str(c->a, date_text(c->a, end));
}

const struct value *bi_certificate_fingerprint(struct call *c)
{
    struct pki_certificate *v;
    size_t n;
    if (!read(c, &v, &n))
        return NULL;
    return n == 1 ? value_str(c->a, v[0].fingerprint) : call_fail(c, "these are %zu certificates, and each has a fingerprint of its own", n);
}

const struct value *bi_jwks(struct call *c)
{
    const struct value *list = c->v[0];
    struct str *keys = ARENA_ARRAY(c->a, struct str, list->list.n), out = STR_NONE, why = STR_NONE;
    for (size_t i = 0; i < list->list.n; i++) {
        if (list->list.v[i]->kind != VALUE_STRING)
            return call_fail(c, "`jwks` takes a list of keys in PEM, got %s in it", value_kind_name(list->list.v[i]->kind));
        keys[i] = list->list.v[i]->s;
    }
    return pki_jwks(c->a, keys, list->list.n, &out, &why) ? value_str(c->a, out) : call_fail(c, "%.*s", STR_ARG(why));
}
