/* What people and programs see of a plan. */
#include "kctest.h"
#include "cli/plan_show.h"
#include "kc/json.h"
#include "plan_kit.h"

static struct kit *k;

static int setup(void **state)
{
    (void)state;
    k = kit_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kit_free(k);
    return 0;
}

static struct str text(const struct plan *p)
{
    struct buf b = { 0 };
    plan_text(&b, p, false, false, NULL);
    return buf_take(&b, k->a);
}

static void test_text(void **state)
{
    (void)state;
    kit_have(k, "net.keep", "{\"thing_name\":\"keep\"}");
    kit_have(k, "net.a[\"x.y\"]", "{\"thing_name\":\"a\",\"size\":1,\"tags\":{\"t\":\"1\"}}");
    kit_have(k, "net.gone", "{\"thing_name\":\"g\"}");
    kit_node(k, "net.keep", "{\"thing_name\":\"keep\"}");
    kit_node(k, "net.a[\"x.y\"]", "{\"thing_name\":\"a\",\"size\":2,\"tags\":{\"t\":\"2\"}}");
    kit_node(k, "pool.b", "{\"thing_name\":\"b\"}");
    assert_str(text(kit_plan(k)), "net\n"
                                  "  ~   a[\"x.y\"]  toy.Thing\n"
                                  "          size: 1 -> 2\n"
                                  "          tags.t: \"1\" -> \"2\"\n"
                                  "  -   gone      toy.Thing  thing-3\n"
                                  "\n"
                                  "pool\n"
                                  "  +   b         toy.Thing\n"
                                  "\n"
                                  "Plan: 1 to create, 1 to update, 1 to delete; about 10 s; critical path: pool.b\n");
}

static void test_text_empty(void **state)
{
    (void)state;
    assert_str(text(kit_plan(k)), "No changes.\n");
}

static void test_secrets_do_not_show(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    struct node *a = kit_node(k, "a", "{\"thing_name\":\"a\"}"), *b = kit_node(k, "b", "{\"thing_name\":\"b\"}");
    const struct value *secret = value_secret(k->a, value_str(k->a, STR("hunter2")));
    kit_set(k, a, "password", secret);
    kit_set(k, b, "password", secret);
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_UPDATE);
    struct buf b2 = { 0 };
    plan_json(&b2, p);
    plan_text(&b2, p, true, true, NULL);
    assert_true(str_find(buf_view(&b2), STR("hunter2")) == SIZE_MAX);
    assert_true(str_find(buf_view(&b2), STR("(secret)")) != SIZE_MAX);
    buf_fini(&b2);
}

static void test_json(void **state)
{
    (void)state;
    struct str why;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":1}");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":2}");
    kit_set(k, kit_node(k, "b", "{\"thing_name\":\"b\"}"), "parent", kit_ref(k, "a", "id"));
    struct buf b = { 0 };
    plan_json(&b, kit_plan(k));
    const struct value *v = json_read(k->a, buf_take(&b, k->a), 0, &why);
    assert_non_null(v);
    assert_int_equal(value_at(v, "version")->i, 1);
    assert_str(value_at(v, "items.0.action")->s, "update");
    assert_int_equal(value_at(v, "items.0.changes.0.new")->i, 2);
    assert_str(value_at(v, "items.1.action")->s, "create");
    assert_int_equal(value_at(v, "counts.create")->i, 1);
    assert_int_equal(value_at(v, "operations")->list.n, 2);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_text), TEST(test_text_empty), TEST(test_secrets_do_not_show), TEST(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
