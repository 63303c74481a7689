/* The key of a stack's secrets: where it is, when it is made, and what can be told with it and without. */
#include "canary.h"
#include "kctest.h"
#include "kc/hash.h"
#include "kc/keyring.h"

#define LINE "0123456789abcdef0123456789abcdef"
#define FILE_OF_KEY ".config/kc/keys/" LINE
#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define OTHER "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct test_world *t;
static struct arena *a;
static struct str why;

static int setup(void **state)
{
    (void)state;
    t = test_world_new();
    a = arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_world_free(t);
    arena_free(a);
    return 0;
}

static struct keyring *ring(void)
{
    struct keyring *k = keyring_open(test_world(t), a, STR(LINE), &why);
    if (!k)
        fail_msg("%.*s", STR_ARG(why));
    return k;
}

static struct keyring *ring_of(const char *key)
{
    test_world_env(t, "KC_STATE_KEY", key);
    return ring();
}

static const struct value *secret(const char *text)
{
    return value_secret(a, value_str(a, str_of(text)));
}

static bool withheld(const struct value *v)
{
    return v->kind == VALUE_DIGEST && v->secret && v->digest->n == 0;
}

static void made_with_the_first_secret(void **state)
{
    (void)state;
    struct str text;
    struct keyring *k = ring();
    keyring_may_make(k);
    const struct value *plain = value_str(a, STR("x"));
    assert_ptr_equal(keyring_seal(k, a, plain), plain);
    assert_false(test_world_file(t, FILE_OF_KEY, &text));
    const struct value *v = keyring_seal(k, a, secret(CANARY));
    assert_true(test_world_file(t, FILE_OF_KEY, &text));
    assert_int_equal(text.n, 65);
    uint8_t key[32], id[32];
    assert_true(hex_decode(str_sub(text, 0, 64), key));
    sha256((struct str){ (const char *)key, 32 }, id);
    assert_memory_equal(v->digest->key, id, 8);
    assert_true(str_find(keyring_news(k, a), STR(FILE_OF_KEY)) != SIZE_MAX);
    test_world_crash(t, 0);
    assert_int_equal(keyring_compare(ring(), v, secret(CANARY)), KEPT_SAME);
    assert_int_equal(keyring_compare(ring(), v, secret("another")), KEPT_OTHER);
    assert_true(keyring_opens(ring(), v));
    assert_int_equal(keyring_news(ring(), a).n, 0);
}

static void where_xdg_says(void **state)
{
    (void)state;
    struct str text;
    test_world_env(t, "XDG_CONFIG_HOME", "/cfg");
    struct keyring *k = ring();
    keyring_may_make(k);
    keyring_seal(k, a, secret("x"));
    assert_true(test_world_file(t, "/cfg/kc/keys/" LINE, &text));
    test_world_env(t, "XDG_CONFIG_HOME", "relative");      /* which the XDG specification has ignored */
    k = ring();
    keyring_may_make(k);
    keyring_seal(k, a, secret("x"));
    assert_true(test_world_file(t, FILE_OF_KEY, &text));
}

static void a_reader_makes_none(void **state)
{
    (void)state;
    struct str text;
    assert_true(withheld(keyring_seal(ring(), a, secret("x"))));
    assert_true(withheld(keyring_seal(NULL, a, secret("x"))));
    assert_false(test_world_file(t, FILE_OF_KEY, &text));
}

static void the_environment_wins(void **state)
{
    (void)state;
    struct str text;
    test_world_put(t, FILE_OF_KEY, STR(OTHER "\n"));
    struct keyring *file = ring(), *env = ring_of("  " KEY "\n");
    keyring_may_make(env);
    const struct value *v = keyring_seal(env, a, secret("x"));
    assert_int_equal(keyring_compare(file, v, secret("x")), KEPT_UNSURE);
    assert_int_equal(keyring_compare(ring_of("00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF"), v, secret("x")), KEPT_SAME);
    assert_true(test_world_file(t, FILE_OF_KEY, &text));
    assert_str(text, OTHER "\n");
    assert_int_equal(keyring_news(env, a).n, 0);
}

static void what_is_no_key_is_refused(void **state)
{
    (void)state;
    const char *const bad[] = { "x", "0011", KEY "00", "zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        test_world_env(t, "KC_STATE_KEY", bad[i]);
        assert_null(keyring_open(test_world(t), a, STR(LINE), &why));
        assert_true(str_starts(why, STR("KC_STATE_KEY is no key")));
        assert_true(i == 0 || str_find(why, str_of(bad[i])) == SIZE_MAX);      /* it may be one digit short of a key */
    }
    test_world_env(t, "KC_STATE_KEY", NULL);
    test_world_put(t, FILE_OF_KEY, STR("not a key\n"));
    assert_null(keyring_open(test_world(t), a, STR(LINE), &why));
    assert_true(str_find(why, STR(FILE_OF_KEY " holds no key")) != SIZE_MAX);
    test_world_deny(t, FILE_OF_KEY, DISK_DENIED);
    assert_null(keyring_open(test_world(t), a, STR(LINE), &why));
    assert_true(str_find(why, STR(FILE_OF_KEY " cannot be read")) != SIZE_MAX);
    test_world_env(t, "KC_STATE_KEY", "");                 /* as unset */
    assert_null(keyring_open(test_world(t), a, STR(LINE), &why));
}

static void where_no_file_can_be(void **state)
{
    (void)state;
    test_world_env(t, "HOME", NULL);
    struct keyring *k = ring();
    keyring_may_make(k);
    assert_true(withheld(keyring_seal(k, a, secret("x"))));
    assert_true(str_find(keyring_news(k, a), STR("KC_STATE_KEY")) != SIZE_MAX);
    test_world_env(t, "HOME", "/home/test");
    test_world_disk_fails(t, DISK_FULL, 0, TEST_ALWAYS);
    k = ring();
    keyring_may_make(k);
    assert_true(withheld(keyring_seal(k, a, secret("x"))));
    assert_true(withheld(keyring_seal(k, a, secret("y"))));
    assert_true(str_find(keyring_news(k, a), STR("disk")) != SIZE_MAX || str_find(keyring_news(k, a), STR("space")) != SIZE_MAX);
}

static void what_cannot_be_compared_is_said(void **state)
{
    (void)state;
    struct keyring *mine = ring_of(KEY);
    const struct value *v = keyring_seal(mine, a, secret("x")), *none = &value_withheld;
    test_world_env(t, "KC_STATE_KEY", NULL);
    struct keyring *without = ring();
    keyring_met(without, v);
    assert_int_equal(keyring_compare(without, v, secret("y")), KEPT_UNSURE);
    assert_false(keyring_opens(without, v));
    assert_true(str_find(keyring_problem(without, a), STR(FILE_OF_KEY)) != SIZE_MAX);
    struct keyring *other = ring_of(OTHER);
    keyring_met(other, v);
    assert_int_equal(keyring_compare(other, v, secret("y")), KEPT_UNSURE);
    assert_true(str_starts(keyring_problem(other, a), STR("KC_STATE_KEY is another key than the stack's")));
    assert_int_equal(keyring_compare(mine, none, secret("y")), KEPT_UNSURE);
    assert_int_equal(keyring_compare(mine, none, v), KEPT_UNSURE);
    assert_int_equal(keyring_compare(mine, none, none), KEPT_SAME);
    assert_int_equal(keyring_compare(mine, v, &value_none), KEPT_OTHER);
}

/* Two keys in one state would be of use to nobody; and nobody undoes what others recorded. */
static void a_stack_has_one_key(void **state)
{
    (void)state;
    struct str text;
    const struct value *v = keyring_seal(ring_of(KEY), a, secret("x"));
    struct keyring *other = ring_of(OTHER);
    keyring_met(other, v);
    assert_true(withheld(keyring_seal(other, a, secret("y"))));
    test_world_env(t, "KC_STATE_KEY", NULL);
    struct keyring *none = ring();
    keyring_met(none, v);
    keyring_may_make(none);
    assert_true(withheld(keyring_seal(none, a, secret("y"))));
    assert_false(test_world_file(t, FILE_OF_KEY, &text));
    assert_ptr_equal(keyring_seal(none, a, v), v);         /* what is a digest stays */
    keyring_recover(none, RECOVERY_TAKE);
    const struct value *anew = keyring_seal(none, a, secret("y"));
    assert_true(test_world_file(t, FILE_OF_KEY, &text));
    assert_int_equal(keyring_compare(none, anew, secret("y")), KEPT_SAME);
    assert_int_equal(keyring_compare(ring_of(KEY), anew, secret("y")), KEPT_UNSURE);
}

/* As kc up to 0.1.0 made them: the first 16 bytes of HMAC-SHA256 under the lineage. */
static void digests_of_a_former_kc_compare(void **state)
{
    (void)state;
    uint8_t mac[32], id[32];
    struct digest d = { .n = SECRET_SUM };
    hmac_sha256(STR(LINE), STR("\"x\""), mac);
    sha256(STR(LINE), id);
    memcpy(d.sum, mac, d.n);
    memcpy(d.key, id, sizeof d.key);
    const struct value *v = value_digest(a, &d, true);
    struct keyring *k = ring();
    keyring_met(k, v);
    keyring_may_make(k);
    assert_int_equal(keyring_compare(k, v, secret("x")), KEPT_SAME);
    assert_int_equal(keyring_compare(k, v, secret("y")), KEPT_OTHER);
    assert_true(keyring_stale(k, v) && keyring_opens(k, v));
    const struct value *anew = keyring_seal(k, a, secret("x"));
    assert_false(withheld(anew) || keyring_stale(k, anew));
}

static void trees_are_compared_leaf_by_leaf(void **state)
{
    (void)state;
    struct keyring *k = ring_of(KEY);
    struct pair p[] = { { STR("user"), value_str(a, STR("u")) }, { STR("password"), secret("x") } };
    const struct value *v = value_object(a, p, 2), *list = value_list(a, &v, 1), *kept = keyring_seal(k, a, list);
    assert_str(value_at(kept, "0.user")->s, "u");
    assert_int_equal(keyring_compare(k, kept, list), KEPT_SAME);
    assert_int_equal(keyring_compare(ring_of(OTHER), kept, list), KEPT_UNSURE);
    p[0].value = value_str(a, STR("v"));                   /* what can be seen to differ does */
    v = value_object(a, p, 2);
    assert_int_equal(keyring_compare(ring_of(OTHER), kept, value_list(a, &v, 1)), KEPT_OTHER);
    assert_int_equal(keyring_compare(k, kept, &value_empty_list), KEPT_OTHER);
}

static void bulk_is_kept_by_its_sum(void **state)
{
    (void)state;
    const struct value *v = value_bulk(a, value_str(a, STR("abc"))), *kept = keyring_seal(NULL, a, v);
    assert_int_equal(kept->kind, VALUE_DIGEST);
    assert_false(kept->secret);
    assert_int_equal(kept->digest->size, 3);
    assert_str(hex(a, kept->digest->sum, 32), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(keyring_compare(NULL, kept, v), KEPT_SAME);
    assert_int_equal(keyring_compare(NULL, kept, value_str(a, STR("abd"))), KEPT_OTHER);
    assert_true(withheld(keyring_seal(NULL, a, value_secret(a, v))));          /* a secret goes first */
}

static void the_canary_knows_its_forms(void **state)
{
    (void)state;
    uint8_t mac[32];
    hmac_sha256(STR(LINE), STR("\"" CANARY "\""), mac);
    assert_true(canary_in(a, STR("x " CANARY " y"), STR(LINE)));
    assert_true(canary_in(a, hex(a, mac, 16), STR(LINE)));
    assert_true(canary_in(a, base64(a, STR(CANARY)), STR(LINE)));
    assert_true(canary_in(a, sha256_hex(a, STR(CANARY)), STR(LINE)));
    assert_false(canary_in(a, STR("nothing here"), STR(LINE)));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(made_with_the_first_secret), CASE(where_xdg_says), CASE(a_reader_makes_none), CASE(the_environment_wins), CASE(what_is_no_key_is_refused),
        CASE(where_no_file_can_be), CASE(what_cannot_be_compared_is_said), CASE(a_stack_has_one_key), CASE(digests_of_a_former_kc_compare),
        CASE(trees_are_compared_leaf_by_leaf), CASE(bulk_is_kept_by_its_sum), CASE(the_canary_knows_its_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
