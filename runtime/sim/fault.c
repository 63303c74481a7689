/* fault.c - faults put in on purpose by tests: which one hits a request. What each does to the exchange is in serve.c. */
#include "room.h"

void sim_fault(struct sim *s, const struct fault *f)
{
    struct sim_fault *x = ARENA_NEW(s->account, struct sim_fault), **at = &s->faults;

    x->f = *f;
    x->f.op = str_dup(s->account, f->op);
    x->f.code = str_dup(s->account, f->code);
    x->f.message = str_dup(s->account, f->message);
    x->skip = f->skip;
    x->times = f->times;
    while (*at)
        at = &(*at)->next;
    *at = x;
}

void sim_clear_faults(struct sim *s)
{
    s->faults = NULL;
}

static bool hits(struct sim_fault *x)
{
    if (x->skip) {
        x->skip--;
        return false;
    }
    if (!x->times)
        return false;
    x->times--;
    return true;
}

int64_t fault_delay(struct sim *s, const struct http_request *rq)
{
    struct request r = { .sim = s, .http = rq, .status = 400 };
    struct sim_fault *x = s->faults;
    struct labels labels;
    int64_t ms = 0;

    while (x && x->f.kind != FAULT_DELAY)
        x = x->next;
    if (!x)
        return 0;
    r.a = arena_new();
    if (sim_route(&r, &labels))
        for (; x && !ms; x = x->next)
            if (x->f.kind == FAULT_DELAY && (!x->f.op.n || str_eq(x->f.op, r.op->name)) && hits(x))
                ms = x->f.delay_ms;
    arena_free(r.a);
    return ms;
}

const struct fault *fault_take(struct sim *s, struct str op)
{
    struct sim_fault *x;
    unsigned nth = 0;

    for (x = s->faults; x; x = x->next, nth++) {
        if (x->f.kind == FAULT_DELAY || (x->f.op.n && !str_eq(x->f.op, op)))
            continue;
        if (x->f.rate > 0) {
            if (sim_draw_unit(s, str_fmt(s->account, "fault %u %llu", nth, (unsigned long long)s->requests)) < x->f.rate)
                return &x->f;
            continue;
        }
        if (hits(x))
            return &x->f;
    }
    return NULL;
}
