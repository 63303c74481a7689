/* What is lost for good wants its address: typed at a terminal, or given. */
#include "kctest.h"
#include "cli/guards.h"
#include "cli/options.h"
#include "kc/arena.h"
#include "world_test.h"

static struct test_world *t;
static struct arena *a;
static struct plan_guard guards[] = { { STR("demo.eks.cluster"), STR("replaces it"), STR("lost with it: the objects in it") },
                                      { STR("demo.pool[\"a b\"]"), STR("leaves no nodes"), STR("lost with it: the last of them") } };

static int setup(void **state)
{
    (void)state;
    t = test_world_new();
    a = test_world_arena(t);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_free(t);
    return 0;
}

/* `kc apply --yes` with the addresses allowed so; how it ends before anything is done. */
static int pass(size_t n, size_t nallow, ...)
{
    struct options o = { .command = COMMAND_APPLY, .yes = true, .no_color = true, .allow = { arena_array(a, nallow + 1, sizeof *o.allow.v), nallow } };
    struct session s = { .world = test_world(t), .arena = a, .options = &o, .sources = sources_new() };
    struct plan p = { .arena = a, .guards = guards, .nguards = n };
    va_list ap;

    va_start(ap, nallow);
    for (size_t i = 0; i < nallow; i++)
        o.allow.v[i] = str_of(va_arg(ap, const char *));
    va_end(ap);
    diags_init(&s.diags);
    test_world_forget_output(t);
    int code = guards_pass(&s, &p);
    diags_fini(&s.diags);
    sources_free(s.sources);
    return code;
}

static bool said(const char *part)
{
    return str_find(test_world_err(t), str_of(part)) != SIZE_MAX || str_find(test_world_out(t), str_of(part)) != SIZE_MAX;
}

static void nothing_guarded_asks_nothing(void **state)
{
    (void)state;
    test_world_tty(t, true, 80);
    assert_int_equal(pass(0, 0), 0);
    assert_int_equal(test_world_out(t).n + test_world_err(t).n, 0);
}

static void without_a_terminal_it_is_refused_with_the_flag_to_write(void **state)
{
    (void)state;
    test_world_tty(t, false, 80);
    assert_int_equal(pass(2, 0), 1);
    assert_true(said("error[E0611]: `demo.eks.cluster`: this apply replaces it; lost with it: the objects in it\n"));
    assert_true(said("add `--allow-destroy demo.eks.cluster`"));
    assert_true(said("this apply leaves no nodes; lost with it: the last of them"));
    assert_true(said("add `--allow-destroy 'demo.pool[\"a b\"]'`"));
    assert_int_equal(pass(2, 1, "demo.eks.cluster"), 1);
    assert_false(said("`--allow-destroy demo.eks.cluster`"));
    assert_true(said("this apply leaves no nodes"));
}

static void each_address_allows_itself_alone(void **state)
{
    (void)state;
    test_world_tty(t, false, 80);
    assert_int_equal(pass(2, 2, "demo.pool[\"a b\"]", "demo.eks.cluster"), 0);
    assert_int_equal(pass(1, 1, "demo[\"eks\"].cluster"), 0);             /* one address, written otherwise */
}

static void an_address_that_nothing_guards_is_a_slip(void **state)
{
    (void)state;
    test_world_tty(t, true, 80);
    assert_int_equal(pass(1, 2, "demo.eks.cluster", "demo.eks"), 64);
    assert_true(said("kc: `--allow-destroy demo.eks`: this plan loses nothing for good there; guarded are `demo.eks.cluster`\n"));
    assert_int_equal(pass(1, 1, "demo.*"), 64);
    assert_int_equal(pass(1, 1, "*"), 64);
    assert_int_equal(pass(0, 1, "demo.eks.cluster"), 64);
    assert_true(said("nothing in this plan is guarded"));
}

static void at_a_terminal_each_address_is_typed(void **state)
{
    (void)state;
    test_world_tty(t, true, 80);
    test_world_type(t, "demo.eks.cluster");
    test_world_type(t, "demo.pool[\"a b\"]");
    assert_int_equal(pass(2, 0), 0);
    assert_true(said("demo.eks.cluster\n  this apply replaces it; lost with it: the objects in it\nType its address to go on: "));
    test_world_type(t, "yes");
    assert_int_equal(pass(2, 0), 1);
    assert_true(said("Not confirmed: nothing was changed."));
    assert_false(said("leaves no nodes"));                 /* the first no is enough */
    test_world_type(t, "demo.eks.cluster");
    assert_int_equal(pass(2, 0), 1);                       /* the end of the input is no answer */
    test_world_type(t, "demo.eks.cluster");
    assert_int_equal(pass(2, 1, "demo.pool[\"a b\"]"), 0); /* the other one was given */
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(nothing_guarded_asks_nothing), TEST(without_a_terminal_it_is_refused_with_the_flag_to_write), TEST(each_address_allows_itself_alone),
        TEST(an_address_that_nothing_guards_is_a_slip), TEST(at_a_terminal_each_address_is_typed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
