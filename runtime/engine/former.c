/* former.c - what a successor takes over from the object that it replaces: the present value of the fields that others move (@shared: the size
 * that an autoscaler gave a group), so that its capacity does not fall back to what the file says. Only the requests have it: the record keeps
 * the file's value, with which the next plan compares. Limits are the business of the type's `send`. */
#include "room.h"

static void look(struct task *p);

static bool shares(const struct rtype *t)
{
    for (size_t i = 0; i < t->nfields; i++) {
        if (t->fields[i].shared)
            return true;
    }
    return false;
}

static void take(struct task *t, const struct value *observed)
{
    struct pair *p = ARENA_ARRAY(t->r->a, struct pair, t->type->nfields);
    size_t n = 0;
    for (size_t i = 0; i < t->type->nfields; i++) {
        const struct rfield *f = &t->type->fields[i];
        const struct value *want = f->shared ? value_get(t->inputs, f->name) : NULL, *now = f->shared ? value_get(observed, f->name) : NULL;
        if (want && want->kind != VALUE_NONE && now && now->kind == want->kind)
            p[n++] = (struct pair){ f->name, now };
    }
    t->present = value_object(t->r->a, p, n);
}

static void seen(struct task *p, enum read_state r)
{
    struct task *t = p->probe_of;
    if (r == READ_UNREAD) {
        read_retry(p, look);
        return;
    }
    if (r == READ_HERE)
        take(t, p->observed);
    p->ended = true;
    t->after_former(t);
}

static void look(struct task *p)
{
    read_begin(p, seen);
}

void former_begin(struct task *t, task_then *then)
{
    const struct plan_item *item = t->op->item;
    const struct record *had = item ? item->record : NULL;
    bool other = had && had->generation != t->generation && str_eq(had->type, t->type->name);
    t->after_former = then;
    if (other && shares(t->type) && resource_identity(t->r->a, t->type, had->inputs, had->outs))
        look(task_probe(t, t->type, had));
    else
        then(t);
}
