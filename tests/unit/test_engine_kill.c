/* test_engine_kill.c - SIGKILL at every durable or outward effect of an apply, of the recovery after it, and of a destroy; and the proof that
 * the tests would notice: four faults planted in the engine's ways are each caught here. Whole programs are killed in tests/sim. */
#include "kctest.h"
#include "state_help.h"
#include "toy.h"

static const struct toy_want wants[] = {
    { .addr = "a", .class = TOY_TAG, .size = 1 },
    { .addr = "b", .class = TOY_TOKEN, .size = 2, .parent = "a" },
    { .addr = "c", .class = TOY_NAME, .size = 3, .parent = "b", .flag = "up" },
    { .addr = "d", .class = TOY_LINK, .size = 4, .parent = "a" },
    { .addr = "e", .class = TOY_TAG, .size = 5, .flag = "x" },
};
enum { WANTS = 5, EFFECTS = 10 };
static const char whole[] = "a 1 - \nb 2 a \nc 3 b up\nd 4 a \ne 5 - x\n";

/* Applies, killed at effect k. False: it ended before. */
static bool killed(struct toy *y, const struct toy_want *w, size_t n, long k)
{
    y->kill_at = k;
    y->effects = 0;
    y->sends_alive = y->sends_seen = 0;
    int code = toy_apply(y, w, n);
    y->kill_at = 0;
    bool dead = y->dead;
    y->dead = false;
    if (!dead && code != 0)
        fail_msg("exit %d: %.*s", code, STR_ARG(y->why));
    return dead;
}

static const char *wrong(struct toy *y, const char *text, size_t n)
{
    int code = toy_apply(y, n ? wants : NULL, n);
    if (code != 0)
        return str_c(y->a, str_fmt(y->a, "exit %d: %.*s", code, STR_ARG(y->why)));
    if (!str_is(toy_text(y), text))
        return str_c(y->a, str_fmt(y->a, "account is\n%.*s", STR_ARG(toy_text(y))));
    return NULL;
}

static void at_every_effect(void **x)
{
    (void)x;
    unsigned phases[EFFECTS] = { 0 }, n = 0;
    for (long k = 1;; k++, n++) {
        struct toy *y = toy_new();
        y->pending = 1500;
        if (!killed(y, wants, WANTS, k)) {
            toy_free(y);
            break;
        }
        phases[y->killed_in]++;
        const char *bad = wrong(y, whole, WANTS);
        if (bad || y->creates != WANTS)
            fail_msg("killed at effect %ld: %u made; %s", k, y->creates, bad ? bad : "");
        bad = wrong(y, "", 0);
        if (bad)
            fail_msg("killed at effect %ld, then destroyed: %s", k, bad);
        toy_free(y);
    }
    assert_true(n > 60);
    print_message("killed %u times: appends %u+%u, syncs %u+%u, sends %u+%u, replies %u+%u\n", n, phases[EFFECT_DISK_APPEND * 2], phases[EFFECT_DISK_APPEND * 2 + 1],
                  phases[EFFECT_DISK_SYNC * 2], phases[EFFECT_DISK_SYNC * 2 + 1], phases[EFFECT_NET_SEND * 2], phases[EFFECT_NET_SEND * 2 + 1],
                  phases[EFFECT_NET_DONE * 2], phases[EFFECT_NET_DONE * 2 + 1]);
    assert_true(phases[EFFECT_DISK_SYNC * 2 + 1] > 5 && phases[EFFECT_NET_SEND * 2 + 1] > 5 && phases[EFFECT_NET_DONE * 2] > 5);
}

/* The power goes after an append and before its sync: some first lines of it are there, an outcome without the intents behind it. */
static void within_an_append(void **x)
{
    (void)x;
    unsigned n = 0, longest = 0;
    for (long k = 1;; k++) {
        unsigned lines = 0, of = 0;
        bool dead = false;
        do {
            struct toy *y = toy_new();
            y->pending = 1500;
            y->lines = lines;
            dead = killed(y, wants, WANTS, k);
            of = dead && y->killed_in == EFFECT_DISK_APPEND * 2 + 1 ? y->had_lines : 0;
            const char *bad = of ? wrong(y, whole, WANTS) : NULL;
            if (bad || (of && y->creates != WANTS))
                fail_msg("killed at effect %ld with %u of %u lines: %u made; %s", k, lines, of, y->creates, bad ? bad : "");
            toy_free(y);
            n += of != 0;
        } while (++lines <= of);
        longest = of > longest ? of : longest;
        if (!dead)
            break;
    }
    print_message("%u torn appends, the longest of %u lines\n", n, longest);
    assert_true(n > 30 && longest > 2);
}

/* Killed, and the recovery killed again, with a server that lags. */
static void again_while_recovering(void **x)
{
    (void)x;
    for (long k = 7; k < 80; k += 6) {
        for (long j = 1; j < 30; j += 4) {
            struct toy *y = toy_new();
            y->lag = 2000;
            if (killed(y, wants, WANTS, k))
                killed(y, wants, WANTS, j);
            const char *bad = wrong(y, whole, WANTS);
            if (bad || y->creates != WANTS)
                fail_msg("killed at effects %ld and %ld: %u made; %s", k, j, y->creates, bad ? bad : "");
            toy_free(y);
        }
    }
}

static void while_destroying(void **x)
{
    (void)x;
    for (long k = 1;; k++) {
        struct toy *y = toy_new();
        y->deleting = 1200;
        if (toy_apply(y, wants, WANTS) != 0)
            fail_msg("apply");
        bool dead = killed(y, NULL, 0, k);
        const char *bad = wrong(y, "", 0);
        if (bad)
            fail_msg("killed at effect %ld of a destroy: %s", k, bad);
        bad = wrong(y, whole, WANTS);
        if (bad)
            fail_msg("killed at effect %ld of a destroy, then applied: %s", k, bad);
        toy_free(y);
        if (!dead)
            break;
    }
}

static void while_changing(void **x)
{
    (void)x;
    struct toy_want other[WANTS];
    memcpy(other, wants, sizeof(wants));
    other[1].size = 20;                                    /* an update */
    other[0].name = "a2";                                  /* a replacement, and of all that refer to it */
    for (long k = 1;; k += 2) {
        struct toy *y = toy_new();
        if (toy_apply(y, wants, WANTS) != 0)
            fail_msg("apply");
        bool dead = killed(y, other, WANTS, k);
        int code = toy_apply(y, other, WANTS);
        if (code != 0 || !str_is(toy_text(y), "a2 1 - \nb 20 a2 \nc 3 b up\nd 4 a2 \ne 5 - x\n"))
            fail_msg("killed at effect %ld of a change: exit %d %.*s\n%.*s", k, code, STR_ARG(y->why), STR_ARG(toy_text(y)));
        toy_free(y);
        if (!dead)
            break;
    }
}

/* ---- planted faults: each must be caught by the campaign ---- */

static const struct disk_ops *honest;
static bool lying;

static enum disk_error lying_append(void *impl, struct world_file *f, struct str data)
{
    lying = str_find(data, STR("\"t\":\"intent\"")) != SIZE_MAX;
    return honest->append(impl, f, data);
}

static enum disk_error lying_sync(void *impl, struct world_file *f)
{
    return lying ? DISK_OK : honest->sync(impl, f);
}

static void plant_no_sync(struct toy *y)
{
    static struct disk_ops ops;
    struct world *w = test_world(y->t);
    honest = w->disk;
    ops = *honest;
    ops.append = lying_append;
    ops.sync = lying_sync;
    w->disk = &ops;
}

static void drop_edge(struct toy *y, struct plan *p)
{
    (void)y;
    for (size_t i = 0; i < p->nops; i++) {
        if (p->ops[i]->ndeps) {
            p->ops[i]->ndeps--;
            return;
        }
    }
}

enum fault { NO_SYNC, RANDOM_TOKEN, DROPPED_EDGE, BLIND_RETRY };

static void plant(struct toy *y, enum fault f)
{
    if (f == NO_SYNC)
        plant_no_sync(y);
    else if (f == RANDOM_TOKEN)
        y->shuffle = true;
    else if (f == DROPPED_EDGE)
        y->before_run = drop_edge;
    else
        y->blind = true;
}

/* Killed at effect k, or a reply lost, or nothing at all; then what the campaign above looks at. NULL: all is well. */
static const char *trial(struct toy *y, enum fault f, long k)
{
    if (f == BLIND_RETRY)
        y->lag = 4000;                                     /* what was made cannot be seen at once */
    if (f == BLIND_RETRY)
        toy_fault_add(y, (struct toy_fault){ .op = "CreateTagged", .skip = (unsigned)k % 2, .times = 1, .kind = TOY_LOSE_REPLY });
    if (f == NO_SYNC || f == RANDOM_TOKEN)
        killed(y, wants, WANTS, k);
    const char *bad = wrong(y, whole, WANTS);
    return bad ? bad : y->creates > WANTS ? "something was made twice" : NULL;
}

static const char *campaign(enum fault f, struct arena *a)
{
    const char *caught = NULL;
    for (long k = 1; k < 120 && !caught; k++) {
        struct toy *y = toy_new();
        y->pending = 1500;
        plant(y, f);
        const char *bad = trial(y, f, k);
        caught = bad ? str_c(a, str_fmt(a, "%ld: %s", k, bad)) : NULL;
        toy_free(y);
    }
    return caught;
}

static void planted_faults_are_caught(void **x)
{
    (void)x;
    static const char *const names[] = { "no sync of intents", "random token", "dropped edge", "blind retry" };
    struct arena *a = arena_new();
    for (int f = NO_SYNC; f <= BLIND_RETRY; f++) {
        const char *caught = campaign((enum fault)f, a);
        if (!caught)
            fail_msg("not caught: %s", names[f]);
        print_message("%s: caught in trial %s\n", names[f], caught);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_every_effect), cmocka_unit_test(within_an_append), cmocka_unit_test(again_while_recovering), cmocka_unit_test(while_destroying),
        cmocka_unit_test(while_changing),  cmocka_unit_test(planted_faults_are_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
