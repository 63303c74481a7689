/* keep.c - @keep: who may still use a former object of an instance. What the annotation names is a resource, or a component or list of which those
 * resources count that depend on the instance, directly or through others: only they are written again when it becomes another. */
#include "eval.h"

struct keeping {
    struct instance *of;
    struct span at;                                        /* the argument */
    struct vec users;                                      /* nodes of resources */
    bool one;                                              /* it names a single resource */
};

static void resources(struct instance *i, struct vec *out)
{
    if (i->node && i->node->kind == NODE_RESOURCE)
        vec_add(out, i->node);
    for (struct instance *k = i->kids; k; k = k->next)
        resources(k, out);
}

static void collect(struct program *p, struct instance *i, const struct ast_annot *a, struct frame *f)
{
    for (size_t j = 0; j < a->args.n; j++) {
        struct vec targets = { 0 };
        const struct value *v = eval_expr(p, f, a->args.v[j].value);
        struct keeping *k = ARENA_NEW(p->arena, struct keeping);
        *k = (struct keeping){ .of = i, .at = a->args.v[j].value->span };
        if (v)
            targets_of(p, v, &targets);
        for (size_t n = 0; n < targets.n; n++)
            resources(targets.v[n], &k->users);
        k->one = v && targets.n == 1 && ((struct instance *)targets.v[0])->decl->kind == DECL_RESOURCE;
        vec_add(&p->keeps, k);
        vec_fini(&targets);
    }
}

void keep_collect(struct program *p, struct instance *i)
{
    for (size_t k = 0; k < i->nparts; k++) {
        struct ast_annots annots = i->parts[k].item->annots;
        for (size_t j = 0; j < annots.n; j++) {
            const struct ast_annot *a = &annots.v[j];
            if (a->path.n != 1 || !str_is(a->path.v[0].text, "keep"))
                continue;
            collect(p, i, a, i->parts[k].frame);
        }
    }
}

/* Which nodes depend on `to`: `order` has dependencies first. */
static void dependents(const struct graph *g, struct node *const *order, const struct node *to, bool *depends)
{
    for (size_t i = 0; i < g->nnodes; i++) {
        const struct node *n = order[i];
        bool on = n == to;
        for (size_t k = 0; k < n->nedges && !on; k++)
            on = n->edges[k].kind != EDGE_HOLD && depends[n->edges[k].to->index];
        depends[n->index] = on;
    }
}

static void useless(struct program *p, const struct keeping *k)
{
    struct str addr = k->of->node->addr;
    if (k->of->node->replace == REPLACE_DELETE_FIRST)
        diag_help(p->diags, report(p, DIAG_E0307, k->at, "`@keep` does nothing beside `@replace(delete_first)`: what goes first cannot stay"), "take one of both out");
    else if (k->one)
        diag_help(p->diags, report(p, DIAG_E0307, k->at, "`@keep` does nothing: this does not depend on `%.*s`", STR_ARG(addr)), "name what is made with it, directly or through others");
    else
        diag_help(p->diags, report(p, DIAG_E0307, k->at, "`@keep` does nothing: nothing in this depends on `%.*s`", STR_ARG(addr)),
                  "name what is made with it, directly or through others");
}

void keep_finish(struct program *p)
{
    const struct graph *g = p->graph;
    struct node **order = p->keeps.n ? graph_order(p->graph, p->arena) : NULL;
    bool *depends = ARENA_ARRAY(p->arena, bool, p->keeps.n ? g->nnodes : 0);
    const struct node *last = NULL;
    for (size_t i = 0; i < p->keeps.n; i++) {
        const struct keeping *k = p->keeps.v[i];
        size_t n = 0;
        if (last != k->of->node)
            dependents(g, order, last = k->of->node, depends);
        for (size_t j = 0; j < k->users.n; j++) {
            struct node *user = k->users.v[j];
            if (user == k->of->node || !depends[user->index])
                continue;
            graph_keep(p->graph, user, k->of->node);
            n++;
        }
        if ((!n && k->users.n) || k->of->node->replace == REPLACE_DELETE_FIRST)
            useless(p, k);
    }
}

void keep_fini(struct program *p)
{
    for (size_t i = 0; i < p->keeps.n; i++)
        vec_fini(&((struct keeping *)p->keeps.v[i])->users);
    vec_fini(&p->keeps);
}
