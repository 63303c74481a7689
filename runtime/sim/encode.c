/* encode.c - replies and errors as HTTP: status, headers, request ids, and the body of the protocol.
 * Not here: bodies (encode_xml.c, encode_json.c). */
#include <stdlib.h>
#include <string.h>
#include "kc/hash.h"
#include "kc/json.h"
#include "room.h"

enum { MAX_HEADERS = 96 };

static bool is_xml(enum protocol p)
{
    return p == PROTOCOL_EC2 || p == PROTOCOL_QUERY || p == PROTOCOL_REST_XML;
}

/* Services of the query protocol answer in JSON where that is asked for: no SDK does, but what replays a presigned url. */
static bool asks_json(const struct request *r, enum protocol p)
{
    return p == PROTOCOL_QUERY && str_caseeq(header_get(r->http, "accept"), STR("application/json"));
}

static struct header *add(struct http_reply *out, struct header *v, const char *name, struct str value)
{
    if (out->nheaders < MAX_HEADERS)
        v[out->nheaders++] = (struct header){ str_of(name), value };
    return v;
}

static const char *type_of(enum protocol p)
{
    switch (p) {
    case PROTOCOL_EC2:
    case PROTOCOL_REST_XML:
        return "text/xml;charset=UTF-8";
    case PROTOCOL_QUERY:
        return "text/xml";
    case PROTOCOL_JSON_10:
        return "application/x-amz-json-1.0";
    case PROTOCOL_JSON_11:
        return "application/x-amz-json-1.1";
    case PROTOCOL_REST_JSON:
        return "application/json";
    }
    return "text/plain";
}

static struct header *common(struct request *r, struct http_reply *out, enum protocol p)
{
    struct header *v = ARENA_ARRAY(r->a, struct header, MAX_HEADERS);

    out->status = NET_OK;
    out->headers = v;
    add(out, v, "date", sim_time_write(r->a, sim_wall(r), TIME_RFC822));
    add(out, v, p == PROTOCOL_REST_XML ? "x-amz-request-id" : "x-amzn-requestid", r->id);
    return v;
}

static struct str header_text(struct request *r, const struct shape *s, const struct value *v)
{
    if (s->kind == SHAPE_TIME && v->kind == VALUE_INT)
        return s->time == TIME_ISO8601 ? sim_time_write(r->a, v->i, TIME_ISO8601) : sim_time_write(r->a, v->i, TIME_RFC822);
    return value_text(r->a, v);
}

static void header_members(struct request *r, struct http_reply *out, struct header *h)
{
    size_t i, j;

    for (i = 0; r->op->out && i < r->op->out->nmembers; i++) {
        const struct member *m = &r->op->out->members[i];
        const struct value *v = value_get(r->out, m->name);

        if (!v || v->kind == VALUE_NONE)
            continue;
        if (m->location == LOCATION_HEADER)
            add(out, h, str_c(r->a, m->wire_out), header_text(r, m->shape, v));
        else if (m->location == LOCATION_STATUS && v->kind == VALUE_INT)
            out->code = (int)v->i;
        for (j = 0; m->location == LOCATION_HEADERS && v->kind == VALUE_OBJECT && j < v->object.n; j++)
            add(out, h, str_c(r->a, str_fmt(r->a, "%.*s%.*s", STR_ARG(m->wire_out), STR_ARG(v->object.v[j].key))), value_text(r->a, v->object.v[j].value));
    }
}

static bool raw_payload(struct request *r, struct str *body)
{
    const struct member *m = r->op->out ? r->op->out->payload : NULL;
    const struct value *v;

    if (!m || (m->shape->kind != SHAPE_BLOB && m->shape->kind != SHAPE_STRING))
        return false;
    v = value_get(r->out, m->name);
    *body = STR_NONE;
    if (v && v->kind == VALUE_STRING && (m->shape->kind != SHAPE_BLOB || !base64_decode(r->a, v->s, body)))
        *body = v->s;
    return true;
}

void encode_reply(struct request *r, struct http_reply *out)
{
    enum protocol p = r->service->model->protocol;
    const struct member *payload = r->op->out ? r->op->out->payload : NULL;
    const struct value *v;
    struct header *h = common(r, out, p);

    out->code = r->op->status ? r->op->status : 200;
    header_members(r, out, h);
    if (str_is(r->op->method, "HEAD") || raw_payload(r, &out->body))
        return;
    add(out, h, "content-type", asks_json(r, p) ? STR("application/json") : str_of(type_of(p)));
    if (is_xml(p)) {
        out->body = asks_json(r, p) ? encode_json_query(r) : encode_xml(r);
        return;
    }
    if (!r->op->out) {
        out->body = p == PROTOCOL_REST_JSON ? STR("{}") : STR_NONE;
        return;
    }
    v = payload ? value_get(r->out, payload->name) : r->out;
    out->body = encode_json(r, payload ? payload->shape : r->op->out, v ? v : &value_empty_object);
}

/* ---- errors (docs/design.md, Wire) ---- */
static struct str escape(struct request *r, struct str x)
{
    struct buf b = { 0 };
    size_t i;

    for (i = 0; i < x.n; i++) {
        switch (x.s[i]) {
        case '<':
            buf_cstr(&b, "&lt;");
            break;
        case '>':
            buf_cstr(&b, "&gt;");
            break;
        case '&':
            buf_cstr(&b, "&amp;");
            break;
        default:
            buf_putc(&b, (unsigned char)x.s[i] < 0x20 ? ' ' : x.s[i]);
        }
    }
    return buf_take(&b, r->a);
}

static struct str json_error(struct request *r, bool type)
{
    struct fields f = { .a = r->a };
    struct buf b = { 0 };

    if (type)
        fields_put(&f, STR("__type"), value_str(r->a, r->code));
    fields_put(&f, STR("message"), value_str(r->a, r->message));
    json_write(&b, fields_take(&f), JSON_PLAIN, true);
    return buf_take(&b, r->a);
}

static const char *type_of_error(const struct request *r)
{
    return r->status >= 500 ? "Receiver" : "Sender";
}

static struct str json_query_error(struct request *r)
{
    struct arena *a = r->a;
    struct buf b = { 0 };
    const struct value *v = tree_put(a, NULL, STR("Error.Code"), value_str(a, r->code));

    v = tree_put(a, v, STR("Error.Message"), value_str(a, r->message));
    v = tree_put(a, v, STR("Error.Type"), value_str(a, str_of(type_of_error(r))));
    json_write(&b, tree_put(a, v, STR("RequestId"), value_str(a, r->id)), JSON_PLAIN, true);
    return buf_take(&b, a);
}

static struct str xml_error(struct request *r, enum protocol p)
{
    struct str message = escape(r, r->message);

    if (p == PROTOCOL_EC2)
        return str_fmt(r->a, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>%.*s</Code><Message>%.*s</Message></Error></Errors>"
                       "<RequestID>%.*s</RequestID></Response>", STR_ARG(r->code), STR_ARG(message), STR_ARG(r->id));
    if (p == PROTOCOL_REST_XML && str_is(r->service->name, "s3"))
        return str_fmt(r->a, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%.*s</Code><Message>%.*s</Message><RequestId>%.*s</RequestId></Error>",
                       STR_ARG(r->code), STR_ARG(message), STR_ARG(r->id));
    return str_fmt(r->a, "<ErrorResponse xmlns=\"%.*s\">\n<Error><Type>%s</Type><Code>%.*s</Code><Message>%.*s</Message></Error><RequestId>%.*s</RequestId>\n</ErrorResponse>",
                   STR_ARG(r->service ? r->service->model->xmlns : STR_NONE), type_of_error(r), STR_ARG(r->code), STR_ARG(message), STR_ARG(r->id));
}

/* What clients of the former protocol know the code by. */
static struct str legacy_code(const struct request *r)
{
    const struct value *map = value_get(r->service->data, STR("legacy"));
    struct str code = map ? data_str(map, str_c(r->a, r->code)) : STR_NONE;

    return code.n ? code : r->code;
}

void encode_error(struct request *r, struct http_reply *out)
{
    enum protocol p = r->service && r->service->model ? r->service->model->protocol : PROTOCOL_QUERY;
    struct header *h = common(r, out, p);

    out->code = r->status;
    add(out, h, "content-type", asks_json(r, p) ? STR("application/json") : str_of(type_of(p)));
    if (is_xml(p)) {
        out->body = str_is(r->http->method, "HEAD") || out->code == 304 ? STR_NONE : asks_json(r, p) ? json_query_error(r) : xml_error(r, p);
        return;
    }
    if (p == PROTOCOL_REST_JSON)
        add(out, h, "x-amzn-errortype", r->code);
    if (r->service->model->querymode)
        add(out, h, "x-amzn-query-error", str_fmt(r->a, "%.*s;%s", STR_ARG(legacy_code(r)), type_of_error(r)));
    out->body = json_error(r, p != PROTOCOL_REST_JSON);
}
