/* callers.c - the callers of a run, by the kind of a call's provider, and what became of the attempt to reach each provider. */
#include "kc/caller.h"
#include <stdlib.h>

enum { KINDS = 8 };

struct met {
    struct met *next;
    const struct provider *provider;
    struct principal who;
    const struct answer *lost;
};
struct callers {
    struct world *world;
    struct arena *arena;
    struct { struct str kind; struct caller caller; } v[KINDS];
    size_t n;
    int64_t scale;
    struct met *met;
};

struct callers *callers_new(struct world *w, struct arena *a)
{
    struct callers *c = ARENA_NEW(a, struct callers);
    *c = (struct callers){ .world = w, .arena = a, .scale = 1 };
    return c;
}

void callers_add(struct callers *c, struct str kind, struct caller k)
{
    if (c->n == KINDS)
        die("too many kinds of callers");
    c->v[c->n].kind = kind;
    c->v[c->n++].caller = k;
}

void callers_scale(struct callers *c, int64_t scale)
{
    c->scale = scale > 0 ? scale : 1;
}

int64_t callers_wait_scale(const struct callers *c)
{
    return c->scale;
}

static struct met *met(const struct callers *c, const struct provider *p)
{
    struct met *m = c->met;
    while (m && !provider_same(m->provider, p))
        m = m->next;
    return m;
}

static struct met *meet(struct callers *c, const struct provider *p)
{
    struct met *m = met(c, p);
    if (!m) {
        m = ARENA_NEW(c->arena, struct met);
        *m = (struct met){ .next = c->met, .provider = p };
        c->met = m;
    }
    return m;
}

void callers_met(struct callers *c, const struct provider *p, struct principal who)
{
    struct met *m = meet(c, p);
    m->who = who;
    m->lost = NULL;
}

void callers_lost(struct callers *c, const struct provider *p, const struct answer *why)
{
    meet(c, p)->lost = why;
}

const struct principal *callers_principal(const struct callers *c, const struct provider *p)
{
    static const struct principal nobody;
    const struct met *m = met(c, p);
    return m ? &m->who : &nobody;
}

const struct answer *callers_problem(const struct callers *c, const struct provider *p)
{
    const struct met *m = met(c, p);
    return m ? m->lost : NULL;
}

/* ---- calls ---- */

struct refusal {                                           /* of a call that nobody can be asked: answered like any other, from world_wait */
    struct ticket pub;
    struct world *world;
    struct world_timer *timer;
    struct answer answer;
    answer_done *done;
    void *user;
};

static void refuse(void *user)
{
    struct refusal *r = user;
    r->timer = NULL;
    r->done(r->user, &r->answer);
}

static void withdraw(struct ticket *t)
{
    struct refusal *r = (struct refusal *)t;
    world_timer_stop(r->world, r->timer);
    r->timer = NULL;
}

static struct ticket *refused(struct callers *c, struct arena *a, const struct answer *why, answer_done *done, void *user)
{
    struct refusal *r = ARENA_NEW(a, struct refusal);
    *r = (struct refusal){ .pub = { withdraw }, .world = c->world, .answer = *why, .done = done, .user = user };
    r->timer = world_timer(c->world, world_now(c->world), refuse, r);
    return &r->pub;
}

/* A call without a provider goes to the first caller. */
static const struct caller *caller_of(const struct callers *c, const struct provider *p)
{
    for (size_t i = 0; i < c->n; i++)
        if (!p || str_eq(c->v[i].kind, p->kind))
            return &c->v[i].caller;
    return NULL;
}

struct ticket *callers_send(struct callers *c, struct arena *a, const struct ask *q, answer_done *done, void *user)
{
    const struct caller *k = caller_of(c, q->provider);
    const struct answer *lost = callers_problem(c, q->provider);
    if (lost)
        return refused(c, a, lost, done, user);
    if (!k) {
        struct answer none = { .class = ANSWER_REFUSED, .error = { .code = STR("NoCaller"),
                               .message = str_fmt(a, "this kc cannot call a provider of the kind `%.*s`", STR_ARG(q->provider->kind)) } };
        return refused(c, a, &none, done, user);
    }
    return k->send(k->impl, a, q, done, user);
}

void ticket_cancel(struct ticket *t)
{
    if (t)
        t->cancel(t);
}

int64_t callers_clock(const struct callers *c, const struct provider *p)
{
    const struct caller *k = caller_of(c, p);
    return k && k->clock ? k->clock(k->impl, p) : 0;
}

int64_t callers_settles(const struct callers *c, const struct ask *q)
{
    const struct caller *k = caller_of(c, q->provider);
    return k && k->settles ? k->settles(k->impl, q) : 0;
}
