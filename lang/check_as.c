/* check_as.c - an expression where a type is declared: pushed down into lists, objects and branches so that the place is exact,
 * and the commonest slips (a quoted size, 1.30 for a version) told how to be written. */
#include "check.h"

bool check_assignable(const struct type *to, const struct type *from)
{
    if (bad(to) || bad(from) || to->kind == TYPE_ANY || from->kind == TYPE_ANY)
        return true;
    if (from->kind == TYPE_SECRET && to->kind != TYPE_SECRET)
        return check_assignable(to, from->elem);
    if (to->kind == TYPE_OPTIONAL)
        return from->kind == TYPE_NONE || check_assignable(to->elem, from->kind == TYPE_OPTIONAL ? from->elem : from);
    if (to->kind == TYPE_SECRET)
        return check_assignable(to->elem, from);
    if (from->kind == TYPE_OPTIONAL || from->kind == TYPE_NONE)
        return false;
    if (to->kind == TYPE_INSTANCE || from->kind == TYPE_INSTANCE)
        return to->kind == from->kind && to->decl == from->decl;
    if ((to->kind == TYPE_LIST || to->kind == TYPE_SET) && (from->kind == TYPE_LIST || from->kind == TYPE_SET))
        return check_assignable(to->elem, from->elem);
    if (to->kind == TYPE_MAP && from->kind == TYPE_MAP)
        return check_assignable(to->elem, from->elem);
    if (to->kind == TYPE_MAP && from->kind == TYPE_OBJECT) {
        for (size_t i = 0; i < from->nfields; i++)
            if (!check_assignable(to->elem, from->fields[i].type))
                return false;
        return true;
    }
    if (to->kind == TYPE_OBJECT && from->kind == TYPE_OBJECT && to->decl && to->decl == from->decl)
        return true;
    if (to->kind == TYPE_BLOB)
        return from->kind == TYPE_BLOB || check_assignable(&type_string, from);
    if (to->kind == TYPE_DOCUMENT)
        return from->kind == TYPE_STRING || from->kind == TYPE_LITERAL || from->kind == TYPE_OBJECT || from->kind == TYPE_MAP || from->kind == TYPE_DOCUMENT ||
               from->kind == TYPE_LIST;
    if (from->kind == TYPE_UNION) {
        for (size_t i = 0; i < from->nalt; i++)
            if (!check_assignable(to, from->alt[i]))
                return false;
        return true;
    }
    if (to->kind == TYPE_UNION) {
        for (size_t i = 0; i < to->nalt; i++)
            if (check_assignable(to->alt[i], from))
                return true;
        return false;
    }
    if (to->kind == TYPE_LITERAL)
        return from->kind == TYPE_LITERAL && value_eq(to->literal, from->literal);
    if (to->kind == TYPE_STRING && (from->kind == TYPE_ID || from->kind == TYPE_ARN))
        return true;
    if (to->kind == TYPE_ARN && from->kind == TYPE_STRING)
        return true;
    if (to->kind == TYPE_FLOAT && (from->kind == TYPE_INT || (from->kind == TYPE_LITERAL && from->literal->kind == VALUE_INT)))
        return true;
    if (from->kind == TYPE_LITERAL)
        switch (from->literal->kind) {
        case VALUE_STRING:
            return to->kind == TYPE_STRING || to->kind == TYPE_ID || to->kind == TYPE_ARN;
        case VALUE_INT:
            return to->kind == TYPE_INT;
        default:
            break;
        }
    return type_assignable(to, from);
}

/* ---- what to write instead ---- */

static bool is_text(const struct ast_expr *e)
{
    return e->kind == EXPR_LITERAL && e->value->kind == VALUE_STRING;
}

static void write_instead(struct program *p, struct diag *x, const struct ast_expr *e, struct str text)
{
    diag_help(p->diags, x, "write `%.*s`", STR_ARG(text));
    diag_fix(p->diags, x, e->span, text, true);
}

static bool reads_as(const struct type *t, struct str s)
{
    int64_t i;
    struct cidr c;
    struct ip ip;
    struct version v;
    switch (t->kind) {
    case TYPE_SIZE:
        return size_parse(s, &i);
    case TYPE_DURATION:
        return duration_parse(s, &i);
    case TYPE_INT:
        return str_int(s, &i);
    case TYPE_CIDR:
        return cidr_parse(s, &c, NULL);
    case TYPE_IP:
        return ip_parse(s, &ip);
    case TYPE_VERSION:
        return version_parse(s, &v);
    case TYPE_BOOL:
        return str_is(s, "true") || str_is(s, "false");
    case TYPE_PERCENT:
        return s.n > 1 && s.s[s.n - 1] == '%';
    case TYPE_RANGE:
        return str_find(s, STR("..")) != SIZE_MAX;
    default:
        return false;
    }
}

static const char *example(const struct type *t)
{
    switch (t->kind) {
    case TYPE_SIZE:
        return "80GiB";
    case TYPE_DURATION:
        return "1h30m";
    case TYPE_PERCENT:
        return "33%";
    case TYPE_RANGE:
        return "2..6";
    case TYPE_VERSION:
        return "v1.34";
    case TYPE_CIDR:
        return t->family == 6 ? "fd00::/48" : "10.0.0.0/16";
    case TYPE_IP:
        return "10.0.0.10";
    case TYPE_BOOL:
        return "true";
    case TYPE_LIST:
    case TYPE_SET:
        return "[...]";
    case TYPE_MAP:
        return "{ name = ... }";
    default:
        return NULL;
    }
}

static void advise(struct program *p, struct diag *x, const struct ast_expr *e, const struct type *want, const struct type *got)
{
    const struct type *t = type_strip(want);
    struct str src = ast_text(p->sources, e->span);
    bool number = e->kind == EXPR_LITERAL && (e->value->kind == VALUE_INT || e->value->kind == VALUE_FLOAT);
    if (t->kind == TYPE_VERSION && number) {
        diag_note(p->diags, x, "%.*s is a number, and as a number 1.30 is 1.3", STR_ARG(src));
        write_instead(p, x, e, str_fmt(p->arena, "v%.*s", STR_ARG(src)));
    } else if (is_text(e) && t->kind == TYPE_VERSION && reads_as(t, e->value->s)) {
        write_instead(p, x, e, str_fmt(p->arena, "%s%.*s", e->value->s.s[0] == 'v' ? "" : "v", STR_ARG(e->value->s)));
    } else if (is_text(e) && reads_as(t, e->value->s)) {
        write_instead(p, x, e, e->value->s);
    } else if (t->kind == TYPE_STRING && e->kind == EXPR_LITERAL && e->value->kind != VALUE_NONE) {
        write_instead(p, x, e, str_fmt(p->arena, "\"%.*s\"", STR_ARG(src)));
    } else if (t->kind == TYPE_RANGE && number) {
        write_instead(p, x, e, str_fmt(p->arena, "%.*s..%.*s", STR_ARG(src), STR_ARG(src)));
    } else if (t->kind == TYPE_PERCENT && number) {
        write_instead(p, x, e, str_fmt(p->arena, "%.*s%%", STR_ARG(src)));
    } else if (got->kind == TYPE_NONE && want->kind != TYPE_OPTIONAL) {
        diag_help(p->diags, x, "`none` is only for optional fields; leave it out to take a default");
    } else if (got->kind == TYPE_OPTIONAL && check_assignable(want, got->elem)) {
        diag_help(p->diags, x, "say what then: `%.*s ?? ...`", STR_ARG(src));
    } else if ((t->kind == TYPE_LIST || t->kind == TYPE_SET) && check_assignable(t->elem, got)) {
        write_instead(p, x, e, str_fmt(p->arena, "[%.*s]", STR_ARG(src)));
    } else if (example(t)) {
        diag_help(p->diags, x, "write it like `%s`", example(t));
    }
}

static bool choice(const struct type *t)
{
    for (size_t i = 0; t->kind == TYPE_UNION && i < t->nalt; i++)
        if (t->alt[i]->kind != TYPE_LITERAL || t->alt[i]->literal->kind != VALUE_STRING)
            return false;
    return t->kind == TYPE_UNION;
}

void check_mismatch(struct program *p, const struct ast_expr *e, const struct type *want, const struct type *got, struct span declared, struct str what)
{
    const struct type *t = type_strip(want), *part = type_culprit(want, got);
    struct diag *x;
    if (part && part->span.file) {
        x = report(p, DIAG_E0303, part->span, "%.*s must be %.*s, this is %.*s", STR_ARG(what), STR_ARG(type_words(p, want)), STR_ARG(type_words(p, part)));
        diag_label(p->diags, x, "this is %.*s", STR_ARG(type_words(p, part)));
        diag_second(p->diags, x, e->span, "used here");
    } else if (is_text(e) && choice(t)) {
        struct vec names = { 0 };
        for (size_t i = 0; i < t->nalt; i++)
            names_add(p, &names, t->alt[i]->literal->s);
        x = report(p, DIAG_E0304, e->span, "%.*s cannot be \"%.*s\"", STR_ARG(what), STR_ARG(e->value->s));
        struct span in = { e->span.file, e->span.off + 1, e->span.len > 2 ? e->span.len - 2 : 0 };
        report_suggest(p, x, e->value->s, in, &names);
    } else {
        struct str found = type_words(p, type_widen(p, got));
        x = report(p, DIAG_E0303, e->span, "%.*s must be %.*s, this is %.*s", STR_ARG(what), STR_ARG(type_words(p, want)), STR_ARG(found));
        diag_label(p->diags, x, "this is %.*s", STR_ARG(found));
        advise(p, x, e, want, got);
    }
    if (declared.file)
        diag_second(p->diags, x, declared, "declared here as `%.*s`", STR_ARG(type_words(p, want)));
}

/* ---- down into what was written ---- */

static bool check_list(struct program *p, struct scope *s, const struct ast_expr *e, const struct type *list, struct span declared, struct str what,
                       struct info *out)
{
    bool good = true;
    struct str elem = str_fmt(p->arena, "an element of %.*s", STR_ARG(what));
    for (size_t i = 0; i < e->args.n; i++) {
        const struct ast_arg *a = &e->args.v[i];
        good = check_as(p, s, a->value, a->spread ? list : list->elem, declared, a->spread ? what : elem, NULL) && good;
    }
    *out = info_of(list);
    return good;
}

static bool check_loop(struct program *p, struct scope *s, const struct ast_expr *e, const struct type *list, struct span declared, struct str what,
                       struct info *out)
{
    struct info source = check_expr(p, s, e->bind->source);
    size_t n;
    const struct named *v = check_bind_vars(p, e->bind, source, &n);
    struct scope in = { .up = s, .module = s->module, .vars = v, .nvars = n };
    if (e->bind->cond) {
        check_cond(p, &in, e->bind->cond, NULL);
        in.fact = e->bind->cond;
    }
    *out = info_of(list);
    out->phase = source.phase;
    out->at = source.at;
    return check_as(p, &in, e->a, list->elem, declared, str_fmt(p->arena, "an element of %.*s", STR_ARG(what)), NULL) && !bad(source.type);
}

static bool check_map(struct program *p, struct scope *s, const struct ast_body *b, const struct type *map, struct span declared, struct str what)
{
    bool good = true;
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        struct str one = str_fmt(p->arena, "an entry of %.*s", STR_ARG(what));
        if (it->kind != ITEM_SET && it->kind != ITEM_ENTRY && it->kind != ITEM_SPREAD)
            continue;
        for (size_t k = 0; it->kind == ITEM_SET && k < i; k++)
            if (b->items[k]->kind == ITEM_SET && str_eq(b->items[k]->path.v[0].text, it->path.v[0].text)) {
                diag_second(p->diags, report(p, DIAG_E0306, it->path.span, "`%.*s` is set twice", STR_ARG(it->path.v[0].text)), b->items[k]->path.span,
                            "first set here");
                good = false;
            }
        if (it->kind == ITEM_ENTRY)
            good = !bad(check_expr(p, s, it->other).type) && good;
        good = check_as(p, s, it->value, it->kind == ITEM_SPREAD ? map : map->elem, declared, it->kind == ITEM_SPREAD ? what : one, NULL) && good;
    }
    return good;
}

static bool simple_body(const struct ast_body *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->items[i]->kind != ITEM_SET && b->items[i]->kind != ITEM_ENTRY && b->items[i]->kind != ITEM_SPREAD)
            return false;
    return true;
}

/* Written out completely: can be checked against constraints at once, also where nothing is instantiated. */
static bool constant(const struct ast_expr *e)
{
    if (e->kind == EXPR_LITERAL)
        return true;
    if (e->kind == EXPR_OP && (e->op == OP_RANGE || e->op == OP_NEG || e->op == OP_ADD || e->op == OP_SUB || e->op == OP_MUL))
        return constant(e->a) && (!e->b || constant(e->b));
    if (e->kind == EXPR_LIST) {
        for (size_t i = 0; i < e->args.n; i++)
            if (e->args.v[i].spread || !constant(e->args.v[i].value))
                return false;
        return true;
    }
    if (e->kind == EXPR_OBJECT) {
        for (size_t i = 0; i < e->body->n; i++) {
            const struct ast_item *it = e->body->items[i];
            bool key = it->kind == ITEM_ENTRY && it->other->kind == EXPR_LITERAL;
            if ((it->kind != ITEM_SET && !key) || !constant(it->value))
                return false;
        }
        return true;
    }
    return false;
}

static bool check_constant(struct program *p, struct scope *s, const struct ast_expr *e, const struct type *want, struct span declared, struct str what)
{
    if (!constant(e) || bad(want))
        return true;
    size_t errors = p->diags->errors;
    eval_begin(p);
    const struct value *v = eval_expr(p, module_frame(p, s->module), e);
    if (v && !(v->kind == VALUE_NONE && want->kind != TYPE_OPTIONAL))
        value_fit(p, want, v, e, e->span, declared, what);
    return p->diags->errors == errors;
}

static bool structural(struct program *p, struct scope *s, const struct ast_expr *e, const struct type *t, struct span declared, struct str what, struct info *out,
                       bool *good)
{
    size_t errors = p->diags->errors;
    if (e->kind == EXPR_OBJECT && t->kind == TYPE_OBJECT) {
        check_object(p, s, e->body, t, e->span, what);
        *out = info_of(t);
        *good = p->diags->errors == errors;
        return true;
    }
    if (e->kind == EXPR_OBJECT && t->kind == TYPE_MAP && simple_body(e->body)) {
        *good = check_map(p, s, e->body, t, declared, what);
        *out = info_of(t);
        return true;
    }
    if ((t->kind == TYPE_LIST || t->kind == TYPE_SET) && e->kind == EXPR_LIST) {
        *good = check_list(p, s, e, t, declared, what, out);
        return true;
    }
    if ((t->kind == TYPE_LIST || t->kind == TYPE_SET) && e->kind == EXPR_FOR) {
        *good = check_loop(p, s, e, t, declared, what, out);
        return true;
    }
    return false;
}

/* eu-west-1 without quotes reads as a difference of names. */
static bool unquoted(struct program *p, const struct ast_expr *e, const struct type *want, struct str what)
{
    struct str text = ast_text(p->sources, e->span);
    const struct type *t = type_strip(want);
    if (e->kind != EXPR_OP || e->op != OP_SUB || (t->kind != TYPE_STRING && t->kind != TYPE_UNION && t->kind != TYPE_ID && t->kind != TYPE_ARN))
        return false;
    for (size_t i = 0; i < text.n; i++)
        if (text.s[i] == ' ' || text.s[i] == '(' || text.s[i] == '"')
            return false;
    struct diag *x = report(p, DIAG_E0303, e->span, "%.*s must be %.*s, and text stands in quotes", STR_ARG(what), STR_ARG(type_words(p, t)));
    write_instead(p, x, e, str_fmt(p->arena, "\"%.*s\"", STR_ARG(text)));
    return true;
}

bool check_as(struct program *p, struct scope *s, const struct ast_expr *e, const struct type *want, struct span declared, struct str what, struct info *out)
{
    struct info got, ignored;
    const struct type *t = type_strip(want);
    bool good = true, none_ok = p->none_ok;
    p->none_ok = false;
    out = out ? out : &ignored;
    if (e->kind == EXPR_IF) {
        struct info c = check_expr(p, s, e->a);
        struct scope yes = { .up = s, .module = s->module, .fact = e->a }, no = { .up = s, .module = s->module, .fact = e->a, .unless = true };
        if (!bad(c.type) && c.type->kind != TYPE_BOOL && c.type->kind != TYPE_ANY) {
            report(p, DIAG_E0303, e->a->span, "a condition must be a bool, this is %.*s", STR_ARG(type_words(p, type_widen(p, c.type))));
            good = false;
        }
        struct info x, y;
        p->none_ok = none_ok;
        good = check_as(p, &yes, e->b, want, declared, what, &x) && good;
        p->none_ok = none_ok;
        good = check_as(p, &no, e->c, want, declared, what, &y) && good;
        *out = c.phase == PHASE_APPLY ? c : x.phase == PHASE_APPLY && y.phase == PHASE_APPLY ? x : info_of(want);
        out->type = want;
        return good && !bad(c.type);
    }
    if (unquoted(p, e, want, what)) {
        *out = INFO_ERROR;
        return false;
    }
    if (structural(p, s, e, t, declared, what, out, &good))
        return good && check_constant(p, s, e, want, declared, what);
    got = check_expr(p, s, e);
    *out = got;
    if (bad(got.type))
        return false;
    if (none_ok && got.type->kind == TYPE_NONE)
        return true;
    if (!check_assignable(want, none_ok && got.type->kind == TYPE_OPTIONAL ? got.type->elem : got.type)) {
        check_mismatch(p, e, want, got.type, declared, what);
        return false;
    }
    return check_constant(p, s, e, want, declared, what);
}
