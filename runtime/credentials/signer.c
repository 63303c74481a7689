/* signer.c - present credentials, who waits for others, and when others are fetched (kc/credentials.h). */
#include <stdlib.h>

#include "room.h"

enum { ADVISORY_MS = 15 * 60 * 1000, MANDATORY_MS = 10 * 60 * 1000, ADVISORY_PART = 4, MANDATORY_PART = 6, PAUSE_MS = 30000,
       RESCUE_MS = 120000, RESCUE_PAUSE_MS = 5000 };

struct waiter {
    uint64_t refused, turn;                                /* turn: of the chain, when it began to wait */
    credentials_got *got;
    void *user;
    struct waiter *next;
};
struct chain {
    struct world *world;
    struct models *models;
    struct arena *arena;                                   /* as long as the chain */
    struct chain_options options;
    struct str session_name;
    struct credentials now;                                /* in the arena of `held`; serial 0: none yet */
    struct search *held;                                   /* the search that found them */
    struct search *search;                                 /* the one under way, or the last one that failed */
    bool searching, once;                                  /* once: they cannot be had again without a person */
    int64_t life;                                          /* of those, when they were found */
    int64_t next_try;                                      /* world_now; not before, while the present ones last */
    int64_t lost_since;                                    /* world_now, when the first fetch failed after the last ones ended; 0: not so */
    struct world_timer *rescue;                            /* the next fetch then */
    uint64_t turn;
    struct waiter *waiters;                                /* in the order of their turns */
};

struct chain *chain_new(struct world *w, struct models *m, const struct chain_options *o)
{
    struct chain *c = calloc(1, sizeof *c);

    if (!c)
        die("out of memory");
    c->world = w;
    c->models = m;
    c->arena = arena_new();
    c->options = *o;
    c->options.role = str_dup(c->arena, o->role);
    c->options.config.region = str_dup(c->arena, o->config.region);
    c->options.config.profile = str_dup(c->arena, o->config.profile);
    c->options.config.endpoint = str_dup(c->arena, o->config.endpoint);
    c->options.config.profile_by = str_dup(c->arena, o->config.profile_by);
    c->session_name = str_fmt(c->arena, "kc-%lld", (long long)(world_wall(w) / 1000));
    return c;
}

void chain_free(struct chain *c)
{
    if (!c)
        return;
    for (struct waiter *x = c->waiters, *next; x; x = next) {
        next = x->next;
        free(x);
    }
    world_timer_stop(c->world, c->rescue);
    search_free(c->search);
    search_free(c->held);
    arena_free(c->arena);
    free(c);
}

static int64_t left(const struct chain *c, int64_t offset)
{
    return c->now.expires ? c->now.expires - (world_wall(c->world) + offset) : INT64_MAX;
}

static int64_t window(const struct chain *c, int64_t most, int64_t part)
{
    return c->life / part < most ? c->life / part : most;
}

static bool same_keys(const struct credentials *x, const struct credentials *y)
{
    return str_eq(x->key, y->key) && str_eq(x->token, y->token);
}

/* ---- answers ---- */
/* Everybody who has waited until now gets what there is. Callbacks may ask again, cancel others, and end the search that `why` comes from. */
static void answer_all(struct chain *c, int64_t offset, struct str why)
{
    uint64_t turn = c->turn++;
    struct arena *a = arena_new();
    struct waiter *x;

    why = c->now.serial ? str_fmt(a, "the credentials have expired, and there are no others: %.*s", STR_ARG(why)) : str_dup(a, why);
    while ((x = c->waiters) && x->turn <= turn) {
        c->waiters = x->next;
        if (c->now.serial && c->now.serial != x->refused && left(c, offset) > 0)
            x->got(x->user, &c->now, STR_NONE);
        else
            x->got(x->user, NULL, why);
        free(x);
    }
    arena_free(a);
}

static void take(struct chain *c, const struct credentials *fresh)
{
    bool same = c->now.serial && same_keys(&c->now, fresh);
    uint64_t serial = same ? c->now.serial : c->now.serial + 1;

    search_free(c->held);
    c->held = c->search;
    c->search = NULL;
    c->now = *fresh;
    c->now.serial = serial;
    c->life = left(c, c->held->offset);
    c->once = c->held->once;
}

static void search(struct chain *c, int64_t offset);

static void search_again(void *user)
{
    struct chain *c = user;

    c->rescue = NULL;
    search(c, c->search->offset);
}

/* Those that there were have ended, and others are held up by what may pass: a machine that wakes up before its network does. Waits a while for it. */
static bool may_pass(struct chain *c, const struct search *s)
{
    int64_t now = world_now(c->world);

    if (!c->now.serial || left(c, s->offset) > 0 || !s->passing)
        return false;
    if (!c->lost_since)
        c->lost_since = now;
    if (now - c->lost_since >= RESCUE_MS)
        return false;
    c->searching = true;
    c->rescue = world_timer(c->world, now + RESCUE_PAUSE_MS, search_again, c);
    return true;
}

static void ended(struct fetch *f, enum ended how)
{
    struct chain *c = f->user;
    struct str why = f->why;
    int64_t offset = f->s->offset;
    bool worse = c->now.serial && f->out.expires && f->out.expires <= search_wall(f->s) && left(c, offset) > 0;

    c->searching = false;
    c->next_try = world_now(c->world) + PAUSE_MS;
    if (how != ENDED_FOUND && may_pass(c, f->s))
        return;
    if (how == ENDED_FOUND && !worse)
        take(c, &f->out);
    if (how == ENDED_FOUND)
        why = str_fmt(c->held->arena, "%.*s gives the same ones again; renew them and run kc again", STR_ARG(c->now.source));
    c->lost_since = 0;
    answer_all(c, offset, why);
}

static void search(struct chain *c, int64_t offset)
{
    search_free(c->search);
    c->search = search_new(c->world, c->models, &c->options.config, offset);
    c->search->session_name = c->session_name;
    c->search->may_ask = !c->now.serial;
    c->searching = true;
    search_start(c->search, c->options.role, ended, c);
}

static void wait_for_others(struct chain *c, uint64_t refused, credentials_got *got, void *user)
{
    struct waiter *x = calloc(1, sizeof *x), **end = &c->waiters;

    if (!x)
        die("out of memory");
    *x = (struct waiter){ .refused = refused, .turn = c->turn, .got = got, .user = user };
    while (*end)
        end = &(*end)->next;
    *end = x;
}

static void get(void *impl, int64_t offset, uint64_t refused, credentials_got *got, void *user)
{
    struct chain *c = impl;

    if (c->options.fixed && refused) {
        got(user, NULL, STR("these credentials are the only ones"));
        return;
    }
    if (c->options.fixed) {
        got(user, c->options.fixed, STR_NONE);
        return;
    }
    bool usable = c->now.serial && c->now.serial != refused && left(c, offset) > 0;
    bool soon = !usable || left(c, offset) <= window(c, ADVISORY_MS, ADVISORY_PART);
    bool must = !usable || left(c, offset) <= window(c, MANDATORY_MS, MANDATORY_PART);
    bool may = !usable || (!c->once && world_now(c->world) >= c->next_try);
    bool waits = !usable || (must && (may || c->searching) && !c->once);

    if (waits)
        wait_for_others(c, refused, got, user);
    if (soon && may && !c->searching)
        search(c, offset);
    if (!waits)
        got(user, &c->now, STR_NONE);
}

static void cancel(void *impl, void *user)
{
    struct chain *c = impl;
    struct waiter **p = &c->waiters;

    while (*p) {
        struct waiter *x = *p;

        if (x->user != user) {
            p = &x->next;
            continue;
        }
        *p = x->next;
        free(x);
    }
}

struct signer chain_signer(struct chain *c)
{
    return (struct signer){ .get = get, .cancel = cancel, .impl = c };
}
