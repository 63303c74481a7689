/* holders.c - what of others stands on an object that goes, or in it. Its type says how to ask: `holder ListNodegroups { ... }`, and what state does
 * not know is a stranger, refused by name before the first call; `empty ListObjects { when = force ... }`, and what no operation of this plan takes
 * away is refused unless `when` holds: then it goes with the object, is guarded (guards.c), and the delete removes it first. Of what stands in it
 * only so many pages are read as it takes to find something: it may be millions. */
#include "room.h"

enum { NAMED = 8 };

struct question {
    struct maker *m;
    struct item *x;
    const struct rstep *step;
    const struct value *input;
    struct arena *page;                                    /* of the last answer */
    struct ticket *ticket;                                 /* until it comes */
    struct answer result;
    bool done;
    size_t found;                                          /* strangers */
    struct str names[NAMED];
};

static bool asks_inside(const struct question *q)
{
    return q->step->kind == STEP_EMPTY;
}

static bool replaced(const struct item *x)
{
    return x->pub.action == ACTION_REPLACE_CREATE_FIRST || x->pub.action == ACTION_REPLACE_DELETE_FIRST;
}

/* What AWS is deleting already is not asked about: there is nothing left to refuse. */
static bool goes(const struct item *x)
{
    return x->pub.type && x->pub.record && !x->gone && !x->leaving && !x->pub.unread && !x->pub.stays && x->pub.record->status != STATUS_DELETING &&
           (x->pub.action == ACTION_DELETE || replaced(x));
}

static bool unanswered(struct question *q, struct str problem)
{
    struct diags *d = q->m->c->diags;
    struct diag *x = diag_add(d, DIAG_E0602, SPAN_NONE, "cannot ask what stands %s %.*s: %.*s", asks_inside(q) ? "in" : "on", STR_ARG(q->x->pub.addr), STR_ARG(problem));
    x->addr = str_dup(d->arena, q->x->pub.addr);
    return false;
}

/* Of the type that the step names, of any where it names none. What stands in an object is no stranger only if it goes by itself too. */
static bool is_known(const struct question *q, const struct item *y)
{
    const struct item *x = y;
    if (!x->pub.record || !x->pub.type || x->pub.record->pin || (q->step->holds.n && !str_eq(x->pub.type->name, q->step->holds)))
        return false;
    return !asks_inside(q) || x->pub.action == ACTION_DELETE || replaced(x);
}

static void keys_known(const struct question *q, struct map *keys)
{
    struct maker *m = q->m;
    for (size_t i = 0; i < m->all.n; i++) {
        const struct item *y = m->all.v[i];
        const struct value *id = is_known(q, y) ? resource_identity(m->arena, y->pub.type, record_inputs(y->pub.record), y->outs) : NULL;
        if (id)
            map_put(keys, resource_key(m->arena, id), m);
    }
}

static void count_strangers(struct question *q, const struct resource_element *v, size_t n)
{
    struct map keys = { 0 };
    if (n && q->step->key)
        keys_known(q, &keys);
    for (size_t i = 0; i < n; i++) {
        if (v[i].key.n && map_has(&keys, v[i].key))
            continue;
        if (q->found < NAMED)
            q->names[q->found] = str_dup(q->m->arena, v[i].name.n ? v[i].name : v[i].key);
        q->found++;
    }
    map_fini(&keys);
}

static struct str names_of(const struct question *q)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < q->found && i < NAMED; i++)
        buf_fmt(&b, "%s%.*s", i ? ", " : "", STR_ARG(q->names[i]));
    buf_cstr(&b, q->found > NAMED || q->result.next ? ", and more" : "");
    return buf_take(&b, q->m->arena);
}

/* ---- in it ---- */

/* The input by which a block allows it, where `when` is just that. */
static struct str allows(struct question *q)
{
    const struct term *t = q->step->when;
    struct buf b = { 0 };
    term_print(&b, t);
    if (t->kind == TERM_PARAM)
        buf_cstr(&b, " = true");
    return buf_take(&b, q->m->arena);
}

static bool refuse_inside(struct question *q)
{
    struct maker *m = q->m;
    struct diags *d = m->c->diags;
    const struct item *w = q->x->wanted ? q->x->wanted : q->x;
    struct str how = allows(q);
    struct diag *x = diag_add(d, DIAG_E0616, w->pub.node ? w->pub.node->span : SPAN_NONE, "%.*s cannot go: in it %s %s%zu that would go with it: %.*s",
                              STR_ARG(q->x->pub.addr), q->found == 1 && !q->result.next ? "stands" : "stand", q->result.next ? "more than " : "", q->found, STR_ARG(names_of(q)));
    x->addr = str_dup(d->arena, q->x->pub.addr);
    if (w->pub.node)
        diag_help(d, x, "write `%.*s` in its block if all of that may go, or empty it; nothing was begun", STR_ARG(how));
    else
        diag_help(d, x, m->c->destroy ? "write `%.*s` in its block and apply, if all of that may go, or empty it; nothing was begun"
                                     : "put its block back with `%.*s` in it and apply, if all of that may go, or empty it; nothing was begun", STR_ARG(how));
    return false;
}

/* What the block says now, where there is one; else what the record remembers of it. */
static bool allowed(struct maker *m, const struct item *x, const struct rstep *s)
{
    struct resource_view v = item_view(m, x);
    const struct item *w = x->wanted ? x->wanted : x;
    if (w->pub.node && w->pub.inputs && w->pub.type == x->pub.type)
        v.inputs = w->pub.inputs;
    return resource_empties(m->arena, s, &v);
}

static void add_inside(struct question *q)
{
    struct plan_item *p = &q->x->pub;
    struct plan_inside *v = ARENA_ARRAY(q->m->arena, struct plan_inside, p->ninside + 1);
    for (size_t i = 0; i < p->ninside; i++)
        v[i] = p->inside[i];
    v[p->ninside] = (struct plan_inside){ .step = q->step, .asked = q->m->c->refresh, .n = q->found, .more = q->result.next != NULL, .names = names_of(q) };
    p->inside = v;
    p->ninside++;
}

/* ---- asking ---- */

static void answered(void *user, const struct answer *r)
{
    struct question *q = user;
    q->result = *r;
    q->ticket = NULL;
    q->done = true;
}

static void send(struct question *q)
{
    struct ask call = { .service = resource_service(q->x->pub.type, q->step), .op = resource_operation(q->step), .provider = q->x->provider, .input = q->input,
                        .repeat = REPEAT_ALWAYS, .all_pages = !asks_inside(q) };
    q->done = false;
    q->page = arena_new();
    q->ticket = callers_send(q->m->c->callers, q->page, &call, answered, q);
}

static bool wait_for(struct question *q)
{
    struct maker *m = q->m;
    while (!q->done && !m->exit_code)
        if (world_wait(m->c->world, world_now(m->c->world) + 1000) == WAIT_SIGNAL && !q->done)
            m->exit_code = 130;
    return q->done;
}

/* Counts what the answer shows. False: it is no answer. */
static bool read_page(struct question *q)
{
    struct resource_fault f = { 0 };
    struct resource_view v = item_view(q->m, q->x);
    struct resource_element *found;
    struct str field;
    if (resource_verdict(q->x->pub.type, q->step, &q->result, &field) == VERDICT_GONE)
        return true;
    if (q->result.class != ANSWER_OK)
        return unanswered(q, q->result.error.message.n ? q->result.error.message : STR("AWS did not answer"));
    v.reply = q->result.reply;
    size_t n = resource_inside(q->page, q->step, &v, &found, &f);
    if (f.problem.n)
        return unanswered(q, f.problem);
    count_strangers(q, found, n);
    return true;
}

/* A page without strangers says nothing of the next one. */
static bool read_all(struct question *q)
{
    bool ok = wait_for(q) && read_page(q);
    while (ok && !q->found && q->result.next) {
        struct arena *former = q->page;
        q->input = value_keep(q->m->arena, q->result.next);
        send(q);
        arena_free(former);
        ok = wait_for(q) && read_page(q);
    }
    return ok;
}

static bool refuse_on(struct question *q)
{
    struct diags *d = q->m->c->diags;
    struct diag *x = diag_add(d, DIAG_E0615, q->x->pub.node ? q->x->pub.node->span : SPAN_NONE,
                              "%.*s cannot go: on it stands what this stack did not make: %.*s", STR_ARG(q->x->pub.addr), STR_ARG(names_of(q)));
    x->addr = str_dup(d->arena, q->x->pub.addr);
    diag_help(d, x, "delete that first, or ask its owner to; nothing was begun");
    return false;
}

static bool judge(struct question *q)
{
    if (!read_all(q))
        return false;
    if (!asks_inside(q))
        return !q->found || refuse_on(q);
    if (!allowed(q->m, q->x, q->step))
        return !q->found || refuse_inside(q);
    add_inside(q);
    return true;
}

static bool ask(struct maker *m, struct vec *asked, struct item *x, const struct rstep *s)
{
    struct resource_fault f = { 0 };
    struct resource_view v = item_view(m, x);
    struct question *q = ARENA_NEW(m->arena, struct question);
    *q = (struct question){ .m = m, .x = x, .step = s };
    if (s->kind == STEP_EMPTY && !m->c->refresh) {
        if (allowed(m, x, s))
            add_inside(q);
        return true;
    }
    if (s->kind == STEP_HOLDER) {
        const struct value **requests;
        size_t n = resource_requests(m->arena, m->c->models, s, &v, &requests, &f);
        q->input = n ? requests[0] : NULL;
    } else {
        q->input = resource_request(m->arena, m->c->models, s, &v, &f);
    }
    if (f.problem.n)
        return unanswered(q, f.problem);
    if (q->input) {
        vec_add(asked, q);
        send(q);
    }
    return true;
}

bool holders_ask(struct maker *m)
{
    struct vec asked = { 0 };
    bool ok = true;
    for (size_t i = 0; i < m->all.n; i++) {
        struct item *x = m->all.v[i];
        for (size_t k = 0; goes(x) && k < x->pub.type->nsteps; k++) {
            const struct rstep *s = &x->pub.type->steps[k];
            if (s->kind == STEP_EMPTY || (s->kind == STEP_HOLDER && m->c->refresh))
                ok &= ask(m, &asked, x, s);
        }
    }
    for (size_t i = 0; i < asked.n; i++)
        ok = judge(asked.v[i]) && ok;
    for (size_t i = 0; i < asked.n; i++) {
        struct question *q = asked.v[i];
        ticket_cancel(q->ticket);
        arena_free(q->page);
    }
    vec_fini(&asked);
    return ok;
}
