/* model.c - the store of service models, loaded at first use, and finding things in them.
 * Not here: the text form (load.c). */
#include "kc/model.h"
#include "kc/arena.h"
#include "kc/map.h"
#include "load.h"

struct models {
    struct arena *arena;
    struct map services;                                   /* name -> struct slot, bad ones too, so that each text is read once */
    model_source *source;
    void *user;
};

struct slot {
    const struct service *service;                         /* NULL: why */
    struct str why;
};

struct models *models_new(model_source *source, void *user)
{
    struct arena *a = arena_new();
    struct models *m = ARENA_NEW(a, struct models);
    m->arena = a;
    m->source = source;
    m->user = user;
    return m;
}

void models_free(struct models *m)
{
    if (!m)
        return;
    map_fini(&m->services);
    arena_free(m->arena);
}

static struct slot *fill(struct models *m, struct str name)
{
    struct slot *slot = ARENA_NEW(m->arena, struct slot);
    struct str text = STR_NONE;
    if (!m->source(m->user, name, &text))
        slot->why = str_fmt(m->arena, "there is no service model \"%.*s\"", STR_ARG(name));
    else
        slot->service = load_service(m->arena, name, text, &slot->why);
    map_put(&m->services, str_dup(m->arena, name), slot);
    return slot;
}

const struct service *model_service(struct models *m, struct str name, struct str *why)
{
    struct slot *slot = map_get(&m->services, name);
    if (!slot)
        slot = fill(m, name);
    if (!slot->service && why)
        *why = slot->why;
    return slot->service;
}

const struct operation *model_operation(const struct service *s, struct str name)
{
    for (size_t i = 0; i < s->noperations; i++)
        if (str_eq(s->operations[i].name, name))
            return &s->operations[i];
    return NULL;
}

const struct member *model_member(const struct shape *s, struct str name)
{
    if (!s || s->kind != SHAPE_STRUCT)
        return NULL;
    for (size_t i = 0; i < s->nmembers; i++)
        if (str_eq(s->members[i].name, name))
            return &s->members[i];
    return NULL;
}

static char fold(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_letters(struct str a, struct str b)
{
    size_t i = 0, j = 0;
    for (;;) {
        while (i < a.n && a.s[i] == '_')
            i++;
        while (j < b.n && b.s[j] == '_')
            j++;
        if (i == a.n || j == b.n)
            return i == a.n && j == b.n;
        if (fold(a.s[i++]) != fold(b.s[j++]))
            return false;
    }
}

const struct member *model_match(const struct shape *s, struct str name)
{
    const struct member *exact = model_member(s, name);
    if (exact || !s || s->kind != SHAPE_STRUCT)
        return exact;
    for (size_t i = 0; i < s->nmembers; i++)
        if (same_letters(s->members[i].name, name))
            return &s->members[i];
    return NULL;
}

const struct member *model_tags(const struct shape *in)
{
    static const char *const names[] = { "tags", "tag_specifications", "tag_list" };
    const struct member *m = NULL;
    for (size_t i = 0; in && !m && i < sizeof names / sizeof *names; i++)
        m = model_match(in, str_of(names[i]));
    return m;
}

static bool is_number(struct str x)
{
    for (size_t i = 0; i < x.n; i++)
        if (x.s[i] < '0' || x.s[i] > '9')
            return false;
    return x.n > 0;
}

const struct shape *model_path(const struct shape *s, struct str dotted, struct str *bad)
{
    struct str rest = dotted, part;
    while (s && str_cut(&rest, '.', &part)) {
        if (bad)
            *bad = part;
        if (s->kind == SHAPE_LIST && is_number(part)) {
            s = s->elem;
            continue;
        }
        while (s->kind == SHAPE_LIST)
            s = s->elem;
        if (s->kind == SHAPE_MAP) {
            s = s->elem;
            continue;
        }
        const struct member *m = model_member(s, part);
        s = m ? m->shape : NULL;
    }
    if (s && bad)
        *bad = STR_NONE;
    return s;
}
