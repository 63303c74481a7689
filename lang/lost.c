/* lost.c - names that were not found: one message for each name, at the first use; or, where several uses miss a name and a
 * declaration that nobody uses is spelt nearly like it, one message at that declaration. */
#include "words.h"
#include <string.h>

enum { LOST_PLACES = 4, LOST_NAMES = 100 };

struct lost {
    struct str name;
    uint32_t file;
    const char *what;                                      /* "nothing", "no function", ... */
    struct span at[LOST_PLACES];
    size_t n;
    struct candidate *v; size_t nv;
};

/* Already missed, or too many are: nothing more to collect. */
bool lost_again(struct program *p, struct str name, struct span at, const char *what)
{
    if (p->hushed)
        return true;
    for (size_t i = 0; i < p->lost.n; i++) {
        struct lost *l = p->lost.v[i];
        if (l->file != at.file || !str_eq(l->name, name) || strcmp(l->what, what))
            continue;
        for (size_t k = 0; k < l->n && k < LOST_PLACES; k++)
            if (l->at[k].off == at.off)
                return true;
        if (l->n < LOST_PLACES)
            l->at[l->n] = at;
        l->n++;
        return true;
    }
    return p->lost.n >= LOST_NAMES;
}

void lost_add(struct program *p, struct str name, struct span at, const char *what, struct candidate *v, size_t n)
{
    struct lost *l = ARENA_NEW(p->arena, struct lost);
    *l = (struct lost){ .name = name, .file = at.file, .what = what, .at = { at }, .n = 1, .v = v, .nv = n };
    vec_add(&p->lost, l);
}

static const struct candidate *unused_near(const struct lost *l, const struct str *names)
{
    struct str near[3];
    size_t n = diag_nearest(l->name, names, l->nv, near);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < l->nv; i++)
            if (str_eq(l->v[i].name, near[k]) && l->v[i].span.file == l->file && l->v[i].used && !*l->v[i].used)
                return &l->v[i];
    return NULL;
}

static size_t count(struct str text, struct str part)
{
    size_t n = 0;
    for (size_t i = 0; i + part.n <= text.n; i++)
        n += str_caseeq(str_sub(text, i, i + part.n), part);
    return n;
}

/* How often the rarest part of a word (public_route: public, route) stands in the file, inside other words, comments and texts
 * too: of two spellings the commoner one is meant. */
static size_t familiar(struct program *p, uint32_t file, struct str word)
{
    struct str text = sources_get(p->sources, file)->text, part;
    size_t least = SIZE_MAX;
    while (str_cut(&word, '_', &part)) {
        size_t n = part.n ? count(text, part) : SIZE_MAX;
        least = n < least ? n : least;
    }
    return least;
}

/* Is `used`, which nobody declares, rather what was meant than `declared`, which nobody uses? */
static bool better_known(struct program *p, uint32_t file, struct str used, struct str declared)
{
    struct str text = sources_get(p->sources, file)->text;
    size_t a = familiar(p, file, used), b = familiar(p, file, declared);
    if (str_find(declared, used) != SIZE_MAX)
        a -= count(text, declared) < a ? count(text, declared) : a;
    if (str_find(used, declared) != SIZE_MAX)
        b -= count(text, used) < b ? count(text, used) : b;
    return a > b;
}

static void report_one(struct program *p, const struct lost *l)
{
    struct str *names = ARENA_ARRAY(p->arena, struct str, l->nv);
    struct vec legal = { 0 };
    for (size_t i = 0; i < l->nv; i++) {
        names[i] = l->v[i].name;
        names_add(p, &legal, l->v[i].name);
    }
    const struct candidate *c = unused_near(l, names);
    size_t places = l->n < LOST_PLACES ? l->n : LOST_PLACES;
    if (c && (l->n > 1 || better_known(p, l->file, l->name, c->name))) {
        struct diag *x = report(p, DIAG_E0301, c->span, "`%.*s` is never used, and `%.*s` is not declared", STR_ARG(c->name), STR_ARG(l->name));
        diag_label(p->diags, x, "did you mean `%.*s`?", STR_ARG(l->name));
        diag_fix(p->diags, x, c->span, l->name, true);
        for (size_t i = 0; i < places; i++)
            diag_second(p->diags, x, l->at[i], "used here");
        vec_fini(&legal);
        return;
    }
    struct diag *x = report(p, DIAG_E0301, l->at[0], "%s is called `%.*s` here", l->what, STR_ARG(l->name));
    if (word_name_home(l->name) && !c)
        diag_note(p->diags, x, "`%.*s` is a word of resource types, in %s", STR_ARG(l->name), word_name_home(l->name));
    report_suggest(p, x, l->name, l->at[0], &legal);
    for (size_t i = 1; i < places; i++)
        diag_second(p->diags, x, l->at[i], "and here");
    if (c)
        diag_second(p->diags, x, c->span, "`%.*s` is declared here", STR_ARG(c->name));
}

void lost_excuse(struct program *p, struct str name, uint32_t file)
{
    struct candidate *c = ARENA_NEW(p->arena, struct candidate);
    *c = (struct candidate){ .name = name, .span = { .file = file } };
    vec_add(&p->excused, c);
}

static bool excused(const struct program *p, const struct lost *l)
{
    struct str near[3];
    for (size_t i = 0; i < p->excused.n; i++) {
        const struct candidate *c = p->excused.v[i];
        if (c->span.file != l->file)
            continue;
        if (str_eq(c->name, l->name))
            return true;
        struct str *names = ARENA_ARRAY(p->arena, struct str, l->nv);
        for (size_t k = 0; k < l->nv; k++)
            names[k] = l->v[k].name;
        if (!c->name.n && !diag_nearest(l->name, names, l->nv, near))
            return true;
    }
    return false;
}

void lost_report(struct program *p)
{
    for (size_t i = 0; i < p->lost.n; i++)
        if (!excused(p, p->lost.v[i]))
            report_one(p, p->lost.v[i]);
    vec_fini(&p->lost);
    vec_fini(&p->excused);
}
