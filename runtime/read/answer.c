/* answer.c - what an answer means for the object that was asked for (kc/read.h has the rules). */
#include "room.h"

void answer_forget(struct read_ask *q)
{
    q->answer = (struct read_answer){ .outs = q->outs ? q->outs : &value_empty_object };
}

void answer_unread(struct read_ask *q, const struct answer *r, const struct resource_fault *f)
{
    struct read_answer *w = &q->answer;
    w->state = READ_UNREAD;
    w->found = FIND_ERROR;
    w->operation = q->step ? resource_operation(q->step) : STR_NONE;
    w->result = r ? *r : (struct answer){ .class = ANSWER_UNKNOWN, .error.message = f->problem };
    if (f)
        w->fault = *f;
    ask_done(q);
}

void answer_unbelieved(struct read_ask *q, const char *why)
{
    struct resource_fault f = { .problem = str_of(why), .code = DIAG_E0604, .where = q->step ? q->step->span : SPAN_NONE, .unbelieved = true };
    answer_unread(q, NULL, &f);
}

static void saw(struct read_ask *q, const struct resource_item *it)
{
    struct arena *a = q->reader->arena;
    struct read_answer *w = &q->answer;
    if (it->fault.nmembers) {
        struct resource_fault *f = ARENA_ARRAY(a, struct resource_fault, w->nfaults + it->fault.nmembers);
        for (size_t i = 0; i < w->nfaults; i++)
            f[i] = w->faults[i];
        for (size_t i = 0; i < it->fault.nmembers; i++)
            f[w->nfaults++] = it->fault.members[i];
        w->faults = f;
    }
    w->fields = rtype_mark(a, q->type, resource_merge(a, w->fields, it->fields));
    w->outs = resource_outs(a, q->type, w->outs, it->fields);
}

/* ---- the end: is it the one that was recorded, and still ours? ---- */

static void judge_owner(struct read_ask *q)
{
    struct read_answer *w = &q->answer;
    struct resource_view v = ask_view(q);
    w->uid = resource_uid(q->reader->arena, &v);
    w->mark = mark_of(q, w->fields, &w->owner);
    w->state = w->mark == MARKED_OTHER ? READ_TAKEN : READ_HERE;
    if (!q->record || !q->record->uid.n || !q->type->uid || str_eq(w->uid, q->record->uid))
        return;
    if (w->mark != MARKED_THIS)
        w->state = w->mark == MARKED_STACK || w->mark == MARKED_FREE ? READ_GONE : READ_FOREIGN;
}

static void end(struct read_ask *q)
{
    if (q->finding) {
        find_read(q);
        return;
    }
    judge_owner(q);
    if (q->answer.state == READ_FOREIGN && !q->answer.uid.n)
        answer_unbelieved(q, "the reply does not say which object it speaks of");
    else
        ask_done(q);
}

void answer_next(struct read_ask *q)
{
    const struct rstep *s = q->step ? rtype_step(q->type, STEP_READ, ++q->nth) : NULL;
    if (s)
        ask_want(q, s);
    else
        end(q);
}

/* ---- a reply ---- */

/* The first read says whether there is one; a `live` that came out as none says so too. */
static void took(struct read_ask *q, const struct resource_item *it)
{
    const struct value *live = it ? value_get(it->fields, STR("live")) : NULL;
    if (it && it->fault.problem.n) {
        answer_unread(q, NULL, &it->fault);
        return;
    }
    if (q->nth == 0 && (!it || (live && live->kind == VALUE_NONE))) {
        doubt_absence(q);
        return;
    }
    if (it)
        saw(q, it);
    answer_next(q);
}

/* Each by itself: which one of them is meant, or at fault? */
static bool split(struct call *c)
{
    for (size_t i = 0; i < c->n && c->n > 1; i++) {
        c->asks[i]->alone = true;
        ask_want(c->asks[i], c->step);
    }
    return c->n > 1;
}

static void understand_many(struct call *c)
{
    struct arena *a = c->r->arena;
    struct resource_fault f = { 0 };
    struct resource_view one = ask_view(c->asks[0]);
    struct resource_view v = { .type = one.type, .provider = one.provider, .principal = one.principal, .reply = c->result.reply, .ids = c->ids };
    struct resource_item *items;
    size_t n = resource_items(a, c->step, &v, &items, &f);
    if (f.problem.n) {
        split(c);
        return;
    }
    struct map found = { 0 };
    for (size_t i = 0; i < n; i++)
        map_put(&found, resource_key(a, items[i].identity), &items[i]);
    for (size_t i = 0; i < c->n; i++)
        took(c->asks[i], map_get(&found, resource_key(a, c->ids->list.v[i])));
    map_fini(&found);
}

static void understand_one(struct call *c)
{
    struct read_ask *q = c->asks[0];
    struct resource_item it = { 0 };
    struct resource_view v = ask_view(q);
    v.reply = c->result.reply;
    v.ids = c->ids;
    it.fields = resource_found(c->r->arena, c->step, &v, &it.fault);
    if (!it.fields)
        answer_unread(q, NULL, &it.fault);
    else
        took(q, it.fields->kind == VALUE_NONE ? NULL : &it);
}

/* This part of the object is not there: what is set from it reads as from an empty reply. */
static void absent(struct call *c)
{
    for (size_t i = 0; i < c->n; i++) {
        struct read_ask *q = c->asks[i];
        struct resource_item it = { 0 };
        struct resource_view v = ask_view(q);
        v.reply = &value_empty_object;
        it.fields = c->step->each ? &value_empty_object : resource_absorb(c->r->arena, c->step, &v, &it.fault);
        took(q, it.fields ? &it : &(struct resource_item){ .fields = &value_empty_object, .fault = it.fault });
    }
}

void answer_call(struct call *c)
{
    struct str field;
    bool first = c->asks[0]->nth == 0;
    enum verdict v = resource_verdict(c->asks[0]->type, c->step, &c->result, &field);
    if (v == VERDICT_OK) {
        if (c->n > 1)
            understand_many(c);
        else
            understand_one(c);
    } else if (!first && resource_absent(c->step, &c->result)) {
        absent(c);
    } else if ((v == VERDICT_GONE || c->result.class == ANSWER_REFUSED) && split(c)) {
        return;
    } else if (first && v == VERDICT_GONE) {
        doubt_absence(c->asks[0]);
    } else {
        for (size_t i = 0; i < c->n; i++)
            answer_unread(c->asks[i], &c->result, NULL);
    }
}
