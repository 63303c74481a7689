/* test_plan_guards.c - what wants a word before it happens, and what is refused before the first call. */
#include "plan_case.h"

static void pools(void)
{
    struct rparent *home = ARENA_NEW(k->a, struct rparent);
    *home = (struct rparent){ .type = k->type->name, .identity = kit_object(k, "id", kit_param(k, "parent"), NULL) };
    k->type->parents = home;
    k->type->nparents = 1;
    k->type->load = true;
}

static void what_keeps_something_is_guarded_in_either_order(void **state)
{
    (void)state;
    k->type->keeps = STR("the things in it");
    kit_have(k, "first", "{\"thing_name\":\"a\",\"zone\":\"x\"}");
    kit_have(k, "gone", "{\"thing_name\":\"c\"}");
    kit_have(k, "second", "{\"thing_name\":\"b\"}");
    kit_node(k, "first", "{\"thing_name\":\"a\",\"zone\":\"y\"}");
    kit_node(k, "second", "{\"thing_name\":\"b2\"}");
    struct plan *p = kit_plan(k);
    assert_int_equal(p->nguards, 3);
    assert_str(p->guards[0].addr, "first");
    assert_str(p->guards[0].what, "replaces it");
    assert_str(p->guards[1].what, "deletes it");
    assert_str(p->guards[2].addr, "second");
    assert_str(p->guards[2].why, "lost with it: the things in it");
}

static void what_only_may_be_replaced_is_guarded_too(void **state)
{
    (void)state;
    k->type->keeps = STR("the things in it");
    kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":1}");
    kit_had(k, "b", "{\"thing_name\":\"b\",\"zone\":\"1\"}", "a");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":2}");                     /* the update renews `version` */
    kit_set(k, kit_node(k, "b", "{\"thing_name\":\"b\"}"), "zone", kit_ref(k, "a", "version"));
    struct plan *p = kit_plan(k);
    assert_int_equal(p->nguards, 1);
    assert_str(p->guards[0].what, "may replace it");
}

static void what_never_was_ready_is_not_guarded(void **state)
{
    (void)state;
    k->type->keeps = STR("the things in it");
    struct record *r = kit_have(k, "a", "{\"thing_name\":\"a\"}");
    r->status = STATUS_FAILED;
    r->pending = r->inputs;
    r->inputs = NULL;
    assert_true(state_put(k->state, r));
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    assert_int_equal(kit_plan(k)->nguards, 0);
}

static void new_first_of_anything_else_is_not_guarded(void **state)
{
    (void)state;
    pools();
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"b\"}");
    assert_int_equal(kit_plan(k)->nguards, 0);
}

static void a_destroy_says_its_intent_itself(void **state)
{
    (void)state;
    k->type->keeps = STR("the things in it");
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    assert_int_equal(kit_destroy(k)->nguards, 0);
}

static void the_last_load_of_a_parent_that_stays_is_guarded(void **state)
{
    (void)state;
    pools();
    kit_have(k, "home", "{\"thing_name\":\"home\"}");
    kit_had(k, "x", "{\"thing_name\":\"x\",\"parent\":\"thing-1\"}", "home");
    kit_node(k, "home", "{\"thing_name\":\"home\"}");
    struct plan *p = kit_plan(k);
    assert_int_equal(p->nguards, 1);
    assert_str(p->guards[0].addr, "x");
    assert_str(p->guards[0].what, "leaves no nodes");
    kit_set(k, kit_node(k, "y", "{\"thing_name\":\"y\"}"), "parent", kit_ref(k, "home", "id"));
    assert_int_equal(kit_plan(k)->nguards, 0);             /* another one comes */
}

/* The parent of load goes before its successor comes: an outage of all that is in it. */
static void an_outage_of_what_load_lives_in_is_guarded(void **state)
{
    (void)state;
    pools();
    kit_have(k, "home", "{\"thing_name\":\"home\",\"zone\":\"1\"}");
    kit_had(k, "x", "{\"thing_name\":\"x\",\"parent\":\"thing-1\"}", "home");
    kit_node(k, "home", "{\"thing_name\":\"home\",\"zone\":\"2\"}");
    kit_set(k, kit_node(k, "x", "{\"thing_name\":\"x\"}"), "parent", kit_ref(k, "home", "id"));
    struct plan *p = kit_plan(k);
    assert_int_equal(p->nguards, 2);
    assert_str(p->guards[0].addr, "home");
    assert_true(str_find(p->guards[0].why, STR("outage of about 1 min")) != SIZE_MAX);
}

static void protected_by_aws(void)
{
    const struct term *args[] = { kit_path(k, "live.State"), term_const(k->a, value_str(k->a, STR("LOCKED"))) };
    struct term *t = term_new(k->a, TERM_OP, args, 2, &type_bool, SPAN_NONE);
    t->op = OP_EQ;
    k->type->guarded = t;
    k->type->guarded_by = STR("size");
    snprintf(k->things[0].state, sizeof k->things[0].state, "LOCKED");
}

static void what_aws_protects_is_refused_before_the_first_call(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_have(k, "b", "{\"thing_name\":\"b\"}");
    protected_by_aws();
    kit_plan_fails(k, DIAG_E0603);
    assert_int_equal(k->diags.errors, 1);                  /* b may go */
}

static void what_aws_protects_is_refused_in_a_destroy_too(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    protected_by_aws();
    kit_destroy_fails(k, DIAG_E0603);
}

static void what_is_protected_in_state_is_refused_in_a_destroy_too(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "a", "{\"thing_name\":\"a\"}");
    r->protect = true;
    assert_true(state_put(k->state, r));
    kit_destroy_fails(k, DIAG_E0603);
}

/* ---- strangers ---- */

static void asks_for_holders(void)
{
    struct rstep *s = arena_array(k->a, k->type->nsteps + 1, sizeof *s);
    for (size_t i = 0; i < k->type->nsteps; i++)
        s[i] = k->type->steps[i];
    s[k->type->nsteps] = (struct rstep){ .kind = STEP_HOLDER, .op = STR("DescribeThings"), .send = kit_object(k, "Ids", kit_list(k, kit_param(k, "grade")), NULL),
                                         .each = kit_path(k, "reply.Things"), .key = kit_path(k, "it.Id"), .holds = k->type->name, .name = kit_path(k, "it.Name") };
    k->type->steps = s;
    k->type->nsteps++;
}

static void strangers_on_what_goes_are_refused_by_name(void **state)
{
    (void)state;
    asks_for_holders();
    kit_have(k, "a", "{\"thing_name\":\"a\",\"grade\":\"thing-2\"}");           /* thing-2 stands on it */
    struct record *r = kit_have(k, "b", "{\"thing_name\":\"theirs\",\"grade\":\"thing-9\"}");
    assert_int_equal(kit_destroy(k)->count[ACTION_DELETE], 2);                 /* known to state: no stranger */
    assert_true(state_drop(k->state, r->addr, 1));
    kit_destroy_fails(k, DIAG_E0615);
    assert_true(str_find(k->diags.v[0]->message, STR("theirs")) != SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_keeps_something_is_guarded_in_either_order),
        CASE(what_only_may_be_replaced_is_guarded_too),
        CASE(what_never_was_ready_is_not_guarded),
        CASE(new_first_of_anything_else_is_not_guarded),
        CASE(a_destroy_says_its_intent_itself),
        CASE(the_last_load_of_a_parent_that_stays_is_guarded),
        CASE(an_outage_of_what_load_lives_in_is_guarded),
        CASE(what_aws_protects_is_refused_before_the_first_call),
        CASE(what_aws_protects_is_refused_in_a_destroy_too),
        CASE(what_is_protected_in_state_is_refused_in_a_destroy_too),
        CASE(strangers_on_what_goes_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
