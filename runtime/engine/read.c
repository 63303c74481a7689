/* read.c - what a task asks about its object, and when it looks again. The reader (kc/read.h) asks AWS: what is asked for in one turn shares calls,
 * and poll times lie on a grid, so that objects of one kind fall into one. */
#include "room.h"

enum { GRID = 500, READ_ERRORS = 20 };

/* ---- when ---- */

/* How many stand behind one object (the nodes of a group): the largest number in a field that an autoscaler moves. */
static int64_t size_of(const struct task *t)
{
    int64_t n = 0;
    for (size_t i = 0; t->type && i < t->type->nfields; i++) {
        const struct value *v = t->type->fields[i].shared && t->inputs ? value_get(t->inputs, t->type->fields[i].name) : NULL;
        if (v && v->kind == VALUE_INT && v->i > n)
            n = v->i;
    }
    return n;
}

/* AWS goes through a group step by step: the more there are, the longer it may take. */
void poll_begin(struct task *t, int64_t usual)
{
    int64_t wait = usual * 6 > 20 * 60000 ? usual * 6 : 20 * 60000;
    wait += size_of(t) * usual / 2;
    t->poll_since = world_now(t->r->c->world);
    t->usual = usual;
    t->deadline = t->poll_since + task_scaled(t, wait);
}

/* First at 0.8 of the usual time, then every 2 % of the time gone by, 2 s at least and 10 s at most; never between two points of the grid. */
static int64_t next_poll(const struct task *t)
{
    int64_t now = world_now(t->r->c->world), first = t->poll_since + task_scaled(t, t->usual * 8 / 10), grid = task_scaled(t, GRID);
    int64_t gap = (now - t->poll_since) * t->r->scale * 2 / 100, at = first;
    gap = gap < 2000 ? 2000 : gap > 10000 ? 10000 : gap;
    if (now >= first)
        at = now + task_scaled(t, gap);
    return (at + grid - 1) / grid * grid;
}

void poll_again(struct task *t, task_then *then)
{
    if (t->r->stop) {
        task_interrupted(t);
        return;
    }
    if (world_now(t->r->c->world) >= t->deadline) {
        task_unready(t, str_fmt(t->r->a, "not ready after %lld minutes", (long long)((t->deadline - t->poll_since) * t->r->scale / 60000)));
        return;
    }
    task_state(t, OP_POLLING, t->report->detail);
    task_wake(t, next_poll(t), then);
}

bool read_retry(struct task *t, task_then *then)
{
    const struct answer *r = &t->read_result;
    if (r->class == ANSWER_CREDENTIALS)
        run_rights_lost(t, r);
    bool passing = r->class == ANSWER_THROTTLED || r->class == ANSWER_UNKNOWN || r->class == ANSWER_NOT_SENT;
    if (!t->r->stop && passing && ++t->read_errors < READ_ERRORS) {
        task_wake(t, world_now(t->r->c->world) + task_scaled(t, 1000 * (t->read_errors < 10 ? t->read_errors : 10)), then);
        return true;
    }
    struct str operation = t->ask.answer.operation;
    if (t->r->stop == STOP_SIGNAL)
        task_cancel(t, STR("interrupted"));
    else
        task_fail_answer(t, r, operation.n ? operation : STR("read"));
    return false;
}

/* ---- asking ---- */

void read_prepare(struct task *t, void (*then)(struct read_ask *q))
{
    t->ask = (struct read_ask){ .type = t->type, .inputs = t->inputs, .outs = t->outs, .record = t->rec.addr.n ? &t->rec : NULL, .provider = t->provider,
                                .poll = true, .then = then, .user = t };
}

/* What cannot be read as declared is told, once; the other members go on. */
static void tell_faults(struct task *t)
{
    for (size_t i = t->told_faults; i < t->ask.answer.nfaults; i++)
        run_note(t->r, str_fmt(t->r->a, "%.*s: %.*s", STR_ARG(t->addr), STR_ARG(t->ask.answer.faults[i].problem)));
    t->told_faults = t->ask.answer.nfaults;
}

static void was_read(struct read_ask *q)
{
    struct task *t = q->user;
    const struct read_answer *w = &q->answer;
    if (t->ended)
        return;
    if (w->interrupted) {
        task_interrupted(t);
        return;
    }
    if (w->fault.problem.n && !w->fault.unbelieved) {      /* our binding: asking again would not help */
        task_fail_fault(t, &w->fault);
        return;
    }
    if (w->state == READ_UNREAD)
        t->read_result = w->result;
    if (w->state == READ_UNREAD && w->fault.problem.n)     /* not believed: as good as no answer */
        t->read_result = (struct answer){ .class = ANSWER_UNKNOWN, .error = { .message = w->fault.problem }, .request_id = w->result.request_id };
    if (w->state == READ_HERE) {
        const struct value *live = value_get(w->fields, STR("live"));
        t->observed = w->fields;
        t->outs = w->outs;
        t->live = live ? live : t->live;
        t->read_errors = 0;
        tell_faults(t);
    }
    t->read_done(t, w->state);
}

void read_begin(struct task *t, read_then *then)
{
    t->read_done = then;
    read_prepare(t, was_read);
    reader_ask(t->r->reader, &t->ask);
}
