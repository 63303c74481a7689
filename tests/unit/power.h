/* power.h - a disk that can lose power. The real runtime/world/disk.c runs over system calls that are played here, so that what it syncs, and in
 * which order, is what is tested. The model is what POSIX allows, which is more than any file system does:
 *
 *   file      after fsync or fdatasync its contents and size are kept. Of a write since: any first part of it, byte by byte; or all of its length
 *             with zeros from any byte to the end; or all or part of its length with any of its blocks of 512 bytes as zeros. Of a truncation since:
 *             in or out, by itself.
 *   folder    after its fsync its names are kept. Of each name since: any of the files that it stood for, or none, whatever other names do:
 *             renames, creations and removals are lost or kept in any combination, halves of a rename too. fsync of a file keeps no name.
 *
 * power_states gives all combinations. What is left out is equal to something that is in:
 *   - the contents of files that bear no name but *.tmp or "lock" stand as kept, empty, or half: nobody reads them, and the model holds people to that
 *     (opening a *.tmp for reading, or reading a lock that is free, fails the test);
 *   - a cut together with lost blocks is taken at the ends of blocks only: where the first lost block is decides what is read. */
#ifndef KC_POWER_H
#define KC_POWER_H
#include "kc/arena.h"
#include "kc/world.h"

struct power_disk;
typedef void power_step(void *user);
/* `torn`: the disk differs from its neighbours among the states only within one line of a write: see test_state_power.c. */
typedef void power_each(void *user, struct power_disk *d, bool torn);

struct power_disk *power_new(struct arena *a);             /* an empty root folder; lives in the arena */
struct power_disk *power_copy(const struct power_disk *d, struct arena *a);  /* with all that is not durable; as a process finds it whose former was killed */
void power_use(struct power_disk *d, struct world *w);     /* w's disk is this one from here on. What another one has open stays open there */
void power_stop(struct power_disk *d);                     /* its process is dead: closes what it had open */
void power_watch(struct power_disk *d, power_step *f, void *user);           /* f after each system call that changes something; NULL: no more */
enum power_lie { POWER_HONEST, POWER_NO_FILE_SYNC, POWER_NO_FOLDER_SYNC };
void power_lies(struct power_disk *d, enum power_lie lie); /* planted: that kind of sync does nothing */
/* How many; each disk lives for the call. Without `torn`: only those that are not. */
size_t power_states(const struct power_disk *d, bool torn, power_each *each, void *user);
uint64_t power_digest(const struct power_disk *d);         /* of names (of a *.tmp: that it is there) and contents as they are seen */
bool power_litter(const struct power_disk *d);             /* a *.tmp is there */
#endif
