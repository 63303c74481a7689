/* check.c - what the model demands of an input beyond its form: required members, enums, lengths, ranges. */
#include "room.h"

static bool check_at(struct request *r, const struct shape *s, const struct value *v, struct str at, int depth);

static struct str inner(struct request *r, struct str at, struct str name)
{
    return at.n ? str_fmt(r->a, "%.*s.%.*s", STR_ARG(at), STR_ARG(name)) : name;
}

static size_t runes(struct str x)
{
    size_t i, n = 0;

    for (i = 0; i < x.n; i++)
        n += (x.s[i] & 0xc0) != 0x80;
    return n;
}

static bool check_range(struct request *r, const struct shape *s, const struct value *v, struct str at)
{
    double n;

    switch (v->kind) {
    case VALUE_STRING:
        n = (double)runes(v->s);
        break;
    case VALUE_LIST:
        n = (double)v->list.n;
        break;
    case VALUE_OBJECT:
        n = (double)v->object.n;
        break;
    case VALUE_INT:
        n = (double)v->i;
        break;
    case VALUE_FLOAT:
        n = v->f;
        break;
    default:
        return true;
    }
    if ((s->has_lo && n < s->lo) || (s->has_hi && n > s->hi))
        return sim_refuse(r, code_of(r, "value"), "Value at '%.*s' failed to satisfy constraint: %s must be %s %g", STR_ARG(at),
                      v->kind == VALUE_INT || v->kind == VALUE_FLOAT ? "it" : "its length", s->has_lo && n < s->lo ? "at least" : "at most",
                      s->has_lo && n < s->lo ? s->lo : s->hi);
    return true;
}

static bool check_enum(struct request *r, const struct shape *s, const struct value *v, struct str at)
{
    size_t i;

    for (i = 0; i < s->nvalues; i++)
        if (v->kind == VALUE_STRING && str_eq(s->values[i], v->s))
            return true;
    return sim_refuse(r, code_of(r, "value"), "Value (%.*s) for parameter %.*s is invalid: it is none of the values that this parameter takes",
                  STR_ARG(value_text(r->a, v)), STR_ARG(at));
}

static bool check_members(struct request *r, const struct shape *s, const struct value *v, struct str at, int depth)
{
    size_t i;

    for (i = 0; i < s->nmembers; i++) {
        const struct value *m = value_get(v, s->members[i].name);
        struct str path = inner(r, at, s->members[i].name);

        if (!m && s->members[i].required && !s->members[i].token)
            return sim_refuse(r, code_of(r, "required"), "The request must contain the parameter %.*s", STR_ARG(path));
        if (m && !check_at(r, s->members[i].shape, m, path, depth + 1))
            return false;
    }
    return true;
}

static bool check_at(struct request *r, const struct shape *s, const struct value *v, struct str at, int depth)
{
    size_t i;

    if (depth > SIM_DEPTH || v->kind == VALUE_NONE)
        return true;
    if (s->kind == SHAPE_ENUM && !check_enum(r, s, v, at))
        return false;
    if (s->kind != SHAPE_TIME && s->kind != SHAPE_BLOB && !check_range(r, s, v, at))
        return false;
    if (s->kind == SHAPE_STRUCT)
        return check_members(r, s, v, at, depth);
    for (i = 0; s->kind == SHAPE_LIST && v->kind == VALUE_LIST && i < v->list.n; i++)
        if (!check_at(r, s->elem, v->list.v[i], str_fmt(r->a, "%.*s.%zu", STR_ARG(at), i + 1), depth + 1))
            return false;
    for (i = 0; s->kind == SHAPE_MAP && v->kind == VALUE_OBJECT && i < v->object.n; i++)
        if (!check_at(r, s->elem, v->object.v[i].value, inner(r, at, v->object.v[i].key), depth + 1))
            return false;
    return true;
}

bool check_input(struct request *r)
{
    return !r->op->in || check_at(r, r->op->in, r->input, STR_NONE, 0);
}
