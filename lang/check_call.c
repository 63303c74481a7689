/* check_call.c - calls: which function, which argument goes where, recursion. */
#include "check.h"

static struct fn *callee(struct program *p, struct scope *s, const struct ast_expr *e, bool *alias)
{
    *alias = false;
    if (e->a->kind == EXPR_NAME)
        return find_fn(s->module, STR(""), e->a->name.text);
    if (e->a->kind == EXPR_FIELD && scope_alias(p, s, e->a->a)) {
        *alias = true;
        return find_fn(s->module, e->a->a->name.text, e->a->name.text);
    }
    return NULL;
}

static struct info no_function(struct program *p, struct scope *s, const struct ast_expr *e, bool alias)
{
    struct vec names = { 0 };
    for (size_t i = 0; i < e->args.n; i++)
        check_expr(p, s, e->args.v[i].value);
    if (alias) {
        struct import *im = find_alias(s->module, e->a->a->name.text);
        if (!im->module)
            return INFO_ERROR;
        for (size_t i = 0; i < im->module->fns.n; i++)
            names_add(p, &names, im->module->fns.e[i].key);
        report_suggest(p, report(p, DIAG_E0301, e->a->name.span, "`%.*s` has no function `%.*s`", STR_ARG(im->alias), STR_ARG(e->a->name.text)), e->a->name.text,
                e->a->name.span, &names);
        return INFO_ERROR;
    }
    if (e->a->kind == EXPR_NAME)
        return check_name(p, s, e->a, true);
    if (bad(check_expr(p, s, e->a).type))
        return INFO_ERROR;
    report(p, DIAG_E0308, e->span, "this is no function, it cannot be called");
    return INFO_ERROR;
}

static size_t param_at(const struct fn *f, struct str name)
{
    for (size_t i = 0; i < f->item->nparams; i++)
        if (str_eq(f->item->params[i].name.text, name))
            return i;
    return SIZE_MAX;
}

static bool place(struct program *p, const struct fn *f, const struct ast_arg *a, size_t *pos, size_t *out)
{
    *out = a->name.text.n ? param_at(f, a->name.text) : (*pos)++;
    if (*out < f->item->nparams)
        return true;
    if (!a->name.text.n) {
        struct diag *x = report(p, DIAG_E0308, a->span, "`%.*s` takes %zu argument%s", STR_ARG(f->name), f->item->nparams, f->item->nparams == 1 ? "" : "s");
        diag_second(p->diags, x, f->item->name.span, "declared here");
        return false;
    }
    struct vec names = { 0 };
    for (size_t i = 0; i < f->item->nparams; i++)
        names_add(p, &names, f->item->params[i].name.text);
    struct diag *x = report(p, DIAG_E0308, a->name.span, "`%.*s` has no argument `%.*s`", STR_ARG(f->name), STR_ARG(a->name.text));
    report_suggest(p, x, a->name.text, a->name.span, &names);
    return false;
}

static const struct type *fn_result(struct program *p, struct fn *f)
{
    if (f->result)
        return f->result;
    if (f->check_state == WORK_BUSY)
        return &type_error;
    struct diags quiet, *loud = p->diags;
    bool hush = f->module->std && !p->options.check_all;
    if (hush) {
        p->hushed++;
        diags_init(&quiet);
        p->diags = &quiet;
    }
    check_fn(p, f);
    if (hush) {
        p->hushed--;
        p->diags = loud;
        diags_fini(&quiet);
    }
    if (hush && bad(f->result))
        f->result = &type_any;
    return f->result ? f->result : &type_error;
}

static struct info call_fn(struct program *p, struct scope *s, const struct ast_expr *e, struct fn *f)
{
    struct info out = info_of(NULL);
    bool *given = ARENA_ARRAY(p->arena, bool, f->item->nparams), good = true;
    size_t pos = 0, at;
    f->used = true;
    fn_types(p, f);
    for (size_t i = 0; i < e->args.n; i++) {
        const struct ast_arg *a = &e->args.v[i];
        struct info x = INFO_ERROR;
        if (!place(p, f, a, &pos, &at)) {
            check_expr(p, s, a->value);
            good = false;
            continue;
        }
        given[at] = true;
        struct str what = str_fmt(p->arena, "argument `%.*s` of `%.*s`", STR_ARG(f->item->params[at].name.text), STR_ARG(f->name));
        if (bad(f->params[at]))
            check_expr(p, s, a->value);
        else
            check_as(p, s, a->value, f->params[at], f->item->params[at].span, what, &x);
        if (x.phase > out.phase) {
            out.phase = x.phase;
            out.at = x.at;
        }
    }
    for (size_t i = 0; good && i < f->item->nparams; i++)
        if (!given[i] && !f->item->params[i].dflt && f->params[i]->kind != TYPE_OPTIONAL) {
            struct diag *x = report(p, DIAG_E0308, e->span, "`%.*s` needs the argument `%.*s`", STR_ARG(f->name), STR_ARG(f->item->params[i].name.text));
            diag_second(p->diags, x, f->item->params[i].span, "declared here as `%.*s`", STR_ARG(type_words(p, f->params[i])));
            good = false;
        }
    out.type = fn_result(p, f);
    return good ? out : INFO_ERROR;
}

/* A named argument of a built-in, or the next position. */
static bool builtin_place(struct program *p, const struct builtin *b, const struct ast_arg *a, size_t *pos, size_t *out)
{
    *out = a->name.text.n ? builtin_position(b, a->name.text) : (*pos)++;
    if (*out < (b->max < 64 ? b->max : 64))
        return true;
    if (a->name.text.n)
        diag_note(p->diags, report(p, DIAG_E0308, a->name.span, "`%s` has no argument `%.*s`", b->name, STR_ARG(a->name.text)), "%s", b->signature);
    else
        diag_note(p->diags, report(p, DIAG_E0308, a->span, "`%s` takes at most %zu argument%s", b->name, b->max, b->max == 1 ? "" : "s"), "%s", b->signature);
    return false;
}

/* size, keys, contains and such know their answer from the shape alone; the phase of what is inside does not matter. */
static bool shape_only(const char *name)
{
    return !strcmp(name, "size") || !strcmp(name, "keys") || !strcmp(name, "get") || !strcmp(name, "values") || !strcmp(name, "take");
}

/* Outside of a `made` it would give another value at each plan. */
static bool makes_here(struct program *p, const struct scope *s, const struct ast_expr *e, const struct builtin *b)
{
    while (s && !s->makes)
        s = s->up;
    if (b->makes && !s)
        diag_help(p->diags, report(p, DIAG_E0315, e->span, "`%s` gives another value each time", b->name), "write `made key = %s(...)` in a resource type, and use it in the `send` of its `create`",
                  b->name);
    return s || !b->makes;
}

static struct info call_builtin(struct program *p, struct scope *s, const struct ast_expr *e, const struct builtin *b)
{
    const struct type *types[64] = { 0 };
    struct span at[64] = { { 0 } };
    struct info out = info_of(NULL);
    size_t n = 0, pos = 0, k;
    bool good = makes_here(p, s, e, b), spread = false;
    for (size_t i = 0; i < e->args.n; i++) {
        const struct ast_arg *a = &e->args.v[i];
        struct info x = check_expr(p, s, a->value);
        spread = spread || a->spread;
        if (!builtin_place(p, b, a, &pos, &k)) {
            good = false;
            continue;
        }
        good = good && !bad(x.type);
        types[k] = bad(x.type) ? x.type : type_widen(p, x.type);
        at[k] = a->value->span;
        n = k + 1 > n ? k + 1 : n;
        if (x.phase > out.phase) {
            out.phase = x.phase;
            out.at = x.at;
        }
    }
    if (!good)
        return INFO_ERROR;
    if (spread)
        return info_of(&type_any);
    if (n < b->min) {
        diag_note(p->diags, report(p, DIAG_E0308, e->span, "`%s` needs %zu argument%s", b->name, b->min, b->min == 1 ? "" : "s"), "%s", b->signature);
        return INFO_ERROR;
    }
    for (size_t i = 0; i < n; i++)
        types[i] = types[i] ? types[i] : &type_none;
    if (!strcmp(b->name, "get") && n >= 2 && type_strip(types[0])->kind == TYPE_MAP)
        out.type = n > 2 ? type_strip(types[0])->elem
                         : (type_strip(types[0])->elem->kind == TYPE_OPTIONAL ? type_strip(types[0])->elem : type_optional(p->arena, type_strip(types[0])->elem));
    else
        out.type = builtin_type(&p->eval, b, types, n, at);
    if (!out.type) {
        report_eval(p);
        return INFO_ERROR;
    }
    if (shape_only(b->name))
        out.phase = PHASE_KNOWN;
    if (!strcmp(b->name, "fresh") || b->makes) {
        out.phase = PHASE_APPLY;
        out.at = e->span;
    }
    return out;
}

/* file, file_blob and template: what the first argument names is read while the file is evaluated. */
static bool reads_file(struct str name)
{
    return str_is(name, "file") || str_is(name, "file_blob") || str_is(name, "template");
}

static struct info call_file(struct program *p, struct scope *s, const struct ast_expr *e, struct str name)
{
    bool template = str_is(name, "template");
    for (size_t i = 0; i < e->args.n; i++) {
        struct info x = check_expr(p, s, e->args.v[i].value);
        if (bad(x.type))
            return INFO_ERROR;
        if (i == 0 && type_strip(type_widen(p, x.type))->kind != TYPE_STRING) {
            report(p, DIAG_E0303, e->args.v[i].span, "a path must be text, this is %.*s", STR_ARG(type_words(p, type_widen(p, x.type))));
            return INFO_ERROR;
        }
    }
    if (e->args.n == (template ? 2u : 1u))
        return info_of(str_is(name, "file_blob") ? &type_blob : &type_string);
    diag_help(p->diags, report(p, DIAG_E0308, e->span, "`%.*s` takes %s", STR_ARG(name), template ? "a path and an object" : "a path"),
              template ? "write template(\"user-data.sh\", { zone = \"a\" })" : "write %.*s(\"policy.json\")", STR_ARG(name));
    return INFO_ERROR;
}

struct info check_call(struct program *p, struct scope *s, const struct ast_expr *e)
{
    bool alias;
    struct fn *f = callee(p, s, e, &alias);
    if (f)
        return call_fn(p, s, e, f);
    if (e->a->kind == EXPR_NAME) {
        const struct builtin *b = builtin_find(e->a->name.text);
        if (reads_file(e->a->name.text))
            return call_file(p, s, e, e->a->name.text);
        if (b)
            return call_builtin(p, s, e, b);
    }
    return no_function(p, s, e, alias);
}

/* ---- function declarations ---- */

static void recursion(struct program *p, struct fn *f)
{
    struct buf b = { 0 };
    size_t i = p->calls.n;
    while (i && p->calls.v[i - 1] != f)
        i--;
    for (size_t k = i ? i - 1 : 0; k < p->calls.n; k++)
        buf_fmt(&b, "%.*s -> ", STR_ARG(((struct fn *)p->calls.v[k])->name));
    buf_str(&b, f->name);
    struct diag *x = report(p, DIAG_E0404, f->item->name.span, "function `%.*s` calls itself: %.*s", STR_ARG(f->name), (int)b.n, b.s);
    for (size_t k = i; k < p->calls.n && k < i + 3; k++)
        diag_second(p->diags, x, ((struct fn *)p->calls.v[k])->item->name.span, "through `%.*s`", STR_ARG(((struct fn *)p->calls.v[k])->name));
    diag_help(p->diags, x, "functions cannot recurse; go through a list or a range with `[for ...]`");
    buf_fini(&b);
}

/* Calls of other functions inside an expression, however deep: the call graph must have no cycle. */
static void calls_in_body(struct program *p, struct module *m, const struct ast_body *b);

static void calls_in(struct program *p, struct module *m, const struct ast_expr *e)
{
    if (!e)
        return;
    if (e->kind == EXPR_CALL) {
        struct fn *f = e->a->kind == EXPR_NAME ? find_fn(m, STR(""), e->a->name.text) : NULL;
        if (!f && e->a->kind == EXPR_FIELD && e->a->a->kind == EXPR_NAME)
            f = find_fn(m, e->a->a->name.text, e->a->name.text);
        if (f && !f->module->std)
            check_fn(p, f);
    }
    calls_in(p, m, e->a);
    calls_in(p, m, e->b);
    calls_in(p, m, e->c);
    for (size_t i = 0; i < e->args.n; i++)
        calls_in(p, m, e->args.v[i].value);
    if (e->bind) {
        calls_in(p, m, e->bind->source);
        calls_in(p, m, e->bind->cond);
    }
    if (e->body)
        calls_in_body(p, m, e->body);
}

static void calls_in_body(struct program *p, struct module *m, const struct ast_body *b)
{
    for (size_t i = 0; i < b->n; i++) {
        calls_in(p, m, b->items[i]->value);
        calls_in(p, m, b->items[i]->other);
        calls_in(p, m, b->items[i]->key);
        if (b->items[i]->bind) {
            calls_in(p, m, b->items[i]->bind->source);
            calls_in(p, m, b->items[i]->bind->cond);
        }
        if (b->items[i]->body)
            calls_in_body(p, m, b->items[i]->body);
        if (b->items[i]->other_body)
            calls_in_body(p, m, b->items[i]->other_body);
    }
}

void check_fn(struct program *p, struct fn *f)
{
    if (f->check_state == WORK_DONE || f->check_state == WORK_POISON)
        return;
    if (f->check_state == WORK_BUSY) {
        recursion(p, f);
        f->check_state = WORK_POISON;
        f->result = &type_error;
        return;
    }
    f->check_state = WORK_BUSY;
    vec_add(&p->calls, f);
    fn_types(p, f);
    calls_in(p, f->module, f->item->value);
    struct named *v = ARENA_ARRAY(p->arena, struct named, f->item->nparams);
    struct scope s = { .module = f->module, .vars = v };
    struct scope up = { .module = f->module, .body = f->module->body };
    s.up = &up;
    for (size_t i = 0; i < f->item->nparams && f->check_state == WORK_BUSY; i++) {
        const struct ast_param *pa = &f->item->params[i];
        for (size_t k = 0; k < i; k++)
            if (str_eq(f->item->params[k].name.text, pa->name.text))
                report(p, DIAG_E0306, pa->name.span, "two arguments are called `%.*s`", STR_ARG(pa->name.text));
        if (pa->dflt && !bad(f->params[i]))
            check_as(p, &s, pa->dflt, f->params[i], pa->span, str_fmt(p->arena, "default of `%.*s`", STR_ARG(pa->name.text)), NULL);
        v[i] = (struct named){ pa->name, info_of(f->params[i]), false };
        s.nvars = i + 1;
    }
    struct info got = INFO_ERROR;
    if (f->check_state == WORK_BUSY && f->result && !bad(f->result))
        check_as(p, &s, f->item->value, f->result, f->item->type->span, str_fmt(p->arena, "result of `%.*s`", STR_ARG(f->name)), &got);
    else if (f->check_state == WORK_BUSY)
        got = check_expr(p, &s, f->item->value);
    if (!f->result)
        f->result = bad(got.type) ? &type_error : type_widen(p, got.type);
    vec_pop(&p->calls);
    if (f->check_state == WORK_BUSY)
        f->check_state = WORK_DONE;
}
