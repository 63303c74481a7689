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

const struct fault *fault_take(struct sim *s, struct str op)
{
    struct sim_fault *x;
    unsigned nth = 0;

    for (x = s->faults; x; x = x->next, nth++) {
        if (x->f.op.n && !str_eq(x->f.op, op))
            continue;
        if (x->f.rate > 0) {
            if (sim_draw_unit(s, str_fmt(s->account, "fault %u %llu", nth, (unsigned long long)s->requests)) < x->f.rate)
                return &x->f;
            continue;
        }
        if (x->skip) {
            x->skip--;
            continue;
        }
        if (!x->times)
            continue;
        x->times--;
        return &x->f;
    }
    return NULL;
}
