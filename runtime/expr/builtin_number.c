/* builtin_number.c - built-in functions over numbers, sizes, durations, percentages and versions. */
#include "builtin.h"
#include "kc/arena.h"
#include <math.h>
#include <stdlib.h>

static double number(const struct value *v)
{
    return v->kind == VALUE_INT ? (double)v->i : v->f;
}

const struct value *bi_abs(struct call *c)
{
    if (c->v[0]->kind == VALUE_FLOAT)
        return value_float(c->a, fabs(c->v[0]->f));
    if (c->v[0]->i == INT64_MIN)
        return call_fail(c, "the result does not fit in 64 bits");
    return value_int(c->a, llabs(c->v[0]->i));
}

static const struct value *whole(struct call *c, enum value_kind k, double f)
{
    if (!(f >= -9223372036854775808.0 && f < 9223372036854775808.0))
        return call_fail(c, "the result does not fit in 64 bits");
    return value_of_kind(c->a, k, (int64_t)f);
}

static const struct value *rounded(struct call *c, double (*how)(double))
{
    return c->v[0]->kind == VALUE_INT ? c->v[0] : whole(c, VALUE_INT, how(c->v[0]->f));
}

const struct value *bi_ceil(struct call *c)
{
    return rounded(c, ceil);
}

const struct value *bi_floor(struct call *c)
{
    return rounded(c, floor);
}

const struct value *bi_round(struct call *c)
{
    return rounded(c, round);
}

static bool divide(struct call *c, int64_t *quotient, int64_t *rest)
{
    int64_t x = c->v[0]->i, y = c->v[1]->i;
    if (!y || (x == INT64_MIN && y == -1)) {
        call_fail(c, y ? "the result does not fit in 64 bits" : "division by zero");
        return false;
    }
    *quotient = x / y;
    *rest = x % y;
    if (*rest && (*rest < 0) != (y < 0)) {
        *quotient -= 1;
        *rest += y;
    }
    return true;
}

const struct value *bi_div(struct call *c)
{
    int64_t q, r;
    return divide(c, &q, &r) ? value_int(c->a, q) : NULL;
}

const struct value *bi_mod(struct call *c)
{
    int64_t q, r;
    return divide(c, &q, &r) ? value_int(c->a, r) : NULL;
}

/* ---- to and from text and numbers ---- */

const struct value *bi_to_int(struct call *c)
{
    const struct value *v = c->v[0];
    int64_t i;
    if (v->kind == VALUE_INT)
        return v;
    if (v->kind == VALUE_STRING)
        return str_int(str_trim(v->s), &i) ? value_int(c->a, i) : call_fail(c, "%.*s is not an integer", STR_ARG(value_shown(c->a, v)));
    if (v->kind != VALUE_FLOAT && v->kind != VALUE_PERCENT)
        return call_fail(c, "`to_int` takes a number, a percentage or text, got %s", value_kind_name(v->kind));
    if (floor(v->f) < v->f)
        return call_fail(c, "%.*s is not whole: round, floor or ceil it", STR_ARG(value_shown(c->a, v)));
    return whole(c, VALUE_INT, v->f);
}

const struct value *bi_to_float(struct call *c)
{
    const struct value *v = c->v[0];
    if (v->kind == VALUE_INT || v->kind == VALUE_FLOAT || v->kind == VALUE_PERCENT)
        return value_float(c->a, number(v));
    if (v->kind != VALUE_STRING)
        return call_fail(c, "`to_float` takes a number, a percentage or text, got %s", value_kind_name(v->kind));
    const struct value *f = type_read(c->a, &type_float, v);
    return f ? f : call_fail(c, "%.*s is not a number", STR_ARG(value_shown(c->a, v)));
}

const struct value *bi_to_string(struct call *c)
{
    struct str s = expr_to_text(c->e, c->v[0], c->at);
    return c->e->failed ? NULL : value_string(c->a, s);
}

const struct value *bi_percent(struct call *c)
{
    return value_percent(c->a, number(c->v[0]));
}

/* ---- sizes and durations ---- */

static const struct value *scaled(struct call *c, enum value_kind k, int64_t unit)
{
    int64_t i;
    if (c->v[0]->kind == VALUE_FLOAT)
        return whole(c, k, c->v[0]->f * (double)unit);
    if (__builtin_mul_overflow(c->v[0]->i, unit, &i))
        return call_fail(c, "the result does not fit in 64 bits");
    return value_of_kind(c->a, k, i);
}

static const struct value *counted(struct call *c, int64_t unit, const char *name)
{
    int64_t i = c->v[0]->i;
    if (i % unit)
        return call_fail(c, "%.*s is not a whole number of %s", STR_ARG(value_shown(c->a, c->v[0])), name);
    return value_int(c->a, i / unit);
}

#define FROM(name, kind, unit)                        \
    const struct value *bi_##name(struct call *c)     \
    {                                                 \
        return scaled(c, kind, unit);                 \
    }
#define TO(name, unit, text)                          \
    const struct value *bi_##name(struct call *c)     \
    {                                                 \
        return counted(c, unit, text);                \
    }
FROM(bytes, VALUE_SIZE, 1)
FROM(mib, VALUE_SIZE, 1 << 20)
FROM(gib, VALUE_SIZE, 1 << 30)
FROM(seconds, VALUE_DURATION, 1000)
FROM(minutes, VALUE_DURATION, 60000)
FROM(hours, VALUE_DURATION, 3600000)
FROM(days, VALUE_DURATION, 86400000)
TO(to_bytes, 1, "bytes")
TO(to_mib, 1 << 20, "MiB")
TO(to_gib, 1 << 30, "GiB")
TO(to_seconds, 1000, "seconds")
TO(to_minutes, 60000, "minutes")
TO(to_hours, 3600000, "hours")
TO(to_days, 86400000, "days")
#undef FROM
#undef TO

/* ---- versions ---- */

const struct value *bi_major(struct call *c)
{
    return value_int(c->a, c->v[0]->version.major);
}

const struct value *bi_minor(struct call *c)
{
    return value_int(c->a, c->v[0]->version.minor);
}

const struct value *bi_major_minor(struct call *c)
{
    return value_version(c->a, (struct version){ c->v[0]->version.major, c->v[0]->version.minor, -1 });
}

const struct value *bi_version(struct call *c)
{
    struct version v;
    return version_parse(c->v[0]->s, &v) ? value_version(c->a, v)
                                         : call_fail(c, "%.*s is not a version such as 1.31", STR_ARG(value_shown(c->a, c->v[0])));
}
