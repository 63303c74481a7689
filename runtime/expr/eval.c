/* eval.c - the one evaluator: budgets, names in scope, and a term's value as far as it is known.
 * Unknown arguments never fail: they make an unknown of the right type that holds the rest of the expression, in which everything known
 * has become a constant and no bound name is left but those of comprehensions inside it. */
#include "expr.h"
#include "kc/arena.h"
#include "kc/map.h"
#include <string.h>

/* ---- failing and budgets ---- */

void eval_fail(struct eval *e, enum diag_code code, struct span at, const char *fmt, ...)
{
    if (e->failed)
        return;
    struct buf b = { 0 };
    va_list ap;
    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    e->failed = true;
    e->code = code;
    e->problem = buf_take(&b, e->arena);
    e->help = (struct str){ "", 0 };
    e->where = at;
}

bool eval_spend(struct eval *e, size_t steps, struct span at)
{
    if (e->steps == 0)
        e->steps = EVAL_STEPS;
    if (e->steps > 0 && steps < (size_t)e->steps) {
        e->steps -= (int64_t)steps;
        return true;
    }
    e->steps = -1;
    eval_fail(e, DIAG_E0403, at, "evaluation takes too long: more than %d steps", EVAL_STEPS);
    return false;
}

const struct value *eval_sized(struct eval *e, const struct value *v, struct span at)
{
    if (value_weight(v) <= EVAL_NODES)
        return v;
    eval_fail(e, DIAG_E0403, at, "value too large: more than %d parts", EVAL_NODES);
    return NULL;
}

bool eval_text(struct eval *e, size_t bytes, struct span at)
{
    if (bytes <= EVAL_TEXT && e->bytes + bytes <= EVAL_TEXT) {
        e->bytes += bytes;
        return true;
    }
    eval_fail(e, DIAG_E0403, at, "evaluation makes more than %d MiB of text", EVAL_TEXT >> 20);
    return false;
}

/* ---- scopes ---- */

static const struct value *scope_param(void *user, struct str name)
{
    struct scope *s = user;
    for (size_t i = 0; i < 2; i++)
        if (s->value[i] && str_eq(s->name[i], name))
            return s->value[i];
    const struct value *v = s->find ? s->find(s, name) : NULL;
    if (v || !s->param || s->e->failed)
        return v;
    return s->param(s->user, name);
}

static const struct value *scope_ref(void *user, struct str addr, struct str path, const struct type *t)
{
    struct scope *s = user;
    return s->ref ? s->ref(s->user, addr, path, t) : NULL;
}

void scope_push(struct eval *e, struct scope *s)
{
    s->e = e;
    s->ref = e->ref;
    s->param = e->param;
    s->user = e->user;
    e->ref = scope_ref;
    e->param = scope_param;
    e->user = s;
}

void scope_pop(struct eval *e, struct scope *s)
{
    e->ref = s->ref;
    e->param = s->param;
    e->user = s->user;
}

/* ---- unknowns ---- */

const struct value *unknown_term(struct eval *e, const struct term *t, const struct type *ty, const struct value *const *args, size_t n)
{
    if (term_weight(t) > EVAL_TERM) {
        eval_fail(e, DIAG_E0403, t->span, "expression over values not known yet is too large: more than %d parts", EVAL_TERM);
        return NULL;
    }
    enum phase phase = PHASE_KNOWN;
    for (size_t i = 0; i < n; i++)
        if (args[i] && value_phase(args[i]) > phase)
            phase = value_phase(args[i]);
    return eval_taint(e, value_unknown(e->arena, t, ty, phase), args, n);
}

const struct value *eval_taint(struct eval *e, const struct value *result, const struct value *const *args, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (args[i] && value_has_secret(args[i]))
            return value_secret(e->arena, result);
    return result;
}

const struct value *eval_withheld(const struct value *const *args, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (args[i] && value_has_digest(args[i]))
            return &value_withheld;
    return NULL;
}

static const struct term *const *terms_of(struct arena *a, const struct value *const *v, size_t n)
{
    const struct term **t = ARENA_ARRAY(a, const struct term *, n);
    for (size_t i = 0; i < n; i++)
        t[i] = v[i] ? term_of(a, v[i]) : NULL;
    return t;
}

static const struct value *open_value(struct eval *e, const struct term *t)
{
    return value_unknown(e->arena, t, t->type, PHASE_APPLY);
}

/* ---- kinds of terms ---- */

static const struct value *eval_if(struct eval *e, const struct term *t)
{
    const struct value *c = term_eval(e, t->args[0]);
    if (!c)
        return NULL;
    if (c->kind == VALUE_BOOL) {
        const struct value *r = term_eval(e, t->args[c->b ? 1 : 2]);
        return r ? eval_taint(e, r, &c, 1) : NULL;
    }
    const struct value *x = term_eval(e, t->args[1]), *y = x ? term_eval(e, t->args[2]) : NULL;
    return y ? expr_if(e, c, x, y, t->span) : NULL;
}

static const struct value *eval_op(struct eval *e, const struct term *t)
{
    const struct value *x = term_eval(e, t->args[0]);
    if (!x || t->nargs < 2)
        return x ? expr_op(e, t->op, x, NULL, t->span) : NULL;
    bool decided = (t->op == OP_AND && x->kind == VALUE_BOOL && !x->b) || (t->op == OP_OR && x->kind == VALUE_BOOL && x->b) ||
                   (t->op == OP_COALESCE && x->kind != VALUE_NONE && x->kind != VALUE_UNKNOWN);
    if (decided)
        return x;
    const struct value *y = term_eval(e, t->args[1]);
    return y ? expr_op(e, t->op, x, y, t->span) : NULL;
}

static const struct value **eval_args(struct eval *e, const struct term *t)
{
    const struct value **v = ARENA_ARRAY(e->arena, const struct value *, t->nargs);
    for (size_t i = 0; i < t->nargs; i++)
        if (!(v[i] = term_eval(e, t->args[i])))
            return NULL;
    return v;
}

static bool is_open(const struct type *t)
{
    t = t ? type_strip(t) : &type_any;
    return t->kind == TYPE_ANY || t->kind == TYPE_DOCUMENT || (t->kind == TYPE_OBJECT && t->open);
}

static const struct value *eval_list(struct eval *e, const struct term *t)
{
    const struct value **v = eval_args(e, t);
    if (!v)
        return NULL;
    size_t n = 0;
    for (size_t i = 0; i < t->nargs; i++) {
        bool spread = t->spread && t->spread[i];
        if (spread && v[i]->kind == VALUE_UNKNOWN) {
            struct term *rest = term_new(e->arena, TERM_LIST, terms_of(e->arena, v, t->nargs), t->nargs, t->type, t->span);
            rest->spread = t->spread;
            return unknown_term(e, rest, t->type, v, t->nargs);
        }
        if (spread && v[i]->kind == VALUE_DIGEST)
            return &value_withheld;
        if (spread && v[i]->kind != VALUE_LIST && v[i]->kind != VALUE_NONE) {
            eval_fail(e, DIAG_E0303, t->args[i]->span, "`...` in a list takes a list, got %s", value_kind_name(v[i]->kind));
            return NULL;
        }
        n += spread ? (v[i]->kind == VALUE_LIST ? v[i]->list.n : 0) : 1;
    }
    const struct value **all = ARENA_ARRAY(e->arena, const struct value *, n);
    size_t k = 0;
    for (size_t i = 0; i < t->nargs; i++) {
        bool spread = t->spread && t->spread[i];
        for (size_t j = 0; spread && v[i]->kind == VALUE_LIST && j < v[i]->list.n; j++)
            all[k++] = v[i]->list.v[j];
        if (!spread)
            all[k++] = v[i];
    }
    return eval_spend(e, n, t->span) ? eval_sized(e, value_list(e->arena, all, n), t->span) : NULL;
}

const struct value *eval_merge(struct eval *e, const struct pair *p, size_t n, struct span at)
{
    struct map seen = { 0 };
    struct pair *all = ARENA_ARRAY(e->arena, struct pair, n);
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        struct pair *before = map_get(&seen, p[i].key);
        if (before) {
            before->value = p[i].value;
            continue;
        }
        all[k] = p[i];
        map_put(&seen, p[i].key, &all[k++]);
    }
    map_fini(&seen);
    return eval_spend(e, n, at) ? eval_sized(e, value_object(e->arena, all, k), at) : NULL;
}

static bool spread_fits(struct eval *e, const struct term *part, const struct value *v)
{
    if (v->kind == VALUE_OBJECT || v->kind == VALUE_NONE)
        return true;
    eval_fail(e, DIAG_E0303, part->span, "`...` in an object takes an object, got %s", value_kind_name(v->kind));
    return false;
}

static const struct value *eval_object(struct eval *e, const struct term *t)
{
    const struct value **v = eval_args(e, t);
    if (!v)
        return NULL;
    size_t n = 0;
    for (size_t i = 0; i < t->nargs; i++) {
        bool spread = !t->keys[i].s;
        if (spread && v[i]->kind == VALUE_UNKNOWN) {
            struct term *rest = term_new(e->arena, TERM_OBJECT, terms_of(e->arena, v, t->nargs), t->nargs, t->type, t->span);
            rest->keys = t->keys;
            return unknown_term(e, rest, t->type, v, t->nargs);
        }
        if (spread && v[i]->kind == VALUE_DIGEST)
            return &value_withheld;
        if (spread && !spread_fits(e, t->args[i], v[i]))
            return NULL;
        n += !spread ? 1 : v[i]->kind == VALUE_OBJECT ? v[i]->object.n : 0;
    }
    struct pair *p = ARENA_ARRAY(e->arena, struct pair, n);
    n = 0;
    for (size_t i = 0; i < t->nargs; i++) {
        if (t->keys[i].s)
            p[n++] = (struct pair){ t->keys[i], v[i] };
        for (size_t j = 0; !t->keys[i].s && v[i]->kind == VALUE_OBJECT && j < v[i]->object.n; j++)
            p[n++] = v[i]->object.v[j];
    }
    return eval_merge(e, p, n, t->span);
}

static const struct value *eval_one(struct eval *e, const struct term *t)
{
    const struct value **v, *x, *i;
    switch (t->kind) {
    case TERM_CONST: return t->value;
    case TERM_REF:
        x = e->ref ? e->ref(e->user, t->name, t->path, t->type) : NULL;
        return x || e->failed ? x : open_value(e, t);
    case TERM_PARAM:
        x = e->param ? e->param(e->user, t->name) : NULL;
        return x || e->failed ? x : open_value(e, t);
    case TERM_OP: return eval_op(e, t);
    case TERM_CALL:
        v = eval_args(e, t);
        return v ? expr_call(e, t->name, v, t->nargs, t->span) : NULL;
    case TERM_FIELD:
        x = term_eval(e, t->args[0]);
        return x ? access_field(e, x, t->name, str_is(t->path, "?") || is_open(t->args[0]->type), t->span) : NULL;
    case TERM_INDEX:
        x = term_eval(e, t->args[0]);
        i = x ? term_eval(e, t->args[1]) : NULL;
        return i ? access_index(e, x, i, is_open(t->args[0]->type), t->span) : NULL;
    case TERM_IF: return eval_if(e, t);
    case TERM_LIST: return eval_list(e, t);
    case TERM_OBJECT: return eval_object(e, t);
    case TERM_FOR: return eval_for(e, t);
    case TERM_JOIN:
        v = eval_args(e, t);
        return v ? expr_join(e, v, t->nargs, t->span) : NULL;
    }
    die("term of kind %d", (int)t->kind);
}

const struct value *term_eval(struct eval *e, const struct term *t)
{
    if (e->failed || !eval_spend(e, 1, t->span))
        return NULL;
    if (e->depth >= EVAL_DEPTH) {
        eval_fail(e, DIAG_E0403, t->span, "expression nested deeper than %d", EVAL_DEPTH);
        return NULL;
    }
    e->depth++;
    const struct value *v = eval_one(e, t);
    e->depth--;
    return v;
}
