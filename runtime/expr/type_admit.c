/* type_admit.c - a value checked against a type: what a field, a parameter or a function argument goes through.
 * Gives the value as the type has it: defaults filled in, none members of objects present, sets sorted, documents as canonical JSON text.
 * A mistake is described where it is innermost; the path to it grows on the way out. */
#include "expr.h"
#include "kc/arena.h"
#include "kc/json.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct admit {
    struct eval *e;
    struct arena *a;
    struct type_mistake *m;
    unsigned depth;
};

static const struct value *admit(struct admit *x, const struct type *t, const struct value *v);

static const struct value *refuse(struct admit *x, const struct type *t, struct str what, struct str help)
{
    *x->m = (struct type_mistake){ .what = what, .help = help, .type = t };
    return NULL;
}

static const struct value *inside(struct admit *x, struct str step, const struct type *t, const struct value *v)
{
    const struct value *r = admit(x, t, v);
    if (!r)
        x->m->path = str_fmt(x->a, "%.*s%.*s", STR_ARG(step), STR_ARG(x->m->path));
    return r;
}

static struct str key_step(struct arena *a, struct str key)
{
    for (size_t i = 0; i < key.n; i++)
        if (!((key.s[i] | 32) >= 'a' && (key.s[i] | 32) <= 'z') && key.s[i] != '_' && !(i && key.s[i] >= '0' && key.s[i] <= '9'))
            return str_fmt(a, "[%.*s]", STR_ARG(value_shown(a, value_str(a, key))));
    return str_fmt(a, ".%.*s", STR_ARG(key));
}

/* What to write instead, for the slips that people make. */
static struct str advice(struct arena *a, const struct type *t, const struct value *v)
{
    bool text = v->kind == VALUE_STRING && !v->secret;
    int64_t n;
    struct version ver;
    if (t->kind == TYPE_SIZE)
        return text && size_parse(v->s, &n) ? str_fmt(a, "write it without quotes: %.*s", STR_ARG(v->s))
                                            : STR("write a size with its unit, as in 80GiB");
    if (t->kind == TYPE_DURATION)
        return text && duration_parse(v->s, &n) ? str_fmt(a, "write it without quotes: %.*s", STR_ARG(v->s))
                                                : STR("write a duration with its unit, as in 1h30m");
    if (t->kind == TYPE_VERSION)
        return text && version_parse(v->s, &ver)
                   ? str_fmt(a, "write v%.*s", STR_ARG(str_starts(v->s, STR("v")) ? str_sub(v->s, 1, v->s.n) : v->s))
                   : STR("a version starts with v, as in v1.31: the number 1.30 would be 1.3");
    if (t->kind == TYPE_CIDR || t->kind == TYPE_IP)
        return text ? STR("write the address without quotes") : STR("write an address, as in 10.0.0.0/16");
    if (t->kind == TYPE_RANGE && v->kind == VALUE_INT && !v->secret)
        return str_fmt(a, "write %lld..%lld", (long long)v->i, (long long)v->i);
    if (t->kind == TYPE_STRING && v->kind < VALUE_LIST && v->kind != VALUE_NONE)
        return STR("turn it into text: \"\\( )\"");
    if ((t->kind == TYPE_LIST || t->kind == TYPE_SET) && v->kind < VALUE_LIST)
        return STR("write it in brackets: [ ]");
    return (struct str){ "", 0 };
}

static const struct value *wrong(struct admit *x, const struct type *t, const struct value *v)
{
    struct arena *a = x->a;
    const struct type *have = type_of(a, v);
    struct str want = type_text(a, t), got = type_text(a, have);
    bool scalar = v->kind > VALUE_NONE && v->kind < VALUE_LIST && !v->secret;
    struct str shown = scalar ? str_fmt(a, " %.*s", STR_ARG(value_shown(a, v))) : (struct str){ "", 0 };
    return refuse(x, t, str_fmt(a, "expected %.*s, got %.*s%.*s", STR_ARG(want), STR_ARG(got), STR_ARG(shown)), advice(a, t, v));
}

/* ---- constraints ---- */

static bool measure(const struct value *v, double *out)
{
    switch (v->kind) {
    case VALUE_INT: case VALUE_SIZE: case VALUE_DURATION: *out = (double)v->i; return true;
    case VALUE_FLOAT: case VALUE_PERCENT: *out = v->f; return true;
    case VALUE_LIST: *out = (double)v->list.n; return true;
    case VALUE_OBJECT: *out = (double)v->object.n; return true;
    case VALUE_STRING:
        *out = 0;
        for (size_t i = 0; i < v->s.n; *out += 1)
            str_rune(v->s, &i);
        return true;
    default: return false;
    }
}

static const struct value *out_of_bounds(struct admit *x, const struct type *t, const struct value *v)
{
    struct str what = t->message;
    bool length = v->kind == VALUE_STRING || v->kind == VALUE_LIST || v->kind == VALUE_OBJECT;
    double n = 0;
    measure(v, &n);
    if (!what.n && length)
        what = str_fmt(x->a, "expected %.*s, got a length of %.0f", STR_ARG(type_text(x->a, t)), n);
    else if (!what.n)
        what = str_fmt(x->a, "expected %.*s, got %.*s", STR_ARG(type_text(x->a, t)), STR_ARG(value_shown(x->a, v)));
    return refuse(x, t, what, (struct str){ "", 0 });
}

static const struct value *check_term(struct admit *x, const struct type *t, const struct value *v)
{
    struct scope s = { .name = { STR("it") }, .value = { v } };
    scope_push(x->e, &s);
    const struct value *ok = term_eval(x->e, t->check);
    scope_pop(x->e, &s);
    if (!ok) {
        refuse(x, t, x->e->problem, x->e->help);
        if (x->e->code != DIAG_E0403)
            x->e->failed = false;
        return NULL;
    }
    if (ok->kind == VALUE_UNKNOWN || (ok->kind == VALUE_BOOL && ok->b))
        return v;
    struct str what = t->message.n
                          ? t->message
                          : str_fmt(x->a, "%.*s is not allowed for %.*s", STR_ARG(value_shown(x->a, v)), STR_ARG(type_text(x->a, t)));
    return refuse(x, t, what, (struct str){ "", 0 });
}

static const struct value *constrain(struct admit *x, const struct type *t, const struct value *v)
{
    double n;
    if ((t->has_lo || t->has_hi) && measure(v, &n) && ((t->has_lo && n < t->lo) || (t->has_hi && n > t->hi)))
        return out_of_bounds(x, t, v);
    return t->check ? check_term(x, t, v) : v;
}

/* ---- text with a form ---- */

bool id_fits(struct str kind, struct str text)
{
    if (!kind.n)
        return text.n > 0;
    if (text.n < kind.n + 2 || !str_starts(text, kind) || text.s[kind.n] != '-')
        return false;
    for (size_t i = kind.n + 1; i < text.n; i++)
        if (!((text.s[i] | 32) >= 'a' && (text.s[i] | 32) <= 'z') && !(text.s[i] >= '0' && text.s[i] <= '9') && text.s[i] != '-')
            return false;
    return true;
}

bool arn_fits(struct str service, struct str resource, struct str text)
{
    struct str rest = text, part[5];
    for (int i = 0; i < 5; i++)
        if (!str_cut(&rest, ':', &part[i]) || !rest.s)
            return false;
    if (!str_is(part[0], "arn") || !part[1].n || !rest.n || (service.n && !str_eq(part[2], service)))
        return false;
    if (!resource.n || str_eq(rest, resource))
        return true;
    return str_starts(rest, resource) && (rest.s[resource.n] == '/' || rest.s[resource.n] == ':');
}

static const struct value *admit_text(struct admit *x, const struct type *t, const struct value *v)
{
    if (v->kind != VALUE_STRING)
        return wrong(x, t, v);
    if (t->kind == TYPE_ID ? id_fits(t->name, v->s) : arn_fits(t->name, t->sub, v->s))
        return v;
    struct str help =
        t->kind == TYPE_ID ? str_fmt(x->a, "such an id starts with \"%.*s-\"", STR_ARG(t->name))
        : t->sub.n ? str_fmt(x->a, "such an ARN looks like \"arn:aws:%.*s:<region>:<account>:%.*s/...\"", STR_ARG(t->name), STR_ARG(t->sub))
                   : str_fmt(x->a, "such an ARN starts with \"arn:aws:%.*s:\"", STR_ARG(t->name));
    return refuse(x, t, str_fmt(x->a, "expected %.*s, got %.*s", STR_ARG(type_text(x->a, t)), STR_ARG(value_shown(x->a, v))), help);
}

static const struct value *admit_document(struct admit *x, const struct type *t, const struct value *v)
{
    const struct value *tree = v;
    if (v->kind == VALUE_STRING) {
        struct str why = STR_NONE;
        tree = json_read(x->a, v->s, 0, &why);
        if (!tree)
            return refuse(x, t, str_fmt(x->a, "expected a JSON document: %.*s", STR_ARG(why)),
                          STR("write it as an object: { Version = \"2012-10-17\", ... }"));
        tree = v->secret ? value_secret(x->a, tree) : tree;
    }
    const struct value *r = expr_call(x->e, STR("json"), &tree, 1, SPAN_NONE);
    if (!r) {
        refuse(x, t, x->e->problem, x->e->help);
        x->e->failed = x->e->code == DIAG_E0403;
    }
    return r;
}

/* ---- alternatives ---- */

static const struct value *admit_union(struct admit *x, const struct type *t, const struct value *v)
{
    struct str nearest = STR_NONE;
    size_t best = v->kind == VALUE_STRING ? (v->s.n / 3 > 1 ? v->s.n / 3 : 1) + 1 : 0;
    struct type_mistake mine = { 0 };
    for (size_t i = 0; i < t->nalt; i++) {
        const struct type *alt = t->alt[i];
        const struct value *r = admit(x, alt, v);
        if (r)
            return r;
        bool same = type_of_kind(v->kind)->kind == type_strip(alt)->kind;
        if (same && !mine.type)
            mine = *x->m;
        if (!best || alt->kind != TYPE_LITERAL || alt->literal->kind != VALUE_STRING)
            continue;
        size_t d = str_distance(alt->literal->s, v->s, best - 1);
        if (d < best) {
            best = d ? d : 1;
            nearest = alt->literal->s;
        }
    }
    if (mine.type) {
        *x->m = mine;
        return NULL;
    }
    struct str help = nearest.s ? str_fmt(x->a, "did you mean \"%.*s\"?", STR_ARG(nearest)) : (struct str){ "", 0 };
    struct str got = v->kind < VALUE_LIST ? value_shown(x->a, v) : type_text(x->a, type_of(x->a, v));
    return refuse(x, t, str_fmt(x->a, "expected %.*s, got %.*s", STR_ARG(type_text(x->a, t)), STR_ARG(got)), help);
}

/* ---- collections ---- */

static int by_value(const void *p, const void *q)
{
    return value_cmp(*(const struct value *const *)p, *(const struct value *const *)q);
}

static const struct value *sorted(struct admit *x, const struct value **v, size_t n)
{
    qsort(v, n, sizeof *v, by_value);
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (!k || !value_eq(v[k - 1], v[i]))
            v[k++] = v[i];
    return value_list(x->a, v, k);
}

static const struct value *admit_list(struct admit *x, const struct type *t, const struct value *v)
{
    if (v->kind != VALUE_LIST)
        return wrong(x, t, v);
    const struct value **r = ARENA_ARRAY(x->a, const struct value *, v->list.n);
    for (size_t i = 0; i < v->list.n; i++)
        if (!(r[i] = inside(x, str_fmt(x->a, "[%zu]", i), t->elem, v->list.v[i])))
            return NULL;
    const struct value *l = value_list(x->a, r, v->list.n);
    return t->kind == TYPE_SET && value_is_known(l) ? sorted(x, r, v->list.n) : l;
}

static const struct value *admit_map(struct admit *x, const struct type *t, const struct value *v)
{
    if (v->kind != VALUE_OBJECT)
        return wrong(x, t, v);
    struct pair *p = ARENA_ARRAY(x->a, struct pair, v->object.n);
    size_t n = 0;
    for (size_t i = 0; i < v->object.n; i++) {
        struct str key = v->object.v[i].key, step = key_step(x->a, key);
        if (v->object.v[i].value->kind == VALUE_NONE && !type_may_be_none(t->elem))
            continue;                                      /* not written */
        if (t->key && !inside(x, step, t->key, value_str(x->a, key)))
            return NULL;
        const struct value *r = inside(x, step, t->elem, v->object.v[i].value);
        if (!r)
            return NULL;
        p[n++] = (struct pair){ key, r };
    }
    return value_object(x->a, p, n);
}

/* ---- objects: defaults see the other fields, in whatever order they depend on each other ---- */

struct object {
    struct scope scope;                                    /* first: found again from it */
    struct admit *x;
    const struct type *t;
    const struct value *v;
    const struct value **field;
    enum { FIELD_NEW, FIELD_BUSY, FIELD_DONE } *state;
    bool failed;
};

static const struct value *default_of(struct object *o, const struct type_field *f)
{
    if (f->dflt->kind == TERM_CONST)
        return f->dflt->value;
    const struct value *r = term_eval(o->x->e, f->dflt);
    if (r)
        return r;
    refuse(o->x, f->type, o->x->e->problem, o->x->e->help);
    o->x->e->failed = o->x->e->code == DIAG_E0403;
    return NULL;
}

static const struct value *object_field(struct object *o, size_t i)
{
    const struct type_field *f = &o->t->fields[i];
    if (o->state[i] == FIELD_DONE)
        return o->field[i];
    if (o->state[i] == FIELD_BUSY) {
        eval_fail(o->x->e, DIAG_E0402, f->span, "the default of %.*s depends on itself", STR_ARG(f->name));
        return NULL;
    }
    o->state[i] = FIELD_BUSY;
    const struct value *w = value_get(o->v, f->name), *r = &value_none;
    if (w && w->kind == VALUE_NONE)
        w = NULL;
    if (!w && f->dflt)
        w = default_of(o, f);
    else if (!w && !type_may_be_none(f->type) && !o->t->one_of)
        refuse(o->x, f->type, str_fmt(o->x->a, "%.*s is missing: expected %.*s", STR_ARG(f->name), STR_ARG(type_text(o->x->a, f->type))),
               (struct str){ "", 0 });
    else if (!w)
        w = &value_none;
    if (w && w->kind == VALUE_NONE && o->t->one_of)
        r = &value_none;
    else
        r = w ? inside(o->x, str_fmt(o->x->a, ".%.*s", STR_ARG(f->name)), f->type, w) : NULL;
    o->failed |= !r;
    o->field[i] = r;
    o->state[i] = FIELD_DONE;
    return r;
}

static const struct value *find_field(struct scope *s, struct str name)
{
    struct object *o = (struct object *)s;
    for (size_t i = 0; i < o->t->nfields; i++)
        if (str_eq(o->t->fields[i].name, name))
            return object_field(o, i);
    return NULL;
}

static bool only_known_fields(struct admit *x, const struct type *t, const struct value *v)
{
    for (size_t i = 0; i < v->object.n && !t->open; i++) {
        struct str key = v->object.v[i].key;
        if (type_field(t, key))
            continue;
        refuse(x, t, str_fmt(x->a, "no field %.*s in %.*s", STR_ARG(key), STR_ARG(type_text(x->a, t))), (struct str){ "", 0 });
        x->m->offender = key;
        return false;
    }
    return true;
}

static bool exactly_one(struct admit *x, const struct type *t, const struct value *const *field)
{
    size_t set = 0;
    struct buf names = { 0 };
    for (size_t i = 0; i < t->nfields; i++) {
        set += field[i]->kind != VALUE_NONE;
        buf_fmt(&names, "%s%.*s", i ? ", " : "", STR_ARG(t->fields[i].name));
    }
    struct str all = buf_take(&names, x->a);
    if (set != 1)
        refuse(x, t, str_fmt(x->a, "expected exactly one of %.*s, got %zu of them", STR_ARG(all), set), (struct str){ "", 0 });
    return set == 1;
}

static const struct value *admit_object(struct admit *x, const struct type *t, const struct value *v)
{
    if (v->kind != VALUE_OBJECT)
        return wrong(x, t, v);
    if (!only_known_fields(x, t, v))
        return NULL;
    struct object o = { .scope = { .find = find_field }, .x = x, .t = t, .v = v };
    o.field = ARENA_ARRAY(x->a, const struct value *, t->nfields);
    o.state = arena_array(x->a, t->nfields, sizeof *o.state);
    struct pair *p = ARENA_ARRAY(x->a, struct pair, t->nfields + v->object.n);
    size_t n = 0;
    scope_push(x->e, &o.scope);
    for (size_t i = 0; i < t->nfields && !o.failed; i++)
        p[n++] = (struct pair){ t->fields[i].name, object_field(&o, i) };
    scope_pop(x->e, &o.scope);
    if (o.failed || (t->one_of && !exactly_one(x, t, o.field)))
        return NULL;
    for (size_t i = 0; i < v->object.n && t->open; i++)
        if (!type_field(t, v->object.v[i].key))
            p[n++] = v->object.v[i];
    return value_object(x->a, p, n);
}

/* ---- all of it ---- */

static const struct value *admit_scalar(struct admit *x, const struct type *t, const struct value *v)
{
    if (t->kind == TYPE_FLOAT && v->kind == VALUE_INT) {
        const struct value *f = value_float(x->a, (double)v->i);
        return v->secret ? value_secret(x->a, f) : f;
    }
    bool fits = type_of_kind(v->kind)->kind == t->kind;
    if (v->kind == VALUE_CIDR || v->kind == VALUE_IP) {
        bool v6 = v->kind == VALUE_CIDR ? v->cidr.ip.v6 : v->ip.v6;
        fits = fits && (!t->family || (t->family == 6) == v6);
    }
    return fits ? v : wrong(x, t, v);
}

static const struct value *admit_unknown(struct admit *x, const struct type *t, const struct value *v)
{
    const struct type *have = v->unknown.type ? v->unknown.type : &type_any;
    if (!type_assignable(t, have))
        return wrong(x, t, v);
    enum type_kind k = type_strip(have)->kind;
    bool tree = k == TYPE_OBJECT || k == TYPE_MAP || k == TYPE_LIST || k == TYPE_SET;
    if (type_strip(t)->kind == TYPE_DOCUMENT && tree)
        return admit_document(x, t, v);
    if (type_strip(t)->kind == TYPE_BLOB && k != TYPE_BLOB)
        v = expr_call(x->e, STR("blob"), &v, 1, SPAN_NONE);
    return type_eq(type_strip(t), &type_any) || t->kind != TYPE_SECRET ? v : value_secret(x->a, v);
}

static const struct value *admit_known(struct admit *x, const struct type *t, const struct value *v)
{
    switch (t->kind) {
    case TYPE_ANY: case TYPE_ERROR: return v;
    case TYPE_SECRET: {
        const struct value *r = admit(x, t->elem, v);
        return r ? value_secret(x->a, r) : NULL;
    }
    case TYPE_OPTIONAL: return v->kind == VALUE_NONE ? v : admit(x, t->elem, v);
    case TYPE_LITERAL: return v->kind == t->literal->kind && value_eq(v, t->literal) ? v : wrong(x, t, v);
    case TYPE_UNION: return admit_union(x, t, v);
    case TYPE_LIST: case TYPE_SET: return admit_list(x, t, v);
    case TYPE_MAP: return admit_map(x, t, v);
    case TYPE_OBJECT: return admit_object(x, t, v);
    case TYPE_ID: case TYPE_ARN: return admit_text(x, t, v);
    case TYPE_DOCUMENT: return v->kind == VALUE_NONE ? wrong(x, t, v) : admit_document(x, t, v);
    case TYPE_BLOB: return v->kind == VALUE_STRING ? value_bulk(x->a, v) : wrong(x, t, v);
    case TYPE_INSTANCE: return v->kind == VALUE_REF || v->kind == VALUE_OBJECT ? v : wrong(x, t, v);
    default: return admit_scalar(x, t, v);
    }
}

static const struct value *admit(struct admit *x, const struct type *t, const struct value *v)
{
    if (x->depth > TYPE_DEPTH)
        return refuse(x, t, STR("nested too deep"), (struct str){ "", 0 });
    if (!eval_spend(x->e, 1, SPAN_NONE))
        return refuse(x, t, x->e->problem, x->e->help);
    if (v->kind == VALUE_UNKNOWN)
        return admit_unknown(x, t, v);
    if (v->kind == VALUE_DIGEST)                           /* it was admitted when it was there */
        return v;
    x->depth++;
    const struct value *r = admit_known(x, t, v);
    x->depth--;
    return r && r->kind != VALUE_UNKNOWN && r->kind != VALUE_NONE ? constrain(x, t, r) : r;
}

const struct value *type_admit(struct eval *e, const struct type *t, const struct value *v, struct type_mistake *m)
{
    struct admit x = { e, e->arena, m, 0 };
    *m = (struct type_mistake){ 0 };
    return eval_sized(e, v, SPAN_NONE) ? admit(&x, t, v) : refuse(&x, t, e->problem, e->help);
}
