/* memory.c - what malloc gave, cleared to the end of its chunk (see memory.h). */
#include "kc/memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void memory_clear(void *p)
{
    if (p)
        explicit_bzero(p, malloc_usable_size(p));
    free(p);
}

/* Never in place: what moves leaves a copy behind. */
void *memory_move(void *p, size_t n)
{
    void *to = malloc(n);
    size_t had = p ? malloc_usable_size(p) : 0;

    if (!to)
        return NULL;
    if (p)
        memcpy(to, p, had < n ? had : n);
    memory_clear(p);
    return to;
}
