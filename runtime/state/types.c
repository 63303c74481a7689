/* types.c - texts of resource types in state: each declaration once, by its digest, and for each type which of them are its own (room.h).
 * What they mean is no business of state: the command turns them into types. A type that no record and no open intent has is forgotten when the
 * state is closed. A text stays in memory until then too: what is there need not be written again. */
#include "kc/hash.h"
#include "room.h"

enum { TEXT_DIGEST = 32 };

static struct str digest_of(struct arena *a, struct str text)
{
    return str_sub(sha256_hex(a, text), 0, TEXT_DIGEST);
}

const struct value *types_text_entry(struct arena *a, struct str digest, struct str text)
{
    struct pair p[3] = { { STR("t"), value_str(a, STR("text")) }, { STR("digest"), value_str(a, digest) }, { STR("text"), value_str(a, text) } };
    return value_object(a, p, 3);
}

const struct value *types_entry(struct arena *a, const struct rsource *t)
{
    const struct value **parts = ARENA_ARRAY(a, const struct value *, t->nparts);
    for (size_t i = 0; i < t->nparts; i++) {
        const struct value *part[2] = { value_str(a, t->parts[i].path), value_str(a, digest_of(a, t->parts[i].text)) };
        parts[i] = value_list(a, part, 2);
    }
    struct pair p[4] = { { STR("t"), value_str(a, STR("type")) }, { STR("name"), value_str(a, t->type) }, { STR("language"), value_int(a, t->language) },
                         { STR("parts"), value_list(a, parts, t->nparts) } };
    return value_object(a, p, 4);
}

/* ---- reading ---- */

static bool is_text(const struct value *v)
{
    return v && v->kind == VALUE_STRING && v->s.n;
}

const char *types_read_text(struct state *s, const struct value *e)
{
    const struct value *digest = value_get(e, STR("digest")), *text = value_get(e, STR("text"));
    if (!is_text(digest) || !is_text(text) || text->s.n > RSOURCE_BYTES)
        return "a kept text is malformed";
    struct arena *a = arena_new();
    bool same = str_eq(digest->s, digest_of(a, text->s));
    arena_free(a);
    if (!same)
        return "a kept text has another digest than it says";
    map_put(&s->texts, digest->s, (void *)(uintptr_t)text);
    return NULL;
}

static bool read_part(const struct state *s, const struct value *v, struct rpart *out)
{
    if (v->kind != VALUE_LIST || v->list.n != 2 || !is_text(v->list.v[0]) || !is_text(v->list.v[1]))
        return false;
    const struct value *text = map_get(&s->texts, v->list.v[1]->s);
    *out = (struct rpart){ v->list.v[0]->s, text ? text->s : STR_NONE };
    return text != NULL;
}

const char *types_read(struct state *s, const struct value *e)
{
    const struct value *name = value_get(e, STR("name")), *language = value_get(e, STR("language")), *parts = value_get(e, STR("parts"));
    if (value_get(e, STR("type")))                         /* compiled, by a kc that kept no text: nobody reads that any more */
        return NULL;
    if (!is_text(name) || !language || language->kind != VALUE_INT || language->i < 1 || !parts || parts->kind != VALUE_LIST || !parts->list.n ||
        parts->list.n > RSOURCE_PARTS)
        return "a kept resource type is malformed";
    struct rpart *v = ARENA_ARRAY(s->a, struct rpart, parts->list.n);
    for (size_t i = 0; i < parts->list.n; i++)
        if (!read_part(s, parts->list.v[i], &v[i]))
            return "a kept resource type names a text that is not there";
    struct rsource *t = ARENA_NEW(s->a, struct rsource);
    *t = (struct rsource){ name->s, language->i, v, parts->list.n };
    if (rsource_bytes(t) > RSOURCE_BYTES)
        return "a kept resource type is too large";
    map_put(&s->types, t->type, t);
    return NULL;
}

/* ---- what state offers ---- */

const struct rsource *state_source(const struct state *s, struct str type)
{
    return map_get(&s->types, type);
}

size_t state_sources(const struct state *s, struct arena *a, const struct rsource ***out)
{
    const struct rsource **v = ARENA_ARRAY(a, const struct rsource *, s->types.n);
    size_t n = 0;
    for (size_t i = 0; i < s->types.n; i++)
        if (s->types.e[i].live)
            v[n++] = s->types.e[i].value;
    *out = v;
    return n;
}

bool state_keep_type(struct state *s, const struct rsource *t)
{
    const struct rsource *had = state_source(s, t->type);
    struct arena *a = arena_new();
    bool same = had && rsource_eq(had, t), ok = true;
    for (size_t i = 0; ok && !same && i < t->nparts; i++) {
        struct str digest = digest_of(a, t->parts[i].text);
        ok = map_has(&s->texts, digest) || journal_queue(s, types_text_entry(a, digest, t->parts[i].text));
    }
    if (!same)
        ok = ok && journal_queue(s, types_entry(a, t));
    s->dirty |= !same;
    arena_free(a);
    return ok;
}

/* Deletes from a map what is not among the used. */
static void keep_only(struct map *m, const struct map *used)
{
    for (size_t i = 0; i < m->n; i++)
        if (m->e[i].live && !map_has(used, m->e[i].key))
            map_del(m, m->e[i].key);
}

void types_forget_unused(struct state *s)
{
    struct map used = { 0 };
    for (size_t i = 0; i < s->entries.n; i++) {
        const struct entry *e = s->entries.e[i].live ? s->entries.e[i].value : NULL;
        for (size_t k = 0; e && k < e->n; k++)
            map_put(&used, e->v[k]->type, s);
    }
    for (size_t i = 0; i < s->intents.n; i++)
        if (s->intents.e[i].live)
            map_put(&used, ((const struct intent *)s->intents.e[i].value)->type, s);
    keep_only(&s->types, &used);
    map_fini(&used);
    const struct rsource **v;
    size_t n = state_sources(s, s->a, &v);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < v[i]->nparts; k++)
            map_put(&used, digest_of(s->a, v[i]->parts[k].text), s);
    keep_only(&s->texts, &used);
    map_fini(&used);
}
