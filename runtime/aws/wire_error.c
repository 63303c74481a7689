/* wire_error.c - code, message and request id out of an error reply of any protocol (docs/design.md, Wire). Never fails: a proxy's HTML page
 * gives "HTTP 502" and the page's first words. */
#include "kc/arena.h"
#include "kc/json.h"
#include "wire.h"
#include "xml.h"

enum { SAMPLE = 200 };

static struct str header(const struct http_reply *r, const char *name)
{
    for (size_t i = 0; i < r->nheaders; i++)
        if (str_caseeq(r->headers[i].name, str_of(name)))
            return r->headers[i].value;
    return STR_NONE;
}

static struct str text_of(const struct xml *parent, const char *name)
{
    const struct xml *x = xml_child(parent, str_of(name));
    return x ? str_trim(x->text) : STR_NONE;
}

static struct str first_of(struct str a, struct str b)
{
    return a.n ? a : b;
}

/* "com.amazon#NotFound:http://..." -> "NotFound" */
static struct str bare_code(struct str code)
{
    size_t colon = str_find(code, STR(":"));
    if (colon != SIZE_MAX)
        code.n = colon;
    for (size_t i = code.n; i > 0; i--)
        if (code.s[i - 1] == '#')
            return str_sub(code, i, code.n);
    return code;
}

/* <InvalidChangeBatch><Messages><Message>..: the root names the error. */
static void list_error(struct arena *a, const struct xml *root, struct aws_error *e)
{
    const struct xml *messages = xml_child(root, STR("Messages"));
    if (!messages)
        return;
    struct buf b = { 0 };
    for (const struct xml *x = messages->child; x; x = x->next) {
        buf_cstr(&b, b.n ? "; " : "");
        buf_str(&b, str_trim(x->text));
    }
    e->code = root->name;
    e->message = buf_take(&b, a);
}

static void xml_error(struct arena *a, struct str body, struct aws_error *e)
{
    struct str why;
    const struct xml *root = xml_read(a, body, &why);
    if (!root)
        return;
    const struct xml *errors = xml_child(root, STR("Errors"));
    const struct xml *error = str_is(root->name, "Error") ? root : xml_child(errors ? errors : root, STR("Error"));
    e->code = text_of(error, "Code");
    e->message = text_of(error, "Message");
    e->request_id = first_of(first_of(text_of(root, "RequestID"), text_of(root, "RequestId")), text_of(error, "RequestId"));
    if (!error)
        list_error(a, root, e);
}

static struct str string_at(const struct value *v, const char *name)
{
    const struct value *x = value_get(v, str_of(name));
    return x && x->kind == VALUE_STRING ? x->s : STR_NONE;
}

static void json_error(struct arena *a, const struct http_reply *r, bool querymode, struct aws_error *e)
{
    struct str why;
    const struct value *body = json_read(a, r->body, 0, &why);
    struct str in_header = header(r, "x-amzn-errortype");
    if (!body || body->kind != VALUE_OBJECT)
        body = &value_empty_object;
    struct str in_body = first_of(string_at(body, "__type"), first_of(string_at(body, "code"), string_at(body, "Code")));
    e->code = bare_code(first_of(in_header, in_body));
    e->message = first_of(string_at(body, "message"), string_at(body, "Message"));
    struct str legacy = header(r, "x-amzn-query-error"), code;
    if (querymode && str_cut(&legacy, ';', &code) && code.n)
        e->code = code;
}

/* The first printable words of a body that is no error document. */
static struct str sample(struct arena *a, struct str body)
{
    struct buf b = { 0 };
    bool tag = false, space = true;
    for (size_t i = 0; i < body.n && b.n < SAMPLE; i++) {
        unsigned char c = (unsigned char)body.s[i];
        tag = tag ? c != '>' : c == '<';
        if (tag || c == '>' || c <= ' ' || c >= 0x7f) {
            if (!space)
                buf_putc(&b, ' ');
            space = true;
        } else {
            buf_putc(&b, (char)c);
            space = false;
        }
    }
    return str_trim(buf_take(&b, a));
}

void wire_error(struct arena *a, const struct operation *op, const struct http_reply *r, struct aws_error *e)
{
    enum protocol p = op->service->protocol;
    *e = (struct aws_error){ .http = r->code };
    if (p == PROTOCOL_EC2 || p == PROTOCOL_QUERY || p == PROTOCOL_REST_XML)
        xml_error(a, r->body, e);
    else
        json_error(a, r, op->service->querymode, e);
    if (!e->code.n) {
        e->code = str_fmt(a, "HTTP %d", r->code);
        if (!e->message.n)
            e->message = sample(a, r->body);
    }
    struct str id = first_of(header(r, "x-amzn-requestid"), header(r, "x-amz-request-id"));
    e->request_id = first_of(e->request_id, id);
    e->code = str_dup(a, e->code);
    e->message = str_dup(a, e->message);
    e->request_id = str_dup(a, e->request_id);
}
