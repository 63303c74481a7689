/* sim_oracle.c - the simulated AWS behind a pipe, so that botocore can be its client.
 * The first line out: {"key","secret","wall_ms"}. Then one JSON object a line in, one out:
 *   {"method","url","headers":{..},"body64"} -> {"status","headers":[[name,value]..],"body64","wall_ms"}
 *   {"reply":{..},"service","op"}            -> {"status","headers","body64"}     that value as this operation's reply
 *   {"pass":ms}                              -> {"wall_ms"}      virtual time goes by */
#include <stdio.h>
#include <stdlib.h>
#include "kc/arena.h"
#include "kc/aws.h"
#include "kc/hash.h"
#include "kc/json.h"
#include "kc/lang.h"
#include "kc/sim.h"
#include "sim/room.h"

struct oracle {
    struct arena *keep, *a;
    struct models *models;
    struct world *world;
    struct sim *sim;
};

static bool model_text(void *user, struct str service, struct str *text)
{
    struct oracle *o = user;
    return stdlib_text(str_fmt(o->keep, "aws/models/%.*s.model", STR_ARG(service)), text);
}

static bool load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    (void)user, (void)a;
    *why = STR("it is not embedded");
    return stdlib_text(path, text);
}

static const struct value *behaviour(struct arena *a)
{
    struct sources *s = sources_new();
    const struct str *paths;
    size_t n = stdlib_list(&paths), m = 0;
    struct pair *v = ARENA_ARRAY(a, struct pair, n);
    struct diags d;
    diags_init(&d);
    for (size_t i = 0; i < n; i++) {
        if (!str_starts(paths[i], STR("sandbox/")))
            continue;
        v[m] = (struct pair){ str_sub(paths[i], 8, paths[i].n - 4), lang_values(s, &d, a, paths[i], load, NULL) };
        if (!v[m++].value)
            die("%.*s cannot be read", STR_ARG(paths[i]));
    }
    diags_fini(&d);
    sources_free(s);
    return value_object(a, v, m);
}

static struct str text(const struct value *q, const char *key)
{
    const struct value *v = value_get(q, str_of(key));
    return v && v->kind == VALUE_STRING ? v->s : STR_NONE;
}

static void answer(struct pair *out, size_t n)
{
    struct arena *a = arena_new();
    struct buf b = { 0 };
    json_write(&b, value_object(a, out, n), JSON_PLAIN, true);
    buf_putc(&b, '\n');
    fwrite(b.s, 1, b.n, stdout);
    fflush(stdout);
    buf_fini(&b);
    arena_free(a);
}

static const struct value *header_rows(struct arena *a, const struct http_reply *r)
{
    const struct value **rows = ARENA_ARRAY(a, const struct value *, r->nheaders);
    for (size_t i = 0; i < r->nheaders; i++) {
        const struct value *row[] = { value_str(a, r->headers[i].name), value_str(a, r->headers[i].value) };
        rows[i] = value_list(a, row, 2);
    }
    return value_list(a, rows, r->nheaders);
}

static void exchange(struct oracle *o, const struct value *q)
{
    const struct value *h = value_get(q, STR("headers"));
    struct http_request rq = { .method = text(q, "method"), .url = text(q, "url"), .timeout_ms = 60000 };
    struct http_reply r = { 0 };
    struct header *headers = ARENA_ARRAY(o->a, struct header, h->object.n);
    for (size_t i = 0; i < h->object.n; i++)
        headers[i] = (struct header){ h->object.v[i].key, h->object.v[i].value->s };
    rq.headers = headers;
    rq.nheaders = h->object.n;
    base64_decode(o->a, text(q, "body64"), &rq.body);
    sim_exchange(o->sim, o->a, &rq, &r);
    struct pair out[] = { { STR("status"), value_int(o->a, r.code) }, { STR("headers"), header_rows(o->a, &r) },
                          { STR("body64"), value_str(o->a, base64(o->a, r.body)) }, { STR("wall_ms"), value_int(o->a, world_wall(o->world)) } };
    answer(out, 4);
}

static void write_reply(struct oracle *o, const struct value *q)
{
    struct sim_service service = { .name = text(q, "service"), .model = model_service(o->models, text(q, "service"), NULL) };
    struct http_request rq = { .method = STR("POST") };
    struct request r = { .sim = o->sim, .a = o->a, .http = &rq, .service = &service, .out = value_get(q, STR("reply")), .id = STR("request-1") };
    struct http_reply reply = { 0 };
    r.op = service.model ? model_operation(service.model, text(q, "op")) : NULL;
    if (!r.op)
        die("no operation %.*s", STR_ARG(text(q, "op")));
    encode_reply(&r, &reply);
    struct pair out[] = { { STR("status"), value_int(o->a, reply.code) }, { STR("headers"), header_rows(o->a, &reply) },
                          { STR("body64"), value_str(o->a, base64(o->a, reply.body)) }, { STR("wall_ms"), value_int(o->a, world_wall(o->world)) } };
    answer(out, 4);
}

static void pass(struct oracle *o, int64_t ms)
{
    int64_t until = world_now(o->world) + ms;
    while (world_now(o->world) < until)
        world_wait(o->world, until);
    struct pair out[] = { { STR("wall_ms"), value_int(o->a, world_wall(o->world)) } };
    answer(out, 1);
}

static void open_account(struct oracle *o)
{
    struct str why = STR_NONE;
    o->keep = arena_new();
    o->world = world_real(0, NULL);
    o->models = models_new(model_text, o);
    struct sim_options options = { .models = o->models, .behaviour = behaviour(o->keep), .disk = o->world, .seed = 1, .speed = SIM_INFINITE,
                                   .exact = true, .start_wall = world_wall(o->world), .region = STR("eu-west-1") };
    o->sim = sim_new(&options, o->keep, &why);
    if (!o->sim)
        die("%.*s", STR_ARG(why));
    sim_attach(o->sim, o->world);
}

int main(void)
{
    struct oracle o = { 0 };
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    open_account(&o);
    struct pair hello[] = { { STR("key"), value_str(o.keep, sim_credentials()->key) }, { STR("secret"), value_str(o.keep, sim_credentials()->secret) },
                            { STR("wall_ms"), value_int(o.keep, world_wall(o.world)) } };
    answer(hello, 3);
    while ((n = getline(&line, &cap, stdin)) > 0) {
        struct str why = STR_NONE;
        o.a = arena_new();
        const struct value *q = json_read(o.a, (struct str){ line, (size_t)n }, 0, &why), *ms = q ? value_get(q, STR("pass")) : NULL;
        if (!q)
            die("%.*s", STR_ARG(why));
        if (ms)
            pass(&o, ms->i);
        else if (value_get(q, STR("reply")))
            write_reply(&o, q);
        else
            exchange(&o, q);
        arena_free(o.a);
    }
    free(line);
    sim_free(o.sim);
    models_free(o.models);
    world_free(o.world);
    arena_free(o.keep);
    return 0;
}
