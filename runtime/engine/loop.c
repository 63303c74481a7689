/* loop.c - the loop: signals, replies, timers, starting what is ready, one sync for all that a turn did, waiting for the world. */
#include "room.h"

enum { SLOTS = 64, TICK = 100, DRAIN = 65000 };             /* longer than the client waits for a reply */

/* ---- exchanges with callers ---- */

static void arrived(void *user, const struct answer *result)
{
    struct exchange *x = user;
    x->result = *result;
    x->live = false;
    x->r->flights--;
    if (x->mutating)
        x->r->calls--;
    if (x->r->events_end)
        x->r->events_end->next = x;
    else
        x->r->events = x;
    x->r->events_end = x;
}

struct exchange *exchange_send(struct run *r, struct arena *a, const struct ask *call, bool mutating, void (*deliver)(struct exchange *x))
{
    struct exchange *x = ARENA_NEW(r->a, struct exchange);
    *x = (struct exchange){ .r = r, .mutating = mutating, .live = true, .deliver = deliver, .next_wire = r->wire };
    r->wire = x;
    r->flights++;
    if (mutating)
        r->calls++;
    x->ticket = callers_send(r->c->callers, a, call, arrived, x);
    return x;
}

static void deliver(struct run *r)
{
    while (r->events) {
        struct exchange *x = r->events;
        r->events = x->next;
        if (!r->events)
            r->events_end = NULL;
        if (!x->t->ended)
            x->deliver(x);
    }
}

/* Drops finished exchanges from the list, and when stopping those that only read. */
static void sweep(struct run *r, bool all)
{
    struct exchange **p = &r->wire;
    while (*p) {
        struct exchange *x = *p;
        if (x->live && (all || (r->stop && !x->mutating))) {
            ticket_cancel(x->ticket);
            x->live = false;
            r->flights--;
            r->calls -= x->mutating;
            if (!all)
                task_interrupted(x->t);
        }
        if (x->live)
            p = &x->next_wire;
        else
            *p = x->next_wire;
    }
}

/* ---- stopping ---- */

void run_stop(struct run *r, enum stop why, struct str text)
{
    if (r->stop)
        return;
    r->stop = why;
    r->stopped = str_dup(r->a, text);
    r->drain_until = world_now(r->c->world) + DRAIN;
}

/* Something that other rights can go on with. */
static bool others_left(const struct task *t)
{
    const struct run *r = t->r;
    for (size_t i = 0; i < r->n; i++) {
        const struct task *u = &r->tasks[i];
        if (!u->ended && u->provider && t->provider && !provider_same_rights(u->provider, t->provider))
            return true;
    }
    return false;
}

void run_rights_lost(struct task *t, const struct answer *why)
{
    struct run *r = t->r;
    if (!others_left(t))
        run_stop(r, STOP_CREDENTIALS, why->error.code.n ? str_fmt(r->a, "%.*s: %.*s", STR_ARG(why->error.code), STR_ARG(why->error.message)) : why->error.message);
    else if (!callers_problem(r->c->callers, t->provider)) {
        struct answer *kept = ARENA_NEW(r->a, struct answer);
        *kept = *why;
        callers_lost(r->c->callers, t->provider, kept);
        run_note(r, str_fmt(r->a, "nobody answers at %.*s any more; the rest goes on", STR_ARG(provider_show(r->a, t->provider))));
    }
}

static bool watch_signals(struct run *r)
{
    int n = world_signals(r->c->world) - r->signals;
    if (n > 0)
        run_stop(r, STOP_SIGNAL, STR("interrupted: requests on their way were finished, nothing new was begun"));
    return n < 2;
}

/* ---- timers ---- */

static bool valid(const struct heap *h)
{
    const struct task *t = h->v[0].p;
    return !t->ended && t->wake == h->v[0].key;
}

static bool next_timer(struct run *r, int64_t *at)
{
    while (r->timers.n && !valid(&r->timers))
        heap_pop(&r->timers, NULL);
    if (r->timers.n)
        *at = r->timers.v[0].key;
    return r->timers.n != 0;
}

static void fire(struct run *r)
{
    int64_t at;
    while (next_timer(r, &at) && (r->stop || at <= world_now(r->c->world))) {
        struct task *t = heap_pop(&r->timers, NULL);
        t->wake = 0;
        t->on_wake(t);
    }
}

static void start_ready(struct run *r)
{
    while (r->ready.n && !r->stop && !r->halted && r->calls + r->queue.n < SLOTS) {
        struct task *t = heap_pop(&r->ready, NULL);
        if (!t->ended)
            task_start(t);
    }
}

/* ---- the turn ---- */

void run_sync(struct run *r)
{
    if (r->stop != STOP_STATE && !state_sync(r->c->state))
        run_stop(r, STOP_STATE, state_problem(r->c->state));
    for (size_t i = 0; i < r->ends.n; i++) {
        struct task *t = r->ends.v[i];
        if (r->stop == STOP_STATE && (t->report->state == OP_DONE || t->report->state == OP_UNREADY)) {
            t->report->state = OP_CANCELLED;
            t->report->detail = STR("the state could not be written");
        }
        task_tell(t);
    }
    r->ends.n = 0;
}

static bool idle(struct run *r)
{
    int64_t at;
    if (r->events || r->queue.n || !reader_idle(r->reader) || next_timer(r, &at))
        return false;
    if (r->ready.n && !r->stop && !r->halted)
        return false;
    return r->stop ? r->calls == 0 : r->flights == 0;
}

static void wait(struct run *r)
{
    const struct engine_events *e = r->c->events;
    bool ticks = e && e->tick;
    int64_t now = world_now(r->c->world), at, deadline = r->stop ? r->drain_until : now + 3600000;
    if (next_timer(r, &at) && at < deadline)
        deadline = at;
    if (ticks && r->next_tick < deadline)
        deadline = r->next_tick;
    world_wait(r->c->world, deadline);
    if (ticks && world_now(r->c->world) >= r->next_tick) {
        r->next_tick = world_now(r->c->world) + TICK;
        e->tick(e->user);
    }
}

void run_loop(struct run *r)
{
    for (;;) {
        if (!watch_signals(r))
            break;
        deliver(r);
        fire(r);
        start_ready(r);
        run_sync(r);
        call_send_queued(r);
        sweep(r, false);
        if (r->stop)
            reader_stop(r->reader);
        if (reader_turn(r->reader))
            continue;                                      /* tasks went on */
        if (idle(r) || (r->stop && world_now(r->c->world) >= r->drain_until))
            break;
        if (!r->events && (r->flights || r->timers.n || !reader_idle(r->reader)))
            wait(r);
    }
    sweep(r, true);
    reader_free(r->reader);
    run_sync(r);
}
