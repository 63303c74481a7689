/* world_test.c - see world_test.h. */
#include "world_test_room.h"

#include <stdlib.h>
#include <string.h>

#include "kc/json.h"
#include "kc/map.h"

/* ---- clock, signals ---- */
static int64_t clock_now(void *impl)
{
    return ((struct test_world *)impl)->now;
}

static int64_t clock_wall(void *impl)
{
    struct test_world *t = impl;

    return t->now + t->wall_offset;
}

static void move_to(struct test_world *t, int64_t now)
{
    if (now > t->now)
        t->now = now;
    if (t->signal_at && t->now >= t->signal_at) {
        t->signal_at = 0;
        t->signals++;
    }
}

/* ---- network ---- */
static struct http_request copy_request(struct arena *a, const struct http_request *rq)
{
    struct http_request c = *rq;
    struct header *h = arena_array(a, rq->nheaders, sizeof *h);

    for (size_t i = 0; i < rq->nheaders; i++)
        h[i] = (struct header){ str_dup(a, rq->headers[i].name), str_dup(a, rq->headers[i].value) };
    c.headers = h;
    c.method = str_dup(a, rq->method);
    c.url = str_dup(a, rq->url);
    c.body = str_dup(a, rq->body);
    return c;
}

static void net_send(void *impl, const struct http_request *rq, http_done *done, void *user)
{
    struct test_world *t = impl;
    struct flight *f = ARENA_NEW(t->arena, struct flight), **at = &t->flights;

    *f = (struct flight){ copy_request(t->arena, rq), done, user, t->now + t->latency, NULL };
    if (t->nrequests == MAX_REQUESTS)
        die("test world: too many requests");
    if (t->nrequests == t->cap_requests) {
        t->cap_requests = t->cap_requests ? 2 * t->cap_requests : 64;
        t->requests = realloc(t->requests, t->cap_requests * sizeof *t->requests);
    }
    t->requests[t->nrequests++] = (struct test_request){ f->rq, t->now };
    while (*at && (*at)->due <= f->due)
        at = &(*at)->next;
    f->next = *at;
    *at = f;
}

static bool has_signal(struct test_world *t)
{
    bool fresh = t->signals > t->seen;

    t->seen = t->signals;
    return fresh;
}

static enum wait_result net_wait(void *impl, int64_t deadline)
{
    struct test_world *t = impl;
    struct flight *f = t->flights;
    struct http_reply reply = { .status = NET_OK };

    if (has_signal(t))
        return WAIT_SIGNAL;
    int64_t until = f && f->due < deadline ? f->due : deadline;
    if (t->signal_at && t->signal_at <= until) {
        move_to(t, t->signal_at);
        t->seen = t->signals;
        return WAIT_SIGNAL;
    }
    if (!f || f->due > deadline) {
        move_to(t, deadline);
        return WAIT_TIMEOUT;
    }
    t->flights = f->next;
    move_to(t, f->due);
    if (t->answer)
        t->answer(t->answer_user, &f->rq, t->arena, &reply);
    else
        reply = (struct http_reply){ .status = NET_NOT_SENT, .problem = STR("could not resolve the host name") };
    f->done(f->user, &reply);
    return WAIT_EVENT;
}

void test_net_close(void *impl)
{
    struct test_world *t = impl;
    struct http_reply reply = { .status = NET_UNKNOWN, .problem = STR("closed") };

    for (struct flight *f = t->flights; f; f = t->flights) {
        t->flights = f->next;
        f->done(f->user, &reply);
    }
}

static const struct clock_ops clock_ops = { .now = clock_now, .wall = clock_wall };
static const struct net_ops net_ops = { .send = net_send, .wait = net_wait, .close = test_net_close };

void test_answer_id(struct http_reply *out)
{
    static const struct header id[] = { { { "x-amzn-requestid", 16 }, { "id-1", 4 } } };

    out->headers = id;
    out->nheaders = 1;
}

/* ---- system ---- */
static void system_random(void *impl, void *p, size_t n)
{
    struct test_world *t = impl;
    unsigned char *at = p;

    for (size_t i = 0; i < n; i++) {                       /* splitmix64, a byte at a time */
        uint64_t z = t->seed += 0x9e3779b97f4a7c15u;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        at[i] = (unsigned char)(z >> 56);
    }
}

static struct str system_getenv(void *impl, const char *name)
{
    struct test_world *t = impl;
    struct str *v = map_get(&t->env, str_of(name));

    return v ? *v : STR_NONE;
}

static struct str system_args(void *impl)
{
    return ((struct test_world *)impl)->args;
}

static int system_signals(void *impl)
{
    return ((struct test_world *)impl)->signals;
}

static bool system_is_tty(void *impl, int fd)
{
    (void)fd;
    return ((struct test_world *)impl)->tty;
}

static unsigned system_width(void *impl, int fd)
{
    (void)fd;
    return ((struct test_world *)impl)->width;
}

static void system_write(void *impl, int fd, struct str text)
{
    struct test_world *t = impl;

    buf_str(fd == 1 ? &t->out : &t->err, text);
}

static bool system_read_line(void *impl, struct arena *a, struct str *out)
{
    struct test_world *t = impl;

    if (t->next_typed == t->ntyped)
        return false;
    *out = str_dup(a, t->typed[t->next_typed++]);
    return true;
}

static struct child *system_start(void *impl, const char *const *argv)
{
    struct test_world *t = impl;
    struct buf b = { 0 };

    for (size_t i = 0; argv[i]; i++)
        buf_fmt(&b, "%s%s", i ? "|" : "", argv[i]);
    t->ran = buf_take(&b, t->arena);
    t->runs++;
    return (struct child *)t;
}

static bool system_look(void *impl, struct child *c, struct buf *out, int *code)
{
    struct test_world *t = impl;

    (void)c;
    if (t->program_takes > 0) {
        t->program_takes--;
        return false;
    }
    buf_str(out, t->program_out);
    *code = t->program_code;
    return true;
}

static void system_drop(void *impl, struct child *c)
{
    (void)impl;
    (void)c;
}

static const struct system_ops system_ops = {
    .random = system_random, .getenv = system_getenv, .args = system_args, .signals = system_signals, .is_tty = system_is_tty,
    .width = system_width, .write = system_write, .read_line = system_read_line, .start = system_start, .look = system_look, .drop = system_drop,
};

/* ---- for the test ---- */
struct test_world *test_world_new(void)
{
    struct test_world *t = calloc(1, sizeof *t);

    json_seed(1);                                          /* the first call counts: before any table is made */
    t->arena = arena_new();
    t->w = (struct world){ .clock = &clock_ops, .clock_impl = t, .net = &net_ops, .net_impl = t, .disk = &test_disk, .disk_impl = t,
                           .system = &system_ops, .system_impl = t };
    t->now = 1000000;
    test_world_set_wall(t, 1767323045000);
    t->latency = 1;
    t->room = -1;
    t->width = 80;
    t->program_code = -1;
    test_world_env(t, "HOME", "/home/test");
    test_disk_new(t);
    return t;
}

void test_world_free(struct test_world *t)
{
    world_free(&t->w);
    test_disk_free(t);
    map_fini(&t->env);
    buf_fini(&t->out);
    buf_fini(&t->err);
    free(t->requests);
    arena_free(t->arena);
    free(t);
}

struct world *test_world(struct test_world *t)
{
    return &t->w;
}

struct arena *test_world_arena(struct test_world *t)
{
    return t->arena;
}

void test_world_env(struct test_world *t, const char *name, const char *value)
{
    struct str *v = ARENA_NEW(t->arena, struct str);

    if (!value) {
        map_del(&t->env, str_of(name));
        return;
    }
    *v = str_dup(t->arena, str_of(value));
    map_put(&t->env, str_dup(t->arena, str_of(name)), v);
}

void test_world_args(struct test_world *t, const char *args)
{
    t->args = str_dup(t->arena, str_of(args));
}

void test_world_tty(struct test_world *t, bool tty, unsigned width)
{
    t->tty = tty;
    t->width = width;
}

void test_world_type(struct test_world *t, const char *line)
{
    if (t->ntyped < MAX_LINES)
        t->typed[t->ntyped++] = str_dup(t->arena, str_of(line));
}

struct str test_world_out(const struct test_world *t)
{
    return buf_view(&t->out);
}

struct str test_world_err(const struct test_world *t)
{
    return buf_view(&t->err);
}

void test_world_forget_output(struct test_world *t)
{
    buf_fini(&t->out);
    buf_fini(&t->err);
}

void test_world_seed(struct test_world *t, uint64_t seed)
{
    t->seed = seed;
}

void test_world_signal(struct test_world *t)
{
    t->signals++;
}

void test_world_signal_at(struct test_world *t, int64_t now)
{
    t->signal_at = now;
}

void test_world_program(struct test_world *t, const char *output, int exit_code)
{
    t->program_out = str_dup(t->arena, str_of(output));
    t->program_code = exit_code;
}

void test_world_program_takes(struct test_world *t, int looks)
{
    t->program_takes = looks;
}

struct str test_world_ran(const struct test_world *t)
{
    return t->ran;
}

unsigned test_world_runs(const struct test_world *t)
{
    return t->runs;
}

void test_world_advance(struct test_world *t, int64_t ms)
{
    move_to(t, t->now + ms);
}

void test_world_set_wall(struct test_world *t, int64_t wall_ms)
{
    t->wall_offset = wall_ms - t->now;
}

void test_world_answer(struct test_world *t, test_answer *f, void *user)
{
    t->answer = f;
    t->answer_user = user;
}

void test_world_latency(struct test_world *t, int64_t ms)
{
    t->latency = ms;
}

size_t test_world_requests(const struct test_world *t, const struct test_request **out)
{
    *out = t->requests;
    return t->nrequests;
}

struct str test_header(const struct header *h, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (str_caseeq(h[i].name, str_of(name)))
            return h[i].value;
    return STR_NONE;
}
