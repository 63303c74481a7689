/* test_sim_stops.c - Ctrl-C anywhere in an apply or destroy of the quickstart; state files that are damaged, locked, or of another time. */
#include "kctest.h"
#include "stack.h"

static const char file[] = "examples/quickstart.kcl";

struct breaker { struct stack *s; long at, n; };

static enum disk_error effect(void *user, enum effect e, bool after, struct str what)
{
    struct breaker *b = user;
    (void)e, (void)after, (void)what;
    if (++b->n == b->at)
        test_world_signal(b->s->t);
    return DISK_OK;
}

/* Runs with Ctrl-C at effect k; how many effects there were. */
static long interrupted(struct stack *s, enum stack_verb v, long k, int *code)
{
    struct breaker b = { s, k, 0 };
    s->w->hook = effect;
    s->w->hook_user = &b;
    *code = stack_run(s, v);
    s->w->hook = NULL;
    world_wait(s->w, world_now(s->w));                     /* the next run is another process: it has not seen the signal */
    return b.n;
}

static void ctrl_c_anywhere(void **x)
{
    (void)x;
    int code;
    struct stack *calm = stack_new(file, NULL);
    long applies = interrupted(calm, STACK_APPLY, 0, &code);
    struct str want = stack_account(calm);
    long destroys = interrupted(calm, STACK_DESTROY, 0, &code);
    for (int i = 1; i <= 24; i++) {
        struct stack *s = stack_new(file, NULL);
        int64_t start = world_now(s->w);
        interrupted(s, STACK_APPLY, applies * i / 25, &code);
        if (code != 130)
            fail_msg("interrupted at effect %ld: exit %d: %.*s", applies * i / 25, code, STR_ARG(s->why));
        int64_t took = world_now(s->w) - start;
        stack_must(s, STACK_APPLY, 0);
        assert_true(took <= 900000);
        if (!str_eq(stack_account(s), want))
            fail_msg("interrupted at effect %ld: the account is\n%.*s", applies * i / 25, STR_ARG(stack_account(s)));
        interrupted(s, STACK_DESTROY, destroys * i / 25, &code);
        assert_int_equal(code, 130);
        stack_must(s, STACK_DESTROY, 0);
        assert_int_equal(sim_count(s->sim, STR_NONE), 0);
        stack_free(s);
    }
    stack_free(calm);
}

static void press(void *user)
{
    test_world_signal(user);
}

/* What it had begun when Ctrl-C came is finished within seconds, not waited for. */
static void ctrl_c_is_quick(void **x)
{
    (void)x;
    struct stack *s = stack_new(file, NULL);
    int64_t start = world_now(s->w);
    world_timer(s->w, start + 60000, press, s->t);         /* while the control plane is being made */
    assert_int_equal(stack_run(s, STACK_APPLY), 130);
    assert_true(world_now(s->w) - start < 62000);
    world_wait(s->w, world_now(s->w));
    stack_must(s, STACK_APPLY, 0);
    stack_free(s);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static struct str damaged(struct stack *s, struct str good, uint64_t *seed)
{
    char *p = arena_copy(s->a, good.s, good.n);
    size_t hits = 1 + next_random(seed) % 6;
    for (size_t i = 0; i < hits; i++)
        p[next_random(seed) % good.n] = (char)next_random(seed);
    return (struct str){ p, next_random(seed) % 3 ? good.n : next_random(seed) % good.n };
}

/* Damage is refused with the file and the place, and nothing is done to AWS; put the file back, and all is as before. */
static void damaged_states(void **x)
{
    (void)x;
    struct stack *s = stack_new("examples/vpc.kcl", NULL);
    uint64_t seed = 0x9e3779b97f4a7c15u;
    struct str text;
    stack_must(s, STACK_APPLY, 0);
    assert_true(test_world_file(s->t, ".kc/stacks/test/state.json", &text));
    struct str good = str_dup(s->a, text), account = stack_account(s);
    for (int i = 0; i < 64; i++) {
        struct str bad = damaged(s, good, &seed);
        if (str_eq(bad, good))
            continue;
        test_world_put(s->t, ".kc/stacks/test/state.json", bad);
        int code = stack_run(s, i % 3 == 0 ? STACK_PLAN : i % 3 == 1 ? STACK_APPLY : STACK_DESTROY);
        if (code != 1 || str_find(s->why, STR("state.json")) == SIZE_MAX)
            fail_msg("exit %d: %.*s", code, STR_ARG(s->why));
        assert_true(str_eq(stack_account(s), account));
        test_world_put(s->t, ".kc/stacks/test/state.json", good);
    }
    stack_must(s, STACK_PLAN, 0);
    stack_free(s);
}

static void one_at_a_time(void **x)
{
    (void)x;
    struct stack *s = stack_new("examples/vpc.kcl", NULL);
    struct state *other;
    struct str why;
    assert_int_equal(state_open(s->w, store_file(s->w, s->a, s->folder), true, &other, s->a, &why), STATE_OK);
    assert_int_equal(stack_run(s, STACK_APPLY), 6);
    assert_true(str_find(s->why, STR("another kc")) != SIZE_MAX);
    assert_int_equal(stack_run(s, STACK_PLAN), 2);         /* a plan takes no lock */
    state_close(other);
    stack_must(s, STACK_APPLY, 0);
    stack_free(s);
}

/* A plan after a crash looks, says what it would do, and writes nothing. */
static void plans_write_nothing(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    const char *dir = stack_dir();
    struct child killed = stack_child(a, dir, "examples/vpc.kcl", STACK_APPLY, 60);
    assert_int_equal(killed.exit_code, 137);
    struct child plan = stack_child(a, dir, "examples/vpc.kcl", STACK_PLAN, 0);
    assert_int_equal(plan.exit_code, 2);
    struct child again = stack_child(a, dir, "examples/vpc.kcl", STACK_PLAN, 0);
    assert_int_equal(again.exit_code, 2);
    assert_int_equal(plan.open_intents, again.open_intents);
    assert_true(str_eq(plan.account, again.account));
    struct child apply = stack_child(a, dir, "examples/vpc.kcl", STACK_APPLY, 0);
    assert_int_equal(apply.exit_code, 0);
    assert_int_equal(apply.open_intents, plan.open_intents);
    stack_dir_remove();
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(ctrl_c_anywhere), cmocka_unit_test(ctrl_c_is_quick), cmocka_unit_test(damaged_states),
                                        cmocka_unit_test(one_at_a_time),   cmocka_unit_test(plans_write_nothing) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
