/* replace.c - which of the two orders a replacement takes: the new object before the old one goes, or after.
 * Create-first is the rule; a name that kc made becomes a fresh one, so that both can stand. Delete-first only where both surely cannot: a unique
 * set or the identity is equal, both want what one object at a time can have, the old object must be gone before something that its successor needs can come, what it lives in goes first, or
 * the file says so. A replacement that only may happen is decided when its inputs are known: its old object goes after all they come from. */
#include "room.h"

enum { DEPTH = 32 };

static bool new_inside(struct maker *m, const struct value *v, unsigned depth)
{
    if (v->kind == VALUE_UNKNOWN) {
        const struct term *t = v->unknown.term;
        struct item *y = t && t->kind == TERM_REF ? map_get(&m->items, t->name) : NULL;
        const struct rout *o = y && y->certain && y->pub.type ? rtype_out(y->pub.type, t->path) : NULL;
        return o && !o->value && (o->renewed || o->identity);
    }
    bool list = v->kind == VALUE_LIST;
    size_t n = depth > DEPTH ? 0 : list ? v->list.n : v->kind == VALUE_OBJECT ? v->object.n : 0;
    for (size_t i = 0; i < n; i++)
        if (new_inside(m, list ? v->list.v[i] : v->object.v[i].value, depth + 1))
            return true;
    return false;
}

bool replace_surely_new(struct maker *m, const struct value *v)
{
    return new_inside(m, v, 0);
}

static bool surely_equal(const struct value *was, const struct value *now)
{
    return was == now || (was && now && value_is_known(now) && value_eq(was, now));
}

static bool collides(struct maker *m, const struct item *x, const struct value *inputs)
{
    const struct rtype *t = x->pub.type;
    const struct value *old = resource_merge(m->arena, record_inputs(x->pub.record), x->pub.observed);
    for (size_t i = 0; i < t->nunique; i++) {
        bool equal = true;
        for (size_t k = 0; k < t->nunique_fields[i] && equal; k++)
            equal = surely_equal(value_get(old, t->unique[i][k]), value_get(inputs, t->unique[i][k]));
        if (equal)
            return true;
    }
    if (resource_clash(m->arena, t, old, inputs))
        return true;
    const struct value *a = resource_identity(m->arena, t, old, NULL), *b = resource_identity(m->arena, t, inputs, NULL);
    return a && b && str_eq(resource_key(m->arena, a), resource_key(m->arena, b));
}

static bool delete_first(const struct item *y)
{
    return y && y->pub.action == ACTION_REPLACE_DELETE_FIRST;
}

/* The old object of x must go before some object that is replaced delete-first, because it (or what it depends on and what goes too) uses it. */
static bool goes_early(struct maker *m, struct item *x, unsigned depth)
{
    if (x->early_known || depth > 10000)
        return x->early;
    x->early_known = true;
    const struct record *r = x->pub.record;
    for (size_t i = 0; r && i < r->ndeps && !x->early; i++) {
        struct str addr = moved_address(m, r->deps[i].addr);
        struct item *y = map_get(&m->items, addr);
        bool leaves = y && m->graph && !graph_find(m->graph, addr), own = !graph_find(m->graph, x->pub.addr);
        if (r->deps[i].kind == EDGE_KEEP || r->deps[i].kind == EDGE_KEPT)
            continue;
        if (delete_first(y))
            x->early = own || r->deps[i].kind == EDGE_DATA;
        else if (leaves || (y && y->pub.action == ACTION_REPLACE_CREATE_FIRST))
            x->early = goes_early(m, y, depth + 1);
    }
    return x->early;
}

/* Something that x refers to goes before its successor comes. */
static bool needs_delete_first(struct maker *m, const struct node *n)
{
    for (size_t i = 0; i < n->nedges; i++)
        if (n->edges[i].kind == EDGE_DATA && delete_first(map_get(&m->items, n->edges[i].to->addr)))
            return true;
    return false;
}

bool replace_follows(struct maker *m, struct item *x)
{
    for (size_t i = 0; x->tainted && i < m->firsts.n; i++) {
        const struct item *y = m->firsts.v[i];
        if (!parent_is(m, x, record_inputs(x->pub.record), y))
            continue;
        x->follows = true;
        x->pub.reason = str_fmt(m->arena, "it lives in %.*s, which is replaced", STR_ARG(y->pub.addr));
        return true;
    }
    return false;
}

enum action replace_how(struct maker *m, struct item *x, const struct value *inputs)
{
    const struct node *n = x->pub.node;
    bool must = !x->pub.maybe && (needs_delete_first(m, n) || (x->tainted && goes_early(m, x, 0)));
    if (x->follows || must)
        return ACTION_REPLACE_DELETE_FIRST;
    if (x->elsewhere)
        return ACTION_REPLACE_CREATE_FIRST;
    if (n->replace != REPLACE_AUTO)
        return n->replace == REPLACE_CREATE_FIRST ? ACTION_REPLACE_CREATE_FIRST : ACTION_REPLACE_DELETE_FIRST;
    return collides(m, x, inputs) ? ACTION_REPLACE_DELETE_FIRST : ACTION_REPLACE_CREATE_FIRST;
}

/* What others move after creation (an autoscaler's size) a replacement begins with as its former has it now, within the limits that the type's
 * `adjust` keeps; a value that the type does not admit stays what the file says. */
const struct value *replace_carries(struct maker *m, const struct item *x, const struct value *inputs)
{
    const struct rtype *t = x->pub.type;
    for (size_t i = 0; i < t->nfields; i++) {
        const struct rfield *f = &t->fields[i];
        const struct value *now = f->shared && x->pub.observed ? value_get(x->pub.observed, f->name) : NULL;
        struct eval e = { .arena = m->arena };
        struct type_mistake wrong = { 0 };
        struct resource_fault fault = { 0 };
        if (!now || now->kind == VALUE_NONE)
            continue;
        now = value_get(resource_adjust(m->arena, t, value_with(m->arena, inputs, f->name, now), x->outs, &fault), f->name);
        now = now && value_is_known(now) && !fault.problem.n ? type_admit(&e, f->type, now, &wrong) : NULL;
        inputs = now ? value_with(m->arena, inputs, f->name, now) : inputs;
    }
    return inputs;
}
