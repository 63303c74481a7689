/* refresh.c - what AWS says of everything that state knows: reads of one kind, type and region are sent as one call for up to 200 objects,
 * the others in parallel, all through the one event loop. Absence is not deletion: what one listing lacks is asked for by itself, and an
 * object younger than the settle window again after a while; only then it is gone, and only in the plan. */
#include "room.h"

enum { BATCH = 200, WINDOW = 64, TRIES_YOUNG = 4 };
static const int64_t settle_window = 5 * 60 * 1000;

struct call {
    struct maker *m;
    struct aws_call aws;
    const struct rstep *step;
    struct item **members;
    size_t nmembers;
    const struct value *ids;
    struct aws_result result;
    bool done;
};
struct wave {                                              /* calls that may run at once */
    struct maker *m;
    struct vec calls;
    size_t sent, flying;
};

void refresh_blame(struct maker *m, struct str what, struct span at, const struct aws_result *r)
{
    struct diag *d;
    if (r->class == AWS_CREDENTIALS) {
        m->exit_code = 5;
        d = diag_add(m->c->diags, DIAG_E0702, SPAN_NONE, "AWS did not accept the credentials: %.*s", STR_ARG(r->error.message));
        if (r->error.code.n)
            diag_note(m->c->diags, d, "AWS said %.*s", STR_ARG(r->error.code));
        diag_help(m->c->diags, d, "check the profile or the environment's keys; `--sandbox` needs none");
        return;
    }
    d = diag_add(m->c->diags, DIAG_E0602, at, "cannot read %.*s: %.*s%s%.*s", STR_ARG(what), STR_ARG(r->error.code),
                 r->error.code.n ? ": " : "", STR_ARG(r->error.message));
    d->addr = str_dup(m->c->diags->arena, what);
    if (r->request_id.n)
        diag_note(m->c->diags, d, "AWS request id %.*s", STR_ARG(r->request_id));
    if (r->class == AWS_DENIED)
        diag_help(m->c->diags, d, "the credentials in use lack the right to read it; planning needs read access to all that kc made");
}

static void completed(void *user, const struct aws_result *r)
{
    struct call *c = user;
    c->result = *r;
    c->done = true;
}

static void count_done(struct wave *w)
{
    w->flying = 0;
    for (size_t i = 0; i < w->sent; i++)
        w->flying += !((struct call *)w->calls.v[i])->done;
}

/* Sends all calls of the wave, at most WINDOW at a time, and waits for them. False: interrupted. */
static bool run(struct wave *w)
{
    struct maker *m = w->m;
    while (w->sent < w->calls.n || w->flying) {
        for (; w->sent < w->calls.n && w->flying < WINDOW; w->flying++) {
            struct call *c = w->calls.v[w->sent++];
            aws_send(m->c->aws, m->arena, &c->aws, completed, c);
        }
        if (world_wait(m->c->world, world_now(m->c->world) + 1000) == WAIT_SIGNAL) {
            for (size_t i = 0; i < w->sent; i++)
                if (!((struct call *)w->calls.v[i])->done)
                    m->exit_code = 130;
            if (m->exit_code == 130)
                return false;
        }
        count_done(w);
    }
    return true;
}

static struct resource_view view_of(const struct item *x)
{
    const struct record *r = x->pub.record;
    return (struct resource_view){ .type = x->pub.type, .inputs = record_inputs(r), .outs = x->outs,
                                   .live = x->pub.observed ? value_get(x->pub.observed, STR("live")) : NULL, .generation = r->generation };
}

static bool blame_fault(struct maker *m, const struct item *x, const struct resource_fault *f)
{
    struct diag *d = diag_add(m->c->diags, f->code, f->where, "cannot read %.*s: %.*s", STR_ARG(x->pub.addr), STR_ARG(f->problem));
    d->addr = str_dup(m->c->diags->arena, x->pub.addr);
    return false;
}

static bool add_call(struct wave *w, const struct rstep *s, struct item **members, size_t n)
{
    struct maker *m = w->m;
    struct resource_view v = view_of(members[0]);
    struct resource_fault f = { 0 };
    const struct value **requests;
    if (s->many) {
        const struct value **ids = ARENA_ARRAY(m->arena, const struct value *, n);
        for (size_t i = 0; i < n; i++)
            ids[i] = resource_identity(m->arena, v.type, record_inputs(members[i]->pub.record), members[i]->outs);
        v.ids = value_list(m->arena, ids, n);
    }
    size_t count = resource_requests(m->arena, m->c->models, s, &v, &requests, &f);
    if (f.problem.n)
        return blame_fault(m, members[0], &f);
    if (!count)
        return true;
    struct call *c = ARENA_NEW(m->arena, struct call);
    *c = (struct call){ .m = m, .step = s, .members = members, .nmembers = n, .ids = v.ids };
    c->aws = (struct aws_call){ .service = resource_service(v.type, s), .op = resource_operation(s), .region = members[0]->region,
                                .input = requests[0], .repeat = AWS_REPEAT_ALWAYS, .all_pages = s->many };
    vec_add(&w->calls, c);
    return true;
}

/* Calls for the k-th read of every item in `todo`; one by one when `single`. */
static bool plan_wave(struct wave *w, const struct vec *todo, size_t k, bool single)
{
    struct map groups = { 0 };
    struct arena *a = w->m->arena;
    bool ok = true;
    for (size_t i = 0; i < todo->n && ok; i++) {
        struct item *x = todo->v[i];
        const struct rstep *s = rtype_step(x->pub.type, STEP_READ, k);
        if (!s || !s->many || single) {
            struct item **one = ARENA_ARRAY(a, struct item *, 1);
            *one = x;
            ok = !s || add_call(w, s, one, 1);
            continue;
        }
        struct str key = str_fmt(a, "%.*s|%.*s", STR_ARG(x->pub.type->name), STR_ARG(x->region));
        struct vec *g = map_get(&groups, key);
        if (!g)
            map_put(&groups, key, g = ARENA_NEW(a, struct vec));
        vec_add(g, x);
    }
    for (size_t i = 0; i < groups.n; i++) {
        struct vec *g = groups.e[i].value;
        for (size_t at = 0; at < g->n && ok; at += BATCH) {
            size_t n = g->n - at < BATCH ? g->n - at : BATCH;
            struct item **part = arena_copy(a, g->v + at, n * sizeof *part);
            ok = add_call(w, rtype_step(part[0]->pub.type, STEP_READ, k), part, n);
        }
        vec_fini(g);
    }
    map_fini(&groups);
    return ok;
}

static void saw(struct maker *m, struct item *x, const struct value *fields)
{
    x->pub.observed = resource_merge(m->arena, x->pub.observed, fields);
    x->outs = resource_outs(m->arena, x->pub.type, x->outs, fields);
}

static bool take_many(struct maker *m, struct call *c, struct vec *missing)
{
    struct resource_fault f = { 0 };
    struct resource_view v = { .type = c->members[0]->pub.type, .reply = c->result.reply, .ids = c->ids };
    struct resource_item *items;
    size_t n = resource_items(m->arena, c->step, &v, &items, &f);
    if (f.problem.n)
        return blame_fault(m, c->members[0], &f);
    struct map found = { 0 };
    bool ok = true;
    for (size_t i = 0; i < n; i++)
        map_put(&found, resource_key(m->arena, items[i].identity), &items[i]);
    for (size_t i = 0; i < c->nmembers; i++) {
        struct item *x = c->members[i];
        const struct resource_item *it = map_get(&found, resource_key(m->arena, c->ids->list.v[i]));
        if (!it)
            vec_add(missing, x);
        else if (it->fault.problem.n)
            ok = blame_fault(m, x, &it->fault);
        else
            saw(m, x, it->fields);
    }
    map_fini(&found);
    return ok;
}

static bool take_one(struct maker *m, struct call *c, bool first, struct vec *missing)
{
    struct item *x = c->members[0];
    struct resource_fault f = { 0 };
    struct resource_view v = view_of(x);
    v.reply = c->result.reply;
    v.ids = c->ids;
    const struct value *fields = resource_found(m->arena, c->step, &v, &f);
    if (!fields)
        return blame_fault(m, x, &f);
    if (fields->kind != VALUE_NONE)
        saw(m, x, fields);
    else if (first)
        vec_add(missing, x);
    return true;
}

static bool take(struct maker *m, struct call *c, bool first, struct vec *missing)
{
    struct str field;
    enum verdict verdict = resource_verdict(c->members[0]->pub.type, &c->result, &field);
    if (verdict == VERDICT_OK)
        return c->step->many ? take_many(m, c, missing) : take_one(m, c, first, missing);
    if (verdict == VERDICT_GONE || verdict == VERDICT_SETTLING) {
        for (size_t i = 0; i < c->nmembers && first; i++)
            vec_add(missing, c->members[i]);
        return true;
    }
    struct item *x = c->members[0];
    refresh_blame(m, x->pub.addr, x->pub.node ? x->pub.node->span : SPAN_NONE, &c->result);
    return false;
}

static bool sweep(struct maker *m, const struct vec *todo, size_t k, bool single, struct vec *missing)
{
    struct wave w = { .m = m };
    bool ok = plan_wave(&w, todo, k, single) && run(&w);
    for (size_t i = 0; i < w.calls.n && ok; i++)
        ok = take(m, w.calls.v[i], k == 0, missing);
    vec_fini(&w.calls);
    return ok;
}

static bool young(struct maker *m, const struct item *x)
{
    return x->pub.record->created_ms && world_wall(m->c->world) - x->pub.record->created_ms < settle_window;
}

static void pause_for(struct maker *m, int64_t ms)
{
    int64_t until = world_now(m->c->world) + ms;
    while (world_now(m->c->world) < until && world_wait(m->c->world, until) == WAIT_EVENT)
        ;
}

/* The first read decides about existence: once in a batch, once alone, and for young objects again after 2, 4 and 8 seconds. */
static bool first_read(struct maker *m, struct vec *todo)
{
    struct vec missing = { 0 }, ask = { 0 };
    bool ok = sweep(m, todo, 0, false, &missing);
    for (size_t i = 0; ok && missing.n && i < TRIES_YOUNG; i++) {
        for (size_t k = 0; k < missing.n; k++) {
            struct item *x = missing.v[k];
            if (i == 0 || young(m, x))
                vec_add(&ask, x);
            else
                x->gone = true;
        }
        missing.n = 0;
        if (i && ask.n)
            pause_for(m, (int64_t)(1000 << i) / aws_wait_scale(m->c->aws));
        ok = sweep(m, &ask, 0, true, &missing);
        ask.n = 0;
    }
    for (size_t k = 0; k < missing.n; k++)
        ((struct item *)missing.v[k])->gone = true;
    vec_fini(&missing);
    vec_fini(&ask);
    return ok;
}

static bool further_reads(struct maker *m, const struct vec *todo)
{
    bool ok = true, more = true;
    for (size_t k = 1; ok && more; k++) {
        struct vec now = { 0 }, ignored = { 0 };
        for (size_t i = 0; i < todo->n; i++) {
            struct item *x = todo->v[i];
            if (!x->gone && rtype_step(x->pub.type, STEP_READ, k))
                vec_add(&now, x);
        }
        more = now.n > 0;
        ok = !more || sweep(m, &now, k, false, &ignored);
        vec_fini(&now);
        vec_fini(&ignored);
    }
    return ok;
}

static bool readable(struct maker *m, const struct item *x)
{
    const struct record *r = x->pub.record;
    return r && !r->old && !r->pin && x->pub.type && rtype_step(x->pub.type, STEP_READ, 0) &&
           resource_identity(m->arena, x->pub.type, record_inputs(r), x->outs) && !(r->status == STATUS_CREATING && !r->outs);
}

static bool refresh_list(struct maker *m, struct vec *todo)
{
    bool ok = first_read(m, todo) && further_reads(m, todo);
    for (size_t i = 0; i < todo->n && ok; i++) {
        struct item *x = todo->v[i];
        struct str why;
        struct resource_view v = view_of(x);
        x->failed = !x->gone && resource_ready(m->arena, &v, &why) == READY_FAILED;
        if (x->failed)
            x->pub.reason = str_fmt(m->arena, "AWS reports it failed: %.*s", STR_ARG(why));
    }
    return ok;
}

bool refresh_all(struct maker *m)
{
    struct vec todo = { 0 };
    for (size_t i = 0; i < m->all.n; i++)
        if (readable(m, m->all.v[i]))
            vec_add(&todo, m->all.v[i]);
    bool ok = refresh_list(m, &todo);
    vec_fini(&todo);
    return ok;
}

bool refresh_one(struct maker *m, struct item *x)
{
    struct vec todo = { 0 };
    vec_add(&todo, x);
    bool ok = refresh_list(m, &todo);
    vec_fini(&todo);
    return ok;
}
