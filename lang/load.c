/* load.c - a program: the root file and what it imports, through the loader; --set against the declared parameters.
 * Paths: "std/aws/ec2" is the library's aws/ec2.kcl with its parts, aws/ec2.volumes.kcl and so on, which are one module; others are relative to the
 * importing file and stay inside the project. */
#include "sema.h"
#include <stdlib.h>

enum { IMPORT_DEPTH = 64, FILE_LIMIT = 2000, PARTS = 32 };

bool name_public(struct str name)
{
    return name.n && name.s[0] != '_';
}

/* The folder of `from` joined with `to`, `.` and `..` resolved; false when it leaves the project. */
bool path_join(struct arena *a, struct str from, struct str to, struct str *out)
{
    struct str part[64];
    size_t n = 0, cut = 0;
    for (size_t i = 0; i < from.n; i++)
        if (from.s[i] == '/')
            cut = i;
    struct str all = cut ? str_fmt(a, "%.*s/%.*s", (int)cut, from.s, STR_ARG(to)) : to, one;
    while (str_cut(&all, '/', &one)) {
        if (!one.n || str_is(one, "."))
            continue;
        if (str_is(one, "..")) {
            if (!n)
                return false;
            n--;
        } else if (n == 64) {
            return false;
        } else {
            part[n++] = one;
        }
    }
    struct buf b = { 0 };
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_putc(&b, '/');
        buf_str(&b, part[i]);
    }
    *out = buf_take(&b, a);
    return out->n > 0;
}

static bool import_path(struct program *p, struct module *m, const struct ast_item *it, struct str *out)
{
    if (!it->value || it->value->kind != EXPR_LITERAL || it->value->value->kind != VALUE_STRING)
        return false;
    struct str text = it->value->value->s;
    bool std = str_starts(text, STR("std/"));
    if (!text.n || text.s[0] == '/' || !path_join(p->arena, std ? STR("") : m->path, text, out)) {
        diag_help(p->diags, report(p, DIAG_E0501, it->value->span, "`%.*s` is not inside the project", STR_ARG(text)),
                  "write a path relative to this file, or \"std/...\"");
        return false;
    }
    if (!str_ends(*out, STR(".kcl")))
        *out = str_fmt(p->arena, "%.*s.kcl", STR_ARG(*out));
    return true;
}

/* "aws/ec2.volumes.kcl" */
static bool is_part(struct str path)
{
    struct str stem = str_sub(path, 0, path.n - 4);
    return str_ends(path, STR(".kcl")) && str_find(stem, STR(".")) != SIZE_MAX;
}

static void import_missing(struct program *p, struct str path, struct span at, struct str why)
{
    struct str shown = str_ends(path, STR(".kcl")) ? str_sub(path, 0, path.n - 4) : path;
    struct diag *x = report(p, DIAG_E0501, at, "cannot import `%.*s`", STR_ARG(shown));
    if (!str_starts(path, STR("std/"))) {
        diag_note(p->diags, x, "%.*s: %.*s", STR_ARG(path), STR_ARG(why));
        return;
    }
    const struct str *all;
    size_t n = stdlib_list(&all);
    struct vec names = { 0 };
    for (size_t i = 0; i < n; i++)
        if (str_ends(all[i], STR(".kcl")) && !str_starts(all[i], STR("sandbox/")) && !is_part(all[i]))
            names_add(p, &names, str_fmt(p->arena, "std/%.*s", (int)(all[i].n - 4), all[i].s));
    struct span in = at.len > 2 ? (struct span){ at.file, at.off + 1, at.len - 2 } : at;
    report_suggest(p, x, shown, in, &names);
}

static void file_read(struct program *p, struct source s)
{
    p->files = vec_grow(p->files, p->nfiles, &p->files_cap, sizeof *p->files);
    p->files[p->nfiles++] = s;
}

static void module_decl(struct program *p, struct module *m, const struct ast_item *it, enum decl_kind kind)
{
    struct decl *d = ARENA_NEW(p->arena, struct decl), *old;
    *d = (struct decl){ .kind = kind, .name = it->name.text, .module = m, .item = it };
    if ((old = map_get(&m->decls, d->name))) {
        diag_second(p->diags, report(p, DIAG_E0306, it->name.span, "`%.*s` is declared twice", STR_ARG(d->name)), old->item->name.span,
                    "first declared here");
        return;
    }
    map_put(&m->decls, d->name, d);
}

static void module_fn(struct program *p, struct module *m, const struct ast_item *it)
{
    struct fn *f = ARENA_NEW(p->arena, struct fn), *old;
    *f = (struct fn){ .name = it->name.text, .module = m, .item = it };
    if ((old = map_get(&m->fns, f->name))) {
        diag_second(p->diags, report(p, DIAG_E0306, it->name.span, "function `%.*s` is declared twice", STR_ARG(f->name)),
                    old->item->name.span, "first declared here");
        return;
    }
    map_put(&m->fns, f->name, f);
}

static void module_imports(struct program *p, struct module *m)
{
    size_t n = 0;
    for (size_t i = 0; i < m->ast->body.n; i++)
        n += m->ast->body.items[i]->kind == ITEM_IMPORT;
    m->imports = ARENA_ARRAY(p->arena, struct import, n);
    for (size_t i = 0; i < m->ast->body.n; i++) {
        const struct ast_item *it = m->ast->body.items[i];
        struct str path;
        if (it->kind != ITEM_IMPORT)
            continue;
        struct import *im = &m->imports[m->nimports++];
        im->item = it;
        im->alias = it->name.text;
        if (import_path(p, m, it, &path))
            im->module = load_module(p, path, it->value->span);
        for (size_t k = 0; im->alias.n && k + 1 < m->nimports; k++)
            if (str_eq(m->imports[k].alias, im->alias))
                diag_second(p->diags, report(p, DIAG_E0306, it->name.span, "two imports are called `%.*s`", STR_ARG(im->alias)),
                            m->imports[k].item->name.span, "the first one");
    }
}

static void clash(struct program *p, struct map *from, const struct import *im, struct str name)
{
    const struct import *old = name_public(name) ? map_get(from, name) : NULL;
    if (old && old->module != im->module)
        diag_help(p->diags,
                  report(p, DIAG_E0306, im->item->span, "`%.*s` comes from two imports: %.*s and %.*s", STR_ARG(name), STR_ARG(old->module->name),
                         STR_ARG(im->module->name)),
                  "give one of them a name: import \"%.*s\" as x", STR_ARG(im->module->name));
    map_put(from, name, (void *)(uintptr_t)im);
}

/* Names that two imports without `as` both bring: kinds and types, functions, values. */
static void import_clashes(struct program *p, struct module *m)
{
    struct map kinds = { 0 }, fns = { 0 }, values = { 0 };
    for (size_t i = 0; i < m->nimports; i++) {
        const struct import *im = &m->imports[i];
        if (!im->module || im->alias.n || !im->module->body)
            continue;
        for (size_t k = 0; k < im->module->decls.n; k++)
            clash(p, &kinds, im, im->module->decls.e[k].key);
        for (size_t k = 0; k < im->module->fns.n; k++)
            clash(p, &fns, im, im->module->fns.e[k].key);
        for (size_t k = 0; k < im->module->body->syms.n; k++)
            clash(p, &values, im, im->module->body->syms.e[k].key);
    }
    map_fini(&kinds);
    map_fini(&fns);
    map_fini(&values);
}

static void module_declare(struct program *p, struct module *m)
{
    for (size_t i = 0; i < m->ast->body.n; i++) {
        const struct ast_item *it = m->ast->body.items[i];
        if (it->kind == ITEM_TYPE)
            module_decl(p, m, it, DECL_TYPE);
        else if (it->kind == ITEM_SCHEMA)
            module_decl(p, m, it, DECL_SCHEMA);
        else if (it->kind == ITEM_RESOURCE)
            module_decl(p, m, it, DECL_RESOURCE);
        else if (it->kind == ITEM_COMPONENT)
            module_decl(p, m, it, DECL_COMPONENT);
        else if (it->kind == ITEM_FN)
            module_fn(p, m, it);
        else if (it->kind == ITEM_AMENDS)
            diag_help(p->diags, report(p, DIAG_E0307, it->span, "`amends` is not supported by this version of kc"),
                      "import the file and set what differs through parameters");
    }
}

static void import_cycle(struct program *p, struct module *m, struct span at)
{
    struct buf b = { 0 };
    bool in = false;
    for (size_t i = 0; i < p->modules.n; i++) {
        struct module *o = p->modules.e[i].value;
        in = in || o == m;
        if (in && o->state == WORK_BUSY)
            buf_fmt(&b, "%.*s -> ", STR_ARG(o->path));
    }
    buf_str(&b, m->path);
    report(p, DIAG_E0503, at, "files import each other: %.*s", (int)b.n, b.s);
    buf_fini(&b);
}

static void parse_part(struct program *p, struct module *m, struct str path, struct str text)
{
    struct source src = { .path = path, .text = text, .std = m->std };
    uint32_t file = sources_add(p->sources, src);
    file_read(p, src);
    m->parts[m->nparts++] = ast_parse(p->arena, p->sources, file, p->diags);
}

/* A module of the library has the items of all its files. What a kept type reaches stands under the first one's path. */
static void parse_module(struct program *p, struct module *m, struct str text)
{
    const struct str *all;
    size_t n = m->std ? stdlib_list(&all) : 0, items = 0;
    struct str stem = str_fmt(p->arena, "%.*s.", STR_ARG(m->name)), why;
    m->parts = ARENA_ARRAY(p->arena, const struct ast_file *, PARTS);
    parse_part(p, m, m->path, text);
    for (size_t i = 0; i < n && m->nparts < PARTS; i++) {
        struct str path = str_fmt(p->arena, "std/%.*s", STR_ARG(all[i]));
        if (is_part(all[i]) && str_starts(path, stem) && p->options.load(p->options.user, p->arena, path, &text, &why))
            parse_part(p, m, path, text);
    }
    for (size_t i = 0; i < m->nparts; i++)
        items += m->parts[i]->body.n;
    struct ast_file *whole = arena_copy(p->arena, m->parts[0], sizeof *whole);
    struct ast_item **v = ARENA_ARRAY(p->arena, struct ast_item *, items);
    whole->body.items = v;
    whole->body.n = items;
    for (size_t i = 0; i < m->nparts; i++) {
        whole->broken |= m->parts[i]->broken;
        whole->body.broken |= m->parts[i]->body.broken;
        for (size_t k = 0; k < m->parts[i]->body.n; k++)
            *v++ = m->parts[i]->body.items[k];
    }
    m->ast = whole;
    m->file = whole->file;
}

struct module *load_module(struct program *p, struct str path, struct span at)
{
    struct module *m = map_get(&p->modules, path);
    if (m) {
        if (m->state == WORK_BUSY)
            import_cycle(p, m, at);
        return m;
    }
    struct str text, why = STR_NONE;
    if (p->modules.n >= FILE_LIMIT || ++p->depth > IMPORT_DEPTH) {
        report(p, DIAG_E0501, at, "too many files are imported (at most %d, %d deep)", FILE_LIMIT, IMPORT_DEPTH);
        return NULL;
    }
    bool part = str_starts(path, STR("std/")) && is_part(path);
    if (part)
        why = STR("it is a part of another");
    if (part || !p->options.load(p->options.user, p->arena, path, &text, &why)) {
        p->depth--;
        if (at.file)
            import_missing(p, path, at, why);
        else
            report(p, DIAG_E0801, at, "cannot read %.*s: %.*s", STR_ARG(path), STR_ARG(why));
        return NULL;
    }
    m = ARENA_NEW(p->arena, struct module);
    *m = (struct module){ .path = str_dup(p->arena, path), .std = str_starts(path, STR("std/")), .state = WORK_BUSY };
    m->name = str_ends(m->path, STR(".kcl")) ? str_sub(m->path, 0, m->path.n - 4) : m->path;
    map_put(&p->modules, m->path, m);
    parse_module(p, m, text);
    module_declare(p, m);
    module_imports(p, m);
    import_clashes(p, m);
    m->body = body_make(p, BODY_FILE, m, NULL, &m->ast->body, NULL, NULL);
    m->state = WORK_DONE;
    p->depth--;
    return m;
}

static void check_params(struct program *p)
{
    for (size_t i = 0; i < p->options.nparams; i++) {
        struct str name = p->options.params[i].key;
        struct vec names = { 0 };
        bool found = false;
        for (size_t k = 0; k < p->modules.n; k++) {
            struct module *m = p->modules.e[k].value;
            for (size_t j = 0; m->body && j < m->body->syms.n; j++) {
                struct sym *s = m->body->syms.e[j].value;
                if (s->kind != SYM_PARAM || m->std)
                    continue;
                found = found || str_eq(s->name, name);
                names_add(p, &names, s->name);
            }
        }
        if (found) {
            vec_fini(&names);
            continue;
        }
        bool none = !names.n;
        struct diag *x = report(p, DIAG_E0502, SPAN_NONE, "there is no parameter `%.*s`", STR_ARG(name));
        if (none)
            diag_note(p->diags, x, "%.*s declares no parameters", STR_ARG(p->root->path));
        report_suggest(p, x, name, SPAN_NONE, &names);
    }
}

struct program *program_new(struct sources *s, struct diags *d, const struct lang_options *o)
{
    struct arena *a = arena_new();
    struct program *p = ARENA_NEW(a, struct program);
    p->arena = a;
    p->sources = s;
    p->diags = d;
    p->options = *o;
    p->provider = (struct provider){ .kind = STR("aws"), .region = o->region };
    eval_begin(p);
    return p;
}

void check_modules(struct program *p, size_t from)
{
    for (size_t i = from; i < p->modules.n; i++) {
        struct module *m = p->modules.e[i].value;
        if (!m->std || p->options.check_all)
            check_module(p, m);
    }
    lost_report(p);
}

struct program *lang_load(struct sources *s, struct diags *d, struct str root_file, const struct lang_options *o)
{
    struct program *p = program_new(s, d, o);
    size_t errors = d->errors;
    p->root = load_module(p, root_file, SPAN_NONE);
    if (p->root && d->errors == errors) {
        check_params(p);
        check_modules(p, 0);
    }
    p->bad = !p->root || d->errors != errors;
    return p;
}

static void body_fini(struct body *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->syms.n; i++)
        vec_fini(&((struct sym *)b->syms.e[i].value)->items);
    for (size_t i = 0; i < b->ast->n; i++) {
        body_fini(b->kid[i]);
        body_fini(b->other[i]);
    }
    map_fini(&b->syms);
    map_fini(&b->outs);
    map_fini(&b->inside);
}

void lang_free(struct program *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->modules.n; i++) {
        struct module *m = p->modules.e[i].value;
        for (size_t k = 0; k < m->decls.n; k++) {
            struct decl *d = m->decls.e[k].value;
            body_fini(d->body);
            map_fini(&d->by_name);
            map_fini(&d->out_by_name);
            map_fini(&d->made_by_name);
        }
        body_fini(m->body);
        map_fini(&m->decls);
        map_fini(&m->fns);
    }
    map_fini(&p->modules);
    free(p->files);
    lower_fini(p);
    arena_free(p->arena);
}
