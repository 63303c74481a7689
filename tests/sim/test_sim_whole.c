/* test_sim_whole.c - files of examples/, from text to a simulated account and back: apply, nothing to do, destroy, nothing left. */
#include "kctest.h"
#include "stack.h"

static void whole(const char *file)
{
    struct stack *s = stack_new(file, NULL);
    stack_must(s, STACK_PLAN, 2);
    stack_must(s, STACK_APPLY, 0);
    struct str first = stack_account(s);
    stack_must(s, STACK_PLAN, 0);
    stack_must(s, STACK_DESTROY, 0);
    assert_int_equal(sim_count(s->sim, STR_NONE), 0);
    stack_must(s, STACK_APPLY, 0);
    assert_true(str_eq(first, stack_account(s)));
    stack_free(s);
}

static void a_network(void **x)
{
    (void)x;
    whole("examples/vpc.kcl");
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_network) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
