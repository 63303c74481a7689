/* check_item.c - instances, asserts, fors and ifs of files and components. */
#include "check.h"

void check_assert(struct program *p, struct scope *s, const struct ast_item *it)
{
    check_cond(p, s, it->value, NULL);
    struct scope in = { .up = s, .module = s->module, .fact = it->value, .unless = true };
    struct info m = check_expr(p, &in, it->other);
    const struct type *t = bad(m.type) ? &type_any : type_widen(p, m.type);
    if (t->kind != TYPE_STRING && t->kind != TYPE_ANY)
        report(p, DIAG_E0303, it->other->span, "the message of an assertion must be text, this is %.*s", STR_ARG(type_words(p, t)));
}

static bool in_loop(const struct body *b)
{
    for (; b && b->kind == BODY_NEST; b = b->up)
        if (b->bind)
            return true;
    return false;
}

static struct decl *kind_of(struct program *p, struct body *b, const struct ast_item *it)
{
    struct module *m = b->module;
    const struct ast_name *last = &it->path.v[it->path.n - 1];
    struct decl *d = find_decl(p, m, &it->path);
    struct vec names = { 0 };
    if (d && (d->kind == DECL_RESOURCE || d->kind == DECL_COMPONENT))
        return d;
    if (d) {
        diag_second(p->diags, report(p, DIAG_E0303, it->path.span, "`%.*s` is a %s: there are no instances of it", STR_ARG(d->name), d->kind == DECL_TYPE ? "type" : "schema"),
                    d->item->name.span, "declared here");
        return NULL;
    }
    if (it->path.n > 1) {
        struct import *im = find_alias(m, it->path.v[0].text);
        if (!im) {
            alias_lost(p, m, &it->path.v[0]);
            return NULL;
        }
        if (!im->module)
            return NULL;
    }
    names_kinds(p, m, it->path.n > 1 ? it->path.v[0].text : STR(""), true, &names);
    for (size_t i = 0; b->owner->decl && it->path.n == 1 && i < b->owner->decl->nfields; i++)
        names_add(p, &names, b->owner->decl->fields[i].name);
    lost_excuse(p, it->name.text.n ? it->name.text : last->text, it->span.file);
    struct diag *x = report(p, DIAG_E0301, last->span, "no resource or component is called `%.*s`", STR_ARG(last->text));
    if (it->path.n == 1 && !it->name.text.n && !it->key)
        diag_note(p->diags, x, "a block without a label configures a field; here is no field `%.*s`", STR_ARG(last->text));
    report_suggest(p, x, last->text, last->span, &names);
    return NULL;
}

static void check_key(struct program *p, struct scope *s, const struct ast_item *it)
{
    struct info k = check_expr(p, s, it->key);
    const struct type *t = bad(k.type) ? &type_any : type_widen(p, k.type);
    if (t->kind == TYPE_SECRET)
        report(p, DIAG_E0304, it->key->span, "a secret cannot be a key: keys are shown and stored");
    else if (t->kind != TYPE_STRING && t->kind != TYPE_INT && t->kind != TYPE_ANY && t->kind != TYPE_CIDR && t->kind != TYPE_IP && t->kind != TYPE_UNION && t->kind != TYPE_ID &&
        t->kind != TYPE_ARN)
        report(p, DIAG_E0303, it->key->span, "a key must be text, this is %.*s", STR_ARG(type_words(p, t)));
    check_decided(p, &k, it->key, "key");
}

/* A wiring block: sets inputs of a slot from inside the component that declares it. */
static void wiring(struct program *p, struct body *b, size_t i, const struct field *f)
{
    const struct ast_item *it = b->ast->items[i];
    const struct type *t = bad(f->type) ? &type_error : type_strip(f->type);
    struct target to = { .name = f->name, .partial = true };
    struct vec names = { 0 };
    if (f->slot == SLOT_ONE)
        to.decl = type_decl(t);
    else if (f->slot == SLOT_MAP)
        to.decl = type_decl(t->elem);
    else if (f->slot == SLOT_VARIANT && it->name.text.n) {
        const struct type_field *v = type_field(t, it->name.text);
        to.decl = v ? type_decl(v->type) : NULL;
        for (size_t k = 0; !v && k < t->nfields; k++)
            names_add(p, &names, t->fields[k].name);
        if (!v)
            report_suggest(p, report(p, DIAG_E0302, it->name.span, "`%.*s` has no variant `%.*s`", STR_ARG(f->name), STR_ARG(it->name.text)), it->name.text, it->name.span,
                    &names);
    } else if (!bad(t)) {
        report(p, DIAG_E0307, it->path.span, f->slot ? "say which variant of `%.*s` this wires" : "`%.*s` is an input of this component: it cannot be set here",
               STR_ARG(f->name));
    }
    if (!to.decl)
        return;
    decl_complete(p, (struct decl *)(uintptr_t)to.decl);
    check_settings(p, body_kid(p, b, i, false), &to, it->path.span, it->body->broken);
}

void check_instance(struct program *p, struct body *b, size_t i)
{
    const struct ast_item *it = b->ast->items[i];
    struct scope s = { .module = b->module, .body = b };
    const struct field *f = b->owner->decl && it->path.n == 1 ? decl_field(b->owner->decl, it->path.v[0].text) : NULL;
    if (f) {
        check_annots(p, &s, it, f->slot ? AT_COMPONENT : AT_NOWHERE, NULL);
        wiring(p, b, i, f);
        return;
    }
    struct decl *d = kind_of(p, b, it);
    if (it->key)
        check_key(p, &s, it);
    if (!d)
        return;
    decl_complete(p, d);
    if (!it->name.text.n) {
        lost_excuse(p, STR(""), it->span.file);
        diag_help(p->diags, report(p, DIAG_E0307, it->path.span, "`%.*s` needs a label", STR_ARG(ast_text(p->sources, it->path.span))), "write `%.*s NAME { ... }`",
                  STR_ARG(ast_text(p->sources, it->path.span)));
    } else if (!it->key && in_loop(b)) {
        const struct body *loop = b;
        while (!loop->bind)
            loop = loop->up;
        diag_help(p->diags, report(p, DIAG_E0307, it->name.span, "an instance in a `for` needs a key, so that each has an address of its own"), "write `%.*s[%.*s]`",
                  STR_ARG(it->name.text), STR_ARG((loop->bind->key.text.n && loop->bind->key.text.n < 2 ? loop->bind->value : loop->bind->value).text));
    }
    check_annots(p, &s, it, d->kind != DECL_RESOURCE ? AT_COMPONENT : decl_is_lookup(d) ? AT_LOOKUP : AT_RESOURCE, d);
    struct target t = { .decl = d, .name = d->name };
    struct span header = it->path.span;
    if (it->name.text.n && it->name.span.off + it->name.span.len > header.off)
        header.len = it->name.span.off + it->name.span.len - header.off;
    check_settings(p, body_kid(p, b, i, false), &t, header, it->body->broken);
}
