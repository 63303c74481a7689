/* test_plan_unread.c - plans when AWS does not answer for everything: an error is no answer, and nothing rests on it. */
#include "plan_case.h"
#include <string.h>

/* thing-1 cannot be read: AWS refuses whatever speaks of it. */
static void refuse_first(void)
{
    k->refuse = "OddThing";
    k->refuse_id = "thing-1";
}

static void assert_left(const struct plan *p, const char *addr)
{
    assert_true(kit_item(p, addr)->unread);
    assert_int_equal(kit_item(p, addr)->action, ACTION_NOOP);
}

static void test_the_rest_goes_on(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":1}");
    kit_have(k, "b", "{\"thing_name\":\"b\",\"size\":1}");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":2}");
    kit_node(k, "b", "{\"thing_name\":\"b\",\"size\":2}");
    kit_node(k, "c", "{\"thing_name\":\"c\"}");
    refuse_first();
    struct plan *p = kit_plan_partial(k, DIAG_E0602);
    assert_left(p, "a");
    assert_str(kit_item(p, "a")->reason, "could not be read");
    assert_int_equal(kit_item(p, "b")->action, ACTION_UPDATE);
    assert_int_equal(kit_item(p, "c")->action, ACTION_CREATE);
}

static void test_what_hangs_on_it_waits(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    struct node *b = kit_node(k, "b", "{\"thing_name\":\"b\"}"), *c = kit_node(k, "c", "{\"thing_name\":\"c\"}");
    kit_set(k, b, "parent", kit_ref(k, "a", "id"));
    kit_set(k, c, "parent", kit_ref(k, "b", "id"));
    refuse_first();
    struct plan *p = kit_plan_partial(k, DIAG_E0602);
    assert_left(p, "b");
    assert_left(p, "c");
    assert_int_equal(p->nops, 0);
}

static void test_what_it_stands_on_is_not_deleted(void **state)
{
    (void)state;
    kit_had(k, "a", "{\"thing_name\":\"a\"}", "home");
    kit_have(k, "home", "{\"thing_name\":\"home\"}");
    kit_have(k, "other", "{\"thing_name\":\"other\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    refuse_first();
    struct plan *p = kit_plan_partial(k, DIAG_E0602);
    assert_left(p, "home");
    assert_str(kit_item(p, "home")->reason, "a, which could not be read, stands on it");
    assert_int_equal(kit_item(p, "other")->action, ACTION_DELETE);
}

static void test_what_it_stands_on_is_not_replaced(void **state)
{
    (void)state;
    kit_had(k, "a", "{\"thing_name\":\"a\",\"parent\":\"thing-2\"}", "home");
    kit_have(k, "home", "{\"thing_name\":\"home\",\"zone\":\"x\"}");
    kit_node(k, "home", "{\"thing_name\":\"home\",\"zone\":\"y\"}");
    kit_set(k, kit_node(k, "a", "{\"thing_name\":\"a\"}"), "parent", kit_ref(k, "home", "id"));
    struct node *n = kit_node(k, "new", "{\"thing_name\":\"new\"}");
    kit_set(k, n, "parent", kit_ref(k, "home", "id"));
    refuse_first();
    struct plan *p = kit_plan_partial(k, DIAG_E0602);
    assert_left(p, "home");
    assert_left(p, "new");                                 /* it was to stand on the new home */
    assert_int_equal(p->nops, 0);
}

static void test_destroy_leaves_it(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_had(k, "user", "{\"thing_name\":\"user\"}", "a");
    kit_have(k, "other", "{\"thing_name\":\"other\"}");
    refuse_first();
    struct plan *p = kit_destroy(k);
    assert_int_equal(k->exit_code, 1);
    assert_left(p, "a");
    assert_left(p, "user");
    assert_int_equal(kit_item(p, "other")->action, ACTION_DELETE);
}

static void test_one_cause_one_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        static const char *const names[] = { "a", "b", "c", "d", "e" };
        kit_have(k, names[i], "{\"thing_name\":\"x\"}");
        kit_node(k, names[i], "{\"thing_name\":\"x\"}");
    }
    k->refuse = "AccessDeniedException";
    kit_plan_partial(k, DIAG_E0602);
    assert_int_equal(k->diags.n, 1);
    assert_str(k->diags.v[0]->message, "cannot read a and 4 more: AccessDeniedException: no");
}

static bool advised(void)
{
    const struct diag *d = k->diags.v[0];
    for (size_t i = 0; i < d->nnotes; i++)
        if (d->notes[i].help && str_find(d->notes[i].text, STR("`errors { gone = [\"OddThing\"] }`")) != SIZE_MAX)
            return true;
    return false;
}

static void test_a_code_that_is_not_listed_may_be(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    refuse_first();
    kit_plan_partial(k, DIAG_E0602);
    assert_true(advised());
}

static void test_nobody_is_told_to_write_into_the_library(void **state)
{
    (void)state;
    k->type->name = STR("std/toy.Thing");
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    refuse_first();
    kit_plan_partial(k, DIAG_E0602);
    assert_false(advised());
}

static void test_a_listed_code_is_no_error(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    static const struct str gone[] = { { "ThingNotFound", 13 } };
    k->refuse = "ThingNotFound";
    k->type->gone = gone;
    k->type->ngone = 1;
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_CREATE);
    assert_true(kit_item(p, "a")->again);
}

static void odd_zone(void)
{
    struct rfield *f = arena_copy(k->a, k->type->fields, k->type->nfields * sizeof *f);
    kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":1}");
    strcpy(k->things[0].zone, "odd");
    for (size_t i = 0; i < k->type->nfields; i++)
        if (str_is(f[i].name, "zone"))
            f[i].type = type_optional(k->a, &type_bool);
    k->type->fields = f;
}

static void test_an_odd_member_bricks_nothing(void **state)
{
    (void)state;
    odd_zone();
    kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":2}");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_UPDATE);
    bool told = false;
    for (size_t i = 0; i < p->nnotes; i++)
        told = told || (str_find(p->notes[i], STR("odd")) != SIZE_MAX && str_find(p->notes[i], STR("@ignore(zone)")) != SIZE_MAX);
    assert_true(told);
}

static void test_an_odd_member_is_deleted_all_the_same(void **state)
{
    (void)state;
    odd_zone();
    assert_int_equal(kit_item(kit_destroy(k), "a")->action, ACTION_DELETE);
    assert_int_equal(k->exit_code, 0);
}

/* ---- what AWS shows is not ours, or no longer ---- */

static void recorded_uid(const char *uid)
{
    struct record *r = kit_have(k, "a", "{\"thing_name\":\"a\",\"zone\":\"z\"}");
    k->type->uid = kit_path(k, "live.Zone");
    r->uid = str_of(uid);
    assert_true(state_put(k->state, r));
}

static void test_anothers_is_an_error(void **state)
{
    (void)state;
    recorded_uid("another");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"zone\":\"z\"}");
    assert_int_equal(kit_plan_partial(k, DIAG_E0612)->nops, 0);
    assert_true(str_find(k->diags.v[0]->message, STR("made by somebody else")) != SIZE_MAX);
}

static void test_anothers_is_forgotten_by_destroy(void **state)
{
    (void)state;
    recorded_uid("another");
    struct plan *p = kit_destroy(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_FORGET);
}

static void test_the_same_is_ours(void **state)
{
    (void)state;
    recorded_uid("z");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"zone\":\"z\"}");
    assert_int_equal(kit_item(kit_plan(k), "a")->action, ACTION_NOOP);
}

static void theirs(void)
{
    kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":1}");
    kit_had(k, "user", "{\"thing_name\":\"user\"}", "a");
    k->things[0].tags = kit_json(k, "{\"kc:lineage\":\"theirs\",\"kc:addr\":\"web.main\",\"kc:gen\":\"1\",\"kc:token\":\"t\"}");
}

static void test_another_stacks_mark_is_refused(void **state)
{
    (void)state;
    theirs();
    kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":2}");
    struct plan *p = kit_plan_partial(k, DIAG_E0612);
    assert_true(str_find(k->diags.v[0]->message, STR("web.main")) != SIZE_MAX);
    assert_left(p, "a");
}

static void test_another_stacks_mark_is_refused_by_destroy(void **state)
{
    (void)state;
    theirs();
    struct plan *p = kit_destroy(k);
    assert_int_equal(k->exit_code, 1);
    assert_left(p, "a");
    assert_int_equal(p->nops, 0);                          /* what hangs on it stays too */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_the_rest_goes_on), CASE(test_what_hangs_on_it_waits), CASE(test_what_it_stands_on_is_not_deleted),
        CASE(test_what_it_stands_on_is_not_replaced), CASE(test_destroy_leaves_it), CASE(test_one_cause_one_error),
        CASE(test_a_listed_code_is_no_error), CASE(test_a_code_that_is_not_listed_may_be),
        CASE(test_nobody_is_told_to_write_into_the_library), CASE(test_anothers_is_an_error), CASE(test_anothers_is_forgotten_by_destroy),
        CASE(test_the_same_is_ours), CASE(test_another_stacks_mark_is_refused), CASE(test_another_stacks_mark_is_refused_by_destroy),
        CASE(test_an_odd_member_bricks_nothing), CASE(test_an_odd_member_is_deleted_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
