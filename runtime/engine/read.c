/* read.c - reading objects back: all reads of a type in order, many objects in one call where the type allows it, and when to look again.
 * Wants of one loop turn are sent together; poll times lie on a grid, so that objects of one kind fall into one call. */
#include "room.h"

enum { IDS_PER_CALL = 200, GRID = 500, READ_ERRORS = 20 };

/* ---- when ---- */

void poll_begin(struct task *t, int64_t usual)
{
    int64_t wait = usual * 6 > 20 * 60000 ? usual * 6 : 20 * 60000;
    t->poll_since = world_now(t->r->c->world);
    t->usual = usual;
    t->deadline = t->poll_since + task_scaled(t, wait);
}

/* First at 0.8 of the usual time, then every 2 % of the time gone by, 2 s at least and 10 s at most; never between two points of the grid. */
static int64_t next_poll(const struct task *t)
{
    int64_t now = world_now(t->r->c->world), first = t->poll_since + task_scaled(t, t->usual * 8 / 10), grid = task_scaled(t, GRID);
    int64_t gap = (now - t->poll_since) * t->r->scale * 2 / 100, at = first;
    gap = gap < 2000 ? 2000 : gap > 10000 ? 10000 : gap;
    if (now >= first)
        at = now + task_scaled(t, gap);
    return (at + grid - 1) / grid * grid;
}

void poll_again(struct task *t, task_then *then)
{
    if (t->r->stop) {
        task_interrupted(t);
        return;
    }
    if (world_now(t->r->c->world) >= t->deadline) {
        task_unready(t, str_fmt(t->r->a, "not ready after %lld minutes", (long long)((t->deadline - t->poll_since) * t->r->scale / 60000)));
        return;
    }
    task_state(t, OP_POLLING, t->report->detail);
    task_wake(t, next_poll(t), then);
}

bool read_retry(struct task *t, task_then *then)
{
    const struct aws_result *r = &t->read_result;
    if (r->class == AWS_CREDENTIALS)
        run_stop(t->r, STOP_CREDENTIALS, r->error.message);
    bool passing = r->class == AWS_THROTTLED || r->class == AWS_UNKNOWN || r->class == AWS_NOT_SENT;
    if (!t->r->stop && passing && ++t->read_errors < READ_ERRORS) {
        task_wake(t, world_now(t->r->c->world) + task_scaled(t, 1000 * (t->read_errors < 10 ? t->read_errors : 10)), then);
        return true;
    }
    const struct rstep *s = rtype_step(t->type, STEP_READ, t->read_step);
    if (t->r->stop == STOP_SIGNAL)
        task_cancel(t, STR("interrupted"));
    else
        task_fail_aws(t, r, s ? resource_operation(s) : STR("read"));
    return false;
}

/* ---- results ---- */

static void finish(struct task *t, enum read_state r)
{
    if (r == READ_HERE) {
        const struct value *live = value_get(t->got, STR("live"));
        t->observed = t->got;
        t->live = live ? live : t->live;
        t->read_errors = 0;
    }
    t->read_done(t, r);
}

static void next_read(struct task *t)
{
    if (!rtype_step(t->type, STEP_READ, t->read_step))
        finish(t, READ_HERE);
    else
        vec_add(&t->r->reads, t);
}

void read_begin(struct task *t, read_then *then)
{
    t->read_step = 0;
    t->got = &value_empty_object;
    t->read_done = then;
    t->read_alone = false;
    next_read(t);
}

static void absorbed(struct task *t, const struct value *fields)
{
    if (!fields || fields->kind == VALUE_NONE) {
        finish(t, READ_GONE);
        return;
    }
    t->got = resource_merge(t->r->a, t->got, fields);
    t->outs = resource_outs(t->r->a, t->type, t->outs ? t->outs : &value_empty_object, fields);
    if (t->read_step == 0)
        t->live = value_get(fields, STR("live"));
    t->read_step++;
    next_read(t);
}

static void failed(struct task *t, const struct aws_result *r)
{
    t->read_result = *r;
    finish(t, READ_UNREAD);
}

static void one_answered(struct exchange *x)
{
    struct task *t = x->t;
    struct str field;
    struct resource_fault f = { 0 };
    struct resource_view view = task_view(t);
    enum verdict v = resource_verdict(t->type, &x->result, &field);
    if (v == VERDICT_GONE) {
        finish(t, READ_GONE);
    } else if (v != VERDICT_OK) {
        failed(t, &x->result);
    } else {
        view.reply = x->result.reply;
        view.ids = x->ids;
        const struct value *fields = resource_found(t->r->a, x->step, &view, &f);
        if (fields)
            absorbed(t, fields);
        else
            task_fail_fault(t, &f);
    }
}

static void split(struct exchange *x)
{
    struct run *r = x->r;
    struct map by_key = { 0 };
    struct resource_fault f = { 0 };
    struct resource_item *v;
    struct resource_view view = { .type = x->type, .reply = x->result.reply, .ids = x->ids };
    size_t n = resource_items(r->a, x->step, &view, &v, &f);
    for (size_t i = 0; i < n; i++)
        map_put(&by_key, resource_key(r->a, v[i].identity), (void *)(uintptr_t)v[i].fields);
    for (size_t i = 0; i < x->ntasks; i++) {
        struct task *t = x->tasks[i];
        const struct value *id = resource_identity(r->a, t->type, t->inputs, t->outs);
        if (f.problem.n)
            task_fail_fault(t, &f);
        else
            absorbed(t, id ? map_get(&by_key, resource_key(r->a, id)) : NULL);
    }
    map_fini(&by_key);
}

static void many_answered(struct exchange *x)
{
    struct str field;
    enum verdict v = resource_verdict(x->type, &x->result, &field);
    if (v == VERDICT_OK) {
        split(x);
        return;
    }
    for (size_t i = 0; i < x->ntasks; i++) {
        struct task *t = x->tasks[i];
        if (v == VERDICT_GONE && x->ntasks > 1) {          /* which one? ask for each */
            t->read_alone = true;
            next_read(t);
        } else if (v == VERDICT_GONE) {
            finish(t, READ_GONE);
        } else {
            failed(t, &x->result);
        }
    }
}

/* ---- requests ---- */

static void send_one(struct task *t, const struct rstep *s)
{
    struct resource_fault f = { 0 };
    struct resource_view view = task_view(t);
    const struct value *id = resource_identity(t->r->a, t->type, t->inputs, t->outs);
    if (s->many && id)
        view.ids = value_list(t->r->a, &id, 1);
    const struct value **requests;
    size_t n = resource_requests(t->r->a, t->r->c->models, s, &view, &requests, &f);
    if (f.problem.n) {
        task_fail_fault(t, &f);
        return;
    }
    if (!n) {                                              /* `when` says that there is nothing to ask */
        t->read_step++;
        next_read(t);
        return;
    }
    struct aws_call call = { .service = resource_service(t->type, s), .op = resource_operation(s), .region = t->region, .input = requests[0],
                             .repeat = AWS_REPEAT_ALWAYS, .all_pages = true, .poll = true };
    struct exchange *x = exchange_send(t->r, &call, false, one_answered);
    x->t = t;
    x->step = s;
    x->ids = view.ids;
}

static void send_many(struct run *r, struct task **tasks, size_t n, const struct rstep *s)
{
    struct resource_fault f = { 0 };
    const struct value **ids = ARENA_ARRAY(r->a, const struct value *, n);
    for (size_t i = 0; i < n; i++)
        ids[i] = resource_identity(r->a, tasks[i]->type, tasks[i]->inputs, tasks[i]->outs);
    struct resource_view view = { .type = tasks[0]->type, .ids = value_list(r->a, ids, n) };
    const struct value *request = resource_request(r->a, r->c->models, s, &view, &f);
    if (!request) {
        for (size_t i = 0; i < n; i++)
            task_fail_fault(tasks[i], &f);
        return;
    }
    struct aws_call call = { .service = resource_service(tasks[0]->type, s), .op = resource_operation(s), .region = tasks[0]->region, .input = request,
                             .repeat = AWS_REPEAT_ALWAYS, .all_pages = true, .poll = true };
    struct exchange *x = exchange_send(r, &call, false, many_answered);
    x->type = tasks[0]->type;
    x->step = s;
    x->ids = view.ids;
    x->tasks = arena_copy(r->a, tasks, n * sizeof(*tasks));
    x->ntasks = n;
}

static bool may_join(struct task *t, const struct rstep *s)
{
    return s->many && !t->read_alone && resource_identity(t->r->a, t->type, t->inputs, t->outs) != NULL;
}

static bool same_read(const struct task *x, const struct task *y)
{
    return x->type == y->type && x->read_step == y->read_step && str_eq(x->region, y->region);
}

/* Takes the first want and all that can share its call. */
static void send_group(struct run *r, struct vec *wants, struct task **group)
{
    struct task *first = wants->v[0];
    const struct rstep *s = rtype_step(first->type, STEP_READ, first->read_step);
    size_t n = 0, kept = 0;
    bool many = may_join(first, s);
    for (size_t i = 0; i < wants->n; i++) {
        struct task *t = wants->v[i];
        if (i == 0 || (many && n < IDS_PER_CALL && same_read(first, t) && may_join(t, s)))
            group[n++] = t;
        else
            wants->v[kept++] = t;
    }
    wants->n = kept;
    if (many)
        send_many(r, group, n, s);
    else
        send_one(first, s);
}

void read_send_wanted(struct run *r)
{
    struct task *group[IDS_PER_CALL];
    struct vec wants = r->reads;
    r->reads = (struct vec){ 0 };
    while (wants.n) {
        if (r->stop)
            task_interrupted(vec_pop(&wants));
        else
            send_group(r, &wants, group);
    }
    vec_fini(&wants);
}
