/* test_sim_refuses.c - requests that are almost right, for every operation of every service: unsigned, forged, of the wrong content type, with an
 * unknown member, without a required one, with a wrong type or an unknown enum value. The simulator lets none of them pass, and says why. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "kc/json.h"
#include "sim/room.h"
#include "sim_make.h"
#include "sim_test.h"

static const char passed[] = "does not know how to do";

struct tally { unsigned tried, caught, protocols; };

/* Refused, and not only because this account does nothing. */
static bool refused(struct sim_test *t, const struct operation *op, const struct http_request *rq, struct answer_error *e)
{
    struct http_reply out;

    *e = (struct answer_error){ 0 };
    sim_exchange(t->sim, t->a, rq, &out);
    if (out.status != NET_OK || out.code / 100 != 4)
        return false;
    wire_error(t->a, op, &out, e);
    return e->code.n > 0 && str_find(e->message, str_of(passed)) == SIZE_MAX && str_find(out.body, str_of(passed)) == SIZE_MAX;
}

static void expect(struct sim_test *t, struct tally *n, const char *what, const char *service, const struct operation *op, const struct http_request *rq)
{
    struct answer_error e;

    n->tried++;
    n->protocols |= 1u << op->service->protocol;
    if (refused(t, op, rq, &e))
        n->caught++;
    else
        fprintf(stderr, "%s: %s.%.*s passed: %.*s %.*s\n  %.*s\n  %.*s\n", what, service, STR_ARG(op->name), STR_ARG(e.code), STR_ARG(e.message), STR_ARG(rq->url),
                (int)(rq->body.n > 400 ? 400 : rq->body.n), rq->body.s);
}

/* ---- headers ---- */
static struct http_request without_header(struct sim_test *t, struct http_request rq, const char *name)
{
    struct header *h = ARENA_ARRAY(t->a, struct header, rq.nheaders + 1);
    size_t i, n = 0;

    for (i = 0; i < rq.nheaders; i++)
        if (!str_caseeq(rq.headers[i].name, str_of(name)))
            h[n++] = rq.headers[i];
    rq.headers = h;
    rq.nheaders = n;
    return rq;
}

static struct http_request with_header(struct sim_test *t, struct http_request rq, const char *name, struct str value)
{
    struct http_request out = without_header(t, rq, name);

    ((struct header *)out.headers)[out.nheaders++] = (struct header){ str_of(name), value };
    return out;
}

static struct http_request signed_again(struct sim_test *t, const char *service, struct http_request rq)
{
    rq = without_header(t, rq, "authorization");
    rq = without_header(t, rq, "x-amz-date");
    rq = without_header(t, rq, "x-amz-content-sha256");
    sim_sign(t, service, &rq);
    return rq;
}

static struct str forged(struct sim_test *t, const struct http_request *rq)
{
    struct str auth = str_dup(t->a, header_get(rq, "authorization"));
    char *last = (char *)auth.s + auth.n - 1;

    *last = *last == '0' ? '1' : '0';
    return auth;
}

/* ---- bodies ---- */
static bool is_form(const struct operation *op)
{
    return op->service->protocol == PROTOCOL_EC2 || op->service->protocol == PROTOCOL_QUERY;
}

static bool has_json(const struct operation *op, const struct http_request *rq)
{
    return !is_form(op) && op->service->protocol != PROTOCOL_REST_XML && rq->body.n && rq->body.s[0] == '{';
}

static bool has_xml(const struct operation *op, const struct http_request *rq)
{
    return op->service->protocol == PROTOCOL_REST_XML && rq->body.n && rq->body.s[0] == '<';
}

static struct http_request with_unknown(struct sim_test *t, const struct operation *op, struct http_request rq)
{
    size_t at;

    if (is_form(op)) {
        rq.body = str_fmt(t->a, "%.*s&Colour=red", STR_ARG(rq.body));
    } else if (has_json(op, &rq)) {
        rq.body = str_fmt(t->a, "{\"colour\":\"red\"%s%.*s", rq.body.n > 2 ? "," : "", STR_ARG(str_sub(rq.body, 1, rq.body.n)));
    } else if (has_xml(op, &rq)) {
        at = str_find(rq.body, STR(">")) + 1;
        rq.body = str_fmt(t->a, "%.*s<Colour>red</Colour>%.*s", (int)at, rq.body.s, STR_ARG(str_sub(rq.body, at, rq.body.n)));
    } else {
        rq.url = str_fmt(t->a, "%.*s%scolour=red", STR_ARG(rq.url), str_find(rq.url, STR("?")) == SIZE_MAX ? "?" : "&");
    }
    return rq;
}

/* ---- cutting a member out of what is sent: the client itself would not leave it out ---- */
static struct str cut_pairs(struct sim_test *t, struct str text, struct str name)
{
    struct buf b = { 0 };
    struct str part;

    while (str_cut(&text, '&', &part)) {
        struct str key = str_sub(part, 0, str_find(part, STR("=")));

        if (str_eq(key, name) || (key.n > name.n && key.s[name.n] == '.' && str_starts(key, name)))
            continue;
        if (b.n)
            buf_putc(&b, '&');
        buf_str(&b, part);
    }
    return buf_take(&b, t->a);
}

static struct str cut_json(struct sim_test *t, struct str body, struct str name)
{
    struct str why;
    const struct value *v = json_read(t->a, body, 0, &why);
    struct fields f = { .a = t->a };
    struct buf b = { 0 };
    size_t i;

    for (i = 0; v && i < v->object.n; i++)
        if (!str_eq(v->object.v[i].key, name))
            fields_put(&f, v->object.v[i].key, v->object.v[i].value);
    json_write(&b, fields_take(&f), JSON_PLAIN, true);
    return buf_take(&b, t->a);
}

static struct str cut_xml(struct sim_test *t, struct str body, struct str name)
{
    struct str open_tag = str_fmt(t->a, "<%.*s>", STR_ARG(name)), close_tag = str_fmt(t->a, "</%.*s>", STR_ARG(name));
    size_t from = str_find(body, open_tag), to = str_find(body, close_tag);

    if (from == SIZE_MAX || to == SIZE_MAX || to < from)
        return STR_NONE;
    return str_fmt(t->a, "%.*s%.*s", (int)from, body.s, STR_ARG(str_sub(body, to + close_tag.n, body.n)));
}

static struct http_request without_member(struct sim_test *t, const struct operation *op, struct http_request rq, const struct member *m, bool *done)
{
    size_t q = str_find(rq.url, STR("?"));

    *done = true;
    if (m->location == LOCATION_HEADER)
        return without_header(t, rq, str_c(t->a, m->wire_in));
    if (m->location == LOCATION_QUERY)
        rq.url = str_fmt(t->a, "%.*s?%.*s", (int)q, rq.url.s, STR_ARG(cut_pairs(t, str_sub(rq.url, q + 1, rq.url.n), m->wire_in)));
    else if (is_form(op))
        rq.body = cut_pairs(t, rq.body, m->wire_in);
    else if (op->in->payload == m)
        rq.body = STR_NONE;
    else if (has_json(op, &rq))
        rq.body = cut_json(t, rq.body, m->wire_in);
    else if (has_xml(op, &rq))
        rq.body = cut_xml(t, rq.body, m->wire_in);
    *done = op->in->payload == m || rq.body.n || m->location == LOCATION_QUERY;
    return rq;
}

static bool number_like(const struct shape *s)
{
    return s->kind == SHAPE_BOOL || s->kind == SHAPE_INT || s->kind == SHAPE_LONG || s->kind == SHAPE_DOUBLE || s->kind == SHAPE_FLOAT || s->kind == SHAPE_TIME;
}

/* The name of a member whose wire form can be spoiled, with what to write in its place. */
static struct http_request with_wrong_type(struct sim_test *t, const struct operation *op, struct http_request rq, const struct member *m, bool *done)
{
    bool inner = m->shape->kind == SHAPE_LIST || m->shape->kind == SHAPE_MAP || m->shape->kind == SHAPE_STRUCT;

    *done = true;
    if (is_form(op))
        rq.body = inner ? str_fmt(t->a, "%.*s&%.*s=abc", STR_ARG(rq.body), STR_ARG(m->wire_in)) : str_fmt(t->a, "%.*s&%.*s=%s", STR_ARG(rq.body), STR_ARG(m->wire_in), "abc");
    else if (has_json(op, &rq) || (op->service->protocol != PROTOCOL_REST_XML && m->location == LOCATION_BODY && rq.body.n <= 2))
        rq.body = str_fmt(t->a, "{\"%.*s\":%s}", STR_ARG(m->wire_in), inner ? "7" : "{\"a\":[]}");
    else
        *done = false;
    return rq;
}

/* ---- one operation ---- */
static const struct value *input_of(struct sim_test *t, const struct operation *op, uint64_t seed)
{
    const struct value *v = sim_make(t->a, op->in, seed);

    return op->in ? sim_bytes(t->a, op->in, v) : v;
}

static void try_signature(struct sim_test *t, const char *service, const struct operation *op, struct tally *n)
{
    struct http_request rq = sim_request(t, service, str_c(t->a, op->name), input_of(t, op, 1)), bad;

    if (op->unsigned_)
        return;
    bad = with_header(t, rq, "authorization", forged(t, &rq));
    expect(t, n, "forged", service, op, &bad);
    bad = without_header(t, rq, "authorization");
    expect(t, n, "unsigned", service, op, &bad);
    if (rq.body.n) {
        bad = rq;
        bad.body = str_fmt(t->a, "%.*s ", STR_ARG(rq.body));
        expect(t, n, "body changed after signing", service, op, &bad);
    }
}

static void try_type(struct sim_test *t, const char *service, const struct operation *op, struct tally *n)
{
    struct http_request rq = sim_request(t, service, str_c(t->a, op->name), input_of(t, op, 2));

    if (!is_form(op) && !has_json(op, &rq) && !has_xml(op, &rq))
        return;
    rq = signed_again(t, service, with_header(t, rq, "content-type", STR("text/plain")));
    expect(t, n, "wrong content type", service, op, &rq);
}

static void try_unknown(struct sim_test *t, const char *service, const struct operation *op, struct tally *n)
{
    struct http_request rq = with_unknown(t, op, sim_request(t, service, str_c(t->a, op->name), input_of(t, op, 3)));

    rq = signed_again(t, service, rq);
    expect(t, n, "unknown member", service, op, &rq);
}

static bool in_body(const struct operation *op, const struct member *m)
{
    return is_form(op) || m->location == LOCATION_BODY || m->location == LOCATION_QUERY || m->location == LOCATION_HEADER;
}

static void try_required(struct sim_test *t, const char *service, const struct operation *op, struct tally *n)
{
    const struct value *input = input_of(t, op, 4);
    struct http_request rq;
    bool done;
    size_t i;

    for (i = 0; op->in && i < op->in->nmembers; i++) {
        const struct member *m = &op->in->members[i];

        if (!m->required || m->token || m->location == LOCATION_URI || !in_body(op, m) || str_is(m->name, "CopySource"))
            continue;
        rq = without_member(t, op, sim_request(t, service, str_c(t->a, op->name), input), m, &done);
        if (!done)
            continue;
        rq = signed_again(t, service, rq);
        expect(t, n, str_c(t->a, str_fmt(t->a, "without %.*s", STR_ARG(m->name))), service, op, &rq);
    }
}

static void try_wrong_type(struct sim_test *t, const char *service, const struct operation *op, struct tally *n)
{
    struct http_request rq;
    bool done;
    size_t i;

    for (i = 0; op->in && i < op->in->nmembers; i++) {
        const struct member *m = &op->in->members[i];

        if (m->location != LOCATION_BODY || (is_form(op) && (m->shape->kind == SHAPE_STRING || m->shape->kind == SHAPE_ENUM || m->shape->kind == SHAPE_BLOB)))
            continue;
        if (is_form(op) && !number_like(m->shape) && m->shape->kind != SHAPE_LIST && m->shape->kind != SHAPE_STRUCT && m->shape->kind != SHAPE_MAP)
            continue;
        rq = without_member(t, op, sim_request(t, service, str_c(t->a, op->name), input_of(t, op, 5)), m, &done);
        rq = with_wrong_type(t, op, rq, m, &done);
        if (!done)
            continue;
        rq = signed_again(t, service, rq);
        expect(t, n, str_c(t->a, str_fmt(t->a, "%.*s of a wrong type", STR_ARG(m->name))), service, op, &rq);
    }
}

static void try_enum(struct sim_test *t, const char *service, const struct operation *op, struct tally *n)
{
    struct http_request rq;
    size_t i;

    for (i = 0; op->in && i < op->in->nmembers; i++) {
        const struct member *m = &op->in->members[i];

        if (m->shape->kind != SHAPE_ENUM || str_is(m->name, "ChecksumAlgorithm"))
            continue;
        rq = sim_request(t, service, str_c(t->a, op->name), tree_put(t->a, input_of(t, op, 6), m->name, value_string(t->a, STR("kc-no-such"))));
        expect(t, n, str_c(t->a, str_fmt(t->a, "%.*s of no known value", STR_ARG(m->name))), service, op, &rq);
    }
}

typedef void attempt(struct sim_test *t, const char *service, const struct operation *op, struct tally *n);

static struct tally each(attempt *try)
{
    struct arena *a = arena_new();
    const struct value *behaviour = sim_everything(a);
    struct tally n = { 0 };
    size_t i, j;

    for (i = 0; i < SIM_SERVICES; i++) {
        struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true, .behaviour = behaviour });
        const struct service *s = model_service(t->models, str_of(sim_services[i]), NULL);

        for (j = 0; j < s->noperations; j++)
            try(t, sim_services[i], &s->operations[j], &n);
        sim_test_free(t);
    }
    arena_free(a);
    return n;
}

static void all_caught(attempt *try, unsigned at_least, unsigned protocols)
{
    struct tally n = each(try);

    assert_in_range(n.tried, at_least, 100000);
    assert_int_equal(n.caught, n.tried);
    assert_int_equal(n.protocols & protocols, protocols);
}

enum { ALL = 63, FORMS_AND_JSON = ALL & ~(1 << PROTOCOL_REST_XML) };

static void test_signature(void **state)
{
    (void)state;
    all_caught(try_signature, 1200, ALL);
}

static void test_type(void **state)
{
    (void)state;
    all_caught(try_type, 300, ALL);
}

static void test_unknown(void **state)
{
    (void)state;
    all_caught(try_unknown, 470, ALL);
}

static void test_required(void **state)
{
    (void)state;
    all_caught(try_required, 300, ALL);
}

static void test_wrong_type(void **state)
{
    (void)state;
    all_caught(try_wrong_type, 1000, FORMS_AND_JSON);
}

static void test_enum(void **state)
{
    (void)state;
    all_caught(try_enum, 60, ALL & ~(1 << PROTOCOL_JSON_10));
}

/* Nothing of all this is refused when it is right. */
static void try_right(struct sim_test *t, const char *service, const struct operation *op, struct tally *n)
{
    struct http_request rq = sim_request(t, service, str_c(t->a, op->name), input_of(t, op, 7));
    struct answer_error e;

    if (str_is(op->method, "HEAD"))                        /* its error has no body to tell */
        return;
    n->tried++;
    n->protocols |= 1u << op->service->protocol;
    if (!refused(t, op, &rq, &e))
        n->caught++;
    else
        fprintf(stderr, "%s.%.*s: %.*s %.*s\n", service, STR_ARG(op->name), STR_ARG(e.code), STR_ARG(e.message));
}

static void test_right(void **state)
{
    (void)state;
    all_caught(try_right, 470, ALL);
}

/* ---- a clock that is wrong, keys that are not ours ---- */
static void test_clock(void **state)
{
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    struct http_request ec2 = sim_request(t, "ec2", "DescribeVpcs", &value_empty_object), eks = sim_request(t, "eks", "ListClusters", &value_empty_object);
    struct http_request other = with_header(t, ec2, "authorization", STR("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/ec2/aws4_request, SignedHeaders=host;x-amz-date, Signature=00"));
    const struct operation *op = model_operation(model_service(t->models, STR("ec2"), NULL), STR("DescribeVpcs"));
    struct answer_error e;

    (void)state;
    assert_true(refused(t, op, &other, &e));
    assert_true(str_is(e.code, "AuthFailure"));
    sim_test_pass(t, 301000);
    assert_true(refused(t, op, &ec2, &e));
    assert_true(str_is(e.code, "RequestExpired"));
    assert_true(refused(t, model_operation(model_service(t->models, STR("eks"), NULL), STR("ListClusters")), &eks, &e));
    assert_true(str_is(e.code, "InvalidSignatureException"));
    sim_test_free(t);
}

/* JSON that is no object, and what is no JSON. */
static void test_not_an_object(void **state)
{
    static const char *const bodies[] = { "\"\"", "[]", "7", "{", "nul", "{\"a\":1,\"a\":2}", "\xff" };
    struct sim_test *t = sim_test_new(&(struct sim_options){ .exact = true });
    const struct operation *op = model_operation(model_service(t->models, STR("ssm"), NULL), STR("GetParameter"));
    struct answer_error e;
    size_t i;

    (void)state;
    for (i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct http_request rq = sim_request(t, "ssm", "GetParameter", json_read(t->a, STR("{\"Name\":\"a\"}"), 0, NULL));

        rq.body = str_of(bodies[i]);
        rq = signed_again(t, "ssm", rq);
        assert_true(refused(t, op, &rq, &e));
        assert_true(str_is(e.code, "SerializationException"));
    }
    sim_test_free(t);
}

int main(void)
{
    json_seed(1);                                          /* before the first table */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_right),
        cmocka_unit_test(test_signature),
        cmocka_unit_test(test_type),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_wrong_type),
        cmocka_unit_test(test_enum),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_not_an_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
