/* keep.c - before an object goes that others may still use (@keep): each of them is looked at once more. While one is not ready, or something of it
 * follows what it was told before, the object stays, and what it stands on: that is no failure, a later apply looks again. */
#include "room.h"

static void look(struct task *p);

static void stays(struct task *p, const char *why)
{
    struct task *t = p->probe_of;
    p->ended = true;
    task_kept(t, str_fmt(t->r->a, "stays: %.*s %s", STR_ARG(p->addr), why));
}

static void next(struct task *t)
{
    while (t->user < t->op->nusers) {
        const struct plan_item *y = t->op->users[t->user++];
        const struct record *rec = state_get(t->r->c->state, y->addr);
        if (!rec || !resource_identity(t->r->a, y->type, rec->inputs, rec->outs))
            continue;
        look(task_probe(t, y->type, rec));
        return;
    }
    t->after_users(t);
}

static void seen(struct task *p, enum read_state r)
{
    struct str why;
    struct resource_view view = task_view(p);
    bool known = true, trails = r == READ_HERE && resource_tells(p->r->a, &view, p->type->trails, p->type->trails ? &known : NULL);
    if (r == READ_UNREAD) {
        read_retry(p, look);
    } else if (r == READ_GONE) {
        p->ended = true;
        next(p->probe_of);
    } else if (r != READ_HERE || resource_ready(p->r->a, &view, &why) != READY) {
        stays(p, "is not ready");
    } else if (trails || !known) {
        stays(p, "may still use it");
    } else {
        p->ended = true;
        next(p->probe_of);
    }
}

static void look(struct task *p)
{
    read_begin(p, seen);
}

void keep_begin(struct task *t, task_then *then)
{
    t->user = 0;
    t->after_users = then;
    next(t);
}
