/* wire_form.c - form bodies of the ec2 and query protocols: Action=..&Version=..&Name.1.Member=value.
 * They differ in lists: ec2 is always flat and says nothing for an empty one; query has a level of its own and clears with "Name=". */
#include "kc/arena.h"
#include "wire.h"

struct form {
    struct writing *w;
    struct buf *out;
    struct buf key;                                        /* the name so far: "Filter.1.Value" */
    bool ec2;
};

static bool form_value(struct form *f, const struct at *at, const struct shape *s, const struct value *v);

static size_t push(struct form *f, struct str name)
{
    size_t before = f->key.n;
    if (before)
        buf_putc(&f->key, '.');
    buf_str(&f->key, name);
    return before;
}

static void add(struct form *f, struct str value)
{
    if (f->out->n)
        buf_putc(f->out, '&');
    buf_str(f->out, percent_encode(f->w->a, buf_view(&f->key), false));
    buf_putc(f->out, '=');
    buf_str(f->out, percent_encode(f->w->a, value, false));
}

static void add_pair(struct form *f, struct str key, struct str value)
{
    size_t before = push(f, key);
    add(f, value);
    f->key.n = before;
}

static bool form_members(struct form *f, const struct at *at, const struct shape *s, const struct value *const *v)
{
    for (size_t i = 0; i < s->nmembers; i++) {
        if (!v[i])
            continue;
        struct at here = at_member(at, s->members[i].name);
        size_t before = push(f, s->members[i].wire_in);
        bool ok = form_value(f, &here, s->members[i].shape, v[i]);
        f->key.n = before;
        if (!ok)
            return false;
    }
    return true;
}

static bool form_list(struct form *f, const struct at *at, const struct shape *s, const struct value *v)
{
    if (!check_container(f->w, at, s, v))
        return false;
    if (!v->list.n && !f->ec2)
        add(f, STR(""));
    size_t outer = f->key.n;
    if (!f->ec2 && !s->flat)
        push(f, s->elem_wire.n ? s->elem_wire : STR("member"));
    bool ok = true;
    for (size_t i = 0; ok && i < v->list.n; i++) {
        struct at here = at_index(at, i);
        size_t before = push(f, str_fmt(f->w->a, "%zu", i + 1));
        ok = form_value(f, &here, s->elem, v->list.v[i]);
        f->key.n = before;
    }
    f->key.n = outer;
    return ok;
}

static bool form_map(struct form *f, const struct at *at, const struct shape *s, const struct value *v)
{
    if (!check_container(f->w, at, s, v))
        return false;
    size_t outer = f->key.n;
    if (!s->flat)
        push(f, STR("entry"));
    bool ok = true;
    for (size_t i = 0; ok && i < v->object.n; i++) {
        struct at here = at_member(at, v->object.v[i].key);
        size_t entry = push(f, str_fmt(f->w->a, "%zu", i + 1));
        add_pair(f, s->key_wire.n ? s->key_wire : STR("key"), v->object.v[i].key);
        push(f, s->elem_wire.n ? s->elem_wire : STR("value"));
        ok = form_value(f, &here, s->elem, v->object.v[i].value);
        f->key.n = entry;
    }
    f->key.n = outer;
    return ok;
}

static bool form_value(struct form *f, const struct at *at, const struct shape *s, const struct value *v)
{
    struct str text;
    const struct value **members;
    switch (s->kind) {
    case SHAPE_STRUCT:
        members = bind_members(f->w, at, s, v);
        return members && form_members(f, at, s, members);
    case SHAPE_LIST:
        return form_list(f, at, s, v);
    case SHAPE_MAP:
        return form_map(f, at, s, v);
    default:
        if (!scalar_text(f->w, at, s, v, TIME_ISO8601, &text))
            return false;
        add(f, text);
        return true;
    }
}

bool form_write(struct writing *w, const struct value *const *input, struct buf *out)
{
    struct form f = { .w = w, .out = out, .ec2 = w->op->service->protocol == PROTOCOL_EC2 };
    add_pair(&f, STR("Action"), w->op->name);
    add_pair(&f, STR("Version"), w->op->service->api);
    bool ok = !w->op->in || form_members(&f, NULL, w->op->in, input);
    buf_fini(&f.key);
    return ok;
}
