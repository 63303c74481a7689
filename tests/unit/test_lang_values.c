/* Files of plain data: lets as values; everything that would have to be computed is refused where it stands. */
#include "kctest.h"
#include "kc/lang.h"

static bool load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    (void)a;
    *why = STR("no such file");
    *text = *(struct str *)user;
    return str_is(path, "data.kcl");
}

static const struct value *read_values(struct arena *a, const char *text, const char *path, struct buf *said)
{
    struct sources *s = sources_new();
    struct diags d;
    struct str t = str_of(text);
    diags_init(&d);
    const struct value *v = lang_values(s, &d, a, str_of(path), load, &t);
    diags_text(said, &d, s, (struct diag_style){ 0 });
    diags_fini(&d);
    sources_free(s);
    return v;
}

static void plain_values(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct buf said = { 0 }, out = { 0 };
    const struct value *v = read_values(a,
                                        "let base = 3s\n"
                                        "let vpc = { shape = \"Vpc\", takes = [base, 2m], n = -4, r = 1..3, \"a.b\" = none, on = true\n  state { steps = [] } }\n",
                                        "data.kcl", &said);
    assert_non_null(v);
    value_print(&out, v);
    assert_str(buf_view(&out), "{ base = 3s, vpc = { shape = \"Vpc\", takes = [3s, 2m], n = -4, r = 1..3, \"a.b\" = none, on = true, state = { steps = [] } } }");
    assert_int_equal(said.n, 0);
    buf_fini(&out);
    buf_fini(&said);
    arena_free(a);
}

static void refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *path, *says;
    } cases[] = {
        { "let a = size([1])", "data.kcl", "a computed value" },   { "let a = 1 + 2", "data.kcl", "an operator" },
        { "let a = b", "data.kcl", "no `let b`" },                 { "let a = b\nlet b = a", "data.kcl", "a cycle of lets" },
        { "let a = 1\nlet a = 2", "data.kcl", "defined twice" },   { "let a = { b = 1, b = 2 }", "data.kcl", "set twice" },
        { "import \"x\"", "data.kcl", "import" },                  { "let a = [", "data.kcl", "error[E02" },
        { "let a = \"\\(b)\"", "data.kcl", "a computed value" },   { "let a = 1", "other.kcl", "no such file" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena *a = arena_new();
        struct buf said = { 0 };
        assert_null(read_values(a, cases[i].text, cases[i].path, &said));
        if (str_find(buf_view(&said), str_of(cases[i].says)) == SIZE_MAX)
            fail_msg("`%s` should say `%s`, says:\n%.*s", cases[i].text, cases[i].says, (int)said.n, said.s);
        buf_fini(&said);
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(plain_values), cmocka_unit_test(refused) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
