/* update.c - changing an object in place. It is read just before, compared again, and only the fields that the plan named are written, and
 * of them only what still differs. What turns out to be otherwise than the plan saw it stops with "plan again" (exit 3): another value than
 * the plan showed, a replacement or an interruption that it did not say, an object that is not there. */
#include "room.h"

static void plan_again(struct task *t, struct str what)
{
    task_fail(t, DIAG_E0707, task_span(t), what, STR("run plan again and look at what it says"));
}

static const struct resource_change *planned(const struct task *t, struct str field)
{
    const struct plan_item *item = t->op->item;
    for (size_t i = 0; i < item->nchanges; i++) {
        if (str_eq(item->changes[i].field, field))
            return &item->changes[i];
    }
    return NULL;
}

/* Equal as the type compares: order in sets, documents, owned keys. */
static bool same(struct task *t, struct str field, const struct value *x, const struct value *y)
{
    struct resource_change *c;
    struct pair a = { field, x ? x : &value_none }, b = { field, y ? y : &value_none };
    const struct value *vx = value_object(t->r->a, &a, 1), *vy = value_object(t->r->a, &b, 1);
    size_t n = resource_diff(t->r->a, state_keys(t->r->c->state), t->type, vx, vx, vy, NULL, 0, &c);
    for (size_t i = 0; i < n; i++) {
        if (str_eq(c[i].field, field))
            return false;
    }
    return true;
}

/* One step takes off, the next one sets: between them the field is neither as it was nor as it will be. */
static bool halfway(const struct task *t, struct str field)
{
    for (size_t i = 0; t->stepped && i < t->type->nsteps; i++) {
        const struct rstep *s = &t->type->steps[i];
        for (size_t k = 0; t->stepped[i] && k < s->non; k++) {
            if (str_starts(s->on[k], field) && (s->on[k].n == field.n || s->on[k].s[field.n] == '.'))
                return true;
        }
    }
    return false;
}

/* What AWS has now is what the plan saw, or what kc itself wrote last: a step of the same plan, a run that was killed. */
static bool as_seen(struct task *t, const struct resource_change *now, const struct resource_change *plan)
{
    const struct value *had = t->had_inputs ? value_get(t->had_inputs, now->field) : NULL, *pending = t->had_pending ? value_get(t->had_pending, now->field) : NULL;
    return halfway(t, now->field) || same(t, now->field, now->old, plan->old) || (had && same(t, now->field, now->old, had)) || (pending && same(t, now->field, now->old, pending));
}

static bool may_write(struct task *t, const struct resource_change *now, const struct resource_change *plan)
{
    struct run *r = t->r;
    const char *needs = now->replace ? "a new object" : now->disruptive && (t->op->item->action == ACTION_UPDATE || t->kept) ? "an interruption" : NULL;
    if (needs && !(plan->disruptive && !now->replace && !t->kept))
        plan_again(t, str_fmt(r->a, "now that %.*s is known, the change needs %s, which the plan did not say", STR_ARG(now->field), needs));
    else if (!as_seen(t, now, plan))
        plan_again(t, str_fmt(r->a, "%.*s was changed by someone else since the plan was made", STR_ARG(now->field)));
    return !t->ended;
}

/* A write-only field cannot be read: when a run was killed in the middle, whether it was written is not known. */
static bool rewrites(const struct task *t, struct str field)
{
    const struct rfield *f = rtype_field(t->type, field);
    return f && f->write_only && t->had_pending;
}

/* What is made anew stands among them. */
static size_t with_made(struct task *t, struct resource_change **c, size_t n)
{
    struct resource_change *made, *v;
    size_t more = made_changes(t, &made);
    v = ARENA_ARRAY(t->r->a, struct resource_change, n + more);
    for (size_t i = 0; i < n + more; i++)
        v[i] = i < n ? (*c)[i] : made[i - n];
    *c = v;
    return n + more;
}

/* The planned fields that differ now, and the steps that write them. */
static bool due(struct task *t, const struct rstep ***steps, size_t *n)
{
    struct run *r = t->r;
    struct resource_change *c;
    struct str orphan;
    const struct node *node = t->op->node;
    size_t kept = 0, all = resource_diff(r->a, state_keys(r->c->state), t->type, t->inputs, t->had_inputs, t->observed, node ? node->ignore : NULL,
                                         node ? node->nignore : 0, &c);
    for (size_t i = 0; i < all; i++) {
        const struct resource_change *plan = planned(t, c[i].field);
        if (!plan && !rewrites(t, c[i].field))
            continue;
        if (plan && !may_write(t, &c[i], plan))
            return false;
        c[kept++] = c[i];
    }
    kept = with_made(t, &c, kept);
    steps_changed(t, c, kept, NULL);
    *n = 0;
    if (!kept || resource_updates(r->a, state_keys(r->c->state), t->type, c, kept, steps, n, &orphan))
        return true;
    task_fail(t, DIAG_E0707, task_span(t), str_fmt(r->a, "nothing in the resource type writes %.*s", STR_ARG(orphan)), STR_NONE);
    return false;
}

/* Steps with a wait of their own have waited; what the others began is waited for together. */
static void written(struct task *t)
{
    int64_t usual = 1000;
    for (size_t i = 0; i < t->nsteps; i++) {
        int64_t one = t->steps[i]->wait.op.n ? 0 : steps_usual(t, t->steps[i]);
        usual = one > usual ? one : usual;
    }
    poll_begin(t, usual);
    ready_begin(t);
}

static void look(struct task *t);

static void seen(struct task *t, enum read_state r)
{
    if (r == READ_UNREAD) {
        read_retry(t, look);
    } else if (r == READ_FOREIGN || r == READ_TAKEN) {
        task_fail_foreign(t);
    } else if (r == READ_GONE) {
        ready_vanished(t, look);
    } else {
        task_take_uid(t);
        task_state(t, OP_RUNNING, STR_NONE);
        steps_run(t, due, written);
    }
}

static void look(struct task *t)
{
    read_begin(t, seen);
}

void update_start(struct task *t)
{
    const struct record *had = state_get_old(t->r->c->state, t->addr, t->generation);
    if (!inputs_resolve(t) || !task_enter_lane(t))
        return;
    if (!had) {
        plan_again(t, STR("its record has gone from the state since the plan was made"));
        return;
    }
    t->had_inputs = had->inputs;
    t->had_pending = had->status == STATUS_READY ? NULL : had->pending;
    task_record(t, had);
    made_planned(t);
    t->rec.status = STATUS_UPDATING;
    t->rec.ndone = 0;
    poll_begin(t, t->op->usual);
    look(t);
}
