/* refresh.c - every object that state knows is asked for, all side by side, and each item gets its answer. */
#include "room.h"

static bool readable(struct maker *m, const struct item *x)
{
    const struct record *r = x->pub.record;
    return r && !r->pin && x->pub.type && rtype_step(x->pub.type, STEP_READ, 0) &&
           resource_identity(m->arena, x->pub.type, record_inputs(r), x->outs) && !(r->status == STATUS_CREATING && !r->outs);
}

static void answered(struct read_ask *q)
{
    ((struct item *)q->user)->answer = q->answer;
}

static void ask(struct maker *m, struct reader *reader, struct item *x)
{
    struct read_ask *q = ARENA_NEW(m->arena, struct read_ask);
    *q = (struct read_ask){ .type = x->pub.type, .inputs = record_inputs(x->pub.record), .outs = x->outs, .record = x->pub.record, .provider = x->provider,
                            .doubt = true, .then = answered, .user = x };
    reader_ask(reader, q);
}

/* What cannot be read bricks nothing: it is shown, the other fields go on, and a deletion does not need it. */
static void note_faults(struct maker *m, const struct item *x)
{
    const struct node *n = m->graph ? graph_find(m->graph, x->pub.addr) : NULL;
    for (size_t i = 0; n && i < x->answer.nfaults; i++) {
        const struct resource_fault *f = &x->answer.faults[i];
        if (!field_ignored(n, f->field))
            note_add(m, "%.*s: %.*s; `@ignore(%.*s)` leaves it as it is", STR_ARG(x->pub.addr), STR_ARG(f->problem), STR_ARG(f->field));
    }
}

static void take(struct maker *m, struct item *x)
{
    const struct read_answer *w = &x->answer;
    struct str why;
    x->gone = w->state == READ_GONE;
    if (w->state == READ_UNREAD)
        unread_found(m, x);
    if (w->state != READ_HERE)
        return;
    x->pub.observed = w->fields;
    x->outs = w->outs;
    struct resource_view v = item_view(m, x);
    enum readiness r = resource_ready(m->arena, &v, &why);
    bool once = record_was_ready(x->pub.record);
    x->leaving = r == READY_LEAVING;
    x->unhealthy = r == READY_UNHEALTHY || (r == READY_FAILED && once);
    x->failed |= r == READY_FAILED && !once;
    x->why = r == READY_FAILED && !once ? str_fmt(m->arena, "AWS reports it failed: %.*s", STR_ARG(why)) : why;
    note_faults(m, x);
}

static bool waited(struct maker *m, struct reader *reader)
{
    bool ok = reader_wait(reader);
    if (!ok)
        m->exit_code = 130;
    return ok;
}

/* What lives inside something is asked for after that. */
static bool round_of(struct maker *m, struct reader *reader, bool inside)
{
    for (size_t i = 0; i < m->all.n; i++) {
        struct item *x = m->all.v[i];
        if (home_inside(x) == inside && readable(m, x) && (!inside || home_stands(m, x)))
            ask(m, reader, x);
    }
    if (!waited(m, reader))
        return false;
    for (size_t i = 0; i < m->all.n; i++)
        if (home_inside(m->all.v[i]) == inside)
            take(m, m->all.v[i]);
    return true;
}

/* Nothing is asked where nobody answers, and nothing is planned for what would come there. */
static void lost(struct maker *m, const struct node *n)
{
    const struct answer *why = n->type ? callers_problem(m->c->callers, n->provider) : NULL;
    if (!why || map_has(&m->items, n->addr))
        return;
    struct item *x = item_new(m, n->addr);
    map_put(&m->items, n->addr, x);
    x->pub.node = n;
    x->pub.type = n->type;
    x->provider = n->provider;
    x->answer = (struct read_answer){ .state = READ_UNREAD, .result = *why };
}

bool refresh_all(struct maker *m)
{
    struct reader *reader = reader_new(m->c->world, m->c->callers, m->c->models, m->c->state, m->arena);
    for (size_t i = 0; m->graph && i < m->graph->nnodes; i++)
        lost(m, m->graph->nodes[i]);
    bool ok = round_of(m, reader, false) && round_of(m, reader, true);
    reader_free(reader);
    if (ok)
        unread_tell(m);
    return ok && m->exit_code == 0;
}

bool refresh_one(struct maker *m, struct item *x)
{
    struct reader *reader = reader_new(m->c->world, m->c->callers, m->c->models, m->c->state, m->arena);
    ask(m, reader, x);
    bool ok = waited(m, reader);
    reader_free(reader);
    if (!ok)
        return false;
    take(m, x);
    unread_tell(m);
    return m->exit_code == 0;
}
