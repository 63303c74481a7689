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
#include "sim_make.h"
#include "sim_test.h"

enum { ROUNDS = 12 };

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

static bool input_travels(struct sim_test *t, const char *service, const struct operation *op, const struct value *input, bool show)
{
    struct str why = STR_NONE;
    struct wire w;
    struct http_request rq;
    struct request r = { .sim = t->sim, .a = t->a, .http = &rq, .status = 400 };
    struct labels labels;
    const struct value *sent = op->in ? sim_bytes(t->a, op->in, input) : input;
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
    const struct value *behaviour = sim_everything(a);
    size_t i, j, k, n = 0, shown = 0;

    for (i = 0; i < SIM_SERVICES; i++) {
        struct sim_test *t = fresh(behaviour);
        const struct service *s = model_service(t->models, str_of(sim_services[i]), NULL);

        assert_non_null(s);
        for (j = 0; j < s->noperations; j++) {
            const struct operation *op = &s->operations[j];
            const struct shape *shape = requests ? op->in : op->out;

            for (k = 0; k < ROUNDS; k++) {
                const struct value *v = sim_make(t->a, shape, j * 1000 + k * 77777 + i);
                bool good = requests ? input_travels(t, sim_services[i], op, v, shown < 12) : output_travels(t, sim_services[i], op, v, shown < 12);

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
    json_seed(1);                                          /* before the first table */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
