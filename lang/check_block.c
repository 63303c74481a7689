/* check_block.c - what stands in a block of settings: fields of the schema, component or resource, sub-blocks, what is missing. */
#include "check.h"

struct found {                                             /* a field of the target */
    const struct type *type;
    struct span declared;
    bool required, dflt;
    enum slot_kind slot;
};

static bool find_field(const struct target *t, struct str name, struct found *out)
{
    if (t->decl) {
        const struct field *f = decl_field(t->decl, name);
        if (!f)
            return false;
        *out = (struct found){ f->type ? f->type : &type_error, f->item->type ? f->item->type->span : f->item->span, f->required && !f->provider,
                               f->item->value != NULL, f->slot };
    } else {
        const struct type_field *f = type_field(t->type, name);
        if (!f)
            return false;
        *out = (struct found){ f->type, f->span, !f->dflt && f->type->kind != TYPE_OPTIONAL, f->dflt != NULL, type_slot(f->type) };
    }
    return true;
}

/* A field of another variant: the commonest mistake when a control plane changes its kind. */
static bool of_variant(struct diag *x, struct program *p, const struct target *t, struct str name)
{
    for (size_t i = 0; t->variants && i < t->variants->nfields; i++) {
        const struct type_field *v = &t->variants->fields[i];
        const struct decl *d = type_decl(v->type);
        if (d)
            decl_complete(p, (struct decl *)(uintptr_t)d);
        if (d ? !decl_field(d, name) : !type_field(type_strip(v->type), name))
            continue;
        diag_label(p->diags, x, "only `%.*s` has this field", STR_ARG(v->name));
        diag_second(p->diags, x, v->span, "declared by variant `%.*s`", STR_ARG(v->name));
        diag_help(p->diags, x, "take it out, or write `%.*s %.*s { ... }`", STR_ARG(t->slot), STR_ARG(v->name));
        return true;
    }
    return false;
}

/* A name between ticks; descriptions that have some already stay. */
static struct str ticked(struct program *p, struct str name)
{
    return str_find(name, STR("`")) == SIZE_MAX ? str_fmt(p->arena, "`%.*s`", STR_ARG(name)) : name;
}

static void no_field(struct program *p, const struct target *t, struct str name, struct span at)
{
    struct vec names = { 0 };
    struct diag *x = report(p, DIAG_E0302, at, "no field `%.*s` in %.*s", STR_ARG(name), STR_ARG(ticked(p, t->name)));
    if (of_variant(x, p, t, name))
        return;
    for (size_t i = 0; t->decl && i < t->decl->nfields; i++)
        if (!map_has(&t->wired, t->decl->fields[i].name))
            names_add(p, &names, t->decl->fields[i].name);
    for (size_t i = 0; !t->decl && i < t->type->nfields; i++)
        names_add(p, &names, t->type->fields[i].name);
    report_suggest(p, x, name, at, &names);
}

struct setting_pass {
    struct program *p;
    struct target *t;
    struct map seen;                                       /* name -> ast_item */
    bool open;                                             /* a spread or a loop may have set anything */
    bool top;                                              /* not in a for or if */
};

static void seen(struct setting_pass *x, struct str name, struct span at, const struct ast_item *it, bool top)
{
    struct ast_item *old = map_get(&x->seen, name);
    if (old && top && old->kind == ITEM_SET) {
        diag_second(x->p->diags, report(x->p, DIAG_E0306, at, "`%.*s` is set twice", STR_ARG(name)), old->path.span, "first set here");
        return;
    }
    map_put(&x->seen, name, (void *)(uintptr_t)it);
}

static void deprecated(struct program *p, const struct target *t, struct str name, struct span at)
{
    const struct field *f = t->decl ? decl_field(t->decl, name) : NULL;
    const struct ast_annot *a = f ? ast_annot(f->item->annots, "deprecated") : NULL;
    if (!a)
        return;
    struct diag *x = report(p, DIAG_E0313, at, "`%.*s` is deprecated", STR_ARG(name));
    if (a->args.n && a->args.v[0].value->kind == EXPR_LITERAL && a->args.v[0].value->value->kind == VALUE_STRING)
        diag_help(p->diags, x, "%.*s", STR_ARG(a->args.v[0].value->value->s));
}

static void set_field(struct setting_pass *x, struct scope *s, const struct ast_item *it, struct str name, struct span at, bool top)
{
    struct program *p = x->p;
    struct found f;
    if (!find_field(x->t, name, &f)) {
        no_field(p, x->t, name, at);
        check_expr(p, s, it->value);
        map_put(&x->seen, name, (void *)(uintptr_t)it);
        x->open = true;
        return;
    }
    seen(x, name, at, it, top);
    deprecated(p, x->t, name, at);
    const struct ast_item *wiring = map_get(&x->t->wired, name);
    if (wiring) {
        struct diag *d = report(p, DIAG_E0306, at, "`%.*s` is set by the component itself", STR_ARG(name));
        diag_second(p->diags, d, wiring->path.span, "set here");
    }
    if (f.slot) {
        check_expr(p, s, it->value);
        diag_help(p->diags, report(p, DIAG_E0307, at, "`%.*s` is a block, it has no value of its own", STR_ARG(name)), "write `%.*s { ... }`", STR_ARG(name));
        return;
    }
    if (bad(f.type))
        check_expr(p, s, it->value);
    else {
        p->none_ok = f.dflt;
        check_as(p, s, it->value, f.type, f.declared, str_fmt(p->arena, "`%.*s`", STR_ARG(name)), NULL);
    }
}

static void spread(struct setting_pass *x, struct scope *s, const struct ast_item *it)
{
    struct program *p = x->p;
    struct info i = check_expr(p, s, it->value);
    const struct type *t = bad(i.type) ? i.type : type_strip(i.type);
    struct found f;
    if (bad(t) || t->kind == TYPE_ANY || t->kind == TYPE_MAP || t->kind == TYPE_NONE) {
        x->open = true;
        return;
    }
    if (t->kind != TYPE_OBJECT) {
        report(p, DIAG_E0303, it->value->span, "only an object can be spread here, this is %.*s", STR_ARG(type_words(p, type_widen(p, t))));
        return;
    }
    for (size_t k = 0; k < t->nfields; k++) {
        const struct type_field *tf = &t->fields[k];
        if (!find_field(x->t, tf->name, &f)) {
            no_field(p, x->t, tf->name, tf->span.file && !t->decl ? tf->span : it->value->span);
            continue;
        }
        if (!map_has(&x->seen, tf->name))
            map_put(&x->seen, tf->name, (void *)(uintptr_t)it);
        if (!check_assignable(f.type, f.dflt && tf->type->kind == TYPE_OPTIONAL ? tf->type->elem : tf->type)) {
            struct ast_expr at = *it->value;
            at.span = tf->span.file && !t->decl ? tf->span : at.span;
            struct str what = str_fmt(p->arena, "`%.*s`", STR_ARG(tf->name));
            check_mismatch(p, &at, f.type, tf->type, f.declared, what);
        }
    }
}

/* ---- blocks inside blocks ---- */

/* What the declaring component's own blocks of that name set: name -> item. */
static void wired_in(struct program *p, const struct ast_body *b, struct str field, struct str label, struct map *out)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        if (it->kind == ITEM_FOR || it->kind == ITEM_IF) {
            wired_in(p, it->body, field, label, out);
            if (it->other_body)
                wired_in(p, it->other_body, field, label, out);
        }
        if (it->kind != ITEM_INSTANCE || it->path.n != 1 || !str_eq(it->path.v[0].text, field) || (it->name.text.n && !str_eq(it->name.text, label)))
            continue;
        for (size_t k = 0; k < it->body->n; k++)
            if (it->body->items[k]->kind == ITEM_SET && it->body->items[k]->path.n == 1)
                map_put(out, it->body->items[k]->path.v[0].text, it->body->items[k]);
    }
}

static bool label_wanted(struct program *p, const struct ast_item *it, bool wanted)
{
    struct str name = it->path.v[0].text;
    if (wanted == (it->name.text.n > 0))
        return true;
    struct diag *x = report(p, DIAG_E0307, wanted ? it->path.span : it->name.span, wanted ? "`%.*s` needs a label" : "`%.*s` takes no label", STR_ARG(name));
    diag_help(p->diags, x, wanted ? "write `%.*s NAME { ... }`" : "write `%.*s { ... }`", STR_ARG(name));
    return false;
}

static struct span header(const struct ast_item *it)
{
    struct span h = it->path.span;
    if (it->name.text.n && it->name.span.off + it->name.span.len > h.off)
        h.len = it->name.span.off + it->name.span.len - h.off;
    return h;
}

static void into_decl(struct setting_pass *x, struct body *b, size_t i, const struct decl *d, struct str label, const struct type *variants)
{
    struct program *p = x->p;
    const struct ast_item *it = b->ast->items[i];
    struct target t = { .decl = d, .name = it->path.v[0].text, .partial = x->t->partial, .variants = variants, .slot = it->path.v[0].text };
    if (variants)
        t.name = str_fmt(p->arena, "%.*s %.*s", STR_ARG(t.name), STR_ARG(label));
    decl_complete(p, (struct decl *)(uintptr_t)d);
    if (x->t->decl && x->t->decl->kind == DECL_COMPONENT && !x->t->partial)
        wired_in(p, x->t->decl->item->body, it->path.v[0].text, label, &t.wired);
    check_settings(p, body_kid(p, b, i, false), &t, header(it), it->body->broken);
    map_fini(&t.wired);
}

static void into_object(struct setting_pass *x, struct body *b, size_t i, const struct type *o)
{
    const struct ast_item *it = b->ast->items[i];
    struct target t = { .type = o, .name = it->path.v[0].text };
    check_settings(x->p, body_kid(x->p, b, i, false), &t, header(it), it->body->broken);
}

static void into_variant(struct setting_pass *x, struct body *b, size_t i, const struct type *o)
{
    struct program *p = x->p;
    const struct ast_item *it = b->ast->items[i];
    struct vec names = { 0 };
    if (!it->name.text.n && x->t->partial)
        return;
    if (!label_wanted(p, it, true))
        return;
    const struct type_field *f = type_field(o, it->name.text);
    if (f && type_decl(f->type))
        into_decl(x, b, i, type_decl(f->type), it->name.text, o);
    else if (f && type_strip(f->type)->kind == TYPE_OBJECT)
        into_object(x, b, i, type_strip(f->type));
    if (f)
        return;
    for (size_t k = 0; k < o->nfields; k++)
        names_add(p, &names, o->fields[k].name);
    struct diag *d = report(p, DIAG_E0302, it->name.span, "`%.*s` has no variant `%.*s`", STR_ARG(it->path.v[0].text), STR_ARG(it->name.text));
    report_suggest(p, d, it->name.text, it->name.span, &names);
}

/* Two blocks of one name, or of one label without keys. */
static bool twice(struct setting_pass *x, const struct ast_item *it, struct str name)
{
    struct program *p = x->p;
    struct str mark = str_fmt(p->arena, "%.*s %.*s", STR_ARG(name), STR_ARG(it->name.text));
    const struct ast_item *old = it->key ? NULL : map_get(&x->seen, mark);
    if (!it->key)
        map_put(&x->seen, mark, (void *)(uintptr_t)it);
    if (!old || !x->top)
        return false;
    struct diag *d = it->name.text.n ? report(p, DIAG_E0306, it->name.span, "two `%.*s` are called `%.*s`", STR_ARG(name), STR_ARG(it->name.text))
                                     : report(p, DIAG_E0306, it->path.span, "`%.*s` is written twice", STR_ARG(name));
    diag_second(p->diags, d, it->name.text.n ? old->name.span : old->path.span, "the first one");
    return true;
}

static void sub_block(struct setting_pass *x, struct scope *s, struct body *b, size_t i)
{
    struct program *p = x->p;
    const struct ast_item *it = b->ast->items[i];
    struct str name = it->path.v[0].text;
    struct found f;
    if (it->key) {
        struct info k = check_expr(p, s, it->key);
        check_decided(p, &k, it->key, "key");
    }
    if (it->path.n != 1 || !find_field(x->t, name, &f)) {
        no_field(p, x->t, name, it->path.span);
        x->open = true;
        return;
    }
    check_annots(p, s, it, f.slot ? AT_COMPONENT : AT_NOWHERE, NULL);
    if (!twice(x, it, name))
        map_put(&x->seen, name, (void *)(uintptr_t)it);
    if (bad(f.type))
        return;
    const struct type *t = type_strip(f.type);
    if (f.slot == SLOT_ONE && label_wanted(p, it, false))
        into_decl(x, b, i, type_decl(t), STR(""), NULL);
    else if (f.slot == SLOT_MAP && (x->t->partial || label_wanted(p, it, true)))
        into_decl(x, b, i, type_decl(t->elem), it->name.text, NULL);
    else if (f.slot == SLOT_VARIANT || (t->kind == TYPE_OBJECT && t->one_of))
        into_variant(x, b, i, t);
    else if (f.slot)
        return;
    else if (t->kind == TYPE_OBJECT && label_wanted(p, it, false))
        into_object(x, b, i, t);
    else if (t->kind == TYPE_MAP && t->elem->kind == TYPE_OBJECT && label_wanted(p, it, true))
        into_object(x, b, i, t->elem);
    else if (t->kind != TYPE_OBJECT && !(t->kind == TYPE_MAP && t->elem->kind == TYPE_OBJECT) && t->kind != TYPE_ANY) {
        struct scope in = { .module = b->module, .body = b };
        struct ast_expr o = { .kind = EXPR_OBJECT, .span = it->span, .body = it->body };
        if (t->kind == TYPE_MAP || t->kind == TYPE_DOCUMENT)
            check_as(p, &in, &o, t, f.declared, str_fmt(p->arena, "`%.*s`", STR_ARG(name)), NULL);
        else
            diag_help(p->diags, report(p, DIAG_E0307, it->path.span, "`%.*s` is %.*s, not a block", STR_ARG(name), STR_ARG(type_words(p, t))),
                      "write `%.*s = ...`", STR_ARG(name));
    }
}

/* ---- a whole block ---- */

static void items(struct setting_pass *x, struct body *b, bool top);

static void item(struct setting_pass *x, struct scope *s, struct body *b, size_t i, bool top)
{
    struct program *p = x->p;
    const struct ast_item *it = b->ast->items[i];
    switch (it->kind) {
    case ITEM_SET:
        check_annots(p, s, it, AT_NOWHERE, NULL);
        if (it->path.n == 1)
            set_field(x, s, it, it->path.v[0].text, it->path.span, top);
        else
            diag_help(p->diags, report(p, DIAG_E0307, it->path.span, "a field inside `%.*s` is set in a block of its own", STR_ARG(it->path.v[0].text)),
                      "write `%.*s { %.*s = ... }`", STR_ARG(it->path.v[0].text), STR_ARG(it->path.v[1].text));
        break;
    case ITEM_SPREAD:
        spread(x, s, it);
        break;
    case ITEM_INSTANCE:
        sub_block(x, s, b, i);
        break;
    case ITEM_FOR:
        check_bind(p, body_kid(p, b, i, false));
        items(x, body_kid(p, b, i, false), false);
        break;
    case ITEM_IF:
        check_cond(p, s, it->value, "condition");
        items(x, body_kid(p, b, i, false), false);
        if (it->other_body)
            items(x, body_kid(p, b, i, true), false);
        break;
    case ITEM_LET:
        if (body_sym(b->owner, it->name.text))
            sym_info(p, body_sym(b->owner, it->name.text));
        else if (body_sym(b, it->name.text))
            sym_info(p, body_sym(b, it->name.text));
        break;
    case ITEM_ASSERT: {
        struct scope in = { .up = s, .module = s->module, .self = x->t->decl, .object = x->t->decl ? NULL : x->t->type };
        check_assert(p, &in, it);
        break;
    }
    case ITEM_DECLARE:
        diag_help(p->diags, report(p, DIAG_E0307, it->span, "`%.*s` is declared here, but this block sets fields", STR_ARG(it->path.v[0].text)),
                  "write `%.*s = ...`", STR_ARG(it->path.v[0].text));
        map_put(&x->seen, it->path.v[0].text, (void *)(uintptr_t)it);
        break;
    default:
        report(p, DIAG_E0307, it->span, "`%s` cannot stand in a block of settings", ast_item_word(it->kind));
    }
}

static void items(struct setting_pass *x, struct body *b, bool top)
{
    struct scope s = { .module = b->module, .body = b };
    for (size_t i = 0; i < b->ast->n; i++) {
        x->top = top;
        item(x, &s, b, i, top);
    }
}

/* A slot that nobody wrote a block for is good when its component can do without settings. */
static bool slot_may_miss(struct program *p, const struct target *t, const struct field *f)
{
    const struct decl *d = f->slot == SLOT_ONE ? type_decl(f->type) : NULL;
    struct map wired = { 0 };
    bool good = f->slot == SLOT_MAP;
    if (d) {
        decl_complete(p, (struct decl *)(uintptr_t)d);
        wired_in(p, t->decl->item->body, f->name, STR(""), &wired);
        good = true;
        for (size_t i = 0; i < d->nfields; i++)
            good = good && (!d->fields[i].required || d->fields[i].slot || map_has(&wired, d->fields[i].name));
    }
    map_fini(&wired);
    return good;
}

static void missing(struct setting_pass *x, struct span at)
{
    struct program *p = x->p;
    struct vec out = { 0 };
    for (size_t i = 0; x->t->decl && i < x->t->decl->nfields; i++) {
        const struct field *f = &x->t->decl->fields[i];
        if (f->required && !bad(f->type) && !(f->provider) && !map_has(&x->seen, f->name) && !map_has(&x->t->wired, f->name) && !(f->slot && slot_may_miss(p, x->t, f)))
            vec_add(&out, (void *)(uintptr_t)f);
    }
    if (out.n) {
        const struct field *first = out.v[0];
        struct diag *d = report(p, DIAG_E0305, at, out.n == 1 ? "`%.*s` lacks the field `%.*s`" : "`%.*s` lacks the field `%.*s` and others", STR_ARG(x->t->name),
                                STR_ARG(first->name));
        for (size_t i = 0; i < out.n && i < 4; i++) {
            const struct field *f = out.v[i];
            diag_note(p->diags, d, "required and missing: `%.*s: %.*s`", STR_ARG(f->name), STR_ARG(type_words(p, f->type)));
        }
        if (first->slot == SLOT_VARIANT)
            diag_help(p->diags, d, "write `%.*s %.*s { ... }`", STR_ARG(first->name), STR_ARG(type_strip(first->type)->fields[0].name));
        else
            diag_help(p->diags, d, first->slot ? "write `%.*s { ... }`" : "write `%.*s = ...`", STR_ARG(first->name));
        diag_second(p->diags, d, first->item->span, "declared here");
    }
    vec_fini(&out);
}

static void missing_object(struct setting_pass *x, struct span at)
{
    struct program *p = x->p;
    size_t n = 0;
    for (size_t i = 0; i < x->t->type->nfields; i++) {
        const struct type_field *f = &x->t->type->fields[i];
        if (f->dflt || f->type->kind == TYPE_OPTIONAL || bad(f->type) || map_has(&x->seen, f->name) || n++)
            continue;
        struct diag *d = report(p, DIAG_E0305, at, "%.*s lacks the field `%.*s`", STR_ARG(ticked(p, x->t->name)), STR_ARG(f->name));
        diag_second(p->diags, d, f->span, "declared here as `%.*s`", STR_ARG(type_words(p, f->type)));
        diag_help(p->diags, d, "write `%.*s = ...`", STR_ARG(f->name));
    }
}

void check_settings(struct program *p, struct body *b, struct target *t, struct span at, bool broken)
{
    struct setting_pass x = { .p = p, .t = t };
    items(&x, b, true);
    if (!x.open && !broken && !t->partial && t->decl)
        missing(&x, at);
    if (!x.open && !broken && !t->partial && !t->decl && !t->type->one_of)
        missing_object(&x, at);
    map_fini(&x.seen);
}

/* ---- an object literal against a schema ---- */

static void object_items(struct setting_pass *x, struct scope *s, const struct ast_body *b, bool top)
{
    struct program *p = x->p;
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        if (it->kind == ITEM_SET && it->path.n == 1) {
            set_field(x, s, it, it->path.v[0].text, it->path.span, top);
        } else if (it->kind == ITEM_ENTRY && it->other->kind == EXPR_LITERAL && it->other->value->kind == VALUE_STRING) {
            set_field(x, s, it, it->other->value->s, it->other->span, top);
        } else if (it->kind == ITEM_ENTRY) {
            check_expr(p, s, it->other);
            check_expr(p, s, it->value);
            x->open = true;
        } else if (it->kind == ITEM_SPREAD) {
            spread(x, s, it);
        } else if (it->kind == ITEM_INSTANCE && it->path.n == 1) {
            struct ast_expr o = { .kind = EXPR_OBJECT, .span = it->span, .body = it->body };
            struct ast_item set = *it;
            set.kind = ITEM_SET;
            set.value = &o;
            if (it->name.text.n)
                x->open = true;
            else
                set_field(x, s, &set, it->path.v[0].text, it->path.span, top);
            map_put(&x->seen, it->path.v[0].text, (void *)(uintptr_t)it);
        } else if (it->kind == ITEM_IF) {
            struct scope yes = { .up = s, .module = s->module, .fact = it->value }, no = { .up = s, .module = s->module, .fact = it->value, .unless = true };
            check_cond(p, s, it->value, NULL);
            object_items(x, &yes, it->body, false);
            if (it->other_body)
                object_items(x, &no, it->other_body, false);
        } else if (it->kind == ITEM_FOR) {
            size_t n;
            struct info source = check_expr(p, s, it->bind->source);
            const struct named *v = check_bind_vars(p, it->bind, source, &n);
            struct scope in = { .up = s, .module = s->module, .vars = v, .nvars = n };
            object_items(x, &in, it->body, false);
            x->open = true;
        } else {
            report(p, DIAG_E0307, it->span, "`%s` cannot stand in an object", ast_item_word(it->kind));
        }
    }
}

void check_object(struct program *p, struct scope *s, const struct ast_body *b, const struct type *want, struct span at, struct str what)
{
    struct target t = { .type = want, .name = want->name.n ? want->name : what };
    struct setting_pass x = { .p = p, .t = &t };
    object_items(&x, s, b, true);
    if (!x.open && !b->broken && !want->one_of)
        missing_object(&x, at);
    map_fini(&x.seen);
}
