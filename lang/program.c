/* program.c - lang_eval: one round of evaluation, lookups that have to be answered first, the finished graph. */
#include "eval.h"

/* A lookup whose own arguments wait for another lookup cannot be asked yet: ask for that one. */
static void ask_inner(void *user, const struct term *ref)
{
    struct program *p = user;
    struct instance *i = instance_at(p, ref->name);
    if (i && i->decl->lookup && !i->answer)
        map_put(&p->open, i->addr, i);
}

static struct lang_result waiting(struct program *p)
{
    struct vec ready = { 0 };
    for (size_t k = 0; k < p->open.n; k++) {
        struct instance *i = p->open.e[k].value;
        if (!i->node)
            continue;
        if (value_is_known(i->node->inputs))
            vec_add(&ready, i->node);
        else
            value_refs(i->node->inputs, ask_inner, p);
    }
    struct lang_result r = { .graph = p->graph, .nopen = ready.n };
    r.open = arena_copy(p->arena, ready.v, ready.n * sizeof *ready.v);
    vec_fini(&ready);
    return r;
}

struct lang_result lang_eval(struct program *p, const struct lang_answers *answers)
{
    size_t errors = p->diags->errors;
    if (p->bad)
        return (struct lang_result){ 0 };
    p->answers = answers;
    lower_all(p);
    if (p->diags->errors != errors)
        return (struct lang_result){ 0 };
    if (p->open.n)
        return waiting(p);
    moved_finish(p);
    if (!graph_finish(p->graph, p->diags) || p->diags->errors != errors)
        return (struct lang_result){ 0 };
    keep_finish(p);
    if (p->diags->errors != errors)
        return (struct lang_result){ 0 };
    return (struct lang_result){ .graph = p->graph };
}

/* The module of a type that the program does not have yet. What has a mistake in it gives no types. */
static struct module *more(struct program *p, struct str path)
{
    struct str text, why;
    size_t errors = p->diags->errors, from = p->modules.n;
    if (!p->options.load(p->options.user, p->arena, path, &text, &why))
        return NULL;
    struct module *m = load_module(p, path, SPAN_NONE);
    if (p->root && p->diags->errors == errors)
        check_modules(p, from);
    if (m && p->diags->errors != errors)
        m->bad = true;
    return m;
}

struct decl *resource_decl(struct program *p, struct str name)
{
    size_t dot = name.n;
    while (dot && name.s[dot - 1] != '.')
        dot--;
    if (!dot)
        return NULL;
    struct str path = str_fmt(p->arena, "%.*s.kcl", (int)(dot - 1), name.s);
    struct module *m = map_get(&p->modules, path);
    if (!m)
        m = more(p, path);
    struct decl *d = m && !m->bad ? map_get(&m->decls, str_sub(name, dot, name.n)) : NULL;
    return d && d->kind == DECL_RESOURCE ? d : NULL;
}

const struct rtype *lang_rtype(struct program *p, struct str name)
{
    struct decl *d = resource_decl(p, name);
    if (!d)
        return NULL;
    eval_begin(p);
    const struct rtype *t = rtype_of(p, d);
    lost_report(p);
    return t;
}
