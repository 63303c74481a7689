/* encode_xml.c - XML bodies of ec2, query and rest-xml replies from value trees, by the model's names. */
#include "room.h"

struct writer {
    struct request *r;
    struct buf b;
    enum protocol p;
};

static void text(struct writer *w, struct str x)
{
    size_t i;

    for (i = 0; i < x.n; i++) {
        switch (x.s[i]) {
        case '<':
            buf_cstr(&w->b, "&lt;");
            break;
        case '>':
            buf_cstr(&w->b, "&gt;");
            break;
        case '&':
            buf_cstr(&w->b, "&amp;");
            break;
        case '\r':
            buf_cstr(&w->b, "&#xd;");
            break;
        case '"':
            buf_cstr(&w->b, "&quot;");
            break;
        default:
            buf_putc(&w->b, x.s[i]);
        }
    }
}

static void open_tag(struct writer *w, struct str name)
{
    buf_fmt(&w->b, "<%.*s>", STR_ARG(name));
}

static void close_tag(struct writer *w, struct str name)
{
    buf_fmt(&w->b, "</%.*s>", STR_ARG(name));
}

static void element(struct writer *w, const struct shape *s, const struct value *v, struct str name, bool flat, struct str xmlns, int depth);

static void members(struct writer *w, const struct shape *s, const struct value *v, int depth)
{
    size_t i;

    for (i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        const struct value *x = value_get(v, m->name);

        if (x && x->kind != VALUE_NONE && m->location == LOCATION_BODY && !m->attribute)
            element(w, m->shape, x, m->wire_out, m->flat, m->xmlns, depth + 1);
    }
}

static void attributes(struct writer *w, const struct shape *s, const struct value *v)
{
    size_t i;

    for (i = 0; i < s->nmembers; i++) {
        const struct value *x = s->members[i].attribute ? value_get(v, s->members[i].name) : NULL;

        if (!x)
            continue;
        if (str_starts(s->members[i].wire_out, STR("xsi:")))
            buf_cstr(&w->b, " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"");
        buf_fmt(&w->b, " %.*s=\"", STR_ARG(s->members[i].wire_out));
        text(w, value_text(w->r->a, x));
        buf_putc(&w->b, '"');
    }
}

static void list(struct writer *w, const struct shape *s, const struct value *v, struct str name, bool flat, int depth)
{
    struct str item = s->elem_wire.n ? s->elem_wire : w->p == PROTOCOL_EC2 ? STR("item") : STR("member");
    size_t i;

    flat = flat || s->flat;
    if (!flat)
        open_tag(w, name);
    for (i = 0; i < v->list.n; i++)
        element(w, s->elem, v->list.v[i], flat ? (s->elem_wire.n && w->p != PROTOCOL_EC2 ? s->elem_wire : name) : item, false, STR_NONE, depth + 1);
    if (!flat)
        close_tag(w, name);
}

static void map(struct writer *w, const struct shape *s, const struct value *v, struct str name, bool flat, int depth)
{
    struct str k = s->key_wire.n ? s->key_wire : STR("key"), e = s->elem_wire.n ? s->elem_wire : STR("value");
    struct str entry = flat || s->flat ? name : STR("entry");
    size_t i;

    if (!flat && !s->flat)
        open_tag(w, name);
    for (i = 0; i < v->object.n; i++) {
        open_tag(w, entry);
        open_tag(w, k);
        text(w, v->object.v[i].key);
        close_tag(w, k);
        element(w, s->elem, v->object.v[i].value, e, false, STR_NONE, depth + 1);
        close_tag(w, entry);
    }
    if (!flat && !s->flat)
        close_tag(w, name);
}

static void single(struct writer *w, const struct shape *s, const struct value *v)
{
    if (s->kind == SHAPE_TIME && v->kind == VALUE_INT)
        text(w, s->time == TIME_UNIX ? str_fmt(w->r->a, "%lld", (long long)(v->i / 1000))
                                     : sim_time_write(w->r->a, v->i, s->time == TIME_RFC822 ? TIME_RFC822 : TIME_ISO8601));
    else
        text(w, value_text(w->r->a, v));
}

static void element(struct writer *w, const struct shape *s, const struct value *v, struct str name, bool flat, struct str xmlns, int depth)
{
    if (depth > SIM_DEPTH)
        return;
    if (s->kind == SHAPE_LIST && v->kind == VALUE_LIST) {
        list(w, s, v, name, flat, depth);
    } else if (s->kind == SHAPE_MAP && v->kind == VALUE_OBJECT) {
        map(w, s, v, name, flat, depth);
    } else if (s->kind == SHAPE_STRUCT) {
        buf_fmt(&w->b, "<%.*s", STR_ARG(name));
        if (xmlns.n && !str_find(xmlns, STR("http")))
            buf_fmt(&w->b, " xmlns=\"%.*s\"", STR_ARG(xmlns));
        attributes(w, s, v);
        buf_putc(&w->b, '>');
        members(w, s, v, depth);
        close_tag(w, name);
    } else if (v->kind != VALUE_LIST && v->kind != VALUE_OBJECT) {
        open_tag(w, name);
        single(w, s, v);
        close_tag(w, name);
    }
}

static void query_body(struct writer *w)
{
    const struct operation *op = w->r->op;
    struct str wrapper = op->wrapper.n ? op->wrapper : str_fmt(w->r->a, "%.*sResult", STR_ARG(op->name));

    buf_fmt(&w->b, "<%.*sResponse xmlns=\"%.*s\">", STR_ARG(op->name), STR_ARG(op->service->xmlns));
    if (op->out) {
        open_tag(w, wrapper);
        members(w, op->out, w->r->out, 0);
        close_tag(w, wrapper);
    }
    buf_fmt(&w->b, "<ResponseMetadata><RequestId>%.*s</RequestId></ResponseMetadata></%.*sResponse>", STR_ARG(w->r->id), STR_ARG(op->name));
}

static void ec2_body(struct writer *w)
{
    const struct operation *op = w->r->op;

    buf_fmt(&w->b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%.*sResponse xmlns=\"%.*s/\"><requestId>%.*s</requestId>", STR_ARG(op->name),
            STR_ARG(op->service->xmlns), STR_ARG(w->r->id));
    if (op->out)
        members(w, op->out, w->r->out, 0);
    buf_fmt(&w->b, "</%.*sResponse>", STR_ARG(op->name));
}

/* One text alone is the root itself (S3 GetBucketLocation). */
static bool is_unwrapped(const struct shape *out)
{
    const struct shape *s = out->nmembers == 1 && out->members[0].location == LOCATION_BODY ? out->members[0].shape : NULL;

    return s && (s->kind == SHAPE_STRING || s->kind == SHAPE_ENUM);
}

static void rest_body(struct writer *w)
{
    const struct operation *op = w->r->op;
    const struct member *payload = op->out ? op->out->payload : NULL;
    const struct value *v = payload ? value_get(w->r->out, payload->name) : w->r->out;
    size_t i;

    if (!op->out)
        return;
    for (i = 0; !payload && i < op->out->nmembers && op->out->members[i].location != LOCATION_BODY; i++)
        ;
    if (!payload && i == op->out->nmembers)
        return;
    buf_cstr(&w->b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    if (!payload && is_unwrapped(op->out)) {
        open_tag(w, op->out->members[0].wire_out);
        v = value_get(w->r->out, op->out->members[0].name);
        text(w, v ? value_text(w->r->a, v) : STR_NONE);
        close_tag(w, op->out->members[0].wire_out);
        return;
    }
    element(w, payload ? payload->shape : op->out, v ? v : &value_empty_object, payload ? payload->wire_out : op->out->name, false, op->service->xmlns, 0);
}

struct str encode_xml(struct request *r)
{
    struct writer w = { .r = r, .p = r->service->model->protocol };

    if (w.p == PROTOCOL_EC2)
        ec2_body(&w);
    else if (w.p == PROTOCOL_QUERY)
        query_body(&w);
    else
        rest_body(&w);
    return buf_take(&w.b, r->a);
}
