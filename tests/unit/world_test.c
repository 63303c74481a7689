/* world_test.c - see world_test.h. */
#include "world_test.h"

#include <stdlib.h>
#include <string.h>

#include "kc/json.h"
#include "kc/map.h"

enum { MAX_REQUESTS = 100000, MAX_LINES = 32 };

struct file {
    struct str path;
    bool folder, gone, locked;
    struct buf data;
    size_t synced;
    struct str link;
    struct str holder;
    enum disk_error denied;
};
struct world_file { struct file *file; unsigned epoch; };
struct world_lock { struct file *file; unsigned epoch; };

struct flight {                                            /* a request under way */
    struct http_request rq;
    http_done *done;
    void *user;
    int64_t due;
    struct flight *next;
};
struct test_world {
    struct world w;
    struct arena *arena;
    struct map env, files;
    struct str args, typed[MAX_LINES];
    size_t ntyped, next_typed;
    struct buf out, err;
    bool tty;
    unsigned width;
    uint64_t seed;
    int signals, seen;
    int64_t signal_at;
    struct str program_out;
    int program_code;
    int program_takes;
    unsigned runs;
    struct str ran;
    int64_t now, wall_offset, latency;
    test_answer *answer;
    void *answer_user;
    struct flight *flights;
    struct test_request *requests;
    size_t nrequests, cap_requests;
    int fail_skip, fail_times;
    enum disk_error fail;
    int64_t room;
    unsigned effects, epoch;
};

/* ---- clock, signals ---- */
static int64_t clock_now(void *impl)
{
    return ((struct test_world *)impl)->now;
}

static int64_t clock_wall(void *impl)
{
    struct test_world *t = impl;

    return t->now + t->wall_offset;
}

static void move_to(struct test_world *t, int64_t now)
{
    if (now > t->now)
        t->now = now;
    if (t->signal_at && t->now >= t->signal_at) {
        t->signal_at = 0;
        t->signals++;
    }
}

/* ---- network ---- */
static struct http_request copy_request(struct arena *a, const struct http_request *rq)
{
    struct http_request c = *rq;
    struct header *h = arena_array(a, rq->nheaders, sizeof *h);

    for (size_t i = 0; i < rq->nheaders; i++)
        h[i] = (struct header){ str_dup(a, rq->headers[i].name), str_dup(a, rq->headers[i].value) };
    c.headers = h;
    c.method = str_dup(a, rq->method);
    c.url = str_dup(a, rq->url);
    c.body = str_dup(a, rq->body);
    return c;
}

static void net_send(void *impl, const struct http_request *rq, http_done *done, void *user)
{
    struct test_world *t = impl;
    struct flight *f = ARENA_NEW(t->arena, struct flight), **at = &t->flights;

    *f = (struct flight){ copy_request(t->arena, rq), done, user, t->now + t->latency, NULL };
    if (t->nrequests == MAX_REQUESTS)
        die("test world: too many requests");
    if (t->nrequests == t->cap_requests) {
        t->cap_requests = t->cap_requests ? 2 * t->cap_requests : 64;
        t->requests = realloc(t->requests, t->cap_requests * sizeof *t->requests);
    }
    t->requests[t->nrequests++] = (struct test_request){ f->rq, t->now };
    while (*at && (*at)->due <= f->due)
        at = &(*at)->next;
    f->next = *at;
    *at = f;
}

static bool has_signal(struct test_world *t)
{
    bool fresh = t->signals > t->seen;

    t->seen = t->signals;
    return fresh;
}

static enum wait_result net_wait(void *impl, int64_t deadline)
{
    struct test_world *t = impl;
    struct flight *f = t->flights;
    struct http_reply reply = { .status = NET_OK };

    if (has_signal(t))
        return WAIT_SIGNAL;
    int64_t until = f && f->due < deadline ? f->due : deadline;
    if (t->signal_at && t->signal_at <= until) {
        move_to(t, t->signal_at);
        t->seen = t->signals;
        return WAIT_SIGNAL;
    }
    if (!f || f->due > deadline) {
        move_to(t, deadline);
        return WAIT_TIMEOUT;
    }
    t->flights = f->next;
    move_to(t, f->due);
    if (t->answer)
        t->answer(t->answer_user, &f->rq, t->arena, &reply);
    else
        reply = (struct http_reply){ .status = NET_NOT_SENT, .problem = STR("could not resolve the host name") };
    f->done(f->user, &reply);
    return WAIT_EVENT;
}

static void net_close(void *impl)
{
    struct test_world *t = impl;
    struct http_reply reply = { .status = NET_UNKNOWN, .problem = STR("closed") };

    for (struct flight *f = t->flights; f; f = t->flights) {
        t->flights = f->next;
        f->done(f->user, &reply);
    }
}

static const struct clock_ops clock_ops = { .now = clock_now, .wall = clock_wall };
static const struct net_ops net_ops = { .send = net_send, .wait = net_wait, .close = net_close };

void test_answer_id(struct http_reply *out)
{
    static const struct header id[] = { { { "x-amzn-requestid", 16 }, { "id-1", 4 } } };

    out->headers = id;
    out->nheaders = 1;
}

/* ---- disk ---- */
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
    struct str p = tidy(t, path);
    size_t n = p.n;

    while (n && p.s[n - 1] != '/')
        n--;
    if (!n)
        return STR(".");
    return n == 1 ? STR("/") : str_sub(p, 0, n - 1);
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

    if (e == DISK_OK)
        buf_str(&f->file->data, data);
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

static const struct disk_ops disk_ops = {
    .read = disk_read, .write = disk_write, .open = disk_open, .append = disk_append, .sync = disk_sync,
    .truncate = disk_truncate, .shut = disk_shut, .mkdirs = disk_mkdirs, .list = disk_list, .remove = disk_remove,
    .lock = disk_lock, .unlock = disk_unlock, .resolve = disk_resolve, .cwd = disk_cwd,
};

/* ---- system ---- */
static void system_random(void *impl, void *p, size_t n)
{
    struct test_world *t = impl;
    unsigned char *at = p;

    for (size_t i = 0; i < n; i++) {                       /* splitmix64, a byte at a time */
        uint64_t z = t->seed += 0x9e3779b97f4a7c15u;

        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        at[i] = (unsigned char)(z >> 56);
    }
}

static struct str system_getenv(void *impl, const char *name)
{
    struct test_world *t = impl;
    struct str *v = map_get(&t->env, str_of(name));

    return v ? *v : STR_NONE;
}

static struct str system_args(void *impl)
{
    return ((struct test_world *)impl)->args;
}

static int system_signals(void *impl)
{
    return ((struct test_world *)impl)->signals;
}

static bool system_is_tty(void *impl, int fd)
{
    (void)fd;
    return ((struct test_world *)impl)->tty;
}

static unsigned system_width(void *impl, int fd)
{
    (void)fd;
    return ((struct test_world *)impl)->width;
}

static void system_write(void *impl, int fd, struct str text)
{
    struct test_world *t = impl;

    buf_str(fd == 1 ? &t->out : &t->err, text);
}

static bool system_read_line(void *impl, struct arena *a, struct str *out)
{
    struct test_world *t = impl;

    if (t->next_typed == t->ntyped)
        return false;
    *out = str_dup(a, t->typed[t->next_typed++]);
    return true;
}

static struct child *system_start(void *impl, const char *const *argv)
{
    struct test_world *t = impl;
    struct buf b = { 0 };

    for (size_t i = 0; argv[i]; i++)
        buf_fmt(&b, "%s%s", i ? "|" : "", argv[i]);
    t->ran = buf_take(&b, t->arena);
    t->runs++;
    return (struct child *)t;
}

static bool system_look(void *impl, struct child *c, struct buf *out, int *code)
{
    struct test_world *t = impl;

    (void)c;
    if (t->program_takes > 0) {
        t->program_takes--;
        return false;
    }
    buf_str(out, t->program_out);
    *code = t->program_code;
    return true;
}

static void system_drop(void *impl, struct child *c)
{
    (void)impl;
    (void)c;
}

static const struct system_ops system_ops = {
    .random = system_random, .getenv = system_getenv, .args = system_args, .signals = system_signals, .is_tty = system_is_tty,
    .width = system_width, .write = system_write, .read_line = system_read_line, .start = system_start, .look = system_look, .drop = system_drop,
};

/* ---- for the test ---- */
struct test_world *test_world_new(void)
{
    struct test_world *t = calloc(1, sizeof *t);

    json_seed(1);                                          /* the first call counts: before any table is made */
    t->arena = arena_new();
    t->w = (struct world){ .clock = &clock_ops, .clock_impl = t, .net = &net_ops, .net_impl = t, .disk = &disk_ops, .disk_impl = t,
                           .system = &system_ops, .system_impl = t };
    t->now = 1000000;
    test_world_set_wall(t, 1767323045000);
    t->latency = 1;
    t->room = -1;
    t->width = 80;
    t->program_code = -1;
    make(t, STR("/"), true);
    make(t, STR("."), true);
    test_world_env(t, "HOME", "/home/test");
    make(t, STR("/home"), true);
    t->effects = 0;
    return t;
}

void test_world_free(struct test_world *t)
{
    world_free(&t->w);
    for (size_t i = 0; i < t->files.n; i++) {
        struct file *f = t->files.e[i].value;

        buf_fini(&f->data);
        free(f);
    }
    map_fini(&t->files);
    map_fini(&t->env);
    buf_fini(&t->out);
    buf_fini(&t->err);
    free(t->requests);
    arena_free(t->arena);
    free(t);
}

struct world *test_world(struct test_world *t)
{
    return &t->w;
}

struct arena *test_world_arena(struct test_world *t)
{
    return t->arena;
}

void test_world_env(struct test_world *t, const char *name, const char *value)
{
    struct str *v = ARENA_NEW(t->arena, struct str);

    if (!value) {
        map_del(&t->env, str_of(name));
        return;
    }
    *v = str_dup(t->arena, str_of(value));
    map_put(&t->env, str_dup(t->arena, str_of(name)), v);
}

void test_world_args(struct test_world *t, const char *args)
{
    t->args = str_dup(t->arena, str_of(args));
}

void test_world_tty(struct test_world *t, bool tty, unsigned width)
{
    t->tty = tty;
    t->width = width;
}

void test_world_type(struct test_world *t, const char *line)
{
    if (t->ntyped < MAX_LINES)
        t->typed[t->ntyped++] = str_dup(t->arena, str_of(line));
}

struct str test_world_out(const struct test_world *t)
{
    return buf_view(&t->out);
}

struct str test_world_err(const struct test_world *t)
{
    return buf_view(&t->err);
}

void test_world_forget_output(struct test_world *t)
{
    buf_fini(&t->out);
    buf_fini(&t->err);
}

void test_world_seed(struct test_world *t, uint64_t seed)
{
    t->seed = seed;
}

void test_world_signal(struct test_world *t)
{
    t->signals++;
}

void test_world_signal_at(struct test_world *t, int64_t now)
{
    t->signal_at = now;
}

void test_world_program(struct test_world *t, const char *output, int exit_code)
{
    t->program_out = str_dup(t->arena, str_of(output));
    t->program_code = exit_code;
}

void test_world_program_takes(struct test_world *t, int looks)
{
    t->program_takes = looks;
}

struct str test_world_ran(const struct test_world *t)
{
    return t->ran;
}

unsigned test_world_runs(const struct test_world *t)
{
    return t->runs;
}

void test_world_advance(struct test_world *t, int64_t ms)
{
    move_to(t, t->now + ms);
}

void test_world_set_wall(struct test_world *t, int64_t wall_ms)
{
    t->wall_offset = wall_ms - t->now;
}

void test_world_answer(struct test_world *t, test_answer *f, void *user)
{
    t->answer = f;
    t->answer_user = user;
}

void test_world_latency(struct test_world *t, int64_t ms)
{
    t->latency = ms;
}

size_t test_world_requests(const struct test_world *t, const struct test_request **out)
{
    *out = t->requests;
    return t->nrequests;
}

struct str test_header(const struct header *h, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (str_caseeq(h[i].name, str_of(name)))
            return h[i].value;
    return STR_NONE;
}

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
    net_close(t);
}
