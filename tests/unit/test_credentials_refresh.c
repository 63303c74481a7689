/* When credentials are fetched anew, who waits for it, and what is given while it fails: a role of 60 minutes on a virtual clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cred_kit.h"

static struct cred_kit kit, *k = &kit;
enum { MINUTE = 60000 };

static int setup(void **state)
{
    (void)state;
    cred_setup(k);
    cred_files(k, "[profile r]\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = base\n", "[base]\naws_access_key_id = BASE\naws_secret_access_key = s\n");
    cred_sts(k, "AssumeRole", "ONE", 60, 1);
    cred_restart(k, "r");
    assert_true(cred_get(k, 0));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cred_teardown(k);
    return 0;
}

static void minutes(int n)
{
    test_world_advance(k->t, (int64_t)n * MINUTE);
}

/* Lets what is under way come to its end. */
static void settle(void)
{
    struct world *w = test_world(k->t);

    for (int64_t end = world_now(w) + 10000; world_now(w) < end;)
        world_wait(w, end);
}

static bool has(const char *key)
{
    return k->good && str_is(k->keys.key, key);
}

static void before_the_window_nothing_is_asked(void **state)
{
    (void)state;
    minutes(44);
    cred_ask(k, 0);
    assert_true(k->answers == 2 && has("ONE"));
    settle();
    assert_int_equal(cred_requests(k, "AssumeRole"), 1);
}

static void in_the_first_window_the_old_ones_go_on(void **state)
{
    (void)state;
    minutes(46);
    cred_sts(k, "AssumeRole", "TWO", 60, 0);
    cred_ask(k, 0);
    assert_true(k->answers == 2 && has("ONE"));            /* at once, while others are fetched */
    settle();
    assert_int_equal(cred_requests(k, "AssumeRole"), 2);
    cred_ask(k, 0);
    assert_true(has("TWO"));
}

static void in_the_second_window_one_fetch_serves_all(void **state)
{
    (void)state;
    minutes(52);
    cred_sts(k, "AssumeRole", "TWO", 60, 0);
    for (int i = 0; i < 5; i++)
        cred_ask(k, 0);
    assert_int_equal(k->answers, 1);
    settle();
    assert_true(k->answers == 6 && has("TWO"));
    assert_int_equal(cred_requests(k, "AssumeRole"), 2);
}

static void a_fetch_that_fails_for_a_while_harms_nobody(void **state)
{
    (void)state;
    minutes(46);
    cred_answer(k, "AssumeRole", 0, NULL, 8);              /* two fetches of four tries */
    cred_sts(k, "AssumeRole", "TWO", 60, 0);
    for (int i = 0; i < 13; i++) {
        assert_true(cred_get(k, 0));
        settle();
        minutes(1);
    }
    assert_true(has("TWO"));
    assert_int_equal(cred_requests(k, "AssumeRole"), 1 + 8 + 1);
}

static void while_it_fails_the_old_ones_serve_to_their_end(void **state)
{
    (void)state;
    minutes(52);
    cred_answer(k, "AssumeRole", 0, NULL, 0);
    for (int i = 0; i < 7; i++) {
        assert_true(cred_get(k, 0) && has("ONE"));
        minutes(1);
    }
    minutes(1);
    assert_false(cred_get(k, 0));
    assert_true(str_find(k->why, STR("the credentials have expired, and there are no others: role `arn:aws:iam::111122223333:role/r` (profile `r`) cannot be assumed")) == 0);
    assert_true(str_find(k->why, STR("the network is down")) != SIZE_MAX);
    cred_forget_answers(k);                                /* and when it is over, it is over */
    cred_sts(k, "AssumeRole", "TWO", 60, 0);
    assert_true(cred_get(k, 0) && has("TWO"));
}

static void what_aws_calls_expired_is_fetched_anew(void **state)
{
    uint64_t first = k->keys.serial;

    (void)state;
    cred_sts(k, "AssumeRole", "TWO", 60, 0);
    cred_ask(k, first);
    cred_ask(k, first);
    cred_ask(k, 0);                                        /* nobody told this one */
    assert_true(k->answers == 2 && has("ONE"));
    settle();
    assert_true(k->answers == 4 && has("TWO"));
    cred_ask(k, first);                                    /* a latecomer: there are others by now */
    assert_true(has("TWO"));
    assert_int_equal(cred_requests(k, "AssumeRole"), 2);
    cred_forget_answers(k);                                /* the same keys again are no others */
    cred_sts(k, "AssumeRole", "TWO", 60, 0);
    assert_false(cred_get(k, k->keys.serial));
    assert_true(str_find(k->why, STR("gives the same ones again; renew them")) != SIZE_MAX);
}

static void files_that_change_are_seen(void **state)
{
    (void)state;
    cred_restart(k, "base");
    assert_true(cred_get(k, 0) && has("BASE"));
    assert_false(cred_get(k, k->keys.serial));
    cred_files(k, NULL, "[base]\naws_access_key_id = FRESH\naws_secret_access_key = s\n");
    assert_true(cred_get(k, 1) && has("FRESH"));
}

static void who_cancels_hears_nothing(void **state)
{
    unsigned before = k->answers;

    (void)state;
    minutes(61);
    cred_sts(k, "AssumeRole", "TWO", 60, 0);
    cred_ask(k, 0);
    struct signer s = chain_signer(k->chain);
    s.cancel(s.impl, k);
    settle();
    assert_int_equal(k->answers, before);
    cred_ask(k, 0);
    assert_true(has("TWO"));
    minutes(61);
    cred_ask(k, 0);                                        /* under way when the chain goes */
    cred_restart(k, "r");
    settle();
    assert_int_equal(k->answers, before + 1);
}

/* A machine that was asleep: its credentials ended long ago, and the network comes back after a minute. */
static void what_holds_up_a_fetch_may_pass(void **state)
{
    (void)state;
    minutes(300);
    cred_answer(k, "AssumeRole", 0, NULL, 24);             /* six fetches of four tries */
    cred_sts(k, "AssumeRole", "TWO", 60, 0);
    cred_ask(k, 0);
    cred_ask(k, 0);
    assert_int_equal(k->answers, 1);
    int64_t from = world_now(test_world(k->t));
    while (k->answers < 3)
        world_wait(test_world(k->t), world_now(test_world(k->t)) + MINUTE);
    assert_true(has("TWO"));
    assert_true(world_now(test_world(k->t)) - from >= 50000);
    assert_int_equal(cred_requests(k, "AssumeRole"), 1 + 24 + 1);
    minutes(61);                                           /* what AWS refuses is not waited for */
    cred_forget_answers(k);
    cred_answer(k, "AssumeRole", 403, "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>", 0);
    from = world_now(test_world(k->t));
    assert_false(cred_get(k, 0));
    assert_true(world_now(test_world(k->t)) - from < 1000);
}

static struct signer signer;
static int other, fresh_asks;

static void never(void *user, const struct credentials *c, struct str why)
{
    (void)c, (void)why;
    ++*(int *)user;
}

static void cancels_the_other(void *user, const struct credentials *c, struct str why)
{
    (void)user, (void)c, (void)why;
    signer.cancel(signer.impl, &other);
    signer.get(signer.impl, 0, 0, never, &fresh_asks);     /* and asks again from inside */
}

static void an_answer_may_cancel_others_and_ask_again(void **state)
{
    (void)state;
    other = fresh_asks = 0;
    minutes(61);
    cred_sts(k, "AssumeRole", "TWO", 60, 0);
    signer = chain_signer(k->chain);
    signer.get(signer.impl, 0, 0, cancels_the_other, NULL);
    signer.get(signer.impl, 0, 0, never, &other);
    settle();
    assert_int_equal(other, 0);
    assert_int_equal(fresh_asks, 1);
}

static int64_t answered_at[2];

static void asks_once_more(void *user, const struct credentials *c, struct str why)
{
    int *n = user;

    (void)c, (void)why;
    answered_at[*n] = world_now(test_world(k->t));
    if (!(*n)++)
        signer.get(signer.impl, 0, 0, asks_once_more, n);
}

/* Who asks again after a refusal gets the answer of a fetch of his own. */
static void asking_again_is_another_fetch(void **state)
{
    int n = 0;

    (void)state;
    minutes(61);
    cred_answer(k, "AssumeRole", 403, "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>", 0);
    signer = chain_signer(k->chain);
    signer.get(signer.impl, 0, 0, asks_once_more, &n);
    settle();
    assert_int_equal(n, 2);
    assert_true(answered_at[1] > answered_at[0]);
    assert_int_equal(cred_requests(k, "AssumeRole"), 3);
}

static void worse_ones_are_not_taken(void **state)
{
    (void)state;
    minutes(46);
    cred_sts(k, "AssumeRole", "OLD", -5, 0);               /* its end is over already */
    assert_true(cred_get(k, 0) && has("ONE"));
    settle();
    assert_true(cred_get(k, 0) && has("ONE"));
}

/* Our clock is two hours slow: the role seems good for three hours, and its first call is refused for the time. */
static void a_clock_that_is_off_is_corrected_by_aws(void **state)
{
    (void)state;
    cred_restart(k, "r");
    cred_forget_answers(k);
    test_world_set_wall(k->t, world_wall(test_world(k->t)) - 2 * 3600000);
    cred_answer_dated(k, "AssumeRole", 403, "<ErrorResponse><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>Signature expired: now is later</Message>"
                         "</Error><RequestId>r</RequestId></ErrorResponse>", "Fri, 02 Jan 2026 03:04:05 GMT", 1);
    cred_sts(k, "AssumeRole", "TWO", 180, 0);
    assert_true(cred_get(k, 0) && has("TWO"));
    const struct http_request *rq = cred_request(k, "AssumeRole");
    assert_true(str_starts(test_header(rq->headers, rq->nheaders, "x-amz-date"), STR("20260102T030")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(before_the_window_nothing_is_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(in_the_first_window_the_old_ones_go_on, setup, teardown),
        cmocka_unit_test_setup_teardown(in_the_second_window_one_fetch_serves_all, setup, teardown),
        cmocka_unit_test_setup_teardown(a_fetch_that_fails_for_a_while_harms_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(while_it_fails_the_old_ones_serve_to_their_end, setup, teardown),
        cmocka_unit_test_setup_teardown(what_aws_calls_expired_is_fetched_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(files_that_change_are_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(who_cancels_hears_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(what_holds_up_a_fetch_may_pass, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_may_cancel_others_and_ask_again, setup, teardown),
        cmocka_unit_test_setup_teardown(asking_again_is_another_fetch, setup, teardown),
        cmocka_unit_test_setup_teardown(worse_ones_are_not_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(a_clock_that_is_off_is_corrected_by_aws, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
