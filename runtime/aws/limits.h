/* limits.h - token buckets, one per (region, service, action), so that AWS need not throttle us (docs/design.md, Limits of AWS).
 * The numbers are AWS's documented ones where there are any; they are data in limits.c.
 * A throttled bucket slows down to 0.7 of its rate and recovers by one request per second each clean second. */
#ifndef KC_AWS_LIMITS_H
#define KC_AWS_LIMITS_H
#include "kc/world.h"

struct limits;
struct limits *limits_new(struct world *w);
void limits_free(struct limits *l);                        /* nobody may wait any more */

/* A place in the queue of a bucket. Embedded in whatever waits; zeroed before. */
struct limits_turn {
    struct limits_turn *next;
    struct limits_bucket *bucket;
    void (*go)(void *user);
    void *user;
};
/* Calls go(user) from a later world_wait, when the bucket lets one more through. Polls only get what the other half leaves.
 * unfiltered: a listing without filter or page size, which AWS counts more strictly. */
void limits_wait(struct limits *l, struct limits_turn *t, struct str region, struct str service, struct str action, bool poll, bool unfiltered,
                 void (*go)(void *user), void *user);
void limits_leave(struct limits *l, struct limits_turn *t);/* out of the queue, if still in it */
void limits_throttled(struct limits *l, struct str region, struct str service, struct str action);
/* Reading actions, by the names AWS gives them: nothing changes when they run. */
bool action_reads(struct str action);
/* The row that applies: burst and refill per 1,000 s. For tests and for estimates. */
void limits_of(struct str service, struct str action, bool unfiltered, int *burst, int *per_1000s);

#endif
