/* document.c - keys in JSON: what programs print, containers, instances and roles answer. What stands in it is never repeated in a message. */
#include "kc/json.h"
#include "room.h"

const struct value *document_read(struct fetch *f, struct str text)
{
    struct str why = STR_NONE;
    const struct value *v = json_read(f->s->arena, text, JSON_PLAIN, &why);

    return v && v->kind == VALUE_OBJECT ? v : NULL;
}

struct str document_text(const struct value *v, const char *key)
{
    const struct value *x = v ? value_get(v, str_of(key)) : NULL;

    return x && x->kind == VALUE_STRING ? x->s : STR_NONE;
}

static bool missing(struct fetch *f, struct str whose, const char *key)
{
    f->why = str_fmt(f->s->arena, "%.*s has no `%s`", STR_ARG(whose), key);
    return false;
}

bool document_take(struct fetch *f, const struct value *v, const char *token_key, bool must_expire, struct str whose)
{
    struct str key = document_text(v, "AccessKeyId"), secret = document_text(v, "SecretAccessKey"), token = document_text(v, token_key);
    const struct value *expires = v ? value_get(v, STR("Expiration")) : NULL;

    if (!key.n || !secret.n)
        return missing(f, whose, key.n ? "SecretAccessKey" : "AccessKeyId");
    if (must_expire && (!token.n || !expires))
        return missing(f, whose, token.n ? "Expiration" : token_key);
    f->out = (struct credentials){ .key = key, .secret = secret, .token = token, .source = f->out.source };
    if (expires && expires->kind == VALUE_INT)
        f->out.expires = expires->i;
    if (!expires || expires->kind == VALUE_NONE || f->out.expires || (expires->kind == VALUE_STRING && time_parse(expires->s, &f->out.expires)))
        return true;
    f->why = str_fmt(f->s->arena, "`Expiration` of %.*s is not a time", STR_ARG(whose));
    return false;
}
