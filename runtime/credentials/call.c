/* call.c - calls of AWS for credentials: STS, SSO. By their models, signed or not, retried while that may help; the clock is read from a refusal that
 * blames it, as in the client. */
#include "room.h"
#include "url.h"

enum { ATTEMPTS = 4, CALL_MS = 20000, FIRST_PAUSE_MS = 250 };

struct calling {
    struct fetch *f;
    struct service_call call;
    const struct operation *op;
    struct credentials with;
    unsigned tries;
    int64_t sent;                                          /* our wall, the last time */
    bool unskewed;
    void *outer;                                            /* `own` of the fetch, given back at the end */
};

static bool may_pass(enum outcome o)
{
    return o == OUTCOME_NOT_SENT || o == OUTCOME_UNKNOWN || o == OUTCOME_THROTTLED || o == OUTCOME_BUSY;
}

static void end(struct calling *c, const struct value *reply, enum outcome o, const struct answer_error *e)
{
    struct fetch *f = c->f;

    f->own = c->outer;
    f->s->passing = f->s->passing || may_pass(o);
    c->call.got(f, reply, o, e);
}

static void refuse_call(struct calling *c, struct str why)
{
    end(c, NULL, OUTCOME_REFUSED, &(struct answer_error){ .code = STR("NotSent"), .message = why });
}

static void attempt(struct fetch *f);

static bool clock_was_wrong(struct calling *c, const struct http_reply *r)
{
    struct search *s = c->f->s;
    int64_t off;

    if (c->unskewed || !wire_clock(r, c->sent, world_wall(s->world), &off))
        return false;
    c->unskewed = off - s->offset >= SKEW_MATTERS_MS || off - s->offset <= -SKEW_MATTERS_MS;
    if (c->unskewed)
        s->offset = off;
    return c->unskewed;
}

static void settle(struct calling *c, enum outcome o, const struct answer_error *e, const struct http_reply *r)
{
    bool clock = o == OUTCOME_SKEWED || o == OUTCOME_EXPIRED || o == OUTCOME_CREDENTIALS;

    if (clock && c->call.with && clock_was_wrong(c, r))
        fetch_later(c->f, 0, attempt);
    else if (may_pass(o) && c->tries < ATTEMPTS)
        fetch_later(c->f, (int64_t)FIRST_PAUSE_MS << (2 * (c->tries - 1)), attempt);
    else
        end(c, NULL, o, e);
}

static void answered(struct fetch *f, const struct http_reply *r)
{
    struct calling *c = f->own;
    struct arena *a = f->s->arena;
    struct answer_error e = { 0 };
    struct str why = STR_NONE;
    bool success = r->status == NET_OK && r->code >= 200 && r->code < 300;

    if (r->status != NET_OK) {
        e = (struct answer_error){ .code = r->status == NET_NOT_SENT ? STR("NotSent") : STR("NoReply"), .message = str_dup(a, r->problem) };
        settle(c, r->status == NET_NOT_SENT ? OUTCOME_NOT_SENT : OUTCOME_UNKNOWN, &e, r);
        return;
    }
    const struct value *reply = success ? wire_reply(a, c->op, r, &why) : NULL;
    if (reply) {
        end(c, reply, OUTCOME_OK, NULL);
        return;
    }
    if (success)
        e = (struct answer_error){ STR("NotBelieved"), belief_note(a, c->op, r, why), str_dup(a, belief_id(r)), r->code };
    bool refusal = !success && wire_error(a, c->op, r, &e);
    settle(c, refusal ? wire_outcome(&e) : OUTCOME_UNKNOWN, &e, r);
}

static bool place(struct calling *c, struct endpoint *e, struct str *why)
{
    struct search *s = c->f->s;
    struct str url = c->call.endpoint, from = STR_NONE, host;
    bool https;

    if (!config_service(s->config, s->arena, c->op->service, c->call.region, e, &from, why))
        return false;
    if (url.n && !url_read(url, &https, &host)) {
        *why = str_fmt(s->arena, "`%.*s` is not an endpoint; write `http://host:port` or `https://host`", STR_ARG(url));
        return false;
    }
    while (url.n && url.s[url.n - 1] == '/')
        url.n--;
    if (url.n)
        endpoint_override(e, url);
    return true;
}

static void attempt(struct fetch *f)
{
    struct calling *c = f->own;
    struct arena *a = f->s->arena;
    struct http_request rq = { 0 };
    struct endpoint e;
    struct str why = STR_NONE;

    c->tries++;
    if (!place(c, &e, &why) || !wire_outgoing(a, c->op, c->call.input, e, c->call.with ? &c->with : NULL, search_wall(f->s), &rq, &why)) {
        refuse_call(c, why);
        return;
    }
    rq.timeout_ms = CALL_MS;
    c->sent = world_wall(c->f->s->world);
    fetch_http(f, &rq, answered);
}

void fetch_call(struct fetch *f, const struct service_call *call)
{
    struct calling *c = ARENA_NEW(f->s->arena, struct calling);
    struct str why = STR_NONE;
    const struct service *service = model_service(f->s->models, str_of(call->service), &why);

    *c = (struct calling){ .f = f, .call = *call, .outer = f->own };
    if (call->with)
        c->with = *call->with;
    c->op = service ? model_operation(service, str_of(call->op)) : NULL;
    f->own = c;
    if (c->op)
        attempt(f);
    else
        refuse_call(c, service ? STR("the models lack an operation") : why);
}

struct str call_problem(struct fetch *f, const struct answer_error *e)
{
    struct arena *a = f->s->arena;
    bool ours = str_is(e->code, "NotSent") || str_is(e->code, "NoReply") || str_is(e->code, "NotBelieved");
    struct str id = e->request_id.n ? str_fmt(a, " (request id %.*s)", STR_ARG(e->request_id)) : STR("");

    if (ours || !e->code.n)
        return str_fmt(a, "%.*s%.*s", STR_ARG(e->message), STR_ARG(id));
    return str_fmt(a, "%.*s%s%.*s%.*s", STR_ARG(e->code), e->message.n ? ": " : "", STR_ARG(e->message), STR_ARG(id));
}
