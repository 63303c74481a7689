/* check.c - the static check of a whole file: every item, every body, also what is not instantiated and branches that are not taken. */
#include "check.h"
#include "words.h"

static void check_body(struct program *p, struct body *b);

static void declared(struct program *p, struct scope *s, const struct ast_item *it, const struct type *t, struct str name)
{
    enum decl_kind kind = s->self ? s->self->kind : DECL_COMPONENT;
    check_annots(p, NULL, it, kind == DECL_RESOURCE ? AT_RFIELD : kind == DECL_SCHEMA ? AT_FIELD : AT_INPUT, NULL);
    if (it->value && !bad(t))
        check_as(p, s, it->value, t, it->type ? it->type->span : it->span, str_fmt(p->arena, "default of `%.*s`", STR_ARG(name)), NULL);
}

/* `let = 5`: what is missing may be any name that is not found. */
static void nameless(struct program *p, const struct ast_item *it, struct str word)
{
    diag_help(p->diags, report(p, DIAG_E0307, it->path.span, "`%.*s` needs a name", STR_ARG(word)), "write `%.*s NAME%s", STR_ARG(word),
              it->kind == ITEM_DECLARE ? ": ...`" : " = ...`");
    lost_excuse(p, STR(""), it->span.file);
}

static void misplaced(struct program *p, const struct body *b, const struct ast_item *it)
{
    bool file = b->owner->kind == BODY_FILE, named = it->kind == ITEM_SET || it->kind == ITEM_DECLARE;
    struct str name = named ? it->path.v[0].text : STR("");
    if (it->kind == ITEM_MADE) {
        diag_help(p->diags, report(p, DIAG_E0307, it->span, "`made` can only stand in a resource type"), "a value that is known here is a `let`; what kc makes is an out of a resource");
        return;
    }
    if (str_is(name, "let") || str_is(name, "param") || str_is(name, "out")) {
        nameless(p, it, name);
        return;
    }
    struct diag *x = report(p, DIAG_E0307, it->kind == ITEM_SET ? it->path.span : it->span, "a %s cannot stand %s",
                            it->kind == ITEM_SET ? "setting" : ast_item_word(it->kind), file ? "at the top of a file" : "in a component");
    if (named) {
        diag_help(p->diags, x, file && it->kind == ITEM_DECLARE ? "write `param %.*s: ...`" : "write `let %.*s = ...`", STR_ARG(name));
        lost_excuse(p, name, it->span.file);
    }
}

static void force(struct program *p, struct body *b, struct str name, bool out)
{
    struct sym *s = out ? map_get(&b->outs, name) : body_sym(b, name);
    if (!s)
        s = body_sym(b->owner, name);
    if (s)
        sym_info(p, s);
}

/* Lets inside ifs share a name; each of them is checked. */
static void check_let(struct program *p, struct body *b, const struct ast_item *it)
{
    struct sym *s = body_sym(b, it->name.text);
    s = s ? s : body_sym(b->owner, it->name.text);
    if (!s || s->item == it) {
        force(p, b, it->name.text, false);
        return;
    }
    struct scope sc = { .module = b->module, .body = b };
    check_expr(p, &sc, it->value);
}

static void check_out(struct program *p, struct body *b, const struct ast_item *it)
{
    if (!it->value)
        report(p, DIAG_E0305, it->name.span, "`out %.*s` has no value", STR_ARG(it->name.text));
    force(p, b, it->name.text, true);
    struct sym *s = body_sym(b, it->name.text);
    if (s && s->kind == SYM_INSTANCE && !s->keyed && b->kind == BODY_FILE)
        diag_second(p->diags, report(p, DIAG_E0306, it->name.span, "`%.*s` is an instance already", STR_ARG(it->name.text)), s->span, "here");
}

static void check_item(struct program *p, struct body *b, size_t i)
{
    const struct ast_item *it = b->ast->items[i];
    struct scope s = { .module = b->module, .body = b };
    bool top = b->kind != BODY_NEST, declares = it->kind == ITEM_SCHEMA || it->kind == ITEM_RESOURCE || it->kind == ITEM_DECLARE;
    if (it->kind != ITEM_INSTANCE && !declares)            /* those know better where they stand */
        check_annots(p, NULL, it, AT_NOWHERE, NULL);
    switch (it->kind) {
    case ITEM_PARAM:
        force(p, b, it->name.text, false);
        break;
    case ITEM_LET:
        check_let(p, b, it);
        break;
    case ITEM_OUT:
        if (top)
            check_out(p, b, it);
        else
            misplaced(p, b, it);
        break;
    case ITEM_ASSERT:
        check_assert(p, &s, it);
        break;
    case ITEM_INSTANCE:
        check_instance(p, b, i);
        break;
    case ITEM_FOR:
        check_bind(p, b->kid[i]);
        check_body(p, b->kid[i]);
        break;
    case ITEM_IF:
        check_cond(p, &s, it->value, "condition");
        check_body(p, b->kid[i]);
        if (b->other[i])
            check_body(p, b->other[i]);
        break;
    case ITEM_DECLARE:
        if (b->kind != BODY_COMPONENT || it->path.n != 1) {
            misplaced(p, b, it);
        } else {
            const struct field *f = decl_field(b->decl, it->path.v[0].text);
            declared(p, &s, it, f ? f->type : NULL, it->path.v[0].text);
        }
        break;
    case ITEM_MADE:
    case ITEM_SET:
    case ITEM_ENTRY:
    case ITEM_SPREAD:
        misplaced(p, b, it);
        break;
    case ITEM_IMPORT:
    case ITEM_AMENDS:
    case ITEM_TYPE:
    case ITEM_FN:
    case ITEM_SCHEMA:
    case ITEM_RESOURCE:
    case ITEM_COMPONENT:
        if (b->kind != BODY_FILE)
            diag_help(p->diags, report(p, DIAG_E0307, it->span, "`%s` can only stand at the top of a file", ast_item_word(it->kind)), "move it out of the block");
        break;
    case ITEM_MOVED:
        break;
    }
}

static void check_body(struct program *p, struct body *b)
{
    for (size_t i = 0; i < b->ast->n; i++)
        check_item(p, b, i);
}

static void check_schema(struct program *p, struct decl *d)
{
    struct scope up = { .module = d->module, .body = d->module->body };
    struct scope s = { .up = &up, .module = d->module, .self = d };
    check_annots(p, NULL, d->item, AT_SCHEMA, NULL);
    for (size_t i = 0; i < d->item->body->n; i++) {
        const struct ast_item *it = d->item->body->items[i];
        if (it->kind == ITEM_ASSERT)
            check_assert(p, &s, it);
        else if (it->kind != ITEM_DECLARE || it->path.n != 1)
            report(p, DIAG_E0307, it->span, "a schema has declarations `name: type`, not `%s`", ast_item_word(it->kind));
    }
    for (size_t i = 0; i < d->nfields; i++)
        declared(p, &s, d->fields[i].item, d->fields[i].type, d->fields[i].name);
}

/* Expressions of a binding: names must be fields, outs or words of the place; types are those of replies, any. What stands where, and what
 * is no expression: words.c. */
static void check_binding(struct program *p, const struct scope *s, const struct ast_body *b, unsigned place)
{
    struct scope w = *s;
    w.words = word_names(place);
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        struct str name = it->path.n == 1 ? it->path.v[0].text : STR("");
        const struct word *word = it->kind == ITEM_INSTANCE ? word_block(name, place) : word_setting(name, place);
        if (it->kind == ITEM_INSTANCE && word && word->inside) {
            check_binding(p, s, it->body, word->inside);
        } else if (it->kind == ITEM_INSTANCE) {
            struct ast_expr o = { .kind = EXPR_OBJECT, .span = it->span, .body = it->body };
            check_expr(p, &w, &o);
        } else if (it->kind == ITEM_SET && it->path.n == 1 && !(word && word->form == FORM_NAMES)) {
            check_expr(p, &w, it->value);
        }
    }
}

/* The value of an out, which follows from the inputs. */
static void check_out_value(struct program *p, const struct scope *s, const struct field *o)
{
    struct scope w = *s;
    w.words = word_names(IN_OUT);
    check_annots(p, NULL, o->item, AT_ROUT, NULL);
    if (o->item->value && o->type && !bad(o->type))
        check_as(p, &w, o->item->value, o->type, o->item->type->span, str_fmt(p->arena, "value of `%.*s`", STR_ARG(o->name)), NULL);
}

/* Text, out of the inputs and what makes something new. */
static void check_made(struct program *p, const struct scope *s, const struct field *m)
{
    struct scope w = *s;
    w.makes = true;
    if (m->item->type)
        diag_help(p->diags, report(p, DIAG_E0307, m->item->type->span, "what is made has no type of its own: it is text"), "write `made %.*s = ...`", STR_ARG(m->name));
    check_as(p, &w, m->item->value, &type_string, m->item->name.span, str_fmt(p->arena, "`%.*s`", STR_ARG(m->name)), NULL);
}

static void check_resource(struct program *p, struct decl *d)
{
    struct scope up = { .module = d->module, .body = d->module->body };
    struct scope s = { .up = &up, .module = d->module, .self = d };
    size_t errors = p->diags->errors, lost = p->lost.n;
    check_annots(p, NULL, d->item, AT_RTYPE, NULL);
    for (size_t i = 0; i < d->nfields; i++)
        declared(p, &s, d->fields[i].item, d->fields[i].type, d->fields[i].name);
    for (size_t i = 0; i < d->nouts; i++)
        check_out_value(p, &s, &d->outs[i]);
    for (size_t i = 0; i < d->nmades; i++)
        check_made(p, &s, &d->mades[i]);
    for (size_t i = 0; i < d->item->body->n; i++) {
        const struct ast_item *it = d->item->body->items[i];
        struct str name = it->path.n == 1 ? it->path.v[0].text : STR("");
        const struct word *word = it->kind == ITEM_INSTANCE ? word_block(name, IN_TYPE) : word_setting(name, IN_TYPE);
        struct scope w = s;
        if (it->kind == ITEM_ASSERT)
            check_assert(p, &s, it);
        else if (it->kind == ITEM_SET && str_is(name, "made"))
            nameless(p, it, name);
        else if (it->kind == ITEM_INSTANCE && word)
            check_binding(p, &s, it->body, word->inside);
        else if (it->kind == ITEM_SET && word && word->form == FORM_TERM) {
            w.words = word_names(str_is(name, "lane") ? IN_UPDATE : IN_TERM);
            check_expr(p, &w, it->value);
        }
    }
    const struct rtype *t = p->diags->errors == errors && p->lost.n == lost ? rtype_of(p, d) : NULL;
    if (t && p->diags->errors == errors) {
        check_marks(p, d, t);
        check_kept(p, t);
        if (p->diags->errors == errors)                    /* what lacks a way to change has one error, not two */
            check_service(p, d);
    }
    if (p->diags->errors == errors && p->lost.n == lost)
        check_source(p, d);
}

/* A component must not contain itself, at any depth: its instances would have no end. */
static void check_contents(struct program *p, struct decl *d)
{
    if (d->check_state == WORK_DONE || d->kind != DECL_COMPONENT)
        return;
    decl_complete(p, d);
    if (d->check_state == WORK_BUSY) {
        struct buf b = { 0 };
        size_t i = p->calls.n;
        while (i && p->calls.v[i - 1] != d)
            i--;
        for (size_t k = i ? i - 1 : 0; k < p->calls.n; k++)
            buf_fmt(&b, "%.*s -> ", STR_ARG(((struct decl *)p->calls.v[k])->name));
        buf_str(&b, d->name);
        report(p, DIAG_E0404, d->item->name.span, "component `%.*s` contains itself: %.*s", STR_ARG(d->name), (int)b.n, b.s);
        buf_fini(&b);
        return;
    }
    d->check_state = WORK_BUSY;
    vec_add(&p->calls, d);
    for (size_t i = 0; i < d->body->syms.n; i++) {
        const struct sym *s = d->body->syms.e[i].value;
        struct decl *in = s->kind == SYM_INSTANCE ? find_decl(p, d->module, &s->item->path) : NULL;
        if (in)
            check_contents(p, in);
    }
    vec_pop(&p->calls);
    d->check_state = WORK_DONE;
}

static void check_component(struct program *p, struct decl *d)
{
    check_contents(p, d);
    check_body(p, d->body);
}

void check_module(struct program *p, struct module *m)
{
    for (size_t i = 0; i < m->decls.n; i++) {
        struct decl *d = m->decls.e[i].value;
        decl_complete(p, d);
        if (d->kind == DECL_SCHEMA)
            check_schema(p, d);
        else if (d->kind == DECL_RESOURCE)
            check_resource(p, d);
        else if (d->kind == DECL_COMPONENT)
            check_component(p, d);
    }
    for (size_t i = 0; i < m->fns.n; i++)
        check_fn(p, m->fns.e[i].value);
    check_body(p, m->body);
}
