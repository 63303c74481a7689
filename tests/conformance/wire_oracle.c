/* wire_oracle.c - the codec, endpoints and signer of kc behind a pipe, for comparison with botocore.
 * Reads one JSON object a line on standard input and answers each with one line:
 *   {"do":"request","service":S,"op":O,"input":{..}}   -> {"method","path","query","headers":[[name,value]..],"body64","host_prefix"}
 *   {"do":"reply","service":S,"op":O,"status":N,"headers":{..},"body64":B}  -> {"tree":{..}}
 *   {"do":"error", as reply}                            -> {"believed","code","message","request_id"}
 *   {"do":"endpoint","service":S,"region":R,"fips":b,"dualstack":b}  -> {"url","host","sign_region"}
 *   {"do":"sign","method","host","path","query","headers":{..},"body64","service","region","wall_ms","s3","key","secret","token"}
 *                                                        -> {"headers":[[name,value]..]}
 *   {"do":"presign", as sign, "expires":s}              -> {"query"}
 * or {"why":".."}. */
#include <stdio.h>
#include <stdlib.h>
#include "kc/arena.h"
#include "kc/aws.h"
#include "kc/hash.h"
#include "kc/json.h"
#include "kc/lang.h"

struct oracle {
    struct arena *a, *models_arena;
    struct models *models;
    const struct value *q;
    struct pair answer[8]; size_t n;
};

static bool embedded(void *user, struct str service, struct str *text)
{
    struct oracle *o = user;
    return stdlib_text(str_fmt(o->models_arena, "aws/models/%.*s.model", STR_ARG(service)), text);
}

static struct str text(struct oracle *o, const char *key)
{
    const struct value *v = value_get(o->q, str_of(key));
    return v && v->kind == VALUE_STRING ? v->s : STR_NONE;
}

static int64_t integer(struct oracle *o, const char *key)
{
    const struct value *v = value_get(o->q, str_of(key));
    return v && v->kind == VALUE_INT ? v->i : 0;
}

static bool flag(struct oracle *o, const char *key)
{
    const struct value *v = value_get(o->q, str_of(key));
    return v && v->kind == VALUE_BOOL && v->b;
}

static struct str bytes(struct oracle *o, const char *key)
{
    struct str out = STR_NONE;
    base64_decode(o->a, text(o, key), &out);
    return out;
}

static void say(struct oracle *o, const char *key, const struct value *v)
{
    o->answer[o->n++] = (struct pair){ str_of(key), v };
}

static void say_text(struct oracle *o, const char *key, struct str s)
{
    say(o, key, value_str(o->a, s.s ? s : STR("")));
}

static void say_headers(struct oracle *o, const struct header *h, size_t n)
{
    const struct value **rows = ARENA_ARRAY(o->a, const struct value *, n);
    for (size_t i = 0; i < n; i++) {
        const struct value *row[] = { value_str(o->a, h[i].name), value_str(o->a, h[i].value) };
        rows[i] = value_list(o->a, row, 2);
    }
    say(o, "headers", value_list(o->a, rows, n));
}

static struct header *headers(struct oracle *o, size_t *n)
{
    const struct value *v = value_get(o->q, STR("headers"));
    *n = v && v->kind == VALUE_OBJECT ? v->object.n : 0;
    struct header *h = ARENA_ARRAY(o->a, struct header, *n);
    for (size_t i = 0; i < *n; i++)
        h[i] = (struct header){ v->object.v[i].key, v->object.v[i].value->s };
    return h;
}

static const struct operation *operation(struct oracle *o, struct str *why)
{
    const struct service *s = model_service(o->models, text(o, "service"), why);
    const struct operation *op = s ? model_operation(s, text(o, "op")) : NULL;
    if (s && !op)
        *why = STR("no such operation");
    return op;
}

static void request(struct oracle *o, const struct operation *op, struct str *why)
{
    struct wire w;
    if (!wire_request(o->a, op, value_get(o->q, STR("input")), &w, why))
        return;
    say_text(o, "method", w.method);
    say_text(o, "path", w.path);
    say_text(o, "query", w.query);
    say_text(o, "body64", base64(o->a, w.body));
    say_text(o, "host_prefix", w.host_prefix);
    say_headers(o, w.headers, w.nheaders);
}

static void reply(struct oracle *o, const struct operation *op, bool error, struct str *why)
{
    struct http_reply r = { .code = (int)integer(o, "status"), .body = bytes(o, "body64") };
    r.headers = headers(o, &r.nheaders);
    if (error) {
        struct answer_error e;
        say(o, "believed", wire_error(o->a, op, &r, &e) ? &value_true : &value_false);
        say_text(o, "code", e.code);
        say_text(o, "message", e.message);
        say_text(o, "request_id", e.request_id);
        return;
    }
    const struct value *tree = wire_reply(o->a, op, &r, why);
    if (tree)
        say(o, "tree", tree);
}

static void endpoint(struct oracle *o, struct str *why)
{
    struct endpoint e;
    const struct service *s = model_service(o->models, text(o, "service"), why);
    struct endpoint_flags f = { flag(o, "fips"), flag(o, "dualstack") };
    if (!s || !endpoint_find(o->a, s, text(o, "region"), f, &e, why))
        return;
    say_text(o, "url", e.url);
    say_text(o, "host", e.host);
    say_text(o, "sign_region", e.sign_region);
}

static void sign(struct oracle *o, bool presign)
{
    struct sign_input in = { .method = text(o, "method"), .host = text(o, "host"), .path = text(o, "path"), .query = text(o, "query"),
                             .body = bytes(o, "body64"), .service = text(o, "service"), .region = text(o, "region"),
                             .wall_ms = integer(o, "wall_ms"), .s3 = flag(o, "s3") };
    struct credentials c = { .key = text(o, "key"), .secret = text(o, "secret"), .token = text(o, "token") };
    struct header out[4];
    in.headers = headers(o, &in.nheaders);
    if (presign)
        say_text(o, "query", sign_presign(o->a, &in, &c, integer(o, "expires")));
    else
        say_headers(o, out, sign_headers(o->a, &in, &c, out));
}

static void answer(struct oracle *o)
{
    struct str why = STR_NONE, what = text(o, "do");
    bool presign = str_is(what, "presign");
    if (str_is(what, "endpoint")) {
        endpoint(o, &why);
    } else if (presign || str_is(what, "sign")) {
        sign(o, presign);
    } else {
        const struct operation *op = operation(o, &why);
        if (op && str_is(what, "request"))
            request(o, op, &why);
        else if (op)
            reply(o, op, str_is(what, "error"), &why);
    }
    if (!o->n)
        say_text(o, "why", why);
}

int main(void)
{
    struct oracle o = { .models_arena = arena_new() };
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    o.models = models_new(embedded, &o);
    while ((n = getline(&line, &cap, stdin)) > 0) {
        struct str why = STR_NONE;
        struct buf out = { 0 };
        o.a = arena_new();
        o.n = 0;
        o.q = json_read(o.a, (struct str){ line, (size_t)n }, 0, &why);
        if (o.q)
            answer(&o);
        else
            say_text(&o, "why", why);
        json_write(&out, value_object(o.a, o.answer, o.n), JSON_PLAIN, true);
        buf_putc(&out, '\n');
        fwrite(out.s, 1, out.n, stdout);
        fflush(stdout);
        buf_fini(&out);
        arena_free(o.a);
    }
    free(line);
    models_free(o.models);
    arena_free(o.models_arena);
    return 0;
}
