/* fault.c - faults put in on purpose by tests: which one hits a request (what each does to the exchange is in serve.c), and how what takes
 * its time ends. */
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

static bool meant(const struct sim_fault *x, struct str op)
{
    return !x->f.op.n || sim_glob(x->f.op, op);
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
            if (x->f.kind == FAULT_DELAY && meant(x, r.op->name) && hits(x))
                ms = x->f.delay_ms;
    arena_free(r.a);
    return ms;
}

static const struct fault *strike(struct sim *s, const struct sim_fault *x)
{
    s->hits++;
    return &x->f;
}

uint64_t sim_hits(const struct sim *s)
{
    return s->hits;
}

const struct fault *fault_take(struct sim *s, struct str op)
{
    struct sim_fault *x;
    unsigned nth = 0;

    for (x = s->faults; x; x = x->next, nth++) {
        if (x->f.kind == FAULT_DELAY || x->f.within || !meant(x, op))
            continue;
        if (x->f.rate > 0) {
            if (sim_draw_unit(s, str_fmt(s->account, "fault %u %llu", nth, (unsigned long long)s->requests)) < x->f.rate)
                return strike(s, x);
            continue;
        }
        if (hits(x))
            return strike(s, x);
    }
    return NULL;
}

const struct fault *fault_within(struct sim *s, struct str op)
{
    struct sim_fault *x;

    for (x = s->faults; x; x = x->next)
        if (x->f.within && meant(x, op) && hits(x))
            return strike(s, x);
    return NULL;
}

/* ---- fates ---- */
void sim_fate(struct sim *s, const struct sim_fate *f)
{
    struct fate *x = ARENA_NEW(s->account, struct fate), **at = &s->fates;

    x->f = *f;
    x->f.kind = str_dup(s->account, f->kind);
    x->f.from = str_dup(s->account, f->from);
    x->f.to = str_dup(s->account, f->to);
    x->f.set = f->set ? value_keep(s->account, f->set) : NULL;
    while (*at)
        at = &(*at)->next;
    *at = x;
}

static struct fate *fate_of(struct sim *s, const struct object *o, const struct machine *m)
{
    struct fate *x;

    for (x = s->fates; x; x = x->next)
        if (x->f.times && str_eq(x->f.kind, o->kind->full) && str_eq(x->f.from, m->steps[0])) {
            if (!x->f.skip)
                return x;
            x->f.skip--;
        }
    return NULL;
}

void fate_take(struct sim *s, const struct object *o, struct machine *m)
{
    struct fate *x = m->n > 1 ? fate_of(s, o, m) : NULL;

    if (!x)
        return;
    x->f.times--;
    s->hits++;
    if (x->f.to.n)
        m->steps[m->n - 1] = x->f.to;
    else
        m->at[m->n - 1] = INT64_MAX;
    if (x->f.fails) {
        m->merge = x->f.set;
        m->settle = STR_NONE;
    } else if (x->f.set) {
        m->merge = m->merge ? value_keep(s->account, tree_merge(s->account, m->merge, x->f.set)) : x->f.set;
    }
}

void sim_mercy(struct sim *s)
{
    size_t i, j, n;

    s->fates = NULL;
    for (i = 0; i < s->nservices; i++)
        for (j = 0; j < s->services[i].nkinds; j++)
            for (n = 0; n < s->services[i].kinds[j]->order.n; n++) {
                struct object *o = s->services[i].kinds[j]->order.v[n];

                if (o->m.n && o->m.pos + 1 < o->m.n && o->m.at[o->m.n - 1] == INT64_MAX)
                    o->m.at[o->m.n - 1] = s->now + 1000;
            }
}
