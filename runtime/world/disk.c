/* disk.c - files. Whole-file writes go through a temporary file, fsync, rename and fsync of the folder, so that a reader or a
 * crash sees the old text or the new one, never a mixture. Files that kc makes are 0600, folders 0700, and links are not
 * followed when writing. Reading follows links (people link ~/.aws); whoever reads a project resolves first. */
#include "real.h"
#include "kc/arena.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

struct world_file {
    int fd;
    bool broken;                                           /* a sync failed: nothing after it can be trusted */
    struct world_file *next, **link;
};
struct world_lock {
    int fd;
    struct world_lock *next, **link;
};
struct world_source {
    int fd;
    struct world_source *next, **link;
};
struct disk {
    struct world_file *files;
    struct world_source *sources;
    struct world_lock *locks;
};

struct disk *disk_new(void)
{
    struct disk *d = calloc(1, sizeof *d);

    if (!d)
        die("out of memory");
    return d;
}

static enum disk_error of_errno(int e)
{
    switch (e) {
    case ENOENT: case ENOTDIR: return DISK_ABSENT;
    case EACCES: case EPERM: return DISK_DENIED;
    case ENOSPC: case EDQUOT: return DISK_FULL;
    case EROFS: return DISK_READONLY;
    case EEXIST: return DISK_EXISTS;
    case EFBIG: return DISK_TOO_BIG;
    case EISDIR: case ELOOP: case ENXIO: return DISK_NOT_FILE;
    case EWOULDBLOCK: case EBUSY: return DISK_BUSY;
    default: return DISK_FAILED;
    }
}

/* A path for the C library: NUL-terminated, without NUL inside. */
static bool path_c(struct str path, char out[PATH_MAX])
{
    if (!path.n || path.n >= PATH_MAX || memchr(path.s, 0, path.n))
        return false;
    memcpy(out, path.s, path.n);
    out[path.n] = 0;
    return true;
}

static enum disk_error read_all(struct arena *a, int fd, size_t size, size_t limit, struct str *out)
{
    char *p = arena_alloc(a, size + 1);
    size_t n = 0;

    for (;;) {
        ssize_t k = read(fd, p + n, size + 1 - n);

        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return of_errno(errno);
        if (k == 0)
            break;
        n += (size_t)k;
        if (n > limit)
            return DISK_TOO_BIG;
        if (n > size) {                                    /* it grew while we read */
            p = memcpy(arena_alloc(a, 2 * n + 1), p, n);
            size = 2 * n;
        }
    }
    *out = (struct str){ p, n };
    return DISK_OK;
}

static enum disk_error open_regular(struct str path, int *fd, struct stat *st)
{
    char name[PATH_MAX];
    enum disk_error e = DISK_OK;

    if (!path_c(path, name))
        return DISK_ABSENT;
    *fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0)
        return of_errno(errno);
    if (fstat(*fd, st) != 0)
        e = of_errno(errno);
    else if (!S_ISREG(st->st_mode))
        e = DISK_NOT_FILE;
    if (e != DISK_OK)
        close(*fd);
    return e;
}

static enum disk_error disk_read(void *impl, struct arena *a, struct str path, size_t limit, struct str *out)
{
    struct stat st;
    int fd;
    enum disk_error e = open_regular(path, &fd, &st);

    (void)impl;
    if (e != DISK_OK)
        return e;
    e = (uint64_t)st.st_size > limit ? DISK_TOO_BIG : read_all(a, fd, (size_t)st.st_size, limit, out);
    close(fd);
    return e;
}

static enum disk_error disk_look(void *impl, struct str path, struct world_source **out, struct file_facts *facts)
{
    struct disk *d = impl;
    struct stat st;
    int fd;
    enum disk_error e = open_regular(path, &fd, &st);

    if (e != DISK_OK)
        return e;
    struct world_source *s = calloc(1, sizeof *s);
    if (!s)
        die("out of memory");
    s->fd = fd;
    s->next = d->sources;
    s->link = &d->sources;
    if (s->next)
        s->next->link = &s->next;
    d->sources = s;
    *facts = (struct file_facts){ (uint64_t)st.st_size, (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec };
    *out = s;
    return DISK_OK;
}

static enum disk_error disk_piece(void *impl, struct world_source *s, char *to, size_t room, size_t *n)
{
    ssize_t k;

    (void)impl;
    do
        k = read(s->fd, to, room);
    while (k < 0 && errno == EINTR);
    *n = k > 0 ? (size_t)k : 0;
    return k < 0 ? of_errno(errno) : DISK_OK;
}

static void disk_leave(void *impl, struct world_source *s)
{
    (void)impl;
    close(s->fd);
    *s->link = s->next;
    if (s->next)
        s->next->link = s->link;
    free(s);
}

static enum disk_error write_all(int fd, struct str data)
{
    while (data.n) {
        ssize_t k = write(fd, data.s, data.n);

        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return k < 0 ? of_errno(errno) : DISK_FAILED;
        data.s += k;
        data.n -= (size_t)k;
    }
    return DISK_OK;
}

static void folder_of(const char *name, char out[PATH_MAX])
{
    const char *slash = strrchr(name, '/');

    if (!slash)
        snprintf(out, PATH_MAX, ".");
    else
        snprintf(out, PATH_MAX, "%.*s", slash == name ? 1 : (int)(slash - name), name);
}

static enum disk_error sync_folder(const char *name)
{
    char folder[PATH_MAX];

    folder_of(name, folder);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return of_errno(errno);
    enum disk_error e = fsync(fd) == 0 || errno == EINVAL ? DISK_OK : of_errno(errno);
    close(fd);
    return e;
}

static enum disk_error write_temp(const char *temp, struct str data)
{
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return of_errno(errno);
    enum disk_error e = write_all(fd, data);
    if (e == DISK_OK && fsync(fd) != 0)
        e = of_errno(errno);
    if (close(fd) != 0 && e == DISK_OK)
        e = of_errno(errno);
    return e;
}

static enum disk_error disk_write(void *impl, struct str path, struct str data)
{
    char name[PATH_MAX], temp[PATH_MAX + 32];
    uint64_t r = 0;

    (void)impl;
    if (!path_c(path, name))
        return DISK_ABSENT;
    if (getrandom(&r, sizeof r, 0) != (ssize_t)sizeof r)
        return DISK_FAILED;
    snprintf(temp, sizeof temp, "%s.%08x.tmp", name, (unsigned)r);
    enum disk_error e = write_temp(temp, data);
    if (e == DISK_OK && rename(temp, name) != 0)
        e = of_errno(errno);
    if (e != DISK_OK) {
        unlink(temp);
        return e;
    }
    return sync_folder(name);
}

static enum disk_error disk_open(void *impl, struct str path, struct world_file **out)
{
    struct disk *d = impl;
    char name[PATH_MAX];
    struct stat st;

    if (!path_c(path, name))
        return DISK_ABSENT;
    int fd = open(name, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0)
        return of_errno(errno);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return DISK_NOT_FILE;
    }
    if (sync_folder(name) != DISK_OK) {                    /* always: whoever made or renamed it may have been killed before his own */
        close(fd);
        return DISK_FAILED;
    }
    struct world_file *f = calloc(1, sizeof *f);
    if (!f)
        die("out of memory");
    f->fd = fd;
    f->next = d->files;
    f->link = &d->files;
    if (f->next)
        f->next->link = &f->next;
    d->files = f;
    *out = f;
    return DISK_OK;
}

static enum disk_error disk_append(void *impl, struct world_file *f, struct str data)
{
    struct stat st;

    (void)impl;
    if (f->broken || fstat(f->fd, &st) != 0)
        return DISK_FAILED;
    enum disk_error e = write_all(f->fd, data);
    if (e != DISK_OK && ftruncate(f->fd, st.st_size) != 0)
        f->broken = true;
    return e;
}

static enum disk_error disk_sync(void *impl, struct world_file *f)
{
    (void)impl;
    if (f->broken)
        return DISK_FAILED;
    if (fdatasync(f->fd) == 0)
        return DISK_OK;
    f->broken = true;                                      /* the kernel may have dropped the dirty pages: a second try would lie */
    return of_errno(errno);
}

static enum disk_error disk_truncate(void *impl, struct world_file *f, size_t size)
{
    (void)impl;
    return ftruncate(f->fd, (off_t)size) == 0 ? DISK_OK : of_errno(errno);
}

static void disk_shut(void *impl, struct world_file *f)
{
    (void)impl;
    close(f->fd);
    *f->link = f->next;
    if (f->next)
        f->next->link = f->link;
    free(f);
}

static enum disk_error disk_mkdirs(void *impl, struct str path)
{
    char name[PATH_MAX];
    struct stat st;

    (void)impl;
    if (!path_c(path, name))
        return DISK_ABSENT;
    for (char *p = name + 1;; p++) {
        if (*p != '/' && *p)
            continue;
        char kept = *p;
        *p = 0;
        bool made = mkdir(name, 0700) == 0;
        if (!made && errno != EEXIST)
            return of_errno(errno);
        enum disk_error e = sync_folder(name);             /* also of one that was there: its maker may have been killed before this */
        if (made && e != DISK_OK)
            return e;
        *p = kept;
        if (!kept)
            break;
    }
    if (stat(name, &st) != 0)
        return of_errno(errno);
    return S_ISDIR(st.st_mode) ? DISK_OK : DISK_EXISTS;
}

static int by_name(const void *x, const void *y)
{
    const struct str *a = x, *b = y;

    return str_cmp(*a, *b);
}

static enum disk_error disk_list(void *impl, struct arena *a, struct str path, struct str **names, size_t *n)
{
    char name[PATH_MAX];
    size_t cap = 0;
    struct dirent *e;

    (void)impl;
    *names = NULL;
    *n = 0;
    if (!path_c(path, name))
        return DISK_ABSENT;
    DIR *d = opendir(name);
    if (!d)
        return of_errno(errno);
    while ((e = readdir(d))) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        if (*n == cap) {
            cap = cap ? 2 * cap : 16;
            struct str *more = arena_array(a, cap, sizeof *more);
            if (*n)
                memcpy(more, *names, *n * sizeof *more);
            *names = more;
        }
        (*names)[(*n)++] = str_dup(a, str_of(e->d_name));
    }
    closedir(d);
    if (*n)
        qsort(*names, *n, sizeof **names, by_name);
    return DISK_OK;
}

static enum disk_error disk_remove(void *impl, struct str path)
{
    char name[PATH_MAX];

    (void)impl;
    if (!path_c(path, name))
        return DISK_ABSENT;
    if (remove(name) != 0)
        return of_errno(errno);
    return sync_folder(name);
}

static struct str lock_holder(struct arena *a, int fd)
{
    char text[1024];
    ssize_t k = pread(fd, text, sizeof text, 0);

    return k > 0 ? str_dup(a, str_trim((struct str){ text, (size_t)k })) : STR_NONE;
}

static enum disk_error disk_lock(void *impl, struct str path, struct str owner, struct world_lock **out, struct arena *a,
                                 struct str *holder)
{
    struct disk *d = impl;
    char name[PATH_MAX];

    if (!path_c(path, name))
        return DISK_ABSENT;
    int fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0)
        return of_errno(errno);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        enum disk_error e = of_errno(errno);

        if (e == DISK_BUSY && holder)
            *holder = lock_holder(a, fd);
        close(fd);
        return e;
    }
    enum disk_error e = ftruncate(fd, 0) == 0 ? write_all(fd, owner) : of_errno(errno);
    if (e == DISK_OK)
        e = sync_folder(name);
    struct world_lock *l = e == DISK_OK ? calloc(1, sizeof *l) : NULL;
    if (!l) {
        close(fd);
        return e == DISK_OK ? DISK_FAILED : e;
    }
    l->fd = fd;
    l->next = d->locks;
    l->link = &d->locks;
    if (l->next)
        l->next->link = &l->next;
    d->locks = l;
    *out = l;
    return DISK_OK;
}

/* The file stays: removing it would let two processes hold locks on two files of one name. */
static void disk_unlock(void *impl, struct world_lock *l)
{
    (void)impl;
    (void)!ftruncate(l->fd, 0);
    close(l->fd);
    *l->link = l->next;
    if (l->next)
        l->next->link = l->link;
    free(l);
}

static enum disk_error disk_resolve(void *impl, struct arena *a, struct str path, struct str *out)
{
    char name[PATH_MAX], full[PATH_MAX];

    (void)impl;
    if (!path_c(path, name))
        return DISK_ABSENT;
    if (!realpath(name, full))
        return of_errno(errno);
    *out = str_dup(a, str_of(full));
    return DISK_OK;
}

static struct str disk_cwd(void *impl, struct arena *a)
{
    char name[PATH_MAX];

    (void)impl;
    return str_dup(a, getcwd(name, sizeof name) ? str_of(name) : STR("."));
}

const struct disk_ops disk_real = {
    .read = disk_read, .look = disk_look, .piece = disk_piece, .leave = disk_leave, .write = disk_write, .open = disk_open, .append = disk_append, .sync = disk_sync,
    .truncate = disk_truncate, .shut = disk_shut, .mkdirs = disk_mkdirs, .list = disk_list, .remove = disk_remove,
    .lock = disk_lock, .unlock = disk_unlock, .resolve = disk_resolve, .cwd = disk_cwd,
};

void disk_free(struct disk *d)
{
    while (d->files)
        disk_shut(d, d->files);
    while (d->sources)
        disk_leave(d, d->sources);
    while (d->locks)
        disk_unlock(d, d->locks);
    free(d);
}
