/* The evaluator: operators, access, comprehensions, unknowns, secrets, budgets. Terms are written as their JSON. */
#include "expr_help.h"

struct row { const char *term, *want; };

static void check(const struct row *r, size_t n, const char *params)
{
    for (size_t i = 0; i < n; i++) {
        struct str got = run(r[i].term, params);
        if (!str_is(got, r[i].want))
            fail_msg("%s\n  gives %.*s\n  want  %s", r[i].term, STR_ARG(got), r[i].want);
    }
}
#define CHECK(rows, params) check(rows, sizeof rows / sizeof *(rows), params)

static void operators(void **state)
{
    (void)state;
    static const struct row r[] = {
        { "[\"op\",\"+\",1,2]", "3" }, { "[\"op\",\"+\",1,2.5]", "3.5" }, { "[\"op\",\"/\",6,3]", "2.0" }, { "[\"op\",\"-\",1,2]", "-1" },
        { "[\"op\",\"*\",4611686018427387904,2]", "E0304: the result of `*` does not fit in 64 bits" },
        { "[\"op\",\"/\",1,0]", "E0304: division by zero" }, { "[\"op\",\"*\",1e308,10]", "E0304: the result of `*` is not a number" },
        { "[\"op\",\"+\",\"a\",\"b\"]", "\"ab\"" }, { "[\"op\",\"+\",[\"const\",[1]],[\"const\",[2]]]", "[1, 2]" },
        { "[\"op\",\"+\",{\"a\":1},{\"b\":2}]", "E0303: `+` does not take object and object; merge(a, b) puts objects together" },
        { "[\"op\",\"+\",\"a\",1]", "E0303: `+` does not take string and int; put values into text with \"\\( )\"" },
        { "[\"op\",\"*\",{\"$size\":1073741824},3]", "3GiB" }, { "[\"op\",\"/\",{\"$duration\":3600000},2]", "30m" },
        { "[\"op\",\"/\",{\"$size\":2048},{\"$size\":1024}]", "2.0" }, { "[\"op\",\"+\",{\"$size\":1},{\"$duration\":1}]", "E0303: `+` does not take size and duration" },
        { "[\"op\",\"+\",{\"$percent\":30.0},{\"$percent\":3.5}]", "33.5%" }, { "[\"op\",\"..\",3,12]", "3..12" },
        { "[\"op\",\"..\",12,3]", "E0304: range 12..3 is empty; write 3..12: both ends belong to it" },
        { "[\"op\",\"<\",{\"$version\":\"1.9\"},{\"$version\":\"1.31\"}]", "true" }, { "[\"op\",\"<\",1,\"a\"]", "E0303: `<` does not take int and string" },
        { "[\"op\",\"==\",1,1.0]", "true" }, { "[\"op\",\"==\",[\"const\",[1,2]],[\"const\",[1,2]]]", "true" }, { "[\"op\",\"!=\",null,1]", "true" },
        { "[\"op\",\"in\",\"a\",{\"a\":1}]", "true" }, { "[\"op\",\"in\",4,{\"$range\":[3,5]}]", "true" }, { "[\"op\",\"in\",\"ell\",\"hello\"]", "true" },
        { "[\"op\",\"in\",{\"$ip\":\"10.0.3.4\"},{\"$cidr\":\"10.0.0.0/16\"}]", "true" }, { "[\"op\",\"in\",{\"$cidr\":\"10.0.0.0/8\"},{\"$cidr\":\"10.0.0.0/16\"}]", "false" },
        { "[\"op\",\"in\",3,[\"const\",[1,2]]]", "false" }, { "[\"op\",\"??\",null,7]", "7" }, { "[\"op\",\"??\",6,7]", "6" },
        { "[\"op\",\"!\",true]", "false" }, { "[\"op\",\"neg\",5]", "-5" }, { "[\"op\",\"&&\",true,false]", "false" },
        { "[\"op\",\"&&\",true,1]", "E0303: `&&` does not take bool and int" },
        { "[\"op\",\"&&\",false,[\"op\",\"/\",1,0]]", "false" },
    };
    CHECK(r, NULL);
}

static void access(void **state)
{
    (void)state;
    static const struct row r[] = {
        { "[\"field\",{\"a\":5},\"a\"]", "5" }, { "[\"field\",{\"nodes\":5},\"node\"]", "E0302: no field `node` here; did you mean `nodes`?" },
        { "[\"field?\",{\"nodes\":5},\"node\"]", "none" }, { "[\"field?\",null,\"x\"]", "none" },
        { "[\"field\",[\"field\",[\"param\",\"reply\"],\"A\"],\"B\"]", "1" }, { "[\"field\",[\"field\",[\"param\",\"reply\"],\"X\"],\"Y\"]", "none" },
        { "[\"index\",[\"const\",[1,2,3]],2]", "3" }, { "[\"index\",[\"const\",[1,2,3]],3]", "E0304: no element 3: the list has 3; elements count from 0 to 2" },
        { "[\"index\",[\"const\",[1,2,3]],-1]", "E0304: no element -1: the list has 3; elements count from 0 to 2" },
        { "[\"index\",{\"ab\":1},\"ac\"]", "E0304: no key \"ac\"; did you mean `ab`?" }, { "[\"index\",[\"field\",[\"param\",\"reply\"],\"L\"],9]", "none" },
        { "[\"join\",\"a-\",5,\"/\",{\"$size\":1073741824},\"/\",{\"$version\":\"1.31\"}]", "\"a-5/1GiB/1.31\"" },
        { "[\"join\",[\"const\",[1]]]", "E0303: a value of type list has no text of its own; write join(x, \",\") or json(x)" },
        { "[\"join\",null]", "E0303: none has no text; say what to write instead: \\(x ?? \"-\")" },
        { "[\"list\",1,[\"...\",[\"const\",[2,3]]],4]", "[1, 2, 3, 4]" }, { "[\"list\",[\"...\",1]]", "E0303: `...` in a list takes a list, got int" },
        { "[\"object\",[\"a\",1],[\"...\",{\"a\":2,\"b\":3}],[\"c\",4]]", "{ a = 2, b = 3, c = 4 }" },
        { "[\"if\",true,1,[\"op\",\"/\",1,0]]", "1" }, { "[\"if\",1,1,2]", "E0303: a condition is true or false, got int" },
    };
    CHECK(r, "{\"reply\": {\"A\": {\"B\": 1}, \"L\": []}}");
}

static void comprehensions(void **state)
{
    (void)state;
    static const struct row r[] = {
        { "[\"for\",\"x\",\"\",{\"$range\":[1,4]},[\"op\",\">\",[\"param\",\"x\"],2],[\"op\",\"*\",[\"param\",\"x\"],10],null]", "[30, 40]" },
        { "[\"for\",\"v\",\"k\",{\"a\":1,\"b\":2},null,[\"op\",\"+\",[\"param\",\"v\"],1],[\"op\",\"+\",[\"param\",\"k\"],\"!\"]]", "{ \"a!\" = 2, \"b!\" = 3 }" },
        { "[\"for\",\"v\",\"i\",[\"const\",[\"a\",\"b\"]],null,[\"join\",[\"param\",\"i\"],[\"param\",\"v\"]],null]", "[\"0a\", \"1b\"]" },
        { "[\"for\",\"v\",\"\",[\"const\",[1,2]],null,[\"param\",\"v\"],\"same\"]", "E0306: key \"same\" comes twice" },
        { "[\"for\",\"x\",\"\",5,null,1,null]", "E0303: `for` goes over a list, a map or a range, got int" },
        { "[\"for\",\"x\",\"\",[\"const\",[1]],null,[\"op\",\"+\",[\"param\",\"x\"],[\"param\",\"outer\"]],null]", "[41]" },
        { "[\"for\",\"x\",\"\",{\"$range\":[0,9223372036854775807]},null,1,null]", "E0403: evaluation takes too long: more than 10000000 steps" },
    };
    CHECK(r, "{\"outer\": 40}");
}

#define U "[\"ref\",\"net.vpc\",\"id\",\"string\"]"
#define N "[\"ref\",\"net.vpc\",\"n\",\"int\"]"
#define B "[\"ref\",\"net.vpc\",\"b\",\"bool\"]"
#define L "[\"ref\",\"net.vpc\",\"l\",{\"kind\":\"list\",\"elem\":\"string\"}]"
#define O "[\"ref\",\"net.vpc\",\"o\",{\"kind\":\"optional\",\"elem\":\"int\"}]"

static void what_is_unknown_stays_as_a_term(void **state)
{
    (void)state;
    static const struct row r[] = {
        { "[\"op\",\"+\"," N ",[\"op\",\"*\",2,3]]", "net.vpc.n + 6" },
        { "[\"op\",\"*\",[\"op\",\"+\"," N ",1],2]", "(net.vpc.n + 1) * 2" },
        { "[\"op\",\"&&\"," B ",false]", "false" }, { "[\"op\",\"||\",true," B "]", "true" }, { "[\"op\",\"&&\",true," B "]", "net.vpc.b" },
        { "[\"op\",\"==\"," U ",null]", "false" }, { "[\"op\",\"!=\"," U ",null]", "true" }, { "[\"op\",\"==\"," O ",null]", "net.vpc.o == none" },
        { "[\"op\",\"??\"," U ",\"x\"]", "net.vpc.id" }, { "[\"op\",\"??\"," O ",5]", "net.vpc.o ?? 5" },
        { "[\"op\",\"+\",[\"list\"," U "],[\"const\",[\"a\"]]]", "[net.vpc.id, \"a\"]" }, { "[\"op\",\"in\",\"a\",[\"list\"," U ",\"a\"]]", "true" },
        { "[\"op\",\"in\",\"b\",[\"list\"," U ",\"a\"]]", "\"b\" in [net.vpc.id, \"a\"]" },
        { "[\"op\",\"+\"," N ",\"a\"]", "E0303: `+` does not take int and string; put values into text with \"\\( )\"" },
        { "[\"op\",\"+\"," O ",1]", "E0303: `+` does not take int? and int; it may be none: give it a value first, as in (x ?? 0)" },
        { "[\"join\",\"vpc=\"," U "]", "\"vpc=\\(net.vpc.id)\"" }, { "[\"index\",[\"list\"," U ",\"b\"],1]", "\"b\"" },
        { "[\"index\"," L "," N "]", "net.vpc.l[net.vpc.n]" }, { "[\"call\",\"size\",[\"list\"," U "," U "]]", "2" }, { "[\"call\",\"size\"," L "]", "size(net.vpc.l)" },
        { "[\"call\",\"upper\"," N "]", "E0303: `upper` takes string as text, got int; its form is upper(text: string) -> string" },
        { "[\"call\",\"first\",[\"list\"," U "]]", "net.vpc.id" }, { "[\"call\",\"keys\",[\"object\",[\"a\"," U "]]]", "[\"a\"]" },
        { "[\"if\"," B ",1,1]", "1" }, { "[\"if\"," B ",1,2]", "if net.vpc.b then 1 else 2" }, { "[\"list\",1,[\"...\"," L "]]", "[1, ...net.vpc.l]" },
        { "[\"object\",[\"a\"," U "],[\"b\",1]]", "{ a = net.vpc.id, b = 1 }" }, { "[\"ref\",\"known\",\"seven\"]", "7" },
        { "[\"field\",[\"object\",[\"a\"," U "],[\"b\",1]],\"b\"]", "1" },
        { "[\"for\",\"x\",\"\"," L ",null,[\"join\",[\"param\",\"x\"],[\"param\",\"seven\"]],null]", "[for x in net.vpc.l: \"\\(x)7\"]" },
        { "[\"for\",\"x\",\"\",[\"const\",[\"a\",\"b\"]],null,[\"join\",[\"param\",\"x\"]," U "],null]", "[\"a\\(net.vpc.id)\", \"b\\(net.vpc.id)\"]" },
        { "[\"for\",\"x\",\"\",[\"const\",[\"a\",\"b\"]],[\"op\",\"==\",[\"param\",\"x\"]," U "],[\"param\",\"x\"],null]", "[for x in [\"a\", \"b\"] if x == net.vpc.id: x]" },
        { "[\"for\",\"x\",\"\"," L ",null,[\"for\",\"x\",\"\"," L ",null,[\"param\",\"x\"],null],null]", "[for x_2 in net.vpc.l: [for x in net.vpc.l: x]]" },
        { "[\"call\",\"fresh\",\"web\"]", "fresh(\"web\", fresh)" }, { "[\"call\",\"flatten\",[\"list\"," L ",[\"const\",[\"a\"]]]]", "flatten([net.vpc.l, [\"a\"]])" },
    };
    CHECK(r, "{\"seven\": 7}");
}

/* An inner loop over the outer variable must not take its name. */
static void loops_do_not_capture(void **state)
{
    (void)state;
    struct str got = run("[\"for\",\"x\",\"\"," L ",null,[\"for\",\"y\",\"\"," L ",null,[\"join\",[\"param\",\"x\"],[\"param\",\"y\"]],null],null]", NULL);
    assert_str(got, "[for x in net.vpc.l: [for y in net.vpc.l: \"\\(x)\\(y)\"]]");
    const struct term *t = trm("[\"for\",\"x\",\"\",[\"param\",\"xs\"],null,[\"for\",\"y\",\"\",[\"param\",\"ys\"],null,[\"join\",[\"param\",\"x\"],[\"param\",\"y\"]],null],null]");
    struct eval e = { .arena = test_arena };
    const struct value *u = term_eval(&e, t);              /* nothing known */
    assert_non_null(u);
    struct str json = val_json(u);
    const struct value *again = val(str_c(test_arena, json));
    assert_str(val_json(again), str_c(test_arena, json));
    assert_false(term_uses_param(again->unknown.term, STR("x")));
    assert_true(term_uses_param(again->unknown.term, STR("ys")));
}

static const struct value *secrets(void *user, struct str name)
{
    (void)user;
    if (str_is(name, "pw"))
        return value_secret(test_arena, value_str(test_arena, STR("hunter2")));
    return str_is(name, "obj") ? value_object(test_arena, &(struct pair){ STR("pw"), secrets(NULL, STR("pw")) }, 1) : NULL;
}

static void secrets_stay_secret(void **state)
{
    (void)state;
    static const struct row r[] = {
        { "[\"join\",\"x\",[\"param\",\"pw\"]]", "(secret)" }, { "[\"call\",\"upper\",[\"param\",\"pw\"]]", "(secret)" },
        { "[\"op\",\"==\",[\"param\",\"pw\"],\"a\"]", "(secret)" }, { "[\"list\",1,[\"param\",\"pw\"]]", "[1, (secret)]" },
        { "[\"call\",\"size\",[\"list\",1,[\"param\",\"pw\"]]]", "2" }, { "[\"call\",\"size\",[\"param\",\"pw\"]]", "(secret)" },
        { "[\"call\",\"keys\",[\"param\",\"obj\"]]", "[\"pw\"]" }, { "[\"call\",\"values\",[\"param\",\"obj\"]]", "[(secret)]" },
        { "[\"call\",\"json\",[\"param\",\"obj\"]]", "(secret)" }, { "[\"call\",\"base64\",[\"param\",\"pw\"]]", "(secret)" },
        { "[\"if\",[\"op\",\"==\",[\"param\",\"pw\"],\"a\"],1,2]", "(secret)" },
        { "[\"join\",[\"param\",\"pw\"],[\"ref\",\"a\",\"b\"]]", "(secret)" }, { "[\"field\",[\"param\",\"obj\"],\"pw\"]", "(secret)" },
        { "[\"call\",\"contains\",[\"list\",[\"param\",\"pw\"]],\"a\"]", "(secret)" }, { "[\"op\",\"+\",[\"list\",[\"param\",\"pw\"]],[\"const\",[1]]]", "[(secret), 1]" },
        { "[\"call\",\"to_int\",[\"param\",\"pw\"]]", "E0304: (secret) is not an integer" }, { "[\"call\",\"json_decode\",[\"param\",\"pw\"]]", "E0304: not JSON" },
        { "[\"for\",\"x\",\"\",[\"const\",[1]],null,1,[\"param\",\"pw\"]]", "E0304: a secret may not become a key" },
    };
    for (size_t i = 0; i < sizeof r / sizeof *r; i++) {
        struct eval e = { .arena = test_arena, .param = secrets };
        const struct value *v = term_eval(&e, trm(r[i].term));
        struct buf b = { 0 };
        if (v)
            value_print(&b, v);
        else
            buf_fmt(&b, "%s: %.*s", diag_name(e.code), STR_ARG(e.problem));
        assert_str(buf_take(&b, test_arena), r[i].want);
    }
}

static void bombs_end(void **state)
{
    (void)state;
    const struct term *x = term_const(test_arena, value_str(test_arena, STR("aaaaaaaaaaaaaaaa")));
    for (int i = 0; i < 40; i++) {                         /* text doubling */
        const struct term *two[] = { x, x };
        x = term_new(test_arena, TERM_JOIN, two, 2, &type_string, SPAN_NONE);
    }
    struct eval e = { .arena = test_arena };
    assert_null(term_eval(&e, x));
    assert_int_equal(e.code, DIAG_E0403);
    x = term_const(test_arena, value_int(test_arena, 1));
    for (int i = 0; i < 300; i++)                          /* depth */
        x = term_new(test_arena, TERM_LIST, &x, 1, &type_any, SPAN_NONE);
    e = (struct eval){ .arena = test_arena };
    assert_null(term_eval(&e, x));
    assert_str(e.problem, "expression nested deeper than 256");
    const struct value *v = value_int(test_arena, 1);
    e = (struct eval){ .arena = test_arena };
    for (int i = 0; i < 40 && v; i++) {                    /* lists of lists of lists, all shared */
        const struct term *two[] = { term_const(test_arena, v), term_const(test_arena, v) };
        v = term_eval(&e, term_new(test_arena, TERM_LIST, two, 2, &type_any, SPAN_NONE));
    }
    assert_null(v);
    assert_str(e.problem, "value too large: more than 1000000 parts");
    e = (struct eval){ .arena = test_arena };
    const struct value *u = term_eval(&e, trm(N));
    for (int i = 0; i < 40 && u; i++)                      /* an unknown that grows */
        u = expr_op(&e, OP_ADD, u, u, SPAN_NONE);
    assert_null(u);
    assert_true(e.failed);
}

static void phases_are_the_latest(void **state)
{
    (void)state;
    struct eval e = { .arena = test_arena };
    const struct term *t = term_ref(test_arena, STR("zones"), STR("n"), &type_int, SPAN_NONE);
    const struct value *plan = value_unknown(test_arena, t, &type_int, PHASE_PLAN), *apply = term_eval(&e, trm(N)), *one = value_int(test_arena, 1);
    assert_int_equal(value_phase(expr_op(&e, OP_ADD, plan, one, SPAN_NONE)), PHASE_PLAN);
    assert_int_equal(value_phase(expr_op(&e, OP_ADD, plan, apply, SPAN_NONE)), PHASE_APPLY);
    const struct value *f = expr_call(&e, STR("fresh"), (const struct value *[]){ value_str(test_arena, STR("web")) }, 1, SPAN_NONE);
    assert_int_equal(value_phase(f), PHASE_PLAN);
}

static void generations_name_things(void **state)
{
    (void)state;
    assert_str(run("[\"call\",\"fresh\",\"web\",[\"param\",\"fresh\"]]", "{\"fresh\": \"\"}"), "\"web\"");
    assert_str(run("[\"call\",\"fresh\",\"web\",[\"param\",\"fresh\"]]", "{\"fresh\": \"-3\"}"), "\"web-3\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operators), cmocka_unit_test(access), cmocka_unit_test(comprehensions),
        cmocka_unit_test(what_is_unknown_stays_as_a_term), cmocka_unit_test(loops_do_not_capture), cmocka_unit_test(secrets_stay_secret),
        cmocka_unit_test(bombs_end), cmocka_unit_test(phases_are_the_latest), cmocka_unit_test(generations_name_things),
    };
    return cmocka_run_group_tests(tests, test_arena_setup, test_arena_teardown);
}
