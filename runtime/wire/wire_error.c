/* wire_error.c - code, message and request id out of an error reply of any protocol (docs/design.md, Wire), and whether it is one of AWS:
 * it names a code as the protocol does and has AWS's request id. A HEAD's reply has no body: its status is the code. */
#include "kc/arena.h"
#include "kc/json.h"
#include "belief.h"
#include "wire.h"

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

static bool is_error_of(const struct operation *op, struct str name)
{
    for (size_t i = 0; i < op->nerrors; i++)
        if (str_eq(op->errors[i], name))
            return true;
    return false;
}

/* <InvalidChangeBatch><Messages><Message>..: the root names the error. */
static void list_error(struct arena *a, const struct operation *op, const struct xml *root, struct answer_error *e)
{
    const struct xml *messages = xml_child(root, STR("Messages"));
    if (!messages || !is_error_of(op, root->name))
        return;
    struct buf b = { 0 };
    for (const struct xml *x = messages->child; x; x = x->next) {
        buf_cstr(&b, b.n ? "; " : "");
        buf_str(&b, str_trim(x->text));
    }
    e->code = root->name;
    e->message = buf_take(&b, a);
}

static void xml_error(struct arena *a, const struct operation *op, struct str body, struct answer_error *e)
{
    struct str why;
    const struct xml *root = xml_read(a, body, &why);
    if (!root)
        return;
    const struct xml *errors = xml_child(root, STR("Errors"));
    const struct xml *error = str_is(root->name, "Error") ? root : xml_child(errors ? errors : root, STR("Error"));
    e->code = text_of(error, "Code");
    e->message = text_of(error, "Message");
    struct str endpoint = text_of(error, "Endpoint");      /* S3: the bucket is in another region */
    if (endpoint.n)
        e->message = str_fmt(a, "%.*s (%.*s)", STR_ARG(e->message), STR_ARG(endpoint));
    e->request_id = first_of(first_of(text_of(root, "RequestID"), text_of(root, "RequestId")), text_of(error, "RequestId"));
    if (!error)
        list_error(a, op, root, e);
}

static struct str string_at(const struct value *v, const char *name)
{
    const struct value *x = value_get(v, str_of(name));
    return x && x->kind == VALUE_STRING ? x->s : STR_NONE;
}

static void json_error(struct arena *a, const struct http_reply *r, bool querymode, struct answer_error *e)
{
    struct str why;
    const struct value *body = json_read(a, r->body, 0, &why);
    struct str in_header = reply_header(r, STR("x-amzn-errortype"));
    if (!body || body->kind != VALUE_OBJECT)
        return;
    struct str in_body = first_of(string_at(body, "__type"), first_of(string_at(body, "code"), string_at(body, "Code")));
    e->code = bare_code(first_of(in_header, in_body));
    e->message = first_of(first_of(string_at(body, "message"), string_at(body, "Message")), string_at(body, "error_description"));   /* OAuth's own name */
    struct str legacy = reply_header(r, STR("x-amzn-query-error")), code;
    if (querymode && str_cut(&legacy, ';', &code) && code.n)
        e->code = code;
}

bool wire_error(struct arena *a, const struct operation *op, const struct http_reply *r, struct answer_error *e)
{
    enum protocol p = op->service->protocol;
    bool whole = r->code >= 300 && r->code <= 599;
    struct str why = STR("it is no error of AWS");
    *e = (struct answer_error){ .http = r->code };
    if (whole && str_is(op->method, "HEAD"))
        e->code = r->code >= 400 ? str_fmt(a, "HTTP %d", r->code) : STR_NONE;
    else if (whole && (p == PROTOCOL_EC2 || p == PROTOCOL_QUERY || p == PROTOCOL_REST_XML))
        xml_error(a, op, r->body, e);
    else if (whole)
        json_error(a, r, op->service->querymode, e);
    e->request_id = str_dup(a, first_of(e->request_id, belief_id(r)));
    if (e->code.n && e->request_id.n) {
        e->code = str_dup(a, e->code);
        e->message = str_dup(a, e->message);
        return true;
    }
    if (e->code.n)
        why = STR("it has no request id of AWS");
    else if (r->code >= 300 && r->code < 400)
        why = STR("it redirects, and kc does not follow redirects of signed requests");
    e->code = STR("NotBelieved");
    e->message = belief_note(a, op, r, why);
    return false;
}
