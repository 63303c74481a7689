/* test_sim_edges.c - every edge of the quickstart is lost once: apply or destroy must fail for it, or it stands below with the reason.
 * An @after or @hold of a component is one edge, whatever it has inside. Not counted: edges that other edges imply (losing one changes no
 * order), and those to lookups, which are answered before anything is made. To see whether an order is kept and not only happens, all
 * durations are a second, and calls that make what is depended upon are served late, one after the other. */
#include <stdlib.h>
#include <string.h>
#include "kc/json.h"
#include "kc/vec.h"
#include "kctest.h"
#include "sim_test.h"
#include "stack.h"

enum { NODES = 128, OPS = 4, SAME = 6,                      /* calls of one operation told apart */
       LATE_CREATE_MS = 600000, LATE_DELETE_MS = 1500000 };  /* longer than kc waits for AWS to see something, or to let it go */

struct place {
    struct str addr;
    enum node_kind kind;
    struct str creates[OPS], deletes[OPS]; size_t ncreates, ndeletes;
};
struct lost { size_t from, to; enum edge_kind kind; struct span span; };
struct chart {
    struct arena *a;
    struct place v[NODES]; size_t n;
    struct lost *edges; size_t nedges, cap;
    const struct lost *drop;
    const struct value *quick;                             /* behaviour with all durations a second */
};

/* ---- the graph ---- */
static size_t place_of(struct chart *c, const struct node *n)
{
    struct place *p;
    size_t i, j;

    for (i = 0; i < c->n; i++)
        if (str_eq(c->v[i].addr, n->addr))
            return i;
    assert_true(c->n < NODES);
    p = &c->v[c->n];
    p->addr = str_dup(c->a, n->addr);
    p->kind = n->kind;
    for (j = 0; n->kind == NODE_RESOURCE && j < n->type->nsteps; j++) {
        const struct rstep *s = &n->type->steps[j];
        bool attach = s->kind == STEP_UPDATE && str_starts(s->op, STR("Attach"));

        if ((s->kind == STEP_CREATE || attach) && p->ncreates < OPS)
            p->creates[p->ncreates++] = str_dup(c->a, s->op);
        if (s->kind == STEP_DELETE && p->ndeletes < OPS)
            p->deletes[p->ndeletes++] = str_dup(c->a, s->op);
    }
    return c->n++;
}

static bool collect(void *user, const struct node *from, size_t edge)
{
    struct chart *c = user;
    struct lost l = { place_of(c, from), place_of(c, from->edges[edge].to), from->edges[edge].kind, from->edges[edge].span };

    c->edges = vec_grow(c->edges, c->nedges, &c->cap, sizeof *c->edges);
    c->edges[c->nedges++] = l;
    return false;
}

static bool same_edge(const struct lost *x, const struct lost *y)
{
    bool written = x->kind != EDGE_DATA && x->span.file && x->span.file == y->span.file && x->span.off == y->span.off;

    return x->kind == y->kind && x->to == y->to && (written || x->from == y->from);
}

static bool drop(void *user, const struct node *from, size_t edge)
{
    struct chart *c = user;
    struct lost other = { place_of(c, from), place_of(c, from->edges[edge].to), from->edges[edge].kind, from->edges[edge].span };

    return same_edge(c->drop, &other);
}

static void mark(const struct chart *c, size_t at, const struct lost *without, bool *seen)
{
    size_t i;

    if (seen[at])
        return;
    seen[at] = true;
    for (i = 0; i < c->nedges; i++)
        if (c->edges[i].from == at && !(without && same_edge(&c->edges[i], without)))
            mark(c, c->edges[i].to, without, seen);
}

/* ---- orders that nothing at AWS asks for ---- */
static const struct { const char *from, *to, *reason; } unneeded[] = {
    { "payments.network.nat_address", "payments.network.internet", "an address that is mapped no more holds no gateway" },
    { "payments.control_plane.eks", "eks.addon[\"eks-pod-identity-agent\"]", "nodes join without it" },
    { "payments.control_plane.eks", "eks.oidc", "only pods use it" },
    { "payments.network", "public_association[\"eu-west-1b\"]", "nothing of the cluster is in this subnet" },
    { "payments.network", "public_association[\"eu-west-1c\"]", "nothing of the cluster is in this subnet" },
    { "payments.node_pool", "node_policy[\"AmazonSSMManagedInstanceCore\"]", "only people use it, to look into nodes" },
};

static const char *reason_of(const struct chart *c, const struct lost *e)
{
    size_t i;

    for (i = 0; i < sizeof unneeded / sizeof unneeded[0]; i++)
        if (e->kind != EDGE_DATA && str_starts(c->v[e->from].addr, str_of(unneeded[i].from)) && str_ends(c->v[e->to].addr, str_of(unneeded[i].to)))
            return unneeded[i].reason;
    return NULL;
}

/* ---- what is to be late: makers of what some resource no longer waits for ---- */
struct late { struct str ops[64]; size_t n; bool any, lookups; };

static void add_late(struct late *l, struct str op)
{
    size_t i;

    for (i = 0; i < l->n; i++)
        if (str_eq(l->ops[i], op))
            return;
    if (l->n < 64)
        l->ops[l->n++] = op;
}

static bool makes(const struct place *p, struct str op)
{
    size_t i;

    for (i = 0; i < p->ncreates; i++)
        if (str_eq(p->creates[i], op))
            return true;
    return false;
}

static struct late orders_lost(const struct chart *c, const struct lost *e, bool destroy)
{
    struct late l = { 0 };
    size_t x, y, i;

    for (x = 0; x < c->n; x++) {
        bool before[NODES] = { false }, after[NODES] = { false };

        if (c->v[x].kind != NODE_RESOURCE)
            continue;
        mark(c, x, NULL, before);
        mark(c, x, e, after);
        for (y = 0; y < c->n; y++) {
            if (!before[y] || after[y] || y == x)
                continue;
            l.lookups |= c->v[y].kind == NODE_LOOKUP;
            l.any |= c->v[y].kind == NODE_RESOURCE;
            for (i = 0; destroy && c->v[y].kind == NODE_RESOURCE && i < c->v[x].ndeletes; i++)
                add_late(&l, c->v[x].deletes[i]);
            for (i = 0; !destroy && c->v[y].kind == NODE_RESOURCE && i < c->v[y].ncreates; i++)
                if (!makes(&c->v[x], c->v[y].creates[i]))
                    add_late(&l, c->v[y].creates[i]);
        }
    }
    return l;
}

/* ---- the account ---- */
static const struct value *quickly(struct arena *a, const struct value *v, struct str key)
{
    const struct value *items[64];
    struct pair pairs[512];
    size_t i;

    if (v->kind == VALUE_LIST && v->list.n < 64) {
        for (i = 0; i < v->list.n; i++)
            items[i] = str_is(key, "takes") ? value_int(a, 1000) : quickly(a, v->list.v[i], STR_NONE);
        return value_list(a, items, v->list.n);
    }
    if (v->kind != VALUE_OBJECT || v->object.n > 512)
        return v;
    for (i = 0; i < v->object.n; i++)
        pairs[i] = (struct pair){ v->object.v[i].key, quickly(a, v->object.v[i].value, v->object.v[i].key) };
    return value_object(a, pairs, v->object.n);
}

/* Schedules: all calls of an operation late, or its nth alone. */
static void delay(struct stack *s, struct str op, unsigned nth, int64_t ms)
{
    sim_clear_faults(s->sim);
    sim_fault(s->sim, &(struct fault){ .kind = FAULT_DELAY, .op = op, .skip = nth ? nth - 1 : 0, .times = nth ? 1 : 1000000, .delay_ms = ms });
}

struct schedule { struct str create, delete; unsigned nth; };

static const char *try_once(struct chart *c, const struct lost *e, struct schedule how)
{
    struct sim_options o = { .seed = 1, .exact = true, .behaviour = c->quick };
    struct stack *s = stack_new("examples/quickstart.kcl", &o);
    const char *out = NULL;

    c->drop = e;
    s->drop = e ? drop : NULL;
    s->drop_user = c;
    delay(s, how.create, how.nth, LATE_CREATE_MS);
    if (stack_run(s, STACK_APPLY) != 0)
        out = "apply fails";
    delay(s, how.delete, how.nth, LATE_DELETE_MS);
    if (!out && stack_run(s, STACK_DESTROY) != 0)
        out = "destroy fails";
    if (!out && sim_count(s->sim, STR_NONE) != 0)
        out = "left behind";
    if (out && !e)
        fprintf(stderr, "%s with %.*s and %.*s late (%u): %.*s\n", out, STR_ARG(how.create), STR_ARG(how.delete), how.nth, STR_ARG(stack_problems(s)));
    stack_free(s);
    return out;
}

static const char *try_without(struct chart *c, const struct lost *e)
{
    struct late make = orders_lost(c, e, false), destroy = orders_lost(c, e, true);
    const char *out = NULL;
    unsigned nth;
    size_t i;

    for (nth = 0; nth <= SAME; nth++)
        for (i = 0; !out && (i < make.n || i < destroy.n); i++)
            out = try_once(c, e, (struct schedule){ make.n ? make.ops[i % make.n] : STR("none"), destroy.n ? destroy.ops[i % destroy.n] : STR("none"), nth });
    return out;
}

static bool first_of_its_kind(const struct chart *c, size_t at)
{
    size_t i;

    for (i = 0; i < at; i++)
        if (same_edge(&c->edges[i], &c->edges[at]))
            return false;
    return true;
}

static void tell(const struct chart *c, const struct lost *e, const char *how)
{
    static const char *const kinds[] = { "data", "after", "hold" };

    printf("  %-5s %.*s -> %.*s: %s\n", kinds[e->kind], STR_ARG(c->v[e->from].addr), STR_ARG(c->v[e->to].addr), how);
}

static struct chart *chart_new(void)
{
    struct chart *c = calloc(1, sizeof *c);

    c->a = arena_new();
    c->quick = quickly(c->a, sim_behaviour(c->a), STR_NONE);
    return c;
}

static void chart_free(struct chart *c)
{
    free(c->edges);
    arena_free(c->a);
    free(c);
}

static void test_every_edge(void **state)
{
    struct chart *c = chart_new();
    struct stack *s = stack_new("examples/quickstart.kcl", NULL);
    size_t i, caught = 0, counted = 0, implied = 0;

    (void)state;
    s->drop = collect;
    s->drop_user = c;
    stack_must(s, STACK_PLAN, 2);
    stack_free(s);
    for (i = 0; i < c->nedges; i++) {
        const struct lost *e = &c->edges[i];
        const char *reason = reason_of(c, e), *how;

        if (!first_of_its_kind(c, i))
            continue;
        if (!orders_lost(c, e, false).any) {
            implied++;
            continue;
        }
        how = reason ? NULL : try_without(c, e);
        counted++;
        caught += how != NULL;
        if (!how)
            tell(c, e, reason ? reason : "NOT NOTICED");
    }
    printf("%zu of %zu edges are missed when they are lost; %zu more say what others say, or wait for lookups\n", caught, counted, implied);
    assert_true(counted > 40);
    assert_true(caught * 10 >= counted * 9);
    chart_free(c);
}

/* The same schedules with nothing lost: no failure. */
static void test_nothing_lost(void **state)
{
    static const char *const made[] = { "CreateSubnet", "CreateRoute", "AttachRolePolicy", "CreateAddon", "AssociateRouteTable", "CreateAccessEntry" };
    static const char *const gone[] = { "DeleteNatGateway", "DeleteAddon", "DetachRolePolicy", "DeleteRoute", "DeleteNodegroup", "ReleaseAddress" };
    struct chart *c = chart_new();
    unsigned i;

    (void)state;
    for (i = 0; i < sizeof made / sizeof made[0]; i++)
        assert_null(try_once(c, NULL, (struct schedule){ str_of(made[i]), str_of(gone[i]), i % 3 }));
    chart_free(c);
}

int main(void)
{
    json_seed(1);                                          /* before the first table: test_world_new does it too late for the charts */
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_nothing_lost), cmocka_unit_test(test_every_edge) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
