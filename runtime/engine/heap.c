/* heap.c - a binary heap: least key first, equal keys by text, so that every run takes the same order. */
#include "room.h"

static bool before(const struct heap_item *x, const struct heap_item *y)
{
    return x->key != y->key ? x->key < y->key : str_cmp(x->tie, y->tie) < 0;
}

void heap_push(struct heap *h, int64_t key, struct str tie, void *p)
{
    h->v = vec_grow(h->v, h->n, &h->cap, sizeof(*h->v));
    size_t i = h->n++;
    struct heap_item x = { key, tie, p };
    while (i && before(&x, &h->v[(i - 1) / 2])) {
        h->v[i] = h->v[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    h->v[i] = x;
}

void *heap_pop(struct heap *h, int64_t *key)
{
    if (!h->n)
        return NULL;
    struct heap_item top = h->v[0], x = h->v[--h->n];
    size_t i = 0;
    for (;;) {
        size_t c = 2 * i + 1;
        if (c >= h->n)
            break;
        if (c + 1 < h->n && before(&h->v[c + 1], &h->v[c]))
            c++;
        if (!before(&h->v[c], &x))
            break;
        h->v[i] = h->v[c];
        i = c;
    }
    h->v[i] = x;
    if (key)
        *key = top.key;
    return top.p;
}

void heap_fini(struct heap *h)
{
    free(h->v);
    *h = (struct heap){ 0 };
}
