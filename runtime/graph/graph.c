/* graph.c - nodes and edges: making them, finishing, order. Cycles: cycle.c; printing: print.c.
 * Everything is O((n + e) log n): edges are appended and made unique once, at the end. */
#include "room.h"
#include "kc/arena.h"
#include "kc/map.h"
#include <stdlib.h>
#include <string.h>

struct graph *graph_new(struct arena *a)
{
    struct graph *g = ARENA_NEW(a, struct graph);
    g->arena = a;
    g->by_addr = ARENA_NEW(a, struct map);
    g->by_addr->arena = a;
    g->params = &value_empty_object;
    return g;
}

/* Room for one more in an array whose capacity is the next power of two of its length, from 4. */
static void *more(struct arena *a, const void *array, size_t n, size_t size)
{
    if (n && (n < 4 || (n & (n - 1))))
        return (void *)array;
    void *to = arena_array(a, n ? n * 2 : 4, size);
    if (n)
        memcpy(to, array, n * size);
    return to;
}

struct node *graph_add(struct graph *g, enum node_kind k, struct str addr, struct span at)
{
    if (graph_find(g, addr))
        return NULL;
    struct node *n = ARENA_NEW(g->arena, struct node);
    n->addr = str_dup(g->arena, addr);
    n->kind = k;
    n->span = at;
    n->inputs = &value_empty_object;
    n->index = g->nnodes;
    g->nodes = more(g->arena, g->nodes, g->nnodes, sizeof(struct node *));
    g->nodes[g->nnodes++] = n;
    map_put(g->by_addr, n->addr, n);
    if (str_find(addr, STR("[")) != SIZE_MAX)
        map_put(g->by_addr, address_normal(g->arena, addr), n);
    return n;
}

struct node *graph_find(const struct graph *g, struct str addr)
{
    struct node *n = map_get(g->by_addr, addr);
    if (n || str_find(addr, STR("[")) == SIZE_MAX)
        return n;
    return map_get(g->by_addr, address_normal(g->arena, addr));
}

void graph_edge(struct graph *g, struct node *from, struct node *to, enum edge_kind k, struct span at)
{
    enum { LOOK_BACK = 8 };
    size_t first = from->nedges > LOOK_BACK ? from->nedges - LOOK_BACK : 0;
    for (size_t i = first; i < from->nedges; i++) {        /* the rest of the doubles go in graph_finish */
        if (from->edges[i].to != to)
            continue;
        if (k < from->edges[i].kind)
            from->edges[i] = (struct edge){ to, k, at };
        return;
    }
    from->edges = more(g->arena, from->edges, from->nedges, sizeof *from->edges);
    from->edges[from->nedges++] = (struct edge){ to, k, at };
}

void graph_keep(struct graph *g, struct node *user, struct node *kept)
{
    for (size_t i = 0; i < user->nkeeps; i++)
        if (user->keeps[i] == kept)
            return;
    user->keeps = more(g->arena, user->keeps, user->nkeeps, sizeof(struct node *));
    user->keeps[user->nkeeps++] = kept;
}

void graph_type(struct graph *g, const struct rtype *t)
{
    for (size_t i = 0; i < g->ntypes; i++)
        if (g->types[i] == t || str_eq(g->types[i]->name, t->name))
            return;
    const struct rtype **v = more(g->arena, g->types, g->ntypes, sizeof *v);
    v[g->ntypes++] = t;
    g->types = v;
}

/* ---- finishing ---- */

enum { WEIGHT_MAX = 1000000 };

struct finish {
    struct graph *g;
    struct diags *d;
    struct node *from;
    bool ok;
};

static void visit(void *user, const struct term *ref)
{
    struct finish *f = user;
    struct node *to = graph_find(f->g, ref->name);
    if (to) {
        graph_edge(f->g, f->from, to, EDGE_DATA, ref->span.file ? ref->span : f->from->span);
        return;
    }
    f->ok = false;
    struct diag *x = diag_add(f->d, DIAG_E0301, ref->span.file ? ref->span : f->from->span, "`%.*s` refers to `%.*s`, which does not exist",
                              STR_ARG(f->from->addr), STR_ARG(ref->name));
    x->addr = f->from->addr;
}

/* Whole instances inside known values: an edge where there is such a node. */
static void instances(struct finish *f, const struct value *v)
{
    struct node *to = v->kind == VALUE_REF ? graph_find(f->g, v->addr) : NULL;
    if (to)
        graph_edge(f->g, f->from, to, EDGE_DATA, f->from->span);
    for (size_t i = 0; v->kind == VALUE_LIST && i < v->list.n; i++)
        instances(f, v->list.v[i]);
    for (size_t i = 0; v->kind == VALUE_OBJECT && i < v->object.n; i++)
        instances(f, v->object.v[i].value);
}

static void references(struct finish *f, const struct value *v)
{
    if (!v)
        return;
    if (value_weight(v) > WEIGHT_MAX) {                    /* parts shared over and over: looking at each would never end */
        diag_add(f->d, DIAG_E0403, f->from->span, "`%.*s` has a value of more than %d parts", STR_ARG(f->from->addr), WEIGHT_MAX);
        f->ok = false;
        return;
    }
    value_refs(v, visit, f);
    instances(f, v);
}

static int by_addr(const void *x, const void *y)
{
    return str_cmp((*(struct node *const *)x)->addr, (*(struct node *const *)y)->addr);
}

static int by_target(const void *x, const void *y)
{
    const struct edge *p = x, *q = y;
    if (p->to->index != q->to->index)
        return p->to->index < q->to->index ? -1 : 1;
    if (p->kind != q->kind)
        return p->kind < q->kind ? -1 : 1;
    if (p->span.file != q->span.file)
        return p->span.file < q->span.file ? -1 : 1;
    return (p->span.off > q->span.off) - (p->span.off < q->span.off);
}

static void make_unique(struct node *n)
{
    size_t k = 0;
    if (n->nedges > 1)
        qsort(n->edges, n->nedges, sizeof *n->edges, by_target);
    for (size_t i = 0; i < n->nedges; i++)
        if (!k || n->edges[k - 1].to != n->edges[i].to)
            n->edges[k++] = n->edges[i];
    n->nedges = k;
}

bool graph_finish(struct graph *g, struct diags *d)
{
    struct finish f = { g, d, NULL, true };
    if (g->nnodes)
        qsort(g->nodes, g->nnodes, sizeof(struct node *), by_addr);
    for (size_t i = 0; i < g->nnodes; i++)
        g->nodes[i]->index = i;
    for (size_t i = 0; i < g->nnodes; i++) {
        f.from = g->nodes[i];
        references(&f, f.from->inputs);
        references(&f, f.from->value);
        references(&f, f.from->message);
        make_unique(f.from);
    }
    return graph_cycles(g, d) == 0 && f.ok;
}

/* ---- order ---- */

struct users {                                             /* of node i: list[start[i]] up to list[start[i + 1]] */
    size_t *start, *list;
};

static struct users users_of(const struct graph *g)
{
    struct users u = { calloc(g->nnodes + 2, sizeof *u.start), NULL };
    size_t total = 0;
    for (size_t i = 0; i < g->nnodes; i++)
        total += g->nodes[i]->nedges;
    u.list = calloc(total + 1, sizeof *u.list);
    if (!u.start || !u.list)
        die("out of memory: graph of %zu nodes", g->nnodes);
    for (size_t i = 0; i < g->nnodes; i++)
        for (size_t k = 0; k < g->nodes[i]->nedges; k++)
            u.start[g->nodes[i]->edges[k].to->index + 2]++;
    for (size_t i = 2; i <= g->nnodes; i++)
        u.start[i] += u.start[i - 1];
    for (size_t i = 0; i < g->nnodes; i++)
        for (size_t k = 0; k < g->nodes[i]->nedges; k++)
            u.list[u.start[g->nodes[i]->edges[k].to->index + 1]++] = i;
    return u;
}

struct heap {                                              /* smallest index first */
    size_t *v, n;
};

static void heap_push(struct heap *h, size_t x)
{
    size_t i = h->n++;
    for (; i && h->v[(i - 1) / 2] > x; i = (i - 1) / 2)
        h->v[i] = h->v[(i - 1) / 2];
    h->v[i] = x;
}

static size_t heap_pop(struct heap *h)
{
    size_t top = h->v[0], x = h->v[--h->n], i = 0;
    for (size_t k; (k = 2 * i + 1) < h->n; i = k) {
        if (k + 1 < h->n && h->v[k + 1] < h->v[k])
            k++;
        if (h->v[k] >= x)
            break;
        h->v[i] = h->v[k];
    }
    h->v[i] = x;
    return top;
}

struct node **graph_order(struct graph *g, struct arena *a)
{
    struct node **order = ARENA_ARRAY(a, struct node *, g->nnodes);
    struct users u = users_of(g);
    struct heap h = { calloc(g->nnodes + 1, sizeof *h.v), 0 };
    size_t *left = calloc(g->nnodes + 1, sizeof *left), n = 0;
    if (!h.v || !left)
        die("out of memory: graph of %zu nodes", g->nnodes);
    for (size_t i = 0; i < g->nnodes; i++)
        if (!(left[i] = g->nodes[i]->nedges))
            heap_push(&h, i);
    while (h.n) {
        size_t i = heap_pop(&h);
        order[n++] = g->nodes[i];
        for (size_t k = u.start[i]; k < u.start[i + 1]; k++)
            if (--left[u.list[k]] == 0)
                heap_push(&h, u.list[k]);
    }
    free(u.start);
    free(u.list);
    free(h.v);
    free(left);
    if (n != g->nnodes)
        die("graph_order on a graph with a cycle");
    return order;
}
