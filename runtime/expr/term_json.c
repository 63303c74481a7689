/* term_json.c - terms as JSON values, for who reads graphs, plans and records (docs/graph.md): nothing reads them back.
 * What is not a list stands for itself as a constant; a list starts with what it is:
 *   ["const", [..]] ["ref", address, path, type?] ["param", name, type?] ["op", "+", x, y] ["call", name, x..] ["field", x, name]
 *   ["field?", x, name] ["index", x, i] ["if", c, x, y] ["list", x.., ["...", x]] ["object", ["key", x].., ["...", x]]
 *   ["for", value, key, source, condition, body, key] ["join", x..]
 * Types of leaves are written, those of the rest follow from them. An unknown: {"$term": {"phase": .., "term": .., "type": ..}}; a user's
 * own key "$term" gets one more "$". */
#include "expr.h"
#include "kc/arena.h"

struct list {
    struct arena *a;
    const struct value **v;
    size_t n;
};

static struct list start(struct arena *a, const char *kind, size_t room)
{
    struct list l = { a, ARENA_ARRAY(a, const struct value *, room + 1), 0 };
    l.v[l.n++] = value_str(a, str_of(kind));
    return l;
}

static void text(struct list *l, struct str s)
{
    l->v[l->n++] = value_str(l->a, s);
}

static void add(struct list *l, const struct term *t)
{
    l->v[l->n++] = t ? term_to_json(l->a, t) : &value_none;
}

static void add_type(struct list *l, const struct type *t)
{
    if (t && t->kind != TYPE_ANY && t->kind != TYPE_ERROR)
        l->v[l->n++] = type_to_json(l->a, t);
}

static const struct value *done(const struct list *l)
{
    return value_list(l->a, l->v, l->n);
}

static const struct value *constant(struct arena *a, const struct value *v)
{
    v = value_pack(a, v);
    if (v->kind != VALUE_LIST)
        return v;
    struct list l = start(a, "const", 1);
    l.v[l.n++] = v;
    return done(&l);
}

static const struct value *plain(struct arena *a, const char *kind, const struct term *t)
{
    struct list l = start(a, kind, t->nargs);
    for (size_t i = 0; i < t->nargs; i++)
        add(&l, t->args[i]);
    return done(&l);
}

static const struct value *parts(struct arena *a, const struct term *t)
{
    struct list l = start(a, t->kind == TERM_LIST ? "list" : "object", t->nargs);
    for (size_t i = 0; i < t->nargs; i++) {
        bool spread = t->kind == TERM_LIST ? t->spread && t->spread[i] : !t->keys[i].s;
        if (t->kind == TERM_LIST && !spread) {
            add(&l, t->args[i]);
            continue;
        }
        struct list p = start(a, spread ? "..." : "", 2);
        if (!spread)
            p.v[0] = value_str(a, t->keys[i]);
        add(&p, t->args[i]);
        if (!spread && str_is(t->keys[i], "..."))          /* a key of that name: told apart by a third element */
            p.v[p.n++] = &value_true;
        l.v[l.n++] = done(&p);
    }
    return done(&l);
}

const struct value *term_to_json(struct arena *a, const struct term *t)
{
    struct list l;
    switch (t->kind) {
    case TERM_CONST: return constant(a, t->value);
    case TERM_REF:
        l = start(a, "ref", 3);
        text(&l, t->name);
        text(&l, t->path);
        add_type(&l, t->type);
        return done(&l);
    case TERM_PARAM:
        l = start(a, "param", 2);
        text(&l, t->name);
        add_type(&l, t->type);
        return done(&l);
    case TERM_OP: case TERM_CALL:
        l = start(a, t->kind == TERM_OP ? "op" : "call", t->nargs + 1);
        text(&l, t->kind == TERM_OP ? str_of(t->op == OP_NEG ? "neg" : op_name(t->op)) : t->name);
        for (size_t i = 0; i < t->nargs; i++)
            add(&l, t->args[i]);
        return done(&l);
    case TERM_FIELD:
        l = start(a, str_is(t->path, "?") ? "field?" : "field", 2);
        add(&l, t->args[0]);
        text(&l, t->name);
        return done(&l);
    case TERM_LIST: case TERM_OBJECT: return parts(a, t);
    case TERM_INDEX: return plain(a, "index", t);
    case TERM_IF: return plain(a, "if", t);
    case TERM_JOIN: return plain(a, "join", t);
    case TERM_FOR:
        l = start(a, "for", 6);
        text(&l, t->name);
        text(&l, t->name2);
        for (size_t i = 0; i < 4; i++)
            add(&l, i < t->nargs ? t->args[i] : NULL);
        return done(&l);
    }
    die("term of kind %d", (int)t->kind);
}

/* ---- unknowns inside values ---- */

static bool is_marker(struct str key)
{
    size_t i = 0;
    while (i < key.n && key.s[i] == '$')
        i++;
    return i && str_is(str_sub(key, i, key.n), "term");
}

static const struct value *pack_unknown(struct arena *a, const struct value *v)
{
    static const char *const phase[] = { "known", "plan", "apply" };
    struct pair p[4] = {
        { STR("phase"), value_str(a, str_of(phase[v->unknown.phase])) },
        { STR("term"), term_to_json(a, term_of(a, v)) },
        { STR("type"), type_to_json(a, v->unknown.type ? v->unknown.type : &type_any) },
        { STR("secret"), &value_true },
    };
    const struct value *packed = value_object(a, p, v->secret ? 4 : 3);
    return value_object(a, &(struct pair){ STR("$term"), packed }, 1);
}

const struct value *value_pack(struct arena *a, const struct value *v)
{
    if (v->kind == VALUE_UNKNOWN)
        return pack_unknown(a, v);
    if (v->kind == VALUE_LIST) {
        const struct value **l = ARENA_ARRAY(a, const struct value *, v->list.n);
        for (size_t i = 0; i < v->list.n; i++)
            l[i] = value_pack(a, v->list.v[i]);
        return value_list(a, l, v->list.n);
    }
    if (v->kind != VALUE_OBJECT)
        return v;
    struct pair *p = ARENA_ARRAY(a, struct pair, v->object.n);
    for (size_t i = 0; i < v->object.n; i++) {
        struct str key = v->object.v[i].key;
        p[i] = (struct pair){ is_marker(key) ? str_fmt(a, "$%.*s", STR_ARG(key)) : key, value_pack(a, v->object.v[i].value) };
    }
    return value_object(a, p, v->object.n);
}
