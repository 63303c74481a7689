/* recover.c - intents that an earlier run left without outcome (docs/design.md, Recovery): what one look settles is settled before anything is
 * planned, side by side. Nothing is sent but questions, and nothing is waited for.
 *
 *   create, found        taken
 *   create, not found    perhaps AWS does not show it yet, or the request is still on its way: the intent stays open, the record says that its
 *                        creation was begun, and the operation that goes on with it (create.c) or deletes it (delete.c) finishes the looking
 *   create, the lookup failed      the same
 *   update               the record says that it was being updated, to what; the plan reads it
 *   act                  the record owes it; the plan looks whether it shows
 *   delete, later steps of a create          the plan looks at the object itself
 * With a state open for reading only (a plan) the answers stay in memory. */
#include "room.h"

static void close_without(struct task *t, const char *what)
{
    struct str error = str_of(what);
    if (!call_outcome(t, NULL, &error))
        return;
    run_note(t->r, str_fmt(t->r->a, "%.*s: %.*s was interrupted: %s", STR_ARG(t->addr), STR_ARG(t->call.name), what));
    task_done(t);
}

static void take(struct task *t, const struct value *fields)
{
    ready_fields(t, fields);
    record_done(t, t->call.name);
    if (!call_outcome(t, &t->rec, NULL))
        return;
    struct str name = resource_name(t->r->a, t->type, t->inputs, t->outs);
    run_note(t->r, str_fmt(t->r->a, "%.*s: %.*s was interrupted after AWS had made %.*s: taken", STR_ARG(t->addr), STR_ARG(t->call.name), STR_ARG(name)));
    task_done(t);
}

/* An update of something made: whether it took effect is for the plan to read, but that kc wrote it is remembered. */
static void updated(struct task *t)
{
    const struct record *had = state_get_old(t->r->c->state, t->addr, t->generation);
    struct str error = STR("interrupted; what it wrote is read before anything else is written");
    if (!had || had->status == STATUS_CREATING || had->status == STATUS_DELETING) {
        close_without(t, "the plan looks at the object itself");
        return;
    }
    t->rec = *had;
    t->rec.status = STATUS_UPDATING;
    t->rec.pending = t->inputs;
    if (call_outcome(t, &t->rec, &error))
        task_done(t);
}

/* Something done to an object: whether it was is for the plan to see, and until then it is owed. */
static void acted(struct task *t)
{
    const struct record *had = state_get_old(t->r->c->state, t->addr, t->generation);
    struct str error = STR("interrupted; what AWS shows of it is read before it is sent again");
    if (!had) {
        close_without(t, "the plan looks at the object itself");
        return;
    }
    t->rec = *had;
    act_owe(t, t->call.name);
    if (call_outcome(t, &t->rec, &error))
        task_done(t);
}

/* The intent stays open; the record tells the plan that there may be something. */
static void leave_open(struct task *t)
{
    run_note(t->r, str_fmt(t->r->a, "%.*s: %.*s was interrupted, and whether it took effect is not known yet", STR_ARG(t->addr), STR_ARG(t->call.name)));
    if (state_get_old(t->r->c->state, t->addr, t->generation) || task_put(t))
        task_done(t);
}

static void looked(struct task *t, enum find_result f)
{
    if (f == FIND_OURS)
        take(t, t->found_fields);
    else if (t->r->stop)
        task_cancel(t, STR("interrupted"));
    else
        leave_open(t);
}

static const struct rstep *step_named(const struct rtype *t, struct str op)
{
    const struct rstep *s;
    for (size_t i = 0; (s = rtype_step(t, STEP_CREATE, i)); i++) {
        if (str_eq(resource_operation(s), op))
            return s;
    }
    return NULL;
}

static void resolve(struct task *t)
{
    const struct rstep *first = t->type ? rtype_step(t->type, STEP_CREATE, 0) : NULL;
    if (str_is(t->call.verb, "update") && t->type)
        updated(t);
    else if (str_is(t->call.verb, "act"))
        acted(t);
    else if (!t->rec.addr.n || (first && (t->call.step != first || !str_eq(t->call.name, call_name(t->r, first, 0)))))
        close_without(t, "the plan looks at the object itself");
    else if (!first)
        task_fail(t, DIAG_E0608, SPAN_NONE, str_fmt(t->r->a, "the resource type %.*s of an interrupted operation is not known", STR_ARG(t->rec.type)),
                  plan_type_help(t->r->a, t->rec.type));
    else
        find_begin(t, looked);
}

static void setup(struct run *r, struct task *t, const struct intent *in)
{
    struct plan_op *op = ARENA_NEW(r->a, struct plan_op);
    *op = (struct plan_op){ .kind = OP_CREATE, .generation = in->generation, .usual = 1000 };
    t->r = r;
    t->op = op;
    t->kind = OP_CREATE;
    t->generation = in->generation;
    t->report = ARENA_NEW(r->a, struct op_report);
    t->addr = in->addr;
    t->provider = in->provider;
    t->type = r->c->type ? r->c->type(r->c->user, in->type) : NULL;
    t->inputs = in->inputs ? in->inputs : &value_empty_object;
    t->outs = &value_empty_object;
    if (in->record) {
        t->rec = *in->record;
        t->outs = in->record->outs ? in->record->outs : &value_empty_object;
        struct str origin = t->rec.origin.n ? t->rec.origin : t->addr;
        t->owner_tags = resource_owner_tags(r->a, state_meta(r->c->state)->lineage, origin, in->generation, t->rec.token);
    }
    call_resume(t, in, t->type ? step_named(t->type, in->operation) : NULL, NULL);
    heap_push(&r->ready, 0, in->op_id, t);
}

static void release(struct run *r)
{
    heap_fini(&r->ready);
    heap_fini(&r->timers);
    vec_fini(&r->queue);
    vec_fini(&r->ends);
}

static bool judge(struct run *r, int *exit_code, struct str *why)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct task *t = &r->tasks[i];
        if (t->ended && t->report->state == OP_DONE)
            continue;
        *exit_code = r->stop == STOP_SIGNAL ? 130 : r->stop == STOP_CREDENTIALS ? 5 : 1;
        *why = r->stop && r->stopped.n ? r->stopped
                                       : str_fmt(r->a, "%.*s: what an interrupted %.*s did cannot be found out: %.*s", STR_ARG(t->addr), STR_ARG(t->call.name), STR_ARG(t->report->detail));
        return false;
    }
    return true;
}

bool engine_recover(struct engine_context *c, struct arena *a, int *exit_code, struct str *why)
{
    const struct intent **in;
    size_t n = state_intents(c->state, a, &in);
    *exit_code = 0;
    *why = STR_NONE;
    if (!n)
        return true;
    struct run r = { .c = c, .a = a, .n = n, .first = resolve };
    r.start = r.next_tick = world_now(c->world);
    r.signals = world_signals(c->world);
    r.scale = callers_wait_scale(c->callers);
    r.reader = reader_new(c->world, c->callers, c->models, c->state, a);
    r.tasks = ARENA_ARRAY(a, struct task, n);
    for (size_t i = 0; i < n; i++)
        setup(&r, &r.tasks[i], in[i]);
    run_loop(&r);
    bool ok = judge(&r, exit_code, why);
    release(&r);
    return ok;
}
