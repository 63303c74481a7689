/* arena.h - memory for things that live and die together.
 * Not here: growth of single arrays (vec.h), byte buffers (str.h).
 * Ownership: all memory belongs to the arena; arena_free releases it at once.
 * Errors: out of memory ends the program (die, see str.h); nothing returns NULL. */
#ifndef KC_ARENA_H
#define KC_ARENA_H
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
struct arena *arena_secret(void);                          /* for what must not outlive it: locked in memory, in no core, wiped by arena_free */
void arena_free(struct arena *a);                          /* NULL is allowed */
void *arena_alloc(struct arena *a, size_t size);           /* zeroed, aligned to 16 bytes; size 0 gives a valid pointer */
void *arena_copy(struct arena *a, const void *p, size_t n);/* a copy of n bytes */
size_t arena_used(const struct arena *a);                  /* bytes handed out, for budgets and benchmarks */

#define ARENA_NEW(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define ARENA_ARRAY(a, T, n) ((T *)arena_array((a), (n), sizeof(T)))
void *arena_array(struct arena *a, size_t n, size_t size); /* n * size with an overflow check */

#endif
