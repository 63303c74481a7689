/* rtype.c - looking into resource types. As JSON: rtype_json.c. */
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

const struct rstep *rtype_step(const struct rtype *t, enum rstep_kind k, size_t nth)
{
    for (size_t i = 0; i < t->nsteps; i++)
        if (t->steps[i].kind == k && nth-- == 0)
            return &t->steps[i];
    return NULL;
}
