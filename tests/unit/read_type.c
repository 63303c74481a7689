/* read_type.c - types out of JSON, in the form of runtime/expr/type_json.c. */
#include "read_term.h"
#include "expr/expr.h"
#include "kc/arena.h"

static const struct type *read_type(struct arena *a, const struct value *v, unsigned depth);

static struct str read_text(const struct value *v, const char *key)
{
    const struct value *s = value_get(v, str_of(key));
    return s && s->kind == VALUE_STRING ? s->s : STR_NONE;
}

static bool read_flag(const struct value *v, const char *key)
{
    const struct value *b = value_get(v, str_of(key));
    return b && b->kind == VALUE_BOOL && b->b;
}

static bool read_bound(const struct value *v, const char *key, double *out)
{
    const struct value *f = value_get(v, str_of(key));
    if (f && f->kind == VALUE_FLOAT)
        *out = f->f;
    return f && f->kind == VALUE_FLOAT;
}

static bool read_kind(struct str name, struct type *t)
{
    for (size_t i = 0; i < ntype_kinds; i++) {
        if (!str_is(name, type_kinds[i].name))
            continue;
        t->kind = type_kinds[i].kind;
        t->family = type_kinds[i].family;
        t->elem = t->kind == TYPE_RANGE ? &type_int : NULL;
        return true;
    }
    return false;
}

static bool read_fields(struct arena *a, const struct value *v, struct type *t, unsigned depth)
{
    const struct value *l = value_get(v, STR("fields"));
    if (!l || l->kind != VALUE_LIST)
        return false;
    struct type_field *f = ARENA_ARRAY(a, struct type_field, l->list.n);
    for (size_t i = 0; i < l->list.n; i++) {
        const struct value *x = l->list.v[i], *type = value_get(x, STR("type")), *dflt = value_get(x, STR("default"));
        f[i].name = read_text(x, "name");
        f[i].type = type ? read_type(a, type, depth + 1) : NULL;
        f[i].dflt = dflt ? read_term_json(a, dflt) : NULL;
        if (!f[i].name.s || !f[i].type || (dflt && !f[i].dflt))
            return false;
    }
    t->fields = f;
    t->nfields = l->list.n;
    return true;
}

static bool read_alternatives(struct arena *a, const struct value *v, struct type *t, unsigned depth)
{
    const struct value *l = value_get(v, STR("alt"));
    if (!l || l->kind != VALUE_LIST)
        return false;
    const struct type **alt = ARENA_ARRAY(a, const struct type *, l->list.n);
    for (size_t i = 0; i < l->list.n; i++)
        if (!(alt[i] = read_type(a, l->list.v[i], depth + 1)))
            return false;
    t->alt = alt;
    t->nalt = l->list.n;
    return true;
}

static bool read_parts(struct arena *a, const struct value *v, struct type *t, unsigned depth)
{
    const struct value *elem = value_get(v, STR("elem")), *key = value_get(v, STR("key")), *check = value_get(v, STR("check"));
    bool holds = t->kind == TYPE_LIST || t->kind == TYPE_SET || t->kind == TYPE_MAP || t->kind == TYPE_OPTIONAL || t->kind == TYPE_SECRET;
    if (holds != (elem != NULL) || (elem && !(t->elem = read_type(a, elem, depth + 1))))
        return false;
    if (key && !(t->key = read_type(a, key, depth + 1)))
        return false;
    if (check && !(t->check = read_term_json(a, check)))
        return false;
    t->literal = value_get(v, STR("value"));
    if ((t->kind == TYPE_LITERAL) != (t->literal != NULL))
        return false;
    if (t->kind == TYPE_OBJECT && !read_fields(a, v, t, depth))
        return false;
    return t->kind != TYPE_UNION || read_alternatives(a, v, t, depth);
}

static const struct type *read_type(struct arena *a, const struct value *v, unsigned depth)
{
    struct type *t = ARENA_NEW(a, struct type);
    if (depth > TYPE_DEPTH)
        return NULL;
    if (v->kind == VALUE_STRING)
        return read_kind(v->s, t) && read_parts(a, &value_empty_object, t, depth) ? t : NULL;
    if (!read_kind(read_text(v, "kind"), t) || !read_parts(a, v, t, depth))
        return NULL;
    t->name = read_text(v, "name");
    t->sub = read_text(v, "sub");
    t->open = read_flag(v, "open");
    t->one_of = read_flag(v, "one_of");
    t->has_lo = read_bound(v, "lo", &t->lo);
    t->has_hi = read_bound(v, "hi", &t->hi);
    t->check_text = read_text(v, "check_text");
    t->message = read_text(v, "message");
    return t;
}

const struct type *read_type_json(struct arena *a, const struct value *v)
{
    return read_type(a, v, 0);
}
