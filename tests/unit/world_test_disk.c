/* world_test_disk.c - memory for a disk: what is appended and not synced is lost with the power; failures and room by script (world_test.h). */
#include "world_test_room.h"

#include <stdlib.h>
#include <string.h>

#define HOME "/home/test"
/* One name for a file, however it is written: below the home folder, which is the current one, without that prefix. */
static struct str tidy(struct test_world *t, struct str path)
{
    struct buf b = { 0 };
    bool absolute = path.n && path.s[0] == '/';
    struct str rest = path, part;

    if (absolute)
        buf_putc(&b, '/');
    while (str_cut(&rest, '/', &part)) {
        if (!part.n || str_is(part, "."))
            continue;
        if (b.n && b.s[b.n - 1] != '/')
            buf_putc(&b, '/');
        buf_str(&b, part);
    }
    if (!b.n)
        buf_putc(&b, '.');
    struct str whole = buf_take(&b, t->arena);
    if (str_is(whole, HOME))
        return STR(".");
    return str_starts(whole, STR(HOME "/")) ? str_sub(whole, sizeof HOME, whole.n) : whole;
}

static struct file *lookup(const struct test_world *t, struct str path)
{
    struct file *f = map_get(&t->files, path);

    return f && !f->gone ? f : NULL;
}

static struct file *find(struct test_world *t, struct str path)
{
    struct file *f = lookup(t, tidy(t, path));

    return f && f->link.n ? lookup(t, tidy(t, f->link)) : f;
}

static struct file *make(struct test_world *t, struct str path, bool folder)
{
    struct str name = tidy(t, path);
    struct file *f = map_get(&t->files, name);

    if (!f) {
        f = calloc(1, sizeof *f);
        f->path = name;
        map_put(&t->files, name, f);
    }
    f->gone = false;
    f->folder = folder;
    return f;
}

static struct str parent(struct test_world *t, struct str path)
{
    return str_folder(tidy(t, path));
}

/* Every effect passes here: scripted failures and the size of the disk. */
static enum disk_error effect(struct test_world *t, size_t bytes)
{
    t->effects++;
    if (t->fail_skip > 0) {
        t->fail_skip--;
    } else if (t->fail_times) {
        if (t->fail_times > 0)
            t->fail_times--;
        return t->fail;
    }
    if (t->room >= 0 && (int64_t)bytes > t->room)
        return DISK_FULL;
    if (t->room >= 0)
        t->room -= (int64_t)bytes;
    return DISK_OK;
}

static enum disk_error disk_read(void *impl, struct arena *a, struct str path, size_t limit, struct str *out)
{
    struct file *f = find(impl, path);

    if (!f)
        return DISK_ABSENT;
    if (f->denied != DISK_OK)
        return f->denied;
    if (f->folder)
        return DISK_NOT_FILE;
    if (f->data.n > limit)
        return DISK_TOO_BIG;
    *out = str_dup(a, buf_view(&f->data));
    return DISK_OK;
}

static enum disk_error disk_look(void *impl, struct str path, struct world_source **out, struct file_facts *facts)
{
    struct test_world *t = impl;
    struct file *f = find(t, path);

    if (!f || f->denied != DISK_OK || f->folder)
        return !f ? DISK_ABSENT : f->folder ? DISK_NOT_FILE : f->denied;
    *facts = (struct file_facts){ f->data.n, f->changed };
    *out = ARENA_NEW(t->arena, struct world_source);
    **out = (struct world_source){ f, 0 };
    return DISK_OK;
}

static enum disk_error disk_piece(void *impl, struct world_source *s, char *to, size_t room, size_t *n)
{
    size_t left = s->at < s->file->data.n ? s->file->data.n - s->at : 0;

    (void)impl;
    *n = left < room ? left : room;
    if (*n)
        memcpy(to, s->file->data.s + s->at, *n);
    s->at += *n;
    return DISK_OK;
}

static void disk_leave(void *impl, struct world_source *s)
{
    (void)impl;
    (void)s;
}

static enum disk_error disk_write(void *impl, struct str path, struct str data)
{
    struct test_world *t = impl;
    struct file *f = find(t, path), *folder = find(t, parent(t, path));
    enum disk_error e = effect(t, data.n);

    if (e != DISK_OK)
        return e;
    if (!folder || !folder->folder)
        return DISK_ABSENT;
    if (f && f->folder)
        return DISK_NOT_FILE;
    f = make(t, path, false);
    buf_fini(&f->data);
    buf_str(&f->data, data);
    f->changed++;
    f->synced = data.n;
    return DISK_OK;
}

static enum disk_error disk_open(void *impl, struct str path, struct world_file **out)
{
    struct test_world *t = impl;
    struct file *f = find(t, path), *folder = find(t, parent(t, path));
    enum disk_error e = effect(t, 0);

    if (e != DISK_OK)
        return e;
    if (!folder || !folder->folder)
        return DISK_ABSENT;
    if (f && f->denied != DISK_OK)
        return f->denied;
    if (f && f->folder)
        return DISK_NOT_FILE;
    if (!f) {
        f = make(t, path, false);
        buf_fini(&f->data);
        f->synced = 0;
    }
    *out = ARENA_NEW(t->arena, struct world_file);
    **out = (struct world_file){ f, t->epoch };
    return DISK_OK;
}

static enum disk_error disk_append(void *impl, struct world_file *f, struct str data)
{
    struct test_world *t = impl;
    enum disk_error e = f->epoch == t->epoch ? effect(t, data.n) : DISK_FAILED;

    if (e == DISK_OK) {
        buf_str(&f->file->data, data);
        f->file->changed++;
    }
    return e;
}

static enum disk_error disk_sync(void *impl, struct world_file *f)
{
    struct test_world *t = impl;
    enum disk_error e = f->epoch == t->epoch ? effect(t, 0) : DISK_FAILED;

    if (e == DISK_OK)
        f->file->synced = f->file->data.n;
    return e;
}

static enum disk_error disk_truncate(void *impl, struct world_file *f, size_t size)
{
    struct test_world *t = impl;
    enum disk_error e = f->epoch == t->epoch ? effect(t, 0) : DISK_FAILED;

    if (e == DISK_OK && size < f->file->data.n) {
        f->file->data.n = size;
        if (f->file->synced > size)
            f->file->synced = size;
    }
    return e;
}

static void disk_shut(void *impl, struct world_file *f)
{
    (void)impl;
    (void)f;
}

static enum disk_error disk_mkdirs(void *impl, struct str path)
{
    struct test_world *t = impl;
    struct str p = tidy(t, path);
    enum disk_error e = effect(t, 0);

    if (e != DISK_OK)
        return e;
    for (size_t i = 1; i <= p.n; i++) {
        struct str head = str_sub(p, 0, i);

        if (i < p.n && p.s[i] != '/')
            continue;
        struct file *f = find(t, head);
        if (f && !f->folder)
            return DISK_EXISTS;
        if (!f)
            make(t, head, true);
    }
    return DISK_OK;
}

static int by_name(const void *x, const void *y)
{
    const struct str *a = x, *b = y;

    return str_cmp(*a, *b);
}

static enum disk_error disk_list(void *impl, struct arena *a, struct str path, struct str **names, size_t *n)
{
    struct test_world *t = impl;
    struct file *folder = find(t, path);

    if (!folder)
        return DISK_ABSENT;
    if (folder->denied != DISK_OK)
        return folder->denied;
    *names = arena_array(a, t->files.n, sizeof **names);
    *n = 0;
    for (size_t i = 0; i < t->files.n; i++) {
        struct file *f = t->files.e[i].value;
        struct str name = f->path;

        if (f->gone || f == folder || !str_eq(parent(t, f->path), folder->path))
            continue;
        while (str_find(name, STR("/")) != SIZE_MAX)
            name = str_sub(name, str_find(name, STR("/")) + 1, name.n);

        (*names)[(*n)++] = str_dup(a, name);
    }
    if (*n)
        qsort(*names, *n, sizeof **names, by_name);
    return DISK_OK;
}

static enum disk_error disk_remove(void *impl, struct str path)
{
    struct test_world *t = impl;
    struct file *f = find(t, path);
    enum disk_error e = effect(t, 0);

    if (e != DISK_OK)
        return e;
    if (!f)
        return DISK_ABSENT;
    f->gone = true;
    buf_fini(&f->data);
    return DISK_OK;
}

static enum disk_error disk_lock(void *impl, struct str path, struct str owner, struct world_lock **out, struct arena *a,
                                 struct str *holder)
{
    struct test_world *t = impl;
    struct file *f = find(t, path), *folder = find(t, parent(t, path));

    if (!folder)
        return DISK_ABSENT;
    if (f && f->denied != DISK_OK)
        return f->denied;
    if (f && f->locked) {
        if (holder)
            *holder = str_dup(a, f->holder);
        return DISK_BUSY;
    }
    if (!f)
        f = make(t, path, false);
    f->locked = true;
    f->holder = str_dup(t->arena, owner);
    *out = ARENA_NEW(t->arena, struct world_lock);
    **out = (struct world_lock){ f, t->epoch };
    return DISK_OK;
}

static void disk_unlock(void *impl, struct world_lock *l)
{
    struct test_world *t = impl;

    if (l->epoch == t->epoch)
        l->file->locked = false;
}

static enum disk_error disk_resolve(void *impl, struct arena *a, struct str path, struct str *out)
{
    struct test_world *t = impl;
    struct buf b = { 0 };
    struct str rest = path, part;

    if (path.n && path.s[0] != '/')
        buf_cstr(&b, HOME);
    while (str_cut(&rest, '/', &part)) {
        if (!part.n || str_is(part, "."))
            continue;
        if (str_is(part, "..")) {
            while (b.n && b.s[--b.n] != '/')
                ;
            continue;
        }
        buf_putc(&b, '/');
        buf_str(&b, part);
    }
    struct str full = buf_take(&b, t->arena);
    struct file *f = lookup(t, tidy(t, full));
    if (!f)
        return DISK_ABSENT;
    *out = str_dup(a, f && f->link.n ? f->link : full);
    return DISK_OK;
}

static struct str disk_cwd(void *impl, struct arena *a)
{
    (void)impl;
    return str_dup(a, STR("/home/test"));
}

const struct disk_ops test_disk = {
    .read = disk_read, .look = disk_look, .piece = disk_piece, .leave = disk_leave, .write = disk_write, .open = disk_open, .append = disk_append, .sync = disk_sync,
    .truncate = disk_truncate, .shut = disk_shut, .mkdirs = disk_mkdirs, .list = disk_list, .remove = disk_remove,
    .lock = disk_lock, .unlock = disk_unlock, .resolve = disk_resolve, .cwd = disk_cwd,
};

void test_disk_new(struct test_world *t)
{
    make(t, STR("/"), true);
    make(t, STR("."), true);
    make(t, STR("/home"), true);
    t->effects = 0;
}

void test_disk_free(struct test_world *t)
{
    for (size_t i = 0; i < t->files.n; i++) {
        struct file *f = t->files.e[i].value;

        buf_fini(&f->data);
        free(f);
    }
    map_fini(&t->files);
}

/* ---- for the test ---- */
void test_world_put(struct test_world *t, const char *path, struct str text)
{
    struct str up = parent(t, str_of(path));
    unsigned effects = t->effects;
    int skip = t->fail_skip, times = t->fail_times;

    t->fail_skip = 0;
    t->fail_times = 0;
    if (disk_mkdirs(t, up) != DISK_OK)
        die("test world: %s is not a folder", path);
    t->fail_skip = skip;
    t->fail_times = times;
    t->effects = effects;
    struct file *f = make(t, str_of(path), false);
    buf_fini(&f->data);
    buf_str(&f->data, text);
    f->changed++;
    f->synced = text.n;
}

void test_world_link(struct test_world *t, const char *path, const char *target)
{
    struct file *f = make(t, str_of(path), false);

    f->link = str_dup(t->arena, str_of(target));
}

bool test_world_file(struct test_world *t, const char *path, struct str *text)
{
    struct file *f = lookup(t, tidy(t, str_of(path)));

    if (!f || f->folder)
        return false;
    *text = buf_view(&f->data);
    return true;
}

size_t test_world_files(struct test_world *t, const struct str **paths)
{
    struct str *v = arena_array(t->arena, t->files.n, sizeof *v);
    size_t n = 0;

    for (size_t i = 0; i < t->files.n; i++) {
        struct file *f = t->files.e[i].value;

        if (!f->gone && !f->folder)
            v[n++] = f->path;
    }
    if (n)
        qsort(v, n, sizeof *v, by_name);
    *paths = v;
    return n;
}

void test_world_disk_fails(struct test_world *t, enum disk_error e, int skip, int times)
{
    t->fail = e;
    t->fail_skip = skip;
    t->fail_times = times;
}

void test_world_disk_room(struct test_world *t, int64_t bytes)
{
    t->room = bytes;
}

void test_world_deny(struct test_world *t, const char *path, enum disk_error e)
{
    struct file *f = find(t, str_of(path));

    if (!f)
        f = make(t, str_of(path), false);
    f->denied = e;
}

unsigned test_world_effects(const struct test_world *t)
{
    return t->effects;
}

void test_world_crash(struct test_world *t, size_t keep)
{
    t->epoch++;
    for (size_t i = 0; i < t->files.n; i++) {
        struct file *f = t->files.e[i].value;

        if (f->data.n > f->synced + keep)
            f->data.n = f->synced + keep;
        f->synced = f->data.n;
        f->locked = false;
    }
    test_net_close(t);
}
