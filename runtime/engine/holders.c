/* holders.c - what stands on an object that AWS refuses to delete, asked of AWS by the type's holder steps: names for people, nothing more. An
 * answer that does not come is left out: the refusal itself says what AWS says. Of what stands in it a page says enough. */
#include "room.h"

enum { NAMED = 5 };

static void next(struct task *t);

static void say(struct task *t, const struct resource_element *v, size_t n)
{
    struct buf b = { 0 };
    buf_fmt(&b, "%.*s", STR_ARG(t->held));
    for (size_t i = 0; i < n && i < NAMED; i++)
        buf_fmt(&b, "%s%.*s", b.n ? ", " : "", STR_ARG(v[i].name));
    if (n > NAMED)
        buf_fmt(&b, " and %zu more", n - NAMED);
    t->held = buf_take(&b, t->r->a);
}

static void answered(struct exchange *x)
{
    struct task *t = x->t;
    struct str field;
    struct resource_fault f = { 0 };
    struct resource_element *v;
    struct resource_view view = task_view(t);
    const struct rstep *s = &t->type->steps[t->holder - 1];
    view.reply = x->result.reply;
    if (resource_verdict(t->type, s, &x->result, &field) == VERDICT_OK) {
        size_t n = resource_inside(t->r->a, s, &view, &v, &f);
        if (!f.problem.n)
            say(t, v, n);
    }
    next(t);
}

static void next(struct task *t)
{
    struct resource_fault f = { 0 };
    struct resource_view view = task_view(t);
    while (t->holder < t->type->nsteps && t->type->steps[t->holder].kind != STEP_HOLDER && t->type->steps[t->holder].kind != STEP_EMPTY)
        t->holder++;
    const struct rstep *s = t->r->stop || t->holder == t->type->nsteps ? NULL : &t->type->steps[t->holder++];
    const struct value *request = s ? resource_request(t->r->a, t->r->c->models, s, &view, &f) : NULL;
    if (!request) {
        t->after_holders(t);
        return;
    }
    struct ask call = { .provider = t->provider, .service = resource_service(t->type, s), .op = resource_operation(s), .input = request,
                        .repeat = REPEAT_ALWAYS, .all_pages = s->kind == STEP_HOLDER };
    exchange_send(t->r, t->r->a, &call, false, answered)->t = t;
}

void holders_begin(struct task *t, task_then *then)
{
    t->holder = 0;
    t->held = STR_NONE;
    t->after_holders = then;
    next(t);
}
