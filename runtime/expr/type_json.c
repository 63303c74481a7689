/* type_json.c - types as JSON values, in terms (term_json.c). Spans and docs stay behind, constraints are kept.
 *   "int" "cidr4" .. | {"kind": "list", "elem": T} | {"kind": "object", "name": .., "fields": [{"name", "type", "default"}], "open",
 * "one_of"} | {"kind": "union", "alt": [T..]} | {"kind": "literal", "value": v} | {"kind": "id", "name": "vpc"} ; lo, hi, check,
 * check_text, message. */
#include "expr.h"
#include "kc/arena.h"

const struct type_kind_word type_kinds[] = {
    { "any", TYPE_ANY, 0 },
    { "error", TYPE_ERROR, 0 },
    { "none", TYPE_NONE, 0 },
    { "bool", TYPE_BOOL, 0 },
    { "int", TYPE_INT, 0 },
    { "float", TYPE_FLOAT, 0 },
    { "string", TYPE_STRING, 0 },
    { "cidr", TYPE_CIDR, 0 },
    { "cidr4", TYPE_CIDR, 4 },
    { "cidr6", TYPE_CIDR, 6 },
    { "ip", TYPE_IP, 0 },
    { "ip4", TYPE_IP, 4 },
    { "ip6", TYPE_IP, 6 },
    { "size", TYPE_SIZE, 0 },
    { "duration", TYPE_DURATION, 0 },
    { "percent", TYPE_PERCENT, 0 },
    { "range", TYPE_RANGE, 0 },
    { "version", TYPE_VERSION, 0 },
    { "document", TYPE_DOCUMENT, 0 },
    { "blob", TYPE_BLOB, 0 },
    { "list", TYPE_LIST, 0 },
    { "set", TYPE_SET, 0 },
    { "map", TYPE_MAP, 0 },
    { "object", TYPE_OBJECT, 0 },
    { "optional", TYPE_OPTIONAL, 0 },
    { "union", TYPE_UNION, 0 },
    { "literal", TYPE_LITERAL, 0 },
    { "id", TYPE_ID, 0 },
    { "arn", TYPE_ARN, 0 },
    { "secret", TYPE_SECRET, 0 },
    { "instance", TYPE_INSTANCE, 0 },
};
const size_t ntype_kinds = sizeof type_kinds / sizeof *type_kinds;

struct object {
    struct arena *a;
    struct pair p[16];
    size_t n;
};

static void put(struct object *o, const char *key, const struct value *v)
{
    o->p[o->n++] = (struct pair){ str_of(key), v };
}

static void put_text(struct object *o, const char *key, struct str s)
{
    if (s.n)
        put(o, key, value_str(o->a, s));
}

static const struct value *write_type(struct arena *a, const struct type *t, unsigned depth);

static const struct value *write_fields(struct arena *a, const struct type *t, unsigned depth)
{
    const struct value **v = ARENA_ARRAY(a, const struct value *, t->nfields);
    for (size_t i = 0; i < t->nfields; i++) {
        const struct type_field *f = &t->fields[i];
        struct object o = { .a = a };
        put(&o, "name", value_str(a, f->name));
        put(&o, "type", write_type(a, f->type, depth + 1));
        if (f->dflt)
            put(&o, "default", term_to_json(a, f->dflt));
        v[i] = value_object(a, o.p, o.n);
    }
    return value_list(a, v, t->nfields);
}

static const struct value *write_alternatives(struct arena *a, const struct type *t, unsigned depth)
{
    const struct value **v = ARENA_ARRAY(a, const struct value *, t->nalt);
    for (size_t i = 0; i < t->nalt; i++)
        v[i] = write_type(a, t->alt[i], depth + 1);
    return value_list(a, v, t->nalt);
}

static const struct value *kind_text(struct arena *a, const struct type *t)
{
    for (size_t i = 0; i < ntype_kinds; i++)
        if (type_kinds[i].kind == t->kind && type_kinds[i].family == t->family)
            return value_str(a, str_of(type_kinds[i].name));
    return value_str(a, STR("any"));
}

static const struct value *write_type(struct arena *a, const struct type *t, unsigned depth)
{
    if (depth > TYPE_DEPTH)
        return value_str(a, STR("any"));
    struct object o = { .a = a };
    put(&o, "kind", kind_text(a, t));
    bool named = t->kind == TYPE_OBJECT || t->kind == TYPE_ID || t->kind == TYPE_ARN || t->kind == TYPE_INSTANCE;
    if (named)
        put_text(&o, "name", t->name);
    put_text(&o, "sub", t->sub);
    if (t->elem && t->kind != TYPE_RANGE)
        put(&o, "elem", write_type(a, t->elem, depth + 1));
    if (t->key)
        put(&o, "key", write_type(a, t->key, depth + 1));
    if (t->kind == TYPE_OBJECT)
        put(&o, "fields", write_fields(a, t, depth));
    if (t->kind == TYPE_UNION)
        put(&o, "alt", write_alternatives(a, t, depth));
    if (t->kind == TYPE_LITERAL)
        put(&o, "value", t->literal);
    if (t->open)
        put(&o, "open", &value_true);
    if (t->one_of)
        put(&o, "one_of", &value_true);
    if (t->has_lo)
        put(&o, "lo", value_float(a, t->lo));
    if (t->has_hi)
        put(&o, "hi", value_float(a, t->hi));
    if (t->check)
        put(&o, "check", term_to_json(a, t->check));
    put_text(&o, "check_text", t->check_text);
    put_text(&o, "message", t->message);
    return o.n == 1 ? o.p[0].value : value_object(a, o.p, o.n);
}

const struct value *type_to_json(struct arena *a, const struct type *t)
{
    return write_type(a, t, 0);
}
