/* test_sim_seeds.c - the same story under many weathers: late visibility, spread durations, throttling. Every apply and destroy must
 * come through by itself, a plan in between has nothing to do, and nothing is left behind. */
#include "kctest.h"
#include "stack.h"

static void weathers(const char *file, uint64_t seeds)
{
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct sim_options o = { .seed = seed, .speed = SIM_INFINITE, .strict_limits = true, .start_wall = 1700000000000, .region = STR("eu-west-1") };
        struct stack *s = stack_new(file, &o);
        stack_must(s, STACK_APPLY, 0);
        stack_must(s, STACK_PLAN, 0);
        stack_must(s, STACK_DESTROY, 0);
        assert_int_equal(sim_count(s->sim, STR_NONE), 0);
        stack_free(s);
    }
}

static void a_network(void **x)
{
    (void)x;
    weathers("examples/vpc.kcl", 30);
}

static void a_cluster(void **x)
{
    (void)x;
    weathers("examples/quickstart.kcl", 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_network), cmocka_unit_test(a_cluster) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
