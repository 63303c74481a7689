/* arena.c - chunks of zeroed memory, handed out from the front, freed together.
 * Chunks double up to 1 MiB; a request over a quarter chunk gets a chunk of its own, so that little is wasted.
 * Those of a secret arena are pages of their own: locked as far as the system lets us, in no core, wiped when they go. */
#include "kc/arena.h"
#include "kc/str.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGN = 16, PAGE = 4096, FIRST = PAGE, LARGEST = 1 << 20 };

struct chunk {
    struct chunk *next;
    size_t used, cap;
    _Alignas(ALIGN) unsigned char bytes[];
};
struct arena {
    struct chunk *now;                                     /* the one allocated from; the others hang behind it */
    size_t next, used;
    bool secret;
};

struct arena *arena_new(void)
{
    struct arena *a = calloc(1, sizeof *a);
    if (!a)
        die("out of memory");
    a->next = FIRST;
    return a;
}

struct arena *arena_secret(void)
{
    struct arena *a = arena_new();
    a->secret = true;
    return a;
}

static void unmake(const struct arena *a, struct chunk *c)
{
    size_t size = sizeof *c + c->cap;
    if (!a->secret) {
        free(c);
        return;
    }
    explicit_bzero(c, size);
    munmap(c, size);
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    for (struct chunk *c = a->now; c;) {
        struct chunk *next = c->next;
        unmake(a, c);
        c = next;
    }
    free(a);
}

static struct chunk *map(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    madvise(p, size, MADV_DONTDUMP);
    mlock(p, size);                                        /* beyond the limit (ulimit -l) it is memory like any other */
    return p;
}

static struct chunk *make(const struct arena *a, size_t cap)
{
    size_t size = sizeof(struct chunk) + cap;
    if (a->secret)
        size = (size + PAGE - 1) / PAGE * PAGE;
    struct chunk *c = a->secret ? map(size) : calloc(1, size);
    if (!c)
        die("out of memory: %zu bytes", cap);
    c->cap = size - sizeof *c;
    return c;
}

static void *own_chunk(struct arena *a, size_t size)
{
    struct chunk *c = make(a, size);
    c->used = size;
    if (a->now) {
        c->next = a->now->next;
        a->now->next = c;
    } else {
        a->now = c;
    }
    return c->bytes;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX / 2)
        die("out of memory: %zu bytes", size);
    size = size ? (size + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ALIGN;
    a->used += size;
    if (!a->now || a->now->cap - a->now->used < size) {
        if (size > a->next / 4)
            return own_chunk(a, size);
        struct chunk *c = make(a, a->next);
        c->next = a->now;
        a->now = c;
        if (a->next < LARGEST)
            a->next *= 2;
    }
    void *p = a->now->bytes + a->now->used;
    a->now->used += size;
    return p;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total))
        die("out of memory: %zu elements of %zu bytes", n, size);
    return arena_alloc(a, total);
}

void *arena_copy(struct arena *a, const void *p, size_t n)
{
    void *to = arena_alloc(a, n);
    if (n)
        memcpy(to, p, n);
    return to;
}

size_t arena_used(const struct arena *a)
{
    return a->used;
}
