/* limit.c - token buckets per action and region (docs/design.md, Limits of AWS): service = { limits = { "Describe*" = [100, 20], "*" = [50, 5] } }. */
#include "room.h"

static double number(const struct value *v, size_t i)
{
    if (v->kind != VALUE_LIST || i >= v->list.n)
        return 0;
    return v->list.v[i]->kind == VALUE_INT ? (double)v->list.v[i]->i : v->list.v[i]->kind == VALUE_FLOAT ? v->list.v[i]->f : 0;
}

static const struct value *limit_of(const struct request *r)
{
    const struct value *limits = value_get(r->service->data, STR("limits"));
    size_t i;

    for (i = 0; limits && limits->kind == VALUE_OBJECT && i < limits->object.n; i++)
        if (sim_glob(limits->object.v[i].key, r->op->name))
            return limits->object.v[i].value;
    return NULL;
}

bool limit_take(struct request *r)
{
    struct sim *s = r->sim;
    const struct value *limit = s->o.strict_limits ? limit_of(r) : NULL;
    struct bucket *b;
    struct str key;

    if (!limit)
        return true;
    key = str_fmt(s->account, "%.*s %.*s %.*s", STR_ARG(r->service->name), STR_ARG(r->op->name), STR_ARG(r->region));
    b = map_get(&s->buckets, key);
    if (!b) {
        b = ARENA_NEW(s->account, struct bucket);
        *b = (struct bucket){ .level = number(limit, 0), .size = number(limit, 0), .rate = number(limit, 1), .at = s->now };
        map_put(&s->buckets, key, b);
    }
    b->level += (double)(s->now - b->at) * b->rate / 1000;
    b->at = s->now;
    if (b->level > b->size)
        b->level = b->size;
    if (b->level < 1)
        return sim_refuse(r, code_of(r, "throttle"), "Request limit exceeded.");
    b->level -= 1;
    return true;
}
