/* op.c - operators on values. Known operands are computed; with an unknown one the answer is sometimes still certain (false && x),
 * else it is an unknown that holds the operation. Types of operators: op_type.c. */
#include "expr.h"
#include "kc/arena.h"
#include <math.h>
#include <string.h>

const char *op_name(enum term_op op)
{
    static const char *const text[] = {
        [OP_OR] = "||", [OP_AND] = "&&", [OP_EQ] = "==", [OP_NE] = "!=", [OP_LT] = "<", [OP_GT] = ">", [OP_LE] = "<=", [OP_GE] = ">=",
        [OP_IN] = "in", [OP_RANGE] = "..", [OP_ADD] = "+", [OP_SUB] = "-", [OP_MUL] = "*", [OP_DIV] = "/", [OP_NEG] = "-", [OP_NOT] = "!",
        [OP_COALESCE] = "??",
    };
    return text[op];
}

struct sum {                                               /* one operation on known operands */
    struct eval *e;
    enum term_op op;
    const struct value *x, *y;
    struct span at;
};

static const struct value *no_such(struct sum *s)
{
    if (s->y)
        eval_fail(s->e, DIAG_E0303, s->at, "`%s` does not take %s and %s", op_name(s->op), value_kind_name(s->x->kind),
                  value_kind_name(s->y->kind));
    else
        eval_fail(s->e, DIAG_E0303, s->at, "`%s` does not take %s", op_name(s->op), value_kind_name(s->x->kind));
    if (s->op == OP_ADD && !s->e->help.n && s->y && s->x->kind == VALUE_OBJECT)
        s->e->help = STR("merge(a, b) puts objects together");
    else if (s->op == OP_ADD && s->y && (s->x->kind == VALUE_STRING || s->y->kind == VALUE_STRING))
        s->e->help = STR("put values into text with \"\\( )\"");
    return NULL;
}

static const struct value *too_large(struct sum *s)
{
    eval_fail(s->e, DIAG_E0304, s->at, "the result of `%s` does not fit in 64 bits", op_name(s->op));
    return NULL;
}

static const struct value *finite_float(struct sum *s, double f, bool percent)
{
    if (!isfinite(f)) {
        eval_fail(s->e, DIAG_E0304, s->at, "the result of `%s` is not a number", op_name(s->op));
        return NULL;
    }
    return percent ? value_percent(s->e->arena, f) : value_float(s->e->arena, f);
}

static const struct value *by_zero(struct sum *s)
{
    eval_fail(s->e, DIAG_E0304, s->at, "division by zero");
    return NULL;
}

static const struct value *add_ints(struct sum *s, enum value_kind k, int64_t x, int64_t y)
{
    int64_t r;
    bool over = s->op == OP_ADD   ? __builtin_add_overflow(x, y, &r)
                : s->op == OP_SUB ? __builtin_sub_overflow(x, y, &r)
                                  : __builtin_mul_overflow(x, y, &r);
    return over ? too_large(s) : value_of_kind(s->e->arena, k, r);
}

static double number(const struct value *v)
{
    return v->kind == VALUE_INT ? (double)v->i : v->f;
}

static const struct value *floats(struct sum *s, double x, double y, bool percent)
{
    if (s->op == OP_DIV && !(y < 0.0 || y > 0.0))
        return by_zero(s);
    return finite_float(s, s->op == OP_ADD ? x + y : s->op == OP_SUB ? x - y : s->op == OP_MUL ? x * y : x / y, percent);
}

static bool is_number(const struct value *v)
{
    return v->kind == VALUE_INT || v->kind == VALUE_FLOAT;
}

static bool is_amount(const struct value *v)
{
    return v->kind == VALUE_SIZE || v->kind == VALUE_DURATION;
}

/* Size or duration with the same kind, or scaled by a number. */
static const struct value *amounts(struct sum *s)
{
    const struct value *x = s->x, *y = s->y;
    if (x->kind == y->kind && (s->op == OP_ADD || s->op == OP_SUB))
        return add_ints(s, x->kind, x->i, y->i);
    if (x->kind == y->kind && s->op == OP_DIV)
        return y->i ? value_float(s->e->arena, (double)x->i / (double)y->i) : by_zero(s);
    if (s->op == OP_MUL && is_number(x) && is_amount(y)) {
        x = s->y;
        y = s->x;
    }
    if (!is_amount(x) || !is_number(y) || (s->op != OP_MUL && s->op != OP_DIV))
        return no_such(s);
    if (s->op == OP_MUL && y->kind == VALUE_INT)
        return add_ints(s, x->kind, x->i, y->i);
    double by = number(y);
    if (s->op == OP_DIV && !(by < 0.0 || by > 0.0))
        return by_zero(s);
    double r = s->op == OP_MUL ? (double)x->i * by : (double)x->i / by;
    if (!(r < 9.2e18 && r > -9.2e18))
        return too_large(s);
    return value_of_kind(s->e->arena, x->kind, (int64_t)r);
}

static const struct value *join_lists(struct sum *s)
{
    size_t nx = s->x->list.n, ny = s->y->list.n;
    if (!eval_spend(s->e, nx + ny, s->at))
        return NULL;
    const struct value **v = ARENA_ARRAY(s->e->arena, const struct value *, nx + ny);
    if (nx)
        memcpy(v, s->x->list.v, nx * sizeof *v);
    if (ny)
        memcpy(v + nx, s->y->list.v, ny * sizeof *v);
    return eval_sized(s->e, value_list(s->e->arena, v, nx + ny), s->at);
}

static const struct value *join_texts(struct sum *s)
{
    size_t n = s->x->s.n + s->y->s.n;
    if (!eval_text(s->e, n, s->at))
        return NULL;
    char *p = arena_alloc(s->e->arena, n);
    memcpy(p, s->x->s.s, s->x->s.n);
    memcpy(p + s->x->s.n, s->y->s.s, s->y->s.n);
    return value_str(s->e->arena, (struct str){ p, n });
}

static const struct value *arithmetic(struct sum *s)
{
    const struct value *x = s->x, *y = s->y;
    if (x->kind == VALUE_INT && y->kind == VALUE_INT)
        return s->op == OP_DIV ? floats(s, (double)x->i, (double)y->i, false) : add_ints(s, VALUE_INT, x->i, y->i);
    if (is_number(x) && is_number(y))
        return floats(s, number(x), number(y), false);
    if (x->kind == VALUE_PERCENT &&
        (y->kind == VALUE_PERCENT ? s->op == OP_ADD || s->op == OP_SUB : is_number(y) && (s->op == OP_MUL || s->op == OP_DIV)))
        return floats(s, x->f, number(y), true);
    if (is_amount(x) || is_amount(y))
        return amounts(s);
    if (s->op == OP_ADD && x->kind == VALUE_LIST && y->kind == VALUE_LIST)
        return join_lists(s);
    if (s->op == OP_ADD && x->kind == VALUE_STRING && y->kind == VALUE_STRING)
        return join_texts(s);
    return no_such(s);
}

static bool ordered(const struct value *x, const struct value *y)
{
    if (is_number(x) && is_number(y))
        return true;
    return x->kind == y->kind &&
           (x->kind == VALUE_STRING || is_amount(x) || x->kind == VALUE_PERCENT || x->kind == VALUE_VERSION || x->kind == VALUE_IP);
}

static const struct value *compare(struct sum *s)
{
    if (!ordered(s->x, s->y))
        return no_such(s);
    int c = value_cmp(s->x, s->y);
    return value_bool(s->op == OP_LT ? c < 0 : s->op == OP_GT ? c > 0 : s->op == OP_LE ? c <= 0 : c >= 0);
}

static const struct value *negate(struct sum *s)
{
    const struct value *x = s->x;
    if (x->kind == VALUE_FLOAT || x->kind == VALUE_PERCENT)
        return finite_float(s, -x->f, x->kind == VALUE_PERCENT);
    if (x->kind != VALUE_INT && !is_amount(x))
        return no_such(s);
    return x->i == INT64_MIN ? too_large(s) : value_of_kind(s->e->arena, x->kind, -x->i);
}

static const struct value *range(struct sum *s)
{
    if (s->x->kind != VALUE_INT || s->y->kind != VALUE_INT)
        return no_such(s);
    if (s->x->i > s->y->i) {
        eval_fail(s->e, DIAG_E0304, s->at, "range %lld..%lld is empty", (long long)s->x->i, (long long)s->y->i);
        s->e->help = str_fmt(s->e->arena, "write %lld..%lld: both ends belong to it", (long long)s->y->i, (long long)s->x->i);
        return NULL;
    }
    return value_range(s->e->arena, s->x->i, s->y->i);
}

/* ---- in ---- */

static bool cidr_has(struct cidr c, struct ip ip, unsigned bits)
{
    if (c.ip.v6 != ip.v6 || bits < c.bits)
        return false;
    for (unsigned i = 0; i < c.bits; i++)
        if ((c.ip.b[i / 8] ^ ip.b[i / 8]) & (0x80 >> (i % 8)))
            return false;
    return true;
}

static bool takes_in(const struct value *x, const struct value *all)
{
    if (all->kind == VALUE_LIST)
        return true;
    if (all->kind == VALUE_OBJECT || all->kind == VALUE_STRING)
        return x->kind == VALUE_STRING;
    if (all->kind == VALUE_RANGE)
        return x->kind == VALUE_INT;
    return all->kind == VALUE_CIDR && (x->kind == VALUE_CIDR || x->kind == VALUE_IP);
}

bool op_in(const struct value *x, const struct value *all, bool *known)
{
    *known = true;
    if (all->kind == VALUE_OBJECT)
        return value_get(all, x->s) != NULL;
    if (all->kind == VALUE_STRING)
        return str_find(all->s, x->s) != SIZE_MAX;
    if (all->kind == VALUE_RANGE)
        return x->i >= all->range.lo && x->i <= all->range.hi;
    if (all->kind == VALUE_CIDR)
        return x->kind == VALUE_CIDR ? cidr_has(all->cidr, x->cidr.ip, x->cidr.bits) : cidr_has(all->cidr, x->ip, 128);
    bool certain = true;
    for (size_t i = 0; i < all->list.n; i++) {
        bool is_known = value_is_known(all->list.v[i]);
        if (is_known && value_eq(all->list.v[i], x))
            return true;
        certain = certain && is_known;
    }
    *known = certain;
    return false;
}

static const struct value *inside(struct sum *s, bool *known)
{
    if (!takes_in(s->x, s->y)) {
        eval_fail(
            s->e, DIAG_E0303, s->at,
            "`in` looks for a value in a list, a key in a map, a number in a range, an address in a CIDR or text in text, not %s in %s",
            value_kind_name(s->x->kind), value_kind_name(s->y->kind));
        return NULL;
    }
    if (s->y->kind == VALUE_LIST && !eval_spend(s->e, s->y->list.n, s->at))
        return NULL;
    return value_bool(op_in(s->x, s->y, known));
}

const struct value *op_known(struct eval *e, enum term_op op, const struct value *x, const struct value *y, struct span at)
{
    struct sum s = { e, op, x, y, at };
    bool known = true;
    switch (op) {
    case OP_EQ: return value_bool(value_eq(x, y));
    case OP_NE: return value_bool(!value_eq(x, y));
    case OP_OR: return x->kind == VALUE_BOOL && y->kind == VALUE_BOOL ? value_bool(x->b || y->b) : no_such(&s);
    case OP_AND: return x->kind == VALUE_BOOL && y->kind == VALUE_BOOL ? value_bool(x->b && y->b) : no_such(&s);
    case OP_NOT: return x->kind == VALUE_BOOL ? value_bool(!x->b) : no_such(&s);
    case OP_COALESCE: return x->kind == VALUE_NONE ? y : x;
    case OP_IN: return inside(&s, &known);
    case OP_RANGE: return range(&s);
    case OP_NEG: return negate(&s);
    case OP_LT: case OP_GT: case OP_LE: case OP_GE: return compare(&s);
    case OP_ADD: case OP_SUB: case OP_MUL: case OP_DIV: return arithmetic(&s);
    }
    die("operator %d", (int)op);
}

/* ---- partly known ---- */

static bool never_none(const struct value *v)
{
    if (v->kind != VALUE_UNKNOWN)
        return v->kind != VALUE_NONE;
    return v->unknown.type && !type_may_be_none(v->unknown.type);
}

/* What is certain although an operand is not known, or NULL. */
static const struct value *certain(struct sum *s)
{
    const struct value *x = s->x, *y = s->y;
    bool known;
    switch (s->op) {
    case OP_AND:
        return (x->kind == VALUE_BOOL && !x->b) || (y->kind == VALUE_BOOL && !y->b) ? &value_false
               : x->kind == VALUE_BOOL                                              ? y
               : y->kind == VALUE_BOOL                                              ? x
                                                                                    : NULL;
    case OP_OR:
        return (x->kind == VALUE_BOOL && x->b) || (y->kind == VALUE_BOOL && y->b) ? &value_true
               : x->kind == VALUE_BOOL                                            ? y
               : y->kind == VALUE_BOOL                                            ? x
                                                                                  : NULL;
    case OP_EQ: case OP_NE:
        if ((x->kind == VALUE_NONE && never_none(y)) || (y->kind == VALUE_NONE && never_none(x)))
            return value_bool(s->op == OP_NE);
        return NULL;
    case OP_COALESCE: return x->kind == VALUE_NONE ? y : never_none(x) ? x : NULL;
    case OP_ADD: return x->kind == VALUE_LIST && y->kind == VALUE_LIST ? join_lists(s) : NULL;
    case OP_IN:
        if (y->kind == VALUE_UNKNOWN || !value_is_known(x) || !takes_in(x, y))
            return NULL;
        x = inside(s, &known);
        return x && known ? x : NULL;
    default: return NULL;
    }
}

static bool passes_through(enum term_op op)
{
    return op == OP_COALESCE || op == OP_ADD;              /* lists: their elements keep their own marks */
}

/* An operand is not kept, and it matters what it was. */
static bool withheld(const struct sum *s)
{
    const struct value *const both[] = { s->x, s->y };
    bool none = s->x->kind == VALUE_NONE || (s->y && s->y->kind == VALUE_NONE), lists = s->x->kind == VALUE_LIST && s->y && s->y->kind == VALUE_LIST;
    if (s->op == OP_COALESCE || (s->op == OP_ADD && lists) || ((s->op == OP_EQ || s->op == OP_NE) && none))
        return false;
    return eval_withheld(both, 2) != NULL;
}

const struct value *expr_op(struct eval *e, enum term_op op, const struct value *x, const struct value *y, struct span at)
{
    if (e->failed || !eval_spend(e, 1, at) || !eval_sized(e, x, at) || (y && !eval_sized(e, y, at)))
        return NULL;
    struct sum s = { e, op, x, y, at };
    const struct value *const both[] = { x, y };
    if (withheld(&s))
        return &value_withheld;
    const struct value *r = value_is_known(x) && (!y || value_is_known(y)) ? op_known(e, op, x, y, at) : certain(&s);
    if (e->failed)
        return NULL;
    if (r && passes_through(op) && (op == OP_COALESCE || r->kind == VALUE_LIST))
        return r;
    if (r)
        return eval_taint(e, r, both, y ? 2 : 1);
    const struct type *ty = op_type(e, op, type_of(e->arena, x), y ? type_of(e->arena, y) : NULL, at);
    if (!ty)
        return NULL;
    const struct term *args[] = { term_of(e->arena, x), y ? term_of(e->arena, y) : NULL };
    struct term *t = term_new(e->arena, TERM_OP, args, y ? 2 : 1, ty, at);
    t->op = op;
    return unknown_term(e, t, ty, both, y ? 2 : 1);
}
