/* read_term.c - terms out of JSON, in the form of runtime/expr/term_json.c: kc writes it only, tests and the fuzzer write terms in it. */
#include "read_term.h"
#include "expr/expr.h"
#include "kc/arena.h"

enum { DEPTH = 2 * EVAL_DEPTH };

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
    const struct type *t = v->list.n > names ? read_type_json(r->a, v->list.v[names]) : &type_any;
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
    v = read_value_json(r->a, v);
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

const struct term *read_term_json(struct arena *a, const struct value *v)
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

static const struct value *unpack_unknown(struct arena *a, const struct value *v)
{
    const struct value *phase = value_get(v, STR("phase")), *term = value_get(v, STR("term")), *type = value_get(v, STR("type"));
    if (!phase || phase->kind != VALUE_STRING || !term || !type)
        return NULL;
    const struct term *t = read_term_json(a, term);
    const struct type *ty = t ? read_type_json(a, type) : NULL;
    if (!ty)
        return NULL;
    enum phase p = str_is(phase->s, "plan") ? PHASE_PLAN : str_is(phase->s, "known") ? PHASE_KNOWN : PHASE_APPLY;
    const struct value *u = value_unknown(a, t, ty, p);
    return value_get(v, STR("secret")) ? value_secret(a, u) : u;
}

const struct value *read_value_json(struct arena *a, const struct value *v)
{
    if (v->kind == VALUE_LIST) {
        const struct value **l = ARENA_ARRAY(a, const struct value *, v->list.n);
        for (size_t i = 0; i < v->list.n; i++)
            if (!(l[i] = read_value_json(a, v->list.v[i])))
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
        p[i] = (struct pair){ is_marker(key) ? str_sub(key, 1, key.n) : key, read_value_json(a, v->object.v[i].value) };
        if (!p[i].value)
            return NULL;
    }
    return value_object(a, p, v->object.n);
}
