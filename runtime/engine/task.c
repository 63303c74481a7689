/* task.c - the life of a task that all kinds share: starting, lanes, ending, and what its end means for those who wait for it. */
#include "room.h"
#include <assert.h>

struct span task_span(const struct task *t)
{
    return t->op->node ? t->op->node->span : SPAN_NONE;
}

int64_t task_scaled(const struct task *t, int64_t ms)
{
    int64_t x = ms / t->r->scale;
    return x > 0 ? x : 1;
}

void run_note(struct run *r, struct str text)
{
    if (r->c->events && r->c->events->note)
        r->c->events->note(r->c->events->user, text);
}

void task_tell(struct task *t)
{
    const struct engine_events *e = t->r->c->events;
    if (e && e->changed && t->r->p && !t->probe_of)
        e->changed(e->user, t->r->p, t->op->index, t->report);
}

void task_state(struct task *t, enum op_state state, struct str detail)
{
    t->report->state = state;
    t->report->detail = detail;
    if (!t->report->started && (state == OP_RUNNING || state == OP_POLLING))
        t->report->started = world_now(t->r->c->world);
    task_tell(t);
}

void task_wake(struct task *t, int64_t at, task_then *then)
{
    t->wake = at;
    t->on_wake = then;
    heap_push(&t->r->timers, at, t->addr, t);
}

struct resource_view task_view(struct task *t)
{
    return (struct resource_view){ .type = t->type, .inputs = t->inputs, .outs = t->outs, .live = t->live, .token = t->rec.token, .owner_tags = t->owner_tags,
                                   .generation = t->generation, .provider = t->provider, .made = t->made,
                                   .principal = callers_principal(t->r->c->callers, t->provider) };
}

struct task *task_probe(struct task *t, const struct rtype *type, const struct record *rec)
{
    struct task *p = ARENA_NEW(t->r->a, struct task);
    *p = (struct task){ .r = t->r, .op = t->op, .report = ARENA_NEW(t->r->a, struct op_report), .type = type, .addr = rec->addr, .kind = OP_READ,
                        .provider = rec->provider, .generation = rec->generation, .rec = *rec, .probe_of = t,
                        .inputs = rec->inputs ? rec->inputs : &value_empty_object, .outs = rec->outs ? rec->outs : &value_empty_object };
    return p;
}

/* ---- starting ---- */

static struct lane *lane_of(struct run *r, struct str key)
{
    struct lane *l = map_get(&r->lanes, key);
    if (!l) {
        l = ARENA_NEW(r->a, struct lane);
        map_put(&r->lanes, key, l);
    }
    return l;
}

bool task_enter_lane(struct task *t)
{
    if (t->lane || !t->op->lane.n)
        return true;
    struct lane *l = lane_of(t->r, t->op->lane);
    if (l->busy) {
        heap_push(&l->waiting, -t->op->rank, t->addr, t);
        task_state(t, OP_READY, STR("waits for its turn"));
        return false;
    }
    l->busy = true;
    t->lane = l;
    return true;
}

static void leave_lane(struct task *t)
{
    struct lane *l = t->lane;
    if (!l)
        return;
    t->lane = NULL;
    l->busy = false;
    struct task *next = heap_pop(&l->waiting, NULL);
    if (next)
        heap_push(&t->r->ready, -next->op->rank, next->addr, next);
}

static void gate_start(struct task *t)
{
    task_done(t);
}

/* "May replace" is decided by whichever operation of the pair starts first, now that the values are known. False: the task is over. */
static bool decide(struct task *t)
{
    struct run *r = t->r;
    const struct plan_item *item = t->op->item;
    struct resource_change *c;
    bool replaced = false;
    if (!item || !item->maybe || !item->record || !item->node || (t->kind != OP_CREATE && t->kind != OP_DELETE))
        return true;
    const char *was = map_get(&r->decided, t->addr);
    if (!was) {
        t->kept = true;
        t->generation = item->record->generation;
        if (!inputs_resolve(t))
            return false;
        size_t n = resource_diff(r->a, state_keys(r->c->state), t->type, t->inputs, item->record->inputs, item->observed, item->node->ignore,
                                 item->node->nignore, &c);
        for (size_t i = 0; i < n; i++)
            replaced = replaced || c[i].replace;
        was = replaced ? "y" : "n";
        map_put(&r->decided, t->addr, (void *)(uintptr_t)was);
    }
    t->kept = *was == 'n';
    t->generation = t->kept ? item->record->generation : t->op->generation;
    if (!t->kept)
        return true;
    if (t->kind == OP_CREATE)
        t->kind = OP_UPDATE;
    else
        task_done(t);
    return t->kind == OP_UPDATE;
}

void task_start(struct task *t)
{
    static task_then *const start[] = { [OP_CREATE] = create_start, [OP_UPDATE] = update_start, [OP_DELETE] = delete_start, [OP_READ] = lookup_start,
                                        [OP_ASSERT] = assert_start, [OP_GATE] = gate_start,     [OP_OUT] = out_start,       [OP_FORGET] = forget_start,
                                        [OP_MOVE] = move_start,     [OP_ADOPT] = adopt_start,   [OP_PROTECT] = protect_start, [OP_PIN] = pin_start,
                                        [OP_ACT] = act_start };
    if (t->r->first)
        t->r->first(t);
    else if (decide(t))
        start[t->kind](t);
}

/* ---- ending ---- */

static bool end(struct task *t, enum op_state state, struct str detail)
{
    if (t->ended)
        return false;
    t->ended = true;
    t->wake = 0;
    if (t->probe_of) {
        task_cancel(t->probe_of, detail);
        return false;
    }
    t->report->ended = world_now(t->r->c->world);
    if (!t->report->started)                               /* it took no call */
        t->report->started = t->report->ended;
    t->report->state = state;
    t->report->detail = detail;
    made_end(t);
    vec_add(&t->r->ends, t);                               /* told when what it did is durable */
    leave_lane(t);
    return true;
}

void task_done(struct task *t)
{
    assert(!t->probe_of);
    if (!end(t, OP_DONE, STR_NONE))
        return;
    for (size_t i = 0; i < t->nusers; i++) {
        struct task *u = t->users[i];
        if (--u->blockers == 0 && !u->ended) {
            u->report->state = OP_READY;
            heap_push(&t->r->ready, -u->op->rank, u->addr, u);
        }
    }
}

/* Marks everything that waits for t, however far, as skipped because of it. No recursion: chains may be long. */
static void skip_users(struct task *t)
{
    struct vec work = { 0 };
    struct task *x;
    vec_add(&work, t);
    while ((x = vec_pop(&work))) {
        for (size_t i = 0; i < x->nusers; i++) {
            struct task *u = x->users[i];
            if (u->ended)
                continue;
            u->report->because = t->op->index;
            end(u, OP_SKIPPED, str_fmt(t->r->a, "skipped because of %.*s", STR_ARG(t->addr)));
            vec_add(&work, u);
        }
    }
    vec_fini(&work);
}

void task_fail(struct task *t, enum diag_code code, struct span where, struct str detail, struct str help)
{
    struct run *r = t->r;
    if (t->ended)
        return;
    if (t->probe_of) {
        t->ended = true;
        task_fail(t->probe_of, code, where, detail, help);
        return;
    }
    t->report->code = code;
    t->report->where = where;
    t->report->help = help;
    r->replan = code == DIAG_E0707 && (r->failed == 0 || r->replan);
    r->failed++;
    if (r->c->fail_fast)
        r->halted = true;
    end(t, OP_FAILED, detail);
    skip_users(t);
}

void task_fail_fault(struct task *t, const struct resource_fault *f)
{
    task_fail(t, f->code, f->where.file ? f->where : task_span(t), f->problem, STR_NONE);
}

static struct str help_for(struct task *t, const struct answer *r, struct str operation)
{
    if (r->class == ANSWER_DENIED)
        return str_fmt(t->r->a, "the credentials in use may not call %.*s:%.*s here: allow that action, or use other credentials", STR_ARG(t->type->service), STR_ARG(operation));
    if (r->class == ANSWER_NOT_SENT)
        return STR("nothing was sent; check the network and the region, then run apply again: it goes on where this run stopped");
    if (r->class == ANSWER_UNKNOWN)
        return STR("whether it took effect is not known; run apply again: kc looks first, then does what is missing");
    return STR_NONE;
}

void task_fail_answer(struct task *t, const struct answer *r, struct str operation)
{
    enum diag_code code = r->class == ANSWER_NOT_SENT ? DIAG_E0710 : r->class == ANSWER_UNKNOWN ? DIAG_E0703 : r->class == ANSWER_CREDENTIALS ? DIAG_E0702 : DIAG_E0701;
    t->report->error_code = r->error.code;
    t->report->request_id = r->request_id.n ? r->request_id : r->error.request_id;
    t->report->operation = operation;
    struct str text = r->error.code.n ? str_fmt(t->r->a, "%.*s: %.*s: %.*s", STR_ARG(operation), STR_ARG(r->error.code), STR_ARG(r->error.message))
                                      : str_fmt(t->r->a, "%.*s: %.*s", STR_ARG(operation), STR_ARG(r->error.message));
    task_fail(t, code, task_span(t), text, help_for(t, r, operation));
}

void task_fail_unknown(struct task *t, struct str operation)
{
    const struct answer *last = t->read_result.error.message.n ? &t->read_result : &t->call.result;
    t->report->operation = operation;
    t->report->request_id = last->request_id;
    task_fail(t, DIAG_E0703, task_span(t),
              str_fmt(t->r->a, "%.*s: outcome unknown: no answer came, and what came of it could not be found out (%.*s)", STR_ARG(operation),
                      STR_ARG(last->error.message)),
              STR("nothing is made twice: run apply again when AWS answers, and kc looks first"));
}

void task_fail_foreign(struct task *t)
{
    const struct read_answer *w = &t->ask.answer;
    struct str name = resource_name(t->r->a, t->type, t->inputs, t->outs);
    if (w->state == READ_TAKEN) {
        task_fail(t, DIAG_E0706, task_span(t),
                  str_fmt(t->r->a, "%.*s bears another stack's mark now: %.*s", STR_ARG(name.n ? name : t->addr), STR_ARG(w->owner)),
                  STR("nothing was sent. Take that mark off if the object is yours"));
        return;
    }
    task_fail(t, DIAG_E0706, task_span(t),
              str_fmt(t->r->a, "%.*s is not the one that kc made: that is gone, and this one belongs to someone else", STR_ARG(name.n ? name : t->addr)),
              STR("nothing was sent. Give yours another name, delete the other one, or take it over with @adopt"));
}

void task_unready(struct task *t, struct str detail)
{
    assert(!t->probe_of);
    if (t->ended)
        return;
    if (t->rec.addr.n) {
        if (t->kind != OP_DELETE && t->kind != OP_ACT)
            t->rec.status = STATUS_UNREADY;
        if (!task_put(t))
            return;
    }
    t->r->unready++;
    t->report->code = DIAG_E0704;
    t->report->where = task_span(t);
    t->report->help = STR("nothing is lost: the next apply goes on waiting for it");
    end(t, OP_UNREADY, detail);
    skip_users(t);
}

void task_kept(struct task *t, struct str detail)
{
    assert(!t->probe_of);
    if (end(t, OP_KEPT, detail))
        skip_users(t);
}

void task_unwell(struct task *t)
{
    t->r->unready++;
    t->report->code = DIAG_E0704;
    t->report->where = task_span(t);
    t->report->help = STR("kc leaves it as it is: remove the cause; the next apply goes on with what waits for it");
    end(t, OP_UNREADY, str_fmt(t->r->a, "made, and not well: %.*s", STR_ARG(t->unwell)));
    skip_users(t);
}

void task_cancel(struct task *t, struct str detail)
{
    end(t, OP_CANCELLED, detail);
}

void task_interrupted(struct task *t)
{
    struct run *r = t->r;
    bool made = t->rec.addr.n && t->rec.status == STATUS_CREATING && t->rec.ndone;
    bool goes = t->kind == OP_DELETE && t->rec.status == STATUS_DELETING;
    if (made)
        task_unready(t, STR("interrupted while AWS was at work on it"));
    else if (goes)
        task_cancel(t, str_fmt(r->a, "interrupted: AWS is still deleting %.*s", STR_ARG(resource_name(r->a, t->type, t->inputs, t->outs))));
    else
        task_cancel(t, STR("interrupted"));
    if (goes)
        run_note(r, str_fmt(r->a, "%.*s: AWS is still deleting it", STR_ARG(t->addr)));
}

/* ---- records ---- */

void task_take_uid(struct task *t)
{
    const struct read_answer *w = &t->ask.answer;
    bool ours = t->kind == OP_CREATE || !t->type->tags.n || w->mark == MARKED_THIS;
    if (w->uid.n && ours)
        t->rec.uid = w->uid;
}

void task_unwritten(struct task *t)
{
    run_stop(t->r, STOP_STATE, state_problem(t->r->c->state));
    task_cancel(t, STR("the state could not be written"));
}

bool task_put(struct task *t)
{
    int64_t now = world_wall(t->r->c->world);
    t->rec.changed_ms = now > t->rec.changed_ms ? now : t->rec.changed_ms + 1;
    if (state_put(t->r->c->state, &t->rec))
        return true;
    task_unwritten(t);
    return false;
}
