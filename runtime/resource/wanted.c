/* wanted.c - what a type says of its objects besides requests and replies: outs that follow, parents, adjustments, the way of a field. */
#include "view.h"

const struct value *resource_out_value(struct arena *a, const struct resource_view *v, const struct rout *o, struct resource_fault *f)
{
    const struct value *x = o->value ? view_eval(a, v, NULL, NULL, o->value, f) : NULL;
    if (!x || x->kind == VALUE_NONE || !value_is_known(x))
        return NULL;
    const struct value *r = view_parse(a, o->type, x);
    if (!r)
        fault_set(a, f, o->span, "%.*s cannot be %.*s", STR_ARG(o->name), STR_ARG(value_text(a, x)));
    return r;
}

const struct value *resource_will(struct arena *a, const struct rstep *s, const struct resource_view *v)
{
    struct resource_view later = *v;
    later.reply = value_unknown(a, term_param(a, STR("reply"), &type_any, s->span), &type_any, PHASE_APPLY);
    for (size_t i = 0; i < s->nsets; i++) {
        struct resource_fault f;
        const struct value *x = rtype_out(v->type, s->sets[i].target) ? view_eval(a, &later, NULL, NULL, s->sets[i].value, &f) : NULL;
        if (x)
            later.outs = value_with(a, later.outs ? later.outs : &value_empty_object, s->sets[i].target, x);
    }
    return later.outs;
}

struct str resource_parent_key(struct arena *a, const struct rtype *t, size_t k, const struct value *inputs)
{
    struct resource_fault f;
    struct resource_view v = { .type = t, .inputs = inputs };
    const struct value *id = view_eval(a, &v, NULL, NULL, t->parents[k].identity, &f);
    if (!id || id->kind != VALUE_OBJECT || !value_is_known(id))
        return STR_NONE;
    for (size_t i = 0; i < id->object.n; i++)
        if (id->object.v[i].value->kind == VALUE_NONE)
            return STR_NONE;
    return resource_key(a, id);
}

struct str resource_uid(struct arena *a, const struct resource_view *v)
{
    struct resource_fault f;
    const struct value *x = v->type->uid ? view_eval(a, v, NULL, NULL, v->type->uid, &f) : NULL;
    return x && x->kind != VALUE_NONE && value_is_known(x) ? value_text(a, x) : STR_NONE;
}

const struct value *resource_adjust(struct arena *a, const struct rtype *t, const struct value *inputs, const struct value *outs, struct resource_fault *f)
{
    struct resource_view v = { .type = t, .inputs = inputs, .outs = outs };
    *f = (struct resource_fault){ 0 };
    for (size_t i = 0; i < t->nadjusts; i++) {
        const struct value *x = view_eval(a, &v, NULL, NULL, t->adjusts[i].value, f);
        const struct rfield *fd = rtype_field(t, t->adjusts[i].field);
        const struct value *r = x && fd ? view_parse(a, fd->type, x) : NULL;
        if (r)
            v.inputs = value_with(a, v.inputs, fd->name, r);
        else if (x)
            fault_set(a, f, t->adjusts[i].span, "the adjusted %.*s does not fit its type", STR_ARG(t->adjusts[i].field));
    }
    return v.inputs;
}

/* Text of a term, or nothing; false: it is not known yet, or failed. */
static bool text_of(struct arena *a, const struct resource_view *v, const struct term *t, struct str *out, struct resource_fault *f)
{
    *out = STR_NONE;
    const struct value *x = t ? view_eval(a, v, NULL, NULL, t, f) : &value_none;
    if (!x || !value_is_known(x))
        return false;
    if (x->kind != VALUE_NONE)
        *out = value_text(a, x);
    return true;
}

bool resource_chain(struct arena *a, const struct resource_view *v, const struct rchain *c, struct resource_way *out, struct resource_fault *f)
{
    const struct rfield *fd = rtype_field(v->type, c->field);
    *f = (struct resource_fault){ 0 };
    *out = (struct resource_way){ 0 };
    if (!fd || !c->steps || !text_of(a, v, c->refuse, &out->refusal, f))
        return false;
    if (out->refusal.n)
        return true;
    const struct value *list = view_eval(a, v, NULL, NULL, c->steps, f);
    if (!list || !value_is_known(list) || !text_of(a, v, c->note, &out->note, f) || !text_of(a, v, c->why, &out->why, f))
        return false;
    if (list->kind != VALUE_LIST) {
        fault_set(a, f, c->span, "the steps of %.*s are a %s, not a list", STR_ARG(c->field), value_kind_name(list->kind));
        return false;
    }
    out->steps = ARENA_ARRAY(a, const struct value *, list->list.n);
    for (size_t i = 0; i < list->list.n; i++) {
        const struct value *step = view_parse(a, fd->type, list->list.v[i]);
        if (!step) {
            fault_set(a, f, c->span, "step %zu of %.*s does not fit its type", i + 1, STR_ARG(c->field));
            return false;
        }
        out->steps[out->n++] = step;
    }
    return true;
}

bool resource_needs_new(struct arena *a, const struct resource_view *v, const struct rchain *c, struct resource_fault *f)
{
    *f = (struct resource_fault){ 0 };
    const struct value *x = c->replace ? view_eval(a, v, NULL, NULL, c->replace, f) : NULL;
    return x && x->kind == VALUE_BOOL && x->b;
}

static const struct value *exclusive(struct arena *a, const struct rtype *t, const struct value *inputs)
{
    struct resource_fault f;
    struct resource_view v = { .type = t, .inputs = inputs };
    const struct value *x = t->exclusive ? view_eval(a, &v, NULL, NULL, t->exclusive, &f) : NULL;
    return x && x->kind == VALUE_LIST ? x : &value_empty_list;
}

bool resource_clash(struct arena *a, const struct rtype *t, const struct value *was, const struct value *inputs)
{
    const struct value *x = exclusive(a, t, was), *y = exclusive(a, t, inputs);
    for (size_t i = 0; i < x->list.n; i++)
        for (size_t k = 0; k < y->list.n; k++)
            if (value_is_known(x->list.v[i]) && value_is_known(y->list.v[k]) && value_eq(x->list.v[i], y->list.v[k]))
                return true;
    return false;
}

static bool as_version(const struct value *v, struct version *out)
{
    if (v && v->kind == VALUE_VERSION)
        *out = v->version;
    return v && (v->kind == VALUE_VERSION || (v->kind == VALUE_STRING && version_parse(v->s, out)));
}

int64_t resource_minors(const struct value *behind, const struct value *ahead)
{
    struct version x, y;
    return as_version(behind, &x) && as_version(ahead, &y) && x.major == y.major ? (int64_t)y.minor - x.minor : INT64_MAX;
}
