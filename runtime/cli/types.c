/* types.c - resource types of what is recorded: as the project or the library declares them now; what neither has any more, as its text was kept. */
#include "session.h"

#include "kc/arena.h"
#include "kc/map.h"

struct kept { struct program *program; const struct rtype *type; };

/* A file with a mistake in it declares nothing: what the command works with is checked already, and this one is asked for a former type only. */
static const struct rtype *declared(struct session *s, struct str name)
{
    size_t mark = s->diags.n;
    const struct rtype *t = s->program ? lang_rtype(s->program, name) : NULL;

    if (!t)
        diags_rewind(&s->diags, mark);
    return t;
}

static struct kept *reload(struct session *s, const struct rsource *text)
{
    struct kept *k = ARENA_NEW(s->arena, struct kept);
    struct diags quiet;

    diags_init(&quiet);
    k->program = lang_reload(s->sources, &quiet, text);
    k->type = lang_rtype(k->program, text->type);
    if (!k->type) {
        struct diag *x = diag_add(&s->diags, DIAG_E0608, SPAN_NONE, "the text of %.*s that state keeps cannot be read%s%.*s", STR_ARG(text->type), quiet.n ? ": " : "",
                                  quiet.n ? (int)quiet.v[0]->message.n : 0, quiet.n ? quiet.v[0]->message.s : "");
        diag_help(&s->diags, x, "%.*s", STR_ARG(plan_type_help(s->arena, text->type)));
    }
    diags_fini(&quiet);
    map_put(&s->kept, text->type, k);
    return k;
}

const struct rtype *session_type(void *user, struct str name)
{
    struct session *s = user;
    const struct rtype *t = declared(s, name);
    const struct rsource *text = t || !s->state ? NULL : state_source(s->state, name);
    struct kept *k = text ? map_get(&s->kept, name) : NULL;

    if (text && !k)
        k = reload(s, text);
    return k ? k->type : t;
}

bool session_source(void *user, struct arena *a, struct str name, struct rsource *out)
{
    struct session *s = user;

    return s->program && declared(s, name) && lang_source(s->program, a, name, out);
}

bool session_types_readable(struct session *s)
{
    const struct rsource **v;
    size_t n = state_sources(s->state, s->arena, &v);

    for (size_t i = 0; i < n; i++)
        if (v[i]->language > RTYPE_LANGUAGE) {
            diag_add(&s->diags, DIAG_E0804, SPAN_NONE, "state keeps %.*s in version %lld of the language; this kc reads %d: use the kc that wrote it, or a newer one",
                     STR_ARG(v[i]->type), (long long)v[i]->language, RTYPE_LANGUAGE);
            return false;
        }
    return true;
}

void session_types_close(struct session *s)
{
    for (size_t i = 0; i < s->kept.n; i++)
        lang_free(((struct kept *)s->kept.e[i].value)->program);
    map_fini(&s->kept);
}
