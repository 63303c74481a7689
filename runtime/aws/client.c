/* client.c - calls from start to answer: a ticket waits for its turn in a token bucket, is signed and sent, perhaps waits and is
 * sent again, follows pages, and reports once. Everything moves in world_wait: by replies and by timers.
 *
 *   aws_send -> [queue of bucket] -> attempt -> reply -> done
 *                      ^                         |
 *                      +---- timer of back-off --+   (never sent, throttled; unknown effect only where repeating is safe)
 *
 * An attempt's memory lives in the ticket's scratch arena; only the reply goes to the caller's. */
#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "kc/arena.h"
#include "pages.h"

struct aws_ticket {
    struct ticket pub;                                     /* first */
    struct aws *client;                                    /* NULL: the client is gone */
    struct aws_ticket *next, **link;
    struct arena *arena, *scratch;
    struct ask call;
    const struct operation *op;
    struct str region;
    const struct value *input, *pages;                     /* of the present page; joined so far */
    unsigned attempts, tries;                              /* in all; of the present page */
    unsigned page;
    int64_t first_sent;
    int64_t slow;                                          /* ms more than usual, for the file that is its body */
    int64_t signed_wall, skew;                             /* of the last attempt: our clock when it left, and how it was corrected */
    struct limits_turn turn;
    struct world_timer *timer;
    uint64_t serial, refused;                              /* of the credentials that signed the last attempt; that AWS called expired */
    bool flying, cancelled, unskewed;
    bool doubt;                                            /* an attempt for the present page may have had its effect */
    enum outcome last;
    int paid;                                              /* to the retry quota, for the present page */
    struct answer result;
    answer_done *done;
    void *user;
};

static int positive_env(const struct config *c, const char *name, int limit)
{
    int64_t n;

    return str_int(config_env(c, name), &n) && n > 0 && n <= limit ? (int)n : 0;
}

struct aws *aws_new(struct world *w, struct models *m, const struct aws_options *o)
{
    struct aws *c = calloc(1, sizeof *c);
    struct str url = STR_NONE, from = STR_NONE, why;

    if (!c)
        die("out of memory");
    c->world = w;
    c->models = m;
    c->arena = arena_new();
    struct config_options settings = { .region = str_dup(c->arena, o->region), .profile = str_dup(c->arena, o->profile), .endpoint = str_dup(c->arena, o->endpoint),
                                       .explicit_profile = o->explicit_profile, .profile_by = str_dup(c->arena, o->profile_by), .bare = o->bare };
    c->config = config_load(w, c->arena, &settings);
    c->chain = chain_new(w, m, &(struct chain_options){ .config = settings, .role = o->role, .fixed = o->fixed });
    c->signer = chain_signer(c->chain);
    c->limits = limits_new(w);
    c->quota.left = RETRY_QUOTA;
    int attempts = positive_env(c->config, "AWS_MAX_ATTEMPTS", 100);
    c->attempts = attempts ? attempts : ATTEMPTS;
    c->attempts_throttled = attempts ? attempts : ATTEMPTS_THROTTLED;
    if (config_endpoint(c->config, STR(""), &url, &from, &why) && url.n)
        c->overridden = str_fmt(c->arena, "%.*s (%.*s)", STR_ARG(url), STR_ARG(from));
    return c;
}

static void ticket_free(struct aws_ticket *t)
{
    if (t->client) {
        *t->link = t->next;
        if (t->next)
            t->next->link = t->link;
        t->client->pending--;
        limits_leave(t->client->limits, &t->turn);
        t->client->signer.cancel(t->client->signer.impl, t);
        world_timer_stop(t->client->world, t->timer);
    }
    arena_free(t->scratch);
    free(t);
}

/* A request on the wire cannot be taken back: its ticket stays until the network lets go. */
static void ticket_drop(struct aws_ticket *t)
{
    if (!t->flying) {
        ticket_free(t);
        return;
    }
    t->cancelled = true;
}

static void cancel(struct ticket *t)
{
    ticket_drop((struct aws_ticket *)t);
}

void aws_free(struct aws *c)
{
    if (!c)
        return;
    for (struct aws_ticket *t = c->tickets, *next; t; t = next) {
        next = t->next;
        ticket_drop(t);
    }
    for (struct aws_ticket *t = c->tickets; t; t = t->next)
        t->client = NULL;
    limits_free(c->limits);
    chain_free(c->chain);
    arena_free(c->arena);
    free(c);
}

struct str aws_region(struct aws *c)
{
    return config_region(c->config);
}

int64_t aws_wait_scale(struct aws *c)
{
    int scale = c->overridden.n ? positive_env(c->config, "KC_WAIT_SCALE", 1000000) : 0;

    return scale ? scale : 1;
}

struct str aws_endpoint_note(struct aws *c)
{
    if (!c->overridden.n)
        return STR_NONE;
    if (aws_wait_scale(c) == 1)
        return str_fmt(c->arena, "endpoint overridden: %.*s", STR_ARG(c->overridden));
    return str_fmt(c->arena, "endpoint overridden: %.*s, waits divided by %lld (KC_WAIT_SCALE)", STR_ARG(c->overridden), (long long)aws_wait_scale(c));
}

size_t aws_pending(const struct aws *c)
{
    return c->pending;
}

int64_t aws_clock_offset(const struct aws *c)
{
    return c->skew;
}

struct aws_stats aws_stats(const struct aws *c)
{
    return c->stats;
}

/* ---- one ticket ---- */

/* What the last attempt came to says nothing of an earlier one that may have had its effect. A refusal for a reason of the request's own
 * does: with its code (exists, gone) the caller tells; `doubt` goes with it. */
static enum answer_class class_of_all(const struct aws_ticket *t, enum answer_class last)
{
    if (!t->doubt || last == ANSWER_OK || last == ANSWER_REFUSED)
        return last;
    return action_reads(t->call.op) && (last == ANSWER_DENIED || last == ANSWER_CREDENTIALS) ? last : ANSWER_UNKNOWN;
}

static void finish(struct aws_ticket *t, enum answer_class class)
{
    struct answer r = t->result;
    answer_done *done = t->done;
    void *user = t->user;

    r.class = class_of_all(t, class);
    r.doubt = t->doubt;
    r.attempts = t->attempts;
    r.error.code = str_dup(t->arena, r.error.code);
    r.error.message = str_dup(t->arena, r.error.message);
    r.error.request_id = str_dup(t->arena, r.error.request_id);
    r.request_id = str_dup(t->arena, r.request_id.n ? r.request_id : r.error.request_id);
    ticket_free(t);
    done(user, &r);
}

static void failed_early(void *user)
{
    struct aws_ticket *t = user;

    t->timer = NULL;
    finish(t, t->result.class);
}

static bool listing_without_filter(const struct value *input)
{
    return !value_get(input, STR("Filters")) && !value_get(input, STR("MaxResults")) && !value_get(input, STR("NextToken"));
}

static void attempt(void *user);

static void queue(struct aws_ticket *t)
{
    limits_wait(t->client->limits, &t->turn, t->region, t->call.service, t->call.op, t->call.poll, listing_without_filter(t->input), attempt, t);
}

static void back_off_over(void *user)
{
    struct aws_ticket *t = user;

    t->timer = NULL;
    queue(t);
}

static void again_after(struct aws_ticket *t, int64_t delay)
{
    struct world *w = t->client->world;

    t->client->stats.retries++;
    t->timer = world_timer(w, world_now(w) + delay, back_off_over, t);
}

static void read_clock(struct aws *c, int64_t sent, const struct http_reply *r)
{
    if (wire_clock(r, sent, world_wall(c->world), &c->skew))
        c->clock_known = true;
}

/* After a refusal that a wrong clock may explain; true when the attempt was signed with another time than we would sign with now. */
static bool clock_was_wrong(struct aws_ticket *t, const struct http_reply *r)
{
    int64_t off;

    if (t->unskewed)
        return false;
    read_clock(t->client, t->signed_wall, r);
    off = t->client->skew - t->skew;
    t->unskewed = off >= SKEW_MATTERS_MS || off <= -SKEW_MATTERS_MS;
    return t->unskewed;
}

/* A HEAD's refusal does not say why: any of 400 and 403 may be for the clock. */
static bool blames_clock(const struct aws_ticket *t, enum outcome o)
{
    return o == OUTCOME_SKEWED || o == OUTCOME_EXPIRED || o == OUTCOME_CREDENTIALS ||
           ((o == OUTCOME_DENIED || o == OUTCOME_REFUSED) && str_is(t->op->method, "HEAD"));
}

/* Once a call: what AWS calls expired, though it was fetched for that, will not get better. */
static bool new_credentials(struct aws_ticket *t)
{
    if (t->refused || !t->serial)
        return false;
    t->refused = t->serial;
    return true;
}

/* Whether the same request may go out again after this outcome, and the price is paid. */
static bool may_repeat(struct aws_ticket *t, enum outcome o)
{
    struct aws *c = t->client;
    bool polite = o == OUTCOME_THROTTLED || o == OUTCOME_BUSY;
    int limit = polite ? c->attempts_throttled : c->attempts;
    int64_t now = world_now(c->world), end = t->call.deadline ? t->call.deadline : t->first_sent + RETRY_FOR_MS + 2 * t->slow;

    if (t->call.repeat == REPEAT_NEVER || (o != OUTCOME_NOT_SENT && o != OUTCOME_UNKNOWN && !polite))
        return false;
    if (o == OUTCOME_UNKNOWN && t->call.repeat == REPEAT_ASK && !action_reads(t->call.op))
        return false;
    if (t->tries >= (unsigned)limit || now >= end)
        return false;
    int cost = retry_take(&c->quota, o);
    t->paid += cost;
    return cost > 0;
}

static void settle(struct aws_ticket *t, enum outcome o, const struct http_reply *r)
{
    struct aws *c = t->client;

    t->last = o;
    t->doubt = t->doubt || o == OUTCOME_UNKNOWN;
    if (o == OUTCOME_THROTTLED) {
        c->stats.throttles++;
        limits_throttled(c->limits, t->region, t->call.service, t->call.op);
    }
    if (blames_clock(t, o) && clock_was_wrong(t, r))
        again_after(t, 0);
    else if (o == OUTCOME_EXPIRED && new_credentials(t))
        again_after(t, 0);
    else if (may_repeat(t, o))
        again_after(t, retry_delay(c->world, o, t->tries, r, aws_wait_scale(c)));
    else
        finish(t, retry_class(o));
}

/* An incomplete listing is no listing: what is not on it would pass for gone. */
static void broken_listing(struct aws_ticket *t, const char *why)
{
    t->result.error = (struct answer_error){ .code = STR("NotBelieved"), .message = str_of(why), .request_id = t->result.request_id };
    t->doubt = true;
    finish(t, ANSWER_UNKNOWN);
}

static void page_done(struct aws_ticket *t, const struct value *reply)
{
    const char *why = NULL;
    const struct value *next = pages_next(t->arena, t->op, t->input, reply, &why);

    t->pages = why ? NULL : pages_join(t->arena, t->op, t->pages, reply, &why);
    if (!t->call.all_pages) {
        t->result.next = next;
        next = NULL;
    }
    retry_give(&t->client->quota, t->paid);
    t->paid = 0;
    if (next && !why && ++t->page == PAGES_MAX)
        why = "the listing has more than 1,000 pages";
    if (why) {
        broken_listing(t, why);
        return;
    }
    if (next) {
        t->input = next;
        t->tries = 0;
        t->doubt = false;
        queue(t);
        return;
    }
    t->result.reply = t->pages;
    t->result.error = (struct answer_error){ 0 };
    finish(t, ANSWER_OK);
}

static bool is_success(const struct http_reply *r)
{
    return r->code >= 200 && r->code < 300;
}

static void read_reply(struct aws_ticket *t, const struct http_reply *r)
{
    struct answer *out = &t->result;
    struct str why = STR_NONE;
    const struct value *reply = is_success(r) ? wire_reply(t->arena, t->op, r, &why) : NULL;
    bool refusal = !is_success(r) && wire_error(t->scratch, t->op, r, &out->error);

    out->request_id = str_dup(t->scratch, belief_id(r));
    if ((reply || refusal) && !t->client->clock_known)
        read_clock(t->client, t->signed_wall, r);
    if (reply) {
        page_done(t, reply);
        return;
    }
    if (is_success(r))
        out->error = (struct answer_error){ STR("NotBelieved"), belief_note(t->scratch, t->op, r, why), out->request_id, r->code };
    settle(t, refusal ? wire_outcome(&out->error) : OUTCOME_UNKNOWN, r);
}

static void replied(void *user, const struct http_reply *r)
{
    struct aws_ticket *t = user;

    t->flying = false;
    if (t->cancelled || !t->client) {
        ticket_free(t);
        return;
    }
    if (r->status == NET_OK) {
        read_reply(t, r);
        return;
    }
    if (r->status == NET_NO_BODY) {
        t->result.error = (struct answer_error){ .code = STR("FileChanged") };
        t->result.error.message = str_fmt(t->scratch, "the file is not what it was when the plan was made: %.*s. It was not sent; run kc again", STR_ARG(r->problem));
        settle(t, OUTCOME_REFUSED, r);
        return;
    }
    bool sent = r->status == NET_UNKNOWN;
    t->result.error = (struct answer_error){ sent ? STR("NoReply") : STR("NotSent"), str_dup(t->scratch, r->problem), STR_NONE, 0 };
    settle(t, sent ? OUTCOME_UNKNOWN : OUTCOME_NOT_SENT, r);
}

static void send(struct aws_ticket *t, const struct credentials *keys)
{
    struct aws *c = t->client;
    int64_t now = world_now(c->world), left = t->call.deadline ? t->call.deadline - now : TIMEOUT_MS;
    struct http_request out = { 0 };
    struct answer_error e = { 0 };

    if (left <= 0) {
        if (!t->tries)
            t->result.error = (struct answer_error){ .code = STR("NotSent"), .message = STR("the time for this call was over before it could be sent") };
        finish(t, t->tries ? retry_class(t->last) : ANSWER_NOT_SENT);
        return;
    }
    arena_free(t->scratch);
    t->scratch = value_has_secret(t->input) ? arena_secret() : arena_new();
    t->result = (struct answer){ .class = ANSWER_OK };
    enum outcome o = request_make(c, t->scratch, t->op, t->input, keys, t->region, left < TIMEOUT_MS ? left : TIMEOUT_MS, &out, &e);
    if (o != OUTCOME_OK) {
        t->result.error = e;
        finish(t, retry_class(o));
        return;
    }
    if (out.file) {
        t->slow = (int64_t)(out.file->size / SLOW_BYTES_MS);
        out.timeout_ms += t->slow;
    }
    if (!t->attempts)
        t->first_sent = now;
    t->signed_wall = world_wall(c->world);
    t->skew = c->skew;
    t->serial = keys ? keys->serial : 0;
    t->attempts++;
    t->tries++;
    c->stats.requests++;
    *(action_reads(t->call.op) ? &c->stats.reads : &c->stats.writes) += 1;
    t->flying = true;
    world_send(c->world, &out, replied, t);
}

/* Without keys the call ends here; what AWS said of the former ones stays said. */
static void keys_came(void *user, const struct credentials *keys, struct str why)
{
    struct aws_ticket *t = user;

    if (keys) {
        send(t, keys);
        return;
    }
    if (!t->refused)
        t->result.error = (struct answer_error){ .code = STR("NoCredentials") };
    t->result.error.message = str_dup(t->scratch, why);
    finish(t, ANSWER_CREDENTIALS);
}

static void attempt(void *user)
{
    struct aws_ticket *t = user;
    struct signer *s = &t->client->signer;

    if (t->op->unsigned_)
        send(t, NULL);
    else
        s->get(s->impl, t->client->skew, t->refused == t->serial ? t->refused : 0, keys_came, t);
}

struct ticket *aws_send(struct aws *c, struct arena *a, const struct ask *call, answer_done *done, void *user)
{
    struct aws_ticket *t = calloc(1, sizeof *t);
    struct str why = STR_NONE;

    if (!t)
        die("out of memory");
    *t = (struct aws_ticket){ .pub = { cancel }, .client = c, .arena = a, .scratch = arena_new(), .call = *call, .done = done, .user = user };
    t->next = c->tickets;
    t->link = &c->tickets;
    if (t->next)
        t->next->link = &t->next;
    c->tickets = t;
    c->pending++;
    t->call.service = str_dup(a, call->service);
    t->call.op = str_dup(a, call->op);
    t->region = str_dup(a, call->provider && call->provider->region.n ? call->provider->region : aws_region(c));
    t->input = call->input ? call->input : &value_empty_object;
    const struct service *s = model_service(c->models, t->call.service, &why);
    t->op = s ? model_operation(s, t->call.op) : NULL;
    if (t->op) {
        queue(t);
        return &t->pub;
    }
    t->result.class = ANSWER_REFUSED;
    t->result.error.code = STR("NoSuchOperation");
    t->result.error.message = s ? str_fmt(t->scratch, "%.*s has no operation %.*s", STR_ARG(t->call.service), STR_ARG(t->call.op)) : str_dup(t->scratch, why);
    t->timer = world_timer(c->world, world_now(c->world), failed_early, t);
    return &t->pub;
}

/* ---- waiting for one ---- */
struct waited { struct answer result; bool done; };

static void keep_result(void *user, const struct answer *r)
{
    struct waited *x = user;

    x->result = *r;
    x->done = true;
}

struct answer aws_call_wait(struct aws *c, struct arena *a, const struct ask *call)
{
    struct waited x = { .done = false };
    struct ticket *t = aws_send(c, a, call, keep_result, &x);

    while (!x.done) {
        if (world_wait(c->world, world_now(c->world) + TIMEOUT_MS) != WAIT_SIGNAL || x.done)
            continue;
        ticket_cancel(t);
        x.result = (struct answer){ .class = ANSWER_UNKNOWN, .error = { .code = STR("Interrupted"), .message = STR("interrupted") } };
        break;
    }
    return x.result;
}
