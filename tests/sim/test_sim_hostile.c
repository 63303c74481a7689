/* test_sim_hostile.c - the quickstart on an account that throttles, fails, resets, loses and garbles replies, and sees new things late:
 * it still comes up, is as it was asked for, and goes away without a trace. */
#include <string.h>
#include "kc/json.h"
#include "kctest.h"
#include "sim_test.h"
#include "stack.h"

static void spoil(struct stack *s, double rate)
{
    static const enum fault_kind kinds[] = { FAULT_THROTTLE, FAULT_500, FAULT_503, FAULT_RESET_BEFORE, FAULT_RESET_AFTER, FAULT_TRUNCATE, FAULT_TIMEOUT, FAULT_GARBAGE };
    size_t i;

    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        sim_fault(s->sim, &(struct fault){ .kind = kinds[i], .rate = rate, .cut = 40 });
}

static size_t failures(const struct stack *s)
{
    const struct sim_call *calls;
    size_t n = sim_calls(s->sim, &calls), i, bad = 0;

    for (i = 0; i < n; i++)
        bad += calls[i].http / 100 != 2;
    return bad;
}

static void test_hostile(void **state)
{
    size_t seed, refused = 0;

    (void)state;
    for (seed = 1; seed <= 8; seed++) {
        struct stack *s = stack_new("examples/quickstart.kcl", &(struct sim_options){ .seed = seed, .strict_limits = true });

        spoil(s, 0.01);
        stack_must(s, STACK_APPLY, 0);
        stack_must(s, STACK_PLAN, 0);
        stack_must(s, STACK_DESTROY, 0);
        assert_int_equal(sim_count(s->sim, STR_NONE), 0);
        assert_int_equal(sim_count(s->sim, STR("ec2.network_interface")), 0);
        refused += failures(s);
        stack_free(s);
    }
    assert_true(refused > 8 * 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_hostile) };
    json_seed(1);                                          /* before the first table */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
