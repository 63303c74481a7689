/* body.c - large files as bodies of requests: read in pieces, twice. Once to know size and digest, which stand in what is signed; then to be sent,
 * when the file must still be what it was. A request whose body is cut short has no effect, so the last piece is held back until the digest is known. */
#include "kc/world.h"

#include <stdlib.h>
#include <string.h>

#include "kc/hash.h"

enum { PIECE = 64 << 10 };

struct world_body {
    struct world *world;
    struct world_source *source;
    struct sums *sums;
    uint64_t left;                                         /* bytes that the file must still have */
    uint8_t want[32];
    char held[PIECE]; size_t nheld, given;                 /* read; of it, given out */
};

enum disk_error world_measure(struct world *w, struct str path, uint64_t limit, struct body_file *f)
{
    struct world_source *s;
    struct file_facts facts;
    enum disk_error e = world_look(w, path, &s, &facts);
    static char piece[PIECE];
    uint64_t size = 0;
    size_t n = 1;

    if (e != DISK_OK)
        return e;
    struct sums *sums = sums_new(false);
    if (facts.size > limit)
        e = DISK_TOO_BIG;
    while (e == DISK_OK && n && size <= facts.size) {
        e = world_piece(w, s, piece, sizeof piece, &n);
        sums_add(sums, (struct str){ piece, n });
        size += n;
    }
    world_leave(w, s);
    *f = (struct body_file){ .path = path, .size = size, .changed = facts.changed };
    sums_end(sums, f->sha256, NULL);
    return e == DISK_OK && size != facts.size ? DISK_CHANGED : e;
}

enum disk_error world_body(struct world *w, const struct body_file *f, struct world_body **out)
{
    struct world_source *s;
    struct file_facts facts;
    enum disk_error e = world_look(w, f->path, &s, &facts);

    if (e != DISK_OK)
        return e;
    if (facts.size != f->size || facts.changed != f->changed) {
        world_leave(w, s);
        return DISK_CHANGED;
    }
    struct world_body *b = calloc(1, sizeof *b);
    if (!b)
        die("out of memory");
    b->world = w;
    b->source = s;
    b->sums = sums_new(false);
    b->left = f->size;
    memcpy(b->want, f->sha256, sizeof b->want);
    *out = b;
    return DISK_OK;
}

/* The whole file was read: is there no more, and was it what was measured? */
static bool is_whole(struct world_body *b)
{
    uint8_t sum[32];
    char more;
    size_t n = 0;

    sums_end(b->sums, sum, NULL);
    b->sums = NULL;
    return world_piece(b->world, b->source, &more, 1, &n) == DISK_OK && !n && !memcmp(sum, b->want, sizeof sum);
}

static enum disk_error refill(struct world_body *b)
{
    size_t want = b->left < PIECE ? (size_t)b->left : PIECE;
    enum disk_error e = world_piece(b->world, b->source, b->held, want, &b->nheld);

    b->given = 0;
    if (e == DISK_OK && want && !b->nheld)
        e = DISK_CHANGED;
    if (e != DISK_OK || !b->sums)
        return e;
    sums_add(b->sums, (struct str){ b->held, b->nheld });
    b->left -= b->nheld;
    return b->left || is_whole(b) ? DISK_OK : DISK_CHANGED;
}

enum disk_error world_body_next(struct world_body *b, char *to, size_t room, size_t *n)
{
    enum disk_error e = b->given == b->nheld && b->sums ? refill(b) : DISK_OK;

    *n = 0;
    if (e != DISK_OK) {
        b->nheld = b->given = 0;
        return e;
    }
    *n = b->nheld - b->given < room ? b->nheld - b->given : room;
    memcpy(to, b->held + b->given, *n);
    b->given += *n;
    return DISK_OK;
}

void world_body_end(struct world_body *b)
{
    if (!b)
        return;
    if (b->sums)
        sums_end(b->sums, NULL, NULL);
    world_leave(b->world, b->source);
    free(b);
}
