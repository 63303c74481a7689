/* provider.c - providers as values. */
#include "kc/provider.h"
#include <stddef.h>

bool provider_same_rights(const struct provider *x, const struct provider *y)
{
    return x == y || (x && y && str_eq(x->kind, y->kind) && str_eq(x->profile, y->profile) && str_eq(x->role, y->role) && str_eq(x->endpoint, y->endpoint) &&
                       str_eq(x->home, y->home));
}

bool provider_same(const struct provider *x, const struct provider *y)
{
    return provider_same_rights(x, y) && (x == y || str_eq(x->region, y->region));
}

struct str provider_key(struct arena *a, const struct provider *p)
{
    if (!p)
        return STR("");
    return str_fmt(a, "%.*s\n%.*s\n%.*s\n%.*s\n%.*s\n%.*s", STR_ARG(p->kind), STR_ARG(p->region), STR_ARG(p->profile), STR_ARG(p->role),
                   STR_ARG(p->endpoint), STR_ARG(p->home));
}

static void put(struct buf *b, const char *what, struct str value, const char *quote)
{
    if (value.n)
        buf_fmt(b, "%s%s%s%.*s%s", b->n ? ", " : "", what, quote, STR_ARG(value), quote);
}

struct str provider_show(struct arena *a, const struct provider *p)
{
    struct buf b = { 0 };
    put(&b, "", p->region, "");
    put(&b, "profile ", p->profile, "`");
    put(&b, "role ", p->role, "`");
    put(&b, "at ", p->endpoint, "");
    put(&b, "in ", p->home, "");
    return buf_take(&b, a);
}

const struct provider *provider_in(struct arena *a, const struct provider *p, struct str region)
{
    struct provider *q = ARENA_NEW(a, struct provider);
    *q = *p;
    q->region = region;
    return q;
}

/* ---- as values ---- */

static const struct { const char *name; size_t at; } members[] = {
    { "kind", offsetof(struct provider, kind) },       { "region", offsetof(struct provider, region) }, { "profile", offsetof(struct provider, profile) },
    { "role", offsetof(struct provider, role) },       { "endpoint", offsetof(struct provider, endpoint) },
    { "home", offsetof(struct provider, home) },
};
enum { MEMBERS = sizeof members / sizeof *members };

const struct value *provider_value(struct arena *a, const struct provider *p)
{
    struct pair v[MEMBERS];
    size_t n = 0;
    for (size_t i = 0; i < MEMBERS; i++) {
        const struct str *text = (const void *)((const char *)p + members[i].at);
        if (text->n)
            v[n++] = (struct pair){ str_of(members[i].name), value_str(a, *text) };
    }
    return value_object(a, v, n);
}

const struct provider *provider_read(struct arena *a, const struct value *from)
{
    struct provider *p = ARENA_NEW(a, struct provider);
    for (size_t i = 0; i < MEMBERS; i++) {
        const struct value *v = value_get(from, str_of(members[i].name));
        if (v && v->kind == VALUE_STRING)
            *(struct str *)(void *)((char *)p + members[i].at) = str_dup(a, v->s);
    }
    return p;
}
