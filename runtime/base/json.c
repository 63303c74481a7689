/* json.c - values from JSON text, over jansson, and to it.
 * Typed form (JSON_TYPED): a literal type is an object with one key that starts with "$"; a user's key that starts with "$"
 * gets a second one. "$term" alone passes through: term.h packs unknowns under it and escapes a user's own.
 *   {"$cidr": "10.0.0.0/16"} {"$ip": ".."} {"$size": bytes} {"$duration": ms} {"$percent": 33.0} {"$range": [3, 12]}
 *   {"$version": "1.31"} {"$ref": "address"}
 * What is kept (JSON_KEPT): {"$digest": ["<sha256>", bytes]}, of secrets {"$secret": ["<key>", "<sum>"]}, {"$secret": []} where nothing is known. */
#include "kc/json.h"
#include "kc/arena.h"
#include "kc/hash.h"
#include "kc/value.h"
#include "scalar.h"
#include "seed.h"
#include <inttypes.h>
#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_LIMIT = 32 << 20, DEPTH_LIMIT = 64, TYPED_DEPTH_LIMIT = 1024, VALUE_LIMIT = 4 << 20 };   /* terms nest deeper than replies */

void json_seed(uint32_t seed)
{
    json_object_seed(seed);
    str_seed(seed * UINT64_C(0x9e3779b97f4a7c15), ~(uint64_t)seed);
}

/* ---- writing ---- */

struct writer {
    struct buf *out;
    int flags;
    bool secrets;
};

static void write_text(struct buf *out, struct str s)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < s.n;) {
        size_t from = i;
        uint32_t r = str_rune(s, &i);
        if (r == '"' || r == '\\')
            buf_fmt(out, "\\%c", (char)r);
        else if (r == '\n')
            buf_cstr(out, "\\n");
        else if (r < 0x20)
            buf_fmt(out, "\\u%04x", r);
        else if (r == RUNE_BAD)
            buf_cstr(out, "\xef\xbf\xbd");
        else
            buf_add(out, s.s + from, i - from);
    }
    buf_putc(out, '"');
}

static void new_line(struct writer *w, unsigned depth)
{
    if (!(w->flags & JSON_PRETTY))
        return;
    buf_putc(w->out, '\n');
    for (unsigned i = 0; i < depth; i++)
        buf_cstr(w->out, "  ");
}

static void write_value(struct writer *w, const struct value *v, unsigned depth);

static void write_list(struct writer *w, const struct value *v, unsigned depth)
{
    buf_putc(w->out, '[');
    for (size_t i = 0; i < v->list.n; i++) {
        buf_cstr(w->out, i ? "," : "");
        new_line(w, depth + 1);
        write_value(w, v->list.v[i], depth + 1);
    }
    if (v->list.n)
        new_line(w, depth);
    buf_putc(w->out, ']');
}

static int by_key(const void *x, const void *y)
{
    return str_cmp((*(const struct pair *const *)x)->key, (*(const struct pair *const *)y)->key);
}

static void write_key(struct writer *w, struct str key)
{
    bool escape = w->flags & JSON_TYPED && key.n && key.s[0] == '$' && !str_is(key, "$term");
    struct buf b = { 0 };
    buf_cstr(&b, escape ? "$" : "");
    buf_str(&b, key);
    write_text(w->out, buf_view(&b));
    buf_fini(&b);
    buf_cstr(w->out, w->flags & JSON_PRETTY ? ": " : ":");
}

static void write_object(struct writer *w, const struct value *v, unsigned depth)
{
    size_t n = v->object.n;
    const struct pair **p = calloc(n + 1, sizeof *p);
    if (!p)
        die("out of memory: object of %zu keys", n);
    for (size_t i = 0; i < n; i++)
        p[i] = &v->object.v[i];
    if (w->flags & JSON_CANONICAL)
        qsort(p, n, sizeof *p, by_key);
    buf_putc(w->out, '{');
    for (size_t i = 0; i < n; i++) {
        buf_cstr(w->out, i ? "," : "");
        new_line(w, depth + 1);
        write_key(w, p[i]->key);
        write_value(w, p[i]->value, depth + 1);
    }
    if (n)
        new_line(w, depth);
    buf_putc(w->out, '}');
    free(p);
}

static void write_scalar(struct writer *w, const struct value *v)
{
    struct arena *a = arena_new();
    struct str text = v->kind == VALUE_SIZE ? size_text(a, v->i) : value_text(a, v);
    if (v->kind == VALUE_BOOL || v->kind == VALUE_INT || v->kind == VALUE_FLOAT)
        buf_str(w->out, text);
    else
        write_text(w->out, text);
    arena_free(a);
}

static bool write_typed(struct writer *w, const struct value *v)
{
    struct arena *a = arena_new();
    bool done = true;
    switch (v->kind) {
    case VALUE_CIDR: buf_fmt(w->out, "{\"$cidr\":\"%.*s\"}", STR_ARG(cidr_text(a, v->cidr))); break;
    case VALUE_IP: buf_fmt(w->out, "{\"$ip\":\"%.*s\"}", STR_ARG(ip_text(a, v->ip))); break;
    case VALUE_SIZE: buf_fmt(w->out, "{\"$size\":%" PRId64 "}", v->i); break;
    case VALUE_DURATION: buf_fmt(w->out, "{\"$duration\":%" PRId64 "}", v->i); break;
    case VALUE_PERCENT: buf_fmt(w->out, "{\"$percent\":%.*s}", STR_ARG(float_text(a, v->f))); break;
    case VALUE_RANGE: buf_fmt(w->out, "{\"$range\":[%" PRId64 ",%" PRId64 "]}", v->range.lo, v->range.hi); break;
    case VALUE_VERSION: buf_fmt(w->out, "{\"$version\":\"%.*s\"}", STR_ARG(version_text(a, v->version))); break;
    case VALUE_REF:
        buf_cstr(w->out, "{\"$ref\":");
        write_text(w->out, v->addr);
        buf_putc(w->out, '}');
        break;
    default: done = false;
    }
    arena_free(a);
    return done;
}

static void write_digest(struct writer *w, const struct value *v)
{
    struct arena *a = arena_new();
    const struct digest *d = v->bulk ? value_sum(a, v->s)->digest : v->digest;
    struct str sum = hex(a, d->sum, d->n);
    if (!(w->flags & JSON_KEPT))
        buf_fmt(w->out, "{\"bytes\":%" PRIu64 ",\"sha256\":\"%.*s\"}", d->size, STR_ARG(sum));
    else if (!v->secret)
        buf_fmt(w->out, "{\"$digest\":[\"%.*s\",%" PRIu64 "]}", STR_ARG(sum), d->size);
    else if (d->n)
        buf_fmt(w->out, "{\"$secret\":[\"%.*s\",\"%.*s\"]}", STR_ARG(hex(a, d->key, sizeof d->key)), STR_ARG(sum));
    else
        buf_cstr(w->out, "{\"$secret\":[]}");
    arena_free(a);
}

static bool hidden(const struct writer *w, const struct value *v)
{
    return v->kind == VALUE_DIGEST ? v->secret && !(w->flags & JSON_KEPT) : v->secret && !w->secrets;
}

static void write_value(struct writer *w, const struct value *v, unsigned depth)
{
    if (depth >= TYPED_DEPTH_LIMIT || value_weight(v) > 2 * VALUE_LIMIT)
        w->out->failed = true;
    else if (v->kind == VALUE_NONE)
        buf_cstr(w->out, "null");
    else if (v->kind == VALUE_UNKNOWN)
        buf_cstr(w->out, v->secret && !w->secrets ? "\"(secret)\"" : "\"(known after apply)\"");
    else if (v->kind == VALUE_LIST)
        write_list(w, v, depth);
    else if (v->kind == VALUE_OBJECT)
        write_object(w, v, depth);
    else if (hidden(w, v))
        buf_cstr(w->out, "\"(secret)\"");
    else if (v->kind == VALUE_DIGEST || (v->bulk && !w->secrets))
        write_digest(w, v);
    else if (!(w->flags & JSON_TYPED) || !write_typed(w, v))
        write_scalar(w, v);
}

void json_write(struct buf *out, const struct value *v, int flags, bool secrets)
{
    struct writer w = { out, flags & JSON_CANONICAL ? flags & ~JSON_PRETTY : flags, secrets };
    write_value(&w, v, 0);
}

/* ---- reading ---- */

static struct str at_position(struct arena *a, struct str text, size_t off, const char *what)
{
    size_t line = 1, start = 0;
    for (size_t i = 0; i < off; i++)
        if (text.s[i] == '\n')
            line++, start = i + 1;
    return str_fmt(a, "line %zu column %zu: %s", line, off - start + 1, what);
}

/* Depth and number of values before jansson spends memory on them. */
static bool within_limits(struct arena *a, struct str text, size_t deepest, struct str *why)
{
    size_t depth = 0, values = 1;
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.s[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
            continue;
        }
        if (c == '"')
            quoted = true;
        else if (c == '[' || c == '{')
            depth++, values++;
        else if ((c == ']' || c == '}') && depth)
            depth--;
        else if (c == ',')
            values++;
        if (depth > deepest || values > VALUE_LIMIT) {
            *why = at_position(a, text, i, depth > deepest ? "nested too deep" : "more than 4194304 values");
            return false;
        }
    }
    return true;
}

struct reader {
    struct arena *a;
    int flags;
    const char *problem;
};

static const struct value *bad(struct reader *r, const char *problem)
{
    r->problem = problem;
    return NULL;
}

static bool read_hex(const struct value *v, uint8_t *out, size_t n)
{
    return v->kind == VALUE_STRING && v->s.n == 2 * n && hex_decode(v->s, out);
}

static const struct value *read_secret(struct reader *r, const struct value *v)
{
    struct digest d = { .n = SECRET_SUM };
    bool list = v->kind == VALUE_LIST;
    if (list && !v->list.n)
        return &value_withheld;
    bool good = list && v->list.n == 2 && read_hex(v->list.v[0], d.key, sizeof d.key) && read_hex(v->list.v[1], d.sum, d.n);
    return good ? value_digest(r->a, &d, true) : bad(r, "malformed digest");
}

static const struct value *read_digest(struct reader *r, const struct value *v)
{
    struct digest d = { .n = sizeof d.sum };
    bool pair = v->kind == VALUE_LIST && v->list.n == 2 && v->list.v[1]->kind == VALUE_INT && v->list.v[1]->i >= 0;
    if (!pair || !read_hex(v->list.v[0], d.sum, d.n))
        return bad(r, "malformed digest");
    d.size = (uint64_t)v->list.v[1]->i;
    return value_digest(r->a, &d, false);
}

static const struct value *read_literal(struct reader *r, struct str key, const struct value *v)
{
    static const char malformed[] = "malformed typed literal";
    struct arena *a = r->a;
    bool text = v->kind == VALUE_STRING;
    struct cidr c;
    struct ip ip;
    struct version ver;
    if (r->flags & JSON_KEPT && (str_is(key, "$secret") || str_is(key, "$digest")))
        return str_is(key, "$secret") ? read_secret(r, v) : read_digest(r, v);
    if (str_is(key, "$cidr"))
        return text && cidr_parse(v->s, &c, NULL) ? value_cidr(a, c) : bad(r, malformed);
    if (str_is(key, "$ip"))
        return text && ip_parse(v->s, &ip) ? value_ip(a, ip) : bad(r, malformed);
    if (str_is(key, "$version"))
        return text && version_parse(v->s, &ver) ? value_version(a, ver) : bad(r, malformed);
    if (str_is(key, "$ref"))
        return text ? value_ref(a, v->s) : bad(r, malformed);
    if (str_is(key, "$size") || str_is(key, "$duration"))
        return v->kind == VALUE_INT ? value_of_kind(a, str_is(key, "$size") ? VALUE_SIZE : VALUE_DURATION, v->i) : bad(r, malformed);
    if (str_is(key, "$percent"))
        return v->kind == VALUE_FLOAT ? value_percent(a, v->f) : bad(r, malformed);
    if (!str_is(key, "$range") || v->kind != VALUE_LIST || v->list.n != 2)
        return bad(r, malformed);
    const struct value *lo = v->list.v[0], *hi = v->list.v[1];
    return lo->kind == VALUE_INT && hi->kind == VALUE_INT ? value_range(a, lo->i, hi->i) : bad(r, malformed);
}

static const struct value *read_value(struct reader *r, json_t *j);

static const struct value *read_object(struct reader *r, json_t *j)
{
    size_t n = json_object_size(j), i = 0;
    struct pair *p = ARENA_ARRAY(r->a, struct pair, n);
    const char *k;
    json_t *x;
    json_object_foreach (j, k, x) {
        struct str key = str_dup(r->a, str_of(k));
        const struct value *v = read_value(r, x);
        if (!v)
            return NULL;
        if (r->flags & JSON_TYPED && key.n && key.s[0] == '$' && !str_is(key, "$term")) {
            if (key.n < 2 || key.s[1] != '$')
                return n == 1 ? read_literal(r, key, v) : bad(r, "a typed literal has one key");
            key = str_sub(key, 1, key.n);
        }
        p[i++] = (struct pair){ key, v };
    }
    return value_object(r->a, p, n);
}

static const struct value *read_list(struct reader *r, json_t *j)
{
    size_t n = json_array_size(j);
    const struct value **v = ARENA_ARRAY(r->a, const struct value *, n);
    for (size_t i = 0; i < n; i++)
        if (!(v[i] = read_value(r, json_array_get(j, i))))
            return NULL;
    return value_list(r->a, v, n);
}

static const struct value *read_value(struct reader *r, json_t *j)
{
    switch (json_typeof(j)) {
    case JSON_OBJECT: return read_object(r, j);
    case JSON_ARRAY: return read_list(r, j);
    case JSON_STRING: return value_string(r->a, (struct str){ json_string_value(j), json_string_length(j) });
    case JSON_INTEGER: return value_int(r->a, json_integer_value(j));
    case JSON_REAL: return value_float(r->a, json_real_value(j));
    case JSON_TRUE: return &value_true;
    case JSON_FALSE: return &value_false;
    case JSON_NULL: return &value_none;
    }
    return bad(r, "unknown kind of value");
}

/* What jansson kept of a reply may have been a secret. */
static void wipe(void *p)
{
    if (p)
        explicit_bzero(p, malloc_usable_size(p));
    free(p);
}

const struct value *json_read(struct arena *a, struct str text, int flags, struct str *why)
{
    struct str unused;
    why = why ? why : &unused;
    if (text.n > SIZE_LIMIT) {
        *why = str_fmt(a, "line 1 column 1: %zu bytes of JSON, over the limit of 32 MiB", text.n);
        return NULL;
    }
    if (!within_limits(a, text, flags & JSON_TYPED ? TYPED_DEPTH_LIMIT : DEPTH_LIMIT, why))
        return NULL;
    json_error_t e;
    json_set_alloc_funcs(malloc, wipe);
    json_t *j = json_loadb(text.n ? text.s : "", text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
    if (!j) {
        *why = str_fmt(a, "line %d column %d: %s", e.line < 1 ? 1 : e.line, e.column < 1 ? 1 : e.column, e.text);
        return NULL;
    }
    struct reader r = { a, flags, NULL };
    const struct value *v = read_value(&r, j);
    json_decref(j);
    if (!v)
        *why = str_fmt(a, "line 1 column 1: %s", r.problem);
    return v;
}
