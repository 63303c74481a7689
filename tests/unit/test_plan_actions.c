/* Which action a difference becomes, why, and what refuses. */
#include "plan_case.h"

static void test_create(void **state)
{
    (void)state;
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    kit_set(k, kit_node(k, "b", "{\"thing_name\":\"b\"}"), "parent", kit_ref(k, "a", "id"));
    struct plan *p = kit_plan(k);
    assert_int_equal(p->count[ACTION_CREATE], 2);
    assert_true(kit_before(p, kit_op(p, "a", OP_CREATE), kit_op(p, "b", OP_CREATE)));
    assert_int_equal(kit_op(p, "a", OP_CREATE)->generation, 1);
    assert_false(value_is_known(value_get(kit_item(p, "b")->inputs, STR("parent"))));
}

static void test_nothing(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":3,\"tags\":{\"x\":\"1\"}}");
    kit_had(k, "b", "{\"thing_name\":\"b\",\"parent\":\"thing-1\"}", "a");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":3,\"tags\":{\"x\":\"1\"}}");
    kit_set(k, kit_node(k, "b", "{\"thing_name\":\"b\"}"), "parent", kit_ref(k, "a", "id"));
    struct plan *p = kit_plan(k);
    assert_true(plan_empty(p));
    assert_int_equal(p->nops, 0);
    const struct test_request *rq;
    assert_int_equal(test_world_requests(k->t, &rq), 1);                       /* both read with one call */
}

static void test_update(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":3}");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":4}");
    struct plan *p = kit_plan(k);
    const struct plan_item *x = kit_item(p, "a");
    assert_int_equal(x->action, ACTION_UPDATE);
    assert_int_equal(x->nchanges, 1);
    assert_str(x->changes[0].field, "size");
    assert_str(x->reason, "size 3 -> 4");
    kit_op(p, "a", OP_UPDATE);
}

static void test_disruptive(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"grade\":\"LOW\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"grade\":\"HIGH\"}");
    assert_int_equal(kit_item(kit_plan(k), "a")->action, ACTION_DISRUPT);
}

static void test_drift(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":3}");
    k->things[0].size = 9;
    kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":3}");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_UPDATE);
    assert_true(kit_item(p, "a")->drift);
    assert_true(p->nnotes >= 1);
}

static void test_foreign_tags(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"tags\":{\"x\":\"1\"}}");
    k->things[0].tags = kit_json(k, "{\"x\":\"1\",\"theirs\":\"2\",\"kc:addr\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"tags\":{\"x\":\"1\"}}");
    assert_true(plan_empty(kit_plan(k)));
}

static void test_vanished(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    k->things[0].hidden = true;
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    struct plan *p = kit_plan(k);
    const struct plan_item *x = kit_item(p, "a");
    assert_int_equal(x->action, ACTION_CREATE);
    assert_true(x->again);
    assert_int_equal(kit_op(p, "a", OP_CREATE)->generation, 2);
    const struct test_request *rq;
    assert_int_equal(test_world_requests(k->t, &rq), 2);                       /* asked for again by itself before it counts as gone */
}

static void test_young_is_not_gone(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "a", "{\"thing_name\":\"a\"}");
    r->created_ms = world_wall(k->w) - 1000;
    assert_true(state_put(k->state, r));
    k->things[0].hidden = true;
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    int64_t before = world_now(k->w);
    assert_int_equal(kit_item(kit_plan(k), "a")->action, ACTION_CREATE);
    assert_true(world_now(k->w) - before >= 299000);                           /* AWS may take five minutes to show it */
    assert_true(world_now(k->w) - before < 305000);
}

static void test_forget(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_have(k, "b", "{\"thing_name\":\"b\"}");
    k->things[0].hidden = true;
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_FORGET);
    assert_int_equal(kit_item(p, "b")->action, ACTION_DELETE);
    assert_str(kit_item(p, "b")->reason, "not in the file any more");
}

static void test_replace(void **state)
{
    (void)state;                                                               /* the unique name stays: the old one must go first */
    kit_have(k, "a", "{\"thing_name\":\"a\",\"zone\":\"x\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"zone\":\"y\"}");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_REPLACE_DELETE_FIRST);
    assert_str(kit_item(p, "a")->reason, "zone \"x\" -> \"y\" cannot change in place");
    assert_true(kit_before(p, kit_op(p, "a", OP_DELETE), kit_op(p, "a", OP_CREATE)));
    assert_int_equal(kit_op(p, "a", OP_CREATE)->generation, 2);
    assert_int_equal(kit_op(p, "a", OP_DELETE)->generation, 1);
}

static void test_replace_create_first(void **state)
{
    (void)state;                                                               /* the name differs: both can stand side by side */
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"b\"}");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_REPLACE_CREATE_FIRST);
    assert_true(kit_before(p, kit_op(p, "a", OP_CREATE), kit_op(p, "a", OP_DELETE)));
}

static void test_replace_override(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"b\"}")->replace = REPLACE_DELETE_FIRST;
    assert_int_equal(kit_item(kit_plan(k), "a")->action, ACTION_REPLACE_DELETE_FIRST);
}

static void test_fresh_name(void **state)
{
    (void)state;                                                               /* a generated name makes create-first possible */
    kit_have(k, "a", "{\"thing_name\":\"a\",\"zone\":\"x\"}");
    struct node *n = kit_node(k, "a", "{\"zone\":\"y\"}");
    struct term *call = ARENA_NEW(k->a, struct term);
    const struct term **args = ARENA_ARRAY(k->a, const struct term *, 1);
    args[0] = term_const(k->a, value_str(k->a, STR("a")));
    *call = (struct term){ .kind = TERM_CALL, .name = STR("fresh"), .args = args, .nargs = 1, .type = &type_string };
    kit_set(k, n, "thing_name", value_unknown(k->a, call, &type_string, PHASE_APPLY));
    struct plan *p = kit_plan(k);
    const struct plan_item *x = kit_item(p, "a");
    assert_int_equal(x->action, ACTION_REPLACE_CREATE_FIRST);
    assert_int_equal(x->nchanges, 1);
    assert_str(value_get(x->inputs, STR("thing_name"))->s, "a-2");
}

static void test_maybe(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":1}");
    kit_had(k, "b", "{\"thing_name\":\"b\",\"zone\":\"1\"}", "a");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":2}");                     /* the update renews `version` */
    kit_set(k, kit_node(k, "b", "{\"thing_name\":\"b\"}"), "zone", kit_ref(k, "a", "version"));
    struct plan *p = kit_plan(k);
    const struct plan_item *x = kit_item(p, "b");
    assert_true(x->maybe);
    assert_int_equal(x->action, ACTION_REPLACE_DELETE_FIRST);
    assert_true(kit_before(p, kit_op(p, "a", OP_UPDATE), kit_op(p, "b", OP_DELETE)));         /* nothing goes before that is known */
}

static void test_update_keeps_other_outs(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":1}");
    kit_had(k, "b", "{\"thing_name\":\"b\",\"parent\":\"thing-1\"}", "a");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":2}");
    kit_set(k, kit_node(k, "b", "{\"thing_name\":\"b\"}"), "parent", kit_ref(k, "a", "id"));
    assert_int_equal(kit_item(kit_plan(k), "b")->action, ACTION_NOOP);
}

static void test_certain_replace(void **state)
{
    (void)state;                                                               /* a new parent has a new id: no "maybe" about it */
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_had(k, "b", "{\"thing_name\":\"b\",\"parent\":\"thing-1\"}", "a");
    kit_node(k, "a", "{\"thing_name\":\"a2\"}");
    kit_set(k, kit_node(k, "b", "{\"thing_name\":\"b\"}"), "parent", kit_ref(k, "a", "id"));
    const struct plan_item *x = kit_item(kit_plan(k), "b");
    assert_false(x->maybe);
    assert_int_equal(x->action, ACTION_REPLACE_DELETE_FIRST);
}

static void test_protect(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    struct node *n = kit_node(k, "a", "{\"thing_name\":\"b\"}");
    n->protect.set = n->protect.on = true;
    kit_plan_fails(k, DIAG_E0603);
    assert_true(k->diags.v[0]->nnotes >= 2);                                   /* why, and how to lift it */
}

static void test_protect_update_is_fine(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":1}");
    struct node *n = kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":2}");
    n->protect.set = n->protect.on = true;
    assert_int_equal(kit_item(kit_plan(k), "a")->action, ACTION_UPDATE);
}

static void test_protect_in_state(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "a", "{\"thing_name\":\"a\"}");
    r->protect = true;
    assert_true(state_put(k->state, r));
    kit_plan_fails(k, DIAG_E0603);                                             /* dropping the line from the file does not lift it */
}

static void test_protect_lifted(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "a", "{\"thing_name\":\"a\"}");
    r->protect = true;
    assert_true(state_put(k->state, r));
    kit_node(k, "a", "{\"thing_name\":\"b\"}")->protect.set = true;            /* @protect(false) */
    assert_int_equal(kit_item(kit_plan(k), "a")->action, ACTION_REPLACE_CREATE_FIRST);
}

static void test_ignore(void **state)
{
    (void)state;
    static const struct str ignore[] = { { "size", 4 } };
    kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":1}");
    struct node *n = kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":2}");
    n->ignore = ignore;
    n->nignore = 1;
    assert_true(plan_empty(kit_plan(k)));
}

static void test_adopt(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "tmp", "{\"thing_name\":\"a\",\"size\":1}");
    assert_true(state_drop(k->state, r->addr, 1));
    kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":2}")->adopt = STR("thing-1");
    const struct plan_item *x = kit_item(kit_plan(k), "a");
    assert_int_equal(x->action, ACTION_UPDATE);
    assert_true(x->record->adopted);
    assert_str(value_get(x->record->outs, STR("id"))->s, "thing-1");
}

static void test_adopt_nothing(void **state)
{
    (void)state;
    kit_node(k, "a", "{\"thing_name\":\"a\"}")->adopt = STR("thing-77");
    kit_plan_fails(k, DIAG_E0606);
}

static void test_adopt_misfit(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "tmp", "{\"thing_name\":\"other\"}");
    assert_true(state_drop(k->state, r->addr, 1));
    kit_node(k, "a", "{\"thing_name\":\"a\"}")->adopt = STR("thing-1");
    kit_plan_fails(k, DIAG_E0606);
}

static void move(const char *from, const char *to)
{
    struct moved *m = ARENA_NEW(k->a, struct moved);
    *m = (struct moved){ str_of(from), str_of(to), SPAN_NONE };
    k->graph->moved = m;
    k->graph->nmoved = 1;
}

static void test_moved(void **state)
{
    (void)state;
    kit_have(k, "old.a", "{\"thing_name\":\"a\"}");
    kit_node(k, "new.a", "{\"thing_name\":\"a\"}");
    move("old", "new");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "new.a")->action, ACTION_NOOP);
    assert_str(kit_item(p, "new.a")->record->addr, "old.a");
    assert_int_equal(p->nops, 1);
    assert_int_equal(kit_op(p, "new.a", OP_MOVE)->generation, 1);              /* AWS is not asked, and yet something is to be written */
    assert_false(plan_empty(p));
}

static void test_moved_still_there(void **state)
{
    (void)state;
    kit_node(k, "old.a", "{\"thing_name\":\"a\"}");
    kit_node(k, "new.a", "{\"thing_name\":\"b\"}");
    move("old", "new");
    kit_plan_fails(k, DIAG_E0605);
}

static void test_moved_nowhere(void **state)
{
    (void)state;
    kit_have(k, "old.a", "{\"thing_name\":\"a\"}");
    kit_node(k, "b", "{\"thing_name\":\"b\"}");
    move("old", "new");
    kit_plan_fails(k, DIAG_E0605);
}

static void test_resume(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "a", "{\"thing_name\":\"a\"}");
    r->status = STATUS_CREATING;
    r->outs = NULL;
    assert_true(state_put(k->state, r));
    struct record *u = kit_have(k, "b", "{\"thing_name\":\"b\"}");
    u->status = STATUS_UNREADY;
    assert_true(state_put(k->state, u));
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "b", "{\"thing_name\":\"b\"}");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_RESUME);
    assert_int_equal(kit_item(p, "b")->action, ACTION_RESUME);
    assert_int_equal(kit_op(p, "a", OP_CREATE)->generation, 1);
}

/* Killed between the create and the step that sets the zone: AWS shows none yet, and that is no reason for a new object. */
static void test_made_in_part_is_finished(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "a", "{\"thing_name\":\"a\",\"zone\":\"x\"}"), *s = kit_have(k, "b", "{\"thing_name\":\"b\",\"zone\":\"x\"}");
    for (size_t i = 0; i < k->nthings; i++)
        k->things[i].zone[0] = '\0';
    r->status = s->status = STATUS_CREATING;
    assert_true(state_put(k->state, r));
    assert_true(state_put(k->state, s));
    kit_node(k, "a", "{\"thing_name\":\"a\",\"zone\":\"x\"}");
    kit_node(k, "b", "{\"thing_name\":\"b\",\"zone\":\"y\"}");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_RESUME);
    assert_str(kit_item(p, "b")->reason, "zone none -> \"y\" cannot change in place");
}

static void test_failed_is_replaced(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "a", "{\"thing_name\":\"a\"}");
    r->status = STATUS_FAILED;
    r->pending = r->inputs;
    r->inputs = NULL;
    assert_true(state_put(k->state, r));
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    assert_int_equal(kit_item(kit_plan(k), "a")->action, ACTION_REPLACE_DELETE_FIRST);
}

static void test_denied(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    k->refuse = "AccessDeniedException";
    assert_true(kit_item(kit_plan_partial(k, DIAG_E0602), "a")->unread);
}

static void test_credentials(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    k->refuse = "UnrecognizedClientException";
    kit_plan_fails(k, DIAG_E0702);
    assert_int_equal(k->exit_code, 5);
}

static void test_type_lost(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "a", "{\"thing_name\":\"a\"}");
    r->type = STR("gone.Type");
    assert_true(state_put(k->state, r));
    kit_plan_fails(k, DIAG_E0608);
}

static void test_retyped(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    struct rtype *other = ARENA_NEW(k->a, struct rtype);
    *other = *k->type;
    other->name = STR("toy.Other");
    kit_node(k, "a", "{\"thing_name\":\"b\"}")->type = other;
    struct plan *p = kit_plan(k);
    assert_int_equal(p->count[ACTION_CREATE], 1);
    assert_int_equal(p->count[ACTION_DELETE], 1);
    assert_int_equal(kit_op(p, "a", OP_CREATE)->generation, 2);
}

static void test_orphan_field(void **state)
{
    (void)state;
    ((struct rfield *)(uintptr_t)rtype_field(k->type, STR("zone")))->replace = false;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"zone\":\"x\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\",\"zone\":\"y\"}");
    kit_plan_fails(k, DIAG_E0607);
}

static void test_region(void **state)
{
    (void)state;                                                               /* another region is another object; names do not collide across */
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}")->provider = provider_in(k->a, &at_home, STR("us-east-1"));
    const struct plan_item *x = kit_item(kit_plan(k), "a");
    assert_int_equal(x->action, ACTION_REPLACE_CREATE_FIRST);
    assert_str(x->reason, "region eu-west-1 -> us-east-1");
}

static void lives_in_its_parent(void)
{
    struct rparent *home = ARENA_NEW(k->a, struct rparent);
    *home = (struct rparent){ .type = k->type->name, .identity = kit_object(k, "thing_name", kit_param(k, "parent"), NULL) };
    k->type->parents = home;
    k->type->nparents = 1;
}

static void test_goes_with_its_home(void **state)
{
    (void)state;                                                               /* b names a by its name, which stays; a goes and comes again */
    struct rfield *name = (struct rfield *)(uintptr_t)rtype_field(k->type, STR("thing_name"));
    ((struct rout *)(uintptr_t)k->type->outs)[0].identity = false;
    name->identity = true;
    lives_in_its_parent();
    kit_have(k, "a", "{\"thing_name\":\"home\",\"zone\":\"x\"}");
    kit_had(k, "b", "{\"thing_name\":\"b\",\"parent\":\"home\"}", "a");
    kit_had(k, "c", "{\"thing_name\":\"c\",\"parent\":\"elsewhere\"}", "a");
    struct node *a = kit_node(k, "a", "{\"thing_name\":\"home\",\"zone\":\"y\"}");
    graph_edge(k->graph, kit_node(k, "b", "{\"thing_name\":\"b\",\"parent\":\"home\"}"), a, EDGE_DATA, SPAN_NONE);
    graph_edge(k->graph, kit_node(k, "c", "{\"thing_name\":\"c\",\"parent\":\"elsewhere\"}"), a, EDGE_DATA, SPAN_NONE);
    k->trust_state = true;
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "b")->action, ACTION_REPLACE_DELETE_FIRST);
    assert_str(kit_item(p, "b")->reason, "it lives in a, which is replaced");
    assert_int_equal(kit_item(p, "c")->action, ACTION_NOOP);
    assert_true(kit_before(p, kit_op(p, "b", OP_DELETE), kit_op(p, "a", OP_DELETE)));
    assert_true(kit_before(p, kit_op(p, "a", OP_CREATE), kit_op(p, "b", OP_CREATE)));
}

/* ---- lookups: toy.Ask { of } answers with the name of a thing ---- */

static struct node *ask(const char *addr, const struct value *of)
{
    struct rtype *t = ARENA_NEW(k->a, struct rtype);
    struct rfield *f = ARENA_NEW(k->a, struct rfield);
    struct rout *o = ARENA_NEW(k->a, struct rout);
    struct rstep *s = ARENA_NEW(k->a, struct rstep);
    struct rassign *set = ARENA_NEW(k->a, struct rassign);
    *f = (struct rfield){ .name = STR("of"), .type = &type_string };
    *o = (struct rout){ .name = STR("called"), .type = &type_any };
    *set = (struct rassign){ STR("called"), kit_path(k, "reply.Things") };
    *s = (struct rstep){ .kind = STEP_READ, .op = STR("DescribeThings"), .send = kit_object(k, "Ids", kit_list(k, kit_param(k, "of")), NULL),
                         .sets = set, .nsets = 1 };
    *t = (struct rtype){ .name = STR("toy.Ask"), .service = STR("toy"), .fields = f, .nfields = 1, .outs = o, .nouts = 1, .steps = s, .nsteps = 1,
                         .lookup = true };
    struct node *n = graph_add(k->graph, NODE_LOOKUP, str_of(addr), SPAN_NONE);
    n->type = t;
    n->provider = &at_home;
    n->inputs = value_with(k->a, &value_empty_object, STR("of"), of);
    return n;
}

static struct node *asks_size(const char *addr)
{
    struct node *n = kit_node(k, addr, "{\"thing_name\":\"u\"}");
    kit_set(k, n, "zone", kit_ref(k, "q", "called.0.Name"));
    return n;
}

static void test_lookup(void **state)
{
    (void)state;                                                               /* the arguments are known: the answer is used in the plan */
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    ask("q", value_str(k->a, STR("thing-1")));
    asks_size("u");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "q")->action, ACTION_NOOP);
    assert_str(value_get(kit_item(p, "u")->inputs, STR("zone"))->s, "a");
}

static void test_lookup_later(void **state)
{
    (void)state;
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    ask("q", kit_ref(k, "a", "id"));
    asks_size("u");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "q")->action, ACTION_READ);
    assert_true(kit_before(p, kit_op(p, "a", OP_CREATE), kit_op(p, "q", OP_READ)));
    assert_true(kit_before(p, kit_op(p, "q", OP_READ), kit_op(p, "u", OP_CREATE)));
}

static void test_pin(void **state)
{
    (void)state;                                                               /* the kept answer is used, and that AWS says otherwise is told */
    struct node *q = ask("q", value_str(k->a, STR("thing-1")));
    q->pin = true;
    struct record r = { .addr = STR("q"), .type = STR("toy.Ask"), .generation = 1, .status = STATUS_READY, .inputs = q->inputs,
                        .outs = &value_empty_object, .provider = &at_home, .pin = kit_json(k, "{\"called\":[{\"Name\":\"kept\"}]}") };
    assert_true(state_put(k->state, &r));
    asks_size("u");
    struct plan *p = kit_plan(k);
    assert_str(value_get(kit_item(p, "u")->inputs, STR("zone"))->s, "kept");
    assert_true(p->nnotes == 1);
    q->inputs = value_with(k->a, q->inputs, STR("of"), value_str(k->a, STR("thing-2")));       /* other arguments: asked anew */
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_have(k, "b", "{\"thing_name\":\"b\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "b", "{\"thing_name\":\"b\"}");
    assert_str(value_get(kit_item(kit_plan(k), "u")->inputs, STR("zone"))->s, "b");
}

static void test_lookup_refused(void **state)
{
    (void)state;
    ask("q", value_str(k->a, STR("thing-1")));
    asks_size("u");
    k->refuse = "AccessDeniedException";
    kit_node(k, "c", "{\"thing_name\":\"c\"}");
    struct plan *p = kit_plan_partial(k, DIAG_E0610);
    assert_true(kit_item(p, "u")->unread);                                      /* what asks for it waits, the rest goes on */
    assert_int_equal(kit_item(p, "c")->action, ACTION_CREATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_create),          CASE(test_nothing),   CASE(test_update),         CASE(test_disruptive),     CASE(test_drift),
        CASE(test_foreign_tags),    CASE(test_vanished),  CASE(test_young_is_not_gone), CASE(test_forget),      CASE(test_replace),
        CASE(test_replace_create_first), CASE(test_replace_override), CASE(test_fresh_name), CASE(test_maybe),
        CASE(test_update_keeps_other_outs), CASE(test_certain_replace), CASE(test_protect), CASE(test_protect_update_is_fine),
        CASE(test_protect_in_state), CASE(test_protect_lifted), CASE(test_ignore),    CASE(test_adopt),          CASE(test_adopt_nothing),
        CASE(test_adopt_misfit),    CASE(test_moved),     CASE(test_moved_still_there), CASE(test_moved_nowhere), CASE(test_resume),
        CASE(test_made_in_part_is_finished),
        CASE(test_failed_is_replaced), CASE(test_denied), CASE(test_credentials),    CASE(test_type_lost),      CASE(test_retyped),
        CASE(test_orphan_field),    CASE(test_region),    CASE(test_goes_with_its_home), CASE(test_lookup),     CASE(test_lookup_later),
        CASE(test_pin),             CASE(test_lookup_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
