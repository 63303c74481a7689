/* search.c - fetches walk their sources, and the errands that they send: requests, timers, child processes (see room.h). */
#include <stdlib.h>

#include "room.h"

/* A request on the wire cannot be taken back: its errand stays, without a fetch, until the network lets go. */
struct errand {
    struct fetch *f;                                       /* NULL: the search is gone */
    struct errand *next, **link;
    struct world *world;
    struct world_timer *timer;
    struct world_child *child;
    union {
        void (*reply)(struct fetch *f, const struct http_reply *r);
        void (*fire)(struct fetch *f);
        void (*ran)(struct fetch *f, int code, struct str out);
    } got;
};

static struct errand *errand_new(struct fetch *f)
{
    struct errand *e = calloc(1, sizeof *e);

    if (!e)
        die("out of memory");
    *e = (struct errand){ .f = f, .world = f->s->world, .next = f->s->errands, .link = &f->s->errands };
    if (e->next)
        e->next->link = &e->next;
    f->s->errands = e;
    return e;
}

static void errand_unlink(struct errand *e)
{
    *e->link = e->next;
    if (e->next)
        e->next->link = e->link;
}

static void replied(void *user, const struct http_reply *r)
{
    struct errand *e = user;
    struct fetch *f = e->f;

    if (f)
        errand_unlink(e);
    if (f)
        e->got.reply(f, r);
    free(e);
}

void fetch_http(struct fetch *f, const struct http_request *rq, void (*got)(struct fetch *f, const struct http_reply *r))
{
    struct errand *e = errand_new(f);

    e->got.reply = got;
    world_send(f->s->world, rq, replied, e);
}

static void fired(void *user)
{
    struct errand *e = user;
    struct fetch *f = e->f;
    void (*fire)(struct fetch *f) = e->got.fire;

    errand_unlink(e);
    free(e);
    fire(f);
}

void fetch_later(struct fetch *f, int64_t ms, void (*fire)(struct fetch *f))
{
    struct errand *e = errand_new(f);

    e->got.fire = fire;
    e->timer = world_timer(f->s->world, world_now(f->s->world) + ms, fired, e);
}

static void ran(void *user, int code, struct str out)
{
    struct errand *e = user;
    struct fetch *f = e->f;
    void (*got)(struct fetch *f, int code, struct str out) = e->got.ran;

    errand_unlink(e);
    free(e);
    got(f, code, out);
}

void fetch_program(struct fetch *f, const char *const *argv, int64_t timeout_ms, void (*got)(struct fetch *f, int code, struct str out))
{
    struct errand *e = errand_new(f);

    e->got.ran = got;
    e->child = world_run(f->s->world, argv, timeout_ms, ran, e);
}

/* ---- the walk ---- */
static void next_source(struct fetch *f)
{
    if (f->at == f->nsources)
        f->done(f, ENDED_NONE);
    else
        f->sources[f->at++]->find(f);
}

void not_here(struct fetch *f)
{
    f->own = NULL;
    next_source(f);
}

void broken(struct fetch *f, const char *fmt, ...)
{
    struct buf b = { 0 };
    va_list ap;

    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    f->why = buf_take(&b, f->s->arena);
    f->done(f, ENDED_BROKEN);
}

/* Keys go into headers: anything but visible ASCII is a slip of copying. */
static bool clean(struct fetch *f, struct str value, const char *name)
{
    for (size_t i = 0; i < value.n; i++)
        if (value.s[i] <= ' ' || value.s[i] > '~') {
            broken(f, "%s of %.*s contains a blank, a line break or another byte that does not belong there; copy it again", name, STR_ARG(f->out.source));
            return false;
        }
    return true;
}

void found(struct fetch *f)
{
    if (clean(f, f->out.key, "the access key id") && clean(f, f->out.secret, "the secret access key") && clean(f, f->out.token, "the session token"))
        f->done(f, ENDED_FOUND);
}

int64_t search_wall(const struct search *s)
{
    return world_wall(s->world) + s->offset;
}

struct str search_env(const struct search *s, const char *name)
{
    return config_env(s->config, name);
}

struct search *search_new(struct world *w, struct models *m, const struct config_options *o, int64_t offset)
{
    struct search *s = calloc(1, sizeof *s);
    struct config_options settings = *o;

    if (!s)
        die("out of memory");
    s->endpoint = o->endpoint;
    settings.endpoint = STR_NONE;
    s->world = w;
    s->models = m;
    s->arena = arena_new();
    s->offset = offset;
    s->config = config_load(w, s->arena, &settings);
    return s;
}

void search_free(struct search *s)
{
    if (!s)
        return;
    for (struct errand *e = s->errands, *next; e; e = next) {
        next = e->next;
        e->f = NULL;
        if (!e->timer && !e->child)
            continue;
        world_timer_stop(s->world, e->timer);
        world_run_stop(s->world, e->child);
        free(e);
    }
    arena_free(s->arena);
    free(s);
}
