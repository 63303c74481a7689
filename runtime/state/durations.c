/* durations.c - how long operations took, as a cache that whoever opens the state keeps (docs/design.md, Projects, stacks, files). It may vanish or
 * be damaged: then nothing is known. One object: "type verb region" -> [ms, samples], an exponentially weighted mean. */
#include "kc/json.h"
#include "room.h"

enum { SAMPLES_NEEDED = 3 };

static struct str key(const struct state *s, struct arena *a, struct str type, struct str verb)
{
    return str_fmt(a, "%.*s %.*s %.*s", STR_ARG(type), STR_ARG(verb), STR_ARG(s->meta.region));
}

void state_durations(struct state *s, struct str text)
{
    struct str why;
    const struct value *v = json_read(s->a, text, 0, &why);
    for (size_t i = 0; v && v->kind == VALUE_OBJECT && i < v->object.n; i++) {
        const struct value *d = v->object.v[i].value;
        if (d->kind != VALUE_LIST || d->list.n != 2 || d->list.v[0]->kind != VALUE_INT || d->list.v[1]->kind != VALUE_INT || d->list.v[0]->i < 0)
            continue;
        struct duration *x = ARENA_NEW(s->a, struct duration);
        *x = (struct duration){ d->list.v[0]->i, d->list.v[1]->i };
        map_put(&s->durations, str_dup(s->a, v->object.v[i].key), x);
    }
}

struct str state_learned(const struct state *s, struct arena *a)
{
    struct buf b = { 0 };
    struct pair *v = ARENA_ARRAY(a, struct pair, s->durations.n);
    size_t n = 0;
    if (!s->learned)
        return STR_NONE;
    for (size_t i = 0; i < s->durations.n; i++) {
        const struct duration *d = s->durations.e[i].value;
        const struct value *two[2] = { value_int(a, d->ms), value_int(a, d->samples) };
        v[n++] = (struct pair){ s->durations.e[i].key, value_list(a, two, 2) };
    }
    json_write(&b, value_object(a, v, n), JSON_CANONICAL, false);
    buf_putc(&b, '\n');
    return buf_take(&b, a);
}

int64_t state_usual(struct state *s, struct str type, struct str verb)
{
    const struct duration *d = map_get(&s->durations, key(s, s->a, type, verb));
    return d && d->samples >= SAMPLES_NEEDED ? d->ms : 0;
}

void state_learn(struct state *s, struct str type, struct str verb, int64_t ms)
{
    struct str k = key(s, s->a, type, verb);
    struct duration *d = map_get(&s->durations, k);
    if (ms < 0)
        return;
    if (!d) {
        d = ARENA_NEW(s->a, struct duration);
        map_put(&s->durations, k, d);
    }
    d->ms = d->samples ? d->ms + (ms - d->ms) * 3 / 10 : ms;
    d->samples++;
    s->learned = true;
}
