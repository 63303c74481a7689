/* body.c - size and digests of the body of a request, in memory or in a file. */
#include <string.h>
#include "kc/hash.h"
#include "room.h"

bool sim_read_file(struct request *r, enum disk_error *e)
{
    struct sums_of_body *x = ARENA_NEW(r->a, struct sums_of_body);
    struct world *w = r->sim->o.disk;
    struct world_body *b;
    struct sums *sums;
    char piece[4096];
    size_t n = 1;

    *e = w ? world_body(w, r->http->file, &b) : DISK_ABSENT;
    if (*e != DISK_OK)
        return false;
    for (sums = sums_new(true); *e == DISK_OK && n; x->size += n) {
        *e = world_body_next(b, piece, sizeof piece, &n);
        sums_add(sums, (struct str){ piece, n });
    }
    sums_end(sums, x->sha256, x->md5);
    world_body_end(b);
    r->sums = x;
    return *e == DISK_OK;
}

const struct sums_of_body *sim_sums(struct request *r)
{
    struct sums_of_body *x;

    if (!r->sums) {
        x = ARENA_NEW(r->a, struct sums_of_body);
        x->size = r->http->body.n;
        sha256(r->http->body, x->sha256);
        md5(r->http->body, x->md5);
        r->sums = x;
    }
    return r->sums;
}
