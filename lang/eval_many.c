/* eval_many.c - lists, objects, comprehensions, `with`. What is open in them (a source, a condition, a spread, a key) becomes a term;
 * the rest is unrolled. Variables of such terms are numbered by depth, so that they never capture a name. */
#include "eval.h"

static const struct type *type_at(struct program *p, const struct value *v)
{
    return v->kind == VALUE_UNKNOWN ? v->unknown.type : v->kind == VALUE_REF ? &type_any : type_of(p->arena, v);
}

static enum phase later(enum phase a, enum phase b)
{
    return a > b ? a : b;
}

struct term *term_make(struct program *p, enum term_kind k, size_t n, const struct type *t, struct span at)
{
    struct term *x = ARENA_NEW(p->arena, struct term);
    *x = (struct term){ .kind = k, .args = ARENA_ARRAY(p->arena, const struct term *, n), .nargs = n, .type = t, .span = at };
    return x;
}

static void term_set(struct term *t, size_t i, const struct term *arg)
{
    ((const struct term **)(uintptr_t)t->args)[i] = arg;
}

/* ---- parts of a list or an object under way ---- */

struct piece {
    struct str key;                                        /* objects; .s NULL: a spread */
    const struct value *value;
    bool spread;
};
struct pieces {
    struct program *p;
    struct piece *v;
    size_t n, cap;
    bool open;                                             /* some spread is not known */
};

static void put(struct pieces *x, struct str key, const struct value *v, bool spread)
{
    if (x->n == x->cap) {
        size_t cap = x->cap ? 2 * x->cap : 8;
        struct piece *more = ARENA_ARRAY(x->p->arena, struct piece, cap);
        if (x->n)
            memcpy(more, x->v, x->n * sizeof *more);
        x->v = more;
        x->cap = cap;
    }
    x->v[x->n++] = (struct piece){ key, v, spread };
    x->open = x->open || spread;
}

static const struct value *list_of(struct pieces *x, struct span at)
{
    struct program *p = x->p;
    if (!x->open) {
        const struct value **v = ARENA_ARRAY(p->arena, const struct value *, x->n);
        for (size_t i = 0; i < x->n; i++)
            v[i] = x->v[i].value;
        return value_list(p->arena, v, x->n);
    }
    bool *spread = ARENA_ARRAY(p->arena, bool, x->n);
    const struct type *elem = NULL;
    enum phase phase = PHASE_KNOWN;
    for (size_t i = 0; i < x->n; i++) {
        const struct type *one = type_at(p, x->v[i].value);
        spread[i] = x->v[i].spread;
        if (spread[i])
            one = type_strip(one)->elem ? type_strip(one)->elem : &type_any;
        elem = elem ? type_join(p->arena, elem, one) : one;
        phase = later(phase, value_phase(x->v[i].value));
    }
    const struct type *t = type_list(p->arena, elem && elem->kind != TYPE_ERROR ? elem : &type_any);
    struct term *list = term_make(p, TERM_LIST, x->n, t, at);
    list->spread = spread;
    for (size_t i = 0; i < x->n; i++)
        term_set(list, i, term_of(p->arena, x->v[i].value));
    return value_unknown(p->arena, list, t, phase);
}

static const struct value *object_of(struct pieces *x, struct span at)
{
    struct program *p = x->p;
    if (x->open) {
        struct str *keys = ARENA_ARRAY(p->arena, struct str, x->n);
        enum phase phase = PHASE_KNOWN;
        struct term *o = term_make(p, TERM_OBJECT, x->n, &type_any, at);
        for (size_t i = 0; i < x->n; i++) {
            keys[i] = x->v[i].key;
            phase = later(phase, value_phase(x->v[i].value));
            term_set(o, i, term_of(p->arena, x->v[i].value));
        }
        o->keys = keys;
        return value_unknown(p->arena, o, &type_any, phase);
    }
    struct pair *v = ARENA_ARRAY(p->arena, struct pair, x->n);
    struct map at_key = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++) {
        uintptr_t old = x->n > 4 ? (uintptr_t)map_get(&at_key, x->v[i].key) : 0;
        for (size_t k = 0; x->n <= 4 && k < n && !old; k++)
            old = str_eq(v[k].key, x->v[i].key) ? k + 1 : 0;
        if (!old) {
            v[n++].key = x->v[i].key;
            old = n;
            if (x->n > 4)
                map_put(&at_key, x->v[i].key, (void *)old);
        }
        v[old - 1].value = x->v[i].value;
    }
    map_fini(&at_key);
    return value_object(p->arena, v, n);
}

/* ---- loops ---- */

static size_t range_count(const struct value *v)
{
    size_t n = (size_t)v->range.hi - (size_t)v->range.lo;
    return v->range.hi < v->range.lo ? 0 : n == SIZE_MAX ? n : n + 1;
}

bool eval_turns(struct program *p, struct frame *f, const struct ast_bind *b, const struct value *source, turn_fn *turn, void *user)
{
    size_t n = 0;
    if (source->kind == VALUE_LIST)
        n = source->list.n;
    else if (source->kind == VALUE_OBJECT)
        n = source->object.n;
    else if (source->kind == VALUE_RANGE)
        n = range_count(source);
    else {
        diag_help(p->diags, report(p, DIAG_E0303, b->source->span, "cannot go through %s", value_kind_name(source->kind)), "give a list, a map or a range");
        return false;
    }
    if (!value_spend_many(p, n, b->span))
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct value *k, *v, *cond = NULL;
        if (source->kind == VALUE_OBJECT) {
            k = value_str(p->arena, source->object.v[i].key);
            v = source->object.v[i].value;
        } else {
            k = b->key.text.n ? value_int(p->arena, (int64_t)i) : NULL;
            v = source->kind == VALUE_LIST ? source->list.v[i] : value_int(p->arena, source->range.lo + (int64_t)i);
        }
        struct frame *vars = frame_bind(p, f, b, k, v);
        if (b->cond) {
            if (!(cond = eval_expr(p, vars, b->cond)))
                return false;
            if (cond->kind == VALUE_BOOL && !cond->b)
                continue;
            if (cond->kind != VALUE_BOOL && cond->kind != VALUE_UNKNOWN) {
                report(p, DIAG_E0303, b->cond->span, "a condition must be a bool, this is %s", value_kind_name(cond->kind));
                return false;
            }
            cond = cond->kind == VALUE_UNKNOWN ? cond : NULL;
        }
        if (!turn(user, vars, k, v, cond))
            return false;
    }
    return true;
}

struct frame *frame_bind(struct program *p, struct frame *f, const struct ast_bind *b, const struct value *k, const struct value *v)
{
    struct var *x = ARENA_ARRAY(p->arena, struct var, 2);
    size_t n = 0;
    if (b->key.text.n)
        x[n++] = (struct var){ b->key.text, k };
    x[n++] = (struct var){ b->value.text, v };
    return frame_vars(p, f, x, n);
}

/* A loop over something open: variables as parameters of a FOR term. */
struct loop {
    struct term *term;
    struct frame *frame;
    enum phase phase;
};

static bool loop_start(struct program *p, struct frame *f, const struct ast_bind *b, const struct value *source, struct span at, struct loop *out)
{
    const struct type *t = type_strip(source->unknown.type);
    const struct type *elem = t->elem ? t->elem : &type_any, *key = t->kind == TYPE_MAP || t->kind == TYPE_OBJECT ? &type_string : t->kind == TYPE_ANY ? &type_any : &type_int;
    enum phase phase = value_phase(source);
    struct term *x = term_make(p, TERM_FOR, 3, &type_any, at);
    x->name = str_fmt(p->arena, "%.*s#%u", STR_ARG(b->value.text), p->loops);
    if (b->key.text.n)
        x->name2 = str_fmt(p->arena, "%.*s#%u", STR_ARG(b->key.text), p->loops);
    const struct value *v = value_unknown(p->arena, term_param(p->arena, x->name, elem, b->value.span), elem, phase);
    const struct value *k = b->key.text.n ? value_unknown(p->arena, term_param(p->arena, x->name2, key, b->key.span), key, phase) : NULL;
    out->term = x;
    out->phase = phase;
    out->frame = frame_bind(p, f, b, k, v);
    term_set(x, 0, term_of(p->arena, source));
    if (b->cond) {
        const struct value *c = eval_expr(p, out->frame, b->cond);
        if (!c)
            return false;
        out->phase = later(phase, value_phase(c));
        term_set(x, 1, term_of(p->arena, c));
    }
    return true;
}

static const struct value *list_for_open(struct program *p, struct frame *f, const struct ast_expr *e, const struct value *source)
{
    struct loop l;
    const struct value *v = NULL;
    p->loops++;
    if (loop_start(p, f, e->bind, source, e->span, &l))
        v = eval_expr(p, l.frame, e->a);
    p->loops--;
    if (!v)
        return NULL;
    term_set(l.term, 2, term_of(p->arena, v));
    l.term->type = type_list(p->arena, type_at(p, v));
    return value_unknown(p->arena, l.term, l.term->type, later(l.phase, value_phase(v)));
}

struct listing {
    struct pieces out;
    const struct ast_expr *body;
};

static bool list_turn(void *user, struct frame *f, const struct value *key, const struct value *v, const struct value *cond)
{
    struct listing *l = user;
    struct program *p = l->out.p;
    const struct value *x = eval_expr(p, f, l->body);
    (void)key;
    (void)v;
    if (!x)
        return false;
    if (!cond) {
        put(&l->out, STR_NONE, x, false);
        return true;
    }
    const struct value *maybe = eval_checked(p, expr_if(&p->eval, cond, value_list(p->arena, &x, 1), &value_empty_list, l->body->span));
    if (maybe)
        put(&l->out, STR_NONE, maybe, true);
    return maybe != NULL;
}

/* What a loop goes through. NULL: poison, or a lookup that has to be answered first. */
const struct value *loop_source(struct program *p, struct frame *f, const struct ast_bind *b)
{
    const struct value *v = eval_expr(p, f, b->source);
    if (v && v->kind == VALUE_UNKNOWN && v->unknown.phase == PHASE_PLAN && !p->options.offline)
        return eval_decided(p, v, b->source->span, "source");
    return v;
}

const struct value *eval_loop(struct program *p, struct frame *f, const struct ast_expr *e)
{
    const struct value *source = loop_source(p, f, e->bind);
    if (!source)
        return NULL;
    if (source->kind == VALUE_UNKNOWN)
        return list_for_open(p, f, e, source);
    struct listing l = { { .p = p }, e->a };
    return eval_turns(p, f, e->bind, source, list_turn, &l) ? list_of(&l.out, e->span) : NULL;
}

const struct value *eval_list(struct program *p, struct frame *f, const struct ast_expr *e)
{
    struct pieces x = { .p = p };
    for (size_t i = 0; i < e->args.n; i++) {
        const struct value *v = eval_expr(p, f, e->args.v[i].value);
        if (!v)
            return NULL;
        if (!e->args.v[i].spread)
            put(&x, STR_NONE, v, false);
        else if (v->kind == VALUE_UNKNOWN)
            put(&x, STR_NONE, v, true);
        else if (v->kind == VALUE_LIST) {
            if (!value_spend_many(p, v->list.n, e->span))
                return NULL;
            for (size_t k = 0; k < v->list.n; k++)
                put(&x, STR_NONE, v->list.v[k], false);
        } else if (v->kind != VALUE_NONE) {
            report(p, DIAG_E0303, e->args.v[i].span, "only a list can be spread here, this is %s", value_kind_name(v->kind));
            return NULL;
        }
    }
    return list_of(&x, e->span);
}

/* ---- objects ---- */

static bool object_items(struct pieces *x, struct frame *f, const struct ast_body *b);

static bool spread_object(struct pieces *x, const struct value *v, struct span at)
{
    if (v->kind == VALUE_UNKNOWN)
        put(x, STR_NONE, v, true);
    else if (v->kind == VALUE_OBJECT) {
        if (!value_spend_many(x->p, v->object.n, at))
            return false;
        for (size_t i = 0; i < v->object.n; i++)
            put(x, v->object.v[i].key, v->object.v[i].value, false);
    } else if (v->kind != VALUE_NONE) {
        report(x->p, DIAG_E0303, at, "only an object or a map can be spread here, this is %s", value_kind_name(v->kind));
        return false;
    }
    return true;
}

/* An entry whose key is open: a map of one, made by a FOR over one element. */
static bool open_entry(struct pieces *x, const struct value *k, const struct value *v, struct span at)
{
    struct program *p = x->p;
    struct term *t = term_make(p, TERM_FOR, 4, type_map(p->arena, type_at(p, v)), at);
    const struct value *one = &value_true;
    t->name = str_fmt(p->arena, "one#%u", p->loops);
    term_set(t, 0, term_const(p->arena, value_list(p->arena, &one, 1)));
    term_set(t, 2, term_of(p->arena, v));
    term_set(t, 3, term_of(p->arena, k));
    put(x, STR_NONE, value_unknown(p->arena, t, t->type, later(value_phase(k), value_phase(v))), true);
    return true;
}

static bool entry(struct pieces *x, struct frame *f, const struct ast_item *it)
{
    struct program *p = x->p;
    const struct value *k = eval_expr(p, f, it->other), *v = eval_expr(p, f, it->value);
    if (!k || !v)
        return false;
    if (k->kind == VALUE_UNKNOWN)
        return open_entry(x, k, v, it->span);
    if (value_has_secret(k) || k->kind == VALUE_NONE || k->kind == VALUE_LIST || k->kind == VALUE_OBJECT || k->kind == VALUE_REF) {
        report(p, DIAG_E0303, it->other->span, "a key must be text%s", value_has_secret(k) ? ", and no secret" : "");
        return false;
    }
    put(x, value_text(p->arena, k), v, false);
    return true;
}

static bool block_entry(struct pieces *x, struct frame *f, const struct ast_item *it)
{
    struct program *p = x->p;
    const struct value *v = eval_body(p, f, it->body);
    struct str name = it->path.v[0].text;
    if (!v || it->path.n != 1)
        return false;
    if (it->name.text.n) {
        struct str label = it->name.text;
        const struct value *key = it->key ? eval_decided(p, eval_expr(p, f, it->key), it->key->span, "key") : NULL;
        if (it->key && !key)
            return false;
        if (key)
            label = str_fmt(p->arena, "%.*s-%.*s", STR_ARG(label), STR_ARG(value_text(p->arena, key)));
        const struct value *map = &value_empty_object;
        for (size_t i = 0; i < x->n; i++)
            if (str_eq(x->v[i].key, name) && x->v[i].value->kind == VALUE_OBJECT)
                map = x->v[i].value;
        if (!value_spend_many(p, map->object.n, it->span))
            return false;
        v = value_with(p->arena, map, label, v);
    }
    put(x, name, v, false);
    return true;
}

struct objecting {
    struct pieces *out;
    const struct ast_body *body;
};

static bool object_turn(void *user, struct frame *f, const struct value *key, const struct value *v, const struct value *cond)
{
    struct objecting *o = user;
    struct program *p = o->out->p;
    (void)key;
    (void)v;
    if (!cond)
        return object_items(o->out, f, o->body);
    struct pieces x = { .p = p };
    if (!object_items(&x, f, o->body))
        return false;
    const struct value *maybe = eval_checked(p, expr_if(&p->eval, cond, object_of(&x, o->body->span), &value_empty_object, o->body->span));
    if (maybe)
        put(o->out, STR_NONE, maybe, true);
    return maybe != NULL;
}

static bool object_for(struct pieces *x, struct frame *f, const struct ast_item *it)
{
    struct program *p = x->p;
    const struct value *source = loop_source(p, f, it->bind);
    if (!source)
        return false;
    if (source->kind != VALUE_UNKNOWN) {
        struct objecting o = { x, it->body };
        return eval_turns(p, f, it->bind, source, object_turn, &o);
    }
    for (size_t i = 0; i < it->body->n; i++) {
        const struct ast_item *in = it->body->items[i];
        struct loop l;
        const struct value *k = NULL, *v = NULL;
        if (in->kind != ITEM_ENTRY) {
            report(p, DIAG_E0307, in->span, "in a loop over a value that is not known yet only `[key] = value` can stand");
            return false;
        }
        p->loops++;
        if (loop_start(p, f, it->bind, source, in->span, &l)) {
            k = eval_expr(p, l.frame, in->other);
            v = eval_expr(p, l.frame, in->value);
        }
        p->loops--;
        if (!k || !v)
            return false;
        struct term *t = term_make(p, TERM_FOR, 4, type_map(p->arena, type_at(p, v)), in->span);
        t->name = l.term->name;
        t->name2 = l.term->name2;
        term_set(t, 0, l.term->args[0]);
        term_set(t, 1, l.term->args[1]);
        term_set(t, 2, term_of(p->arena, v));
        term_set(t, 3, term_of(p->arena, k));
        put(x, STR_NONE, value_unknown(p->arena, t, t->type, later(l.phase, later(value_phase(k), value_phase(v)))), true);
    }
    return true;
}

static bool object_if(struct pieces *x, struct frame *f, const struct ast_item *it)
{
    struct program *p = x->p;
    const struct value *c = eval_expr(p, f, it->value);
    if (!c)
        return false;
    if (c->kind == VALUE_BOOL) {
        const struct ast_body *b = c->b ? it->body : it->other_body;
        return !b || object_items(x, f, b);
    }
    if (c->kind != VALUE_UNKNOWN) {
        report(p, DIAG_E0303, it->value->span, "a condition must be a bool, this is %s", value_kind_name(c->kind));
        return false;
    }
    struct pieces yes = { .p = p }, no = { .p = p };
    if (!object_items(&yes, f, it->body) || (it->other_body && !object_items(&no, f, it->other_body)))
        return false;
    const struct value *v = eval_checked(p, expr_if(&p->eval, c, object_of(&yes, it->span), object_of(&no, it->span), it->span));
    if (v)
        put(x, STR_NONE, v, true);
    return v != NULL;
}

static bool object_item(struct pieces *x, struct frame *f, const struct ast_item *it)
{
    const struct value *v;
    switch (it->kind) {
    case ITEM_SET:
        if (it->path.n != 1 || !(v = eval_expr(x->p, f, it->value)))
            return false;
        put(x, it->path.v[0].text, v, false);
        return true;
    case ITEM_ENTRY:
        return entry(x, f, it);
    case ITEM_INSTANCE:
        return block_entry(x, f, it);
    case ITEM_SPREAD:
        v = eval_expr(x->p, f, it->value);
        return v && spread_object(x, v, it->span);
    case ITEM_FOR:
        return object_for(x, f, it);
    case ITEM_IF:
        return object_if(x, f, it);
    default:
        report(x->p, DIAG_E0307, it->span, "`%s` cannot stand in an object", ast_item_word(it->kind));
        return false;
    }
}

static bool object_items(struct pieces *x, struct frame *f, const struct ast_body *b)
{
    bool good = true;
    for (size_t i = 0; i < b->n; i++)
        good = object_item(x, f, b->items[i]) && good;
    return good;
}

const struct value *eval_body(struct program *p, struct frame *f, const struct ast_body *b)
{
    struct pieces x = { .p = p };
    return object_items(&x, f, b) ? object_of(&x, b->span) : NULL;
}

const struct value *eval_with(struct program *p, struct frame *f, const struct ast_expr *e)
{
    struct pieces x = { .p = p };
    const struct value *base = eval_expr(p, f, e->a);
    if (!base || !spread_object(&x, base, e->a->span) || !object_items(&x, f, e->body))
        return NULL;
    return object_of(&x, e->span);
}
