/* vec.h - growing arrays of pointers on the heap, and growth for typed arrays.
 * Ownership: the vector owns its array, never what the pointers point to. */
#ifndef KC_VEC_H
#define KC_VEC_H
#include <stddef.h>

struct vec {
    void **v;
    size_t n, cap;
};
void vec_add(struct vec *x, void *p);
void *vec_pop(struct vec *x);                              /* NULL when empty */
void vec_fini(struct vec *x);

/* Makes room for one more element of `size` bytes in a heap array: returns the (moved) array, updates *cap. */
void *vec_grow(void *array, size_t n, size_t *cap, size_t size);

#endif
