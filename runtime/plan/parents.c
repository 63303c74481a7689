/* parents.c - what lives in what, as the types declare it (`parent Cluster { name = cluster }`); nothing is guessed from equal values. */
#include "room.h"

/* One member of a declared identity against what the parent is called. An input that refers to the parent's own out is its own answer. */
static bool member_fits(const struct item *y, struct str name, const struct value *v)
{
    const struct term *t = v->kind == VALUE_UNKNOWN ? v->unknown.term : NULL;
    if (t)
        return t->kind == TERM_REF && str_eq(t->name, y->pub.addr) && str_eq(t->path, name);
    const struct value *had[] = { y->pub.record ? value_get(y->outs, name) : NULL, y->pub.record ? value_get(record_inputs(y->pub.record), name) : NULL,
                                  y->pub.inputs ? value_get(y->pub.inputs, name) : NULL };
    for (size_t i = 0; i < sizeof had / sizeof *had; i++)
        if (had[i] && value_eq(had[i], v))
            return true;
    return false;
}

static bool identity_fits(const struct item *y, const struct value *identity)
{
    for (size_t i = 0; i < identity->object.n; i++)
        if (!member_fits(y, identity->object.v[i].key, identity->object.v[i].value))
            return false;
    return identity->object.n > 0;
}

static const struct value *input(void *user, struct str name)
{
    return value_get((const struct value *)user, name);
}

static const struct value *identity_of(struct maker *m, const struct rparent *p, const struct value *inputs)
{
    struct eval e = { .arena = m->arena, .param = input, .user = (void *)(uintptr_t)inputs };
    const struct value *v = inputs ? term_eval(&e, p->identity) : NULL;
    return v && v->kind == VALUE_OBJECT ? v : NULL;
}

bool parent_is(struct maker *m, const struct item *x, const struct value *inputs, const struct item *y)
{
    const struct rtype *t = x->pub.type, *home = y->pub.type;
    for (size_t i = 0; t && home && place_near(m, x, y) && i < t->nparents; i++) {
        const struct value *v = str_eq(t->parents[i].type, home->name) ? identity_of(m, &t->parents[i], inputs) : NULL;
        if (v && identity_fits(y, v))
            return true;
    }
    return false;
}

struct item *parent_of(struct maker *m, const struct item *x, const struct value *inputs)
{
    struct item *old = NULL;
    for (size_t i = 0; i < m->all.n; i++) {
        struct item *y = m->all.v[i];
        if (y == x || !parent_is(m, x, inputs, y))
            continue;
        if (y->pub.node)
            return y;
        old = y;
    }
    return old;
}

struct str parent_key(struct maker *m, const struct rtype *t, const struct value *inputs)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < t->nparents; i++) {
        const struct value *v = identity_of(m, &t->parents[i], inputs);
        buf_fmt(&b, "%.*s:", STR_ARG(t->parents[i].type));
        if (v)
            value_print(&b, v);
    }
    return buf_take(&b, m->arena);
}
