/* adopt.c - @adopt: an object that somebody else made is read by its id and compared as if state had it. What another stack owns is refused. */
#include "room.h"

static struct record *record_for(struct maker *m, const struct item *x)
{
    const struct plan_item *p = &x->pub;
    const struct value *id = value_str(m->arena, p->node->adopt);
    struct record *r = ARENA_NEW(m->arena, struct record);
    struct pair *pair = ARENA_ARRAY(m->arena, struct pair, p->type->nouts);
    size_t n = 0;
    for (size_t i = 0; i < p->type->nouts; i++)
        if (p->type->outs[i].identity || str_is(p->type->outs[i].name, "id"))
            pair[n++] = (struct pair){ p->type->outs[i].name, id };
    *r = (struct record){ .addr = p->addr, .type = p->type->name, .generation = x->generation, .status = STATUS_READY, .adopted = true, .serves = true,
                          .provider = x->provider, .account = callers_principal(m->c->callers, x->provider)->account, .inputs = p->inputs, .outs = value_object(m->arena, pair, n) };
    return r;
}

static bool refuse(struct maker *m, const struct node *n, const char *help, struct str why)
{
    struct diag *d = diag_add(m->c->diags, DIAG_E0606, n->span, "%.*s %.*s", STR_ARG(n->adopt), STR_ARG(why));
    d->addr = str_dup(m->c->diags->arena, n->addr);
    if (help)
        diag_help(m->c->diags, d, "%s", help);
    return false;
}

/* What it holds was made by somebody else, who alone knows the public part of it. */
static bool refuse_made(struct maker *m, const struct node *n, const struct resource_change *why)
{
    struct diag *d = diag_add(m->c->diags, DIAG_E0619, n->span, "%.*s cannot be adopted: only what kc makes itself tells the outs that follow from %.*s", STR_ARG(n->adopt),
                              STR_ARG(why->field));
    d->addr = str_dup(m->c->diags->arena, n->addr);
    diag_help(m->c->diags, d, "let kc make another one, or give the type an `update` with `on = [%.*s]`, which makes it anew", STR_ARG(why->field));
    return false;
}

/* This stack has it already, under another address. */
static bool twice(struct maker *m, const struct item *x)
{
    const struct item *other = generation_same(m, x);
    if (other)
        refuse(m, x->pub.node, "write `moved old -> new` where only the label changed", str_fmt(m->arena, "is in this stack already, as %.*s", STR_ARG(other->pub.addr)));
    return other != NULL;
}

bool adopt_object(struct maker *m, struct item *x)
{
    struct plan_item *p = &x->pub;
    const struct node *n = p->node;
    if (!desired_inputs(m, x, n, NULL, &p->inputs))
        return false;
    x->generation = generation_next(m, x);
    struct record *r = record_for(m, x);
    p->record = r;
    x->outs = r->outs;
    if (!refresh_one(m, x))
        return false;
    if (p->unread)
        return true;
    if (x->answer.state == READ_TAKEN)
        return refuse(m, n, "remove it there first (`kc state rm`), or leave it to that stack", str_fmt(m->arena, "belongs to %.*s", STR_ARG(x->answer.owner)));
    if (x->gone || !p->observed)
        return refuse(m, n, NULL, STR("cannot be adopted: AWS has no such object"));
    r->outs = x->outs;
    if (twice(m, x) || !compare_with(m, x, n))
        return false;
    const struct resource_change *why = compare_trigger(m, x);
    if (why && why->made)
        return refuse_made(m, n, why);
    if (why)
        return refuse(m, n, "write the value that AWS has", str_fmt(m->arena, "cannot be adopted as it is: %.*s cannot change in place", STR_ARG(compare_text(m, why))));
    p->reason = str_fmt(m->arena, "adopted: %.*s exists already", STR_ARG(n->adopt));
    return decide_update(m, x);
}
