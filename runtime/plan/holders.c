/* holders.c - what of others stands on an object that goes. Its type says how to ask (`holder ListNodegroups { ... }`); what state does not know
 * is a stranger, and is refused by name before the first call. */
#include "room.h"

struct question {
    struct maker *m;
    const struct item *x;
    const struct rstep *step;
    struct answer result;
    bool done;
};

/* What AWS is deleting already is not asked about: there is nothing left to refuse. */
static bool goes(const struct item *x)
{
    enum action a = x->pub.action;
    return x->pub.type && x->pub.record && !x->gone && !x->leaving && !x->pub.unread && x->pub.record->status != STATUS_DELETING &&
           (a == ACTION_DELETE || a == ACTION_REPLACE_CREATE_FIRST || a == ACTION_REPLACE_DELETE_FIRST);
}

static bool unanswered(struct question *q, struct str problem)
{
    struct maker *m = q->m;
    struct diag *d = diag_add(m->c->diags, DIAG_E0602, SPAN_NONE, "cannot ask what stands on %.*s: %.*s", STR_ARG(q->x->pub.addr), STR_ARG(problem));
    d->addr = str_dup(m->c->diags->arena, q->x->pub.addr);
    return false;
}

/* Known by state under the type that the step names, under any where it names none. */
static bool known(struct maker *m, struct str type, struct str key)
{
    for (size_t i = 0; key.n && i < m->all.n; i++) {
        const struct item *y = m->all.v[i];
        const struct value *id = y->pub.record && y->pub.type && (!type.n || str_eq(y->pub.type->name, type)) && !y->pub.record->pin
                                     ? resource_identity(m->arena, y->pub.type, record_inputs(y->pub.record), y->outs) : NULL;
        if (id && str_eq(resource_key(m->arena, id), key))
            return true;
    }
    return false;
}

static bool judge(struct question *q)
{
    struct maker *m = q->m;
    struct resource_fault f = { 0 };
    struct resource_view v = item_view(q->m, q->x);
    struct resource_holder *found;
    struct buf names = { 0 };
    struct str field;
    if (resource_verdict(q->x->pub.type, q->step, &q->result, &field) == VERDICT_GONE)
        return true;
    if (q->result.class != ANSWER_OK)
        return unanswered(q, q->result.error.message.n ? q->result.error.message : STR("AWS did not answer"));
    v.reply = q->result.reply;
    size_t n = resource_holders(m->arena, q->step, &v, &found, &f), strangers = 0;
    if (f.problem.n)
        return unanswered(q, f.problem);
    for (size_t i = 0; i < n; i++)
        if (!known(m, q->step->holds, found[i].key) && ++strangers <= 8)
            buf_fmt(&names, "%s%.*s", strangers > 1 ? ", " : "", STR_ARG(found[i].name.n ? found[i].name : found[i].key));
    if (strangers) {
        struct diag *d = diag_add(m->c->diags, DIAG_E0615, q->x->pub.node ? q->x->pub.node->span : SPAN_NONE,
                                  "%.*s cannot go: on it stands what this stack did not make: %.*s%s", STR_ARG(q->x->pub.addr), (int)names.n, names.s,
                                  strangers > 8 ? ", and more" : "");
        d->addr = str_dup(m->c->diags->arena, q->x->pub.addr);
        diag_help(m->c->diags, d, "delete that first, or ask its owner to; nothing was begun");
    }
    buf_fini(&names);
    return !strangers;
}

static void answered(void *user, const struct answer *r)
{
    struct question *q = user;
    q->result = *r;
    q->done = true;
}

static bool ask(struct maker *m, struct vec *asked, const struct item *x, const struct rstep *s)
{
    struct resource_fault f = { 0 };
    struct resource_view v = item_view(m, x);
    const struct value **requests;
    size_t n = resource_requests(m->arena, m->c->models, s, &v, &requests, &f);
    struct question *q = ARENA_NEW(m->arena, struct question);
    *q = (struct question){ .m = m, .x = x, .step = s };
    if (f.problem.n)
        return unanswered(q, f.problem);
    if (!n)
        return true;
    struct ask call = { .service = resource_service(x->pub.type, s), .op = resource_operation(s), .provider = x->provider, .input = requests[0],
                        .repeat = REPEAT_ALWAYS, .all_pages = true };
    vec_add(asked, q);
    callers_send(m->c->callers, m->arena, &call, answered, q);
    return true;
}

static bool wait_for(struct maker *m, const struct vec *asked)
{
    for (size_t i = 0; i < asked->n;) {
        if (((struct question *)asked->v[i])->done)
            i++;
        else if (world_wait(m->c->world, world_now(m->c->world) + 1000) == WAIT_SIGNAL) {
            m->exit_code = 130;
            return false;
        }
    }
    return true;
}

bool holders_ask(struct maker *m)
{
    struct vec asked = { 0 };
    const struct rstep *s;
    bool ok = true;
    for (size_t i = 0; m->c->refresh && i < m->all.n; i++)
        for (size_t k = 0; goes(m->all.v[i]) && (s = rtype_step(((struct item *)m->all.v[i])->pub.type, STEP_HOLDER, k)); k++)
            ok &= ask(m, &asked, m->all.v[i], s);
    ok = ok && wait_for(m, &asked);
    for (size_t i = 0; ok && i < asked.n; i++)
        ok &= judge(asked.v[i]);
    vec_fini(&asked);
    return ok;
}
