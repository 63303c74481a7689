/* source.c - a resource type as text (rtype.h), and back. The text is cut out of the files: the declaration, and from there on what it reaches.
 * Reached is what any word of a kept item names at the top of its file or in an import, wherever the word stands: expression, type, annotation,
 * string ("ec2.Vpc" as a parent). A word that only looks like such a name costs some bytes; one that was overlooked would cost the type. */
#include "check.h"
#include "token.h"
#include <stdlib.h>

struct slice {
    const struct module *module;
    const struct ast_item *item;
};
struct reach {
    struct program *p;
    struct slice *v; size_t n, cap;                        /* heap; those from `done` on are still to be read */
    size_t done;
    struct map seen;
};

static void add(struct reach *r, const struct module *m, const struct ast_item *it)
{
    struct str key = str_fmt(r->p->arena, "%u %u", it->span.file, it->span.off);
    if (map_put(&r->seen, key, r))
        return;
    r->v = vec_grow(r->v, r->n, &r->cap, sizeof *r->v);
    r->v[r->n++] = (struct slice){ m, it };
}

/* Components, instances and parameters are no part of a type. */
static bool reach_in(struct reach *r, const struct module *m, struct str name)
{
    const struct decl *d = map_get(&m->decls, name);
    const struct fn *f = map_get(&m->fns, name);
    const struct sym *s = m->body ? body_sym(m->body, name) : NULL;
    bool let = s && s->kind == SYM_LET && !s->optional, kind = d && d->kind != DECL_COMPONENT;
    if (kind)
        add(r, m, d->item);
    if (f)
        add(r, m, f->item);
    if (let)
        add(r, m, s->item);
    return kind || f || let;
}

static void reach_import(struct reach *r, const struct module *m, const struct import *im, struct str name)
{
    if (im->module && name_public(name) && reach_in(r, im->module, name))
        add(r, m, im->item);
}

/* A name, or `alias.name`: `member` is what follows the dot, or empty. */
static void reach_name(struct reach *r, const struct module *m, struct str name, struct str member)
{
    reach_in(r, m, name);
    for (size_t i = 0; i < m->nimports; i++) {
        const struct import *im = &m->imports[i];
        if (!im->alias.n)
            reach_import(r, m, im, name);
        else if (member.n && str_eq(im->alias, name))
            reach_import(r, m, im, member);
    }
}

/* The next token that means something; empty at the end of the item. */
static struct str next_word(const struct reach *r, const struct slice *at, const struct token **t, const struct token *end)
{
    while (*t < end && (*t)->kind >= TOKEN_SPACE)
        ++*t;
    if (*t == end || (*t)->off >= at->item->span.off + at->item->span.len)
        return STR_NONE;
    const struct token *word = (*t)++;
    return ast_text(r->p->sources, (struct span){ at->item->span.file, word->off, word->len });
}

static const struct ast_file *part_of(struct slice at)
{
    size_t i = 0;
    while (i + 1 < at.module->nparts && at.module->parts[i]->file != at.item->span.file)
        i++;
    return at.module->parts[i];
}

static void reach_slice(struct reach *r, struct slice at)
{
    const struct ast_file *f = part_of(at);
    const struct token *t = f->tokens, *end = t + f->ntokens;
    while (t < end && t->off < at.item->span.off)
        t++;
    for (struct str word, before = STR_NONE; (word = next_word(r, &at, &t, end)).s; before = word) {
        const struct token *ahead = t;
        struct str member = STR_NONE, rest = word, first;
        if (str_is(before, ".") || str_is(before, "?."))
            continue;
        if (str_is(next_word(r, &at, &ahead, end), "."))
            member = next_word(r, &at, &ahead, end);
        else if (str_cut(&rest, '.', &first) && first.n < word.n)           /* in a string */
            word = first, member = rest;
        reach_name(r, at.module, word, member);
    }
}

static int in_order(const void *px, const void *py)
{
    const struct slice *x = px, *y = py;
    int c = str_cmp(x->module->path, y->module->path);
    struct span a = x->item->span, b = y->item->span;
    return c ? c : a.file != b.file ? (a.file > b.file) - (a.file < b.file) : (a.off > b.off) - (a.off < b.off);
}

bool lang_source(struct program *p, struct arena *a, struct str name, struct rsource *out)
{
    struct decl *d = resource_decl(p, name);
    if (!d)
        return false;
    struct reach r = { .p = p };
    add(&r, d->module, d->item);
    while (r.done < r.n)
        reach_slice(&r, r.v[r.done++]);
    qsort(r.v, r.n, sizeof *r.v, in_order);
    struct rpart *parts = ARENA_ARRAY(a, struct rpart, r.n);
    for (size_t i = 0; i < r.n; i++)
        parts[i] = (struct rpart){ r.v[i].module->path, ast_text(p->sources, r.v[i].item->span) };
    *out = (struct rsource){ str_dup(a, name), RTYPE_LANGUAGE, parts, r.n };
    free(r.v);
    map_fini(&r.seen);
    return true;
}

/* ---- and back ---- */

static bool load_part(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    const struct rsource *t = user;
    struct buf b = { 0 };
    for (size_t i = 0; i < t->nparts; i++)
        if (str_eq(t->parts[i].path, path))
            buf_fmt(&b, "%.*s\n", STR_ARG(t->parts[i].text));
    *text = buf_take(&b, a);
    *why = STR("it is not kept with the type");
    return text->n > 0;
}

struct program *lang_reload(struct sources *s, struct diags *d, const struct rsource *t)
{
    return program_new(s, d, &(struct lang_options){ .load = load_part, .user = (void *)(uintptr_t)t });
}

/* What its objects are deleted with must work without this file and this library: tried here, before there are objects. */
void check_source(struct program *p, struct decl *d)
{
    struct sources *sources = sources_new();
    struct diags quiet;
    struct rsource t;
    struct str name = str_fmt(p->arena, "%.*s.%.*s", STR_ARG(d->module->name), STR_ARG(d->name));
    diags_init(&quiet);
    lang_source(p, p->arena, name, &t);
    struct program *alone = lang_reload(sources, &quiet, &t);
    if (t.nparts > RSOURCE_PARTS || rsource_bytes(&t) > RSOURCE_BYTES) {
        report(p, DIAG_E0314, d->item->name.span, "`%.*s` reaches %zu declarations with %zu bytes; at most %d with %d MiB can be kept with its objects", STR_ARG(d->name),
               t.nparts, rsource_bytes(&t), RSOURCE_PARTS, RSOURCE_BYTES >> 20);
    } else if (!lang_rtype(alone, name)) {
        struct diag *x = report(p, DIAG_E0314, d->item->name.span, "`%.*s` is not whole by itself%s%.*s", STR_ARG(d->name), quiet.n ? ": " : "",
                                quiet.n ? (int)quiet.v[0]->message.n : 0, quiet.n ? quiet.v[0]->message.s : "");
        diag_note(p->diags, x, "its text is kept with its objects, so that they can be deleted without this file: types, functions and `let`s go with it, parameters, objects and other files do not");
        diag_help(p->diags, x, "make what it takes from there an input of the type");
    }
    lang_free(alone);
    diags_fini(&quiet);
    sources_free(sources);
}
