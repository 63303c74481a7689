/* decode_xml.c - XML bodies of rest-xml requests, read with expat: no DTD, at most SIM_DEPTH deep. */
#include <expat.h>
#include <string.h>
#include "room.h"

struct element {
    struct str name;
    struct buf text;
    struct element *first, *last, *next, *up;
    struct fields attributes;
};
struct reader {
    struct arena *a;
    XML_Parser p;
    struct element *root, *at;
    int depth;
    const char *problem;
};

static struct str local(struct arena *a, const char *name)
{
    const char *colon = strchr(name, ':');

    return str_dup(a, str_of(colon ? colon + 1 : name));
}

static void stop(struct reader *x, const char *why)
{
    x->problem = why;
    XML_StopParser(x->p, XML_FALSE);
}

static void XMLCALL begin(void *user, const XML_Char *name, const XML_Char **atts)
{
    struct reader *x = user;
    struct element *e = ARENA_NEW(x->a, struct element);

    if (++x->depth > SIM_DEPTH) {
        stop(x, "nested too deeply");
        return;
    }
    e->name = local(x->a, name);
    e->up = x->at;
    e->attributes.a = x->a;
    for (; *atts; atts += 2)
        fields_put(&e->attributes, str_dup(x->a, str_of(atts[0])), value_string(x->a, str_of(atts[1])));
    if (!x->at)
        x->root = e;
    else if (x->at->last)
        x->at->last->next = e;
    else
        x->at->first = e;
    if (x->at)
        x->at->last = e;
    x->at = e;
}

static void XMLCALL end(void *user, const XML_Char *name)
{
    struct reader *x = user;

    (void)name;
    x->depth--;
    x->at = x->at->up;
}

static void XMLCALL text(void *user, const XML_Char *s, int n)
{
    struct reader *x = user;

    if (x->at)
        buf_add(&x->at->text, s, (size_t)n);
}

static void XMLCALL doctype(void *user, const XML_Char *name, const XML_Char *sys, const XML_Char *pub, int internal)
{
    (void)name, (void)sys, (void)pub, (void)internal;
    stop(user, "a document type is not allowed");
}

static void forget(struct element *e)
{
    struct element *c;

    for (c = e->first; c; c = c->next)
        forget(c);
    buf_fini(&e->text);
    if (e->attributes.v)
        fields_take(&e->attributes);
}

static struct element *read_tree(struct request *r, struct str body, struct reader *x)
{
    *x = (struct reader){ .a = r->a, .p = XML_ParserCreate("UTF-8") };
    if (!x->p)
        die("no memory for an XML parser");
    XML_SetUserData(x->p, x);
    XML_SetElementHandler(x->p, begin, end);
    XML_SetCharacterDataHandler(x->p, text);
    XML_SetStartDoctypeDeclHandler(x->p, doctype);
    if (body.n > (32u << 20) || XML_Parse(x->p, body.s, (int)body.n, 1) != XML_STATUS_OK)
        sim_refuse(r, code_of(r, "syntax"), "The XML you provided was not well-formed: %s", x->problem ? x->problem : XML_ErrorString(XML_GetErrorCode(x->p)));
    XML_ParserFree(x->p);
    return x->root;
}

static const struct value *decode_element(struct request *r, const struct shape *s, struct element *e, int depth);

static const struct value *list(struct request *r, const struct shape *s, struct element *first, struct str name, int depth)
{
    const struct value *out = &value_empty_list, *v;
    struct element *c;

    for (c = first; c; c = c->next) {
        if (!str_eq(c->name, name)) {
            sim_refuse(r, code_of(r, "unknown"), "element %.*s is not expected here", STR_ARG(c->name));
            return NULL;
        }
        v = decode_element(r, s->elem, c, depth + 1);
        if (!v)
            return NULL;
        out = tree_list(r->a, out, v);
    }
    return out;
}

static const struct member *child_of(const struct shape *s, struct str name)
{
    size_t i;

    for (i = 0; i < s->nmembers; i++)
        if (s->members[i].location == LOCATION_BODY && !s->members[i].attribute && str_eq(s->members[i].wire_in, name))
            return &s->members[i];
    return NULL;
}

static bool structure(struct request *r, const struct shape *s, struct element *e, struct fields *f, int depth)
{
    struct element *c;
    size_t i;

    for (i = 0; i < s->nmembers; i++) {
        size_t j;

        if (!s->members[i].attribute)
            continue;
        for (j = 0; j < e->attributes.n; j++)
            if (str_eq(e->attributes.v[j].key, s->members[i].wire_in))
                fields_put(f, s->members[i].name, e->attributes.v[j].value);
    }
    for (c = e->first; c; c = c->next) {
        const struct member *m = child_of(s, c->name);
        const struct value *v, *old;
        size_t k;

        if (!m)
            return sim_refuse(r, code_of(r, "unknown"), "element %.*s is not expected in %.*s", STR_ARG(c->name), STR_ARG(e->name));
        if (m->shape->kind == SHAPE_LIST && (m->flat || m->shape->flat)) {
            v = decode_element(r, m->shape->elem, c, depth + 1);
            for (k = 0, old = NULL; k < f->n; k++)
                if (str_eq(f->v[k].key, m->name))
                    old = f->v[k].value;
            v = v ? tree_list(r->a, old, v) : NULL;
        } else {
            v = decode_element(r, m->shape, c, depth + 1);
        }
        if (!v)
            return false;
        fields_put(f, m->name, v);
    }
    return true;
}

static const struct value *decode_element(struct request *r, const struct shape *s, struct element *e, int depth)
{
    struct fields f = { .a = r->a };
    struct element *c;

    if (depth > SIM_DEPTH)
        return NULL;
    switch (s->kind) {
    case SHAPE_STRUCT:
        if (!structure(r, s, e, &f, depth)) {
            fields_take(&f);
            return NULL;
        }
        return fields_take(&f);
    case SHAPE_LIST:
        return list(r, s, e->first, s->elem_wire.n ? s->elem_wire : STR("member"), depth);
    case SHAPE_MAP:
        for (c = e->first; c; c = c->next) {
            struct element *k = c->first, *v = k ? k->next : NULL;

            if (v)
                fields_put(&f, str_dup(r->a, buf_view(&k->text)), decode_element(r, s->elem, v, depth + 1));
        }
        return fields_take(&f);
    default:
        if (e->first) {
            sim_refuse(r, code_of(r, "type"), "%.*s must be text", STR_ARG(e->name));
            return NULL;
        }
        return sim_scalar(r, s, s->kind == SHAPE_STRING || s->kind == SHAPE_ENUM ? buf_view(&e->text) : str_trim(buf_view(&e->text)), e->name);
    }
}

static bool has_body(const struct shape *s)
{
    size_t i;

    for (i = 0; i < s->nmembers; i++)
        if (s->members[i].location == LOCATION_BODY)
            return true;
    return false;
}

bool decode_xml(struct request *r, const struct shape *shape, struct str body, struct fields *f)
{
    const struct value *v;
    struct element *root;
    struct reader x;
    struct str want;

    if (!str_trim(body).n)
        return true;
    if (!shape->payload && !has_body(shape))
        return sim_refuse(r, code_of(r, "unknown"), "this operation takes no body");
    root = read_tree(r, body, &x);
    want = shape->payload ? shape->payload->wire_in : r->op->root;
    if (!r->failed && root && want.n && !str_eq(root->name, want))
        sim_refuse(r, code_of(r, "syntax"), "the root element must be %.*s, not %.*s", STR_ARG(want), STR_ARG(root->name));
    if (!r->failed && root && shape->payload) {
        v = decode_element(r, shape->payload->shape, root, 0);
        fields_put(f, shape->payload->name, v);
    } else if (!r->failed && root) {
        structure(r, shape, root, f, 0);
    }
    if (root)
        forget(root);
    return !r->failed;
}
