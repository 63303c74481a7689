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
        return MARK_NONE;
    struct str origin = rec->origin.n ? rec->origin : rec->addr, lineage = tag(tags, "kc:lineage");
    int64_t gen;
    if (rec->token.n && str_eq(tag(tags, "kc:token"), rec->token))
        return MARK_THIS;
    if (!lineage.n)
        return MARK_NONE;
    *owner = str_fmt(q->reader->arena, "%.*s of stack %.*s", STR_ARG(tag(tags, "kc:addr")), STR_ARG(lineage));
    if (!str_eq(lineage, state_meta(state)->lineage))
        return MARK_OTHER;
    if (!str_eq(tag(tags, "kc:addr"), address_tag(q->reader->arena, origin)) || !str_int(tag(tags, "kc:gen"), &gen) || gen <= 0)
        return MARK_STACK;
    if (gen == rec->generation)
        return MARK_THIS;
    return gen < rec->generation && !state_get_old(state, rec->addr, (uint32_t)gen) ? MARK_FREE : MARK_STACK;
}
