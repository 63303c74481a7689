/* records.c - operations that AWS never hears of: what only the state is told. A plan without any other is not empty. */
#include "room.h"

/* All generations of an address move together, and before anything else: everything that follows speaks of the new address. */
static void make_move(struct maker *m, struct item *x)
{
    const struct record *r = x->pub.record;
    const struct item *lead = map_get(&m->items, x->pub.addr);
    if (lead != x && !(x->wanted && lead && !lead->pub.record))
        return;
    struct plan_op *op = op_new(m, x, OP_MOVE, r->generation);
    op_need(op, m->moves);
    m->moves = op;
}

static void make_protect(struct maker *m, struct item *x)
{
    const struct node *n = x->pub.node;
    bool want = n->protect.set && n->protect.on;
    if (x->main || want == x->pub.record->protect)
        return;
    op_need(op_new(m, x, OP_PROTECT, x->pub.record->generation), m->moves);
}

static void make_adopt(struct maker *m, struct item *x)
{
    op_need(x->head, op_new(m, x, OP_ADOPT, x->pub.record->generation));
}

static void make_pin(struct maker *m, struct item *x)
{
    const struct plan_item *p = &x->pub;
    const struct value *had = p->record ? p->record->pin : NULL;
    if (!p->node->pin || !p->observed || p->action == ACTION_READ || (had && value_eq(had, p->observed)))
        return;
    op_new(m, x, OP_PIN, 1);
}

void records_make(struct maker *m)
{
    for (size_t i = 0; i < m->all.n; i++) {
        struct item *x = m->all.v[i];
        if (x->pub.record && !str_eq(x->pub.record->addr, x->pub.addr))
            make_move(m, x);
    }
    for (size_t i = 0; i < m->all.n; i++) {
        struct item *x = m->all.v[i];
        const struct node *n = x->pub.node;
        const struct record *r = x->pub.record;
        if (n && n->kind == NODE_LOOKUP)
            make_pin(m, x);
        else if (n && r && r->adopted && x->main && !state_get(m->c->state, r->addr))
            make_adopt(m, x);
        else if (n && r && !x->pub.unread)
            make_protect(m, x);
    }
}
