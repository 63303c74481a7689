/* engine.c - a plan carried out: tasks from operations, the loop, and what came of it. */
#include "room.h"

static void setup_task(struct run *r, size_t i)
{
    struct task *t = &r->tasks[i];
    const struct plan_op *op = r->p->ops[i];
    t->r = r;
    t->op = op;
    t->report = &r->reports[i];
    t->type = op->item ? op->item->type : op->node ? op->node->type : NULL;
    t->addr = op->item ? op->item->addr : op->node ? op->node->addr : STR("plan");
    t->provider = op->provider;
    t->kind = op->kind;
    t->generation = op->generation;
    t->blockers = op->ndeps;
}

static void link_tasks(struct run *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const struct plan_op *op = r->tasks[i].op;
        for (size_t k = 0; k < op->ndeps; k++) {
            struct task *d = &r->tasks[op->deps[k]];
            d->users = vec_grow(d->users, d->nusers, &d->capusers, sizeof(*d->users));
            d->users[d->nusers++] = &r->tasks[i];
        }
    }
    for (size_t i = 0; i < r->n; i++) {
        struct task *t = &r->tasks[i];
        if (t->blockers)
            continue;
        t->report->state = OP_READY;
        heap_push(&r->ready, -t->op->rank, t->addr, t);
    }
}

/* Answers of lookups that the plan used: what still refers to them takes the same. And what of the inputs state does not keep. */
static void take_answers(struct run *r)
{
    for (size_t i = 0; i < r->p->nitems; i++) {
        const struct plan_item *x = r->p->items[i];
        if (x->node && x->node->kind == NODE_LOOKUP && x->observed)
            map_put(&r->results, x->addr, (void *)(uintptr_t)x->observed);
        if (x->node && x->node->kind == NODE_RESOURCE)
            run_given(r, x->addr, x->inputs);
    }
}

static void setup(struct run *r, struct engine_context *c, struct arena *a, const struct plan *p)
{
    uint8_t id[4];
    world_random(c->world, id, sizeof(id));
    *r = (struct run){ .c = c, .a = a, .p = p, .n = p ? p->nops : 0 };
    r->start = world_now(c->world);
    r->next_tick = r->start;
    r->signals = world_signals(c->world);
    r->scale = callers_wait_scale(c->callers);
    r->reader = reader_new(c->world, c->callers, c->models, c->state, r->a);
    r->run_id = str_fmt(a, "%llx-%02x%02x%02x%02x", (long long)world_wall(c->world), id[0], id[1], id[2], id[3]);
    r->tasks = ARENA_ARRAY(a, struct task, r->n);
    r->reports = ARENA_ARRAY(a, struct op_report, r->n);
    r->outs = ARENA_ARRAY(a, struct pair, r->n + (p && p->graph ? p->graph->nnodes : 0));
}

static void release(struct run *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free(r->tasks[i].users);
        empty_end(&r->tasks[i]);
        arena_free(r->tasks[i].vault);
    }
    for (size_t i = 0; i < r->lanes.n; i++)
        heap_fini(&((struct lane *)r->lanes.e[i].value)->waiting);
    heap_fini(&r->ready);
    heap_fini(&r->timers);
    map_fini(&r->results);
    map_fini(&r->given);
    map_fini(&r->lanes);
    map_fini(&r->decided);
    vec_fini(&r->queue);
    vec_fini(&r->ends);
}

static int exit_code(const struct run *r)
{
    if (r->stop == STOP_SIGNAL)
        return 130;
    if (r->stop == STOP_CREDENTIALS)
        return 5;
    if (r->stop == STOP_STATE)
        return 1;
    if (r->failed)
        return r->replan ? 3 : 1;
    return r->unready ? 4 : 0;
}

static bool has_out(const struct run *r, struct str addr)
{
    for (size_t i = 0; i < r->nouts; i++) {
        if (str_eq(r->outs[i].key, addr))
            return true;
    }
    return false;
}

/* Outputs behind which nothing changed have no operation. */
static void other_outs(struct run *r)
{
    const struct graph *g = r->p->graph;
    for (size_t i = 0; g && i < g->nnodes; i++) {
        struct resource_fault f = { 0 };
        const struct node *n = g->nodes[i];
        const struct value *v = n->kind == NODE_OUT && !has_out(r, n->addr) ? inputs_known(r, n->value, &f) : NULL;
        if (v)
            r->outs[r->nouts++] = (struct pair){ n->addr, n->secret ? value_secret(r->a, v) : v };
    }
}

/* Outputs of this run; after failures over those recorded before. A whole destroy leaves none. */
static const struct value *record_outs(struct run *r, int code)
{
    struct state_meta *m = state_meta(r->c->state);
    other_outs(r);
    const struct value *now = value_object(r->a, r->outs, r->nouts);
    if (code != 0)
        now = resource_merge(r->a, m->outs, now);
    if (r->stop != STOP_STATE) {
        m->outs = now;
        if (!state_commit_meta(r->c->state))
            run_stop(r, STOP_STATE, state_problem(r->c->state));
    }
    return now;
}

static struct engine_result result(struct run *r)
{
    struct engine_result res = { .reports = r->reports, .n = r->n, .took = world_now(r->c->world) - r->start };
    for (size_t i = 0; i < r->n; i++) {
        if (!r->tasks[i].ended)
            task_cancel(&r->tasks[i], r->halted ? STR("not begun after another failed") : STR("not begun"));
        enum op_state s = r->reports[i].state;
        res.done += s == OP_DONE;
        res.failed += s == OP_FAILED;
        res.skipped += s == OP_SKIPPED;
        res.unready += s == OP_UNREADY;
    }
    const struct value *outs = record_outs(r, exit_code(r));
    res.outs = r->nouts ? value_object(r->a, r->outs, r->nouts) : outs;
    res.exit_code = exit_code(r);
    if (r->stop != STOP_STATE && !state_end(r->c->state, res.exit_code))
        run_stop(r, STOP_STATE, state_problem(r->c->state));
    run_sync(r);
    if (r->stop == STOP_STATE && !res.exit_code)
        res.exit_code = 1;
    res.stopped = r->stopped;
    return res;
}

/* The text of each type that is declared and has a record, or will: with the beginning of the run, before anything is sent. */
static bool keep_types(struct run *r)
{
    struct map seen = { 0 };
    bool ok = true;
    for (size_t i = 0; r->c->source && ok && i < r->p->nitems; i++) {
        const struct plan_item *x = r->p->items[i];
        struct rsource text;
        if (!x->node || !x->type || (x->type->lookup && !x->node->pin) || map_put(&seen, x->type->name, r))
            continue;
        ok = !r->c->source(r->c->user, r->a, x->type->name, &text) || state_keep_type(r->c->state, &text);
    }
    map_fini(&seen);
    return ok;
}

struct engine_result engine_run(struct engine_context *c, struct arena *a, const struct plan *p)
{
    struct run r;
    setup(&r, c, a, p);
    for (size_t i = 0; i < r.n; i++)
        setup_task(&r, i);
    link_tasks(&r);
    take_answers(&r);
    if (!keep_types(&r) || !state_begin(c->state, p->hash, world_args(c->world)))
        run_stop(&r, STOP_STATE, state_problem(c->state));
    else
        run_loop(&r);
    struct engine_result res = result(&r);
    release(&r);
    return res;
}
