/* request.c - the request of a step. With `send` it is that term's value; without, every input goes under its wire name: the API member
 * equal but for case and '_', or the path written with @wire. A create sends all inputs, an update what it is `on`, all of them the identity.
 * The model's token member is filled in when the binding leaves it out. */
#include "view.h"

enum { DEPTH = 64 };

struct str resource_service(const struct rtype *t, const struct rstep *s)
{
    struct str rest = s->op, part;
    return str_find(s->op, STR(":")) != SIZE_MAX && str_cut(&rest, ':', &part) ? part : t->service;
}

struct str resource_operation(const struct rstep *s)
{
    size_t at = str_find(s->op, STR(":"));
    return at == SIZE_MAX ? s->op : str_sub(s->op, at + 1, s->op.n);
}

const struct value *resource_merge(struct arena *a, const struct value *into, const struct value *add)
{
    if (!into || into->kind != VALUE_OBJECT || into->object.n == 0)
        return add && add->kind == VALUE_OBJECT ? add : &value_empty_object;
    if (!add || add->kind != VALUE_OBJECT || add->object.n == 0)
        return into;
    struct pair *p = ARENA_ARRAY(a, struct pair, into->object.n + add->object.n);
    size_t n = 0;
    for (size_t i = 0; i < into->object.n; i++) {
        const struct value *over = value_get(add, into->object.v[i].key);
        p[n++] = (struct pair){ into->object.v[i].key, over ? over : into->object.v[i].value };
    }
    for (size_t i = 0; i < add->object.n; i++)
        if (!value_get(into, add->object.v[i].key))
            p[n++] = add->object.v[i];
    return value_object(a, p, n);
}

static const struct value *drop_none(struct arena *a, const struct value *v, unsigned depth)
{
    if (depth > DEPTH)
        return v;
    if (v->kind == VALUE_OBJECT) {
        struct pair *p = ARENA_ARRAY(a, struct pair, v->object.n);
        size_t n = 0;
        for (size_t i = 0; i < v->object.n; i++)
            if (v->object.v[i].value->kind != VALUE_NONE)
                p[n++] = (struct pair){ v->object.v[i].key, drop_none(a, v->object.v[i].value, depth + 1) };
        return value_object(a, p, n);
    }
    if (v->kind == VALUE_LIST) {
        const struct value **p = ARENA_ARRAY(a, const struct value *, v->list.n);
        size_t n = 0;
        for (size_t i = 0; i < v->list.n; i++)
            if (v->list.v[i]->kind != VALUE_NONE)
                p[n++] = drop_none(a, v->list.v[i], depth + 1);
        return value_list(a, p, n);
    }
    return v;
}

static const struct operation *find_operation(struct arena *a, struct models *m, const struct rtype *t, const struct rstep *s,
                                              struct resource_fault *f)
{
    struct str why = STR_NONE, name = resource_service(t, s);
    const struct service *svc = m ? model_service(m, name, &why) : NULL;
    const struct operation *op = svc ? model_operation(svc, resource_operation(s)) : NULL;
    if (!op)
        fault_set(a, f, s->span, "%.*s has no operation %.*s%s%.*s", STR_ARG(name), STR_ARG(resource_operation(s)), why.n ? ": " : "",
                  STR_ARG(why));
    return op;
}

/* A map of tags where the API wants a list of key and value. */
static const struct value *tag_list(struct arena *a, const struct shape *elem, const struct value *tags)
{
    const struct member *k = model_match(elem, STR("key")), *v = model_match(elem, STR("value"));
    k = k ? k : model_match(elem, STR("tag_key"));
    v = v ? v : model_match(elem, STR("tag_value"));
    if (!k || !v)
        return NULL;
    const struct value **list = ARENA_ARRAY(a, const struct value *, tags->object.n);
    for (size_t i = 0; i < tags->object.n; i++) {
        struct pair p[] = { { k->name, value_str(a, tags->object.v[i].key) }, { v->name, tags->object.v[i].value } };
        list[i] = value_object(a, p, 2);
    }
    return value_list(a, list, tags->object.n);
}

/* Renames members to the API's names all the way down. NULL: *bad names the member that does not exist. */
static const struct value *to_shape(struct arena *a, const struct shape *sh, const struct value *v, unsigned depth, struct str *bad)
{
    if (depth > DEPTH || (v->kind != VALUE_OBJECT && v->kind != VALUE_LIST))
        return v;
    if (v->kind == VALUE_OBJECT && sh->kind == SHAPE_LIST && sh->elem->kind == SHAPE_STRUCT)
        return tag_list(a, sh->elem, v);
    if (v->kind == VALUE_LIST) {
        const struct value **list = ARENA_ARRAY(a, const struct value *, v->list.n);
        for (size_t i = 0; i < v->list.n; i++)
            if (!(list[i] = to_shape(a, sh->kind == SHAPE_LIST ? sh->elem : sh, v->list.v[i], depth + 1, bad)))
                return NULL;
        return value_list(a, list, v->list.n);
    }
    struct pair *p = ARENA_ARRAY(a, struct pair, v->object.n);
    for (size_t i = 0; i < v->object.n; i++) {
        const struct member *m = sh->kind == SHAPE_STRUCT ? model_match(sh, v->object.v[i].key) : NULL;
        const struct shape *next = m ? m->shape : sh->kind == SHAPE_MAP ? sh->elem : sh;
        if (sh->kind == SHAPE_STRUCT && !m) {
            *bad = v->object.v[i].key;
            return NULL;
        }
        p[i] = (struct pair){ m ? m->name : v->object.v[i].key, to_shape(a, next, v->object.v[i].value, depth + 1, bad) };
        if (!p[i].value)
            return NULL;
    }
    return value_object(a, p, v->object.n);
}

/* Sets a.b.c inside request, by API names; the model resolves each part. False: no such member. */
static bool put(struct arena *a, const struct shape *sh, const struct value **request, struct str path, const struct value *v,
                struct str *bad)
{
    struct str rest = path, part;
    str_cut(&rest, '.', &part);
    const struct member *m = model_match(sh, part);
    if (!m) {
        *bad = part;
        return false;
    }
    const struct value *inner = v;
    if (rest.n) {
        const struct value *had = value_get(*request, m->name);
        inner = had ? had : &value_empty_object;
        if (!put(a, m->shape, &inner, rest, v, bad))
            return false;
    } else if (!(inner = to_shape(a, m->shape, v, 0, bad))) {
        return false;
    }
    *request = value_with(a, *request, m->name, inner);
    return true;
}

static bool step_on(const struct rstep *s, struct str field)
{
    for (size_t i = 0; i < s->non; i++)
        if (str_eq(path_root(s->on[i]), field))
            return true;
    return false;
}

static bool required_member(const struct shape *in, struct str name)
{
    const struct member *m = model_match(in, name);
    return m && m->required;
}

/* Whether a step with no `send` carries this field. */
static bool carries(const struct rstep *s, const struct shape *in, const struct rfield *fd)
{
    if (s->kind == STEP_CREATE)
        return true;
    return fd->identity || required_member(in, fd->wire.n ? fd->wire : fd->name) || (s->kind == STEP_UPDATE && step_on(s, fd->name));
}

static bool written_by_update(const struct rtype *t, struct str field)
{
    const struct rstep *u;
    for (size_t i = 0; (u = rtype_step(t, STEP_UPDATE, i)); i++)
        if (step_on(u, field))
            return true;
    return false;
}

static const struct value *whole(struct arena *a, const struct operation *op, const struct rstep *s, const struct resource_view *v,
                                 struct resource_fault *f)
{
    const struct rtype *t = v->type;
    const struct value *request = &value_empty_object;
    struct str bad = STR_NONE;
    for (size_t i = 0; i < t->nfields; i++) {
        const struct rfield *fd = &t->fields[i];
        bool tags = t->tags.n && str_eq(fd->name, t->tags);
        const struct value *x = tags ? view_all_tags(a, v) : value_get(v->inputs, fd->name);
        if (!x || x->kind == VALUE_NONE || !carries(s, op->in, fd))
            continue;
        if (!put(a, op->in, &request, fd->wire.n ? fd->wire : fd->name, x, &bad) && !written_by_update(t, fd->name)) {
            fault_set(a, f, fd->span, "%.*s has no member like %.*s for field %.*s", STR_ARG(op->name), STR_ARG(bad), STR_ARG(fd->name));
            return NULL;
        }
    }
    for (size_t i = 0; i < t->nouts && s->kind != STEP_CREATE; i++) {
        struct str name = t->outs[i].wire.n ? t->outs[i].wire : t->outs[i].name;
        const struct value *x = value_get(v->outs, t->outs[i].name);
        if (x && x->kind != VALUE_NONE && required_member(op->in, name))
            put(a, op->in, &request, name, x, &bad);
    }
    return request;
}

static const struct value *add_token(struct arena *a, const struct operation *op, const struct resource_view *v, const struct value *request)
{
    for (size_t i = 0; op->in && v->token.n && i < op->in->nmembers; i++) {
        const struct member *m = &op->in->members[i];
        if (m->token && !value_get(request, m->name))
            return value_with(a, request, m->name, value_str(a, v->token));
    }
    return request;
}

const struct value *resource_request(struct arena *a, struct models *m, const struct rstep *s, const struct resource_view *v,
                                     struct resource_fault *f)
{
    const struct operation *op = NULL;
    const struct value *r;
    if ((m || !s->send) && !(op = find_operation(a, m, v->type, s, f)))
        return NULL;
    if (s->send)
        r = view_eval_known(a, v, NULL, NULL, s->send, f);
    else
        r = op->in ? whole(a, op, s, v, f) : &value_empty_object;
    if (!r)
        return NULL;
    if (r->kind != VALUE_OBJECT) {
        fault_set(a, f, s->span, "send of %.*s is a %s, not an object", STR_ARG(s->op), value_kind_name(r->kind));
        return NULL;
    }
    if (!view_sendable(a, op, r, s->send ? s->send->span : s->span, f))
        return NULL;
    r = drop_none(a, r, 0);
    return op && s->kind != STEP_READ && s->kind != STEP_FIND ? add_token(a, op, v, r) : r;
}

static size_t count(const struct value *v)
{
    return !v ? 0 : v->kind == VALUE_OBJECT ? v->object.n : v->kind == VALUE_LIST ? v->list.n : 0;
}

/* A call may write tags with all that an object is. */
static bool is_about_tags(const struct rstep *s, const struct resource_view *v)
{
    bool found = s->kind != STEP_UPDATE;
    for (size_t i = 0; i < s->non && !found; i++)
        found = str_eq(s->on[i], v->type->tags);
    return found;
}

/* A step that only carries tags to set (or to remove) has nothing to do without any. */
static bool idle(const struct rstep *s, const struct resource_view *v)
{
    if (!s->send || !is_about_tags(s, v))
        return false;
    bool after = s->kind == STEP_UPDATE && term_uses_param(s->send, STR("tags_after"));
    bool set = after || term_uses_param(s->send, STR("tags_set")), gone = after || term_uses_param(s->send, STR("tags_gone"));
    return (set || gone) && !(set && count(v->tags_set)) && !(gone && count(v->tags_gone));
}

bool resource_rests_on_read(const struct rstep *s)
{
    return s->kind == STEP_UPDATE && s->send && (term_uses_param(s->send, STR("tags_after")) || term_uses_param(s->send, STR("live")));
}

static int applies(struct arena *a, const struct rstep *s, const struct resource_view *v, struct resource_fault *f)
{
    if (idle(s, v))
        return 0;
    if (!s->when)
        return 1;
    const struct value *w = view_eval_known(a, v, NULL, NULL, s->when, f);
    return !w ? -1 : w->kind == VALUE_BOOL && w->b;
}

bool resource_applies(struct arena *a, const struct rstep *s, const struct resource_view *v, struct resource_fault *f)
{
    *f = (struct resource_fault){ 0 };
    return applies(a, s, v, f) > 0;
}

size_t resource_requests(struct arena *a, struct models *m, const struct rstep *s, const struct resource_view *v, const struct value ***out,
                         struct resource_fault *f)
{
    *f = (struct resource_fault){ 0 };
    *out = NULL;
    const struct value *over = s->over ? view_eval_known(a, v, NULL, NULL, s->over, f) : NULL;
    if (s->over && !over)
        return 0;
    size_t n = s->over ? count(over) : 1, made = 0;
    *out = ARENA_ARRAY(a, const struct value *, n);
    for (size_t i = 0; i < n; i++) {
        struct resource_view one = *v;
        if (s->over)
            one.each = over->kind == VALUE_LIST ? over->list.v[i] : value_str(a, over->object.v[i].key);
        int yes = applies(a, s, &one, f);
        if (yes > 0 && !((*out)[made++] = resource_request(a, m, s, &one, f)))
            return 0;
        if (yes < 0)
            return 0;
    }
    return made;
}
