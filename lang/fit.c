/* fit.c - see fit.h. What only shows at run time (the value of a call, a computed key) is not judged here: the client validates each request again. */
#include "fit.h"

void fit_name(struct fitting *x, struct str name, const struct shape *s)
{
    if (x->nnames < FIT_NAMES)
        x->names[x->nnames++] = (__typeof__(x->names[0])){ name, s };
}

const struct shape *fit_elem(const struct shape *s)
{
    return s && (s->kind == SHAPE_LIST || s->kind == SHAPE_MAP) ? s->elem : NULL;
}

static const struct shape *list_of(struct fitting *x, const struct shape *elem)
{
    struct shape *s = ARENA_NEW(x->p->arena, struct shape);
    *s = (struct shape){ .kind = SHAPE_LIST, .elem = elem };
    return elem ? s : NULL;
}

static const struct shape *named(const struct fitting *x, struct str name)
{
    for (size_t i = x->nnames; i-- > 0;)
        if (str_eq(x->names[i].name, name))
            return x->names[i].shape;
    return NULL;
}

/* ---- replies ---- */

static struct str shape_words(struct program *p, const struct shape *s)
{
    if (!s->name.n)
        return STR("the reply");
    return str_find(s->name, STR("`")) == SIZE_MAX ? str_fmt(p->arena, "`%.*s`", STR_ARG(s->name)) : s->name;
}

static void no_member(struct fitting *x, struct diag *d, const struct shape *s, struct str name, struct span at)
{
    struct vec names = { 0 };
    for (size_t i = 0; i < s->nmembers; i++)
        names_add(x->p, &names, s->members[i].name);
    report_suggest(x->p, d, name, at, &names);
}

static const struct shape *member_of(struct fitting *x, const struct term *t)
{
    struct program *p = x->p;
    const struct shape *s = fit_follow(x, t->args[0]);
    if (s && s == x->ids->elem && s->kind != SHAPE_STRUCT)
        diag_help(p->diags, report(p, DIAG_E0312, t->span, "an element of `ids` is the identity itself, it has no `%.*s`", STR_ARG(t->name)), "leave `.%.*s` out", STR_ARG(t->name));
    if (!s || s->kind != SHAPE_STRUCT)
        return s && s->kind == SHAPE_MAP ? s->elem : NULL;
    const struct member *m = model_member(s, t->name);
    if (m)
        return m->shape;
    x->misses += x->quiet;
    if (x->quiet)
        return NULL;
    struct span at = t->span;
    if (at.len > t->name.n)
        at = (struct span){ at.file, at.off + at.len - (uint32_t)t->name.n, (uint32_t)t->name.n };
    no_member(x, report(p, DIAG_E0312, at, "%.*s has no member `%.*s`", STR_ARG(shape_words(p, s)), STR_ARG(t->name)), s, t->name, at);
    return NULL;
}

static const struct shape *loop(struct fitting *x, const struct term *t)
{
    const struct shape *s = fit_follow(x, t->args[0]);
    size_t mark = x->nnames;
    fit_name(x, t->name, fit_elem(s));
    if (t->name2.n)
        fit_name(x, t->name2, NULL);
    if (t->args[1])
        fit_follow(x, t->args[1]);
    const struct shape *body = fit_follow(x, t->args[2]);
    if (t->nargs > 3)
        fit_follow(x, t->args[3]);
    x->nnames = mark;
    return t->nargs == 3 ? list_of(x, body) : NULL;
}

/* `a ?? b` may name what only one of several shapes has, so one of them must exist. */
static const struct shape *either(struct fitting *x, const struct term *t)
{
    unsigned before = x->misses;
    x->quiet++;
    const struct shape *a = fit_follow(x, t->args[0]);
    unsigned left = x->misses - before;
    const struct shape *b = fit_follow(x, t->args[1]);
    x->quiet--;
    x->misses = before;
    if (left && !b)                                        /* the other one leads nowhere, or is no path */
        fit_follow(x, t->args[0]);
    return a ? a : b;
}

static const struct shape *call(struct fitting *x, const struct term *t)
{
    const struct shape *first = NULL;
    for (size_t i = 0; i < t->nargs; i++) {
        const struct shape *s = fit_follow(x, t->args[i]);
        first = i == 0 ? s : first;
    }
    if (!first || first->kind != SHAPE_LIST)
        return NULL;
    if (str_is(t->name, "first") || str_is(t->name, "last") || (str_is(t->name, "flatten") && fit_elem(first->elem)))
        return first->elem;
    return str_is(t->name, "reverse") || str_is(t->name, "take") || str_is(t->name, "drop") ? first : NULL;
}

static bool is_none(const struct term *t)
{
    return t->kind == TERM_CONST && t->value->kind == VALUE_NONE;
}

static const struct shape *choice(struct fitting *x, const struct term *t)
{
    fit_follow(x, t->args[0]);
    const struct shape *a = fit_follow(x, t->args[1]), *b = fit_follow(x, t->args[2]);
    return is_none(t->args[2]) || a == b ? a : is_none(t->args[1]) ? b : NULL;
}

/* [a] is a list of what a is. */
static const struct shape *parts(struct fitting *x, const struct term *t)
{
    const struct shape *s = NULL;
    for (size_t i = 0; i < t->nargs; i++)
        s = fit_follow(x, t->args[i]);
    return t->kind == TERM_LIST && t->nargs == 1 && !(t->spread && t->spread[0]) ? list_of(x, s) : NULL;
}

const struct shape *fit_follow(struct fitting *x, const struct term *t)
{
    const struct shape *s;
    if (!t)
        return NULL;
    switch (t->kind) {
    case TERM_PARAM: return str_is(t->name, "ids") ? x->ids : named(x, t->name);
    case TERM_FIELD: return member_of(x, t);
    case TERM_FOR: return loop(x, t);
    case TERM_CALL: return call(x, t);
    case TERM_IF: return choice(x, t);
    case TERM_INDEX:
        s = fit_follow(x, t->args[0]);
        fit_follow(x, t->args[1]);
        return fit_elem(s);
    case TERM_OP:
        if (t->op == OP_COALESCE)
            return either(x, t);
        parts(x, t);
        return NULL;
    case TERM_LIST: case TERM_OBJECT: case TERM_JOIN: return parts(x, t);
    case TERM_CONST: case TERM_REF: return NULL;
    }
    return NULL;
}

/* ---- requests ---- */

const struct ast_item *fit_written(const struct ast_body *b, struct str key)
{
    for (size_t i = 0; b && i < b->n; i++)
        if ((b->items[i]->kind == ITEM_SET || b->items[i]->kind == ITEM_INSTANCE) && b->items[i]->path.n == 1 && str_eq(b->items[i]->path.v[0].text, key))
            return b->items[i];
    return NULL;
}

static struct fit_text text_of(const struct ast_expr *e)
{
    return (struct fit_text){ e && e->kind == EXPR_OBJECT ? e->body : NULL, e };
}

struct fit_text fit_text(const struct ast_item *it)
{
    if (it && it->kind == ITEM_INSTANCE)
        return (struct fit_text){ it->body, NULL };
    return text_of(it ? it->value : NULL);
}

/* Of the i-th argument of a term that came from it. */
static struct fit_text text_at(struct fit_text text, const struct term *t, size_t i)
{
    const struct ast_expr *e = text.expr;
    if (e && e->kind == EXPR_LIST && t->kind == TERM_LIST && e->args.n == t->nargs)
        return text_of(e->args.v[i].value);
    if (e && e->kind == EXPR_FOR && t->kind == TERM_FOR)
        return text_of(e->a);
    if (e && e->kind == EXPR_IF && t->kind == TERM_IF)
        return text_of(i == 1 ? e->b : e->c);
    return (struct fit_text){ NULL, NULL };
}

static void takes_no(struct fitting *x, const struct shape *s, struct str key, struct span at, bool exact, struct str what)
{
    no_member(x, report(x->p, DIAG_E0312, at, "`%.*s` takes no `%.*s`", STR_ARG(s->name.n ? s->name : what), STR_ARG(key)), s, key, exact ? at : SPAN_NONE);
}

static void is_value(struct fitting *x, const struct shape *s, const struct value *v, struct fit_text text, struct span at);

static void is_struct(struct fitting *x, const struct shape *s, const struct value *v, struct fit_text text, struct span at)
{
    for (size_t i = 0; i < v->object.n; i++) {
        const struct member *m = model_member(s, v->object.v[i].key);
        const struct ast_item *it = fit_written(text.body, v->object.v[i].key);
        struct span where = it ? it->path.span : at;
        if (m)
            is_value(x, m->shape, v->object.v[i].value, fit_text(it), where);
        else
            takes_no(x, s, v->object.v[i].key, where, it != NULL, s->name);
    }
    for (size_t i = 0; i < s->nmembers; i++)
        if (s->members[i].required && !s->members[i].token && !value_get(v, s->members[i].name))
            report(x->p, DIAG_E0312, at, "`%.*s` must be sent `%.*s`", STR_ARG(s->name), STR_ARG(s->members[i].name));
}

static void is_value(struct fitting *x, const struct shape *s, const struct value *v, struct fit_text text, struct span at)
{
    bool among = s->kind != SHAPE_ENUM || v->kind != VALUE_STRING, list = v->kind == VALUE_LIST && s->kind == SHAPE_LIST;
    const struct ast_args *args = text.expr && text.expr->kind == EXPR_LIST ? &text.expr->args : NULL;
    struct vec names = { 0 };
    if (v->kind == VALUE_OBJECT && s->kind == SHAPE_STRUCT)
        is_struct(x, s, v, text, at);
    for (size_t i = 0; list && i < v->list.n; i++)
        is_value(x, s->elem, v->list.v[i], text_of(args && args->n == v->list.n ? args->v[i].value : NULL), at);
    for (size_t i = 0; !among && i < s->nvalues; i++)
        among = str_eq(s->values[i], v->s);
    if (among)
        return;
    for (size_t i = 0; i < s->nvalues; i++)
        names_add(x->p, &names, s->values[i]);
    report_suggest(x->p, report(x->p, DIAG_E0312, text.expr ? text.expr->span : at, "`%.*s` is none of the values of `%.*s`", STR_ARG(v->s), STR_ARG(s->name)), v->s, SPAN_NONE, &names);
}

static void lacks(struct fitting *x, const struct shape *s, const struct term *t, struct span at, struct str what)
{
    for (size_t i = 0; i < s->nmembers; i++) {
        bool found = !s->members[i].required || s->members[i].token;
        for (size_t k = 0; k < t->nargs && !found; k++)
            found = !t->keys[k].s || str_eq(t->keys[k], s->members[i].name);
        if (!found)
            report(x->p, DIAG_E0312, at, "`%.*s` must be sent `%.*s`", STR_ARG(what), STR_ARG(s->members[i].name));
    }
}

static void object(struct fitting *x, const struct shape *s, const struct term *t, struct fit_text text, struct span at, struct str what)
{
    size_t errors = x->p->diags->errors;
    for (size_t i = 0; i < t->nargs; i++) {
        if (!t->keys[i].s)
            continue;
        const struct member *m = model_member(s, t->keys[i]);
        const struct ast_item *it = fit_written(text.body, t->keys[i]);
        struct span where = it ? it->path.span : at;
        if (m)
            fit_request(x, m->shape, t->args[i], fit_text(it), where, m->shape->name.n ? m->shape->name : m->name);
        else
            takes_no(x, s, t->keys[i], where, it != NULL, what);
    }
    if (x->p->diags->errors == errors)                     /* one misspelt is not two mistakes */
        lacks(x, s, t, at, what);
}

static bool plain_identities(struct fitting *x, const struct shape *s, const struct term *t, struct span at)
{
    bool objects = t->kind == TERM_PARAM && str_is(t->name, "ids") && s->kind == SHAPE_LIST && x->ids->elem->kind == SHAPE_STRUCT && s->elem->kind != SHAPE_STRUCT;
    if (objects)
        diag_help(x->p->diags, report(x->p, DIAG_E0312, at, "the elements of `ids` are objects here: `%.*s` is known by inputs", STR_ARG(x->d->name)), "write `[for i in ids: i.%.*s]`",
                  STR_ARG(x->ids->elem->members[0].name));
    return !objects;
}

void fit_request(struct fitting *x, const struct shape *s, const struct term *t, struct fit_text text, struct span at, struct str what)
{
    struct span here = t && t->span.file ? t->span : at;
    if (!s || !t || !plain_identities(x, s, t, at))
        return;
    if (t->kind == TERM_CONST)
        is_value(x, s, t->value, text, at);
    else if (t->kind == TERM_OBJECT && s->kind == SHAPE_STRUCT)
        object(x, s, t, text, at, what);
    else if (t->kind == TERM_FOR && s->kind == SHAPE_LIST && t->nargs == 3)
        fit_request(x, s->elem, t->args[2], text_at(text, t, 2), here, what);
    for (size_t i = 0; i < t->nargs; i++) {
        bool choice = (t->kind == TERM_IF && i) || (t->kind == TERM_OP && t->op == OP_COALESCE);
        if (t->kind == TERM_LIST && s->kind == SHAPE_LIST)
            fit_request(x, t->spread && t->spread[i] ? s : s->elem, t->args[i], text_at(text, t, i), here, what);
        else if (choice || (t->kind == TERM_OBJECT && s->kind == SHAPE_MAP))
            fit_request(x, choice ? s : s->elem, t->args[i], text_at(text, t, i), here, what);
    }
}
