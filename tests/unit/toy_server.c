#include "toy_server.h"
#include "kctest.h"
#include "kc/json.h"
#include <time.h>

static struct str get(const struct value *v, const char *key)
{
    const struct value *x = value_at(v, key);
    return x && x->kind == VALUE_STRING ? x->s : STR_NONE;
}

static void refuse(struct arena *a, struct http_reply *out, int http, const char *code)
{
    out->code = http;
    test_answer_id(out);
    out->body = str_fmt(a, "{\"__type\":\"%s\",\"message\":\"no: %s\"}", code, code);
}

static int64_t now(struct toy *y)
{
    return world_now(test_world(y->t));
}

bool toy_exists(struct toy *y, const struct toy_thing *x)
{
    return !x->deleted && (!x->gone || x->gone > now(y));
}

struct toy_thing *toy_thing(struct toy *y, struct str id)
{
    for (size_t i = 0; i < y->nthings; i++) {
        if (str_eq(y->things[i].id, id) && toy_exists(y, &y->things[i]))
            return &y->things[i];
    }
    return NULL;
}

static void created(struct toy *y, struct arena *a, const struct toy_thing *x, struct http_reply *out)
{
    (void)y;
    out->body = str_fmt(a, "{\"Id\":\"%.*s\"}", STR_ARG(x->id));
}

static void create(struct toy *y, struct arena *a, const struct value *in, enum toy_class c, struct http_reply *out)
{
    struct str parent = get(in, "Parent"), token = get(in, "ClientToken");
    struct str shuffled = y->shuffle ? str_fmt(y->a, "random-%u", y->calls) : STR_NONE;
    if (token.n && shuffled.n)
        token = shuffled;
    struct toy_thing *p = parent.n ? toy_thing(y, parent) : NULL;
    for (size_t i = 0; i < y->nthings; i++) {
        struct toy_thing *x = &y->things[i];
        if (c == TOY_TOKEN && str_eq(x->token, token)) {
            created(y, a, x, out);
            return;
        }
        if ((c == TOY_NAME || c == TOY_LINK) && toy_exists(y, x) && x->class == c && str_eq(x->name, get(in, "Name"))) {
            refuse(a, out, 400, "AlreadyExists");
            return;
        }
    }
    if (parent.n && (!p || p->visible > now(y))) {
        refuse(a, out, 400, "NoSuchParent");
        return;
    }
    struct toy_thing *x = &y->things[y->nthings++];
    const struct value *size = value_at(in, "Size"), *tags = value_get(in, STR("Tags"));
    *x = (struct toy_thing){ .id = str_fmt(y->a, "t-%zu", y->nthings), .name = str_dup(y->a, get(in, "Name")), .parent = str_dup(y->a, parent),
                             .token = str_dup(y->a, token), .size = size ? size->i : 0, .visible = now(y) + y->lag, .ready = now(y) + y->pending, .class = c,
                             .failed = y->fail_next, .degraded = y->degrade_next };
    y->fail_next = y->degrade_next = false;
    const struct value *t = tags ? value_get(tags, STR("kc:token")) : NULL;
    if (t) {
        x->tags_token = shuffled.n ? shuffled : str_dup(y->a, t->s);
        x->tags_addr = str_dup(y->a, value_get(tags, STR("kc:addr"))->s);
        x->tags_gen = str_dup(y->a, value_get(tags, STR("kc:gen"))->s);
        x->tags_lineage = str_dup(y->a, value_get(tags, STR("kc:lineage"))->s);
    }
    y->creates++;
    created(y, a, x, out);
}

static bool wanted(const struct toy_thing *x, const struct value *in)
{
    const struct value *ids = value_get(in, STR("Ids"));
    struct str name = get(in, "Name"), token = get(in, "Token");
    for (size_t i = 0; ids && i < ids->list.n; i++) {
        if (str_eq(ids->list.v[i]->s, x->id))
            return true;
    }
    struct str parent = get(in, "Parent");
    return (parent.n && str_eq(parent, x->parent)) || (name.n && str_eq(name, x->name)) || (token.n && str_eq(token, x->tags_token));
}

static void describe(struct toy *y, struct arena *a, const struct value *in, struct http_reply *out)
{
    struct buf b = { 0 };
    bool first = true;
    buf_cstr(&b, "{\"Things\":[");
    for (size_t i = 0; i < y->nthings; i++) {
        const struct toy_thing *x = &y->things[i];
        if (!toy_exists(y, x) || x->visible > now(y) || !wanted(x, in))
            continue;
        const char *state = x->gone ? "deleting" : x->failed ? "failed" : x->degraded ? "degraded" : x->ready > now(y) ? "pending" : "ready";
        buf_fmt(&b, "%s{\"Id\":\"%.*s\",\"Name\":\"%.*s\",\"Size\":%lld,\"State\":\"%s\"", first ? "" : ",", STR_ARG(x->id), STR_ARG(x->name), (long long)x->size, state);
        if (x->parent.n)
            buf_fmt(&b, ",\"Parent\":\"%.*s\"", STR_ARG(x->parent));
        if (x->flag.n)
            buf_fmt(&b, ",\"Flag\":\"%.*s\"", STR_ARG(x->flag));
        buf_fmt(&b, ",\"Made\":\"%.*s\"", STR_ARG(x->made.n ? x->made : x->id));
        buf_fmt(&b, ",\"Tags\":{");
        if (x->tags_token.n)
            buf_fmt(&b, "\"kc:token\":\"%.*s\",\"kc:addr\":\"%.*s\",\"kc:gen\":\"%.*s\",\"kc:lineage\":\"%.*s\"", STR_ARG(x->tags_token), STR_ARG(x->tags_addr),
                    STR_ARG(x->tags_gen), STR_ARG(x->tags_lineage));
        buf_cstr(&b, "}}");
        first = false;
    }
    buf_cstr(&b, "]}");
    out->body = buf_take(&b, a);
    y->describes++;
}

static void change(struct toy *y, struct arena *a, struct str op, const struct value *in, struct http_reply *out)
{
    struct toy_thing *x = toy_thing(y, get(in, "Id"));
    y->deletes += str_is(op, "DeleteThing");
    y->updates += str_is(op, "UpdateThing");
    if (!x || x->gone) {
        refuse(a, out, 400, "NoSuchThing");
        return;
    }
    for (size_t i = 0; str_is(op, "DeleteThing") && i < y->nthings; i++) {
        if (toy_exists(y, &y->things[i]) && str_eq(y->things[i].parent, x->id)) {
            refuse(a, out, 400, "InUse");
            return;
        }
    }
    if (str_is(op, "UpdateThing") && y->renewed)
        x->id = str_fmt(y->a, "t-new-%u", y->calls);
    if (str_is(op, "UpdateThing"))
        x->size = value_at(in, "Size")->i;
    else if (str_is(op, "AttachThing"))
        x->flag = str_dup(y->a, get(in, "Flag"));
    else if (y->deleting)
        x->gone = now(y) + y->deleting;
    else
        x->deleted = true;
    out->body = str_is(op, "UpdateThing") ? str_fmt(a, "{\"Id\":\"%.*s\"}", STR_ARG(x->id)) : STR("{}");
}

static void serve(struct toy *y, struct arena *a, struct str op, const struct value *in, struct http_reply *out)
{
    static const char *const create_op[] = { "CreateTagged", "CreateTokened", "CreateNamed", "CreateLink" };
    out->code = 200;
    test_answer_id(out);
    for (int c = 0; c < TOY_CLASSES; c++) {
        if (str_is(op, create_op[c])) {
            y->sent[c]++;
            create(y, a, in, (enum toy_class)c, out);
            return;
        }
    }
    if (str_is(op, "DescribeThings"))
        describe(y, a, in, out);
    else
        change(y, a, op, in, out);
}

static struct toy_fault *fault(struct toy *y, struct str op)
{
    for (size_t i = 0; i < y->nfaults; i++) {
        struct toy_fault *f = &y->faults[i];
        if (!f->times || (f->op && !str_is(op, f->op)))
            continue;
        if (f->skip) {
            f->skip--;
            continue;
        }
        f->times--;
        return f;
    }
    return NULL;
}

static void date(struct toy *y, struct arena *a, struct http_reply *out)
{
    struct header *h = ARENA_ARRAY(a, struct header, out->nheaders + 1);
    char text[32];
    time_t t = (time_t)((world_wall(test_world(y->t)) + y->ahead) / 1000);
    struct tm tm;
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&t, &tm));
    for (size_t i = 0; i < out->nheaders; i++)
        h[i] = out->headers[i];
    h[out->nheaders++] = (struct header){ STR("date"), str_dup(a, str_of(text)) };
    out->headers = h;
}

static void lost(struct http_reply *out, enum net_status status)
{
    *out = (struct http_reply){ .status = status, .problem = STR("it broke") };
}

void toy_answer(void *user, const struct http_request *rq, struct arena *a, struct http_reply *out)
{
    struct toy *y = user;
    struct str why, op = test_header(rq->headers, rq->nheaders, "x-amz-target");
    const struct value *in = json_read(a, rq->body, 0, &why);
    op = str_sub(op, 4, op.n);
    if (++y->sends_seen > y->sends_alive && y->dead) {
        lost(out, NET_NOT_SENT);
        return;
    }
    y->calls++;
    if (y->on_call)
        y->on_call(y, op);
    struct toy_fault *f = fault(y, op);
    if (f && f->kind == TOY_LOSE_REQUEST)
        lost(out, NET_UNKNOWN);
    else if (f && f->kind == TOY_NOT_SENT)
        lost(out, NET_NOT_SENT);
    else if (f && (f->kind == TOY_CODE || f->kind == TOY_HTTP))
        refuse(a, out, f->http ? f->http : 400, f->code ? f->code : "InternalFailure");
    else
        serve(y, a, op, in, out);
    if (y->ahead)
        date(y, a, out);
    if ((f && f->kind == TOY_LOSE_REPLY) || y->dead)
        lost(out, NET_UNKNOWN);
}
