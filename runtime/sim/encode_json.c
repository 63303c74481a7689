/* encode_json.c - JSON bodies: API names become wire names, times become seconds, only what the model knows is written. */
#include "kc/json.h"
#include "room.h"

static const struct value *wire(struct request *r, const struct shape *s, const struct value *v, int depth);

static const struct value *structure(struct request *r, const struct shape *s, const struct value *v, int depth)
{
    struct fields f = { .a = r->a };
    size_t i;

    for (i = 0; i < s->nmembers; i++) {
        const struct value *m = value_get(v, s->members[i].name);

        if (m && m->kind != VALUE_NONE && s->members[i].location == LOCATION_BODY)
            fields_put(&f, s->members[i].wire_out, wire(r, s->members[i].shape, m, depth + 1));
    }
    return fields_take(&f);
}

static const struct value *wire(struct request *r, const struct shape *s, const struct value *v, int depth)
{
    struct fields f = { .a = r->a };
    const struct value **items;
    size_t i;

    if (depth > SIM_DEPTH)
        return &value_none;
    if (s->kind == SHAPE_STRUCT && v->kind == VALUE_OBJECT)
        return structure(r, s, v, depth);
    if (s->kind == SHAPE_MAP && v->kind == VALUE_OBJECT) {
        for (i = 0; i < v->object.n; i++)
            fields_put(&f, v->object.v[i].key, wire(r, s->elem, v->object.v[i].value, depth + 1));
        return fields_take(&f);
    }
    if (s->kind == SHAPE_LIST && v->kind == VALUE_LIST) {
        items = ARENA_ARRAY(r->a, const struct value *, v->list.n);
        for (i = 0; i < v->list.n; i++)
            items[i] = wire(r, s->elem, v->list.v[i], depth + 1);
        return value_list(r->a, items, v->list.n);
    }
    if (s->kind == SHAPE_TIME && v->kind == VALUE_INT) {
        if (s->time == TIME_ISO8601 || s->time == TIME_RFC822)
            return value_str(r->a, sim_time_write(r->a, v->i, s->time));
        return v->i % 1000 ? value_float(r->a, (double)v->i / 1000) : value_int(r->a, v->i / 1000);
    }
    return v;
}

struct str encode_json(struct request *r, const struct shape *shape, const struct value *v)
{
    struct buf b = { 0 };

    json_write(&b, wire(r, shape, v, 0), JSON_PLAIN, true);
    return buf_take(&b, r->a);
}

/* What the XML of the query protocol says. */
struct str encode_json_query(struct request *r)
{
    struct arena *a = r->a;
    struct str name = r->op->name, wrapper = r->op->wrapper.n ? r->op->wrapper : str_fmt(a, "%.*sResult", STR_ARG(name));
    const struct value *v = NULL;
    struct buf b = { 0 };

    if (r->op->out)
        v = tree_put(a, v, str_fmt(a, "%.*sResponse.%.*s", STR_ARG(name), STR_ARG(wrapper)), wire(r, r->op->out, r->out, 0));
    v = tree_put(a, v, str_fmt(a, "%.*sResponse.ResponseMetadata.RequestId", STR_ARG(name)), value_str(a, r->id));
    json_write(&b, v, JSON_PLAIN, true);
    return buf_take(&b, a);
}
