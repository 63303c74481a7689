/* load.c - capacity stays. What carries load under a parent goes only when every such thing that is made, replaced or finished under the same
 * parent is ready; when one fails, none goes. The parent counts as one through its generations. This covers a pool that got another label as
 * well as one that is replaced, without guessing which stands in for which. What must go before its successor comes is not waited for. */
#include "room.h"

/* Where x carries load; empty: it carries none. */
static struct str home(struct maker *m, const struct item *x, const struct value *inputs)
{
    if (!x->pub.type || !x->pub.type->load || !inputs)
        return STR_NONE;
    const struct item *parent = parent_of(m, x, inputs);
    return parent ? parent->pub.addr : parent_key(m, x->pub.type, inputs);
}

static bool comes(const struct item *x)
{
    return x->main && x->pub.node && x->pub.action != ACTION_UPDATE && x->pub.action != ACTION_DISRUPT && x->pub.action != ACTION_REPLACE_DELETE_FIRST;
}

void load_order(struct maker *m)
{
    struct map coming = { 0 };
    for (size_t i = 0; i < m->all.n; i++) {
        struct item *x = m->all.v[i];
        struct str at = comes(x) ? home(m, x, x->pub.inputs) : STR_NONE;
        struct vec *v = at.n ? map_get(&coming, at) : NULL;
        if (at.n && !v)
            map_put(&coming, at, v = ARENA_NEW(m->arena, struct vec));
        if (v)
            vec_add(v, x);
    }
    for (size_t i = 0; i < m->all.n; i++) {
        struct item *x = m->all.v[i];
        struct str at = x->del && x->del->kind == OP_DELETE && record_was_ready(x->pub.record) ? home(m, x, record_inputs(x->pub.record)) : STR_NONE;
        struct vec *v = at.n ? map_get(&coming, at) : NULL;
        for (size_t k = 0; v && k < v->n; k++) {
            struct item *y = v->v[k];
            if (!op_waits(m, y->main, x->del))
                op_need(x->del, y->main);
        }
    }
    for (size_t i = 0; i < coming.n; i++)
        vec_fini(coming.e[i].value);
    map_fini(&coming);
}
