/* str.c - slices: comparing, cutting, hashing, nearness. Buffers stand in buf.c. */
#include "kc/str.h"
#include "kc/arena.h"
#include "seed.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct str str_of(const char *cstr)
{
    return cstr ? (struct str){ cstr, strlen(cstr) } : STR_NONE;
}

bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.s, b.s, a.n) == 0);
}

bool str_is(struct str a, const char *cstr)
{
    return str_eq(a, str_of(cstr));
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.s, b.s, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

bool str_starts(struct str a, struct str prefix)
{
    return a.n >= prefix.n && str_eq((struct str){ a.s, prefix.n }, prefix);
}

bool str_ends(struct str a, struct str suffix)
{
    return a.n >= suffix.n && str_eq(str_sub(a, a.n - suffix.n, a.n), suffix);
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

bool str_caseeq(struct str a, struct str b)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (lower(a.s[i]) != lower(b.s[i]))
            return false;
    return true;
}

size_t str_find(struct str hay, struct str needle)
{
    if (!needle.n)
        return 0;
    const char *p = hay.n ? memmem(hay.s, hay.n, needle.s, needle.n) : NULL;
    return p ? (size_t)(p - hay.s) : SIZE_MAX;
}

struct str str_sub(struct str a, size_t from, size_t to)
{
    if (to > a.n)
        to = a.n;
    if (from > to)
        from = to;
    return (struct str){ a.s ? a.s + from : NULL, to - from };
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str a)
{
    while (a.n && is_space(a.s[0]))
        a.s++, a.n--;
    while (a.n && is_space(a.s[a.n - 1]))
        a.n--;
    return a;
}

struct str str_folder(struct str path)
{
    size_t n = path.n;

    while (n && path.s[n - 1] != '/')
        n--;
    return n > 1 ? str_sub(path, 0, n - 1) : n ? STR("/") : STR(".");
}

bool str_cut(struct str *rest, char sep, struct str *part)
{
    if (!rest->s)
        return false;
    const char *p = memchr(rest->s, sep, rest->n);
    if (!p) {
        *part = *rest;
        *rest = STR_NONE;
        return true;
    }
    size_t n = (size_t)(p - rest->s);
    *part = (struct str){ rest->s, n };
    *rest = (struct str){ p + 1, rest->n - n - 1 };
    return true;
}

struct str str_dup(struct arena *a, struct str x)
{
    return x.s ? (struct str){ arena_copy(a, x.s, x.n), x.n } : STR_NONE;
}

struct str str_fmt(struct arena *a, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        die("bad format: %s", fmt);
    char *s = arena_alloc(a, (size_t)n + 1);
    vsnprintf(s, (size_t)n + 1, fmt, again);
    va_end(again);
    return (struct str){ s, (size_t)n };
}

const char *str_c(struct arena *a, struct str x)
{
    char *s = arena_alloc(a, x.n + 1);
    if (x.n)
        memcpy(s, x.s, x.n);
    return s;
}

bool str_int(struct str a, int64_t *out)
{
    size_t i = 0;
    bool neg = a.n && a.s[0] == '-';
    i += neg;
    if (i == a.n)
        return false;
    int64_t x = 0;
    for (; i < a.n; i++) {
        if (a.s[i] < '0' || a.s[i] > '9')
            return false;
        int d = a.s[i] - '0';
        if (__builtin_mul_overflow(x, 10, &x) || __builtin_sub_overflow(x, d, &x))
            return false;
    }
    return !__builtin_mul_overflow(x, neg ? 1 : -1, out);
}

/* SipHash-1-3: short keys are common, and keys come from users and from AWS. */
static uint64_t seed[2] = { 0x6b636b636b636b63, 0x636b636b636b636b };
static bool seeded;

void str_seed(uint64_t k0, uint64_t k1)
{
    if (seeded)
        return;
    seeded = true;
    seed[0] = k0;
    seed[1] = k1;
}

static uint64_t rotl(uint64_t x, int b)
{
    return (x << b) | (x >> (64 - b));
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1], v[1] = rotl(v[1], 13) ^ v[0], v[0] = rotl(v[0], 32);
    v[2] += v[3], v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = rotl(v[1], 17) ^ v[2], v[2] = rotl(v[2], 32);
}

uint64_t str_hash(struct str a)
{
    uint64_t v[4] = { seed[0] ^ 0x736f6d6570736575, seed[1] ^ 0x646f72616e646f6d,
                      seed[0] ^ 0x6c7967656e657261, seed[1] ^ 0x7465646279746573 };
    uint64_t last = (uint64_t)a.n << 56;
    size_t i = 0;
    for (; i + 8 <= a.n; i += 8) {
        uint64_t w;
        memcpy(&w, a.s + i, 8);
        v[3] ^= w;
        sip_round(v);
        v[0] ^= w;
    }
    for (size_t b = 0; i < a.n; i++, b += 8)
        last |= (uint64_t)(unsigned char)a.s[i] << b;
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int r = 0; r < 3; r++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

enum { NEAR_MAX = 128 };

static size_t fold(struct str a, unsigned char out[NEAR_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < a.n; i++) {
        if (a.s[i] == '_')
            continue;
        if (n == NEAR_MAX)
            return SIZE_MAX;
        out[n++] = lower(a.s[i]);
    }
    return n;
}

size_t str_distance(struct str a, struct str b, size_t limit)
{
    unsigned char x[NEAR_MAX], y[NEAR_MAX];
    size_t nx = fold(a, x), ny = fold(b, y), rows[3][NEAR_MAX + 1];
    if (nx == SIZE_MAX || ny == SIZE_MAX || (nx > ny ? nx - ny : ny - nx) > limit)
        return limit + 1;
    size_t *before = rows[0], *above = rows[1], *now = rows[2];
    for (size_t j = 0; j <= ny; j++)
        above[j] = j;
    for (size_t i = 1; i <= nx; i++) {
        now[0] = i;
        for (size_t j = 1; j <= ny; j++) {
            size_t d = above[j - 1] + (x[i - 1] != y[j - 1]);
            if (above[j] + 1 < d)
                d = above[j] + 1;
            if (now[j - 1] + 1 < d)
                d = now[j - 1] + 1;
            if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1] && before[j - 2] + 1 < d)
                d = before[j - 2] + 1;
            now[j] = d;
        }
        size_t *t = before;
        before = above;
        above = now;
        now = t;
    }
    return above[ny] > limit ? limit + 1 : above[ny];
}

void die(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    fputs("kc: internal error: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputs("\nThis is a mistake in kc, not in your files; please report it.\n", stderr);
    va_end(ap);
    exit(70);
}
