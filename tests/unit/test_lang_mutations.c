/* Mistakes made by machine: over every example and the library, each token is deleted; each must cost exactly one diagnostic, on
 * the line of the token, or of the next one where only there it can be noticed, or, for a bracket, on its opener's line.
 * Deletions that leave a valid file do not count. Prints the shares; KC_MUTATIONS=file prints what failed in that file. */
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

enum { SAMPLE = 400 };                                     /* of long files, about that many tokens */

struct score {
    unsigned valid, good, many, elsewhere;
};
struct text {
    char *s;
    size_t n;
};

static struct text slurp(const char *path)
{
    FILE *f = fopen(path, "rb");
    struct text t = { malloc(1 << 20), 0 };
    if (f) {
        t.n = fread(t.s, 1, 1 << 20, f);
        fclose(f);
    }
    return t;
}

static bool is_block_quote(const char *s, uint32_t n)
{
    return n >= 3 && (!strncmp(s, "\"\"\"", 3) || !strncmp(s, "'''", 3));
}

static uint32_t line_at(const struct sources *s, uint32_t file, uint32_t off)
{
    return sources_position(s, file, off).line;
}

/* Line of the token that opens what token i closes; 0 when it closes nothing. */
static uint32_t opener_line(const struct sources *s, const struct ast_file *f, const char *text, size_t i)
{
    const struct token *t = f->tokens;
    if (is_block_quote(text + t[i].off, t[i].len))
        for (size_t k = i; k--;)
            if (is_block_quote(text + t[k].off, t[k].len))
                return line_at(s, f->file, t[k].off);
    unsigned depth = 0;
    for (size_t k = i + 1; k--;) {
        if (t[k].kind == ')' || t[k].kind == ']' || t[k].kind == '}')
            depth++;
        else if (t[k].kind == '(' || t[k].kind == '[' || t[k].kind == '{')
            if (depth && !--depth)
                return line_at(s, f->file, t[k].off);
        if (!depth)
            return 0;
    }
    return 0;
}

static void show(const char *path, uint32_t line, struct str token, const struct diags *d, const struct sources *s)
{
    const char *want = getenv("KC_MUTATIONS");
    if (!want || strcmp(want, path))
        return;
    struct buf out = { 0 };
    diags_text(&out, d, s, (struct diag_style){ 0 });
    printf("# %s:%u without `%.*s`\n%.*s", path, line, STR_ARG(token), STR_ARG(buf_view(&out)));
    buf_fini(&out);
}

/* Deletes token i of f and judges what is said. */
static void judge(struct score *sc, struct sources *s, const struct ast_file *f, struct text t, size_t i, const char *path)
{
    struct token x = f->tokens[i];
    if (is_block_quote(t.s + x.off, x.len))
        x.len = 3;
    size_t next = i + 1;
    while (next < f->ntokens && f->tokens[next].kind >= TOKEN_SPACE)
        next++;
    uint32_t own = line_at(s, f->file, x.off), after = next < f->ntokens ? line_at(s, f->file, f->tokens[next].off) : own;
    char *copy = malloc(t.n + 1);
    memcpy(copy, t.s, x.off);
    memcpy(copy + x.off, t.s + x.off + x.len, t.n - x.off - x.len);
    uint32_t file = sources_add(s, (struct source){ str_of(path), { copy, t.n - x.len }, false });
    struct diags d;
    struct arena *a = arena_new();
    diags_init(&d);
    struct ast_file *g = ast_parse(a, s, file, &d);
    assert_int_equal(g->broken, d.n > 0);
    uint32_t got = d.n ? line_at(s, file, d.v[0]->at.off) : 0;
    bool right = got == own || got == after || (got && got == opener_line(s, f, t.s, i));
    if (!d.n)
        sc->valid++;
    else if (d.n == 1 && right)
        sc->good++;
    else {
        if (d.n > 1)
            sc->many++;
        else
            sc->elsewhere++;
        show(path, own, (struct str){ t.s + x.off, x.len }, &d, s);
    }
    diags_fini(&d);
    arena_free(a);
    free(copy);
}

static void mutate(struct score *sc, const char *path)
{
    struct text t = slurp(path);
    struct sources *s = sources_new();
    struct arena *a = arena_new();
    struct diags d;
    diags_init(&d);
    uint32_t file = sources_add(s, (struct source){ str_of(path), { t.s, t.n }, false });
    struct ast_file *f = ast_parse(a, s, file, &d);
    if (d.n)
        print_message("%s does not parse\n", path);
    assert_int_equal(d.n, 0);
    size_t step = f->ntokens / 2 / SAMPLE + 1, seen = 0;
    for (size_t i = 0; i < f->ntokens; i++)
        if (f->tokens[i].kind < TOKEN_SPACE && f->tokens[i].len && seen++ % step == 0)
            judge(sc, s, f, t, i, path);
    diags_fini(&d);
    arena_free(a);
    sources_free(s);
    free(t.s);
}

static void mutate_folder(struct score *sc, const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[600];
        size_t n = strlen(e->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (n > 4 && !strcmp(e->d_name + n - 4, ".kcl"))
            mutate(sc, path);
    }
    if (dir)
        closedir(dir);
}

static void report(const char *what, struct score sc)
{
    unsigned all = sc.good + sc.many + sc.elsewhere;
    double share = all ? 100.0 * sc.good / all : 100;
    printf("# %s: %u deletions, %u leave a valid file; of the others %.1f %% give one diagnostic on the right line (%u several, %u elsewhere)\n",
           what, all + sc.valid, sc.valid, share, sc.many, sc.elsewhere);
    assert_true(share >= 95);
}

static void test_examples(void **state)
{
    (void)state;
    struct score sc = { 0 };
    mutate_folder(&sc, "examples");
    report("examples", sc);
}

static void test_library(void **state)
{
    (void)state;
    struct score sc = { 0 };
    mutate_folder(&sc, "stdlib");
    mutate_folder(&sc, "stdlib/aws");
    report("stdlib", sc);
}

static void test_everything_of_the_language(void **state)
{
    (void)state;
    struct score sc = { 0 };
    mutate_folder(&sc, "tests/golden/parse/good");
    report("tests/golden/parse/good", sc);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_examples), cmocka_unit_test(test_library),
                                        cmocka_unit_test(test_everything_of_the_language) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
