/* test_engine_ends.c - how operations end: deletions, replacements, what is made and not well, rights that are lost. */
#include "kctest.h"
#include "state_help.h"
#include "toy_case.h"

/* ---- deletes ---- */

static void deleted_by_others(struct toy *y, struct plan *p)
{
    (void)p;
    named(y, "a")->deleted = true;
}

static void hidden(struct toy *y, struct plan *p)
{
    (void)p;
    named(y, "a")->visible = world_now(test_world(y->t)) + 2 * MINUTE;
}

static void a_delete_reads_first(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    test_world_advance(y->t, 60 * MINUTE);
    struct toy_want none[] = { { .addr = "x", .class = TOY_NAME } };
    y->before_run = deleted_by_others;
    applied(y, none, 1, 0);
    assert_int_equal(y->deletes, 0);
    assert_int_equal(toy_alive(y), 1);
    toy_free(y);
}

static void a_delete_without_answer_is_read(void **x)
{
    (void)x;
    for (int kind = 0; kind < 2; kind++) {
        struct toy *y = toy_new();
        applied(y, flagged, 1, 0);
        test_world_advance(y->t, 60 * MINUTE);
        fault(y, "DeleteThing", 1, kind ? TOY_LOSE_REQUEST : TOY_LOSE_REPLY);
        applied(y, NULL, 0, 0);
        assert_int_equal(toy_alive(y), 0);
        assert_int_equal(y->deletes, 1);
        assert_int_equal(y->open, 0);
        toy_free(y);
    }
}

static void the_young_are_not_forgotten(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    y->before_run = hidden;                                /* one of AWS's servers does not know it yet */
    applied(y, NULL, 0, 0);
    assert_int_equal(toy_alive(y), 0);
    toy_free(y);
}

/* ---- replacements ---- */

static unsigned looks;

/* Somebody deletes the successor as soon as it was ready. */
static void successor_deleted(struct toy *y, struct str op)
{
    if (y->nthings == 2 && str_is(op, "DescribeThings") && ++looks == 2)
        y->things[1].deleted = true;
}

static void a_former_stays_while_its_successor_is_not_there(void **x)
{
    (void)x;
    for (int way = 0; way < 2; way++) {
        struct toy *y = toy_new();
        struct toy_want other[1] = { one[0] };
        other[0].name = "a2";
        y->retires = true;
        applied(y, one, 1, 0);
        looks = 0;
        y->on_call = way ? successor_deleted : NULL;
        applied(y, other, 1, way ? 3 : 0);
        assert_int_equal(y->things[0].deleted, !way);
        assert_str(y->things[0].flag, way ? "" : "drained");
        toy_free(y);
    }
}

/* The successor was ready in a run before this one, and no operation of this one touches it. */
static void a_former_left_over_is_not_deleted_for_what_is_gone(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    struct toy_want other[1] = { one[0] };
    other[0].name = "a2";
    applied(y, one, 1, 0);
    toy_fault_add(y, (struct toy_fault){ .op = "DeleteThing", .times = 1, .kind = TOY_CODE, .code = "Boom" });
    applied(y, other, 1, 1);
    assert_int_equal(toy_alive(y), 2);
    looks = 0;
    y->on_call = successor_deleted;
    applied(y, other, 1, 3);
    assert_false(y->things[0].deleted);
    toy_free(y);
}

static void what_carries_load_is_retired_before_it_is_deleted(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    y->retires = true;
    applied(y, one, 1, 0);
    toy_fault_add(y, (struct toy_fault){ .op = "DeleteThing", .times = 1, .kind = TOY_CODE, .code = "Boom" });
    applied(y, NULL, 0, 1);
    assert_str(y->things[0].flag, "drained");
    applied(y, NULL, 0, 0);
    assert_int_equal(toy_alive(y), 0);
    toy_free(y);
}

/* ---- how it ends ---- */

static void what_is_not_well_is_said_once_and_left(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    struct toy_want two[] = { { .addr = "a", .class = TOY_NAME, .size = 1 }, { .addr = "b", .class = TOY_NAME, .parent = "a" } };
    y->degrade_next = true;
    applied(y, two, 2, 4);
    assert_int_equal(toy_report(y, "a").state, OP_UNREADY);
    assert_true(str_find(toy_report(y, "a").detail, STR("not well")) != SIZE_MAX);
    assert_int_equal(toy_report(y, "b").state, OP_SKIPPED);
    assert_true(y->result.took < 5 * MINUTE);              /* nothing of AWS's is under way */
    applied(y, two, 2, 0);
    assert_int_equal(y->result.n, 1);                      /* what waited for it, and nothing else */
    assert_int_equal(y->creates, 2);
    toy_free(y);
}

static void somebody_deletes(struct toy *y, struct plan *p)
{
    (void)p;
    named(y, "a")->gone = world_now(test_world(y->t)) + 30 * MINUTE;
}

static void what_somebody_is_deleting_is_not_waited_for(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    y->before_run = somebody_deletes;
    applied(y, bigger, 1, 1);
    assert_true(y->result.took < 25 * MINUTE);
    toy_free(y);
}

static void somebody_stands_on_it(struct toy *y, struct plan *p)
{
    (void)p;
    y->things[y->nthings++] = (struct toy_thing){ .id = STR("t-x"), .name = STR("theirs"), .parent = y->things[0].id, .class = TOY_NAME };
}

static void what_holds_it_is_named(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    y->before_run = somebody_stands_on_it;                 /* before the plan it would be refused there */
    applied(y, NULL, 0, 1);
    assert_true(str_find(toy_report(y, "a").detail, STR("held by theirs")) != SIZE_MAX);
    assert_int_equal(toy_alive(y), 2);
    toy_free(y);
}

static void an_interrupted_destroy_says_what_aws_is_still_deleting(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    y->deleting = 20 * MINUTE;
    test_world_signal_at(y->t, world_now(test_world(y->t)) + 30000);
    applied(y, NULL, 0, 130);
    assert_true(str_find(toy_report(y, "a").detail, STR("AWS is still deleting")) != SIZE_MAX);
    assert_true(str_find(y->notes, STR("a: AWS is still deleting it")) != SIZE_MAX);
    toy_free(y);
}

/* The type got retire steps since its object was made; when its declaration has gone, the kept one knows them. */
static void a_type_that_changed_is_kept_anew(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    y->retires = true;
    memset(y->types, 0, sizeof(y->types));
    applied(y, bigger, 1, 0);
    y->left = true;
    applied(y, NULL, 0, 0);
    assert_str(y->things[0].flag, "drained");
    assert_int_equal(toy_alive(y), 0);
    toy_free(y);
}

static void moved_by_an_autoscaler(struct toy *y, struct plan *p)
{
    (void)p;
    y->things[0].size = 9;
}

static void a_successor_starts_at_the_size_its_former_has_now(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    struct toy_want other[1] = { one[0] };
    other[0].name = "a2";
    y->shared = true;
    applied(y, one, 1, 0);
    y->before_run = moved_by_an_autoscaler;
    applied(y, other, 1, 0);
    assert_str(toy_text(y), "a2 9 - \n");
    toy_free(y);
}

/* Twenty minutes and six times the usual are over for one; a group of a hundred takes longer. */
static void deadlines_grow_with_the_size_of_a_group(void **x)
{
    (void)x;
    for (int many = 0; many < 2; many++) {
        struct toy *y = toy_new();
        struct toy_want w[1] = { { .addr = "a", .class = TOY_NAME, .size = many ? 1000 : 1 } };
        y->shared = true;
        y->pending = 30 * MINUTE;
        applied(y, w, 1, many ? 0 : 4);
        toy_free(y);
    }
}

/* ---- rights ---- */

static const struct provider ops = { .kind = { "aws", 3 }, .region = { "eu-west-1", 9 }, .profile = { "ops", 3 } };

static void keys_end(struct toy *y, struct plan *p)
{
    static const struct answer over = { .class = ANSWER_CREDENTIALS, .error = { .code = { "ExpiredToken", 12 }, .message = { "they are over", 13 } } };
    (void)p;
    callers_lost(y->callers, &at_home, &over);
}

/* Those of one account end: what needs them fails, what others can do is done, and the run ends with 1. Those of all end: 5, and nothing more is begun. */
static void rights_that_are_lost_end_what_needs_them(void **x)
{
    (void)x;
    for (int both = 0; both < 2; both++) {
        struct toy *y = toy_new();
        struct toy_want w[3] = { { .addr = "a", .class = TOY_NAME }, { .addr = "b", .class = TOY_NAME, .after = "slow" }, { .addr = "slow", .class = TOY_NAME } };
        w[1].provider = w[2].provider = both ? NULL : &ops;
        y->pending = MINUTE;
        y->before_run = keys_end;
        applied(y, w, 3, both ? 5 : 1);
        assert_int_equal(toy_report(y, "a").code, DIAG_E0702);
        assert_int_equal(toy_report(y, "b").state == OP_DONE, !both);
        y->before_run = NULL;
        applied(y, w, 3, 0);
        assert_int_equal(toy_alive(y), 3);
        toy_free(y);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_delete_reads_first),
        cmocka_unit_test(a_delete_without_answer_is_read),
        cmocka_unit_test(the_young_are_not_forgotten),
        cmocka_unit_test(a_former_stays_while_its_successor_is_not_there),
        cmocka_unit_test(a_former_left_over_is_not_deleted_for_what_is_gone),
        cmocka_unit_test(what_carries_load_is_retired_before_it_is_deleted),
        cmocka_unit_test(what_is_not_well_is_said_once_and_left),
        cmocka_unit_test(what_somebody_is_deleting_is_not_waited_for),
        cmocka_unit_test(what_holds_it_is_named),
        cmocka_unit_test(an_interrupted_destroy_says_what_aws_is_still_deleting),
        cmocka_unit_test(a_type_that_changed_is_kept_anew),
        cmocka_unit_test(a_successor_starts_at_the_size_its_former_has_now),
        cmocka_unit_test(deadlines_grow_with_the_size_of_a_group),
        cmocka_unit_test(rights_that_are_lost_end_what_needs_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
