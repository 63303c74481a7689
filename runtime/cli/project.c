/* project.c - see project.h. */
#include "project.h"

#include <stdlib.h>
#include <string.h>

#include "kc/arena.h"
#include "kc/lang.h"
#include "kc/vec.h"

enum { FILE_MAX = 4 << 20, LIBRARY_MAX = 64 << 20, BLOB_HELD = 64 << 10, SHOWN_FILES = 6 };
static const uint64_t BLOB_MAX = 5ull << 30;

static bool exists(struct world *w, struct arena *a, struct str path)
{
    struct str full;

    return world_resolve(w, a, path, &full) == DISK_OK;
}

static struct str join(struct arena *a, struct str folder, struct str name)
{
    if (name.n && name.s[0] == '/')
        return name;
    return str_ends(folder, STR("/")) ? str_fmt(a, "%.*s%.*s", STR_ARG(folder), STR_ARG(name)) : str_fmt(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
}

/* Below root, without its slash; false: elsewhere. */
static bool below(struct str root, struct str path, struct str *rest)
{
    if (str_is(root, "/")) {
        *rest = str_sub(path, 1, path.n);
        return true;
    }
    if (!str_starts(path, root) || path.n <= root.n || path.s[root.n] != '/')
        return false;
    *rest = str_sub(path, root.n + 1, path.n);
    return true;
}

static struct str nearest_root(struct world *w, struct arena *a, struct str here)
{
    for (struct str at = here;; at = str_folder(at)) {
        if (exists(w, a, join(a, at, STR("kc.lock"))) || exists(w, a, join(a, at, STR(".kc"))))
            return at;
        if (str_is(at, "/"))
            return here;
    }
}

/* The file that is meant when none is named. */
static bool usual_file(struct world *w, struct arena *a, struct str *file, struct diags *d)
{
    struct buf list = { 0 };
    struct str *names, only = STR_NONE;
    size_t n = 0, found = 0;

    if (exists(w, a, STR("cluster.kcl"))) {
        *file = STR("cluster.kcl");
        return true;
    }
    if (world_list(w, a, STR("."), &names, &n) != DISK_OK)
        n = 0;
    for (size_t i = 0; i < n; i++) {
        if (!str_ends(names[i], STR(".kcl")))
            continue;
        only = names[i];
        if (found++ < SHOWN_FILES)
            buf_fmt(&list, "%s`%.*s`", found > 1 ? ", " : "", STR_ARG(names[i]));
    }
    *file = only;
    if (found != 1) {
        struct diag *x = diag_add(d, DIAG_E0806, SPAN_NONE, found ? "which file? there are %zu here" : "there is no .kcl file here", found);

        if (found)
            diag_help(d, x, "name one of them: %.*s%s", STR_ARG(buf_view(&list)), found > SHOWN_FILES ? ", ..." : "");
        else
            diag_help(d, x, "write `cluster.kcl`, name a file, or copy one of the examples");
    }
    buf_fini(&list);
    return found == 1;
}

static bool stack_name_fits(struct str name)
{
    struct str rest = name, part;

    if (!name.n || name.n > 200)
        return false;
    while (str_cut(&rest, '/', &part)) {
        if (!part.n || part.s[0] == '.')
            return false;
        for (size_t i = 0; i < part.n; i++)
            if ((unsigned char)part.s[i] < ' ' || part.s[i] == 127 || part.s[i] == '\\')
                return false;
    }
    return true;
}

static bool find_file(struct world *w, struct arena *a, const struct options *o, struct str here, struct project *p, struct diags *d)
{
    struct str named, full;
    bool takes_file = o->command != COMMAND_STATE && o->command != COMMAND_KUBECONFIG;

    if (takes_file && o->nargs)
        named = o->args[0];
    else if (!usual_file(w, a, &named, d))
        return false;
    enum disk_error e = world_resolve(w, a, join(a, here, named), &full);
    if (e != DISK_OK) {
        diag_add(d, DIAG_E0801, SPAN_NONE, "%.*s cannot be read: %s", STR_ARG(named), disk_error_text(e));
        return false;
    }
    if (!below(p->root, full, &p->file)) {                 /* a file elsewhere is a project of its own */
        if (o->root.n) {
            diag_add(d, DIAG_E0806, SPAN_NONE, "%.*s is outside the project `%.*s` of `--root`", STR_ARG(named), STR_ARG(p->root));
            return false;
        }
        p->root = str_folder(full);
        below(p->root, full, &p->file);
    }
    return true;
}

static bool name_stack(const struct options *o, struct project *p, struct diags *d)
{
    p->stack = o->stack.n ? o->stack : str_ends(p->file, STR(".kcl")) ? str_sub(p->file, 0, p->file.n - 4) : p->file;
    if (stack_name_fits(p->stack))
        return true;
    struct diag *x = diag_add(d, DIAG_E0806, SPAN_NONE, "`%.*s` cannot name a stack", STR_ARG(p->stack));
    diag_help(d, x, "use `--stack` with a name such as `prod` or `eu/prod`: no part empty or beginning with a dot");
    return false;
}

bool project_find(struct world *w, struct arena *a, const struct options *o, bool need_file, struct project *p, struct diags *d)
{
    struct str here = world_cwd(w, a);

    *p = (struct project){ 0 };
    p->root = o->root.n ? join(a, here, o->root) : nearest_root(w, a, here);
    enum disk_error e = world_resolve(w, a, p->root, &p->root);
    if (e != DISK_OK) {
        diag_add(d, DIAG_E0806, SPAN_NONE, "the project's folder `%.*s` cannot be used: %s", STR_ARG(p->root), disk_error_text(e));
        return false;
    }
    bool stackless = o->command == COMMAND_SANDBOX;        /* the account is the folder's */
    if (!stackless && (need_file || !o->stack.n) && !find_file(w, a, o, here, p, d))
        return false;
    if (!stackless && !name_stack(o, p, d))
        return false;
    p->folder = o->state_dir.n ? join(a, here, o->state_dir) : join(a, p->root, STR(".kc"));
    p->sandbox = join(a, p->folder, STR("sandbox"));
    struct str base = o->sandbox ? p->sandbox : p->folder;
    p->stack_folder = str_fmt(a, "%.*s/stacks/%.*s", STR_ARG(base), STR_ARG(p->stack));
    p->durations = join(a, base, STR("durations"));
    return true;
}

static bool read_from(const struct loader *l, struct arena *a, struct str folder, struct str path, struct str *text)
{
    return folder.n && world_read(l->world, a, join(a, folder, path), LIBRARY_MAX, text) == DISK_OK;
}

bool project_library(const struct loader *l, struct arena *a, struct str path, struct str *text)
{
    if (str_find(path, STR("..")) != SIZE_MAX)
        return false;
    if (str_starts(path, STR("sandbox/")) && read_from(l, a, l->behaviour, str_sub(path, 8, path.n), text))
        return true;
    return read_from(l, a, l->stdlib, path, text) || stdlib_text(path, text);
}

/* Where a file of the project really is. */
static bool find_own(const struct loader *l, struct arena *a, struct str path, struct str *full, struct str *why)
{
    struct str rest;
    enum disk_error e = world_resolve(l->world, a, join(a, l->project.root, path), full);

    if (e != DISK_OK)
        *why = str_of(disk_error_text(e));
    else if (!below(l->project.root, *full, &rest))
        *why = str_fmt(a, "it is outside the project `%.*s`", STR_ARG(l->project.root));
    else
        return true;
    return false;
}

static bool load_own(const struct loader *l, struct arena *a, struct str path, struct str *text, struct str *why)
{
    struct str full;

    if (!find_own(l, a, path, &full, why))
        return false;
    enum disk_error e = world_read(l->world, a, full, FILE_MAX, text);
    if (e == DISK_TOO_BIG)
        *why = str_fmt(a, "it is larger than %d MiB", FILE_MAX >> 20);
    else if (e != DISK_OK)
        *why = str_of(disk_error_text(e));
    return e == DISK_OK;
}

/* Evaluation comes here more than once: what was read is not read again. */
static enum disk_error measure_once(struct loader *l, struct str full, const struct body_file **out)
{
    struct body_file *f = map_get(&l->measured, full);

    *out = f;
    if (f)
        return DISK_OK;
    f = ARENA_NEW(l->arena, struct body_file);
    enum disk_error e = world_measure(l->world, full, BLOB_MAX, f);
    if (e == DISK_OK) {
        f->path = str_dup(l->arena, full);
        map_put(&l->measured, f->path, f);
        *out = f;
    }
    return e;
}

bool project_measure(void *user, struct arena *a, struct str path, const struct value **blob, struct str *why)
{
    struct loader *l = user;
    const struct body_file *f;
    struct str full, text;

    if (!find_own(l, a, path, &full, why))
        return false;
    enum disk_error e = world_read(l->world, a, full, BLOB_HELD, &text);
    if (e == DISK_OK) {
        *blob = value_bulk(a, value_str(a, text));
        return true;
    }
    if (e == DISK_TOO_BIG && (e = measure_once(l, full, &f)) == DISK_OK) {
        struct digest d = { .n = sizeof d.sum, .size = f->size, .path = f->path, .changed = f->changed };
        memcpy(d.sum, f->sha256, sizeof d.sum);
        *blob = value_digest(a, &d, false);
        return true;
    }
    *why = e == DISK_TOO_BIG ? STR("it is larger than 5 GiB, and one upload takes no more") : str_of(disk_error_text(e));
    return false;
}

bool project_load(void *user, struct arena *a, struct str path, struct str *text, struct str *why)
{
    const struct loader *l = user;

    if (!str_starts(path, STR("std/")))
        return load_own(l, a, path, text, why);
    if (project_library(l, a, str_sub(path, 4, path.n), text))
        return true;
    *why = STR("the library has no such file");
    return false;
}

static bool taken(const struct str *names, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}

static void add_service(struct arena *a, struct str **names, size_t *n, size_t *cap, struct str file)
{
    struct str name = str_sub(file, 0, file.n - 4);

    if (!str_ends(file, STR(".kcl")) || str_find(file, STR("/")) != SIZE_MAX || taken(*names, *n, name))
        return;
    *names = vec_grow(*names, *n, cap, sizeof **names);
    (*names)[(*n)++] = str_dup(a, name);
}

static void add_folder(const struct loader *l, struct arena *a, struct str folder, struct str **names, size_t *n, size_t *cap)
{
    struct str *files;
    size_t nfiles;

    if (world_list(l->world, a, folder, &files, &nfiles) == DISK_OK)
        for (size_t i = 0; i < nfiles; i++)
            add_service(a, names, n, cap, files[i]);
}

size_t project_services(const struct loader *l, struct arena *a, const struct str **out)
{
    const struct str *paths;
    struct str *names = NULL;
    size_t n = 0, cap = 0, npaths = stdlib_list(&paths);

    for (size_t i = 0; i < npaths; i++)
        if (str_starts(paths[i], STR("sandbox/")))
            add_service(a, &names, &n, &cap, str_sub(paths[i], 8, paths[i].n));
    if (l->stdlib.n)
        add_folder(l, a, join(a, l->stdlib, STR("sandbox")), &names, &n, &cap);
    if (l->behaviour.n)
        add_folder(l, a, l->behaviour, &names, &n, &cap);
    struct str *kept = arena_array(a, n, sizeof *kept);
    for (size_t i = 0; i < n; i++)
        kept[i] = names[i];
    free(names);
    *out = kept;
    return n;
}
