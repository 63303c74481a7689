/* retire.c - what comes before a deletion: what serves in its place from then on is read once more, and must be there and ready, else nothing is
 * taken away and the plan is made again; then the type's retire steps, so that it takes no new work while it goes. */
#include "room.h"

enum { TRIES = 3, GAP = 3000 };

static void probe_look(struct task *p);

static void not_in_place(struct task *p, struct str what)
{
    struct task *t = p->probe_of;
    p->ended = true;
    task_fail(t, DIAG_E0707, task_span(t), str_fmt(t->r->a, "what takes its place is %.*s; nothing was deleted", STR_ARG(what)),
              STR("run plan again and look at what it says"));
}

static void retire(struct task *t);

static void probe_seen(struct task *p, enum read_state r)
{
    struct str why = STR_NONE;
    if (r == READ_UNREAD) {
        read_retry(p, probe_look);
        return;
    }
    struct resource_view view = task_view(p);
    enum readiness ready = r == READ_HERE ? resource_ready(p->r->a, &view, &why) : READY_NOT_YET;
    if (r == READ_HERE && ready == READY) {
        p->ended = true;
        retire(p->probe_of);
    } else if (r != READ_FOREIGN && r != READ_TAKEN && ++p->absent < TRIES) {
        task_wake(p, world_now(p->r->c->world) + task_scaled(p, GAP), probe_look);
    } else {
        not_in_place(p, r != READ_HERE ? STR("not there any more") : why.n ? str_fmt(p->r->a, "not ready: %.*s", STR_ARG(why)) : STR("not ready"));
    }
}

static void probe_look(struct task *p)
{
    read_begin(p, probe_seen);
}

/* ---- retire steps ---- */

static bool due(struct task *t, const struct rstep ***steps, size_t *n)
{
    const struct rstep *s, **v = ARENA_ARRAY(t->r->a, const struct rstep *, t->type->nsteps);
    *n = 0;
    for (size_t i = 0; !t->rec.retired && (s = rtype_step(t->type, STEP_RETIRE, i)); i++)
        v[(*n)++] = s;
    *steps = v;
    return true;
}

static void retired(struct task *t)
{
    t->rec.retired = true;
    t->rec.ndone = 0;
    t->step = t->request = 0;
    if (task_put(t))
        t->before_delete(t);
}

static void seen(struct task *t, enum read_state r);

static void look(struct task *t)
{
    read_begin(t, seen);
}

/* What is not there, is going, or never came up carries nothing that could be taken off it; delete.c sees the same. */
static void seen(struct task *t, enum read_state r)
{
    struct str why;
    struct resource_view view = task_view(t);
    enum readiness ready = r == READ_HERE ? resource_ready(t->r->a, &view, &why) : READY_LEAVING;
    if (r == READ_UNREAD)
        read_retry(t, look);
    else if (ready == READY || ready == READY_UNHEALTHY)
        steps_run(t, due, retired);
    else
        t->before_delete(t);
}

static void retire(struct task *t)
{
    if (t->rec.retired || !rtype_step(t->type, STEP_RETIRE, 0))
        t->before_delete(t);
    else
        look(t);
}

void retire_begin(struct task *t, task_then *then)
{
    const struct plan_item *instead = t->op->instead;
    t->before_delete = then;
    if (!instead) {
        retire(t);
        return;
    }
    const struct record *rec = state_get_old(t->r->c->state, instead->addr, t->op->serves);
    if (!rec || !resource_identity(t->r->a, instead->type, rec->inputs, rec->outs)) {
        task_fail(t, DIAG_E0707, task_span(t), STR("what was to take its place is not in the state; nothing was deleted"), STR("run plan again"));
        return;
    }
    probe_look(task_probe(t, instead->type, rec));
}
