/* What counts as a difference, which steps write it, what tags and completions follow. */
#include "plan_case.h"
#include "resource/compare.h"

static enum sameness compared(struct arena *a, const struct type *t, const struct value *want, const struct value *was, const struct value *now)
{
    struct comparing c = { a, NULL, false };
    return compare(&c, t, want, was, now);
}

static enum sameness same(const struct type *t, const char *want, const char *was, const char *now)
{
    return compared(k->a, t, kit_json(k, want), was ? kit_json(k, was) : NULL, now ? kit_json(k, now) : NULL);
}

static void test_values(void **state)
{
    (void)state;
    struct type set = { .kind = TYPE_SET, .elem = &type_string };
    const struct type *list = type_list(k->a, &type_string), *map = type_map(k->a, &type_string);
    const struct { const struct type *t; const char *want, *was, *now; enum sameness s; } rows[] = {
        { &type_int, "1", "1", "1", SAME },
        { &type_int, "1", "1", "2", DIFFERENT },
        { &type_int, "2", "1", "1", DIFFERENT },
        { &set, "[\"a\",\"b\"]", NULL, "[\"b\",\"a\"]", SAME },
        { &set, "[\"a\",\"b\"]", NULL, "[\"b\",\"c\"]", DIFFERENT },
        { list, "[\"a\",\"b\"]", NULL, "[\"b\",\"a\"]", DIFFERENT },
        { list, "[]", NULL, NULL, SAME },                                      /* absent equals empty */
        { map, "{}", NULL, NULL, SAME },
        { map, "{\"a\":\"1\"}", "{\"a\":\"1\"}", "{\"a\":\"1\",\"b\":\"2\"}", DIFFERENT },
        { &type_any, "{\"a\":1}", "{\"a\":1}", "{\"a\":1,\"b\":2}", SAME },    /* b is AWS's own default */
        { &type_any, "{\"a\":1}", "{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":2}", DIFFERENT }, /* b was ours and is not wanted any more */
        { &type_string, "null", NULL, "\"x\"", SAME },                         /* not written: not compared */
        { &type_string, "null", "\"x\"", "\"x\"", DIFFERENT },                 /* written before, and dropped now */
        { &type_string, "null", "\"x\"", NULL, SAME },
        { &type_string, "\"x\"", "\"x\"", NULL, DIFFERENT },
        { &type_document, "\"{\\\"a\\\": 1}\"", NULL, "\"{\\\"a\\\":1}\"", SAME },
        { &type_document, "\"{\\\"a\\\": 1}\"", NULL, "\"%7B%22a%22%3A1%7D\"", SAME },
        { &type_document, "{\"Action\":\"x\"}", NULL, "\"{\\\"Action\\\":[\\\"x\\\"]}\"", SAME },
        { &type_document, "{\"Action\":[\"x\",\"y\"]}", NULL, "{\"Action\":[\"y\",\"x\"]}", SAME },
        { &type_document, "{\"a\":1}", NULL, "\"{\\\"a\\\":2}\"", DIFFERENT },
        { &type_document, "{\"a\":1}", NULL, "\"not json\"", DIFFERENT },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (same(rows[i].t, rows[i].want, rows[i].was, rows[i].now) != rows[i].s)
            fail_msg("row %zu: %s | %s | %s", i, rows[i].want, rows[i].was, rows[i].now);
}

static void test_scalars_across_kinds(void **state)
{
    (void)state;
    struct cidr c;
    assert_true(cidr_parse(STR("10.0.0.0/16"), &c, NULL));
    const struct value *v = value_cidr(k->a, c);
    assert_int_equal(compared(k->a, &type_cidr, v, NULL, value_str(k->a, STR("10.0.0.0/16"))), SAME);
    assert_int_equal(compared(k->a, &type_cidr, v, NULL, value_str(k->a, STR("10.1.0.0/16"))), DIFFERENT);
}

static size_t diff(const char *want, const char *was, const char *now, struct resource_change **c)
{
    return resource_diff(k->a, NULL, k->type, kit_json(k, want), was ? kit_json(k, was) : NULL, now ? kit_json(k, now) : NULL, NULL, 0, c);
}

static void test_fields(void **state)
{
    (void)state;
    struct resource_change *c;
    assert_int_equal(diff("{\"thing_name\":\"a\",\"size\":1}", "{\"thing_name\":\"a\",\"size\":1}", "{\"thing_name\":\"a\",\"size\":1}", &c), 0);
    assert_int_equal(diff("{\"thing_name\":\"a\",\"size\":2}", "{\"thing_name\":\"a\",\"size\":1}", "{\"thing_name\":\"a\",\"size\":1}", &c), 1);
    assert_str(c[0].field, "size");
    assert_false(c[0].replace);
    assert_int_equal(diff("{\"thing_name\":\"b\"}", "{\"thing_name\":\"a\"}", "{\"thing_name\":\"a\"}", &c), 1);
    assert_true(c[0].replace);
    assert_int_equal(diff("{\"grade\":\"HIGH\"}", "{\"grade\":\"LOW\"}", NULL, &c), 1);
    assert_true(c[0].disruptive);
}

/* What somebody took off is put back by the step that writes it; another value, or what no step writes, needs another object. */
static void test_taken_off(void **state)
{
    (void)state;
    struct resource_change *c;
    struct rfield *parent = (struct rfield *)(uintptr_t)rtype_field(k->type, STR("size"));
    parent->replace = true;
    assert_int_equal(diff("{\"size\":1}", "{\"size\":1}", "{\"size\":null}", &c), 1);
    assert_false(c[0].replace);
    assert_int_equal(diff("{\"size\":1}", "{\"size\":1}", "{\"size\":2}", &c), 1);
    assert_true(c[0].replace);
    assert_int_equal(diff("{\"size\":2}", "{\"size\":1}", "{\"size\":null}", &c), 1);
    assert_true(c[0].replace);
    assert_int_equal(diff("{\"thing_name\":\"a\"}", "{\"thing_name\":\"a\"}", "{\"thing_name\":null}", &c), 1);
    assert_true(c[0].replace);
}

static void test_marks(void **state)
{
    (void)state;
    struct resource_change *c;
    assert_int_equal(diff("{\"seed\":\"b\"}", "{\"seed\":\"a\"}", "{\"seed\":\"c\"}", &c), 0);          /* initial */
    assert_int_equal(diff("{\"password\":\"a\"}", "{\"password\":\"a\"}", "{\"password\":\"***\"}", &c), 0); /* write only: what AWS shows does not count */
    assert_int_equal(diff("{\"password\":\"b\"}", "{\"password\":\"a\"}", "{}", &c), 1);
}

static void test_shared(void **state)
{
    (void)state;
    struct resource_change *c;
    ((struct rfield *)(uintptr_t)rtype_field(k->type, STR("size")))->shared = true;
    assert_int_equal(diff("{\"size\":2}", "{\"size\":2}", "{\"size\":9}", &c), 0);     /* the autoscaler's */
    assert_int_equal(diff("{\"size\":3}", "{\"size\":2}", "{\"size\":9}", &c), 1);     /* the file says it anew */
    assert_int_equal(diff("{\"size\":3}", "{\"size\":2}", "{\"size\":3}", &c), 0);     /* and it is there already */
    assert_int_equal(diff("{\"size\":null}", "{\"size\":2}", "{\"size\":9}", &c), 0);  /* nobody asks for anything */
    assert_int_equal(diff("{\"size\":3}", "{}", "{\"size\":9}", &c), 0);              /* the record is older than the field */
}

static void test_older_records(void **state)
{
    (void)state;
    struct resource_change *c;
    assert_int_equal(diff("{\"password\":\"a\"}", "{}", "{}", &c), 0);                 /* made before the field existed */
    assert_int_equal(diff("{\"password\":\"a\"}", "{\"password\":null}", "{}", &c), 1);
    assert_int_equal(diff("{\"size\":2}", "{}", "{\"size\":1}", &c), 1);              /* AWS shows it: it counts */
}

static void test_sets_of_objects(void **state)
{
    (void)state;
    const struct type_field f[] = { { .name = STR("key"), .type = &type_string }, { .name = STR("value"), .type = &type_string } };
    struct type taint = { .kind = TYPE_OBJECT, .fields = f, .nfields = 2 }, set = { .kind = TYPE_SET, .elem = &taint };
    const struct value *x = kit_json(k, "[{\"key\":\"a\",\"value\":\"\"},{\"key\":\"b\",\"value\":\"1\"}]");
    assert_int_equal(compared(k->a, &set, x, NULL, kit_json(k, "[{\"value\":\"1\",\"key\":\"b\"},{\"key\":\"a\"}]")), SAME);
    assert_int_equal(compared(k->a, &set, x, NULL, kit_json(k, "[{\"key\":\"b\",\"value\":\"1\"},{\"key\":\"b\",\"value\":\"1\"}]")), DIFFERENT);
}

static void test_owned_keys(void **state)
{
    (void)state;
    struct resource_change *c;
    assert_int_equal(diff("{\"tags\":{\"a\":\"1\"}}", "{\"tags\":{\"a\":\"1\"}}", "{\"tags\":{\"a\":\"1\",\"foreign\":\"x\",\"kc:addr\":\"y\"}}", &c), 0);
    assert_int_equal(diff("{\"tags\":{\"a\":\"1\"}}", "{\"tags\":{\"a\":\"1\"}}", "{\"tags\":{\"foreign\":\"x\"}}", &c), 1);
    assert_int_equal(diff("{\"tags\":{}}", "{\"tags\":{\"a\":\"1\"}}", "{\"tags\":{\"a\":\"1\",\"foreign\":\"x\"}}", &c), 1);
    assert_null(value_get(c[0].old, STR("foreign")));
    assert_non_null(value_get(c[0].old, STR("a")));
}

static void test_unknown(void **state)
{
    (void)state;
    struct resource_change *c;
    const struct value *want = value_with(k->a, kit_json(k, "{\"size\":1}"), STR("parent"), kit_ref(k, "other", "id"));
    size_t n = resource_diff(k->a, NULL, k->type, want, kit_json(k, "{\"parent\":\"p\",\"size\":1}"), NULL, NULL, 0, &c);
    assert_int_equal(n, 1);
    assert_true(c[0].unknown);
    assert_true(c[0].replace);
}

static void test_ignored(void **state)
{
    (void)state;
    struct resource_change *c;
    const struct str size = STR("size"), tag = STR("tags.a");
    assert_int_equal(resource_diff(k->a, NULL, k->type, kit_json(k, "{\"size\":2}"), kit_json(k, "{\"size\":1}"), NULL, &size, 1, &c), 0);
    assert_int_equal(resource_diff(k->a, NULL, k->type, kit_json(k, "{\"tags\":{\"a\":\"2\",\"b\":\"1\"}}"),
                                   kit_json(k, "{\"tags\":{\"a\":\"1\",\"b\":\"1\"}}"), NULL, &tag, 1, &c), 0);
    assert_int_equal(resource_diff(k->a, NULL, k->type, kit_json(k, "{\"tags\":{\"a\":\"2\",\"b\":\"2\"}}"),
                                   kit_json(k, "{\"tags\":{\"a\":\"1\",\"b\":\"1\"}}"), NULL, &tag, 1, &c), 1);
}

static void test_updates(void **state)
{
    (void)state;
    struct resource_change *c;
    const struct rstep **steps;
    struct str orphan = STR_NONE;
    size_t nsteps, n = diff("{\"size\":2,\"tags\":{\"a\":\"1\"}}", "{\"size\":1,\"tags\":{}}", NULL, &c);
    assert_int_equal(n, 2);
    assert_true(resource_updates(k->a, NULL, k->type, c, n, &steps, &nsteps, &orphan));
    assert_int_equal(nsteps, 3);
    assert_str(steps[0]->op, "UpdateThing");
    assert_str(steps[1]->op, "TagThing");
    n = diff("{\"zone\":\"b\"}", "{\"zone\":\"a\"}", NULL, &c);
    assert_false(resource_updates(k->a, NULL, k->type, c, n, &steps, &nsteps, &orphan));
    assert_str(orphan, "zone");
    n = diff("{\"password\":\"b\"}", "{\"password\":\"a\"}", NULL, &c);        /* only remembered */
    assert_true(resource_updates(k->a, NULL, k->type, c, n, &steps, &nsteps, &orphan));
    assert_int_equal(nsteps, 0);
}

static void test_completes(void **state)
{
    (void)state;
    const struct rstep **steps;
    const struct value *fields;
    assert_int_equal(resource_completes(k->a, k->models, k->type, kit_json(k, "{\"size\":2}"), kit_json(k, "{\"size\":1}"), &steps, &fields), 0);
    assert_int_equal(resource_completes(k->a, k->models, k->type, kit_json(k, "{\"grade\":\"HIGH\"}"), kit_json(k, "{}"), &steps, &fields), 1);
    assert_int_equal(fields->list.n, 1);
    assert_true(str_is(fields->list.v[0]->s, "grade"));
    assert_int_equal(resource_completes(k->a, k->models, k->type, kit_json(k, "{\"grade\":\"HIGH\"}"), kit_json(k, "{\"grade\":\"HIGH\"}"), &steps, &fields), 0);
    assert_int_equal(resource_completes(k->a, k->models, k->type, kit_json(k, "{\"grade\":null}"), NULL, &steps, &fields), 0);
}

static void test_tags(void **state)
{
    (void)state;
    const struct value *set, *gone, *owner = resource_owner_tags(k->a, STR("l"), STR("a.b[\"c d\"]"), 3, STR("tok"));
    resource_tags(k->a, kit_json(k, "{\"a\":\"1\",\"b\":\"2\"}"), kit_json(k, "{\"a\":\"1\",\"c\":\"4\"}"), kit_json(k, "{\"a\":\"1\",\"b\":\"3\",\"c\":\"4\",\"kc:gen\":\"3\",\"aws:x\":\"y\"}"), owner, &set, &gone);
    assert_null(value_get(set, STR("a")));
    assert_str(value_get(set, STR("b"))->s, "2");
    assert_non_null(value_get(set, STR("kc:token")));
    assert_null(value_get(set, STR("kc:gen")));
    assert_int_equal(gone->list.n, 1);
    assert_str(gone->list.v[0]->s, "c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_values),  CASE(test_scalars_across_kinds), CASE(test_fields), CASE(test_taken_off), CASE(test_marks),     CASE(test_owned_keys), CASE(test_shared), CASE(test_older_records), CASE(test_sets_of_objects),
        CASE(test_unknown), CASE(test_ignored),              CASE(test_updates), CASE(test_completes), CASE(test_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
