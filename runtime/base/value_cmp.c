/* value_cmp.c - equality and order of values. A version without patch counts as patch 0. Digests are equal as what they are: whether one may be of
 * some value is for who has the keys (keyring.h). */
#include "kc/value.h"
#include "kc/arena.h"
#include <stdlib.h>
#include <string.h>

static bool is_number(const struct value *v)
{
    return v->kind == VALUE_INT || v->kind == VALUE_FLOAT;
}

static int cmp_int(int64_t x, int64_t y)
{
    return (x > y) - (x < y);
}

static int cmp_float(double x, double y)
{
    return (x > y) - (x < y);
}

static long double number(const struct value *v)
{
    return v->kind == VALUE_INT ? (long double)v->i : (long double)v->f;
}

static int cmp_number(const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_INT && b->kind == VALUE_INT)
        return cmp_int(a->i, b->i);
    long double x = number(a), y = number(b);
    return (x > y) - (x < y);
}

static int cmp_ip(struct ip x, struct ip y)
{
    if (x.v6 != y.v6)
        return x.v6 ? 1 : -1;
    return memcmp(x.b, y.b, x.v6 ? 16 : 4);
}

static int cmp_version(struct version x, struct version y)
{
    int c = cmp_int(x.major, y.major);
    c = c ? c : cmp_int(x.minor, y.minor);
    return c ? c : cmp_int(x.patch < 0 ? 0 : x.patch, y.patch < 0 ? 0 : y.patch);
}

static int cmp_digest(const struct digest *x, const struct digest *y)
{
    int c = memcmp(x->key, y->key, sizeof x->key);
    c = c ? c : memcmp(x->sum, y->sum, sizeof x->sum);
    return c ? c : (x->size > y->size) - (x->size < y->size);
}

static int cmp_list(const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < a->list.n && i < b->list.n; i++) {
        int c = value_cmp(a->list.v[i], b->list.v[i]);
        if (c)
            return c;
    }
    return (a->list.n > b->list.n) - (a->list.n < b->list.n);
}

static int by_key(const void *x, const void *y)
{
    return str_cmp(((const struct pair *)x)->key, ((const struct pair *)y)->key);
}

static int cmp_object(const struct value *a, const struct value *b)
{
    struct arena *tmp = arena_new();
    struct pair *x = arena_copy(tmp, a->object.v, a->object.n * sizeof *x);
    struct pair *y = arena_copy(tmp, b->object.v, b->object.n * sizeof *y);
    qsort(x, a->object.n, sizeof *x, by_key);
    qsort(y, b->object.n, sizeof *y, by_key);
    int c = 0;
    for (size_t i = 0; !c && i < a->object.n && i < b->object.n; i++) {
        c = str_cmp(x[i].key, y[i].key);
        c = c ? c : value_cmp(x[i].value, y[i].value);
    }
    arena_free(tmp);
    return c ? c : (a->object.n > b->object.n) - (a->object.n < b->object.n);
}

int value_cmp(const struct value *a, const struct value *b)
{
    if (a == b)
        return 0;
    if (is_number(a) && is_number(b))
        return cmp_number(a, b);
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    switch (a->kind) {
    case VALUE_NONE: return 0;
    case VALUE_BOOL: return a->b - b->b;
    case VALUE_STRING: return str_cmp(a->s, b->s);
    case VALUE_REF: return str_cmp(a->addr, b->addr);
    case VALUE_IP: return cmp_ip(a->ip, b->ip);
    case VALUE_CIDR: {
        int c = cmp_ip(a->cidr.ip, b->cidr.ip);
        return c ? c : cmp_int(a->cidr.bits, b->cidr.bits);
    }
    case VALUE_INT: case VALUE_SIZE: case VALUE_DURATION: return cmp_int(a->i, b->i);
    case VALUE_FLOAT: case VALUE_PERCENT: return cmp_float(a->f, b->f);
    case VALUE_RANGE: {
        int c = cmp_int(a->range.lo, b->range.lo);
        return c ? c : cmp_int(a->range.hi, b->range.hi);
    }
    case VALUE_VERSION: return cmp_version(a->version, b->version);
    case VALUE_LIST: return cmp_list(a, b);
    case VALUE_OBJECT: return cmp_object(a, b);
    case VALUE_UNKNOWN: return (a->unknown.term > b->unknown.term) - (a->unknown.term < b->unknown.term);
    case VALUE_DIGEST: return cmp_digest(a->digest, b->digest);
    }
    return 0;
}

bool value_eq(const struct value *a, const struct value *b)
{
    if (a == b)
        return true;
    if (a->kind == VALUE_LIST && b->kind == VALUE_LIST) {
        if (a->list.n != b->list.n)
            return false;
        for (size_t i = 0; i < a->list.n; i++)
            if (!value_eq(a->list.v[i], b->list.v[i]))
                return false;
        return true;
    }
    if (a->kind == VALUE_OBJECT && b->kind == VALUE_OBJECT) {
        if (a->object.n != b->object.n)
            return false;
        for (size_t i = 0; i < a->object.n; i++) {
            const struct value *y = value_get(b, a->object.v[i].key);
            if (!y || !value_eq(a->object.v[i].value, y))
                return false;
        }
        return true;
    }
    return value_cmp(a, b) == 0;
}
