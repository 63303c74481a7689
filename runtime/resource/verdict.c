/* verdict.c - what an AWS answer means for an object: what step and type list, and nothing else; how ready it is. */
#include "view.h"

/* `*` stands for any text. */
static bool fits(struct str pattern, struct str text)
{
    size_t i = 0, k = 0, star = SIZE_MAX, mark = 0;
    while (k < text.n)
        if (i < pattern.n && pattern.s[i] == '*') {
            star = i++;
            mark = k;
        } else if (i < pattern.n && pattern.s[i] == text.s[k]) {
            i++;
            k++;
        } else if (star != SIZE_MAX) {
            i = star + 1;
            k = ++mark;
        } else {
            return false;
        }
    while (i < pattern.n && pattern.s[i] == '*')
        i++;
    return i == pattern.n;
}

static bool means(struct str listed, const struct answer_error *e)
{
    size_t at = str_find(listed, STR(": "));
    if (at == SIZE_MAX)
        return str_eq(listed, e->code);
    return str_eq(str_sub(listed, 0, at), e->code) && fits(str_sub(listed, at + 2, listed.n), e->message);
}

static bool lists(const struct str *list, size_t n, const struct answer_error *e)
{
    for (size_t i = 0; i < n; i++)
        if (means(list[i], e))
            return true;
    return false;
}

static bool names(struct rcodes c, const struct answer_error *e)
{
    return lists(c.v, c.n, e);
}

static bool answered(const struct answer *r)
{
    return r->request_id.n || r->error.request_id.n;
}

/* An update of fields that are fixed when the object is made: a part of its creation. */
static bool completes(const struct rtype *t, const struct rstep *s)
{
    bool all = s->kind == STEP_UPDATE && s->non;
    for (size_t i = 0; all && i < s->non; i++) {
        const struct rfield *f = rtype_field(t, path_root(s->on[i]));
        all = f && f->replace;
    }
    return all;
}

static enum verdict refused(const struct rtype *t, const struct rstep *s, const struct answer *r, struct str *field)
{
    const struct answer_error *e = &r->error;
    bool create = !s || s->kind == STEP_CREATE || completes(t, s);
    if (s && names(s->gone, e))
        return answered(r) ? VERDICT_GONE : VERDICT_FAILED;
    if (s && names(s->exists, e) && create)
        return VERDICT_EXISTS;
    if (s && names(s->busy, e))
        return VERDICT_BUSY;
    if (s && names(s->retry, e))
        return VERDICT_AGAIN;
    for (size_t i = 0; i < t->nsettling && !field->n; i++)
        if (means(t->settling[i].code, e))
            *field = t->settling[i].field;
    if (lists(t->gone, t->ngone, e))
        return answered(r) ? VERDICT_GONE : VERDICT_FAILED;
    if (field->n)
        return VERDICT_SETTLING;
    if (create && lists(t->exists, t->nexists, e))
        return VERDICT_EXISTS;
    if (lists(t->busy, t->nbusy, e))
        return VERDICT_BUSY;
    return lists(t->retry, t->nretry, e) ? VERDICT_AGAIN : VERDICT_FAILED;
}

bool resource_absent(const struct rstep *s, const struct answer *r)
{
    return r->class == ANSWER_REFUSED && answered(r) && names(s->absent, &r->error);
}

enum verdict resource_verdict(const struct rtype *t, const struct rstep *s, const struct answer *r, struct str *field)
{
    *field = STR_NONE;
    switch (r->class) {
    case ANSWER_OK:
        return VERDICT_OK;
    case ANSWER_UNKNOWN:
        return VERDICT_UNKNOWN;
    case ANSWER_THROTTLED:
        return VERDICT_THROTTLED;
    case ANSWER_CREDENTIALS:
        return VERDICT_CREDENTIALS;
    case ANSWER_DENIED:
    case ANSWER_REFUSED:
        return refused(t, s, r, field);
    case ANSWER_NOT_SENT:
        break;
    }
    return VERDICT_FAILED;
}

bool resource_tells(struct arena *a, const struct resource_view *v, const struct term *t, bool *known)
{
    struct resource_fault f;
    const struct value *r = t ? view_eval(a, v, NULL, NULL, t, &f) : NULL;
    if (known)
        *known = r && r->kind == VALUE_BOOL;
    return r && r->kind == VALUE_BOOL && r->b;
}

static bool holds(struct arena *a, const struct resource_view *v, const struct term *t)
{
    return resource_tells(a, v, t, NULL);
}

struct str resource_words(struct arena *a, const struct resource_view *v, const struct term *t)
{
    struct resource_fault f;
    const struct value *text = t ? view_eval(a, v, NULL, NULL, t, &f) : NULL;
    return text && text->kind != VALUE_NONE && value_is_known(text) && !value_has_secret(text) ? value_text(a, text) : STR_NONE;
}

static struct str reason(struct arena *a, const struct resource_view *v, const char *otherwise)
{
    struct str s = resource_words(a, v, v->type->why);
    return s.n ? s : str_of(otherwise);
}

enum readiness resource_ready(struct arena *a, const struct resource_view *v, struct str *why)
{
    const struct rtype *t = v->type;
    *why = STR_NONE;
    if (holds(a, v, t->leaving)) {
        *why = STR("somebody is deleting it");
        return READY_LEAVING;
    }
    if (holds(a, v, t->failed)) {
        *why = reason(a, v, "AWS reports that it failed");
        return READY_FAILED;
    }
    if (holds(a, v, t->unhealthy)) {
        *why = reason(a, v, "AWS reports that it is not well");
        return READY_UNHEALTHY;
    }
    return !t->until || holds(a, v, t->until) ? READY : READY_NOT_YET;
}

bool resource_takes(struct arena *a, const struct resource_view *v)
{
    return holds(a, v, v->type->takes);
}

bool resource_guarded(struct arena *a, const struct resource_view *v)
{
    return holds(a, v, v->type->guarded);
}
