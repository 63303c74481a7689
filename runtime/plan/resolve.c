/* resolve.c - values of nodes with what is known by now put in; the same for planning and for carrying out. */
#include "room.h"

enum { DEPTH = 128 };

struct resolver {
    struct arena *arena;
    const struct str *suffix;
    plan_ref *ref;
    void *user;
    struct eval eval;
};

static const struct value *on_ref(void *user, struct str addr, struct str path, const struct type *t)
{
    struct resolver *r = user;
    return r->ref ? r->ref(r->user, addr, path, t) : NULL;
}

static const struct value *on_param(void *user, struct str name)
{
    struct resolver *r = user;
    return str_is(name, "fresh") && r->suffix ? value_str(r->arena, *r->suffix) : NULL;
}

static const struct value *walk(struct resolver *r, const struct value *v, unsigned depth)
{
    if (depth > DEPTH || value_is_known(v))
        return v;
    if (v->kind == VALUE_UNKNOWN)
        return v->unknown.term ? term_eval(&r->eval, v->unknown.term) : v;
    size_t n = v->kind == VALUE_LIST ? v->list.n : v->object.n;
    const struct value **list = v->kind == VALUE_LIST ? ARENA_ARRAY(r->arena, const struct value *, n) : NULL;
    struct pair *pairs = list ? NULL : ARENA_ARRAY(r->arena, struct pair, n);
    for (size_t i = 0; i < n; i++) {
        const struct value *x = walk(r, list ? v->list.v[i] : v->object.v[i].value, depth + 1);
        if (!x)
            return NULL;
        if (list)
            list[i] = x;
        else
            pairs[i] = (struct pair){ v->object.v[i].key, x };
    }
    return list ? value_list(r->arena, list, n) : value_object(r->arena, pairs, n);
}

const struct value *plan_resolve(struct arena *a, const struct value *v, const struct str *suffix, plan_ref *ref, void *user,
                                 struct resource_fault *f)
{
    struct resolver r = { .arena = a, .suffix = suffix, .ref = ref, .user = user };
    r.eval = (struct eval){ .arena = a, .ref = on_ref, .param = on_param, .user = &r };
    const struct value *x = walk(&r, v, 0);
    if (x && suffix && !value_is_known(x))                 /* fresh(label) first becomes a question about the suffix */
        x = walk(&r, x, 0);
    if (!x)
        *f = (struct resource_fault){ .problem = r.eval.problem, .code = r.eval.code, .where = r.eval.where };
    return x;
}

bool field_ignored(const struct node *n, struct str field)
{
    for (size_t i = 0; n && i < n->nignore; i++)
        if (str_eq(n->ignore[i], field))
            return true;
    return false;
}

struct span field_span(const struct node *n, struct str field)
{
    for (size_t i = 0; n && n->type && i < n->type->nfields; i++)
        if (str_eq(n->type->fields[i].name, field) && n->field_spans && n->field_spans[i].file)
            return n->field_spans[i];
    return n ? n->span : SPAN_NONE;
}

bool plan_admit(struct arena *a, const struct node *n, const struct value **inputs, struct resource_fault *f)
{
    const struct value *out = *inputs;
    for (size_t i = 0; n->type && i < n->type->nfields; i++) {
        const struct rfield *fd = &n->type->fields[i];
        const struct value *was = value_get(n->inputs, fd->name), *now = value_get(*inputs, fd->name);
        if (!was || !now || value_is_known(was) || !value_is_known(now))
            continue;
        struct eval e = { .arena = a };
        struct type_mistake m = { 0 };
        const struct value *v = type_admit(&e, fd->type, now, &m);
        if (!v) {
            *f = (struct resource_fault){ .problem = str_fmt(a, "%.*s%.*s: %.*s", STR_ARG(fd->name), STR_ARG(m.path), STR_ARG(m.what)),
                                          .code = DIAG_E0304, .where = field_span(n, fd->name) };
            return false;
        }
        if (v != now)
            out = value_with(a, out, fd->name, v);
    }
    *inputs = n->type ? rtype_mark(a, n->type, out) : out;
    return true;
}
