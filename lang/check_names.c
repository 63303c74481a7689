/* check_names.c - names to types: symbols of bodies, members of instances and objects, what an enclosing condition tells about none. */
#include "check.h"

/* ---- what a condition tells ---- */

static bool same(const struct ast_expr *a, const struct ast_expr *b)
{
    if (!a || !b || a->kind != b->kind)
        return a == b;
    switch (a->kind) {
    case EXPR_NAME:
        return str_eq(a->name.text, b->name.text);
    case EXPR_FIELD:
        return str_eq(a->name.text, b->name.text) && same(a->a, b->a);
    case EXPR_INDEX:
        return same(a->a, b->a) && same(a->b, b->b);
    case EXPR_OP:
        return a->op == b->op && same(a->a, b->a) && same(a->b, b->b);
    case EXPR_LITERAL:
        return a->value->kind == b->value->kind && value_eq(a->value, b->value);
    case EXPR_CALL:
        if (a->args.n != b->args.n || !same(a->a, b->a))
            return false;
        for (size_t i = 0; i < a->args.n; i++)
            if (!same(a->args.v[i].value, b->args.v[i].value))
                return false;
        return true;
    default:
        return false;
    }
}

static bool none(const struct ast_expr *e)
{
    return e->kind == EXPR_LITERAL && e->value->kind == VALUE_NONE;
}

/* a?.b is something only when a is. */
static bool reaches(const struct ast_expr *e, const struct ast_expr *path)
{
    for (; e; e = e->kind == EXPR_FIELD || e->kind == EXPR_INDEX ? e->a : NULL)
        if (same(e, path))
            return true;
    return false;
}

/* Does `cond` being `truth` say that path is not none? */
static bool tells(const struct ast_expr *cond, bool truth, const struct ast_expr *path)
{
    if (cond->kind != EXPR_OP)
        return false;
    if (cond->op == OP_NOT)
        return tells(cond->a, !truth, path);
    if ((cond->op == OP_AND && truth) || (cond->op == OP_OR && !truth))
        return tells(cond->a, truth, path) || tells(cond->b, truth, path);
    if ((cond->op == OP_NE && truth) || (cond->op == OP_EQ && !truth))
        return (none(cond->b) && reaches(cond->a, path)) || (none(cond->a) && reaches(cond->b, path));
    return false;
}

bool scope_holds(const struct scope *s, const struct ast_expr *path)
{
    for (; s; s = s->up) {
        if (s->fact && tells(s->fact, !s->unless, path))
            return true;
        for (const struct body *b = s->body; b; b = b->up)
            if ((b->cond && tells(b->cond, !b->unless, path)) || (b->bind && b->bind->cond && tells(b->bind->cond, true, path)))
                return true;
    }
    return false;
}

static bool contains(const struct ast_expr *all, bool truth, const struct ast_expr *cond, bool want)
{
    if (same(all, cond) && truth == want)
        return true;
    if (all->kind != EXPR_OP)
        return false;
    if (all->op == OP_NOT)
        return contains(all->a, !truth, cond, want);
    if ((all->op == OP_AND && truth) || (all->op == OP_OR && !truth))
        return contains(all->a, truth, cond, want) || contains(all->b, truth, cond, want);
    if ((all->op == OP_EQ || all->op == OP_NE) && cond->kind == EXPR_OP && (cond->op == OP_EQ || cond->op == OP_NE) && all->op != cond->op)
        return same(all->a, cond->a) && same(all->b, cond->b) && truth != want;
    return false;
}

bool scope_holds_cond(const struct scope *s, const struct ast_expr *cond, bool unless)
{
    for (; s; s = s->up) {
        if (s->fact && contains(s->fact, !s->unless, cond, !unless))
            return true;
        for (const struct body *b = s->body; b; b = b->up)
            if (b->cond && contains(b->cond, !b->unless, cond, !unless))
                return true;
    }
    return false;
}

/* ---- symbols ---- */

void check_bind(struct program *p, struct body *b)
{
    if (b->bound || !b->bind)
        return;
    b->bound = true;
    struct scope s = { .module = b->module, .body = b->up };
    struct info source = check_expr(p, &s, b->bind->source);
    size_t n;
    struct named *v = check_bind_vars(p, b->bind, source, &n);
    check_decided(p, &source, b->bind->source, "source of `for`");
    for (size_t i = 0; i < n; i++) {
        struct sym *x = body_sym(b, v[i].name.text);
        if (!x || x->kind != SYM_VAR)
            continue;
        x->type = v[i].info.type;
        x->phase = v[i].info.phase;
        x->phase_at = v[i].info.at;
        x->state = WORK_DONE;
    }
    if (b->bind->cond) {
        struct scope in = { .module = b->module, .body = b };
        check_cond(p, &in, b->bind->cond, "condition");
    }
}

static struct info declared_or_inferred(struct program *p, struct sym *s, const struct ast_type *t, const struct ast_expr *e)
{
    struct scope sc = { .module = s->home->module, .body = (struct body *)(uintptr_t)(s->in ? s->in : s->home) };
    struct str what = str_fmt(p->arena, "`%.*s`", STR_ARG(s->name));
    struct info got = info_of(&type_any);
    if (!t)
        return e ? check_expr(p, &sc, e) : INFO_ERROR;
    const struct type *want = type_syntax(p, s->home->module, t);
    if (bad(want)) {
        if (e)
            check_expr(p, &sc, e);
        return INFO_ERROR;
    }
    bool good = !e || check_as(p, &sc, e, want, t->span, what, &got);
    got.type = good ? want : &type_error;
    return got;
}

static bool both_branches(const struct sym *s)
{
    if (s->items.n != 1)
        return false;
    size_t top = (size_t)(uintptr_t)s->items.v[0];
    const struct body *yes = s->home->kid[top], *no = s->home->other[top];
    return yes && no && map_has(&yes->inside, s->name) && map_has(&no->inside, s->name);
}

static struct info instance_info(struct program *p, struct sym *s)
{
    s->decl = find_decl(p, s->home->module, &s->item->path);
    if (!s->decl || (s->decl->kind != DECL_RESOURCE && s->decl->kind != DECL_COMPONENT))
        return INFO_ERROR;
    decl_complete(p, s->decl);
    const struct type *t = s->decl->type;
    if (s->keyed)
        t = type_map(p->arena, t);
    else if (s->optional && !both_branches(s))
        t = type_optional(p->arena, t);
    return info_of(t);
}

static void let_cycle(struct program *p, struct sym *s)
{
    struct buf b = { 0 };
    size_t i = p->checking.n;
    while (i && p->checking.v[i - 1] != s)
        i--;
    i = i ? i - 1 : 0;
    for (size_t k = i; k < p->checking.n; k++)
        buf_fmt(&b, "%.*s -> ", STR_ARG(((struct sym *)p->checking.v[k])->name));
    buf_str(&b, s->name);
    struct diag *x = report(p, DIAG_E0402, s->span, "`%.*s` is defined by itself: %.*s", STR_ARG(s->name), (int)b.n, b.s);
    for (size_t k = i + 1; k < p->checking.n && k < i + 4; k++)
        diag_second(p->diags, x, ((struct sym *)p->checking.v[k])->span, "through `%.*s`", STR_ARG(((struct sym *)p->checking.v[k])->name));
    buf_fini(&b);
}

static struct info compute(struct program *p, struct sym *s)
{
    switch (s->kind) {
    case SYM_PARAM: {
        struct info i = declared_or_inferred(p, s, s->item->type, s->item->value);
        i.phase = PHASE_KNOWN;
        i.type = s->item->type ? i.type : type_widen(p, i.type);
        return i;
    }
    case SYM_LET:
    case SYM_OUT:
        return declared_or_inferred(p, s, s->item->type, s->item->value);
    case SYM_INPUT: {
        decl_complete(p, s->home->decl);
        const struct field *f = decl_field(s->home->decl, s->name);
        return f && f->type ? info_of(f->type) : INFO_ERROR;
    }
    case SYM_INSTANCE:
        return instance_info(p, s);
    case SYM_VAR:
        check_bind(p, s->home);
        return s->state == WORK_DONE && s->type ? (struct info){ s->type, s->phase, s->phase_at } : INFO_ERROR;
    }
    return INFO_ERROR;
}

struct info sym_info(struct program *p, struct sym *s)
{
    if (s->state == WORK_DONE)
        return (struct info){ s->type, s->phase, s->phase_at };
    if (s->state == WORK_POISON)
        return INFO_ERROR;
    if (s->state == WORK_BUSY) {
        let_cycle(p, s);
        s->state = WORK_POISON;
        return INFO_ERROR;
    }
    if (p->checking.n >= CELL_DEPTH) {
        report(p, DIAG_E0403, s->span, "`%.*s` is nested too deep: more than %d definitions wait for each other", STR_ARG(s->name), CELL_DEPTH);
        s->state = WORK_POISON;
        return INFO_ERROR;
    }
    struct diags quiet, *loud = p->diags;
    bool hush = s->home->module->std && !p->options.check_all;
    if (hush) {
        p->hushed++;
        diags_init(&quiet);
        p->diags = &quiet;
    }
    vec_add(&p->checking, s);
    s->state = WORK_BUSY;
    struct info i = compute(p, s);
    vec_pop(&p->checking);
    if (hush) {
        p->hushed--;
        p->diags = loud;
        diags_fini(&quiet);
        if (bad(i.type))
            i.type = &type_any;
    }
    if (s->state == WORK_POISON)
        return INFO_ERROR;
    s->state = WORK_DONE;
    s->type = i.type;
    s->phase = i.phase;
    s->phase_at = i.at;
    return i;
}

const struct type *check_out_type(struct program *p, struct decl *d, struct field *o)
{
    if (o->type)
        return o->type;
    struct sym *s = d->body ? map_get(&d->body->outs, o->name) : NULL;
    const struct type *t = s ? sym_info(p, s).type : &type_any;
    return o->type = bad(t) ? t : type_widen(p, t);
}

/* ---- names ---- */

static const struct type *word_type(const struct scope *s, struct str name)
{
    for (const char *w = s->words ? s->words : ""; *w;) {
        size_t n = strcspn(w, " ");
        if (n == name.n && !memcmp(w, name.s, n))
            return &type_any;
        w += n + (w[n] == ' ');
    }
    return NULL;
}

static bool here(struct program *p, struct scope *s, const struct scope *innermost, const struct ast_expr *e, struct info *out)
{
    struct str name = e->name.text;
    for (size_t i = s->nvars; i-- > 0;)
        if (str_eq(s->vars[i].name.text, name)) {
            ((struct named *)(uintptr_t)&s->vars[i])->used = true;
            *out = s->vars[i].info;
            return true;
        }
    const struct field *f = s->self ? decl_field(s->self, name) : NULL;
    if (!f && s->self && s->self->kind == DECL_RESOURCE)
        f = decl_out(s->self, name);
    if (!f && s->self)
        f = decl_made(s->self, name);
    if (f) {
        ((struct field *)(uintptr_t)f)->used = true;
        *out = info_of(f->type ? f->type : &type_any);
        return true;
    }
    const struct type_field *tf = s->object ? type_field(s->object, name) : NULL;
    const struct type *w = tf ? tf->type : word_type(s, name);
    if (w) {
        *out = info_of(w);
        return true;
    }
    for (struct body *b = s->body; b; b = b->up) {
        struct sym *x = body_sym(b, name);
        if (!x)
            x = map_get(&b->outs, name);
        if (!x)
            continue;
        x->used = true;
        *out = sym_info(p, x);
        if (x->kind == SYM_INSTANCE && x->optional && x->in && x->in->cond && out->type->kind == TYPE_OPTIONAL && scope_holds_cond(innermost, x->in->cond, x->in->unless))
            out->type = out->type->elem;
        return true;
    }
    return false;
}

/* ---- names that are not there ---- */

struct choice {
    struct program *p;
    struct candidate *v;
    size_t n, cap;
};

enum { OFFERS = 2000 };                                    /* of a generated file with more names, the nearest */

static void offer(struct choice *c, struct str name, struct span span, const bool *used)
{
    if (c->n == OFFERS)
        return;
    if (c->n == c->cap) {
        struct candidate *more = ARENA_ARRAY(c->p->arena, struct candidate, c->cap ? 2 * c->cap : 32);
        if (c->n)
            memcpy(more, c->v, c->n * sizeof *more);
        c->cap = c->cap ? 2 * c->cap : 32;
        c->v = more;
    }
    c->v[c->n++] = (struct candidate){ name, span, used };
}

static void offer_body(struct choice *c, const struct body *b)
{
    for (size_t i = 0; i < b->syms.n; i++) {
        const struct sym *x = b->syms.e[i].value;
        offer(c, x->name, x->span, &x->used);
    }
}

static void visible(struct choice *c, struct scope *s)
{
    struct module *m = s->module;
    for (; s; s = s->up) {
        for (size_t i = 0; i < s->nvars; i++)
            offer(c, s->vars[i].name.text, s->vars[i].name.span, &s->vars[i].used);
        for (size_t i = 0; s->self && i < s->self->nfields; i++)
            offer(c, s->self->fields[i].name, s->self->fields[i].item->path.span, &s->self->fields[i].used);
        for (size_t i = 0; s->self && s->self->kind == DECL_RESOURCE && i < s->self->nouts; i++)
            offer(c, s->self->outs[i].name, s->self->outs[i].item->name.span, &s->self->outs[i].used);
        for (size_t i = 0; s->self && i < s->self->nmades; i++)
            offer(c, s->self->mades[i].name, s->self->mades[i].item->name.span, &s->self->mades[i].used);
        for (size_t i = 0; s->object && i < s->object->nfields; i++)
            offer(c, s->object->fields[i].name, SPAN_NONE, NULL);
        for (const char *w = s->words ? s->words : ""; *w;) {
            size_t n = strcspn(w, " ");
            offer(c, (struct str){ w, n }, SPAN_NONE, NULL);
            w += n + (w[n] == ' ');
        }
        for (struct body *b = s->body; b; b = b->up)
            offer_body(c, b);
    }
    for (size_t i = 0; i < m->nimports; i++) {
        const struct import *im = &m->imports[i];
        if (im->alias.n)
            offer(c, im->alias, im->item->name.span, &im->used);
        else if (im->module && im->module->body)
            for (size_t k = 0; k < im->module->body->syms.n; k++)
                if (name_public(im->module->body->syms.e[k].key))
                    offer(c, im->module->body->syms.e[k].key, SPAN_NONE, NULL);
    }
}

static void functions(struct choice *c, struct module *m)
{
    for (size_t i = 0; i <= m->nimports; i++) {
        const struct module *o = i ? m->imports[i - 1].module : m;
        if (!o || (i && m->imports[i - 1].alias.n))
            continue;
        for (size_t k = 0; k < o->fns.n; k++) {
            const struct fn *f = o->fns.e[k].value;
            offer(c, f->name, f->item->name.span, &f->used);
        }
    }
    for (size_t i = 0; i < builtin_count(); i++)
        offer(c, str_of(builtin_at(i)->name), SPAN_NONE, NULL);
    offer(c, STR("file"), SPAN_NONE, NULL);
    offer(c, STR("file_blob"), SPAN_NONE, NULL);
    offer(c, STR("template"), SPAN_NONE, NULL);
}

struct info check_name(struct program *p, struct scope *s, const struct ast_expr *e, bool call)
{
    struct info out;
    struct module *home;
    for (struct scope *x = call ? NULL : s; x; x = x->up)
        if (here(p, x, s, e, &out)) {
            if (out.type->kind == TYPE_OPTIONAL && scope_holds(s, e))
                out.type = out.type->elem;
            return out;
        }
    struct sym *sym = call ? NULL : find_export(s->module, e->name.text, &home);
    if (sym)
        return sym_info(p, sym);
    struct choice c = { .p = p };
    if (!call && (find_fn(s->module, STR(""), e->name.text) || builtin_find(e->name.text))) {
        diag_label(p->diags, report(p, DIAG_E0301, e->span, "nothing is called `%.*s` here", STR_ARG(e->name.text)), "a function: call it with ( )");
        return INFO_ERROR;
    }
    if (lost_again(p, e->name.text, e->span, call ? "no function" : "nothing"))
        return INFO_ERROR;
    if (call)
        functions(&c, s->module);
    else
        visible(&c, s);
    lost_add(p, e->name.text, e->span, call ? "no function" : "nothing", c.v, c.n);
    return INFO_ERROR;
}

void field_lost(struct program *p, const struct decl *d, struct str name, struct span at)
{
    struct choice c = { .p = p };
    if (lost_again(p, name, at, "no field"))
        return;
    for (size_t i = 0; i < d->nfields; i++)
        offer(&c, d->fields[i].name, d->fields[i].item->path.span, &d->fields[i].used);
    for (size_t i = 0; i < d->nouts; i++)
        offer(&c, d->outs[i].name, d->outs[i].item->name.span, &d->outs[i].used);
    lost_add(p, name, at, "no field", c.v, c.n);
}

bool constraint_good(struct program *p, struct module *m, const struct decl *self, const struct ast_expr *e, const struct type *it)
{
    if (m->std && !p->options.check_all)
        return true;
    struct named *v = ARENA_NEW(p->arena, struct named);   /* not on the stack: a name that is lost remembers who was there */
    *v = (struct named){ { STR("it"), e->span }, info_of(it), true };
    struct scope up = { .module = m, .body = m->body }, s = { .up = &up, .module = m, .vars = v, .nvars = it ? 1 : 0, .self = self };
    size_t errors = p->diags->errors, lost = p->lost.n;
    struct info i = check_expr(p, &s, e);
    if (it && !bad(i.type) && i.type->kind != TYPE_BOOL && i.type->kind != TYPE_ANY && !(e->kind == EXPR_OP && e->op == OP_RANGE))
        report(p, DIAG_E0303, e->span, "a constraint must be a bool over `it`, this is %.*s", STR_ARG(type_words(p, type_widen(p, i.type))));
    return !bad(i.type) && p->diags->errors == errors && p->lost.n == lost;
}

void alias_lost(struct program *p, struct module *m, const struct ast_name *name)
{
    struct choice c = { .p = p };
    if (lost_again(p, name->text, name->span, "no import"))
        return;
    for (size_t i = 0; i < m->nimports; i++)
        if (m->imports[i].alias.n)
            offer(&c, m->imports[i].alias, m->imports[i].item->name.span, &m->imports[i].used);
    lost_add(p, name->text, name->span, "no import", c.v, c.n);
}

struct import *scope_alias(struct program *p, struct scope *s, const struct ast_expr *e)
{
    struct info out;
    struct import *im = e->kind == EXPR_NAME ? find_alias(s->module, e->name.text) : NULL;
    for (; im && s; s = s->up)
        if (here(p, s, s, e, &out))
            return NULL;
    return im;
}

/* ---- members ---- */

static struct info no_member(struct program *p, const struct ast_expr *e, struct str what, struct vec *names)
{
    struct diag *x = report(p, DIAG_E0302, e->name.span, "%.*s has no `%.*s`", STR_ARG(what), STR_ARG(e->name.text));
    report_suggest(p, x, e->name.text, e->name.span, names);
    return INFO_ERROR;
}

static bool declared_in(const struct scope *s, const struct decl *d)
{
    for (; s; s = s->up)
        for (const struct body *b = s->body; b; b = b->up)
            if (b->decl)
                for (size_t i = 0; i < b->decl->nfields; i++) {
                    const struct type *t = b->decl->fields[i].type ? type_strip(b->decl->fields[i].type) : &type_any;
                    const struct type *in = t->kind == TYPE_MAP ? t->elem : t;
                    if (type_decl(in) == d)
                        return true;
                    for (size_t k = 0; in->kind == TYPE_OBJECT && k < in->nfields; k++)
                        if (type_decl(in->fields[k].type) == d)
                            return true;
                }
    return false;
}

static struct info instance_member_info(struct program *p, struct scope *s, const struct ast_expr *e, struct decl *d)
{
    decl_complete(p, d);
    struct field *o = decl_out(d, e->name.text);
    const struct field *f = decl_field(d, e->name.text);
    if (o) {
        struct info i = info_of(check_out_type(p, d, o));
        const struct sym *out = d->body ? map_get(&d->body->outs, o->name) : NULL;
        if ((d->kind == DECL_RESOURCE && !d->lookup) || (out && out->state == WORK_DONE && out->phase == PHASE_APPLY)) {
            i.phase = PHASE_APPLY;
            i.at = e->span;
        }
        return i;
    }
    bool inputs = d->kind == DECL_RESOURCE || declared_in(s, d);
    if (f && inputs)
        return info_of(f->type ? f->type : &type_any);
    struct vec names = { 0 };
    for (size_t i = 0; i < d->nouts; i++)
        names_add(p, &names, d->outs[i].name);
    for (size_t i = 0; inputs && i < d->nfields; i++)
        names_add(p, &names, d->fields[i].name);
    if (f) {
        struct diag *x = report(p, DIAG_E0302, e->name.span, "`%.*s` is an input of `%.*s`; from outside only its outs are read", STR_ARG(e->name.text),
                                STR_ARG(d->name));
        report_suggest(p, x, e->name.text, SPAN_NONE, &names);
        return INFO_ERROR;
    }
    return no_member(p, e, str_fmt(p->arena, "%s `%.*s`", d->kind == DECL_RESOURCE ? "resource" : "component", STR_ARG(d->name)), &names);
}

struct info member_info(struct program *p, struct scope *s, const struct ast_expr *e, const struct type *base)
{
    struct vec names = { 0 };
    const struct type_field *f;
    switch (base->kind) {
    case TYPE_ANY:
    case TYPE_DOCUMENT:
        return info_of(&type_any);
    case TYPE_ERROR:
        return INFO_ERROR;
    case TYPE_INSTANCE:
        return instance_member_info(p, s, e, (struct decl *)(uintptr_t)base->decl);
    case TYPE_MAP:
        return info_of(base->elem);
    case TYPE_BLOB:
    case TYPE_OBJECT:
        if ((f = type_field(base, e->name.text)))
            return info_of(f->type);
        if (base->open)
            return info_of(&type_any);
        for (size_t i = 0; i < base->nfields; i++)
            names_add(p, &names, base->fields[i].name);
        return no_member(p, e, base->name.n ? str_fmt(p->arena, "`%.*s`", STR_ARG(base->name)) : base->kind == TYPE_BLOB ? STR("a blob") : STR("this object"), &names);
    default:
        report(p, DIAG_E0302, e->name.span, "%.*s has no fields, so no `%.*s`", STR_ARG(type_words(p, base)), STR_ARG(e->name.text));
        return INFO_ERROR;
    }
}
