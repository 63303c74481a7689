/* delete.c - deleting an object. It is read first; then what stands in it goes, where the plan says so (empty.c); then its delete steps in order, each
 * content when the thing is gone already; then reads until AWS does not show it any more. Only then the record goes. Reads decide, not the words of an answer: what was in use, or had no
 * answer, is read before it is sent again. Absence is not deletion: of an object younger than AWS needs to show it everywhere, "not there"
 * is doubted until it is that old. What an open intent may have made is looked for before anything is forgotten. */
#include "room.h"
#include <assert.h>

enum { ABSENT_READS = 3, STEP_PAUSE = 3000, FAILURES = 3,
       HOLDERS_AT = 2 };                                   /* in use for so many tries: who holds it? */

static void advance(struct task *t);
static void look(struct task *t);

static void gone(struct task *t)
{
    struct run *r = t->r;
    assert(t->kind == OP_DELETE);
    if (!state_drop(r->c->state, t->addr, t->generation)) {
        task_unwritten(t);
        return;
    }
    if (t->call.op_id.n && t->call.step->kind == STEP_DELETE)
        state_learn(r->c->state, t->type->name, STR("delete"), (world_now(r->c->world) - t->call.began) * r->scale);
    task_done(t);
}

static bool young(const struct task *t)
{
    return read_young(t->type, &t->rec, world_wall(t->r->c->world), t->r->scale);
}

static void not_shown(struct task *t, task_then *again)
{
    struct str error = STR("no answer came, and the object is gone");
    t->absent++;
    if (young(t) && !(t->sent && t->absent >= ABSENT_READS)) {
        t->report->detail = STR("AWS does not show it, and it was made a short while ago");
        poll_again(t, again);
    } else if (!t->judge || call_outcome(t, NULL, &error)) {
        gone(t);
    }
}

/* What bears its name was made by someone else since: ours is gone, and theirs is left alone. */
static void not_ours(struct task *t)
{
    struct str error = STR("the object is gone, another has its name");
    run_note(t->r, str_fmt(t->r->a, "%.*s: what bears its name now is not what kc made; it is left alone", STR_ARG(t->addr)));
    if (!t->judge || call_outcome(t, NULL, &error))
        gone(t);
}

/* ---- before: is it there? ---- */

static void begin(struct task *t);

static void begin_seen(struct task *t, enum read_state res)
{
    if (res == READ_UNREAD) {
        read_retry(t, begin);
    } else if (res == READ_FOREIGN) {
        not_ours(t);
    } else if (res == READ_TAKEN) {
        task_fail_foreign(t);
    } else if (res == READ_GONE) {
        not_shown(t, begin);
    } else {
        t->absent = 0;
        task_state(t, OP_RUNNING, resource_name(t->r->a, t->type, t->inputs, t->outs));
        empty_begin(t, advance);
    }
}

static void begin(struct task *t)
{
    read_begin(t, begin_seen);
}

/* ---- after: until it is gone ---- */

static void again(struct task *t)
{
    t->step = t->request = 0;
    advance(t);
}

/* Shown still, after a call that nobody answered. */
static void resend(struct task *t)
{
    t->judge = NULL;
    if (t->call.unknowns >= UNKNOWN_TRIES)
        task_fail_unknown(t, t->call.name);
    else
        call_again_later(t);
}

static void shown(struct task *t)
{
    struct str why;
    struct resource_view view = task_view(t);
    t->absent = 0;
    if (t->judge) {
        t->judge(t);
        return;
    }
    if (t->denied_once) {                                  /* "not there", said the call; it is */
        t->denied_once = false;
        poll_again(t, again);
        return;
    }
    enum readiness state = resource_ready(t->r->a, &view, &why);
    t->failures = state == READY_FAILED || state == READY_UNHEALTHY ? t->failures + 1 : 0;
    if (t->failures >= FAILURES)
        task_fail(t, DIAG_E0705, task_span(t), str_fmt(t->r->a, "AWS could not delete it: %.*s", STR_ARG(why)), STR("remove the cause and run it again"));
    else
        poll_again(t, look);
}

static void seen(struct task *t, enum read_state res)
{
    if (res == READ_UNREAD)
        read_retry(t, look);
    else if (res == READ_FOREIGN)
        not_ours(t);
    else if (res == READ_TAKEN)                            /* what goes already goes; nothing more is sent for it */
        task_fail_foreign(t);
    else if (res == READ_GONE)
        not_shown(t, look);
    else
        shown(t);
}

static void look(struct task *t)
{
    read_begin(t, seen);
}

/* ---- calls ---- */

static void deleted(struct task *t, enum verdict v)
{
    t->rec.status = STATUS_DELETING;
    if (!call_outcome(t, &t->rec, NULL))
        return;
    t->sent = true;
    t->denied_once = v == VERDICT_GONE;
    if (t->denied_once && young(t) && rtype_step(t->type, STEP_DELETE, t->step + 1) && t->absent < ABSENT_READS) {
        t->absent++;                                       /* what follows needs it done */
        task_wake(t, world_now(t->r->c->world) + task_scaled(t, STEP_PAUSE * t->absent), advance);
        return;
    }
    t->absent = 0;
    t->busy_since = t->busy_tries = 0;
    t->request++;
    steps_wait(t, advance);
}

static void wait_busy(struct task *t)
{
    call_wait_busy(t, begin, "waits until it is no longer in use");
}

static void called(struct task *t, enum verdict v)
{
    struct str error = call_error(t);
    if (v == VERDICT_OK || v == VERDICT_GONE) {
        deleted(t, v);
    } else if (v == VERDICT_BUSY) {
        if (t->busy_tries == HOLDERS_AT)
            holders_begin(t, wait_busy);
        else
            wait_busy(t);
    } else if (v == VERDICT_UNKNOWN) {
        t->judge = resend;
        t->sent = true;
        if (t->r->stop)
            task_cancel(t, STR("interrupted; the next apply looks whether it took effect"));
        else
            task_wake(t, world_now(t->r->c->world) + task_scaled(t, STEP_PAUSE), look);
    } else if (call_outcome(t, NULL, &error)) {
        task_fail_answer(t, &t->call.result, resource_operation(t->call.step));
    }
}

static void advance(struct task *t)
{
    const struct rstep *s;
    const struct state_meta *m = state_meta(t->r->c->state);
    for (; (s = rtype_step(t->type, STEP_DELETE, t->step)); t->step++, t->request = 0) {
        struct resource_fault f = { 0 };
        struct resource_view view = task_view(t);
        struct str name = call_name(t->r, s, t->request), origin = t->rec.origin.n ? t->rec.origin : t->addr;
        view.token = resource_token(t->r->a, m->lineage, m->salt, origin, t->rec.generation, name, STR("delete"));
        t->nrequests = resource_requests(t->r->a, t->r->c->models, s, &view, &t->requests, &f);
        if (f.problem.n) {
            task_fail_fault(t, &f);
            return;
        }
        if (t->request < t->nrequests) {
            call_begin(t, s, t->requests[t->request], name, "delete", view.token, called);
            return;
        }
    }
    poll_begin(t, t->op->usual);
    task_state(t, OP_POLLING, resource_name(t->r->a, t->type, t->inputs, t->outs));
    look(t);
}

/* ---- what an open intent may have made ---- */

static void retire(struct task *t)
{
    retire_begin(t, begin);
}

static void doubted(struct task *t, enum doubt d)
{
    struct str error = STR("it was not made");
    if (d == DOUBT_OPEN) {
        task_fail_unknown(t, t->call.name);
    } else if (d == DOUBT_OURS) {
        ready_fields(t, t->found_fields);
        if (call_outcome(t, &t->rec, NULL))
            keep_begin(t, retire);
    } else if (call_outcome(t, NULL, &error)) {
        gone(t);
    }
}

/* Its creation was begun, and nobody knows what came of it. AWS makes no relation without what it stands on, and that goes too. */
static void never_seen(struct task *t, const struct record *had)
{
    const struct intent *in = doubt_intent(t->r, had);
    const struct rstep *first = rtype_step(t->type, STEP_CREATE, 0);
    if (!in || !first) {
        gone(t);
        return;
    }
    call_resume(t, in, first, NULL);
    t->inputs = in->inputs ? in->inputs : t->inputs;
    doubt_begin(t, find_class(t->type) != FIND_RELATION, doubted);
}

void delete_start(struct task *t)
{
    struct run *r = t->r;
    const struct record *had = state_get_old(r->c->state, t->addr, t->generation);
    if (!had) {
        task_done(t);
        return;
    }
    t->rec = *had;
    t->inputs = had->inputs ? had->inputs : had->pending ? had->pending : &value_empty_object;
    t->outs = had->outs ? had->outs : &value_empty_object;
    t->usual = t->op->usual;
    t->owner_tags = resource_owner_tags(r->a, state_meta(r->c->state)->lineage, had->origin.n ? had->origin : t->addr, had->generation, had->token);
    if (!task_enter_lane(t))
        return;
    poll_begin(t, t->op->usual);
    if (resource_identity(r->a, t->type, t->inputs, t->outs) && (had->ndone || had->status != STATUS_CREATING || !doubt_intent(r, had)))
        keep_begin(t, retire);
    else
        never_seen(t, had);
}
