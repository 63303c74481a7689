/* eval_for.c - comprehensions over lists, maps and ranges. Elements may be unknown; a source, condition or key that is
 * leaves the whole comprehension for later, with everything known put in. */
#include "expr.h"
#include "kc/arena.h"
#include "kc/map.h"

struct loop {
    struct eval *e;
    const struct term *t;
    const struct value *source;
    size_t n;                                              /* turns */
    struct pair *out;                                      /* key empty for lists */
    size_t nout;
    bool later;                                            /* a condition or key is unknown */
};

static const struct type *element_type(struct arena *a, const struct type *t)
{
    t = type_strip(t);
    if (t->kind == TYPE_LIST || t->kind == TYPE_SET || t->kind == TYPE_MAP)
        return t->elem;
    if (t->kind == TYPE_RANGE)
        return &type_int;
    const struct type *elem = &type_nothing;
    for (size_t i = 0; t->kind == TYPE_OBJECT && i < t->nfields; i++)
        elem = type_join(a, elem, t->fields[i].type);
    return elem->kind == TYPE_ERROR || (elem->kind == TYPE_UNION && !elem->nalt) ? &type_any : elem;
}

static struct term *variable(struct eval *e, struct str name, const struct type *t, struct span at)
{
    struct term *p = term_new(e->arena, TERM_PARAM, NULL, 0, t, at);
    p->name = name;
    return p;
}

/* The comprehension with everything known put in, its variables unknown. */
static const struct value *keep(struct loop *l)
{
    struct eval *e = l->e;
    const struct term *t = l->t;
    const struct type *st = type_of(e->arena, l->source);
    bool list = type_strip(st)->kind == TYPE_LIST || type_strip(st)->kind == TYPE_SET;
    struct term *v = variable(e, t->name, element_type(e->arena, st), t->span);
    struct term *k = t->name2.n ? variable(e, t->name2, list ? &type_int : &type_string, t->span) : NULL;
    enum phase phase = value_phase(l->source);
    struct scope s = { .name = { t->name, t->name2 },
                       .value = { value_unknown(e->arena, v, v->type, phase), k ? value_unknown(e->arena, k, k->type, phase) : NULL } };
    const struct value *parts[4] = { l->source };
    const struct term *args[4] = { term_of(e->arena, l->source) };
    scope_push(e, &s);
    for (size_t i = 1; i < 4 && !e->failed; i++)
        if (i < t->nargs && t->args[i] && (parts[i] = term_eval(e, t->args[i])))
            args[i] = term_of(e->arena, parts[i]);
    scope_pop(e, &s);
    if (e->failed)
        return NULL;
    const struct type *body = type_of(e->arena, parts[2]);
    const struct type *ty = args[3] ? type_map(e->arena, body) : type_list(e->arena, body);
    return unknown_term(e, term_for(e->arena, v, k, args, ty, t->span), ty, parts, 4);
}

static const struct value *item(struct loop *l, size_t i, const struct value **key)
{
    struct arena *a = l->e->arena;
    const struct value *s = l->source;
    if (s->kind == VALUE_OBJECT) {
        *key = value_str(a, s->object.v[i].key);
        return s->object.v[i].value;
    }
    *key = value_int(a, (int64_t)i);
    return s->kind == VALUE_LIST ? s->list.v[i] : value_int(a, s->range.lo + (int64_t)i);
}

static bool add(struct loop *l)
{
    struct eval *e = l->e;
    const struct term *t = l->t;
    if (t->args[1]) {
        const struct value *c = term_eval(e, t->args[1]);
        if (!c)
            return false;
        l->later = c->kind == VALUE_UNKNOWN;
        if (c->kind != VALUE_BOOL && c->kind != VALUE_UNKNOWN)
            eval_fail(e, DIAG_E0303, t->args[1]->span, "the condition of `for` must be true or false, got %s", value_kind_name(c->kind));
        if (l->later || e->failed || !c->b)
            return !e->failed;
    }
    struct pair p = { STR_NONE, term_eval(e, t->args[2]) };
    if (p.value && t->nargs > 3 && t->args[3]) {
        const struct value *k = term_eval(e, t->args[3]);
        if (!k)
            return false;
        l->later = k->kind == VALUE_UNKNOWN;
        if (k->kind != VALUE_STRING && !l->later)
            eval_fail(e, DIAG_E0303, t->args[3]->span, "a key must be text, got %s", value_kind_name(k->kind));
        if (k->secret)
            eval_fail(e, DIAG_E0304, t->args[3]->span, "a secret may not become a key");
        p.key = k->kind == VALUE_STRING ? k->s : STR_NONE;
    }
    l->out[l->nout++] = p;
    return p.value && !e->failed;
}

static bool run(struct loop *l)
{
    for (size_t i = 0; i < l->n && !l->later; i++) {
        const struct value *key;
        struct scope s = { .name = { l->t->name, l->t->name2 } };
        s.value[0] = item(l, i, &key);
        s.value[1] = l->t->name2.n ? key : NULL;
        scope_push(l->e, &s);
        bool ok = eval_spend(l->e, 1, l->t->span) && add(l);
        scope_pop(l->e, &s);
        if (!ok)
            return false;
    }
    return true;
}

static const struct value *as_map(struct loop *l)
{
    struct map seen = { 0 };
    for (size_t i = 0; i < l->nout; i++) {
        if (map_put(&seen, l->out[i].key, l))
            eval_fail(l->e, DIAG_E0306, l->t->span, "key \"%.*s\" comes twice", STR_ARG(l->out[i].key));
    }
    map_fini(&seen);
    return l->e->failed ? NULL : eval_sized(l->e, value_object(l->e->arena, l->out, l->nout), l->t->span);
}

static const struct value *as_list(struct loop *l)
{
    const struct value **v = ARENA_ARRAY(l->e->arena, const struct value *, l->nout);
    for (size_t i = 0; i < l->nout; i++)
        v[i] = l->out[i].value;
    return eval_sized(l->e, value_list(l->e->arena, v, l->nout), l->t->span);
}

const struct value *eval_for(struct eval *e, const struct term *t)
{
    struct loop l = { .e = e, .t = t, .source = term_eval(e, t->args[0]) };
    if (!l.source)
        return NULL;
    switch (l.source->kind) {
    case VALUE_UNKNOWN: return keep(&l);
    case VALUE_DIGEST: return &value_withheld;
    case VALUE_LIST: l.n = l.source->list.n; break;
    case VALUE_OBJECT: l.n = l.source->object.n; break;
    case VALUE_RANGE: l.n = (size_t)(l.source->range.hi - l.source->range.lo) + 1; break;
    default:
        eval_fail(e, DIAG_E0303, t->args[0]->span, "`for` goes over a list, a map or a range, got %s", value_kind_name(l.source->kind));
        return NULL;
    }
    if (!eval_spend(e, l.n, t->span))
        return NULL;
    l.out = ARENA_ARRAY(e->arena, struct pair, l.n);
    if (!run(&l))
        return NULL;
    if (l.later)
        return keep(&l);
    return t->nargs > 3 && t->args[3] ? as_map(&l) : as_list(&l);
}
