/* slots.c - fields whose type is a component: the user's blocks make the instances, the declaring component's blocks wire them.
 * docs/design.md, Addresses: one (`network { }`), a variant by label (`control_plane eks { }`), a map by label and key (`node_pool gpu["a"] { }`). */
#include "eval.h"

static bool for_field(const struct ast_item *it, const struct field *f)
{
    return it->kind == ITEM_INSTANCE && it->path.n == 1 && str_eq(it->path.v[0].text, f->name);
}

/* Adds the wiring blocks for `label` (empty: any) that stand in this frame of the declaring component. */
static bool wire(struct program *p, struct instance *made, struct frame *f, const struct field *field, struct str mark, struct str label)
{
    bool good = true;
    if (!map_has(&f->body->inside, mark))
        return true;
    for (size_t k = 0; k < f->body->ast->n; k++) {
        const struct ast_item *it = f->body->ast->items[k];
        if (for_field(it, field)) {
            if (!it->name.text.n || str_eq(it->name.text, label))
                part_add(p, made, it, body_kid(p, f->body, k, false), f, true);
            continue;
        }
        const struct body *kid = f->body->kid[k], *other = f->body->other[k];
        if ((it->kind != ITEM_FOR && it->kind != ITEM_IF) || !(map_has(&kid->inside, mark) || (other && map_has(&other->inside, mark))))
            continue;
        const struct memo *m = item_frames(p, f, k);
        good = good && m;
        for (size_t j = 0; m && j < m->n; j++)
            good = wire(p, made, m->frames[j], field, mark, label) && good;
    }
    return good;
}

/* One instance for a slot: the user's block (may be NULL) and the wiring. */
static const struct value *fill(struct program *p, struct instance *i, const struct field *f, struct decl *d, struct str addr, struct str label,
                                const struct sub *s)
{
    struct span at = s ? s->item->path.span : i->span;
    if (s && s->item->name.text.n)
        at.len = s->item->name.span.off + s->item->name.span.len - at.off;
    struct instance *made = instance_new(p, addr, d, i, at);
    if (!made)
        return NULL;
    made->label = label;
    made->item = s ? s->item : f->item;
    made->around = s ? s->frame : i->inner;
    made->open = (s && s->frame->open) || i->open;
    if (s)
        part_add(p, made, s->item, s->body, s->frame, false);
    if (!wire(p, made, i->inner, f, str_fmt(p->arena, ".%.*s", STR_ARG(f->name)), s ? s->label : STR("")))
        return NULL;
    return value_ref(p->arena, addr);
}

static const struct sub *only(struct program *p, struct instance *i, const struct field *f)
{
    const struct sub *found = NULL;
    for (size_t k = 0; k < i->subs.n; k++) {
        const struct sub *s = i->subs.v[k];
        if (!for_field(s->item, f))
            continue;
        if (found && !s->frame->open) {
            struct diag *x = report(p, DIAG_E0306, s->item->path.span, "`%.*s` is written twice", STR_ARG(f->name));
            diag_second(p->diags, x, found->item->path.span, "first written here");
            return found;
        }
        found = found ? found : s;
    }
    return found;
}

static bool badly_labelled(struct program *p, const struct sub *s)
{
    struct str name = s->item->path.v[0].text;
    struct diag *x = report(p, DIAG_E0307, s->item->path.span, s->label.n ? "`%.*s` takes no label" : "`%.*s` needs a label", STR_ARG(name));
    diag_help(p->diags, x, s->label.n ? "write `%.*s { ... }`" : "write `%.*s NAME { ... }`", STR_ARG(name));
    return false;
}

static const struct value *one(struct program *p, struct instance *i, const struct field *f)
{
    const struct sub *s = only(p, i, f);
    if (!s && f->type->kind == TYPE_OPTIONAL)
        return &value_none;
    if (s && s->label.n && !badly_labelled(p, s))
        return NULL;
    struct decl *d = (struct decl *)(uintptr_t)type_decl(f->type);
    return fill(p, i, f, d, address_name(p->arena, i->addr, f->name), f->name, s);
}

static bool plain_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.s[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (i && c >= '0' && c <= '9')))
            return false;
    }
    return s.n > 0;
}

static const struct value *many(struct program *p, struct instance *i, const struct field *f)
{
    struct decl *d = (struct decl *)(uintptr_t)type_decl(type_strip(f->type)->elem);
    struct pair *v = ARENA_ARRAY(p->arena, struct pair, i->subs.n);
    struct str base = address_name(p->arena, i->addr, f->name);
    size_t n = 0;
    bool good = true;
    for (size_t k = 0; k < i->subs.n; k++) {
        const struct sub *s = i->subs.v[k];
        if (!for_field(s->item, f))
            continue;
        if (!s->label.n && !badly_labelled(p, s))
            return NULL;
        struct str addr = plain_name(s->label) ? address_name(p->arena, base, s->label) : address_key(p->arena, base, s->label), name = s->label;
        if (s->key.s) {
            addr = str_is(s->key, "*") ? str_fmt(p->arena, "%.*s[*]", STR_ARG(addr)) : address_key(p->arena, addr, s->key);
            name = str_fmt(p->arena, "%.*s-%.*s", STR_ARG(s->label), STR_ARG(s->key));
        }
        bool again = false;
        for (size_t j = 0; j < n; j++)
            again = again || str_eq(v[j].key, name);
        if (again && s->frame->open)
            continue;
        if (again) {
            report(p, DIAG_E0306, s->item->name.span, "two entries of `%.*s` are called `%.*s`", STR_ARG(f->name), STR_ARG(name));
            good = false;
            continue;
        }
        const struct value *x = fill(p, i, f, d, addr, name, s);
        if (x)
            v[n++] = (struct pair){ name, x };
        good = good && x;
    }
    return good ? value_object(p->arena, v, n) : NULL;
}

static const struct value *variant(struct program *p, struct instance *i, const struct field *f)
{
    const struct type *t = type_strip(f->type);
    const struct sub *s = only(p, i, f);
    struct pair *v = ARENA_ARRAY(p->arena, struct pair, t->nfields);
    bool found = false;
    if (!s && f->type->kind == TYPE_OPTIONAL)
        return &value_none;
    for (size_t k = 0; k < t->nfields; k++) {
        const struct type_field *tf = &t->fields[k];
        v[k] = (struct pair){ tf->name, &value_none };
        if (!s || !str_eq(tf->name, s->label))
            continue;
        found = true;
        struct decl *d = (struct decl *)(uintptr_t)type_decl(tf->type);
        if (d) {
            v[k].value = fill(p, i, f, d, address_name(p->arena, address_name(p->arena, i->addr, f->name), tf->name), tf->name, s);
        } else {
            const struct value *o = eval_body(p, s->frame, s->item->body);
            v[k].value = o ? value_fit(p, tf->type, o, NULL, s->item->path.span, tf->span, str_fmt(p->arena, "`%.*s`", STR_ARG(tf->name))) : NULL;
        }
        if (!v[k].value)
            return NULL;
    }
    if (found)
        return value_object(p->arena, v, t->nfields);
    struct vec names = { 0 };
    for (size_t k = 0; k < t->nfields; k++)
        names_add(p, &names, t->fields[k].name);
    if (!s) {
        struct diag *x = report(p, DIAG_E0305, i->span, "`%.*s` of `%.*s` is missing", STR_ARG(f->name), STR_ARG(i->addr));
        report_suggest(p, x, STR(""), SPAN_NONE, &names);
        diag_help(p->diags, x, "write `%.*s %.*s { ... }`", STR_ARG(f->name), STR_ARG(t->fields[0].name));
        return NULL;
    }
    struct diag *x = report(p, DIAG_E0302, s->item->name.span, "`%.*s` has no variant `%.*s`", STR_ARG(f->name), STR_ARG(s->label));
    report_suggest(p, x, s->label, s->item->name.span, &names);
    return NULL;
}

const struct value *slot_value(struct program *p, struct instance *i, const struct field *f)
{
    const struct setting *s = map_get(&i->settings, f->name);
    if (s) {
        diag_help(p->diags, report(p, DIAG_E0307, s->span, "`%.*s` is a block, it has no value of its own", STR_ARG(f->name)), "write `%.*s { ... }`",
                  STR_ARG(f->name));
        return NULL;
    }
    switch (f->slot) {
    case SLOT_ONE:
        return one(p, i, f);
    case SLOT_MAP:
        return many(p, i, f);
    case SLOT_VARIANT:
        return variant(p, i, f);
    case SLOT_NONE:
        break;
    }
    return NULL;
}
