/* Whole files through the parser: tests/golden/parse/good/x.kcl must give the tree in x.out and nothing to say, files in bad/
 * the diagnostics in x.out. KC_ACCEPT=1 writes the .out files anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ast.h"
#include "token.h"

static struct str slurp(const char *path)
{
    struct buf b = { 0 };
    FILE *f = fopen(path, "rb");
    char part[4096];
    for (size_t n; f && (n = fread(part, 1, sizeof part, f)) > 0;)
        buf_add(&b, part, n);
    if (f)
        fclose(f);
    return (struct str){ b.s, b.n };
}

static void tokens_tile_the_text(const struct ast_file *f, size_t n)
{
    uint32_t off = 0;
    for (size_t i = 0; i < f->ntokens; i++) {
        assert_int_equal(f->tokens[i].off, off);
        off += f->tokens[i].len;
    }
    assert_int_equal(off, n);
}

static bool compare(const char *path, struct str got)
{
    char out[700];
    snprintf(out, sizeof out, "%.*s.out", (int)(strlen(path) - 4), path);
    if (getenv("KC_ACCEPT")) {
        FILE *f = fopen(out, "wb");
        assert_non_null(f);
        fwrite(got.s, 1, got.n, f);
        fclose(f);
        return true;
    }
    struct str want = slurp(out);
    bool same = str_eq(want, got);
    if (!same)
        print_message("%s: got\n%.*s\nwant\n%.*s\n", path, STR_ARG(got), STR_ARG(want));
    free((char *)want.s);
    return same;
}

static bool check(const char *path, const char *name, bool good)
{
    struct sources *s = sources_new();
    struct diags d;
    struct arena *a = arena_new();
    struct str text = slurp(path);
    struct buf out = { 0 };
    diags_init(&d);
    uint32_t k = sources_add(s, (struct source){ str_of(name), text, false });
    struct ast_file *f = ast_parse(a, s, k, &d);
    tokens_tile_the_text(f, text.n);
    diags_sort(&d);
    assert_int_equal(good, !f->broken && !d.n);
    if (good)
        ast_print(&out, f);
    diags_text(&out, &d, s, (struct diag_style){ 0 });
    bool same = compare(path, buf_view(&out));
    buf_fini(&out);
    free((char *)text.s);
    diags_fini(&d);
    arena_free(a);
    sources_free(s);
    return same;
}

static void folder(const char *path, bool good)
{
    DIR *dir = opendir(path);
    unsigned wrong = 0, n = 0;
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        char file[600];
        size_t len = strlen(e->d_name);
        if (len < 5 || strcmp(e->d_name + len - 4, ".kcl"))
            continue;
        snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        wrong += !check(file, e->d_name, good);
        n++;
    }
    closedir(dir);
    assert_true(n > 0);
    assert_int_equal(wrong, 0);
}

static void test_good(void **state)
{
    (void)state;
    folder("tests/golden/parse/good", true);
}

static void test_bad(void **state)
{
    (void)state;
    folder("tests/golden/parse/bad", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_good), cmocka_unit_test(test_bad) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
