/* lang_kit.c - see lang_kit.h. */
#include "kctest.h"
#include "lang_kit.h"
#include <stdlib.h>

bool lang_kit_model(void *user, struct str service, struct str *text)
{
    return stdlib_text(str_fmt(user, "aws/models/%.*s.model", STR_ARG(service)), text);
}

static bool load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    struct lang_kit *k = user;
    if (str_is(path, "cluster.kcl")) {
        *text = k->text;
        return true;
    }
    struct str name = str_starts(path, STR("std/")) ? str_sub(path, 4, path.n) : path;
    if (stdlib_text(name, text) || stdlib_text(str_fmt(a, "%.*s.kcl", STR_ARG(name)), text))
        return true;
    *why = STR("no such file");
    return false;
}

static size_t split(struct lang_kit *k, const char *params, struct pair *out, size_t max)
{
    struct str rest = str_of(params), part, key;
    size_t n = 0;
    while (params && n < max && str_cut(&rest, ' ', &part))
        if (str_cut(&part, '=', &key)) {
            out[n].key = key;
            out[n++].value = value_str(k->a, part);
        }
    return n;
}

struct lang_kit *lang_kit_new(struct str text, const char *params, bool check_all)
{
    struct lang_kit *k = calloc(1, sizeof *k);
    k->a = arena_new();
    k->sources = sources_new();
    k->text = text;
    diags_init(&k->diags);
    k->models = models_new(lang_kit_model, k->a);
    struct pair *p = ARENA_ARRAY(k->a, struct pair, 16);
    struct lang_options o = { .load = load, .user = k, .models = k->models, .params = p, .nparams = split(k, params, p, 16),
                              .region = STR("eu-west-1"), .check_all = check_all };
    k->program = lang_load(k->sources, &k->diags, STR("cluster.kcl"), &o);
    return k;
}

void lang_kit_free(struct lang_kit *k)
{
    lang_free(k->program);
    models_free(k->models);
    diags_fini(&k->diags);
    sources_free(k->sources);
    arena_free(k->a);
    free(k);
}

void lang_kit_show(const struct lang_kit *k)
{
    struct buf b = { 0 };
    diags_text(&b, &k->diags, k->sources, (struct diag_style){ .width = 120 });
    fprintf(stderr, "%.*s", (int)b.n, b.s);
    buf_fini(&b);
}

struct str lang_kit_file(struct arena *a, const char *path)
{
    FILE *f = fopen(path, "rb");
    struct buf b = { 0 };
    char part[4096];
    if (!f)
        fail_msg("cannot open %s", path);
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        buf_add(&b, part, n);
    fclose(f);
    return buf_take(&b, a);
}
