/* inside.c - what stands on an object (holder) or in it (empty), out of the answer to its type's question, and how elements of it are removed. */
#include "view.h"

static const struct value *elements(struct arena *a, const struct rstep *s, const struct resource_view *v, const struct term *t, struct resource_fault *f)
{
    const struct value *list = view_believe(a, v, NULL, t, f) ? view_eval(a, v, NULL, NULL, t, f) : NULL;
    if (!list || list->kind == VALUE_NONE)
        return &value_empty_list;
    if (list->kind == VALUE_LIST)
        return list;
    fault_set(a, f, t->span, "%s of %.*s is a %s, not a list", t == s->each ? "each" : "failed", STR_ARG(s->op), value_kind_name(list->kind));
    return &value_empty_list;
}

size_t resource_inside(struct arena *a, const struct rstep *s, const struct resource_view *v, struct resource_element **out, struct resource_fault *f)
{
    *f = (struct resource_fault){ 0 };
    const struct value *list = elements(a, s, v, s->each, f);
    *out = ARENA_ARRAY(a, struct resource_element, list->list.n);
    for (size_t i = 0; i < list->list.n; i++) {
        const struct value *it = list->list.v[i];
        const struct value *name = view_eval(a, v, it, NULL, s->name, f), *key = s->key ? view_eval(a, v, it, NULL, s->key, f) : NULL;
        if (!name || (s->key && !key))
            return 0;
        (*out)[i] = (struct resource_element){ value_text(a, name), key && key->kind != VALUE_NONE ? resource_key(a, key) : STR_NONE, it };
    }
    return f->problem.n ? 0 : list->list.n;
}

bool resource_empties(struct arena *a, const struct rstep *s, const struct resource_view *v)
{
    struct resource_fault f;
    const struct value *x = view_eval(a, v, NULL, NULL, s->when, &f);
    return x && x->kind == VALUE_BOOL && x->b;
}

const struct value *resource_removal(struct arena *a, struct models *m, const struct rstep *s, const struct resource_view *v, const struct resource_element *e, size_t n,
                                     struct resource_fault *f)
{
    struct resource_view of = *v;
    const struct value **list = ARENA_ARRAY(a, const struct value *, n);
    for (size_t i = 0; i < n; i++)
        list[i] = e[i].value;
    of.each = s->remove->batch ? value_list(a, list, n) : list[0];
    *f = (struct resource_fault){ 0 };
    return resource_request(a, m, s->remove, &of, f);
}

size_t resource_left(struct arena *a, const struct rstep *s, const struct resource_view *v, struct str *why, struct resource_fault *f)
{
    *f = (struct resource_fault){ 0 };
    const struct value *list = s->left ? elements(a, s, v, s->left, f) : &value_empty_list;
    const struct value *x = list->list.n ? view_eval(a, v, list->list.v[0], NULL, s->left_why, f) : NULL;
    *why = x ? value_text(a, x) : STR_NONE;
    return f->problem.n ? 0 : list->list.n;
}
