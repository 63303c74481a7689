/* serve.c - one exchange from request to reply: faults, routing, signature, decoding, limits, execution, log, encoding.
 * And the simulator as a whole: making it, freeing it, looking in. */
#include <stdlib.h>
#include <string.h>
#include "room.h"

/* ---- codes ---- */
static const struct { const char *meaning, *ec2, *query, *json, *rest_json, *rest_xml; int status; } codes[] = {
    { "required", "MissingParameter", "ValidationError", "ValidationException", "InvalidParameterException", "InvalidInput", 400 },
    { "unknown", "UnknownParameter", "ValidationError", "SerializationException", "InvalidParameterException", "MalformedXML", 400 },
    { "value", "InvalidParameterValue", "ValidationError", "ValidationException", "InvalidParameterException", "InvalidInput", 400 },
    { "type", "InvalidParameterValue", "MalformedInput", "SerializationException", "SerializationException", "MalformedXML", 400 },
    { "syntax", "MalformedQueryString", "MalformedQueryString", "SerializationException", "SerializationException", "MalformedXML", 400 },
    { "content", "MalformedQueryString", "MalformedQueryString", "UnknownOperationException", "UnsupportedMediaTypeException", "InvalidRequest", 415 },
    { "action", "InvalidAction", "InvalidAction", "UnknownOperationException", "UnknownOperationException", "InvalidAction", 400 },
    { "no_action", "MissingAction", "MissingAction", "UnknownOperationException", "UnknownOperationException", "MissingAction", 400 },
    { "unsigned", "MissingAuthenticationToken", "MissingAuthenticationToken", "MissingAuthenticationTokenException", "MissingAuthenticationTokenException", "MissingAuthenticationToken", 403 },
    { "incomplete", "IncompleteSignature", "IncompleteSignature", "IncompleteSignatureException", "IncompleteSignatureException", "IncompleteSignature", 400 },
    { "key", "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "UnrecognizedClientException", "InvalidClientTokenId", 403 },
    { "signature", "SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignatureException", "SignatureDoesNotMatch", 403 },
    { "expired", "RequestExpired", "RequestExpired", "InvalidSignatureException", "InvalidSignatureException", "RequestTimeTooSkewed", 400 },
    { "stale", "RequestExpired", "ExpiredToken", "ExpiredTokenException", "ExpiredTokenException", "ExpiredToken", 403 },
    { "throttle", "RequestLimitExceeded", "Throttling", "ThrottlingException", "ThrottlingException", "Throttling", 400 },
    { "missing", "InvalidParameterValue", "NoSuchEntity", "ResourceNotFoundException", "ResourceNotFoundException", "NoSuchEntity", 400 },
    { "exists", "InvalidParameterValue", "EntityAlreadyExists", "ResourceExistsException", "ResourceInUseException", "EntityAlreadyExists", 400 },
    { "mismatch", "IdempotentParameterMismatch", "IdempotentParameterMismatch", "IdempotentParameterMismatchException", "InvalidParameterException", "IdempotentParameterMismatch", 400 },
    { "page", "InvalidNextToken", "ValidationError", "InvalidNextTokenException", "InvalidParameterException", "InvalidInput", 400 },
    { "owner", "UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "AccessDeniedException", "AccessDenied", 403 },
    { "busy", "IncorrectState", "EntityTemporarilyUnmodifiable", "ResourceInUseException", "ResourceInUseException", "ResourceInUse", 400 },
};

struct str code_of(const struct request *r, const char *meaning)
{
    enum protocol p = r->service && r->service->model ? r->service->model->protocol : PROTOCOL_QUERY;
    const struct value *own = r->service ? value_get(r->service->data, STR("codes")) : NULL;
    size_t i;

    if (data_str(own, meaning).n)
        return data_str(own, meaning);
    for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (!strcmp(codes[i].meaning, meaning))
            return str_of(p == PROTOCOL_EC2 ? codes[i].ec2 : p == PROTOCOL_QUERY ? codes[i].query : p == PROTOCOL_REST_JSON ? codes[i].rest_json
                          : p == PROTOCOL_REST_XML ? codes[i].rest_xml : codes[i].json);
    return STR("InternalError");
}

static int status_of(const struct request *r, struct str code)
{
    const struct value *own = r->service ? value_get(r->service->data, STR("http")) : NULL;
    const struct value *v = own ? value_get(own, code) : NULL;
    size_t i;

    if (v && v->kind == VALUE_INT)
        return (int)v->i;
    for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (str_eq(code, code_of(r, codes[i].meaning)))
            return codes[i].status;
    return 400;
}

bool sim_refuse(struct request *r, struct str code, const char *fmt, ...)
{
    struct buf b = { 0 };
    va_list ap;

    if (r->failed)
        return false;
    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    r->failed = true;
    r->code = code;
    r->message = buf_take(&b, r->a);
    r->status = status_of(r, code);
    return false;
}

/* ---- one exchange ---- */
static void note(struct request *r, int http)
{
    struct sim *s = r->sim;
    struct sim_call c = { .at = s->now, .http = http };

    c.service = r->service ? r->service->name : STR_NONE;
    c.op = r->op ? r->op->name : STR_NONE;
    c.code = r->failed ? str_dup(s->account, r->code) : STR_NONE;
    s->calls = vec_grow(s->calls, s->ncalls, &s->capcalls, sizeof *s->calls);
    s->calls[s->ncalls++] = c;
}

static bool fault_refuses(struct request *r, const struct fault *f)
{
    switch (f->kind) {
    case FAULT_THROTTLE:
        return !sim_refuse(r, code_of(r, "throttle"), "Rate exceeded");
    case FAULT_EXPIRED:
        return !sim_refuse(r, code_of(r, "stale"), "The security token included in the request is expired");
    case FAULT_SKEW:
        return !sim_refuse(r, code_of(r, "expired"), "Signature not yet current: the clocks differ");
    case FAULT_CODE:
        sim_refuse(r, f->code, "%.*s", STR_ARG(f->message.n ? f->message : STR("a fault of this test")));
        r->status = f->http ? f->http : r->status;
        return true;
    case FAULT_500:
        sim_refuse(r, STR("InternalError"), "An internal error has occurred");
        r->status = 500;
        return true;
    default:
        return false;
    }
}

static void plain(struct http_reply *out, int code, struct str body)
{
    static const struct header html[] = { { { "content-type", 12 }, { "text/html", 9 } } };

    *out = (struct http_reply){ .status = NET_OK, .code = code, .headers = html, .nheaders = 1, .body = body };
}

static void lose(struct http_reply *out, const char *problem)
{
    *out = (struct http_reply){ .status = NET_UNKNOWN, .problem = str_of(problem) };
}

static void fault_spoils(const struct fault *f, struct http_reply *out)
{
    static const struct header elsewhere[] = { { { "location", 8 }, { "https://elsewhere.example/", 26 } } };

    switch (f->kind) {
    case FAULT_TIMEOUT:
        lose(out, "timed out");
        break;
    case FAULT_RESET_AFTER:
        lose(out, "connection reset by peer");
        break;
    case FAULT_TRUNCATE:
        out->body = str_sub(out->body, 0, f->cut);
        break;
    case FAULT_HTML:
        plain(out, f->http ? f->http : 200, STR("<!doctype html>\n<title>Not found</title>\n<p>This page does not exist."));
        break;
    case FAULT_EMPTY:
        out->body = STR("{}");
        break;
    case FAULT_GARBAGE:
        plain(out, 200, STR("<!doctype html>\n<title>\x01\xff not what was asked for</title>"));
        break;
    case FAULT_503:
        plain(out, 503, STR("<html><body>Service Unavailable</body></html>"));
        break;
    case FAULT_REDIRECT:
        *out = (struct http_reply){ .status = NET_OK, .code = 307, .headers = elsewhere, .nheaders = 1 };
        break;
    default:
        break;
    }
}

/* Faults that the request never gets past. */
static bool fault_stops(const struct fault *f, struct http_reply *out)
{
    if (f->kind == FAULT_RESET_BEFORE) {
        lose(out, "connection reset by peer");
        return true;
    }
    if (f->kind == FAULT_503 || f->kind == FAULT_REDIRECT || f->kind == FAULT_HTML) {
        fault_spoils(f, out);
        return true;
    }
    return false;
}

static void work(struct request *r, const struct labels *labels)
{
    if (sim_verify(r) && sim_decode(r, labels) && limit_take(r))
        sim_execute(r);
}

bool sim_within(struct request *r, struct sim *s, struct arena *a, struct str region, const char *service, const char *op, const struct value *input)
{
    struct sim_service *sv = service_find(s, str_of(service));
    const struct fault *f;

    *r = (struct request){ .sim = s, .a = a, .region = region, .input = input, .out = &value_empty_object, .status = 400, .within = true };
    store_place(s, region);
    if (!sv || !route_load(r, sv))
        return sim_refuse(r, STR("InternalError"), "the simulated AWS has no %s", service);
    r->op = model_operation(sv->model, str_of(op));
    if (!r->op)
        return sim_refuse(r, STR("InternalError"), "%s has no %s", service, op);
    f = fault_within(s, r->op->name);
    return f ? sim_refuse(r, f->code, "%.*s", STR_ARG(f->message)) : sim_execute(r);
}

void sim_serve(struct sim *s, struct arena *a, const struct http_request *rq, struct http_reply *out)
{
    struct request r = { .sim = s, .a = a, .http = rq, .status = 400 };
    const struct fault *f = NULL;
    struct labels labels;
    enum disk_error e;

    *out = (struct http_reply){ 0 };
    if (s->broken.n) {
        *out = (struct http_reply){ .status = NET_NOT_SENT, .problem = s->broken };
        return;
    }
    if (rq->file && !sim_read_file(&r, &e)) {
        *out = (struct http_reply){ .status = NET_NO_BODY, .problem = str_of(disk_error_text(e)) };
        return;
    }
    s->requests++;
    r.id = str_fmt(a, "%08llx-kc00-4000-8000-%012llx", (unsigned long long)(s->o.seed & 0xffffffff), (unsigned long long)s->requests);
    store_advance(s, s->now);
    if (sim_route(&r, &labels)) {
        f = fault_take(s, r.op->name);
        if (f && fault_stops(f, out)) {
            note(&r, out->code);
            return;
        }
        if (!f || !fault_refuses(&r, f))
            work(&r, &labels);
    }
    /* A refusal too may tell what time has done. */
    if (s->dirty.n && !log_commit(s, r.op ? str_fmt(a, "%.*s.%.*s", STR_ARG(r.service->name), STR_ARG(r.op->name)) : STR("time"))) {
        lose(out, str_c(a, s->broken));
        return;
    }
    if (r.failed)
        encode_error(&r, out);
    else
        encode_reply(&r, out);
    note(&r, out->code);
    if (f)
        fault_spoils(f, out);
}

void sim_exchange(struct sim *s, struct arena *a, const struct http_request *rq, struct http_reply *out)
{
    if (s->o.served)
        clock_keep_pace(s);
    sim_serve(s, a, rq, out);
}

/* ---- the simulator ---- */
struct sim *sim_new(const struct sim_options *o, struct arena *a, struct str *why)
{
    struct arena *account = arena_new();
    struct sim *s = ARENA_NEW(account, struct sim);

    s->account = account;
    s->o = *o;
    s->start_wall = o->start_wall;
    s->session_ms = o->session_ms;
    s->next = 1;
    memset(s->digest, '0', sizeof s->digest - 1);
    if (!s->o.region.n)
        s->o.region = STR("eu-west-1");
    if (behave_load(s, why) && log_open(s, why)) {
        if (o->served)
            clock_serve(s);
        return s;
    }
    *why = str_dup(a, *why);
    sim_free(s);
    return NULL;
}

void sim_free(struct sim *s)
{
    size_t i, j;

    if (!s)
        return;
    log_close(s);
    for (i = 0; i < s->nservices; i++) {
        for (j = 0; j < s->services[i].nkinds; j++) {
            map_fini(&s->services[i].kinds[j]->byid);
            map_fini(&s->services[i].kinds[j]->rowed);
            vec_fini(&s->services[i].kinds[j]->order);
        }
        map_fini(&s->services[i].verbs);
    }
    map_fini(&s->buckets);
    vec_fini(&s->dirty);
    free(s->calls);
    clock_detach(s);
    arena_free(s->account);
}

size_t sim_calls(const struct sim *s, const struct sim_call **out)
{
    *out = s->calls;
    return s->ncalls;
}

size_t sim_count(const struct sim *s, struct str kind)
{
    size_t i, j, k, n = 0;

    for (i = 0; i < s->nservices; i++)
        for (j = 0; j < s->services[i].nkinds; j++) {
            struct kind *x = s->services[i].kinds[j];

            for (k = 0; k < x->order.n; k++) {
                struct object *o = x->order.v[k];

                if (object_alive(o) && !o->row && (kind.n ? str_eq(kind, x->full) : o->made && !data_true(x->data, "memory")))
                    n++;
            }
        }
    return n;
}

size_t sim_ready_nodes(const struct sim *s, struct str cluster)
{
    struct kind *k = kind_find((struct sim *)s, STR("eks"), STR("nodegroup"));
    struct arena *a = arena_new();
    size_t i, n = 0;
    int64_t ready;

    for (i = 0; k && i < k->order.n; i++) {
        struct object *o = k->order.v[i];

        if (object_alive(o) && !o->dying && str_eq(tree_text(a, o->attrs, STR("clusterName")), cluster) && str_int(tree_text(a, o->attrs, STR("ready")), &ready))
            n += (size_t)ready;
    }
    arena_free(a);
    return n;
}

bool sim_ail(struct sim *s, struct str kind, struct str id, struct str state, struct str code, struct str message)
{
    struct kind *k = kind_find(s, STR_NONE, kind);
    size_t i;

    for (i = 0; k && i < k->order.n; i++) {
        struct object *o = k->order.v[i];

        if (!object_alive(o) || !str_eq(o->id, id))
            continue;
        object_ail(s, o, state, code, message);
        return true;
    }
    return false;
}

const struct value *sim_dump(const struct sim *s, struct arena *a)
{
    struct fields all = { .a = a };
    size_t i, j, k;

    for (i = 0; i < s->nservices; i++)
        for (j = 0; j < s->services[i].nkinds; j++) {
            struct kind *x = s->services[i].kinds[j];
            struct fields f = { .a = a };

            for (k = 0; k < x->order.n; k++) {
                struct object *o = x->order.v[k];

                if (object_alive(o) && !o->row)
                    fields_put(&f, o->id, value_with(a, o->attrs, STR("tags"), o->tags));
            }
            if (f.n)
                fields_put(&all, x->full, fields_take(&f));
        }
    return value_keep(a, fields_take(&all));
}
