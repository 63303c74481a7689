/* call.c - mutating calls: the intent, the request after the intent is durable, and what to do with each answer (docs/design.md, Retries).
 * Retried here: settling referents, objects in use, throttling, what never left this machine, and unknown outcomes. A retry sends the same
 * request with the same token under the same intent. Only a create found by its tag alone is never sent twice blindly: find.c decides.
 * Not here: what an outcome means for the record (create.c, update.c, delete.c). */
#include "room.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };
enum { UNKNOWN_TRIES = 4, NEGATIVE_READS = 3, NEGATIVE_GAP = 20 * SECOND, GHOST_LIFE = 330 * SECOND };

static struct aws_call make_call(struct task *t)
{
    struct call *c = &t->call;
    struct aws_call call = { .service = resource_service(t->type, c->step), .op = resource_operation(c->step), .region = t->region, .input = c->request };
    bool once = c->step->kind == STEP_CREATE && find_is_sure(t->type) == false;
    call.repeat = once ? AWS_REPEAT_ASK : AWS_REPEAT_ALWAYS;
    return call;
}

static void replied(struct exchange *x);

static void send(struct task *t)
{
    struct aws_call call = make_call(t);
    t->call.tries++;
    t->report->attempts++;
    exchange_send(t->r, &call, true, replied)->t = t;
}

void call_again(struct task *t)
{
    if (t->r->stop)
        task_cancel(t, STR("interrupted before it could be sent again"));
    else
        send(t);
}

void call_begin(struct task *t, const struct rstep *s, const struct value *request, struct str name, const char *verb, struct str token, call_then *then)
{
    struct run *r = t->r;
    if (r->stop) {
        task_cancel(t, STR("interrupted"));
        return;
    }
    t->call = (struct call){ .step = s, .request = request, .name = name, .verb = str_of(verb), .token = token, .then = then,
                             .began = world_now(r->c->world), .intent_wall = world_wall(r->c->world) };
    t->call.op_id = str_fmt(r->a, "%.*s-%u", STR_ARG(r->run_id), r->serial++);
    struct intent i = { .op_id = t->call.op_id, .addr = t->addr, .type = t->type->name, .verb = t->call.verb, .step = name,
                        .service = resource_service(t->type, s), .operation = resource_operation(s), .token = token, .region = t->region,
                        .generation = t->generation, .request = request, .inputs = t->inputs, .wall_ms = t->call.intent_wall };
    if (s->kind == STEP_CREATE)
        i.record = &t->rec;
    if (!state_intent(r->c->state, &i)) {
        run_stop(r, STOP_STATE, state_problem(r->c->state));
        task_cancel(t, STR("the state could not be written"));
        return;
    }
    task_state(t, OP_RUNNING, name);
    vec_add(&r->queue, t);
}

void call_send_queued(struct run *r)
{
    if (r->queue.n && !state_sync(r->c->state))
        run_stop(r, STOP_STATE, state_problem(r->c->state));
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
    if (after) {
        int64_t now = world_wall(t->r->c->world);
        t->rec.changed_ms = now > t->rec.changed_ms ? now : t->rec.changed_ms + 1;
        rec = *after;
        rec.changed_ms = t->rec.changed_ms;
    }
    if (state_outcome(t->r->c->state, t->call.op_id, after ? &rec : NULL, error))
        return true;
    run_stop(t->r, STOP_STATE, state_problem(t->r->c->state));
    task_cancel(t, STR("the state could not be written"));
    return false;
}

struct str call_error(struct task *t)
{
    const struct aws_error *e = &t->call.result.error;
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

/* 1, 2, 4, 8, 15, 15 ... seconds, until the window since the first attempt has passed; then the verdict is final. */
static void retry(struct task *t, enum verdict v, int64_t window, const char *reason)
{
    struct run *r = t->r;
    int64_t now = world_now(r->c->world), delay = 1000;
    for (unsigned i = 1; i < t->call.tries && delay < 15000; i++)
        delay *= 2;
    delay = task_scaled(t, delay > 15000 ? 15000 : delay);
    if (r->stop || now + delay - t->call.began > task_scaled(t, window)) {
        finish(t, v);
        return;
    }
    task_state(t, OP_POLLING, str_fmt(r->a, "%.*s: %s (%.*s)", STR_ARG(t->call.name), reason, STR_ARG(t->call.result.error.code)));
    task_wake(t, now + delay, call_again);
}

static int64_t settle_window(struct task *t)
{
    struct str why;
    const struct service *s = model_service(t->r->c->models, resource_service(t->type, t->call.step), &why);
    return s && s->protocol == PROTOCOL_EC2 ? 5 * MINUTE : 2 * MINUTE;
}

static void settling(struct task *t, struct str field)
{
    int64_t window = settle_window(t);
    if (!t->r->c->impatient && inputs_recent(t, field, window))
        retry(t, VERDICT_FAILED, window, "waits for AWS to see what was just made");
    else
        finish(t, VERDICT_FAILED);
}

static int64_t busy_window(const struct task *t)
{
    return t->usual * 6 > 20 * MINUTE ? t->usual * 6 : 20 * MINUTE;
}

/* ---- unknown outcomes ---- */

static void looked(struct task *t, enum find_result f);

static void look(struct task *t)
{
    find_begin(t, looked);
}

/* Nothing found is proof only when no request can be under way any more: signatures live five minutes. */
static void not_found(struct task *t)
{
    struct run *r = t->r;
    int64_t now = world_now(r->c->world), ghost = t->call.began + task_scaled(t, GHOST_LIFE), gap = task_scaled(t, NEGATIVE_GAP);
    t->call.negatives++;
    if (t->call.negatives >= NEGATIVE_READS && now >= ghost) {
        t->call.negatives = 0;
        t->call.began = now;
        call_again(t);
        return;
    }
    int64_t at = now + gap;
    if (t->call.negatives + 1 >= NEGATIVE_READS && at < ghost)
        at = ghost;
    task_state(t, OP_POLLING, str_fmt(r->a, "%.*s: no answer came; looks whether it was made", STR_ARG(t->call.name)));
    task_wake(t, at, look);
}

static void looked(struct task *t, enum find_result f)
{
    if (f == FIND_OURS)
        finish(t, VERDICT_EXISTS);
    else if (t->r->stop)
        task_cancel(t, STR("interrupted; the next apply looks whether it was made"));
    else if (f == FIND_ERROR || !find_is_sure(t->type))
        not_found(t);
    else if (f == FIND_FOREIGN)
        finish(t, VERDICT_EXISTS);
    else if (t->call.tries < UNKNOWN_TRIES)
        call_again(t);
    else
        finish(t, VERDICT_UNKNOWN);
}

static void unknown(struct task *t)
{
    t->call.doubt = true;
    run_note(t->r, str_fmt(t->r->a, "%.*s: no answer to %.*s came; kc looks whether it took effect", STR_ARG(t->addr), STR_ARG(t->call.name)));
    if (t->r->stop)
        task_cancel(t, STR("interrupted; the next apply looks whether it took effect"));
    else if (t->call.step->kind == STEP_CREATE && rtype_step(t->type, STEP_FIND, 0))
        look(t);
    else if (t->call.tries < UNKNOWN_TRIES)
        task_wake(t, world_now(t->r->c->world) + task_scaled(t, 2000), call_again);
    else
        finish(t, VERDICT_UNKNOWN);
}

static void credentials(struct task *t)
{
    struct str error = call_error(t);
    run_stop(t->r, STOP_CREDENTIALS, str_fmt(t->r->a, "%.*s", STR_ARG(error)));
    if (!t->call.doubt && !call_outcome(t, NULL, &error))
        return;
    task_fail_aws(t, &t->call.result, resource_operation(t->call.step));
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

/* One code may mean "there already" and "at work on something else": only a create can mean the first. */
static bool means_busy(const struct task *t, enum verdict v)
{
    if (v != VERDICT_EXISTS)
        return v == VERDICT_BUSY;
    return t->call.step->kind == STEP_DELETE || (t->call.step->kind == STEP_UPDATE && call_busy_code(t));
}

static void replied(struct exchange *x)
{
    struct task *t = x->t;
    struct str field;
    t->call.result = x->result;
    enum verdict v = resource_verdict(t->type, &x->result, &field);
    bool making = t->call.step->kind == STEP_CREATE || t->call.step->kind == STEP_UPDATE;
    if (v == VERDICT_GONE && making && field.n)
        v = VERDICT_SETTLING;
    if (v == VERDICT_FAILED && x->result.class == AWS_NOT_SENT)
        retry(t, v, MINUTE, "cannot reach AWS");
    else if (v == VERDICT_SETTLING)
        settling(t, field);
    else if (means_busy(t, v) && t->r->c->impatient)
        finish(t, VERDICT_FAILED);
    else if (means_busy(t, v))
        retry(t, VERDICT_FAILED, busy_window(t), "waits until it is no longer in use");
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
