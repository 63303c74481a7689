/* steps.c - update steps, one after the other, each with intent, outcome and its own wait; for an update, and to complete a create.
 * After everything that took time (a wait, something that was in use, an answer that never came) the object is read again, and only what then
 * still differs is sent. A request that is made of what was read (`live`, `tags_after`) has a read of its own, and is made anew whenever it is sent again. So does a refusal: when nothing differs any more, it was no failure. */
#include "room.h"

static void advance(struct task *t);
static void read_again(struct task *t);

/* ---- the wait after a step ---- */

static void wait_look(struct task *t);

static void waited(struct exchange *x)
{
    struct task *t = x->t;
    struct str field, why;
    const struct rwait *w = &t->call.step->wait;
    enum verdict v = resource_verdict(t->type, NULL, &x->result, &field);
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
        t->after_wait(t);
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
    struct ask call = { .provider = t->provider, .service = resource_service(t->type, &s), .op = resource_operation(&s), .input = request,
                        .repeat = REPEAT_ALWAYS, .all_pages = true, .poll = true };
    exchange_send(t->r, t->r->a, &call, false, waited)->t = t;
}

void steps_wait(struct task *t, task_then *then)
{
    const struct rstep *s = t->call.step;
    if (!s->wait.op.n || t->call.result.class != ANSWER_OK) {
        then(t);
        return;
    }
    t->after_wait = then;
    poll_begin(t, s->kind == STEP_CREATE || s->kind == STEP_DELETE || s->kind == STEP_ACT ? t->op->usual : steps_usual(t, s));
    task_state(t, OP_POLLING, t->call.name);
    wait_look(t);
}

/* ---- outcomes ---- */

int64_t steps_usual(const struct task *t, const struct rstep *s)
{
    return s->usual ? s->usual : t->type->usual_update ? t->type->usual_update : 1000;
}

/* The step is through. By its reply: then it may have a wait of its own. By what was read: whatever it began is waited for by `ready`. */
static void stepped(struct task *t)
{
    record_done(t, t->call.name);
    t->rec.outs = t->outs;
    if (!call_outcome(t, &t->rec, NULL))
        return;
    t->request++;
    t->busy_since = t->busy_tries = 0;
    t->stale = t->call.step->wait.op.n != 0;
    t->wrote = true;
    if (!t->stepped)
        t->stepped = ARENA_ARRAY(t->r->a, bool, t->type->nsteps);
    t->stepped[t->call.step - t->type->steps] = true;
    steps_wait(t, advance);
}

static void refused(struct task *t)
{
    struct str error = call_error(t);
    bool some = t->step || t->request || t->kind == OP_CREATE;
    if (call_outcome(t, some ? &t->rec : NULL, &error))
        task_fail_answer(t, &t->call.result, resource_operation(t->call.step));
}

static bool is_due(const struct task *t, const struct rstep *s)
{
    for (size_t i = 0; i < t->ndue; i++) {
        if (t->due[i] == s)
            return true;
    }
    return false;
}

/* "Not there", said the call of what the reading shows, and it is young: AWS does not know it everywhere yet. */
static bool unheard_of(struct task *t)
{
    struct str field;
    return resource_verdict(t->type, t->call.step, &t->call.result, &field) == VERDICT_GONE && ready_young(t);
}

/* Read after a call whose effect its answer does not tell. */
static void judged(struct task *t)
{
    bool unknown = t->call.result.class == ANSWER_UNKNOWN;
    if (!is_due(t, t->call.step)) {
        stepped(t);
    } else if (!unknown && unheard_of(t)) {
        call_wait_busy(t, read_again, "waits until AWS knows it everywhere");
    } else if (!unknown) {
        refused(t);
    } else if (t->call.unknowns >= UNKNOWN_TRIES) {
        task_fail_unknown(t, t->call.name);
    } else {
        struct str error = STR("no answer came, and the object does not show it");
        if (call_outcome(t, NULL, &error))
            advance(t);
    }
}

static void called(struct task *t, enum verdict v)
{
    if (v == VERDICT_OK) {
        if (ready_absorb(t))
            stepped(t);
    } else if (v == VERDICT_BUSY) {
        call_wait_busy(t, read_again, "waits until it is no longer in use");
    } else if (v == VERDICT_UNKNOWN || v == VERDICT_EXISTS || t->call.result.class == ANSWER_REFUSED) {
        t->judge = judged;
        read_again(t);
    } else {
        refused(t);
    }
}

/* ---- reading again ---- */

static void seen(struct task *t, enum read_state r)
{
    if (r == READ_UNREAD) {
        read_retry(t, read_again);
        return;
    }
    if (r == READ_FOREIGN || r == READ_TAKEN) {
        task_fail_foreign(t);
        return;
    }
    if (r == READ_GONE && t->kind == OP_DELETE) {          /* nothing more to retire */
        t->written(t);
        return;
    }
    if (r == READ_GONE) {
        ready_vanished(t, read_again);
        return;
    }
    task_then *then = t->judge ? t->judge : advance;
    bool same_steps = t->wrote && !t->stale && !t->judge && !t->busy_since;   /* looked at for the next request alone */
    t->judge = NULL;
    t->stale = t->wrote = false;
    if (same_steps)
        advance(t);
    else if (t->find_due(t, &t->due, &t->ndue))
        then(t);
}

static void read_again(struct task *t)
{
    if (t->r->stop && t->judge)
        task_cancel(t, STR("interrupted; the next apply looks whether it took effect"));
    else
        read_begin(t, seen);
}

/* ---- requests ---- */

static const char *verb(const struct task *t)
{
    return t->steps[t->step]->kind == STEP_RETIRE ? "retire" : "update";
}

/* Another update of the same object must not carry the same token: the record's last change is part of it, and, when the request had to be
 * built anew and is another one, how often. */
static struct str token(struct task *t, struct str name)
{
    const struct state_meta *m = state_meta(t->r->c->state);
    struct str step = str_fmt(t->r->a, "%.*s@%lld", STR_ARG(name), (long long)t->rec.changed_ms);
    if (t->revision)
        step = str_fmt(t->r->a, "%.*s.%u", STR_ARG(step), t->revision);
    return resource_token(t->r->a, m->lineage, m->salt, t->rec.origin.n ? t->rec.origin : t->addr, t->rec.generation, step, str_of(verb(t)));
}

void steps_changed(struct task *t, const struct resource_change *c, size_t n, const struct value *more)
{
    size_t nmore = more ? more->list.n : 0, kept = 0;
    const struct value **v = ARENA_ARRAY(t->r->a, const struct value *, n + nmore);
    for (size_t i = 0; i < n; i++)
        v[kept++] = value_str(t->r->a, c[i].field);
    for (size_t i = 0; i < nmore; i++) {
        bool told = false;
        for (size_t k = 0; k < n && !told; k++)
            told = value_eq(v[k], more->list.v[i]);
        if (!told)
            v[kept++] = more->list.v[i];
    }
    t->changed = value_list(t->r->a, v, kept);
}

static void set_tags(struct task *t, struct resource_view *view)
{
    struct str field = t->type->tags;
    if (!field.n)
        return;
    const struct value *want = value_get(t->inputs, field), *have = t->observed ? value_get(t->observed, field) : NULL;
    const struct value *wrote = t->had_inputs ? value_get(t->had_inputs, field) : NULL, *pending = t->had_pending ? value_get(t->had_pending, field) : NULL;
    resource_tags(t->r->a, want, resource_merge(t->r->a, wrote, pending), have ? have : wrote, t->owner_tags, &view->tags_set, &view->tags_gone);
    if (have && have->kind == VALUE_OBJECT)
        view->tags_after = resource_tags_after(t->r->a, have, view->tags_set, view->tags_gone);
}

/* Others' tags are dropped by nobody who does not know them. */
static bool knows_tags(struct task *t, const struct rstep *s, const struct resource_view *view)
{
    bool ok = view->tags_after || !s->send || !term_uses_param(s->send, STR("tags_after"));
    if (!ok)
        task_fail(t, DIAG_E0604, task_span(t), str_fmt(t->r->a, "%.*s replaces all tags, and those that it has now cannot be read", STR_ARG(resource_operation(s))),
                  STR("nothing was sent"));
    return ok;
}

static struct resource_view step_view(struct task *t)
{
    struct resource_view view = task_view(t);
    view.changed = t->changed;
    set_tags(t, &view);
    return view;
}

static bool load(struct task *t, const struct rstep *s, struct str name, struct str *tok)
{
    struct resource_fault f = { 0 };
    struct resource_view view = step_view(t);
    view.token = *tok = token(t, name);
    if (!knows_tags(t, s, &view))
        return false;
    t->nrequests = resource_requests(made_arena(t, s), t->r->c->models, s, &view, &t->requests, &f);
    if (!f.problem.n)
        return true;
    made_fault(t, &f);
    task_fail_fault(t, &f);
    return false;
}

/* Sent before under this token, and another one now: AWS would refuse the token. */
static bool is_other(const struct task *t, const struct rstep *s, struct str name)
{
    return t->call.step == s && str_eq(t->call.name, name) && t->call.tries && !value_eq(t->call.request, t->requests[t->request]);
}

static void advance(struct task *t)
{
    for (; t->step < t->nsteps; t->step++, t->request = 0, t->revision = 0) {
        const struct rstep *s = t->steps[t->step];
        struct str name = call_name(t->r, s, t->request), tok;
        if (t->stale) {
            read_again(t);
            return;
        }
        if (!is_due(t, s) || made_already(t, s))
            continue;
        if (t->wrote && resource_rests_on_read(s)) {
            read_again(t);
            return;
        }
        struct resource_view view = step_view(t);
        if (!made_prepare(t, s, &view, advance) || !load(t, s, name, &tok))
            return;
        if (t->request >= t->nrequests)
            continue;
        if (is_other(t, s, name)) {
            t->revision++;
            if (!load(t, s, name, &tok) || t->request >= t->nrequests)
                return;
        }
        call_begin(t, s, t->requests[t->request], name, verb(t), tok, called);
        return;
    }
    t->written(t);
}

void steps_run(struct task *t, steps_due *due, task_then *then)
{
    t->find_due = due;
    t->written = then;
    t->step = t->request = 0;
    t->stale = t->wrote = false;
    t->judge = NULL;
    if (!due(t, &t->due, &t->ndue))
        return;
    t->steps = t->due;
    t->nsteps = t->ndue;
    advance(t);
}
