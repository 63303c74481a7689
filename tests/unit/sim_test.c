/* sim_test.c - see sim_test.h. */
#include "sim_test.h"
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "kc/json.h"
#include "kc/lang.h"

bool sim_model_source(void *user, struct str service, struct str *text)
{
    char path[128];

    (void)user;
    snprintf(path, sizeof path, "aws/models/%.*s.model", STR_ARG(service));
    return stdlib_text(str_of(path), text);
}

static bool load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    (void)user, (void)a;
    *why = STR("absent");
    return stdlib_text(path, text);
}

const struct value *sim_behaviour(struct arena *a)
{
    struct sources *s = sources_new();
    const struct str *paths;
    size_t n = stdlib_list(&paths), i, m = 0;
    struct pair *v = ARENA_ARRAY(a, struct pair, n);
    struct diags d;
    struct buf b = { 0 };

    diags_init(&d);
    for (i = 0; i < n; i++) {
        if (!str_starts(paths[i], STR("sandbox/")) || !str_ends(paths[i], STR(".kcl")))
            continue;
        v[m].key = str_dup(a, str_sub(paths[i], 8, paths[i].n - 4));
        v[m].value = lang_values(s, &d, a, paths[i], load, NULL);
        if (!v[m++].value) {
            diags_text(&b, &d, s, (struct diag_style){ .width = 100 });
            fprintf(stderr, "%.*s\n", (int)b.n, b.s);
            fail_msg("the behaviour of %.*s cannot be read", STR_ARG(paths[i]));
        }
    }
    diags_fini(&d);
    sources_free(s);
    buf_fini(&b);
    return value_object(a, v, m);
}

struct sim_test *sim_test_new(const struct sim_options *given)
{
    struct arena *a = arena_new();
    struct sim_test *t = ARENA_NEW(a, struct sim_test);
    struct sim_options o = *given;
    struct str why = STR_NONE;

    t->a = a;
    t->models = models_new(sim_model_source, NULL);
    t->world = test_world_new();
    o.models = t->models;
    if (!o.behaviour)
        o.behaviour = sim_behaviour(a);
    t->behaviour = o.behaviour;
    if (!o.disk)
        o.disk = test_world(t->world);
    if (!o.start_wall)
        o.start_wall = 1767323045000;
    if (!o.region.n)
        o.region = STR("eu-west-1");
    t->region = o.region;
    t->sim = sim_new(&o, a, &why);
    if (!t->sim)
        fail_msg("%.*s", STR_ARG(why));
    sim_attach(t->sim, test_world(t->world));
    return t;
}

void sim_test_free(struct sim_test *t)
{
    sim_free(t->sim);
    test_world_free(t->world);
    models_free(t->models);
    arena_free(t->a);
}

void sim_test_pass(struct sim_test *t, int64_t ms)
{
    struct world *w = test_world(t->world);

    world_wait(w, world_now(w) + ms);
}

void sim_sign(struct sim_test *t, const char *service, struct http_request *rq)
{
    const struct service *s = model_service(t->models, str_of(service), NULL);
    struct sign_input in = { .method = rq->method, .headers = rq->headers, .nheaders = rq->nheaders, .body = rq->body, .service = s->sign, .wall_ms = world_wall(test_world(t->world)) };
    struct header *h = ARENA_ARRAY(t->a, struct header, rq->nheaders + 4);
    struct endpoint e;
    struct str why, rest = str_sub(rq->url, 8, rq->url.n);
    size_t slash = str_find(rest, STR("/")), q;

    assert_true(endpoint_find(t->a, s, t->region, (struct endpoint_flags){ 0 }, &e, &why));
    in.host = str_sub(rest, 0, slash);
    rest = str_sub(rest, slash, rest.n);
    q = str_find(rest, STR("?"));
    in.path = str_sub(rest, 0, q);
    in.query = q == SIZE_MAX ? STR_NONE : str_sub(rest, q + 1, rest.n);
    in.region = e.sign_region;
    in.s3 = !strcmp(service, "s3");
    if (rq->nheaders)
        memcpy(h, rq->headers, rq->nheaders * sizeof *h);
    rq->nheaders += sign_headers(t->a, &in, sim_credentials(), h + rq->nheaders);
    rq->headers = h;
}

struct http_request sim_request(struct sim_test *t, const char *service, const char *op, const struct value *input)
{
    struct str why = STR_NONE;
    const struct service *s = model_service(t->models, str_of(service), &why);
    const struct operation *o = s ? model_operation(s, str_of(op)) : NULL;
    struct http_request rq = { .timeout_ms = 30000 };
    struct endpoint e;
    struct wire w;

    if (!o)
        fail_msg("no operation %s of %s", op, service);
    if (!wire_request(t->a, o, input, &w, &why))
        fail_msg("%s: %.*s", op, STR_ARG(why));
    assert_true(endpoint_find(t->a, s, t->region, (struct endpoint_flags){ 0 }, &e, &why));
    rq.method = w.method;
    rq.url = str_fmt(t->a, "https://%.*s%s%.*s%.*s%s%.*s", STR_ARG(w.host_prefix), w.host_prefix.n ? "." : "", STR_ARG(e.host), STR_ARG(w.path), w.query.n ? "?" : "", STR_ARG(w.query));
    rq.headers = w.headers;
    rq.nheaders = w.nheaders;
    rq.body = w.body;
    sim_sign(t, service, &rq);
    return rq;
}

static struct http_reply exchange(struct sim_test *t, const char *service, const char *op, const char *json)
{
    struct str why = STR_NONE;
    const struct value *input = json_read(t->a, str_of(json), 0, &why);
    struct http_request rq;
    struct http_reply out;

    if (!input)
        fail_msg("%s: %.*s", json, STR_ARG(why));
    rq = sim_request(t, service, op, input);
    sim_exchange(t->sim, t->a, &rq, &out);
    return out;
}

const struct value *sim_ok(struct sim_test *t, const char *service, const char *op, const char *json)
{
    struct http_reply r = exchange(t, service, op, json);
    const struct operation *o = model_operation(model_service(t->models, str_of(service), NULL), str_of(op));
    const struct value *v;
    struct str why = STR_NONE;

    if (r.status != NET_OK || r.code / 100 != 2)
        fail_msg("%s %s: %d %.*s", op, json, r.code, STR_ARG(r.body.n ? r.body : r.problem));
    v = wire_reply(t->a, o, &r, &why);
    if (!v)
        fail_msg("%s: %.*s in %.*s", op, STR_ARG(why), STR_ARG(r.body));
    return v;
}

struct answer_error sim_call_error(struct sim_test *t, const char *service, const char *op, const char *json)
{
    struct http_reply r = exchange(t, service, op, json);
    const struct operation *o = model_operation(model_service(t->models, str_of(service), NULL), str_of(op));
    struct answer_error e = { 0 };

    if (r.status == NET_OK && r.code / 100 != 2)
        wire_error(t->a, o, &r, &e);
    return e;
}

void sim_fails(struct sim_test *t, const char *service, const char *op, const char *json, const char *code)
{
    struct answer_error e = sim_call_error(t, service, op, json);

    if (!str_is(e.code, code))
        fail_msg("%s %s: code \"%.*s\" (%.*s), expected %s", op, json, STR_ARG(e.code), STR_ARG(e.message), code);
}

const char *sim_text(struct sim_test *t, const struct value *v, const char *dotted)
{
    const struct value *x = value_at(v, dotted);

    return x && x->kind != VALUE_NONE ? str_c(t->a, value_text(t->a, x)) : "";
}

const char *sim_json(struct sim_test *t, const char *fmt, ...)
{
    struct buf b = { 0 };
    va_list ap;
    size_t i;

    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    for (i = 0; i < b.n; i++)
        if (b.s[i] == '\'')
            b.s[i] = '"';
    return str_c(t->a, buf_take(&b, t->a));
}
