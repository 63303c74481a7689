/* find.c - what a task asks about what its create was to make: is it there, and is it ours (docs/design.md, Recovery)? The reader answers. */
#include "room.h"

enum find_by find_class(const struct rtype *t)
{
    const struct rstep *s = rtype_step(t, STEP_FIND, 0);
    return s ? s->by : FIND_RELATION;
}

bool find_is_sure(const struct rtype *t)
{
    return find_class(t) != FIND_TAG;
}

static void found(struct read_ask *q)
{
    struct task *t = q->user;
    const struct read_answer *w = &q->answer;
    if (t->ended)
        return;
    t->read_result = w->result;
    t->found_fields = w->found == FIND_OURS || w->found == FIND_FOREIGN ? w->fields : NULL;
    if (w->result.class == ANSWER_CREDENTIALS)
        run_rights_lost(t, &w->result);
    if (w->found == FIND_OURS && w->nfound > 1)
        run_note(t->r, str_fmt(t->r->a, "%.*s: %zu objects carry its mark; the first is taken", STR_ARG(t->addr), w->nfound));
    t->found(t, w->found);
}

void find_begin(struct task *t, find_then *then)
{
    t->found = then;
    read_prepare(t, found);
    t->ask.sent = t->call.doubt || t->resumed;
    reader_find(t->r->reader, &t->ask);
}
