/* Values: scalars from text, equality and order, printing, JSON both ways. */
#include "kctest.h"
#include "kc/json.h"
#include "kc/value.h"

static struct arena *a;

static struct str printed(const struct value *v)
{
    struct buf b = { 0 };
    value_print(&b, v);
    return buf_take(&b, a);
}

static struct str json(const struct value *v, int flags)
{
    struct buf b = { 0 };
    json_write(&b, v, flags, false);
    return buf_take(&b, a);
}

static const struct value *list(size_t n, const struct value *const *v)
{
    return value_list(a, v, n);
}

static void cidrs_say_what_is_wrong(void **state)
{
    (void)state;
    struct cidr c;
    const char *why;
    assert_true(cidr_parse(STR("10.0.0.0/16"), &c, &why) && c.bits == 16 && !c.ip.v6);
    assert_str(cidr_text(a, c), "10.0.0.0/16");
    assert_true(cidr_parse(STR("2001:db8::/32"), &c, NULL));
    assert_str(cidr_text(a, c), "2001:db8::/32");
    static const struct { const char *text, *why; } bad[] = {
        { "10.0.0.1/16", "host bits are set" }, { "10.0.0.0/33", "the prefix is over 32" }, { "10.0.0.0", "there is no /prefix" },
        { "10.0.256.0/24", "what stands before the / is not an IP address" }, { "10.0.0.0/", "the prefix after the / is not a number" },
        { "::/129", "the prefix is over 128" }, { "", "there is no /prefix" }, { "10.0.0.0/016", "the prefix after the / is not a number" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(cidr_parse(str_of(bad[i].text), &c, &why));
        assert_string_equal(why, bad[i].why);
    }
    struct ip ip;
    assert_false(ip_parse((struct str){ "1.2.3.4\0x", 9 }, &ip));
    assert_false(ip_parse(STR("01.2.3.4"), &ip));
}

static void quantities_are_exact(void **state)
{
    (void)state;
    int64_t x;
    assert_true(duration_parse(STR("1h30m"), &x) && x == 5400000);
    assert_true(duration_parse(STR("1.5s"), &x) && x == 1500);
    assert_true(duration_parse(STR("2w"), &x) && x == 14 * INT64_C(86400000));
    assert_true(size_parse(STR("80GiB"), &x) && x == 80 * (INT64_C(1) << 30));
    assert_true(size_parse(STR("1_000MB"), &x) && x == 1000000000);
    assert_false(size_parse(STR("0.3B"), &x) || size_parse(STR("80"), &x) || size_parse(STR("80 GiB"), &x) || size_parse(STR(""), &x));
    assert_false(size_parse(STR("99999999999PiB"), &x) || duration_parse(STR("5x"), &x) || duration_parse(STR("h"), &x));
    struct version v;
    assert_true(version_parse(STR("v1.31"), &v) && v.major == 1 && v.minor == 31 && v.patch == -1);
    assert_true(version_parse(STR("1.31.4"), &v) && v.patch == 4);
    assert_false(version_parse(STR("1"), &v) || version_parse(STR("1.31.4.5"), &v) || version_parse(STR("1.x"), &v) || version_parse(STR("1."), &v));
}

static void values_print_as_source(void **state)
{
    (void)state;
    struct cidr c;
    cidr_parse(STR("10.0.0.0/16"), &c, NULL);
    const struct pair p[] = {
        { STR("name"), value_str(a, STR("a \"b\" \\(c)\n")) }, { STR("disk"), value_of_kind(a, VALUE_SIZE, INT64_C(80) << 30) },
        { STR("two words"), value_of_kind(a, VALUE_DURATION, 5400000) }, { STR("cidr"), value_cidr(a, c) },
        { STR("n"), value_range(a, 3, 12) }, { STR("v"), value_version(a, (struct version){ 1, 31, -1 }) },
        { STR("f"), value_float(a, 3) }, { STR("g"), value_float(a, 0.1) }, { STR("pc"), value_percent(a, 33) },
        { STR("none"), &value_none }, { STR("pw"), value_secret(a, value_str(a, STR("hunter2"))) },
        { STR("id"), value_unknown(a, NULL, NULL, PHASE_APPLY) }, { STR("e"), &value_empty_object },
    };
    assert_str(printed(value_object(a, p, sizeof p / sizeof *p)),
               "{ name = \"a \\\"b\\\" \\\\(c)\\n\", disk = 80GiB, \"two words\" = 1h30m, cidr = 10.0.0.0/16, n = 3..12, v = v1.31, "
               "f = 3.0, g = 0.1, pc = 33%, none = none, pw = (secret), id = (known after apply), e = {} }");
    assert_str(printed(value_str(a, STR("\x1b[31m\xe2\x80\xae\xff"))), "\"\\u{1b}[31m\\u{202e}\\u{fffd}\"");
}

static void equality_is_deep(void **state)
{
    (void)state;
    const struct pair x[] = { { STR("a"), value_int(a, 1) }, { STR("b"), value_str(a, STR("s")) } };
    const struct pair y[] = { { STR("b"), value_str(a, STR("s")) }, { STR("a"), value_float(a, 1.0) } };
    assert_true(value_eq(value_object(a, x, 2), value_object(a, y, 2)));
    assert_int_equal(value_cmp(value_object(a, x, 2), value_object(a, y, 2)), 0);
    assert_false(value_eq(value_object(a, x, 2), value_object(a, y, 1)));
    assert_false(value_eq(value_int(a, 1), value_str(a, STR("1"))));
    assert_false(value_eq(value_int(a, INT64_MAX), value_float(a, 9223372036854775808.0)));
    assert_true(value_cmp(value_version(a, (struct version){ 1, 9, -1 }), value_version(a, (struct version){ 1, 31, -1 })) < 0);
    assert_true(value_cmp(list(1, &x[0].value), list(0, NULL)) > 0);
}

static void big_objects_find_their_keys(void **state)
{
    (void)state;
    struct pair p[100];
    for (int i = 0; i < 100; i++)
        p[i] = (struct pair){ str_fmt(a, "k%d", i), value_int(a, i) };
    const struct value *o = value_object(a, p, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(value_get(o, p[i].key)->i, i);
    assert_null(value_get(o, STR("k100")));
    const struct value *with = value_with(a, o, STR("k7"), &value_true);
    assert_ptr_equal(value_get(with, STR("k7")), &value_true);
    assert_int_equal(with->object.n, 100);
    assert_int_equal(value_with(a, o, STR("new"), &value_true)->object.n, 101);
    const struct value *l = list(1, &o), *deep = value_object(a, &(struct pair){ STR("x"), l }, 1);
    assert_int_equal(value_at(deep, "x.0.k42")->i, 42);
    assert_null(value_at(deep, "x.1.k42"));
    assert_null(value_at(deep, "x.0.k42.y"));
}

static void unknowns_and_secrets_are_noticed(void **state)
{
    (void)state;
    const struct value *u = value_unknown(a, NULL, NULL, PHASE_PLAN), *one = value_int(a, 1);
    const struct value *both[] = { one, u };
    const struct value *l = list(2, both);
    assert_false(value_is_known(l));
    assert_int_equal(value_phase(l), PHASE_PLAN);
    assert_true(value_is_known(list(1, &one)));
    assert_false(value_has_secret(l));
    assert_true(value_has_secret(value_secret(a, l)));
    assert_false(value_secret(a, l)->secret);              /* the leaves, not the container */
    assert_int_equal(value_weight(l), 3);
    const struct value *x = list(1, &one);
    for (int i = 0; i < 80; i++) {
        const struct value *twice[] = { x, x };
        x = list(2, twice);
    }
    assert_int_equal(value_weight(x), UINT32_MAX);
    assert_true(value_is_known(x));
}

static void json_keeps_what_it_can(void **state)
{
    (void)state;
    struct str why = STR_NONE;
    const struct value *v = json_read(a, STR("{\"b\": [1, 2.5, true, null, \"\\u00fc\\n\"], \"a\": {}}"), 0, &why);
    assert_non_null(v);
    assert_str(json(v, JSON_PLAIN), "{\"b\":[1,2.5,true,null,\"\xc3\xbc\\n\"],\"a\":{}}");
    assert_str(json(v, JSON_CANONICAL), "{\"a\":{},\"b\":[1,2.5,true,null,\"\xc3\xbc\\n\"]}");
    assert_str(json(v, JSON_PRETTY), "{\n  \"b\": [\n    1,\n    2.5,\n    true,\n    null,\n    \"\xc3\xbc\\n\"\n  ],\n  \"a\": {}\n}");
    assert_str(json(value_secret(a, value_at(v, "b")), 0), "[\"(secret)\",\"(secret)\",\"(secret)\",null,\"(secret)\"]");
}

/* What stands for a value that is not kept: no printer and no JSON but state's own shows that of a secret. */
static void digests_are_kept_and_not_shown(void **state)
{
    (void)state;
    struct str why;
    struct digest d = { .sum = { 0xab, 0xcd }, .n = SECRET_SUM, .key = { 0x12, 0x34 } };
    const struct value *v[] = { value_digest(a, &d, true), &value_withheld, value_sum(a, STR("abc")), value_bulk(a, value_str(a, STR("abc"))) };
    const struct value *l = list(4, v);
    const char *text = "[{\"$secret\":[\"1234000000000000\",\"abcd0000000000000000000000000000\"]},{\"$secret\":[]},"
                       "{\"$digest\":[\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",3]},"
                       "{\"$digest\":[\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",3]}]";
    assert_str(printed(l), "[(secret), (secret), (3 B, sha256 ba7816bf...), (3 B, sha256 ba7816bf...)]");
    assert_str(json(l, JSON_TYPED), "[\"(secret)\",\"(secret)\",{\"bytes\":3,\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"},"
                                   "{\"bytes\":3,\"sha256\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}]");
    assert_str(json(l, JSON_TYPED | JSON_KEPT), text);
    const struct value *back = json_read(a, str_of(text), JSON_TYPED | JSON_KEPT, &why);
    assert_true(value_eq(value_at(back, "0"), v[0]) && value_at(back, "0")->secret && value_at(back, "2")->digest->size == 3);
    assert_true(value_eq(value_at(back, "2"), value_at(back, "3")) && !value_eq(v[0], v[1]));
    assert_null(json_read(a, str_of(text), JSON_TYPED, &why));                  /* nobody else reads them */
    static const char *const bad[] = { "{\"$secret\":[\"12\",\"ab\"]}", "{\"$secret\":\"x\"}", "{\"$digest\":[]}", "{\"$digest\":[\"00\",-1]}", "{\"$secret\":[1,2]}" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(json_read(a, str_of(bad[i]), JSON_TYPED | JSON_KEPT, &why));
    struct buf b = { 0 };
    json_write(&b, v[0], JSON_PLAIN, true);                /* not as a secret, and not as it is kept: to AWS goes neither */
    assert_str(buf_view(&b), "\"(secret)\"");
    buf_fini(&b);
    assert_str(value_text(a, value_digest(a, &(struct digest){ .n = 32, .size = 3400 }, false)), "(3.3 KiB, sha256 00000000...)");
}

/* What shows in the place of a secret is one; what AWS repeats of one is cut out. */
static void secrets_stay_covered(void **state)
{
    (void)state;
    const struct pair seen[] = { { STR("p"), value_str(a, STR("x")) }, { STR("q"), value_str(a, STR("y")) } };
    const struct pair like[] = { { STR("p"), value_secret(a, value_str(a, STR("z"))) } };
    const struct value *v = value_object(a, seen, 2);
    assert_str(printed(value_veil(a, v, value_object(a, like, 1))), "{ p = (secret), q = \"y\" }");
    assert_str(printed(value_veil(a, v, like[0].value)), "{ p = (secret), q = (secret) }");
    assert_ptr_equal(value_veil(a, v, v), v);
    assert_null(value_veil(a, NULL, v));
    const struct value *two[] = { value_secret(a, value_str(a, STR("hunter2"))), value_secret(a, value_str(a, STR("ab"))) };
    assert_str(value_scrub(a, STR("bad value hunter2, hunter2! ab"), list(2, two)), "bad value (secret), (secret)! ab");
    assert_str(value_scrub(a, STR("nothing"), list(2, two)), "nothing");
}

static void json_refuses(void **state)
{
    (void)state;
    struct str why;
    assert_null(json_read(a, STR("{\"a\": 1,\n \"a\": 2}"), 0, &why));
    assert_true(str_starts(why, STR("line 2 column ")));
    assert_null(json_read(a, STR(""), 0, &why));
    assert_null(json_read(a, STR("[1,]"), 0, &why));
    assert_null(json_read(a, STR("[1] x"), 0, &why));
    assert_null(json_read(a, STR("99999999999999999999"), 0, &why));
    assert_null(json_read(a, STR("\"\xff\""), 0, &why));
    char deep[200];
    memset(deep, '[', sizeof deep);
    assert_null(json_read(a, (struct str){ deep, sizeof deep }, 0, &why));
    assert_str(why, "line 1 column 65: nested too deep");
}

static void typed_json_loses_nothing(void **state)
{
    (void)state;
    struct cidr c;
    struct ip ip;
    cidr_parse(STR("2001:db8::/32"), &c, NULL);
    ip_parse(STR("10.0.0.1"), &ip);
    const struct pair p[] = {
        { STR("a"), value_cidr(a, c) }, { STR("b"), value_ip(a, ip) }, { STR("c"), value_of_kind(a, VALUE_SIZE, 5) },
        { STR("d"), value_of_kind(a, VALUE_DURATION, -5) }, { STR("e"), value_percent(a, 12.5) }, { STR("f"), value_range(a, -1, 4) },
        { STR("g"), value_version(a, (struct version){ 1, 2, 3 }) }, { STR("h"), value_ref(a, STR("x[\"y\"]")) },
        { STR("$cidr"), value_str(a, STR("mine")) }, { STR("i"), value_float(a, 1e300) }, { STR("j"), &value_none },
        { STR("k"), value_object(a, &(struct pair){ STR("$size"), value_int(a, 3) }, 1) },
    };
    const struct value *v = value_object(a, p, sizeof p / sizeof *p);
    struct str text = json(v, JSON_TYPED | JSON_CANONICAL), why = STR_NONE;
    const struct value *back = json_read(a, text, JSON_TYPED, &why);
    assert_non_null(back);
    assert_true(value_eq(v, back));
    for (size_t i = 0; i < v->object.n; i++)
        assert_int_equal(value_get(back, p[i].key)->kind, p[i].value->kind);
    assert_str(json(back, JSON_TYPED | JSON_CANONICAL), str_c(a, text));
    assert_null(json_read(a, STR("{\"$cidr\": \"10.0.0.1/8\"}"), JSON_TYPED, &why));
    assert_null(json_read(a, STR("{\"$what\": 1}"), JSON_TYPED, &why));
    assert_null(json_read(a, STR("{\"$size\": 1, \"b\": 2}"), JSON_TYPED, &why));
}

static int setup(void **state)
{
    (void)state;
    a = arena_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cidrs_say_what_is_wrong), cmocka_unit_test(quantities_are_exact), cmocka_unit_test(values_print_as_source),
        cmocka_unit_test(equality_is_deep), cmocka_unit_test(big_objects_find_their_keys), cmocka_unit_test(unknowns_and_secrets_are_noticed), cmocka_unit_test(digests_are_kept_and_not_shown), cmocka_unit_test(secrets_stay_covered),
        cmocka_unit_test(json_keeps_what_it_can), cmocka_unit_test(json_refuses), cmocka_unit_test(typed_json_loses_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
