/* power.c - see power.h. System calls of disk.c by macro, then disk.c itself. */
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
#include "kctest.h"
#include "power_room.h"

static struct power_disk *now;

static void stepped(void)
{
    if (now->step)
        now->step(now->user);
}

/* ---- names ---- */

static int last(const struct name *e)
{
    return e->value[e->n - 1];
}

static struct name *find_name(struct power_disk *d, int folder, struct str name)
{
    for (int i = 0; i < d->nnames; i++)
        if (d->names[i].folder == folder && str_eq(d->names[i].name, name))
            return &d->names[i];
    return NULL;
}

static void set_name(struct power_disk *d, int folder, struct str name, int inode)
{
    struct name *e = find_name(d, folder, name);
    if (!e) {
        assert_true(d->nnames < NAMES);
        e = &d->names[d->nnames++];
        *e = (struct name){ .folder = folder, .name = str_dup(d->a, name), .value = { NONE }, .n = 1 };
    }
    assert_true(e->n < VALUES);
    e->value[e->n++] = inode;
}

static void keep_names(struct power_disk *d, int folder)
{
    int kept = 0;
    for (int i = 0; i < d->nnames; i++) {
        struct name *e = &d->names[i];
        if (e->folder == folder) {
            e->value[0] = last(e);
            e->n = 1;
        }
        if (e->n > 1 || e->value[0] != NONE)
            d->names[kept++] = *e;
    }
    d->nnames = kept;
}

/* The inode of an absolute path, or NONE; *folder and *rest: where its last name stands, also when it does not. */
static int walk(const char *path, int *folder, struct str *rest)
{
    struct str p = str_of(path), part;
    int at = ROOT;
    *folder = NONE;
    while (str_cut(&p, '/', &part)) {
        if (!part.n)
            continue;
        if (at == NONE || !now->v[at].folder) {
            *folder = NONE;
            return NONE;
        }
        struct name *e = find_name(now, at, part);
        *folder = at;
        *rest = part;
        at = e ? last(e) : NONE;
    }
    return at;
}

void power_mark(const struct power_disk *d, int i, bool *seen)
{
    if (i == NONE || seen[i])
        return;
    seen[i] = true;
    for (int k = 0; d->v[i].folder && k < d->nnames; k++)
        for (int j = 0; d->names[k].folder == i && j < d->names[k].n; j++)
            power_mark(d, d->names[k].value[j], seen);
}

static void drop_names(struct power_disk *d, int folder)
{
    int kept = 0;
    for (int i = 0; i < d->nnames; i++)
        if (d->names[i].folder != folder)
            d->names[kept++] = d->names[i];
    d->nnames = kept;
}

static int new_inode(struct power_disk *d, bool folder)
{
    bool seen[INODES] = { false };
    power_mark(d, ROOT, seen);
    for (int i = 0; i < FDS; i++)
        if (d->fd[i].used)
            seen[d->fd[i].inode] = true;
    for (int i = 1; i < INODES; i++)
        if (!seen[i]) {
            drop_names(d, i);                              /* of a folder that was lost */
            d->v[i] = (struct inode){ .used = true, .folder = folder };
            return i;
        }
    fail_msg("too many inodes");
    return NONE;
}

/* ---- system calls ---- */

static int wrong(int e)
{
    errno = e;
    return -1;
}

static int new_fd(int inode, bool append)
{
    for (int i = 0; i < FDS; i++)
        if (!now->fd[i].used) {
            now->fd[i] = (struct fd){ .used = true, .inode = inode, .append = append };
            return i;
        }
    return wrong(EMFILE);
}

static int power_open(const char *path, int flags, ...)
{
    struct str name = STR("/");
    int folder, i = walk(path, &folder, &name);
    if (i == NONE && (folder == NONE || !(flags & O_CREAT)))
        return wrong(ENOENT);
    if (i != NONE && (flags & O_EXCL))
        return wrong(EEXIST);
    if (i != NONE && now->v[i].folder != !!(flags & O_DIRECTORY))
        return wrong(now->v[i].folder ? EISDIR : ENOTDIR);
    if (str_ends(name, STR(".tmp")) && !(flags & O_CREAT))
        fail_msg("%s is read", path);
    bool made = i == NONE;
    if (made)
        set_name(now, folder, name, i = new_inode(now, false));
    int fd = new_fd(i, flags & O_APPEND);
    if (made)
        stepped();
    return fd;
}

static int power_close(int fd)
{
    if (now->fd[fd].locks)
        now->v[now->fd[fd].inode].locked = false;
    now->fd[fd].used = false;
    return 0;
}

static int fill_stat(int i, struct stat *st)
{
    *st = (struct stat){ .st_mode = now->v[i].folder ? S_IFDIR : S_IFREG, .st_size = (off_t)now->v[i].seen.n };
    return 0;
}

static int power_fstat(int fd, struct stat *st)
{
    return fill_stat(now->fd[fd].inode, st);
}

static int power_stat(const char *path, struct stat *st)
{
    struct str name;
    int folder, i = walk(path, &folder, &name);
    return i == NONE ? wrong(ENOENT) : fill_stat(i, st);
}

static ssize_t power_read(int fd, void *p, size_t n)
{
    struct fd *f = &now->fd[fd];
    struct str rest = str_sub(now->v[f->inode].seen, f->at, now->v[f->inode].seen.n);
    size_t k = rest.n < n ? rest.n : n;
    if (k)
        memcpy(p, rest.s, k);
    f->at += k;
    return (ssize_t)k;
}

static ssize_t power_pread(int fd, void *p, size_t n, off_t at)
{
    assert_true(now->v[now->fd[fd].inode].locked);
    now->fd[fd].at = (size_t)at;
    return power_read(fd, p, n);
}

struct str power_overlay(struct arena *a, struct str text, size_t at, struct str piece)
{
    size_t n = at + piece.n > text.n ? at + piece.n : text.n;
    char *p = memset(arena_alloc(a, n + 1), 0, n + 1);
    if (text.n)
        memcpy(p, text.s, text.n);
    if (piece.n)
        memcpy(p + at, piece.s, piece.n);
    return (struct str){ p, n };
}

/* A write right behind another one is one longer write: in both cases any of their bytes may be there. */
static void pend(struct inode *f, bool cut, size_t at, size_t n)
{
    struct change *former = f->npending ? &f->pending[f->npending - 1] : NULL;
    if (!cut && former && !former->cut && former->at + former->n == at) {
        former->n += n;
        return;
    }
    assert_true(f->npending < WRITES);
    f->pending[f->npending++] = (struct change){ cut, at, n };
}

static ssize_t power_write(int fd, const void *p, size_t n)
{
    struct fd *f = &now->fd[fd];
    struct inode *i = &now->v[f->inode];
    size_t at = f->append ? i->seen.n : f->at;
    pend(i, false, at, n);
    i->seen = power_overlay(now->a, i->seen, at, (struct str){ p, n });
    f->at = at + n;
    stepped();
    return (ssize_t)n;
}

static int power_ftruncate(int fd, off_t size)
{
    struct inode *i = &now->v[now->fd[fd].inode];
    size_t n = (size_t)size;
    if (n == i->seen.n)
        return 0;
    pend(i, true, n, 0);
    i->seen = n < i->seen.n ? str_sub(i->seen, 0, n) : power_overlay(now->a, i->seen, n, STR_NONE);
    stepped();
    return 0;
}

static int power_fsync(int fd)
{
    struct inode *i = &now->v[now->fd[fd].inode];
    if (now->lie == (i->folder ? POWER_NO_FOLDER_SYNC : POWER_NO_FILE_SYNC))
        return 0;
    i->safe = i->seen;
    i->npending = 0;
    if (i->folder)
        keep_names(now, now->fd[fd].inode);
    stepped();
    return 0;
}

static int power_rename(const char *from, const char *to)
{
    struct str old, new;
    int folder, other, i = walk(from, &folder, &old), had = walk(to, &other, &new);
    if (i == NONE || other == NONE)
        return wrong(ENOENT);
    if (had != NONE && now->v[had].folder)
        return wrong(EISDIR);
    set_name(now, folder, old, NONE);
    set_name(now, other, new, i);
    stepped();
    return 0;
}

static int power_remove(const char *path)
{
    struct str name;
    int folder, i = walk(path, &folder, &name);
    if (i == NONE)
        return wrong(ENOENT);
    set_name(now, folder, name, NONE);
    stepped();
    return 0;
}

static int power_mkdir(const char *path, mode_t mode)
{
    struct str name;
    int folder, i = walk(path, &folder, &name);
    (void)mode;
    if (i != NONE)
        return wrong(EEXIST);
    if (folder == NONE)
        return wrong(ENOENT);
    set_name(now, folder, name, new_inode(now, true));
    stepped();
    return 0;
}

static int power_flock(int fd, int op)
{
    struct inode *i = &now->v[now->fd[fd].inode];
    (void)op;
    if (i->locked)
        return wrong(EWOULDBLOCK);
    i->locked = now->fd[fd].locks = true;
    return 0;
}

struct power_dir { int inode, at; struct dirent e; };

static DIR *power_opendir(const char *path)
{
    static struct power_dir d;                             /* one at a time */
    struct str name;
    int folder, i = walk(path, &folder, &name);
    if (i == NONE) {
        errno = ENOENT;
        return NULL;
    }
    d = (struct power_dir){ .inode = i };
    return (DIR *)&d;
}

static struct dirent *power_readdir(DIR *p)
{
    struct power_dir *d = (struct power_dir *)p;
    while (d->at < now->nnames) {
        struct name *e = &now->names[d->at++];
        if (e->folder != d->inode || last(e) == NONE)
            continue;
        snprintf(d->e.d_name, sizeof d->e.d_name, "%.*s", STR_ARG(e->name));
        return &d->e;
    }
    return NULL;
}

static int power_closedir(DIR *p)
{
    (void)p;
    return 0;
}

static ssize_t power_getrandom(void *p, size_t n, unsigned flags)
{
    (void)flags;
    memset(p, 0, n);
    memcpy(p, &now->temps, sizeof now->temps);
    now->temps++;
    return (ssize_t)n;
}

static char *power_realpath(const char *path, char *out)
{
    snprintf(out, PATH_MAX, "%s", path);
    return out;
}

static char *power_getcwd(char *out, size_t n)
{
    snprintf(out, n, "/");
    return out;
}

#define open(...) power_open(__VA_ARGS__)
#define close(fd) power_close(fd)
#define fstat(fd, st) power_fstat(fd, st)
#define stat(path, st) power_stat(path, st)
#define read(fd, p, n) power_read(fd, p, n)
#define pread power_pread
#define write(fd, p, n) power_write(fd, p, n)
#define ftruncate power_ftruncate
#define fsync power_fsync
#define fdatasync power_fsync
#define rename power_rename
#define unlink power_remove
#define remove(path) power_remove(path)
#define mkdir power_mkdir
#define flock(fd, op) power_flock(fd, op)
#define opendir power_opendir
#define readdir power_readdir
#define closedir power_closedir
#define getrandom power_getrandom
#define realpath power_realpath
#define getcwd power_getcwd
#define disk_new power_real_new
#define disk_free power_real_free
#define disk_real power_real
#include "world/disk.c"
#undef open
#undef read
#undef write
#undef close
#undef remove
#undef rename

/* ---- the disk ---- */

struct power_disk *power_new(struct arena *a)
{
    struct power_disk *d = ARENA_NEW(a, struct power_disk);
    d->a = a;
    d->v[ROOT] = (struct inode){ .used = true, .folder = true };
    return d;
}

struct power_disk *power_copy(const struct power_disk *d, struct arena *a)
{
    struct power_disk *c = arena_copy(a, d, sizeof *d);
    c->a = a;
    c->real = NULL;
    c->step = NULL;
    memset(c->fd, 0, sizeof c->fd);
    for (int i = 0; i < INODES; i++)
        c->v[i].locked = false;
    return c;
}

void power_use(struct power_disk *d, struct world *w)
{
    if (!d->real)
        d->real = power_real_new();
    now = d;
    w->disk = &power_real;
    w->disk_impl = d->real;
}

struct power_disk *power_now(struct power_disk *d)
{
    struct power_disk *former = now;
    now = d;
    return former;
}

void power_stop(struct power_disk *d)
{
    struct power_disk *former = power_now(d);
    d->step = NULL;
    if (d->real)
        power_real_free(d->real);
    d->real = NULL;
    now = former;
}

void power_watch(struct power_disk *d, power_step *f, void *user)
{
    d->step = f;
    d->user = user;
}

void power_lies(struct power_disk *d, enum power_lie lie)
{
    d->lie = lie;
}

bool power_is_temp(struct str name)
{
    return str_ends(name, STR(".tmp"));
}

static uint64_t mix(uint64_t h, struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        h = (h ^ (unsigned char)text.s[i]) * 0x100000001b3u;
    return h;
}

static uint64_t digest(const struct power_disk *d, int inode)
{
    uint64_t h = mix(0xcbf29ce484222325u, d->v[inode].seen), sum = 0;      /* in whatever order the names stand */
    for (int i = 0; d->v[inode].folder && i < d->nnames; i++) {
        const struct name *e = &d->names[i];
        if (e->folder != inode || last(e) == NONE)
            continue;
        uint64_t x = mix(digest(d, last(e)), power_is_temp(e->name) ? STR(".tmp") : e->name);
        sum += x ^ x >> 29;
    }
    return (h ^ sum) * 0x100000001b3u;
}

uint64_t power_digest(const struct power_disk *d)
{
    return digest(d, ROOT);
}

bool power_litter(const struct power_disk *d)
{
    for (int i = 0; i < d->nnames; i++)
        if (power_is_temp(d->names[i].name) && last(&d->names[i]) != NONE)
            return true;
    return false;
}
