/* real.h - the parts of the real world, put together by real.c. Private to runtime/world. */
#ifndef KC_WORLD_REAL_H
#define KC_WORLD_REAL_H
#include "kc/world.h"

extern const struct clock_ops clock_real;                  /* impl: none */
extern const struct disk_ops disk_real;                    /* impl: struct disk * */
extern const struct system_ops system_real;                /* impl: struct system * */
extern const struct net_ops net_none;                      /* impl: struct idle *; waits without a network */

struct disk;
struct disk *disk_new(void);
void disk_free(struct disk *d);                            /* closes files and locks that are still open */

struct system;
struct system *system_new(int argc, char **argv);
void system_free(struct system *s);

struct idle;
struct idle *idle_new(struct world *w);

#endif
