/* reader.c - the way of an ask: wanted, grouped with its like into one call, on the wire, back, handed out. Callbacks of the client only note what
 * came; everything else happens in reader_turn, so that nothing runs inside another's callback. */
#include "room.h"
#include <assert.h>

enum { IDS_PER_CALL = 200, WINDOW = 64 };

void ask_add(struct asks *l, struct read_ask *q)
{
    q->next = NULL;
    if (l->last)
        l->last->next = q;
    else
        l->first = q;
    l->last = q;
    l->n++;
}

struct read_ask *ask_pop(struct asks *l)
{
    struct read_ask *q = l->first;
    if (!q)
        return NULL;
    l->first = q->next;
    if (!l->first)
        l->last = NULL;
    l->n--;
    return q;
}

void ask_want(struct read_ask *q, const struct rstep *s)
{
    q->step = s;
    ask_add(&q->reader->wanted, q);
}

void ask_done(struct read_ask *q)
{
    ask_add(&q->reader->done, q);
}

/* ---- sending ---- */

struct resource_view ask_view(const struct read_ask *q)
{
    struct reader *r = q->reader;
    const struct state_meta *m = r->state ? state_meta(r->state) : NULL;
    const struct record *rec = q->record;
    struct resource_view v = { .type = q->type, .inputs = q->inputs, .outs = q->answer.outs, .provider = q->provider };
    v.live = q->answer.fields ? value_get(q->answer.fields, STR("live")) : NULL;
    v.principal = callers_principal(r->callers, q->provider);
    if (rec) {
        v.generation = rec->generation;
        v.token = rec->token;
        v.owner_tags = m ? resource_owner_tags(r->arena, m->lineage, rec->origin.n ? rec->origin : rec->addr, rec->generation, rec->token) : NULL;
    }
    return v;
}

static void returned(void *user, const struct answer *result)
{
    struct call *c = user, **p = &c->r->wire;
    while (*p != c)
        p = &(*p)->next;
    *p = c->next;
    c->next = NULL;
    c->result = *result;
    *c->r->back_end = c;
    c->r->back_end = &c->next;
    c->r->flights--;
}

static const struct value *identity(const struct read_ask *q)
{
    return resource_identity(q->reader->arena, q->type, q->inputs, q->answer.outs);
}

static void blame(struct read_ask *const *asks, size_t n, const struct resource_fault *f)
{
    for (size_t i = 0; i < n; i++)
        answer_unread(asks[i], NULL, f);
}

/* One call for all of them; they are of one type, step and provider. */
static void send(struct reader *r, struct read_ask **asks, size_t n)
{
    struct read_ask *q = asks[0];
    const struct rstep *s = q->step;
    struct resource_fault f = { 0 };
    struct resource_view v = ask_view(q);
    const struct value **requests, **ids = ARENA_ARRAY(r->arena, const struct value *, n);
    size_t nids = 0;
    for (size_t i = 0; s->many && i < n; i++)
        if ((ids[nids] = identity(asks[i])))
            nids++;
    assert(n == 1 || nids == n);
    v.ids = nids ? value_list(r->arena, ids, nids) : NULL;
    size_t count = resource_requests(r->arena, r->models, s, &v, &requests, &f);
    if (f.problem.n) {
        blame(asks, n, &f);
        return;
    }
    if (!count) {                                          /* `when` says that there is nothing to ask */
        for (size_t i = 0; i < n; i++)
            if (s->kind == STEP_FIND)
                find_none(asks[i]);
            else
                answer_next(asks[i]);
        return;
    }
    struct ask call = { .provider = q->provider, .service = resource_service(q->type, s), .op = resource_operation(s), .input = requests[0],
                        .repeat = REPEAT_ALWAYS, .all_pages = !s->first_page, .poll = q->poll };
    struct call *c = ARENA_NEW(r->arena, struct call);
    *c = (struct call){ .r = r, .step = s, .asks = arena_copy(r->arena, asks, n * sizeof *asks), .n = n, .ids = v.ids, .next = r->wire };
    r->wire = c;
    r->flights++;
    c->ticket = callers_send(r->callers, r->arena, &call, returned, c);
}

static bool may_join(const struct read_ask *q)
{
    return q->step->many && !q->alone && identity(q);
}

static bool alike(const struct read_ask *x, const struct read_ask *y)
{
    bool type = x->type == y->type || (x->type->std && y->type->std && str_eq(x->type->name, y->type->name));
    return type && x->nth == y->nth && x->step->kind == y->step->kind && x->poll == y->poll && provider_same(x->provider, y->provider);
}

/* The first that is wanted, with all that can share its call. */
static void send_group(struct reader *r)
{
    struct read_ask *group[IDS_PER_CALL], *q = ask_pop(&r->wanted);
    struct asks rest = { 0 };
    size_t n = 0;
    if (!q->step) {
        answer_next(q);
        return;
    }
    group[n++] = q;
    if (may_join(q)) {
        while ((q = ask_pop(&r->wanted))) {
            if (n < IDS_PER_CALL && q->step && alike(group[0], q) && may_join(q))
                group[n++] = q;
            else
                ask_add(&rest, q);
        }
        r->wanted = rest;
    }
    send(r, group, n);
}

/* ---- the turn ---- */

static void take_back(struct reader *r)
{
    while (r->back) {
        struct call *c = r->back;
        r->back = c->next;
        if (!r->back)
            r->back_end = &r->back;
        if (c->step->kind == STEP_FIND)
            find_call(c);
        else
            answer_call(c);
    }
}

static void hand_out(struct reader *r)
{
    struct asks done = r->done;
    struct read_ask *q;
    r->done = (struct asks){ 0 };
    while ((q = ask_pop(&done)))
        q->then(q);
}

static void interrupt(struct read_ask *q)
{
    q->answer.interrupted = true;
    answer_unread(q, &(struct answer){ .class = ANSWER_UNKNOWN, .error.message = STR("interrupted") }, NULL);
}

bool reader_turn(struct reader *r)
{
    bool some = false;
    struct read_ask *q;
    do {
        take_back(r);
        doubt_wake(r);
        while (r->stopped && (q = ask_pop(&r->wanted)))
            interrupt(q);
        while (r->wanted.n && r->flights < WINDOW)
            send_group(r);
        some |= r->done.n != 0;
        hand_out(r);
    } while (r->done.n || (r->wanted.n && r->flights < WINDOW));
    return some;
}

bool reader_idle(const struct reader *r)
{
    return !r->flights && !r->back && !r->wanted.n && !r->asleep.n && !r->done.n;
}

void reader_stop(struct reader *r)
{
    struct read_ask *q;
    r->stopped = true;
    for (struct call *c = r->wire; c; c = c->next) {
        ticket_cancel(c->ticket);
        for (size_t i = 0; i < c->n; i++)
            interrupt(c->asks[i]);
    }
    r->wire = NULL;
    r->flights = 0;
    while ((q = ask_pop(&r->asleep)))
        interrupt(q);
    world_timer_stop(r->world, r->timer);
    r->timer = NULL;
}

bool reader_wait(struct reader *r)
{
    for (;;) {
        reader_turn(r);
        if (reader_idle(r))
            return !r->stopped;
        if (world_wait(r->world, world_now(r->world) + 1000) == WAIT_SIGNAL)
            reader_stop(r);
    }
}

static void begin(struct reader *r, struct read_ask *q)
{
    assert(q->type && q->then);
    q->reader = r;
    q->nth = 0;
    q->alone = false;
    q->absences = 0;
    q->inputs = q->inputs ? q->inputs : &value_empty_object;
    answer_forget(q);
}

void reader_ask(struct reader *r, struct read_ask *q)
{
    begin(r, q);
    q->finding = false;
    ask_want(q, rtype_step(q->type, STEP_READ, 0));
}

void reader_find(struct reader *r, struct read_ask *q)
{
    begin(r, q);
    q->finding = true;
    ask_want(q, rtype_step(q->type, STEP_FIND, 0));
}

struct reader *reader_new(struct world *w, struct callers *callers, struct models *m, struct state *state, struct arena *a)
{
    struct reader *r = ARENA_NEW(a, struct reader);
    *r = (struct reader){ .world = w, .callers = callers, .models = m, .state = state, .arena = a, .scale = callers_wait_scale(callers) };
    r->back_end = &r->back;
    return r;
}

void reader_free(struct reader *r)
{
    if (r)
        reader_stop(r);
}
