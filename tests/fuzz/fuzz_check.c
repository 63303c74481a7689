/* Programs nearly right: an example or a test of the checker with tokens deleted, doubled or replaced by others, as the input's bytes
 * say. Loading, checking and evaluating must end, without a crash; no graph comes from a program with errors. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ast.h"
#include "kc/lang.h"
#include "token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { FILES = 64, OPS = 6 };
static struct str seeds[FILES];
static size_t nseeds;
static struct arena *keep;

static void read_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir)) && nseeds < FILES;) {
        char path[600];
        size_t n = strlen(e->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        FILE *f = n > 4 && !strcmp(e->d_name + n - 4, ".kcl") ? fopen(path, "rb") : NULL;
        if (!f)
            continue;
        char *s = arena_alloc(keep, 1 << 16);
        seeds[nseeds++] = (struct str){ s, fread(s, 1, 1 << 16, f) };
        fclose(f);
    }
    if (dir)
        closedir(dir);
}

static bool load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    const struct str *root = user;
    (void)a;
    *why = STR("no such file");
    if (str_is(path, "main.kcl")) {
        *text = *root;
        return true;
    }
    return str_starts(path, STR("std/")) && stdlib_text(str_sub(path, 4, path.n), text);
}

/* Tokens of one seed with some of them deleted, doubled, or replaced by tokens of another. */
static struct str mutate(struct arena *a, const uint8_t *data, size_t n)
{
    struct str text = seeds[data[0] % nseeds], other = seeds[data[1] % nseeds];
    struct sources *s = sources_new();
    struct diags d;
    diags_init(&d);
    const struct ast_file *f = ast_parse(a, s, sources_add(s, (struct source){ STR("a"), text, false }), &d);
    const struct ast_file *g = ast_parse(a, s, sources_add(s, (struct source){ STR("b"), other, false }), &d);
    struct buf out = { 0 };
    for (size_t i = 0; i < f->ntokens; i++) {
        struct str token = { text.s + f->tokens[i].off, f->tokens[i].len };
        for (size_t k = 2; k + 4 < n && k < 2 + OPS * 5; k += 5) {
            size_t at = ((size_t)data[k] << 8 | data[k + 1]) % f->ntokens, from = ((size_t)data[k + 2] << 8 | data[k + 3]) % g->ntokens;
            if (at != i)
                continue;
            if (data[k + 4] % 4 == 1)
                buf_str(&out, token);
            token = data[k + 4] % 4 ? (struct str){ other.s + g->tokens[from].off, g->tokens[from].len } : STR("");
        }
        buf_str(&out, token);
    }
    diags_fini(&d);
    sources_free(s);
    return buf_take(&out, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!keep) {
        keep = arena_new();
        read_folder("examples");
        read_folder("tests/golden/check");
    }
    if (n < 7 || !nseeds)
        return 0;
    struct arena *a = arena_new();
    struct str text = mutate(a, data, n);
    struct sources *s = sources_new();
    struct diags d;
    struct buf out = { 0 };
    diags_init(&d);
    struct lang_options o = { .load = load, .user = &text, .offline = data[0] & 1 };
    struct program *p = lang_load(s, &d, STR("main.kcl"), &o);
    struct lang_result r = lang_eval(p, NULL);
    if (d.errors && r.graph)
        abort();
    diags_sort(&d);
    diags_text(&out, &d, s, (struct diag_style){ 0 });
    buf_fini(&out);
    lang_free(p);
    diags_fini(&d);
    sources_free(s);
    arena_free(a);
    return 0;
}
