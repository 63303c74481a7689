/* ops.c - the graph of operations.
 *   create, update  after what the node refers to or is @after of
 *   act             after the update of the same object, and before what waits for that
 *   delete          after the deletion of all that used it (data, after, hold), as state recorded it when they were made
 *   create-first    new, then every dependent switches, then old: a failed switch keeps the old one
 *   delete-first    dependents that are replaced too go first, then old, then new; the old one is not touched before everything else that
 *                   the new one needs is there
 *   former ones     a generation that is not wanted goes after the wanted one is ready and its own users have switched; what never was ready
 *                   goes before the next attempt
 * Gates have an operation only when something behind them has one. A record that is only forgotten waits for nothing, and nothing for it.
 * What only the state is told: records.c; steps: chain.c; load: load.c. */
#include "room.h"
#include <stdlib.h>

struct draft {                                             /* a plan_op while its dependencies grow */
    struct plan_op pub;                                    /* first */
    struct vec deps;
    size_t round;                                          /* op_waits: where it was last */
};

struct plan_op *op_new(struct maker *m, struct item *x, enum op_kind k, uint32_t generation)
{
    struct draft *d = ARENA_NEW(m->arena, struct draft);
    bool old = k == OP_DELETE && x->pub.record;            /* goes from where it is, whatever comes elsewhere */
    d->pub = (struct plan_op){ .item = x->pub.type ? &x->pub : NULL, .node = x->pub.node, .kind = k, .generation = generation, .index = m->ops.n,
                               .provider = old ? place_reach(m, x->pub.type, x->pub.record, x->pub.addr) : x->provider };
    vec_add(&m->ops, d);
    return &d->pub;
}

void op_need(struct plan_op *op, struct plan_op *dep)
{
    if (op && dep && op != dep)
        vec_add(&((struct draft *)op)->deps, dep);
}

bool op_waits(struct maker *m, struct plan_op *op, const struct plan_op *dep)
{
    struct vec work = { 0 };
    bool hit = false;
    m->round++;
    vec_add(&work, op);
    for (struct draft *d; !hit && (d = vec_pop(&work));) {
        hit = &d->pub == dep;
        for (size_t i = 0; !hit && d->round != m->round && i < d->deps.n; i++)
            vec_add(&work, d->deps.v[i]);
        d->round = m->round;
    }
    vec_fini(&work);
    return hit;
}

static bool replaced(const struct item *x)
{
    return x->pub.action == ACTION_REPLACE_CREATE_FIRST || x->pub.action == ACTION_REPLACE_DELETE_FIRST;
}

static void make_main(struct maker *m, struct item *x)
{
    switch (x->pub.action) {
    case ACTION_CREATE:
    case ACTION_RESUME:
    case ACTION_REPLACE_CREATE_FIRST:
    case ACTION_REPLACE_DELETE_FIRST:
        x->main = op_new(m, x, OP_CREATE, x->generation);
        break;
    case ACTION_UPDATE:
    case ACTION_DISRUPT:
        chain_make(m, x);
        break;
    case ACTION_READ:
        x->main = op_new(m, x, OP_READ, 0);
        break;
    default:
        break;
    }
    x->head = x->head ? x->head : x->main;
    acts_make(m, x);
}

static void make_other(struct maker *m, struct item *x)
{
    static const enum op_kind kinds[] = { [NODE_GATE] = OP_GATE, [NODE_ASSERT] = OP_ASSERT, [NODE_OUT] = OP_OUT };
    x->head = x->main = x->done = op_new(m, x, kinds[x->pub.node->kind], 0);
}

static void make_delete(struct maker *m, struct item *x)
{
    if (x->pub.action == ACTION_FORGET)
        x->del = op_new(m, x, OP_FORGET, x->pub.record->generation);
    else if (!x->pub.stays && (x->pub.action == ACTION_DELETE || replaced(x)))
        x->del = op_new(m, x, OP_DELETE, x->pub.record->generation);
}

static struct item *any(const struct maker *m, struct str addr)
{
    struct item *x = map_get(&m->items, addr);
    return x ? x : map_get(&m->gates, addr);
}

/* What makes and changes goes after what it needs; an edge that only holds does not count here. */
static void order_main(struct maker *m, struct item *x)
{
    const struct node *n = x->pub.node;
    for (size_t i = 0; n && i < n->nedges; i++) {
        struct item *y = any(m, n->edges[i].to->addr);
        if (y && n->edges[i].kind != EDGE_HOLD)
            op_need(x->head, y->done);
    }
}

/* The item whose object of this generation a record depends on. */
static struct item *object_at(struct maker *m, struct str addr, uint32_t generation)
{
    const struct vec *family = map_get(&m->families, moved_address(m, addr));
    for (size_t i = 0; family && i < family->n; i++) {
        struct item *x = family->v[i];
        if (x->pub.record->generation == generation)
            return x;
    }
    struct item *x = map_get(&m->items, moved_address(m, addr));
    return x && x->pub.record ? x : NULL;
}

/* The old object of x uses the one of y. A dependent that itself hangs on a deletion is not waited for: it could never switch first. */
static void use(struct item *x, struct item *y, enum edge_kind kind)
{
    if (!y || y == x || !y->del || y->del->kind == OP_FORGET)
        return;
    bool first = y->pub.action == ACTION_REPLACE_DELETE_FIRST;
    bool undecided = x->pub.maybe && (first || x->tainted);
    if (!undecided && (!first || kind == EDGE_DATA || x->pub.action != ACTION_REPLACE_CREATE_FIRST))
        op_need(y->del, x->del);
    if (kind == EDGE_DATA && !first && !y->yields && !x->tainted)
        op_need(y->del, x->done);
}

/* Deletions go against what state recorded when the objects were made, not against the file. */
static void order_delete(struct maker *m, struct item *x)
{
    const struct record *r = x->pub.record;
    struct item *home = home_of(m, x);
    if (home && x->ends)
        op_need(x->del, home->del);
    else if (home && r)
        op_need(home->del, x->del);
    for (size_t i = 0; r && i < r->ndeps; i++) {
        if (r->deps[i].kind == EDGE_KEEP || r->deps[i].kind == EDGE_KEPT)      /* keep.c */
            continue;
        struct item *y = object_at(m, r->deps[i].addr, r->deps[i].generation);
        if (!home || y != home)
            use(x, y, r->deps[i].kind);
    }
}

/* Old and new of one replacement. A delete-first deletion also waits for what the creation waits for, where nothing there hangs on a
 * deletion itself: nothing is torn down for a creation that cannot start. */
static void order_replace(struct item *x)
{
    if (x->pub.action == ACTION_REPLACE_CREATE_FIRST && x->del) {
        op_need(x->del, x->main);
        x->del->instead = &x->pub;
        x->del->serves = x->generation;
    }
    if (x->pub.action != ACTION_REPLACE_DELETE_FIRST)
        return;
    struct vec *deps = &((struct draft *)x->main)->deps;
    for (size_t i = 0; i < deps->n; i++) {
        struct plan_op *d = deps->v[i];
        struct item *y = (struct item *)d->item;
        if ((y && !y->tainted && d->kind != OP_DELETE) || x->pub.maybe)
            op_need(x->del, d);
    }
    op_need(x->main, x->del);
}

/* Generations that are not wanted, against the one that is: it may have no operation of its own any more. */
static void order_former(struct maker *m, struct item *x)
{
    struct item *w = x->wanted;
    if (!w || !x->del || x->del->kind != OP_DELETE || (!w->done && !w->pub.record))
        return;
    bool attempt = w->main && w->main->kind == OP_CREATE && w->generation != (w->pub.record ? w->pub.record->generation : 0);
    if (x->first && attempt) {
        op_need(w->main, x->del);
        return;
    }
    x->del->instead = &w->pub;
    x->del->serves = w->main ? w->main->generation : w->pub.record->generation;
    if (w->done && !op_waits(m, w->done, x->del))
        op_need(x->del, w->done);
}

static int by_index(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return x < y ? -1 : x > y;
}

static void seal(struct maker *m, struct draft *d)
{
    size_t *v = ARENA_ARRAY(m->arena, size_t, d->deps.n), n = 0;
    for (size_t i = 0; i < d->deps.n; i++)
        v[i] = ((struct plan_op *)d->deps.v[i])->index;
    qsort(v, d->deps.n, sizeof *v, by_index);
    for (size_t i = 0; i < d->deps.n; i++)
        if (!n || v[n - 1] != v[i])
            v[n++] = v[i];
    d->pub.deps = v;
    d->pub.ndeps = n;
    vec_fini(&d->deps);
}

/* A new object whose unique fields an object that leaves still holds (a label renamed without `moved`) waits for that one to be gone. */
static struct str unique_key(struct maker *m, const struct item *x, const struct value *inputs, size_t set)
{
    const struct rtype *t = x->pub.type;
    struct buf b = { 0 };
    buf_fmt(&b, "%.*s|%.*s|%zu", STR_ARG(t->name), STR_ARG(place_key_of(m, t, x->provider)), set);
    for (size_t k = 0; k < t->nunique_fields[set]; k++) {
        const struct value *v = value_get(inputs, t->unique[set][k]);
        if (!v || !value_is_known(v) || v->secret) {
            buf_fini(&b);
            return STR_NONE;
        }
        buf_putc(&b, '|');
        value_print(&b, v);
    }
    return buf_take(&b, m->arena);
}

static void order_names(struct maker *m)
{
    struct map leaving = { 0 };
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < m->all.n; i++) {
            struct item *x = m->all.v[i];
            bool goes = x->pub.action == ACTION_DELETE && x->del, comes = x->pub.action == ACTION_CREATE && x->main;
            if (!x->pub.type || (pass ? !comes : !goes))
                continue;
            const struct value *inputs = pass ? x->pub.inputs : record_inputs(x->pub.record);
            for (size_t k = 0; k < x->pub.type->nunique; k++) {
                struct str key = unique_key(m, x, inputs, k);
                struct item *y = key.n ? map_get(&leaving, key) : NULL;
                if (pass && y) {
                    op_need(x->main, y->del);
                    y->yields = true;
                } else if (!pass && key.n)
                    map_put(&leaving, key, x);
            }
        }
    map_fini(&leaving);
}

static uint32_t generation_at(const struct plan *p, struct str addr)
{
    size_t lo = 0, hi = p->nitems;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (str_cmp(p->items[mid]->addr, addr) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    uint32_t g = 0;
    for (; lo < p->nitems && str_eq(p->items[lo]->addr, addr); lo++)
        if (!g || p->items[lo]->node)
            g = ((const struct item *)p->items[lo])->generation;
    return g;
}

static void make_all(struct maker *m)
{
    for (size_t i = 0; i < m->all.n; i++) {
        struct item *x = m->all.v[i];
        make_main(m, x);
        make_delete(m, x);
    }
    for (size_t i = 0; i < m->gates.n; i++) {
        struct item *g = m->gates.e[i].value;
        if (g->busy)
            make_other(m, g);
    }
}

static void order_all(struct maker *m)
{
    for (size_t i = 0; i < m->all.n; i++)
        if (((struct item *)m->all.v[i])->head)
            order_main(m, m->all.v[i]);
    for (size_t i = 0; i < m->gates.n; i++)
        order_main(m, m->gates.e[i].value);
    order_names(m);
    chain_order(m);
    for (size_t i = 0; i < m->all.n; i++)
        order_delete(m, m->all.v[i]);
    for (size_t i = 0; i < m->all.n; i++)
        order_replace(m->all.v[i]);
    for (size_t i = 0; i < m->all.n; i++)
        order_former(m, m->all.v[i]);
    keep_order(m);
    load_order(m);
    chain_leave(m);
}

bool ops_make(struct maker *m)
{
    size_t errors = m->c->diags->errors;
    make_all(m);
    order_all(m);
    records_make(m);
    for (size_t i = 0; i < m->ops.n; i++) {
        struct draft *d = m->ops.v[i];
        if (m->moves && !d->deps.n && d->pub.kind != OP_MOVE)
            op_need(&d->pub, m->moves);
        seal(m, d);
    }
    return m->c->diags->errors == errors;
}

static void put_dep(struct arena *a, struct record *r, size_t *cap, struct str addr, enum edge_kind kind, uint32_t generation)
{
    if (r->ndeps == *cap) {
        *cap = *cap ? *cap * 2 : 8;
        void *grown = arena_array(a, *cap, sizeof *r->deps);
        for (size_t i = 0; i < r->ndeps; i++)
            ((__typeof__(r->deps))grown)[i] = r->deps[i];
        r->deps = grown;
    }
    r->deps[r->ndeps].addr = addr;
    r->deps[r->ndeps].kind = kind;
    r->deps[r->ndeps++].generation = generation;
}

static void add_dep(const struct plan *p, struct arena *a, const struct node *to, enum edge_kind kind, struct record *r, size_t *cap,
                    struct map *seen)
{
    for (size_t i = 0; i < to->nedges && to->kind == NODE_GATE; i++)
        if (!map_put(seen, to->edges[i].to->addr, r))
            add_dep(p, a, to->edges[i].to, kind, r, cap, seen);
    if (to->kind == NODE_RESOURCE)
        put_dep(a, r, cap, to->addr, kind, generation_at(p, to->addr));
}

/* The item of an object that state has and that is not the wanted one of its address any more. */
static const struct plan_item *former_there(const struct plan *p, struct str addr, uint32_t generation)
{
    for (size_t i = 0; i < p->nitems; i++) {
        const struct plan_item *x = p->items[i];
        if (x->record && x->record->generation == generation && (str_eq(x->addr, addr) || str_eq(x->record->addr, addr)))
            return generation_at(p, x->addr) != generation || !x->node ? x : NULL;
    }
    return NULL;
}

/* What @keep says: this is written with those from now on; what it was written with before it may still follow, while that is there. */
static void keep_deps(const struct plan *p, struct arena *a, const struct node *n, const struct record *had, struct record *r, size_t *cap)
{
    for (size_t i = 0; i < n->nkeeps; i++)
        put_dep(a, r, cap, n->keeps[i]->addr, EDGE_KEEP, generation_at(p, n->keeps[i]->addr));
    for (size_t i = 0; i < had->ndeps; i++) {
        bool kept = had->deps[i].kind == EDGE_KEEP || had->deps[i].kind == EDGE_KEPT;
        const struct plan_item *x = kept ? former_there(p, had->deps[i].addr, had->deps[i].generation) : NULL;
        if (x)
            put_dep(a, r, cap, x->addr, EDGE_KEPT, had->deps[i].generation);
    }
}

void plan_deps(const struct plan *p, struct arena *a, const struct node *n, struct record *r)
{
    struct map seen = { 0 };
    const struct record had = *r;
    size_t cap = 0;
    r->deps = NULL;
    r->ndeps = 0;
    for (size_t i = 0; i < n->nedges; i++)
        if (!map_put(&seen, n->edges[i].to->addr, r))
            add_dep(p, a, n->edges[i].to, n->edges[i].kind, r, &cap, &seen);
    keep_deps(p, a, n, &had, r, &cap);
    map_fini(&seen);
}
