/* Credentials that end in the middle of a run: a role of 15 minutes and less on the simulated AWS, whose keys end when they say. Nothing is lost,
 * and exit 5 only where nothing else is possible. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "stack.h"

enum { MINUTE = 60000 };
static const char *const file = "examples/quickstart.kcl";

static struct stack *start(int64_t session_ms)
{
    struct sim_options o = { .seed = 1, .exact = true, .session_ms = session_ms };
    struct stack *s = stack_new(file, &o);
    struct str keys = str_fmt(s->a, "[sandbox]\naws_access_key_id = %.*s\naws_secret_access_key = %.*s\n", STR_ARG(sim_credentials()->key), STR_ARG(sim_credentials()->secret));

    test_world_put(s->t, "/home/test/.aws/config", STR("[profile deploy]\nrole_arn = arn:aws:iam::111122223333:role/deploy\nsource_profile = sandbox\nduration_seconds = 900\n"));
    test_world_put(s->t, "/home/test/.aws/credentials", keys);
    test_world_env(s->t, "AWS_EC2_METADATA_DISABLED", "true");
    s->profile = "deploy";
    return s;
}

static size_t calls(const struct stack *s, const char *op)
{
    const struct sim_call *c;
    size_t n = sim_calls(s->sim, &c), found = 0;

    for (size_t i = 0; i < n; i++)
        found += str_is(c[i].op, op);
    return found;
}

/* Calls that AWS refused for credentials that had ended. */
static size_t refused(const struct stack *s)
{
    const struct sim_call *c;
    size_t n = sim_calls(s->sim, &c), found = 0;

    for (size_t i = 0; i < n; i++)
        found += str_starts(c[i].code, STR("ExpiredToken")) || str_is(c[i].code, "RequestExpired");
    return found;
}

static struct str undisturbed(void)
{
    static struct arena *a;
    static struct str account;

    if (!a) {
        struct stack *s = stack_new(file, NULL);

        a = arena_new();
        stack_must(s, STACK_APPLY, 0);
        account = str_dup(a, stack_account(s));
        stack_free(s);
    }
    return account;
}

static void whole(struct stack *s)
{
    stack_must(s, STACK_PLAN, 0);
    assert_int_equal(s->open_intents, 0);
    if (!str_eq(stack_account(s), undisturbed()))
        fail_msg("the account is another than after a run of one piece:\n%.*s", STR_ARG(stack_account(s)));
}

static void a_run_outlives_its_credentials(void **state)
{
    struct stack *s = start(0);

    (void)state;
    stack_must(s, STACK_APPLY, 0);
    assert_true(calls(s, "AssumeRole") >= 2);
    assert_int_equal(refused(s), 0);
    whole(s);
    stack_free(s);
}

/* The other side: AWS does not take keys whose time is over, nor a token that it did not give. */
static void keys_end_when_they_say(void **state)
{
    struct stack *s = start(0);
    struct provider here = { .kind = STR("aws"), .region = STR("eu-west-1") };
    struct aws *first = aws_new(s->w, s->models, &(struct aws_options){ .region = here.region, .profile = STR("deploy"), .explicit_profile = true });
    struct credentials keys;
    struct principal who;
    struct answer r;
    struct str why;

    (void)state;
    assert_true(aws_credentials(first, s->a, &keys, &why));
    int64_t ends = keys.expires - world_wall(s->w);
    assert_true(ends > 14 * MINUTE && ends <= 15 * MINUTE);
    keys.expires = 0;                                      /* whoever has only the keys does not know */
    struct aws *second = aws_new(s->w, s->models, &(struct aws_options){ .region = here.region, .fixed = &keys, .bare = true });
    assert_true(aws_identity(second, s->a, &here, &who, &r));
    for (int64_t until = world_now(s->w) + ends + 1000; world_now(s->w) < until;)
        world_wait(s->w, until);
    assert_false(aws_identity(second, s->a, &here, &who, &r));
    assert_int_equal(r.class, ANSWER_CREDENTIALS);
    assert_true(str_is(r.error.code, "ExpiredToken"));
    assert_true(aws_identity(first, s->a, &here, &who, &r));
    keys.token = str_fmt(s->a, "9%.*s", STR_ARG(keys.token));
    assert_false(aws_identity(second, s->a, &here, &who, &r));
    assert_true(str_is(r.error.code, "InvalidClientTokenId"));
    aws_free(first);
    aws_free(second);
    stack_free(s);
}

/* A cluster that never comes: kc polls until the time for it is over. */
static void an_hour_of_polling(void **state)
{
    struct stack *s = start(0);

    (void)state;
    sim_fate(s->sim, &(struct sim_fate){ .kind = STR("eks.cluster"), .from = STR("CREATING"), .times = 1 });
    int64_t from = world_now(s->w);
    assert_int_equal(stack_run(s, STACK_APPLY), 4);
    int64_t took = world_now(s->w) - from;
    size_t roles = calls(s, "AssumeRole");
    assert_true(took >= 59 * MINUTE);
    assert_int_equal(roles, 6);                            /* at the start, then each time that a quarter of the 15 minutes is left */
    assert_int_equal(refused(s), 0);
    sim_mercy(s->sim);
    stack_must(s, STACK_APPLY, 0);
    whole(s);
    stack_free(s);
}

static void a_refresh_that_fails_for_a_while(void **state)
{
    struct stack *s = start(0);

    (void)state;
    sim_fault(s->sim, &(struct fault){ .kind = FAULT_503, .op = STR("AssumeRole"), .skip = 1, .times = 7 });
    stack_must(s, STACK_APPLY, 0);
    assert_int_equal(sim_hits(s->sim), 7);
    assert_int_equal(calls(s, "AssumeRole"), 1 + 4 + 4);      /* the first; a fetch that fails four times; one that passes at the last try */
    assert_int_equal(refused(s), 0);
    whole(s);
    stack_free(s);
}

static void aws_ends_them_early(void **state)
{
    struct stack *s = start(0);

    (void)state;
    sim_fault(s->sim, &(struct fault){ .kind = FAULT_EXPIRED, .op = STR("CreateSubnet"), .skip = 1, .times = 1 });
    sim_fault(s->sim, &(struct fault){ .kind = FAULT_EXPIRED, .op = STR("DescribeCluster"), .skip = 3, .times = 1 });
    stack_must(s, STACK_APPLY, 0);
    assert_int_equal(refused(s), 2);
    assert_true(calls(s, "AssumeRole") >= 3);
    whole(s);
    stack_free(s);
}

/* The role is taken away while its first keys live: wherever they end, kc ends with 5, and the next run goes on. */
static void a_refresh_that_fails_for_good(void **state)
{
    static const int64_t lives_s[] = { 2, 3, 4, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 300, 500, 590, 600, 620, 640, 660, 680, 700, 720 };
    static const struct fault faults[] = { { .kind = FAULT_CODE, .op = { "AssumeRole", 10 }, .skip = 1, .times = 100000, .code = { "AccessDenied", 12 }, .http = 403 },
                                           { .kind = FAULT_RESET_BEFORE, .op = { "AssumeRole", 10 }, .skip = 1, .times = 100000 } };
    size_t open = 0;

    (void)state;
    for (size_t i = 0; i < sizeof lives_s / sizeof *lives_s; i++) {
        struct stack *s = start(lives_s[i] * 1000);

        sim_fault(s->sim, &faults[i % 2]);
        int code = stack_run(s, STACK_APPLY);
        if (code != 5)
            fail_msg("keys of %lld s: exit %d: %.*s", (long long)lives_s[i], code, STR_ARG(s->why));
        sim_clear_faults(s->sim);
        s->profile = NULL;                                 /* other credentials */
        stack_must(s, STACK_APPLY, 0);
        open += s->open_intents;
        whole(s);
        stack_must(s, STACK_DESTROY, 0);
        assert_int_equal(sim_count(s->sim, STR_NONE), 0);
        stack_free(s);
    }
    assert_int_equal(open, 0);                             /* what AWS refused for its keys is known not to have happened */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_outlives_its_credentials),
        cmocka_unit_test(keys_end_when_they_say),
        cmocka_unit_test(an_hour_of_polling),
        cmocka_unit_test(a_refresh_that_fails_for_a_while),
        cmocka_unit_test(aws_ends_them_early),
        cmocka_unit_test(a_refresh_that_fails_for_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
