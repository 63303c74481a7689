/* Mistakes made by machine, second half: over every example each name misspelt by one letter, each literal's kind changed, each token
 * deleted (brackets and quotes: test_lang_mutations.c).
 * Each must cost exactly one diagnostic, on its line; the misspelt ones must suggest the original. Mutations that leave a valid
 * program do not count. Prints the shares; KC_SLIPS=1 prints what failed. */
#include "kctest.h"
#include "ast.h"
#include "token.h"
#include "syntax.h"
#include "parse.h"
#include "kc/lang.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

struct score {
    unsigned valid, good, many, elsewhere, mute;
};
struct slip {
    struct str text;                                       /* of the whole file, mutated */
    struct str was;
    uint32_t line, other;                                  /* other: a second line that is right, too; or 0 */
    bool name;
    const char *path;                                      /* imports are beside it */
};

static bool slurp(struct arena *a, const char *path, struct str *out)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    char *s = arena_alloc(a, 1 << 20);
    *out = (struct str){ s, fread(s, 1, 1 << 20, f) };
    fclose(f);
    return true;
}

static bool load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    const struct slip *s = user;
    *why = STR("no such file");
    if (str_is(path, "mutant.kcl")) {
        *text = s->text;
        return true;
    }
    if (str_starts(path, STR("std/")))
        return stdlib_text(str_sub(path, 4, path.n), text);
    const char *end = strrchr(s->path, '/');
    return slurp(a, str_c(a, str_fmt(a, "%.*s/%.*s", (int)(end - s->path), s->path, STR_ARG(path))), text);
}

static bool measure(void *user, struct arena *a, struct str path, const struct value **blob, struct str *why)
{
    struct str text;
    bool ok = load(user, a, path, &text, why);
    *blob = ok ? value_bulk(a, value_str(a, text)) : NULL;
    return ok;
}

static void judge(struct score *sc, struct slip *slip)
{
    struct sources *s = sources_new();
    struct diags d;
    struct buf out = { 0 };
    struct arena *a = arena_new();
    diags_init(&d);
    struct lang_options o = { .load = load, .measure = measure, .user = slip, .offline = true };
    struct program *p = lang_load(s, &d, STR("mutant.kcl"), &o);
    lang_eval(p, NULL);
    diags_sort(&d);
    diags_text(&out, &d, s, (struct diag_style){ false, true, 120 });
    uint32_t got = d.n && d.v[0]->at.file ? sources_position(s, d.v[0]->at.file, d.v[0]->at.off).line : 0;
    bool here = got && (got == slip->line || got == slip->other);
    bool says = !slip->name || str_find(buf_view(&out), str_fmt(a, "`%.*s`", STR_ARG(slip->was))) != SIZE_MAX;
    unsigned *count = !d.n ? &sc->valid : d.n > 1 ? &sc->many : !here ? &sc->elsewhere : !says ? &sc->mute : &sc->good;
    ++*count;
    if (getenv("KC_SLIPS") && count != &sc->good && count != &sc->valid)
        printf("# %s:%u, `%.*s` changed\n%.*s", slip->path, slip->line, STR_ARG(slip->was), STR_ARG(buf_view(&out)));
    buf_fini(&out);
    arena_free(a);
    lang_free(p);
    diags_fini(&d);
    sources_free(s);
}

static const char *other_kind(struct str token)
{
    bool text = token.s[0] == '"' || token.s[0] == '\'';
    return text ? "7" : "\"x\"";
}

static struct str replaced(struct arena *a, struct str text, size_t off, size_t len, struct str by)
{
    return str_fmt(a, "%.*s%.*s%.*s", (int)off, text.s, STR_ARG(by), (int)(text.n - off - len), text.s + off + len);
}

static void misspell(struct score *sc, struct arena *a, struct str text, const struct token *t, uint32_t line, const char *path)
{
    struct str was = { text.s + t->off, t->len };
    char *now = arena_copy(a, was.s, was.n);
    if (was.n < 2)
        return;
    now[was.n / 2] = now[was.n / 2] == 'x' ? 'z' : 'x';
    struct slip s = { replaced(a, text, t->off, t->len, (struct str){ now, was.n }), was, line, 0, true, path };
    judge(sc, &s);
}

/* The line of the next token that is not trivia: where a missing one may be noticed. */
static uint32_t next_line(const struct sources *s, const struct ast_file *f, size_t i)
{
    for (i++; i < f->ntokens && f->tokens[i].kind >= TOKEN_SPACE;)
        i++;
    return i < f->ntokens ? sources_position(s, f->file, f->tokens[i].off).line : 0;
}

static void mutate(struct score *names, struct score *kinds, struct score *gone, const char *path)
{
    struct arena *a = arena_new();
    struct sources *s = sources_new();
    struct diags d;
    struct str text;
    diags_init(&d);
    assert_true(slurp(a, path, &text));
    uint32_t file = sources_add(s, (struct source){ str_of(path), text, false });
    const struct ast_file *f = ast_parse(a, s, file, &d);
    for (size_t i = 0; i < f->ntokens; i++) {
        const struct token *t = &f->tokens[i];
        uint32_t line = sources_position(s, file, t->off).line;
        struct slip slip = { .was = { text.s + t->off, t->len }, .line = line, .path = path };
        size_t len = t->len;
        if (t->kind < TOKEN_SPACE && len && t->kind != T_QUOTE && t->kind != T_QUOTE_END && !strchr("()[]{}", text.s[t->off])) {
            struct slip without = slip;
            without.other = next_line(s, f, i);
            without.text = replaced(a, text, t->off, len, STR(""));
            judge(gone, &without);
        }
        if (t->kind == T_NAME) {
            misspell(names, a, text, t, line, path);
            continue;
        }
        if (t->kind == T_QUOTE)
            for (; i + 1 < f->ntokens && f->tokens[i].kind != T_QUOTE_END; len = f->tokens[i].off + f->tokens[i].len - t->off)
                i++;
        else if (t->kind != T_NUMBER && t->kind != T_QUANTITY && t->kind != T_PERCENT && t->kind != T_CIDR && t->kind != T_IP && t->kind != T_VERSION)
            continue;
        slip.was.n = len;
        slip.text = replaced(a, text, t->off, len, str_of(other_kind(slip.was)));
        judge(kinds, &slip);
    }
    diags_fini(&d);
    sources_free(s);
    arena_free(a);
}

static void report(const char *what, struct score sc)
{
    unsigned all = sc.good + sc.many + sc.elsewhere + sc.mute;
    double share = all ? 100.0 * sc.good / all : 100;
    printf("# %s: %u cases, %u leave a valid program; of the others %.1f %% give one diagnostic on the right line (%u several, %u elsewhere, %u without the name)\n", what,
           all + sc.valid, sc.valid, share, sc.many, sc.elsewhere, sc.mute);
    assert_true(share >= 95);
}

static void mutate_folder(struct score *names, struct score *kinds, struct score *gone, const char *folder, unsigned depth)
{
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[600];
        size_t n = strlen(e->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] == '.')
            continue;
        if (n > 4 && !strcmp(e->d_name + n - 4, ".kcl"))
            mutate(names, kinds, gone, path);
        else if (depth)
            mutate_folder(names, kinds, gone, path, depth - 1);
    }
    if (dir)
        closedir(dir);
}

static void slips(void **state)
{
    (void)state;
    struct score names = { 0 }, kinds = { 0 }, gone = { 0 };
    mutate_folder(&names, &kinds, &gone, "examples", 1);
    report("names misspelt", names);
    report("kinds of literals changed", kinds);
    report("tokens deleted, brackets and quotes apart", gone);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(slips) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
