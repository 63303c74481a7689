/* builtin_list.c - built-in functions over lists. */
#include "builtin.h"
#include "kc/arena.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct value *bools(struct call *c, bool stop)
{
    for (size_t i = 0; i < c->v[0]->list.n; i++) {
        const struct value *x = c->v[0]->list.v[i];
        if (x->kind != VALUE_BOOL)
            return call_fail(c, "expected a list of true and false, got %s in it", value_kind_name(x->kind));
        if (x->b == stop)
            return value_bool(stop);
    }
    return value_bool(!stop);
}

const struct value *bi_all(struct call *c)
{
    return bools(c, false);
}

const struct value *bi_any(struct call *c)
{
    return bools(c, true);
}

const struct value *bi_size(struct call *c)
{
    const struct value *x = c->v[0];
    size_t n = 0;
    if (x->kind == VALUE_LIST)
        n = x->list.n;
    else if (x->kind == VALUE_OBJECT)
        n = x->object.n;
    else if (x->kind == VALUE_RANGE)
        n = (size_t)(x->range.hi - x->range.lo) + 1;
    else if (x->kind == VALUE_STRING)
        for (size_t i = 0; i < x->s.n; n++)
            str_rune(x->s, &i);
    else
        return call_fail(c, "`size` counts a list, map, range or text, got %s", value_kind_name(x->kind));
    return value_int(c->a, (int64_t)n);
}

static const struct value *part(struct call *c, size_t from, size_t to)
{
    return value_list(c->a, from < to ? c->v[0]->list.v + from : NULL, from < to ? to - from : 0);
}

static bool amount(struct call *c, size_t *n)
{
    if (c->v[1]->i < 0) {
        call_fail(c, "a number of elements cannot be negative: %lld", (long long)c->v[1]->i);
        return false;
    }
    *n = (uint64_t)c->v[1]->i < c->v[0]->list.n ? (size_t)c->v[1]->i : c->v[0]->list.n;
    return true;
}

const struct value *bi_take(struct call *c)
{
    size_t n;
    return amount(c, &n) ? part(c, 0, n) : NULL;
}

const struct value *bi_drop(struct call *c)
{
    size_t n;
    return amount(c, &n) ? part(c, n, c->v[0]->list.n) : NULL;
}

const struct value *bi_first(struct call *c)
{
    return c->v[0]->list.n ? c->v[0]->list.v[0] : &value_none;
}

const struct value *bi_last(struct call *c)
{
    return c->v[0]->list.n ? c->v[0]->list.v[c->v[0]->list.n - 1] : &value_none;
}

const struct value *bi_reverse(struct call *c)
{
    size_t n = c->v[0]->list.n;
    const struct value **r = ARENA_ARRAY(c->a, const struct value *, n);
    for (size_t i = 0; i < n; i++)
        r[i] = c->v[0]->list.v[n - 1 - i];
    return value_list(c->a, r, n);
}

static bool comparable(struct call *c, const char *what)
{
    const struct value *l = c->v[0];
    for (size_t i = 0; i < l->list.n; i++) {
        enum value_kind first = l->list.v[0]->kind, k = l->list.v[i]->kind;
        bool numbers = (first == VALUE_INT || first == VALUE_FLOAT) && (k == VALUE_INT || k == VALUE_FLOAT);
        if (k == VALUE_NONE || k >= VALUE_LIST || (k != first && !numbers)) {
            call_fail(c, "`%s` takes a list of scalars of one kind, got %s and %s", what, value_kind_name(first), value_kind_name(k));
            return false;
        }
    }
    return true;
}

static int by_value(const void *x, const void *y)
{
    return value_cmp(*(const struct value *const *)x, *(const struct value *const *)y);
}

const struct value *bi_sort(struct call *c)
{
    size_t n = c->v[0]->list.n;
    if (!comparable(c, "sort") || !eval_spend(c->e, n * 16, c->at))
        return NULL;
    const struct value **r = arena_copy(c->a, c->v[0]->list.v, n * sizeof *r);
    qsort(r, n, sizeof *r, by_value);
    return value_list(c->a, r, n);
}

struct place { const struct value *v; size_t at; };

static int by_value_then_place(const void *p, const void *q)
{
    const struct place *x = p, *y = q;
    int d = value_cmp(x->v, y->v);
    return d ? d : (x->at > y->at) - (x->at < y->at);
}

static int by_place(const void *p, const void *q)
{
    const struct place *x = p, *y = q;
    return (x->at > y->at) - (x->at < y->at);
}

const struct value *bi_distinct(struct call *c)
{
    size_t n = c->v[0]->list.n, k = 0;
    struct place *p = ARENA_ARRAY(c->a, struct place, n);
    for (size_t i = 0; i < n; i++)
        p[i] = (struct place){ c->v[0]->list.v[i], i };
    if (!eval_spend(c->e, n * 16, c->at))
        return NULL;
    qsort(p, n, sizeof *p, by_value_then_place);
    for (size_t i = 0; i < n; i++)
        if (!k || !value_eq(p[k - 1].v, p[i].v))
            p[k++] = p[i];
    qsort(p, k, sizeof *p, by_place);
    const struct value **r = ARENA_ARRAY(c->a, const struct value *, k);
    for (size_t i = 0; i < k; i++)
        r[i] = p[i].v;
    return value_list(c->a, r, k);
}

const struct value *bi_flatten(struct call *c)
{
    const struct value *l = c->v[0];
    size_t n = 0, k = 0;
    for (size_t i = 0; i < l->list.n; i++) {
        const struct value *x = l->list.v[i];
        if (x->kind == VALUE_UNKNOWN)                      /* how many elements is not known: all of it waits */
            return NULL;
        if (x->kind != VALUE_LIST)
            return call_fail(c, "`flatten` takes a list of lists, got %s in it", value_kind_name(x->kind));
        n += x->list.n;
    }
    if (!eval_spend(c->e, n, c->at))
        return NULL;
    const struct value **r = ARENA_ARRAY(c->a, const struct value *, n);
    for (size_t i = 0; i < l->list.n; i++)
        for (size_t j = 0; j < l->list.v[i]->list.n; j++)
            r[k++] = l->list.v[i]->list.v[j];
    return value_list(c->a, r, n);
}

const struct value *bi_contains(struct call *c)
{
    return op_known(c->e, OP_IN, c->v[1], c->v[0], c->at);
}

const struct value *bi_index_of(struct call *c)
{
    for (size_t i = 0; i < c->v[0]->list.n; i++)
        if (value_eq(c->v[0]->list.v[i], c->v[1]))
            return value_int(c->a, (int64_t)i);
    return &value_none;
}

const struct value *bi_zip(struct call *c)
{
    const struct value *x = c->v[0], *y = c->v[1];
    size_t n = x->list.n < y->list.n ? x->list.n : y->list.n;
    const struct value **r = ARENA_ARRAY(c->a, const struct value *, n);
    for (size_t i = 0; i < n; i++) {
        const struct pair p[] = { { STR("a"), x->list.v[i] }, { STR("b"), y->list.v[i] } };
        r[i] = value_object(c->a, p, 2);
    }
    return value_list(c->a, r, n);
}

const struct value *bi_sum(struct call *c)
{
    const struct value *l = c->v[0], *s = value_int(c->a, 0);
    for (size_t i = 0; i < l->list.n && s; i++)
        s = i ? op_known(c->e, OP_ADD, s, l->list.v[i], c->at) : l->list.v[0];
    if (s && (s->kind == VALUE_STRING || s->kind >= VALUE_LIST))
        return call_fail(c, "`sum` adds numbers, sizes or durations, got %s", value_kind_name(s->kind));
    return s;
}

static const struct value *extreme(struct call *c, const char *name, int sign)
{
    const struct value *l = c->v[0];
    if (l->kind == VALUE_RANGE)
        return value_int(c->a, sign < 0 ? l->range.lo : l->range.hi);
    if (l->kind != VALUE_LIST)
        return call_fail(c, "`%s` takes a list or a range, got %s", name, value_kind_name(l->kind));
    if (!l->list.n)
        return call_fail(c, "`%s` of an empty list", name);
    if (!comparable(c, name))
        return NULL;
    const struct value *best = l->list.v[0];
    for (size_t i = 1; i < l->list.n; i++)
        if (value_cmp(l->list.v[i], best) * sign > 0)
            best = l->list.v[i];
    return best;
}

const struct value *bi_min(struct call *c)
{
    return extreme(c, "min", -1);
}

const struct value *bi_max(struct call *c)
{
    return extreme(c, "max", 1);
}

const struct value *bi_to_list(struct call *c)
{
    int64_t lo = c->v[0]->range.lo;
    uint64_t n = (uint64_t)c->v[0]->range.hi - (uint64_t)lo;
    if (n >= EVAL_NODES)
        return call_fail(c, "a list of more than %d numbers", EVAL_NODES);
    if (!eval_spend(c->e, 2 * (size_t)n + 2, c->at))
        return NULL;
    const struct value **r = ARENA_ARRAY(c->a, const struct value *, (size_t)n + 1);
    for (size_t i = 0; i <= n; i++)
        r[i] = value_int(c->a, lo + (int64_t)i);
    return value_list(c->a, r, (size_t)n + 1);
}

static const struct value *compact_object(struct call *c)
{
    const struct value *o = c->v[0];
    struct pair *p = ARENA_ARRAY(c->a, struct pair, o->object.n);
    size_t k = 0;
    for (size_t i = 0; i < o->object.n; i++)
        if (o->object.v[i].value->kind != VALUE_NONE)
            p[k++] = o->object.v[i];
    return value_object(c->a, p, k);
}

/* An unknown element that may turn out none: all of it waits. */
static bool undecided(const struct value *v)
{
    return v->kind == VALUE_UNKNOWN && (!v->unknown.type || type_may_be_none(v->unknown.type));
}

const struct value *bi_compact(struct call *c)
{
    const struct value *l = c->v[0];
    for (size_t i = 0; l->kind == VALUE_LIST && i < l->list.n; i++)
        if (undecided(l->list.v[i]))
            return NULL;
    for (size_t i = 0; l->kind == VALUE_OBJECT && i < l->object.n; i++)
        if (undecided(l->object.v[i].value))
            return NULL;
    if (l->kind == VALUE_OBJECT)
        return compact_object(c);
    if (l->kind != VALUE_LIST)
        return call_fail(c, "`compact` takes a list or an object, got %s", value_kind_name(l->kind));
    const struct value **r = ARENA_ARRAY(c->a, const struct value *, l->list.n);
    size_t k = 0;
    for (size_t i = 0; i < l->list.n; i++)
        if (l->list.v[i]->kind != VALUE_NONE)
            r[k++] = l->list.v[i];
    return value_list(c->a, r, k);
}
