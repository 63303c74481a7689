/* acts.c - what is done to an object besides making and changing it (`action` of its type): due when fields are changed that it is `on`, when AWS
 * shows that it is (`when`), or when an earlier apply owes it: it changed the fields, or had begun, and stopped. Of what is made in this plan
 * nothing is due: it is as the file wants it. The engine looks again right before it sends anything. */
#include "room.h"

static bool stays(const struct item *x)
{
    enum action a = x->pub.action;
    return x->pub.record && record_was_ready(x->pub.record) && !x->pub.unread && (a == ACTION_NOOP || a == ACTION_UPDATE || a == ACTION_DISRUPT || a == ACTION_RESUME);
}

static bool owed(const struct item *x, const struct rstep *s)
{
    const struct record *r = x->pub.record;
    for (size_t i = 0; i < r->nowes; i++)
        if (str_eq(r->owes[i], s->called))
            return true;
    return false;
}

/* The change that it is due for: one of this plan, or what an update that was killed wrote already. */
static const struct resource_change *cause(struct maker *m, const struct item *x, const struct rstep *s)
{
    const struct plan_item *p = &x->pub;
    const struct keyring *keys = state_keys(m->c->state);
    const struct resource_change *c = resource_act_on(m->arena, keys, s, p->changes, p->nchanges);
    struct resource_change *more;
    if (c || p->record->status != STATUS_UPDATING || !p->record->inputs)
        return c;
    size_t n = resource_diff(m->arena, keys, p->type, p->inputs, p->record->inputs, NULL, p->node->ignore, p->node->nignore, &more);
    return resource_act_on(m->arena, keys, s, more, n);
}

/* The file alone says no, whatever AWS will show after the change: an input holds it. */
static bool held(struct maker *m, const struct resource_view *v, const struct rstep *s)
{
    struct resource_view later = *v;
    bool known;
    if (!s->due)
        return false;
    later.outs = NULL;
    later.live = value_unknown(m->arena, s->due, &type_any, PHASE_APPLY);
    return !resource_tells(m->arena, &later, s->due, &known) && known;
}

/* What AWS shows decides where it can be told; an action without `when` is owed until it was done. */
static bool look(struct maker *m, struct item *x, const struct rstep *s, struct plan_act *out)
{
    struct resource_view v = item_view(m, x);
    bool known, owes = owed(x, s), when;
    v.inputs = x->pub.inputs;
    const struct resource_change *c = held(m, &v, s) ? NULL : cause(m, x, s);
    when = resource_tells(m->arena, &v, s->due, &known);
    *out = (struct plan_act){ .step = s, .why = resource_words(m->arena, &v, s->reason), .owed = c || owes };
    out->running = resource_tells(m->arena, &v, s->running, NULL);
    if (c && (!out->why.n || (s->due && !(known && when))))     /* before the change AWS shows nothing of what it will lead to */
        out->why = compare_text(m, c);
    if (!out->why.n)
        out->why = STR("an earlier apply stopped before it was done");
    return c || (known && when) || (owes && (!known || out->running));
}

void acts_decide(struct maker *m, struct item *x)
{
    const struct rtype *t = x->pub.type;
    const struct rstep *s;
    size_t n = 0;
    if (!t || !stays(x) || !rtype_step(t, STEP_ACT, 0))
        return;
    struct plan_act *v = ARENA_ARRAY(m->arena, struct plan_act, t->nsteps);
    for (size_t i = 0; (s = rtype_step(t, STEP_ACT, i)); i++)
        n += look(m, x, s, &v[n]);
    x->pub.acts = v;
    x->pub.nacts = n;
    if (!n)
        return;
    x->busy = true;
    if (x->pub.action == ACTION_NOOP) {
        x->pub.action = ACTION_ACT;
        x->pub.reason = str_fmt(m->arena, "%.*s: %.*s", STR_ARG(v[0].step->called), STR_ARG(v[0].why));
    }
}

/* After the change of the object, one after the other; what waits for the object waits for the last. */
void acts_make(struct maker *m, struct item *x)
{
    x->done = x->main;
    for (size_t i = 0; i < x->pub.nacts; i++) {
        struct plan_op *op = op_new(m, x, OP_ACT, x->pub.record->generation);
        op->act = &x->pub.acts[i];
        op->step = op->act->step->called;
        op_need(op, x->done);
        x->head = x->head ? x->head : op;
        x->done = op;
    }
}
