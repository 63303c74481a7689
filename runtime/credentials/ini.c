/* ini.c - see ini.h. Line by line; the indentation of the current key decides what continues it. */
#include "ini.h"

#include <string.h>

#include "kc/arena.h"

enum { MAX_TEXT = 1 << 20, MAX_SECTIONS = 4096, MAX_ENTRIES = 65536 };

struct reader {
    struct arena *a;
    struct ini *out;
    struct ini_section *section;                           /* NULL before the first header */
    struct ini_entry *entry;                               /* what a deeper line continues, or NULL */
    size_t indent;                                         /* of that entry or header */
    size_t entries;
    unsigned line;
    const char *why;
};

/* Room for one more of `size` bytes in an arena array. */
static void *grow(struct arena *a, void *v, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return v;
    *cap = *cap ? 2 * *cap : 8;
    void *more = arena_array(a, *cap, size);
    if (n)
        memcpy(more, v, n * size);
    return more;
}

/* [profile "my team"] -> `profile my team`; one space between the words. */
static struct str header_name(struct arena *a, struct str inside)
{
    struct buf b = { 0 };
    char quote = 0;

    inside = str_trim(inside);
    for (size_t i = 0; i < inside.n; i++) {
        char c = inside.s[i];

        if (quote ? c == quote : (c == '"' || c == '\'')) {
            quote = quote ? 0 : c;
            continue;
        }
        if (!quote && (c == ' ' || c == '\t')) {
            if (b.n && b.s[b.n - 1] != ' ')
                buf_putc(&b, ' ');
            continue;
        }
        buf_putc(&b, c);
    }
    return buf_take(&b, a);
}

static bool open_section(struct reader *r, struct str line)
{
    size_t end = str_find(line, STR("]"));

    if (end == SIZE_MAX) {
        r->why = "`[` without `]`";
        return false;
    }
    struct str name = header_name(r->a, str_sub(line, 1, end));
    r->entry = NULL;
    for (size_t i = 0; i < r->out->n; i++)
        if (str_eq(r->out->v[i].name, name)) {
            r->section = &r->out->v[i];
            return true;
        }
    if (r->out->n == MAX_SECTIONS) {
        r->why = "too many sections";
        return false;
    }
    r->out->v = grow(r->a, r->out->v, r->out->n, &r->out->cap, sizeof *r->out->v);
    r->section = &r->out->v[r->out->n++];
    *r->section = (struct ini_section){ .name = name };
    return true;
}

static bool split(struct str line, const char *separators, struct str *key, struct str *value)
{
    for (size_t i = 0; i < line.n; i++)
        if (strchr(separators, line.s[i]) && line.s[i]) {
            *key = str_trim(str_sub(line, 0, i));
            *value = str_trim(str_sub(line, i + 1, line.n));
            return key->n > 0;
        }
    return false;
}

static struct str lower(struct arena *a, struct str x)
{
    char *s = arena_alloc(a, x.n + 1);

    for (size_t i = 0; i < x.n; i++)
        s[i] = (char)(x.s[i] >= 'A' && x.s[i] <= 'Z' ? x.s[i] + 32 : x.s[i]);
    return (struct str){ s, x.n };
}

static bool add_entry(struct reader *r, struct str line)
{
    struct str key, value;

    if (!r->section) {
        r->why = "a line before the first `[section]`";
        return false;
    }
    if (!split(line, "=:", &key, &value)) {
        r->why = "expected `key = value`";
        return false;
    }
    if (++r->entries > MAX_ENTRIES) {
        r->why = "too many lines";
        return false;
    }
    struct ini_section *s = r->section;
    key = lower(r->a, key);
    r->entry = NULL;
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(s->v[i].key, key))
            r->entry = &s->v[i];
    if (!r->entry) {
        s->v = grow(r->a, s->v, s->n, &s->cap, sizeof *s->v);
        r->entry = &s->v[s->n++];
    }
    *r->entry = (struct ini_entry){ .key = key, .value = value, .line = r->line };
    return true;
}

static bool continue_entry(struct reader *r, struct str line)
{
    struct ini_entry *e = r->entry;
    struct str key, value;

    if (e->value.n) {
        e->value = str_fmt(r->a, "%.*s\n%.*s", STR_ARG(e->value), STR_ARG(line));
        return true;
    }
    if (!split(line, "=", &key, &value)) {
        r->why = "expected `key = value` in a nested block";
        return false;
    }
    if (++r->entries > MAX_ENTRIES) {
        r->why = "too many lines";
        return false;
    }
    e->sub = grow(r->a, e->sub, e->nsub, &e->capsub, sizeof *e->sub);
    e->sub[e->nsub++] = (struct ini_entry){ .key = key, .value = value };
    return true;
}

static bool read_line(struct reader *r, struct str raw)
{
    struct str line = str_trim(raw);
    size_t indent = (size_t)(line.n ? line.s - raw.s : 0);

    if (!line.n || line.s[0] == '#' || line.s[0] == ';')
        return true;
    if (r->entry && indent > r->indent)
        return continue_entry(r, line);
    r->indent = indent;
    return line.s[0] == '[' ? open_section(r, line) : add_entry(r, line);
}

bool ini_parse(struct arena *a, struct str text, struct ini *out, unsigned *line, const char **why)
{
    struct reader r = { .a = a, .out = out };
    struct str rest = text, raw;

    *out = (struct ini){ 0 };
    *line = 0;
    if (text.n > MAX_TEXT) {
        *why = "larger than 1 MiB";
        return false;
    }
    if (str_starts(rest, STR("\xef\xbb\xbf")))             /* byte order mark, from Windows editors */
        rest = str_sub(rest, 3, rest.n);
    while (str_cut(&rest, '\n', &raw)) {
        r.line = ++*line;
        if (!read_line(&r, raw)) {
            *why = r.why;
            return false;
        }
    }
    return true;
}

const struct ini_section *ini_section(const struct ini *x, struct str name)
{
    for (size_t i = 0; i < x->n; i++)
        if (str_eq(x->v[i].name, name))
            return &x->v[i];
    return NULL;
}

const struct ini_entry *ini_entry(const struct ini_section *s, const char *key)
{
    for (size_t i = 0; s && i < s->n; i++)
        if (str_is(s->v[i].key, key))
            return &s->v[i];
    return NULL;
}

struct str ini_get(const struct ini_section *s, const char *key)
{
    const struct ini_entry *e = ini_entry(s, key);

    return e ? e->value : STR_NONE;
}

struct str ini_sub(const struct ini_entry *e, struct str key)
{
    for (size_t i = 0; e && i < e->nsub; i++)
        if (str_caseeq(e->sub[i].key, key))
            return e->sub[i].value;
    return STR_NONE;
}
