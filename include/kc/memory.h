/* memory.h - malloc's memory that is cleared when it goes: for libraries that copy what is secret and free it as it is.
 * Threads: as malloc. */
#ifndef KC_MEMORY_H
#define KC_MEMORY_H
#include <stddef.h>

void *memory_move(void *p, size_t n);                      /* as realloc */
void memory_clear(void *p);                                /* as free */

#endif
