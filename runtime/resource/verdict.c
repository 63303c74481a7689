/* verdict.c - what an AWS answer means for an object: the type's own lists first, then the words that all of AWS shares. */
#include "view.h"

static bool listed(const struct str *list, size_t n, struct str code)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i], code))
            return true;
    return false;
}

static bool has(struct str code, const char *word)
{
    return str_find(code, str_of(word)) != SIZE_MAX;
}

static enum verdict general(struct str code)
{
    if (has(code, "NotFound") || str_starts(code, STR("NoSuch")) || str_is(code, "HTTP 404"))
        return VERDICT_GONE;
    if (has(code, "AlreadyExist") || has(code, "AlreadyAssociated") || has(code, "AlreadyOwnedByYou") || has(code, "Duplicate"))
        return VERDICT_EXISTS;
    if (has(code, "InUse") || has(code, "DependencyViolation") || has(code, "DeleteConflict"))
        return VERDICT_BUSY;
    return VERDICT_FAILED;
}

static enum verdict refused(const struct rtype *t, struct str code, struct str *field)
{
    for (size_t i = 0; i < t->nsettling && !field->n; i++)
        if (str_eq(t->settling[i].code, code))
            *field = t->settling[i].field;
    if (listed(t->gone, t->ngone, code))
        return VERDICT_GONE;
    if (field->n)
        return VERDICT_SETTLING;
    if (listed(t->exists, t->nexists, code))
        return VERDICT_EXISTS;
    if (listed(t->busy, t->nbusy, code))
        return VERDICT_BUSY;
    if (listed(t->retry, t->nretry, code))
        return VERDICT_AGAIN;
    return general(code);
}

enum verdict resource_verdict(const struct rtype *t, const struct aws_result *r, struct str *field)
{
    *field = STR_NONE;
    switch (r->class) {
    case AWS_OK:
        return VERDICT_OK;
    case AWS_UNKNOWN:
        return VERDICT_UNKNOWN;
    case AWS_THROTTLED:
        return VERDICT_THROTTLED;
    case AWS_CREDENTIALS:
        return VERDICT_CREDENTIALS;
    case AWS_DENIED:
    case AWS_REFUSED:
        return refused(t, r->error.code, field);
    case AWS_NOT_SENT:
        break;
    }
    return VERDICT_FAILED;
}

enum readiness resource_ready(struct arena *a, const struct resource_view *v, struct str *why)
{
    struct resource_fault f = { 0 };
    const struct rtype *t = v->type;
    *why = STR_NONE;
    const struct value *bad = t->failed ? view_eval(a, v, NULL, NULL, t->failed, &f) : NULL;
    if (bad && bad->kind == VALUE_BOOL && bad->b) {
        const struct value *text = t->why ? view_eval(a, v, NULL, NULL, t->why, &f) : NULL;
        *why = text && text->kind != VALUE_NONE && value_is_known(text) ? value_text(a, text) : STR("AWS reports that it failed");
        return READY_FAILED;
    }
    if (!t->until)
        return READY;
    const struct value *done = view_eval(a, v, NULL, NULL, t->until, &f);
    return done && done->kind == VALUE_BOOL && done->b ? READY : READY_NOT_YET;
}
