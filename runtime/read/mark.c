/* mark.c - the marks that kc's creates leave on what they make (docs/design.md, Tokens and tags): whose is it? */
#include "room.h"

static struct str tag(const struct value *tags, const char *key)
{
    const struct value *v = value_get(tags, str_of(key));
    return v && v->kind == VALUE_STRING ? v->s : STR_NONE;
}

enum read_mark mark_of(const struct read_ask *q, const struct value *fields, struct str *owner)
{
    const struct record *rec = q->record;
    const struct value *tags = q->type->tags.n ? value_get(fields, q->type->tags) : NULL;
    struct state *state = q->reader->state;
    *owner = STR_NONE;
    if (!tags || tags->kind != VALUE_OBJECT || !rec || !state)
        return MARKED_NOT;
    struct str origin = rec->origin.n ? rec->origin : rec->addr, lineage = tag(tags, "kc:lineage");
    int64_t gen;
    bool token = rec->token.n && str_eq(tag(tags, "kc:token"), rec->token);
    if (!lineage.n)
        return token ? MARKED_THIS : MARKED_NOT;
    *owner = str_fmt(q->reader->arena, "%.*s of stack %.*s", STR_ARG(tag(tags, "kc:addr")), STR_ARG(lineage));
    if (!str_eq(lineage, state_meta(state)->lineage))      /* also what this record's create made: it was taken over */
        return MARKED_OTHER;
    if (token)
        return MARKED_THIS;
    if (!str_eq(tag(tags, "kc:addr"), address_tag(q->reader->arena, origin)) || !str_int(tag(tags, "kc:gen"), &gen) || gen <= 0)
        return MARKED_STACK;
    if (gen == rec->generation)
        return MARKED_THIS;
    return gen < rec->generation && !state_get_old(state, rec->addr, (uint32_t)gen) ? MARKED_FREE : MARKED_STACK;
}
