/* mask.c - what the account does not need to hold. AWS takes passwords and shows none: a member that the model calls secret, and no reply of the
 * service has, is kept as "(secret)", and is no part of what tells two requests apart. What replies show is kept as it is, as AWS keeps it. */
#include "room.h"

enum { DEPTH = 12 };

static bool shows(const struct shape *s, struct str name, int depth)
{
    size_t i;

    if (!s || depth > DEPTH)
        return false;
    for (i = 0; i < s->nmembers; i++)
        if (str_eq(s->members[i].name, name) || shows(s->members[i].shape, name, depth + 1))
            return true;
    return shows(s->elem, name, depth + 1);
}

static bool shown(const struct request *r, struct str name)
{
    const struct service *s = r->op->service;
    size_t i;

    for (i = 0; i < s->noperations; i++)
        if (shows(s->operations[i].out, name, 0))
            return true;
    return false;
}

static const struct value *mask(struct request *r, const struct shape *s, const struct value *v, int depth)
{
    size_t i;

    if (!s || depth > DEPTH)
        return v;
    if (v->kind == VALUE_LIST) {
        const struct value *list = &value_empty_list;

        for (i = 0; i < v->list.n; i++)
            list = tree_list(r->a, list, mask(r, s->elem, v->list.v[i], depth + 1));
        return list;
    }
    for (i = 0; v->kind == VALUE_OBJECT && i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        const struct value *x = value_get(v, m->name);

        if (x)
            v = value_with(r->a, v, m->name, m->secret && !shown(r, m->name) ? value_str(r->a, STR("(secret)")) : mask(r, m->shape, x, depth + 1));
    }
    return v;
}

static bool holds_secret(const struct shape *s, int depth)
{
    size_t i;

    for (i = 0; s && depth <= DEPTH && i < s->nmembers; i++)
        if (s->members[i].secret || holds_secret(s->members[i].shape, depth + 1))
            return true;
    return s && depth <= DEPTH && holds_secret(s->elem, depth + 1);
}

const struct value *kept_input(struct request *r)
{
    return holds_secret(r->op->in, 0) ? mask(r, r->op->in, r->input, 0) : r->input;
}
