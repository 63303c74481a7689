/* twins.c - two items that would be one object in AWS: the same identity, or the same in a set of fields that AWS keeps unique. Values that are
 * not known yet count as equal when they are the same term. Names that kc makes are told apart when they are made. */
#include "room.h"

/* The parts that make two one, as text; empty: not enough is said. */
struct twins { struct arena *arena; struct diags *diags; struct map seen; struct map blamed; };

static bool add_part(struct buf *b, const struct value *v)
{
    buf_putc(b, '|');
    if (v->kind == VALUE_UNKNOWN && v->unknown.term)
        term_print(b, v->unknown.term);
    else
        value_print(b, v);
    return v->kind != VALUE_NONE;
}

static struct str key_of(struct twins *t, const struct node *n, const struct value *inputs, const struct str *fields, size_t nfields)
{
    struct buf b = { 0 };
    bool any = false, ok = nfields > 0;
    buf_fmt(&b, "%.*s|%.*s", STR_ARG(n->type->name), STR_ARG(provider_key(t->arena, n->provider)));
    for (size_t i = 0; i < nfields && ok; i++) {
        const struct value *v = value_get(inputs, fields[i]);
        buf_fmt(&b, "|%.*s", STR_ARG(fields[i]));
        ok = v && !names_asked(v) && !value_has_secret(v) && (v->kind != VALUE_UNKNOWN || v->unknown.term);
        any |= ok && add_part(&b, v);
    }
    struct str key = buf_take(&b, t->arena);
    return ok && any ? key : STR_NONE;
}

static struct str list(struct arena *a, const struct str *fields, size_t n)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < n; i++)
        buf_fmt(&b, "%s%.*s", !i ? "" : i + 1 < n ? ", " : " and ", STR_ARG(fields[i]));
    return buf_take(&b, a);
}

static void look(struct twins *t, const struct node *n, struct str key, struct str fields)
{
    const struct node *other = key.n ? map_get(&t->seen, key) : NULL;
    if (key.n && !other)
        map_put(&t->seen, key, (void *)(uintptr_t)n);
    if (!other || other == n || map_put(&t->blamed, n->addr, t))
        return;
    struct diag *d = diag_add(t->diags, DIAG_E0614, n->span, "%.*s and %.*s would be one object: both have the same %.*s", STR_ARG(other->addr), STR_ARG(n->addr),
                              STR_ARG(fields));
    d->addr = str_dup(t->diags->arena, n->addr);
    if (other->span.file)
        diag_second(t->diags, d, other->span, "the other one");
    diag_help(t->diags, d, "drop one of the two, or let them differ in %.*s", STR_ARG(fields));
}

static void look_at(struct twins *t, const struct node *n, const struct value *inputs)
{
    const struct rtype *type = n->type;
    struct str *id = ARENA_ARRAY(t->arena, struct str, type->nfields);
    size_t nid = 0;
    bool outs = false;
    for (size_t i = 0; i < type->nfields; i++)
        if (type->fields[i].identity)
            id[nid++] = type->fields[i].name;
    for (size_t i = 0; i < type->nouts; i++)
        outs |= type->outs[i].identity;
    if (!outs)
        look(t, n, key_of(t, n, inputs, id, nid), list(t->arena, id, nid));
    for (size_t i = 0; i < type->nunique; i++) {
        const struct str *set = type->unique[i];
        look(t, n, key_of(t, n, inputs, set, type->nunique_fields[i]), list(t->arena, set, type->nunique_fields[i]));
    }
}

bool plan_twins(const struct graph *g, struct diags *d)
{
    size_t before = d->errors;
    struct twins t = { .arena = arena_new(), .diags = d };
    for (size_t i = 0; i < g->nnodes; i++)
        if (g->nodes[i]->kind == NODE_RESOURCE && g->nodes[i]->inputs)
            look_at(&t, g->nodes[i], g->nodes[i]->inputs);
    map_fini(&t.seen);
    map_fini(&t.blamed);
    arena_free(t.arena);
    return d->errors == before;
}

bool twins_look(struct maker *m)
{
    size_t before = m->c->diags->errors;
    struct twins t = { .arena = m->arena, .diags = m->c->diags };
    for (size_t i = 0; i < m->all.n; i++) {
        const struct item *x = m->all.v[i];
        if (x->pub.node && x->pub.node->kind == NODE_RESOURCE && x->pub.inputs)
            look_at(&t, x->pub.node, x->pub.inputs);
    }
    map_fini(&t.seen);
    map_fini(&t.blamed);
    return m->c->diags->errors == before;
}
