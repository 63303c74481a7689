/* call.c - mutating calls: the intent, the request after the intent is durable, and what to do with each answer (docs/design.md, Retries).
 * Retried here, as the same request with the same token under the same intent: settling referents, throttling, what never left this machine,
 * and a create that finds something in use. Not here: what an outcome means for the record, and what is done when there is none: an update
 * or delete that met something at work is read again before it is sent again (steps.c, delete.c), as is each request that is made of what was
 * read; an unknown create is looked for (doubt.c). */
#include "room.h"
#include <assert.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND };

/* However much waiting is shortened, the network is as slow as it is. */
int64_t call_once_window(const struct task *t)
{
    int64_t scaled = task_scaled(t, MINUTE);
    return scaled > 2 * SECOND ? scaled : 2 * SECOND;
}

static bool is_once(const struct task *t)
{
    return t->call.step->kind == STEP_CREATE && !find_is_sure(t->type);
}

/* The client repeats nothing of which it does not know whether it took effect: that is looked at first. */
static struct ask make_call(struct task *t)
{
    struct call *c = &t->call;
    struct ask call = { .provider = t->provider, .service = resource_service(t->type, c->step), .op = resource_operation(c->step), .input = c->request,
                        .repeat = REPEAT_ASK };
    if (c->step->kind == STEP_REMOVE)                      /* a second one does nothing */
        call.repeat = REPEAT_ALWAYS;
    if (resource_rests_on_read(c->step))
        call.repeat = REPEAT_NEVER;
    if (is_once(t))
        call.deadline = world_now(t->r->c->world) + call_once_window(t);
    return call;
}

static void replied(struct exchange *x);

static void send(struct task *t)
{
    struct ask call = make_call(t);
    t->call.tries++;
    t->call.sent = world_now(t->r->c->world);
    t->report->attempts++;
    exchange_send(t->r, t->call.arena ? t->call.arena : t->r->a, &call, true, replied)->t = t;
}

/* Of what state keeps a digest no request is kept: it is built anew. */
static bool keepable(const struct task *t)
{
    for (size_t i = 0; i < t->type->nfields; i++)
        if (t->type->fields[i].digest && (!t->call.step->send || term_uses_param(t->call.step->send, t->type->fields[i].name)))
            return false;
    return true;
}

/* Queued: the turn's sync makes it durable, then it is sent. */
static bool queue(struct task *t)
{
    struct run *r = t->r;
    struct call *c = &t->call;
    struct intent i = { .op_id = c->op_id, .addr = t->addr, .type = t->type->name, .verb = c->verb, .step = c->name, .service = resource_service(t->type, c->step),
                        .operation = resource_operation(c->step), .token = c->token, .provider = t->provider, .generation = t->generation, .request = keepable(t) ? c->request : NULL,
                        .inputs = t->inputs, .wall_ms = world_wall(r->c->world) };
    if (c->step->kind == STEP_CREATE)
        i.record = &t->rec;
    if (c->step->kind == STEP_REMOVE)                      /* what stood in it is nothing to remember */
        i.request = i.inputs = NULL;
    if (!state_intent(r->c->state, &i)) {
        task_unwritten(t);
        return false;
    }
    vec_add(&r->queue, t);
    return true;
}

/* Interrupted: what is known not to have happened is not left open. */
static void give_up(struct task *t)
{
    struct str error = STR("interrupted");
    if (t->call.doubt || call_outcome(t, NULL, &error))
        task_cancel(t, STR("interrupted before it could be sent again"));
}

/* Sent at once: its intent was synced in an earlier turn, with all that the request rests on. */
void call_again(struct task *t)
{
    if (t->r->stop)
        give_up(t);
    else if (is_once(t))
        queue(t);                                          /* the intent says when it was sent last */
    else
        send(t);
}

void call_begin(struct task *t, const struct rstep *s, const struct value *request, struct str name, const char *verb, struct str token, call_then *then)
{
    struct run *r = t->r;
    assert(s->kind != STEP_READ && s->kind != STEP_FIND && s->kind != STEP_HOLDER && !t->probe_of);
    if (r->stop) {
        task_cancel(t, STR("interrupted"));
        return;
    }
    unsigned unknowns = t->call.step == s && str_eq(t->call.name, name) ? t->call.unknowns : 0;
    t->call = (struct call){ .step = s, .request = request, .name = name, .verb = str_of(verb), .token = token, .then = then, .unknowns = unknowns,
                             .began = world_now(r->c->world) };
    t->call.op_id = str_fmt(r->a, "%.*s-%u", STR_ARG(r->run_id), r->serial++);
    if (queue(t))
        task_state(t, OP_RUNNING, name);
}

void call_resume(struct task *t, const struct intent *in, const struct rstep *s, call_then *then)
{
    int64_t now = world_now(t->r->c->world), age = world_wall(t->r->c->world) - in->wall_ms;
    int64_t sent = age > 0 ? now - age : now;              /* a clock that was put back: as if just sent */
    t->call = (struct call){ .step = s, .request = in->request, .op_id = in->op_id, .name = in->step, .verb = in->verb, .token = in->token, .then = then,
                             .doubt = true, .began = now, .sent = sent };
}

void call_send_queued(struct run *r)
{
    for (size_t i = 0; i < r->queue.n; i++) {
        struct task *t = r->queue.v[i];
        if (r->stop == STOP_STATE)
            task_cancel(t, STR("the state could not be written"));
        else
            send(t);
    }
    r->queue.n = 0;
}

bool call_outcome(struct task *t, const struct record *after, const struct str *error)
{
    struct record rec;
    assert(t->call.op_id.n);
    if (after) {
        int64_t now = world_wall(t->r->c->world);
        t->rec.changed_ms = now > t->rec.changed_ms ? now : t->rec.changed_ms + 1;
        rec = *after;
        rec.changed_ms = t->rec.changed_ms;
    }
    if (state_outcome(t->r->c->state, t->call.op_id, after ? &rec : NULL, error))
        return true;
    task_unwritten(t);
    return false;
}

struct str call_error(struct task *t)
{
    const struct answer_error *e = &t->call.result.error;
    return str_fmt(t->r->a, "%.*s: %.*s: %.*s", STR_ARG(resource_operation(t->call.step)), STR_ARG(e->code), STR_ARG(e->message));
}

struct str call_name(struct run *r, const struct rstep *s, size_t nth)
{
    struct str op = resource_operation(s);
    return nth ? str_fmt(r->a, "%.*s#%zu", STR_ARG(op), nth + 1) : op;
}

/* ---- retries ---- */

static void finish(struct task *t, enum verdict v)
{
    t->call.then(t, v);
}

/* 1, 2, 4, 8, 15, 15 ... seconds. */
static int64_t pause_after(const struct task *t, unsigned tries)
{
    int64_t delay = SECOND;
    for (unsigned i = 1; i < tries && delay < 15 * SECOND; i++)
        delay *= 2;
    return task_scaled(t, delay > 15 * SECOND ? 15 * SECOND : delay);
}

static void say_waiting(struct task *t, const char *reason)
{
    if (t->held.n)
        task_state(t, OP_POLLING, str_fmt(t->r->a, "%.*s: held by %.*s (%.*s)", STR_ARG(t->call.name), STR_ARG(t->held), STR_ARG(t->call.result.error.code)));
    else
        task_state(t, OP_POLLING, str_fmt(t->r->a, "%.*s: %s (%.*s)", STR_ARG(t->call.name), reason, STR_ARG(t->call.result.error.code)));
}

/* Until the window since the first attempt has passed; then the verdict is final. */
static void retry(struct task *t, enum verdict v, int64_t window, const char *reason)
{
    struct run *r = t->r;
    int64_t now = world_now(r->c->world), delay = pause_after(t, t->call.tries);
    if (r->stop) {
        give_up(t);
    } else if (resource_rests_on_read(t->call.step)) {     /* made anew: steps.c */
        finish(t, VERDICT_BUSY);
    } else if (now + delay - t->call.began > task_scaled(t, window)) {
        finish(t, v);
    } else {
        say_waiting(t, reason);
        task_wake(t, now + delay, call_again);
    }
}

static void settling(struct task *t, struct str field)
{
    struct ask call = make_call(t);
    int64_t window = callers_settles(t->r->c->callers, &call);
    if (!t->r->c->impatient && inputs_recent(t, field, window))
        retry(t, VERDICT_FAILED, window, "waits for AWS to see what was just made");
    else
        finish(t, VERDICT_FAILED);
}

static int64_t busy_window(const struct task *t)
{
    return t->usual * 6 > 20 * MINUTE ? t->usual * 6 : 20 * MINUTE;
}

void call_again_later(struct task *t)
{
    if (t->r->stop)
        give_up(t);
    else
        task_wake(t, world_now(t->r->c->world) + pause_after(t, t->call.unknowns), call_again);
}

bool call_wait_busy(struct task *t, task_then *then, const char *why)
{
    struct run *r = t->r;
    struct str error = call_error(t);
    int64_t now = world_now(r->c->world), delay = pause_after(t, ++t->busy_tries);
    if (!t->busy_since)
        t->busy_since = t->call.began;
    if (r->stop) {
        give_up(t);
        return false;
    }
    if (!call_outcome(t, NULL, &error))
        return false;
    if (r->c->impatient || now + delay - t->busy_since > task_scaled(t, busy_window(t))) {
        if (t->held.n)
            t->call.result.error.message = str_fmt(r->a, "%.*s; held by %.*s", STR_ARG(t->call.result.error.message), STR_ARG(t->held));
        task_fail_answer(t, &t->call.result, resource_operation(t->call.step));
        return false;
    }
    say_waiting(t, why);
    task_wake(t, now + delay, then);
    return true;
}

static void unknown(struct task *t)
{
    t->call.doubt = true;
    t->call.unknowns++;
    run_note(t->r, str_fmt(t->r->a, "%.*s: no answer to %.*s came; kc looks whether it took effect", STR_ARG(t->addr), STR_ARG(t->call.name)));
    finish(t, VERDICT_UNKNOWN);
}

static void credentials(struct task *t)
{
    struct str error = call_error(t);
    run_rights_lost(t, &t->call.result);
    if (!t->call.doubt && !call_outcome(t, NULL, &error))
        return;
    task_fail_answer(t, &t->call.result, resource_operation(t->call.step));
}

static bool listed(const struct str *v, size_t n, struct str code)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(v[i], code))
            return true;
    }
    return false;
}

bool call_busy_code(const struct task *t)
{
    return listed(t->type->busy, t->type->nbusy, t->call.result.error.code);
}

static void busy(struct task *t)
{
    if (t->call.step->kind != STEP_CREATE)
        finish(t, VERDICT_BUSY);
    else if (t->r->c->impatient)
        finish(t, VERDICT_FAILED);
    else
        retry(t, VERDICT_FAILED, busy_window(t), "waits until it is no longer in use");
}

/* A success that lacks what it must have is nobody's answer: what became of the call is not known. */
static void believe(struct task *t)
{
    struct resource_fault f;
    struct resource_view view = task_view(t);
    struct answer *r = &t->call.result;
    view.reply = r->reply;
    if (r->class != ANSWER_OK || t->call.step->kind == STEP_REMOVE || resource_absorb(made_arena(t, t->call.step), t->call.step, &view, &f) || !f.unbelieved)
        return;
    made_fault(t, &f);
    r->class = ANSWER_UNKNOWN;
    r->error = (struct answer_error){ .code = STR("reply not believed"), .message = f.problem, .request_id = r->request_id };
}

/* An error is told when all is over, longer than a call may have memory of its own. */
static void keep_error(struct task *t)
{
    struct answer_error *e = &t->call.result.error;
    e->code = str_dup(t->r->a, e->code);
    e->message = str_dup(t->r->a, e->message);
    e->request_id = str_dup(t->r->a, e->request_id);
    t->call.result.request_id = str_dup(t->r->a, t->call.result.request_id);
}

/* A success may tell of what it did not do: then it was a refusal, by the code and in the words of the first. */
static void heed(struct task *t)
{
    struct resource_fault f;
    struct resource_view view = task_view(t);
    struct answer *r = &t->call.result;
    struct str why, code = STR_NONE, rest;
    view.reply = r->reply;
    if (r->class != ANSWER_OK || t->call.step->kind == STEP_REMOVE || !t->call.step->left || !resource_left(t->r->a, t->call.step, &view, &why, &f))
        return;
    rest = why;
    bool coded = str_find(why, STR(": ")) != SIZE_MAX && str_cut(&rest, ':', &code) && str_find(code, STR(" ")) == SIZE_MAX;
    r->class = ANSWER_REFUSED;
    r->error = (struct answer_error){ .code = coded ? code : STR("Failed"), .message = coded ? str_trim(rest) : why, .request_id = r->request_id };
}

static void replied(struct exchange *x)
{
    struct task *t = x->t;
    struct str field;
    t->call.result = x->result;
    t->call.result.error.message = value_scrub(t->r->a, x->result.error.message, t->call.request);
    if (t->call.arena && x->result.class != ANSWER_OK)
        keep_error(t);
    believe(t);
    heed(t);
    enum verdict v = resource_verdict(t->type, t->call.step, &t->call.result, &field);
    bool making = t->call.step->kind != STEP_DELETE && t->call.step->kind != STEP_REMOVE;
    if (v == VERDICT_GONE && making && field.n)
        v = VERDICT_SETTLING;
    if (v == VERDICT_FAILED && x->result.class == ANSWER_NOT_SENT)
        retry(t, v, MINUTE, "cannot reach AWS");
    else if (v == VERDICT_SETTLING)
        settling(t, field);
    else if (v == VERDICT_BUSY)
        busy(t);
    else if (v == VERDICT_AGAIN)
        retry(t, VERDICT_FAILED, 5 * MINUTE, "tries again");
    else if (v == VERDICT_THROTTLED)
        retry(t, VERDICT_FAILED, 10 * MINUTE, "AWS asks to go slower");
    else if (v == VERDICT_UNKNOWN)
        unknown(t);
    else if (v == VERDICT_CREDENTIALS)
        credentials(t);
    else
        finish(t, v);
}
