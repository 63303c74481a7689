/* str.h - slices that do not own their bytes, and buffers that do.
 * A slice is never assumed to end in NUL. A buffer keeps a sticky error, so callers check once at the end.
 * Errors: a buffer over its limit sets failed and ignores further writes; out of memory ends the program. */
#ifndef KC_STR_H
#define KC_STR_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct str {
    const char *s;
    size_t n;
};
#define STR(lit) ((struct str){ "" lit, sizeof(lit) - 1 })
#define STR_NONE ((struct str){ NULL, 0 })
#define STR_ARG(x) (int)(x).n, (x).s                      /* for "%.*s" */

struct str str_of(const char *cstr);                       /* borrows; NULL gives STR_NONE */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *cstr);
int str_cmp(struct str a, struct str b);                   /* bytewise, shorter first */
bool str_starts(struct str a, struct str prefix);
bool str_ends(struct str a, struct str suffix);
bool str_caseeq(struct str a, struct str b);               /* ASCII case ignored */
size_t str_find(struct str hay, struct str needle);        /* offset, or SIZE_MAX */
struct str str_sub(struct str a, size_t from, size_t to);  /* clamped */
struct str str_trim(struct str a);                         /* ASCII white space off both ends */
struct str str_folder(struct str path);                    /* "/a" of "/a/b", "/" of "/a"; "." where there is no slash */
bool str_cut(struct str *rest, char sep, struct str *part);/* next part up to sep; false when rest is used up */
struct str str_dup(struct arena *a, struct str x);
struct str str_fmt(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *str_c(struct arena *a, struct str x);          /* NUL-terminated copy, for the C library only */
bool str_int(struct str a, int64_t *out);                  /* whole text is a decimal integer that fits */
enum { RUNE_BAD = 0x110000 };
uint32_t str_rune(struct str a, size_t *i);                /* the code point at *i, which moves past it; RUNE_BAD (one byte) where not UTF-8 */
bool str_utf8(struct str a);                               /* whole text is valid UTF-8 */
uint64_t str_hash(struct str a);                           /* not for adversaries across runs: keyed per process */
size_t str_distance(struct str a, struct str b, size_t limit); /* Damerau-Levenshtein, limit + 1 when above; ASCII case folded, '_' ignored */

struct buf {
    char *s;                                               /* heap; not NUL-terminated */
    size_t n, cap;
    size_t limit;                                          /* 0: 256 MiB */
    bool failed;
};
void buf_fini(struct buf *b);                              /* clears and frees the bytes, and makes it empty again */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, struct str x);
void buf_cstr(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vfmt(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
struct str buf_view(const struct buf *b);                  /* borrowed until the next write */
struct str buf_take(struct buf *b, struct arena *a);       /* copy into the arena, then buf_fini */

/* An impossible state or no memory: prints "kc: internal error: ..." with where, exits 70. Never for a user's mistake. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
