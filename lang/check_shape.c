/* check_shape.c - object literals where no type is declared: the shape that they have, and `with`. */
#include "check.h"

struct forming {
    struct program *p;
    struct type_field *v;
    size_t n, cap;
    const struct type *elem;                               /* once it is a map: of what */
    bool map, any, bad;
};

static void shape_field(struct forming *x, struct str name, const struct type *t, struct span at)
{
    x->bad = x->bad || bad(t);
    if (bad(t))
        return;
    for (size_t i = 0; i < x->n; i++)
        if (str_eq(x->v[i].name, name)) {
            x->v[i].type = t;
            return;
        }
    if (x->n == x->cap) {
        struct type_field *more = ARENA_ARRAY(x->p->arena, struct type_field, x->cap ? 2 * x->cap : 8);
        if (x->n)
            memcpy(more, x->v, x->n * sizeof *more);
        x->cap = x->cap ? 2 * x->cap : 8;
        x->v = more;
    }
    x->v[x->n++] = (struct type_field){ .name = name, .type = t, .span = at };
}

static void shape_elem(struct forming *x, const struct type *t)
{
    x->map = true;
    x->bad = x->bad || bad(t);
    const struct type *j = bad(t) ? x->elem : !x->elem ? t : join_types(x->p, x->elem, t);
    x->elem = j && bad(j) ? &type_any : j;
}

static void shape_spread(struct forming *x, const struct ast_expr *e, const struct type *t)
{
    const struct type *in = bad(t) ? t : type_strip(t);
    if (bad(t))
        x->bad = true;
    else if (in->kind == TYPE_OBJECT)
        for (size_t i = 0; i < in->nfields; i++)
            shape_field(x, in->fields[i].name, in->fields[i].type, in->fields[i].span);
    else if (in->kind == TYPE_MAP)
        shape_elem(x, in->elem);
    else if (in->kind == TYPE_ANY || in->kind == TYPE_DOCUMENT)
        x->any = true;
    else if (in->kind != TYPE_NONE) {
        report(x->p, DIAG_E0303, e->span, "only an object or a map can be spread here, this is %.*s", STR_ARG(type_words(x->p, type_widen(x->p, t))));
        x->bad = true;
    }
}

static void shape_items(struct forming *x, struct scope *s, const struct ast_body *b);

static const struct type *shaped(const struct forming *x, struct str name)
{
    for (size_t i = 0; i < x->n; i++)
        if (str_eq(x->v[i].name, name))
            return x->v[i].type;
    return NULL;
}

/* What an if brings: fields of both branches as they are, of one as optional ones. */
static void shape_branch(struct forming *x, const struct forming *from, const struct forming *other)
{
    struct program *p = x->p;
    x->bad = x->bad || from->bad;
    x->any = x->any || from->any;
    if (from->map)
        shape_elem(x, from->elem);
    for (size_t i = 0; i < from->n; i++) {
        const struct type_field *f = &from->v[i];
        const struct type *old = shaped(x, f->name), *t = f->type;
        if (old)
            t = join_types(p, old, t);
        else if (!shaped(other, f->name) && t->kind != TYPE_OPTIONAL && t->kind != TYPE_ANY)
            t = type_optional(p->arena, t);
        shape_field(x, f->name, bad(t) && !bad(f->type) ? join_conflict(p, old, f->span, f->type, f->span) : t, f->span);
    }
}

static void shape_if(struct forming *x, struct scope *s, const struct ast_item *it)
{
    struct scope yes = { .up = s, .module = s->module, .fact = it->value }, no = { .up = s, .module = s->module, .fact = it->value, .unless = true };
    struct forming then = { .p = x->p }, other = { .p = x->p };
    check_cond(x->p, s, it->value, NULL);
    shape_items(&then, &yes, it->body);
    if (it->other_body)
        shape_items(&other, &no, it->other_body);
    shape_branch(x, &then, &other);
    shape_branch(x, &other, &then);
}

static void shape_set(struct forming *x, struct scope *s, const struct ast_body *b, size_t i)
{
    const struct ast_item *it = b->items[i];
    struct str name = it->path.v[0].text;
    if (it->path.n != 1) {
        report(x->p, DIAG_E0307, it->path.span, "a path cannot be set in an object");
        x->bad = true;
        return;
    }
    for (size_t k = 0; k < i; k++)
        if (b->items[k]->kind == ITEM_SET && b->items[k]->path.n == 1 && str_eq(b->items[k]->path.v[0].text, name)) {
            diag_second(x->p->diags, report(x->p, DIAG_E0306, it->path.span, "`%.*s` is set twice", STR_ARG(name)), b->items[k]->path.span, "first set here");
            x->bad = true;
        }
    struct info v = check_expr(x->p, s, it->value);
    shape_field(x, name, v.type, it->path.span);
}

static void shape_entry(struct forming *x, struct scope *s, const struct ast_item *it)
{
    struct info k = check_expr(x->p, s, it->other), v = check_expr(x->p, s, it->value);
    const struct type *t = bad(k.type) ? k.type : type_widen(x->p, k.type);
    x->bad = x->bad || bad(t);
    if (it->other->kind == EXPR_LITERAL && it->other->value->kind == VALUE_STRING) {
        shape_field(x, it->other->value->s, v.type, it->other->span);
        return;
    }
    if (!bad(t) && t->kind != TYPE_STRING && t->kind != TYPE_ANY && t->kind != TYPE_INT && t->kind != TYPE_ID && t->kind != TYPE_ARN && t->kind != TYPE_CIDR &&
        t->kind != TYPE_IP && t->kind != TYPE_UNION)
        report(x->p, DIAG_E0303, it->other->span, "a key must be text, this is %.*s", STR_ARG(type_words(x->p, t)));
    shape_elem(x, v.type);
}

static void shape_item(struct forming *x, struct scope *s, const struct ast_body *b, size_t i)
{
    const struct ast_item *it = b->items[i];
    struct program *p = x->p;
    switch (it->kind) {
    case ITEM_SET:
        shape_set(x, s, b, i);
        break;
    case ITEM_ENTRY:
        shape_entry(x, s, it);
        break;
    case ITEM_SPREAD:
        shape_spread(x, it->value, check_expr(p, s, it->value).type);
        break;
    case ITEM_INSTANCE: {
        struct forming in = { .p = p };
        shape_items(&in, s, it->body);
        x->any = x->any || it->name.text.n;
        x->bad = x->bad || in.bad;
        shape_field(x, it->path.v[0].text, &type_any, it->path.span);
        break;
    }
    case ITEM_FOR: {
        struct info source = check_expr(p, s, it->bind->source);
        size_t n;
        const struct named *v = check_bind_vars(p, it->bind, source, &n);
        struct scope in = { .up = s, .module = s->module, .vars = v, .nvars = n };
        if (it->bind->cond)
            check_cond(p, &in, it->bind->cond, NULL);
        in.fact = it->bind->cond;
        x->bad = x->bad || bad(source.type);
        shape_items(x, &in, it->body);
        break;
    }
    case ITEM_IF:
        shape_if(x, s, it);
        break;
    case ITEM_DECLARE:
        diag_help(p->diags, report(p, DIAG_E0307, it->span, "an object has values, not declarations"), "write `%.*s = ...`", STR_ARG(it->path.v[0].text));
        x->bad = true;
        break;
    default:
        report(p, DIAG_E0307, it->span, "`%s` cannot stand in an object", ast_item_word(it->kind));
        x->bad = true;
    }
}

static void shape_items(struct forming *x, struct scope *s, const struct ast_body *b)
{
    for (size_t i = 0; i < b->n; i++)
        shape_item(x, s, b, i);
}

static const struct type *shape_type(struct forming *x)
{
    struct program *p = x->p;
    if (x->bad)
        return &type_error;
    if (x->any)
        return &type_any;
    if (x->map) {
        for (size_t i = 0; i < x->n; i++)
            shape_elem(x, x->v[i].type);
        return type_map(p->arena, x->elem ? x->elem : &type_any);
    }
    struct type *t = arena_copy(p->arena, &type_any, sizeof *t);
    t->kind = TYPE_OBJECT;
    t->fields = x->v;
    t->nfields = x->n;
    return t;
}

struct info check_shape(struct program *p, struct scope *s, const struct ast_body *b)
{
    struct forming x = { .p = p };
    shape_items(&x, s, b);
    return info_of(b->broken ? &type_error : shape_type(&x));
}

struct info check_with(struct program *p, struct scope *s, const struct ast_expr *e)
{
    struct info base = check_expr(p, s, e->a);
    const struct type *t = bad(base.type) ? base.type : type_strip(base.type);
    if (!bad(t) && t->kind == TYPE_OBJECT && t->name.n) {
        struct type *open = arena_copy(p->arena, t, sizeof *t);
        struct type_field *v = ARENA_ARRAY(p->arena, struct type_field, t->nfields);
        for (size_t i = 0; i < t->nfields; i++) {
            v[i] = t->fields[i];
            if (v[i].type->kind != TYPE_OPTIONAL && !bad(v[i].type))
                v[i].type = type_optional(p->arena, v[i].type);
        }
        open->fields = v;
        check_object(p, s, e->body, open, e->span, t->name);
        return info_of(t);
    }
    struct forming x = { .p = p };
    shape_spread(&x, e->a, base.type);
    shape_items(&x, s, e->body);
    return info_of(shape_type(&x));
}
