/* diag.c - sources with their lines, and the list of diagnostics. Printing is in diag_text.c and diag_json.c. */
#include "kc/diag.h"
#include "kc/arena.h"
#include "kc/vec.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    struct source src;
    uint32_t *lines;                                       /* offset of each line's first byte; made when first asked for */
    size_t nlines;
};
struct sources {
    struct arena *arena;
    struct vec v;                                          /* of struct entry; number n is v[n - 1] */
};

struct sources *sources_new(void)
{
    struct sources *s = calloc(1, sizeof *s);
    if (!s)
        die("out of memory");
    s->arena = arena_new();
    return s;
}

void sources_free(struct sources *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->v.n; i++)
        free(((struct entry *)s->v.v[i])->lines);
    vec_fini(&s->v);
    arena_free(s->arena);
    free(s);
}

uint32_t sources_add(struct sources *s, struct source src)
{
    struct entry *e = ARENA_NEW(s->arena, struct entry);
    e->src = src;
    e->src.path = str_dup(s->arena, src.path);
    vec_add(&s->v, e);
    return (uint32_t)s->v.n;
}

static struct entry *entry(const struct sources *s, uint32_t file)
{
    return file && file <= s->v.n ? s->v.v[file - 1] : NULL;
}

const struct source *sources_get(const struct sources *s, uint32_t file)
{
    struct entry *e = entry(s, file);
    return e ? &e->src : NULL;
}

static void index_lines(struct entry *e)
{
    size_t cap = 0;
    e->lines = vec_grow(NULL, 0, &cap, sizeof *e->lines);
    e->lines[e->nlines++] = 0;
    for (size_t i = 0; i < e->src.text.n; i++) {
        const char *nl = memchr(e->src.text.s + i, '\n', e->src.text.n - i);
        if (!nl)
            break;
        i = (size_t)(nl - e->src.text.s);
        if (e->nlines == cap)
            e->lines = vec_grow(e->lines, e->nlines, &cap, sizeof *e->lines);
        e->lines[e->nlines++] = (uint32_t)i + 1;
    }
}

static size_t line_index(struct entry *e, uint32_t off)
{
    if (!e->lines)
        index_lines(e);
    size_t lo = 0, hi = e->nlines;                         /* lines[lo] <= off < lines[hi] */
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (e->lines[mid] <= off)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

uint32_t sources_line(const struct sources *s, uint32_t file, uint32_t off)
{
    struct entry *e = entry(s, file);
    return e ? (uint32_t)line_index(e, off) + 1 : 0;
}

struct position sources_position(const struct sources *s, uint32_t file, uint32_t off)
{
    struct entry *e = entry(s, file);
    if (!e)
        return (struct position){ 0, 0, 0 };
    size_t line = line_index(e, off);
    struct str before = str_sub(e->src.text, e->lines[line], off);
    struct position p = { (uint32_t)line + 1, 1, 1 };
    for (size_t i = 0; i < before.n;) {
        uint32_t r = str_rune(before, &i);
        p.col++;
        p.utf16 += r > 0xffff && r != RUNE_BAD ? 2 : 1;
    }
    return p;
}

/* ---- the table of codes ---- */

static const struct {
    const char *name, *title;
    enum severity severity;
} codes[] = {
#define DIAG(code, severity, title) { #code, title, SEVERITY_##severity },
#include "kc/diag.def"
#undef DIAG
};

const char *diag_name(enum diag_code code)
{
    return codes[code].name;
}

const char *diag_title(enum diag_code code)
{
    return codes[code].title;
}

bool diag_find(struct str name, enum diag_code *out)
{
    for (size_t i = 0; i < DIAG_COUNT; i++)
        if (str_caseeq(name, str_of(codes[i].name))) {
            *out = (enum diag_code)i;
            return true;
        }
    return false;
}

/* ---- the list ---- */

void diags_init(struct diags *d)
{
    *d = (struct diags){ .arena = arena_new() };
}

void diags_fini(struct diags *d)
{
    free(d->v);
    arena_free(d->arena);
    *d = (struct diags){ 0 };
}

static struct str format(struct arena *a, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
static struct str format(struct arena *a, const char *fmt, va_list ap)
{
    struct buf b = { .limit = 16 << 10 };
    buf_vfmt(&b, fmt, ap);
    if (b.failed) {
        buf_fini(&b);
        return STR("(text too long)");
    }
    return buf_take(&b, a);
}

static void count(struct diags *d, const struct diag *x, size_t by)
{
    if (x->severity == SEVERITY_ERROR)
        d->errors += by;
    else if (x->severity == SEVERITY_WARNING)
        d->warnings += by;
}

struct diag *diag_add(struct diags *d, enum diag_code code, struct span at, const char *fmt, ...)
{
    struct diag *x = ARENA_NEW(d->arena, struct diag);
    va_list ap;
    va_start(ap, fmt);
    *x = (struct diag){ .code = code, .severity = codes[code].severity, .at = at, .message = format(d->arena, fmt, ap) };
    va_end(ap);
    count(d, x, 1);
    if (d->n >= DIAG_CAP) {
        d->hidden++;
        return x;
    }
    if (d->n == d->cap)
        d->v = vec_grow(d->v, d->n, &d->cap, sizeof *d->v);
    d->v[d->n++] = x;
    return x;
}

void diag_label(struct diags *d, struct diag *x, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    x->label = format(d->arena, fmt, ap);
    va_end(ap);
}

void diag_second(struct diags *d, struct diag *x, struct span at, const char *fmt, ...)
{
    if (x->nlabels == DIAG_LABELS)
        return;
    va_list ap;
    va_start(ap, fmt);
    x->labels[x->nlabels].at = at;
    x->labels[x->nlabels++].text = format(d->arena, fmt, ap);
    va_end(ap);
}

void diag_note(struct diags *d, struct diag *x, const char *fmt, ...)
{
    if (x->nnotes == DIAG_NOTES)
        return;
    va_list ap;
    va_start(ap, fmt);
    x->notes[x->nnotes].help = false;
    x->notes[x->nnotes++].text = format(d->arena, fmt, ap);
    va_end(ap);
}

void diag_help(struct diags *d, struct diag *x, const char *fmt, ...)
{
    if (x->nnotes == DIAG_NOTES)
        return;
    va_list ap;
    va_start(ap, fmt);
    x->notes[x->nnotes].help = true;
    x->notes[x->nnotes++].text = format(d->arena, fmt, ap);
    va_end(ap);
}

struct str diag_advice(struct str *text)
{
    size_t cut = str_find(*text, STR("; "));
    if (cut == SIZE_MAX)
        return STR_NONE;
    struct str advice = str_sub(*text, cut + 2, text->n);
    *text = str_sub(*text, 0, cut);
    return advice;
}

void diag_fix(struct diags *d, struct diag *x, struct span at, struct str text, bool certain)
{
    x->fix.at = at;
    x->fix.text = str_dup(d->arena, text);
    if (!x->fix.text.s)
        x->fix.text = STR("");
    x->fix.certain = certain;
}

void diags_rewind(struct diags *d, size_t n)
{
    while (d->n > n)
        count(d, d->v[--d->n], (size_t)-1);
}

static int compare(const void *pa, const void *pb)
{
    const struct diag *a = *(const struct diag *const *)pa, *b = *(const struct diag *const *)pb;
    if (a->at.file != b->at.file)
        return a->at.file < b->at.file ? -1 : 1;
    if (a->at.off != b->at.off)
        return a->at.off < b->at.off ? -1 : 1;
    if (a->code != b->code)
        return a->code < b->code ? -1 : 1;
    return str_cmp(a->message, b->message);
}

void diags_sort(struct diags *d)
{
    if (d->n < 2)
        return;
    qsort(d->v, d->n, sizeof *d->v, compare);
    size_t n = 1;
    for (size_t i = 1; i < d->n; i++)
        if (compare(&d->v[n - 1], &d->v[i]))
            d->v[n++] = d->v[i];
        else
            count(d, d->v[i], (size_t)-1);
    d->n = n;
}

/* ---- names that look alike ---- */

size_t diag_nearest(struct str word, const struct str *names, size_t n, struct str out[3])
{
    size_t dist[3], found = 0, limit = word.n / 3 > 1 ? word.n / 3 : 1;
    for (size_t i = 0; i < n; i++) {
        size_t x = str_distance(word, names[i], limit), at = found;
        if (x > limit || !names[i].n)
            continue;
        while (at && dist[at - 1] > x)
            at--;
        if (at == 3)
            continue;
        size_t last = found < 3 ? found++ : 2;
        for (size_t k = last; k > at; k--) {
            dist[k] = dist[k - 1];
            out[k] = out[k - 1];
        }
        dist[at] = x;
        out[at] = names[i];
    }
    return found;
}
