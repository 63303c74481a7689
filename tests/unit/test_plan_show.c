/* What people and programs see of a plan. */
#include "cli/plan_show.h"
#include "kc/json.h"
#include "plan_case.h"

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
    struct digest kept = { .sum = { 0x01, 0x23, 0xab, 0xcd }, .n = SECRET_SUM, .key = { 0x77, 0x88 } };      /* as state keeps the one before */
    struct resource_change *c = (struct resource_change *)(uintptr_t)kit_item(p, "a")->changes;
    c->old = value_digest(k->a, &kept, true);
    struct buf b2 = { 0 };
    plan_json(&b2, p);
    plan_text(&b2, p, true, true, NULL);
    assert_true(str_find(buf_view(&b2), STR("hunter2")) == SIZE_MAX);
    assert_true(str_find(buf_view(&b2), STR("0123ab")) == SIZE_MAX);
    assert_true(str_find(buf_view(&b2), STR("7788")) == SIZE_MAX);
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

/* The plan with one more operation of an item: what the record alone goes through has no difference to show. */
static struct plan *with(struct plan *p, const char *addr, enum op_kind kind, const char *step)
{
    struct plan_op **ops = arena_array(k->a, p->nops + 1, sizeof *ops), *op = ARENA_NEW(k->a, struct plan_op);
    for (size_t i = 0; i < p->nops; i++)
        ops[i] = p->ops[i];
    *op = (struct plan_op){ .item = (struct plan_item *)(uintptr_t)kit_item(p, addr), .kind = kind, .index = p->nops, .usual = 3000, .step = str_of(step) };
    op->node = op->item->node;
    ops[p->nops++] = op;
    p->ops = ops;
    return p;
}

static bool says(struct str text, const char *part)
{
    return str_find(text, str_of(part)) != SIZE_MAX;
}

static void test_records_that_change_alone_show(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "net.a", "{\"thing_name\":\"a\"}");
    kit_have(k, "net.b", "{\"thing_name\":\"b\"}");
    kit_have(k, "net.c", "{\"thing_name\":\"c\"}");
    struct node *a = kit_node(k, "net.a", "{\"thing_name\":\"a\"}"), *b = kit_node(k, "net.b", "{\"thing_name\":\"b\"}");
    kit_node(k, "net.c", "{\"thing_name\":\"c\"}");
    struct plan *p = kit_plan(k);
    a->protect.set = a->protect.on = b->protect.set = true;
    p = with(with(with(p, "net.a", OP_MOVE, ""), "net.a", OP_PROTECT, ""), "net.b", OP_PROTECT, "");
    struct record *was = ARENA_NEW(k->a, struct record);
    *was = *r;
    was->addr = STR("old.a");
    ((struct plan_item *)(uintptr_t)kit_item(p, "net.a"))->record = was;
    struct str shown = text(p);
    assert_true(says(shown, "  *   a  toy.Thing  moved from old.a, protection set\n"));
    assert_true(says(shown, "  *   b  toy.Thing  protection lifted\n"));
    assert_false(says(shown, " c  "));                     /* nothing happens to it */
    struct buf json = { 0 };
    plan_json(&json, p);
    assert_true(says(buf_view(&json), "\"kind\": \"move\""));
    assert_true(says(buf_view(&json), "\"moved_from\": \"old.a\""));
    assert_true(says(buf_view(&json), "\"on\": false"));
    buf_fini(&json);
}

static void test_steps_of_a_chain_show(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":1}");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":3}");
    struct plan *p = with(kit_plan(k), "a", OP_UPDATE, "size 2 (1 of 2)");
    assert_true(says(text(p), "          size: 1 -> 3\n          step: size 2 (1 of 2), about 3 s\n"));
    struct buf json = { 0 };
    plan_json(&json, p);
    assert_true(says(buf_view(&json), "\"step\": \"size 2 (1 of 2)\""));
    buf_fini(&json);
}

static void test_guarded_items_say_what_is_lost(void **state)
{
    (void)state;
    struct plan_guard guards[] = { { STR("net.gone"), STR("deletes it"), STR("lost with it: the things in it") }, { STR("pool"), STR("leaves no nodes"), STR("lost with it: the last of them") } };
    kit_have(k, "net.gone", "{\"thing_name\":\"g\"}");
    struct plan *p = kit_plan(k);
    p->guards = guards;
    p->nguards = 2;
    struct str shown = text(p);
    assert_true(says(shown, "  -   gone  toy.Thing  thing-1\n          ! deletes it; lost with it: the things in it\n"));
    assert_true(says(shown, "Guarded: `kc apply` wants each address typed, or given by --allow-destroy ADDRESS\n"
                            "  net.gone: deletes it; lost with it: the things in it\n"
                            "  pool: leaves no nodes; lost with it: the last of them\n"));
    struct buf json = { 0 };
    plan_json(&json, p);
    assert_true(says(buf_view(&json), "\"why\": \"lost with it: the things in it\""));
    buf_fini(&json);
}

static void test_a_retirement_says_what_becomes_of_what_runs(void **state)
{
    (void)state;
    struct rstep *steps = arena_array(k->a, k->type->nsteps + 1, sizeof *steps);
    for (size_t i = 0; i < k->type->nsteps; i++)
        steps[i] = k->type->steps[i];
    steps[k->type->nsteps] = (struct rstep){ .kind = STEP_RETIRE, .op = STR("RetireThing"), .why = STR("pods get five minutes, then they are ended") };
    kit_have(k, "gone", "{\"thing_name\":\"g\"}");
    kit_have(k, "stays", "{\"thing_name\":\"s\"}");
    kit_node(k, "stays", "{\"thing_name\":\"s\"}");
    struct plan *p = kit_plan(k);
    k->type->steps = steps;
    k->type->nsteps++;
    struct buf all = { 0 };
    plan_text(&all, p, false, true, NULL);
    assert_true(says(buf_view(&all), "  -   gone   toy.Thing  thing-1\n          retired first: pods get five minutes, then they are ended\n"));
    assert_true(says(buf_view(&all), "      stays  toy.Thing\n\n"));
    buf_fini(&all);
}

static void test_an_outage_has_its_length(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"zone\":\"x\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"zone\":\"y\"}");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_REPLACE_DELETE_FIRST);
    int64_t gone = kit_op(p, "a", OP_DELETE)->usual, made = kit_op(p, "a", OP_CREATE)->usual;
    assert_true(says(text(p), str_c(k->a, str_fmt(k->a, "old goes first, without it for about %d s\n", (int)((gone + made) / 1000)))));
}

static void test_what_was_not_read_is_no_change(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    struct plan *p = kit_plan(k);
    struct plan_item *a = (struct plan_item *)(uintptr_t)kit_item(p, "a");
    p->partial = a->unread = true;
    a->reason = STR("AWS did not answer");
    assert_str(text(p), "  !   a  toy.Thing  not planned: AWS did not answer\n\nNot planned: what could not be read, and what hangs on it.\nNo changes in the rest.\n");
    struct buf json = { 0 };
    plan_json(&json, p);
    assert_true(says(buf_view(&json), "\"partial\": true"));
    assert_true(says(buf_view(&json), "\"unread\": true"));
    buf_fini(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_text), CASE(test_text_empty), CASE(test_secrets_do_not_show), CASE(test_json), CASE(test_records_that_change_alone_show),
        CASE(test_steps_of_a_chain_show), CASE(test_guarded_items_say_what_is_lost), CASE(test_an_outage_has_its_length),
        CASE(test_a_retirement_says_what_becomes_of_what_runs),
        CASE(test_what_was_not_read_is_no_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
