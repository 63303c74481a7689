/* cache.c - files that kc shares with the AWS CLI, in its names and its form. Written whole and 0600 (world_write); who is about to renew what another
 * kc may be renewing takes the folder's lock first. The AWS CLI takes no lock: what it writes is read again once we have ours. */
#include "kc/hash.h"
#include "kc/json.h"
#include "room.h"

enum { FILE_BYTES = 256 << 10, LOCK_PAUSE_MS = 100, LOCK_TRIES = 200 };

struct str cache_path(struct fetch *f, const char *folder, struct str key)
{
    return str_fmt(f->s->arena, "%.*s/%.*s.json", STR_ARG(config_home(f->s->config, folder)), STR_ARG(sha1_hex(f->s->arena, key)));
}

const struct value *cache_read(struct fetch *f, struct str path)
{
    struct str text = STR_NONE;

    return world_read(f->s->world, f->s->arena, path, FILE_BYTES, &text) == DISK_OK ? document_read(f, text) : NULL;
}

enum disk_error cache_write(struct fetch *f, struct str path, const struct value *v)
{
    struct buf b = { 0 };
    enum disk_error e = world_mkdirs(f->s->world, str_folder(path));

    json_write(&b, v, JSON_PLAIN, true);
    if (e == DISK_OK)
        e = world_write(f->s->world, path, buf_view(&b));
    buf_fini(&b);
    return e;
}

struct locking { void (*next)(struct fetch *f, struct world_lock *lock); struct str path; int tries; void *outer; };

static void try_lock(struct fetch *f)
{
    struct locking *x = f->own;
    struct world_lock *lock = NULL;
    struct str holder = STR_NONE;
    enum disk_error e = world_lock(f->s->world, x->path, STR("kc"), &lock, f->s->arena, &holder);

    if (e == DISK_BUSY && ++x->tries < LOCK_TRIES) {
        fetch_later(f, LOCK_PAUSE_MS, try_lock);
        return;
    }
    f->own = x->outer;
    x->next(f, lock);
}

void cache_lock(struct fetch *f, const char *folder, void (*next)(struct fetch *f, struct world_lock *lock))
{
    struct locking *x = ARENA_NEW(f->s->arena, struct locking);
    struct str home = config_home(f->s->config, folder);

    *x = (struct locking){ .next = next, .path = str_fmt(f->s->arena, "%.*s/kc.lock", STR_ARG(home)), .outer = f->own };
    f->own = x;
    (void)world_mkdirs(f->s->world, home);
    try_lock(f);
}
