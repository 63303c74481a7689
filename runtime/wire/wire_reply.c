/* wire_reply.c - a success reply as a value tree by API names, driven by the model alone; what is no reply of AWS is refused (belief.h).
 * Absent stays absent, and so do JSON nulls and empty XML elements of scalars other than strings. Elements and keys that the model
 * does not know are dropped; enum values that it does not know are kept. A number where text is due becomes its text. */
#include "kc/arena.h"
#include "kc/hash.h"
#include "kc/json.h"
#include "kc/vec.h"
#include "belief.h"
#include "wire.h"

struct reading {
    struct arena *a;
    const struct operation *op;
    struct str *why;
};

static const struct value *fail(struct reading *r, struct str what, const char *problem)
{
    if (!r->why->n)
        *r->why = str_fmt(r->a, "%.*s %s", STR_ARG(what), problem);
    return NULL;
}

/* ---- scalars ---- */

static const struct value *read_bool(struct reading *r, struct str name, struct str text)
{
    if (str_caseeq(text, STR("true")) || str_is(text, "1"))
        return &value_true;
    if (str_caseeq(text, STR("false")) || str_is(text, "0"))
        return &value_false;
    return fail(r, name, "is neither true nor false");
}

static const struct value *read_int(struct reading *r, struct str name, struct str text)
{
    int64_t i;
    if (!str_int(text, &i))
        return fail(r, name, "is not a whole number");
    return value_int(r->a, i);
}

static const struct value *read_float(struct reading *r, struct str name, struct str text)
{
    struct str why;
    const struct value *v = json_read(r->a, text, 0, &why);
    if (v && v->kind == VALUE_FLOAT)
        return v;
    if (v && v->kind == VALUE_INT)
        return value_float(r->a, (double)v->i);
    return fail(r, name, "is not a number");
}

/* A scalar out of text: an element, a header, a JSON string where something else is due. */
static const struct value *read_text(struct reading *r, struct str name, const struct shape *s, struct str text)
{
    int64_t ms;
    struct str t = s->kind == SHAPE_STRING || s->kind == SHAPE_ENUM ? text : str_trim(text);
    switch (s->kind) {
    case SHAPE_STRING:
    case SHAPE_ENUM:
    case SHAPE_BLOB:
        return value_str(r->a, t);
    case SHAPE_BOOL:
        return read_bool(r, name, t);
    case SHAPE_INT:
    case SHAPE_LONG:
        return read_int(r, name, t);
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return read_float(r, name, t);
    case SHAPE_TIME:
        return time_parse(t, &ms) ? value_int(r->a, ms) : fail(r, name, "is not a time");
    default:
        return fail(r, name, "is text where a list or object is due");
    }
}

/* ---- XML ---- */

static const struct value *read_xml(struct reading *r, const struct shape *s, const struct xml *x);

static bool is_scalar(const struct shape *s)
{
    return s->kind != SHAPE_STRUCT && s->kind != SHAPE_LIST && s->kind != SHAPE_MAP;
}

static bool says_nothing(const struct shape *s, const struct xml *x)
{
    return is_scalar(s) && s->kind != SHAPE_STRING && s->kind != SHAPE_ENUM && s->kind != SHAPE_BLOB && !str_trim(x->text).n;
}

static const struct value *take_list(struct reading *r, struct vec *v, bool ok)
{
    const struct value *list = ok ? value_list(r->a, (const struct value *const *)v->v, v->n) : NULL;
    vec_fini(v);
    return list;
}

/* first: the first child of a list element, or, flattened, the first of the repeated elements, all of one name. */
static const struct value *read_xml_list(struct reading *r, const struct shape *s, const struct xml *first, struct str only)
{
    struct vec out = { 0 };
    bool ok = true;
    for (const struct xml *x = first; ok && x; x = x->next) {
        if (only.n && !str_eq(x->name, only))
            continue;
        const struct value *v = says_nothing(s->elem, x) ? &value_none : read_xml(r, s->elem, x);
        ok = v != NULL;
        if (ok)
            vec_add(&out, (void *)v);
    }
    return take_list(r, &out, ok);
}

static const struct value *read_xml_map(struct reading *r, const struct shape *s, const struct xml *first, struct str only)
{
    size_t n = 0, cap = 0;
    struct pair *pairs = NULL;
    bool ok = true;
    for (const struct xml *x = first; ok && x; x = x->next) {
        if (only.n && !str_eq(x->name, only))
            continue;
        const struct xml *key = xml_child(x, s->key_wire.n ? s->key_wire : STR("key"));
        const struct xml *val = xml_child(x, s->elem_wire.n ? s->elem_wire : STR("value"));
        const struct value *v = val ? read_xml(r, s->elem, val) : &value_none;
        ok = key && v;
        if (!ok)
            break;
        pairs = vec_grow(pairs, n, &cap, sizeof *pairs);
        pairs[n++] = (struct pair){ key->text, v };
    }
    struct pair *kept = arena_copy(r->a, pairs, n * sizeof *pairs);
    struct vec owner = { .v = (void **)pairs };
    vec_fini(&owner);
    return ok ? value_object(r->a, kept, n) : fail(r, STR("a map"), "an entry has no key");
}

/* A member's value below (or beside, when flattened) its element; *absent when there is none. */
static const struct value *read_xml_member(struct reading *r, const struct member *m, const struct xml *parent, bool *absent)
{
    if (m->attribute) {
        for (size_t i = 0; i < parent->nattributes; i++)
            if (str_eq(parent->attributes[i].name, m->wire_out))
                return read_text(r, m->name, m->shape, parent->attributes[i].value);
        *absent = true;
        return NULL;
    }
    const struct xml *x = xml_child(parent, m->wire_out);
    *absent = !x || says_nothing(m->shape, x);
    if (*absent)
        return NULL;
    if (m->flat && m->shape->kind == SHAPE_LIST)
        return read_xml_list(r, m->shape, x, m->wire_out);
    if (m->flat && m->shape->kind == SHAPE_MAP)
        return read_xml_map(r, m->shape, x, m->wire_out);
    if (is_scalar(m->shape))
        return x->child ? fail(r, m->name, "has elements where text is due") : read_text(r, m->name, m->shape, x->text);
    return read_xml(r, m->shape, x);
}

/* Body members of a struct, added to those already in `into`. */
static bool read_xml_members(struct reading *r, const struct shape *s, const struct xml *x, struct pair *into, size_t *n)
{
    for (size_t i = 0; i < s->nmembers; i++) {
        bool absent = false;
        if (s->members[i].location != LOCATION_BODY)
            continue;
        const struct value *v = read_xml_member(r, &s->members[i], x, &absent);
        if (absent)
            continue;
        if (!v)
            return false;
        into[(*n)++] = (struct pair){ s->members[i].name, v };
    }
    return true;
}

static const struct value *read_xml(struct reading *r, const struct shape *s, const struct xml *x)
{
    size_t n = 0;
    struct pair *pairs;
    switch (s->kind) {
    case SHAPE_STRUCT:
        pairs = ARENA_ARRAY(r->a, struct pair, s->nmembers);
        return read_xml_members(r, s, x, pairs, &n) ? value_object(r->a, pairs, n) : NULL;
    case SHAPE_LIST:
        return read_xml_list(r, s, x->child, STR_NONE);
    case SHAPE_MAP:
        return read_xml_map(r, s, x->child, STR_NONE);
    default:
        return x->child ? fail(r, x->name, "has elements where text is due") : read_text(r, x->name, s, x->text);
    }
}

/* ---- JSON ---- */

static const struct value *read_json(struct reading *r, struct str name, const struct shape *s, const struct value *v);

static bool read_json_members(struct reading *r, const struct shape *s, const struct value *v, struct pair *into, size_t *n)
{
    for (size_t i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        const struct value *got = m->location == LOCATION_BODY ? value_get(v, m->wire_out) : NULL;
        if (!got || got->kind == VALUE_NONE)
            continue;
        const struct value *read = read_json(r, m->name, m->shape, got);
        if (!read)
            return false;
        into[(*n)++] = (struct pair){ m->name, read };
    }
    return true;
}

static const struct value *read_json_list(struct reading *r, struct str name, const struct shape *s, const struct value *v)
{
    const struct value **out = ARENA_ARRAY(r->a, const struct value *, v->list.n);
    for (size_t i = 0; i < v->list.n; i++) {
        out[i] = v->list.v[i]->kind == VALUE_NONE ? &value_none : read_json(r, name, s->elem, v->list.v[i]);
        if (!out[i])
            return NULL;
    }
    return value_list(r->a, out, v->list.n);
}

static const struct value *read_json_map(struct reading *r, const struct shape *s, const struct value *v)
{
    struct pair *out = ARENA_ARRAY(r->a, struct pair, v->object.n);
    size_t n = 0;
    for (size_t i = 0; i < v->object.n; i++) {
        const struct pair *p = &v->object.v[i];
        if (p->value->kind == VALUE_NONE)
            continue;
        out[n] = (struct pair){ p->key, read_json(r, p->key, s->elem, p->value) };
        if (!out[n++].value)
            return NULL;
    }
    return value_object(r->a, out, n);
}

static const struct value *read_json_number(struct reading *r, struct str name, const struct shape *s, const struct value *v)
{
    double f = v->kind == VALUE_INT ? (double)v->i : v->f;
    switch (s->kind) {
    case SHAPE_INT:
    case SHAPE_LONG:
        if (v->kind == VALUE_INT)
            return v;
        return f >= -9e15 && f <= 9e15 && (double)(int64_t)f == f ? value_int(r->a, (int64_t)f) : fail(r, name, "is not a whole number");
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return v->kind == VALUE_FLOAT ? v : value_float(r->a, f);
    case SHAPE_TIME:
        if (!(f >= -62135596800.0 && f <= 253402300799.0))
            return fail(r, name, "is not a time");
        return value_int(r->a, (int64_t)(f * 1000 + (f < 0 ? -0.5 : 0.5)));
    case SHAPE_BOOL:
        return fail(r, name, "is neither true nor false");
    default:
        return value_str(r->a, value_text(r->a, v));
    }
}

static const struct value *read_json(struct reading *r, struct str name, const struct shape *s, const struct value *v)
{
    size_t n = 0;
    struct pair *pairs;
    if (s->kind == SHAPE_STRUCT && v->kind == VALUE_OBJECT) {
        pairs = ARENA_ARRAY(r->a, struct pair, s->nmembers);
        return read_json_members(r, s, v, pairs, &n) ? value_object(r->a, pairs, n) : NULL;
    }
    if (s->kind == SHAPE_LIST && v->kind == VALUE_LIST)
        return read_json_list(r, name, s, v);
    if (s->kind == SHAPE_MAP && v->kind == VALUE_OBJECT)
        return read_json_map(r, s, v);
    if (!is_scalar(s))
        return fail(r, name, "is not of the kind that the model says");
    if (v->kind == VALUE_STRING)
        return read_text(r, name, s, v->s);
    if (v->kind == VALUE_INT || v->kind == VALUE_FLOAT)
        return read_json_number(r, name, s, v);
    if (v->kind == VALUE_BOOL)
        return s->kind == SHAPE_BOOL ? v : s->kind == SHAPE_STRING ? value_str(r->a, value_text(r->a, v)) : fail(r, name, "is true or false");
    return fail(r, name, "is a list or object where a single value is due");
}

/* ---- headers ---- */

static const struct value *read_header_list(struct reading *r, const struct member *m, struct str text)
{
    struct vec out = { 0 };
    struct str part;
    bool ok = true;
    while (ok && str_cut(&text, ',', &part)) {
        const struct value *v = read_text(r, m->name, m->shape->elem, str_trim(part));
        ok = v != NULL;
        if (ok)
            vec_add(&out, (void *)v);
    }
    return take_list(r, &out, ok);
}

static const struct value *read_header_map(struct reading *r, const struct member *m, const struct http_reply *reply, bool *absent)
{
    struct pair *out = ARENA_ARRAY(r->a, struct pair, reply->nheaders);
    size_t n = 0;
    for (size_t i = 0; i < reply->nheaders; i++) {
        struct str name = reply->headers[i].name;
        if (name.n > m->wire_out.n && str_caseeq(str_sub(name, 0, m->wire_out.n), m->wire_out))
            out[n++] = (struct pair){ str_dup(r->a, str_sub(name, m->wire_out.n, name.n)), value_string(r->a, reply->headers[i].value) };
    }
    *absent = !n;
    return value_object(r->a, out, n);
}

static const struct value *read_located(struct reading *r, const struct member *m, const struct http_reply *reply, bool *absent)
{
    struct str text;
    switch (m->location) {
    case LOCATION_STATUS:
        return value_int(r->a, reply->code);
    case LOCATION_HEADERS:
        return read_header_map(r, m, reply, absent);
    case LOCATION_HEADER:
        text = reply_header(reply, m->wire_out);
        *absent = !text.s;
        if (*absent)
            return NULL;
        text = str_dup(r->a, text);
        return m->shape->kind == SHAPE_LIST ? read_header_list(r, m, text) : read_text(r, m->name, m->shape, text);
    default:
        *absent = true;
        return NULL;
    }
}

/* ---- bodies ---- */

/* A reply whose root element is itself the one string of the output (S3 GetBucketLocation). */
static bool is_unwrapped(const struct shape *out, const struct xml *root)
{
    return out->nmembers == 1 && is_scalar(out->members[0].shape) && out->members[0].location == LOCATION_BODY && !root->child &&
           (str_eq(root->name, out->members[0].wire_out) || str_trim(root->text).n);
}

static bool read_payload(struct reading *r, const struct member *m, const struct opened *o, struct pair *into, size_t *n)
{
    const struct value *v = o->xml ? read_xml(r, m->shape, o->xml) : read_json(r, m->name, m->shape, o->json);
    into[(*n)++] = (struct pair){ m->name, v };
    return v != NULL;
}

static bool read_body(struct reading *r, const struct shape *out, const struct http_reply *reply, const struct opened *o, struct pair *into, size_t *n)
{
    const struct member *payload = out->payload;
    if (payload && payload->shape->kind != SHAPE_STRUCT) {
        struct str body = payload->shape->kind == SHAPE_BLOB ? base64(r->a, reply->body) : str_dup(r->a, reply->body);
        into[(*n)++] = (struct pair){ payload->name, value_str(r->a, body) };
        return true;
    }
    if (!o->xml && !o->json)
        return true;
    if (payload)
        return read_payload(r, payload, o, into, n);
    if (o->json)
        return read_json_members(r, out, o->json, into, n);
    if (r->op->service->protocol != PROTOCOL_REST_XML || !is_unwrapped(out, o->xml))
        return read_xml_members(r, out, o->xml, into, n);
    into[(*n)++] = (struct pair){ out->members[0].name, value_str(r->a, o->xml->text) };
    return true;
}

const struct value *wire_reply(struct arena *a, const struct operation *op, const struct http_reply *reply, struct str *why)
{
    struct reading r = { a, op, why };
    struct opened o;
    *why = STR_NONE;
    if (!belief_open(a, op, reply, &o, why))
        return NULL;
    if (!op->out)
        return &value_empty_object;
    struct pair *pairs = ARENA_ARRAY(a, struct pair, op->out->nmembers);
    size_t n = 0;
    for (size_t i = 0; i < op->out->nmembers; i++) {
        bool absent = false;
        if (op->out->members[i].location == LOCATION_BODY)
            continue;
        const struct value *v = read_located(&r, &op->out->members[i], reply, &absent);
        if (absent)
            continue;
        if (!v)
            return NULL;
        pairs[n++] = (struct pair){ op->out->members[i].name, v };
    }
    return read_body(&r, op->out, reply, &o, pairs, &n) ? value_object(a, pairs, n) : NULL;
}
