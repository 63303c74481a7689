/* map.h - a hash map from text to pointer that remembers the order of insertion.
 * Ownership: keys are borrowed (keep them in an arena); values are never freed. Lookup is O(1), removal is lazy. */
#ifndef KC_MAP_H
#define KC_MAP_H
#include <stdbool.h>
#include "kc/str.h"

struct map {
    struct map_entry { struct str key; void *value; bool live; } *e;
    size_t n, cap;                                         /* n counts removed entries too: skip those not live */
    uint32_t *slot;
    size_t nslot, live;
    struct arena *arena;                                   /* where the tables live; NULL: the heap, freed by map_fini */
};
void *map_get(const struct map *m, struct str key);        /* NULL when absent */
bool map_has(const struct map *m, struct str key);
void *map_put(struct map *m, struct str key, void *value); /* returns the former value or NULL */
void map_del(struct map *m, struct str key);
void map_fini(struct map *m);

#endif
