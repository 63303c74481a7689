/* test_state_damage.c - damaged state files: cut at each byte, flipped at each byte, random, of another time, of a newer kc; disks that fail.
 * The rule: load what was acknowledged, or refuse and say where and what to do. Never crash, never load something else. */
#include "kctest.h"
#include "kc/hash.h"
#include "state_help.h"
#include <stdlib.h>

enum { STEPS = 9 };

static void put(struct state *s, const char *addr, uint32_t generation, enum status status, const char *id)
{
    struct record r = state_a_record(addr, generation, status, id);
    state_put(s, &r);                                      /* may fail: the disk is bad in some tests */
}

/* One step of a small history; after each the state is durable. */
static void step(struct state *s, int i)
{
    struct intent in = state_an_intent("a.sub", 1, "op-1");
    switch (i) {
    case 0: state_begin(s, STR("h"), STR("kc apply")); break;
    case 1: put(s, "a.vpc", 1, STATUS_CREATING, "vpc-1"); break;
    case 2: put(s, "a.vpc", 1, STATUS_READY, "vpc-1"); break;
    case 3: state_intent(s, &in); break;
    case 4: state_outcome(s, STR("op-1"), in.record, NULL); break;
    case 5: put(s, "a.sub", 2, STATUS_READY, "subnet-2"); break;
    case 6: state_drop(s, STR("a.sub"), 1); break;
    case 7: in.op_id = STR("op-2"), state_intent(s, &in); break;
    default: state_move(s, STR("a.vpc"), STR("b.vpc")); break;
    }
    state_sync(s);
}

struct history { struct str text[STEPS + 1]; struct str journal, snapshot; };

static struct history record_history(struct arena *a)
{
    struct history h;
    struct str x;
    struct test_world *t = test_world_new();
    struct state *s = state_try(t, true);
    h.text[0] = state_text(s, a);
    for (int i = 0; i < STEPS; i++) {
        step(s, i);
        h.text[i + 1] = state_text(s, a);
    }
    assert_true(test_world_file(t, FOLDER "/journal", &x));
    h.journal = str_dup(a, x);
    state_close(s);
    assert_true(test_world_file(t, FOLDER "/state.json", &x));
    h.snapshot = str_dup(a, x);
    test_world_free(t);
    return h;
}

static enum state_error open_files(struct str journal, struct str snapshot, bool write, struct arena *a, struct str *text, struct str *why, struct str *note)
{
    struct test_world *t = test_world_new();
    struct state *s;
    if (journal.s)
        test_world_put(t, FOLDER "/journal", journal);
    if (snapshot.s)
        test_world_put(t, FOLDER "/state.json", snapshot);
    enum state_error e = state_open(test_world(t), state_store(t), write, &s, a, why);
    if (e == STATE_OK && write) {                          /* it can be continued, and what comes then is found again */
        state_add(s, "z.z", 1, STATUS_READY, "z");
        state_drop(s, STR("z.z"), 1);
        state_sync(s);
        *note = str_dup(a, state_note(s));
        test_world_crash(t, 0);
        state_lost(s);
        s = state_try(t, false);
        *text = state_text(s, a);
    } else if (e == STATE_OK) {
        *text = state_text(s, a);
        *note = str_dup(a, state_note(s));
    }
    state_close(s);
    test_world_free(t);
    return e;
}

/* Cut anywhere, a journal gives one of the states that were; and says so unless the cut fell between two lines. */
static void cut_at_each_byte(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    struct history h = record_history(a);
    struct str text, why, note;
    size_t refused = 0;
    for (size_t n = 0; n < h.journal.n; n++) {
        struct str cut = str_sub(h.journal, 0, n);
        if (open_files(cut, STR_NONE, n % 2, a, &text, &why, &note) != STATE_OK) {
            assert_true(str_find(why, STR("journal: line 1")) != SIZE_MAX);
            refused++;
            continue;
        }
        size_t i = 0;
        while (i <= STEPS && !str_eq(text, h.text[i]))
            i++;
        assert_true(i <= STEPS);
        assert_true((note.n != 0) == (h.journal.s[n - 1] != '\n'));
    }
    assert_int_equal(refused, str_find(h.journal, STR("\n")) + 1);   /* the first line was written whole, or not at all */
    arena_free(a);
}

static struct str flip(struct arena *a, struct str x, size_t at, unsigned bits)
{
    char *p = arena_copy(a, x.s, x.n);
    p[at] = (char)(p[at] ^ bits);
    return (struct str){ p, x.n };
}

static void flip_at_each_byte(void **x)
{
    (void)x;
    static const unsigned bits[] = { 1, 8, 32, 128, 0x2a };
    struct arena *a = arena_new();
    struct history h = record_history(a);
    struct str text, why, note;
    for (size_t n = 0; n < h.journal.n; n++) {
        struct str bad = flip(a, h.journal, n, bits[n % 5]);
        enum state_error e = open_files(bad, STR_NONE, n % 2, a, &text, &why, &note);
        if (e == STATE_OK)
            fail_msg("byte %zu flipped by %x was taken: %.*s", n, bits[n % 5], STR_ARG(note));
        assert_true(e == STATE_CORRUPT || e == STATE_NEWER);
        assert_true(str_find(why, STR(FOLDER "/journal")) != SIZE_MAX);
    }
    for (size_t n = 0; n < h.snapshot.n; n++) {
        struct str bad = flip(a, h.snapshot, n, bits[n % 5]);
        enum state_error e = open_files(STR_NONE, bad, n % 2, a, &text, &why, &note);
        if (e == STATE_OK)
            assert_str(text, str_c(a, h.text[STEPS]));     /* the salt and lineage in the head are not under the checksum */
        else
            assert_true(str_find(why, STR(FOLDER "/state.json")) != SIZE_MAX);
    }
    arena_free(a);
}

static void snapshot_cut_at_each_byte(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    struct history h = record_history(a);
    struct str text, why, note;
    for (size_t n = 0; n < h.snapshot.n; n++) {
        assert_int_equal(open_files(STR_NONE, str_sub(h.snapshot, 0, n), n % 2, a, &text, &why, &note), STATE_CORRUPT);
        assert_true(str_find(why, STR("at byte")) != SIZE_MAX);
        assert_true(str_find(why, STR("history")) != SIZE_MAX);
    }
    arena_free(a);
}

static struct str line_at(struct str text, size_t number, struct str *rest)
{
    struct str line = STR_NONE;
    *rest = text;
    for (size_t i = 0; i <= number; i++)
        str_cut(rest, '\n', &line);
    return line;
}

static void lines_dropped_doubled_swapped(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    struct history h = record_history(a);
    struct str text, why, note, rest;
    for (size_t i = 0; i < STEPS; i++) {
        struct str line = line_at(h.journal, i, &rest), after;
        struct str before = str_sub(h.journal, 0, (size_t)(line.s - h.journal.s));
        struct str next = line_at(rest, 0, &after);
        struct str dropped = str_fmt(a, "%.*s%.*s", STR_ARG(before), STR_ARG(rest));
        struct str doubled = str_fmt(a, "%.*s%.*s\n%.*s\n%.*s", STR_ARG(before), STR_ARG(line), STR_ARG(line), STR_ARG(rest));
        struct str swapped = str_fmt(a, "%.*s%.*s\n%.*s\n%.*s", STR_ARG(before), STR_ARG(next), STR_ARG(line), STR_ARG(after));
        assert_int_equal(open_files(dropped, STR_NONE, true, a, &text, &why, &note), STATE_CORRUPT);
        assert_int_equal(open_files(doubled, STR_NONE, true, a, &text, &why, &note), STATE_CORRUPT);
        assert_int_equal(open_files(swapped, STR_NONE, true, a, &text, &why, &note), STATE_CORRUPT);
    }
    arena_free(a);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* 64 random broken pairs of files: random bytes, splices of good ones, random JSON under a right checksum. */
static void random_files(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    struct history h = record_history(a);
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 64; i++) {
        struct str text, why = STR_NONE, note, from = i % 2 ? h.journal : h.snapshot;
        char *p = arena_copy(a, from.s, from.n);
        size_t cuts = 1 + next_random(&seed) % 20;
        for (size_t k = 0; k < cuts; k++) {
            size_t at = next_random(&seed) % from.n, len = next_random(&seed) % 40;
            for (size_t j = at; j < from.n && j < at + len; j++)
                p[j] = i % 3 ? (char)next_random(&seed) : from.s[next_random(&seed) % from.n];
        }
        struct str bad = { p, next_random(&seed) % (from.n + 1) };
        enum state_error e = i % 2 ? open_files(bad, STR_NONE, true, a, &text, &why, &note) : open_files(h.journal, bad, true, a, &text, &why, &note);
        if (e != STATE_OK) {
            assert_true(e == STATE_CORRUPT || e == STATE_NEWER);
            assert_true(why.n > 40);
        }
    }
    arena_free(a);
}

static struct str sealed_snapshot(struct arena *a, const char *entries)
{
    struct str body = str_fmt(a, "%s\n]}\n", entries);
    return str_fmt(a, "{\"kc\":\"state\",\"format\":1,\"serial\":3,\"lineage\":\"l\",\"salt\":\"s\",\"bytes\":%zu,\"sha256\":\"%.*s\",\"entries\":[\n%.*s", body.n,
                   STR_ARG(sha256_hex(a, body)), STR_ARG(body));
}

/* A right checksum around nonsense: still refused, with the offset of the entry. */
static void sealed_nonsense(void **x)
{
    (void)x;
    static const char *const entries[] = {
        "", "1", "[]", "{}", "{\"t\":1}", "{\"t\":\"dance\"}", "{\"t\":\"put\"}", "{\"t\":\"put\",\"record\":[]}", "{\"t\":\"put\",\"record\":{\"addr\":\"a\"}}",
        "{\"t\":\"put\",\"record\":{\"addr\":\"a\",\"type\":\"t\",\"gen\":-1,\"status\":\"ready\",\"created\":0,\"changed\":0}}",
        "{\"t\":\"put\",\"record\":{\"addr\":\"a\",\"type\":\"t\",\"gen\":1,\"status\":\"fine\",\"created\":0,\"changed\":0}}",
        "{\"t\":\"put\",\"record\":{\"addr\":\"a\",\"type\":\"t\",\"gen\":1,\"status\":\"ready\",\"created\":0,\"changed\":0,\"deps\":[[\"x\",\"love\",1]]}}",
        "{\"t\":\"put\",\"record\":{\"addr\":\"a\",\"type\":\"t\",\"gen\":1,\"status\":\"ready\",\"created\":0,\"changed\":0,\"inputs\":[1]}}",
        "{\"t\":\"put\",\"record\":{\"addr\":\"a\",\"type\":\"t\",\"gen\":1,\"status\":\"ready\",\"created\":0,\"changed\":0,\"done\":[1]}}",
        "{\"t\":\"intent\",\"op\":\"1\"}", "{\"t\":\"meta\",\"salt\":7}", "{\"t\":\"gen\",\"addr\":\"\",\"gen\":1}", "{\"t\":\"drop\",\"gen\":99999999999}",
    };
    struct arena *a = arena_new();
    struct str text, why, note;
    for (size_t i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
        if (open_files(STR_NONE, sealed_snapshot(a, entries[i]), true, a, &text, &why, &note) != STATE_CORRUPT)
            fail_msg("taken: %s", entries[i]);
        assert_true(str_find(why, STR("at byte")) != SIZE_MAX);
    }
    arena_free(a);
}

static void files_of_another_time(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    struct test_world *t = test_world_new();
    struct str j1, s1, j2, s2, text, why, note;
    struct state *s = state_try(t, true);
    for (int i = 0; i < 4; i++)
        step(s, i);
    state_close(s);
    test_world_file(t, FOLDER "/state.json", &s1), s1 = str_dup(a, s1);
    s = state_try(t, true);
    step(s, 4);
    test_world_file(t, FOLDER "/journal", &j1), j1 = str_dup(a, j1);
    struct str late = state_text(s, a);
    state_close(s);
    test_world_file(t, FOLDER "/journal", &j2), j2 = str_dup(a, j2);
    test_world_file(t, FOLDER "/state.json", &s2), s2 = str_dup(a, s2);
    assert_int_equal(open_files(j1, s2, true, a, &text, &why, &note), STATE_OK);       /* a crash between snapshot and new journal */
    assert_true(str_eq(text, late));
    assert_int_equal(open_files(j1, s1, true, a, &text, &why, &note), STATE_OK);
    assert_true(str_eq(text, late));
    assert_int_equal(open_files(j2, s1, true, a, &text, &why, &note), STATE_CORRUPT);  /* an older snapshot put back */
    assert_true(str_find(why, STR("is older")) != SIZE_MAX);
    assert_int_equal(open_files(j2, STR_NONE, true, a, &text, &why, &note), STATE_CORRUPT);
    assert_int_equal(open_files(STR_NONE, s2, true, a, &text, &why, &note), STATE_OK);
    assert_int_equal(open_files(j2, sealed_snapshot(a, "{\"t\":\"meta\",\"salt\":\"s\"}"), true, a, &text, &why, &note), STATE_CORRUPT);
    assert_true(str_find(why, STR("another stack")) != SIZE_MAX);
    test_world_free(t);
    t = test_world_new();                                  /* only history is left */
    test_world_put(t, FOLDER "/history/0000000001.json", s1);
    assert_int_equal(state_open(test_world(t), state_store(t), true, &s, a, &why), STATE_CORRUPT);
    assert_true(str_find(why, STR("history/0000000001.json")) != SIZE_MAX);
    test_world_free(t);
    arena_free(a);
}

static void newer_formats(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    struct str text, why, note;
    struct str snap = STR("{\"kc\":\"state\",\"format\":4,\"serial\":3,\"entries\":[\n]}\n");
    assert_int_equal(open_files(STR_NONE, snap, true, a, &text, &why, &note), STATE_NEWER);
    assert_true(str_find(why, STR("newer kc (format 4")) != SIZE_MAX);
    arena_free(a);
}

/* Each disk effect fails in turn: the call that needed it says no, all later ones too, and what was acknowledged is there afterwards. */
static void each_disk_effect_fails(void **x)
{
    (void)x;
    static const enum disk_error kinds[] = { DISK_FULL, DISK_READONLY, DISK_DENIED, DISK_FAILED };
    struct arena *a = arena_new();
    struct history h = record_history(a);
    for (int at = 0; at < 60; at++) {
        struct test_world *t = test_world_new();
        struct state *s;
        struct str why;
        int done = 0;
        test_world_disk_fails(t, kinds[at % 4], at, TEST_ALWAYS);
        enum state_error e = state_open(test_world(t), state_store(t), true, &s, a, &why);
        if (e != STATE_OK) {
            assert_int_equal(e, STATE_DISK);
            assert_true(str_find(why, str_of(disk_error_text(kinds[at % 4]))) != SIZE_MAX);
        }
        for (; e == STATE_OK && done < STEPS && !state_problem(s).n; done++)
            step(s, done);
        bool failed = e == STATE_OK && state_problem(s).n;
        if (failed) {
            assert_false(state_sync(s));
            assert_false(state_drop(s, STR("a.vpc"), 1));
        }
        if (e == STATE_OK)
            state_close(s);
        test_world_disk_fails(t, DISK_OK, 0, 0);
        test_world_crash(t, 0);
        e = state_open(test_world(t), state_store(t), true, &s, a, &why);
        assert_int_equal(e, STATE_OK);
        struct str now = state_text(s, a);
        bool same = str_eq(now, h.text[done]) || (failed && str_eq(now, h.text[done - 1]));
        if (!same)
            fail_msg("effect %d, %d steps: got\n%.*s", at, done, STR_ARG(now));
        state_close(s);
        test_world_free(t);
    }
    arena_free(a);
}

static void disk_fills_up(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    struct history h = record_history(a);
    for (int64_t room = 0; room < 6000; room += 97) {
        struct test_world *t = test_world_new();
        struct state *s;
        struct str why;
        int done = 0;
        test_world_disk_room(t, room);
        enum state_error e = state_open(test_world(t), state_store(t), true, &s, a, &why);
        for (; e == STATE_OK && done < STEPS && !state_problem(s).n; done++)
            step(s, done);
        bool failed = e == STATE_OK && state_problem(s).n;
        if (failed)
            assert_true(str_find(state_problem(s), STR(FOLDER)) != SIZE_MAX);
        if (e == STATE_OK)
            state_close(s);
        test_world_disk_room(t, -1);
        s = state_try(t, true);
        struct str now = state_text(s, a);
        assert_true(str_eq(now, h.text[done]) || (failed && str_eq(now, h.text[done - 1])));
        state_close(s);
        test_world_free(t);
    }
    arena_free(a);
}

static void unreadable_files(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    struct test_world *t = test_world_new();
    struct state *s = state_try(t, true);
    struct str why;
    step(s, 1);
    state_close(s);
    test_world_deny(t, FOLDER "/state.json", DISK_DENIED);
    assert_int_equal(state_open(test_world(t), state_store(t), false, &s, a, &why), STATE_DISK);
    assert_true(str_find(why, STR(FOLDER "/state.json")) != SIZE_MAX);
    test_world_free(t);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_at_each_byte),   cmocka_unit_test(flip_at_each_byte),     cmocka_unit_test(snapshot_cut_at_each_byte),
        cmocka_unit_test(lines_dropped_doubled_swapped), cmocka_unit_test(random_files), cmocka_unit_test(sealed_nonsense),
        cmocka_unit_test(files_of_another_time), cmocka_unit_test(newer_formats),      cmocka_unit_test(each_disk_effect_fails),
        cmocka_unit_test(disk_fills_up),      cmocka_unit_test(unreadable_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
