/* filter.c - Filters of Describe calls ("tag:K", "tag-key", "vpc-id", "attachment.vpc-id") and paging. */
#include <stdlib.h>
#include <string.h>
#include "kc/hash.h"
#include "room.h"

/* "attachment.vpc-id" in shape InternetGateway: member Attachments (or Attachment), then VpcId. Empty: no such thing. */
static struct str find_path(struct request *r, const struct shape *s, struct str name)
{
    struct buf b = { 0 };
    struct str part;

    while (s && str_cut(&name, '.', &part)) {
        struct str want = str_dup(r->a, part), more;
        const struct member *m;
        size_t i;

        for (i = 0; i < want.n; i++)
            if (want.s[i] == '-')
                ((char *)want.s)[i] = '_';
        while (s->kind == SHAPE_LIST)
            s = s->elem;
        more = str_fmt(r->a, "%.*ss", STR_ARG(want));
        m = s->kind == SHAPE_STRUCT ? model_match(s, want) : NULL;
        if (!m && s->kind == SHAPE_STRUCT)
            m = model_match(s, more);
        if (!m && s->kind == SHAPE_STRUCT)
            m = model_match(s, str_fmt(r->a, "%.*s%.*s", STR_ARG(s->name), STR_ARG(want)));
        if (!m) {
            buf_fini(&b);
            return STR_NONE;
        }
        if (b.n)
            buf_putc(&b, '.');
        buf_str(&b, m->name);
        s = m->shape;
    }
    return buf_take(&b, r->a);
}

/* The values of one filter: plain ones looked up, those with * or ? tried. */
struct wanted { struct map plain; struct str patterns[200]; size_t npatterns; };

static void wanted_init(struct request *r, struct wanted *w, const struct value *values)
{
    size_t i;

    *w = (struct wanted){ .npatterns = 0 };
    for (i = 0; i < values->list.n && i < 200; i++) {
        struct str x = value_text(r->a, values->list.v[i]);

        if (str_find(x, STR("*")) == SIZE_MAX && str_find(x, STR("?")) == SIZE_MAX)
            map_put(&w->plain, x, w);
        else
            w->patterns[w->npatterns++] = x;
    }
}

static bool any_text(const struct wanted *w, struct str text)
{
    size_t i;

    if (map_has(&w->plain, text))
        return true;
    for (i = 0; i < w->npatterns; i++)
        if (sim_glob(w->patterns[i], text))
            return true;
    return false;
}

static bool tags_match(struct request *r, const struct object *o, struct str name, const struct wanted *values)
{
    const struct value *v;
    size_t i;

    if (str_starts(name, STR("tag:"))) {
        v = value_get(o->tags, str_sub(name, 4, name.n));
        return v && any_text(values, value_text(r->a, v));
    }
    for (i = 0; i < o->tags->object.n; i++)
        if (any_text(values, str_is(name, "tag-key") ? o->tags->object.v[i].key : value_text(r->a, o->tags->object.v[i].value)))
            return true;
    return false;
}

static bool filter_one(struct request *r, const struct verb *v, const struct shape *elem, struct str name, const struct value *values, struct vec *objects)
{
    const struct value *own = value_get(v->on->data, STR("filters"));
    bool tags = str_starts(name, STR("tag:")) || str_is(name, "tag-key") || str_is(name, "tag-value");
    struct str path = own ? data_str(own, str_c(r->a, name)) : STR_NONE;
    struct wanted w;
    size_t i, j, n = 0;

    if (!tags && !path.n && elem)
        path = find_path(r, elem, name);
    if (!tags && !path.n)
        return sim_refuse(r, code_of(r, "value"), "The filter '%.*s' is invalid", STR_ARG(name));
    wanted_init(r, &w, values);
    for (i = 0; i < objects->n; i++) {
        struct object *o = objects->v[i];
        const struct value **leaf;
        bool hit = tags && tags_match(r, o, name, &w);
        size_t nl = 0;

        if (!tags) {
            nl = tree_leaves(r->a, o->attrs, path, &leaf);
            if (!nl && elem)
                nl = tree_leaves(r->a, sim_show(r, o, elem), path, &leaf);
        }
        for (j = 0; j < nl && !hit; j++)
            hit = any_text(&w, tree_text(r->a, leaf[j], STR_NONE));
        if (hit)
            objects->v[n++] = o;
    }
    objects->n = n;
    map_fini(&w.plain);
    return true;
}

bool filter_objects(struct request *r, const struct verb *v, const struct shape *elem, struct vec *objects)
{
    const struct value *filters = value_get(r->input, STR("Filters"));
    size_t i;

    if (!filters)
        filters = value_get(r->input, STR("Filter"));
    for (i = 0; filters && filters->kind == VALUE_LIST && i < filters->list.n; i++) {
        struct str name = data_str(filters->list.v[i], "Name");
        const struct value *values = value_get(filters->list.v[i], STR("Values"));

        if (!name.n || !values || values->kind != VALUE_LIST)
            return sim_refuse(r, code_of(r, "value"), "a filter needs a name and values");
        if (values->list.n > 200)
            return sim_refuse(r, STR("FilterLimitExceeded"), "The maximum number of filter values specified on a single call is 200");
        if (!filter_one(r, v, elem, name, values, objects))
            return false;
    }
    return true;
}

/* ---- paging: a token is the offset, sealed with the operation so that a token of another call is refused ---- */
static struct str page_token(struct request *r, size_t at)
{
    struct str seal = sha256_hex(r->a, str_fmt(r->a, "page %.*s %zu", STR_ARG(r->op->name), at));

    return str_fmt(r->a, "%zu-%.*s", at, 12, seal.s);
}

static bool page_start(struct request *r, struct str token, size_t *at)
{
    int64_t n;
    struct str head = str_sub(token, 0, str_find(token, STR("-")));

    *at = 0;
    if (!token.n)
        return true;
    if (!str_int(head, &n) || n < 0 || !str_eq(token, page_token(r, (size_t)n)))
        return sim_refuse(r, code_of(r, "page"), "The token '%.*s' is invalid", STR_ARG(token));
    *at = (size_t)n;
    return true;
}

static size_t page_size(struct request *r)
{
    const struct value *given = r->op->page.limit.n ? value_get(r->input, r->op->page.limit) : NULL, *usual = value_get(r->service->data, STR("page"));
    int64_t n = usual && usual->kind == VALUE_INT ? usual->i : 100, asked;

    if (given && str_int(value_text(r->a, given), &asked) && asked > 0 && asked < n)
        n = asked;
    return (size_t)n;
}

bool page_out(struct request *r)
{
    const struct value *list = r->op->page.token_out.n ? value_get(r->out, r->op->page.list) : NULL;
    size_t at, n = page_size(r), end;

    if (!list || list->kind != VALUE_LIST || str_find(r->op->page.token_out, STR(",")) != SIZE_MAX)
        return true;                                       /* with several tokens a page begins where they say: the operation's hook did it */
    if (!page_start(r, tree_text(r->a, r->input, r->op->page.token_in), &at))
        return false;
    if (at > list->list.n)
        at = list->list.n;
    end = list->list.n - at > n ? at + n : list->list.n;
    r->out = value_with(r->a, r->out, r->op->page.list, end > at ? value_list(r->a, &list->list.v[at], end - at) : &value_empty_list);
    if (end < list->list.n)
        r->out = value_with(r->a, r->out, r->op->page.token_out, value_str(r->a, page_token(r, end)));
    if (r->op->page.more.n)
        r->out = value_with(r->a, r->out, r->op->page.more, value_bool(end < list->list.n));
    return true;
}
