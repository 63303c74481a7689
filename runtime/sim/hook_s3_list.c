/* hook_s3_list.c - listings of S3: keys in order, of one key the newest version first, prefixes up to a delimiter as one, pages with markers. */
#include <stdlib.h>
#include <string.h>
#include "hook_s3.h"

enum { PAGE = 1000 };

struct row { struct object *o; struct str key; bool latest; };
struct listing {
    struct hook_call *c;
    struct row *rows; size_t n;                            /* all that the prefix lets through */
    struct str prefix, delimiter, from, from_order;        /* begins behind this key; of it, behind this version */
    bool encoded;                                          /* EncodingType=url */
    size_t left;                                           /* of the page */
    struct str key, id;                                    /* the last that went into it; of a common prefix: no id */
    bool more;
};

static struct str given(struct hook_call *c, const char *name)
{
    return tree_text(c->a, c->r->input, str_of(name));
}

static int by_key_then_age(const void *p, const void *q)
{
    const struct row *x = p, *y = q;
    int order = str_cmp(x->key, y->key);

    return order ? order : str_cmp(data_str(x->o->attrs, "Order"), data_str(y->o->attrs, "Order"));
}

/* All rows of the bucket, the latest of each key told apart. */
static void gather(struct listing *l, const struct object *bucket)
{
    struct kind *k = s3_kind(l->c->sim, "version");
    struct object *o;
    size_t i = 0, n;

    l->rows = ARENA_ARRAY(l->c->a, struct row, k->order.n);
    while ((o = each_object(k, &i))) {
        struct str key = data_str(o->attrs, "Key");

        if (str_eq(data_str(o->attrs, "Bucket"), bucket->id) && str_starts(key, l->prefix))
            l->rows[l->n++] = (struct row){ o, key, false };
    }
    qsort(l->rows, l->n, sizeof *l->rows, by_key_then_age);
    for (n = 0; n < l->n; n++)
        l->rows[n].latest = !n || !str_eq(l->rows[n - 1].key, l->rows[n].key);
}

/* Up to and with the first delimiter behind the prefix; empty: the key stands for itself. */
static struct str common(const struct listing *l, struct str key)
{
    size_t at = l->delimiter.n ? str_find(str_sub(key, l->prefix.n, key.n), l->delimiter) : SIZE_MAX;

    return at == SIZE_MAX ? STR_NONE : str_sub(key, 0, l->prefix.n + at + l->delimiter.n);
}

static const struct value *text(const struct listing *l, struct str x)
{
    struct buf b = { 0 };
    size_t i;

    for (i = 0; i < x.n; i++) {
        char c = x.s[i];

        if (!l->encoded || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-_.~/", c))
            buf_putc(&b, c);
        else
            buf_fmt(&b, "%%%02X", (unsigned)(unsigned char)c);
    }
    return value_str(l->c->a, buf_take(&b, l->c->a));
}

static const struct value *show(const struct listing *l, const struct row *row, const struct shape *elem)
{
    const struct value *v = sim_show(l->c->r, row->o, elem);

    v = value_with(l->c->a, v, STR("Key"), text(l, row->key));
    return model_member(elem, STR("IsLatest")) ? value_with(l->c->a, v, STR("IsLatest"), value_bool(row->latest)) : v;
}

static const struct shape *elem_of(const struct listing *l, const char *member)
{
    return model_member(l->c->r->op->out, str_of(member))->shape->elem;
}

/* One page of the rows that `wanted` lets through, into up to two lists (things, delete markers) and the common prefixes. */
struct lists { const char *name[2]; const struct value **v[2]; size_t n[2]; const struct value **prefixes; size_t nprefixes; };

static void fill(struct listing *l, bool (*wanted)(const struct listing *l, const struct row *row), struct lists *out)
{
    struct arena *a = l->c->a;
    struct str group = STR_NONE;
    size_t i;

    for (i = 0; i < 2; i++)
        out->v[i] = ARENA_ARRAY(a, const struct value *, l->left + 1);
    out->prefixes = ARENA_ARRAY(a, const struct value *, l->left + 1);
    for (i = 0; i < l->n; i++) {
        struct str g = common(l, l->rows[i].key);
        size_t which = out->name[1] && s3_marker(l->rows[i].o);

        if (!wanted(l, &l->rows[i]) || (g.n && str_eq(g, group)))
            continue;
        if (!l->left) {
            l->more = true;
            return;
        }
        l->left--;
        group = g;
        l->key = g.n ? g : l->rows[i].key;
        l->id = g.n ? STR_NONE : data_str(l->rows[i].o->attrs, "VersionId");
        if (g.n)
            out->prefixes[out->nprefixes++] = tree_put(a, NULL, STR("Prefix"), text(l, g));
        else
            out->v[which][out->n[which]++] = show(l, &l->rows[i], elem_of(l, out->name[which]));
    }
}

static void put(struct listing *l, const char *name, const struct value *v)
{
    l->c->r->out = tree_put(l->c->a, l->c->r->out, str_of(name), v);
}

static bool begin(struct listing *l, struct hook_call *c)
{
    struct object *bucket = s3_bucket(c);
    const struct value *most = value_get(c->r->input, STR("MaxKeys"));

    if (!bucket)
        return false;
    if (most && most->i < 0)
        return sim_refuse(c->r, STR("InvalidArgument"), "max-keys cannot be negative");
    *l = (struct listing){ .c = c, .prefix = given(c, "Prefix"), .delimiter = given(c, "Delimiter"), .encoded = str_is(given(c, "EncodingType"), "url") };
    l->left = most && most->i < PAGE ? (size_t)most->i : PAGE;
    put(l, "MaxKeys", value_int(c->a, (int64_t)l->left));
    put(l, "Name", value_string(c->a, bucket->id));
    put(l, "Prefix", text(l, l->prefix));
    put(l, "Delimiter", l->delimiter.n ? text(l, l->delimiter) : NULL);
    put(l, "EncodingType", l->encoded ? text_value(c->a, "url") : NULL);
    gather(l, bucket);
    return true;
}

static void end(struct listing *l, const struct lists *x)
{
    size_t i;

    for (i = 0; i < 2; i++)
        if (x->name[i])
            put(l, x->name[i], value_list(l->c->a, x->v[i], x->n[i]));
    put(l, "CommonPrefixes", value_list(l->c->a, x->prefixes, x->nprefixes));
    put(l, "IsTruncated", value_bool(l->more));
}

/* ---- versions ---- */
/* Behind the markers: later keys, and of the marked key what is older. Without a marked version all of that key was listed. */
static bool after_markers(const struct listing *l, const struct row *row)
{
    struct str group = common(l, row->key);
    int order = str_cmp(group.n ? group : row->key, l->from);

    return !l->from.n || order > 0 || (!order && !group.n && l->from_order.n && str_cmp(data_str(row->o->attrs, "Order"), l->from_order) > 0);
}

/* Of the version that a marker names; of one without an id, which is gone, before all others. */
static struct str order_of(struct hook_call *c, struct str key, struct str id)
{
    struct object *o = str_is(id, "null") ? s3_version(c, given(c, "Bucket"), key, id) : NULL;

    return o ? data_str(o->attrs, "Order") : str_is(id, "null") ? STR("0") : str_sub(id, 0, 16);
}

bool s3_list_versions(struct hook_call *c)
{
    struct listing l;
    struct lists x = { .name = { "Versions", "DeleteMarkers" } };

    if (given(c, "VersionIdMarker").n && !given(c, "KeyMarker").n)
        return sim_refuse(c->r, STR("InvalidArgument"), "A version-id marker cannot be specified without a key marker.");
    if (!begin(&l, c))
        return false;
    l.from = given(c, "KeyMarker");
    l.from_order = order_of(c, l.from, given(c, "VersionIdMarker"));
    fill(&l, after_markers, &x);
    end(&l, &x);
    put(&l, "KeyMarker", text(&l, given(c, "KeyMarker")));
    put(&l, "VersionIdMarker", value_string(c->a, given(c, "VersionIdMarker")));
    put(&l, "NextKeyMarker", l.more ? text(&l, l.key) : NULL);
    put(&l, "NextVersionIdMarker", l.more && l.id.n ? value_string(c->a, l.id) : NULL);
    return true;
}

/* ---- objects ---- */
static bool after_start(const struct listing *l, const struct row *row)
{
    struct str group = common(l, row->key);

    return row->latest && !s3_marker(row->o) && (!l->from.n || str_cmp(group.n ? group : row->key, l->from) > 0);
}

bool s3_list(struct hook_call *c)
{
    struct listing l;
    struct lists x = { .name = { "Contents" } };
    struct str token = given(c, "ContinuationToken");

    if (!begin(&l, c))
        return false;
    l.from = token.n ? str_sub(token, 2, token.n) : given(c, "StartAfter");
    if (token.n && !str_starts(token, STR("1/")))
        return sim_refuse(c->r, STR("InvalidArgument"), "The continuation token provided is incorrect");
    fill(&l, after_start, &x);
    end(&l, &x);
    put(&l, "KeyCount", value_int(c->a, (int64_t)(x.n[0] + x.nprefixes)));
    put(&l, "ContinuationToken", token.n ? value_string(c->a, token) : NULL);
    put(&l, "StartAfter", given(c, "StartAfter").n ? text(&l, given(c, "StartAfter")) : NULL);
    put(&l, "NextContinuationToken", l.more ? value_string(c->a, str_fmt(c->a, "1/%.*s", STR_ARG(l.key))) : NULL);
    return true;
}
