/* ast_print.c - a tree as text: one item a line, indented by two, expressions as (operator operand ...). For tests and debugging. */
#include "ast.h"

static void print_expr(struct buf *out, const struct ast_expr *e, unsigned indent);
static void print_type(struct buf *out, const struct ast_type *t, unsigned indent);
static void print_body(struct buf *out, const struct ast_body *b, unsigned indent);

static void line(struct buf *out, unsigned indent)
{
    buf_fmt(out, "\n%*s", (int)indent * 2, "");
}

static void name(struct buf *out, struct ast_name n)
{
    if (n.text.n)
        buf_str(out, n.text);
    else
        buf_cstr(out, "<?>");
}

static void path(struct buf *out, struct ast_path p)
{
    for (size_t i = 0; i < p.n; i++) {
        if (i)
            buf_putc(out, '.');
        name(out, p.v[i]);
    }
}

static void args(struct buf *out, struct ast_args x, unsigned indent)
{
    for (size_t i = 0; i < x.n; i++) {
        buf_putc(out, ' ');
        if (x.v[i].name.text.n)
            buf_fmt(out, "%.*s=", STR_ARG(x.v[i].name.text));
        if (x.v[i].spread)
            buf_cstr(out, "...");
        print_expr(out, x.v[i].value, indent);
    }
}

static void bind(struct buf *out, const struct ast_bind *b, unsigned indent)
{
    if (b->key.text.n)
        buf_fmt(out, "%.*s, ", STR_ARG(b->key.text));
    name(out, b->value);
    buf_cstr(out, " in ");
    print_expr(out, b->source, indent);
    if (b->cond) {
        buf_cstr(out, " if ");
        print_expr(out, b->cond, indent);
    }
}

static void nested(struct buf *out, const struct ast_body *b, unsigned indent)
{
    buf_cstr(out, " {");
    print_body(out, b, indent + 1);
    if (b->n || b->broken)
        line(out, indent);
    buf_putc(out, '}');
}

static void print_expr(struct buf *out, const struct ast_expr *e, unsigned indent)
{
    switch (e->kind) {
    case EXPR_ERROR:
        buf_cstr(out, "<error>");
        return;
    case EXPR_LITERAL:
        if (e->value->kind == VALUE_CIDR || e->value->kind == VALUE_IP || e->value->kind == VALUE_SIZE || e->value->kind == VALUE_VERSION)
            buf_fmt(out, "%s:", value_kind_name(e->value->kind));
        value_print(out, e->value);
        return;
    case EXPR_NAME:
        name(out, e->name);
        return;
    case EXPR_OBJECT:
        buf_cstr(out, "(object");
        nested(out, e->body, indent);
        break;
    case EXPR_JOIN:
        buf_cstr(out, "(join");
        args(out, e->args, indent);
        break;
    case EXPR_LIST:
        buf_cstr(out, "(list");
        args(out, e->args, indent);
        break;
    case EXPR_FOR:
        buf_cstr(out, "(for ");
        bind(out, e->bind, indent);
        buf_cstr(out, ": ");
        print_expr(out, e->a, indent);
        break;
    case EXPR_OP:
        buf_fmt(out, "(%s ", ast_op_text(e->op));
        print_expr(out, e->a, indent);
        if (e->b) {
            buf_putc(out, ' ');
            print_expr(out, e->b, indent);
        }
        break;
    case EXPR_FIELD:
        print_expr(out, e->a, indent);
        buf_cstr(out, e->optional ? "?." : ".");
        name(out, e->name);
        return;
    case EXPR_INDEX:
        buf_cstr(out, "(at ");
        print_expr(out, e->a, indent);
        buf_putc(out, ' ');
        print_expr(out, e->b, indent);
        break;
    case EXPR_CALL:
        buf_cstr(out, "(call ");
        print_expr(out, e->a, indent);
        args(out, e->args, indent);
        break;
    case EXPR_IF:
        buf_cstr(out, "(if ");
        print_expr(out, e->a, indent);
        buf_putc(out, ' ');
        print_expr(out, e->b, indent);
        buf_putc(out, ' ');
        print_expr(out, e->c, indent);
        break;
    case EXPR_WITH:
        buf_cstr(out, "(with ");
        print_expr(out, e->a, indent);
        nested(out, e->body, indent);
        break;
    }
    buf_putc(out, ')');
}

static void print_type(struct buf *out, const struct ast_type *t, unsigned indent)
{
    switch (t->kind) {
    case SYNTAX_ERROR:
        buf_cstr(out, "<error>");
        return;
    case SYNTAX_LITERAL:
        value_print(out, t->value);
        return;
    case SYNTAX_OPTIONAL:
        print_type(out, t->args[0], indent);
        buf_putc(out, '?');
        return;
    case SYNTAX_UNION:
        buf_putc(out, '(');
        for (size_t i = 0; i < t->nargs; i++) {
            if (i)
                buf_cstr(out, " | ");
            print_type(out, t->args[i], indent);
        }
        buf_putc(out, ')');
        return;
    case SYNTAX_NAME:
        break;
    }
    path(out, t->path);
    for (size_t i = 0; i < t->nargs; i++) {
        buf_cstr(out, i ? ", " : "[");
        print_type(out, t->args[i], indent);
    }
    if (t->nargs)
        buf_putc(out, ']');
    for (size_t i = 0; i < t->nchecks; i++) {
        buf_cstr(out, i ? ", " : "(");
        print_expr(out, t->checks[i], indent);
    }
    if (t->nchecks)
        buf_putc(out, ')');
}

static void annots(struct buf *out, struct ast_annots x, unsigned indent)
{
    for (size_t i = 0; i < x.n; i++) {
        buf_cstr(out, " @");
        path(out, x.v[i].path);
        if (x.v[i].parens) {
            buf_putc(out, '(');
            args(out, x.v[i].args, indent);
            buf_cstr(out, " )");
        }
    }
}

static void head(struct buf *out, const struct ast_item *it, unsigned indent)
{
    if (it->kind == ITEM_SET || it->kind == ITEM_DECLARE || it->kind == ITEM_INSTANCE) {
        buf_putc(out, ' ');
        path(out, it->path);
    }
    if (it->kind != ITEM_DECLARE && it->name.text.n)
        buf_fmt(out, it->quoted ? " \"%.*s\"" : " %.*s", STR_ARG(it->name.text));
    if (it->key) {
        buf_cstr(out, "[");
        print_expr(out, it->key, indent);
        buf_cstr(out, "]");
    }
    for (size_t i = 0; i < it->nparams; i++) {
        buf_fmt(out, "%s%.*s: ", i ? ", " : " (", STR_ARG(it->params[i].name.text));
        print_type(out, it->params[i].type, indent);
        if (it->params[i].dflt) {
            buf_cstr(out, " = ");
            print_expr(out, it->params[i].dflt, indent);
        }
    }
    if (it->nparams)
        buf_putc(out, ')');
}

static void print_item(struct buf *out, const struct ast_item *it, unsigned indent)
{
    struct str doc = it->doc, one;
    while (str_cut(&doc, '\n', &one)) {
        buf_fmt(out, "## %.*s", STR_ARG(one));
        line(out, indent);
    }
    buf_cstr(out, ast_item_word(it->kind));
    head(out, it, indent);
    if (it->bind) {
        buf_putc(out, ' ');
        bind(out, it->bind, indent);
    }
    if (it->type) {
        buf_cstr(out, ": ");
        print_type(out, it->type, indent);
    }
    if (it->other) {
        buf_putc(out, ' ');
        print_expr(out, it->other, indent);
    }
    if (it->value) {
        buf_cstr(out, " = ");
        print_expr(out, it->value, indent);
    }
    annots(out, it->annots, indent);
    if (it->body)
        nested(out, it->body, indent);
    if (it->other_body) {
        buf_cstr(out, " else");
        nested(out, it->other_body, indent);
    }
}

static void print_body(struct buf *out, const struct ast_body *b, unsigned indent)
{
    for (size_t i = 0; i < b->n; i++) {
        line(out, indent);
        print_item(out, b->items[i], indent);
    }
    if (b->broken) {
        line(out, indent);
        buf_cstr(out, "<broken>");
    }
}

void ast_print(struct buf *out, const struct ast_file *f)
{
    buf_cstr(out, "file");
    print_body(out, &f->body, 1);
    buf_putc(out, '\n');
}
