/* place.c - where an object is: a region of an account; of a service that is the same in all regions, the account alone. Not by which rights it is
 * reached: a profile may be renamed, and the object stays what it is. */
#include "room.h"

bool place_global(struct plan_context *c, const struct rtype *t)
{
    struct str why;
    const struct service *s = t && c->models ? model_service(c->models, t->service, &why) : NULL;
    return s && s->global;
}

/* Where nobody answers, the rights stand for the account. */
struct str place_key(struct maker *m, const struct provider *p)
{
    struct str account = p ? callers_principal(m->c->callers, p)->account : STR_NONE;
    if (!p || !account.n)
        return provider_key(m->arena, p);
    return str_fmt(m->arena, "%.*s|%.*s", STR_ARG(account), STR_ARG(p->region));
}

struct str place_key_of(struct maker *m, const struct rtype *t, const struct provider *p)
{
    return place_key(m, p && place_global(m->c, t) ? provider_in(m->arena, p, STR_NONE) : p);
}

static bool differ(struct str x, struct str y)
{
    return x.n && y.n && !str_eq(x, y);                    /* what is not known agrees with all */
}

bool place_same(struct plan_context *c, const struct rtype *t, const struct record *r, const struct provider *p)
{
    if (differ(r->account, callers_principal(c->callers, p)->account))
        return false;
    return place_global(c, t) || !differ(r->provider->region, p->region);
}

static bool beside(struct maker *m, const struct provider *p, const struct provider *q)
{
    return p && q && str_eq(place_key(m, p), place_key(m, q));
}

bool place_near(struct maker *m, const struct item *x, const struct item *y)
{
    const struct provider *old = x->pub.record ? x->pub.record->provider : NULL, *was = y->pub.record ? y->pub.record->provider : NULL;
    return place_global(m->c, x->pub.type) || place_global(m->c, y->pub.type) || beside(m, x->provider, y->provider) || beside(m, old, y->provider) ||
           beside(m, x->provider, was) || beside(m, old, was);
}

const struct provider *place_reach(struct maker *m, const struct rtype *t, const struct record *r, struct str addr)
{
    const struct node *n = m->graph ? graph_find(m->graph, addr) : NULL;
    if (!n || !n->provider || callers_problem(m->c->callers, n->provider))
        return r->provider;
    return place_same(m->c, t, r, n->provider) ? n->provider : r->provider;
}

bool place_elsewhere(struct maker *m, struct item *x)
{
    const struct record *r = x->pub.record;
    const struct provider *p = x->pub.node->provider;
    struct str account = callers_principal(m->c->callers, p)->account;
    if (place_same(m->c, x->pub.type, r, p))
        return false;
    x->pub.reason = differ(r->account, account) ? str_fmt(m->arena, "account %.*s -> %.*s", STR_ARG(r->account), STR_ARG(account)) :
                                                  str_fmt(m->arena, "region %.*s -> %.*s", STR_ARG(r->provider->region), STR_ARG(p->region));
    x->elsewhere = true;
    x->provider = p;
    return true;
}
