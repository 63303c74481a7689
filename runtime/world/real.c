/* real.c - the real world put together, and waiting without a network: requests fail as never sent, waits end by clock or signal. */
#include "real.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

struct refused {                                           /* a request that could not be sent, until the next wait */
    http_done *done;
    void *user;
    struct refused *next;
};
struct idle {
    struct world *world;
    struct refused *first, **last;
};

struct idle *idle_new(struct world *w)
{
    struct idle *x = calloc(1, sizeof *x);

    if (!x)
        die("out of memory");
    x->world = w;
    x->last = &x->first;
    return x;
}

static void refuse(void *impl, const struct http_request *rq, http_done *done, void *user)
{
    struct idle *x = impl;
    struct refused *r = calloc(1, sizeof *r);

    (void)rq;
    if (!r)
        die("out of memory");
    r->done = done;
    r->user = user;
    *x->last = r;
    x->last = &r->next;
}

static bool complete(struct idle *x)
{
    struct http_reply reply = { .status = NET_NOT_SENT, .problem = STR("there is no network here") };
    struct refused *r = x->first;

    if (!r)
        return false;
    x->first = NULL;
    x->last = &x->first;
    while (r) {
        struct refused *next = r->next;

        r->done(r->user, &reply);
        free(r);
        r = next;
    }
    return true;
}

static enum wait_result wait_idle(void *impl, int64_t deadline)
{
    struct idle *x = impl;
    struct pollfd p = { .fd = world_signal_fd(x->world), .events = POLLIN };

    if (complete(x))
        return WAIT_EVENT;
    for (;;) {
        int64_t left = deadline - world_now(x->world);

        if (left < 0)
            left = 0;
        if (left > INT_MAX)
            left = INT_MAX;
        if (poll(&p, p.fd >= 0 ? 1 : 0, (int)left) > 0) {
            world_signal_drain(x->world);
            return WAIT_SIGNAL;
        }
        if (world_now(x->world) >= deadline)
            return WAIT_TIMEOUT;
    }
}

static void close_idle(void *impl)
{
    struct idle *x = impl;

    while (complete(x))
        ;
    free(x);
}

const struct net_ops net_none = { .send = refuse, .wait = wait_idle, .close = close_idle };

static void free_real(struct world *w)
{
    disk_free(w->disk_impl);
    system_free(w->system_impl);
    free(w);
}

struct world *world_real(int argc, char **argv)
{
    struct world *w = calloc(1, sizeof *w);

    if (!w)
        die("out of memory");
    umask(077);
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });      /* credentials would be in a core file */
    prctl(PR_SET_DUMPABLE, 0);                             /* nor to a program that takes cores from the kernel, which asks for no limit */
    unsetenv("SSLKEYLOGFILE");                             /* libcurl would write there what opens our connections */
    w->clock = &clock_real;
    w->disk = &disk_real;
    w->disk_impl = disk_new();
    w->system = &system_real;
    w->system_impl = system_new(argc, argv);
    w->net = &net_none;
    w->net_impl = idle_new(w);
    w->fini = free_real;
    return w;
}
