/* clock.c - virtual time and the network that lives in it: requests travel, are served when they arrive, replies travel back.
 * Infinite speed: waiting jumps to the next event. Finite speed: virtual time follows real time, and waiting really waits, through the
 * clock and network of the world as it was before, so that people see progress and signals arrive. */
#include <stdlib.h>
#include <string.h>
#include "room.h"

enum { LATENCY_MS = 80 };

struct flight {
    struct arena *a;
    struct http_request rq;
    struct http_reply reply;
    http_done *done; void *user;
    int64_t at;                                            /* when the next thing happens to it */
    uint64_t serial;
    bool served, delayed;
    int64_t arrived;
    struct flight *next;
};

/* Virtual time after real time. Only waiting is made short: work takes as long as it takes, else a slow disk would let requests grow old. */
static void follow(struct sim *s, double rate, int64_t limit)
{
    int64_t real, then;

    if (s->o.speed <= 0)
        return;
    real = world_now(&s->former);
    then = s->virtual_base + (int64_t)((double)(real - s->real_base) * rate);
    if (then > limit)
        then = limit;
    if (then <= s->now)
        return;
    store_advance(s, then);
    s->virtual_base = then;
    s->real_base = real;
}

void clock_serve(struct sim *s)
{
    s->former = *s->o.disk;
    s->real_base = world_now(&s->former);
    s->virtual_base = s->now;
}

void clock_keep_pace(struct sim *s)
{
    follow(s, s->o.speed, INT64_MAX);
}

static int64_t now(void *impl)
{
    struct sim *s = impl;

    follow(s, 1, INT64_MAX);
    return s->now;
}

static int64_t wall(void *impl)
{
    struct sim *s = impl;

    follow(s, 1, INT64_MAX);
    return s->start_wall + s->now;
}

static struct header *copy_headers(struct arena *a, const struct http_request *rq)
{
    struct header *h = ARENA_ARRAY(a, struct header, rq->nheaders);
    size_t i;

    for (i = 0; i < rq->nheaders; i++)
        h[i] = (struct header){ str_dup(a, rq->headers[i].name), str_dup(a, rq->headers[i].value) };
    return h;
}

static int64_t travel(struct sim *s, const struct flight *f)
{
    return sim_draw_ms(s, LATENCY_MS / 2, str_fmt(f->a, "latency %llu %d", (unsigned long long)f->serial, f->served));
}

static void send(void *impl, const struct http_request *rq, http_done *done, void *user)
{
    struct sim *s = impl;
    struct arena *a = arena_new();
    struct flight *f = ARENA_NEW(a, struct flight), **at = &s->flights;

    follow(s, 1, INT64_MAX);
    f->a = a;
    f->rq = (struct http_request){ .method = str_dup(a, rq->method), .url = str_dup(a, rq->url), .body = str_dup(a, rq->body),
                                   .headers = copy_headers(a, rq), .nheaders = rq->nheaders, .timeout_ms = rq->timeout_ms };
    if (rq->file) {
        struct body_file *file = arena_copy(a, rq->file, sizeof *file);

        file->path = str_dup(a, file->path);
        f->rq.file = file;
    }
    f->done = done;
    f->user = user;
    f->serial = s->flight_serial++;
    f->at = s->now + travel(s, f);
    while (*at)
        at = &(*at)->next;
    *at = f;
    s->nflights++;
}

static struct flight *earliest(struct sim *s)
{
    struct flight *f, *best = NULL;

    for (f = s->flights; f; f = f->next)
        if (!best || f->at < best->at || (f->at == best->at && f->serial < best->serial))
            best = f;
    return best;
}

static void deliver(struct sim *s, struct flight *f)
{
    struct flight **at = &s->flights;

    while (*at != f)
        at = &(*at)->next;
    *at = f->next;
    s->nflights--;
    f->done(f->user, &f->reply);
    arena_free(f->a);
}

/* True when a reply was delivered. */
static bool happen(struct sim *s, struct flight *f)
{
    int64_t late;

    store_advance(s, f->at);
    if (f->served) {
        deliver(s, f);
        return true;
    }
    late = f->delayed ? 0 : fault_delay(s, &f->rq);
    f->arrived = f->delayed ? f->arrived : s->now;
    f->delayed = true;
    if (late) {
        f->at = s->now + late;
        return false;
    }
    s->arrived = f->arrived;
    sim_serve(s, f->a, &f->rq, &f->reply);
    s->arrived = 0;
    f->served = true;
    f->at = s->now + travel(s, f);
    if (f->reply.status == NET_UNKNOWN && str_is(f->reply.problem, "timed out"))
        f->at = s->now + (f->rq.timeout_ms > 0 ? f->rq.timeout_ms : 60000);
    return false;
}

static bool interrupted(struct sim *s)
{
    int n = s->world ? world_signals(s->world) : 0;
    bool news = n > s->signals;

    s->signals = n;
    return news;
}

static void swap_in(struct sim *s, const struct world *from)
{
    s->world->clock = from->clock;
    s->world->clock_impl = from->clock_impl;
    s->world->net = from->net;
    s->world->net_impl = from->net_impl;
}

/* Really waits, through the former network, which waits by the clock of its world: both are put back while it does. */
static enum wait_result doze(struct sim *s, int64_t ms)
{
    struct world ours = *s->world;
    enum wait_result w;

    swap_in(s, &s->former);
    w = s->former.net->wait(s->former.net_impl, world_now(s->world) + ms);
    swap_in(s, &ours);
    return w;
}

/* What is too short to be slept is owed, and slept with what comes after. */
static enum wait_result sleep_until(struct sim *s, int64_t when)
{
    double ms = (double)(when - s->now) / s->o.speed;
    int64_t from = world_now(&s->former);
    enum wait_result w = WAIT_TIMEOUT;

    s->owed += ms < 86400000.0 ? ms : 86400000.0;
    if (s->owed >= 2) {
        w = doze(s, (int64_t)s->owed);
        s->owed -= (double)(world_now(&s->former) - from);
    }
    if (w == WAIT_SIGNAL) {
        follow(s, s->o.speed, when);
        return w;
    }
    store_advance(s, when);
    s->virtual_base = s->now;
    s->real_base = world_now(&s->former);
    return interrupted(s) ? WAIT_SIGNAL : w;
}

static enum wait_result wait(void *impl, int64_t deadline)
{
    struct sim *s = impl;
    bool delivered = false;

    if (interrupted(s))
        return WAIT_SIGNAL;
    follow(s, 1, INT64_MAX);
    for (;;) {
        struct flight *f = earliest(s);
        int64_t target = f && f->at < deadline ? f->at : deadline;

        if (f && f->at <= s->now && f->at <= deadline) {
            delivered |= happen(s, f);
            continue;
        }
        if (delivered)
            return WAIT_EVENT;
        if (s->now >= deadline)
            return WAIT_TIMEOUT;
        if (s->o.speed > 0) {
            if (sleep_until(s, target < s->now + 86400000 ? target : s->now + 86400000) == WAIT_SIGNAL)
                return WAIT_SIGNAL;
        } else if (target == INT64_MAX) {
            die("the simulated world waits for nothing");
        } else {
            store_advance(s, target);
            if (interrupted(s))
                return WAIT_SIGNAL;
        }
    }
}

static void drop_flights(struct sim *s, bool tell)
{
    struct http_reply closed = { .status = NET_UNKNOWN, .problem = STR("closed") };
    struct flight *f;

    while ((f = s->flights)) {
        s->flights = f->next;
        s->nflights--;
        if (tell)
            f->done(f->user, &closed);
        arena_free(f->a);
    }
}

static void nobody(void *user, const struct http_reply *r)
{
    (void)user, (void)r;
}

void sim_hang_up(struct sim *s)
{
    struct flight *f;

    for (f = s->flights; f; f = f->next) {
        f->done = nobody;
        f->user = NULL;
    }
}

void clock_detach(struct sim *s)
{
    drop_flights(s, false);
    if (s->world)
        swap_in(s, &s->former);
    s->world = NULL;
}

static void close_net(void *impl)
{
    struct sim *s = impl;
    struct world *w = s->world;

    drop_flights(s, true);
    log_close(s);
    clock_detach(s);
    if (w && w->net && w->net->close)
        w->net->close(w->net_impl);
}

void sim_attach(struct sim *s, struct world *w)
{
    static const struct clock_ops clock = { now, wall };
    static const struct net_ops net = { send, wait, close_net };

    s->world = w;
    s->former = *w;
    s->former.hook = NULL;
    s->real_base = world_now(&s->former);
    s->virtual_base = s->now;
    s->signals = world_signals(w);
    w->clock = &clock;
    w->clock_impl = s;
    w->net = &net;
    w->net_impl = s;
}
