/* ready.c - from "the calls were made" to "done": read, poll until the type says ready, make what the create could not carry, record.
 * An object that never becomes ready in time is left as it is (UNREADY): the next apply goes on waiting, nothing is made anew. */
#include "room.h"

enum { ABSENCES = 3, UNWELL = 3, EARLY = 30000 };

static void look(struct task *t);

static void learn(struct task *t)
{
    int64_t took = world_now(t->r->c->world) - t->call.began;
    if (!t->resumed && t->call.op_id.n && t->report->attempts <= t->rec.ndone + 1)
        state_learn(t->r->c->state, t->type->name, t->kind == OP_UPDATE ? STR("update") : STR("create"), took * t->r->scale);
}

/* A successor serves from its first ready: while it is not well its former does. */
static bool stands_alone(const struct task *t)
{
    const struct record *now = state_get(t->r->c->state, t->addr);
    return !now || now->generation == t->generation || !now->serves;
}

static void record(struct task *t)
{
    if (t->rec.nunmade) {                                  /* found after a crash, and nothing but another object can make it anew */
        made_lost(t, STR("what it was made with is not known: the run that made it was cut off"));
        return;
    }
    if (value_has_secret(t->outs))
        map_put(&t->r->results, t->addr, (void *)(uintptr_t)t->outs);
    t->rec.inputs = seal_recorded(t);
    t->rec.pending = NULL;
    t->rec.outs = t->outs;
    t->rec.status = STATUS_READY;
    t->rec.retired = false;
    t->rec.serves = !t->unwell.n || stands_alone(t);
    t->rec.ndone = 0;
    act_owe_all(t);
    if (!task_put(t))
        return;
    learn(t);
    if (t->unwell.n)
        task_unwell(t);
    else
        task_done(t);
}

static void object_failed(struct task *t, struct str why)
{
    t->rec.status = STATUS_FAILED;
    t->rec.outs = t->outs;
    if (task_put(t))
        task_fail(t, DIAG_E0705, task_span(t), str_fmt(t->r->a, "AWS made it, but it failed: %.*s", STR_ARG(why)),
                  STR("remove the cause; the next plan replaces it"));
}

/* What the file wants now and an earlier run's object does not show, of what can change in place: the changes, and the steps that write them. */
static size_t differs(struct task *t, struct resource_change **c, const struct rstep ***steps, size_t *n)
{
    struct run *r = t->r;
    const struct node *node = t->op->node;
    struct str orphan;
    size_t kept = 0, all = resource_diff(r->a, state_keys(r->c->state), t->type, t->inputs, t->had_pending ? t->had_pending : t->had_inputs, t->observed,
                                         node ? node->ignore : NULL, node ? node->nignore : 0, c);
    for (size_t i = 0; i < all; i++) {
        if (!(*c)[i].replace)
            (*c)[kept++] = (*c)[i];
    }
    return kept && resource_updates(r->a, state_keys(r->c->state), t->type, *c, kept, steps, n, &orphan) ? kept : 0;
}

static bool among(const struct rstep *const *v, size_t n, const struct rstep *s)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i] == s)
            return true;
    }
    return false;
}

/* What the create could not carry, and of a resumed one what differs besides. */
static bool missing(struct task *t, const struct rstep ***steps, size_t *n)
{
    struct run *r = t->r;
    const struct rstep **lacking, **differing, **making, *s;
    const struct value *fields;
    struct resource_change *c = NULL, *made;
    struct str orphan;
    size_t nmade = 0, ndiffering = 0, nlacking = resource_completes(r->a, r->c->models, t->type, t->inputs, t->observed, &lacking, &fields);
    size_t nchanges = t->resumed ? differs(t, &c, &differing, &ndiffering) : 0;
    size_t nanew = made_changes(t, &made);
    if (nanew)
        resource_updates(r->a, NULL, t->type, made, nanew, &making, &nmade, &orphan);
    steps_changed(t, c, nchanges, fields);
    *steps = ARENA_ARRAY(r->a, const struct rstep *, t->type->nsteps);
    *n = 0;
    for (size_t i = 0; (s = rtype_step(t->type, STEP_UPDATE, i)); i++) {
        if (among(lacking, nlacking, s) || (nchanges && among(differing, ndiffering, s)) || (nmade && among(making, nmade, s)))
            (*steps)[(*n)++] = s;
    }
    return true;
}

static void complete(struct task *t)
{
    const struct rstep **steps;
    size_t n = 0;
    if (!t->completed && t->kind == OP_CREATE)
        missing(t, &steps, &n);
    t->completed = true;
    if (n)
        steps_run(t, missing, look);
    else
        record(t);
}

/* Not ready, though it should be: perhaps it waits for what only comes after the create (an attachment). */
static bool complete_early(struct task *t)
{
    const struct rstep **steps;
    size_t n;
    int64_t waited = world_now(t->r->c->world) - t->poll_since;
    if (t->tried_early || t->completed || t->kind != OP_CREATE || waited < task_scaled(t, t->usual * 2 + EARLY))
        return false;
    t->tried_early = true;
    missing(t, &steps, &n);
    if (!n)
        return false;
    steps_run(t, missing, look);
    return true;
}

/* AWS may not show yet what was made a short while ago. */
bool ready_young(const struct task *t)
{
    bool made_now = t->kind == OP_CREATE && world_now(t->r->c->world) - t->poll_since < read_visible(t->type, t->r->scale);
    return made_now || read_young(t->type, &t->rec, world_wall(t->r->c->world), t->r->scale);
}

void ready_vanished(struct task *t, task_then *then)
{
    t->absent++;
    if (ready_young(t) || t->absent < ABSENCES) {
        t->report->detail = STR("AWS does not show it yet");
        poll_again(t, then);
        return;
    }
    task_fail(t, DIAG_E0711, task_span(t), STR("it was made, and AWS does not show it any more"), STR("was it deleted by someone else? plan again to make it anew"));
}

/* AWS shows what it held before for a while; then it is somebody else's, or an earlier attempt's that came late. */
static void another(struct task *t)
{
    if (world_now(t->r->c->world) - t->call.began < read_visible(t->type, t->r->scale)) {
        t->report->detail = STR("AWS does not show yet what was just made");
        poll_again(t, look);
    } else {
        made_lost(t, STR("AWS holds another one than was just made: somebody else wrote it, or an earlier attempt came late"));
    }
}

static void seen(struct task *t, enum read_state r)
{
    struct str why;
    if (r == READ_UNREAD) {
        read_retry(t, look);
        return;
    }
    if (r == READ_FOREIGN || r == READ_TAKEN) {
        task_fail_foreign(t);
        return;
    }
    if (r == READ_GONE) {
        ready_vanished(t, look);
        return;
    }
    t->absent = 0;
    task_take_uid(t);
    if (made_is_another(t)) {
        another(t);
        return;
    }
    struct resource_view view = task_view(t);
    enum readiness ready = resource_ready(t->r->a, &view, &why);
    t->report->detail = resource_name(t->r->a, t->type, t->inputs, t->outs);
    t->unwell_reads = ready == READY_UNHEALTHY ? t->unwell_reads + 1 : 0;
    t->unwell = t->unwell_reads >= UNWELL ? why : STR_NONE;
    if (ready == READY || t->unwell.n)
        complete(t);
    else if (ready == READY_FAILED)
        object_failed(t, why);
    else if (ready == READY_LEAVING)
        task_fail(t, DIAG_E0711, task_span(t), STR("somebody is deleting it"), STR("plan again when it is gone, to make it anew"));
    else if (!complete_early(t))
        poll_again(t, look);
}

static void look(struct task *t)
{
    read_begin(t, seen);
}

void ready_begin(struct task *t)
{
    task_state(t, OP_POLLING, resource_name(t->r->a, t->type, t->inputs, t->outs));
    look(t);
}
