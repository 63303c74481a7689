/* delete.c - deleting an object: its delete steps in order, each content when the thing is gone already; then reads until AWS
 * does not show it any more. Only then the record goes. Absence is not deletion: of an object younger than AWS needs to show it
 * everywhere, "not there" is doubted; it counts after several reads apart, and when one shows the object, its deletion starts again. */
#include "room.h"

enum { YOUNG = 5 * 60000, ABSENT_READS = 3, ABSENT_TIME = 20000, STEP_PAUSE = 3000 };

static void advance(struct task *t);
static void look(struct task *t);

static void gone(struct task *t)
{
    struct run *r = t->r;
    if (!state_drop(r->c->state, t->addr, t->generation)) {
        run_stop(r, STOP_STATE, state_problem(r->c->state));
        task_cancel(t, STR("the state could not be written"));
        return;
    }
    if (t->call.op_id.n)
        state_learn(r->c->state, t->type->name, STR("delete"), (world_now(r->c->world) - t->call.began) * r->scale);
    task_done(t);
}

static void again(struct task *t)
{
    t->step = t->request = 0;
    advance(t);
}

static void not_shown(struct task *t)
{
    bool long_enough = world_now(t->r->c->world) - t->poll_since >= task_scaled(t, ABSENT_TIME);
    t->absent++;
    if (t->doubted && !(t->absent >= ABSENT_READS && long_enough))
        poll_again(t, look);
    else
        gone(t);
}

static void seen(struct task *t, enum read_state res)
{
    struct str why;
    if (res == READ_UNREAD) {
        read_retry(t, look);
        return;
    }
    if (res == READ_GONE) {
        not_shown(t);
        return;
    }
    t->absent = 0;
    if (t->doubted) {
        t->doubted = false;
        poll_again(t, again);
        return;
    }
    struct resource_view view = task_view(t);
    bool failed = resource_ready(t->r->a, &view, &why) == READY_FAILED;
    t->call.negatives = failed ? t->call.negatives + 1 : 0;
    if (t->call.negatives >= 3)
        task_fail(t, DIAG_E0705, task_span(t), str_fmt(t->r->a, "AWS could not delete it: %.*s", STR_ARG(why)), STR("remove the cause and run it again"));
    else
        poll_again(t, look);
}

static void look(struct task *t)
{
    read_begin(t, seen);
}

static bool young(const struct task *t)
{
    return world_wall(t->r->c->world) - t->rec.created_ms < task_scaled(t, YOUNG);
}

static void called(struct task *t, enum verdict v)
{
    if (v == VERDICT_OK || v == VERDICT_GONE) {
        t->rec.status = STATUS_DELETING;
        if (!call_outcome(t, &t->rec, NULL))
            return;
        if (v == VERDICT_GONE && young(t)) {
            t->doubted = true;
            if (rtype_step(t->type, STEP_DELETE, t->step + 1) && t->absent < ABSENT_READS) {   /* what follows needs it done */
                t->absent++;
                task_wake(t, world_now(t->r->c->world) + task_scaled(t, STEP_PAUSE * t->absent), advance);
                return;
            }
        }
        t->absent = 0;
        t->request++;
        advance(t);
        return;
    }
    if (v != VERDICT_UNKNOWN) {
        struct str error = call_error(t);
        if (!call_outcome(t, NULL, &error))
            return;
    }
    task_fail_aws(t, &t->call.result, resource_operation(t->call.step));
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
    if (had->region.n)
        t->region = had->region;
    if (!resource_identity(r->a, t->type, t->inputs, t->outs)) {
        gone(t);                                           /* begun and never made: recovery has looked */
        return;
    }
    if (!task_enter_lane(t))
        return;
    t->owner_tags = resource_owner_tags(r->a, state_meta(r->c->state)->lineage, had->origin.n ? had->origin : t->addr, had->generation, had->token);
    task_state(t, OP_RUNNING, resource_name(r->a, t->type, t->inputs, t->outs));
    advance(t);
}
