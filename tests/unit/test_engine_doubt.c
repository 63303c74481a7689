/* test_engine_doubt.c - what the engine does not know: creates, updates and deletes whose answer never came, objects that others change, hold or
 * have made. Nothing is made twice, nothing is left behind, nothing of others is taken, written over or deleted. */
#include "kctest.h"
#include "state_help.h"
#include "toy_case.h"

/* Killed at the first effect after which the server has seen a create (or, lost: just before, with the intent durable). */
static void killed_in_create(struct toy *y, const struct toy_want *w, size_t n, bool lost)
{
    for (long k = 1; k < 60; k++) {
        struct toy *probe = toy_new();
        probe->kill_at = k;
        toy_apply(probe, w, n);
        bool here = lost ? probe->killed_in == EFFECT_NET_SEND * 2 : probe->creates == 1 && probe->dead;
        toy_free(probe);
        if (!here)
            continue;
        y->kill_at = k;
        assert_int_equal(toy_apply(y, w, n), 137);
        y->kill_at = 0, y->dead = false, y->effects = 0;
        y->sends_alive = y->sends_seen = 0;
        return;
    }
    fail_msg("no such effect");
}

/* ---- creates ---- */

static void unknown_outcome_stays_open(void **x)
{
    (void)x;
    for (int class = 0; class < TOY_CLASSES; class++) {
        static const char *const ops[] = { "CreateTagged", "CreateTokened", "CreateNamed", "CreateLink" };
        struct toy *y = toy_new();
        struct toy_want w[1] = { { .addr = "a", .class = (enum toy_class)class } };
        fault(y, ops[class], 1, TOY_LOSE_REPLY);
        toy_fault_add(y, (struct toy_fault){ .op = "DescribeThings", .skip = class == TOY_LINK, .times = 100000, .kind = TOY_HTTP, .http = 500 });
        applied(y, w, 1, 1);
        assert_int_equal(toy_report(y, "a").code, DIAG_E0703);
        assert_true(str_find(toy_report(y, "a").detail, STR("outcome unknown")) != SIZE_MAX);
        assert_int_equal(y->sent[class], 1);
        assert_int_equal(y->open, 1);
        y->nfaults = 0;
        applied(y, w, 1, 0);
        assert_int_equal(y->creates, 1);
        assert_int_equal(y->open, 0);
        toy_free(y);
    }
}

static void failed_lookups_count_for_nothing(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    y->lag = 11 * MINUTE;                                  /* seen only when three failures and 330 s are long over */
    fault(y, "CreateTagged", 1, TOY_LOSE_REPLY);
    fault(y, "DescribeThings", 12, TOY_HTTP);
    applied(y, one, 1, 0);
    assert_int_equal(y->creates, 1);
    toy_free(y);
}

static void not_made_only_when_time_has_proven_it(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    y->lag = 5 * MINUTE + 4 * MINUTE;
    fault(y, "CreateTagged", 1, TOY_LOSE_REPLY);
    applied(y, one, 1, 0);
    assert_int_equal(y->sent[TOY_TAG], 1);
    toy_free(y);
}

/* A request signed with a clock that is wrong by minutes lives minutes longer; by hours it was refused, and the correction is signed anew. */
static void clocks_apart_make_proof_wait(void **x)
{
    static const struct { int64_t ahead, longer; } cases[] = { { 0, 0 }, { -4 * MINUTE, 4 * MINUTE }, { 4 * MINUTE, 4 * MINUTE }, { -600 * MINUTE, 5 * MINUTE } };
    int64_t took[4];
    (void)x;
    for (int i = 0; i < 4; i++) {
        struct toy *y = toy_new();
        y->ahead = cases[i].ahead;
        fault(y, "CreateTagged", 1, TOY_LOSE_REQUEST);
        applied(y, one, 1, 0);
        took[i] = y->result.took;
        assert_in_range(took[i] - took[0] + 2000, cases[i].longer, cases[i].longer + 4000);
        assert_int_equal(y->creates, 1);
        toy_free(y);
    }
}

static void a_denied_lookup_ends_it_at_once(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    fault(y, "CreateTagged", 1, TOY_LOSE_REPLY);
    toy_fault_add(y, (struct toy_fault){ .op = "DescribeThings", .times = 1000, .kind = TOY_CODE, .code = "AccessDeniedException" });
    applied(y, one, 1, 1);
    assert_int_equal(toy_report(y, "a").code, DIAG_E0703);
    assert_true(y->result.took < MINUTE);
    toy_free(y);
}

/* Killed with the intent durable and nothing sent: only what hangs on it waits. */
static void recovery_waits_beside_the_rest(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    struct toy_want more[] = { one[0], { .addr = "b", .class = TOY_NAME, .parent = "a" }, { .addr = "x", .class = TOY_NAME }, { .addr = "z", .class = TOY_NAME, .parent = "x" } };
    killed_in_create(y, one, 1, true);
    int64_t start = world_now(test_world(y->t));
    applied(y, more, 4, 0);
    assert_int_equal(toy_alive(y), 4);
    assert_true(y->result.took > 5 * MINUTE);
    for (size_t i = 0; i < y->nthings; i++) {
        bool hangs = str_is(y->things[i].name, "a") || str_is(y->things[i].name, "b");
        if (!hangs)
            assert_true(y->things[i].ready < start + MINUTE);
    }
    toy_free(y);
}

static void a_run_without_doubt_waits_not_at_all(void **x)
{
    (void)x;
    for (int class = TOY_TOKEN; class < TOY_CLASSES; class++) {
        struct toy *y = toy_new();
        struct toy_want w[1] = { { .addr = "a", .class = (enum toy_class)class } };
        killed_in_create(y, w, 1, true);
        applied(y, w, 1, 0);
        assert_true(y->result.took < MINUTE);
        assert_int_equal(y->creates, 1);
        toy_free(y);
    }
}

/* Made, not shown yet, killed: neither a destroy nor a file without it forgets it. */
static void what_may_have_been_made_is_not_forgotten(void **x)
{
    (void)x;
    static const struct toy_want other[] = { { .addr = "x", .class = TOY_NAME } };
    for (int way = 0; way < 4; way++) {
        struct toy *y = toy_new();
        struct toy_want w[1] = { { .addr = "a", .class = way & 1 ? TOY_TAG : TOY_NAME } };
        y->lag = 2 * MINUTE;
        killed_in_create(y, w, 1, false);
        applied(y, way & 2 ? other : NULL, way & 2 ? 1 : 0, 0);
        if (toy_alive(y) != (way & 2 ? 1u : 0u))
            fail_msg("way %d leaves\n%.*s", way, STR_ARG(toy_text(y)));
        assert_int_equal(y->open, 0);
        toy_free(y);
    }
}

static void interrupted_leaves_nothing_open_that_is_known(void **x)
{
    (void)x;
    static const struct { const char *code; int class; } ways[] = { { "ThrottlingException", TOY_TAG }, { "InUse", TOY_NAME }, { "NoSuchParent", TOY_TOKEN } };
    for (size_t i = 0; i < 3; i++) {
        struct toy *y = toy_new();
        struct toy_want w[2] = { { .addr = "p", .class = TOY_NAME }, { .addr = "a", .class = (enum toy_class)ways[i].class, .parent = "p" } };
        toy_fault_add(y, (struct toy_fault){ .op = i == 0 ? "CreateTagged" : i == 1 ? "CreateNamed" : "CreateTokened", .skip = i == 1, .times = 1000, .kind = TOY_CODE,
                                             .code = ways[i].code });
        test_world_signal_at(y->t, world_now(test_world(y->t)) + 30000);
        assert_int_equal(toy_apply(y, w, 2), 130);
        assert_int_equal(y->open, 0);
        toy_free(y);
    }
}

/* ---- what others have made ---- */

static void a_relation_of_others_is_neither_taken_nor_deleted(void **x)
{
    (void)x;
    for (int equal = 0; equal < 2; equal++) {
        struct toy *y = toy_new();
        struct toy_want w[1] = { { .addr = "a", .class = TOY_LINK, .size = 4 } };
        y->things[y->nthings++] = (struct toy_thing){ .id = STR("t-x"), .name = STR("a"), .size = equal ? 4 : 5, .class = TOY_LINK };
        applied(y, w, 1, 1);
        assert_int_equal(toy_report(y, "a").code, DIAG_E0706);
        assert_int_equal(y->sent[TOY_LINK], 0);            /* looked at first: a call that overwrites would have */
        applied(y, NULL, 0, 0);
        assert_int_equal(toy_alive(y), 1);
        toy_free(y);
    }
}

static void a_relation_with_an_open_intent_is_ours(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    struct toy_want w[1] = { { .addr = "a", .class = TOY_LINK, .size = 4 } };
    killed_in_create(y, w, 1, false);
    applied(y, w, 1, 0);
    assert_int_equal(y->creates, 1);
    applied(y, NULL, 0, 0);
    assert_int_equal(toy_alive(y), 0);
    toy_free(y);
}

/* ---- updates ---- */

static void flag_of_others(struct toy *y, struct plan *p)
{
    (void)p;
    named(y, "a")->flag = STR("theirs");
}

static void size_of_others(struct toy *y, struct plan *p)
{
    (void)p;
    named(y, "a")->size = 7;
}

static void size_as_wanted(struct toy *y, struct plan *p)
{
    (void)p;
    named(y, "a")->size = 2;
}

static void an_update_writes_what_the_plan_named(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    y->before_run = flag_of_others;
    applied(y, bigger, 1, 0);
    assert_str(toy_text(y), "a 2 - theirs\n");
    toy_free(y);
}

static void an_update_stops_at_another_value_than_the_plan_saw(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    y->before_run = size_of_others;
    applied(y, bigger, 1, 3);
    assert_int_equal(toy_report(y, "a").code, DIAG_E0707);
    assert_int_equal(y->updates, 0);
    y->before_run = NULL;
    applied(y, bigger, 1, 0);
    assert_int_equal(named(y, "a")->size, 2);
    toy_free(y);
}

static void an_update_of_what_is_as_wanted_sends_nothing(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    y->before_run = size_as_wanted;
    applied(y, bigger, 1, 0);
    assert_int_equal(y->updates, 0);
    toy_free(y);
}

static void later(void *user)
{
    size_of_others(user, NULL);
}

static void soon_others(struct toy *y, struct plan *p)
{
    (void)p;
    world_timer(test_world(y->t), world_now(test_world(y->t)) + 2000, later, y);
}

/* In use, and while kc waits somebody else changes it: what was to be sent no longer fits. */
static void busy_is_waited_for_then_read_again(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    toy_fault_add(y, (struct toy_fault){ .op = "UpdateThing", .times = 3, .kind = TOY_CODE, .code = "InUse" });
    y->before_run = soon_others;
    applied(y, bigger, 1, 3);
    assert_int_equal(named(y, "a")->size, 7);
    y->before_run = NULL;
    applied(y, bigger, 1, 0);
    assert_int_equal(named(y, "a")->size, 2);
    toy_free(y);
}

static void exists_is_no_success_of_a_change(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    toy_fault_add(y, (struct toy_fault){ .op = "UpdateThing", .times = 1, .kind = TOY_CODE, .code = "AlreadyExists" });
    applied(y, bigger, 1, 1);
    assert_str(toy_report(y, "a").error_code, "AlreadyExists");
    applied(y, bigger, 1, 0);
    assert_int_equal(named(y, "a")->size, 2);
    toy_free(y);
}

static bool saw_drift;

static void watch_drift(struct toy *y, struct plan *p)
{
    (void)y;
    for (size_t i = 0; i < p->nitems; i++)
        saw_drift |= p->items[i]->drift;
}

/* Killed after AWS had changed it, before the outcome was written: the next run says nothing of somebody else's change. */
static void a_killed_update_is_remembered(void **x)
{
    (void)x;
    for (long k = 1;; k++) {
        struct toy *y = toy_new();
        applied(y, flagged, 1, 0);
        y->kill_at = k, y->effects = 0, y->sends_alive = y->sends_seen = 0;
        bool dead = toy_apply(y, bigger, 1) == 137;
        y->kill_at = 0, y->dead = false;
        saw_drift = false;
        y->before_run = watch_drift;
        applied(y, bigger, 1, 0);
        assert_false(saw_drift);
        assert_int_equal(named(y, "a")->size, 2);
        assert_true(y->updates <= 2);
        applied(y, bigger, 1, 0);
        assert_int_equal(y->result.n, 0);
        toy_free(y);
        if (!dead)
            break;
    }
}

static void an_update_without_answer_is_read(void **x)
{
    (void)x;
    for (int kind = 0; kind < 2; kind++) {
        struct toy *y = toy_new();
        applied(y, flagged, 1, 0);
        fault(y, "UpdateThing", 1, kind ? TOY_LOSE_REQUEST : TOY_LOSE_REPLY);
        applied(y, bigger, 1, 0);
        assert_int_equal(named(y, "a")->size, 2);
        assert_int_equal(y->updates, 1);
        assert_int_equal(y->open, 0);
        toy_free(y);
    }
}

/* ---- another's under our name ---- */

static void made_by_others(struct toy *y, struct plan *p)
{
    struct toy_thing *x = named(y, "a");
    (void)p;
    x->made = STR("another");
    x->tags_token = STR_NONE;
}

static void what_has_our_name_and_is_not_ours_is_not_changed(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    y->before_run = made_by_others;
    applied(y, bigger, 1, 1);
    assert_int_equal(toy_report(y, "a").code, DIAG_E0706);
    assert_int_equal(y->updates, 0);
    toy_free(y);
}

static void what_has_our_name_and_is_not_ours_is_not_deleted(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    y->before_run = made_by_others;
    applied(y, NULL, 0, 0);
    assert_int_equal(y->deletes, 0);
    assert_int_equal(toy_alive(y), 1);
    y->before_run = NULL;
    applied(y, NULL, 0, 0);                                /* ours was gone: nothing is left to forget */
    assert_int_equal(y->result.n, 0);
    toy_free(y);
}

/* Another stack took it over after the plan was made. */
static void marked_by_others(struct toy *y, struct plan *p)
{
    (void)p;
    named(y, "a")->tags_lineage = STR("theirs");
}

static void what_bears_anothers_mark_is_neither_changed_nor_deleted(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    y->before_run = marked_by_others;
    applied(y, bigger, 1, 1);
    assert_int_equal(toy_report(y, "a").code, DIAG_E0706);
    assert_int_equal(y->updates, 0);
    toy_free(y);
    y = toy_new();
    applied(y, flagged, 1, 0);
    y->before_run = marked_by_others;
    applied(y, NULL, 0, 1);
    assert_int_equal(y->deletes, 0);
    assert_int_equal(toy_alive(y), 1);
    toy_free(y);
}

static unsigned gone_calls;

/* Ours goes slowly, and as soon as it is gone somebody makes another one under the name. */
static void made_again_by_others(struct toy *y, struct str op)
{
    if (str_is(op, "DescribeThings") && y->things[0].gone && ++gone_calls == 2) {
        y->things[0].gone = 0;
        made_by_others(y, NULL);
    }
}

static void a_deletion_ends_when_our_object_is_gone(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, flagged, 1, 0);
    y->deleting = 20000;
    gone_calls = 0;
    y->on_call = made_again_by_others;
    applied(y, NULL, 0, 0);
    assert_int_equal(y->deletes, 1);
    assert_int_equal(toy_alive(y), 1);
    toy_free(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_outcome_stays_open),  cmocka_unit_test(failed_lookups_count_for_nothing),
        cmocka_unit_test(not_made_only_when_time_has_proven_it), cmocka_unit_test(clocks_apart_make_proof_wait), cmocka_unit_test(a_denied_lookup_ends_it_at_once),
        cmocka_unit_test(recovery_waits_beside_the_rest), cmocka_unit_test(a_run_without_doubt_waits_not_at_all),
        cmocka_unit_test(what_may_have_been_made_is_not_forgotten), cmocka_unit_test(interrupted_leaves_nothing_open_that_is_known),
        cmocka_unit_test(a_relation_of_others_is_neither_taken_nor_deleted), cmocka_unit_test(a_relation_with_an_open_intent_is_ours),
        cmocka_unit_test(an_update_writes_what_the_plan_named), cmocka_unit_test(an_update_stops_at_another_value_than_the_plan_saw),
        cmocka_unit_test(an_update_of_what_is_as_wanted_sends_nothing), cmocka_unit_test(busy_is_waited_for_then_read_again),
        cmocka_unit_test(exists_is_no_success_of_a_change), cmocka_unit_test(an_update_without_answer_is_read),
        cmocka_unit_test(a_killed_update_is_remembered),
        cmocka_unit_test(what_has_our_name_and_is_not_ours_is_not_changed), cmocka_unit_test(what_has_our_name_and_is_not_ours_is_not_deleted),
        cmocka_unit_test(what_bears_anothers_mark_is_neither_changed_nor_deleted), cmocka_unit_test(a_deletion_ends_when_our_object_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
