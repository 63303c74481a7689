/* wire_xml.c - an input tree as XML, in the order of the model's members. */
#include "kc/arena.h"
#include "wire.h"

/* Text with the five characters escaped; a carriage return too, which a reader would turn into a line feed. */
static bool escape(struct writing *w, const struct at *at, struct str text, struct buf *out)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.s[i];
        if ((unsigned char)c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return refuse(w, at, "holds a control character, which XML cannot carry");
        if (c == '<')
            buf_cstr(out, "&lt;");
        else if (c == '>')
            buf_cstr(out, "&gt;");
        else if (c == '&')
            buf_cstr(out, "&amp;");
        else if (c == '"')
            buf_cstr(out, "&quot;");
        else if (c == '\r')
            buf_cstr(out, "&#13;");
        else
            buf_putc(out, c);
    }
    return true;
}

static void open_tag(struct buf *out, struct str name, struct str xmlns)
{
    buf_fmt(out, "<%.*s", STR_ARG(name));
    if (xmlns.n)
        buf_fmt(out, " xmlns=\"%.*s\"", STR_ARG(xmlns));
}

static void close_tag(struct buf *out, struct str name)
{
    buf_fmt(out, "</%.*s>", STR_ARG(name));
}

static bool xml_list(struct writing *w, const struct at *at, struct str name, struct str xmlns, const struct shape *s, const struct value *v,
                     struct buf *out)
{
    if (!check_container(w, at, s, v))
        return false;
    struct str element = s->flat ? name : s->elem_wire.n ? s->elem_wire : STR("member");
    if (!s->flat) {
        open_tag(out, name, xmlns);
        buf_putc(out, '>');
    }
    for (size_t i = 0; i < v->list.n; i++) {
        struct at here = at_index(at, i);
        if (!xml_write(w, &here, element, STR_NONE, s->elem, v->list.v[i], out))
            return false;
    }
    if (!s->flat)
        close_tag(out, name);
    return true;
}

static bool xml_map(struct writing *w, const struct at *at, struct str name, struct str xmlns, const struct shape *s, const struct value *v,
                    struct buf *out)
{
    if (!check_container(w, at, s, v))
        return false;
    struct str entry = s->flat ? name : STR("entry");
    if (!s->flat) {
        open_tag(out, name, xmlns);
        buf_putc(out, '>');
    }
    for (size_t i = 0; i < v->object.n; i++) {
        struct at here = at_member(at, v->object.v[i].key);
        const struct value *key = value_str(w->a, v->object.v[i].key);
        open_tag(out, entry, STR_NONE);
        buf_putc(out, '>');
        if (!xml_write(w, &here, s->key_wire.n ? s->key_wire : STR("key"), STR_NONE, s->key, key, out) ||
            !xml_write(w, &here, s->elem_wire.n ? s->elem_wire : STR("value"), STR_NONE, s->elem, v->object.v[i].value, out))
            return false;
        close_tag(out, entry);
    }
    if (!s->flat)
        close_tag(out, name);
    return true;
}

static bool attributes(struct writing *w, const struct at *at, const struct shape *s, const struct value *const *v, struct buf *out)
{
    for (size_t i = 0; i < s->nmembers; i++) {
        struct str text;
        struct at here = at_member(at, s->members[i].name);
        if (!s->members[i].attribute || !v[i])
            continue;
        if (!scalar_text(w, &here, s->members[i].shape, v[i], TIME_ISO8601, &text))
            return false;
        buf_fmt(out, " %.*s=\"", STR_ARG(s->members[i].wire_in));
        if (!escape(w, &here, text, out))
            return false;
        buf_putc(out, '"');
    }
    return true;
}

bool xml_write_struct(struct writing *w, const struct at *at, struct str name, struct str xmlns, const struct shape *s, const struct value *const *v,
                      bool skip_located, struct buf *out)
{
    open_tag(out, name, xmlns);
    if (!attributes(w, at, s, v, out))
        return false;
    buf_putc(out, '>');
    for (size_t i = 0; i < s->nmembers; i++) {
        const struct member *m = &s->members[i];
        if (!v[i] || m->attribute || (skip_located && m->location != LOCATION_BODY))
            continue;
        struct at here = at_member(at, m->name);
        if (!xml_write(w, &here, m->wire_in, m->xmlns, m->shape, v[i], out))
            return false;
    }
    close_tag(out, name);
    return true;
}

bool xml_write(struct writing *w, const struct at *at, struct str name, struct str xmlns, const struct shape *s, const struct value *v, struct buf *out)
{
    struct str text;
    const struct value **members;
    switch (s->kind) {
    case SHAPE_STRUCT:
        members = bind_members(w, at, s, v);
        return members && xml_write_struct(w, at, name, xmlns, s, members, false, out);
    case SHAPE_LIST:
        return xml_list(w, at, name, xmlns, s, v, out);
    case SHAPE_MAP:
        return xml_map(w, at, name, xmlns, s, v, out);
    default:
        if (!scalar_text(w, at, s, v, TIME_ISO8601, &text))
            return false;
        open_tag(out, name, xmlns);
        buf_putc(out, '>');
        if (!escape(w, at, text, out))
            return false;
        close_tag(out, name);
        return true;
    }
}
