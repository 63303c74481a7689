/* update.c - changing an object in place: the update steps that write the changed fields, each with intent, outcome and its own wait.
 * Never more than was planned: what turns out to need a replacement stops with "plan again" (exit 3). */
#include "room.h"

static void advance(struct task *t);

/* ---- the wait after a step ---- */

static void wait_look(struct task *t);

/* The update's reply is gone after a crash; `sent` is then empty and the wait is left to the type's own ready. */
static void waited(struct exchange *x)
{
    struct task *t = x->t;
    struct str field, why;
    const struct rwait *w = &t->call.step->wait;
    enum verdict v = resource_verdict(t->type, &x->result, &field);
    t->read_result = x->result;
    if (v != VERDICT_OK) {
        read_retry(t, wait_look);
        return;
    }
    struct rtype as = *t->type;
    as.until = w->until;
    as.failed = w->failed;
    as.why = w->why;
    struct resource_view view = task_view(t);
    view.type = &as;
    view.reply = x->result.reply;
    view.sent = t->call.result.reply;
    enum readiness r = resource_ready(t->r->a, &view, &why);
    t->read_errors = 0;
    if (r == READY_NOT_YET)
        poll_again(t, wait_look);
    else if (r == READY_FAILED)
        task_fail(t, DIAG_E0705, task_span(t), str_fmt(t->r->a, "%.*s was taken, then failed: %.*s", STR_ARG(t->call.name), STR_ARG(why)), STR_NONE);
    else
        advance(t);
}

static void wait_look(struct task *t)
{
    struct resource_fault f = { 0 };
    const struct rwait *w = &t->call.step->wait;
    struct rstep s = { .kind = STEP_READ, .op = w->op, .send = w->send, .span = t->call.step->span };
    struct resource_view view = task_view(t);
    view.sent = t->call.result.reply;
    const struct value *request = resource_request(t->r->a, t->r->c->models, &s, &view, &f);
    if (!request) {
        task_fail_fault(t, &f);
        return;
    }
    struct aws_call call = { .service = resource_service(t->type, &s), .op = resource_operation(&s), .region = t->region, .input = request,
                             .repeat = AWS_REPEAT_ALWAYS, .all_pages = true, .poll = true };
    exchange_send(t->r, &call, false, waited)->t = t;
}

/* ---- steps ---- */

static void stepped(struct task *t)
{
    record_done(t, t->call.name);
    t->rec.outs = t->outs;
    if (!call_outcome(t, &t->rec, NULL))
        return;
    t->request++;
    if (t->call.step->wait.op.n && t->call.result.class == AWS_OK) {
        int64_t own = t->call.step->usual;
        poll_begin(t, own ? own : t->kind == OP_UPDATE ? t->op->usual : t->type->usual_update);
        task_state(t, OP_POLLING, t->call.name);
        wait_look(t);
    } else {
        advance(t);
    }
}

static void refused(struct task *t)
{
    struct str error = call_error(t);
    bool some = t->step || t->request || t->kind == OP_CREATE;
    if (call_outcome(t, some ? &t->rec : NULL, &error))
        task_fail_aws(t, &t->call.result, resource_operation(t->call.step));
}

static void called(struct task *t, enum verdict v)
{
    if (v == VERDICT_EXISTS) {                             /* as wanted already */
        stepped(t);
        return;
    }
    if (v == VERDICT_UNKNOWN) {
        task_fail_aws(t, &t->call.result, resource_operation(t->call.step));
        return;
    }
    if (v != VERDICT_OK) {
        refused(t);
        return;
    }
    if (ready_absorb(t))
        stepped(t);
}

/* Another update of the same object must not carry the same token: the record's last change is part of it. */
static struct str token(struct task *t, struct str name)
{
    const struct state_meta *m = state_meta(t->r->c->state);
    struct str step = str_fmt(t->r->a, "%.*s@%lld", STR_ARG(name), (long long)t->rec.changed_ms);
    return resource_token(t->r->a, m->lineage, m->salt, t->rec.origin.n ? t->rec.origin : t->addr, t->rec.generation, step, STR("update"));
}

static void set_tags(struct task *t, struct resource_view *view)
{
    if (!t->type->tags.n)
        return;
    const struct value *want = value_get(t->inputs, t->type->tags), *have = t->observed ? value_get(t->observed, t->type->tags) : NULL;
    if (!have && t->rec.inputs)
        have = value_get(t->rec.inputs, t->type->tags);
    resource_tags(t->r->a, want, have, t->owner_tags, &view->tags_set, &view->tags_gone);
}

static void advance(struct task *t)
{
    for (; t->step < t->nsteps; t->step++, t->request = 0) {
        struct resource_fault f = { 0 };
        const struct rstep *s = t->steps[t->step];
        struct resource_view view = task_view(t);
        struct str name = call_name(t->r, s, t->request);
        view.token = token(t, name);
        set_tags(t, &view);
        t->nrequests = resource_requests(t->r->a, t->r->c->models, s, &view, &t->requests, &f);
        if (f.problem.n) {
            task_fail_fault(t, &f);
            return;
        }
        if (t->request < t->nrequests) {
            call_begin(t, s, t->requests[t->request], name, "update", view.token, called);
            return;
        }
    }
    t->polled(t);
}

void steps_run(struct task *t, const struct rstep **steps, size_t n, task_then *then)
{
    t->steps = steps;
    t->nsteps = n;
    t->step = t->request = 0;
    t->polled = then;
    advance(t);
}

/* ---- an update ---- */

static bool within_plan(struct task *t)
{
    for (size_t i = 0; i < t->nchanges; i++) {
        const struct resource_change *c = &t->changes[i];
        if (!c->replace && (!c->disruptive || t->op->item->action != ACTION_UPDATE || t->kept))
            continue;
        task_fail(t, DIAG_E0707, task_span(t),
                  str_fmt(t->r->a, "now that %.*s is known, the change needs %s, which the plan did not say", STR_ARG(c->field),
                          c->replace ? "a new object" : "an interruption"),
                  STR("run plan again and look at what it says"));
        return false;
    }
    return true;
}

static void written(struct task *t)
{
    poll_begin(t, t->op->usual);
    ready_begin(t);
}

void update_start(struct task *t)
{
    struct run *r = t->r;
    const struct record *had = state_get_old(r->c->state, t->addr, t->generation);
    const struct plan_item *item = t->op->item;
    struct resource_change *c;
    struct str orphan;
    if (!inputs_resolve(t) || !task_enter_lane(t))
        return;
    if (!had) {
        task_fail(t, DIAG_E0707, task_span(t), STR("its record has gone from the state since the plan was made"), STR("run plan again"));
        return;
    }
    t->observed = item->observed;
    t->live = t->observed ? value_get(t->observed, STR("live")) : NULL;
    if (!task_record(t, had))
        return;
    t->rec.status = STATUS_UPDATING;
    t->rec.ndone = 0;
    t->nchanges = resource_diff(r->a, t->type, state_digest(r->c->state, r->a, t->inputs), had->inputs, t->observed, t->op->node ? t->op->node->ignore : NULL,
                                t->op->node ? t->op->node->nignore : 0, &c);
    t->changes = c;
    if (!within_plan(t))
        return;
    size_t n = 0;
    const struct rstep **steps = NULL;
    if (t->nchanges && !resource_updates(r->a, t->type, c, t->nchanges, &steps, &n, &orphan)) {
        task_fail(t, DIAG_E0707, task_span(t), str_fmt(r->a, "nothing in the resource type writes %.*s", STR_ARG(orphan)), STR_NONE);
        return;
    }
    task_state(t, OP_RUNNING, STR_NONE);
    steps_run(t, steps, n, written);
}
