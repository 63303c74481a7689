/* test_engine_apply.c - what an apply does and how it ends, against a small AWS that lags, refuses, loses replies, and never comes ready. */
#include "kctest.h"
#include "state_help.h"
#include "toy_case.h"

static const struct toy_want chain[] = {
    { .addr = "a", .class = TOY_TAG, .size = 1 },
    { .addr = "b", .class = TOY_TOKEN, .size = 2, .parent = "a" },
    { .addr = "c", .class = TOY_NAME, .size = 3, .parent = "b", .flag = "up" },
    { .addr = "d", .class = TOY_LINK, .size = 4, .parent = "a" },
};
enum { CHAIN = 4 };

static void makes_changes_destroys(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    y->pending = 3000, y->deleting = 2000;
    applied(y, chain, CHAIN, 0);
    assert_str(toy_text(y), "a 1 - \nb 2 a \nc 3 b up\nd 4 a \n");
    assert_int_equal(y->result.done, CHAIN);
    unsigned creates = y->creates;
    applied(y, chain, CHAIN, 0);
    assert_int_equal(y->result.n, 0);
    assert_int_equal(y->creates, creates);
    struct toy_want other[CHAIN];
    memcpy(other, chain, sizeof(chain));
    other[1].size = 20;
    other[2].flag = "down";
    applied(y, other, CHAIN, 0);
    assert_str(toy_text(y), "a 1 - \nb 20 a \nc 3 b down\nd 4 a \n");
    assert_int_equal(y->creates, creates);
    applied(y, NULL, 0, 0);
    assert_int_equal(toy_alive(y), 0);
    applied(y, chain, CHAIN, 0);
    assert_int_equal(toy_alive(y), CHAIN);
    toy_free(y);
}

static void replaces(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, chain, CHAIN, 0);
    struct toy_want other[CHAIN];
    memcpy(other, chain, sizeof(chain));
    other[0].name = "a-new";                               /* a is replaced, and b, c and d that refer to it */
    applied(y, other, CHAIN, 0);
    assert_str(toy_text(y), "a-new 1 - \nb 2 a-new \nc 3 b up\nd 4 a-new \n");
    struct toy_want fewer[1] = { other[0] };
    applied(y, fewer, 1, 0);
    assert_str(toy_text(y), "a-new 1 - \n");
    toy_free(y);
}

/* An update may give the parent a new id: its children may have to be replaced. Whether they are is seen only then. */
static void may_replace(void **x)
{
    (void)x;
    for (int renewed = 0; renewed < 2; renewed++) {
        struct toy *y = toy_new();
        y->renews = true;
        applied(y, chain, CHAIN, 0);
        struct toy_want other[CHAIN];
        memcpy(other, chain, sizeof(chain));
        other[0].size = 11;
        other[3].size = 44;                                /* a child that changes anyway */
        y->renewed = renewed;
        applied(y, other, CHAIN, 0);
        assert_str(toy_text(y), "a 11 - \nb 2 a \nc 3 b up\nd 44 a \n");
        assert_int_equal(y->creates, renewed ? 2 * CHAIN - 1 : CHAIN);
        applied(y, other, CHAIN, 0);
        assert_int_equal(y->result.n, 0);
        applied(y, NULL, 0, 0);
        assert_int_equal(toy_alive(y), 0);
        toy_free(y);
    }
}

static void polls_are_shared(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    struct toy_want w[100];
    for (int i = 0; i < 100; i++)
        w[i] = (struct toy_want){ .addr = str_c(y->a, str_fmt(y->a, "x%d", i)), .class = TOY_TAG };
    y->pending = 20000;
    applied(y, w, 100, 0);
    assert_int_equal(y->creates, 100);
    assert_true(y->describes < 200);                       /* each alone: over a thousand */
    toy_free(y);
}

static void lanes_take_turns(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    struct toy_want w[4] = { { .addr = "a", .lane = "l" }, { .addr = "b", .lane = "l" }, { .addr = "c", .lane = "l" }, { .addr = "d", .lane = "other" } };
    y->pending = 30000;
    applied(y, w, 4, 0);
    int64_t made[4], n = 0;
    for (size_t i = 0; i < y->nthings; i++) {
        if (!str_is(y->things[i].name, "d"))
            made[n++] = y->things[i].ready - y->pending;
    }
    assert_int_equal(n, 3);
    assert_true(made[1] >= made[0] + 30000);
    assert_true(made[2] >= made[1] + 30000);
    assert_true(y->result.took < 130000);
    toy_free(y);
}

static void waits_for_what_is_new(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    y->lag = 9000;
    applied(y, chain, CHAIN, 0);
    assert_int_equal(y->creates, CHAIN);
    toy_fault_add(y, (struct toy_fault){ .op = "CreateTokened", .times = 100, .kind = TOY_CODE, .code = "NoSuchParent" });
    test_world_advance(y->t, 3600000);                     /* now the parent is old: the same code is an error, at once */
    struct toy_want more[CHAIN + 1];
    memcpy(more, chain, sizeof(chain));
    more[CHAIN] = (struct toy_want){ .addr = "e", .class = TOY_TOKEN, .parent = "a" };
    applied(y, more, CHAIN + 1, 1);
    assert_int_equal(y->faults[0].times, 99);
    assert_str(toy_report(y, "e").error_code, "NoSuchParent");
    toy_free(y);
}

static void failures_stay_where_they_are(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    toy_fault_add(y, (struct toy_fault){ .op = "CreateTokened", .times = 1, .kind = TOY_CODE, .code = "Boom" });
    applied(y, chain, CHAIN, 1);
    assert_int_equal(toy_report(y, "b").state, OP_FAILED);
    assert_str(toy_report(y, "b").error_code, "Boom");
    assert_int_equal(toy_report(y, "c").state, OP_SKIPPED);
    assert_str(y->addrs[toy_report(y, "c").because], "b");
    assert_int_equal(toy_report(y, "d").state, OP_DONE);
    assert_int_equal(y->result.skipped, 1);
    applied(y, chain, CHAIN, 0);
    assert_int_equal(toy_alive(y), CHAIN);
    toy_free(y);
}

static void fail_fast_begins_nothing_more(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    struct toy_want w[3] = { { .addr = "a", .class = TOY_NAME, .lane = "l" }, { .addr = "b", .class = TOY_NAME, .lane = "l" }, { .addr = "c", .class = TOY_NAME, .lane = "l" } };
    y->fail_fast = true;
    toy_fault_add(y, (struct toy_fault){ .op = "CreateNamed", .times = 1, .kind = TOY_CODE, .code = "Boom" });
    applied(y, w, 3, 1);
    assert_int_equal(y->creates, 0);
    assert_int_equal(toy_report(y, "b").state, OP_CANCELLED);
    toy_free(y);
}

/* Whatever is lost, and however often: made once, and the apply succeeds. */
static void nothing_is_made_twice(void **x)
{
    (void)x;
    static const char *const ops[] = { "CreateTagged", "CreateTokened", "CreateNamed", "CreateLink" };
    for (int c = 0; c < TOY_CLASSES; c++) {
        for (int kind = 0; kind < 8; kind++) {
            struct toy *y = toy_new();
            struct toy_want w[1] = { { .addr = "a", .class = (enum toy_class)c } };
            y->lag = kind & 1 ? 6000 : 0;
            toy_fault_add(y, (struct toy_fault){ .op = ops[c], .times = kind & 2 ? 1 : 3, .kind = kind & 4 ? TOY_LOSE_REQUEST : TOY_LOSE_REPLY });
            applied(y, w, 1, 0);
            assert_int_equal(y->creates, 1);
            toy_free(y);
        }
    }
}

static void by_tag_only_time_tells(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    struct toy_want w[1] = { { .addr = "a", .class = TOY_TAG } };
    toy_fault_add(y, (struct toy_fault){ .op = "CreateTagged", .times = 1, .kind = TOY_LOSE_REQUEST });
    applied(y, w, 1, 0);
    assert_true(y->result.took >= 330000);
    assert_true(y->describes >= 3);
    toy_free(y);
}

static void server_errors_pass(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    toy_fault_add(y, (struct toy_fault){ .times = 3, .skip = 1, .kind = TOY_HTTP, .http = 500 });
    toy_fault_add(y, (struct toy_fault){ .times = 2, .skip = 4, .kind = TOY_CODE, .code = "ThrottlingException" });
    toy_fault_add(y, (struct toy_fault){ .times = 3, .skip = 8, .kind = TOY_NOT_SENT });
    applied(y, chain, CHAIN, 0);
    assert_int_equal(toy_alive(y), CHAIN);
    toy_free(y);
}

static void names_of_others_are_not_taken(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    struct toy_want w[1] = { { .addr = "a", .class = TOY_NAME } };
    y->things[y->nthings++] = (struct toy_thing){ .id = STR("t-x"), .name = STR("a"), .class = TOY_NAME };
    applied(y, w, 1, 1);
    assert_int_equal(toy_report(y, "a").code, DIAG_E0706);
    assert_true(str_find(toy_report(y, "a").help, STR("@adopt")) != SIZE_MAX);
    y->things[0].deleted = true;
    applied(y, w, 1, 0);
    toy_fault_add(y, (struct toy_fault){ .op = "CreateTokened", .times = 100, .kind = TOY_CODE, .code = "AlreadyExists" });
    struct toy_want more[2] = { w[0], { .addr = "b", .class = TOY_TOKEN } };
    applied(y, more, 2, 1);                                /* a name that is taken, of a type that is found by its token */
    assert_int_equal(toy_report(y, "b").code, DIAG_E0706);
    toy_free(y);
}

static void never_ready_is_not_failed(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    y->pending = 10 * 3600000;
    applied(y, chain, 1, 4);
    assert_int_equal(toy_report(y, "a").state, OP_UNREADY);
    applied(y, chain, 1, 4);
    test_world_advance(y->t, 10 * 3600000);
    y->pending = 0;
    applied(y, chain, CHAIN, 0);
    assert_int_equal(y->creates, CHAIN);
    toy_free(y);
}

static void failed_objects_are_replaced(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    y->fail_next = true;
    applied(y, chain, 2, 1);
    assert_int_equal(toy_report(y, "a").code, DIAG_E0705);
    assert_int_equal(toy_report(y, "b").state, OP_SKIPPED);
    applied(y, chain, 2, 0);
    assert_str(toy_text(y), "a 1 - \nb 2 a \n");
    assert_int_equal(y->creates, 3);
    toy_free(y);
}

static void deletes_wait_while_in_use(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, chain, CHAIN, 0);
    toy_fault_add(y, (struct toy_fault){ .op = "DeleteThing", .times = 6, .kind = TOY_CODE, .code = "InUse" });
    applied(y, NULL, 0, 0);
    assert_int_equal(toy_alive(y), 0);
    toy_free(y);
}

static void gone_already_is_deleted(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    applied(y, chain, CHAIN, 0);
    toy_fault_add(y, (struct toy_fault){ .op = "DeleteThing", .times = 1, .kind = TOY_LOSE_REPLY });
    applied(y, NULL, 0, 0);
    applied(y, chain, CHAIN, 0);
    y->things[y->nthings - 1].deleted = true;              /* somebody deleted one; it is made anew */
    applied(y, chain, CHAIN, 0);
    assert_int_equal(toy_alive(y), CHAIN);
    applied(y, NULL, 0, 0);
    assert_int_equal(toy_alive(y), 0);
    toy_free(y);
}

static void interrupted_at_any_time(void **x)
{
    (void)x;
    for (int64_t at = 0; at < 12000; at += 333) {
        struct toy *y = toy_new();
        y->pending = 2500;
        test_world_signal_at(y->t, world_now(test_world(y->t)) + at);
        int code = toy_apply(y, chain, CHAIN);
        assert_true(code == 130 || code == 0);
        assert_true(code == 130 || at > 8000);
        applied(y, chain, CHAIN, 0);
        assert_int_equal(y->creates, CHAIN);
        assert_str(toy_text(y), "a 1 - \nb 2 a \nc 3 b up\nd 4 a \n");
        toy_free(y);
    }
}

static void refused_credentials_end_it(void **x)
{
    (void)x;
    for (unsigned skip = 0; skip < 12; skip++) {
        struct toy *y = toy_new();
        toy_fault_add(y, (struct toy_fault){ .skip = skip, .times = 1000, .kind = TOY_CODE, .code = "ExpiredTokenException" });
        int code = toy_apply(y, chain, CHAIN);
        assert_true(code == 5 || (code == 0 && y->faults[0].times == 1000));
        if (code == 5)
            assert_true(y->result.took < 60000);
        y->nfaults = 0;
        applied(y, chain, CHAIN, 0);
        assert_int_equal(y->creates, CHAIN);
        toy_free(y);
    }
}

static void unreachable_is_said_in_time(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    toy_fault_add(y, (struct toy_fault){ .times = 100000, .kind = TOY_NOT_SENT });
    applied(y, chain, CHAIN, 1);
    assert_int_equal(toy_report(y, "a").code, DIAG_E0710);
    assert_true(y->result.took < 600000);
    y->nfaults = 0;
    applied(y, chain, CHAIN, 0);
    assert_int_equal(y->creates, CHAIN);
    toy_free(y);
}

static void disk_fills_up_on_the_way(void **x)
{
    (void)x;
    unsigned stopped = 0;
    for (int64_t room = 0; room < 20000; room += 500) {
        struct toy *y = toy_new();
        test_world_disk_room(y->t, room);
        int code = toy_apply(y, chain, CHAIN);
        stopped += code != 0;
        if (code)
            assert_true(str_find(y->why, STR("no space")) != SIZE_MAX);
        test_world_disk_room(y->t, -1);
        applied(y, chain, CHAIN, 0);
        assert_int_equal(y->creates, CHAIN);
        toy_free(y);
    }
    assert_true(stopped > 5);
}

/* What another process would find now. */
static bool is_durable(struct toy *y, struct str addr)
{
    struct state *s;
    struct str why;
    assert_int_equal(state_open(test_world(y->t), state_store(y->t), false, &s, y->a, &why), STATE_OK);
    const struct record *r = state_get(s, addr);
    bool is = r && r->status == STATUS_READY;
    state_close(s);
    return is;
}

static unsigned told;

static void told_done(struct toy *y, struct str addr, const struct op_report *r)
{
    if (r->state != OP_DONE)
        return;
    if (!is_durable(y, addr))
        fail_msg("%.*s is said to be done, and is not on the disk", STR_ARG(addr));
    told++;
}

static void nobody_is_told_before_it_is_durable(void **x)
{
    (void)x;
    struct toy *y = toy_new();
    y->on_change = told_done;
    told = 0;
    applied(y, chain, CHAIN, 0);
    assert_int_equal(told, CHAIN);
    toy_free(y);
}

/* Each write to the disk fails in turn, and all after it: what the run says is done is on the disk, and nothing is sent for it a second time. */
static void what_is_done_is_durable_on_a_bad_disk(void **x)
{
    (void)x;
    unsigned failed = 0, done = 0;
    for (int at = 0;; at++) {
        struct toy *y = toy_new();
        y->on_change = told_done;
        test_world_disk_fails(y->t, DISK_FAILED, at, TEST_ALWAYS);
        told = 0;
        int code = toy_apply(y, chain, CHAIN);
        for (size_t i = 0; i < y->result.n; i++)
            done += y->result.reports[i].state == OP_DONE && is_durable(y, y->addrs[i]);
        assert_int_equal(y->result.done, told);
        bool whole = code == 0 && told == CHAIN;
        failed += code != 0;
        test_world_disk_fails(y->t, DISK_OK, 0, 0);
        y->on_change = NULL;
        applied(y, chain, CHAIN, 0);
        assert_int_equal(y->creates, CHAIN);
        toy_free(y);
        if (whole)
            break;
    }
    assert_true(failed > 20 && done > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_changes_destroys),     cmocka_unit_test(replaces),
        cmocka_unit_test(may_replace),
        cmocka_unit_test(polls_are_shared),           cmocka_unit_test(lanes_take_turns),
        cmocka_unit_test(waits_for_what_is_new),      cmocka_unit_test(failures_stay_where_they_are),
        cmocka_unit_test(fail_fast_begins_nothing_more), cmocka_unit_test(nothing_is_made_twice),
        cmocka_unit_test(by_tag_only_time_tells),     cmocka_unit_test(server_errors_pass),
        cmocka_unit_test(names_of_others_are_not_taken), cmocka_unit_test(never_ready_is_not_failed),
        cmocka_unit_test(failed_objects_are_replaced), cmocka_unit_test(deletes_wait_while_in_use),
        cmocka_unit_test(gone_already_is_deleted),    cmocka_unit_test(interrupted_at_any_time),
        cmocka_unit_test(refused_credentials_end_it), cmocka_unit_test(unreachable_is_said_in_time),
        cmocka_unit_test(disk_fills_up_on_the_way), cmocka_unit_test(nobody_is_told_before_it_is_durable),
        cmocka_unit_test(what_is_done_is_durable_on_a_bad_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
