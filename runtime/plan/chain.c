/* chain.c - fields that get from one value to another by steps, as the types say it (`chain version { ... }`): each step is an operation of its
 * own. What lives in a thing may lag behind it by so much and no more (`after`, `lag`): it moves when the next step would leave it too far
 * behind, and at the end. Where a type knows that no call leads to a value, the object is replaced. */
#include "room.h"

static struct resource_change *change_of(const struct item *x, struct str field)
{
    for (size_t i = 0; i < x->pub.nchanges; i++)
        if (str_eq(x->pub.changes[i].field, field))
            return (struct resource_change *)(uintptr_t)&x->pub.changes[i];
    return NULL;
}

static bool refused(struct maker *m, const struct item *x, const struct rchain *c, struct str why)
{
    const struct node *n = x->pub.node;
    struct diag *d = diag_add(m->c->diags, DIAG_E0613, field_span(n, c->field), "%.*s of %.*s cannot go there: %.*s", STR_ARG(c->field), STR_ARG(x->pub.addr),
                              STR_ARG(why));
    d->addr = str_dup(m->c->diags->arena, x->pub.addr);
    return false;
}

/* Nothing leads there, and nothing is wrong: the field stays what it is. */
static void leave(struct maker *m, struct item *x, const struct rchain *c, struct resource_change *change, struct str note)
{
    struct plan_item *p = &x->pub;
    p->inputs = value_with(m->arena, p->inputs, c->field, change->old);
    struct resource_change *v = (struct resource_change *)(uintptr_t)p->changes;
    for (size_t i = (size_t)(change - p->changes); i + 1 < p->nchanges; i++)
        v[i] = v[i + 1];
    p->nchanges--;
    if (note.n)
        note_add(m, "%.*s: %.*s", STR_ARG(p->addr), STR_ARG(note));
}

static bool go_through(struct maker *m, struct item *x, const struct rchain *c, struct resource_change *change)
{
    struct resource_view v = item_view(m, x);
    struct resource_way way;
    struct resource_fault f = { 0 };
    v.now = change->old;
    v.was = value_get(v.inputs, c->field);
    v.inputs = x->pub.inputs;
    if (resource_needs_new(m->arena, &v, c, &f)) {
        change->replace = true;
        change->unknown = false;
        return true;
    }
    if (f.problem.n)
        return plan_fault(m, x->pub.node, &f);
    if (change->unknown || !c->steps)
        return true;
    if (!resource_chain(m->arena, &v, c, &way, &f))
        return !f.problem.n || plan_fault(m, x->pub.node, &f);
    if (way.refusal.n)
        return refused(m, x, c, way.refusal);
    change->why = way.why;
    if (way.n) {
        x->chain = c;
        x->steps = way.steps;
        x->nsteps = way.n;
    } else
        leave(m, x, c, change, way.note);
    return true;
}

bool chain_steps(struct maker *m, struct item *x)
{
    const struct rtype *t = x->pub.type;
    for (size_t i = 0; i < t->nchains; i++) {
        struct resource_change *change = t->chains[i].after.n ? NULL : change_of(x, t->chains[i].field);
        if (change && !go_through(m, x, &t->chains[i], change))
            return false;
    }
    return true;
}

/* ---- operations ---- */

static bool is_updated(const struct item *x)
{
    return x->main && x->main->kind == OP_UPDATE;
}

/* What is replaced takes the step as it is: its successor has the rest. */
static struct plan_op *step_op(struct maker *m, struct item *x, struct str field, const struct value *to, struct str label)
{
    bool stays = !x->main || is_updated(x);
    struct plan_op *op = op_new(m, x, OP_UPDATE, x->pub.record->generation);
    op->inputs = value_with(m->arena, stays ? x->pub.inputs : record_inputs(x->pub.record), field, to);
    op->node = stays ? op->node : NULL;
    op->step = label;
    return op;
}

void chain_make(struct maker *m, struct item *x)
{
    size_t n = x->nsteps;
    x->ops = ARENA_ARRAY(m->arena, struct plan_op *, n + 1);
    if (n < 2) {
        x->main = x->ops[0] = op_new(m, x, OP_UPDATE, x->generation);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const struct value *to = x->steps[i];
        struct str label = str_fmt(m->arena, "%.*s %.*s (%zu of %zu)", STR_ARG(x->chain->field), STR_ARG(value_brief(m->arena, to, 40)), i + 1, n);
        struct plan_op *op = step_op(m, x, x->chain->field, to, label);
        op_need(op, x->main);
        x->head = x->head ? x->head : op;
        x->main = x->ops[i] = op;
    }
}

static const struct value *value_now(const struct item *x, struct str field)
{
    const struct value *v = x->pub.observed ? value_get(x->pub.observed, field) : NULL;
    return v ? v : value_get(record_inputs(x->pub.record), field);
}

/* Before the parent takes a step that would leave the child too far behind, the child goes to where the parent then is. */
static void follow(struct maker *m, struct item *child, const struct rchain *c, const struct item *parent)
{
    const struct value *at = value_now(child, c->field), *before = value_get(record_inputs(parent->pub.record), parent->chain->field);
    struct plan_op *last = NULL;
    for (size_t i = 0; i < parent->nsteps; i++) {
        const struct value *to = parent->steps[i];
        if (resource_minors(at, to) > c->lag && resource_minors(at, before) > 0 && resource_minors(before, to) != INT64_MAX) {
            struct plan_op *op = step_op(m, child, c->field, before, str_fmt(m->arena, "%.*s %.*s (on the way)", STR_ARG(c->field), STR_ARG(value_brief(m->arena, before, 40))));
            op_need(op, last);
            op_need(op, i ? parent->ops[i - 1] : NULL);
            op_need(parent->ops[i], op);
            last = op;
            at = before;
        }
        before = to;
    }
    op_need(child->main, last);
    op_need(child->del, last);
}

/* What only leaves takes no step: it goes before the parent's, or the plan says that both cannot be. */
static void leave_first(struct maker *m, struct item *child, const struct rchain *c, const struct item *parent)
{
    const struct value *at = value_now(child, c->field);
    size_t i = 0;
    while (i < parent->nsteps && resource_minors(at, parent->steps[i]) <= c->lag)
        i++;
    if (i == parent->nsteps)
        return;
    if (!op_waits(m, child->del, parent->ops[i])) {
        op_need(parent->ops[i], child->del);
        return;
    }
    struct diag *d = diag_add(m->c->diags, DIAG_E0613, field_span(parent->pub.node, parent->chain->field), "%.*s of %.*s cannot go to %.*s while %.*s is at %.*s", STR_ARG(parent->chain->field),
                              STR_ARG(parent->pub.addr), STR_ARG(value_brief(m->arena, parent->steps[i], 40)), STR_ARG(child->pub.addr), STR_ARG(value_brief(m->arena, at, 40)));
    d->addr = str_dup(m->c->diags->arena, parent->pub.addr);
    diag_help(m->c->diags, d, "that one leaves only when its successors are ready: apply what replaces it first, and the change of %.*s after it", STR_ARG(parent->chain->field));
}

static void each_child(struct maker *m, bool (*is)(const struct item *x), void (*then)(struct maker *m, struct item *child, const struct rchain *c, const struct item *parent))
{
    for (size_t i = 0; i < m->all.n; i++) {
        struct item *x = m->all.v[i];
        for (size_t k = 0; x->pub.record && x->pub.type && is(x) && k < x->pub.type->nchains; k++) {
            const struct rchain *c = &x->pub.type->chains[k];
            const struct item *y = c->after.n ? parent_of(m, x, record_inputs(x->pub.record)) : NULL;
            if (y && y->nsteps && is_updated(y) && str_eq(y->chain->field, c->after))
                then(m, x, c, y);
        }
    }
}

static bool deleted(const struct item *x)
{
    return x->del && x->del->kind == OP_DELETE;
}

static bool follows(const struct item *x)
{
    bool well = record_was_ready(x->pub.record) && !x->failed && !x->leaving && !x->gone;
    return x->pub.node && (is_updated(x) || (x->main && deleted(x) && well));
}

static bool leaves(const struct item *x)
{
    return deleted(x) && !follows(x);
}

void chain_order(struct maker *m)
{
    each_child(m, follows, follow);
}

void chain_leave(struct maker *m)
{
    each_child(m, leaves, leave_first);
}
