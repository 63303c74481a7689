/* The order of operations, drawn where it is not obvious; the estimate. */
#include "plan_case.h"

static void child(const char *addr, const char *json, const char *parent)
{
    kit_set(k, kit_node(k, addr, json), "parent", kit_ref(k, parent, "id"));
}

static bool before(const struct plan *p, const char *x, enum op_kind kx, const char *y, enum op_kind ky)
{
    return kit_before(p, kit_op(p, x, kx), kit_op(p, y, ky));
}

/* a <- b <- c, all go: c, b, a; the edges come from state alone. */
static void test_destroy(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_had(k, "b", "{\"thing_name\":\"b\"}", "a");
    kit_had(k, "c", "{\"thing_name\":\"c\"}", "b");
    struct plan *p = kit_destroy(k);
    assert_int_equal(p->count[ACTION_DELETE], 3);
    assert_true(before(p, "c", OP_DELETE, "b", OP_DELETE));
    assert_true(before(p, "b", OP_DELETE, "a", OP_DELETE));
}

/* A held object outlives its holder, and is not waited for at creation. */
static void test_hold(void **state)
{
    (void)state;
    struct record *r = kit_had(k, "a", "{\"thing_name\":\"a\"}", "b");
    kit_have(k, "b", "{\"thing_name\":\"b\"}");
    r->deps[0].kind = EDGE_HOLD;
    assert_true(state_put(k->state, r));
    struct plan *p = kit_destroy(k);
    assert_true(before(p, "a", OP_DELETE, "b", OP_DELETE));
    struct node *x = kit_node(k, "x", "{\"thing_name\":\"x\"}"), *y = kit_node(k, "y", "{\"thing_name\":\"y\"}");
    graph_edge(k->graph, x, y, EDGE_HOLD, SPAN_NONE);
    p = kit_plan(k);
    assert_false(before(p, "y", OP_CREATE, "x", OP_CREATE));
}

/* a is replaced create-first, b keeps its object and switches: new a, b, old a. */
static void test_switch(void **state)
{
    (void)state;
    struct rfield *parent = (struct rfield *)(uintptr_t)rtype_field(k->type, STR("parent"));
    static const struct str on[] = { { "size", 4 }, { "parent", 6 } };
    parent->replace = false;
    ((struct rstep *)(uintptr_t)&k->type->steps[3])->on = on;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_had(k, "b", "{\"thing_name\":\"b\",\"parent\":\"thing-1\"}", "a");
    kit_node(k, "a", "{\"thing_name\":\"a2\"}");
    child("b", "{\"thing_name\":\"b\"}", "a");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_REPLACE_CREATE_FIRST);
    assert_int_equal(kit_item(p, "b")->action, ACTION_UPDATE);
    assert_true(before(p, "a", OP_CREATE, "b", OP_UPDATE));
    assert_true(before(p, "b", OP_UPDATE, "a", OP_DELETE));
}

/* Both are replaced create-first (names differ): new a, new b, old b, old a. */
static void test_chain_create_first(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_had(k, "b", "{\"thing_name\":\"b\",\"parent\":\"thing-1\"}", "a");
    kit_node(k, "a", "{\"thing_name\":\"a2\"}");
    child("b", "{\"thing_name\":\"b2\"}", "a");
    struct plan *p = kit_plan(k);
    assert_true(before(p, "a", OP_CREATE, "b", OP_CREATE));
    assert_true(before(p, "b", OP_CREATE, "b", OP_DELETE));
    assert_true(before(p, "b", OP_DELETE, "a", OP_DELETE));
}

/* a goes first (its name stays), so b cannot stay: old b, old a, new a, new b. */
static void test_chain_delete_first(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"zone\":\"x\"}");
    kit_had(k, "b", "{\"thing_name\":\"b\",\"parent\":\"thing-1\"}", "a");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"zone\":\"y\"}");
    child("b", "{\"thing_name\":\"b2\"}", "a");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "b")->action, ACTION_REPLACE_DELETE_FIRST);
    assert_true(before(p, "b", OP_DELETE, "a", OP_DELETE));
    assert_true(before(p, "a", OP_DELETE, "a", OP_CREATE));
    assert_true(before(p, "a", OP_CREATE, "b", OP_CREATE));
}

/* Nothing is torn down before everything else that its successor needs is there. */
static void test_delete_waits_for_needs(void **state)
{
    (void)state;
    kit_have(k, "b", "{\"thing_name\":\"b\",\"zone\":\"x\"}");
    kit_node(k, "new", "{\"thing_name\":\"n\"}");
    child("b", "{\"thing_name\":\"b\",\"zone\":\"y\"}", "new");
    struct plan *p = kit_plan(k);
    assert_true(before(p, "new", OP_CREATE, "b", OP_DELETE));
}

/* A label renamed without `moved` keeps its unique name: the old one goes before the new one comes. */
static void test_renamed_label(void **state)
{
    (void)state;
    kit_have(k, "old", "{\"thing_name\":\"a\"}");
    kit_node(k, "new", "{\"thing_name\":\"a\"}");
    struct plan *p = kit_plan(k);
    assert_true(before(p, "old", OP_DELETE, "new", OP_CREATE));
}

static struct node *gate(const char *addr)
{
    return graph_add(k->graph, NODE_GATE, str_of(addr), SPAN_NONE);
}

static void test_gate(void **state)
{
    (void)state;
    struct node *a = kit_node(k, "a", "{\"thing_name\":\"a\"}"), *b = kit_node(k, "b", "{\"thing_name\":\"b\"}"), *g = gate("g");
    graph_edge(k->graph, g, a, EDGE_AFTER, SPAN_NONE);
    graph_edge(k->graph, b, g, EDGE_AFTER, SPAN_NONE);
    struct plan *p = kit_plan(k);
    assert_true(before(p, "a", OP_CREATE, "b", OP_CREATE));
    struct record r = { 0 };
    plan_deps(p, k->a, b, &r);
    assert_int_equal(r.ndeps, 1);                                              /* state knows no gates */
    assert_str(r.deps[0].addr, "a");
    assert_int_equal(r.deps[0].kind, EDGE_AFTER);
    assert_int_equal(r.deps[0].generation, 1);
}

static void test_idle_gate(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    struct node *a = kit_node(k, "a", "{\"thing_name\":\"a\"}"), *g = gate("g");
    graph_edge(k->graph, g, a, EDGE_AFTER, SPAN_NONE);
    assert_int_equal(kit_plan(k)->nops, 0);
}

static void test_assert(void **state)
{
    (void)state;
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    struct node *n = graph_add(k->graph, NODE_ASSERT, STR("ok"), SPAN_NONE);
    n->value = &value_false;
    n->message = value_str(k->a, STR("the sky is not blue"));
    kit_plan_fails(k, DIAG_E0309);
    assert_str(k->diags.v[0]->message, "the sky is not blue");
}

static void test_assert_later(void **state)
{
    (void)state;
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    struct node *n = graph_add(k->graph, NODE_ASSERT, STR("ok"), SPAN_NONE);
    n->value = kit_ref(k, "a", "id");
    struct plan *p = kit_plan(k);
    assert_true(before(p, "a", OP_CREATE, "ok", OP_ASSERT));
}

/* a (10 s) <- b (10 s), c alone: the estimate is the chain, and the chain is the path. */
static void test_estimate(void **state)
{
    (void)state;
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    child("b", "{\"thing_name\":\"b\"}", "a");
    kit_node(k, "c", "{\"thing_name\":\"c\"}");
    struct plan *p = kit_plan(k);
    assert_int_equal(p->estimate, 20000);
    assert_int_equal(p->ncritical, 2);
    assert_str(p->ops[p->critical[0]]->item->addr, "a");
    assert_int_equal(kit_op(p, "a", OP_CREATE)->rank, 20000);
    assert_int_equal(kit_op(p, "c", OP_CREATE)->rank, 10000);
}

static void test_lanes(void **state)
{
    (void)state;
    k->type->lane = kit_param(k, "zone");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"zone\":\"z\"}");
    kit_node(k, "b", "{\"thing_name\":\"b\",\"zone\":\"z\"}");
    kit_node(k, "c", "{\"thing_name\":\"c\",\"zone\":\"other\"}");
    struct plan *p = kit_plan(k);
    assert_int_equal(p->estimate, 20000);                                      /* a and b one at a time */
    assert_int_equal(p->ncritical, 2);
}

static void test_hash(void **state)
{
    (void)state;
    struct node *n = kit_node(k, "a", "{\"thing_name\":\"a\"}");
    struct str one = kit_plan(k)->hash, same = kit_plan(k)->hash;
    kit_set(k, n, "size", value_int(k->a, 3));
    assert_true(str_eq(one, same));
    assert_false(str_eq(one, kit_plan(k)->hash));
}

/* Random graphs: whatever is created, replaced and deleted, the order has no cycle and keeps every rule. */
static uint32_t dice(uint32_t *s)
{
    *s = *s * 1664525u + 1013904223u;
    return *s >> 16;
}

static void random_case(uint32_t seed)
{
    enum { N = 12 };
    static char names[N][8];
    char json[96];
    for (int i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "n%02d", i);
        int parent = i ? (int)(dice(&seed) % (unsigned)i) : -1;
        uint32_t fate = dice(&seed) % 6;
        if (fate > 0) {                                                        /* it exists */
            snprintf(json, sizeof json, "{\"thing_name\":\"x%d\",\"zone\":\"a\"}", i);
            struct record *r = kit_had(k, names[i], json, parent >= 0 && fate != 2 ? names[parent] : NULL);
            if (r->ndeps) {
                r->deps[0].kind = (enum edge_kind)(dice(&seed) % 3);
                assert_true(state_put(k->state, r));
            }
        }
        if (fate == 1)
            continue;                                                          /* and is not wanted */
        snprintf(json, sizeof json, "{\"thing_name\":\"x%d%s\",\"zone\":\"%s\"}", i, fate == 3 ? "new" : "", fate == 4 ? "b" : "a");
        struct node *n = kit_node(k, names[i], json);
        struct node *up = parent >= 0 ? graph_find(k->graph, str_of(names[parent])) : NULL;
        if (up && dice(&seed) % 2)
            kit_set(k, n, "parent", kit_ref(k, names[parent], dice(&seed) % 3 ? "id" : "version"));
        else if (up)
            graph_edge(k->graph, n, up, dice(&seed) % 2 ? EDGE_AFTER : EDGE_HOLD, SPAN_NONE);
        up = i ? graph_find(k->graph, str_of(names[dice(&seed) % (unsigned)i])) : NULL;
        if (up && dice(&seed) % 2)
            graph_edge(k->graph, n, up, EDGE_AFTER, SPAN_NONE);
    }
    struct plan *p = kit_plan(k);
    for (size_t i = 0; i < p->nitems; i++) {
        const struct plan_item *x = p->items[i];
        const char *addr = str_c(k->a, x->addr);
        if (x->action == ACTION_REPLACE_CREATE_FIRST)
            assert_true(before(p, addr, OP_CREATE, addr, OP_DELETE));
        if (x->action == ACTION_REPLACE_DELETE_FIRST)
            assert_true(before(p, addr, OP_DELETE, addr, OP_CREATE));
        for (size_t e = 0; x->record && e < x->record->ndeps; e++) {
            if (x->record->deps[e].kind != EDGE_DATA)
                continue;
            const struct plan_item *y = kit_item(p, str_c(k->a, x->record->deps[e].addr));
            bool xgoes = x->action == ACTION_DELETE || x->action >= ACTION_REPLACE_CREATE_FIRST, ygoes = y->action >= ACTION_REPLACE_CREATE_FIRST;
            if (xgoes && ygoes && !x->maybe && x->action <= ACTION_DELETE && y->action <= ACTION_DELETE)
                assert_true(before(p, addr, OP_DELETE, str_c(k->a, y->addr), OP_DELETE));
        }
    }
}

static void test_random(void **state)
{
    for (uint32_t seed = 1; seed <= 200; seed++) {
        random_case(seed);
        case_teardown(state);
        case_setup(state);
    }
}

/* Both names can stand, and what both want cannot be had twice. */
static void what_one_at_a_time_can_have_goes_first(void **state)
{
    (void)state;
    k->type->exclusive = kit_list(k, kit_param(k, "zone"));
    kit_have(k, "a", "{\"thing_name\":\"a\",\"zone\":\"x\"}");
    struct node *n = kit_node(k, "a", "{\"thing_name\":\"b\",\"zone\":\"x\"}");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_REPLACE_DELETE_FIRST);
    assert_true(before(p, "a", OP_DELETE, "a", OP_CREATE));
    kit_set(k, n, "zone", value_str(k->a, STR("y")));
    assert_int_equal(kit_item(kit_plan(k), "a")->action, ACTION_REPLACE_CREATE_FIRST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_destroy),   CASE(test_hold),      CASE(test_switch),  CASE(test_chain_create_first),   CASE(test_chain_delete_first),
        CASE(test_delete_waits_for_needs),          CASE(test_renamed_label), CASE(test_gate),           CASE(test_idle_gate),
        CASE(test_assert),    CASE(test_assert_later), CASE(test_estimate), CASE(test_lanes),            CASE(test_hash),
        CASE(test_random),    CASE(what_one_at_a_time_can_have_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
