/* test_plan_chain.c - fields that get to their value by steps, and what lives in a thing following it. */
#include "plan_case.h"

static const struct value *release(int minor)
{
    return value_version(k->a, (struct version){ 1, minor, -1 });
}

static const struct term *releases(int from, int to)
{
    const struct value *v[16];
    size_t n = 0;
    for (int i = from; i <= to; i++)
        v[n++] = release(i);
    return term_const(k->a, value_list(k->a, v, n));
}

/* The toy's type with one field more: a release, that UpdateThing writes. */
static struct rtype *with_release(const char *name, struct rchain *c)
{
    static const struct str on[] = { { "size", 4 }, { "grade", 5 }, { "release", 7 } };
    struct rtype *t = arena_copy(k->a, k->type, sizeof *t);
    struct rfield *f = arena_array(k->a, t->nfields + 1, sizeof *f);
    struct rstep *s = arena_copy(k->a, t->steps, t->nsteps * sizeof *s);
    for (size_t i = 0; i < t->nfields; i++)
        f[i] = t->fields[i];
    f[t->nfields++] = (struct rfield){ .name = STR("release"), .type = type_optional(k->a, &type_version) };
    s[3].on = on;
    s[3].non = 3;
    t->name = str_of(name);
    t->fields = f;
    t->steps = s;
    t->chains = c;
    t->nchains = 1;
    return t;
}

static struct node *have(struct rtype *t, const char *addr, const char *dep, const char *parent, int was, int now)
{
    struct rtype *toy = k->type;
    char json[160];
    k->type = t;
    snprintf(json, sizeof json, "{\"thing_name\":\"%s\",\"parent\":\"%s\"}", addr, parent);
    struct record *r = kit_had(k, addr, json, dep);
    r->inputs = value_with(k->a, r->inputs, STR("release"), release(was));
    assert_true(state_put(k->state, r));
    struct node *n = kit_node(k, addr, json);
    kit_set(k, n, "release", release(now));
    k->type = toy;
    return n;
}

static const struct plan_op *step(const struct plan *p, const char *addr, int minor)
{
    for (size_t i = 0; i < p->nops; i++) {
        const struct plan_op *op = p->ops[i];
        const struct value *v = str_is(op->item->addr, addr) ? value_get(op->inputs ? op->inputs : op->item->inputs, STR("release")) : NULL;
        if (v && v->version.minor == minor && op->kind == OP_UPDATE)
            return op;
    }
    fail_msg("%s does not go through 1.%d", addr, minor);
    return NULL;
}

static void each_step_is_an_operation(void **state)
{
    (void)state;
    struct rchain c = { .field = STR("release"), .steps = releases(31, 33) };
    have(with_release("toy.Home", &c), "home", NULL, "x", 30, 33);
    kit_set(k, kit_node(k, "user", "{\"thing_name\":\"u\"}"), "zone", kit_ref(k, "home", "version"));
    struct plan *p = kit_plan(k);
    assert_true(kit_before(p, step(p, "home", 31), step(p, "home", 32)));
    assert_true(kit_before(p, step(p, "home", 32), step(p, "home", 33)));
    assert_str(step(p, "home", 32)->step, "release v1.32 (2 of 3)");
    assert_true(kit_before(p, step(p, "home", 33), kit_op(p, "user", OP_CREATE)));   /* who waits, waits for the last */
    assert_int_equal(step(p, "home", 31)->usual, step(p, "home", 33)->usual);
    assert_int_equal(p->nops, 4);
}

static void a_step_that_is_refused_is_an_error(void **state)
{
    (void)state;
    struct rchain c = { .field = STR("release"), .steps = releases(1, 0), .refuse = term_const(k->a, value_str(k->a, STR("there is no way back"))) };
    have(with_release("toy.Home", &c), "home", NULL, "x", 31, 30);
    kit_plan_fails(k, DIAG_E0613);
    assert_true(str_find(k->diags.v[0]->message, STR("there is no way back")) != SIZE_MAX);
}

static void no_step_leaves_it_with_a_note(void **state)
{
    (void)state;
    struct rchain c = { .field = STR("release"), .steps = releases(1, 0), .note = term_const(k->a, value_str(k->a, STR("AWS has gone ahead"))) };
    have(with_release("toy.Home", &c), "home", NULL, "x", 31, 30);
    struct plan *p = kit_plan(k);
    assert_true(plan_empty(p));
    assert_int_equal(p->nnotes, 1);
    assert_int_equal(value_get(kit_item(p, "home")->inputs, STR("release"))->version.minor, 31);
}

static void where_no_call_leads_a_new_one_is_made(void **state)
{
    (void)state;
    struct rchain c = { .field = STR("release"), .replace = term_const(k->a, value_bool(true)) };
    have(with_release("toy.Home", &c), "home", NULL, "x", 30, 33);
    assert_int_equal(kit_item(kit_plan(k), "home")->action, ACTION_REPLACE_DELETE_FIRST);
    c.replace = term_const(k->a, value_bool(false));
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "home")->action, ACTION_UPDATE);
    assert_int_equal(p->nops, 1);
}

/* At most two behind: the child moves before the step that would leave it further behind, and at the end. */
static void a_child_follows_before_it_is_too_far_behind(void **state)
{
    (void)state;
    struct rchain c = { .field = STR("release"), .steps = releases(31, 34) }, follows = { .field = STR("release"), .after = STR("release"), .lag = 2 };
    struct rparent home = { .type = STR("toy.Home"), .identity = kit_object(k, "id", kit_param(k, "parent"), NULL) };
    struct rtype *child = with_release("toy.Child", &follows);
    child->parents = &home;
    child->nparents = 1;
    struct node *n = have(with_release("toy.Home", &c), "home", NULL, "x", 30, 34), *m = have(child, "child", "home", "thing-1", 30, 34);
    graph_edge(k->graph, m, n, EDGE_DATA, SPAN_NONE);
    struct plan *p = kit_plan(k);
    assert_true(kit_before(p, step(p, "home", 32), step(p, "child", 32)));
    assert_true(kit_before(p, step(p, "child", 32), step(p, "home", 33)));
    assert_true(kit_before(p, step(p, "home", 34), step(p, "child", 34)));
    assert_int_equal(p->nops, 6);
}

/* A home that goes from 1.30 to `to`, and a child in it that was left at 1.30. */
static struct node *family(int to)
{
    static struct rchain c, follows;
    static struct rparent home;
    c = (struct rchain){ .field = STR("release"), .steps = releases(31, to) };
    follows = (struct rchain){ .field = STR("release"), .after = STR("release"), .lag = 2 };
    home = (struct rparent){ .type = STR("toy.Home"), .identity = kit_object(k, "id", kit_param(k, "parent"), NULL) };
    struct rtype *child = with_release("toy.Child", &follows);
    struct rfield *size = (struct rfield *)(uintptr_t)rtype_field(child, STR("size"));
    size->replace = true;
    child->parents = &home;
    child->nparents = 1;
    struct node *n = have(with_release("toy.Home", &c), "home", NULL, "x", 30, to), *m = have(child, "child", "home", "thing-1", 30, to);
    graph_edge(k->graph, m, n, EDGE_DATA, SPAN_NONE);
    return m;
}

/* Its successor comes at the end of the way; until then the one that stands must not be too far behind. What it does not share with its successor stays. */
static void what_is_replaced_follows_too(void **state)
{
    (void)state;
    struct node *m = family(34);
    kit_set(k, m, "size", value_int(k->a, 7));
    struct plan *p = kit_plan(k);
    const struct plan_op *way = step(p, "child", 32), *made = kit_op(p, "child", OP_CREATE), *gone = kit_op(p, "child", OP_DELETE);
    assert_true(kit_before(p, step(p, "home", 32), way));
    assert_true(kit_before(p, way, step(p, "home", 33)));
    assert_true(kit_before(p, step(p, "home", 34), made));
    assert_true(kit_before(p, way, gone));
    assert_int_equal(way->generation, gone->generation);
    assert_false(value_eq(value_get(way->inputs, STR("size")), value_get(made->item->inputs, STR("size"))));
}

static void what_leaves_goes_before_it_is_too_far_behind(void **state)
{
    (void)state;
    family(34);
    k->graph->nnodes--;                                    /* the child is not in the file any more */
    struct plan *p = kit_plan(k);
    assert_true(kit_before(p, kit_op(p, "child", OP_DELETE), step(p, "home", 33)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(each_step_is_an_operation),
        CASE(a_step_that_is_refused_is_an_error),
        CASE(no_step_leaves_it_with_a_note),
        CASE(where_no_call_leads_a_new_one_is_made),
        CASE(a_child_follows_before_it_is_too_far_behind),
        CASE(what_is_replaced_follows_too),
        CASE(what_leaves_goes_before_it_is_too_far_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
