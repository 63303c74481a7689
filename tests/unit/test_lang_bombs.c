/* Small files that ask for much: each ends soon, in little memory, with an error that says what is too much. */
#include "kctest.h"
#include "lang_kit.h"
#include "sanitized.h"
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { SECONDS = 2 };

/* The most memory that this program ever had; in the order of the tests. */
static void used_at_most(long mebibytes)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    if (!SANITIZED && u.ru_maxrss / 1024 > mebibytes)
        fail_msg("%ld MiB were in use at once", u.ru_maxrss / 1024);
}

/* The file's first error, with its code; the time is the processor's, so that a busy machine changes nothing. */
static void expect(struct str text, enum diag_code code, const char *part)
{
    clock_t start = clock();
    struct lang_kit *k = lang_kit_new(text, NULL, false);
    if (!k->diags.errors)
        lang_eval(k->program, NULL);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    assert_true(k->diags.errors > 0);
    if (k->diags.v[0]->code != code || str_find(k->diags.v[0]->message, str_of(part)) == SIZE_MAX)
        fail_msg("%s: %.*s", diag_name(k->diags.v[0]->code), STR_ARG(k->diags.v[0]->message));
    lang_kit_free(k);
    if (!SANITIZED && seconds > SECONDS)
        fail_msg("%.40s...: %.1f s", text.s, seconds);
}

/* n times `line`, in which # stands for the number and ^ for the one after it; between head and tail. */
static void many(const char *head, size_t n, const char *line, const char *tail, enum diag_code code, const char *part)
{
    struct buf b = { 0 };
    buf_cstr(&b, head);
    for (size_t i = 0; i < n; i++)
        for (const char *c = line; *c; c++) {
            if (*c == '#' || *c == '^')
                buf_fmt(&b, "%zu", i + (*c == '^'));
            else
                buf_add(&b, c, 1);
        }
    buf_cstr(&b, tail);
    expect((struct str){ b.s, b.n }, code, part);
    buf_fini(&b);
}

static void loops_in_loops(void **state)
{
    (void)state;
    expect(STR("let xs = [for i in 1..100: i]\n"
               "let y = [for a in xs: [for b in xs: [for c in xs: [for d in xs: a + b + c + d]]]]\n"
               "assert size(y) == 100 else \"no\"\n"),
           DIAG_E0403, "evaluation");
    expect(STR("let xs = [for i in 1..100: i]\n"
               "let y = [for a in xs if size([for b in xs if size([for c in xs if size([for d in xs if d > 1000: d]) > 0: c]) > 0: b]) > 0: a]\n"
               "assert size(y) == 0 else \"no\"\n"),
           DIAG_E0403, "evaluation");
    expect(STR("let xs = [for i in 1..9000000000000000000: i]\nassert size(xs) > 0 else \"no\"\n"), DIAG_E0403, "evaluation");
    expect(STR("out x = [for i in -9223372036854775807..9223372036854775807: i]\n"), DIAG_E0403, "evaluation");
    expect(STR("fn f(n: int) = [for i in 1..200: [for j in 1..200: n]]\nout x = [for i in 1..1000: f(i)]\n"), DIAG_E0403, "evaluation");
}

static void doubling(void **state)
{
    (void)state;
    many("let a0 = \"0123456789\"\n", 40, "let a^ = \"\\(a#)\\(a#)\"\n", "out x = size(a40)\n", DIAG_E0403, "64 MiB of text");
    many("let a0 = [1, 2, 3, 4]\n", 40, "let a^ = [...a#, ...a#]\n", "out x = size(a40)\n", DIAG_E0403, "million steps");
    many("let a0 = [1, 2, 3, 4]\n", 40, "let a^ = a# + a#\n", "out x = size(a40)\n", DIAG_E0403, "too large");
    many("let a0 = { x = 1 }\n", 60, "let a^ = { l = a#, r = a# }\n", "out x = a60\n", DIAG_E0403, "1000000 parts");
    many("let a0 = { x = 1 }\n", 60, "let a^ = { l = a#, r = a# }\n", "assert a60 == a59 else \"no\"\n", DIAG_E0403, "1000000 parts");
    expect(STR("let xs = [for i in 1..100000: \"0123456789\"]\nlet s = join(xs, \",\")\nout t = [for i in 1..100000: \"\\(s)!\"]\n"), DIAG_E0403, "64 MiB of text");
}

static void circles_and_chains(void **state)
{
    (void)state;
    expect(STR("import \"cluster\"\nout x = cluster.y\n"), DIAG_E0503, "import each other");
    expect(STR("fn f(n: int) = if n == 0 then 0 else f(n - 1) + f(n - 1)\nout x = f(60)\n"), DIAG_E0404, "calls itself");
    many("", 20000, "let a# = a^\n", "let a20000 = 1\nout x = a0\n", DIAG_E0403, "nested too deep");
}

static void nesting(void **state)
{
    static const struct { const char *open, *middle, *close; enum diag_code code; } of[] = {
        { "(", "1", ")", DIAG_E0204 }, { "[", "", "]", DIAG_E0204 }, { "{ a = ", "1", " }", DIAG_E0204 }, { "[", "", "", DIAG_E0204 },
        { "-", "1", "", DIAG_E0204 }, { "!", "true", "", DIAG_E0204 }, { "1 + ", "1", "", DIAG_E0204 }, { "if true then 1 else ", "1", "", DIAG_E0204 },
        { "a.", "b", "", DIAG_E0204 }, { "f(", "1", ")", DIAG_E0204 }, { "[for i in [1]: ", "1", "]", DIAG_E0204 }, { "\"\\(", "1", ")\"", DIAG_E0103 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        struct buf b = { 0 };
        buf_cstr(&b, "let x = ");
        for (size_t k = 0; k < 100000; k++)
            buf_cstr(&b, of[i].open);
        buf_cstr(&b, of[i].middle);
        for (size_t k = 0; k < 100000; k++)
            buf_cstr(&b, of[i].close);
        buf_cstr(&b, "\n");
        expect((struct str){ b.s, b.n }, of[i].code, "");
        buf_fini(&b);
    }
    many("", 100000, "x y {\n", "", DIAG_E0204, "nested");
    many("type T = ", 100000, "list[", "\n", DIAG_E0204, "nested");
}

static void very_wide(void **state)
{
    (void)state;
    many("let x = {\n", 100000, "  node a# { x = 1 }\n", "}\n", DIAG_E0208, "4096 parts");
    many("let x = {\n", 200000, "  a# = 1\n", "}\n", DIAG_E0208, "4096 parts");
    many("component c {\n", 50000, "  param p#: int\n", "}\n", DIAG_E0208, "4096 parts");
    many("type T = \"x\"", 50000, " | \"a#\"", "\n", DIAG_E0208, "4096 parts");
    many("", 50000, "let a# = b#\n", "", DIAG_E0301, "b0");
    used_at_most(256);
}

/* The largest file there may be, of lines, of one line, of rubbish; and sixteen MiB. */
static void large_files(void **state)
{
    static const char *const fill[] = { "{", "\"", "x y z\n", "\001", "((a\n" };
    (void)state;
    for (size_t i = 0; i < sizeof fill / sizeof fill[0]; i++) {
        size_t one = strlen(fill[i]), n = sampled(4 << 20, 8) / one * one;
        char *text = malloc(n);
        for (size_t k = 0; k < n; k++)
            text[k] = fill[i][k % one];
        struct lang_kit *k = lang_kit_new((struct str){ text, n }, NULL, false);
        assert_true(k->diags.errors > 0);
        lang_kit_free(k);
        free(text);
    }
    char *blank = malloc(16 << 20);
    memset(blank, '\n', 16 << 20);
    expect((struct str){ blank, 16 << 20 }, DIAG_E0208, "4 MiB");
    free(blank);
    used_at_most(512);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loops_in_loops), cmocka_unit_test(doubling), cmocka_unit_test(circles_and_chains), cmocka_unit_test(nesting),
        cmocka_unit_test(very_wide), cmocka_unit_test(large_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
