/* replace.c - which of the two orders a replacement takes: the new object before the old one goes, or after.
 * Create-first is the rule. Delete-first where both cannot stand side by side (equal unique fields or identity), and where the old object must
 * be gone before something that its successor needs can come. A replacement that only may happen is decided when its inputs are known, so its
 * old object cannot go before what those inputs come from. */
#include "room.h"

enum { DEPTH = 32 };

static bool new_inside(struct maker *m, const struct value *v, unsigned depth)
{
    if (v->kind == VALUE_UNKNOWN) {
        const struct term *t = v->unknown.term;
        struct item *y = t && t->kind == TERM_REF ? map_get(&m->items, t->name) : NULL;
        const struct rout *o = y && y->certain && y->pub.type ? rtype_out(y->pub.type, t->path) : NULL;
        return o && (o->identity || str_is(t->path, "id") || str_is(t->path, "arn"));
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

/* The new value may equal the old one. Of a replacement that only may happen, an only reason is taken as given. */
static bool may_equal(struct maker *m, const struct item *x, struct str field, const struct value *was, const struct value *now)
{
    size_t reasons = 0;
    bool reason = false;
    if (!was || !now)
        return was == now;
    if (value_is_known(now))
        return value_eq(was, now);
    for (size_t i = 0; i < x->pub.nchanges; i++) {
        reasons += x->pub.changes[i].replace;
        reason |= x->pub.changes[i].replace && str_eq(x->pub.changes[i].field, field);
    }
    return !(reason && reasons == 1) && !replace_surely_new(m, now);
}

static bool collides(struct maker *m, const struct item *x, const struct value *inputs)
{
    const struct rtype *t = x->pub.type;
    const struct value *old = resource_merge(m->arena, record_inputs(x->pub.record), x->pub.observed);
    for (size_t i = 0; i < t->nunique; i++) {
        bool equal = true;
        for (size_t k = 0; k < t->nunique_fields[i] && equal; k++)
            equal = may_equal(m, x, t->unique[i][k], value_get(old, t->unique[i][k]), value_get(inputs, t->unique[i][k]));
        if (equal)
            return true;
    }
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

static bool names(const struct value *identity, const struct value *v)
{
    if (identity->kind != VALUE_OBJECT)
        return value_eq(identity, v);
    for (size_t i = 0; i < identity->object.n; i++)
        if (value_eq(identity->object.v[i].value, v))
            return true;
    return false;
}

/* The field of x that names y by what identifies it, where that cannot change in place: x lives in y and goes with it. */
static const struct rfield *lives_in(struct maker *m, const struct item *x, const struct item *y)
{
    const struct rtype *t = x->pub.type;
    const struct value *id = resource_identity(m->arena, y->pub.type, record_inputs(y->pub.record), y->outs);
    for (size_t i = 0; id && str_eq(t->service, y->pub.type->service) && i < t->nfields; i++) {
        const struct value *v = value_get(x->pub.inputs, t->fields[i].name);
        if ((t->fields[i].replace || t->fields[i].identity) && v && v->kind == VALUE_STRING && names(id, v))
            return &t->fields[i];
    }
    return NULL;
}

bool replace_follows(struct maker *m, struct item *x)
{
    for (size_t i = 0; x->tainted && i < m->firsts.n; i++) {
        const struct item *y = m->firsts.v[i];
        const struct rfield *f = lives_in(m, x, y);
        if (!f)
            continue;
        x->follows = true;
        x->pub.reason = str_fmt(m->arena, "its %.*s is %.*s, which is replaced", STR_ARG(f->name), STR_ARG(y->pub.addr));
        return true;
    }
    return false;
}

bool replace_same_region(struct str x, struct str y)
{
    return !x.n || !y.n || str_eq(x, y);
}

struct str replace_region(struct plan_context *c, const struct node *n)
{
    return n->provider.region.n || !c->aws ? n->provider.region : aws_region(c->aws);
}

bool replace_elsewhere(struct maker *m, struct item *x)
{
    struct str why, region = replace_region(m->c, x->pub.node);
    const struct service *s = m->c->models ? model_service(m->c->models, x->pub.type->service, &why) : NULL;
    if (replace_same_region(x->pub.record->region, region) || (s && s->global))
        return false;
    x->pub.reason = str_fmt(m->arena, "region %.*s -> %.*s", STR_ARG(x->pub.record->region), STR_ARG(region));
    x->elsewhere = true;
    x->region = region;
    return true;
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
