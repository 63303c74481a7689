/* term_json.c - terms as JSON values and back, and unknowns inside values packed for typed JSON.
 * What is not a list stands for itself as a constant; a list starts with what it is:
 *   ["const", [..]] ["ref", address, path, type?] ["param", name, type?] ["op", "+", x, y] ["call", name, x..] ["field", x, name]
 *   ["field?", x, name] ["index", x, i] ["if", c, x, y] ["list", x.., ["...", x]] ["object", ["key", x].., ["...", x]]
 *   ["for", value, key, source, condition, body, key] ["join", x..]
 * Types of leaves are written, those of the rest follow from them. An unknown: {"$term": {"phase": .., "term": .., "type": ..}}; a user's
 * own key "$term" gets one more "$". */
#include "expr.h"
#include "kc/arena.h"

enum { DEPTH = 2 * EVAL_DEPTH };

/* ---- writing ---- */

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

/* ---- reading ---- */

struct reader {
    struct arena *a;
    unsigned depth;
    size_t nodes;
};

static const struct term *read_term(struct reader *r, const struct value *v);

static bool is_text(const struct value *v, size_t i)
{
    return i < v->list.n && v->list.v[i]->kind == VALUE_STRING;
}

static const struct term *const *read_args(struct reader *r, const struct value *v, size_t from)
{
    const struct term **args = ARENA_ARRAY(r->a, const struct term *, v->list.n);
    for (size_t i = from; i < v->list.n; i++)
        if (!(args[i - from] = read_term(r, v->list.v[i])))
            return NULL;
    return args;
}

static const struct term *read_leaf(struct reader *r, const struct value *v, bool ref)
{
    size_t names = ref ? 3 : 2;
    if (v->list.n < names || v->list.n > names + 1 || !is_text(v, 1) || (ref && !is_text(v, 2)))
        return NULL;
    const struct type *t = v->list.n > names ? type_from_json(r->a, v->list.v[names]) : &type_any;
    if (!t)
        return NULL;
    return ref ? term_ref(r->a, v->list.v[1]->s, v->list.v[2]->s, t, SPAN_NONE) : term_param(r->a, v->list.v[1]->s, t, SPAN_NONE);
}

static const struct type *const *types_of(struct arena *a, const struct term *const *args, size_t n)
{
    const struct type **t = ARENA_ARRAY(a, const struct type *, n);
    for (size_t i = 0; i < n; i++)
        t[i] = args[i]->type;
    return t;
}

static const struct term *read_op(struct reader *r, const struct value *v)
{
    if (!is_text(v, 1) || v->list.n < 3 || v->list.n > 4)
        return NULL;
    bool one = v->list.n == 3;
    enum term_op op = OP_OR;
    struct str name = v->list.v[1]->s;
    while (op <= OP_COALESCE && ((op == OP_NEG || op == OP_NOT) != one || !str_is(name, op == OP_NEG ? "neg" : op_name(op))))
        op++;
    const struct term *const *args = op <= OP_COALESCE ? read_args(r, v, 2) : NULL;
    if (!args)
        return NULL;
    struct eval e = { .arena = r->a };
    const struct type *ty = op_type(&e, op, args[0]->type, one ? NULL : args[1]->type, SPAN_NONE);
    struct term *t = term_new(r->a, TERM_OP, args, one ? 1 : 2, ty, SPAN_NONE);
    t->op = op;
    return t;
}

static const struct term *read_call(struct reader *r, const struct value *v)
{
    const struct builtin *b = is_text(v, 1) ? builtin_find(v->list.v[1]->s) : NULL;
    size_t n = v->list.n - 2;
    if (!b || n < b->min || n > b->max)
        return NULL;
    const struct term *const *args = read_args(r, v, 2);
    if (!args)
        return NULL;
    struct eval e = { .arena = r->a };
    struct term *t = term_new(r->a, TERM_CALL, args, n, builtin_type(&e, b, types_of(r->a, args, n), n, NULL), SPAN_NONE);
    t->name = str_of(b->name);
    return t;
}

static const struct term *read_field(struct reader *r, const struct value *v, bool optional)
{
    if (v->list.n != 3 || !is_text(v, 2))
        return NULL;
    const struct term *x = read_term(r, v->list.v[1]);
    if (!x)
        return NULL;
    const struct type *ty = access_field_type(r->a, x->type, v->list.v[2]->s, optional);
    struct term *t = term_new(r->a, TERM_FIELD, &x, 1, ty, SPAN_NONE);
    t->name = v->list.v[2]->s;
    t->path = optional ? STR("?") : STR("");
    return t;
}

static const struct type *joined(struct arena *a, const struct term *x, const struct term *y)
{
    const struct type *t = type_join(a, x->type, y->type);
    return t->kind == TYPE_ERROR ? &type_any : t;
}

static const struct term *read_fixed(struct reader *r, const struct value *v, enum term_kind k, size_t n)
{
    const struct term *const *args = v->list.n == n + 1 ? read_args(r, v, 1) : NULL;
    if (!args)
        return NULL;
    const struct type *ty = k == TERM_IF ? joined(r->a, args[1], args[2]) : access_element_type(r->a, args[0]->type, args[1]->type);
    return term_new(r->a, k, args, n, ty, SPAN_NONE);
}

static const struct term *read_list(struct reader *r, const struct value *v)
{
    size_t n = v->list.n - 1;
    const struct term **args = ARENA_ARRAY(r->a, const struct term *, n);
    bool *spread = ARENA_ARRAY(r->a, bool, n), any = false;
    const struct type *elem = &type_nothing;
    for (size_t i = 0; i < n; i++) {
        const struct value *x = v->list.v[i + 1];
        spread[i] = x->kind == VALUE_LIST && x->list.n == 2 && is_text(x, 0) && str_is(x->list.v[0]->s, "...");
        any |= spread[i];
        args[i] = read_term(r, spread[i] ? x->list.v[1] : x);
        if (!args[i])
            return NULL;
        const struct type *t = spread[i] ? access_element_type(r->a, args[i]->type, &type_int) : args[i]->type;
        elem = type_join(r->a, elem, t ? t : &type_any);
    }
    struct term *t = term_new(r->a, TERM_LIST, args, n, type_list(r->a, elem->kind == TYPE_ERROR ? &type_any : elem), SPAN_NONE);
    t->spread = any ? spread : NULL;
    return t;
}

static const struct type *shape(struct arena *a, const struct term *t)
{
    struct type *s = ARENA_NEW(a, struct type);
    struct type_field *f = ARENA_ARRAY(a, struct type_field, t->nargs);
    s->kind = TYPE_OBJECT;
    s->fields = f;
    for (size_t i = 0; i < t->nargs; i++) {
        if (!t->keys[i].s)
            return &type_any;
        f[s->nfields++] = (struct type_field){ .name = t->keys[i], .type = t->args[i]->type };
    }
    return s;
}

static const struct term *read_object(struct reader *r, const struct value *v)
{
    size_t n = v->list.n - 1;
    const struct term **args = ARENA_ARRAY(r->a, const struct term *, n);
    struct str *keys = ARENA_ARRAY(r->a, struct str, n);
    for (size_t i = 0; i < n; i++) {
        const struct value *x = v->list.v[i + 1];
        if (x->kind != VALUE_LIST || x->list.n < 2 || x->list.n > 3 || !is_text(x, 0))
            return NULL;
        bool spread = x->list.n == 2 && str_is(x->list.v[0]->s, "...");
        keys[i] = spread ? STR_NONE : x->list.v[0]->s;
        args[i] = read_term(r, x->list.v[1]);
        if (!args[i])
            return NULL;
    }
    struct term *t = term_new(r->a, TERM_OBJECT, args, n, NULL, SPAN_NONE);
    t->keys = keys;
    t->type = shape(r->a, t);
    return t;
}

static const struct term *read_for(struct reader *r, const struct value *v)
{
    if (v->list.n != 7 || !is_text(v, 1) || !is_text(v, 2) || !v->list.v[1]->s.n)
        return NULL;
    const struct term *args[4];
    for (size_t i = 0; i < 4; i++) {
        const struct value *x = v->list.v[3 + i];
        bool absent = x->kind == VALUE_NONE && (i == 1 || i == 3);
        args[i] = absent ? NULL : read_term(r, x);
        if (!args[i] && !absent)
            return NULL;
    }
    const struct type *ty = args[3] ? type_map(r->a, args[2]->type) : type_list(r->a, args[2]->type);
    struct term *t = term_new(r->a, TERM_FOR, args, 4, ty, SPAN_NONE);
    t->name = v->list.v[1]->s;
    t->name2 = v->list.v[2]->s;
    return t;
}

static const struct term *read_join(struct reader *r, const struct value *v)
{
    const struct term *const *args = read_args(r, v, 1);
    return args ? term_new(r->a, TERM_JOIN, args, v->list.n - 1, &type_string, SPAN_NONE) : NULL;
}

static const struct term *read_const(struct reader *r, const struct value *v)
{
    v = value_unpack(r->a, v);
    return v ? term_const(r->a, v) : NULL;
}

static const struct term *read_kind(struct reader *r, const struct value *v)
{
    if (v->kind != VALUE_LIST)
        return read_const(r, v);
    if (!is_text(v, 0))
        return NULL;
    struct str kind = v->list.v[0]->s;
    if (str_is(kind, "const"))
        return v->list.n == 2 ? read_const(r, v->list.v[1]) : NULL;
    if (str_is(kind, "ref") || str_is(kind, "param"))
        return read_leaf(r, v, str_is(kind, "ref"));
    if (str_is(kind, "op"))
        return read_op(r, v);
    if (str_is(kind, "call"))
        return read_call(r, v);
    if (str_is(kind, "field") || str_is(kind, "field?"))
        return read_field(r, v, str_is(kind, "field?"));
    if (str_is(kind, "index"))
        return read_fixed(r, v, TERM_INDEX, 2);
    if (str_is(kind, "if"))
        return read_fixed(r, v, TERM_IF, 3);
    if (str_is(kind, "list"))
        return read_list(r, v);
    if (str_is(kind, "object"))
        return read_object(r, v);
    if (str_is(kind, "for"))
        return read_for(r, v);
    return str_is(kind, "join") ? read_join(r, v) : NULL;
}

static const struct term *read_term(struct reader *r, const struct value *v)
{
    if (r->depth >= DEPTH || ++r->nodes > EVAL_TERM)
        return NULL;
    r->depth++;
    const struct term *t = read_kind(r, v);
    r->depth--;
    return t;
}

const struct term *term_from_json(struct arena *a, const struct value *v)
{
    struct reader r = { .a = a };
    return read_term(&r, v);
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

static const struct value *unpack_unknown(struct arena *a, const struct value *v)
{
    const struct value *phase = value_get(v, STR("phase")), *term = value_get(v, STR("term")), *type = value_get(v, STR("type"));
    if (!phase || phase->kind != VALUE_STRING || !term || !type)
        return NULL;
    const struct term *t = term_from_json(a, term);
    const struct type *ty = t ? type_from_json(a, type) : NULL;
    if (!ty)
        return NULL;
    enum phase p = str_is(phase->s, "plan") ? PHASE_PLAN : str_is(phase->s, "known") ? PHASE_KNOWN : PHASE_APPLY;
    const struct value *u = value_unknown(a, t, ty, p);
    return value_get(v, STR("secret")) ? value_secret(a, u) : u;
}

const struct value *value_unpack(struct arena *a, const struct value *v)
{
    if (v->kind == VALUE_LIST) {
        const struct value **l = ARENA_ARRAY(a, const struct value *, v->list.n);
        for (size_t i = 0; i < v->list.n; i++)
            if (!(l[i] = value_unpack(a, v->list.v[i])))
                return NULL;
        return value_list(a, l, v->list.n);
    }
    if (v->kind != VALUE_OBJECT)
        return v;
    if (v->object.n == 1 && str_is(v->object.v[0].key, "$term"))
        return unpack_unknown(a, v->object.v[0].value);
    struct pair *p = ARENA_ARRAY(a, struct pair, v->object.n);
    for (size_t i = 0; i < v->object.n; i++) {
        struct str key = v->object.v[i].key;
        p[i] = (struct pair){ is_marker(key) ? str_sub(key, 1, key.n) : key, value_unpack(a, v->object.v[i].value) };
        if (!p[i].value)
            return NULL;
    }
    return value_object(a, p, v->object.n);
}
