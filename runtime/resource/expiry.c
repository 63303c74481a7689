/* expiry.c - when an object ends: a certificate, a key. What inputs and outs say is believed as it is: a time of AWS's replies, or text of RFC 3339. */
#include "kc/date.h"
#include "view.h"

static bool read_time(const struct value *v, int64_t *ms)
{
    if (v->kind == VALUE_STRING && !v->secret)
        return date_read(v->s, ms);
    *ms = v->kind == VALUE_INT ? v->i : 0;
    return v->kind == VALUE_INT && !v->secret && date_in_range(*ms);
}

static struct str words(struct arena *a, int64_t left, int64_t days)
{
    if (left <= 0)
        return STR("has ended");
    return days == 0 ? STR("ends within a day") : str_fmt(a, "ends in %lld day%s", (long long)days, days == 1 ? "" : "s");
}

struct expiry resource_expiry(struct arena *a, const struct resource_view *v, int64_t now)
{
    enum { BRIEF = 40 };
    struct resource_fault f = { 0 };
    struct expiry x = { .kind = EXPIRY_NONE };
    const struct value *end = v->type->expires ? view_eval(a, v, NULL, NULL, v->type->expires, &f) : &value_none;
    if (end && (end->kind == VALUE_NONE || !value_is_known(end)))
        return x;
    if (!end || !read_time(end, &x.at)) {
        x.kind = EXPIRY_ODD;
        x.words = end ? str_fmt(a, "%.*s is no time", STR_ARG(value_brief(a, end, BRIEF))) : f.problem;
        return x;
    }
    int64_t left = x.at - now;
    x.kind = EXPIRY_AT;
    x.days = left / DAY_MS - (left % DAY_MS < 0);
    x.when = date_text(a, x.at);
    x.words = words(a, left, x.days);
    return x;
}
