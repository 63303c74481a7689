/* Diagnostics: what people and programs read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "kc/arena.h"
#include "kc/diag.h"
#include "kc/json.h"
#include "kc/value.h"

struct fixture {
    struct sources *s;
    struct diags d;
    struct buf out;
};

static void begin(struct fixture *f)
{
    f->s = sources_new();
    f->out = (struct buf){ 0 };
    diags_init(&f->d);
}

static void end(struct fixture *f)
{
    buf_fini(&f->out);
    diags_fini(&f->d);
    sources_free(f->s);
}

static uint32_t file(struct fixture *f, const char *path, const char *text)
{
    return sources_add(f->s, (struct source){ str_of(path), str_of(text), false });
}

static void expect(struct fixture *f, struct diag_style style, const char *want)
{
    diags_text(&f->out, &f->d, f->s, style);
    char *got = strndup(f->out.s, f->out.n);
    assert_string_equal(got, want);
    free(got);
}

static void test_example(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    uint32_t k = file(&f, "net.kcl", "one\n  ec2.Subnet a { vpc = main.id }\nthree\n  ec2.RouteTable rt[a.id] { vpc = main.id }\n");
    struct diag *x = diag_add(&f.d, DIAG_E0401, (struct span){ k, 63, 4 }, "the key of `rt[a.id]` is only known after apply");
    diag_label(&f.d, x, "used as a key here");
    diag_second(&f.d, x, (struct span){ k, 17, 1 }, "`a.id` gets its value when AWS creates this subnet");
    diag_note(&f.d, x, "keys name resources in the plan and in state");
    diag_help(&f.d, x, "key by something you wrote: `rt[az]`");
    diag_fix(&f.d, x, (struct span){ k, 63, 4 }, STR("az"), false);
    expect(&f, (struct diag_style){ 0 },
           "error[E0401]: the key of `rt[a.id]` is only known after apply\n"
           "  --> net.kcl:4:21\n"
           "   |\n"
           " 2 |   ec2.Subnet a { vpc = main.id }\n"
           "   |              - `a.id` gets its value when AWS creates this subnet\n"
           " 4 |   ec2.RouteTable rt[a.id] { vpc = main.id }\n"
           "   |                     ^^^^ used as a key here\n"
           "   = note: keys name resources in the plan and in state\n"
           "   = help: key by something you wrote: `rt[az]`\n"
           "   = write: ec2.RouteTable rt[az] { vpc = main.id }\n");
    end(&f);
}

static void test_carets_stand_under_what_they_mean(void **state)
{
    (void)state;
    static const struct { const char *text; uint32_t off, len; const char *lines; } t[] = {
        { "\tx = y", 5, 1, " 1 |     x = y\n   |         ^\n" },
        { "漢字 = z", 9, 1, " 1 | 漢字 = z\n   |        ^\n" },
        { "e\xcc\x81 = z", 6, 1, " 1 | e\xcc\x81 = z\n   |     ^\n" },
        { "a = b", 5, 0, " 1 | a = b\n   |      ^\n" },
        { "a = \xff z", 6, 1, " 1 | a = \\xff z\n   |          ^\n" },
        { "a = \xe2\x80\xae z", 8, 1, " 1 | a = \\u{202e} z\n   |              ^\n" },
        { "a = (\nb\n)", 4, 5, " 1 | a = (\n   |     ^\n" },
        { "", 0, 0, " 1 | \n   | ^\n" },
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct fixture f;
        begin(&f);
        uint32_t k = file(&f, "f", t[i].text);
        diag_add(&f.d, DIAG_E0201, (struct span){ k, t[i].off, t[i].len }, "m");
        diags_text(&f.out, &f.d, f.s, (struct diag_style){ 0 });
        char *got = strndup(f.out.s, f.out.n);
        const char *lines = strstr(got, "   |\n") + 5;
        assert_string_equal(lines, t[i].lines);
        free(got);
        end(&f);
    }
}

static void test_long_lines_are_cut_around_the_mark(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    char *text = calloc(1, 4001);
    memset(text, 'a', 4000);
    memcpy(text + 3000, "BAD", 3);
    uint32_t k = file(&f, "f", text);
    diag_add(&f.d, DIAG_E0201, (struct span){ k, 3000, 3 }, "m");
    diags_text(&f.out, &f.d, f.s, (struct diag_style){ .ascii = true });
    char *got = strndup(f.out.s, f.out.n), *line = strstr(got, " 1 | "), *bad = strstr(line, "BAD"), *mark = strstr(got, "^^^");
    assert_non_null(bad);
    assert_true(f.out.n < 600);
    char *nl = strchr(line, '\n');
    assert_true(bad - line == mark - (nl + 1));
    free(got);
    free(text);
    end(&f);
}

static void test_other_files_and_no_place(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    uint32_t a = file(&f, "a.kcl", "x = 1\n"), b = file(&f, "b.kcl", "\ny: string\n");
    struct diag *x = diag_add(&f.d, DIAG_E0303, (struct span){ a, 4, 1 }, "wrong");
    diag_second(&f.d, x, (struct span){ b, 1, 1 }, "declared here");
    diag_add(&f.d, DIAG_E0801, SPAN_NONE, "no file\x1b[31m");
    expect(&f, (struct diag_style){ 0 },
           "error[E0303]: wrong\n  --> a.kcl:1:5\n   |\n 1 | x = 1\n   |     ^\n  --> b.kcl:2:1\n   |\n 2 | y: string\n   | - declared here\n"
           "error[E0801]: no file\\x1b[31m\n");
    end(&f);
}

static void test_colour_only_when_asked(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    uint32_t a = file(&f, "a.kcl", "x = 1\n");
    diag_add(&f.d, DIAG_E0303, (struct span){ a, 4, 1 }, "wrong");
    diags_text(&f.out, &f.d, f.s, (struct diag_style){ 0 });
    assert_null(memchr(f.out.s, '\x1b', f.out.n));
    diags_text(&f.out, &f.d, f.s, (struct diag_style){ .colour = true });
    assert_non_null(memchr(f.out.s, '\x1b', f.out.n));
    end(&f);
}

static void test_sort_cap_and_rewind(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    uint32_t a = file(&f, "a", "0123456789"), b = file(&f, "b", "");
    diag_add(&f.d, DIAG_E0303, (struct span){ b, 0, 0 }, "third");
    diag_add(&f.d, DIAG_E0303, (struct span){ a, 5, 1 }, "second");
    diag_add(&f.d, DIAG_E0313, (struct span){ a, 1, 1 }, "first");
    diag_add(&f.d, DIAG_E0303, (struct span){ a, 5, 1 }, "second");
    assert_int_equal(f.d.errors, 3);
    assert_int_equal(f.d.warnings, 1);
    diags_sort(&f.d);
    assert_int_equal(f.d.n, 3);
    assert_int_equal(f.d.errors, 2);
    assert_true(str_is(f.d.v[0]->message, "first") && str_is(f.d.v[1]->message, "second") && str_is(f.d.v[2]->message, "third"));
    diags_rewind(&f.d, 1);
    assert_int_equal(f.d.errors, 0);
    for (int i = 0; i < DIAG_CAP + 7; i++)
        assert_non_null(diag_add(&f.d, DIAG_E0303, (struct span){ a, 0, 0 }, "n %d", i));
    assert_int_equal(f.d.n, DIAG_CAP);
    assert_int_equal(f.d.hidden, 8);
    diags_text(&f.out, &f.d, f.s, (struct diag_style){ 0 });
    assert_true(str_ends(buf_view(&f.out), STR("and 8 more, not shown\n")));
    end(&f);
}

static void test_json(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    uint32_t k = file(&f, "a.kcl", "é = \"\xf0\x9f\x98\x80\" b\n");
    struct diag *x = diag_add(&f.d, DIAG_E0205, (struct span){ k, 12, 1 }, "bad \xff byte");
    diag_help(&f.d, x, "do");
    diag_fix(&f.d, x, (struct span){ k, 12, 1 }, STR("c"), true);
    x->addr = STR("a.b");
    diag_add(&f.d, DIAG_E0313, SPAN_NONE, "w");
    diags_json(&f.out, &f.d, f.s);
    struct str rest = buf_view(&f.out), line, why;
    struct arena *a = arena_new();
    assert_true(str_cut(&rest, '\n', &line));
    const struct value *v = json_read(a, line, 0, &why);
    assert_non_null(v);
    assert_true(str_is(value_at(v, "code")->s, "E0205") && str_is(value_at(v, "severity")->s, "error"));
    assert_true(str_is(value_at(v, "file")->s, "a.kcl") && str_is(value_at(v, "message")->s, "bad \\xff byte"));
    assert_int_equal(value_at(v, "v")->i, 1);
    assert_int_equal(value_at(v, "range.start.line")->i, 1);
    assert_int_equal(value_at(v, "range.start.col")->i, 9);
    assert_int_equal(value_at(v, "range.start.utf16")->i, 10);
    assert_int_equal(value_at(v, "range.start.byte")->i, 12);
    assert_int_equal(value_at(v, "range.end.byte")->i, 13);
    assert_true(str_is(value_at(v, "notes.0.kind")->s, "help") && str_is(value_at(v, "fixes.0.newText")->s, "c"));
    assert_true(str_is(value_at(v, "fixes.0.applicability")->s, "certain") && str_is(value_at(v, "address")->s, "a.b"));
    assert_true(str_cut(&rest, '\n', &line));
    v = json_read(a, line, 0, &why);
    assert_true(str_is(value_at(v, "severity")->s, "warning"));
    assert_null(value_at(v, "file"));
    assert_false(str_cut(&rest, '\n', &line) && line.n);
    arena_free(a);
    end(&f);
}

static void test_nearest(void **state)
{
    (void)state;
    static const struct str names[] = { { "nodes", 5 }, { "node_type", 9 }, { "labels", 6 }, { "max_unavailable", 15 }, { "role", 4 } };
    struct str out[3];
    assert_int_equal(diag_nearest(STR("node"), names, 5, out), 1);
    assert_true(str_is(out[0], "nodes"));
    assert_int_equal(diag_nearest(STR("maxUnavailable"), names, 5, out), 1);
    assert_true(str_is(out[0], "max_unavailable"));
    assert_int_equal(diag_nearest(STR("lables"), names, 5, out), 1);
    assert_int_equal(diag_nearest(STR("zebra"), names, 5, out), 0);
}

static void test_advice(void **state)
{
    (void)state;
    struct str text = STR("it is broken; mend it; then again"), plain = STR("it is broken");
    assert_true(str_is(diag_advice(&text), "mend it; then again"));
    assert_true(str_is(text, "it is broken"));
    assert_int_equal(diag_advice(&plain).n, 0);
    assert_true(str_is(plain, "it is broken"));
}

static void test_codes(void **state)
{
    (void)state;
    enum diag_code c;
    assert_true(diag_find(STR("e0201"), &c));
    assert_int_equal(c, DIAG_E0201);
    assert_false(diag_find(STR("E9999"), &c));
    assert_string_equal(diag_name(DIAG_E0302), "E0302");
    assert_string_equal(diag_title(DIAG_E0302), "no such field");
}

static void test_positions(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    uint32_t k = file(&f, "f", "a\nbc\n\nd");
    static const struct { uint32_t off, line, col; } t[] = { { 0, 1, 1 }, { 1, 1, 2 }, { 2, 2, 1 }, { 4, 2, 3 }, { 5, 3, 1 }, { 6, 4, 1 }, { 7, 4, 2 }, { 99, 4, 2 } };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct position p = sources_position(f.s, k, t[i].off);
        assert_int_equal(p.line, t[i].line);
        assert_int_equal(p.col, t[i].col);
    }
    assert_null(sources_get(f.s, 0));
    assert_null(sources_get(f.s, 2));
    assert_int_equal(sources_position(f.s, 9, 1).line, 0);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example), cmocka_unit_test(test_carets_stand_under_what_they_mean),
        cmocka_unit_test(test_long_lines_are_cut_around_the_mark), cmocka_unit_test(test_other_files_and_no_place),
        cmocka_unit_test(test_colour_only_when_asked), cmocka_unit_test(test_sort_cap_and_rewind), cmocka_unit_test(test_json),
        cmocka_unit_test(test_nearest), cmocka_unit_test(test_advice), cmocka_unit_test(test_codes), cmocka_unit_test(test_positions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
