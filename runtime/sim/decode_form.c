/* decode_form.c - form bodies of the protocols ec2 and query: "Filter.1.Name=vpc-id", "Tags.member.1.Key=a".
 * Every parameter must be one that the model knows: what is left over is refused. */
#include "room.h"

enum { MAX_LIST = 5000 };

struct form {
    struct request *r;
    struct param *v; size_t n;
    bool ec2;
};

static struct param *exact(struct form *f, struct str key)
{
    size_t i;

    for (i = 0; i < f->n; i++)
        if (str_eq(f->v[i].key, key))
            return &f->v[i];
    return NULL;
}

static bool below(const struct form *f, struct str prefix)
{
    size_t i;

    for (i = 0; i < f->n; i++)
        if (f->v[i].key.n > prefix.n && f->v[i].key.s[prefix.n] == '.' && str_starts(f->v[i].key, prefix))
            return true;
    return false;
}

static struct str join(struct form *f, struct str prefix, struct str name)
{
    if (!prefix.n)
        return name;
    return str_fmt(f->r->a, "%.*s.%.*s", STR_ARG(prefix), STR_ARG(name));
}

static const struct value *decode_at(struct form *f, const struct shape *s, struct str key, bool flat, int depth);

static const struct value *list(struct form *f, const struct shape *s, struct str key, bool flat, int depth)
{
    struct param *whole = exact(f, key);
    const struct value *out = NULL, *v;
    int i;

    if (whole && !whole->value.n && !f->ec2) {
        whole->used = true;
        return &value_empty_list;
    }
    if (!f->ec2 && !flat && !s->flat)
        key = join(f, key, s->elem_wire.n ? s->elem_wire : STR("member"));
    for (i = 1; i <= MAX_LIST; i++) {
        struct str at = str_fmt(f->r->a, "%.*s.%d", STR_ARG(key), i);

        v = decode_at(f, s->elem, at, false, depth + 1);
        if (!v)
            break;
        out = tree_list(f->r->a, out, v);
    }
    return out;
}

static const struct value *map(struct form *f, const struct shape *s, struct str key, bool flat, int depth)
{
    struct fields out = { .a = f->r->a };
    int i;

    if (!flat && !s->flat)
        key = join(f, key, STR("entry"));
    for (i = 1; i <= MAX_LIST; i++) {
        struct str at = str_fmt(f->r->a, "%.*s.%d", STR_ARG(key), i);
        struct param *k = exact(f, join(f, at, s->key_wire.n ? s->key_wire : STR("key")));
        const struct value *v = decode_at(f, s->elem, join(f, at, s->elem_wire.n ? s->elem_wire : STR("value")), false, depth + 1);

        if (!k || !v)
            break;
        k->used = true;
        fields_put(&out, k->value, v);
    }
    return out.n ? fields_take(&out) : NULL;
}

static const struct value *structure(struct form *f, const struct shape *s, struct str key, int depth)
{
    struct fields out = { .a = f->r->a };
    size_t i;

    if (key.n && !below(f, key))
        return NULL;
    for (i = 0; i < s->nmembers; i++)
        fields_put(&out, s->members[i].name, decode_at(f, s->members[i].shape, join(f, key, s->members[i].wire_in), s->members[i].flat, depth + 1));
    return fields_take(&out);
}

static const struct value *decode_at(struct form *f, const struct shape *s, struct str key, bool flat, int depth)
{
    struct param *p;

    if (depth > SIM_DEPTH || f->r->failed)
        return NULL;
    switch (s->kind) {
    case SHAPE_LIST:
        return list(f, s, key, flat, depth);
    case SHAPE_MAP:
        return map(f, s, key, flat, depth);
    case SHAPE_STRUCT:
        return structure(f, s, key, depth);
    default:
        p = exact(f, key);
        if (!p)
            return NULL;
        p->used = true;
        return sim_scalar(f->r, s, p->value, key);
    }
}

/* A parameter that is used as another kind than the model's ("VpcId.1=x", "Filter=x") stays unused: say wrong type when its head is known. */
static bool leftover(struct form *f, const struct param *p)
{
    struct str rest = p->key, head;
    const struct shape *in = f->r->op->in;
    size_t i;

    str_cut(&rest, '.', &head);
    for (i = 0; in && i < in->nmembers; i++) {
        enum shape_kind k = in->members[i].shape->kind;
        bool inner = k == SHAPE_LIST || k == SHAPE_MAP || k == SHAPE_STRUCT;

        if (str_eq(in->members[i].wire_in, head) && inner == !rest.n)
            return sim_refuse(f->r, code_of(f->r, "type"), "%.*s has the wrong form", STR_ARG(p->key));
    }
    return sim_refuse(f->r, code_of(f->r, "unknown"), "The parameter %.*s is not recognized", STR_ARG(p->key));
}

bool decode_form(struct request *r, struct fields *out)
{
    struct form f = { .r = r, .ec2 = r->service->model->protocol == PROTOCOL_EC2 };
    struct str text = r->http->body.n ? r->http->body : r->query;
    size_t i;
    bool bad;

    f.n = form_parse(r->a, text, true, &f.v, &bad);
    if (bad)
        return sim_refuse(r, code_of(r, "syntax"), "the query string is malformed");
    for (i = 0; i < f.n; i++) {
        if (str_is(f.v[i].key, "Version") && !str_eq(f.v[i].value, r->service->model->api))
            return sim_refuse(r, code_of(r, "action"), "the action %.*s is not valid for version %.*s", STR_ARG(r->op->name), STR_ARG(f.v[i].value));
        f.v[i].used = str_is(f.v[i].key, "Version") || str_is(f.v[i].key, "Action");
    }
    for (i = 0; r->op->in && i < r->op->in->nmembers; i++) {
        const struct member *m = &r->op->in->members[i];

        fields_put(out, m->name, decode_at(&f, m->shape, m->wire_in, m->flat, 0));
    }
    for (i = 0; i < f.n && !r->failed; i++)
        if (!f.v[i].used)
            return leftover(&f, &f.v[i]);
    return !r->failed;
}
