/* scope.c - bodies: which names one { } declares, and how names of kinds, functions and imports are found.
 * Not here: types (typing.c), the chain of scopes while checking (check.h), values (frame.c). */
#include "sema.h"

static void twice(struct program *p, struct body *b, struct span at, struct str name, struct span first)
{
    if (b->module->std && !p->options.check_all)
        return;
    diag_second(p->diags, report(p, DIAG_E0306, at, "`%.*s` is used twice", STR_ARG(name)), first, "first used here");
}

/* A name of the same file that `name` would hide, looking outwards. */
static struct sym *hidden(const struct body *b, struct str name)
{
    for (b = b->up; b; b = b->up) {
        struct sym *s = map_get(&b->syms, name);
        if (s)
            return s;
    }
    return NULL;
}

static struct sym *sym_add(struct program *p, struct body *b, enum sym_kind k, struct ast_name name, const struct ast_item *item)
{
    struct map *where = k == SYM_OUT ? &b->outs : &b->syms;
    struct sym *s = map_get(where, name.text), *old = s;
    if (s || (k != SYM_OUT && k != SYM_INPUT && (old = hidden(b, name.text)))) {
        twice(p, b, name.span, name.text, old->span);
        if (s)
            return s;
    }
    s = ARENA_NEW(p->arena, struct sym);
    *s = (struct sym){ .kind = k, .name = name.text, .span = name.span, .item = item, .home = b, .index = b->nsyms++ };
    map_put(where, name.text, s);
    return s;
}

static bool declares(const struct body *b, struct str name)
{
    const struct sym *s = map_get(&b->syms, name);
    return s && s->kind == SYM_INPUT;
}

static bool other_branch(const struct sym *s, const struct body *b, const struct ast_item *it)
{
    return s->kind == SYM_INSTANCE && s->item != it && b->kind == BODY_NEST && !b->bind;
}

static void instance_name(struct program *p, struct body *b, struct body *owner, size_t top, const struct ast_item *it)
{
    bool keyed = it->key != NULL;
    struct sym *s = map_get(&owner->syms, it->name.text);
    if (s && s->kind == SYM_INSTANCE && (keyed || s->keyed || other_branch(s, b, it))) {
        if (keyed != s->keyed)
            twice(p, b, it->name.span, it->name.text, s->span);
    } else {
        s = sym_add(p, owner, SYM_INSTANCE, it->name, it);
        if (s->kind == SYM_INSTANCE && s->item == it) {
            s->keyed = keyed;
            s->optional = b != owner && !keyed;
            s->in = b;
        }
    }
    if (s->kind == SYM_INSTANCE && (!s->items.n || (size_t)(uintptr_t)s->items.v[s->items.n - 1] != top))
        vec_add(&s->items, (void *)(uintptr_t)top);
    for (struct body *x = b; x; x = x == owner ? NULL : x->up)
        map_put(&x->inside, it->name.text, s);
}

/* A let inside ifs only belongs to the body around them, as an instance does; inside a for it is the turn's own. */
static void let_name(struct program *p, struct body *b, struct body *owner, size_t top, const struct ast_item *it)
{
    const struct body *x = b;
    while (x != owner && !x->bind)
        x = x->up;
    if (b == owner || x != owner) {
        sym_add(p, b, SYM_LET, it->name, it);
        return;
    }
    struct sym *s = map_get(&owner->syms, it->name.text);
    if (!s || s->kind != SYM_LET || !s->optional)
        s = sym_add(p, owner, SYM_LET, it->name, it);
    s->optional = true;
    s->in = s->in ? s->in : b;
    vec_add(&s->items, (void *)(uintptr_t)top);
    for (struct body *y = b; y; y = y == owner ? NULL : y->up)
        map_put(&y->inside, it->name.text, s);
}

/* A block of the name of a field that this component declares: wiring. Marked ".name" in all bodies on the way. */
static void wiring_name(struct program *p, struct body *b, struct body *owner, const struct ast_item *it)
{
    struct str mark = str_fmt(p->arena, ".%.*s", STR_ARG(it->path.v[0].text));
    for (struct body *x = b; x; x = x == owner ? NULL : x->up)
        map_put(&x->inside, mark, x);
}

static void scan(struct program *p, struct body *b, struct body *owner, size_t top);

static void scan_item(struct program *p, struct body *b, struct body *owner, size_t i, size_t top)
{
    const struct ast_item *it = b->ast->items[i];
    switch (it->kind) {
    case ITEM_PARAM:
        sym_add(p, b, SYM_PARAM, it->name, it);
        break;
    case ITEM_LET:
        let_name(p, b, owner, top, it);
        break;
    case ITEM_OUT:
        sym_add(p, b, SYM_OUT, it->name, it);
        break;
    case ITEM_FOR:
    case ITEM_IF:
        b->kid[i] = body_make(p, BODY_NEST, b->module, b, it->body, it->bind, NULL);
        b->kid[i]->cond = it->kind == ITEM_IF ? it->value : NULL;
        scan(p, b->kid[i], owner, top);
        if (it->other_body) {
            b->other[i] = body_make(p, BODY_NEST, b->module, b, it->other_body, NULL, NULL);
            b->other[i]->cond = it->value;
            b->other[i]->unless = true;
            scan(p, b->other[i], owner, top);
        }
        break;
    case ITEM_INSTANCE:
        if (owner->kind == BODY_BLOCK)
            break;
        if (it->path.n == 1 && declares(owner, it->path.v[0].text))
            wiring_name(p, b, owner, it);
        else if (it->name.text.n)
            instance_name(p, b, owner, top, it);
        break;
    default:
        break;
    }
}

static void scan(struct program *p, struct body *b, struct body *owner, size_t top)
{
    for (size_t i = 0; i < b->ast->n; i++)
        scan_item(p, b, owner, i, b == owner ? i : top);
}

struct body *body_make(struct program *p, enum body_kind k, struct module *m, struct body *up, const struct ast_body *ast, const struct ast_bind *bind,
                       struct decl *d)
{
    struct body *b = ARENA_NEW(p->arena, struct body);
    *b = (struct body){ .kind = k, .up = up, .module = m, .decl = d, .ast = ast, .bind = bind };
    b->owner = k == BODY_NEST ? up->owner : b;
    b->kid = ARENA_ARRAY(p->arena, struct body *, ast->n);
    b->other = ARENA_ARRAY(p->arena, struct body *, ast->n);
    if (bind && bind->key.text.n)
        sym_add(p, b, SYM_VAR, bind->key, NULL);
    if (bind)
        sym_add(p, b, SYM_VAR, bind->value, NULL);
    for (size_t i = 0; k == BODY_COMPONENT && i < ast->n; i++)
        if (ast->items[i]->kind == ITEM_DECLARE && ast->items[i]->path.n == 1)
            sym_add(p, b, SYM_INPUT, ast->items[i]->path.v[0], ast->items[i]);
    if (k != BODY_NEST)
        scan(p, b, b, 0);
    return b;
}

struct body *body_kid(struct program *p, struct body *b, size_t item, bool other)
{
    struct body **at = other ? &b->other[item] : &b->kid[item];
    const struct ast_item *it = b->ast->items[item];
    if (!*at && it->kind == ITEM_INSTANCE)
        *at = body_make(p, BODY_BLOCK, b->module, b, it->body, NULL, NULL);
    return *at;
}

struct sym *body_sym(const struct body *b, struct str name)
{
    return map_get(&b->syms, name);
}

struct import *find_alias(struct module *m, struct str name)
{
    for (size_t i = 0; i < m->nimports; i++)
        if (m->imports[i].alias.n && str_eq(m->imports[i].alias, name)) {
            m->imports[i].used = true;
            return &m->imports[i];
        }
    return NULL;
}

struct decl *find_decl(struct program *p, struct module *m, const struct ast_path *path)
{
    (void)p;
    if (path->n == 2) {
        struct import *im = find_alias(m, path->v[0].text);
        return im && im->module && name_public(path->v[1].text) ? map_get(&im->module->decls, path->v[1].text) : NULL;
    }
    if (path->n != 1)
        return NULL;
    struct decl *d = map_get(&m->decls, path->v[0].text);
    for (size_t i = 0; !d && i < m->nimports; i++)
        if (m->imports[i].module && !m->imports[i].alias.n && name_public(path->v[0].text))
            d = map_get(&m->imports[i].module->decls, path->v[0].text);
    return d;
}

struct fn *find_fn(struct module *m, struct str alias, struct str name)
{
    if (alias.n) {
        struct import *im = find_alias(m, alias);
        return im && im->module && name_public(name) ? map_get(&im->module->fns, name) : NULL;
    }
    struct fn *f = map_get(&m->fns, name);
    for (size_t i = 0; !f && i < m->nimports; i++)
        if (m->imports[i].module && !m->imports[i].alias.n && name_public(name))
            f = map_get(&m->imports[i].module->fns, name);
    return f;
}

struct sym *find_export(struct module *m, struct str name, struct module **home)
{
    for (size_t i = 0; name_public(name) && i < m->nimports; i++) {
        struct module *o = m->imports[i].module;
        struct sym *s = o && !m->imports[i].alias.n && o->body ? body_sym(o->body, name) : NULL;
        if (s) {
            *home = o;
            return s;
        }
    }
    return NULL;
}

struct field *decl_field(const struct decl *d, struct str name)
{
    return map_get(&d->by_name, name);
}

struct field *decl_out(const struct decl *d, struct str name)
{
    return map_get(&d->out_by_name, name);
}

struct field *decl_made(const struct decl *d, struct str name)
{
    return map_get(&d->made_by_name, name);
}

void names_kinds(struct program *p, struct module *m, struct str alias, bool kinds, struct vec *out)
{
    for (size_t i = 0; i <= m->nimports; i++) {
        struct module *o = i ? m->imports[i - 1].module : alias.n ? NULL : m;
        if (!o || (i && !str_eq(m->imports[i - 1].alias, alias)))
            continue;
        for (size_t k = 0; k < o->decls.n; k++) {
            const struct decl *d = o->decls.e[k].value;
            bool kind = d->kind == DECL_RESOURCE || d->kind == DECL_COMPONENT;
            if ((!i || name_public(d->name)) && (kind || !kinds))
                names_add(p, out, d->name);
        }
    }
}
