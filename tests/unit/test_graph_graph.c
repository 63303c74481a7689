/* The graph: edges from references, cycles told, order, printing, size. */
#include "expr_help.h"
#include "kc/graph.h"

static struct graph *g;
static struct diags d;

static int setup(void **state)
{
    test_arena_setup(state);
    g = graph_new(test_arena);
    diags_init(&d);
    return 0;
}

static int teardown(void **state)
{
    diags_fini(&d);
    return test_arena_teardown(state);
}

/* A node whose input `x` refers to the given addresses. */
static struct node *add(const char *addr, const char *const *uses, size_t n)
{
    struct node *node = graph_add(g, NODE_RESOURCE, str_of(addr), (struct span){ 1, 10, 1 });
    assert_non_null(node);
    const struct value **v = ARENA_ARRAY(test_arena, const struct value *, n);
    for (size_t i = 0; i < n; i++) {
        const struct term *t = term_ref(test_arena, str_of(uses[i]), STR("id"), &type_string, (struct span){ 1, (uint32_t)(20 + i), 1 });
        v[i] = value_unknown(test_arena, t, &type_string, PHASE_APPLY);
    }
    node->inputs = value_object(test_arena, &(struct pair){ STR("x"), value_list(test_arena, v, n) }, 1);
    return node;
}
#define USES(addr, ...) add(addr, (const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))
#define ALONE(addr) add(addr, NULL, 0)

static struct str order(void)
{
    struct node **o = graph_order(g, test_arena);
    struct buf b = { 0 };
    for (size_t i = 0; i < g->nnodes; i++)
        buf_fmt(&b, "%s%.*s", i ? " " : "", STR_ARG(o[i]->addr));
    return buf_take(&b, test_arena);
}

static void references_make_edges(void **state)
{
    (void)state;
    USES("net.subnet[\"a\"]", "net.vpc", "net.vpc");
    USES("net.route", "net.subnet[\"a\"]", "net.vpc");
    struct node *vpc = ALONE("net.vpc"), *role = ALONE("role");
    graph_edge(g, vpc, role, EDGE_HOLD, SPAN_NONE);
    graph_edge(g, vpc, role, EDGE_AFTER, SPAN_NONE);
    assert_true(graph_finish(g, &d));
    assert_str(order(), "role net.vpc net.subnet[\"a\"] net.route");
    struct buf b = { 0 };
    graph_text(&b, g);
    assert_str(buf_take(&b, test_arena), "net.route  (resource)\n  uses net.subnet[\"a\"]\n  uses net.vpc\nnet.subnet[\"a\"]  (resource)\n  uses net.vpc\n"
                                         "net.vpc  (resource)\n  after role\nrole  (resource)\n");
    graph_dot(&b, g);
    struct str dot = buf_take(&b, test_arena);
    assert_true(str_find(dot, STR("\"net.subnet[\\\"a\\\"]\" -> \"net.vpc\";\n")) != SIZE_MAX);
    assert_true(str_find(dot, STR("\"net.vpc\" -> \"role\" [style=dashed];\n")) != SIZE_MAX);
}

static void addresses_are_taken_once(void **state)
{
    (void)state;
    struct node *x = ALONE("pools[\"general\"].group");
    assert_null(graph_add(g, NODE_RESOURCE, STR("pools[\"general\"].group"), SPAN_NONE));
    assert_ptr_equal(graph_find(g, STR("pools.general.group")), x);
    assert_null(graph_find(g, STR("pools.general")));
    ALONE("a.b");
    assert_non_null(graph_find(g, STR("a[\"b\"]")));
}

static void references_to_nowhere_are_told(void **state)
{
    (void)state;
    USES("a", "b.c");
    assert_false(graph_finish(g, &d));
    assert_int_equal(d.n, 1);
    assert_int_equal(d.v[0]->code, DIAG_E0301);
    assert_str(d.v[0]->message, "`a` refers to `b.c`, which does not exist");
}

static void cycles_are_told_with_the_whole_path(void **state)
{
    (void)state;
    USES("start", "c1");
    USES("c1", "c2", "leaf");
    USES("c2", "c3");
    USES("c3", "c1");
    ALONE("leaf");
    USES("me", "me");
    USES("p", "q");
    USES("q", "p");
    assert_false(graph_finish(g, &d));
    assert_int_equal(d.n, 3);
    assert_int_equal(d.v[0]->code, DIAG_E0410);
    assert_str(d.v[0]->message, "3 resources depend on each other in a circle: `c1` and others");
    assert_str(d.v[0]->notes[0].text, "the whole way round: c1 -> c2 -> c3 -> c1");
    assert_str(d.v[0]->label, "`c1` uses `c2`");
    assert_int_equal(d.v[0]->nlabels, 2);
    assert_int_equal(d.v[0]->at.off, 20);
    assert_str(d.v[1]->message, "`me` depends on itself");
    assert_str(d.v[2]->message, "`p` and `q` depend on each other");
}

static void the_shortest_way_round_is_told(void **state)
{
    (void)state;
    USES("a", "b", "z");
    USES("b", "c");
    USES("c", "z");
    USES("z", "a");
    assert_false(graph_finish(g, &d));
    assert_str(d.v[0]->message, "`a` and `z` depend on each other");
}

static void holding_counts_for_cycles(void **state)
{
    (void)state;
    struct node *a = ALONE("a"), *b = USES("b", "a");
    graph_edge(g, a, b, EDGE_HOLD, SPAN_NONE);
    assert_false(graph_finish(g, &d));
}

static void order_does_not_depend_on_the_way_in(void **state)
{
    (void)state;
    static const char *const names[] = { "e", "d", "c", "b", "a" };
    for (size_t i = 0; i < 5; i++)
        ALONE(names[i]);
    graph_edge(g, graph_find(g, STR("a")), graph_find(g, STR("d")), EDGE_DATA, SPAN_NONE);
    assert_true(graph_finish(g, &d));
    assert_str(order(), "b c d a e");
}

static void json_says_it_all_but_secrets(void **state)
{
    (void)state;
    struct node *n = graph_add(g, NODE_OUT, STR("pw"), SPAN_NONE);
    n->value = value_secret(test_arena, value_str(test_arena, STR("hunter2")));
    n->secret = true;
    USES("b", "a");
    struct node *a = ALONE("a");
    a->protect.set = a->protect.on = true;
    a->provider = provider_in(test_arena, &(struct provider){ .kind = STR("aws") }, STR("eu-central-1"));
    a->ignore = &STR("tags");
    a->nignore = 1;
    assert_true(graph_finish(g, &d));
    struct buf b = { 0 };
    graph_json(&b, g);
    struct str s = buf_take(&b, test_arena), why = STR_NONE;
    assert_true(str_find(s, STR("hunter2")) == SIZE_MAX);
    const struct value *v = json_read(test_arena, s, JSON_TYPED, &why);
    assert_non_null(v);
    assert_str(value_at(v, "nodes.0.provider.region")->s, "eu-central-1");
    assert_true(value_at(v, "nodes.0.protect")->b);
    assert_str(value_at(v, "nodes.0.ignore.0")->s, "tags");
    assert_str(value_at(v, "nodes.1.edges.0.to")->s, "a");
    assert_str(value_at(v, "nodes.2.value")->s, "(secret)");
}

/* 50 000 nodes: a chain, and a hub with 10 000 users that is named twice by each. */
static void large_graphs_are_fast(void **state)
{
    (void)state;
    enum { CHAIN = 40000, USERS = 10000 };
    for (int i = 0; i < CHAIN; i++) {
        struct str name = str_fmt(test_arena, "c%05d", i), before = str_fmt(test_arena, "c%05d", i - 1);
        if (i)
            USES(str_c(test_arena, name), str_c(test_arena, before));
        else
            ALONE(str_c(test_arena, name));
    }
    struct node *hub = ALONE("hub");
    for (int i = 0; i < USERS; i++) {
        struct node *u = USES(str_c(test_arena, str_fmt(test_arena, "u%05d", i)), "hub", "hub");
        graph_edge(g, hub, graph_find(g, STR("c00000")), EDGE_AFTER, SPAN_NONE);
        graph_edge(g, graph_find(g, STR("c39999")), u, EDGE_DATA, SPAN_NONE);
    }
    assert_true(graph_finish(g, &d));
    struct node **o = graph_order(g, test_arena);
    assert_str(o[0]->addr, "c00000");
    assert_str(o[g->nnodes - 1]->addr, "c39999");
    assert_int_equal(hub->nedges, 1);
    assert_int_equal(graph_find(g, STR("c39999"))->nedges, USERS + 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(references_make_edges), TEST(addresses_are_taken_once), TEST(references_to_nowhere_are_told), TEST(cycles_are_told_with_the_whole_path),
        TEST(the_shortest_way_round_is_told), TEST(holding_counts_for_cycles), TEST(order_does_not_depend_on_the_way_in),
        TEST(json_says_it_all_but_secrets), TEST(large_graphs_are_fast),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
