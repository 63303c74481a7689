/* rtype.c - looking into resource types and their texts. */
#include "kc/rtype.h"

const struct rfield *rtype_field(const struct rtype *t, struct str name)
{
    for (size_t i = 0; i < t->nfields; i++)
        if (str_eq(t->fields[i].name, name))
            return &t->fields[i];
    return NULL;
}

const struct rout *rtype_out(const struct rtype *t, struct str name)
{
    for (size_t i = 0; i < t->nouts; i++)
        if (str_eq(t->outs[i].name, name))
            return &t->outs[i];
    return NULL;
}

const struct value *rtype_mark(struct arena *a, const struct rtype *t, const struct value *fields)
{
    for (size_t i = 0; i < t->nfields; i++) {
        const struct value *v = t->fields[i].digest ? value_get(fields, t->fields[i].name) : NULL;
        if (v && v->kind == VALUE_STRING && !v->bulk)
            fields = value_with(a, fields, t->fields[i].name, value_bulk(a, v));
    }
    return fields;
}

const struct rmade *rtype_made(const struct rtype *t, struct str name)
{
    for (size_t i = 0; i < t->nmades; i++)
        if (str_eq(t->mades[i].name, name))
            return &t->mades[i];
    return NULL;
}

const struct rstep *rtype_step(const struct rtype *t, enum rstep_kind k, size_t nth)
{
    for (size_t i = 0; i < t->nsteps; i++)
        if (t->steps[i].kind == k && nth-- == 0)
            return &t->steps[i];
    return NULL;
}

bool rsource_eq(const struct rsource *x, const struct rsource *y)
{
    if (!str_eq(x->type, y->type) || x->language != y->language || x->nparts != y->nparts)
        return false;
    for (size_t i = 0; i < x->nparts; i++)
        if (!str_eq(x->parts[i].path, y->parts[i].path) || !str_eq(x->parts[i].text, y->parts[i].text))
            return false;
    return true;
}

size_t rsource_bytes(const struct rsource *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->nparts; i++)
        n += t->parts[i].text.n;
    return n;
}
