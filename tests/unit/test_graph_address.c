/* Addresses: making, reading, normal form, form in tags. */
#include "expr_help.h"
#include "kc/graph.h"

static void addresses_are_built(void **state)
{
    (void)state;
    struct arena *a = test_arena;
    struct str x = address_name(a, address_name(a, STR_NONE, STR("payments")), STR("public"));
    assert_str(address_key(a, x, STR("eu-west-1a")), "payments.public[\"eu-west-1a\"]");
    assert_str(address_key(a, x, STR("a\"b\\c\n")), "payments.public[\"a\\\"b\\\\c\\n\"]");
    assert_true(address_valid(address_key(a, x, STR("a\"]b\\\x01\n\xc3\xbc"))));
}

static void only_addresses_are_valid(void **state)
{
    (void)state;
    static const char *const good[] = { "a", "a.b_2", "a[\"x\"]", "a[\"x\"][\"y\"].c", "a[\"\"]", "_x.y[\"\\u{1f30d}\"]" };
    static const char *const bad[] = { "", ".", "a.", ".a", "a..b", "1a", "a[x]", "a[\"x]", "a[\"x\"", "[\"x\"]", "a[0]", "a b", "a[\"\\q\"]", "a[\"x\"]b", "a[\"\\u{}\"]" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!address_valid(str_of(good[i])))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (i && address_valid(str_of(bad[i])))
            fail_msg("taken: %s", bad[i]);
}

static void names_in_brackets_are_names(void **state)
{
    (void)state;
    assert_str(address_normal(test_arena, STR("x[\"general\"].y[\"eu-1\"]")), "x.general.y[\"eu-1\"]");
    assert_str(address_normal(test_arena, STR("x.y")), "x.y");
    assert_str(address_normal(test_arena, STR("not an address")), "not an address");
}

static void tags_hold_any_address(void **state)
{
    (void)state;
    struct arena *a = test_arena;
    assert_str(address_tag(a, STR("payments.public[\"eu-west-1a\"].x")), "payments.public/eu-west-1a.x");
    assert_str(address_tag(a, STR("x[\"a b=c\"]")), "x/a=20b=3Dc");
    static const char *const pairs[][2] = { { "x[\"a/b\"]", "x[\"a\"][\"b\"]" }, { "x[\"a.b\"]", "x[\"a\"].b" }, { "x[\"a=20\"]", "x[\"a \"]" } };
    for (size_t i = 0; i < 3; i++)
        assert_false(str_eq(address_tag(a, str_of(pairs[i][0])), address_tag(a, str_of(pairs[i][1]))));
    char key[300];
    memset(key, 'k', sizeof key);
    struct str one = address_tag(a, address_key(a, STR("x"), (struct str){ key, 299 })), two = address_tag(a, address_key(a, STR("x"), (struct str){ key, 300 }));
    assert_true(one.n <= 256 && two.n <= 256 && !str_eq(one, two));
    for (size_t i = 0; i < one.n; i++)
        assert_non_null(strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/=+-@", one.s[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(addresses_are_built), cmocka_unit_test(only_addresses_are_valid),
                                        cmocka_unit_test(names_in_brackets_are_names), cmocka_unit_test(tags_hold_any_address) };
    return cmocka_run_group_tests(tests, test_arena_setup, test_arena_teardown);
}
