/* generations.c - which of the objects at one address is wanted. The one that serves, if the file differs from it in nothing that cannot
 * change in place; else another that stands and of which this holds; else a successor is made of the one that serves. All others go: after
 * what used them has moved, and after the wanted one is ready, across any number of runs. What never was ready goes before the next attempt,
 * so that one successor stands at most. */
#include "room.h"

static bool stands(const struct item *x, const struct node *n)
{
    const struct record *r = x->pub.record;
    bool anothers = x->answer.state == READ_FOREIGN || x->answer.state == READ_TAKEN;
    return r && str_eq(r->type, n->type->name) && !x->gone && !anothers && r->status != STATUS_DELETING && !x->failed && !x->leaving;
}

/* The file differs from it in nothing that cannot change. What only may differ is no reason to leave the one that serves. */
static bool fits(struct maker *m, struct item *x, struct node *n, bool serves)
{
    if (!stands(x, n) || !place_same(m->c, n->type, x->pub.record, n->provider) || !compare_with(m, x, n))
        return false;
    const struct resource_change *why = compare_trigger(m, x);
    return !why || (serves && why->unknown);
}

/* Nothing fits: the one that serves is replaced; where it is gone, the youngest that is still there. */
static struct item *to_replace(const struct vec *family, struct item *serving)
{
    for (size_t i = family->n; i-- > 0 && serving && serving->gone;) {
        struct item *x = family->v[i];
        if (!x->gone)
            return x;
    }
    return serving;
}

struct item *generation_wanted(struct maker *m, struct node *n)
{
    struct vec *family = map_get(&m->families, n->addr);
    struct item *serving = map_get(&m->items, n->addr);
    size_t errors = m->c->diags->errors;
    if (!family || !serving || family->n == 1 || fits(m, serving, n, true))
        return serving;
    for (size_t i = family->n; i-- > 0 && m->c->diags->errors == errors;)
        if (family->v[i] != serving && fits(m, family->v[i], n, false))
            return family->v[i];
    return to_replace(family, serving);
}

void generation_settle(struct maker *m, struct item *wanted)
{
    struct vec *family = map_get(&m->families, wanted->pub.addr);
    map_put(&m->items, wanted->pub.addr, wanted);
    for (size_t i = 0; family && i < family->n; i++) {
        struct item *x = family->v[i];
        if (x == wanted)
            continue;
        x->wanted = wanted;
        x->pub.inputs = NULL;                              /* it was looked at as a candidate */
        x->pub.changes = NULL;
        x->pub.nchanges = 0;
        x->pub.drift = false;
        x->first = !record_was_ready(x->pub.record);
    }
}

uint32_t generation_next(struct maker *m, const struct item *x)
{
    const struct vec *family = map_get(&m->families, x->pub.addr);
    uint32_t last = state_generation(m->c->state, x->pub.addr);
    for (size_t i = 0; family && i < family->n; i++) {
        const struct record *r = ((const struct item *)family->v[i])->pub.record;
        uint32_t used = state_generation(m->c->state, r->addr);
        used = used > r->generation ? used : r->generation;
        last = used > last ? used : last;
    }
    return last + 1;
}

/* ---- two records, one name ---- */

static struct str name_of(struct maker *m, const struct item *x)
{
    const struct record *r = x->pub.record;
    const struct value *id = r && x->pub.type && !r->pin ? resource_identity(m->arena, x->pub.type, record_inputs(r), x->outs) : NULL;
    return id ? str_fmt(m->arena, "%.*s|%.*s|%.*s", STR_ARG(r->type), STR_ARG(place_key(m, x->provider)), STR_ARG(resource_key(m->arena, id))) : STR_NONE;
}

/* What stays has the better claim, then what was made later. */
static bool better(const struct item *x, const struct item *y)
{
    if (!x->pub.node != !y->pub.node)
        return x->pub.node != NULL;
    return x->pub.record->created_ms != y->pub.record->created_ms ? x->pub.record->created_ms > y->pub.record->created_ms
                                                                    : x->pub.record->generation > y->pub.record->generation;
}

static void claim_all(struct maker *m)
{
    for (size_t i = 0; i < m->all.n; i++) {
        struct item *x = m->all.v[i];
        struct str name = x->gone || !x->pub.record || !record_made(x->pub.record) ? STR_NONE : name_of(m, x);
        struct item *y = name.n ? map_get(&m->claims, name) : NULL;
        if (name.n && (!y || better(x, y)))
            map_put(&m->claims, name, x);
    }
}

/* Of one address, the record of a former object whose name its successor bears: it speaks of nothing any more, whatever a read by that name
 * shows. A creation that was begun and never seen is another matter: what came of it is found out before its record goes (delete.c). */
static void sift(struct maker *m, const struct vec *family)
{
    for (size_t k = 1; k < family->n; k++) {
        const struct item *young = family->v[k];
        struct str name = record_made(young->pub.record) ? name_of(m, young) : STR_NONE;
        for (size_t i = 0; name.n && i < k; i++) {
            struct item *x = family->v[i];
            if (x->gone || !record_made(x->pub.record) || !str_eq(name_of(m, x), name))
                continue;
            x->gone = true;
            x->pub.unread = false;
            x->pub.reason = STR("what bears its name now is its successor");
        }
    }
}

void generation_sift(struct maker *m)
{
    for (size_t i = 0; i < m->families.n; i++)
        sift(m, m->families.e[i].value);
}

bool generation_overtaken(struct maker *m, const struct item *x, struct str *by)
{
    struct str name = name_of(m, x);
    if (!m->claims.n)
        claim_all(m);
    const struct item *y = name.n && record_made(x->pub.record) ? map_get(&m->claims, name) : NULL;
    if (!y || y == x)
        return false;
    *by = y->pub.addr;
    return true;
}

struct item *generation_same(struct maker *m, const struct item *x)
{
    struct str name = name_of(m, x);
    for (size_t i = 0; name.n && i < m->all.n; i++)
        if (m->all.v[i] != x && str_eq(name_of(m, m->all.v[i]), name))
            return m->all.v[i];
    return NULL;
}
