/* check_expr.c - the type and phase of every kind of expression. Calls: check_call.c; against a declared type: check_as.c. */
#include "check.h"

static void later(struct info *out, const struct info *in)
{
    if (in->phase > out->phase) {
        out->phase = in->phase;
        out->at = in->at;
    }
}

static struct info literal(struct program *p, const struct ast_expr *e)
{
    if (e->value->kind == VALUE_NONE)
        return info_of(&type_none);
    if (e->value->kind == VALUE_STRING || e->value->kind == VALUE_INT)
        return info_of(type_literal(p->arena, e->value));
    return info_of(type_of(p->arena, e->value));
}

static struct info text(struct program *p, struct scope *s, const struct ast_expr *e)
{
    struct info out = info_of(&type_string);
    size_t errors = p->diags->errors;
    for (size_t i = 0; i < e->args.n; i++) {
        const struct ast_expr *part = e->args.v[i].value;
        struct info x = check_expr(p, s, part);
        const struct type *t = type_strip(x.type);
        later(&out, &x);
        if (x.type->kind == TYPE_OPTIONAL || x.type->kind == TYPE_NONE)
            diag_help(p->diags, report(p, DIAG_E0303, part->span, "`%.*s` may be none, so it cannot stand in a text", STR_ARG(ast_text(p->sources, part->span))),
                      "say what then: \\(%.*s ?? \"...\")", STR_ARG(ast_text(p->sources, part->span)));
        else if (t->kind == TYPE_LIST || t->kind == TYPE_SET || t->kind == TYPE_MAP || t->kind == TYPE_OBJECT || t->kind == TYPE_INSTANCE || t->kind == TYPE_BLOB)
            diag_help(p->diags, report(p, DIAG_E0303, part->span, "%.*s cannot stand in a text", STR_ARG(type_words(p, type_widen(p, t)))),
                      t->kind == TYPE_INSTANCE ? "name one of its outs" : t->kind == TYPE_BLOB ? "name its .sha256, .sha256_base64 or .size" : "write it with `join` or `json`");
    }
    return p->diags->errors == errors ? out : INFO_ERROR;
}

static struct info list(struct program *p, struct scope *s, const struct ast_expr *e)
{
    const struct type *elem = NULL;
    for (size_t i = 0; i < e->args.n; i++) {
        const struct ast_arg *a = &e->args.v[i];
        struct info x = check_expr(p, s, a->value);
        const struct type *one = x.type;
        if (a->spread && !bad(one)) {
            const struct type *in = type_strip(one);
            if (in->kind != TYPE_LIST && in->kind != TYPE_SET && in->kind != TYPE_ANY && in->kind != TYPE_NONE) {
                report(p, DIAG_E0303, a->span, "only a list can be spread here, this is %.*s", STR_ARG(type_words(p, type_widen(p, one))));
                return INFO_ERROR;
            }
            one = in->elem ? in->elem : &type_any;
        }
        if (bad(one))
            elem = &type_error;
        else if (!elem)
            elem = one;
        else if (!bad(elem)) {
            const struct type *j = join_types(p, elem, one);
            if (bad(j)) {
                struct diag *d = report(p, DIAG_E0303, a->value->span, "a list has elements of one type: this is %.*s, the others are %.*s",
                                        STR_ARG(type_words(p, type_widen(p, one))), STR_ARG(type_words(p, type_widen(p, elem))));
                diag_second(p->diags, d, e->args.v[0].span, "the first one");
            }
            elem = j;
        }
    }
    if (elem && bad(elem))
        return INFO_ERROR;
    return info_of(type_list(p->arena, elem ? elem : &type_any));
}

/* ---- loops ---- */

struct named *check_bind_vars(struct program *p, const struct ast_bind *b, struct info source, size_t *n)
{
    struct named *v = ARENA_ARRAY(p->arena, struct named, 2);
    const struct type *t = bad(source.type) ? &type_error : type_strip(source.type), *key = &type_int, *elem = &type_any;
    *n = 0;
    switch (t->kind) {
    case TYPE_LIST:
    case TYPE_SET:
        elem = t->elem;
        break;
    case TYPE_MAP:
        key = &type_string;
        elem = t->elem;
        break;
    case TYPE_RANGE:
        elem = &type_int;
        break;
    case TYPE_OBJECT:
        key = &type_string;
        for (size_t i = 0; i < t->nfields; i++) {
            const struct type *both = i ? join_types(p, elem, t->fields[i].type) : t->fields[i].type;
            elem = bad(both) ? join_conflict(p, elem, t->fields[i ? i - 1 : 0].span, t->fields[i].type, t->fields[i].span) : both;
        }
        break;
    case TYPE_ANY:
        key = &type_any;
        break;
    case TYPE_ERROR:
        key = elem = &type_error;
        break;
    default:
        diag_help(p->diags, report(p, DIAG_E0303, b->source->span, "cannot go through %.*s", STR_ARG(type_words(p, type_widen(p, t)))), "give a list, a map or a range");
        key = elem = &type_error;
    }
    if (source.type->kind == TYPE_OPTIONAL) {
        report(p, DIAG_E0303, b->source->span, "`%.*s` may be none, so it cannot be gone through", STR_ARG(ast_text(p->sources, b->source->span)));
        key = elem = &type_error;
    }
    if (b->key.text.n)
        v[(*n)++] = (struct named){ b->key, info_of(key), false };
    v[(*n)++] = (struct named){ b->value, info_of(elem), false };
    return v;
}

static struct scope vars_scope(struct scope *s, const struct named *v, size_t n)
{
    return (struct scope){ .up = s, .module = s->module, .vars = v, .nvars = n };
}

void check_cond(struct program *p, struct scope *s, const struct ast_expr *e, const char *use)
{
    struct info c = check_expr(p, s, e);
    const struct type *t = bad(c.type) ? &type_any : c.type;
    if (t->kind != TYPE_BOOL && t->kind != TYPE_ANY) {
        struct diag *x = report(p, DIAG_E0303, e->span, "a condition must be a bool, this is %.*s", STR_ARG(type_words(p, type_widen(p, t))));
        if (t->kind == TYPE_OPTIONAL)
            diag_help(p->diags, x, "write `%.*s != none`", STR_ARG(ast_text(p->sources, e->span)));
    }
    if (use)
        check_decided(p, &c, e, use);
}

void check_decided(struct program *p, const struct info *i, const struct ast_expr *e, const char *use)
{
    if (i->phase != PHASE_APPLY || bad(i->type))
        return;
    struct diag *x = report(p, DIAG_E0401, e->span, "the %s `%.*s` is only known after apply", use, STR_ARG(ast_text(p->sources, e->span)));
    diag_label(p->diags, x, "used as a %s here", use);
    bool inside = i->at.file == e->span.file && i->at.off >= e->span.off && i->at.off + i->at.len <= e->span.off + e->span.len;
    if (i->at.file && !inside)
        diag_second(p->diags, x, i->at, "gets its value when AWS creates it");
    else
        diag_note(p->diags, x, "`%.*s` gets its value when AWS creates it", STR_ARG(ast_text(p->sources, i->at.file ? i->at : e->span)));
    diag_note(p->diags, x, "it decides which resources there are, so it must be known before anything is created");
    diag_help(p->diags, x, "use something you wrote: a literal, a parameter, the key of another instance");
}

static struct info loop(struct program *p, struct scope *s, const struct ast_expr *e)
{
    struct info source = check_expr(p, s, e->bind->source);
    size_t n;
    const struct named *v = check_bind_vars(p, e->bind, source, &n);
    struct scope in = vars_scope(s, v, n);
    if (e->bind->cond) {
        check_cond(p, &in, e->bind->cond, NULL);
        in.fact = e->bind->cond;
    }
    struct info body = check_expr(p, &in, e->a);
    struct info out = info_of(bad(body.type) ? &type_error : type_list(p->arena, body.type));
    later(&out, &source);
    return out;
}

/* ---- operators ---- */

static bool never_equal(struct program *p, const struct ast_expr *e, const struct type *x, const struct type *y)
{
    const struct type *u = x->kind == TYPE_UNION ? x : y, *l = x->kind == TYPE_UNION ? y : x;
    const struct ast_expr *le = x->kind == TYPE_UNION ? e->b : e->a;
    struct vec names = { 0 };
    if (u->kind != TYPE_UNION || l->kind != TYPE_LITERAL || l->literal->kind != VALUE_STRING || check_assignable(u, l))
        return false;
    for (size_t i = 0; i < u->nalt; i++)
        if (u->alt[i]->kind != TYPE_LITERAL || u->alt[i]->literal->kind != VALUE_STRING)
            return false;
    for (size_t i = 0; i < u->nalt; i++)
        names_add(p, &names, u->alt[i]->literal->s);
    struct diag *d = report(p, DIAG_E0304, le->span, "`%.*s` is never \"%.*s\"", STR_ARG(ast_text(p->sources, (le == e->b ? e->a : e->b)->span)),
                            STR_ARG(l->literal->s));
    report_suggest(p, d, l->literal->s, (struct span){ le->span.file, le->span.off + 1, le->span.len > 2 ? le->span.len - 2 : 0 }, &names);
    return true;
}

static struct info operation(struct program *p, struct scope *s, const struct ast_expr *e)
{
    struct info x = check_expr(p, s, e->a);
    struct scope in = { .up = s, .module = s->module, .fact = e->op == OP_AND || e->op == OP_OR ? e->a : NULL, .unless = e->op == OP_OR };
    struct info y = e->b ? check_expr(p, &in, e->b) : info_of(&type_none);
    if (bad(x.type) || bad(y.type))
        return INFO_ERROR;
    if ((e->op == OP_EQ || e->op == OP_NE) && never_equal(p, e, x.type, y.type))
        return INFO_ERROR;
    struct info out = info_of(NULL);
    if (e->op == OP_COALESCE) {
        const struct type *left = x.type->kind == TYPE_OPTIONAL ? x.type->elem : x.type;
        if (left->kind == TYPE_NONE)
            out.type = y.type;
        else if (bad(out.type = join_types(p, left, y.type)))
            report(p, DIAG_E0303, e->b->span, "both sides of `??` must be of one type: %.*s and %.*s", STR_ARG(type_words(p, type_widen(p, left))),
                   STR_ARG(type_words(p, type_widen(p, y.type))));
    } else {
        bool equality = e->op == OP_EQ || e->op == OP_NE;
        bool instance = equality && (x.type->kind == TYPE_NONE || y.type->kind == TYPE_NONE);
        out.type = instance ? &type_bool : op_type(&p->eval, e->op, plain_type(p, x.type), e->b ? plain_type(p, y.type) : NULL, e->span);
        if (equality && (type_decl(x.type) || type_decl(y.type)))
            return info_of(&type_bool);
    }
    if (!out.type || p->eval.failed) {
        report_eval(p);
        return INFO_ERROR;
    }
    later(&out, &x);
    later(&out, &y);
    if ((e->op == OP_EQ || e->op == OP_NE) && (x.type->kind == TYPE_NONE || y.type->kind == TYPE_NONE))
        out.phase = PHASE_KNOWN;
    return out;
}

static struct info either(struct program *p, struct scope *s, const struct ast_expr *e)
{
    struct info c = check_expr(p, s, e->a);
    if (!bad(c.type) && c.type->kind != TYPE_BOOL && c.type->kind != TYPE_ANY)
        report(p, DIAG_E0303, e->a->span, "a condition must be a bool, this is %.*s", STR_ARG(type_words(p, type_widen(p, c.type))));
    struct scope yes = { .up = s, .module = s->module, .fact = e->a }, no = { .up = s, .module = s->module, .fact = e->a, .unless = true };
    struct info x = check_expr(p, &yes, e->b), y = check_expr(p, &no, e->c);
    struct info out = info_of(join_types(p, x.type, y.type));
    if (bad(out.type) && !bad(x.type) && !bad(y.type))
        diag_second(p->diags,
                    report(p, DIAG_E0303, e->c->span, "the branches differ: `then` gives %.*s, `else` gives %.*s", STR_ARG(type_words(p, type_widen(p, x.type))),
                           STR_ARG(type_words(p, type_widen(p, y.type)))),
                    e->b->span, "%.*s", STR_ARG(type_words(p, type_widen(p, x.type))));
    later(&out, &c);
    if (x.phase == PHASE_APPLY && y.phase == PHASE_APPLY)
        later(&out, &x);
    return out;
}

/* ---- members ---- */

static struct info field(struct program *p, struct scope *s, const struct ast_expr *e)
{
    struct import *im = scope_alias(p, s, e->a);
    if (im) {
        struct sym *x = im->module && im->module->body && name_public(e->name.text) ? body_sym(im->module->body, e->name.text) : NULL;
        if (x)
            return sym_info(p, x);
        struct vec names = { 0 };
        for (size_t i = 0; im->module && im->module->body && i < im->module->body->syms.n; i++)
            names_add(p, &names, im->module->body->syms.e[i].key);
        if (im->module && map_has(&im->module->decls, e->name.text)) {
            vec_fini(&names);
            report(p, DIAG_E0303, e->name.span, "`%.*s` is a type, not a value", STR_ARG(e->name.text));
            return INFO_ERROR;
        }
        report_suggest(p, report(p, DIAG_E0301, e->name.span, "`%.*s` has no value `%.*s`", STR_ARG(im->alias), STR_ARG(e->name.text)), e->name.text, e->name.span,
                &names);
        return INFO_ERROR;
    }
    if (e->a->kind == EXPR_NAME && str_is(e->a->name.text, "self")) {
        if (str_is(e->name.text, "label") || str_is(e->name.text, "address"))
            return info_of(&type_string);
        report(p, DIAG_E0302, e->name.span, "`self` has `label` and `address`, not `%.*s`", STR_ARG(e->name.text));
        return INFO_ERROR;
    }
    struct info base = check_expr(p, s, e->a);
    if (bad(base.type))
        return INFO_ERROR;
    bool maybe = base.type->kind == TYPE_OPTIONAL;
    const struct type *t = maybe ? base.type->elem : base.type;
    t = t->kind == TYPE_SECRET ? t->elem : t;
    if (maybe && !e->optional && scope_holds(s, e->a))
        maybe = false;
    if (maybe && !e->optional) {
        struct str name = ast_text(p->sources, e->a->span);
        struct diag *x = report(p, DIAG_E0303, e->op_span.file ? e->op_span : e->name.span, "`%.*s` may be none", STR_ARG(name));
        diag_help(p->diags, x, "write `%.*s?.%.*s`, or test it with `%.*s != none` first", STR_ARG(name), STR_ARG(e->name.text), STR_ARG(name));
        return INFO_ERROR;
    }
    struct info out = member_info(p, s, e, t);
    if (bad(out.type))
        return INFO_ERROR;
    if (out.type->kind == TYPE_OPTIONAL && scope_holds(s, e))
        out.type = out.type->elem;
    if (maybe && out.type->kind != TYPE_OPTIONAL && out.type->kind != TYPE_ANY)
        out.type = type_optional(p->arena, out.type);
    if (t->kind == TYPE_ANY)
        later(&out, &base);
    return out;
}

static struct info element(struct program *p, struct scope *s, const struct ast_expr *e)
{
    struct info x = check_expr(p, s, e->a), i = check_expr(p, s, e->b);
    if (bad(x.type) || bad(i.type))
        return INFO_ERROR;
    const struct type *t = type_strip(x.type), *k = type_widen(p, i.type);
    struct info out = info_of(NULL);
    bool number = k->kind == TYPE_INT || k->kind == TYPE_ANY;
    if (x.type->kind == TYPE_OPTIONAL && !scope_holds(s, e->a)) {
        report(p, DIAG_E0303, e->a->span, "`%.*s` may be none", STR_ARG(ast_text(p->sources, e->a->span)));
        return INFO_ERROR;
    }
    switch (t->kind) {
    case TYPE_ANY:
    case TYPE_DOCUMENT:
        out.type = &type_any;
        break;
    case TYPE_LIST:
    case TYPE_SET:
        if (!number) {
            report(p, DIAG_E0303, e->b->span, "a list is indexed by int, this is %.*s", STR_ARG(type_words(p, k)));
            return INFO_ERROR;
        }
        out.type = t->elem;
        break;
    case TYPE_MAP:
        if (k->kind == TYPE_INT || k->kind == TYPE_BOOL || k->kind == TYPE_LIST || k->kind == TYPE_OBJECT) {
            report(p, DIAG_E0303, e->b->span, "a map is indexed by text, this is %.*s", STR_ARG(type_words(p, k)));
            return INFO_ERROR;
        }
        out.type = t->elem;
        if (type_decl(t->elem))
            check_decided(p, &i, e->b, "key");
        break;
    case TYPE_OBJECT:
        if (e->b->kind == EXPR_LITERAL && e->b->value->kind == VALUE_STRING && type_field(t, e->b->value->s))
            out.type = type_field(t, e->b->value->s)->type;
        else
            out.type = &type_any;
        break;
    default:
        report(p, DIAG_E0303, e->a->span, "%.*s has no elements", STR_ARG(type_words(p, type_widen(p, t))));
        return INFO_ERROR;
    }
    return out;
}

struct info check_expr(struct program *p, struct scope *s, const struct ast_expr *e)
{
    switch (e->kind) {
    case EXPR_ERROR:
        break;
    case EXPR_LITERAL:
        return literal(p, e);
    case EXPR_JOIN:
        return text(p, s, e);
    case EXPR_NAME:
        return check_name(p, s, e, false);
    case EXPR_LIST:
        return list(p, s, e);
    case EXPR_OBJECT:
        return check_shape(p, s, e->body);
    case EXPR_FOR:
        return loop(p, s, e);
    case EXPR_OP:
        return operation(p, s, e);
    case EXPR_FIELD:
        return field(p, s, e);
    case EXPR_INDEX:
        return element(p, s, e);
    case EXPR_CALL:
        return check_call(p, s, e);
    case EXPR_IF:
        return either(p, s, e);
    case EXPR_WITH:
        return check_with(p, s, e);
    }
    return INFO_ERROR;
}
