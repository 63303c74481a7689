/* act.c - what is done to an object besides making and changing it. The object is read right before: what is under way already is waited for and
 * looked at again, what nothing asks for any more is left out, with a note. It is sent once in a run: when AWS shows afterwards that it would be
 * due still, a note says so. Until it was seen done the record owes it, so that what was killed in between is looked at by the next plan. */
#include "room.h"

enum { LOOKS = 3, PAUSE = 2000 };                          /* reads that show nothing before that is believed: AWS may be late */

static void look(struct task *t);

static const struct rstep *act(const struct task *t)
{
    return t->op->act->step;
}

/* ---- what the record owes ---- */

void act_owe(struct task *t, struct str name)
{
    struct str *v = ARENA_ARRAY(t->r->a, struct str, t->rec.nowes + 1);
    for (size_t i = 0; i < t->rec.nowes; i++) {
        if (str_eq(t->rec.owes[i], name))
            return;
        v[i] = t->rec.owes[i];
    }
    v[t->rec.nowes++] = name;
    t->rec.owes = v;
}

void act_owe_all(struct task *t)
{
    const struct plan_item *p = t->op->item;
    t->rec.nowes = 0;
    for (size_t i = 0; p && i < p->nacts; i++) {
        if (p->acts[i].owed)
            act_owe(t, p->acts[i].step->called);
    }
}

static bool owes(const struct task *t)
{
    for (size_t i = 0; i < t->rec.nowes; i++) {
        if (str_eq(t->rec.owes[i], act(t)->called))
            return true;
    }
    return false;
}

static void settle(struct task *t)
{
    struct str *v = ARENA_ARRAY(t->r->a, struct str, t->rec.nowes);
    size_t n = 0;
    for (size_t i = 0; i < t->rec.nowes; i++) {
        if (!str_eq(t->rec.owes[i], act(t)->called))
            v[n++] = t->rec.owes[i];
    }
    t->rec.owes = v;
    t->rec.nowes = n;
}

/* ---- the end ---- */

/* A moment later: what AWS shows may be late. */
static void look_soon(struct task *t)
{
    if (t->r->stop)
        task_cancel(t, STR("interrupted"));
    else
        task_wake(t, world_now(t->r->c->world) + task_scaled(t, PAUSE * t->looks), look);
}

static void finish(struct task *t)
{
    if (t->acted && t->report->attempts == 1)
        state_learn(t->r->c->state, t->type->name, str_fmt(t->r->a, "act %.*s", STR_ARG(act(t)->called)), (world_now(t->r->c->world) - t->call.began) * t->r->scale);
    settle(t);
    t->rec.outs = t->outs;
    if (task_put(t))
        task_done(t);
}

static void note(struct task *t, const char *text, struct str more)
{
    run_note(t->r, str_fmt(t->r->a, "%.*s: %.*s: %s%.*s", STR_ARG(t->addr), STR_ARG(act(t)->called), text, STR_ARG(more)));
}

/* It was sent, and what it is due for holds all the same. AWS may be late to show what it did. */
static void still_due(struct task *t, const struct resource_view *v)
{
    struct str why = resource_words(t->r->a, v, act(t)->reason);
    if (++t->looks < LOOKS) {
        look_soon(t);
        return;
    }
    note(t, "it was done, and is due still; once is enough for a run", why.n ? str_fmt(t->r->a, ": %.*s", STR_ARG(why)) : STR_NONE);
    finish(t);
}

/* ---- the call ---- */

static void accepted(struct task *t)
{
    t->acted = true;
    t->looks = 0;
    t->waited = act(t)->wait.op.n != 0;
    if (t->waited || act(t)->running || act(t)->due)
        act_owe(t, act(t)->called);
    else
        settle(t);                                         /* nothing more will be seen of it */
    if (call_outcome(t, &t->rec, NULL))
        steps_wait(t, look);
}

static void called(struct task *t, enum verdict v)
{
    struct str error = call_error(t);
    if (v == VERDICT_OK) {
        accepted(t);
    } else if (v == VERDICT_BUSY) {
        call_wait_busy(t, look, "waits until it is no longer in use");
    } else if (v == VERDICT_UNKNOWN) {
        t->looks = 0;
        look(t);
    } else if (call_outcome(t, NULL, &error)) {
        task_fail_answer(t, &t->call.result, resource_operation(act(t)));
    }
}

static bool is_open(const struct task *t)
{
    return t->call.op_id.n && t->call.result.class == ANSWER_UNKNOWN && !t->acted;
}

/* A call without an answer, of which nothing shows: not done, as far as reads can tell. */
static bool close_open(struct task *t)
{
    struct str error = STR("no answer came, and AWS does not show it");
    if (t->call.unknowns < UNKNOWN_TRIES)
        return call_outcome(t, NULL, &error);
    task_fail_unknown(t, t->call.name);
    return false;
}

static void send(struct task *t)
{
    struct resource_fault f = { 0 };
    struct resource_view view = task_view(t);
    const struct state_meta *m = state_meta(t->r->c->state);
    const struct value *request;
    struct str step = str_fmt(t->r->a, "%.*s@%lld", STR_ARG(act(t)->called), (long long)t->rec.changed_ms);
    view.token = resource_token(t->r->a, m->lineage, m->salt, t->rec.origin.n ? t->rec.origin : t->addr, t->rec.generation, step, STR("act"));
    request = resource_request(t->r->a, t->r->c->models, act(t), &view, &f);
    if (!request)
        task_fail_fault(t, &f);
    else if (!is_open(t) || close_open(t))
        call_begin(t, act(t), request, act(t)->called, "act", view.token, called);
}

/* ---- what AWS shows ---- */

/* Its own `wait` tells how it ends, if it can be asked without the reply of the call that began it. */
static bool can_wait(const struct task *t)
{
    const struct rwait *w = &act(t)->wait;
    const struct term *terms[] = { w->send, w->until, w->failed, w->why };
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        if (terms[i] && term_uses_param(terms[i], STR("sent")))
            return false;
    }
    return w->op.n && !t->waited;
}

static void under_way(struct task *t)
{
    bool mine = t->acted;
    if (is_open(t)) {
        t->acted = mine = true;
        if (!call_outcome(t, &t->rec, NULL))
            return;
    }
    if (!mine && !t->told_running) {
        t->told_running = true;
        note(t, "it is under way already: kc waits for it", STR_NONE);
    }
    t->looks = 0;
    t->report->detail = act(t)->called;
    if (can_wait(t)) {
        t->waited = true;
        t->call.step = act(t);
        t->call.name = act(t)->called;
        t->call.result = (struct answer){ .class = ANSWER_OK };
        steps_wait(t, look);
    } else {
        poll_again(t, look);
    }
}

/* An earlier run may have sent it a moment ago, or this one without an answer: what does not show yet is looked for again before it is sent. */
static bool may_be_late(struct task *t)
{
    bool sent = is_open(t) || (owes(t) && t->op->item->action == ACTION_ACT);
    return sent && (act(t)->running || act(t)->due) && ++t->looks < LOOKS;
}

static void decide(struct task *t)
{
    struct resource_view v = task_view(t);
    bool known, due = resource_tells(t->r->a, &v, act(t)->due, &known);
    if (resource_tells(t->r->a, &v, act(t)->running, NULL)) {
        under_way(t);
    } else if (t->acted && known && due) {
        still_due(t, &v);
    } else if (t->acted) {
        finish(t);
    } else if (known ? due : t->op->act->owed) {
        if (may_be_late(t))
            look_soon(t);
        else
            send(t);
    } else {
        if (!t->told_running)
            note(t, "nothing asks for it any more", STR_NONE);
        if (!is_open(t) || call_outcome(t, &t->rec, NULL))
            finish(t);
    }
}

static void seen(struct task *t, enum read_state r)
{
    if (r == READ_UNREAD)
        read_retry(t, look);
    else if (r == READ_FOREIGN || r == READ_TAKEN)
        task_fail_foreign(t);
    else if (r == READ_GONE)
        ready_vanished(t, look);
    else
        decide(t);
}

static void look(struct task *t)
{
    read_begin(t, seen);
}

void act_start(struct task *t)
{
    const struct record *had = state_get_old(t->r->c->state, t->addr, t->generation);
    if (!inputs_resolve(t) || !task_enter_lane(t))
        return;
    if (!had) {
        task_fail(t, DIAG_E0707, task_span(t), STR("its record has gone from the state since the plan was made"), STR("run plan again and look at what it says"));
        return;
    }
    task_record(t, had);
    t->rec.pending = had->pending;
    poll_begin(t, t->op->usual);
    task_state(t, OP_RUNNING, STR_NONE);
    look(t);
}
