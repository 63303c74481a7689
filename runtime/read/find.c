/* find.c - is what a create was to make already there, and is it ours? The same for a create that AWS says exists, for recovery and for adoption.
 * By token and by tag the request itself asks for our mark; by name the mark decides. What carries no mark by its nature is ours only when a create
 * of it was sent that nobody answered. */
#include "room.h"

static bool can_carry(const struct rtype *t, const struct value *fields)
{
    const struct value *tags = t->tags.n ? value_get(fields, t->tags) : NULL;
    return tags && tags->kind == VALUE_OBJECT;
}

/* What the find does not show cannot differ. */
static bool as_wanted(const struct read_ask *q, const struct value *fields)
{
    struct arena *a = q->reader->arena;
    struct resource_change *c;
    struct pair *want = ARENA_ARRAY(a, struct pair, q->type->nfields);
    size_t n = 0;
    for (size_t i = 0; i < q->type->nfields; i++) {
        const struct value *v = value_get(q->inputs, q->type->fields[i].name);
        if (v && value_get(fields, q->type->fields[i].name))
            want[n++] = (struct pair){ q->type->fields[i].name, v };
    }
    return !resource_diff(a, q->reader->state ? state_keys(q->reader->state) : NULL, q->type, value_object(a, want, n), NULL, fields, NULL, 0, &c);
}

/* AWS made it along with something of ours. */
static bool takes(const struct read_ask *q, const struct value *fields)
{
    struct resource_view v = ask_view(q);
    v.live = value_get(fields, STR("live"));
    return q->type->takes && resource_takes(q->reader->arena, &v);
}

static bool ours(const struct read_ask *q, const struct rstep *s, const struct value *fields)
{
    struct str owner;
    enum read_mark m = mark_of(q, fields, &owner);
    if (m == MARKED_NOT && takes(q, fields))
        return true;
    if (can_carry(q->type, fields))
        return m == MARKED_THIS || m == MARKED_FREE;
    if (s->by == FIND_NAME)
        return q->sent;
    return s->by != FIND_RELATION || (q->sent && as_wanted(q, fields));
}

/* A list that does not show the marks: what was found is read by itself, and they decide. */
static bool shows_no_marks(const struct read_ask *q, const struct rstep *s, const struct value *fields)
{
    return s->by == FIND_NAME && q->type->tags.n && rtype_step(q->type, STEP_READ, 0) && !value_get(fields, q->type->tags);
}

static void judged(struct read_ask *q, enum find_result found, size_t n)
{
    q->answer.found = found;
    q->answer.nfound = n;
    q->answer.state = found == FIND_NONE ? READ_GONE : READ_HERE;
    ask_done(q);
}

void find_none(struct read_ask *q)
{
    judged(q, FIND_NONE, 0);
}

void find_read(struct read_ask *q)
{
    const struct rstep *s = rtype_step(q->type, STEP_FIND, 0);
    if (!s)
        find_none(q);
    else
        judged(q, ours(q, s, q->answer.fields) ? FIND_OURS : FIND_FOREIGN, 1);
}

static void choose(struct read_ask *q, const struct rstep *s, const struct resource_item *v, size_t n)
{
    struct arena *a = q->reader->arena;
    const struct resource_item *best = &v[0];
    size_t mine = 0;
    for (size_t i = 0; i < n; i++)
        if (ours(q, s, v[i].fields) && !mine++)
            best = &v[i];
    q->answer.fields = best->fields;
    q->answer.outs = resource_outs(a, q->type, q->answer.outs, best->fields);
    if (shows_no_marks(q, s, best->fields))
        ask_want(q, rtype_step(q->type, STEP_READ, 0));
    else if (!mine && (s->by == FIND_TOKEN || s->by == FIND_TAG))
        answer_unbelieved(q, "the reply shows objects that were not asked for");
    else
        judged(q, mine ? FIND_OURS : FIND_FOREIGN, mine ? mine : n);
}

void find_call(struct call *c)
{
    struct read_ask *q = c->asks[0];
    struct str field;
    struct resource_fault f = { 0 };
    struct resource_view v = ask_view(q);
    struct resource_item *items;
    enum verdict verdict = resource_verdict(q->type, c->step, &c->result, &field);
    if (verdict == VERDICT_GONE) {
        find_none(q);
        return;
    }
    if (verdict != VERDICT_OK) {
        answer_unread(q, &c->result, NULL);
        return;
    }
    v.reply = c->result.reply;
    size_t n = resource_items(q->reader->arena, c->step, &v, &items, &f);
    if (f.problem.n)
        answer_unread(q, NULL, &f);
    else if (n)
        choose(q, c->step, items, n);
    else
        find_none(q);
}
