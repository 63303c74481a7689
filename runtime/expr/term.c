/* term.c - making terms, finding references and parameters in them, closing comprehensions. Evaluation: eval.c. */
#include "expr.h"
#include "kc/arena.h"
#include <string.h>

struct term *term_new(struct arena *a, enum term_kind k, const struct term *const *args, size_t nargs, const struct type *type,
                      struct span at)
{
    struct term *t = ARENA_NEW(a, struct term);
    t->kind = k;
    t->args = nargs ? arena_copy(a, args, nargs * sizeof *args) : NULL;
    t->nargs = nargs;
    t->type = type ? type : &type_any;
    t->span = at;
    size_t w = 1;
    for (size_t i = 0; i < nargs; i++)
        w += args[i] ? term_weight(args[i]) : 0;
    t->weight = w > UINT32_MAX ? UINT32_MAX : (uint32_t)w;
    return t;
}

static size_t count(const struct term *t, unsigned depth)
{
    if (t->weight)
        return t->weight;
    size_t w = depth > EVAL_DEPTH ? EVAL_TERM + 1 : 1;
    for (size_t i = 0; i < t->nargs && w <= EVAL_TERM; i++)
        w += t->args[i] ? count(t->args[i], depth + 1) : 0;
    return w;
}

size_t term_weight(const struct term *t)
{
    return count(t, 0);
}

const struct term *term_const(struct arena *a, const struct value *v)
{
    struct term *t = term_new(a, TERM_CONST, NULL, 0, NULL, SPAN_NONE);
    t->value = v;
    t->type = type_of(a, v);
    return t;
}

const struct term *term_ref(struct arena *a, struct str addr, struct str path, const struct type *type, struct span at)
{
    struct term *t = term_new(a, TERM_REF, NULL, 0, type, at);
    t->name = str_dup(a, addr);
    t->path = str_dup(a, path);
    return t;
}

const struct term *term_param(struct arena *a, struct str name, const struct type *type, struct span at)
{
    struct term *t = term_new(a, TERM_PARAM, NULL, 0, type, at);
    t->name = str_dup(a, name);
    return t;
}

/* ---- values as terms ---- */

static const struct term *of_list(struct arena *a, const struct value *v)
{
    const struct term **args = ARENA_ARRAY(a, const struct term *, v->list.n);
    for (size_t i = 0; i < v->list.n; i++)
        args[i] = term_of(a, v->list.v[i]);
    return term_new(a, TERM_LIST, args, v->list.n, type_of(a, v), SPAN_NONE);
}

static const struct term *of_object(struct arena *a, const struct value *v)
{
    const struct term **args = ARENA_ARRAY(a, const struct term *, v->object.n);
    struct str *keys = ARENA_ARRAY(a, struct str, v->object.n);
    for (size_t i = 0; i < v->object.n; i++) {
        keys[i] = v->object.v[i].key.s ? v->object.v[i].key : STR("");
        args[i] = term_of(a, v->object.v[i].value);
    }
    struct term *t = term_new(a, TERM_OBJECT, args, v->object.n, type_of(a, v), SPAN_NONE);
    t->keys = keys;
    return t;
}

const struct term *term_of(struct arena *a, const struct value *v)
{
    if (value_is_known(v))
        return term_const(a, v);
    if (v->kind == VALUE_LIST)
        return of_list(a, v);
    if (v->kind == VALUE_OBJECT)
        return of_object(a, v);
    if (!v->unknown.term)
        die("an unknown value without its term");
    return v->unknown.term;
}

/* ---- walking ---- */

void value_refs(const struct value *v, term_ref_visitor *f, void *user)
{
    if (value_is_known(v) && v->kind != VALUE_REF && v->kind != VALUE_LIST && v->kind != VALUE_OBJECT)
        return;
    if (v->kind == VALUE_UNKNOWN && v->unknown.term)
        term_refs(v->unknown.term, f, user);
    for (size_t i = 0; v->kind == VALUE_LIST && !value_is_known(v) && i < v->list.n; i++)
        value_refs(v->list.v[i], f, user);
    for (size_t i = 0; v->kind == VALUE_OBJECT && !value_is_known(v) && i < v->object.n; i++)
        value_refs(v->object.v[i].value, f, user);
}

void term_refs(const struct term *t, term_ref_visitor *f, void *user)
{
    if (t->kind == TERM_REF)
        f(user, t);
    if (t->kind == TERM_CONST)
        value_refs(t->value, f, user);
    for (size_t i = 0; i < t->nargs; i++)
        if (t->args[i])
            term_refs(t->args[i], f, user);
}

bool term_uses_param(const struct term *t, struct str name)
{
    if (t->kind == TERM_PARAM && str_eq(t->name, name))
        return true;
    bool bound = t->kind == TERM_FOR && (str_eq(t->name, name) || str_eq(t->name2, name));
    for (size_t i = 0; i < t->nargs; i++)
        if (t->args[i] && !(bound && i > 0) && term_uses_param(t->args[i], name))
            return true;
    return false;
}

const struct term *term_use(const struct term *t, struct str name)
{
    const struct term *found = NULL;
    if (!t || !term_uses_param(t, name))
        return NULL;
    for (size_t i = 0; i < t->nargs && !found; i++)
        found = term_use(t->args[i], name);
    return found ? found : t;
}

/* ---- comprehensions ---- */

/* Whether the name occurs in t other than as this very variable: then it would be captured, or capture. */
static bool occurs(const struct term *t, struct str name, const struct term *variable)
{
    if (t == variable)
        return false;
    if ((t->kind == TERM_PARAM || t->kind == TERM_FOR) && (str_eq(t->name, name) || (t->kind == TERM_FOR && str_eq(t->name2, name))))
        return true;
    for (size_t i = 0; i < t->nargs; i++)
        if (t->args[i] && occurs(t->args[i], name, variable))
            return true;
    return false;
}

static bool taken(const struct term *const args[4], struct str name, const struct term *variable)
{
    for (size_t i = 1; i < 4; i++)
        if (args[i] && occurs(args[i], name, variable))
            return true;
    return false;
}

static void settle_name(struct arena *a, struct term *variable, const struct term *other, const struct term *const args[4])
{
    struct str written = variable->name;
    for (int n = 2; taken(args, variable->name, variable) || (other && str_eq(other->name, variable->name)); n++)
        variable->name = str_fmt(a, "%.*s_%d", STR_ARG(written), n);
}

const struct term *term_for(struct arena *a, struct term *value, struct term *key, const struct term *const args[4],
                            const struct type *type, struct span at)
{
    settle_name(a, value, NULL, args);
    if (key)
        settle_name(a, key, value, args);
    struct term *t = term_new(a, TERM_FOR, args, 4, type, at);
    t->name = value->name;
    t->name2 = key ? key->name : STR_NONE;
    return t;
}
