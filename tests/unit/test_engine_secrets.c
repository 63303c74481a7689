/* test_engine_secrets.c - an apply, a change and a destroy with secrets and long texts, killed at every effect: nothing of them is on the disk, then
 * or at any time, and what follows ends as if nothing had been. */
#include "canary.h"
#include "kctest.h"
#include "state_help.h"
#include "toy.h"

static const struct toy_want first[] = {
    { .addr = "a", .class = TOY_TAG, .size = 1, .name = CANARY, .flag = "up " CANARY },
    { .addr = "b", .class = TOY_TOKEN, .size = 2, .name = "b " CANARY, .parent = "a" },
    { .addr = "c", .class = TOY_NAME, .size = 3, .parent = "b", .flag = CANARY },
}, second[] = {
    { .addr = "a", .class = TOY_TAG, .size = 1, .name = CANARY, .flag = "down " CANARY },
    { .addr = "b", .class = TOY_TOKEN, .size = 2, .name = "other " CANARY, .parent = "a" },
    { .addr = "c", .class = TOY_NAME, .size = 4, .parent = "b", .flag = "c " CANARY },
};
enum { WANTS = 3 };

static void clean(struct toy *y, long k, const char *when)
{
    /* of a text that is no secret its SHA-256 is what is kept */
    struct str found = y->secrets ? canary_on_disk(y->t, y->lineage, "kc/keys/") : text_on_disk(y->t, CANARY);
    if (found.n)
        fail_msg("killed at effect %ld of %s: it is in %.*s", k, when, STR_ARG(found));
}

/* Killed at effect k, looked at, and brought to an end. False: it ended before. */
static bool through(struct toy *y, const struct toy_want *w, size_t n, long k, const char *when)
{
    y->kill_at = k;
    y->effects = 0;
    int code = toy_apply(y, w, n);
    bool dead = y->dead;
    y->kill_at = 0;
    y->dead = false;
    clean(y, k, when);
    if (dead)
        code = toy_apply(y, w, n);
    clean(y, k, when);
    for (size_t i = 0; code && i < y->result.n; i++)
        if (y->result.reports[i].state == OP_FAILED)
            fail_msg("killed at effect %ld of %s: exit %d, %.*s", k, when, code, STR_ARG(y->result.reports[i].detail));
    assert_int_equal(code, 0);
    return dead;
}

static struct toy *begun(bool secrets)
{
    struct toy *y = toy_new();
    y->secrets = secrets;
    y->digest = !secrets;
    y->pending = 1500;
    return y;
}

/* Killed at every effect of the last of these, one after the other. */
static unsigned kill_all(bool secrets, const char *when, const struct toy_want *w, size_t n)
{
    struct arena *a = arena_new();
    struct str text = STR_NONE;
    unsigned kills = 0;
    for (long k = 0, dead = 1; dead; k++) {                /* first not at all */
        struct toy *y = begun(secrets);
        if (w != first)
            through(y, first, WANTS, 0, "an apply");
        dead = through(y, w, n, k, when) || k == 0;
        if (k && !str_eq(text, toy_text(y)))
            fail_msg("killed at effect %ld of %s: the account is\n%.*s", k, when, STR_ARG(toy_text(y)));
        unsigned calls = y->updates + y->creates;
        if (toy_apply(y, w, n) || y->updates + y->creates != calls)
            fail_msg("killed at effect %ld of %s: what is there differs still", k, when);
        text = str_dup(a, toy_text(y));
        toy_free(y);
        kills += dead != 0;
    }
    arena_free(a);
    return kills;
}

static void are_never_on_the_disk(bool secrets)
{
    assert_true(kill_all(secrets, "an apply", first, WANTS) > 40);
    assert_true(kill_all(secrets, "a change", second, WANTS) > 20);
    assert_true(kill_all(secrets, "a destroy", NULL, 0) > 20);
}

static void secrets_are_never_on_the_disk(void **x)
{
    (void)x;
    are_never_on_the_disk(true);
}

static void long_texts_are_never_on_the_disk(void **x)
{
    (void)x;
    are_never_on_the_disk(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(secrets_are_never_on_the_disk), cmocka_unit_test(long_texts_are_never_on_the_disk) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
