/* buf.c - byte buffers on the heap with a sticky failure. What was in one is cleared when it goes: any of them may have held a secret. */
#include "kc/arena.h"
#include "kc/str.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_LIMIT = 256 << 20 };

void buf_fini(struct buf *b)
{
    if (b->s)
        explicit_bzero(b->s, b->n);
    free(b->s);
    *b = (struct buf){ .limit = b->limit };
}

static bool room(struct buf *b, size_t n)
{
    size_t limit = b->limit ? b->limit : BUF_LIMIT;
    if (b->failed || n > limit - b->n) {
        b->failed = true;
        return false;
    }
    if (n <= b->cap - b->n)
        return true;
    size_t cap = b->cap ? b->cap : 64;
    while (cap - b->n < n)
        cap *= 2;
    char *s = malloc(cap);                                 /* not realloc: it would leave a copy */
    if (!s)
        die("out of memory: %zu bytes", cap);
    if (b->n)
        memcpy(s, b->s, b->n);
    if (b->s)
        explicit_bzero(b->s, b->n);
    free(b->s);
    b->s = s;
    b->cap = cap;
    return true;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    if (!n || !room(b, n))
        return;
    memcpy(b->s + b->n, p, n);
    b->n += n;
}

void buf_str(struct buf *b, struct str x)
{
    buf_add(b, x.s, x.n);
}

void buf_cstr(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_vfmt(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0)
        die("bad format: %s", fmt);
    if (!room(b, (size_t)n + 1))
        return;
    vsnprintf(b->s + b->n, (size_t)n + 1, fmt, ap);
    b->n += (size_t)n;
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    buf_vfmt(b, fmt, ap);
    va_end(ap);
}

struct str buf_view(const struct buf *b)
{
    return (struct str){ b->s ? b->s : "", b->n };
}

struct str buf_take(struct buf *b, struct arena *a)
{
    struct str x = str_dup(a, buf_view(b));
    buf_fini(b);
    return x;
}
