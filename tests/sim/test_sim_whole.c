/* test_sim_whole.c - files of examples/, from text to a simulated account and back: apply, nothing to do, destroy, nothing left, apply again
 * on the same account. Also with durations, lag and limits as they come. */
#include "kctest.h"
#include "stack.h"

/* Names of later generations as those of the first: a destroy does not reset the count. */
static struct str first_names(struct stack *s)
{
    struct str rest = stack_account(s);
    struct buf b = { 0 };
    for (size_t at; (at = str_find(rest, STR("-g2"))) != SIZE_MAX; rest = str_sub(rest, at + 3, rest.n))
        buf_str(&b, str_sub(rest, 0, at));
    buf_str(&b, rest);
    return buf_take(&b, s->a);
}

static void whole(const char *file)
{
    struct stack *s = stack_new(file, NULL);
    stack_must(s, STACK_PLAN, 2);
    stack_must(s, STACK_APPLY, 0);
    struct str first = stack_account(s);
    stack_must(s, STACK_PLAN, 0);
    stack_must(s, STACK_DESTROY, 0);
    assert_int_equal(sim_count(s->sim, STR_NONE), 0);
    stack_must(s, STACK_PLAN, 2);
    stack_must(s, STACK_APPLY, 0);
    if (!str_eq(first, first_names(s)))
        fail_msg("the account is\n%.*s\nand was\n%.*s", STR_ARG(first_names(s)), STR_ARG(first));
    stack_free(s);
}

static void a_network(void **x)
{
    (void)x;
    whole("examples/vpc.kcl");
}

static void the_quickstart(void **x)
{
    (void)x;
    whole("examples/quickstart.kcl");
}

static void node_pools(void **x)
{
    (void)x;
    whole("examples/pools.kcl");
}

/* Whatever the durations, the lag and the limits: the same account. */
static void in_any_weather(void **x)
{
    (void)x;
    struct stack *calm = stack_new("examples/quickstart.kcl", NULL);
    stack_must(calm, STACK_APPLY, 0);
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct sim_options o = { .seed = seed, .strict_limits = true };
        struct stack *s = stack_new("examples/quickstart.kcl", &o);
        stack_must(s, STACK_APPLY, 0);
        if (!str_eq(stack_account(calm), stack_account(s)))
            fail_msg("seed %llu: the account is\n%.*s", (unsigned long long)seed, STR_ARG(stack_account(s)));
        stack_must(s, STACK_PLAN, 0);
        stack_must(s, STACK_DESTROY, 0);
        assert_int_equal(sim_count(s->sim, STR_NONE), 0);
        stack_free(s);
    }
    stack_free(calm);
}

/* Polls and retries keep within what AWS allows: few calls are throttled, and reads stay in proportion. */
static void polls_are_modest(void **x)
{
    (void)x;
    struct stack *s = stack_new("examples/quickstart.kcl", NULL);
    const struct sim_call *calls;
    size_t refused = 0;
    stack_must(s, STACK_APPLY, 0);
    size_t n = sim_calls(s->sim, &calls);
    for (size_t i = 0; i < n; i++)
        refused += calls[i].http >= 400;
    print_message("%zu requests for %zu operations in %lld s, %zu refused\n", n, s->result.n, (long long)s->result.took / 1000, refused);
    assert_true(n < s->result.n * 12);
    stack_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_network), cmocka_unit_test(the_quickstart), cmocka_unit_test(node_pools),
                                        cmocka_unit_test(in_any_weather), cmocka_unit_test(polls_are_modest) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
