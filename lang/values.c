/* values.c - a file of plain data: its `let`s as one known object (sandbox behaviours, tables).
 * Only literals, lists, objects, ranges and names of other lets; no calls, no imports: data that anyone may read without running anything. */
#include "ast.h"
#include "kc/lang.h"
#include "kc/map.h"

struct plain {
    struct arena *arena;
    struct diags *diags;
    struct map items;                                      /* name -> ast_item */
    struct map done;                                       /* name -> value */
    unsigned depth;
    bool failed;
};

static const struct value *plain(struct plain *p, const struct ast_expr *e);

static const struct value *refuse(struct plain *p, struct span at, const char *what)
{
    if (!p->failed)
        diag_help(p->diags, diag_add(p->diags, DIAG_E0303, at, "%s cannot stand in a file of plain data", what),
                  "write literals, lists, objects and names of other `let`s");
    p->failed = true;
    return NULL;
}

static const struct value *plain_list(struct plain *p, const struct ast_expr *e)
{
    const struct value **v = ARENA_ARRAY(p->arena, const struct value *, e->args.n);
    for (size_t i = 0; i < e->args.n; i++) {
        if (e->args.v[i].spread)
            return refuse(p, e->args.v[i].span, "a spread");
        if (!(v[i] = plain(p, e->args.v[i].value)))
            return NULL;
    }
    return value_list(p->arena, v, e->args.n);
}

static const struct value *plain_body(struct plain *p, const struct ast_body *b)
{
    struct pair *v = ARENA_ARRAY(p->arena, struct pair, b->n);
    struct map seen = { 0 };
    const struct value *out = NULL;
    size_t i;
    for (i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        if (it->kind == ITEM_SET && it->path.n == 1)
            v[i].key = it->path.v[0].text;
        else if (it->kind == ITEM_ENTRY && it->other->kind == EXPR_LITERAL && it->other->value->kind == VALUE_STRING)
            v[i].key = it->other->value->s;
        else if (it->kind == ITEM_INSTANCE && it->path.n == 1 && !it->name.text.n)
            v[i].key = it->path.v[0].text;
        else {
            refuse(p, it->span, ast_item_word(it->kind));
            break;
        }
        if (map_has(&seen, v[i].key)) {
            diag_add(p->diags, DIAG_E0306, it->span, "`%.*s` is set twice", STR_ARG(v[i].key));
            p->failed = true;
            break;
        }
        map_put(&seen, v[i].key, p);
        v[i].value = it->kind == ITEM_INSTANCE ? plain_body(p, it->body) : plain(p, it->value);
        if (!v[i].value)
            break;
    }
    if (i == b->n)
        out = value_object(p->arena, v, b->n);
    map_fini(&seen);
    return out;
}

static const struct value *plain_name(struct plain *p, const struct ast_expr *e)
{
    const struct value *known = map_get(&p->done, e->name.text);
    if (known)
        return known;
    const struct ast_item *it = map_get(&p->items, e->name.text);
    if (!it) {
        diag_add(p->diags, DIAG_E0301, e->span, "no `let %.*s` in this file", STR_ARG(e->name.text));
        p->failed = true;
        return NULL;
    }
    if (++p->depth > AST_DEPTH_LIMIT)
        return refuse(p, e->span, "a cycle of lets");
    const struct value *v = plain(p, it->value);
    p->depth--;
    if (v)
        map_put(&p->done, it->name.text, (void *)(uintptr_t)v);
    return v;
}

static const struct value *plain_op(struct plain *p, const struct ast_expr *e)
{
    const struct value *x = plain(p, e->a), *y = e->b ? plain(p, e->b) : NULL;
    if (!x || (e->b && !y))
        return NULL;
    if (e->op == OP_RANGE && x->kind == VALUE_INT && y && y->kind == VALUE_INT)
        return value_range(p->arena, x->i, y->i);
    if (e->op == OP_NEG && x->kind == VALUE_INT && x->i != INT64_MIN)
        return value_int(p->arena, -x->i);
    if (e->op == OP_NEG && x->kind == VALUE_FLOAT)
        return value_float(p->arena, -x->f);
    return refuse(p, e->span, "an operator");
}

static const struct value *plain(struct plain *p, const struct ast_expr *e)
{
    switch (e->kind) {
    case EXPR_ERROR:
        p->failed = true;
        return NULL;
    case EXPR_LITERAL:
        return e->value;
    case EXPR_LIST:
        return plain_list(p, e);
    case EXPR_OBJECT:
        return plain_body(p, e->body);
    case EXPR_NAME:
        return plain_name(p, e);
    case EXPR_OP:
        return plain_op(p, e);
    case EXPR_JOIN:
    case EXPR_FOR:
    case EXPR_FIELD:
    case EXPR_INDEX:
    case EXPR_CALL:
    case EXPR_IF:
    case EXPR_WITH:
        break;
    }
    return refuse(p, e->span, "a computed value");
}

static const struct value *plain_file(struct plain *p, const struct ast_file *f)
{
    struct pair *v = ARENA_ARRAY(p->arena, struct pair, f->body.n);
    size_t n = 0;
    for (size_t i = 0; i < f->body.n; i++) {
        const struct ast_item *it = f->body.items[i];
        if (it->kind != ITEM_LET)
            return refuse(p, it->span, ast_item_word(it->kind));
        if (map_put(&p->items, it->name.text, (void *)(uintptr_t)it)) {
            diag_add(p->diags, DIAG_E0306, it->name.span, "`%.*s` is defined twice", STR_ARG(it->name.text));
            return NULL;
        }
    }
    for (size_t i = 0; i < f->body.n; i++) {
        const struct ast_item *it = f->body.items[i];
        struct ast_expr name = { .kind = EXPR_NAME, .span = it->name.span, .name = it->name };
        v[n].key = it->name.text;
        if (!(v[n++].value = plain_name(p, &name)))
            return NULL;
    }
    return value_object(p->arena, v, n);
}

const struct value *lang_values(struct sources *s, struct diags *d, struct arena *a, struct str path, lang_loader *load, void *user)
{
    struct str text, why = STR_NONE;
    if (!load(user, a, path, &text, &why)) {
        diag_add(d, DIAG_E0504, SPAN_NONE, "cannot read %.*s: %.*s", STR_ARG(path), STR_ARG(why));
        return NULL;
    }
    size_t errors = d->errors;
    uint32_t file = sources_add(s, (struct source){ .path = path, .text = text, .std = str_starts(path, STR("std/")) });
    const struct ast_file *f = ast_parse(a, s, file, d);
    if (d->errors != errors)
        return NULL;
    struct plain p = { .arena = a, .diags = d };
    const struct value *v = plain_file(&p, f);
    map_fini(&p.items);
    map_fini(&p.done);
    return p.failed ? NULL : v;
}
