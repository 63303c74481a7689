/* compare.c - three-way comparison along the type: wanted, last applied, observed. Sets have no order, documents compare as JSON,
 * absent equals empty, and what nobody asked for does not count. */
#include "compare.h"
#include "kc/json.h"
#include <stdlib.h>

enum { DEPTH = 64 };

static bool absent(const struct value *v)
{
    return !v || v->kind == VALUE_NONE;
}

static bool hollow(const struct value *v)
{
    return absent(v) || (v->kind == VALUE_LIST && v->list.n == 0) || (v->kind == VALUE_OBJECT && v->object.n == 0) ||
           (v->kind == VALUE_STRING && v->s.n == 0);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static struct str url_decode(struct arena *a, struct str x)
{
    char *p = arena_alloc(a, x.n);
    size_t n = 0;
    for (size_t i = 0; i < x.n; i++) {
        int hi = i + 2 < x.n && x.s[i] == '%' ? hex_digit(x.s[i + 1]) : -1, lo = hi >= 0 ? hex_digit(x.s[i + 2]) : -1;
        if (lo >= 0)
            i += 2;
        p[n++] = lo >= 0 ? (char)(hi * 16 + lo) : x.s[i];
    }
    return (struct str){ p, n };
}

/* JSON text, URL-encoded or not, as a tree; anything else as it is. */
static const struct value *document(struct arena *a, const struct value *v)
{
    struct str why;
    if (v->kind != VALUE_STRING)
        return v;
    struct str text = str_starts(v->s, STR("%7B")) || str_starts(v->s, STR("%5B")) ? url_decode(a, v->s) : v->s;
    const struct value *tree = json_read(a, text, 0, &why);
    return tree ? tree : v;
}

/* As AWS sees policies: a list of one is its element, and lists of text have no order. */
static const struct value *plain(const struct value *v)
{
    return v->kind == VALUE_LIST && v->list.n == 1 ? v->list.v[0] : v;
}

static bool document_eq(const struct value *x, const struct value *y, unsigned depth);

static bool lists_eq(const struct value *x, const struct value *y, unsigned depth)
{
    if (x->list.n != y->list.n)
        return false;
    for (size_t i = 0; i < x->list.n; i++) {
        bool found = document_eq(x->list.v[i], y->list.v[i], depth + 1);
        for (size_t k = 0; k < y->list.n && !found && x->list.v[i]->kind == VALUE_STRING; k++)
            found = value_eq(x->list.v[i], y->list.v[k]);
        if (!found)
            return false;
    }
    return true;
}

static bool document_eq(const struct value *x, const struct value *y, unsigned depth)
{
    x = plain(x);
    y = plain(y);
    if (depth > DEPTH || x->kind != y->kind)
        return false;
    if (x->kind == VALUE_LIST)
        return lists_eq(x, y, depth);
    if (x->kind != VALUE_OBJECT)
        return value_eq(x, y);
    if (x->object.n != y->object.n)
        return false;
    for (size_t i = 0; i < x->object.n; i++) {
        const struct value *other = value_get(y, x->object.v[i].key);
        if (!other || !document_eq(x->object.v[i].value, other, depth + 1))
            return false;
    }
    return true;
}

static bool same_document(struct arena *a, const struct value *x, const struct value *y)
{
    return document_eq(document(a, x), document(a, y), 0);
}

static enum sameness worse(enum sameness x, enum sameness y)
{
    return x > y ? x : y;
}

static enum sameness walk(const struct comparing *c, const struct type *t, const struct value *want, const struct value *was, const struct value *now,
                          unsigned depth);

static enum sameness objects(const struct comparing *c, const struct type *t, const struct value *want, const struct value *was,
                             const struct value *now, unsigned depth)
{
    enum sameness r = SAME;
    bool map = t && t->kind == TYPE_MAP;
    for (size_t i = 0; i < want->object.n && r != DIFFERENT; i++) {
        struct str key = want->object.v[i].key;
        const struct type_field *f = t && t->kind == TYPE_OBJECT ? type_field(t, key) : NULL;
        r = worse(r, walk(c, map ? t->elem : f ? f->type : NULL, want->object.v[i].value, was ? value_get(was, key) : NULL,
                          value_get(now, key), depth + 1));
    }
    for (size_t i = 0; map && i < now->object.n; i++)
        if (!value_get(want, now->object.v[i].key))
            return DIFFERENT;
    for (size_t i = 0; was && was->kind == VALUE_OBJECT && i < was->object.n; i++) {
        struct str key = was->object.v[i].key;
        if (!value_get(want, key) && !hollow(was->object.v[i].value) && !hollow(value_get(now, key)))
            return DIFFERENT;
    }
    return r;
}

static int by_value(const void *x, const void *y)
{
    const struct value *a = *(const struct value *const *)x, *b = *(const struct value *const *)y;
    return a->kind == b->kind ? value_cmp(a, b) : a->kind < b->kind ? -1 : 1;
}

static const struct value **sorted(struct arena *a, const struct value *v)
{
    const struct value **p = ARENA_ARRAY(a, const struct value *, v->list.n);
    for (size_t i = 0; i < v->list.n; i++)
        p[i] = v->list.v[i];
    qsort(p, v->list.n, sizeof *p, by_value);
    return p;
}

/* Sets of objects and of digests: each wanted one has a partner that nobody else has. Those that are surely equal come first: what is not comparable
 * goes with anything. */
static enum sameness partners(const struct comparing *c, const struct type *t, const struct value *want, const struct value *now, unsigned depth)
{
    bool *taken = ARENA_ARRAY(c->a, bool, now->list.n), *paired = ARENA_ARRAY(c->a, bool, want->list.n);
    size_t left = want->list.n;
    for (int sure = 1; sure >= 0; sure--)
        for (size_t i = 0; i < want->list.n; i++)
            for (size_t k = 0; k < now->list.n && !paired[i]; k++) {
                const struct value *x = want->list.v[i], *y = now->list.v[k];
                bool fits = !taken[k] && (sure ? keyring_compare(c->keys, x, y) == KEPT_SAME : walk(c, t->elem, x, NULL, y, depth + 1) == SAME);
                if (fits)
                    paired[i] = taken[k] = true;
                left -= fits;
            }
    return left ? DIFFERENT : SAME;
}

static enum sameness lists(const struct comparing *c, const struct type *t, const struct value *want, const struct value *was,
                           const struct value *now, unsigned depth)
{
    if (want->list.n != now->list.n)
        return DIFFERENT;
    bool set = t && t->kind == TYPE_SET;
    if (set && !value_is_known(want))
        return UNSURE;
    if (set && want->list.n && (want->list.v[0]->kind == VALUE_OBJECT || value_has_digest(want) || value_has_digest(now)))
        return partners(c, t, want, now, depth);
    const struct value *const *x = set ? sorted(c->a, want) : want->list.v, *const *y = set ? sorted(c->a, now) : now->list.v;
    bool pairs = !set && was && was->kind == VALUE_LIST && was->list.n == want->list.n;
    enum sameness r = SAME;
    for (size_t i = 0; i < want->list.n && r != DIFFERENT; i++)
        r = worse(r, walk(c, t ? t->elem : NULL, x[i], pairs ? was->list.v[i] : NULL, y[i], depth + 1));
    return r;
}

static bool same_scalar(struct arena *a, const struct value *x, const struct value *y)
{
    if (value_eq(x, y))
        return true;
    bool simple = x->kind != VALUE_LIST && x->kind != VALUE_OBJECT && y->kind != VALUE_LIST && y->kind != VALUE_OBJECT;
    return simple && x->kind != y->kind && str_eq(value_text(a, x), value_text(a, y));
}

static enum sameness walk(const struct comparing *c, const struct type *t, const struct value *want, const struct value *was, const struct value *now,
                          unsigned depth)
{
    if (depth > DEPTH)
        return DIFFERENT;
    if (want->kind == VALUE_UNKNOWN)
        return UNSURE;
    t = t ? type_strip(t) : NULL;
    if (want->kind == VALUE_NONE)
        return absent(was) || hollow(now) ? SAME : DIFFERENT;
    if (absent(now))
        return hollow(want) ? SAME : DIFFERENT;
    if (want->kind == VALUE_DIGEST || now->kind == VALUE_DIGEST) {
        enum likeness same = keyring_compare(c->keys, want, now);
        return same == KEPT_OTHER || (same == KEPT_UNSURE && c->doubt) ? DIFFERENT : SAME;
    }
    if (t && t->kind == TYPE_DOCUMENT)
        return !value_is_known(want) ? UNSURE : same_document(c->a, want, now) ? SAME : DIFFERENT;
    if (want->kind == VALUE_OBJECT && now->kind == VALUE_OBJECT)
        return objects(c, t, want, was, now, depth);
    if (want->kind == VALUE_LIST && now->kind == VALUE_LIST)
        return lists(c, t, want, was, now, depth);
    return same_scalar(c->a, want, now) ? SAME : DIFFERENT;
}

enum sameness compare(const struct comparing *c, const struct type *t, const struct value *want, const struct value *was, const struct value *now)
{
    return walk(c, t, want, was, now, 0);
}
