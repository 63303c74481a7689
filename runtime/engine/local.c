/* local.c - operations that change nothing in AWS: lookups, assertions, outputs. */
#include "room.h"

/* ---- lookups ---- */

static void look(struct task *t);

static void pin(struct task *t)
{
    t->rec = (struct record){ .addr = t->addr, .type = t->type->name, .generation = 1, .status = STATUS_READY, .inputs = t->inputs, .pin = t->outs,
                              .provider = t->provider, .account = callers_principal(t->r->c->callers, t->provider)->account,
                              .created_ms = world_wall(t->r->c->world) };
    task_put(t);
}

static void looked(struct task *t, enum read_state r)
{
    if (r == READ_UNREAD) {
        read_retry(t, look);
        return;
    }
    if (r == READ_GONE) {
        task_fail(t, DIAG_E0610, task_span(t), STR("the lookup found nothing"), STR_NONE);
        return;
    }
    if (t->ask.answer.nfaults) {
        task_fail_fault(t, &t->ask.answer.faults[0]);
        return;
    }
    map_put(&t->r->results, t->addr, (void *)(uintptr_t)t->outs);
    if (t->op->node->pin)
        pin(t);
    task_done(t);
}

static void look(struct task *t)
{
    read_begin(t, looked);
}

void lookup_start(struct task *t)
{
    if (!inputs_resolve(t))
        return;
    task_state(t, OP_RUNNING, STR_NONE);
    look(t);
}

/* ---- assertions, outputs ---- */

static struct str message(struct task *t)
{
    const struct value *m = t->op->node->message;
    struct eval e = { .arena = t->r->a };
    const struct value *known = m ? inputs_value(t, m, task_span(t)) : NULL;
    return known ? expr_to_text(&e, known, task_span(t)) : STR("the assertion does not hold");
}

void assert_start(struct task *t)
{
    const struct value *v = inputs_value(t, t->op->node->value, task_span(t));
    if (!v)
        return;
    if (v->kind == VALUE_BOOL && v->b) {
        task_done(t);
        return;
    }
    struct str text = message(t);
    if (!t->ended)
        task_fail(t, DIAG_E0708, task_span(t), text, STR_NONE);
}

void out_start(struct task *t)
{
    struct run *r = t->r;
    const struct value *v = inputs_value(t, t->op->node->value, task_span(t));
    if (!v)
        return;
    if (t->op->node->secret)
        v = value_secret(r->a, v);
    r->outs[r->nouts++] = (struct pair){ t->addr, v };
    task_done(t);
}
