/* type.c - types: constants, making, equality, inference. Relations: type_rel.c; printing: type_print.c; values: type_admit.c.
 * The type of an empty list's elements is a union of nothing: assignable to all, and joined with T it gives T. */
#include "expr.h"
#include "kc/arena.h"
#include <string.h>

#define PLAIN(n, k) const struct type type_##n = { .kind = TYPE_##k }
PLAIN(any, ANY);
PLAIN(error, ERROR);
PLAIN(none, NONE);
PLAIN(bool, BOOL);
PLAIN(int, INT);
PLAIN(float, FLOAT);
PLAIN(string, STRING);
PLAIN(cidr, CIDR);
PLAIN(ip, IP);
PLAIN(size, SIZE);
PLAIN(duration, DURATION);
PLAIN(percent, PERCENT);
PLAIN(version, VERSION);
PLAIN(document, DOCUMENT);
#undef PLAIN
const struct type type_range = { .kind = TYPE_RANGE, .elem = &type_int };
const struct type type_cidr4 = { .kind = TYPE_CIDR, .family = 4 };
const struct type type_cidr6 = { .kind = TYPE_CIDR, .family = 6 };
static const struct type_field of_blob[] = {
    { .name = { "sha256", 6 }, .type = &type_string },
    { .name = { "sha256_base64", 13 }, .type = &type_string },
    { .name = { "size", 4 }, .type = &type_size },
};
const struct type type_blob = { .kind = TYPE_BLOB, .fields = of_blob, .nfields = sizeof of_blob / sizeof *of_blob };
const struct type type_nothing = { .kind = TYPE_UNION };

static struct type *make(struct arena *a, enum type_kind k, const struct type *elem)
{
    struct type *t = ARENA_NEW(a, struct type);
    t->kind = k;
    t->elem = elem;
    return t;
}

const struct type *type_list(struct arena *a, const struct type *elem)
{
    return make(a, TYPE_LIST, elem);
}

const struct type *type_map(struct arena *a, const struct type *elem)
{
    return make(a, TYPE_MAP, elem);
}

const struct type *type_optional(struct arena *a, const struct type *elem)
{
    bool already = elem->kind == TYPE_OPTIONAL || elem->kind == TYPE_ANY || elem->kind == TYPE_NONE || elem->kind == TYPE_ERROR;
    return already ? elem : make(a, TYPE_OPTIONAL, elem);
}

const struct type *type_secret(struct arena *a, const struct type *elem)
{
    return elem->kind == TYPE_SECRET || elem->kind == TYPE_ERROR ? elem : make(a, TYPE_SECRET, elem);
}

const struct type *type_literal(struct arena *a, const struct value *v)
{
    struct type *t = make(a, TYPE_LITERAL, NULL);
    t->literal = v;
    return t;
}

static bool among(const struct type *const *alt, size_t n, const struct type *t)
{
    for (size_t i = 0; i < n; i++)
        if (type_eq(alt[i], t))
            return true;
    return false;
}

const struct type *type_union(struct arena *a, const struct type *const *alt, size_t n)
{
    size_t room = 0, k = 0;
    for (size_t i = 0; i < n; i++)
        room += alt[i]->kind == TYPE_UNION ? alt[i]->nalt : 1;
    const struct type **flat = ARENA_ARRAY(a, const struct type *, room);
    for (size_t i = 0; i < n; i++) {
        bool nested = alt[i]->kind == TYPE_UNION;
        for (size_t j = 0; j < (nested ? alt[i]->nalt : 1); j++) {
            const struct type *t = nested ? alt[i]->alt[j] : alt[i];
            if (!among(flat, k, t))
                flat[k++] = t;
        }
    }
    if (k == 1)
        return flat[0];
    struct type *t = make(a, TYPE_UNION, NULL);
    t->alt = flat;
    t->nalt = k;
    return t;
}

const struct type *type_of_kind(enum value_kind k)
{
    switch (k) {
    case VALUE_NONE: return &type_none;
    case VALUE_BOOL: return &type_bool;
    case VALUE_INT: return &type_int;
    case VALUE_FLOAT: return &type_float;
    case VALUE_STRING: return &type_string;
    case VALUE_CIDR: return &type_cidr;
    case VALUE_IP: return &type_ip;
    case VALUE_SIZE: return &type_size;
    case VALUE_DURATION: return &type_duration;
    case VALUE_PERCENT: return &type_percent;
    case VALUE_RANGE: return &type_range;
    case VALUE_VERSION: return &type_version;
    case VALUE_LIST: case VALUE_OBJECT: case VALUE_REF: case VALUE_UNKNOWN: case VALUE_DIGEST: break;
    }
    return &type_any;
}

static const struct type *of_object(struct arena *a, const struct value *v)
{
    struct type *t = make(a, TYPE_OBJECT, NULL);
    struct type_field *f = ARENA_ARRAY(a, struct type_field, v->object.n);
    for (size_t i = 0; i < v->object.n; i++)
        f[i] = (struct type_field){ .name = v->object.v[i].key, .type = type_of(a, v->object.v[i].value) };
    t->fields = f;
    t->nfields = v->object.n;
    return t;
}

static const struct type *of_list(struct arena *a, const struct value *v)
{
    const struct type *elem = &type_nothing;
    for (size_t i = 0; i < v->list.n; i++) {
        const struct type *next = type_join(a, elem, type_of(a, v->list.v[i]));
        if (next->kind == TYPE_ERROR)
            return type_list(a, &type_any);
        elem = next;
    }
    return type_list(a, elem);
}

const struct type *type_of(struct arena *a, const struct value *v)
{
    const struct type *t = type_of_kind(v->kind);
    if (value_weight(v) > EVAL_NODES)                      /* parts shared over and over: looking at each would never end */
        return t;
    if (v->kind == VALUE_UNKNOWN)
        t = v->unknown.type ? v->unknown.type : &type_any;
    else if (v->kind == VALUE_CIDR)
        t = v->cidr.ip.v6 ? &type_cidr6 : &type_cidr4;
    else if (v->kind == VALUE_REF)
        t = make(a, TYPE_INSTANCE, NULL);
    else if (v->kind == VALUE_LIST)
        t = of_list(a, v);
    else if (v->kind == VALUE_OBJECT)
        t = of_object(a, v);
    return v->secret ? type_secret(a, t) : t;
}

static bool fields_eq(const struct type *a, const struct type *b)
{
    if (a->nfields != b->nfields)
        return false;
    for (size_t i = 0; i < a->nfields; i++)
        if (!str_eq(a->fields[i].name, b->fields[i].name) || !a->fields[i].dflt != !b->fields[i].dflt ||
            !type_eq(a->fields[i].type, b->fields[i].type))
            return false;
    return true;
}

bool type_eq(const struct type *a, const struct type *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->kind != b->kind || a->nalt != b->nalt || !str_eq(a->sub, b->sub) || a->family != b->family)
        return false;
    if (a->kind == TYPE_OBJECT && (a->decl || b->decl))
        return a->decl == b->decl;
    if ((a->kind == TYPE_ID || a->kind == TYPE_ARN || a->kind == TYPE_INSTANCE) && !str_eq(a->name, b->name))
        return false;
    if (a->has_lo != b->has_lo || a->has_hi != b->has_hi || a->lo < b->lo || a->lo > b->lo || a->hi < b->hi || a->hi > b->hi ||
        !a->check != !b->check || !str_eq(a->check_text, b->check_text))
        return false;
    if (a->open != b->open || a->one_of != b->one_of || !fields_eq(a, b))
        return false;
    for (size_t i = 0; i < a->nalt; i++)
        if (!type_eq(a->alt[i], b->alt[i]))
            return false;
    if (a->literal && !(b->literal && a->literal->kind == b->literal->kind && value_eq(a->literal, b->literal)))
        return false;
    return type_eq(a->elem, b->elem) && type_eq(a->key, b->key);
}

const struct type *type_strip(const struct type *t)
{
    while (t->kind == TYPE_OPTIONAL || t->kind == TYPE_SECRET)
        t = t->elem;
    return t;
}

const struct type_field *type_field(const struct type *t, struct str name)
{
    for (size_t i = 0; (t->kind == TYPE_OBJECT || t->kind == TYPE_BLOB) && i < t->nfields; i++)
        if (str_eq(t->fields[i].name, name))
            return &t->fields[i];
    return NULL;
}
