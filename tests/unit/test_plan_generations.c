/* test_plan_generations.c - of the objects at one address: which is wanted, which go, and after what. */
#include "plan_case.h"

static const struct plan_op *op_at(const struct plan *p, const char *addr, enum op_kind kind, uint32_t generation)
{
    for (size_t i = 0; i < p->nops; i++)
        if (p->ops[i]->item && str_is(p->ops[i]->item->addr, addr) && p->ops[i]->kind == kind && p->ops[i]->generation == generation)
            return p->ops[i];
    fail_msg("no such operation on generation %u of %s", (unsigned)generation, addr);
    return NULL;
}

static struct record *generation(const char *json, uint32_t n, enum status status, bool serves)
{
    struct record *r = kit_generation(k, "a", json, n);
    r->status = status;
    r->serves = serves;
    if (status == STATUS_CREATING || status == STATUS_UNREADY || status == STATUS_FAILED) {
        r->pending = r->inputs;
        r->inputs = NULL;
    }
    assert_true(state_put(k->state, r));
    return r;
}

/* Killed between create and delete: the former one stays until the successor is ready. */
static void the_former_one_goes_after_the_successor_is_ready(void **state)
{
    (void)state;
    generation("{\"thing_name\":\"a\"}", 1, STATUS_READY, true);
    generation("{\"thing_name\":\"b\"}", 2, STATUS_UNREADY, false);
    kit_node(k, "a", "{\"thing_name\":\"b\"}");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_RESUME);
    const struct plan_op *made = op_at(p, "a", OP_CREATE, 2), *gone = op_at(p, "a", OP_DELETE, 1);
    assert_true(kit_before(p, made, gone));
    assert_ptr_equal(gone->instead, made->item);
    assert_int_equal(gone->serves, made->generation);
    assert_int_equal(p->nops, 2);
}

static void a_former_one_goes_after_its_users_have_moved(void **state)
{
    (void)state;
    struct rfield *parent = (struct rfield *)(uintptr_t)rtype_field(k->type, STR("parent"));
    static const struct str on[] = { { "size", 4 }, { "parent", 6 } };
    parent->replace = false;
    ((struct rstep *)(uintptr_t)&k->type->steps[3])->on = on;
    generation("{\"thing_name\":\"a\"}", 1, STATUS_READY, false);
    generation("{\"thing_name\":\"b\"}", 2, STATUS_READY, true);
    kit_had(k, "u", "{\"thing_name\":\"u\",\"parent\":\"thing-1\"}", "a");
    kit_node(k, "a", "{\"thing_name\":\"b\"}");
    kit_set(k, kit_node(k, "u", "{\"thing_name\":\"u\"}"), "parent", kit_ref(k, "a", "id"));
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_NOOP);
    const struct plan_op *gone = op_at(p, "a", OP_DELETE, 1);
    assert_true(kit_before(p, kit_op(p, "u", OP_UPDATE), gone));
    assert_ptr_equal(gone->instead, kit_item(p, "a"));     /* it has no operation, and is looked at all the same */
    assert_int_equal(gone->serves, 2);
}

static void a_failed_successor_goes_before_the_next_attempt(void **state)
{
    (void)state;
    generation("{\"thing_name\":\"a\"}", 1, STATUS_READY, true);
    generation("{\"thing_name\":\"b\"}", 2, STATUS_FAILED, false);
    kit_node(k, "a", "{\"thing_name\":\"c\"}");
    struct plan *p = kit_plan(k);
    const struct plan_op *next = op_at(p, "a", OP_CREATE, 3);
    assert_true(kit_before(p, op_at(p, "a", OP_DELETE, 2), next));
    assert_true(kit_before(p, next, op_at(p, "a", OP_DELETE, 1)));
    assert_int_equal(p->nops, 3);
}

/* The file went back: what still stands is taken again, and what has come meanwhile goes. */
static void the_way_back_takes_what_still_stands(void **state)
{
    (void)state;
    generation("{\"thing_name\":\"a\"}", 1, STATUS_READY, false);
    generation("{\"thing_name\":\"b\"}", 2, STATUS_READY, true);
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->record->generation, 1);
    assert_true(kit_before(p, op_at(p, "a", OP_CREATE, 1), op_at(p, "a", OP_DELETE, 2)));
    assert_int_equal(p->nops, 2);
}

static void whose_deletion_was_sent_is_not_taken_again(void **state)
{
    (void)state;
    generation("{\"thing_name\":\"a\"}", 1, STATUS_DELETING, false);
    generation("{\"thing_name\":\"b\"}", 2, STATUS_READY, true);
    kit_node(k, "a", "{\"thing_name\":\"a\",\"zone\":\"y\"}");
    struct plan *p = kit_plan(k);
    op_at(p, "a", OP_CREATE, 3);
    op_at(p, "a", OP_DELETE, 1);
    op_at(p, "a", OP_DELETE, 2);
}

static void what_is_gone_is_forgotten_and_made_anew(void **state)
{
    (void)state;
    generation("{\"thing_name\":\"a\"}", 1, STATUS_READY, true);
    k->things[0].hidden = true;
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    struct plan *p = kit_plan(k);
    assert_true(kit_item(p, "a")->again);
    assert_int_equal(op_at(p, "a", OP_FORGET, 1)->ndeps, 0);                   /* whatever becomes of the rest */
    assert_int_equal(op_at(p, "a", OP_CREATE, 2)->ndeps, 0);
    assert_int_equal(p->nops, 2);
}

static void identity_by_name(void)
{
    ((struct rout *)(uintptr_t)k->type->outs)[0].identity = false;
    ((struct rfield *)(uintptr_t)rtype_field(k->type, STR("thing_name")))->identity = true;
    k->trust_state = true;
}

/* A cluster made anew: the record of the one before bears the same name, and must never delete it. */
static void a_record_overtaken_by_its_successor_is_forgotten(void **state)
{
    (void)state;
    identity_by_name();
    generation("{\"thing_name\":\"a\"}", 1, STATUS_READY, true);
    generation("{\"thing_name\":\"a\"}", 2, STATUS_UNREADY, false);
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    struct plan *p = kit_plan(k);
    op_at(p, "a", OP_FORGET, 1);
    op_at(p, "a", OP_CREATE, 2);
    assert_int_equal(p->nops, 2);
    p = kit_destroy(k);
    op_at(p, "a", OP_FORGET, 1);
    op_at(p, "a", OP_DELETE, 2);
    assert_int_equal(p->nops, 2);
}

/* Two records of one object, from a file that 0.1.0 took: the item that leaves does not take it from the one that stays. */
static void what_another_item_still_wants_is_forgotten(void **state)
{
    (void)state;
    identity_by_name();
    kit_have(k, "admin", "{\"thing_name\":\"rule\"}");
    kit_have(k, "ssh", "{\"thing_name\":\"rule\"}");
    kit_node(k, "admin", "{\"thing_name\":\"rule\"}");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "ssh")->action, ACTION_FORGET);
    assert_int_equal(p->count[ACTION_DELETE], 0);
}

/* ---- health ---- */

static const struct term *state_is(const char *text)
{
    const struct term *args[] = { kit_path(k, "live.State"), term_const(k->a, value_string(k->a, str_of(text))) };
    struct term *t = term_new(k->a, TERM_OP, args, 2, &type_bool, SPAN_NONE);
    t->op = OP_EQ;
    return t;
}

static void set_state(size_t thing, const char *text)
{
    snprintf(k->things[thing].state, sizeof k->things[thing].state, "%s", text);
    k->type->unhealthy = state_is("DEGRADED");
    k->type->leaving = state_is("DELETING");
    k->type->failed = state_is("FAILED");
}

static void what_is_not_well_is_noted_and_stays(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    set_state(0, "DEGRADED");
    struct plan *p = kit_plan(k);
    assert_true(plan_empty(p));
    assert_int_equal(p->nnotes, 1);
}

/* "Failed" said of what was ready once is its health: its creation did not fail. */
static void what_was_ready_once_did_not_fail_to_be_made(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    set_state(0, "FAILED");
    assert_true(plan_empty(kit_plan(k)));
}

static void a_failed_creation_is_replaced(void **state)
{
    (void)state;
    generation("{\"thing_name\":\"a\"}", 1, STATUS_UNREADY, false);
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    set_state(0, "FAILED");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_REPLACE_DELETE_FIRST);
    op_at(p, "a", OP_CREATE, 2);
}

static void the_former_one_stays_while_the_successor_is_not_well(void **state)
{
    (void)state;
    generation("{\"thing_name\":\"a\"}", 1, STATUS_READY, false);
    generation("{\"thing_name\":\"b\"}", 2, STATUS_READY, true);
    kit_node(k, "a", "{\"thing_name\":\"b\"}");
    set_state(1, "DEGRADED");
    assert_true(plan_empty(kit_plan(k)));
}

static void what_somebody_deletes_is_made_anew(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_node(k, "a", "{\"thing_name\":\"a\"}");
    set_state(0, "DELETING");
    struct plan *p = kit_plan(k);
    assert_str(kit_item(p, "a")->reason, "somebody is deleting it");
    assert_true(kit_before(p, op_at(p, "a", OP_DELETE, 1), op_at(p, "a", OP_CREATE, 2)));     /* the name is not kc's: it waits for the deletion */
}

static void what_somebody_deletes_has_its_successor_first_under_a_fresh_name(void **state)
{
    (void)state;
    kit_have(k, "a", "{\"thing_name\":\"a\"}");
    kit_set(k, kit_node(k, "a", "{}"), "thing_name", kit_fresh(k, "a"));
    set_state(0, "DELETING");
    struct plan *p = kit_plan(k);
    assert_str(value_get(kit_item(p, "a")->inputs, STR("thing_name"))->s, "a-2");
    assert_true(kit_before(p, op_at(p, "a", OP_CREATE, 2), op_at(p, "a", OP_DELETE, 1)));
}

/* ---- what kc was killed over ---- */

static void a_killed_update_is_no_drift(void **state)
{
    (void)state;
    struct record *r = kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":1}");
    r->status = STATUS_UPDATING;
    r->pending = value_with(k->a, r->inputs, STR("size"), value_int(k->a, 2));
    assert_true(state_put(k->state, r));
    k->things[0].size = 2;
    kit_node(k, "a", "{\"thing_name\":\"a\",\"size\":2}");
    struct plan *p = kit_plan(k);
    assert_int_equal(kit_item(p, "a")->action, ACTION_RESUME);                 /* a read has to settle it */
    assert_false(kit_item(p, "a")->drift);
}

/* ---- load ---- */

static void pools(void)
{
    struct rparent *home = ARENA_NEW(k->a, struct rparent);
    *home = (struct rparent){ .type = k->type->name, .identity = kit_object(k, "id", kit_param(k, "parent"), NULL) };
    k->type->parents = home;
    k->type->nparents = 1;
    k->type->load = true;
}

/* x is replaced, y comes and z goes: neither old one before both new ones are ready. */
static void no_load_goes_before_all_that_comes_is_ready(void **state)
{
    (void)state;
    pools();
    kit_have(k, "home", "{\"thing_name\":\"home\"}");
    kit_had(k, "x", "{\"thing_name\":\"x\",\"parent\":\"thing-1\"}", "home");
    kit_had(k, "z", "{\"thing_name\":\"z\",\"parent\":\"thing-1\"}", "home");
    kit_node(k, "home", "{\"thing_name\":\"home\"}");
    kit_set(k, kit_node(k, "x", "{\"thing_name\":\"x2\"}"), "parent", kit_ref(k, "home", "id"));
    kit_set(k, kit_node(k, "y", "{\"thing_name\":\"y\"}"), "parent", kit_ref(k, "home", "id"));
    struct plan *p = kit_plan(k);
    assert_true(kit_before(p, kit_op(p, "y", OP_CREATE), kit_op(p, "x", OP_DELETE)));
    assert_true(kit_before(p, kit_op(p, "x", OP_CREATE), kit_op(p, "z", OP_DELETE)));
    assert_true(kit_before(p, kit_op(p, "y", OP_CREATE), kit_op(p, "z", OP_DELETE)));
}

/* What must go first goes first; the others do not wait in a ring. */
static void load_that_goes_first_makes_no_ring(void **state)
{
    (void)state;
    pools();
    kit_have(k, "home", "{\"thing_name\":\"home\"}");
    kit_had(k, "x", "{\"thing_name\":\"x\",\"parent\":\"thing-1\",\"zone\":\"1\"}", "home");
    kit_had(k, "y", "{\"thing_name\":\"y\",\"parent\":\"thing-1\",\"zone\":\"1\"}", "home");
    kit_node(k, "home", "{\"thing_name\":\"home\"}");
    kit_node(k, "x", "{\"thing_name\":\"x\",\"parent\":\"thing-1\",\"zone\":\"2\"}");
    kit_node(k, "y", "{\"thing_name\":\"y\",\"parent\":\"thing-1\",\"zone\":\"2\"}");
    struct plan *p = kit_plan(k);
    assert_true(kit_before(p, kit_op(p, "x", OP_DELETE), kit_op(p, "x", OP_CREATE)));
    assert_int_equal(p->nguards, 2);                       /* an outage wants a word */
}

static void a_replacement_begins_with_the_size_of_its_former(void **state)
{
    (void)state;
    struct rfield *size = (struct rfield *)(uintptr_t)rtype_field(k->type, STR("size"));
    size->shared = size->initial = true;
    kit_have(k, "a", "{\"thing_name\":\"a\",\"size\":2}");
    k->things[0].size = 7;                                 /* the autoscaler's */
    kit_node(k, "a", "{\"thing_name\":\"b\",\"size\":2}");
    assert_int_equal(value_get(kit_item(kit_plan(k), "a")->inputs, STR("size"))->i, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_former_one_goes_after_the_successor_is_ready),
        CASE(a_former_one_goes_after_its_users_have_moved),
        CASE(a_failed_successor_goes_before_the_next_attempt),
        CASE(the_way_back_takes_what_still_stands),
        CASE(whose_deletion_was_sent_is_not_taken_again),
        CASE(what_is_gone_is_forgotten_and_made_anew),
        CASE(a_record_overtaken_by_its_successor_is_forgotten),
        CASE(what_another_item_still_wants_is_forgotten),
        CASE(what_is_not_well_is_noted_and_stays),
        CASE(what_was_ready_once_did_not_fail_to_be_made),
        CASE(a_failed_creation_is_replaced),
        CASE(the_former_one_stays_while_the_successor_is_not_well),
        CASE(what_somebody_deletes_is_made_anew),
        CASE(what_somebody_deletes_has_its_successor_first_under_a_fresh_name),
        CASE(a_killed_update_is_no_drift),
        CASE(no_load_goes_before_all_that_comes_is_ready),
        CASE(load_that_goes_first_makes_no_ring),
        CASE(a_replacement_begins_with_the_size_of_its_former),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
