/* test_plan_names.c - names that kc makes, and two items that would be one object. */
#include "plan_case.h"

static struct node *named(const char *addr, const char *json, const char *label)
{
    struct node *n = kit_node(k, addr, json);
    kit_set(k, n, "thing_name", kit_fresh(k, label));
    return n;
}

static void assert_named(const struct plan *p, const char *addr, const char *name)
{
    assert_str(value_get(kit_item(p, addr)->inputs, STR("thing_name"))->s, name);
}

static void a_new_one_takes_the_label(void **state)
{
    (void)state;
    named("a", "{}", "web");
    assert_named(kit_plan(k), "a", "web");
}

static void a_name_is_kept_for_life(void **state)
{
    (void)state;                                           /* whatever the label, or the file's way to make the name, is by now */
    kit_have(k, "a", "{\"thing_name\":\"web-g3\",\"size\":1}");
    named("a", "{\"size\":1}", "www");
    struct plan *p = kit_plan(k);
    assert_true(plan_empty(p));
    assert_named(p, "a", "web-g3");
}

static void a_name_is_kept_when_only_the_address_moves(void **state)
{
    (void)state;
    struct moved *m = ARENA_NEW(k->a, struct moved);
    *m = (struct moved){ STR("a"), STR("b"), SPAN_NONE };
    k->graph->moved = m;
    k->graph->nmoved = 1;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    named("b", "{}", "b");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "b")->action, ACTION_NOOP);
    assert_named(p, "b", "a");
    assert_int_equal(p->nops, 1);
    kit_op(p, "b", OP_MOVE);
}

static void a_successor_takes_the_next_free_one_and_comes_first(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"web\",\"zone\":\"x\"}");
    kit_have(k, "other", "{\"thing_name\":\"web-2\"}");
    kit_node(k, "other", "{\"thing_name\":\"web-2\"}");
    named("a", "{\"zone\":\"y\"}", "web");
    struct plan *p = kit_plan(k);
    assert_named(p, "a", "web-3");
    assert_int_equal(kit_item(p, "a")->action, ACTION_REPLACE_CREATE_FIRST);
}

static void the_label_is_back_when_nothing_holds_it(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"web-2\",\"zone\":\"x\"}");
    named("a", "{\"zone\":\"y\"}", "web");
    assert_named(kit_plan(k), "a", "web");
}

static void two_new_ones_of_one_label_are_told_apart(void **state)
{
    (void)state;
    named("a", "{}", "web");
    named("b", "{}", "web");
    struct plan *p = kit_plan(k);
    assert_named(p, "a", "web");
    assert_named(p, "b", "web-2");
}

static void under_another_parent_the_label_is_free(void **state)
{
    (void)state;
    struct rparent *home = ARENA_NEW(k->a, struct rparent);
    *home = (struct rparent){ .type = STR("toy.Home"), .identity = kit_object(k, "name", kit_param(k, "parent"), NULL) };
    k->type->parents = home;
    k->type->nparents = 1;
    k->type->nunique = 0;
    kit_have(k, "a", "{\"thing_name\":\"web\",\"parent\":\"one\"}");
    named("a", "{\"parent\":\"one\"}", "web");
    named("b", "{\"parent\":\"two\"}", "web");
    assert_named(kit_plan(k), "b", "web");
}

/* ---- twins ---- */

static void two_items_of_one_name_are_refused(void **state)
{
    (void)state;
    kit_node(k, "a", "{\"thing_name\":\"x\"}");
    kit_node(k, "b", "{\"thing_name\":\"x\"}");
    assert_true(graph_finish(k->graph, &k->diags));
    assert_false(plan_twins(k->graph, &k->diags));
    assert_int_equal(k->diags.n, 1);
    assert_int_equal(k->diags.v[0]->code, DIAG_E0614);
    kit_plan_fails(k, DIAG_E0614);
}

static void unknown_values_are_one_where_their_terms_are(void **state)
{
    (void)state;
    static const struct str set[] = { { "parent", 6 }, { "zone", 4 } };
    static const struct str *const unique[] = { set };
    static const size_t two[] = { 2 };
    k->type->unique = unique;
    k->type->nunique_fields = two;
    kit_node(k, "home", "{\"thing_name\":\"h\"}");
    kit_node(k, "house", "{\"thing_name\":\"h2\",\"zone\":\"2\"}");
    kit_set(k, kit_node(k, "a", "{\"thing_name\":\"a\",\"zone\":\"1\"}"), "parent", kit_ref(k, "home", "id"));
    kit_set(k, kit_node(k, "b", "{\"thing_name\":\"b\",\"zone\":\"1\"}"), "parent", kit_ref(k, "house", "id"));
    assert_true(graph_finish(k->graph, &k->diags));
    assert_true(plan_twins(k->graph, &k->diags));          /* other parents */
    kit_set(k, graph_find(k->graph, STR("b")), "parent", kit_ref(k, "home", "id"));
    assert_false(plan_twins(k->graph, &k->diags));
}

/* Two values that the file cannot tell to be one, and the account can. */
static void what_the_account_says_makes_twins_too(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"1\"}");
    kit_node(k, "a", "{\"thing_name\":\"1\"}");
    kit_node(k, "b", "{\"thing_name\":\"b\"}");
    kit_set(k, graph_find(k->graph, STR("b")), "thing_name", kit_ref(k, "a", "version"));
    assert_true(graph_finish(k->graph, &k->diags));
    assert_true(plan_twins(k->graph, &k->diags));
    kit_plan_fails(k, DIAG_E0614);
}

static void names_that_kc_makes_are_no_twins(void **state)
{
    (void)state;
    named("a", "{}", "web");
    named("b", "{}", "web");
    assert_true(graph_finish(k->graph, &k->diags));
    assert_true(plan_twins(k->graph, &k->diags));
}

/* ---- what only the state is told ---- */

static void protection_alone_is_an_operation(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "a", "{\"thing_name\":\"a\"}");
    struct node *n = kit_node(k, "a", "{\"thing_name\":\"a\"}");
    n->protect.set = n->protect.on = true;
    struct plan *p = kit_plan(k);
    assert_false(plan_empty(p));
    kit_op(p, "a", OP_PROTECT);
    r->protect = true;
    assert_true(state_put(k->state, r));
    assert_true(plan_empty(kit_plan(k)));
    n->protect.on = false;
    kit_op(kit_plan(k), "a", OP_PROTECT);
}

/* Everything that follows a move speaks of the new address. */
static void a_move_comes_before_all_else(void **state)
{
    (void)state;
    struct moved *m = ARENA_NEW(k->a, struct moved);
    *m = (struct moved){ STR("old"), STR("new"), SPAN_NONE };
    k->graph->moved = m;
    k->graph->nmoved = 1;
    kit_have(k, "old.a", "{\"thing_name\":\"a\",\"size\":1}");
    kit_have(k, "old.b", "{\"thing_name\":\"b\"}");
    kit_have(k, "gone", "{\"thing_name\":\"g\"}");
    kit_node(k, "new.a", "{\"thing_name\":\"a\",\"size\":2}");
    kit_node(k, "new.b", "{\"thing_name\":\"b2\"}");
    struct plan *p = kit_plan(k);
    const struct plan_op *other[] = { kit_op(p, "new.a", OP_UPDATE), kit_op(p, "new.b", OP_CREATE), kit_op(p, "gone", OP_DELETE) };
    for (size_t i = 0; i < 3; i++) {
        assert_true(kit_before(p, kit_op(p, "new.a", OP_MOVE), other[i]));
        assert_true(kit_before(p, kit_op(p, "new.b", OP_MOVE), other[i]));
    }
}

static void an_adoption_comes_before_its_marks(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "tmp", "{\"thing_name\":\"a\",\"size\":1}");
    assert_true(state_drop(k->state, r->addr, 1));
    kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":1}")->adopt = STR("thing-1");
    struct plan *p = kit_plan(k);
    assert_true(kit_before(p, kit_op(p, "a", OP_ADOPT), kit_op(p, "a", OP_UPDATE)));
}

static void what_another_stack_owns_is_not_adopted(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "tmp", "{\"thing_name\":\"a\"}");
    assert_true(state_drop(k->state, r->addr, 1));
    k->things[0].tags = kit_json(k, "{\"kc:lineage\":\"theirs\",\"kc:addr\":\"web.main\",\"kc:gen\":\"1\",\"kc:token\":\"t\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}")->adopt = STR("thing-1");
    kit_plan_fails(k, DIAG_E0606);
    assert_true(str_find(k->diags.v[0]->message, STR("web.main")) != SIZE_MAX);
}

static void what_this_stack_has_is_not_adopted_again(void **state)
{
    (void)state;
    kit_have(k, "old", "{\"thing_name\":\"a\"}");
    kit_node(k, "new", "{\"thing_name\":\"a\"}")->adopt = STR("thing-1");
    kit_plan_fails(k, DIAG_E0606);
    assert_true(str_find(k->diags.v[0]->message, STR("as old")) != SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_new_one_takes_the_label),
        CASE(a_name_is_kept_for_life),
        CASE(a_name_is_kept_when_only_the_address_moves),
        CASE(a_successor_takes_the_next_free_one_and_comes_first),
        CASE(the_label_is_back_when_nothing_holds_it),
        CASE(two_new_ones_of_one_label_are_told_apart),
        CASE(under_another_parent_the_label_is_free),
        CASE(two_items_of_one_name_are_refused),
        CASE(unknown_values_are_one_where_their_terms_are),
        CASE(what_the_account_says_makes_twins_too),
        CASE(names_that_kc_makes_are_no_twins),
        CASE(protection_alone_is_an_operation),
        CASE(a_move_comes_before_all_else),
        CASE(an_adoption_comes_before_its_marks),
        CASE(what_another_stack_owns_is_not_adopted),
        CASE(what_this_stack_has_is_not_adopted_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
