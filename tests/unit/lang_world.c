#include "lang_world.h"
#include "kc/arena.h"
#include <string.h>

static bool load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    const struct lang_world *w = user;
    (void)a;
    for (const struct lang_file *f = w->files; f->path; f++)
        if (str_is(path, f->path)) {
            *text = str_of(f->text);
            return true;
        }
    *why = STR("no such file");
    return str_starts(path, STR("std/")) && stdlib_text(str_sub(path, 4, path.n), text);
}

void lang_world_load(struct lang_world *w, const struct lang_file *files)
{
    w->files = files;
    w->sources = sources_new();
    w->arena = arena_new();
    diags_init(&w->diags);
    w->options.load = load;
    w->options.user = w;
    w->program = lang_load(w->sources, &w->diags, str_of(files[0].path), &w->options);
}

void lang_world_eval(struct lang_world *w, const struct lang_answers *answers)
{
    w->result = lang_eval(w->program, answers);
}

void lang_world_fini(struct lang_world *w)
{
    lang_free(w->program);
    diags_fini(&w->diags);
    sources_free(w->sources);
    arena_free(w->arena);
}

struct str lang_world_diags(struct lang_world *w)
{
    struct buf b = { 0 };
    diags_sort(&w->diags);
    diags_text(&b, &w->diags, w->sources, (struct diag_style){ false, true, 120 });
    return buf_take(&b, w->arena);
}

struct str lang_world_graph(struct lang_world *w)
{
    struct buf b = { 0 };
    if (!w->result.graph)
        return lang_world_diags(w);
    graph_text(&b, w->result.graph);
    return buf_take(&b, w->arena);
}

struct str lang_world_input(struct lang_world *w, const char *addr, const char *field)
{
    const struct node *n = w->result.graph ? graph_find(w->result.graph, str_of(addr)) : NULL;
    const struct value *v = !n ? NULL : n->kind == NODE_OUT || n->kind == NODE_ASSERT ? n->value : value_get(n->inputs, str_of(field));
    struct buf b = { 0 };
    if (!v)
        return STR("absent");
    if (v->kind == VALUE_UNKNOWN)
        term_print(&b, v->unknown.term);
    else
        value_print(&b, v);
    return buf_take(&b, w->arena);
}
