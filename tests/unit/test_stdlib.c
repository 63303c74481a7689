/* test_stdlib.c - the library as a whole: every file checks without a word, every resource type lowers and its bindings fit the models. */
#include "kctest.h"
#include "kc/lang.h"
#include "kc/resource.h"

static bool load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    (void)a;
    if (str_starts(path, STR("std/")) && stdlib_text(str_sub(path, 4, path.n), text))
        return true;
    if (str_is(path, "all.kcl")) {
        *text = *(const struct str *)user;
        return true;
    }
    *why = STR("no such file");
    return false;
}

static bool model_text(void *user, struct str service, struct str *text)
{
    (void)user;
    char path[100];
    int n = snprintf(path, sizeof path, "aws/models/%.*s.model", STR_ARG(service));
    return n > 0 && (size_t)n < sizeof path && stdlib_text((struct str){ path, (size_t)n }, text);
}

static bool is_code(struct str path)
{
    return str_ends(path, STR(".kcl")) && !str_starts(path, STR("sandbox/"));
}

/* A file that imports all of the library, each under a name of its own. */
static struct str everything(struct arena *a)
{
    const struct str *paths;
    size_t n = stdlib_list(&paths);
    struct buf b = { 0 };
    for (size_t i = 0; i < n; i++)
        if (is_code(paths[i]))
            buf_fmt(&b, "import \"std/%.*s\" as m%zu\n", (int)(paths[i].n - 4), paths[i].s, i);
    return buf_take(&b, a);
}

struct library {
    struct arena *arena;
    struct sources *sources;
    struct diags diags;
    struct models *models;
    struct program *program;
    struct str text;
};

static void open_library(struct library *l)
{
    *l = (struct library){ .arena = arena_new(), .sources = sources_new() };
    diags_init(&l->diags);
    l->models = models_new(model_text, NULL);
    l->text = everything(l->arena);
    struct lang_options o = { .load = load, .user = &l->text, .models = l->models, .offline = true, .check_all = true };
    l->program = lang_load(l->sources, &l->diags, STR("all.kcl"), &o);
}

static void close_library(struct library *l)
{
    lang_free(l->program);
    models_free(l->models);
    diags_fini(&l->diags);
    sources_free(l->sources);
    arena_free(l->arena);
}

static void assert_silent(struct library *l)
{
    diags_sort(&l->diags);
    if (!l->diags.n)
        return;
    struct buf out = { 0 };
    diags_text(&out, &l->diags, l->sources, (struct diag_style){ 0 });
    buf_putc(&out, '\0');
    fputs(out.s, stderr);
    buf_fini(&out);
    fail_msg("%zu diagnostics", l->diags.n);
}

static void test_checks(void **state)
{
    (void)state;
    struct library l;
    open_library(&l);
    assert_silent(&l);
    close_library(&l);
}

/* Names of the resource types that a file declares. */
static size_t check_types(struct library *l, struct str path, struct str text)
{
    size_t found = 0;
    struct str line, rest = text;
    while (str_cut(&rest, '\n', &line)) {
        if (!str_starts(line, STR("resource ")))
            continue;
        struct str words = str_sub(line, 9, line.n), name;
        str_cut(&words, ' ', &name);
        struct str full = str_fmt(l->arena, "std/%.*s.%.*s", (int)(path.n - 4), path.s, STR_ARG(name));
        const struct rtype *t = lang_rtype(l->program, full);
        if (!t)
            fail_msg("%.*s does not lower", STR_ARG(full));
        else
            resource_check(t, l->models, &l->diags);
        found++;
    }
    return found;
}

static void test_bindings(void **state)
{
    (void)state;
    struct library l;
    open_library(&l);
    const struct str *paths;
    size_t n = stdlib_list(&paths), found = 0;
    for (size_t i = 0; i < n; i++) {
        struct str text;
        if (is_code(paths[i]) && stdlib_text(paths[i], &text))
            found += check_types(&l, paths[i], text);
    }
    assert_silent(&l);
    assert_true(found >= 25);
    close_library(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_checks), cmocka_unit_test(test_bindings) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
