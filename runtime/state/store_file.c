/* store_file.c - the store in a folder (store.h): state.json, journal, lock, history/0000000007.json. The only place of this room that knows
 * paths. What a file promises after a loss of power rests on the world's disk: world_write replaces a file and makes that durable, name and
 * all; world_open and world_lock make durable the names that are in the folder already, for the process before may have been killed between a
 * rename and the sync of the folder. */
#include "kc/arena.h"
#include "kc/hash.h"
#include "kc/store.h"
#include "kc/world.h"
#include "room.h"
#include <string.h>

struct file_store {
    struct store pub;
    struct world *w;
    struct arena *a;
    struct str folder;
    struct str resumed;                                    /* the object that is appended to */
    struct world_file *file;
    struct world_lock *lock;
    enum disk_error failed;
};

static struct file_store *of(struct store *st)
{
    return (struct file_store *)st;
}

static const char suffix[] = ".json", temp[] = ".tmp";

/* ---- names ---- */

static struct str history_of(const struct file_store *f, struct arena *a)
{
    return str_fmt(a, "%.*s/history", STR_ARG(f->folder));
}

static struct str path_of(const struct file_store *f, struct arena *a, struct str name)
{
    if (!name.n)
        return f->folder;
    if (str_eq(name, STATE_HISTORY))
        return history_of(f, a);
    if (str_eq(name, STATE_SNAPSHOT))
        return str_fmt(a, "%.*s/state.json", STR_ARG(f->folder));
    bool former = str_starts(name, STATE_HISTORY);
    return str_fmt(a, "%.*s/%.*s%s", STR_ARG(f->folder), STR_ARG(name), former ? suffix : "");
}

static struct str where(struct store *st, struct arena *a, struct str name)
{
    return path_of(of(st), a, name);
}

static struct str how_to_cut(struct store *st, struct arena *a, struct str name, size_t size)
{
    return str_fmt(a, "truncate -s %zu '%.*s'", size, STR_ARG(where(st, a, name)));
}

static struct str how_to_copy(struct store *st, struct arena *a, struct str from, struct str to)
{
    return str_fmt(a, "cp '%.*s' '%.*s'", STR_ARG(where(st, a, from)), STR_ARG(where(st, a, to)));
}

static struct str problem(struct store *st)
{
    return str_of(disk_error_text(of(st)->failed));
}

static enum store_error result(struct file_store *f, enum disk_error e)
{
    if (e != DISK_OK)
        f->failed = e;
    return e == DISK_OK ? STORE_OK : e == DISK_ABSENT ? STORE_ABSENT : e == DISK_BUSY ? STORE_LOCKED : STORE_FAILED;
}

/* Where absence is a failure like any other: the folder was taken away meanwhile. */
static enum store_error done(struct file_store *f, enum disk_error e)
{
    return result(f, e) == STORE_OK ? STORE_OK : STORE_FAILED;
}

/* ---- whole files ---- */

static struct store_version version_of(struct str text)
{
    struct store_version v = { 0 };
    struct arena *a = arena_new();
    struct str digest = sha256_hex(a, text);
    memcpy(v.tag, digest.s, digest.n);
    arena_free(a);
    return v;
}

static enum store_error read_object(struct store *st, struct arena *a, struct str name, size_t limit, struct str *text, struct store_version *version)
{
    struct file_store *f = of(st);
    enum disk_error e = world_read(f->w, a, path_of(f, a, name), limit, text);
    if (version)
        *version = e == DISK_OK ? version_of(*text) : (struct store_version){ 0 };
    return result(f, e);
}

/* The lock keeps out every kc of this machine; people, and file systems whose locks do not reach other machines, are found out here. */
static enum store_error unchanged(struct file_store *f, struct arena *a, struct str name, const struct store_version *was)
{
    struct str text;
    struct store_version is;
    enum store_error e = read_object(&f->pub, a, name, STATE_FILE_LIMIT, &text, &is);
    if (e == STORE_FAILED)
        return e;
    return strcmp(is.tag, was->tag) == 0 ? STORE_OK : STORE_CHANGED;
}

static void end_appending(struct file_store *f)
{
    world_shut(f->w, f->file);
    f->file = NULL;
    f->resumed = STR_NONE;
}

static enum store_error replace(struct store *st, struct str name, const struct store_version *was, struct str text, struct store_version *now)
{
    struct file_store *f = of(st);
    struct arena *a = arena_new();
    enum store_error e = was ? unchanged(f, a, name, was) : STORE_OK;
    if (e == STORE_OK && f->file && str_eq(name, f->resumed))
        end_appending(f);
    if (e == STORE_OK && str_starts(name, STATE_HISTORY))
        e = done(f, world_mkdirs(f->w, history_of(f, a)));
    if (e == STORE_OK)
        e = done(f, world_write(f->w, path_of(f, a, name), text));
    if (e == STORE_OK && now)
        *now = version_of(text);
    arena_free(a);
    return e;
}

/* Names without folder and suffix; what a killed process left beside is none. */
static enum store_error list(struct store *st, struct arena *a, struct str prefix, struct str **names, size_t *n)
{
    struct file_store *f = of(st);
    struct str *v;
    size_t count;
    *n = 0;
    enum disk_error e = world_list(f->w, a, history_of(f, a), &v, &count);
    *names = v;
    for (size_t i = 0; e == DISK_OK && i < count; i++) {
        if (!str_ends(v[i], str_of(suffix)))
            continue;
        struct str name = str_fmt(a, "%.*s%.*s", STR_ARG(STATE_HISTORY), (int)(v[i].n - strlen(suffix)), v[i].s);
        if (str_starts(name, prefix))
            (*names)[(*n)++] = name;
    }
    return e == DISK_ABSENT ? STORE_OK : done(f, e);
}

static enum store_error remove_object(struct store *st, struct str name)
{
    struct file_store *f = of(st);
    struct arena *a = arena_new();
    enum store_error e = result(f, world_remove(f->w, path_of(f, a, name)));
    arena_free(a);
    return e;
}

/* ---- appending ---- */

static enum store_error resume(struct store *st, struct str name, size_t size)
{
    struct file_store *f = of(st);
    end_appending(f);
    enum disk_error e = world_open(f->w, path_of(f, f->a, name), &f->file);
    if (e == DISK_OK)
        e = world_truncate(f->w, f->file, size);
    if (e == DISK_OK)
        e = world_sync(f->w, f->file);
    f->resumed = str_dup(f->a, name);
    return done(f, e);
}

static enum store_error append(struct store *st, struct str text)
{
    struct file_store *f = of(st);
    return done(f, f->file ? world_append(f->w, f->file, text) : DISK_FAILED);
}

static enum store_error sync_appended(struct store *st)
{
    struct file_store *f = of(st);
    return done(f, f->file ? world_sync(f->w, f->file) : DISK_FAILED);
}

/* ---- the lock ---- */

/* What world_write had not renamed yet when the process was killed. */
static void sweep(struct file_store *f, struct arena *a, struct str folder)
{
    struct str *names;
    size_t n;
    if (world_list(f->w, a, folder, &names, &n) != DISK_OK)
        return;
    for (size_t i = 0; i < n; i++) {
        if (str_ends(names[i], str_of(temp)))
            world_remove(f->w, str_fmt(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(names[i])));
    }
}

static enum store_error lock(struct store *st, struct arena *a, struct str owner, struct str *holder)
{
    struct file_store *f = of(st);
    enum disk_error e = world_mkdirs(f->w, f->folder);
    if (e == DISK_OK)
        e = world_lock(f->w, path_of(f, a, STR("lock")), owner, &f->lock, a, holder);
    if (e == DISK_OK) {
        sweep(f, a, f->folder);
        sweep(f, a, history_of(f, a));
    }
    return e == DISK_BUSY ? STORE_LOCKED : done(f, e);
}

static void close_store(struct store *st)
{
    struct file_store *f = of(st);
    end_appending(f);
    world_unlock(f->w, f->lock);
    f->lock = NULL;
}

struct store *store_file(struct world *w, struct arena *a, struct str folder)
{
    static const struct store_ops ops = { .read = read_object, .replace = replace, .resume = resume, .append = append, .sync = sync_appended, .list = list,
                                          .remove = remove_object, .lock = lock, .close = close_store, .problem = problem, .where = where,
                                          .how_to_cut = how_to_cut, .how_to_copy = how_to_copy };
    struct file_store *f = ARENA_NEW(a, struct file_store);
    *f = (struct file_store){ .pub = { &ops }, .w = w, .a = a, .folder = str_dup(a, folder) };
    return &f->pub;
}
