/* op_type.c - result types of operators, and what is said when operands do not fit. */
#include "expr.h"
#include "kc/arena.h"

struct ask {
    struct eval *e;
    enum term_op op;
    const struct type *x, *y;                              /* without secrets around */
    struct span at;
};

/* Literals count as their kind, ids and ARNs as text. */
static const struct type *plain(const struct type *t)
{
    t = type_strip(t);
    if (t->kind == TYPE_UNION && t->nalt) {
        const struct type *first = plain(t->alt[0]);
        for (size_t i = 1; i < t->nalt; i++)
            if (plain(t->alt[i])->kind != first->kind)
                return t;
        return first;
    }
    if (t->kind == TYPE_LITERAL)
        return type_of_kind(t->literal->kind);
    return t->kind == TYPE_ID || t->kind == TYPE_ARN || t->kind == TYPE_DOCUMENT ? &type_string : t;
}

static bool soft(const struct type *t)
{
    return t->kind == TYPE_ANY || t->kind == TYPE_ERROR;
}

static const struct type *refuse(struct ask *q)
{
    struct arena *a = q->e->arena;
    if (q->y)
        eval_fail(q->e, DIAG_E0303, q->at, "`%s` does not take %.*s and %.*s", op_name(q->op), STR_ARG(type_text(a, q->x)),
                  STR_ARG(type_text(a, q->y)));
    else
        eval_fail(q->e, DIAG_E0303, q->at, "`%s` does not take %.*s", op_name(q->op), STR_ARG(type_text(a, q->x)));
    const struct type *x = plain(q->x), *y = q->y ? plain(q->y) : x;
    if (q->x->kind == TYPE_OPTIONAL || (q->y && q->y->kind == TYPE_OPTIONAL))
        q->e->help = STR("it may be none: give it a value first, as in (x ?? 0)");
    else if (q->op == OP_ADD && (x->kind == TYPE_OBJECT || x->kind == TYPE_MAP))
        q->e->help = STR("merge(a, b) puts objects together");
    else if (q->op == OP_ADD && (x->kind == TYPE_STRING || y->kind == TYPE_STRING))
        q->e->help = STR("put values into text with \"\\( )\"");
    else if ((q->op == OP_AND || q->op == OP_OR || q->op == OP_NOT) && x->kind != TYPE_BOOL)
        q->e->help = STR("compare it with something: conditions are true or false");
    return NULL;
}

static bool is(const struct type *t, enum type_kind k)
{
    return t->kind == k || soft(t);
}

static bool number(const struct type *t)
{
    return t->kind == TYPE_INT || t->kind == TYPE_FLOAT;
}

static bool amount(const struct type *t)
{
    return t->kind == TYPE_SIZE || t->kind == TYPE_DURATION;
}

static const struct type *arithmetic(struct ask *q)
{
    const struct type *x = plain(q->x), *y = plain(q->y);
    if (q->x->kind == TYPE_OPTIONAL || q->y->kind == TYPE_OPTIONAL)
        return refuse(q);
    if (soft(x) || soft(y))
        return &type_any;
    if (number(x) && number(y))
        return q->op != OP_DIV && x->kind == TYPE_INT && y->kind == TYPE_INT ? &type_int : &type_float;
    if (x->kind == y->kind && (amount(x) || x->kind == TYPE_PERCENT) && (q->op == OP_ADD || q->op == OP_SUB))
        return x;
    if (x->kind == y->kind && amount(x) && q->op == OP_DIV)
        return &type_float;
    if ((amount(x) || x->kind == TYPE_PERCENT) && number(y) && (q->op == OP_MUL || q->op == OP_DIV))
        return x;
    if (number(x) && amount(y) && q->op == OP_MUL)
        return y;
    if (q->op == OP_ADD && x->kind == TYPE_STRING && y->kind == TYPE_STRING)
        return &type_string;
    bool lists = (x->kind == TYPE_LIST || x->kind == TYPE_SET) && (y->kind == TYPE_LIST || y->kind == TYPE_SET);
    if (q->op != OP_ADD || !lists)
        return refuse(q);
    const struct type *elem = type_join(q->e->arena, x->elem, y->elem);
    return type_list(q->e->arena, elem->kind == TYPE_ERROR ? &type_any : elem);
}

static const struct type *equality(struct ask *q)
{
    const struct type *x = plain(q->x), *y = plain(q->y);
    bool none = (q->x->kind == TYPE_NONE && type_may_be_none(q->y)) || (q->y->kind == TYPE_NONE && type_may_be_none(q->x)) ||
                q->x->kind == TYPE_NONE || q->y->kind == TYPE_NONE;
    if (none || soft(x) || soft(y) || x->kind == y->kind || (number(x) && number(y)) || type_assignable(x, y) || type_assignable(y, x))
        return &type_bool;
    struct arena *a = q->e->arena;
    eval_fail(q->e, DIAG_E0303, q->at, "%.*s and %.*s are never equal", STR_ARG(type_text(a, q->x)), STR_ARG(type_text(a, q->y)));
    return NULL;
}

static const struct type *order(struct ask *q)
{
    const struct type *x = plain(q->x), *y = plain(q->y);
    if (q->x->kind == TYPE_OPTIONAL || q->y->kind == TYPE_OPTIONAL)
        return refuse(q);
    bool kind = x->kind == TYPE_STRING || amount(x) || x->kind == TYPE_PERCENT || x->kind == TYPE_VERSION || x->kind == TYPE_IP;
    bool fits = soft(x) || soft(y) || (number(x) && number(y)) || (kind && x->kind == y->kind);
    return fits ? &type_bool : refuse(q);
}

static const struct type *membership(struct ask *q)
{
    const struct type *x = plain(q->x), *y = plain(q->y);
    bool fits = soft(x) || soft(y);
    if (y->kind == TYPE_LIST || y->kind == TYPE_SET)
        fits = fits || type_join(q->e->arena, plain(y->elem), x)->kind != TYPE_ERROR;
    else if (y->kind == TYPE_MAP || y->kind == TYPE_OBJECT || y->kind == TYPE_STRING)
        fits = fits || x->kind == TYPE_STRING;
    else if (y->kind == TYPE_RANGE)
        fits = fits || x->kind == TYPE_INT;
    else if (y->kind == TYPE_CIDR)
        fits = fits || x->kind == TYPE_CIDR || x->kind == TYPE_IP;
    return fits && q->y->kind != TYPE_OPTIONAL ? &type_bool : refuse(q);
}

static const struct type *coalesce(struct ask *q)
{
    const struct type *x = q->x->kind == TYPE_OPTIONAL ? q->x->elem : q->x;
    if (x->kind == TYPE_NONE)
        return q->y;
    const struct type *t = type_join(q->e->arena, x, q->y);
    if (t->kind != TYPE_ERROR || soft(q->x) || soft(q->y))
        return t;
    struct arena *a = q->e->arena;
    eval_fail(q->e, DIAG_E0303, q->at, "the sides of `\?\?` have nothing in common: %.*s and %.*s", STR_ARG(type_text(a, x)),
              STR_ARG(type_text(a, q->y)));
    return NULL;
}

static const struct type *answer(struct ask *q)
{
    const struct type *x = plain(q->x), *y = q->y ? plain(q->y) : NULL;
    bool sure = q->x->kind != TYPE_OPTIONAL && !(q->y && q->y->kind == TYPE_OPTIONAL);
    switch (q->op) {
    case OP_OR: case OP_AND: return sure && is(x, TYPE_BOOL) && is(y, TYPE_BOOL) ? &type_bool : refuse(q);
    case OP_NOT: return sure && is(x, TYPE_BOOL) ? &type_bool : refuse(q);
    case OP_NEG: return sure && (number(x) || amount(x) || is(x, TYPE_PERCENT)) ? x : refuse(q);
    case OP_RANGE: return sure && is(x, TYPE_INT) && is(y, TYPE_INT) ? &type_range : refuse(q);
    case OP_EQ: case OP_NE: return equality(q);
    case OP_LT: case OP_GT: case OP_LE: case OP_GE: return order(q);
    case OP_IN: return membership(q);
    case OP_COALESCE: return coalesce(q);
    case OP_ADD: case OP_SUB: case OP_MUL: case OP_DIV: return arithmetic(q);
    }
    die("operator %d", (int)q->op);
}

static const struct type *open_secret(const struct type *t, bool *secret)
{
    *secret |= t && t->kind == TYPE_SECRET;
    return t && t->kind == TYPE_SECRET ? t->elem : t;
}

const struct type *op_type(struct eval *e, enum term_op op, const struct type *x, const struct type *y, struct span at)
{
    bool secret = false;
    struct ask q = { e, op, open_secret(x, &secret), open_secret(y, &secret), at };
    const struct type *t = answer(&q);
    return t && secret ? type_secret(e->arena, t) : t;
}
