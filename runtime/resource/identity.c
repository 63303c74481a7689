/* identity.c - what makes an object itself: identity, token, owner tags, names for people. */
#include "kc/hash.h"
#include "kc/json.h"
#include "view.h"

static const struct rout *identity_out(const struct rtype *t)
{
    for (size_t i = 0; i < t->nouts; i++)
        if (t->outs[i].identity)
            return &t->outs[i];
    const struct rout *o = rtype_out(t, STR("id"));
    return o ? o : rtype_out(t, STR("arn"));
}

static size_t identity_fields(const struct rtype *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->nfields; i++)
        n += t->fields[i].identity;
    return n;
}

static bool part(struct pair *p, struct str name, const struct value *v)
{
    if (!v || v->kind == VALUE_NONE || !value_is_known(v))
        return false;
    *p = (struct pair){ name, v };
    return true;
}

/* A relation: every identity field, and the outs marked so. */
static const struct value *relation(struct arena *a, const struct rtype *t, const struct value *inputs, const struct value *outs)
{
    struct pair *p = ARENA_ARRAY(a, struct pair, t->nfields + t->nouts);
    size_t n = 0;
    for (size_t i = 0; i < t->nfields; i++)
        if (t->fields[i].identity && !part(&p[n++], t->fields[i].name, value_get(inputs, t->fields[i].name)))
            return NULL;
    for (size_t i = 0; i < t->nouts; i++)
        if (t->outs[i].identity && !part(&p[n++], t->outs[i].name, value_get(outs, t->outs[i].name)))
            return NULL;
    return value_object(a, p, n);
}

const struct value *resource_identity(struct arena *a, const struct rtype *t, const struct value *inputs, const struct value *outs)
{
    if (identity_fields(t))
        return relation(a, t, inputs, outs);
    const struct rout *o = identity_out(t);
    const struct value *v = o ? value_get(outs, o->name) : NULL;
    return v && v->kind != VALUE_NONE && value_is_known(v) ? v : NULL;
}

struct str resource_key(struct arena *a, const struct value *identity)
{
    if (identity->kind == VALUE_OBJECT && identity->object.n == 1)
        return resource_key(a, identity->object.v[0].value);
    if (identity->kind == VALUE_STRING)
        return identity->s;
    struct buf b = { 0 };
    json_write(&b, identity, JSON_CANONICAL, true);
    return buf_take(&b, a);
}

struct str resource_token(struct arena *a, struct str lineage, struct str salt, struct str addr, uint32_t generation, struct str step,
                          struct str verb)
{
    struct buf b = { 0 };
    uint8_t digest[32];
    buf_fmt(&b, "kc1|%.*s|%.*s|%.*s|%u|%.*s|%.*s", STR_ARG(lineage), STR_ARG(salt), STR_ARG(addr), (unsigned)generation, STR_ARG(step),
            STR_ARG(verb));
    sha256(buf_view(&b), digest);
    buf_fini(&b);
    return base32(a, digest, sizeof digest);
}

const struct value *resource_owner_tags(struct arena *a, struct str lineage, struct str addr, uint32_t generation, struct str token)
{
    struct pair p[] = {
        { STR("kc:lineage"), value_string(a, lineage) },
        { STR("kc:addr"), value_string(a, address_tag(a, addr)) },
        { STR("kc:gen"), value_string(a, str_fmt(a, "%u", (unsigned)generation)) },
        { STR("kc:token"), value_string(a, token) },
    };
    return value_object(a, p, sizeof p / sizeof *p);
}

/* "name" among inputs and outs, for types whose identity says little to people. */
static const struct value *plain_name(const struct value *inputs, const struct value *outs)
{
    const struct value *v = value_get(inputs, STR("name"));
    if (!v || v->kind != VALUE_STRING)
        v = value_get(outs, STR("name"));
    return v && v->kind == VALUE_STRING ? v : NULL;
}

struct str resource_name(struct arena *a, const struct rtype *t, const struct value *inputs, const struct value *outs)
{
    const struct value *id = t ? resource_identity(a, t, inputs, outs) : NULL;
    if (id && id->kind == VALUE_STRING)
        return id->s;
    const struct value *name = plain_name(inputs, outs);
    if (!id)
        return name ? name->s : STR_NONE;
    if (id->kind != VALUE_OBJECT)
        return value_text(a, id);
    struct buf b = { 0 };
    for (size_t i = 0; i < id->object.n; i++)
        buf_fmt(&b, "%s%.*s", i ? "/" : "", STR_ARG(value_text(a, id->object.v[i].value)));
    return buf_take(&b, a);
}
