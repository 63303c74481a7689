/* Every resource type of the library against the service models, and through JSON as state keeps it. */
#include "kctest.h"
#include "kc/json.h"
#include "kc/resource.h"
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

static size_t check_types(struct lang_kit *k, struct str module, struct str text)
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
        resource_check(t, k->models, &k->diags);
        const struct value *json = rtype_to_json(k->a, t);
        const struct rtype *back = rtype_from_json(k->a, json);
        assert_non_null(back);
        resource_check(back, k->models, &k->diags);
        struct buf x = { 0 }, y = { 0 };
        json_write(&x, json, JSON_CANONICAL | JSON_TYPED, true);
        json_write(&y, rtype_to_json(k->a, back), JSON_CANONICAL | JSON_TYPED, true);
        assert_true(str_eq(buf_view(&x), buf_view(&y)));
        buf_fini(&x);
        buf_fini(&y);
    }
    return n;
}

static void test_all(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const struct str *paths;
    size_t n = stdlib_list(&paths), types = 0;
    struct buf imports = { 0 };
    for (size_t i = 0; i < n; i++)
        if (str_starts(paths[i], STR("aws/")) && str_ends(paths[i], STR(".kcl"))) {
            struct str module = str_sub(paths[i], 0, paths[i].n - 4);
            buf_fmt(&imports, "import \"std/%.*s\" as m%zu\n", STR_ARG(module), i);
        }
    struct lang_kit *k = lang_kit_new(buf_take(&imports, a), NULL, true);
    for (size_t i = 0; i < n; i++) {
        struct str text;
        if (str_starts(paths[i], STR("aws/")) && str_ends(paths[i], STR(".kcl")) && stdlib_text(paths[i], &text))
            types += check_types(k, str_sub(paths[i], 0, paths[i].n - 4), text);
    }
    if (k->diags.n) {
        lang_kit_show(k);
        fail_msg("%zu complaints", k->diags.n);
    }
    assert_true(types > 30);
    lang_kit_free(k);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_all) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
