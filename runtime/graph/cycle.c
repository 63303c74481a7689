/* cycle.c - finding cycles and telling them.
 * A depth-first walk (its own stack: chains are long) meets an edge back to a node that it is still inside of: a cycle. The shortest way
 * round through that edge is looked for breadth-first, so that what is told is as short as can be. */
#include "room.h"
#include "kc/arena.h"

enum colour { NEW, OPEN, DONE };

struct walk {
    struct graph *g;
    struct diags *d;
    struct arena *tmp;
    unsigned char *colour;
    bool *told;                                            /* node is in a cycle already reported */
    size_t found, tries;                                   /* looking for the shortest way is O(n + e) each time */
};

/* The edges of the shortest path from `from` to `to`, in order; there is one. */
static const struct edge **shortest(struct walk *w, struct node *from, struct node *to, size_t *len)
{
    size_t n = w->g->nnodes, head = 0, tail = 0;
    struct node **queue = ARENA_ARRAY(w->tmp, struct node *, n), **parent = ARENA_ARRAY(w->tmp, struct node *, n);
    const struct edge **via = ARENA_ARRAY(w->tmp, const struct edge *, n);
    queue[tail++] = from;
    parent[from->index] = from;
    while (head < tail && !parent[to->index]) {
        struct node *x = queue[head++];
        for (size_t i = 0; i < x->nedges; i++) {
            struct node *y = x->edges[i].to;
            if (parent[y->index])
                continue;
            parent[y->index] = x;
            via[y->index] = &x->edges[i];
            queue[tail++] = y;
        }
    }
    *len = 0;
    for (struct node *x = to; x != from; x = parent[x->index])
        ++*len;
    const struct edge **path = ARENA_ARRAY(w->tmp, const struct edge *, *len + 1);
    size_t k = *len;
    for (struct node *x = to; x != from; x = parent[x->index])
        path[--k] = via[x->index];
    return path;
}

static const char *verb(enum edge_kind k)
{
    return k == EDGE_DATA ? "uses" : k == EDGE_AFTER ? "comes after" : "holds on to";
}

/* path[0] leads from `first` to path[0]->to, the last one back to `first`. */
static void tell(struct walk *w, struct node *first, const struct edge *const *path, size_t n)
{
    struct str a = first->addr;
    struct span at = path[0]->span.file ? path[0]->span : first->span;
    struct diag *x;
    if (n == 1)
        x = diag_add(w->d, DIAG_E0410, at, "`%.*s` depends on itself", STR_ARG(a));
    else if (n == 2)
        x = diag_add(w->d, DIAG_E0410, at, "`%.*s` and `%.*s` depend on each other", STR_ARG(a), STR_ARG(path[0]->to->addr));
    else
        x = diag_add(w->d, DIAG_E0410, at, "%zu resources depend on each other in a circle: `%.*s` and others", n, STR_ARG(a));
    x->addr = a;
    diag_label(w->d, x, "`%.*s` %s `%.*s`", STR_ARG(a), verb(path[0]->kind), STR_ARG(path[0]->to->addr));
    struct buf b = { 0 };
    buf_str(&b, a);
    struct node *from = path[0]->to;
    for (size_t i = 0; i < n; i++) {
        buf_fmt(&b, " -> %.*s", STR_ARG(path[i]->to->addr));
        if (i && i <= DIAG_LABELS)
            diag_second(w->d, x, path[i]->span.file ? path[i]->span : from->span, "`%.*s` %s `%.*s`", STR_ARG(from->addr),
                        verb(path[i]->kind), STR_ARG(path[i]->to->addr));
        from = path[i]->to;
    }
    diag_note(w->d, x, "the whole way round: %.*s", STR_ARG(buf_view(&b)));
    diag_help(w->d, x, "one of them has to be made first: take one of these references out");
    buf_fini(&b);
}

/* The edge from x leads back to a node that is still open. */
static void back_edge(struct walk *w, struct node *x, const struct edge *e)
{
    size_t len;
    w->tries++;
    const struct edge **path = shortest(w, e->to, x, &len);
    path[len] = e;
    for (size_t i = 0; i <= len; i++)
        if (w->told[path[i]->to->index])
            return;
    for (size_t i = 0; i <= len; i++)
        w->told[path[i]->to->index] = true;
    size_t least = 0;                                      /* start at the smallest address: the same whatever was walked first */
    for (size_t i = 0; i <= len; i++)
        if (path[i]->to->index < path[least]->to->index)
            least = i;
    const struct edge **turned = ARENA_ARRAY(w->tmp, const struct edge *, len + 1);
    for (size_t i = 0; i <= len; i++)
        turned[i] = path[(least + 1 + i) % (len + 1)];
    w->found++;
    tell(w, path[least]->to, turned, len + 1);
}

struct frame { struct node *node; size_t next; };

static void walk_from(struct walk *w, struct frame *stack, struct node *root)
{
    size_t n = 0;
    stack[n++] = (struct frame){ root, 0 };
    w->colour[root->index] = OPEN;
    while (n) {
        struct frame *f = &stack[n - 1];
        if (f->next == f->node->nedges) {
            w->colour[f->node->index] = DONE;
            n--;
            continue;
        }
        const struct edge *e = &f->node->edges[f->next++];
        if (w->colour[e->to->index] == OPEN && w->tries < 4 * DIAG_CAP && !w->told[e->to->index]) {
            back_edge(w, f->node, e);
        } else if (w->colour[e->to->index] == NEW) {
            w->colour[e->to->index] = OPEN;
            stack[n++] = (struct frame){ e->to, 0 };
        }
    }
}

size_t graph_cycles(struct graph *g, struct diags *d)
{
    struct walk w = { .g = g, .d = d, .tmp = arena_new() };
    w.colour = ARENA_ARRAY(w.tmp, unsigned char, g->nnodes);
    w.told = ARENA_ARRAY(w.tmp, bool, g->nnodes);
    struct frame *stack = ARENA_ARRAY(w.tmp, struct frame, g->nnodes);
    for (size_t i = 0; i < g->nnodes; i++)
        if (w.colour[i] == NEW)
            walk_from(&w, stack, g->nodes[i]);
    arena_free(w.tmp);
    return w.found;
}
