/* test_sim_made.c - what kc makes (keys, passwords) and a process that is killed at each of its effects while it makes them: at the end AWS holds
 * the one whose public part is in state, and no file holds any of them, nor what an earlier attempt made. */
#include "kctest.h"
#include "kc/json.h"
#include "kc/pki.h"
#include "sanitized.h"
#include "left.h"
#include <stdlib.h>

static const char file[] = "tests/sim/files/made.kcl";

static struct str quoted(struct arena *a, struct str pem)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < pem.n; i++)
        buf_fmt(&b, pem.s[i] == '\n' ? "\\n" : "%c", pem.s[i]);
    return buf_take(&b, a);
}

/* The certificate beside the key is the one that state has. NULL: so it is. */
static const char *certified(struct left *l, struct str text)
{
    struct arena *a = l->t->a;
    struct pki_certificate *c;
    struct str why = STR_NONE;
    size_t n;
    if (!pki_certificates(a, text, &c, &n, &why) || n != 1)
        return "there is no certificate beside the key";
    return str_find(l->state, str_fmt(a, "\"certificate\":\"%.*s\"", STR_ARG(quoted(a, c->pem)))) == SIZE_MAX ? "AWS holds another certificate than state says" : NULL;
}

/* The private key that AWS holds is the one whose public part state has; and so has who used that. NULL: so it is. */
static const char *unlike(struct left *l)
{
    struct arena *a = l->t->a;
    static const char *const names[] = { "one", "two" };
    for (size_t i = 0; i < 2; i++) {
        struct str public = STR_NONE, why = STR_NONE;
        if (!pki_public_pem(a, left_value(l, names[i]), &public, &why))
            return str_c(a, str_fmt(a, "%s: %.*s", names[i], STR_ARG(why)));
        if (str_find(l->state, str_fmt(a, "\"public\":\"%.*s\"", STR_ARG(quoted(a, public)))) == SIZE_MAX)
            return str_c(a, str_fmt(a, "%s: AWS holds another key than state says", names[i]));
        const struct value *note = sim_ok(l->t, "secretsmanager", "DescribeSecret", "{\"SecretId\":\"note\"}");
        if (i == 0 && !str_is(public, sim_text(l->t, note, "Description")))
            return "the note says another key than AWS holds";
    }
    const char *bad = certified(l, left_value(l, "one"));
    if (bad)
        return bad;
    if (left_value(l, "three").n != 16 + 1 + 24)
        return "the password is none";
    return str_find(l->state, STR("unmade")) != SIZE_MAX ? "something is said to be unmade" : NULL;
}

static void must_be_well(const char *dir, const char *when, long k)
{
    static const char *const names[] = { "one", "two", "three" };
    struct left l = left_look(dir);
    const char *bad = unlike(&l);
    for (size_t i = 0; i < 3 && !bad; i++)
        bad = left_leak(&l, names[i]);
    if (bad)
        fail_msg("%s, killed at effect %ld: %s", when, k, bad);
    left_free(&l);
}

/* ---- the campaigns ---- */

/* Under a sanitizer not at every effect. */
static long next(long k)
{
    return k + (SANITIZED ? 4 : 1);
}

/* The file in the folder, its types under one name, with this `turn`. */
static const char *turn(struct arena *a, const char *dir, int n)
{
    struct str text = stack_read(a, file), word = STR("param turn: int = ");
    size_t at = str_find(text, word);
    assert_true(at != SIZE_MAX);
    stack_write(dir, "made.kcl", str_fmt(a, "%.*s%d%.*s", (int)(at + word.n), text.s, n, STR_ARG(str_sub(text, at + word.n + 1, text.n))));
    return str_c(a, str_fmt(a, "%s/made.kcl", dir));
}

static void goes_on(struct arena *a, const char *dir, const char *path, const char *when, long k)
{
    struct child again = stack_child(a, dir, path, STACK_APPLY, 0);
    if (again.exit_code != 0)
        fail_msg("%s, killed at effect %ld: exit %d afterwards: %.*s", when, k, again.exit_code, STR_ARG(again.why));
    must_be_well(dir, when, k);
    again = stack_child(a, dir, path, STACK_PLAN, 0);
    if (again.exit_code != 0)
        fail_msg("%s, killed at effect %ld: the plan afterwards is not empty: %.*s", when, k, STR_ARG(again.why));
}

static void killed_while_it_makes(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    unsigned died[DIED_KINDS] = { 0 };
    long k = 1;
    for (;; k = next(k)) {
        const char *dir = stack_dir();
        struct child c = stack_child(a, dir, file, STACK_APPLY, k);
        if (c.exit_code == 0)
            break;
        died[c.died]++;
        goes_on(a, dir, file, "while it makes", k);
    }
    print_message("up to effect %ld; %u with an intent that was not sent, %u sent, %u made, %u answered\n", k - 1, died[DIED_INTENT], died[DIED_SENT], died[DIED_EFFECT], died[DIED_REPLY]);
    assert_true(died[DIED_INTENT] && died[DIED_SENT] && died[DIED_EFFECT] && died[DIED_REPLY]);
    arena_free(a);
}

static void killed_while_it_makes_anew(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    for (long k = 1;; k = next(k)) {
        const char *dir = stack_dir();
        assert_int_equal(stack_child(a, dir, turn(a, dir, 1), STACK_APPLY, 0).exit_code, 0);
        const char *path = turn(a, dir, 2);
        bool whole = stack_child(a, dir, path, STACK_APPLY, k).exit_code == 0;
        goes_on(a, dir, path, "while it makes anew", k);
        if (whole)
            break;
    }
    arena_free(a);
}

/* And the run after it, too. */
static void killed_twice(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    for (long k = 9; k < 60; k += 7) {
        for (long j = 4; j < 40; j += 11) {
            const char *dir = stack_dir();
            stack_child(a, dir, file, STACK_APPLY, k);
            stack_child(a, dir, file, STACK_APPLY, j);
            goes_on(a, dir, file, "twice", k * 1000 + j);
        }
    }
    stack_dir_remove();
    arena_free(a);
}

/* ---- what an attempt made of which nobody had the answer ---- */

static const char *current(struct left *l, const char *name)
{
    struct str id = { 0 };
    const struct value *v = sim_count(l->t->sim, STR("secretsmanager.secret")) ? sim_ok(l->t, "secretsmanager", "DescribeSecret", sim_json(l->t, "{'SecretId':'%s'}", name)) : NULL;
    v = v ? value_get(v, STR("VersionIdsToStages")) : NULL;
    for (size_t i = 0; v && i < v->object.n; i++) {
        const struct value *stages = v->object.v[i].value;
        for (size_t k = 0; k < stages->list.n; k++)
            id = str_is(stages->list.v[k]->s, "AWSCURRENT") ? v->object.v[i].key : id;
    }
    return id.n ? str_c(l->t->a, id) : "";
}

/* The token of the last intent, or of the record. */
static struct str token(const struct left *l)
{
    struct str rest = l->state, key = STR("\"token\":\""), last = STR_NONE;
    for (size_t at; (at = str_find(rest, key)) != SIZE_MAX;) {
        rest = str_sub(rest, at + key.n, rest.n);
        last = str_sub(rest, 0, str_find(rest, STR("\"")));
    }
    return last;
}

static void what_an_earlier_attempt_made_is_never_trusted(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    unsigned there = 0, not_there = 0;
    for (long k = 1;; k++) {
        const char *dir = stack_dir();
        bool whole = stack_child(a, dir, "tests/sim/files/word.kcl", STACK_APPLY, k).exit_code == 0;
        struct left before = left_look(dir);
        struct child again = stack_child(a, dir, "tests/sim/files/word.kcl", STACK_APPLY, 0);
        struct left after = left_look(dir);
        assert_int_equal(again.exit_code, 0);
        assert_true(*current(&after, "four"));
        if (again.open_intents && *current(&before, "four")) {
            there++;
            assert_string_not_equal(current(&before, "four"), current(&after, "four"));
        } else if (again.open_intents) {                    /* another value: AWS would refuse it under the token of the first */
            not_there++;
            assert_false(str_eq(token(&before), token(&after)));
        }
        assert_null(left_leak(&after, "four"));
        left_free(&before);
        left_free(&after);
        if (whole)
            break;
    }
    print_message("%u were there, %u were not\n", there, not_there);
    assert_true(there > 1 && not_there > 1);
    arena_free(a);
}

/* AWS dedups by the token, and what is made anew has another one: it waits until nothing can come of the first. */
static void with_a_token_of_its_own_it_waits_for_proof(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    unsigned waited = 0;
    for (long k = 1;; k++) {
        const char *dir = stack_dir();
        struct str text = stack_read(a, "tests/sim/files/word.kcl"), by = STR("by = \"name\"");
        size_t at = str_find(text, by);
        const char *path = str_c(a, str_fmt(a, "%s/word.kcl", dir));
        stack_write(dir, "word.kcl", str_fmt(a, "%.*sby = \"token\"%.*s", (int)at, text.s, STR_ARG(str_sub(text, at + by.n, text.n))));
        bool whole = stack_child(a, dir, path, STACK_APPLY, k).exit_code == 0;
        struct left before = left_look(dir);
        int64_t from = world_now(test_world(before.t->world));
        struct child again = stack_child(a, dir, path, STACK_APPLY, 0);
        struct left after = left_look(dir);
        assert_int_equal(again.exit_code, 0);
        if (again.open_intents && !*current(&before, "four")) {
            waited++;
            assert_true(world_now(test_world(after.t->world)) - from >= 300000);
        }
        left_free(&before);
        left_free(&after);
        if (whole)
            break;
    }
    assert_true(waited > 1);
    arena_free(a);
}

/* Without an out that tells which one AWS holds, nothing is sent while a request of an earlier attempt may arrive. */
static void a_late_request_does_not_count(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    unsigned waited = 0;
    for (long k = 1;; k++) {
        const char *dir = stack_dir();
        struct str text = stack_read(a, "tests/sim/files/word.kcl");
        const char *path = str_c(a, str_fmt(a, "%s/word.kcl", dir));
        stack_write(dir, "word.kcl", text);
        assert_int_equal(stack_child(a, dir, path, STACK_APPLY, 0).exit_code, 0);
        size_t at = str_find(text, STR("param turn: int = 1"));
        stack_write(dir, "word.kcl", str_fmt(a, "%.*sparam turn: int = 2%.*s", (int)at, text.s, STR_ARG(str_sub(text, at + 19, text.n))));
        bool whole = stack_child(a, dir, path, STACK_APPLY, k).exit_code == 0;
        struct left before = left_look(dir);
        int64_t from = world_now(test_world(before.t->world));
        struct child again = stack_child(a, dir, path, STACK_APPLY, 0);
        struct left after = left_look(dir);
        assert_int_equal(again.exit_code, 0);
        if (again.open_intents) {
            waited++;
            assert_true(world_now(test_world(after.t->world)) - from >= 300000);
            assert_string_not_equal(current(&before, "four"), current(&after, "four"));
        }
        left_free(&before);
        left_free(&after);
        if (whole)
            break;
    }
    assert_true(waited > 2);
    stack_dir_remove();
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(killed_while_it_makes), cmocka_unit_test(killed_while_it_makes_anew), cmocka_unit_test(killed_twice),
                                        cmocka_unit_test(what_an_earlier_attempt_made_is_never_trusted), cmocka_unit_test(with_a_token_of_its_own_it_waits_for_proof), cmocka_unit_test(a_late_request_does_not_count) };
    json_seed(1);                                          /* before the first table */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
