/* make.c - constructors of the tree, one for each action of parse.y. Every node gets its place here, and its depth: a tree deeper
 * than NODE_DEPTH_LIMIT is reported once and cut, so that everything after may recurse. */
#include "syntax.h"
#include "parse.h"
#include <string.h>

static uint16_t over(struct parse *p, struct span at, unsigned depth)
{
    if (depth < NODE_DEPTH_LIMIT)
        return (uint16_t)(depth + 1);
    p->broken = true;
    if (!p->deep && p->diags) {
        struct diag *x = diag_add(p->diags, DIAG_E0204, (struct span){ at.file, at.off, 1 }, "this is nested more than %d deep", NODE_DEPTH_LIMIT);
        diag_help(p->diags, x, "name a part of it with `let`, and use the name");
    }
    p->deep = true;
    return UINT16_MAX;                                     /* the caller drops what is below */
}

/* What compares each part with each other must not meet a million of them: reported once, and cut. */
static size_t at_most(struct parse *p, struct span at, size_t n, const char *what)
{
    if (n <= AST_PARTS_LIMIT)
        return n;
    p->broken = true;
    if (!p->deep && p->diags)
        diag_add(p->diags, DIAG_E0208, (struct span){ at.file, at.off, 1 }, "%s may have %d parts; this one has %zu", what, AST_PARTS_LIMIT, n);
    p->deep = true;
    return AST_PARTS_LIMIT;
}

static unsigned larger(unsigned a, unsigned b)
{
    return a > b ? a : b;
}

static unsigned depth_of(const struct ast_expr *e)
{
    return e ? e->depth : 0;
}

static unsigned args_depth(struct list l)
{
    unsigned depth = 0;
    const struct ast_arg *v = l.v;
    for (size_t i = 0; i < l.n; i++)
        depth = larger(depth, depth_of(v[i].value));
    return depth;
}

static struct ast_expr *expr(struct parse *p, struct span at, enum ast_expr_kind kind, unsigned below)
{
    struct ast_expr *e = ARENA_NEW(p->arena, struct ast_expr);
    uint16_t depth = over(p, at, below);
    bool cut = depth == UINT16_MAX;
    e->kind = cut ? EXPR_ERROR : kind;
    e->depth = cut ? 1 : depth;
    e->span = at;
    return e;
}

static struct ast_name name_at(const struct parse *p, struct span at)
{
    return (struct ast_name){ at.len ? str_sub(p->text, at.off, at.off + at.len) : STR_NONE, at };
}

struct list make_list(struct parse *p, struct list l, const void *element, size_t size)
{
    if (l.n == l.cap) {
        size_t cap = l.cap ? l.cap * 2 : 2;
        void *v = arena_array(p->arena, cap, size);
        if (l.n)
            memcpy(v, l.v, l.n * size);
        l.v = v;
        l.cap = cap;
    }
    memcpy((char *)l.v + l.n++ * size, element, size);
    return l;
}

struct list make_names(struct parse *p, struct list l, struct span at)
{
    struct ast_name n = name_at(p, at);
    return make_list(p, l, &n, sizeof n);
}

static struct ast_path path_of(struct list l)
{
    const struct ast_name *v = l.v;
    struct span at = v[0].span, last = v[l.n - 1].span;
    at.len = last.off + last.len - at.off;
    return (struct ast_path){ v, l.n, at };
}

/* ---- expressions ---- */

struct ast_expr *make_literal(struct parse *p, struct span at, int kind)
{
    struct ast_expr *e = expr(p, at, EXPR_LITERAL, 0);
    e->value = literal_value(p, at, kind);
    if (!e->value)
        e->kind = EXPR_ERROR;
    return e;
}

struct ast_expr *make_name(struct parse *p, struct span at)
{
    struct ast_expr *e = expr(p, at, at.len ? EXPR_NAME : EXPR_ERROR, 0);
    e->name = name_at(p, at);
    return e;
}

struct ast_expr *make_bad(struct parse *p, struct span at)
{
    p->broken = true;
    return expr(p, at, EXPR_ERROR, 0);
}

struct list make_part(struct parse *p, struct list parts, struct span at, struct ast_expr *value)
{
    struct piece x = { at, value };
    return make_list(p, parts, &x, sizeof x);
}

static bool is_comparison(enum term_op op)
{
    return op == OP_EQ || op == OP_NE || op == OP_LT || op == OP_GT || op == OP_LE || op == OP_GE || op == OP_IN;
}

static void report_chain(struct parse *p, struct span op_at, const struct ast_expr *a, const struct ast_expr *b, enum term_op op)
{
    p->broken = true;
    if (!p->diags)
        return;
    struct diag *x = repair_report(p, DIAG_E0206, op_at, "comparisons cannot be chained");
    if (!x)
        return;
    struct str mid = ast_text(p->sources, a->b->span), last = ast_text(p->sources, b->span), first = ast_text(p->sources, a->a->span);
    diag_second(p->diags, x, a->op_span, "the first comparison");
    if (first.n + mid.n + last.n < 80) {
        struct str text = str_fmt(p->arena, "%.*s %s %.*s && %.*s %s %.*s", STR_ARG(first), ast_op_text(a->op), STR_ARG(mid), STR_ARG(mid),
                                  ast_op_text(op), STR_ARG(last));
        diag_help(p->diags, x, "join two comparisons with `&&`");
        diag_fix(p->diags, x, (struct span){ op_at.file, a->span.off, b->span.off + b->span.len - a->span.off }, text, false);
    }
}

struct ast_expr *make_op(struct parse *p, struct span at, struct span op_at, enum term_op op, struct ast_expr *a, struct ast_expr *b)
{
    struct ast_expr *e = expr(p, at, EXPR_OP, larger(depth_of(a), depth_of(b)));
    e->op = op;
    e->op_span = op_at;
    e->a = a;
    e->b = b;
    if (e->kind == EXPR_OP && is_comparison(op) && a->kind == EXPR_OP && is_comparison(a->op) && !a->parens) {
        report_chain(p, op_at, a, b, op);
        e->kind = EXPR_ERROR;
    }
    return e;
}

struct ast_expr *make_if(struct parse *p, struct span at, struct ast_expr *a, struct ast_expr *b, struct ast_expr *c)
{
    struct ast_expr *e = expr(p, at, EXPR_IF, larger(depth_of(a), larger(depth_of(b), depth_of(c))));
    e->a = a;
    e->b = b;
    e->c = c;
    return e;
}

static struct span from_to(struct span from, struct span to)
{
    return (struct span){ from.file, from.off, to.off + to.len - from.off };
}

struct ast_expr *make_field(struct parse *p, struct span at, struct ast_expr *a, struct span dot, struct span name, bool optional)
{
    struct ast_expr *e = expr(p, at, name.len ? EXPR_FIELD : EXPR_ERROR, depth_of(a));
    e->a = a;
    e->name = name_at(p, name);
    e->optional = optional;
    e->op_span = from_to(dot, name);
    return e;
}

struct ast_expr *make_index(struct parse *p, struct span at, struct ast_expr *a, struct span open, struct ast_expr *b)
{
    struct ast_expr *e = expr(p, at, EXPR_INDEX, larger(depth_of(a), depth_of(b)));
    e->a = a;
    e->b = b;
    e->op_span = (struct span){ open.file, open.off, at.off + at.len - open.off };
    return e;
}

static void set_args(struct ast_expr *e, struct list args)
{
    e->args = (struct ast_args){ args.v, args.n };
}

struct ast_expr *make_call(struct parse *p, struct span at, struct ast_expr *a, struct span open, struct list args)
{
    struct ast_expr *e = expr(p, at, EXPR_CALL, larger(depth_of(a), args_depth(args)));
    e->a = a;
    set_args(e, args);
    e->op_span = (struct span){ open.file, open.off, at.off + at.len - open.off };
    return e;
}

struct ast_expr *make_with(struct parse *p, struct span at, struct ast_expr *a, struct ast_body *body)
{
    struct ast_expr *e = expr(p, at, EXPR_WITH, larger(depth_of(a), body->depth));
    e->a = a;
    e->body = body;
    return e;
}

struct ast_expr *make_object(struct parse *p, struct span at, struct ast_body *body)
{
    struct ast_expr *e = expr(p, at, EXPR_OBJECT, body->depth);
    e->body = body;
    return e;
}

struct ast_expr *make_elements(struct parse *p, struct span at, struct list args)
{
    struct ast_expr *e = expr(p, at, EXPR_LIST, args_depth(args));
    set_args(e, args);
    return e;
}

struct ast_expr *make_for(struct parse *p, struct span at, struct ast_bind *bind, struct ast_expr *a)
{
    unsigned below = larger(depth_of(a), larger(depth_of(bind->source), depth_of(bind->cond)));
    struct ast_expr *e = expr(p, at, EXPR_FOR, below);
    e->bind = bind;
    e->a = a;
    return e;
}

struct ast_expr *make_parens(struct parse *p, struct ast_expr *e, struct span at)
{
    (void)p;
    e->parens = true;
    e->span = at;
    return e;
}

struct list make_arg(struct parse *p, struct list l, struct span at, struct span name, bool spread, struct ast_expr *value)
{
    struct ast_arg x = { .name = name_at(p, name), .spread = spread, .value = value, .span = at };
    return make_list(p, l, &x, sizeof x);
}

struct ast_bind *make_bind(struct parse *p, struct span at, struct list names, struct ast_expr *source, struct ast_expr *cond)
{
    struct ast_bind *b = ARENA_NEW(p->arena, struct ast_bind);
    const struct ast_name *v = names.v;
    *b = (struct ast_bind){ .value = v[names.n - 1], .source = source, .cond = cond, .span = at };
    if (names.n == 2)
        b->key = v[0];
    return b;
}

/* ---- types ---- */

static struct ast_type *type(struct parse *p, struct span at, enum ast_type_kind kind, unsigned below)
{
    struct ast_type *t = ARENA_NEW(p->arena, struct ast_type);
    uint16_t depth = over(p, at, below);
    bool cut = depth == UINT16_MAX;
    t->kind = cut ? SYNTAX_ERROR : kind;
    t->depth = cut ? 1 : depth;
    t->span = at;
    return t;
}

static unsigned types_depth(struct list l)
{
    unsigned depth = 0;
    struct ast_type *const *v = l.v;
    for (size_t i = 0; i < l.n; i++)
        depth = larger(depth, v[i]->depth);
    return depth;
}

struct ast_type *make_type_name(struct parse *p, struct span at, struct list path, struct list args, struct list checks)
{
    struct ast_type *t = type(p, at, SYNTAX_NAME, larger(types_depth(args), args_depth(checks)));
    t->path = path_of(path);
    if (!t->path.v[0].text.n)
        t->kind = SYNTAX_ERROR;
    t->args = args.v;
    t->nargs = args.n;
    const struct ast_expr **v = ARENA_ARRAY(p->arena, const struct ast_expr *, checks.n);
    for (size_t i = 0; i < checks.n; i++)
        v[i] = ((const struct ast_arg *)checks.v)[i].value;
    t->checks = v;
    t->nchecks = checks.n;
    return t;
}

struct ast_type *make_type_literal(struct parse *p, struct span at, struct ast_expr *literal)
{
    struct ast_type *t = type(p, at, literal->kind == EXPR_LITERAL ? SYNTAX_LITERAL : SYNTAX_ERROR, 0);
    t->value = literal->value;
    if (literal->kind == EXPR_JOIN) {
        p->broken = true;
        if (p->diags)
            diag_add(p->diags, DIAG_E0209, at, "a string that is a type cannot have `\\( )` in it");
    }
    return t;
}

struct ast_type *make_type_optional(struct parse *p, struct span at, struct ast_type *t)
{
    struct ast_type *x = type(p, at, SYNTAX_OPTIONAL, t->depth);
    struct ast_type **v = ARENA_ARRAY(p->arena, struct ast_type *, 1);
    *v = t;
    x->args = (const struct ast_type *const *)v;
    x->nargs = 1;
    return x;
}

struct ast_type *make_type_union(struct parse *p, struct span at, struct list alternatives)
{
    struct ast_type *t = type(p, at, SYNTAX_UNION, types_depth(alternatives));
    t->args = alternatives.v;
    t->nargs = at_most(p, at, alternatives.n, "a type");
    return t;
}

/* ---- items ---- */

struct ast_body *make_body(struct parse *p, struct span at, struct list items)
{
    struct ast_body *b = ARENA_NEW(p->arena, struct ast_body);
    *b = (struct ast_body){ .span = at, .items = items.v, .n = items.n, .broken = items.broken };
    if (at.len != p->part.len)                             /* the file's own items are looked up by name */
        b->n = at_most(p, at, items.n, "a block");
    for (size_t i = 0; i < b->n; i++)
        b->depth = (uint16_t)larger(b->depth, b->items[i]->depth);
    return b;
}

struct list make_line(struct parse *p, struct list items, struct ast_item *item)
{
    if (!item) {
        items.broken = p->broken = true;
        return items;
    }
    return make_list(p, items, &item, sizeof item);
}

struct list make_annot(struct parse *p, struct list l, struct span at, struct list path, bool parens, struct list args)
{
    struct ast_annot x = { .path = path_of(path), .args = { args.v, args.n }, .parens = parens };
    x.span = parens ? at : from_to(at, x.path.span);
    return make_list(p, l, &x, sizeof x);
}

struct list make_param(struct parse *p, struct list l, struct span at, struct span name, struct decl d)
{
    struct ast_param x = { .name = name_at(p, name), .type = d.type, .dflt = d.value, .span = at };
    return make_list(p, l, &x, sizeof x);
}

struct label make_label(struct parse *p, struct span at, struct ast_expr *string)
{
    struct label l = { .name = name_at(p, at), .quoted = string != NULL };
    if (string && string->kind == EXPR_LITERAL) {
        l.name.text = string->value->s;
    } else if (string && string->kind == EXPR_ERROR) {
        l.name.text = STR_NONE;
    } else if (string) {
        l.name.text = STR_NONE;
        p->broken = true;
        if (p->diags) {
            struct diag *x = diag_add(p->diags, DIAG_E0209, at, "a label cannot have `\\( )` in it");
            diag_help(p->diags, x, "labels are part of the address and fixed; what varies is the key: `node_pool gpu[zone] { ... }`");
        }
    }
    return l;
}

/* The doc comment that ends on the line before offset `off`. */
static struct str doc_above(struct parse *p, uint32_t off)
{
    size_t lo = 0, hi = p->ntokens;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (p->tokens[mid].off < off)
            lo = mid + 1;
        else
            hi = mid;
    }
    size_t first = lo, i = lo;
    unsigned lines = 0;                                    /* line ends since the last comment */
    while (i && lines < 2) {
        const struct token *t = &p->tokens[--i];
        if (t->kind == TOKEN_EOL)
            lines++;
        else if (t->kind == TOKEN_DOC && lines)
            first = i, lines = 0;
        else if (t->kind != TOKEN_SPACE)
            break;
    }
    struct buf b = { 0 };
    for (i = first; i < lo; i++) {
        if (p->tokens[i].kind != TOKEN_DOC)
            continue;
        struct str line = str_sub(p->text, p->tokens[i].off + 2, p->tokens[i].off + p->tokens[i].len);
        if (line.n && line.s[0] == ' ')
            line = str_sub(line, 1, line.n);
        if (i > first)
            buf_putc(&b, '\n');
        buf_str(&b, line);
    }
    return b.n ? buf_take(&b, p->arena) : STR_NONE;
}

struct ast_item *make_item(struct parse *p, struct span at, enum ast_item_kind kind)
{
    struct ast_item *it = ARENA_NEW(p->arena, struct ast_item);
    it->kind = kind;
    it->span = at;
    if (p->docs && p->diags)
        it->doc = doc_above(p, at.off);
    return it;
}

static unsigned body_depth(const struct ast_body *b)
{
    return b ? b->depth : 0;
}

/* Sets the depth of a finished item; one that is too deep is dropped. */
static struct ast_item *finish(struct parse *p, struct ast_item *it)
{
    unsigned below = larger(larger(depth_of(it->value), depth_of(it->other)), depth_of(it->key));
    if (it->bind)
        below = larger(below, larger(depth_of(it->bind->source), depth_of(it->bind->cond)));
    below = larger(below, larger(body_depth(it->body), body_depth(it->other_body)));
    below = larger(below, it->type ? it->type->depth : 0);
    for (size_t i = 0; i < it->annots.n; i++)
        for (size_t k = 0; k < it->annots.v[i].args.n; k++)
            below = larger(below, depth_of(it->annots.v[i].args.v[k].value));
    it->depth = over(p, it->span, below);
    return it->depth == UINT16_MAX ? NULL : it;
}

static struct ast_annots annots_of(struct list l)
{
    return (struct ast_annots){ l.v, l.n };
}

struct ast_item *make_import(struct parse *p, struct span at, struct ast_expr *what, struct span alias, struct list annots)
{
    struct ast_item *it = make_item(p, at, ITEM_IMPORT);
    it->value = what;
    it->name = name_at(p, alias);
    it->annots = annots_of(annots);
    return finish(p, it);
}

struct ast_item *make_declaration(struct parse *p, struct span at, enum ast_item_kind kind, struct span name, struct decl d, struct list annots)
{
    struct ast_item *it = make_item(p, at, kind);
    it->name = name_at(p, name);
    it->type = d.type;
    it->value = d.value;
    it->annots = annots_of(annots);
    return finish(p, it);
}

struct ast_item *make_fn(struct parse *p, struct span at, struct span name, struct list params, struct ast_type *result, struct ast_expr *value)
{
    struct ast_item *it = make_item(p, at, ITEM_FN);
    it->name = name_at(p, name);
    it->params = params.v;
    it->nparams = params.n;
    it->type = result;
    it->value = value;
    return finish(p, it);
}

struct ast_item *make_kind(struct parse *p, struct span at, enum ast_item_kind kind, struct span name, struct list annots, struct ast_body *body)
{
    struct ast_item *it = make_item(p, at, kind);
    it->name = name_at(p, name);
    it->annots = annots_of(annots);
    it->body = body;
    return finish(p, it);
}

struct ast_item *make_pair(struct parse *p, struct span at, enum ast_item_kind kind, struct ast_expr *value, struct ast_expr *other)
{
    struct ast_item *it = make_item(p, at, kind);
    it->value = value;
    it->other = other;
    return finish(p, it);
}

struct ast_item *make_for_item(struct parse *p, struct span at, struct ast_bind *bind, struct ast_body *body)
{
    struct ast_item *it = make_item(p, at, ITEM_FOR);
    it->bind = bind;
    it->body = body;
    return finish(p, it);
}

struct ast_item *make_if_item(struct parse *p, struct span at, struct ast_expr *cond, struct ast_body *body, struct ast_body *other)
{
    struct ast_item *it = make_item(p, at, ITEM_IF);
    it->value = cond;
    it->body = body;
    it->other_body = other;
    return finish(p, it);
}

struct ast_body *make_else_if(struct parse *p, struct ast_item *item)
{
    struct list one = { 0 };
    return make_body(p, item ? item->span : p->part, make_line(p, one, item));
}

struct ast_item *make_entry(struct parse *p, struct span at, struct ast_expr *key, struct ast_expr *value, struct list annots)
{
    struct ast_item *it = make_item(p, at, ITEM_ENTRY);
    it->other = key;
    it->value = value;
    it->annots = annots_of(annots);
    return finish(p, it);
}

struct ast_item *make_set(struct parse *p, struct span at, struct list path, struct ast_expr *value, struct list annots)
{
    struct ast_item *it = make_item(p, at, ITEM_SET);
    it->path = path_of(path);
    it->value = value;
    it->annots = annots_of(annots);
    return finish(p, it);
}

struct ast_item *make_declare(struct parse *p, struct span at, struct list path, struct decl d, struct list annots)
{
    struct ast_item *it = make_item(p, at, ITEM_DECLARE);
    it->path = path_of(path);
    it->name = it->path.v[it->path.n - 1];
    it->type = d.type;
    it->value = d.value;
    it->annots = annots_of(annots);
    return finish(p, it);
}

struct ast_item *make_instance(struct parse *p, struct span at, struct list path, struct label label, struct list annots, struct ast_body *body)
{
    struct ast_item *it = make_item(p, at, ITEM_INSTANCE);
    it->path = path_of(path);
    it->name = label.name;
    it->quoted = label.quoted;
    it->key = label.key;
    it->annots = annots_of(annots);
    it->body = body;
    return finish(p, it);
}
