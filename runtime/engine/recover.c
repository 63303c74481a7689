/* recover.c - intents that an earlier run left without outcome (docs/design.md, Recovery), resolved before anything is planned. Side by side.
 *
 *   create by token      found: taken. Not found: the same request once more, with the same token: AWS makes it at most once
 *   create by name       found and ours: taken. Else it was not made; the name keeps a late one from becoming a second
 *   create by tag        found: taken. Not found three times over 330 s: no request can be under way any more, so it was not made
 *   create of a relation found: taken. Else it was not made
 *   update, delete, later steps   the plan looks at the object itself; nothing to find
 * With a state open for reading only (a plan), nothing is sent but questions, and the answers stay in memory. */
#include "room.h"

enum { NEGATIVE_READS = 3, NEGATIVE_GAP = 20000, GHOST_LIFE = 330000, ERRORS = 6 };

static void looked(struct task *t, enum find_result f);

static void look(struct task *t)
{
    find_begin(t, looked);
}

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

static void resent(struct task *t, enum verdict v)
{
    struct resource_fault f = { 0 };
    struct resource_view view = task_view(t);
    view.reply = t->call.result.reply;
    const struct value *fields = v == VERDICT_OK ? resource_absorb(t->r->a, t->call.step, &view, &f) : NULL;
    if (fields)
        take(t, fields);
    else if (v == VERDICT_OK)
        task_fail_fault(t, &f);
    else if (v == VERDICT_UNKNOWN)
        task_fail_aws(t, &t->call.result, t->call.name);
    else if (v == VERDICT_EXISTS && t->found_fields)
        take(t, t->found_fields);
    else
        close_without(t, "it was not made");
}

static void not_found(struct task *t)
{
    struct run *r = t->r;
    int64_t age = world_wall(r->c->world) - t->call.intent_wall, ghost = task_scaled(t, GHOST_LIFE), gap = task_scaled(t, NEGATIVE_GAP);
    bool token = find_class(t->type) == FIND_TOKEN;
    if (!state_writable(r->c->state) || (!token && find_is_sure(t->type))) {
        close_without(t, "it was not made");
    } else if (token && t->call.request) {
        call_again(t);
    } else if (++t->call.negatives >= NEGATIVE_READS && age >= ghost) {
        close_without(t, "it was not made");
    } else {
        if (t->call.negatives == 1)
            run_note(r, str_fmt(r->a, "%.*s: %.*s was interrupted; kc waits until it is sure that nothing was made", STR_ARG(t->addr), STR_ARG(t->call.name)));
        int64_t wait = t->call.negatives + 1 >= NEGATIVE_READS && ghost - age > gap ? ghost - age : gap;
        task_wake(t, world_now(r->c->world) + wait, look);
    }
}

static void looked(struct task *t, enum find_result f)
{
    struct run *r = t->r;
    if (f == FIND_OURS)
        take(t, t->found_fields);
    else if (r->stop)
        task_cancel(t, STR("interrupted"));
    else if (f == FIND_FOREIGN)
        close_without(t, "what has that name belongs to someone else");
    else if (f == FIND_NONE)
        not_found(t);
    else if (t->read_result.class != AWS_DENIED && t->read_result.class != AWS_REFUSED && ++t->read_errors < ERRORS)
        task_wake(t, world_now(r->c->world) + task_scaled(t, 2000 * t->read_errors), look);
    else
        task_fail_aws(t, &t->read_result, STR("looking for what was interrupted"));
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
    if (!t->rec.addr.n || (first && (t->call.step != first || !str_eq(t->call.name, call_name(t->r, first, 0)))))
        close_without(t, "the plan looks at the object itself");
    else if (!first)
        task_fail(t, DIAG_E0608, SPAN_NONE, str_fmt(t->r->a, "the resource type %.*s of an interrupted operation is not known", STR_ARG(t->rec.type)),
                  STR("import the file that declares it again, or use the version of kc that made it"));
    else
        look(t);
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
    t->region = in->region;
    t->type = r->c->type ? r->c->type(r->c->user, in->type) : NULL;
    if (!t->type)
        t->type = state_type(r->c->state, in->type);
    t->inputs = in->inputs ? in->inputs : &value_empty_object;
    t->outs = &value_empty_object;
    if (in->record) {
        t->rec = *in->record;
        t->outs = in->record->outs ? in->record->outs : &value_empty_object;
        struct str origin = t->rec.origin.n ? t->rec.origin : t->addr;
        t->owner_tags = resource_owner_tags(r->a, state_meta(r->c->state)->lineage, origin, in->generation, t->rec.token);
    }
    t->call = (struct call){ .step = t->type ? step_named(t->type, in->operation) : NULL, .request = in->request, .op_id = in->op_id, .name = in->step,
                             .verb = in->verb, .token = in->token, .then = resent, .doubt = true, .began = r->start, .intent_wall = in->wall_ms };
    heap_push(&r->ready, 0, in->op_id, t);
}

static void release(struct run *r)
{
    heap_fini(&r->ready);
    heap_fini(&r->timers);
    vec_fini(&r->queue);
    vec_fini(&r->reads);
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
    r.scale = aws_wait_scale(c->aws) > 0 ? aws_wait_scale(c->aws) : 1;
    r.tasks = ARENA_ARRAY(a, struct task, n);
    for (size_t i = 0; i < n; i++)
        setup(&r, &r.tasks[i], in[i]);
    run_loop(&r);
    bool ok = judge(&r, exit_code, why);
    release(&r);
    return ok;
}
