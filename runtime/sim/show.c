/* show.c - objects as replies: members by name through the model's output shapes, embedded relations, tags in the shape's own form. */
#include <string.h>
#include "kc/json.h"
#include "room.h"

/* ---- tags ---- */
const struct value *tags_read(struct request *r, const struct value *tags)
{
    struct fields f = { .a = r->a };
    size_t i;

    if (tags->kind == VALUE_OBJECT)
        return tags;
    for (i = 0; tags->kind == VALUE_LIST && i < tags->list.n; i++) {
        const struct value *t = tags->list.v[i];
        struct str key = data_str(t, "Key"), text = data_str(t, "Value");

        if (!key.n)
            key = data_str(t, "TagKey");
        if (!text.n)
            text = data_str(t, "TagValue");
        if (key.n)
            fields_put(&f, key, value_string(r->a, text));
    }
    return fields_take(&f);
}

const struct value *tags_specified(struct request *r, const struct value *specs, struct str kind)
{
    const struct value *out = NULL, *tags;
    size_t i;

    for (i = 0; specs->kind == VALUE_LIST && i < specs->list.n; i++) {
        if (kind.n && !str_eq(data_str(specs->list.v[i], "ResourceType"), kind))
            continue;
        tags = value_get(specs->list.v[i], STR("Tags"));
        if (tags)
            out = tree_merge(r->a, out, tags_read(r, tags));
    }
    return out;
}

const struct value *input_tags(struct request *r, const struct kind *k)
{
    size_t i;

    for (i = 0; i < r->input->object.n; i++) {
        const struct pair *p = &r->input->object.v[i];

        if (str_is(p->key, "TagSpecifications"))
            return tags_specified(r, p->value, data_str(k->data, "tag_kind"));
        if (is_tag_member(p->key))
            return tags_read(r, p->value);
    }
    return NULL;
}

static const struct value *show_tags(struct request *r, const struct value *tags, const struct shape *s)
{
    const struct value *out = &value_empty_list;
    size_t i;

    if (s->kind == SHAPE_MAP)
        return tags;
    if (s->kind != SHAPE_LIST || s->elem->kind != SHAPE_STRUCT)
        return NULL;
    for (i = 0; i < tags->object.n; i++) {
        struct fields f = { .a = r->a };
        bool plain = model_member(s->elem, STR("TagKey")) == NULL;

        fields_put(&f, plain ? STR("Key") : STR("TagKey"), value_str(r->a, tags->object.v[i].key));
        fields_put(&f, plain ? STR("Value") : STR("TagValue"), tags->object.v[i].value);
        out = tree_list(r->a, out, fields_take(&f));
    }
    return out;
}

/* ---- values into shapes ---- */
static const struct value *fit_scalar(struct request *r, const struct value *v, const struct shape *s)
{
    struct str text;
    int64_t i;

    if (v->kind == VALUE_OBJECT && v->object.n == 1 && str_is(v->object.v[0].key, "Value"))
        v = v->object.v[0].value;
    if (v->kind == VALUE_LIST || v->kind == VALUE_OBJECT)
        return NULL;
    text = value_text(r->a, v);
    switch (s->kind) {
    case SHAPE_BOOL:
        return value_bool(v->kind == VALUE_BOOL ? v->b : str_is(text, "true"));
    case SHAPE_INT:
    case SHAPE_LONG:
    case SHAPE_TIME:
        return v->kind == VALUE_INT ? v : str_int(text, &i) ? value_int(r->a, i) : sim_time_read(text, &i) ? value_int(r->a, i) : NULL;
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return v->kind == VALUE_INT ? value_float(r->a, (double)v->i) : v->kind == VALUE_FLOAT ? v : NULL;
    default:
        return v->kind == VALUE_STRING ? v : value_str(r->a, text);
    }
}

const struct value *sim_fit(struct request *r, const struct value *v, const struct shape *s, int depth)
{
    struct fields f = { .a = r->a };
    const struct value *out = &value_empty_list, *x;
    size_t i;

    if (!v || v->kind == VALUE_NONE || depth > SIM_DEPTH)
        return NULL;
    switch (s->kind) {
    case SHAPE_STRUCT:
        if (v->kind != VALUE_OBJECT) {
            if (s->nmembers != 1 || !str_is(s->members[0].name, "Value"))
                return NULL;
            fields_put(&f, s->members[0].name, sim_fit(r, v, s->members[0].shape, depth + 1));
            return fields_take(&f);
        }
        for (i = 0; i < s->nmembers; i++)
            fields_put(&f, s->members[i].name, sim_fit(r, value_get(v, s->members[i].name), s->members[i].shape, depth + 1));
        return fields_take(&f);
    case SHAPE_LIST:
        if (v->kind != VALUE_LIST)
            return NULL;
        for (i = 0; i < v->list.n; i++)
            if ((x = sim_fit(r, v->list.v[i], s->elem, depth + 1)))
                out = tree_list(r->a, out, x);
        return out;
    case SHAPE_MAP:
        if (v->kind != VALUE_OBJECT)
            return NULL;
        for (i = 0; i < v->object.n; i++)
            fields_put(&f, v->object.v[i].key, sim_fit(r, v->object.v[i].value, s->elem, depth + 1));
        return fields_take(&f);
    default:
        return fit_scalar(r, v, s);
    }
}

/* ---- embedded relations: embeds = { Attachments = { kind = "igw_attachment", on = "InternetGatewayId" } } ---- */
static const struct value *embedded(struct request *r, struct object *o, const struct value *e, const struct shape *s)
{
    struct kind *k = kind_find(r->sim, o->kind->service->name, data_str(e, "kind")), *via = NULL;
    struct str on = data_str(e, "on"), field = data_str(e, "field"), by = data_str(e, "by");
    const struct value *out = s->kind == SHAPE_LIST ? &value_empty_list : NULL;
    size_t i;

    if (data_str(e, "via").n)
        via = kind_find(r->sim, o->kind->service->name, data_str(e, "via"));
    for (i = 0; k && i < k->order.n; i++) {
        struct object *x = k->order.v[i];
        const struct value *one;

        if (!object_alive(x) || !str_eq(x->region, o->region) || !str_eq(tree_text(r->a, x->attrs, on), o->id))
            continue;
        if (via)
            x = object_find(via, tree_text(r->a, x->attrs, by));
        if (!x)
            continue;
        one = field.n ? tree_get(x->attrs, field) : sim_show(r, x, s->kind == SHAPE_LIST ? s->elem : s);
        if (s->kind != SHAPE_LIST)
            return one;
        if (one)
            out = tree_list(r->a, out, one);
    }
    return out;
}

/* IAM gives documents URL-encoded: encoded = ["PolicyDocument"]. */
static const struct value *url_encoded(struct request *r, const struct object *o, struct str name, const struct value *v)
{
    const struct value *const *list, *one[1];
    size_t n = data_list(o->kind->data, "encoded", &list, one), i, j;
    struct buf b = { 0 };

    for (i = 0; i < n && !(list[i]->kind == VALUE_STRING && str_eq(list[i]->s, name)); i++)
        ;
    if (i == n || !v || v->kind != VALUE_STRING)
        return v;
    for (j = 0; j < v->s.n; j++) {
        char c = v->s.s[j];

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~')
            buf_putc(&b, c);
        else
            buf_fmt(&b, "%%%02X", (unsigned)(unsigned char)c);
    }
    return value_str(r->a, buf_take(&b, r->a));
}

static const struct value *member_of(struct request *r, struct object *o, const struct member *m)
{
    const struct value *embeds = value_get(o->kind->data, STR("embeds")), *e = embeds ? value_get(embeds, m->name) : NULL;
    const struct value *v;

    if (e)
        return embedded(r, o, e, m->shape);
    if (is_tag_member(m->name) && (v = show_tags(r, o->tags, m->shape)))
        return v;
    return sim_fit(r, url_encoded(r, o, m->name, value_get(o->attrs, m->name)), m->shape, 0);
}

const struct value *sim_show(struct request *r, struct object *o, const struct shape *s)
{
    struct hook_call c = { .r = r, .sim = r->sim, .a = r->a, .o = o };
    hook_fn *fn = hook_find(data_str(o->kind->data, "shown"));
    struct fields f = { .a = r->a };
    size_t i;

    for (i = 0; s->kind == SHAPE_STRUCT && i < s->nmembers; i++)
        fields_put(&f, s->members[i].name, member_of(r, o, &s->members[i]));
    c.attrs = fields_take(&f);
    if (fn && str_eq(s->name, o->kind->shape))
        fn(&c);
    return c.attrs;
}

/* ---- a whole answer ---- */
static bool named(const struct kind *k, const struct shape *s)
{
    const struct value *const *list, *one[1];
    size_t n = data_list(k->data, "also", &list, one), i;

    if (s->kind != SHAPE_STRUCT)
        return false;
    for (i = 0; i < n; i++)
        if (list[i]->kind == VALUE_STRING && str_eq(list[i]->s, s->name))
            return true;
    return str_eq(s->name, k->shape);
}

static const struct value *shown_list(struct request *r, const struct verb *v, const struct shape *elem, struct object *const *o, size_t n)
{
    struct str field = data_str(v->data, "field");
    const struct value **items = ARENA_ARRAY(r->a, const struct value *, n);
    size_t i, m = 0;

    if (!field.n && v->on->nkeys)
        field = v->on->keys[v->on->nkeys - 1];
    for (i = 0; i < n; i++) {
        const struct value *x = elem->kind == SHAPE_STRUCT ? sim_show(r, o[i], elem) : sim_fit(r, tree_get(o[i]->attrs, field), elem, 0);

        if (x)
            items[m++] = x;
    }
    return value_list(r->a, items, m);
}

static const struct value *out_member(struct request *r, const struct verb *v, const struct member *m, struct object *const *o, size_t n)
{
    const struct shape *s = m->shape;
    bool listed = str_eq(m->name, r->op->page.list);

    if (str_eq(m->name, r->op->page.token_out) || str_eq(m->name, r->op->page.more))
        return NULL;
    if (named(v->on, s))
        return n ? sim_show(r, o[0], s) : NULL;
    if (s->kind == SHAPE_LIST && (listed || named(v->on, s->elem) || str_eq(m->name, data_str(v->data, "list"))) && !is_tag_member(m->name))
        return shown_list(r, v, s->elem, o, n);
    if (n == 1)
        return member_of(r, o[0], m);
    return s->kind == SHAPE_LIST && v->kind == VERB_LIST && !is_tag_member(m->name) && s->elem->kind != SHAPE_STRUCT ? shown_list(r, v, s->elem, o, n) : NULL;
}

bool sim_answer(struct request *r, const struct verb *v, struct object *const *o, size_t n)
{
    const struct value *out = value_get(v->data, STR("out"));
    struct fields f = { .a = r->a };
    size_t i;

    for (i = 0; r->op->out && i < r->op->out->nmembers; i++)
        fields_put(&f, r->op->out->members[i].name, out_member(r, v, &r->op->out->members[i], o, n));
    r->out = fields_take(&f);
    if (out)
        r->out = tree_merge(r->a, r->out, tree_fill(r, n ? o[0] : NULL, n ? o[0]->attrs : r->input, out));
    return true;
}
