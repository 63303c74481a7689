/* The parser's contract: spans, limits, the index, parsing a part; and hints for the commonest slips. */
#include "kctest.h"
#include <stdlib.h>
#include <time.h>
#include "ast.h"
#include "token.h"

struct fixture {
    struct sources *s;
    struct diags d;
    struct arena *a;
    struct ast_file *f;
    uint32_t file;
};

static void parse(struct fixture *x, struct str text)
{
    x->s = sources_new();
    x->a = arena_new();
    diags_init(&x->d);
    x->file = sources_add(x->s, (struct source){ STR("t.kcl"), text, false });
    x->f = ast_parse(x->a, x->s, x->file, &x->d);
}

static void end(struct fixture *x)
{
    diags_fini(&x->d);
    arena_free(x->a);
    sources_free(x->s);
}

static void text_is(const struct fixture *x, struct span at, const char *want)
{
    assert_str(ast_text(x->s, at), want);
}

static void test_spans(void **state)
{
    (void)state;
    struct fixture x;
    parse(&x, STR("## doc\nlet a: int = b.c + d[1]\nec2.Subnet net[k] @after(igw) { v = 1 }\n"));
    assert_int_equal(x.f->body.n, 2);
    const struct ast_item *let = x.f->body.items[0], *net = x.f->body.items[1];
    text_is(&x, let->span, "let a: int = b.c + d[1]");
    assert_str(let->doc, "doc");
    text_is(&x, let->name.span, "a");
    text_is(&x, let->type->span, "int");
    text_is(&x, let->value->span, "b.c + d[1]");
    text_is(&x, let->value->op_span, "+");
    text_is(&x, let->value->a->op_span, ".c");
    text_is(&x, let->value->a->name.span, "c");
    text_is(&x, let->value->b->op_span, "[1]");
    text_is(&x, net->span, "ec2.Subnet net[k] @after(igw) { v = 1 }");
    text_is(&x, net->path.span, "ec2.Subnet");
    text_is(&x, net->name.span, "net");
    text_is(&x, net->key->span, "k");
    text_is(&x, net->annots.v[0].span, "@after(igw)");
    text_is(&x, net->body->span, "{ v = 1 }");
    text_is(&x, net->body->items[0]->span, "v = 1");
    assert_non_null(ast_annot(net->annots, "after"));
    assert_null(ast_annot(net->annots, "hold"));
    end(&x);
}

static struct str repeat(const char *unit, size_t n, const char *middle, const char *back)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < n; i++)
        buf_cstr(&b, unit);
    buf_cstr(&b, middle);
    for (size_t i = 0; i < n; i++)
        buf_cstr(&b, back);
    return (struct str){ b.s, b.n };
}

static void expect_code(struct str text, bool good, enum diag_code code)
{
    struct fixture x;
    parse(&x, text);
    if (good) {
        assert_int_equal(x.d.n, 0);
        assert_false(x.f->broken);
    } else {
        assert_int_equal(x.d.n, 1);
        assert_int_equal(x.d.v[0]->code, code);
        assert_true(x.f->broken);
    }
    end(&x);
    free((char *)text.s);
}

static void test_nesting(void **state)
{
    (void)state;
    expect_code(repeat("a {\n", 200, "", "}\n"), true, 0);
    expect_code(repeat("a {\n", 300, "", "}\n"), false, DIAG_E0204);
    expect_code(repeat("x = [", 1, "", "]"), true, 0);
    expect_code(repeat("a = (((((((((", 1, "1", ")))))))))"), true, 0);
    expect_code(repeat("let a = { b =\n", 1, "1", "}"), true, 0);
    struct str deep = repeat("[", 200, "1", "]");
    struct buf b = { 0 };
    buf_cstr(&b, "let a = ");
    buf_str(&b, deep);
    free((char *)deep.s);
    expect_code((struct str){ b.s, b.n }, true, 0);
    expect_code(repeat("", 0, "let a = 1\n", ""), true, 0);
    struct buf sum = { 0 };
    buf_cstr(&sum, "let a = 0");
    for (int i = 0; i < 5000; i++)
        buf_cstr(&sum, " + 1");
    expect_code((struct str){ sum.s, sum.n }, false, DIAG_E0204);
    struct buf not = { 0 };
    buf_cstr(&not, "let a = ");
    for (int i = 0; i < 50000; i++)
        buf_putc(&not, '!');
    buf_cstr(&not, "b\n");
    expect_code((struct str){ not.s, not.n }, false, DIAG_E0204);
    struct buf chain = { 0 };
    buf_cstr(&chain, "if a { }");
    for (int i = 0; i < 5000; i++)
        buf_cstr(&chain, " else if a { }");
    expect_code((struct str){ chain.s, chain.n }, false, DIAG_E0204);
}

static void test_size_limit(void **state)
{
    (void)state;
    size_t n = (4 << 20) + 1;
    char *text = malloc(n);
    memset(text, ' ', n);
    expect_code((struct str){ text, n }, false, DIAG_E0208);
    text = malloc(n - 1);
    memset(text, ' ', n - 1);
    expect_code((struct str){ text, n - 1 }, true, 0);
    text = malloc(n - 1);
    memset(text, '{', n - 1);
    expect_code((struct str){ text, n - 1 }, false, DIAG_E0204);
    text = malloc(n - 1);
    memset(text, '"', n - 1);
    struct fixture x;
    parse(&x, (struct str){ text, n - 1 });
    assert_true(x.f->broken);
    end(&x);
    free(text);
}

static void test_index(void **state)
{
    (void)state;
    static const char text[] = "# c\nimport \"a\" as b\n\n## About Vpc.\n## More.\nresource Vpc @aws(\"ec2\") {\n  create X { send { } }\n}\n"
                               "fn f(a: int) -> int =\n  a\ntype T = int\nlet y = { a = 1\n b = 2 }\ncluster main {\n}\nec2.Vpc \"other\"[k] { }\n";
    static const struct { enum ast_item_kind kind; const char *name; } want[] = {
        { ITEM_IMPORT, "" }, { ITEM_RESOURCE, "Vpc" }, { ITEM_FN, "f" }, { ITEM_TYPE, "T" }, { ITEM_LET, "y" },
        { ITEM_INSTANCE, "main" }, { ITEM_INSTANCE, "other" } };
    struct fixture x;
    parse(&x, str_of(text));
    assert_int_equal(x.d.n, 0);
    size_t n;
    struct ast_entry *e = ast_index(x.a, x.s, x.file, &n);
    assert_int_equal(n, sizeof want / sizeof *want);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(e[i].kind, want[i].kind);
        assert_str(e[i].name, want[i].name);
        struct ast_file *part = ast_parse_part(x.a, x.s, e[i].span, &x.d);
        assert_int_equal(x.d.n, 0);
        assert_int_equal(part->body.n, 1);
        const struct ast_item *whole = x.f->body.items[i], *one = part->body.items[0];
        assert_int_equal(one->kind, whole->kind);
        assert_int_equal(one->span.off, whole->span.off);
        assert_int_equal(one->span.len, whole->span.len);
        assert_true(str_eq(one->doc, whole->doc));
    }
    end(&x);
}

static void test_broken_bodies_say_so(void **state)
{
    (void)state;
    struct fixture x;
    parse(&x, STR("a {\n  ) = 1 2 3\n  ok = 2\n}\nb { c = 1 }\n"));
    assert_true(x.d.n > 0 && x.f->broken);
    assert_int_equal(x.f->body.n, 2);
    assert_false(x.f->body.items[1]->body->broken);
    end(&x);
}

static void test_advice(void **state)
{
    (void)state;
    static const struct { const char *text, *fix; } t[] = {
        { "a {\n region \"x\"\n}\n", " = " },
        { "if a = 1 { }\n", "==" },
        { "let a = 10.0.0.1/16\n", "10.0.0.0/16" },
        { "let a = 80Gib\n", "GiB" },
        { "let a = “x”\n", "\"x\"" },
        { "let a = 1.30.2\n", "v1.30.2" },
        { "let a = a < b < c\n", "a < b && b < c" },
        { "let a = \"x\n", "\"" },
        { "let a = b and c\n", "&&" },
        { "let a = { b = 1 c = 2 }\n", "," },
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct fixture x;
        parse(&x, str_of(t[i].text));
        assert_int_equal(x.d.n, 1);
        assert_str(str_trim(x.d.v[0]->fix.text), str_trim(str_of(t[i].fix)).s ? str_c(x.a, str_trim(str_of(t[i].fix))) : "");
        end(&x);
    }
}

/* Every prefix of a file ends without a crash, and says something unless it is a file. */
static void test_prefixes(void **state)
{
    (void)state;
    static const char text[] = "import \"a\" as b\nlet s = \"x \\(f(\"y\", [1, 2])) z\"\nc d[k] @e(1) {\n  t = \"\"\"\n    a\n    \"\"\"\n  n = if a then 1..2 else none\n}\n";
    for (size_t n = 0; n < sizeof text; n++) {
        struct fixture x;
        parse(&x, (struct str){ text, n });
        assert_int_equal(x.f->broken, x.d.n > 0);
        end(&x);
    }
}

static void test_warning_of_other_interpolation(void **state)
{
    (void)state;
    static const struct { const char *text; size_t warnings; } t[] = {
        { "param env: string\nlet a = \"x-${env}\"\n", 1 }, { "let a = \"x-${env}\"\n", 0 }, { "param env: string\nlet a = 'x-${env}'\n", 0 },
        { "param env: string\nlet a = \"\"\"\n  ${env}\n  \"\"\"\n", 0 }, { "for i, zone in z { a = \"${zone}\" }\n", 1 } };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct fixture x;
        parse(&x, str_of(t[i].text));
        assert_int_equal(x.d.warnings, t[i].warnings);
        assert_int_equal(x.d.errors, 0);
        assert_false(x.f->broken);
        end(&x);
    }
}

static double seconds(struct str text)
{
    struct fixture x;
    clock_t from = clock();
    parse(&x, text);
    double took = (double)(clock() - from) / CLOCKS_PER_SEC;
    assert_int_equal(x.d.n, 0);
    end(&x);
    return took;
}

static void test_time_is_linear(void **state)
{
    (void)state;
    const char *unit = "ec2.Subnet net[\"a\"] { vpc = main.id, zone = az, cidr = subnet(cidr, 4, i + 8), tags = { Name = \"x-\\(y)\" } }\n";
    struct str one = repeat(unit, 5000, "", ""), four = repeat(unit, 20000, "", "");
    seconds(one);
    double a = seconds(one), b = seconds(four);
    assert_true(b < 0.02 || b / a < 8);
    free((char *)one.s);
    free((char *)four.s);
}

/* A mistake in a large file costs about as much as the file, not its square. */
static void test_mistakes_in_large_files(void **state)
{
    (void)state;
    struct str text = repeat("ec2.Subnet net[\"a\"] { vpc = main.id, zone = az, cidr = subnet(cidr, 4, i + 8) }\n", 20000, "", "");
    char *s = (char *)text.s;
    for (size_t i = 0; i < 70; i++)
        *strchr(s + i * text.n / 80, '=') = ' ';
    struct fixture x;
    clock_t from = clock();
    parse(&x, text);
    assert_true((double)(clock() - from) / CLOCKS_PER_SEC < 60);
    assert_true(x.d.n >= 40);
    end(&x);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spans), cmocka_unit_test(test_nesting), cmocka_unit_test(test_size_limit), cmocka_unit_test(test_index),
        cmocka_unit_test(test_broken_bodies_say_so), cmocka_unit_test(test_advice), cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_warning_of_other_interpolation),
        cmocka_unit_test(test_time_is_linear), cmocka_unit_test(test_mistakes_in_large_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
