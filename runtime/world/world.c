/* world.c - the table itself: each world_* call goes to its part, with the hook called around durable and outward effects.
 * The parts: clock.c, disk.c, system.c here; the network in runtime/net; simulated ones in runtime/sim and in the tests. */
#include "kc/world.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

/* An exchange that the hook watches: stands between the network and the caller's done. */
struct world_sent {
    struct world *world;
    http_done *done;
    void *user;
    char *what;
    size_t nwhat;
    struct world_sent *next, **link;
};

struct world_timer {
    int64_t at;
    void (*fire)(void *user);
    void *user;
    struct world_timer *next;
};

static enum disk_error tell(struct world *w, enum effect e, bool after, struct str what)
{
    return w->hook ? w->hook(w->hook_user, e, after, what) : DISK_OK;
}

const char *disk_error_text(enum disk_error e)
{
    static const char *const text[] = {
        [DISK_OK] = "no error",
        [DISK_ABSENT] = "no such file or folder",
        [DISK_DENIED] = "permission denied",
        [DISK_FULL] = "no space left on the disk",
        [DISK_READONLY] = "the file system is read-only",
        [DISK_EXISTS] = "it exists already",
        [DISK_TOO_BIG] = "the file is too big",
        [DISK_NOT_FILE] = "not a regular file",
        [DISK_BUSY] = "in use by another process",
        [DISK_CHANGED] = "it was changed meanwhile",
        [DISK_FAILED] = "input/output error",
    };
    return text[e];
}

int64_t world_now(struct world *w)
{
    return w->clock->now(w->clock_impl);
}

int64_t world_wall(struct world *w)
{
    return w->clock->wall(w->clock_impl);
}

static void sent_free(struct world_sent *s)
{
    *s->link = s->next;
    if (s->next)
        s->next->link = s->link;
    free(s->what);
    free(s);
}

static void sent_done(void *user, const struct http_reply *r)
{
    struct world_sent *s = user;
    struct str what = { s->what, s->nwhat };

    (void)tell(s->world, EFFECT_NET_DONE, false, what);
    s->done(s->user, r);
    (void)tell(s->world, EFFECT_NET_DONE, true, what);
    sent_free(s);
}

static struct world_sent *sent_new(struct world *w, struct str url, http_done *done, void *user)
{
    struct world_sent *s = calloc(1, sizeof *s);

    if (!s || !(s->what = malloc(url.n + 1)))
        die("out of memory");
    for (size_t i = 0; i < url.n; i++)
        s->what[i] = url.s[i];
    s->nwhat = url.n;
    s->world = w;
    s->done = done;
    s->user = user;
    s->next = w->sent;
    s->link = &w->sent;
    if (s->next)
        s->next->link = &s->next;
    w->sent = s;
    return s;
}

void world_send(struct world *w, const struct http_request *rq, http_done *done, void *user)
{
    if (!w->hook) {
        w->net->send(w->net_impl, rq, done, user);
        return;
    }
    struct world_sent *s = sent_new(w, rq->url, done, user);

    (void)tell(w, EFFECT_NET_SEND, false, rq->url);
    w->net->send(w->net_impl, rq, sent_done, s);
    (void)tell(w, EFFECT_NET_SEND, true, rq->url);
}

struct world_timer *world_timer(struct world *w, int64_t at, void (*fire)(void *user), void *user)
{
    struct world_timer *t = calloc(1, sizeof *t), **p = &w->timers;

    if (!t)
        die("out of memory");
    *t = (struct world_timer){ .at = at, .fire = fire, .user = user };
    while (*p && (*p)->at <= at)
        p = &(*p)->next;
    t->next = *p;
    *p = t;
    return t;
}

void world_timer_stop(struct world *w, struct world_timer *t)
{
    struct world_timer **p = &w->timers;

    while (*p && *p != t)
        p = &(*p)->next;
    if (!t || !*p)
        return;
    *p = t->next;
    free(t);
}

/* Fires those due now; what they make themselves waits for the next call, so that this ends. */
static bool fire_timers(struct world *w)
{
    int64_t now = world_now(w);
    size_t due = 0;

    for (struct world_timer *t = w->timers; t && t->at <= now; t = t->next)
        due++;
    for (size_t i = 0; i < due && w->timers && w->timers->at <= now; i++) {
        struct world_timer *t = w->timers;

        w->timers = t->next;
        t->fire(t->user);
        free(t);
    }
    return due > 0;
}

enum wait_result world_wait(struct world *w, int64_t deadline)
{
    if (fire_timers(w))
        return WAIT_EVENT;
    int64_t until = w->timers && w->timers->at < deadline ? w->timers->at : deadline;
    enum wait_result r = w->net->wait(w->net_impl, until);
    if (r != WAIT_TIMEOUT)
        return r;
    return fire_timers(w) ? WAIT_EVENT : WAIT_TIMEOUT;
}

enum disk_error world_read(struct world *w, struct arena *a, struct str path, size_t limit, struct str *out)
{
    return w->disk->read(w->disk_impl, a, path, limit, out);
}

enum disk_error world_look(struct world *w, struct str path, struct world_source **out, struct file_facts *facts)
{
    return w->disk->look(w->disk_impl, path, out, facts);
}

enum disk_error world_piece(struct world *w, struct world_source *s, char *to, size_t room, size_t *n)
{
    return w->disk->piece(w->disk_impl, s, to, room, n);
}

void world_leave(struct world *w, struct world_source *s)
{
    if (s)
        w->disk->leave(w->disk_impl, s);
}

enum disk_error world_write(struct world *w, struct str path, struct str data)
{
    enum disk_error e = tell(w, EFFECT_DISK_WRITE, false, path);

    if (e == DISK_OK)
        e = w->disk->write(w->disk_impl, path, data);
    if (e == DISK_OK)
        (void)tell(w, EFFECT_DISK_WRITE, true, path);
    return e;
}

enum disk_error world_open(struct world *w, struct str path, struct world_file **out)
{
    return w->disk->open(w->disk_impl, path, out);
}

enum disk_error world_append(struct world *w, struct world_file *f, struct str data)
{
    enum disk_error e = tell(w, EFFECT_DISK_APPEND, false, data);

    if (e == DISK_OK)
        e = w->disk->append(w->disk_impl, f, data);
    if (e == DISK_OK)
        (void)tell(w, EFFECT_DISK_APPEND, true, data);
    return e;
}

enum disk_error world_sync(struct world *w, struct world_file *f)
{
    enum disk_error e = tell(w, EFFECT_DISK_SYNC, false, STR_NONE);

    if (e == DISK_OK)
        e = w->disk->sync(w->disk_impl, f);
    if (e == DISK_OK)
        (void)tell(w, EFFECT_DISK_SYNC, true, STR_NONE);
    return e;
}

enum disk_error world_truncate(struct world *w, struct world_file *f, size_t size)
{
    return w->disk->truncate(w->disk_impl, f, size);
}

void world_shut(struct world *w, struct world_file *f)
{
    if (f)
        w->disk->shut(w->disk_impl, f);
}

enum disk_error world_mkdirs(struct world *w, struct str path)
{
    return w->disk->mkdirs(w->disk_impl, path);
}

enum disk_error world_list(struct world *w, struct arena *a, struct str path, struct str **names, size_t *n)
{
    return w->disk->list(w->disk_impl, a, path, names, n);
}

enum disk_error world_remove(struct world *w, struct str path)
{
    return w->disk->remove(w->disk_impl, path);
}

enum disk_error world_lock(struct world *w, struct str path, struct str owner, struct world_lock **out, struct arena *a,
                           struct str *holder)
{
    return w->disk->lock(w->disk_impl, path, owner, out, a, holder);
}

void world_unlock(struct world *w, struct world_lock *l)
{
    if (l)
        w->disk->unlock(w->disk_impl, l);
}

enum disk_error world_resolve(struct world *w, struct arena *a, struct str path, struct str *out)
{
    return w->disk->resolve(w->disk_impl, a, path, out);
}

struct str world_cwd(struct world *w, struct arena *a)
{
    return w->disk->cwd(w->disk_impl, a);
}

void world_random(struct world *w, void *p, size_t n)
{
    w->system->random(w->system_impl, p, n);
}

struct str world_getenv(struct world *w, const char *name)
{
    return w->system->getenv(w->system_impl, name);
}

struct str world_args(struct world *w)
{
    return w->system->args(w->system_impl);
}

int world_signals(struct world *w)
{
    return w->system->signals(w->system_impl);
}

int world_signal_fd(struct world *w)
{
    return w->system->signal_fd ? w->system->signal_fd(w->system_impl) : -1;
}

void world_signal_drain(struct world *w)
{
    int fd = world_signal_fd(w);
    char junk[64];

    if (fd < 0)
        return;
    while (read(fd, junk, sizeof junk) > 0)
        ;
}

bool world_is_tty(struct world *w, int fd)
{
    return w->system->is_tty(w->system_impl, fd);
}

unsigned world_width(struct world *w, int fd)
{
    return w->system->width(w->system_impl, fd);
}

void world_out(struct world *w, struct str text)
{
    w->system->write(w->system_impl, 1, text);
}

void world_err(struct world *w, struct str text)
{
    w->system->write(w->system_impl, 2, text);
}

bool world_read_line(struct world *w, struct arena *a, struct str *out)
{
    return w->system->read_line(w->system_impl, a, out);
}

void world_free(struct world *w)
{
    if (!w)
        return;
    if (w->net && w->net->close)
        w->net->close(w->net_impl);
    w->net = NULL;
    while (w->children)
        world_run_stop(w, w->children);
    while (w->sent)
        sent_free(w->sent);
    while (w->timers)
        world_timer_stop(w, w->timers);
    if (w->fini)
        w->fini(w);
}
