/* record.c - state as this plan sees it: every record becomes an item, under the address that `moved` gives it. */
#include "room.h"

struct item *item_new(struct maker *m, struct str addr)
{
    struct item *x = ARENA_NEW(m->arena, struct item);
    x->pub.addr = addr;
    x->pub.reason = STR_NONE;
    vec_add(&m->all, x);
    return x;
}

/* What was last applied; of something begun and not finished, what is being applied. */
const struct value *record_inputs(const struct record *r)
{
    return r->inputs ? r->inputs : r->pending;
}

struct resource_view item_view(struct maker *m, const struct item *x)
{
    const struct record *r = x->pub.record;
    return (struct resource_view){ .type = x->pub.type, .inputs = r ? record_inputs(r) : x->pub.inputs, .outs = x->outs,
                                   .live = x->pub.observed ? value_get(x->pub.observed, STR("live")) : NULL, .provider = x->provider,
                                   .principal = callers_principal(m->c->callers, x->provider) };
}

bool record_made(const struct record *r)
{
    return r->ndone || record_was_ready(r) || (r->outs && r->outs->object.n);
}

void note_add(struct maker *m, const char *fmt, ...)
{
    struct buf b = { 0 };
    struct str *s = ARENA_NEW(m->arena, struct str);
    va_list ap;
    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    *s = buf_take(&b, m->arena);
    vec_add(&m->notes, s);
}

/* `addr` is `base`, or something inside it. */
static bool within(struct str addr, struct str base)
{
    return str_starts(addr, base) && (addr.n == base.n || addr.s[base.n] == '.' || addr.s[base.n] == '[');
}

struct str moved_address(struct maker *m, struct str addr)
{
    const struct graph *g = m->graph;
    size_t n = g ? g->nmoved : 0;
    for (size_t round = 0; round < n; round++) {
        bool hit = false;
        for (size_t i = 0; i < n && !hit; i++)
            if (within(addr, g->moved[i].from)) {
                addr = str_fmt(m->arena, "%.*s%.*s", STR_ARG(g->moved[i].to), STR_ARG(str_sub(addr, g->moved[i].from.n, addr.n)));
                hit = true;
            }
        if (!hit)
            break;
    }
    return addr;
}

static bool in_graph(const struct graph *g, struct str base)
{
    for (size_t i = 0; i < g->nnodes; i++)
        if (g->nodes[i]->kind != NODE_OUT && within(g->nodes[i]->addr, base))
            return true;
    return false;
}

static bool moved_on(const struct graph *g, struct str addr)
{
    for (size_t i = 0; i < g->nmoved; i++)
        if (within(addr, g->moved[i].from))
            return true;
    return false;
}

static bool check_moved(struct maker *m)
{
    const struct graph *g = m->graph;
    struct diags *d = m->c->diags;
    size_t before = d->errors;
    for (size_t i = 0; g && i < g->nmoved; i++) {
        const struct moved *v = &g->moved[i];
        if (in_graph(g, v->from)) {
            struct diag *x = diag_add(d, DIAG_E0605, v->span, "%.*s is said to have moved, but the file still has it", STR_ARG(v->from));
            diag_help(d, x, "drop the `moved`, or the item that has the old address");
        } else if (!in_graph(g, v->to) && !moved_on(g, v->to)) {
            struct diag *x = diag_add(d, DIAG_E0605, v->span, "%.*s moved to %.*s, and the file has nothing there", STR_ARG(v->from),
                                      STR_ARG(v->to));
            diag_help(d, x, "write the new address as `kc graph` prints it");
        }
    }
    return d->errors == before;
}

const struct rtype *record_type(struct maker *m, const struct record *r)
{
    const struct node *n = m->graph ? graph_find(m->graph, moved_address(m, r->addr)) : NULL;
    if (n && n->type && str_eq(n->type->name, r->type))
        return n->type;
    return m->c->type ? m->c->type(m->c->user, r->type) : NULL;
}

struct str plan_type_help(struct arena *a, struct str type)
{
    size_t dot = type.n;
    while (dot && type.s[dot - 1] != '.')
        dot--;
    if (!dot || str_starts(type, STR("std/")))
        return STR("use the version of kc that made it");
    return str_fmt(a, "put `resource %.*s` back into %.*s.kcl until its objects are destroyed, or use the version of kc that made them", (int)(type.n - dot), type.s + dot,
                   (int)(dot - 1), type.s);
}

/* The generations of an address are a family; two addresses cannot become one. */
static struct vec *family_of(struct maker *m, struct str addr, const struct record *r)
{
    struct vec *f = map_get(&m->families, addr);
    if (!f)
        map_put(&m->families, addr, f = ARENA_NEW(m->arena, struct vec));
    const struct item *other = f->n ? f->v[0] : NULL;
    if (!other || str_eq(other->pub.record->addr, r->addr))
        return f;
    struct str from = str_eq(r->addr, addr) ? other->pub.record->addr : r->addr;
    struct diag *d = diag_add(m->c->diags, DIAG_E0605, SPAN_NONE, "%.*s cannot move to %.*s: state has an object there", STR_ARG(from), STR_ARG(addr));
    diag_help(m->c->diags, d, "remove the `moved`, or the object at the new address first");
    return NULL;
}

static bool load_record(struct maker *m, const struct record *r)
{
    struct str addr = moved_address(m, r->addr);
    struct vec *family = family_of(m, addr, r);
    if (!family)
        return false;
    struct item *x = item_new(m, addr);
    x->pub.record = r;
    x->outs = r->outs;
    x->generation = r->generation;
    x->failed = r->status == STATUS_FAILED && !record_was_ready(r);
    x->pub.type = record_type(m, r);
    x->provider = place_reach(m, x->pub.type, r, addr);
    vec_add(family, x);
    if (state_get(m->c->state, r->addr) == r)
        map_put(&m->items, addr, x);
    if (x->pub.type)
        return true;
    struct diag *d = diag_add(m->c->diags, DIAG_E0608, SPAN_NONE, "%.*s is a %.*s, and no such resource type is known", STR_ARG(addr),
                              STR_ARG(r->type));
    if (!state_source(m->c->state, r->type))
        diag_note(m->c->diags, d, "neither the project nor the library declares it, and no text of it is kept in state");
    diag_help(m->c->diags, d, "%.*s", STR_ARG(plan_type_help(m->arena, r->type)));
    return false;
}

bool records_load(struct maker *m)
{
    const struct record **v;
    bool ok = check_moved(m);
    size_t n = state_list(m->c->state, m->arena, &v);
    for (size_t i = 0; i < n; i++)
        ok &= load_record(m, v[i]);
    if (!ok)
        m->exit_code = 1;
    return ok;
}
