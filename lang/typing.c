/* typing.c - types from their syntax, and declarations completed: fields, outs, defaults, constraints.
 * Not here: types of expressions (check_expr.c). A declaration is completed when first used, so that the library costs what is used of it. */
#include "check.h"

static const struct {
    const char *name;
    const struct type *type;
} scalars[] = {
    { "any", &type_any },         { "bool", &type_bool },       { "int", &type_int },           { "float", &type_float },
    { "string", &type_string },   { "cidr", &type_cidr },       { "cidr4", &type_cidr4 },       { "cidr6", &type_cidr6 },
    { "ip", &type_ip },           { "size", &type_size },       { "duration", &type_duration }, { "percent", &type_percent },
    { "range", &type_range },     { "version", &type_version }, { "document", &type_document }, { "blob", &type_blob },
};
enum { NSCALARS = sizeof scalars / sizeof *scalars };
static const char *const generics[] = { "list", "set", "map", "id", "arn", "secret" };
enum { NGENERICS = sizeof generics / sizeof *generics };

const struct decl *type_decl(const struct type *t)
{
    t = t ? type_strip(t) : NULL;
    return t && t->kind == TYPE_INSTANCE ? t->decl : NULL;
}

static bool component(const struct type *t)
{
    const struct decl *d = type_decl(t);
    return d && d->kind == DECL_COMPONENT;
}

enum slot_kind type_slot(const struct type *t)
{
    t = type_strip(t);
    if (component(t))
        return SLOT_ONE;
    if (t->kind == TYPE_MAP && component(t->elem))
        return SLOT_MAP;
    if (t->kind == TYPE_OBJECT && t->one_of)
        for (size_t i = 0; i < t->nfields; i++)
            if (component(t->fields[i].type))
                return SLOT_VARIANT;
    return SLOT_NONE;
}

static struct type *type_copy(struct program *p, const struct type *t)
{
    return arena_copy(p->arena, t, sizeof *t);
}

static const struct type *bad_args(struct program *p, const struct ast_type *t, const char *example)
{
    diag_help(p->diags, report(p, DIAG_E0303, t->span, "type `%.*s` is written with other arguments", STR_ARG(t->path.v[0].text)), "write `%s`", example);
    return &type_error;
}

static bool text_arg(const struct ast_type *t, size_t i, struct str *out)
{
    if (i >= t->nargs || t->args[i]->kind != SYNTAX_LITERAL || t->args[i]->value->kind != VALUE_STRING)
        return false;
    *out = t->args[i]->value->s;
    return true;
}

static const struct type *generic(struct program *p, struct module *m, const struct ast_type *t, size_t which)
{
    struct str name = STR_NONE, sub = STR_NONE;
    struct type *x = type_copy(p, &type_any);
    switch (which) {
    case 0:
    case 1:
    case 5:
        if (t->nargs != 1)
            return bad_args(p, t, which == 0 ? "list[string]" : which == 1 ? "set[string]" : "secret[string]");
        x->kind = which == 0 ? TYPE_LIST : which == 1 ? TYPE_SET : TYPE_SECRET;
        x->elem = type_syntax(p, m, t->args[0]);
        return x->elem->kind == TYPE_ERROR ? &type_error : x;
    case 2:
        if (t->nargs < 1 || t->nargs > 2)
            return bad_args(p, t, "map[string]");
        x->kind = TYPE_MAP;
        x->key = t->nargs == 2 ? type_syntax(p, m, t->args[0]) : NULL;
        x->elem = type_syntax(p, m, t->args[t->nargs - 1]);
        return x->elem->kind == TYPE_ERROR ? &type_error : x;
    case 3:
        if (t->nargs != 1 || !text_arg(t, 0, &name))
            return bad_args(p, t, "id[\"key\"]");
        x->kind = TYPE_ID;
        break;
    default:
        if (t->nargs < 1 || t->nargs > 2 || !text_arg(t, 0, &name) || (t->nargs == 2 && !text_arg(t, 1, &sub)))
            return bad_args(p, t, "arn[\"iam\", \"role\"]");
        x->kind = TYPE_ARN;
        break;
    }
    x->name = name;
    x->sub = sub;
    return x;
}

static const struct type *unknown_type(struct program *p, struct module *m, const struct ast_type *t)
{
    const struct ast_name *last = &t->path.v[t->path.n - 1];
    struct str alias = t->path.n == 2 ? t->path.v[0].text : STR("");
    struct vec names = { 0 };
    if (t->path.n == 2 && !find_alias(m, alias)) {
        alias_lost(p, m, &t->path.v[0]);
        return &type_error;
    }
    if (t->path.n == 2 && !find_alias(m, alias)->module)
        return &type_error;
    struct diag *x = report(p, DIAG_E0301, last->span, "no type is called `%.*s`", STR_ARG(last->text));
    names_kinds(p, m, alias, false, &names);
    for (size_t i = 0; !alias.n && i < NSCALARS; i++)
        names_add(p, &names, str_of(scalars[i].name));
    for (size_t i = 0; !alias.n && i < NGENERICS; i++)
        names_add(p, &names, str_of(generics[i]));
    report_suggest(p, x, last->text, last->span, &names);
    return &type_error;
}

static const struct type *named(struct program *p, struct module *m, const struct ast_type *t)
{
    if (t->path.n == 1) {
        for (size_t i = 0; i < NSCALARS; i++)
            if (str_is(t->path.v[0].text, scalars[i].name))
                return t->nargs ? bad_args(p, t, scalars[i].name) : scalars[i].type;
        for (size_t i = 0; i < NGENERICS; i++)
            if (str_is(t->path.v[0].text, generics[i]))
                return generic(p, m, t, i);
    }
    struct decl *d = find_decl(p, m, &t->path);
    if (!d)
        return unknown_type(p, m, t);
    decl_complete(p, d);
    if (!d->type || d->state == WORK_POISON)
        return &type_error;
    return d->type;
}

/* A bound as a plain number: sizes in bytes, durations in ms. */
static bool bound(struct program *p, struct module *m, const struct ast_expr *e, double *out)
{
    const struct value *v = eval_expr(p, module_frame(p, m), e);
    if (!v)
        return false;
    switch (v->kind) {
    case VALUE_INT:
    case VALUE_SIZE:
    case VALUE_DURATION:
        *out = (double)v->i;
        return true;
    case VALUE_FLOAT:
    case VALUE_PERCENT:
        *out = v->f;
        return true;
    default:
        report(p, DIAG_E0303, e->span, "a bound must be a number, size, duration or percentage");
        return false;
    }
}

const struct term *compile_over(struct program *p, struct module *m, const struct decl *d, const char *words, const struct ast_expr *e, const struct type *it)
{
    struct frame *f = module_frame(p, m);
    if (d) {
        struct frame *w = ARENA_NEW(p->arena, struct frame);
        *w = (struct frame){ .kind = FRAME_WORDS, .up = f, .module = m, .decl = d, .words = words ? words : "" };
        f = w;
    }
    if (it) {
        struct var *v = ARENA_NEW(p->arena, struct var);
        *v = (struct var){ STR("it"), value_unknown(p->arena, term_param(p->arena, STR("it"), it, e->span), it, PHASE_APPLY) };
        f = frame_vars(p, f, v, 1);
    }
    const struct value *v = eval_expr(p, f, e);
    return v ? term_of(p->arena, v) : NULL;
}

static void constrain(struct program *p, struct module *m, struct type *x, const struct ast_type *t)
{
    const struct type *plain = arena_copy(p->arena, x, sizeof *x);
    for (size_t i = 0; i < t->nchecks; i++) {
        const struct ast_expr *e = t->checks[i];
        if (e->kind == EXPR_ERROR)
            continue;
        if (e->kind == EXPR_OP && e->op == OP_RANGE) {
            x->has_lo = bound(p, m, e->a, &x->lo);
            x->has_hi = bound(p, m, e->b, &x->hi);
            continue;
        }
        const struct term *check = constraint_good(p, m, NULL, e, plain) ? compile_over(p, m, NULL, NULL, e, plain) : NULL;
        if (!check)
            continue;
        if (x->check) {
            const struct term **both = ARENA_ARRAY(p->arena, const struct term *, 2);
            struct term *and = ARENA_NEW(p->arena, struct term);
            both[0] = x->check;
            both[1] = check;
            *and = (struct term){ .kind = TERM_OP, .op = OP_AND, .args = both, .nargs = 2, .type = &type_bool, .span = e->span };
            check = and;
        }
        x->check = check;
        struct str text = ast_text(p->sources, e->span);
        x->check_text = x->check_text.n ? str_fmt(p->arena, "%.*s && %.*s", STR_ARG(x->check_text), STR_ARG(text)) : text;
    }
}

static const struct type *optional(struct program *p, const struct type *t)
{
    return t->kind == TYPE_ERROR || t->kind == TYPE_OPTIONAL ? t : type_optional(p->arena, t);
}

const struct type *type_syntax(struct program *p, struct module *m, const struct ast_type *t)
{
    const struct type **alt;
    switch (t->kind) {
    case SYNTAX_ERROR:
        break;
    case SYNTAX_LITERAL:
        return type_literal(p->arena, t->value);
    case SYNTAX_OPTIONAL:
        return optional(p, type_syntax(p, m, t->args[0]));
    case SYNTAX_UNION:
        alt = ARENA_ARRAY(p->arena, const struct type *, t->nargs);
        for (size_t i = 0; i < t->nargs; i++)
            if ((alt[i] = type_syntax(p, m, t->args[i]))->kind == TYPE_ERROR)
                return &type_error;
        return type_union(p->arena, alt, t->nargs);
    case SYNTAX_NAME: {
        const struct type *x = named(p, m, t);
        if (x->kind == TYPE_ERROR || !t->nchecks)
            return x;
        struct type *c = type_copy(p, x);
        c->span = t->span;
        constrain(p, m, c, t);
        return c;
    }
    }
    return &type_error;
}

/* ---- declarations ---- */

static struct str annot_text(const struct ast_item *it, const char *name)
{
    const struct ast_annot *a = ast_annot(it->annots, name);
    if (!a || a->args.n != 1 || a->args.v[0].value->kind != EXPR_LITERAL || a->args.v[0].value->value->kind != VALUE_STRING)
        return STR_NONE;
    return a->args.v[0].value->value->s;
}

/* A message is for the condition that fails: of the type itself, or of what may be none or is secret. */
static const struct type *with_message(struct program *p, const struct ast_item *it, const struct type *type, struct str message)
{
    bool condition = type->has_lo || type->has_hi || type->check;
    if (!condition && type->kind != TYPE_OPTIONAL && type->kind != TYPE_SECRET) {
        diag_help(p->diags, report(p, DIAG_E0307, ast_annot(it->annots, "message")->span, "`@message` does nothing here: the type sets no condition"),
                  "write one behind the type, as in `int(it > 2)`, or take the message out");
        return type;
    }
    struct type *t = type_copy(p, type);
    if (condition)
        t->message = message;
    else
        t->elem = with_message(p, it, type->elem, message);
    return t;
}

static void field_type(struct program *p, struct decl *d, struct field *f)
{
    const struct ast_item *it = f->item;
    f->type = it->type ? type_syntax(p, d->module, it->type) : NULL;
    struct str message = annot_text(it, "message");
    if (f->type && message.n && f->type->kind != TYPE_ERROR)
        f->type = with_message(p, it, f->type, message);
    f->slot = f->type ? type_slot(f->type) : SLOT_NONE;
    f->provider = ast_annot(it->annots, "provider") != NULL;
    f->required = f->type && !it->value && f->type->kind != TYPE_OPTIONAL;
}

static void add_field(struct program *p, struct decl *d, struct field *f, struct map *names, struct ast_name name, const struct ast_item *it)
{
    const struct map *const all[] = { &d->by_name, &d->out_by_name, &d->made_by_name };
    const struct field *old = map_get(names, name.text);
    *f = (struct field){ .name = name.text, .item = it };
    for (size_t i = 0; !old && d->kind == DECL_RESOURCE && i < sizeof all / sizeof *all; i++)
        old = map_get(all[i], name.text);
    if (old && (d->kind != DECL_COMPONENT || names != &d->by_name))
        diag_second(p->diags, report(p, DIAG_E0306, name.span, "`%.*s` is declared twice", STR_ARG(name.text)), old->item->span, "first declared here");
    map_put(names, name.text, f);
}

static void decl_fields(struct program *p, struct decl *d)
{
    const struct ast_body *b = d->item->body;
    d->fields = ARENA_ARRAY(p->arena, struct field, b->n);
    d->outs = ARENA_ARRAY(p->arena, struct field, b->n);
    d->mades = ARENA_ARRAY(p->arena, struct field, b->n);
    bool writes = false;
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        if (it->kind == ITEM_DECLARE && it->path.n == 1)
            add_field(p, d, &d->fields[d->nfields++], &d->by_name, it->path.v[0], it);
        else if (it->kind == ITEM_OUT)
            add_field(p, d, &d->outs[d->nouts++], &d->out_by_name, it->name, it);
        else if (it->kind == ITEM_MADE)
            add_field(p, d, &d->mades[d->nmades++], &d->made_by_name, it->name, it);
        else if (it->kind == ITEM_INSTANCE && it->path.n == 1 && str_is(it->path.v[0].text, "create"))
            writes = true;
    }
    d->lookup = d->kind == DECL_RESOURCE && !writes;
    for (size_t i = 0; i < d->nfields; i++)
        field_type(p, d, &d->fields[i]);
    for (size_t i = 0; i < d->nouts; i++)
        field_type(p, d, &d->outs[i]);
    for (size_t i = 0; i < d->nmades; i++)
        d->mades[i].type = &type_string;
}

static void schema_type(struct program *p, struct decl *d, struct type *t)
{
    struct type_field *v = ARENA_ARRAY(p->arena, struct type_field, d->nfields);
    for (size_t i = 0; i < d->nfields; i++) {
        const struct field *f = &d->fields[i];
        v[i] = (struct type_field){ .name = f->name, .type = f->type, .span = f->item->span, .doc = f->item->doc };
        if (d->one_of && f->type->kind != TYPE_ERROR && f->type->kind != TYPE_OPTIONAL)
            v[i].type = type_optional(p->arena, f->type);
    }
    t->nfields = d->nfields;
    t->fields = v;
    for (size_t i = 0; i < d->nfields; i++)
        if (d->fields[i].item->value && d->fields[i].item->value->kind != EXPR_ERROR && constraint_good(p, d->module, d, d->fields[i].item->value, NULL))
            v[i].dflt = compile_over(p, d->module, d, NULL, d->fields[i].item->value, NULL);
}

static void complete_alias(struct program *p, struct decl *d)
{
    const struct type *x = type_syntax(p, d->module, d->item->type);
    if (d->state == WORK_POISON) {
        d->type = &type_error;
        return;
    }
    struct type *t = type_copy(p, x);
    if (x->kind != TYPE_ERROR && x->kind != TYPE_INSTANCE && !x->name.n)
        t->name = d->name;
    d->type = x->kind == TYPE_ID || x->kind == TYPE_ARN || x->kind == TYPE_ERROR ? x : t;
}

void decl_complete(struct program *p, struct decl *d)
{
    if (d->state == WORK_DONE || d->state == WORK_POISON)
        return;
    if (d->state == WORK_BUSY) {
        if (d->kind == DECL_TYPE) {
            d->state = WORK_POISON;
            report(p, DIAG_E0402, d->item->name.span, "type `%.*s` is defined by itself", STR_ARG(d->name));
        }
        return;
    }
    d->state = WORK_BUSY;
    if (d->kind == DECL_TYPE) {
        complete_alias(p, d);
    } else {
        struct type *t = type_copy(p, &type_any);
        t->kind = d->kind == DECL_SCHEMA ? TYPE_OBJECT : TYPE_INSTANCE;
        t->name = d->name;
        t->span = d->item->name.span;
        t->decl = d;
        t->one_of = d->one_of = d->kind == DECL_SCHEMA && ast_annot(d->item->annots, "one_of");
        d->type = t;
        decl_fields(p, d);
        if (d->kind == DECL_SCHEMA)
            schema_type(p, d, t);
        if (d->kind == DECL_COMPONENT)
            d->body = body_make(p, BODY_COMPONENT, d->module, d->module->body, d->item->body, NULL, d);
    }
    if (d->state == WORK_BUSY)
        d->state = WORK_DONE;
}
