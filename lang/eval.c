/* eval.c - expressions to values, as far as they are known; what is not becomes an unknown that holds its term.
 * Not here: lists, objects and loops (eval_many.c), calls (eval_call.c), when things are computed (frame.c). */
#include "eval.h"

/* What one evaluation may take, all rounds apart: much for every file, more for a long one, never over a GiB. Memory is looked at every
 * LOOK steps. */
enum { STEPS = 4000000, STEPS_PER_BYTE = 32, MEMORY = 160 << 20, MEMORY_PER_BYTE = 512, MEMORY_MOST = 1 << 30, LOOK = 1024 };

void eval_begin(struct program *p)
{
    size_t text = 0;
    for (size_t i = 0; i < p->nfiles; i++)
        text += p->files[i].std ? 0 : p->files[i].text.n;
    size_t memory = MEMORY + text * MEMORY_PER_BYTE;
    p->memory = memory < MEMORY_MOST ? memory : MEMORY_MOST;
    p->memory_at = arena_used(p->arena);
    p->steps = STEPS + (int64_t)text * STEPS_PER_BYTE;
    p->eval = (struct eval){ .arena = p->arena, .steps = p->steps };
}

const struct value *value_spend(struct program *p, struct span at)
{
    return value_spend_many(p, 1, at);
}

const struct value *value_spend_many(struct program *p, size_t n, struct span at)
{
    int64_t before = p->eval.steps;
    bool enough = before > 0 && n < (size_t)before;
    if (enough)
        p->eval.steps -= (int64_t)n;
    if (enough && (before / LOOK == p->eval.steps / LOOK || arena_used(p->arena) - p->memory_at < p->memory))
        return &value_none;
    if (before >= 0 && enough)
        report(p, DIAG_E0403, at, "evaluation needs more than %zu MiB of memory", p->memory >> 20);
    else if (before >= 0)
        report(p, DIAG_E0403, at, "evaluation takes more than %.1f million steps", (double)p->steps / 1e6);
    p->eval.steps = -1;
    return NULL;
}

const struct value *eval_checked(struct program *p, const struct value *v)
{
    if (p->eval.failed) {
        report_eval(p);
        return NULL;
    }
    return v;
}

/* ---- names ---- */

static const struct value *word(struct program *p, const struct frame *f, struct str name, struct span at)
{
    const struct field *x = decl_field(f->decl, name);
    if (!x)
        x = decl_out(f->decl, name);
    if (!x)
        x = decl_made(f->decl, name);
    const struct type *t = x ? x->type : NULL;
    for (const char *w = f->words; !t && *w;) {
        size_t n = strcspn(w, " ");
        if (n == name.n && !memcmp(w, name.s, n))
            t = &type_any;
        w += n + (w[n] == ' ');
    }
    return t ? value_unknown(p->arena, term_param(p->arena, name, t, at), t, PHASE_APPLY) : NULL;
}

/* In a frame; *found says whether it has the name at all. */
static const struct value *name_in(struct program *p, struct frame *f, struct str name, struct span at, bool *found)
{
    const struct value *v = NULL;
    struct sym *s;
    *found = true;
    switch (f->kind) {
    case FRAME_VARS:
        for (size_t i = f->nvars; i-- > 0;)
            if (str_eq(f->vars[i].name, name))
                return f->vars[i].value;
        break;
    case FRAME_BODY:
        if ((s = body_sym(f->body, name)) || (s = map_get(&f->body->outs, name)))
            return cell_value(p, f, s, at);
        break;
    case FRAME_SELF:
        if (decl_field(f->inst->decl, name))
            return instance_input(p, f->inst, (size_t)(decl_field(f->inst->decl, name) - f->inst->decl->fields));
        if (f->inst->decl->kind == DECL_RESOURCE && decl_out(f->inst->decl, name))
            return instance_member(p, f->inst, name, at, true);
        break;
    case FRAME_WORDS:
        if ((v = word(p, f, name, at)))
            return v;
        break;
    }
    *found = false;
    return NULL;
}

const struct value *eval_name(struct program *p, struct frame *f, struct str name, struct span at)
{
    bool found;
    struct module *home, *m = f->module;
    for (; f; f = f->up) {
        const struct value *v = name_in(p, f, name, at, &found);
        if (found)
            return v;
    }
    struct sym *s = find_export(m, name, &home);
    if (s)
        return cell_value(p, module_frame(p, home), s, at);
    report(p, DIAG_E0301, at, "nothing is called `%.*s` here", STR_ARG(name));
    return NULL;
}

static bool is_local(const struct frame *f, struct str name)
{
    for (; f; f = f->up) {
        if (f->kind == FRAME_BODY && body_sym(f->body, name))
            return true;
        if (f->kind == FRAME_SELF && decl_field(f->inst->decl, name))
            return true;
        if (f->kind == FRAME_WORDS && (decl_field(f->decl, name) || decl_out(f->decl, name) || decl_made(f->decl, name)))
            return true;
        for (size_t i = 0; i < f->nvars; i++)
            if (str_eq(f->vars[i].name, name))
                return true;
    }
    return false;
}

/* x.name where x is an import: the value it declares. *found false: x is no import. */
static const struct value *import_member(struct program *p, struct frame *f, const struct ast_expr *e, bool *found)
{
    struct import *im = e->a->kind == EXPR_NAME && !is_local(f, e->a->name.text) ? find_alias(f->module, e->a->name.text) : NULL;
    *found = im != NULL;
    if (!im || !im->module)
        return NULL;
    struct sym *s = body_sym(im->module->body, e->name.text);
    if (s && name_public(e->name.text))
        return cell_value(p, module_frame(p, im->module), s, e->span);
    report(p, DIAG_E0301, e->name.span, "%.*s has no value `%.*s`", STR_ARG(im->module->path), STR_ARG(e->name.text));
    return NULL;
}

static struct instance *own_component(struct frame *f)
{
    for (; f; f = f->up)
        if (f->inst)
            return f->inst;
    return NULL;
}

static const struct value *self_member(struct program *p, struct frame *f, const struct ast_expr *e)
{
    struct instance *i = own_component(f);
    if (!i) {
        report(p, DIAG_E0301, e->span, "`self` is only there inside a component");
        return NULL;
    }
    if (str_is(e->name.text, "label"))
        return value_str(p->arena, i->label);
    if (str_is(e->name.text, "address"))
        return value_str(p->arena, i->addr);
    report(p, DIAG_E0302, e->name.span, "`self` has `label` and `address`, not `%.*s`", STR_ARG(e->name.text));
    return NULL;
}

static bool holds_ref(const struct term *t)
{
    return t->kind == TERM_CONST && t->value->kind == VALUE_REF;
}

/* (if open then a else b).name, a and b instances: if open then a.name else b.name. */
static const struct value *member_of_either(struct program *p, const struct value *x, struct str name, bool lenient, struct span at)
{
    const struct term *t = x->unknown.term;
    const struct value *v[2];
    for (size_t i = 0; i < 2; i++) {
        const struct term *one = t->args[i + 1];
        const struct value *from = one->kind == TERM_CONST ? one->value : value_unknown(p->arena, one, x->unknown.type, x->unknown.phase);
        if (!(v[i] = eval_member(p, from, name, lenient, at)))
            return NULL;
    }
    const struct value *c = value_unknown(p->arena, t->args[0], &type_bool, x->unknown.phase);
    return eval_checked(p, expr_if(&p->eval, c, v[0], v[1], at));
}

const struct value *eval_member(struct program *p, const struct value *x, struct str name, bool lenient, struct span at)
{
    if (x->kind == VALUE_REF) {
        struct instance *i = instance_at(p, x->addr);
        return i ? instance_member(p, i, name, at, true) : NULL;
    }
    if (x->kind == VALUE_NONE)
        return x;
    if (x->kind == VALUE_UNKNOWN && x->unknown.term->kind == TERM_IF && (holds_ref(x->unknown.term->args[1]) || holds_ref(x->unknown.term->args[2])))
        return member_of_either(p, x, name, lenient, at);
    if (x->kind == VALUE_OBJECT && !value_get(x, name))
        return &value_none;                                /* the checker knows the names; one branch or entry may lack it */
    return eval_checked(p, expr_field(&p->eval, lenient ? x : eval_present(p, x), name, lenient, at));
}

static const struct value *eval_field(struct program *p, struct frame *f, const struct ast_expr *e)
{
    bool found = false;
    if (e->a->kind == EXPR_NAME) {
        if (str_is(e->a->name.text, "self") && !is_local(f, STR("self")))
            return self_member(p, f, e);
        const struct value *v = import_member(p, f, e, &found);
        if (found)
            return v;
    }
    const struct value *x = eval_expr(p, f, e->a);
    if (!x)
        return NULL;
    if (x->kind == VALUE_NONE && e->optional)
        return x;
    if (x->kind == VALUE_NONE) {
        struct str text = ast_text(p->sources, e->a->span);
        diag_help(p->diags, report(p, DIAG_E0304, e->span, "`%.*s` is none here, it has no `%.*s`", STR_ARG(text), STR_ARG(e->name.text)),
                  "write `%.*s?.%.*s`, or test it with `!= none`", STR_ARG(text), STR_ARG(e->name.text));
        return NULL;
    }
    return eval_member(p, x, e->name.text, e->optional, e->span);
}

static const struct value *eval_index(struct program *p, struct frame *f, const struct ast_expr *e)
{
    const struct value *x = eval_expr(p, f, e->a), *i = eval_expr(p, f, e->b);
    if (!x || !i)
        return NULL;
    bool refs = x->kind == VALUE_OBJECT && x->object.n && x->object.v[0].value->kind == VALUE_REF;
    if (i->kind == VALUE_UNKNOWN && refs) {
        if (p->options.offline && value_phase(i) != PHASE_APPLY)
            return x->object.v[0].value;
        if (!eval_decided(p, i, e->b->span, "key"))
            return NULL;
    }
    if (refs && i->kind == VALUE_STRING && !value_get(x, i->s)) {
        const struct value *any = value_get(x, STR("*"));
        if (any && p->options.offline)
            return any;
        struct vec names = { 0 };
        for (size_t k = 0; k < x->object.n; k++)
            names_add(p, &names, x->object.v[k].key);
        struct diag *d = report(p, DIAG_E0304, e->b->span, "`%.*s` has no entry \"%.*s\"", STR_ARG(ast_text(p->sources, e->a->span)), STR_ARG(i->s));
        report_suggest(p, d, i->s, SPAN_NONE, &names);
        return NULL;
    }
    return eval_checked(p, expr_index(&p->eval, x, i, e->span));
}

/* ---- operators ---- */

const struct value *eval_present(struct program *p, const struct value *v)
{
    if (v->kind != VALUE_UNKNOWN || v->unknown.type->kind != TYPE_OPTIONAL)
        return v;
    return value_unknown(p->arena, v->unknown.term, v->unknown.type->elem, v->unknown.phase);
}

/* An unknown whose type is not optional is something, whatever it will be. */
static bool surely(const struct value *v)
{
    return v->kind == VALUE_UNKNOWN && v->unknown.type->kind != TYPE_OPTIONAL && v->unknown.type->kind != TYPE_ANY && v->unknown.type->kind != TYPE_NONE;
}

static const struct value *eval_op(struct program *p, struct frame *f, const struct ast_expr *e)
{
    const struct value *x = eval_expr(p, f, e->a), *y = NULL;
    if (!x)
        return NULL;
    bool known = x->kind != VALUE_UNKNOWN;
    if (e->op == OP_AND && known && x->kind == VALUE_BOOL && !x->b)
        return x;
    if (e->op == OP_OR && known && x->kind == VALUE_BOOL && x->b)
        return x;
    if (e->op == OP_COALESCE && known && x->kind != VALUE_NONE)
        return x;
    if (e->op == OP_COALESCE && known)
        return eval_expr(p, f, e->b);
    if (e->op == OP_COALESCE && surely(x))
        return x;
    if (e->b && !(y = eval_expr(p, f, e->b)))
        return NULL;
    if ((e->op == OP_EQ || e->op == OP_NE) && ((surely(x) && y->kind == VALUE_NONE) || (surely(y) && x->kind == VALUE_NONE)))
        return value_bool(e->op == OP_NE);
    if (e->op != OP_EQ && e->op != OP_NE && e->op != OP_COALESCE && e->op != OP_IN) {
        x = eval_present(p, x);
        y = y ? eval_present(p, y) : NULL;
    }
    return eval_checked(p, expr_op(&p->eval, e->op, x, y, e->span));
}

static const struct value *eval_join(struct program *p, struct frame *f, const struct ast_expr *e)
{
    const struct value **v = ARENA_ARRAY(p->arena, const struct value *, e->args.n);
    for (size_t i = 0; i < e->args.n; i++)
        if (!(v[i] = eval_expr(p, f, e->args.v[i].value)))
            return NULL;
        else
            v[i] = eval_present(p, v[i]);
    return eval_checked(p, expr_join(&p->eval, v, e->args.n, e->span));
}

static const struct value *eval_if(struct program *p, struct frame *f, const struct ast_expr *e)
{
    const struct value *c = eval_expr(p, f, e->a);
    if (!c)
        return NULL;
    if (c->kind == VALUE_BOOL)
        return eval_expr(p, f, c->b ? e->b : e->c);
    if (c->kind != VALUE_UNKNOWN) {
        report(p, DIAG_E0303, e->a->span, "a condition must be a bool, this is %s", value_kind_name(c->kind));
        return NULL;
    }
    const struct value *x = eval_expr(p, f, e->b), *y = eval_expr(p, f, e->c);
    if (!x || !y)
        return NULL;
    if (p->options.offline && value_phase(c) != PHASE_APPLY && (x->kind == VALUE_REF || y->kind == VALUE_REF))
        return x->kind == VALUE_REF ? x : y;
    return eval_checked(p, expr_if(&p->eval, c, x, y, e->span));
}

const struct value *eval_expr(struct program *p, struct frame *f, const struct ast_expr *e)
{
    if (!value_spend(p, e->span))
        return NULL;
    switch (e->kind) {
    case EXPR_ERROR:
        return NULL;
    case EXPR_LITERAL:
        return e->value;
    case EXPR_JOIN:
        return eval_join(p, f, e);
    case EXPR_NAME:
        return eval_name(p, f, e->name.text, e->span);
    case EXPR_LIST:
        return eval_list(p, f, e);
    case EXPR_OBJECT:
        return eval_body(p, f, e->body);
    case EXPR_FOR:
        return eval_loop(p, f, e);
    case EXPR_OP:
        return eval_op(p, f, e);
    case EXPR_FIELD:
        return eval_field(p, f, e);
    case EXPR_INDEX:
        return eval_index(p, f, e);
    case EXPR_CALL:
        return eval_call(p, f, e);
    case EXPR_IF:
        return eval_if(p, f, e);
    case EXPR_WITH:
        return eval_with(p, f, e);
    }
    return NULL;
}

/* ---- values where a type is declared ---- */

const struct value *value_fit(struct program *p, const struct type *t, const struct value *v, const struct ast_expr *e, struct span at, struct span declared,
                        struct str what)
{
    struct type_mistake m = { 0 };
    if (t->kind == TYPE_ERROR)
        return NULL;
    const struct value *x = type_admit(&p->eval, t, v, &m);
    if (x)
        return x;
    if (p->eval.failed)
        report_eval(p);
    else
        report_mistake(p, t, &m, e, at, declared, what);
    return NULL;
}

const struct value *eval_as(struct program *p, struct frame *f, const struct ast_expr *e, const struct type *t, struct span declared, struct str what)
{
    const struct value *v = eval_expr(p, f, e);
    return v ? value_fit(p, t, v, e, e->span, declared, what) : NULL;
}

/* ---- what must be known now ---- */

struct seeking {
    struct program *p;
    bool waits, apply;
    const struct term *first;
};

static void seek(void *user, const struct term *ref)
{
    struct seeking *s = user;
    struct instance *i = instance_at(s->p, ref->name);
    if (!s->first)
        s->first = ref;
    if (i && i->decl->lookup && !i->answer) {
        map_put(&s->p->open, i->addr, i);
        s->waits = true;
    } else {
        s->apply = true;
        s->first = ref;
    }
}

const struct value *eval_decided(struct program *p, const struct value *v, struct span at, const char *use)
{
    if (v->kind != VALUE_UNKNOWN)
        return v;
    struct seeking s = { .p = p };
    value_refs(v, seek, &s);
    if (v->unknown.phase != PHASE_APPLY && s.waits)
        return NULL;
    if (v->unknown.phase == PHASE_PLAN && !s.first) {
        report(p, DIAG_E0505, at, "this %s needs a parameter that has no value", use);
        return NULL;
    }
    struct diag *x = report(p, DIAG_E0401, at, "the %s `%.*s` is only known after apply", use, STR_ARG(ast_text(p->sources, at)));
    diag_label(p->diags, x, "used as a %s here", use);
    if (s.first && s.first->span.file && s.first->span.off != at.off)
        diag_second(p->diags, x, s.first->span, "`%.*s.%.*s` gets its value when AWS creates it", STR_ARG(s.first->name), STR_ARG(s.first->path));
    else if (s.first)
        diag_note(p->diags, x, "`%.*s.%.*s` gets its value when AWS creates it", STR_ARG(s.first->name), STR_ARG(s.first->path));
    diag_note(p->diags, x, "it decides which resources there are, so it must be known before anything is created");
    diag_help(p->diags, x, "use something you wrote: a literal, a parameter, the key of another instance");
    return NULL;
}
