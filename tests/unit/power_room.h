/* power_room.h - a power_disk from inside: for power.c, which plays its system calls, and power_states.c, which loses its power. */
#ifndef POWER_ROOM_H
#define POWER_ROOM_H
#include "power.h"

enum { INODES = 40, NAMES = 40, VALUES = 6, FDS = 8, WRITES = 4, BLOCK = 512, NONE = -1, ROOT = 0 };

struct change { bool cut; size_t at, n; };                 /* a truncation to `at`, or n bytes written at `at` */
struct name {                                              /* what it stood for, the first durable, the last seen */
    int folder;
    struct str name;
    int value[VALUES], n;
};
struct inode {
    bool used, folder, locked;
    struct str seen, safe;
    struct change pending[WRITES];
    int npending;
};
struct fd { bool used; int inode; size_t at; bool append, locks; };
struct power_disk {
    struct arena *a;
    struct inode v[INODES];
    struct name names[NAMES];                              /* of all folders */
    int nnames;
    struct fd fd[FDS];
    struct disk *real;                                     /* what disk.c has open */
    power_step *step;
    void *user;
    unsigned temps;
    enum power_lie lie;
};

bool power_is_temp(struct str name);
struct str power_overlay(struct arena *a, struct str text, size_t at, struct str piece);       /* text with piece in it from `at` on, zeros between */
void power_mark(const struct power_disk *d, int i, bool *seen);      /* i and all below it, under any name that it may have */
struct power_disk *power_now(struct power_disk *d);        /* the one whose system calls are played from here on; returns the former */

#endif
