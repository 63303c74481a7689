/* believe.c - is a reply the answer to what was asked? The service models mark next to nothing as required, so the binding says it: the path from
 * which `live`, `each`, `key` or an identity starts must be there, up to where the binding writes `?.` or `??`. A reply without it is no answer:
 * never "gone", never "differs". */
#include "view.h"

enum { DEPTH = 64 };

struct doubt {
    struct arena *a;
    const struct resource_view *v;
    const struct value *it;
    struct resource_fault *f;
    unsigned depth;
};

static bool is_root(const struct term *t)
{
    return t->kind == TERM_PARAM && (str_is(t->name, "reply") || str_is(t->name, "it") || str_is(t->name, "live"));
}

/* reply.a.b: a plain walk into what AWS said. */
static bool is_walk(const struct term *t)
{
    while (t->kind == TERM_FIELD)
        t = t->args[0];
    return is_root(t);
}

static bool there(struct doubt *d, const struct term *t)
{
    struct resource_fault f;
    struct buf path = { 0 };
    const struct value *x = view_eval(d->a, d->v, d->it, NULL, t, &f);
    if (x && x->kind != VALUE_NONE)
        return true;
    term_print(&path, t);
    fault_set(d->a, d->f, t->span, "the reply is not believed: it has no %.*s", STR_ARG(buf_view(&path)));
    d->f->unbelieved = true;
    buf_fini(&path);
    return false;
}

static bool stands(struct doubt *d, const struct term *t);

/* `t` itself may be absent; what it starts from may not. */
static bool starts(struct doubt *d, const struct term *t)
{
    if (t->kind == TERM_FIELD && str_is(t->path, "?"))
        return starts(d, t->args[0]);
    return (t->kind != TERM_FIELD && t->kind != TERM_INDEX && t->kind != TERM_CALL) || !t->nargs || stands(d, t->args[0]);
}

static bool stands(struct doubt *d, const struct term *t)
{
    bool ok = true;
    if (d->depth++ > DEPTH)
        return true;
    switch (t->kind) {
    case TERM_PARAM:
        ok = !is_root(t) || there(d, t);
        break;
    case TERM_FIELD:
        if (str_is(t->path, "?"))
            ok = starts(d, t->args[0]);
        else
            ok = stands(d, t->args[0]) && (!is_walk(t) || there(d, t));
        break;
    case TERM_INDEX:
    case TERM_CALL:
    case TERM_FOR:
        ok = !t->nargs || stands(d, t->args[0]);
        break;
    case TERM_OP:
        if (t->op == OP_COALESCE)
            ok = starts(d, t->args[0]);
        else
            for (size_t i = 0; ok && i < t->nargs; i++)
                ok = stands(d, t->args[i]);
        break;
    case TERM_LIST:
    case TERM_OBJECT:
    case TERM_JOIN:
        for (size_t i = 0; ok && i < t->nargs; i++)
            ok = stands(d, t->args[i]);
        break;
    case TERM_IF:                                          /* what it is depends on the reply */
    case TERM_CONST:
    case TERM_REF:
        break;
    }
    d->depth--;
    return ok;
}

bool view_believe(struct arena *a, const struct resource_view *v, const struct value *it, const struct term *t, struct resource_fault *f)
{
    struct doubt d = { a, v, it, f, 0 };
    return !t || stands(&d, t);
}
