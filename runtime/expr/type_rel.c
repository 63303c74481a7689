/* type_rel.c - which types fit where, and what two of them have in common. Constraints play no part here. */
#include "expr.h"
#include "kc/arena.h"
#include <string.h>

static bool fits(const struct type *to, const struct type *from, unsigned depth);

static const struct type *strip_secret(const struct type *t)
{
    while (t->kind == TYPE_SECRET)
        t = t->elem;
    return t;
}

static bool literal_fits(const struct type *to, const struct value *v)
{
    if (v->kind == VALUE_STRING && to->kind == TYPE_ID)
        return id_fits(to->name, v->s);
    if (v->kind == VALUE_STRING && to->kind == TYPE_ARN)
        return arn_fits(to->name, to->sub, v->s);
    if (to->kind == TYPE_LITERAL)
        return to->literal->kind == v->kind && value_eq(to->literal, v);
    return fits(to, type_of_kind(v->kind), 0);
}

/* A field of `to` may be absent, or none, when it has a default or is optional. */
static bool field_fits(const struct type_field *to, const struct type *from, unsigned depth)
{
    from = strip_secret(from);
    if (to->dflt && from->kind == TYPE_NONE)
        return true;
    if (to->dflt && from->kind == TYPE_OPTIONAL)
        from = from->elem;
    return fits(to->type, from, depth);
}

static bool object_fits(const struct type *to, const struct type *from, unsigned depth)
{
    if (to->decl && to->decl == from->decl)
        return true;
    size_t set = 0;
    for (size_t i = 0; i < to->nfields; i++) {
        const struct type_field *want = &to->fields[i], *have = type_field(from, want->name);
        if (!have && !want->dflt && !type_may_be_none(want->type) && !to->one_of && !from->open)
            return false;
        if (have && !field_fits(want, have->type, depth + 1) && !(to->one_of && have->type->kind == TYPE_NONE))
            return false;
        set += have && have->type->kind != TYPE_NONE;
    }
    for (size_t i = 0; i < from->nfields && !to->open; i++)
        if (!type_field(to, from->fields[i].name))
            return false;
    return !to->one_of || set == 1 || from->one_of;
}

static bool map_fits(const struct type *to, const struct type *from, unsigned depth)
{
    if (from->kind == TYPE_MAP)
        return fits(to->elem, from->elem, depth + 1);
    for (size_t i = 0; i < from->nfields; i++)
        if (!fits(to->elem, from->fields[i].type, depth + 1))
            return false;
    return from->kind == TYPE_OBJECT;
}

static bool every_alternative_fits(const struct type *to, const struct type *from, unsigned depth)
{
    for (size_t i = 0; i < from->nalt; i++)
        if (!fits(to, from->alt[i], depth))
            return false;
    return true;
}

static bool fits_an_alternative(const struct type *to, const struct type *from, unsigned depth)
{
    for (size_t i = 0; i < to->nalt; i++)
        if (fits(to->alt[i], from, depth))
            return true;
    return false;
}

static bool kind_fits(const struct type *to, const struct type *from, unsigned depth)
{
    switch (to->kind) {
    case TYPE_FLOAT: return from->kind == TYPE_FLOAT || from->kind == TYPE_INT;
    case TYPE_STRING: return from->kind == TYPE_STRING || from->kind == TYPE_ID || from->kind == TYPE_ARN;
    case TYPE_CIDR: case TYPE_IP:
        return from->kind == to->kind && (!to->family || !from->family || to->family == from->family);
    case TYPE_LIST: case TYPE_SET:
        return (from->kind == TYPE_LIST || from->kind == TYPE_SET) && fits(to->elem, from->elem, depth + 1);
    case TYPE_MAP: return map_fits(to, from, depth);
    case TYPE_OBJECT: return from->kind == TYPE_OBJECT && object_fits(to, from, depth);
    case TYPE_ID: return from->kind == TYPE_ID && str_eq(to->name, from->name);
    case TYPE_ARN:
        return from->kind == TYPE_ARN && (!to->name.n || str_eq(to->name, from->name)) && (!to->sub.n || str_eq(to->sub, from->sub));
    case TYPE_DOCUMENT: return from->kind != TYPE_INSTANCE;
    case TYPE_BLOB: return from->kind == TYPE_BLOB || kind_fits(&type_string, from, depth);
    case TYPE_INSTANCE: return from->kind == TYPE_INSTANCE && (!to->name.n || !from->name.n || str_eq(to->name, from->name));
    default: return to->kind == from->kind;
    }
}

static bool fits(const struct type *to, const struct type *from, unsigned depth)
{
    to = strip_secret(to);
    from = strip_secret(from);
    if (to == from || depth > TYPE_DEPTH || to->kind == TYPE_ANY || from->kind == TYPE_ANY || to->kind == TYPE_ERROR ||
        from->kind == TYPE_ERROR)
        return true;
    if (from->kind == TYPE_UNION)
        return every_alternative_fits(to, from, depth);
    if (to->kind == TYPE_OPTIONAL)
        return from->kind == TYPE_NONE || fits(to->elem, from->kind == TYPE_OPTIONAL ? from->elem : from, depth);
    if (from->kind == TYPE_OPTIONAL)
        return false;
    if (to->kind == TYPE_UNION)
        return fits_an_alternative(to, from, depth);
    if (from->kind == TYPE_LITERAL)
        return literal_fits(to, from->literal);
    return kind_fits(to, from, depth);
}

bool type_assignable(const struct type *to, const struct type *from)
{
    return fits(to, from, 0);
}

bool type_may_be_none(const struct type *t)
{
    t = strip_secret(t);
    if (t->kind == TYPE_UNION)
        for (size_t i = 0; i < t->nalt; i++)
            if (type_may_be_none(t->alt[i]))
                return true;
    return t->kind == TYPE_OPTIONAL || t->kind == TYPE_ANY || t->kind == TYPE_NONE || t->kind == TYPE_ERROR;
}

/* ---- joining ---- */

static const struct type *join(struct arena *a, const struct type *x, const struct type *y, unsigned depth);

static const struct type *base_of(const struct type *t)
{
    if (t->kind == TYPE_LITERAL)
        return type_of_kind(t->literal->kind);
    return t->kind == TYPE_ID || t->kind == TYPE_ARN ? &type_string : t;
}

/* Shapes of object literals: a field that only one has is optional. */
static const struct type *join_objects(struct arena *a, const struct type *x, const struct type *y, unsigned depth)
{
    struct type_field *f = ARENA_ARRAY(a, struct type_field, x->nfields + y->nfields);
    size_t n = 0;
    for (size_t i = 0; i < x->nfields; i++) {
        const struct type_field *other = type_field(y, x->fields[i].name);
        const struct type *t = other ? join(a, x->fields[i].type, other->type, depth + 1) : type_optional(a, x->fields[i].type);
        if (t->kind == TYPE_ERROR)
            return &type_error;
        f[n++] = (struct type_field){ .name = x->fields[i].name, .type = t };
    }
    for (size_t i = 0; i < y->nfields; i++)
        if (!type_field(x, y->fields[i].name))
            f[n++] = (struct type_field){ .name = y->fields[i].name, .type = type_optional(a, y->fields[i].type) };
    struct type *t = ARENA_NEW(a, struct type);
    t->kind = TYPE_OBJECT;
    t->fields = f;
    t->nfields = n;
    t->open = x->open || y->open;
    return t;
}

static const struct type *rewrap(struct arena *a, const struct type *joined, enum type_kind k)
{
    if (joined->kind == TYPE_ERROR)
        return joined;
    if (k == TYPE_SECRET)
        return type_secret(a, joined);
    if (k == TYPE_OPTIONAL)
        return type_optional(a, joined);
    return k == TYPE_LIST ? type_list(a, joined) : type_map(a, joined);
}

static const struct type *unwrap(const struct type *t, enum type_kind k)
{
    return t->kind == k ? t->elem : t;
}

static bool is_literals(const struct type *t)
{
    if (t->kind != TYPE_UNION)
        return t->kind == TYPE_LITERAL;
    for (size_t i = 0; i < t->nalt; i++)
        if (t->alt[i]->kind != TYPE_LITERAL)
            return false;
    return t->nalt > 0;
}

enum { LITERALS = 64 };                                    /* more of them say less than their kind */

static const struct type *join_literals(struct arena *a, const struct type *x, const struct type *y)
{
    const struct type *both[] = { x, y };
    const struct type *t = type_union(a, both, 2);
    const struct type *kind = base_of(t->kind == TYPE_UNION ? t->alt[0] : t);
    return t->kind == TYPE_UNION && t->nalt > LITERALS && fits(kind, t, 0) ? kind : t;
}

static const struct type *join(struct arena *a, const struct type *x, const struct type *y, unsigned depth)
{
    if (x->kind == TYPE_ERROR || y->kind == TYPE_ERROR)
        return &type_error;
    if (depth > TYPE_DEPTH || x->kind == TYPE_ANY || y->kind == TYPE_ANY)
        return &type_any;
    if (x == y || y == &type_nothing)
        return x;
    if (x == &type_nothing)
        return y;
    for (enum type_kind k = TYPE_SECRET;; k = TYPE_OPTIONAL) {
        if (x->kind == k || y->kind == k)
            return rewrap(a, join(a, unwrap(x, k), unwrap(y, k), depth), k);
        if (k == TYPE_OPTIONAL)
            break;
    }
    if (x->kind == TYPE_NONE || y->kind == TYPE_NONE)
        return type_optional(a, x->kind == TYPE_NONE ? y : x);
    if (is_literals(x) && is_literals(y) &&
        type_eq(base_of(x->kind == TYPE_UNION ? x->alt[0] : x), base_of(y->kind == TYPE_UNION ? y->alt[0] : y)))
        return join_literals(a, x, y);
    if (x->kind == TYPE_OBJECT && y->kind == TYPE_OBJECT && !x->decl && !y->decl)
        return join_objects(a, x, y, depth);
    if (fits(x, y, depth))
        return x;
    if (fits(y, x, depth))
        return y;
    if (x->kind == y->kind && (x->kind == TYPE_LIST || x->kind == TYPE_MAP))
        return rewrap(a, join(a, x->elem, y->elem, depth + 1), x->kind);
    if (x->kind == TYPE_CIDR && y->kind == TYPE_CIDR)
        return &type_cidr;
    const struct type *bx = base_of(x), *by = base_of(y);
    return bx != x || by != y ? join(a, bx, by, depth + 1) : &type_error;
}

const struct type *type_join(struct arena *a, const struct type *x, const struct type *y)
{
    return join(a, x, y, 0);
}
