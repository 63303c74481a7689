/* belief.c - see belief.h. What makes a success reply the operation's own, from the model alone:
 *   all         the operation's status, no HTML page, AWS's request id in a header or where the protocol has it in the body
 *   ec2, query  the root is the operation's response element, also when there is no output; the wrapper where the model names one
 *   rest-xml    the root has the name of the output's shape; S3: any but Error and html; empty only where nothing is bound to the body
 *   json        an object; empty or null only where nothing is bound to the body
 *   HEAD, 204   have no body: status and request id */
#include "belief.h"

#include "kc/arena.h"
#include "kc/json.h"

enum { SAMPLE = 120, WORD_MAX = 40, SECRET_DEPTH = 6 };

struct asked { struct arena *a; const struct operation *op; const struct http_reply *reply; struct str *why; };

static bool doubt(const struct asked *q, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool doubt(const struct asked *q, const char *fmt, ...)
{
    struct buf b = { 0 };
    va_list ap;

    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    *q->why = buf_take(&b, q->a);
    return false;
}

struct str reply_header(const struct http_reply *r, struct str name)
{
    for (size_t i = 0; i < r->nheaders; i++)
        if (str_caseeq(r->headers[i].name, name))
            return r->headers[i].value;
    return STR_NONE;
}

struct str belief_id(const struct http_reply *r)
{
    static const char *const names[] = { "x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id", "x-amz-id-2" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct str id = str_trim(reply_header(r, str_of(names[i])));

        if (id.n)
            return id;
    }
    return STR_NONE;
}

static bool is_s3(const struct operation *op)
{
    return op->service->protocol == PROTOCOL_REST_XML && str_is(op->service->sign, "s3");
}

/* Something of the output stands in the body. */
static bool needs_body(const struct operation *op)
{
    if (!op->out)
        return false;
    for (size_t i = 0; i < op->out->nmembers; i++)
        if (op->out->members[i].location == LOCATION_BODY)
            return true;
    return op->out->payload != NULL;
}

static bool is_rest(const struct operation *op)
{
    return op->service->protocol == PROTOCOL_REST_JSON || op->service->protocol == PROTOCOL_REST_XML;
}

static bool has_own_type(const struct operation *op)       /* the content type is the object's, not the reply's */
{
    for (size_t i = 0; op->out && i < op->out->nmembers; i++)
        if (op->out->members[i].location == LOCATION_HEADER && str_caseeq(op->out->members[i].wire_out, STR("content-type")))
            return true;
    return false;
}

static bool is_html(struct str type)
{
    type = str_trim(str_sub(type, 0, str_find(type, STR(";"))));
    return str_caseeq(type, STR("text/html")) || str_caseeq(type, STR("application/xhtml+xml"));
}

/* 204 in place of 200 is what S3 says to some writes; it can hide nothing where nothing is bound to the body. */
static bool right_status(const struct asked *q)
{
    int want = q->op->status, got = q->reply->code;

    if (got == want || (want == 200 && got == 204 && is_rest(q->op) && !needs_body(q->op)))
        return true;
    return doubt(q, "the status is %d, not %d", got, want);
}

static bool right_type(const struct asked *q)
{
    if (!is_html(reply_header(q->reply, STR("content-type"))) || has_own_type(q->op))
        return true;
    return doubt(q, "it is a web page");
}

/* ---- XML ---- */

static const struct xml *open_xml(const struct asked *q)
{
    struct str problem = STR_NONE;
    const struct xml *root = xml_read(q->a, q->reply->body, &problem);

    if (!root)
        doubt(q, "the body is not readable XML: %.*s", STR_ARG(problem));
    return root;
}

static bool right_root(const struct asked *q, const struct xml *root, struct str want)
{
    if (str_eq(root->name, want))
        return true;
    return doubt(q, "the body is <%.*s>, not <%.*s>", STR_ARG(root->name), STR_ARG(want));
}

/* <OpResponse><OpResult>..</OpResult><ResponseMetadata><RequestId>, and ec2: <OpResponse><requestId>. */
static bool open_query(const struct asked *q, struct opened *out)
{
    const struct operation *op = q->op;
    bool ec2 = op->service->protocol == PROTOCOL_EC2;
    const struct xml *root = open_xml(q), *id;

    if (!root || !right_root(q, root, str_fmt(q->a, "%.*sResponse", STR_ARG(op->name))))
        return false;
    id = ec2 ? xml_child(root, STR("requestId")) : xml_child(xml_child(root, STR("ResponseMetadata")), STR("RequestId"));
    if (!belief_id(q->reply).n && !(id && str_trim(id->text).n))
        return doubt(q, "it has no request id of AWS");
    out->xml = ec2 || !op->out ? root : xml_child(root, op->wrapper);
    return out->xml || doubt(q, "%.*s is missing", STR_ARG(op->wrapper));
}

/* S3 calls its roots as it likes, and sends errors with status 200. */
static bool right_s3_root(const struct asked *q, const struct xml *root)
{
    const struct xml *code = xml_child(root, STR("Code"));

    if (str_is(root->name, "Error"))
        return doubt(q, "it is an error (%.*s) with a success status", STR_ARG(code ? code->text : STR("of no code")));
    return !str_caseeq(root->name, STR("html")) || doubt(q, "it is a web page");
}

static bool open_rest_xml(const struct asked *q, struct opened *out)
{
    const struct operation *op = q->op;

    if (!str_trim(q->reply->body).n)
        return !needs_body(op) || doubt(q, "the body is empty");
    out->xml = open_xml(q);
    if (!out->xml)
        return false;
    if (is_s3(op) || !op->out)
        return right_s3_root(q, out->xml);
    return right_root(q, out->xml, op->out->payload ? op->out->payload->wire_out : op->out->name);
}

/* ---- JSON ---- */

static bool open_json(const struct asked *q, struct opened *out)
{
    struct str problem = STR_NONE, body = str_trim(q->reply->body);

    if (!body.n || str_is(body, "null"))
        return !needs_body(q->op) || doubt(q, "the body is %s", body.n ? "null" : "empty");
    out->json = json_read(q->a, body, 0, &problem);
    if (!out->json)
        return doubt(q, "the body is not readable JSON: %.*s", STR_ARG(problem));
    return out->json->kind == VALUE_OBJECT || doubt(q, "the body is not an object");
}

bool belief_open(struct arena *a, const struct operation *op, const struct http_reply *r, struct opened *out, struct str *why)
{
    const struct asked q = { a, op, r, why };
    const struct member *payload = op->out ? op->out->payload : NULL;
    enum protocol p = op->service->protocol;

    *out = (struct opened){ 0 };
    if (!right_status(&q) || !right_type(&q))
        return false;
    if (p == PROTOCOL_EC2 || p == PROTOCOL_QUERY)
        return open_query(&q, out);
    if (!belief_id(r).n)
        return doubt(&q, "it has no request id of AWS");
    if (str_is(op->method, "HEAD") || r->code == 204)
        return true;
    if (payload && payload->shape->kind == SHAPE_BLOB)
        return true;                                       /* any bytes are an object's, and none too */
    if (payload && payload->shape->kind != SHAPE_STRUCT)
        return str_trim(r->body).n || doubt(&q, "the body is empty");
    return p == PROTOCOL_REST_XML ? open_rest_xml(&q, out) : open_json(&q, out);
}

/* ---- for people ---- */

static bool holds_secret(const struct shape *s, unsigned depth)
{
    if (!s || depth > SECRET_DEPTH)
        return false;
    for (size_t i = 0; i < s->nmembers; i++)
        if (s->members[i].secret || holds_secret(s->members[i].shape, depth + 1))
            return true;
    return holds_secret(s->elem, depth + 1);
}

/* Tags, and words so long that they may be keys, signatures or tokens that a proxy repeats, are left out. */
static struct str first_words(struct arena *a, struct str body)
{
    struct buf b = { 0 };
    size_t word = 0;                                       /* where it began in b */
    bool tag = false;

    for (size_t i = 0; i < body.n && word < SAMPLE; i++) {
        unsigned char c = (unsigned char)body.s[i];

        tag = tag ? c != '>' : c == '<';
        if (!tag && c > ' ' && c < 0x7f && c != '>') {
            if (b.n - word <= WORD_MAX)
                buf_putc(&b, (char)c);
            continue;
        }
        if (b.n - word > WORD_MAX)
            b.n = word;
        else if (b.n > word)
            buf_putc(&b, ' ');
        word = b.n;
    }
    if (b.n - word > WORD_MAX)
        b.n = word;
    return str_trim(buf_take(&b, a));
}

struct str belief_note(struct arena *a, const struct operation *op, const struct http_reply *r, struct str why)
{
    struct str type = reply_header(r, STR("content-type")), words = STR_NONE;
    struct str what = str_fmt(a, "HTTP %d with %.*s is no reply of AWS to %.*s: %.*s", r->code, STR_ARG(type.n ? str_sub(type, 0, 60) : STR("no content type")),
                              STR_ARG(op->name), STR_ARG(why));

    if (!belief_id(r).n && !holds_secret(op->in, 0) && !holds_secret(op->out, 0))
        words = first_words(a, r->body);
    if (!words.n)
        return what;
    return str_fmt(a, "%.*s; from a proxy? It says: %.*s", STR_ARG(what), STR_ARG(words));
}
