/* run.c - programs beside the loop: looked at every few milliseconds while they run, by a timer, so that whatever waits for the network or for a
 * simulated clock need not know of them. */
#include <stdlib.h>

#include "kc/world.h"

enum { OUTPUT_BYTES = 64 * 1024, PAUSE_MS = 10, LIMIT_MS = 600000 };

struct world_child {
    struct world *world;
    struct child *child;                                   /* NULL: could not be started */
    struct world_timer *timer;
    int64_t deadline;
    struct buf out;
    world_ran *ran;
    void *user;
    struct world_child *next, **link;
};

static void child_free(struct world_child *c)
{
    struct world *w = c->world;

    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    world_timer_stop(w, c->timer);
    if (c->child)
        w->system->drop(w->system_impl, c->child);
    buf_fini(&c->out);
    free(c);
}

static void look(void *user)
{
    struct world_child *c = user;
    struct world *w = c->world;
    int code = -1;

    c->timer = NULL;
    bool ended = !c->child || w->system->look(w->system_impl, c->child, &c->out, &code);
    if (!ended && !c->out.failed && world_now(w) < c->deadline) {
        c->timer = world_timer(w, world_now(w) + PAUSE_MS, look, c);
        return;
    }
    c->ran(c->user, ended && !c->out.failed ? code : -1, buf_view(&c->out));
    child_free(c);
}

struct world_child *world_run(struct world *w, const char *const *argv, int64_t timeout_ms, world_ran *ran, void *user)
{
    struct world_child *c = calloc(1, sizeof *c);

    if (!c)
        die("out of memory");
    *c = (struct world_child){ .world = w, .deadline = world_now(w) + (timeout_ms < LIMIT_MS ? timeout_ms : LIMIT_MS), .out = { .limit = OUTPUT_BYTES },
                               .ran = ran, .user = user, .next = w->children, .link = &w->children };
    if (c->next)
        c->next->link = &c->next;
    w->children = c;
    c->child = w->system->start(w->system_impl, argv);
    c->timer = world_timer(w, world_now(w), look, c);
    return c;
}

void world_run_stop(struct world *w, struct world_child *c)
{
    (void)w;
    if (c)
        child_free(c);
}
