/* records.c - operations that AWS never hears of: what only the state is told. */
#include "room.h"

static void told(struct task *t, bool ok)
{
    if (ok)
        task_done(t);
    else
        task_unwritten(t);
}

void move_start(struct task *t)
{
    told(t, state_move(t->r->c->state, t->op->item->record->addr, t->addr));
}

/* An object of somebody else's becomes ours in the state first; the update that follows writes its marks. */
void adopt_start(struct task *t)
{
    struct state *s = t->r->c->state;
    const struct state_meta *m = state_meta(s);
    struct record rec = *t->op->item->record;
    rec.token = resource_token(t->r->a, m->lineage, m->salt, rec.addr, rec.generation, STR("adopt"), STR("adopt"));
    rec.created_ms = rec.changed_ms = world_wall(t->r->c->world);
    told(t, state_put(s, &rec));
}

void protect_start(struct task *t)
{
    struct state *s = t->r->c->state;
    const struct record *had = state_get_old(s, t->addr, t->generation);
    struct record rec = had ? *had : (struct record){ 0 };
    rec.protect = t->op->node->protect.set && t->op->node->protect.on;
    told(t, !had || state_put(s, &rec));
}

void pin_start(struct task *t)
{
    const struct plan_item *x = t->op->item;
    struct record rec = { .addr = t->addr, .type = t->type->name, .generation = 1, .status = STATUS_READY, .serves = true, .inputs = x->inputs,
                          .pin = x->observed, .provider = x->node->provider,
                          .account = callers_principal(t->r->c->callers, x->node->provider)->account, .created_ms = world_wall(t->r->c->world) };
    told(t, state_put(t->r->c->state, &rec));
}

void forget_start(struct task *t)
{
    told(t, state_drop(t->r->c->state, t->addr, t->generation));
}
