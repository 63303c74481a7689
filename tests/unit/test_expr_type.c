/* Types: printing, what fits where, joining, admitting values with good messages, reading replies, JSON round trips. Types as their JSON. */
#include "expr_help.h"

#define LIST(t) "{\"kind\":\"list\",\"elem\":" t "}"
#define SET(t) "{\"kind\":\"set\",\"elem\":" t "}"
#define MAP(t) "{\"kind\":\"map\",\"elem\":" t "}"
#define MAYBE(t) "{\"kind\":\"optional\",\"elem\":" t "}"
#define SECRET(t) "{\"kind\":\"secret\",\"elem\":" t "}"
#define LIT(v) "{\"kind\":\"literal\",\"value\":" v "}"
#define ID(n) "{\"kind\":\"id\",\"name\":\"" n "\"}"
#define ROLE "{\"kind\":\"arn\",\"name\":\"iam\",\"sub\":\"role\"}"
#define AB "{\"kind\":\"union\",\"alt\":[" LIT("\"NO_SCHEDULE\"") "," LIT("\"NO_EXECUTE\"") "]}"
#define FIELD(n, t) "{\"name\":\"" n "\",\"type\":" t "}"
#define FIELDD(n, t, d) "{\"default\":" d ",\"name\":\"" n "\",\"type\":" t "}"
#define OBJ(fields) "{\"fields\":[" fields "],\"kind\":\"object\"}"

static const struct type *typ(const char *json)
{
    const struct type *t = read_type_json(test_arena, val(json));
    if (!t)
        fail_msg("bad type in test: %s", json);
    return t;
}

static void types_print_structurally(void **state)
{
    (void)state;
    static const struct { const char *type, *want; } r[] = {
        { LIST(MAYBE("\"int\"")), "list[int?]" }, { MAYBE(AB), "(\"NO_SCHEDULE\" | \"NO_EXECUTE\")?" }, { ID("vpc"), "id[\"vpc\"]" }, { ROLE, "arn[\"iam\", \"role\"]" },
        { "{\"hi\":6.0,\"kind\":\"int\",\"lo\":1.0}", "int(1..6)" }, { "{\"kind\":\"size\",\"lo\":1073741824.0}", "size(it >= 1GiB)" },
        { "{\"check\":true,\"check_text\":\"prefix(it) in 16..28\",\"kind\":\"cidr4\"}", "cidr4(prefix(it) in 16..28)" },
        { OBJ(FIELD("a", "\"int\"") "," FIELD("b", MAYBE("\"string\""))), "{ a: int, b: string? }" }, { SECRET("\"string\""), "secret[string]" }, { "\"range\"", "range" },
    };
    for (size_t i = 0; i < sizeof r / sizeof *r; i++)
        assert_str(typ_text(typ(r[i].type)), r[i].want);
}

static void assignability(void **state)
{
    (void)state;
    static const struct { const char *to, *from; bool want; } r[] = {
        { "\"float\"", "\"int\"", true }, { "\"int\"", "\"float\"", false }, { "\"string\"", ID("vpc"), true }, { ID("vpc"), "\"string\"", false },
        { ID("vpc"), ID("subnet"), false }, { ID("vpc"), LIT("\"vpc-1a\""), true }, { ID("vpc"), LIT("\"subnet-1\""), false },
        { "{\"kind\":\"arn\",\"name\":\"iam\"}", ROLE, true }, { ROLE, "{\"kind\":\"arn\",\"name\":\"iam\"}", false }, { AB, LIT("\"NO_EXECUTE\""), true }, { AB, "\"string\"", false },
        { "\"string\"", AB, true }, { MAYBE("\"int\""), "\"none\"", true }, { "\"int\"", MAYBE("\"int\""), false }, { MAYBE("\"float\""), MAYBE("\"int\""), true },
        { "\"cidr4\"", "\"cidr6\"", false }, { "\"cidr\"", "\"cidr4\"", true }, { LIST("\"float\""), LIST("\"int\""), true }, { SET("\"int\""), LIST("\"int\""), true },
        { MAP("\"int\""), OBJ(FIELD("a", "\"int\"")), true }, { MAP("\"int\""), OBJ(FIELD("a", "\"string\"")), false }, { "\"any\"", "\"int\"", true }, { "\"int\"", "\"any\"", true },
        { OBJ(FIELD("a", "\"int\"") "," FIELD("b", MAYBE("\"int\""))), OBJ(FIELD("a", "\"int\"")), true }, { OBJ(FIELD("a", "\"int\"")), OBJ(""), false },
        { OBJ(FIELDD("a", "\"int\"", "1")), OBJ(FIELD("a", MAYBE("\"int\""))), true }, { OBJ(FIELD("a", "\"int\"")), OBJ(FIELD("a", "\"int\"") "," FIELD("z", "\"int\"")), false },
        { "\"document\"", OBJ(""), true }, { "\"string\"", SECRET("\"string\""), true }, { "\"bool\"", "\"string\"", false },
    };
    for (size_t i = 0; i < sizeof r / sizeof *r; i++)
        if (type_assignable(typ(r[i].to), typ(r[i].from)) != r[i].want)
            fail_msg("%.*s <- %.*s must be %d", STR_ARG(typ_text(typ(r[i].to))), STR_ARG(typ_text(typ(r[i].from))), r[i].want);
}

static void joining(void **state)
{
    (void)state;
    static const struct { const char *x, *y, *want; } r[] = {
        { "\"int\"", "\"float\"", "float" }, { "\"int\"", "\"none\"", "int?" }, { LIT("\"a\""), LIT("\"b\""), "\"a\" | \"b\"" }, { LIT("\"a\""), "\"string\"", "string" },
        { "\"int\"", "\"string\"", "(error)" }, { "\"cidr4\"", "\"cidr6\"", "cidr" }, { ID("vpc"), ID("subnet"), "string" }, { LIST("\"int\""), LIST("\"float\""), "list[float]" },
        { OBJ(FIELD("a", "\"int\"")), OBJ(FIELD("b", "\"int\"")), "{ a: int?, b: int? }" }, { SECRET("\"int\""), "\"int\"", "secret[int]" }, { MAYBE("\"int\""), "\"float\"", "float?" },
    };
    for (size_t i = 0; i < sizeof r / sizeof *r; i++) {
        assert_str(typ_text(type_join(test_arena, typ(r[i].x), typ(r[i].y))), r[i].want);
        if (i != 2 && i != 8)                              /* these keep the order in which they were met */
            assert_str(typ_text(type_join(test_arena, typ(r[i].y), typ(r[i].x))), r[i].want);
    }
    assert_str(typ_text(type_of(test_arena, val("[]"))), "list");
    assert_true(type_assignable(typ(LIST("\"int\"")), type_of(test_arena, val("[]"))));
    assert_str(typ_text(type_of(test_arena, val("[{\"a\":1},{\"a\":2.5,\"b\":null}]"))), "list[{ a: float, b: none }]");
}

static struct str admitted(const char *type, const struct value *v)
{
    struct eval e = { .arena = test_arena };
    struct type_mistake m;
    const struct value *r = type_admit(&e, typ(type), v, &m);
    if (r)
        return val_text(r);
    assert_false(e.failed);
    return str_fmt(test_arena, "%.*s: %.*s%s%.*s%s%.*s", STR_ARG(m.path), STR_ARG(m.what), m.help.n ? "; " : "", STR_ARG(m.help), m.offender.n ? " !" : "", STR_ARG(m.offender));
}

static void values_are_admitted_or_blamed(void **state)
{
    (void)state;
    static const struct { const char *type, *value, *want; } r[] = {
        { "\"float\"", "3", "3.0" }, { "\"int\"", "\"3\"", ": expected int, got string \"3\"" },
        { "{\"hi\":6.0,\"kind\":\"int\",\"lo\":1.0}", "9", ": expected int(1..6), got 9" },
        { "{\"hi\":3.0,\"kind\":\"string\",\"lo\":1.0}", "\"abcd\"", ": expected string(1..3), got a length of 4" },
        { "\"size\"", "\"80GiB\"", ": expected size, got string \"80GiB\"; write it without quotes: 80GiB" },
        { "\"size\"", "80", ": expected size, got int 80; write a size with its unit, as in 80GiB" },
        { "\"version\"", "1.30", ": expected version, got float 1.3; a version starts with v, as in v1.31: the number 1.30 would be 1.3" },
        { "\"version\"", "\"1.31\"", ": expected version, got string \"1.31\"; write v1.31" },
        { "\"range\"", "3", ": expected range, got int 3; write 3..3" }, { "\"cidr4\"", "{\"$cidr\":\"::/0\"}", ": expected cidr4, got cidr6 ::/0; write an address, as in 10.0.0.0/16" },
        { LIST("\"int\""), "[1,\"x\"]", "[1]: expected int, got string \"x\"" }, { LIST("\"int\""), "1", ": expected list[int], got int 1; write it in brackets: [ ]" },
        { SET("\"int\""), "[3,1,3]", "[1, 3]" }, { MAP("\"int\""), "{\"a b\":true}", "[\"a b\"]: expected int, got bool true" }, { MAP("\"int\""), "{\"a\":null}", "{}" },
        { AB, "\"NO_SCHEDULE\"", "\"NO_SCHEDULE\"" }, { AB, "\"NO_SHEDULE\"", ": expected \"NO_SCHEDULE\" | \"NO_EXECUTE\", got \"NO_SHEDULE\"; did you mean \"NO_SCHEDULE\"?" },
        { AB, "5", ": expected \"NO_SCHEDULE\" | \"NO_EXECUTE\", got 5" },
        { ID("vpc"), "\"vpc-0a1b\"", "\"vpc-0a1b\"" }, { ID("vpc"), "\"subnet-1\"", ": expected id[\"vpc\"], got \"subnet-1\"; such an id starts with \"vpc-\"" },
        { ID("vpc"), "\"vpc-../..\"", ": expected id[\"vpc\"], got \"vpc-../..\"; such an id starts with \"vpc-\"" },
        { ROLE, "\"arn:aws:iam::111122223333:role/admin\"", "\"arn:aws:iam::111122223333:role/admin\"" },
        { ROLE, "\"arn:aws:iam::111122223333:user/x\"", ": expected arn[\"iam\", \"role\"], got \"arn:aws:iam::111122223333:user/x\"; such an ARN looks like \"arn:aws:iam:<region>:<account>:role/...\"" },
        { OBJ(FIELD("a", "\"int\"") "," FIELDD("b", "\"int\"", "7") "," FIELD("c", MAYBE("\"int\""))), "{\"a\":1}", "{ a = 1, b = 7, c = none }" },
        { OBJ(FIELD("a", "\"int\"") "," FIELDD("b", "\"int\"", "7")), "{\"a\":1,\"b\":null}", "{ a = 1, b = 7 }" },
        { OBJ(FIELD("a", "\"int\"")), "{}", ": a is missing: expected int" }, { OBJ(FIELD("a", "\"int\"")), "{\"a\":1,\"x\":2}", ": no field x in { a: int } !x" },
        { OBJ(FIELD("t", LIST(OBJ(FIELD("effect", AB))))), "{\"t\":[{\"effect\":\"x\"}]}", ".t[0].effect: expected \"NO_SCHEDULE\" | \"NO_EXECUTE\", got \"x\"" },
        { OBJ(FIELDD("a", "\"int\"", "[\"op\",\"+\",[\"param\",\"b\"],1]") "," FIELDD("b", "\"int\"", "5")), "{}", "{ a = 6, b = 5 }" },
        { OBJ(FIELDD("a", "\"int\"", "[\"param\",\"b\"]") "," FIELDD("b", "\"int\"", "[\"param\",\"a\"]")), "{}", ": the default of a depends on itself" },
        { "{\"fields\":[" FIELD("eks", "\"int\"") "," FIELD("own", "\"int\"") "],\"kind\":\"object\",\"one_of\":true}", "{\"own\":1}", "{ eks = none, own = 1 }" },
        { "{\"fields\":[" FIELD("eks", "\"int\"") "," FIELD("own", "\"int\"") "],\"kind\":\"object\",\"one_of\":true}", "{}", ": expected exactly one of eks, own, got 0 of them" },
        { "{\"check\":[\"op\",\"in\",[\"call\",\"prefix\",[\"param\",\"it\"]],{\"$range\":[16,28]}],\"check_text\":\"prefix(it) in 16..28\",\"kind\":\"cidr4\"}", "{\"$cidr\":\"10.0.0.0/8\"}",
          ": 10.0.0.0/8 is not allowed for cidr4(prefix(it) in 16..28)" },
        { "{\"check\":[\"call\",\"matches\",[\"param\",\"it\"],\"^[a-z]+$\"],\"kind\":\"string\",\"message\":\"a name has letters a to z only\"}", "\"A\"", ": a name has letters a to z only" },
        { "\"document\"", "{\"b\":1,\"a\":{\"$cidr\":\"10.0.0.0/8\"}}", "\"{\\\"a\\\":\\\"10.0.0.0/8\\\",\\\"b\\\":1}\"" }, { "\"document\"", "\"{ \\\"a\\\" : 1 }\"", "\"{\\\"a\\\":1}\"" },
        { SECRET("\"string\""), "\"hunter2\"", "(secret)" }, { MAYBE("\"int\""), "null", "none" }, { "\"int\"", "null", ": expected int, got none" },
    };
    for (size_t i = 0; i < sizeof r / sizeof *r; i++)
        assert_str(admitted(r[i].type, val(r[i].value)), r[i].want);
}

static void unknowns_are_admitted_by_type(void **state)
{
    (void)state;
    struct eval e = { .arena = test_arena };
    const struct value *u = term_eval(&e, trm("[\"ref\",\"vpc\",\"id\"," ID("vpc") "]"));
    assert_str(admitted(ID("vpc"), u), "vpc.id");
    assert_str(admitted("\"string\"", u), "vpc.id");
    assert_str(admitted(ID("subnet"), u), ": expected id[\"subnet\"], got id[\"vpc\"]");
    const struct value *l = value_list(test_arena, &u, 1);
    assert_str(admitted(SET("\"string\""), l), "[vpc.id]");
    assert_str(admitted("\"document\"", l), "json([vpc.id])");
    const struct value *pw = value_secret(test_arena, value_str(test_arena, STR("hunter2")));
    assert_str(admitted("\"int\"", pw), ": expected int, got secret[string]");
    assert_str(admitted(AB, pw), ": expected \"NO_SCHEDULE\" | \"NO_EXECUTE\", got (secret)");
}

static void replies_are_read_leniently(void **state)
{
    (void)state;
    static const struct { const char *type, *value, *want; } r[] = {
        { "\"int\"", "\"80\"", "80" }, { "\"int\"", "\"x\"", NULL }, { "\"bool\"", "\"true\"", "true" }, { "\"cidr4\"", "\"10.0.0.0/16\"", "10.0.0.0/16" }, { "\"cidr4\"", "\"10.0.0.1/16\"", NULL },
        { "\"version\"", "\"1.31\"", "v1.31" }, { "\"size\"", "1024", "1KiB" }, { "\"percent\"", "33", "33%" }, { "\"string\"", "5", "\"5\"" }, { "\"float\"", "\"nan\"", NULL },
        { ID("vpc"), "\"vpc-1\"", "\"vpc-1\"" }, { ID("vpc"), "\"../../x\"", NULL }, { ROLE, "\"arn:aws:iam::1:role/x\"", "\"arn:aws:iam::1:role/x\"" },
        { AB, "\"SOMETHING_NEW\"", "\"SOMETHING_NEW\"" }, { MAYBE("\"int\""), "null", "none" }, { "\"int\"", "null", "none" }, { "\"document\"", "\"{\\\"b\\\":1, \\\"a\\\":2}\"", "\"{\\\"a\\\":2,\\\"b\\\":1}\"" },
        { LIST("\"int\""), "[\"1\",2]", "[1, 2]" }, { OBJ(FIELD("a", "\"int\"")), "{\"a\":\"1\",\"z\":1}", "{ a = 1 }" }, { "\"document\"", "\"{\"", NULL }, { "\"any\"", "{\"x\":1}", "{ x = 1 }" },
        { SECRET("\"string\""), "\"x\"", "(secret)" },
    };
    for (size_t i = 0; i < sizeof r / sizeof *r; i++) {
        const struct value *v = type_read(test_arena, typ(r[i].type), val(r[i].value));
        if (r[i].want)
            assert_str(v ? val_text(v) : STR("(refused)"), r[i].want);
        else
            assert_null(v);
    }
}

static void types_survive_json(void **state)
{
    (void)state;
    static const char *const r[] = {
        "\"cidr6\"", LIST(MAP(MAYBE("\"int\""))), SET(ID("sg")), ROLE, AB, SECRET("\"document\""),
        "{\"check\":[\"op\",\">\",[\"param\",\"it\"],3],\"check_text\":\"it > 3\",\"hi\":6.0,\"kind\":\"int\",\"lo\":1.0,\"message\":\"m\"}",
        "{\"fields\":[" FIELDD("a", "\"int\"", "[\"op\",\"+\",[\"param\",\"b\"],1]") "],\"kind\":\"object\",\"name\":\"Pool\",\"one_of\":true,\"open\":true}", LIT("{\"$version\":\"1.31\"}"),
    };
    for (size_t i = 0; i < sizeof r / sizeof *r; i++)
        assert_str(val_json(type_to_json(test_arena, typ(r[i]))), str_c(test_arena, val_json(val(r[i]))));
    static const char *const bad[] = { "\"what\"", "{}", "5", "{\"kind\":\"list\"}", "{\"kind\":\"int\",\"elem\":\"int\"}", "{\"kind\":\"object\"}", "{\"kind\":\"union\",\"alt\":[5]}",
                                       "{\"kind\":\"literal\"}", "{\"kind\":\"int\",\"check\":[\"nope\"]}" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_null(read_type_json(test_arena, val(bad[i])));
}

static void terms_survive_json(void **state)
{
    (void)state;
    static const struct { const char *json, *text; } r[] = {
        { "[\"ref\",\"payments.network.vpc\",\"id\"]", "payments.network.vpc.id" }, { "[\"op\",\"-\",1,[\"op\",\"-\",2,3]]", "1 - (2 - 3)" }, { "[\"op\",\"-\",[\"op\",\"-\",1,2],3]", "1 - 2 - 3" },
        { "[\"op\",\"!\",[\"op\",\"==\",[\"param\",\"a\"],1]]", "!(a == 1)" }, { "[\"op\",\"neg\",[\"param\",\"a\"]]", "-a" },
        { "[\"field\",[\"index\",[\"field?\",[\"param\",\"r\"],\"A\"],0],\"B\"]", "r?.A[0].B" }, { "[\"list\",1,[\"...\",[\"param\",\"x\"]],[\"const\",[2]]]", "[1, ...x, [2]]" },
        { "[\"object\",[\"a\",[\"param\",\"x\"]],[\"...\",[\"param\",\"y\"]],[\"two words\",1]]", "{ a = x, ...y, \"two words\" = 1 }" }, { "[\"object\",[\"...\",[\"param\",\"y\"],true]]", "{ \"...\" = y }" },
        { "[\"for\",\"v\",\"k\",[\"param\",\"m\"],[\"op\",\">\",[\"param\",\"v\"],1],[\"param\",\"v\"],[\"param\",\"k\"]]", "{ for k, v in m if v > 1 { [k] = v } }" },
        { "[\"if\",[\"param\",\"c\"],[\"join\",\"a\",[\"param\",\"x\"],5],null]", "if c then \"a\\(x)5\" else none" }, { "[\"call\",\"subnet\",[\"param\",\"b\"],8,{\"$range\":[1,2]}]", "subnet(b, 8, 1..2)" },
        { "{\"$$$term\":1,\"a\":[1]}", "{ \"$term\" = 1, a = [1] }" }, { "[\"op\",\"..\",1,[\"param\",\"n\"]]", "1..n" }, { "[\"op\",\"*\",[\"op\",\"\?\?\",[\"param\",\"a\"],1],2]", "(a \?\? 1) * 2" },
    };
    for (size_t i = 0; i < sizeof r / sizeof *r; i++) {
        const struct value *v = json_read(test_arena, str_of(r[i].json), JSON_TYPED, NULL);
        const struct term *t = read_term_json(test_arena, v);
        if (!t)
            fail_msg("not a term: %s", r[i].json);
        assert_str(trm_text(t), r[i].text);
        struct buf b = { 0 };
        json_write(&b, term_to_json(test_arena, t), JSON_TYPED | JSON_CANONICAL, false);
        struct str out = buf_take(&b, test_arena);
        struct str in = str_of(r[i].json);
        assert_str(out, str_c(test_arena, in));
    }
    static const char *const bad[] = { "[]", "[\"nope\"]", "[\"ref\",\"a\"]", "[\"op\",\"+\",1]", "[\"op\",\"%\",1,2]", "[\"call\",\"nosuch\"]", "[\"call\",\"upper\"]", "[\"if\",1,2]", "[\"for\",\"\",\"\",1,null,1,null]",
                                       "[\"for\",\"x\",\"\",1,null,null,null,null]", "[\"object\",[\"a\"]]", "[\"object\",5]", "[5]", "[\"ref\",\"a\",\"b\",\"nosuchtype\"]", "{\"$term\":1}" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct value *v = json_read(test_arena, str_of(bad[i]), JSON_TYPED, NULL);
        if (v && read_term_json(test_arena, v))
            fail_msg("taken for a term: %s", bad[i]);
    }
}

static void unknowns_survive_packing(void **state)
{
    (void)state;
    struct eval e = { .arena = test_arena };
    const struct value *u = term_eval(&e, trm("[\"join\",\"a\",[\"ref\",\"vpc\",\"id\"," ID("vpc") "]]"));
    const struct pair p[] = { { STR("$term"), u }, { STR("x"), value_list(test_arena, &u, 1) }, { STR("s"), value_secret(test_arena, u) } };
    const struct value *o = value_object(test_arena, p, 3);
    struct str json = val_json(o);
    const struct value *back = val(str_c(test_arena, json));
    assert_str(val_json(back), str_c(test_arena, json));
    assert_int_equal(value_get(back, STR("$term"))->kind, VALUE_UNKNOWN);
    assert_true(value_get(back, STR("s"))->secret);
    assert_int_equal(value_phase(back), PHASE_APPLY);
    assert_int_equal(value_get(back, STR("x"))->list.v[0]->unknown.type->kind, TYPE_STRING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_print_structurally), cmocka_unit_test(assignability), cmocka_unit_test(joining),
        cmocka_unit_test(values_are_admitted_or_blamed), cmocka_unit_test(unknowns_are_admitted_by_type), cmocka_unit_test(replies_are_read_leniently),
        cmocka_unit_test(types_survive_json), cmocka_unit_test(terms_survive_json), cmocka_unit_test(unknowns_survive_packing),
    };
    return cmocka_run_group_tests(tests, test_arena_setup, test_arena_teardown);
}
