/* test_sim_made.c - what kc makes (keys, passwords) and a process that is killed at each of its effects while it makes them: at the end AWS holds
 * the one whose public part is in state, and no file holds any of them, nor what an earlier attempt made. */
#include "kctest.h"
#include "kc/hash.h"
#include "kc/json.h"
#include "kc/pki.h"
#include "sanitized.h"
#include "sim_test.h"
#include "stack.h"
#include <ftw.h>
#include <stdlib.h>

static const char file[] = "tests/sim/files/made.kcl";

/* ---- the account that a run left behind ---- */

struct left {
    struct sim_test *t;
    struct test_world *disk;
    struct str state, files[64];                           /* what the state's files say; all that are in the folder */
    size_t nfiles;
};

static struct left *visited;

static int visit(const char *path, const struct stat *st, int type, struct FTW *f)
{
    (void)st, (void)f;
    if (type == FTW_F && visited->nfiles < 64)
        visited->files[visited->nfiles++] = stack_read(visited->t->a, path);
    return 0;
}

static struct left look(const char *dir)
{
    struct arena *a = arena_new();
    struct test_world *w = test_world_new();
    struct str log = stack_read(a, str_c(a, str_fmt(a, "%s/account.log", dir)));
    struct left l = { .disk = w };
    assert_int_equal(world_write(test_world(w), STR("account.log"), log), DISK_OK);
    l.t = sim_test_new(&(struct sim_options){ .seed = 1, .exact = true, .log = STR("account.log"), .disk = test_world(w) });
    l.state = str_fmt(l.t->a, "%.*s%.*s", STR_ARG(stack_read(a, str_c(a, str_fmt(a, "%s/.kc/stacks/test/state.json", dir)))),
                      STR_ARG(stack_read(a, str_c(a, str_fmt(a, "%s/.kc/stacks/test/journal", dir)))));
    visited = &l;
    nftw(dir, visit, 16, FTW_PHYS);
    arena_free(a);
    return l;
}

static void left_free(struct left *l)
{
    sim_test_free(l->t);
    test_world_free(l->disk);
}

static struct str value(struct left *l, const char *name)
{
    return str_of(sim_text(l->t, sim_ok(l->t, "secretsmanager", "GetSecretValue", sim_json(l->t, "{'SecretId':'%s'}", name)), "SecretString"));
}

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
        if (!pki_public_pem(a, value(l, names[i]), &public, &why))
            return str_c(a, str_fmt(a, "%s: %.*s", names[i], STR_ARG(why)));
        if (str_find(l->state, str_fmt(a, "\"public\":\"%.*s\"", STR_ARG(quoted(a, public)))) == SIZE_MAX)
            return str_c(a, str_fmt(a, "%s: AWS holds another key than state says", names[i]));
        const struct value *note = sim_ok(l->t, "secretsmanager", "DescribeSecret", "{\"SecretId\":\"note\"}");
        if (i == 0 && !str_is(public, sim_text(l->t, note, "Description")))
            return "the note says another key than AWS holds";
    }
    const char *bad = certified(l, value(l, "one"));
    if (bad)
        return bad;
    if (value(l, "three").n != 16 + 1 + 24)
        return "the password is none";
    return str_find(l->state, STR("unmade")) != SIZE_MAX ? "something is said to be unmade" : NULL;
}

/* ---- nothing of it stays ---- */

static bool holds(const struct left *l, struct str what)
{
    for (size_t i = 0; i < l->nfiles; i++)
        if (str_find(l->files[i], what) != SIZE_MAX)
            return true;
    return false;
}

/* As it is, or as others would write it: as base64 at each of its three offsets, as hexadecimal digits. */
static bool leaks(const struct left *l, struct str secret)
{
    struct arena *a = l->t->a;
    if (holds(l, secret) || holds(l, hex(a, (const uint8_t *)secret.s, secret.n)))
        return true;
    for (size_t off = 0; off < 3 && secret.n > 12; off++) {
        struct str from = str_sub(secret, off, secret.n), whole = base64(a, str_sub(from, 0, from.n / 3 * 3));
        if (holds(l, whole))
            return true;
    }
    return false;
}

/* The secret number of a key on P-256, or of Ed25519, where PKCS#8 has it; and the lines of PEM that hold some of it. */
static bool leaks_key(const struct left *l, struct str pem)
{
    struct str rest = pem, line, der = STR_NONE;
    struct buf body = { 0 };
    bool found = false;
    for (unsigned n = 0; str_cut(&rest, '\n', &line); n++) {
        if (line.n && !str_starts(line, STR("-----")))
            buf_str(&body, line);
        found = found || ((n == 1 || (n == 2 && line.n == 64)) && leaks(l, line));
    }
    assert_true(base64_decode(l->t->a, buf_take(&body, l->t->a), &der) && (der.n == 48 || der.n == 138));
    return found || leaks(l, der.n == 48 ? str_sub(der, 16, 48) : str_sub(der, 36, 68));
}

static const char *leak(struct left *l, const char *name)
{
    struct arena *a = l->t->a;
    const struct value *all = sim_ok(l->t, "secretsmanager", "ListSecretVersionIds", sim_json(l->t, "{'SecretId':'%s','IncludeDeprecated':true}", name));
    const struct value *list = value_get(all, STR("Versions"));
    for (size_t i = 0; i < list->list.n; i++) {
        const char *id = sim_text(l->t, list->list.v[i], "VersionId");
        struct str text = str_of(sim_text(l->t, sim_ok(l->t, "secretsmanager", "GetSecretValue", sim_json(l->t, "{'SecretId':'%s','VersionId':'%s'}", name, id)), "SecretString")), salt;
        text = str_sub(text, 0, str_find(text, STR("-----BEGIN CERTIFICATE-----")));     /* which is no secret */
        bool found = str_starts(text, STR("-----")) ? leaks_key(l, text) : leaks(l, text);
        if (!str_starts(text, STR("-----")) && str_find(text, STR(":")) != SIZE_MAX)
            found = found || (str_cut(&text, ':', &salt) && (leaks(l, salt) || leaks(l, text)));
        if (found)
            return str_c(a, str_fmt(a, "version %s of %s is in a file", id, name));
    }
    return NULL;
}

static void must_be_well(const char *dir, const char *when, long k)
{
    static const char *const names[] = { "one", "two", "three" };
    struct left l = look(dir);
    const char *bad = unlike(&l);
    for (size_t i = 0; i < 3 && !bad; i++)
        bad = leak(&l, names[i]);
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
        struct left before = look(dir);
        struct child again = stack_child(a, dir, "tests/sim/files/word.kcl", STACK_APPLY, 0);
        struct left after = look(dir);
        assert_int_equal(again.exit_code, 0);
        assert_true(*current(&after, "four"));
        if (again.open_intents && *current(&before, "four")) {
            there++;
            assert_string_not_equal(current(&before, "four"), current(&after, "four"));
        } else if (again.open_intents) {                    /* another value: AWS would refuse it under the token of the first */
            not_there++;
            assert_false(str_eq(token(&before), token(&after)));
        }
        assert_null(leak(&after, "four"));
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
        struct left before = look(dir);
        int64_t from = world_now(test_world(before.t->world));
        struct child again = stack_child(a, dir, path, STACK_APPLY, 0);
        struct left after = look(dir);
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
        struct left before = look(dir);
        int64_t from = world_now(test_world(before.t->world));
        struct child again = stack_child(a, dir, path, STACK_APPLY, 0);
        struct left after = look(dir);
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
