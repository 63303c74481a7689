/* test_sim_rotation.c - a key that others trust is rotated, and the process is killed at each of its effects: at every moment who trusts it knows the key
 * that is used, nothing is trusted that AWS does not hold, and at the end the labels are those of the numbers in the file. */
#include "kctest.h"
#include "kc/json.h"
#include "kc/pki.h"
#include "left.h"
#include "sanitized.h"

static const char file[] = "tests/sim/files/rotation.kcl";

struct numbers { int current; const char *valid; };

static const char *write_file(struct arena *a, const char *dir, struct numbers n)
{
    struct str text = stack_read(a, file), from = STR("param current: int = 1\nparam valid: set[int] = [1]\n");
    size_t at = str_find(text, from);
    assert_true(at != SIZE_MAX);
    stack_write(dir, "rotation.kcl", str_fmt(a, "%.*sparam current: int = %d\nparam valid: set[int] = [%s]\n%.*s", (int)at, text.s, n.current, n.valid,
                                             STR_ARG(str_sub(text, at + from.n, text.n))));
    return str_c(a, str_fmt(a, "%s/rotation.kcl", dir));
}

/* ---- the account ---- */

static bool exists(struct left *l, const char *name)
{
    const struct value *all = value_get(sim_ok(l->t, "secretsmanager", "ListSecrets", "{}"), STR("SecretList"));
    for (size_t i = 0; i < all->list.n; i++)
        if (str_is(value_get(all->list.v[i], STR("Name"))->s, name))
            return true;
    return false;
}

/* The certificate that stands behind the key under this label; empty: none has it. */
static struct str certificate(struct left *l, const char *label)
{
    const struct value *stages = value_get(sim_ok(l->t, "secretsmanager", "DescribeSecret", "{\"SecretId\":\"one\"}"), STR("VersionIdsToStages"));
    bool there = false;
    for (size_t i = 0; i < stages->object.n; i++)
        for (size_t k = 0; k < stages->object.v[i].value->list.n; k++)
            there = there || str_is(stages->object.v[i].value->list.v[k]->s, label);
    if (!there)
        return STR_NONE;
    struct str text = str_of(sim_text(l->t, sim_ok(l->t, "secretsmanager", "GetSecretValue", sim_json(l->t, "{'SecretId':'one','VersionStage':'%s'}", label)), "SecretString"));
    size_t at = str_find(text, STR("-----BEGIN CERTIFICATE"));
    assert_true(str_starts(text, STR("-----BEGIN PRIVATE KEY")) && at != SIZE_MAX);
    return str_sub(text, at, text.n);
}

static struct str trusted(struct left *l)
{
    return exists(l, "note") ? str_of(sim_text(l->t, sim_ok(l->t, "secretsmanager", "DescribeSecret", "{\"SecretId\":\"note\"}"), "Description")) : STR_NONE;
}

/* ---- what always holds ---- */

/* Each certificate that is trusted is one that AWS holds beside its key, under a label or without. */
static bool all_held(struct left *l, struct str text)
{
    struct pki_certificate *v;
    struct str why;
    size_t n = 0, held = 0;
    if (!text.n)
        return true;
    assert_true(pki_certificates(l->t->a, text, &v, &n, &why));
    const struct value *all = value_get(sim_ok(l->t, "secretsmanager", "ListSecretVersionIds", "{\"SecretId\":\"one\",\"IncludeDeprecated\":true}"), STR("Versions"));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < all->list.n; k++) {
            const char *id = sim_text(l->t, all->list.v[k], "VersionId");
            struct str value = str_of(sim_text(l->t, sim_ok(l->t, "secretsmanager", "GetSecretValue", sim_json(l->t, "{'SecretId':'one','VersionId':'%s'}", id)), "SecretString"));
            held += str_find(value, v[i].pem) != SIZE_MAX;
        }
    return held == n;
}

static const char *broken(const char *dir)
{
    struct left l = left_look(dir);
    const char *bad = NULL;
    struct str text = trusted(&l);
    if (text.n && str_find(text, certificate(&l, "AWSCURRENT")) == SIZE_MAX)
        bad = "a key is used that nobody trusts";
    else if (text.n && !all_held(&l, text))
        bad = "something is trusted that AWS does not hold";
    else if (exists(&l, "one"))
        bad = left_leak(&l, "one");
    left_free(&l);
    return bad;
}

/* The labels are those of the numbers, and who trusts them has these certificates, the current one first. */
static const char *unfinished(const char *dir, struct numbers n)
{
    struct left l = left_look(dir);
    struct str current = certificate(&l, "AWSCURRENT"), pending = certificate(&l, "AWSPENDING"), previous = certificate(&l, "AWSPREVIOUS"), other = pending.n ? pending : previous;
    bool two = strlen(n.valid) > 1, ahead = two && n.current == 1;
    const char *bad = !pending.n != !ahead || !previous.n != !(two && !ahead) ? "the labels are not those of the numbers"
                      : !str_eq(trusted(&l), str_fmt(l.t->a, "%.*s%.*s", STR_ARG(current), STR_ARG(other))) ? "what is trusted is not what AWS holds"
                      : str_find(l.state, STR("unmade")) != SIZE_MAX                                        ? "something is said to be unmade"
                                                                                                            : NULL;
    left_free(&l);
    return bad;
}

/* ---- the campaign ---- */

static void must(const char *bad, const char *when, long k)
{
    if (bad)
        fail_msg("%s, killed at effect %ld: %s", when, k, bad);
}

static void reach(struct arena *a, const char *dir, const struct numbers *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(stack_child(a, dir, write_file(a, dir, from[i]), STACK_APPLY, 0).exit_code, 0);
}

/* From what the steps before led to, to `to`; killed at each effect, then whole. */
static void killed_on_the_way(const char *when, const struct numbers *from, size_t n, struct numbers to)
{
    struct arena *a = arena_new();
    long k = 1;
    for (bool whole = false; !whole; k += SANITIZED ? 7 : 2) {
        const char *dir = stack_dir();
        reach(a, dir, from, n);
        const char *path = write_file(a, dir, to);
        whole = stack_child(a, dir, path, STACK_APPLY, k).exit_code == 0;
        must(broken(dir), when, k);
        struct child again = stack_child(a, dir, path, STACK_APPLY, 0);
        if (again.exit_code != 0)
            fail_msg("%s, killed at effect %ld: exit %d afterwards: %.*s", when, k, again.exit_code, STR_ARG(again.why));
        must(broken(dir), when, k);
        must(unfinished(dir, to), when, k);
        again = stack_child(a, dir, path, STACK_PLAN, 0);
        if (again.exit_code != 0)
            fail_msg("%s, killed at effect %ld: the plan afterwards is not empty: %.*s", when, k, STR_ARG(again.why));
    }
    print_message("%s: %ld effects\n", when, k - 1);
    assert_true(k > 4);
    stack_dir_remove();
    arena_free(a);
}

static const struct numbers way[] = { { 1, "1" }, { 1, "1, 2" }, { 2, "1, 2" }, { 2, "2" } };

static void the_next_key_comes(void **x)
{
    (void)x;
    killed_on_the_way("the next key comes", way, 1, way[1]);
}

static void the_next_key_is_used(void **x)
{
    (void)x;
    killed_on_the_way("the next key is used", way, 2, way[2]);
}

static void the_old_key_goes(void **x)
{
    (void)x;
    killed_on_the_way("the old key goes", way, 3, way[3]);
}

static void the_old_key_is_used_again(void **x)
{
    (void)x;
    killed_on_the_way("the old key is used again", way, 3, way[1]);
}

static void both_are_made_at_once(void **x)
{
    (void)x;
    killed_on_the_way("both are made at once", way, 0, way[2]);
}

/* Killed in one change, the file then says what was before: what came of it is taken back. */
static void killed_and_taken_back(void **x)
{
    (void)x;
    struct arena *a = arena_new();
    for (long k = 1; k < 40; k += SANITIZED ? 7 : 2) {
        const char *dir = stack_dir();
        reach(a, dir, way, 1);
        stack_child(a, dir, write_file(a, dir, way[1]), STACK_APPLY, k);
        const char *path = write_file(a, dir, way[0]);
        assert_int_equal(stack_child(a, dir, path, STACK_APPLY, 0).exit_code, 0);
        must(broken(dir), "taken back", k);
        must(unfinished(dir, way[0]), "taken back", k);
        assert_int_equal(stack_child(a, dir, path, STACK_PLAN, 0).exit_code, 0);
    }
    stack_dir_remove();
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_next_key_comes),       cmocka_unit_test(the_next_key_is_used),  cmocka_unit_test(the_old_key_goes),
                                        cmocka_unit_test(the_old_key_is_used_again), cmocka_unit_test(both_are_made_at_once), cmocka_unit_test(killed_and_taken_back) };
    json_seed(1);                                          /* before the first table */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
