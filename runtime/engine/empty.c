/* empty.c - what stands in an object is removed before it is deleted, where the plan says so: page by page, each page in as few calls as its type
 * allows. A page is forgotten before the next one is asked for, so that memory does not grow with what there is. After a page of which something was
 * removed the list begins anew, since the place where it went on may be gone with that; a page of which nothing goes leads to the next. It ends when
 * the list shows nothing. Nothing is remembered of it: to remove twice does no harm, and after a kill the next run lists what is left. Intents say only
 * which call it was. Who writes meanwhile is noticed: all that the list showed went, and it is not empty, or it begins with what went before. */
#include "room.h"

enum { STUCK = 5, PAUSE = 2000 };

struct emptying {
    task_then *then;
    size_t nth;                                            /* of the item's questions */
    const struct rstep *step;
    struct arena *page;                                    /* holds what follows */
    const struct value *input, *next;                      /* that asked for this page; for the next one, or NULL */
    struct resource_element *v; size_t n, at, batch;       /* on this page; gone so far; in the call that is out */
    bool whole;                                            /* the page that was removed last was the last of the list */
    struct str first;                                      /* what it began with */
    unsigned again, unknowns, calls;                       /* again: lists in a row that should have been empty, or otherwise */
    size_t removed;
};

static void list(struct task *t);

/* Answers of calls stand in the page too: nothing points into it any more. */
static void forget_page(struct task *t)
{
    struct emptying *e = t->empty;
    if (e->page && t->call.arena == e->page)
        t->call = (struct call){ 0 };
    arena_free(e->page);
    e->page = NULL;
}

void empty_end(struct task *t)
{
    if (t->empty)
        forget_page(t);
}

/* What outlives the page is copied. */
static void fail_fault(struct task *t, struct resource_fault f)
{
    f.problem = str_dup(t->r->a, f.problem);
    task_fail_fault(t, &f);
}

/* From its beginning. */
static void list_first(struct task *t)
{
    t->empty->next = NULL;
    list(t);
}

static void next_step(struct task *t)
{
    struct emptying *e = t->empty;
    const struct plan_item *item = t->op->item;
    forget_page(t);
    if (e->nth == item->ninside) {
        e->then(t);
        return;
    }
    e->step = item->inside[e->nth++].step;
    e->whole = false;
    e->first = STR_NONE;
    e->again = 0;
    list_first(t);
}

/* ---- removing ---- */

static void remove_batch(struct task *t);

static void refused(struct task *t, struct str what)
{
    struct emptying *e = t->empty;
    if (!call_outcome(t, NULL, &what))
        return;
    t->report->operation = resource_operation(e->step->remove);
    t->report->request_id = str_dup(t->r->a, t->call.result.request_id);
    task_fail(t, DIAG_E0701, task_span(t), what, STR("what was removed stays removed; run it again when the cause is gone"));
}

/* A success may tell of elements that stay. */
static void went(struct task *t)
{
    struct emptying *e = t->empty;
    struct resource_fault f;
    struct resource_view view = task_view(t);
    struct str why, op = resource_operation(e->step->remove);
    view.reply = t->call.result.reply;
    size_t left = resource_left(e->page, e->step->remove, &view, &why, &f);
    if (f.problem.n) {
        refused(t, str_fmt(t->r->a, "%.*s: %.*s", STR_ARG(op), STR_ARG(f.problem)));
    } else if (left) {
        refused(t, str_fmt(t->r->a, "%.*s left %zu of %zu in it: %.*s", STR_ARG(op), left, e->batch, STR_ARG(why)));
    } else if (call_outcome(t, NULL, NULL)) {
        e->at += e->batch;
        e->removed += e->batch;
        t->busy_since = t->busy_tries = 0;
        e->unknowns = 0;
        remove_batch(t);
    }
}

/* What was listed may be otherwise by now. */
static void list_anew(struct task *t)
{
    t->empty->whole = false;
    t->empty->first = STR_NONE;
    list_first(t);
}

static void close_and_list(struct task *t, const char *why)
{
    struct str error = str_of(why);
    if (call_outcome(t, NULL, &error))
        list_anew(t);
}

static void called(struct task *t, enum verdict v)
{
    if (v == VERDICT_OK) {
        went(t);
    } else if (v == VERDICT_BUSY) {
        call_wait_busy(t, list_anew, "waits until it is no longer in use");
    } else if (v == VERDICT_GONE) {
        close_and_list(t, "it was gone already");
    } else if (v == VERDICT_UNKNOWN && ++t->empty->unknowns < UNKNOWN_TRIES) {
        close_and_list(t, "no answer came; what is left is listed again");
    } else {
        struct str error = call_error(t);
        if (call_outcome(t, NULL, &error))
            task_fail_answer(t, &t->call.result, resource_operation(t->call.step));
    }
}

/* Each removal is another one, and has a token of its own. */
static struct str token(struct task *t)
{
    const struct state_meta *m = state_meta(t->r->c->state);
    struct emptying *e = t->empty;
    struct str step = str_fmt(e->page, "%.*s@%.*s.%u", STR_ARG(resource_operation(e->step->remove)), STR_ARG(t->r->run_id), e->calls++);
    return resource_token(e->page, m->lineage, m->salt, t->rec.origin.n ? t->rec.origin : t->addr, t->rec.generation, step, STR("empty"));
}

static void remove_batch(struct task *t)
{
    struct emptying *e = t->empty;
    const struct rstep *s = e->step->remove;
    struct resource_fault f;
    struct resource_view view = task_view(t);
    size_t left = e->n - e->at, most = s->batch ? (size_t)s->batch : 1;
    if (!left) {
        list_first(t);
        return;
    }
    e->batch = left < most ? left : most;
    view.token = token(t);
    const struct value *request = resource_removal(e->page, t->r->c->models, e->step, &view, e->v + e->at, e->batch, &f);
    if (!request) {
        fail_fault(t, f);
        return;
    }
    call_begin(t, s, request, resource_operation(s), "empty", view.token, called);
    t->call.arena = e->page;
    if (!t->ended)
        task_state(t, OP_RUNNING, str_fmt(t->r->a, "removes what stands in it: %zu so far", e->removed));
}

/* ---- listing ---- */

static void ask(struct task *t);

static void fail_stuck(struct task *t)
{
    struct emptying *e = t->empty;
    task_fail(t, DIAG_E0617, task_span(t),
              str_fmt(t->r->a, "it does not get empty: after %zu were removed, %zu stand in it again: %.*s%s", e->removed, e->n, STR_ARG(e->v[0].name), e->n > 1 ? ", and more" : ""),
              STR("something writes into it: stop that, and run it again"));
}

/* A page with something to remove. That it should not be there may be only that the list does not show yet what went. */
static void begin_page(struct task *t, bool last)
{
    struct emptying *e = t->empty;
    bool unexpected = e->whole || str_eq(e->v[0].name, e->first);
    e->again = unexpected ? e->again + 1 : 0;
    e->whole = last;
    e->first = str_dup(t->r->a, e->v[0].name);
    if (e->again > STUCK)
        fail_stuck(t);
    else if (e->again)
        task_wake(t, world_now(t->r->c->world) + task_scaled(t, PAUSE << (e->again - 1)), remove_batch);
    else
        remove_batch(t);
}

static void no_answer(struct task *t, const struct answer *r)
{
    struct arena *a = t->r->a;
    t->read_result = *r;
    t->read_result.reply = t->read_result.next = NULL;
    t->read_result.error.code = str_dup(a, r->error.code);
    t->read_result.error.message = str_dup(a, r->error.message);
    t->read_result.error.request_id = str_dup(a, r->error.request_id);
    t->read_result.request_id = str_dup(a, r->request_id);
    t->ask.answer.operation = resource_operation(t->empty->step);
    read_retry(t, ask);
}

static void listed(struct exchange *x)
{
    struct task *t = x->t;
    struct emptying *e = t->empty;
    struct str field;
    struct resource_fault f;
    struct resource_view view = task_view(t);
    enum verdict v = resource_verdict(t->type, e->step, &x->result, &field);
    if (v == VERDICT_GONE) {
        next_step(t);
        return;
    }
    if (v != VERDICT_OK) {
        no_answer(t, &x->result);
        return;
    }
    view.reply = x->result.reply;
    e->n = resource_inside(e->page, e->step, &view, &e->v, &f);
    if (f.unbelieved) {
        no_answer(t, &(struct answer){ .class = ANSWER_UNKNOWN, .error = { .message = f.problem }, .request_id = x->result.request_id });
    } else if (f.problem.n) {
        fail_fault(t, f);
    } else {
        t->read_errors = 0;
        e->at = 0;
        e->next = x->result.next;
        if (e->n)
            begin_page(t, !e->next);
        else if (e->next)
            list(t);
        else
            next_step(t);
    }
}

static void ask(struct task *t)
{
    struct emptying *e = t->empty;
    struct ask call = { .provider = t->provider, .service = resource_service(t->type, e->step), .op = resource_operation(e->step), .input = e->input,
                        .repeat = REPEAT_ALWAYS };
    if (t->r->stop)
        task_cancel(t, STR("interrupted while what stands in it was removed"));
    else
        exchange_send(t->r, e->page, &call, false, listed)->t = t;
}

static void list(struct task *t)
{
    struct emptying *e = t->empty;
    struct resource_fault f;
    struct resource_view view = task_view(t);
    struct arena *page = arena_new();
    e->input = e->next ? value_keep(page, e->next) : resource_request(page, t->r->c->models, e->step, &view, &f);
    forget_page(t);
    e->page = page;
    e->n = e->at = 0;
    if (e->input)
        ask(t);
    else
        fail_fault(t, f);
}

void empty_begin(struct task *t, task_then *then)
{
    const struct plan_item *item = t->op->item;
    if (!item || !item->ninside) {
        then(t);
        return;
    }
    if (!t->empty)
        t->empty = ARENA_NEW(t->r->a, struct emptying);
    t->empty->then = then;
    t->empty->nth = 0;
    next_step(t);
}
