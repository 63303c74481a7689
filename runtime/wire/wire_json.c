/* wire_json.c - an input tree as the tree that goes out as JSON: wire names, times as seconds, blobs as base64. */
#include "kc/arena.h"
#include "wire.h"

static const struct value *json_list(struct writing *w, const struct at *at, const struct shape *s, const struct value *v)
{
    if (!check_container(w, at, s, v))
        return NULL;
    const struct value **out = ARENA_ARRAY(w->a, const struct value *, v->list.n);
    for (size_t i = 0; i < v->list.n; i++) {
        struct at here = at_index(at, i);
        out[i] = json_wire(w, &here, s->elem, v->list.v[i]);
        if (!out[i])
            return NULL;
    }
    return value_list(w->a, out, v->list.n);
}

static const struct value *json_map(struct writing *w, const struct at *at, const struct shape *s, const struct value *v)
{
    if (!check_container(w, at, s, v))
        return NULL;
    struct pair *out = ARENA_ARRAY(w->a, struct pair, v->object.n);
    for (size_t i = 0; i < v->object.n; i++) {
        struct at here = at_member(at, v->object.v[i].key);
        out[i] = (struct pair){ v->object.v[i].key, json_wire(w, &here, s->elem, v->object.v[i].value) };
        if (!out[i].value)
            return NULL;
    }
    return value_object(w->a, out, v->object.n);
}

static const struct value *json_scalar(struct writing *w, const struct at *at, const struct shape *s, const struct value *v)
{
    struct str text;
    int64_t ms;
    if (!scalar_text(w, at, s, v, TIME_UNIX, &text))
        return NULL;
    switch (s->kind) {
    case SHAPE_BOOL:
        return value_bool(v->b);
    case SHAPE_INT:
    case SHAPE_LONG:
        return v->kind == VALUE_INT ? value_int(w->a, v->i) : value_int(w->a, (int64_t)v->f);
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return v->kind == VALUE_INT ? value_int(w->a, v->i) : value_float(w->a, v->f);
    case SHAPE_TIME:
        if ((s->time != TIME_DEFAULT && s->time != TIME_UNIX) || !time_parse(text, &ms))
            return value_str(w->a, text);
        return ms % 1000 ? value_float(w->a, (double)ms / 1000) : value_int(w->a, ms / 1000);
    default:
        return value_str(w->a, text);
    }
}

const struct value *json_struct(struct writing *w, const struct at *at, const struct shape *s, const struct value *const *v, bool skip_located)
{
    struct pair *out = ARENA_ARRAY(w->a, struct pair, s->nmembers);
    size_t n = 0;
    for (size_t i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        if (!v[i] || (skip_located && m->location != LOCATION_BODY))
            continue;
        struct at here = at_member(at, m->name);
        out[n] = (struct pair){ m->wire_in, json_wire(w, &here, m->shape, v[i]) };
        if (!out[n++].value)
            return NULL;
    }
    return value_object(w->a, out, n);
}

const struct value *json_wire(struct writing *w, const struct at *at, const struct shape *s, const struct value *v)
{
    const struct value **members;
    switch (s->kind) {
    case SHAPE_STRUCT:
        members = bind_members(w, at, s, v);
        return members ? json_struct(w, at, s, members, false) : NULL;
    case SHAPE_LIST:
        return json_list(w, at, s, v);
    case SHAPE_MAP:
        return json_map(w, at, s, v);
    default:
        return json_scalar(w, at, s, v);
    }
}
