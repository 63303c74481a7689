/* report.c - how lang blames: the user's line first, library lines as the second place, suggestions from what is legal there. */
#include "sema.h"

static bool in_std(const struct program *p, struct span at)
{
    const struct source *s = sources_get(p->sources, at.file);
    return s && s->std;
}

/* The instance, written by the user, in whose component the mistake is; NULL: the mistake is in no component, or in that very line. */
static const struct blame *outermost(const struct program *p, struct span at)
{
    const struct blame *last = NULL;
    for (const struct blame *b = p->blame; b; b = b->up)
        if (b->span.file && !in_std(p, b->span))
            last = b;
    if (!last || (last->span.file == at.file && sources_position(p->sources, at.file, at.off).line == sources_position(p->sources, at.file, last->span.off).line))
        return NULL;
    return last;
}

struct diag *report(struct program *p, enum diag_code c, struct span at, const char *fmt, ...)
{
    struct buf b = { 0 };
    va_list ap;
    va_start(ap, fmt);
    buf_vfmt(&b, fmt, ap);
    va_end(ap);
    const struct blame *who = in_std(p, at) ? p->blame : NULL;
    while (who && (!who->span.file || in_std(p, who->span)))
        who = who->up;
    struct diag *x = diag_add(p->diags, c, who ? who->span : at, "%.*s", (int)b.n, b.s);
    const struct blame *whole = who ? NULL : outermost(p, at);
    if (who)
        diag_second(p->diags, x, at, "found here");
    else if (whole && at.file)
        diag_second(p->diags, x, whole->span, "%s", whole->what);
    buf_fini(&b);
    return x;
}

void report_eval(struct program *p)
{
    struct eval *e = &p->eval;
    if (!e->failed)
        return;
    struct diag *x = report(p, e->code, e->where, "%.*s", STR_ARG(e->problem));
    if (e->help.n)
        diag_help(p->diags, x, "%.*s", STR_ARG(e->help));
    e->failed = false;
    e->problem = e->help = STR_NONE;
}

struct str type_words(struct program *p, const struct type *t)
{
    struct buf b = { 0 };
    type_print(&b, t);
    return buf_take(&b, p->arena);
}

void names_add(struct program *p, struct vec *names, struct str name)
{
    struct str *s = ARENA_NEW(p->arena, struct str);
    *s = name;
    vec_add(names, s);
}

/* The names that are legal there, for a reader who is lost. */
static void list_names(struct program *p, struct diag *x, const struct str *v, size_t n)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < n && i < 12; i++)
        buf_fmt(&b, "%s`%.*s`", i ? ", " : "", STR_ARG(v[i]));
    if (n > 12)
        buf_fmt(&b, " and %zu more", n - 12);
    diag_note(p->diags, x, "possible here: %.*s", (int)b.n, b.s);
    buf_fini(&b);
}

void report_suggest(struct program *p, struct diag *x, struct str word, struct span at, struct vec *names)
{
    struct str *v = ARENA_ARRAY(p->arena, struct str, names->n), near[3];
    struct map seen = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < names->n; i++) {
        struct str name = *(struct str *)names->v[i];
        if (!map_put(&seen, name, names))
            v[n++] = name;
    }
    map_fini(&seen);
    vec_fini(names);
    size_t found = diag_nearest(word, v, n, near);
    if (!found) {
        if (n)
            list_names(p, x, v, n);
        return;
    }
    if (!x->at.file)
        diag_help(p->diags, x, "did you mean `%.*s`?", STR_ARG(near[0]));
    else if (found == 1)
        diag_label(p->diags, x, "did you mean `%.*s`?", STR_ARG(near[0]));
    else if (found == 2)
        diag_label(p->diags, x, "did you mean `%.*s` or `%.*s`?", STR_ARG(near[0]), STR_ARG(near[1]));
    else
        diag_label(p->diags, x, "did you mean `%.*s`, `%.*s` or `%.*s`?", STR_ARG(near[0]), STR_ARG(near[1]), STR_ARG(near[2]));
    if (at.file && !in_std(p, at))
        diag_fix(p->diags, x, at, str_dup(p->arena, near[0]), found == 1);
}

static const struct ast_expr *member_expr(const struct ast_body *b, struct str name)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        if (it->kind == ITEM_SET && it->path.n == 1 && str_eq(it->path.v[0].text, name))
            return it->value;
        if (it->kind == ITEM_ENTRY && it->other->kind == EXPR_LITERAL && it->other->value->kind == VALUE_STRING && str_eq(it->other->value->s, name))
            return it->value;
    }
    return NULL;
}

static struct span member_span(const struct ast_body *b, struct str name, struct span fallback)
{
    for (size_t i = 0; i < b->n; i++)
        if (b->items[i]->kind == ITEM_SET && b->items[i]->path.n == 1 && str_eq(b->items[i]->path.v[0].text, name))
            return b->items[i]->path.span;
    return fallback;
}

/* Follows ".taints[0].effect" into the literal that the user wrote, as far as it is one. */
struct span span_inside(const struct ast_expr *e, struct str path, struct span fallback)
{
    while (e && path.n) {
        size_t end = 1;
        fallback = e->span;
        while (end < path.n && path.s[end] != '.' && path.s[end] != '[')
            end++;
        struct str step = str_sub(path, 1, end);
        path = str_sub(path, end, path.n);
        if (step.n && step.s[step.n - 1] == ']')
            step.n--;
        int64_t i;
        if (e->kind == EXPR_OBJECT) {
            const struct ast_expr *next = member_expr(e->body, step);
            if (!next)
                return member_span(e->body, step, fallback);
            e = next;
        } else if (e->kind == EXPR_LIST && str_int(step, &i) && i >= 0 && (size_t)i < e->args.n && !e->args.v[i].spread) {
            e = e->args.v[i].value;
        } else {
            return fallback;
        }
    }
    return e ? e->span : fallback;
}

void report_mistake(struct program *p, const struct type *t, const struct type_mistake *m, const struct ast_expr *e, struct span at, struct span declared,
                    struct str what)
{
    struct span where = span_inside(e, m->path, e ? e->span : at);
    if (m->offender.n) {
        struct vec names = { 0 };
        for (size_t i = 0; m->type && i < m->type->nfields; i++)
            names_add(p, &names, m->type->fields[i].name);
        if (e)
            where = span_inside(e, str_fmt(p->arena, "%.*s.%.*s", STR_ARG(m->path), STR_ARG(m->offender)), where);
        struct diag *x = report(p, DIAG_E0302, where, "%.*s: no field `%.*s`", STR_ARG(what), STR_ARG(m->offender));
        report_suggest(p, x, m->offender, where, &names);
        return;
    }
    struct diag *x = report(p, DIAG_E0304, where, "%.*s%.*s: %.*s", STR_ARG(what), STR_ARG(m->path), STR_ARG(m->what));
    if (declared.file && !(declared.file == where.file && declared.off == where.off))
        diag_second(p->diags, x, declared, "declared here as `%.*s`", STR_ARG(type_words(p, t)));
    if (m->help.n)
        diag_help(p->diags, x, "%.*s", STR_ARG(m->help));
}
