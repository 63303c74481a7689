/* Every resource type of the library: checked as a project's own are, against the service models too; as text that is whole by itself, and there for good. */
#include "kctest.h"
#include "kc/map.h"
#include "lang_kit.h"

/* The types a file declares: lines that start with `resource Name`. */
static size_t declared(struct str text, struct str *out, size_t max)
{
    struct str line;
    size_t n = 0;
    while (str_cut(&text, '\n', &line))
        if (str_starts(line, STR("resource ")) && n < max) {
            struct str rest = str_sub(line, 9, line.n), name;
            str_cut(&rest, ' ', &name);
            out[n++] = name;
        }
    return n;
}

/* "aws/ec2", of "aws/ec2.kcl" and of its part "aws/ec2.volumes.kcl". */
static struct str module_of(struct str path)
{
    return str_sub(path, 0, str_find(path, STR(".")));
}

static bool is_part(struct str path)
{
    return module_of(path).n + 4 < path.n;
}

/* With nothing but its text: the same type, and kept again it is the same text. */
static void check_alone(struct lang_kit *k, const struct rtype *t)
{
    struct rsource text, again;
    assert_true(lang_source(k->program, k->a, t->name, &text));
    struct program *alone = lang_reload(k->sources, &k->diags, &text);
    const struct rtype *back = lang_rtype(alone, t->name);
    if (!back) {
        lang_kit_show(k);
        fail_msg("%.*s is not whole by itself", STR_ARG(t->name));
    }
    assert_str(back->name, str_c(k->a, t->name));
    assert_true(back->std && back->lookup == t->lookup && back->nfields == t->nfields && back->nouts == t->nouts && back->nsteps == t->nsteps);
    assert_true(back->nparents == t->nparents && back->nchains == t->nchains && back->visible == t->visible && back->load == t->load);
    assert_true(lang_source(alone, k->a, t->name, &again) && rsource_eq(&text, &again));
    lang_free(alone);
}

static size_t check_types(struct lang_kit *k, struct str module, struct str text, struct map *seen)
{
    struct str names[128];
    size_t n = declared(text, names, 128);
    for (size_t i = 0; i < n; i++) {
        struct str full = str_fmt(k->a, "std/%.*s.%.*s", STR_ARG(module), STR_ARG(names[i]));
        const struct rtype *t = lang_rtype(k->program, full);
        if (!t) {
            lang_kit_show(k);
            fail_msg("%.*s did not compile", STR_ARG(full));
        }
        check_alone(k, t);
        map_put(seen, full, k);
    }
    return n;
}

/* tests/data/std-types.txt against what there is. */
static void check_list(struct lang_kit *k, const struct map *there)
{
    struct str rest = lang_kit_file(k->a, "tests/data/std-types.txt"), line;
    struct map listed = { 0 };
    while (str_cut(&rest, '\n', &line)) {
        if (!line.n || line.s[0] == '#')
            continue;
        if (!map_has(there, line))
            fail_msg("%.*s is no resource type of the library any more: objects of it are in states", STR_ARG(line));
        map_put(&listed, line, k);
    }
    for (size_t i = 0; i < there->n; i++)
        if (!map_has(&listed, there->e[i].key))
            fail_msg("%.*s is new: add it to tests/data/std-types.txt", STR_ARG(there->e[i].key));
    assert_true(listed.n >= 33);                           /* those of 0.1.0 */
    map_fini(&listed);
}

static void every_type_is_whole_and_none_is_dropped(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const struct str *paths;
    size_t n = stdlib_list(&paths), types = 0;
    struct buf imports = { 0 };
    struct map seen = { 0 };
    for (size_t i = 0; i < n; i++)
        if (str_starts(paths[i], STR("aws/")) && str_ends(paths[i], STR(".kcl")) && !is_part(paths[i]))
            buf_fmt(&imports, "import \"std/%.*s\" as m%zu\n", STR_ARG(module_of(paths[i])), i);
    struct lang_kit *k = lang_kit_new(buf_take(&imports, a), NULL, true);
    for (size_t i = 0; i < n; i++) {
        struct str text;
        if (str_starts(paths[i], STR("aws/")) && str_ends(paths[i], STR(".kcl")) && stdlib_text(paths[i], &text))
            types += check_types(k, module_of(paths[i]), text, &seen);
    }
    if (k->diags.n) {
        lang_kit_show(k);
        fail_msg("%zu complaints", k->diags.n);
    }
    assert_true(types > 30);
    check_list(k, &seen);
    map_fini(&seen);
    lang_kit_free(k);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_type_is_whole_and_none_is_dropped) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
