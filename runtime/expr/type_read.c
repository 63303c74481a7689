/* type_read.c - values of a reply taken as a declared type. Replies are lenient in form (XML has only text) and strict in meaning:
 * an id with the wrong prefix or an address that is none is refused, an enumeration value that kc does not know yet is kept. */
#include "expr.h"
#include "kc/arena.h"
#include "kc/json.h"
#include <stdlib.h>
#include <string.h>

static const struct value *read_as(struct arena *a, const struct type *t, const struct value *v, unsigned depth);

static const struct value *read_int(struct arena *a, const struct value *v, enum value_kind k)
{
    int64_t i;
    if (v->kind == VALUE_INT || v->kind == k)
        return v->kind == k ? v : value_of_kind(a, k, v->i);
    if (v->kind == VALUE_FLOAT && v->f >= -9e15 && v->f <= 9e15 && v->f - (double)(int64_t)v->f == 0.0)
        return value_of_kind(a, k, (int64_t)v->f);
    return v->kind == VALUE_STRING && str_int(v->s, &i) ? value_of_kind(a, k, i) : NULL;
}

static const struct value *read_float(struct arena *a, const struct value *v, bool percent)
{
    double f;
    if (v->kind == VALUE_FLOAT || v->kind == VALUE_PERCENT) {
        f = v->f;
    } else if (v->kind == VALUE_INT) {
        f = (double)v->i;
    } else if (v->kind == VALUE_STRING && v->s.n && v->s.n < 64) {
        const char *s = str_c(a, v->s);
        char *end;
        f = strtod(s, &end);
        if (*end || !(f - f == 0.0))                       /* text after it, or not finite */
            return NULL;
    } else {
        return NULL;
    }
    return percent ? value_percent(a, f) : value_float(a, f);
}

static const struct value *read_bool(const struct value *v)
{
    if (v->kind == VALUE_BOOL)
        return v;
    if (v->kind != VALUE_STRING)
        return NULL;
    if (str_caseeq(v->s, STR("true")))
        return &value_true;
    return str_caseeq(v->s, STR("false")) ? &value_false : NULL;
}

static const struct value *read_parsed(struct arena *a, const struct type *t, const struct value *v)
{
    struct cidr c;
    struct ip ip;
    struct version ver;
    int64_t n;
    if (v->kind != VALUE_STRING)
        return type_of_kind(v->kind)->kind == t->kind ? v : NULL;
    if (t->kind == TYPE_CIDR)
        return cidr_parse(v->s, &c, NULL) && (!t->family || (t->family == 6) == c.ip.v6) ? value_cidr(a, c) : NULL;
    if (t->kind == TYPE_IP)
        return ip_parse(v->s, &ip) && (!t->family || (t->family == 6) == ip.v6) ? value_ip(a, ip) : NULL;
    if (t->kind == TYPE_VERSION)
        return version_parse(v->s, &ver) ? value_version(a, ver) : NULL;
    return t->kind == TYPE_DURATION && duration_parse(v->s, &n) ? value_of_kind(a, VALUE_DURATION, n) : NULL;
}

static const struct value *read_text(struct arena *a, const struct type *t, const struct value *v)
{
    if (v->kind == VALUE_LIST || v->kind == VALUE_OBJECT)
        return NULL;
    const struct value *s = v->kind == VALUE_STRING ? v : value_str(a, value_text(a, v));
    if (t->kind == TYPE_ID && !id_fits(t->name, s->s))
        return NULL;
    return t->kind == TYPE_ARN && !arn_fits(t->name, t->sub, s->s) ? NULL : s;
}

static const struct value *read_document(struct arena *a, const struct value *v)
{
    struct str why;
    const struct value *tree = v->kind == VALUE_STRING ? json_read(a, v->s, 0, &why) : v;
    if (!tree)
        return NULL;
    struct buf b = { 0 };
    json_write(&b, tree, JSON_CANONICAL, true);
    return value_str(a, buf_take(&b, a));
}

static int by_value(const void *p, const void *q)
{
    return value_cmp(*(const struct value *const *)p, *(const struct value *const *)q);
}

static const struct value *read_list(struct arena *a, const struct type *t, const struct value *v, unsigned depth)
{
    if (v->kind != VALUE_LIST)
        return NULL;
    const struct value **r = ARENA_ARRAY(a, const struct value *, v->list.n);
    for (size_t i = 0; i < v->list.n; i++)
        if (!(r[i] = read_as(a, t->elem, v->list.v[i], depth + 1)))
            return NULL;
    if (t->kind == TYPE_SET)
        qsort(r, v->list.n, sizeof *r, by_value);
    return value_list(a, r, v->list.n);
}

static const struct value *read_map(struct arena *a, const struct type *t, const struct value *v, unsigned depth)
{
    if (v->kind != VALUE_OBJECT)
        return NULL;
    struct pair *p = ARENA_ARRAY(a, struct pair, v->object.n);
    for (size_t i = 0; i < v->object.n; i++) {
        p[i] = (struct pair){ v->object.v[i].key, read_as(a, t->elem, v->object.v[i].value, depth + 1) };
        if (!p[i].value)
            return NULL;
    }
    return value_object(a, p, v->object.n);
}

static const struct value *read_object(struct arena *a, const struct type *t, const struct value *v, unsigned depth)
{
    if (v->kind != VALUE_OBJECT)
        return NULL;
    struct pair *p = ARENA_ARRAY(a, struct pair, t->nfields + v->object.n);
    size_t n = 0;
    for (size_t i = 0; i < t->nfields; i++) {
        const struct value *w = value_get(v, t->fields[i].name);
        w = w ? read_as(a, t->fields[i].type, w, depth + 1) : &value_none;
        if (!w)
            return NULL;
        p[n++] = (struct pair){ t->fields[i].name, w };
    }
    for (size_t i = 0; i < v->object.n && t->open; i++)
        if (!type_field(t, v->object.v[i].key))
            p[n++] = v->object.v[i];
    return value_object(a, p, n);
}

static const struct value *read_union(struct arena *a, const struct type *t, const struct value *v, unsigned depth)
{
    bool literals = true;
    for (size_t i = 0; i < t->nalt; i++) {
        literals &= t->alt[i]->kind == TYPE_LITERAL;
        const struct value *r = read_as(a, t->alt[i], v, depth + 1);
        if (r)
            return r;
    }
    return literals && v->kind < VALUE_LIST ? v : NULL;    /* AWS grows its enumerations */
}

static const struct value *read_literal(struct arena *a, const struct type *t, const struct value *v)
{
    const struct value *r = read_as(a, type_of_kind(t->literal->kind), v, 0);
    return r && value_eq(r, t->literal) ? r : NULL;
}

static const struct value *read_kind(struct arena *a, const struct type *t, const struct value *v, unsigned depth)
{
    switch (t->kind) {
    case TYPE_SECRET: case TYPE_OPTIONAL: return read_as(a, t->elem, v, depth);
    case TYPE_BOOL: return read_bool(v);
    case TYPE_INT: return read_int(a, v, VALUE_INT);
    case TYPE_SIZE: return read_int(a, v, VALUE_SIZE);
    case TYPE_FLOAT: return read_float(a, v, false);
    case TYPE_PERCENT: return read_float(a, v, true);
    case TYPE_STRING: case TYPE_ID: case TYPE_ARN: return read_text(a, t, v);
    case TYPE_CIDR: case TYPE_IP: case TYPE_VERSION: case TYPE_DURATION: case TYPE_RANGE: return read_parsed(a, t, v);
    case TYPE_DOCUMENT: return read_document(a, v);
    case TYPE_BLOB: return v->kind == VALUE_STRING ? value_bulk(a, v) : NULL;
    case TYPE_LIST: case TYPE_SET: return read_list(a, t, v, depth);
    case TYPE_MAP: return read_map(a, t, v, depth);
    case TYPE_OBJECT: return read_object(a, t, v, depth);
    case TYPE_UNION: return read_union(a, t, v, depth);
    case TYPE_LITERAL: return read_literal(a, t, v);
    case TYPE_ANY: case TYPE_ERROR: case TYPE_NONE: case TYPE_INSTANCE: break;
    }
    return v;
}

static const struct value *read_as(struct arena *a, const struct type *t, const struct value *v, unsigned depth)
{
    if (depth > TYPE_DEPTH)
        return NULL;
    if (v->kind == VALUE_NONE || v->kind == VALUE_UNKNOWN || v->kind == VALUE_DIGEST)
        return v;
    const struct value *r = read_kind(a, t, v, depth);
    return r && (t->kind == TYPE_SECRET || v->secret || (t->kind == TYPE_DOCUMENT && value_has_secret(v))) ? value_secret(a, r) : r;
}

const struct value *type_read(struct arena *a, const struct type *t, const struct value *v)
{
    return read_as(a, t, v, 0);
}
