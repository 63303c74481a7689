/* builtin_map.c - built-in functions over maps and objects. */
#include "builtin.h"
#include "kc/arena.h"

const struct value *bi_keys(struct call *c)
{
    size_t n = c->v[0]->object.n;
    const struct value **r = ARENA_ARRAY(c->a, const struct value *, n);
    for (size_t i = 0; i < n; i++)
        r[i] = value_str(c->a, c->v[0]->object.v[i].key);
    return value_list(c->a, r, n);
}

const struct value *bi_values(struct call *c)
{
    size_t n = c->v[0]->object.n;
    const struct value **r = ARENA_ARRAY(c->a, const struct value *, n);
    for (size_t i = 0; i < n; i++)
        r[i] = c->v[0]->object.v[i].value;
    return value_list(c->a, r, n);
}

const struct value *bi_get(struct call *c)
{
    const struct value *v = value_get(c->v[0], c->v[1]->s);
    if (v && (v->kind != VALUE_NONE || c->n < 3))
        return v;
    return c->n > 2 ? c->v[2] : &value_none;
}

const struct value *bi_has(struct call *c)
{
    const struct value *v = value_get(c->v[0], c->v[1]->s);
    return value_bool(v && v->kind != VALUE_NONE);
}

const struct value *bi_merge(struct call *c)
{
    size_t n = 0, k = 0;
    for (size_t i = 0; i < c->n; i++)
        n += c->v[i]->object.n;
    struct pair *p = ARENA_ARRAY(c->a, struct pair, n);
    for (size_t i = 0; i < c->n; i++)
        for (size_t j = 0; j < c->v[i]->object.n; j++)
            p[k++] = c->v[i]->object.v[j];
    return eval_merge(c->e, p, n, c->at);
}

static bool is_key(struct call *c, const struct value *k)
{
    if (k && k->kind == VALUE_STRING && !k->secret)
        return true;
    call_fail(c, k && k->secret ? "a secret may not become a key" : "a key must be text, got %s", k ? value_kind_name(k->kind) : "none");
    return false;
}

const struct value *bi_map_of(struct call *c)
{
    const struct value *keys = c->v[0], *values = c->v[1];
    size_t n = keys->list.n;
    if (n != values->list.n)
        return call_fail(c, "`map_of` takes as many values as keys, got %zu keys and %zu values", n, values->list.n);
    struct pair *p = ARENA_ARRAY(c->a, struct pair, n);
    for (size_t i = 0; i < n; i++) {
        if (keys->list.v[i]->kind == VALUE_UNKNOWN)
            return NULL;
        if (!is_key(c, keys->list.v[i]))
            return NULL;
        p[i] = (struct pair){ keys->list.v[i]->s, values->list.v[i] };
    }
    return eval_merge(c->e, p, n, c->at);
}

const struct value *bi_from_pairs(struct call *c)
{
    size_t n = c->v[0]->list.n;
    struct pair *p = ARENA_ARRAY(c->a, struct pair, n);
    for (size_t i = 0; i < n; i++) {
        const struct value *x = c->v[0]->list.v[i], *k = value_get(x, STR("key")), *v = value_get(x, STR("value"));
        if (x->kind == VALUE_UNKNOWN || (k && k->kind == VALUE_UNKNOWN))
            return NULL;
        if (!v)
            return call_fail(c, "`from_pairs` takes objects with `key` and `value`, got %.*s", STR_ARG(value_shown(c->a, x)));
        if (!is_key(c, k))
            return NULL;
        p[i] = (struct pair){ k->s, v };
    }
    return eval_merge(c->e, p, n, c->at);
}

const struct value *bi_pairs(struct call *c)
{
    size_t n = c->v[0]->object.n;
    const struct value **r = ARENA_ARRAY(c->a, const struct value *, n);
    for (size_t i = 0; i < n; i++) {
        const struct pair p[] = { { STR("key"), value_str(c->a, c->v[0]->object.v[i].key) }, { STR("value"), c->v[0]->object.v[i].value } };
        r[i] = value_object(c->a, p, 2);
    }
    return value_list(c->a, r, n);
}
