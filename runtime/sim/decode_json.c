/* decode_json.c - JSON bodies against the model: wire names become API names, types must be the model's. */
#include "kc/hash.h"
#include "room.h"

static struct str path(struct request *r, struct str at, struct str name)
{
    return at.n ? str_fmt(r->a, "%.*s.%.*s", STR_ARG(at), STR_ARG(name)) : name;
}

static const struct member *by_wire(const struct shape *s, struct str wire)
{
    size_t i;

    for (i = 0; i < s->nmembers; i++)
        if (s->members[i].location == LOCATION_BODY && str_eq(s->members[i].wire_in, wire))
            return &s->members[i];
    return NULL;
}

static bool structure(struct request *r, const struct shape *s, const struct value *json, const struct value **out, struct str at, int depth)
{
    struct fields f = { .a = r->a };
    const struct value *v;
    size_t i;

    for (i = 0; i < json->object.n; i++) {
        const struct pair *p = &json->object.v[i];
        const struct member *m = by_wire(s, p->key);

        if (!m) {
            *out = fields_take(&f);
            return sim_refuse(r, code_of(r, "unknown"), "unknown parameter %.*s", STR_ARG(path(r, at, p->key)));
        }
        if (p->value->kind == VALUE_NONE)
            continue;
        if (!decode_json(r, m->shape, p->value, &v, path(r, at, p->key), depth + 1)) {
            *out = fields_take(&f);
            return false;
        }
        fields_put(&f, m->name, v);
    }
    *out = fields_take(&f);
    return true;
}

static bool list(struct request *r, const struct shape *s, const struct value *json, const struct value **out, struct str at, int depth)
{
    const struct value **items = ARENA_ARRAY(r->a, const struct value *, json->list.n);
    size_t i;

    for (i = 0; i < json->list.n; i++)
        if (!decode_json(r, s->elem, json->list.v[i], &items[i], str_fmt(r->a, "%.*s[%zu]", STR_ARG(at), i), depth + 1))
            return false;
    *out = value_list(r->a, items, json->list.n);
    return true;
}

static bool map(struct request *r, const struct shape *s, const struct value *json, const struct value **out, struct str at, int depth)
{
    struct pair *v = ARENA_ARRAY(r->a, struct pair, json->object.n);
    size_t i;

    for (i = 0; i < json->object.n; i++) {
        v[i].key = json->object.v[i].key;
        if (!decode_json(r, s->elem, json->object.v[i].value, &v[i].value, path(r, at, v[i].key), depth + 1))
            return false;
    }
    *out = value_object(r->a, v, json->object.n);
    return true;
}

static const struct value *time_of(struct request *r, const struct value *v)
{
    int64_t ms;

    if (v->kind == VALUE_INT)
        return value_int(r->a, v->i * 1000);
    if (v->kind == VALUE_FLOAT)
        return value_int(r->a, (int64_t)(v->f * 1000 + (v->f < 0 ? -0.5 : 0.5)));
    return v->kind == VALUE_STRING && sim_time_read(v->s, &ms) ? value_int(r->a, ms) : NULL;
}

static const struct value *single(struct request *r, const struct shape *s, const struct value *v)
{
    struct str bytes;

    switch (s->kind) {
    case SHAPE_BOOL:
        return v->kind == VALUE_BOOL ? v : NULL;
    case SHAPE_INT:
    case SHAPE_LONG:
        return v->kind == VALUE_INT ? v : NULL;
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        if (v->kind == VALUE_INT)
            return value_float(r->a, (double)v->i);
        return v->kind == VALUE_FLOAT ? v : NULL;
    case SHAPE_TIME:
        return time_of(r, v);
    case SHAPE_BLOB:
        return v->kind == VALUE_STRING && base64_decode(r->a, v->s, &bytes) ? v : NULL;
    default:
        return v->kind == VALUE_STRING ? v : NULL;
    }
}

bool decode_json(struct request *r, const struct shape *s, const struct value *json, const struct value **out, struct str at, int depth)
{
    *out = &value_none;
    if (depth > SIM_DEPTH)
        return sim_refuse(r, code_of(r, "syntax"), "the body is nested too deeply");
    if (s->kind == SHAPE_STRUCT && json->kind == VALUE_OBJECT)
        return structure(r, s, json, out, at, depth);
    if (s->kind == SHAPE_MAP && json->kind == VALUE_OBJECT)
        return map(r, s, json, out, at, depth);
    if (s->kind == SHAPE_LIST && json->kind == VALUE_LIST)
        return list(r, s, json, out, at, depth);
    if (s->kind != SHAPE_STRUCT && s->kind != SHAPE_MAP && s->kind != SHAPE_LIST)
        *out = single(r, s, json);
    else
        *out = NULL;
    if (!*out)
        return sim_refuse(r, code_of(r, "type"), "%.*s has the wrong type: a %s", STR_ARG(at.n ? at : STR("the body")), value_kind_name(json->kind));
    return true;
}
