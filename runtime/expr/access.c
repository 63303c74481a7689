/* access.c - fields, elements, text and choices, as far as values are known. */
#include "expr.h"
#include "kc/arena.h"
#include "kc/hash.h"
#include "kc/json.h"

enum { SHOWN = 80 };

struct str value_shown(struct arena *a, const struct value *v)
{
    struct buf b = { 0 };
    value_print(&b, v);
    struct str s = buf_take(&b, a);
    if (s.n <= SHOWN)
        return s;
    size_t cut = SHOWN;
    while (cut && ((unsigned char)s.s[cut] & 0xc0) == 0x80)
        cut--;
    return str_fmt(a, "%.*s...", (int)cut, s.s);
}

static struct str some_keys(struct arena *a, const struct value *o)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < o->object.n && i < 8; i++)
        buf_fmt(&b, "%s%.*s", i ? ", " : "", STR_ARG(o->object.v[i].key));
    if (o->object.n > 8)
        buf_fmt(&b, ", ... (%zu more)", o->object.n - 8);
    return buf_take(&b, a);
}

static struct str nearest_key(struct arena *a, const struct value *o, struct str name)
{
    struct str best = STR_NONE;
    size_t limit = name.n / 3 > 1 ? name.n / 3 : 1, d = limit + 1;
    for (size_t i = 0; i < o->object.n && i < 1000; i++) {
        size_t x = str_distance(o->object.v[i].key, name, limit);
        if (x < d) {
            d = x;
            best = o->object.v[i].key;
        }
    }
    return best.s        ? str_fmt(a, "did you mean `%.*s`?", STR_ARG(best))
           : o->object.n ? str_fmt(a, "it has %.*s", STR_ARG(some_keys(a, o)))
                         : STR("it is empty");
}

/* The type of x.name where x is only a type; NULL when it has no such field. */
const struct type *access_field_type(struct arena *a, const struct type *t, struct str name, bool lenient)
{
    bool maybe = t->kind == TYPE_OPTIONAL || (t->kind == TYPE_SECRET && t->elem->kind == TYPE_OPTIONAL);
    const struct type *s = type_strip(t), *r = NULL;
    if (s->kind == TYPE_ANY || s->kind == TYPE_ERROR || s->kind == TYPE_INSTANCE || s->kind == TYPE_DOCUMENT)
        return &type_any;
    if (maybe && !lenient)
        return NULL;
    if (s->kind == TYPE_MAP)
        r = s->elem;
    const struct type_field *f = type_field(s, name);
    if (f)
        r = f->type;
    else if (s->kind == TYPE_OBJECT && (s->open || lenient))
        r = s->open ? &type_any : &type_none;
    return r && ((maybe && lenient) || (lenient && s->kind == TYPE_MAP)) ? type_optional(a, r) : r;
}

static const struct value *unknown_field(struct eval *e, const struct value *x, struct str name, bool lenient, struct span at)
{
    const struct type *have = x->unknown.type ? x->unknown.type : &type_any;
    const struct type *ty = access_field_type(e->arena, have, name, lenient);
    if (!ty) {
        eval_fail(e, DIAG_E0302, at, "no field `%.*s` in %.*s", STR_ARG(name), STR_ARG(type_text(e->arena, have)));
        if (have->kind == TYPE_OPTIONAL)
            e->help = str_fmt(e->arena, "it may be none: write `?.%.*s`", STR_ARG(name));
        return NULL;
    }
    const struct term *arg = term_of(e->arena, x);
    struct term *t = term_new(e->arena, TERM_FIELD, &arg, 1, ty, at);
    t->name = str_dup(e->arena, name);
    t->path = lenient && type_strip(have)->kind != TYPE_ANY ? STR("?") : STR("");
    return unknown_term(e, t, ty, &x, 1);
}

/* Of bytes there is nothing else to say than this. NULL: x is no blob, or has no such field. */
static const struct value *blob_field(struct eval *e, const struct value *x, struct str name)
{
    bool text = x->kind == VALUE_STRING && x->bulk;
    const struct digest *d = text ? value_sum(e->arena, x->s)->digest : x->kind == VALUE_DIGEST && !x->secret ? x->digest : NULL;
    const struct value *r = NULL;
    if (d && str_is(name, "sha256"))
        r = value_str(e->arena, hex(e->arena, d->sum, sizeof d->sum));
    else if (d && str_is(name, "sha256_base64"))
        r = value_str(e->arena, base64(e->arena, (struct str){ (const char *)d->sum, sizeof d->sum }));
    else if (d && str_is(name, "size"))
        r = value_of_kind(e->arena, VALUE_SIZE, (int64_t)d->size);
    return r && x->secret ? value_secret(e->arena, r) : r;
}

const struct value *access_field(struct eval *e, const struct value *x, struct str name, bool lenient, struct span at)
{
    if (e->failed)
        return NULL;
    if (x->kind == VALUE_UNKNOWN)
        return unknown_field(e, x, name, lenient, at);
    const struct value *v = blob_field(e, x, name);
    if (v)
        return v;
    if (x->kind == VALUE_DIGEST)
        return &value_withheld;
    v = value_get(x, name);
    if (v)
        return v;
    if (lenient && (x->kind == VALUE_NONE || x->kind == VALUE_OBJECT))
        return &value_none;
    if (x->kind == VALUE_OBJECT) {
        eval_fail(e, DIAG_E0302, at, "no field `%.*s` here", STR_ARG(name));
        e->help = nearest_key(e->arena, x, name);
    } else if (x->kind == VALUE_NONE) {
        eval_fail(e, DIAG_E0302, at, "no field `%.*s`: the value is none", STR_ARG(name));
        e->help = str_fmt(e->arena, "write `?.%.*s` where it may be none", STR_ARG(name));
    } else {
        eval_fail(e, DIAG_E0302, at, "no field `%.*s`: the value is of type %s", STR_ARG(name), value_kind_name(x->kind));
    }
    return NULL;
}

const struct value *expr_field(struct eval *e, const struct value *x, struct str name, bool lenient, struct span at)
{
    return access_field(e, x, name, lenient, at);
}

/* ---- elements ---- */

const struct type *access_element_type(struct arena *a, const struct type *t, const struct type *i)
{
    t = type_strip(t);
    i = type_strip(i);
    bool text = type_assignable(&type_string, i), number = type_assignable(&type_int, i);
    if (t->kind == TYPE_ANY || t->kind == TYPE_ERROR || t->kind == TYPE_INSTANCE || t->kind == TYPE_DOCUMENT)
        return &type_any;
    if ((t->kind == TYPE_LIST || t->kind == TYPE_SET) && number)
        return t->elem == &type_nothing ? &type_any : t->elem;
    if (t->kind == TYPE_MAP && text)
        return t->elem;
    if (t->kind != TYPE_OBJECT || !text)
        return NULL;
    const struct type_field *f = i->kind == TYPE_LITERAL ? type_field(t, i->literal->s) : NULL;
    const struct type *r = f ? f->type : t->nfields ? t->fields[0].type : &type_any;
    for (size_t k = 1; !f && k < t->nfields; k++)
        r = type_join(a, r, t->fields[k].type);
    return r->kind == TYPE_ERROR ? &type_any : r;
}

static const struct value *unknown_element(struct eval *e, const struct value *x, const struct value *i, bool lenient, struct span at)
{
    const struct type *tx = type_of(e->arena, x), *ti = type_of(e->arena, i);
    const struct type *ty = access_element_type(e->arena, tx, ti);
    ty = ty && lenient ? type_optional(e->arena, ty) : ty;
    if (!ty) {
        eval_fail(e, DIAG_E0303, at, "%.*s has no elements by %.*s", STR_ARG(type_text(e->arena, tx)), STR_ARG(type_text(e->arena, ti)));
        return NULL;
    }
    const struct value *const both[] = { x, i };
    const struct term *args[] = { term_of(e->arena, x), term_of(e->arena, i) };
    return unknown_term(e, term_new(e->arena, TERM_INDEX, args, 2, ty, at), ty, both, 2);
}

static const struct value *no_element(struct eval *e, const struct value *x, const struct value *i, struct span at)
{
    struct arena *a = e->arena;
    if (x->kind == VALUE_LIST && i->kind == VALUE_INT) {
        eval_fail(e, DIAG_E0304, at, "no element %.*s: the list has %zu", STR_ARG(value_shown(a, i)), x->list.n);
        if (x->list.n)
            e->help = str_fmt(a, "elements count from 0 to %zu", x->list.n - 1);
    } else if (x->kind == VALUE_OBJECT && i->kind == VALUE_STRING) {
        eval_fail(e, DIAG_E0304, at, "no key %.*s", STR_ARG(value_shown(a, i)));
        e->help = i->secret ? (struct str){ "", 0 } : nearest_key(a, x, i->s);
    } else if (x->kind == VALUE_LIST || x->kind == VALUE_OBJECT) {
        eval_fail(e, DIAG_E0303, at, "a %s has no elements by %s", x->kind == VALUE_LIST ? "list" : "map", value_kind_name(i->kind));
    } else {
        eval_fail(e, DIAG_E0303, at, "a value of type %s has no elements", value_kind_name(x->kind));
    }
    return NULL;
}

const struct value *access_index(struct eval *e, const struct value *x, const struct value *i, bool lenient, struct span at)
{
    if (e->failed)
        return NULL;
    const struct value *const both[] = { x, i };
    if (x->kind == VALUE_DIGEST || i->kind == VALUE_DIGEST)
        return eval_withheld(both, 2);
    if (x->kind == VALUE_UNKNOWN || !value_is_known(i))
        return unknown_element(e, x, i, lenient, at);
    const struct value *r = NULL;
    if (x->kind == VALUE_LIST && i->kind == VALUE_INT)
        r = i->i >= 0 && (uint64_t)i->i < x->list.n ? x->list.v[i->i] : NULL;
    else if (x->kind == VALUE_OBJECT && i->kind == VALUE_STRING)
        r = value_get(x, i->s);
    if (r)
        return eval_taint(e, r, &i, 1);
    return lenient && (x->kind == VALUE_NONE || x->kind == VALUE_LIST || x->kind == VALUE_OBJECT) ? &value_none : no_element(e, x, i, at);
}

const struct value *expr_index(struct eval *e, const struct value *x, const struct value *i, struct span at)
{
    return access_index(e, x, i, false, at);
}

/* ---- text ---- */

struct str expr_to_text(struct eval *e, const struct value *v, struct span at)
{
    if (v->kind == VALUE_SIZE) {
        struct buf b = { 0 };
        struct value open = *v;
        open.secret = false;
        value_print(&b, &open);
        return buf_take(&b, e->arena);
    }
    if (v->kind > VALUE_NONE && v->kind < VALUE_LIST)
        return value_text(e->arena, v);
    eval_fail(e, DIAG_E0303, at, v->kind == VALUE_NONE ? "%s has no text" : "a value of type %s has no text of its own",
              value_kind_name(v->kind));
    e->help = v->kind == VALUE_NONE     ? STR("say what to write instead: \\(x ?? \"-\")")
              : v->kind == VALUE_LIST   ? STR("write join(x, \",\") or json(x)")
              : v->kind == VALUE_OBJECT ? STR("write json(x)")
                                        : STR("name a field of it");
    return STR_NONE;
}

const struct value *expr_join(struct eval *e, const struct value *const *parts, size_t n, struct span at)
{
    if (e->failed || !eval_spend(e, n, at))
        return NULL;
    if (eval_withheld(parts, n))
        return &value_withheld;
    const struct term **terms = ARENA_ARRAY(e->arena, const struct term *, n);
    bool known = true;
    struct buf b = { .limit = EVAL_TEXT };
    for (size_t i = 0; i < n && !e->failed; i++) {
        known = known && parts[i]->kind != VALUE_UNKNOWN;
        if (parts[i]->kind != VALUE_UNKNOWN) {
            struct str s = expr_to_text(e, parts[i], at);
            if (known)
                buf_str(&b, s);
        }
    }
    const struct value *r = NULL;
    bool fits = !e->failed && eval_text(e, b.n, at);
    if (fits && known)
        r = eval_taint(e, value_str(e->arena, buf_take(&b, e->arena)), parts, n);
    buf_fini(&b);
    if (!fits || known)
        return r;
    for (size_t i = 0; i < n; i++)
        terms[i] = term_of(e->arena, parts[i]);
    return unknown_term(e, term_new(e->arena, TERM_JOIN, terms, n, &type_string, at), &type_string, parts, n);
}

/* ---- choices ---- */

const struct type *type_precise(struct arena *a, const struct value *v)
{
    if ((v->kind == VALUE_STRING || v->kind == VALUE_INT) && !v->secret)
        return type_literal(a, v);
    return type_of(a, v);
}

const struct value *expr_if(struct eval *e, const struct value *c, const struct value *x, const struct value *y, struct span at)
{
    if (e->failed)
        return NULL;
    const struct value *const all[] = { c, x, y };
    if (c->kind == VALUE_DIGEST)
        return c;
    if (c->kind == VALUE_BOOL)
        return eval_taint(e, c->b ? x : y, all, 1);
    const struct type *tc = c->kind == VALUE_UNKNOWN && c->unknown.type ? type_strip(c->unknown.type) : &type_any;
    if (c->kind != VALUE_UNKNOWN || (tc->kind != TYPE_BOOL && tc->kind != TYPE_ANY && tc->kind != TYPE_ERROR)) {
        eval_fail(e, DIAG_E0303, at, "a condition is true or false, got %.*s", STR_ARG(type_text(e->arena, type_of(e->arena, c))));
        return NULL;
    }
    if (value_is_known(x) && value_is_known(y) && value_eq(x, y))
        return eval_taint(e, x, all, 1);
    const struct type *ty = type_join(e->arena, type_precise(e->arena, x), type_precise(e->arena, y));
    if (ty->kind == TYPE_ERROR)
        ty = &type_any;
    const struct term *args[] = { term_of(e->arena, c), term_of(e->arena, x), term_of(e->arena, y) };
    return unknown_term(e, term_new(e->arena, TERM_IF, args, 3, ty, at), ty, all, 3);
}
