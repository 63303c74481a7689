/* eval_call.c - calls: functions of the language are expanded, built-in ones go to the one evaluator; file() and template() read through the loader. */
#include "eval.h"

enum { TEMPLATE_LIMIT = 1 << 20 };

/* ---- functions of the language ---- */

static const struct value *fn_arg(struct program *p, struct frame *f, struct fn *fn, const struct ast_expr *call, size_t i, struct frame *inner)
{
    const struct ast_param *pa = &fn->item->params[i];
    const struct ast_expr *e = NULL;
    size_t pos = 0;
    for (size_t k = 0; k < call->args.n; k++) {
        const struct ast_arg *a = &call->args.v[k];
        if (a->name.text.n ? str_eq(a->name.text, pa->name.text) : pos++ == i)
            e = a->value;
    }
    struct str what = str_fmt(p->arena, "argument `%.*s` of `%.*s`", STR_ARG(pa->name.text), STR_ARG(fn->name));
    const struct type *t = fn->params[i] ? fn->params[i] : &type_any;
    if (e)
        return eval_as(p, f, e, t, pa->span, what);
    if (pa->dflt)
        return eval_as(p, inner, pa->dflt, t, pa->span, what);
    if (t->kind == TYPE_OPTIONAL)
        return &value_none;
    report(p, DIAG_E0308, call->span, "`%.*s` needs the argument `%.*s`", STR_ARG(fn->name), STR_ARG(pa->name.text));
    return NULL;
}

void fn_types(struct program *p, struct fn *fn)
{
    if (fn->params)
        return;
    fn->params = ARENA_ARRAY(p->arena, const struct type *, fn->item->nparams);
    for (size_t i = 0; i < fn->item->nparams; i++)
        fn->params[i] = fn->item->params[i].type ? type_syntax(p, fn->module, fn->item->params[i].type) : &type_any;
    fn->result = fn->item->type ? type_syntax(p, fn->module, fn->item->type) : NULL;
}

const struct value *eval_fn(struct program *p, struct frame *f, struct fn *fn, const struct ast_expr *call)
{
    struct var *v = ARENA_ARRAY(p->arena, struct var, fn->item->nparams);
    struct frame *inner = frame_vars(p, module_frame(p, fn->module), v, 0);
    fn_types(p, fn);
    if (fn->state == WORK_BUSY) {
        report(p, DIAG_E0404, call->span, "`%.*s` calls itself", STR_ARG(fn->name));
        return NULL;
    }
    for (size_t i = 0; i < fn->item->nparams; i++) {
        v[i].name = fn->item->params[i].name.text;
        if (!(v[i].value = fn_arg(p, f, fn, call, i, inner)))
            return NULL;
        inner->nvars = i + 1;
    }
    struct blame b = { p->blame, call->span, "called here" };
    p->blame = &b;
    fn->state = WORK_BUSY;
    const struct value *x = eval_expr(p, inner, fn->item->value);
    fn->state = WORK_NEW;
    if (x && fn->item->type)
        x = value_fit(p, fn->result, x, NULL, fn->item->value->span, fn->item->type->span, str_fmt(p->arena, "result of `%.*s`", STR_ARG(fn->name)));
    p->blame = b.up;
    return x;
}

/* ---- built-in functions ---- */

/* Position of a named argument, read off the signature "subnet(block: cidr, bits: int)". SIZE_MAX: none of that name. */
size_t builtin_position(const struct builtin *b, struct str name)
{
    const char *s = strchr(b->signature, '(');
    int depth = 0;
    for (size_t i = 0; s && *s && *s != ')'; i++) {
        s += 1 + strspn(s + 1, " .");
        size_t n = strcspn(s, ":,)?");
        if (n == name.n && !memcmp(s, name.s, n))
            return i;
        for (; *s && (depth || (*s != ',' && *s != ')')); s++)
            depth += (*s == '[' || *s == '(') - (*s == ']' || *s == ')');
    }
    return SIZE_MAX;
}

static bool gather_args(struct program *p, struct frame *f, const struct builtin *b, const struct ast_expr *e, const struct value **out, size_t max, size_t *n)
{
    size_t pos = 0;
    for (size_t i = 0; i < e->args.n; i++) {
        const struct ast_arg *a = &e->args.v[i];
        const struct value *v = eval_expr(p, f, a->value);
        if (!v)
            return false;
        size_t at = a->name.text.n ? builtin_position(b, a->name.text) : pos++;
        if (a->spread && v->kind == VALUE_LIST) {
            for (size_t k = 0; k < v->list.n && at + k < max; k++)
                out[at + k] = v->list.v[k];
            pos = at + v->list.n;
            at = pos ? pos - 1 : 0;
        } else if (at < max) {
            out[at] = v;
        }
        *n = at + 1 > *n ? at + 1 : *n;
    }
    if (*n > max) {
        report(p, DIAG_E0308, e->span, "`%s` takes at most %zu arguments", b->name, max);
        return false;
    }
    return true;
}

/* get(instances, key) with an open key, as x[key]. */
static const struct value *open_get(struct program *p, const struct value *const *v, size_t n, const struct ast_expr *e)
{
    if (n < 2 || v[0]->kind != VALUE_OBJECT || !v[0]->object.n || v[0]->object.v[0].value->kind != VALUE_REF)
        return NULL;
    const struct value *any = value_get(v[0], STR("*"));
    if (v[1]->kind != VALUE_UNKNOWN)
        return any && p->options.offline ? any : NULL;
    if (p->options.offline && value_phase(v[1]) != PHASE_APPLY)
        return any ? any : v[0]->object.v[0].value;
    eval_decided(p, v[1], e->args.v[1].span, "key");
    return NULL;
}

static const struct value *eval_fresh(struct program *p, const struct value *v, struct span at)
{
    struct term *t = term_make(p, TERM_CALL, 1, &type_string, at);
    t->name = STR("fresh");
    ((const struct term **)(uintptr_t)t->args)[0] = term_of(p->arena, v);
    return value_unknown(p->arena, t, &type_string, PHASE_APPLY);
}

static const struct value *eval_builtin(struct program *p, struct frame *f, const struct builtin *b, const struct ast_expr *e)
{
    size_t n = 0, max = b->max < 64 ? b->max : 64;
    const struct value *v[64] = { 0 };
    if (b->makes && !p->making) {
        report(p, DIAG_E0315, e->span, "`%s` gives another value each time: it stands in a `made` of a resource type", b->name);
        return NULL;
    }
    if (!gather_args(p, f, b, e, v, max, &n))
        return NULL;
    for (size_t i = 0; i < n; i++)
        v[i] = v[i] ? eval_present(p, v[i]) : &value_none;
    if (n < b->min) {
        report(p, DIAG_E0308, e->span, "`%s` needs %zu argument%s: %s", b->name, b->min, b->min == 1 ? "" : "s", b->signature);
        return NULL;
    }
    if (str_is(e->a->name.text, "fresh"))
        return eval_fresh(p, v[0], e->span);
    if (str_is(e->a->name.text, "get")) {
        const struct value *x = open_get(p, v, n, e);
        if (x || (v[1]->kind == VALUE_UNKNOWN && v[0]->kind == VALUE_OBJECT && v[0]->object.n && v[0]->object.v[0].value->kind == VALUE_REF))
            return x;
    }
    return eval_checked(p, expr_call(&p->eval, e->a->name.text, v, n, e->span));
}

/* ---- files ---- */

/* The path that a call of file() and its like gives, from the project's root. */
static bool path_of(struct program *p, struct frame *f, const struct ast_expr *e, struct str *path)
{
    const struct value *v = e->args.n ? eval_expr(p, f, e->args.v[0].value) : NULL;
    if (!v)
        return false;
    if (v->kind != VALUE_STRING) {
        report(p, DIAG_E0303, e->args.v[0].span, "a path must be text that is known now");
        return false;
    }
    if (str_starts(v->s, STR("/")) || !path_join(p->arena, f->module->path, v->s, path)) {
        report(p, DIAG_E0504, e->args.v[0].span, "`%.*s` is not inside the project", STR_ARG(v->s));
        return false;
    }
    return true;
}

static const struct value *read_blob(struct program *p, struct frame *f, const struct ast_expr *e)
{
    struct str path, why = STR("files are not read here");
    const struct value *blob;
    if (!path_of(p, f, e, &path))
        return NULL;
    if (p->options.measure && p->options.measure(p->options.user, p->arena, path, &blob, &why))
        return blob;
    report(p, DIAG_E0504, e->args.v[0].span, "cannot read %.*s: %.*s", STR_ARG(path), STR_ARG(why));
    return NULL;
}

static const struct value *read_text(struct program *p, struct frame *f, const struct ast_expr *e, struct str *path)
{
    struct str text, why = STR_NONE;
    if (!path_of(p, f, e, path))
        return NULL;
    if (!p->options.load(p->options.user, p->arena, *path, &text, &why)) {
        report(p, DIAG_E0504, e->args.v[0].span, "cannot read %.*s: %.*s", STR_ARG(*path), STR_ARG(why));
        return NULL;
    }
    return value_str(p->arena, text);
}

/* The end of the expression that starts at `i`: its closing bracket, strings skipped. */
static size_t expr_end(struct str t, size_t i)
{
    int depth = 0;
    for (; i < t.n; i++) {
        if (t.s[i] == '"' || t.s[i] == '\'') {
            char q = t.s[i++];
            while (i < t.n && t.s[i] != q)
                i += t.s[i] == '\\' && q == '"' ? 2u : 1u;
        } else if (strchr("([{", t.s[i])) {
            depth++;
        } else if (t.s[i] == ')' && !depth) {
            return i;
        } else if (strchr(")]}", t.s[i])) {
            depth--;
        }
    }
    return SIZE_MAX;
}

static const struct value *template_expr(struct program *p, struct frame *f, struct str path, struct str text, size_t from, size_t to)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < from; i++)
        if (text.s[i] == '\n')
            buf_putc(&b, '\n');
    buf_fmt(&b, "let value = %.*s", (int)(to - from), text.s + from);
    uint32_t file = sources_add(p->sources, (struct source){ .path = path, .text = buf_take(&b, p->arena) });
    const struct ast_file *a = ast_parse(p->arena, p->sources, file, p->diags);
    if (a->broken || a->body.n != 1 || a->body.items[0]->kind != ITEM_LET)
        return NULL;
    return eval_expr(p, f, a->body.items[0]->value);
}

static const struct value *eval_template(struct program *p, struct frame *f, const struct ast_expr *e)
{
    struct str path, text;
    const struct value *file = read_text(p, f, e, &path), *vars = e->args.n > 1 ? eval_expr(p, f, e->args.v[1].value) : &value_empty_object;
    if (!file || !vars)
        return NULL;
    text = file->s;
    if (vars->kind != VALUE_OBJECT || text.n > TEMPLATE_LIMIT) {
        report(p, DIAG_E0303, e->span, vars->kind != VALUE_OBJECT ? "the values of a template must be an object" : "a template may have 1 MiB");
        return NULL;
    }
    struct var *v = ARENA_ARRAY(p->arena, struct var, vars->object.n);
    for (size_t i = 0; i < vars->object.n; i++)
        v[i] = (struct var){ vars->object.v[i].key, vars->object.v[i].value };
    struct frame *inner = frame_vars(p, module_frame(p, f->module), v, vars->object.n);
    inner->up = NULL;
    const struct value **part = ARENA_ARRAY(p->arena, const struct value *, text.n + 1);
    size_t n = 0, i = 0;
    while (i < text.n) {
        size_t to = str_find(str_sub(text, i, text.n), STR("\\("));
        size_t end = to == SIZE_MAX ? text.n : i + to;
        part[n++] = value_str(p->arena, str_sub(text, i, end));
        if (to == SIZE_MAX)
            break;
        if ((i = expr_end(text, end + 2)) == SIZE_MAX) {
            report(p, DIAG_E0504, e->args.v[0].span, "%.*s: `\\(` is never closed", STR_ARG(path));
            return NULL;
        }
        if (!(part[n++] = template_expr(p, inner, path, text, end + 2, i++)))
            return NULL;
    }
    return eval_checked(p, expr_join(&p->eval, part, n, e->span));
}

const struct value *eval_call(struct program *p, struct frame *f, const struct ast_expr *e)
{
    struct fn *fn = NULL;
    struct str name = e->a->name.text, path;
    if (e->a->kind == EXPR_NAME)
        fn = find_fn(f->module, STR(""), name);
    else if (e->a->kind == EXPR_FIELD && e->a->a->kind == EXPR_NAME)
        fn = find_fn(f->module, e->a->a->name.text, name);
    if (fn) {
        if (!cell_enter(p, fn->name, e->span, e))
            return NULL;
        const struct value *v = eval_fn(p, f, fn, e);
        cell_leave(p);
        return v;
    }
    const struct builtin *b = e->a->kind == EXPR_NAME ? builtin_find(name) : NULL;
    if (e->a->kind == EXPR_NAME && str_is(name, "file"))
        return read_text(p, f, e, &path);
    if (e->a->kind == EXPR_NAME && str_is(name, "file_blob"))
        return read_blob(p, f, e);
    if (e->a->kind == EXPR_NAME && str_is(name, "template"))
        return eval_template(p, f, e);
    if (b)
        return eval_builtin(p, f, b, e);
    report(p, DIAG_E0301, e->a->span, "no function is called `%.*s`", STR_ARG(ast_text(p->sources, e->a->span)));
    return NULL;
}
