/* pages.c - see pages.h. Operations with several tokens (Route 53 record sets) list them with commas, in the same order on both sides. */
#include "pages.h"

#include <string.h>

#include "kc/arena.h"

static const struct value *at(struct arena *a, const struct value *v, struct str path)
{
    return value_at(v, str_c(a, path));
}

static bool present(const struct value *v)
{
    if (!v || v->kind == VALUE_NONE)
        return false;
    return v->kind != VALUE_STRING || v->s.n > 0;
}

static const struct value *without(struct arena *a, const struct value *object, struct str key)
{
    struct pair *v = arena_array(a, object->object.n, sizeof *v);
    size_t n = 0;

    for (size_t i = 0; i < object->object.n; i++)
        if (!str_eq(object->object.v[i].key, key))
            v[n++] = object->object.v[i];
    return value_object(a, v, n);
}

/* The operation says that there is more, in so many words. */
static bool more_promised(struct arena *a, const struct operation *op, const struct value *reply)
{
    const struct value *more = op->page.more.n ? at(a, reply, op->page.more) : NULL;

    return more && more->kind == VALUE_BOOL && more->b;
}

const struct value *pages_next(struct arena *a, const struct operation *op, const struct value *input, const struct value *reply, const char **why)
{
    struct str outs = op->page.token_out, ins = op->page.token_in, out, in;
    const struct value *next = input ? input : &value_empty_object;
    bool any = false, moved = false, more = more_promised(a, op, reply);

    if (!outs.n || (op->page.more.n && !more))
        return NULL;
    while (str_cut(&outs, ',', &out) && str_cut(&ins, ',', &in)) {
        const struct value *token = at(a, reply, out), *former = value_get(next, in);

        if (!present(token)) {                             /* of several tokens one may be absent: the former must go */
            if (former)
                next = without(a, next, in);
            moved = moved || former;
            continue;
        }
        any = true;
        moved = moved || !former || !value_eq(former, token);
        next = value_with(a, next, in, token);
    }
    if (any && !moved)
        *why = "a page of the listing names itself as the next one";
    else if (more && !any)
        *why = "a page of the listing says that more follows, and not where";
    return any && moved ? next : NULL;
}

static const struct value *joined_lists(struct arena *a, const struct value *x, const struct value *y)
{
    size_t nx = x && x->kind == VALUE_LIST ? x->list.n : 0, ny = y && y->kind == VALUE_LIST ? y->list.n : 0;
    const struct value **v = arena_array(a, nx + ny, sizeof *v);

    if (nx)
        memcpy(v, x->list.v, nx * sizeof *v);
    if (ny)
        memcpy(v + nx, y->list.v, ny * sizeof *v);
    return value_list(a, v, nx + ny);
}

/* Sets a dotted path inside nested objects. */
static const struct value *with_path(struct arena *a, const struct value *object, struct str path, const struct value *v)
{
    struct str rest = path, head;

    if (!str_cut(&rest, '.', &head) || !rest.n)
        return value_with(a, object, path, v);
    const struct value *inner = value_get(object, head);
    return value_with(a, object, head, with_path(a, inner ? inner : &value_empty_object, rest, v));
}

const struct value *pages_join(struct arena *a, const struct operation *op, const struct value *so_far, const struct value *reply, const char **why)
{
    bool absent_is_empty = op->service->protocol == PROTOCOL_REST_XML;   /* elements beside each other, without one around them */
    struct str lists = op->page.list, path;

    if (!so_far)
        return reply;
    while (lists.n && str_cut(&lists, ',', &path)) {
        const struct value *x = at(a, so_far, path), *y = at(a, reply, path);

        if (!x && !y)
            continue;
        if ((!x || !y) && !absent_is_empty) {
            *why = "a page of the listing lacks the list that another has";
            return NULL;
        }
        reply = with_path(a, reply, path, joined_lists(a, x, y));
    }
    return reply;
}
