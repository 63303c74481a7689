/* tree.c - reading and changing value trees by dotted paths, and reading behaviour data.
 * Not here: what the trees mean (verbs), shapes (show.c). */
#include <stdlib.h>
#include <string.h>
#include "room.h"

void fields_put(struct fields *f, struct str key, const struct value *v)
{
    size_t i;

    if (!v)
        return;
    for (i = 0; i < f->n && !str_eq(f->v[i].key, key); i++)
        ;
    if (i == f->n) {
        f->v = vec_grow(f->v, f->n, &f->cap, sizeof *f->v);
        f->n++;
    }
    f->v[i] = (struct pair){ key, v };
}

const struct value *fields_take(struct fields *f)
{
    const struct value *v = value_object(f->a, f->v, f->n);

    free(f->v);
    *f = (struct fields){ .a = f->a };
    return v;
}

const struct value *tree_get(const struct value *v, struct str dotted)
{
    struct str part;

    while (v && str_cut(&dotted, '.', &part))
        v = value_get(v, part);
    return v;
}

static const struct value *without(struct arena *a, const struct value *v, struct str key)
{
    struct fields f = { .a = a };
    size_t i;

    for (i = 0; i < v->object.n; i++)
        if (!str_eq(v->object.v[i].key, key))
            fields_put(&f, v->object.v[i].key, v->object.v[i].value);
    return fields_take(&f);
}

const struct value *tree_put(struct arena *a, const struct value *v, struct str dotted, const struct value *leaf)
{
    struct str rest = dotted, part;
    const struct value *inner;

    if (!v || v->kind != VALUE_OBJECT)
        v = &value_empty_object;
    if (!str_cut(&rest, '.', &part))
        return v;
    if (!rest.n)
        return leaf ? value_with(a, v, part, leaf) : without(a, v, part);
    inner = value_get(v, part);
    if (!inner && !leaf)
        return v;
    return value_with(a, v, part, tree_put(a, inner, rest, leaf));
}

static const struct value *merge(struct arena *a, const struct value *base, const struct value *over, int depth)
{
    const struct value *out = base;
    size_t i;

    if (!over)
        return base;
    if (!base || base->kind != VALUE_OBJECT || over->kind != VALUE_OBJECT || depth > SIM_DEPTH)
        return over;
    for (i = 0; i < over->object.n; i++) {
        const struct pair *p = &over->object.v[i];

        out = value_with(a, out, p->key, merge(a, value_get(base, p->key), p->value, depth + 1));
    }
    return out;
}

const struct value *tree_merge(struct arena *a, const struct value *base, const struct value *over)
{
    return merge(a, base, over, 0);
}

const struct value *tree_list(struct arena *a, const struct value *list, const struct value *more)
{
    size_t n = list && list->kind == VALUE_LIST ? list->list.n : 0;
    const struct value **items = ARENA_ARRAY(a, const struct value *, n + 1);

    if (n)
        memcpy(items, list->list.v, n * sizeof *items);
    items[n] = more;
    return value_list(a, items, n + 1);
}

static void leaves(const struct value *v, struct str path, struct vec *out, int depth)
{
    struct str part;
    size_t i;

    if (!v || v->kind == VALUE_NONE || depth > SIM_DEPTH)
        return;
    if (v->kind == VALUE_LIST) {
        for (i = 0; i < v->list.n; i++)
            leaves(v->list.v[i], path, out, depth + 1);
    } else if (!str_cut(&path, '.', &part)) {
        vec_add(out, (void *)v);
    } else {
        leaves(value_get(v, part), path, out, depth + 1);
    }
}

size_t tree_leaves(struct arena *a, const struct value *v, struct str dotted, const struct value ***out)
{
    struct vec found = { 0 };
    size_t n;

    leaves(v, dotted, &found, 0);
    n = found.n;
    *out = ARENA_ARRAY(a, const struct value *, n);
    if (n)
        memcpy(*out, found.v, n * sizeof *found.v);
    vec_fini(&found);
    return n;
}

static bool is_scalar(const struct value *v)
{
    return v && v->kind != VALUE_NONE && v->kind != VALUE_LIST && v->kind != VALUE_OBJECT && v->kind != VALUE_UNKNOWN && v->kind != VALUE_REF;
}

struct str tree_text(struct arena *a, const struct value *v, struct str dotted)
{
    const struct value *leaf = tree_get(v, dotted);

    return is_scalar(leaf) ? value_text(a, leaf) : STR_NONE;
}

bool tree_same(struct arena *a, const struct value *x, const struct value *y)
{
    if (is_scalar(x) && is_scalar(y))
        return str_eq(value_text(a, x), value_text(a, y));
    return x && y ? value_eq(x, y) : x == y;
}

struct str data_str(const struct value *data, const char *key)
{
    const struct value *v = data ? value_get(data, str_of(key)) : NULL;

    return v && v->kind == VALUE_STRING ? v->s : STR_NONE;
}

int64_t data_ms(const struct value *v, int64_t otherwise)
{
    int64_t ms;

    if (!v)
        return otherwise;
    if (v->kind == VALUE_DURATION || v->kind == VALUE_INT)
        return v->i;
    if (v->kind == VALUE_STRING && duration_parse(v->s, &ms))
        return ms;
    return otherwise;
}

bool data_true(const struct value *data, const char *key)
{
    const struct value *v = data ? value_get(data, str_of(key)) : NULL;

    return v && v->kind == VALUE_BOOL && v->b;
}

size_t data_list(const struct value *data, const char *key, const struct value *const **out, const struct value *one[1])
{
    const struct value *v = data ? value_get(data, str_of(key)) : NULL;

    if (!v || v->kind == VALUE_NONE)
        return 0;
    if (v->kind == VALUE_LIST) {
        *out = v->list.v;
        return v->list.n;
    }
    one[0] = v;
    *out = one;
    return 1;
}

bool sim_glob(struct str p, struct str t)
{
    size_t i = 0, j = 0, star = SIZE_MAX, mark = 0;

    while (j < t.n) {
        if (i < p.n && p.s[i] == '*') {
            star = i++;
            mark = j;
        } else if (i < p.n && (p.s[i] == '?' || p.s[i] == t.s[j])) {
            i++, j++;
        } else if (star != SIZE_MAX) {
            i = star + 1;
            j = ++mark;
        } else {
            return false;
        }
    }
    while (i < p.n && p.s[i] == '*')
        i++;
    return i == p.n;
}

/* ---- templates ---- */
static struct str last_part(struct str x)
{
    size_t i = x.n;

    while (i && x.s[i - 1] != '/')
        i--;
    return str_sub(x, i, x.n);
}

/* "eu-west-1" as in zone ids: "euw1"; "ap-northeast-2": "apne2". */
static struct str short_region(struct arena *a, struct str region)
{
    struct buf b = { 0 };
    struct str part;
    int nth = 0;

    while (str_cut(&region, '-', &part)) {
        bool two = str_starts(part, STR("north")) || str_starts(part, STR("south"));

        if (nth++ == 1) {
            buf_putc(&b, part.s[0]);
            if (two && part.n > 5)
                buf_putc(&b, part.s[5]);
        } else {
            buf_str(&b, part);
        }
    }
    return buf_take(&b, a);
}

static struct str word(struct request *r, const struct object *o, const struct value *attrs, struct str name)
{
    struct sim *s = r->sim;
    struct str rest = name, base;
    struct str out = STR_NONE;

    if (!str_cut(&rest, '|', &base))
        return STR_NONE;
    if (str_is(base, "account"))
        out = STR(SIM_ACCOUNT);
    else if (str_is(base, "region"))
        out = r->region;
    else if (str_is(base, "id"))
        out = o ? o->id : STR_NONE;
    else if (str_is(base, "now"))
        out = str_fmt(r->a, "%lld", (long long)(s->start_wall + s->now));
    else if (str_is(base, "partition"))
        out = endpoint_partition(r->region);
    else if (str_is(base, "short"))
        out = short_region(r->a, r->region);
    else if (str_starts(base, STR("hex")))
        out = sim_new_id(s, STR_NONE, (size_t)strtoul(str_c(r->a, str_sub(base, 3, base.n)), NULL, 10));
    else
        out = tree_text(r->a, attrs, base);
    if (str_is(rest, "last"))
        out = last_part(out);
    else if (str_is(rest, "bare") && str_starts(out, STR("/")))
        out = str_sub(out, 1, out.n);
    else if (str_is(rest, "host") && str_starts(out, STR("https://")))
        out = str_sub(out, 8, out.n);
    else if (str_is(rest, "draw"))
        out = sim_digits(s, r->a, r->region, out);
    return out;
}

static struct str expand(struct request *r, const struct object *o, const struct value *attrs, struct str t)
{
    struct buf b = { 0 };
    size_t i = 0;

    while (i < t.n) {
        size_t end = t.s[i] == '{' ? str_find(str_sub(t, i, t.n), STR("}")) : SIZE_MAX;

        if (end == SIZE_MAX) {
            buf_putc(&b, t.s[i++]);
            continue;
        }
        buf_str(&b, word(r, o, attrs, str_sub(t, i + 1, i + end)));
        i += end + 1;
    }
    return buf_take(&b, r->a);
}

static const struct value *fill(struct request *r, const struct object *o, const struct value *attrs, const struct value *t, int depth)
{
    struct fields f = { .a = r->a };
    const struct value **items;
    size_t i;

    if (t->kind == VALUE_STRING && str_is(t->s, "{now}"))
        return value_int(r->a, r->sim->start_wall + r->sim->now);
    if (t->kind == VALUE_STRING)
        return value_str(r->a, expand(r, o, attrs, t->s));
    if (depth > SIM_DEPTH || (t->kind != VALUE_LIST && t->kind != VALUE_OBJECT))
        return t;
    if (t->kind == VALUE_LIST) {
        items = ARENA_ARRAY(r->a, const struct value *, t->list.n);
        for (i = 0; i < t->list.n; i++)
            items[i] = fill(r, o, attrs, t->list.v[i], depth + 1);
        return value_list(r->a, items, t->list.n);
    }
    for (i = 0; i < t->object.n; i++)
        fields_put(&f, t->object.v[i].key, fill(r, o, attrs, t->object.v[i].value, depth + 1));
    return fields_take(&f);
}

const struct value *tree_fill(struct request *r, const struct object *o, const struct value *attrs, const struct value *tpl)
{
    return fill(r, o, attrs, tpl, 0);
}
