/* vec.c - growing arrays. */
#include "kc/vec.h"
#include "kc/str.h"
#include <stdlib.h>

void *vec_grow(void *array, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return array;
    size_t want = *cap ? *cap * 2 : 8, bytes;
    if (want <= n)
        want = n + 1;
    if (__builtin_mul_overflow(want, size, &bytes))
        die("out of memory: %zu elements of %zu bytes", want, size);
    array = realloc(array, bytes);
    if (!array)
        die("out of memory: %zu bytes", bytes);
    *cap = want;
    return array;
}

void vec_add(struct vec *x, void *p)
{
    x->v = vec_grow(x->v, x->n, &x->cap, sizeof *x->v);
    x->v[x->n++] = p;
}

void *vec_pop(struct vec *x)
{
    return x->n ? x->v[--x->n] : NULL;
}

void vec_fini(struct vec *x)
{
    free(x->v);
    *x = (struct vec){ 0 };
}
