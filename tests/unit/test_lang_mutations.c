/* Mistakes made by machine: over every example and the library, each token is deleted; each must cost exactly one diagnostic, on
 * the line of the token, or of the next one where only there it can be noticed, or, for a bracket, on its opener's line.
 * Deletions that leave a valid file do not count. Examples go through the whole front end, the others through the parser.
 * Prints the shares; KC_MUTATIONS=file prints what failed in that file. */
#include "kctest.h"
#include "ast.h"
#include "kc/lang.h"
#include "token.h"
#include <dirent.h>
#include <stdlib.h>

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

static bool load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    (void)a;
    *why = STR("no such file");
    if (str_starts(path, STR("std/")))
        return stdlib_text(str_sub(path, 4, path.n), text);
    *text = *(const struct str *)user;
    return true;
}

/* The whole front end over a text. Returns the number of the source. */
static uint32_t check(struct sources *s, struct diags *d, struct str text)
{
    struct lang_options o = { .load = load, .user = &text, .offline = true };
    struct program *p = lang_load(s, d, STR("mutant.kcl"), &o);
    lang_eval(p, NULL);
    lang_free(p);
    diags_sort(d);
    return d->n ? d->v[0]->at.file : 0;
}

static uint32_t parse_only(struct sources *s, struct diags *d, struct str text)
{
    struct arena *a = arena_new();
    uint32_t file = sources_add(s, (struct source){ STR("mutant.kcl"), text, false });
    bool broken = ast_parse(a, s, file, d)->broken;
    assert_int_equal(broken, d->n > 0);
    arena_free(a);
    return file;
}

/* Deletes token i of f and judges what is said. */
static void judge(struct score *sc, struct sources *s, const struct ast_file *f, struct text t, size_t i, const char *path, bool whole)
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
    struct str text = { copy, t.n - x.len };
    struct sources *own_sources = sources_new();
    struct diags d;
    diags_init(&d);
    uint32_t file = whole ? check(own_sources, &d, text) : parse_only(own_sources, &d, text);
    uint32_t got = d.n ? line_at(own_sources, file, d.v[0]->at.off) : 0;
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
        show(path, own, (struct str){ t.s + x.off, x.len }, &d, own_sources);
    }
    diags_fini(&d);
    sources_free(own_sources);
    free(copy);
}

static void mutate(struct score *sc, const char *path, bool whole)
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
    size_t step = whole ? 1 : f->ntokens / 2 / SAMPLE + 1, seen = 0;
    for (size_t i = 0; i < f->ntokens; i++)
        if (f->tokens[i].kind < TOKEN_SPACE && f->tokens[i].len && seen++ % step == 0)
            judge(sc, s, f, t, i, path, whole);
    diags_fini(&d);
    arena_free(a);
    sources_free(s);
    free(t.s);
}

static void mutate_folder(struct score *sc, const char *folder, bool whole)
{
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[600];
        size_t n = strlen(e->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (n > 4 && !strcmp(e->d_name + n - 4, ".kcl"))
            mutate(sc, path, whole);
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
    mutate_folder(&sc, "examples", true);
    report("examples", sc);
    sc = (struct score){ 0 };
    mutate_folder(&sc, "examples/own-type", false);
    mutate_folder(&sc, "examples/own-network", false);
    report("examples of several files", sc);
}

static void test_library(void **state)
{
    (void)state;
    struct score sc = { 0 };
    mutate_folder(&sc, "stdlib", false);
    mutate_folder(&sc, "stdlib/aws", false);
    report("stdlib", sc);
}

static void test_everything_of_the_language(void **state)
{
    (void)state;
    struct score sc = { 0 };
    mutate_folder(&sc, "tests/golden/parse/good", false);
    report("tests/golden/parse/good", sc);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_examples), cmocka_unit_test(test_library),
                                        cmocka_unit_test(test_everything_of_the_language) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
