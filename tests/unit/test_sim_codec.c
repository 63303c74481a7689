/* test_sim_codec.c - the simulator's reading and writing against the client's, for random values over every operation of every model:
 * wire_request -> decode gives the input again, encode -> wire_reply gives the output again. Both sides were written apart from each other. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "kc/hash.h"
#include "kc/json.h"
#include "kc/lang.h"
#include "sim/room.h"
#include "sim_test.h"

enum { ROUNDS = 12 };

static const char *const services[] = { "acm", "autoscaling", "ec2", "ecr", "eks", "elbv2", "events", "iam", "kms", "logs", "resourcegroupstaggingapi", "route53", "s3",
                                        "secretsmanager", "service-quotas", "sqs", "ssm", "sso", "sso-oidc", "sts" };
enum { SERVICES = sizeof services / sizeof services[0] };

/* ---- random values of a shape ---- */
struct maker {
    struct arena *a;
    uint64_t state;
    bool line;                                             /* text for a header, a label or a query: one line, no blanks around */
};

static uint64_t next(struct maker *m)
{
    m->state ^= m->state << 13;
    m->state ^= m->state >> 7;
    m->state ^= m->state << 17;
    return m->state;
}

static size_t below(struct maker *m, size_t n)
{
    return n ? (size_t)(next(m) % n) : 0;
}

static struct str text(struct maker *m, const struct shape *s)
{
    static const char *const bits[] = { "a", "Z", "0", "-", "_", ".", "~", "/", ":", "+", "%", "&", "=", "<", ">", "\"", "'", "é", "*", "(", "#", "@", ",", ";", "{", "}", "$" };
    size_t lo = s->has_lo && s->lo > 0 ? (size_t)s->lo : 1, hi = s->has_hi && s->hi < 1e6 ? (size_t)s->hi : lo + 12, want, i;
    struct buf b = { 0 };

    want = lo + below(m, hi - lo > 12 ? 12 : hi - lo + 1);
    for (i = 0; i < want; i++)
        buf_cstr(&b, i && i + 1 < want && !m->line && !below(m, 6) ? " " : bits[below(m, !i ? 3 : m->line ? 11 : sizeof bits / sizeof bits[0])]);
    return buf_take(&b, m->a);
}

static const struct value *number(struct maker *m, const struct shape *s, bool whole)
{
    int64_t lo = s->has_lo ? (int64_t)s->lo : whole ? -50 : 0, hi = s->has_hi && s->hi < 1e15 ? (int64_t)s->hi : lo + 100000;
    int64_t n = lo + (int64_t)below(m, (size_t)(hi - lo) + 1);

    return whole ? value_int(m->a, n) : value_float(m->a, (double)n + (double)below(m, 4) / 4);
}

static const struct value *blob(struct maker *m, const struct shape *s)
{
    char bytes[40];
    size_t n = (s->has_lo && s->lo > 0 ? (size_t)s->lo : 1) + below(m, 8), i;

    if (n > sizeof bytes)
        n = sizeof bytes;
    for (i = 0; i < n; i++)
        bytes[i] = (char)next(m);
    return value_string(m->a, base64(m->a, (struct str){ bytes, n }));
}

static const struct value *make(struct maker *m, const struct shape *s, int depth);

static bool scalar(const struct shape *s)
{
    return s->kind != SHAPE_STRUCT && s->kind != SHAPE_LIST && s->kind != SHAPE_MAP;
}

static const struct value *structure(struct maker *m, const struct shape *s, int depth)
{
    struct fields f = { .a = m->a };
    size_t i;

    for (i = 0; i < s->nmembers; i++) {
        bool line = s->members[i].location != LOCATION_BODY, deep = depth > 4;

        if (!s->members[i].required && &s->members[i] != s->payload && !str_is(s->members[i].name, "ContentType") && (deep || below(m, s->nmembers > 12 ? 4 : 2)))
            continue;
        if (s->members[i].location == LOCATION_STATUS || str_is(s->members[i].name, "ChecksumAlgorithm"))   /* the client's own business */
            continue;
        m->line = line;
        fields_put(&f, s->members[i].name, str_is(s->members[i].name, "Bucket") && line ? value_string(m->a, STR("bucket-1")) : make(m, s->members[i].shape, depth + 1));
        m->line = false;
    }
    for (i = 0; depth && !f.n && i < s->nmembers; i++)     /* never empty: an empty one does not travel in a form */
        if (scalar(s->members[i].shape) || depth < 9)
            fields_put(&f, s->members[i].name, make(m, s->members[i].shape, depth + 1));
    return fields_take(&f);
}

static const struct value *make(struct maker *m, const struct shape *s, int depth)
{
    size_t n = (s->has_lo && s->lo > 0 ? (size_t)s->lo : 1) + below(m, depth > 4 ? 1 : 2), i;
    const struct value *v = NULL;
    struct fields f = { .a = m->a };

    if (s->has_hi && s->hi >= 0 && n > (size_t)s->hi)
        n = (size_t)s->hi;
    switch (s->kind) {
    case SHAPE_STRUCT:
        return structure(m, s, depth);
    case SHAPE_LIST:
        for (i = 0; i < n && depth < 10; i++)
            v = tree_list(m->a, v, make(m, s->elem, depth + 1));
        return v ? v : &value_empty_list;
    case SHAPE_MAP:
        for (i = 0; i < n && depth < 10; i++)
            fields_put(&f, m->line ? str_fmt(m->a, "key-%zu", i) : make(m, s->key, depth + 1)->s, make(m, s->elem, depth + 1));
        return fields_take(&f);
    case SHAPE_BOOL:
        return value_bool(below(m, 2));
    case SHAPE_INT:
    case SHAPE_LONG:
        return number(m, s, true);
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return number(m, s, false);
    case SHAPE_TIME:
        return value_int(m->a, (int64_t)(below(m, 2000000000)) * 1000);
    case SHAPE_BLOB:
        return blob(m, s);
    case SHAPE_ENUM:
        return value_string(m->a, s->values[below(m, s->nvalues)]);
    case SHAPE_STRING:
        return value_string(m->a, text(m, s));
    }
    return NULL;
}

/* The client takes blobs as bytes and writes base64; what the simulator reads is base64. */
static const struct value *bytes_of(struct arena *a, const struct shape *s, const struct value *v)
{
    struct fields f = { .a = a };
    const struct value *out = &value_empty_list;
    struct str raw;
    size_t i;

    if (s->kind == SHAPE_BLOB && base64_decode(a, v->s, &raw))
        return value_string(a, raw);
    if (s->kind == SHAPE_LIST) {
        for (i = 0; i < v->list.n; i++)
            out = tree_list(a, out, bytes_of(a, s->elem, v->list.v[i]));
        return out;
    }
    if (s->kind != SHAPE_STRUCT && s->kind != SHAPE_MAP)
        return v;
    for (i = 0; i < v->object.n; i++) {
        const struct member *m = s->kind == SHAPE_STRUCT ? model_member(s, v->object.v[i].key) : NULL;

        fields_put(&f, v->object.v[i].key, bytes_of(a, m ? m->shape : s->elem, v->object.v[i].value));
    }
    return fields_take(&f);
}

/* Empty containers do not travel in every protocol: left out on both sides. */
static const struct value *prune(struct arena *a, const struct value *v)
{
    struct fields f = { .a = a };
    const struct value *out = NULL, *x;
    size_t i;

    if (v->kind == VALUE_NONE)
        return NULL;
    if (v->kind == VALUE_LIST) {
        for (i = 0; i < v->list.n; i++)
            if ((x = prune(a, v->list.v[i])))
                out = tree_list(a, out, x);
        return out;
    }
    if (v->kind != VALUE_OBJECT)
        return v;
    for (i = 0; i < v->object.n; i++)
        fields_put(&f, v->object.v[i].key, prune(a, v->object.v[i].value));
    if (!f.n) {
        fields_take(&f);
        return NULL;
    }
    return fields_take(&f);
}

static const char *json(struct arena *a, const struct value *v)
{
    struct buf b = { 0 };

    if (v)
        json_write(&b, v, JSON_CANONICAL, true);
    return str_c(a, buf_take(&b, a));
}

static bool same(struct arena *a, const struct value *x, const struct value *y)
{
    const struct value *p = prune(a, x), *q = prune(a, y);

    return p == q || (p && q && value_eq(p, q));
}

/* ---- an account that knows every service and does nothing ---- */
static const struct value *everything(struct arena *a)
{
    struct fields f = { .a = a }, none = { .a = a };
    size_t i;

    (void)none;
    for (i = 0; i < SERVICES; i++) {
        const char *host = !strcmp(services[i], "elbv2") ? "elasticloadbalancing" : !strcmp(services[i], "ecr") ? "api.ecr" : !strcmp(services[i], "resourcegroupstaggingapi") ? "tagging"
                         : !strcmp(services[i], "service-quotas") ? "servicequotas" : !strcmp(services[i], "sso") ? "portal.sso" : !strcmp(services[i], "sso-oidc") ? "oidc" : services[i];
        const struct value *v = tree_put(a, NULL, STR("service.host"), value_string(a, str_of(host)));

        if (!strcmp(services[i], "s3"))
            v = tree_put(a, v, STR("service.buckets"), &value_true);
        fields_put(&f, str_of(services[i]), v);
    }
    return fields_take(&f);
}

static bool input_travels(struct sim_test *t, const char *service, const struct operation *op, const struct value *input, bool show)
{
    struct str why = STR_NONE;
    struct wire w;
    struct http_request rq;
    struct request r = { .sim = t->sim, .a = t->a, .http = &rq, .status = 400 };
    struct labels labels;
    const struct value *sent = op->in ? bytes_of(t->a, op->in, input) : input;
    bool good;

    if (!wire_request(t->a, op, sent, &w, &why))
        fail_msg("%.*s: wire_request: %.*s", STR_ARG(op->name), STR_ARG(why));
    rq = sim_request(t, service, str_c(t->a, op->name), sent);
    good = sim_route(&r, &labels) && r.op == op && sim_verify(&r) && sim_decode(&r, &labels) && same(t->a, input, tree_put(t->a, r.input, STR("ChecksumAlgorithm"), NULL));
    if (!good && show)
        fprintf(stderr, "%s.%.*s: %.*s %.*s\n  url  %.*s\n  sent %s\n  read %s\n  body %.*s\n", service, STR_ARG(op->name), STR_ARG(r.code), STR_ARG(r.message), STR_ARG(rq.url),
                json(t->a, prune(t->a, input)), r.input ? json(t->a, prune(t->a, r.input)) : "", (int)(rq.body.n > 900 ? 900 : rq.body.n), rq.body.s);
    return good;
}

static bool output_travels(struct sim_test *t, const char *service, const struct operation *op, const struct value *output, bool show)
{
    struct request r = { .sim = t->sim, .a = t->a, .op = op, .out = output, .id = STR("req-1") };
    struct http_request rq = { .method = op->method };
    struct http_reply reply = { 0 };
    const struct value *back;
    struct str why = STR_NONE;
    bool good;

    r.http = &rq;
    r.service = service_find(t->sim, str_of(service));
    r.service->model = model_service(t->models, str_of(service), NULL);
    encode_reply(&r, &reply);
    back = wire_reply(t->a, op, &reply, &why);
    good = back && same(t->a, output, back);
    if (!good && show)
        fprintf(stderr, "%s.%.*s: %.*s\n  made %s\n  read %s\n  body %.*s\n", service, STR_ARG(op->name), STR_ARG(why), json(t->a, prune(t->a, output)), back ? json(t->a, prune(t->a, back)) : "",
                (int)(reply.body.n > 900 ? 900 : reply.body.n), reply.body.s);
    return good;
}

static struct sim_test *fresh(const struct value *behaviour)
{
    return sim_test_new(&(struct sim_options){ .exact = true, .behaviour = behaviour });
}

static size_t travel(bool requests, size_t *bad)
{
    struct arena *a = arena_new();
    const struct value *behaviour = everything(a);
    size_t i, j, k, n = 0, shown = 0;

    for (i = 0; i < SERVICES; i++) {
        struct sim_test *t = fresh(behaviour);
        const struct service *s = model_service(t->models, str_of(services[i]), NULL);

        assert_non_null(s);
        for (j = 0; j < s->noperations; j++) {
            const struct operation *op = &s->operations[j];
            const struct shape *shape = requests ? op->in : op->out;

            for (k = 0; k < ROUNDS; k++) {
                struct maker m = { .a = t->a, .state = 88172645463325252ull + j * 1000 + k * 77777 + i };
                const struct value *v = shape ? make(&m, shape, 0) : &value_empty_object;
                bool good = requests ? input_travels(t, services[i], op, v, shown < 12) : output_travels(t, services[i], op, v, shown < 12);

                n++;
                if (!good) {
                    ++*bad;
                    shown++;
                    break;
                }
            }
        }
        sim_test_free(t);
    }
    arena_free(a);
    return n;
}

static void test_requests(void **state)
{
    size_t bad = 0, n = travel(true, &bad);

    (void)state;
    assert_true(n > 3000);
    assert_int_equal(bad, 0);
}

static void test_replies(void **state)
{
    size_t bad = 0, n = travel(false, &bad);

    (void)state;
    assert_true(n > 3000);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
