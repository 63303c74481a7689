/* test_sim_kill.c - a real process, SIGKILL, real files: apply and destroy are killed at effects spread over the whole run, then run again.
 * The account must end as after an undisturbed run: nothing twice, nothing lost. How often each phase was hit is printed and demanded.
 * KC_CAMPAIGN=full kills at every effect. */
#include "kctest.h"
#include "stack.h"
#include <stdlib.h>
#include <string.h>

static const char *const names[] = { "not at all", "entry not durable", "intent durable and not sent", "sent and not yet made", "made and reply not read",
                                     "reply read and outcome not durable", "file half written" };

struct campaign {
    struct arena *a;
    const char *file;
    unsigned died[DIED_KINDS], between_steps, between_resources, kills;
};

/* A number of kills spread over n effects; neighbours too, so that no phase is always missed by the stride. */
static long pick(long n, long i, long of)
{
    if (getenv("KC_CAMPAIGN"))
        return i < n ? i + 1 : 0;
    long k = n * i / of + 1 + i % 7;
    return i < of && k <= n ? k : 0;
}

static void note_phase(struct campaign *c, const struct child *killed, const struct child *next)
{
    c->kills++;
    c->died[killed->died]++;
    if (!next->open_intents && next->creating)
        c->between_steps++;
    if (!next->open_intents && !next->creating)
        c->between_resources++;
}

static void must_equal(struct campaign *c, const struct child *got, const struct child *want, long k)
{
    if (got->exit_code != want->exit_code)
        fail_msg("%s, killed at effect %ld: exit %d afterwards: %.*s", c->file, k, got->exit_code, STR_ARG(got->why));
    if (!str_eq(got->account, want->account))
        fail_msg("%s, killed at effect %ld: the account is\n%.*s\nand should be\n%.*s", c->file, k, STR_ARG(got->account), STR_ARG(want->account));
}

static void kill_applies(struct campaign *c, long of)
{
    struct child whole = stack_child(c->a, stack_dir(), c->file, STACK_APPLY, 0);
    if (whole.exit_code != 0)
        fail_msg("%s: exit %d: %.*s", c->file, whole.exit_code, STR_ARG(whole.why));
    for (long i = 0, k; (k = pick(whole.effects, i, of)); i++) {
        const char *dir = stack_dir();
        struct child killed = stack_child(c->a, dir, c->file, STACK_APPLY, k);
        assert_int_equal(killed.exit_code, 137);
        struct child next = stack_child(c->a, dir, c->file, STACK_APPLY, 0);
        note_phase(c, &killed, &next);
        must_equal(c, &next, &whole, k);
    }
}

static void kill_destroys(struct campaign *c, long of)
{
    const char *dir = stack_dir();
    stack_child(c->a, dir, c->file, STACK_APPLY, 0);
    struct child whole = stack_child(c->a, dir, c->file, STACK_DESTROY, 0);
    if (whole.exit_code != 0)
        fail_msg("%s: destroy: exit %d: %.*s", c->file, whole.exit_code, STR_ARG(whole.why));
    for (long i = 0, k; (k = pick(whole.effects, i, of)); i++) {
        dir = stack_dir();
        stack_child(c->a, dir, c->file, STACK_APPLY, 0);
        struct child killed = stack_child(c->a, dir, c->file, STACK_DESTROY, k);
        assert_int_equal(killed.exit_code, 137);
        struct child next = stack_child(c->a, dir, c->file, STACK_DESTROY, 0);
        note_phase(c, &killed, &next);
        must_equal(c, &next, &whole, k);
    }
}

/* The quickstart with more disk, another instance type and a NAT gateway in each zone: updates, replacements, additions. */
static const char *changed_file(struct arena *a, const char *dir)
{
    static const char *const swaps[][2] = { { "disk = 80GiB", "disk = 100GiB" }, { "m6i.large", "m6i.xlarge" }, { "nat = if env == \"prod\" then \"per_zone\" else \"single\"", "nat = \"per_zone\"" },
                                            { "workload = \"general\"", "workload = \"all\"" } };
    struct str text = stack_read(a, "examples/quickstart.kcl");
    for (size_t i = 0; i < sizeof(swaps) / sizeof(*swaps); i++) {
        size_t at = str_find(text, str_of(swaps[i][0]));
        assert_true(at != SIZE_MAX);
        text = str_fmt(a, "%.*s%s%.*s", (int)at, text.s, swaps[i][1], STR_ARG(str_sub(text, at + strlen(swaps[i][0]), text.n)));
    }
    const char *path = str_c(a, str_fmt(a, "%s/changed.kcl", dir));
    stack_write(dir, "changed.kcl", text);
    return path;
}

/* The account without AWS's log of updates: a retire that was recorded, and not followed by its delete, is sent again, and says the same. */
static struct str objects(struct arena *a, struct str account)
{
    struct buf b = { 0 };
    struct str line;
    while (str_cut(&account, '\n', &line))
        if (!str_starts(line, STR("<eks.update>")))
            buf_fmt(&b, "%.*s\n", STR_ARG(line));
    return buf_take(&b, a);
}

static void kill_changes(struct campaign *c, long of)
{
    const char *dir = stack_dir();
    stack_child(c->a, dir, c->file, STACK_APPLY, 0);
    struct child whole = stack_child(c->a, dir, changed_file(c->a, dir), STACK_APPLY, 0);
    if (whole.exit_code != 0)
        fail_msg("change: exit %d: %.*s", whole.exit_code, STR_ARG(whole.why));
    whole.account = objects(c->a, whole.account);
    for (long i = 0, k; (k = pick(whole.effects, i, of)); i++) {
        dir = stack_dir();
        stack_child(c->a, dir, c->file, STACK_APPLY, 0);
        const char *changed = changed_file(c->a, dir);
        struct child killed = stack_child(c->a, dir, changed, STACK_APPLY, k);
        assert_int_equal(killed.exit_code, 137);
        struct child next = stack_child(c->a, dir, changed, STACK_APPLY, 0);
        next.account = objects(c->a, next.account);
        note_phase(c, &killed, &next);
        must_equal(c, &next, &whole, k);
    }
}

static void print(const struct campaign *c)
{
    print_message("%s: killed %u times:", c->file, c->kills);
    for (int i = DIED_JOURNAL; i < DIED_KINDS; i++)
        print_message(" %u %s,", c->died[i], names[i]);
    print_message(" %u between steps of one resource, %u between resources\n", c->between_steps, c->between_resources);
}

static void campaign(const char *file, long applies, long destroys)
{
    struct campaign c = { .a = arena_new(), .file = file };
    kill_applies(&c, applies);
    kill_destroys(&c, destroys);
    print(&c);
    for (int i = DIED_JOURNAL; i < DIED_FILE; i++)
        assert_true(c.died[i] > 0);
    assert_true(c.between_steps > 0 && c.between_resources > 0);
    stack_dir_remove();
    arena_free(c.a);
}

static void a_network(void **x)
{
    (void)x;
    campaign("examples/vpc.kcl", 60, 15);
}

static void the_quickstart(void **x)
{
    (void)x;
    campaign("examples/quickstart.kcl", 56, 12);
}

/* Killed while what stands in an object is removed: the next run lists what is left. */
static void what_is_emptied_first(void **x)
{
    (void)x;
    struct campaign c = { .a = arena_new(), .file = "tests/sim/emptied.kcl" };
    kill_destroys(&c, 24);
    print(&c);
    assert_true(c.kills >= 20);
    stack_dir_remove();
    arena_free(c.a);
}

static void a_change(void **x)
{
    (void)x;
    struct campaign c = { .a = arena_new(), .file = "examples/quickstart.kcl" };
    kill_changes(&c, 24);
    print(&c);
    stack_dir_remove();
    arena_free(c.a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_network), cmocka_unit_test(the_quickstart), cmocka_unit_test(what_is_emptied_first), cmocka_unit_test(a_change) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
