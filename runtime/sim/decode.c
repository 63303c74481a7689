/* decode.c - from a request to its input by API names, checked against the model as it goes; scalars and rest bindings.
 * Not here: forms (decode_form.c), JSON bodies (decode_json.c), XML bodies (decode_xml.c), required members and ranges (check.c). */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "kc/hash.h"
#include "kc/json.h"
#include "room.h"

static const struct value *number(struct request *r, struct str text, bool whole, struct str at)
{
    int64_t i;
    char *end;
    double d;

    if (str_int(text, &i))
        return whole ? value_int(r->a, i) : value_float(r->a, (double)i);
    if (!whole && text.n && text.n < 64) {
        d = strtod(str_c(r->a, text), &end);
        if (!*end && isfinite(d))
            return value_float(r->a, d);
    }
    sim_refuse(r, code_of(r, "type"), "the value '%.*s' of %.*s is not a number", STR_ARG(text), STR_ARG(at));
    return NULL;
}

const struct value *sim_scalar(struct request *r, const struct shape *s, struct str text, struct str at)
{
    struct str bytes;
    int64_t ms;

    switch (s->kind) {
    case SHAPE_BOOL:
        if (str_is(text, "true") || str_is(text, "false"))
            return value_bool(str_is(text, "true"));
        sim_refuse(r, code_of(r, "type"), "the value '%.*s' of %.*s is not true or false", STR_ARG(text), STR_ARG(at));
        return NULL;
    case SHAPE_INT:
    case SHAPE_LONG:
        return number(r, text, true, at);
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return number(r, text, false, at);
    case SHAPE_TIME:
        if (sim_time_read(text, &ms))
            return value_int(r->a, ms);
        sim_refuse(r, code_of(r, "type"), "the value '%.*s' of %.*s is not a time", STR_ARG(text), STR_ARG(at));
        return NULL;
    case SHAPE_BLOB:
        if (base64_decode(r->a, text, &bytes))
            return value_string(r->a, text);
        sim_refuse(r, code_of(r, "type"), "the value of %.*s is not base64", STR_ARG(at));
        return NULL;
    case SHAPE_STRING:
    case SHAPE_ENUM:
        return value_string(r->a, text);
    default:
        sim_refuse(r, code_of(r, "type"), "%.*s is not a single value", STR_ARG(at));
        return NULL;
    }
}

/* ---- rest: labels, query, headers, payload ---- */
static bool take_labels(struct request *r, const struct labels *labels, struct fields *f)
{
    size_t i, j;

    for (i = 0; i < r->op->in->nmembers; i++) {
        const struct member *m = &r->op->in->members[i];
        const struct value *v;
        struct str text;

        if (m->location != LOCATION_URI)
            continue;
        for (j = 0; j < labels->n && !str_eq(labels->v[j].name, m->wire_in); j++)
            ;
        if (j == labels->n)
            continue;
        if (!percent_decode(r->a, labels->v[j].value, false, &text))
            return sim_refuse(r, code_of(r, "type"), "the path %.*s is badly encoded", STR_ARG(r->path));
        v = sim_scalar(r, m->shape, text, m->name);
        if (!v)
            return false;
        fields_put(f, m->name, v);
    }
    return true;
}

static const struct value *query_list(struct request *r, const struct member *m, struct param *q, size_t nq)
{
    const struct value *out = NULL, *v;
    size_t i;

    for (i = 0; i < nq; i++) {
        if (!str_eq(q[i].key, m->wire_in))
            continue;
        q[i].used = true;
        v = sim_scalar(r, m->shape->kind == SHAPE_LIST ? m->shape->elem : m->shape, q[i].value, m->name);
        if (!v)
            return NULL;
        out = m->shape->kind == SHAPE_LIST ? tree_list(r->a, out, v) : v;
    }
    return out;
}

static bool take_query(struct request *r, struct fields *f)
{
    size_t at = str_find(r->op->uri, STR("?")), nq, i;
    struct str fixed = at == SIZE_MAX ? STR_NONE : str_sub(r->op->uri, at + 1, r->op->uri.n), part;
    struct param *q;
    bool bad;

    nq = form_parse(r->a, r->query, false, &q, &bad);
    if (bad)
        return sim_refuse(r, code_of(r, "type"), "the query is badly encoded");
    for (i = 0; r->op->in && i < r->op->in->nmembers; i++) {
        const struct member *m = &r->op->in->members[i];

        if (m->location == LOCATION_QUERY && m->shape->kind != SHAPE_MAP)
            fields_put(f, m->name, query_list(r, m, q, nq));
    }
    while (str_cut(&fixed, '&', &part)) {
        struct str key = str_sub(part, 0, str_find(part, STR("=")));

        for (i = 0; i < nq; i++)
            q[i].used |= str_eq(q[i].key, key);
    }
    for (i = 0; i < nq && !r->failed; i++)
        if (!q[i].used && !str_is(q[i].key, "x-id"))
            return sim_refuse(r, code_of(r, "unknown"), "the parameter %.*s is not recognized", STR_ARG(q[i].key));
    return !r->failed;
}

static const struct value *header_list(struct request *r, const struct member *m, struct str text)
{
    const struct value *out = NULL, *v;
    struct str part;

    while (str_cut(&text, ',', &part)) {
        v = sim_scalar(r, m->shape->elem, str_trim(part), m->name);
        if (!v)
            return NULL;
        out = tree_list(r->a, out, v);
    }
    return out;
}

static bool take_headers(struct request *r, struct fields *f)
{
    size_t i, j;

    for (i = 0; i < r->op->in->nmembers; i++) {
        const struct member *m = &r->op->in->members[i];
        struct fields map = { .a = r->a };
        struct str text;

        if (m->location == LOCATION_HEADER) {
            for (j = 0; j < r->http->nheaders && !str_caseeq(r->http->headers[j].name, m->wire_in); j++)
                ;
            if (j == r->http->nheaders)
                continue;
            text = r->http->headers[j].value;
            fields_put(f, m->name, m->shape->kind == SHAPE_LIST ? header_list(r, m, text) : sim_scalar(r, m->shape, text, m->name));
        } else if (m->location == LOCATION_HEADERS) {
            for (j = 0; j < r->http->nheaders; j++)
                if (r->http->headers[j].name.n > m->wire_in.n && str_caseeq(str_sub(r->http->headers[j].name, 0, m->wire_in.n), m->wire_in))
                    fields_put(&map, str_sub(r->http->headers[j].name, m->wire_in.n, r->http->headers[j].name.n),
                               value_string(r->a, r->http->headers[j].value));
            if (map.n)
                fields_put(f, m->name, fields_take(&map));
        }
    }
    return !r->failed;
}

static bool take_json(struct request *r, struct fields *f)
{
    const struct member *payload = r->op->in->payload;
    const struct value *json, *v;
    struct str why = STR_NONE;
    size_t i;

    if (!r->http->body.n)
        return true;
    json = json_read(r->a, r->http->body, 0, &why);
    if (!json || json->kind != VALUE_OBJECT)
        return sim_refuse(r, code_of(r, "syntax"), "the body is not a JSON object: %.*s", STR_ARG(why.n ? why : STR("it is of another kind")));
    if (payload) {
        if (!decode_json(r, payload->shape, json, &v, payload->name, 0))
            return false;
        fields_put(f, payload->name, v);
        return true;
    }
    if (!decode_json(r, r->op->in, json, &v, STR_NONE, 0))
        return false;
    for (i = 0; i < v->object.n; i++)
        fields_put(f, v->object.v[i].key, v->object.v[i].value);
    return true;
}

static bool take_body(struct request *r, struct fields *f)
{
    const struct member *payload = r->op->in->payload;

    if (payload && (payload->shape->kind == SHAPE_BLOB || payload->shape->kind == SHAPE_STRING)) {
        if (r->http->body.n)
            fields_put(f, payload->name, value_str(r->a, payload->shape->kind == SHAPE_BLOB ? base64(r->a, r->http->body) : r->http->body));
        return true;
    }
    if (r->service->model->protocol == PROTOCOL_REST_XML)
        return decode_xml(r, r->op->in, r->http->body, f);
    return take_json(r, f);
}

bool sim_decode(struct request *r, const struct labels *labels)
{
    struct fields f = { .a = r->a };
    enum protocol p = r->service->model->protocol;
    bool good;

    if (p == PROTOCOL_EC2 || p == PROTOCOL_QUERY) {
        good = decode_form(r, &f);
    } else if (p == PROTOCOL_JSON_10 || p == PROTOCOL_JSON_11) {
        good = !r->op->in || take_json(r, &f);
    } else {
        good = take_query(r, &f);
        if (good && r->op->in)
            good = take_labels(r, labels, &f) && take_headers(r, &f) && take_body(r, &f);
    }
    r->input = fields_take(&f);
    return good && check_input(r);
}
