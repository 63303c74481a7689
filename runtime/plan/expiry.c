/* expiry.c - when the objects of a plan end. Told of all that stay as they are, also where nothing changes and where they could not be read: the first to
 * end in a note, each that ends soon in a warning. What this plan renews is told by the next one. */
#include "kc/date.h"
#include "room.h"

enum { SOON = 30, DEPTH = 8 };                             /* days; outs that follow from each other */

static bool stays(const struct item *x)
{
    enum action a = x->pub.action;
    return x->pub.node && x->pub.record && (a == ACTION_NOOP || a == ACTION_RESUME || a == ACTION_UPDATE || a == ACTION_DISRUPT || a == ACTION_ACT);
}

/* The term comes to something else by this plan: by a field that changes, an out that is renewed, an out that follows from one of these. */
static bool renewed(const struct item *x, const struct term *t, unsigned depth)
{
    const struct rtype *type = x->pub.type;
    bool any = x->renews_all || depth > DEPTH;
    for (size_t i = 0; i < x->nrenews; i++)
        any = any || term_uses_param(t, x->renews[i]);
    for (size_t i = 0; i < x->pub.nchanges; i++)
        any = any || term_uses_param(t, x->pub.changes[i].field);
    for (size_t i = 0; i < type->nouts && !any; i++)
        any = type->outs[i].value && term_uses_param(t, type->outs[i].name) && renewed(x, type->outs[i].value, depth + 1);
    return any;
}

static void warn(struct maker *m, const struct item *x)
{
    struct resource_view v = item_view(m, x);
    v.inputs = x->pub.inputs ? x->pub.inputs : v.inputs;   /* the next step from what the file says now */
    struct str help = resource_words(m->arena, &v, x->pub.type->expires_help);
    struct diag *d = diag_add(m->c->diags, DIAG_W0903, x->pub.node->block, "%.*s %.*s (%.*s)", STR_ARG(x->pub.addr), STR_ARG(x->pub.expiry->words), STR_ARG(x->pub.expiry->when));
    d->addr = str_dup(m->c->diags->arena, x->pub.addr);
    if (help.n)
        diag_help(m->c->diags, d, "%.*s", STR_ARG(help));
}

static struct expiry *expiry_of(struct maker *m, const struct item *x)
{
    struct resource_view v = item_view(m, x);
    struct expiry *e = ARENA_NEW(m->arena, struct expiry);
    *e = resource_expiry(m->arena, &v, world_wall(m->c->world));
    return e;
}

void expiry_tell(struct maker *m)
{
    const struct item *first = NULL;
    for (size_t i = 0; i < m->all.n; i++) {
        struct item *x = m->all.v[i];
        if (!stays(x) || !x->pub.type || !x->pub.type->expires)
            continue;
        const struct expiry *e = x->pub.expiry = expiry_of(m, x);
        if (e->kind == EXPIRY_ODD)
            note_add(m, "%.*s: when it ends is not known: %.*s", STR_ARG(x->pub.addr), STR_ARG(e->words));
        if (e->kind != EXPIRY_AT || renewed(x, x->pub.type->expires, 0))
            continue;
        first = first && first->pub.expiry->at <= e->at ? first : x;
        if (e->days < SOON)
            warn(m, x);
    }
    if (first)
        note_add(m, "nearest end: %.*s %.*s (%.*s)", STR_ARG(first->pub.addr), STR_ARG(first->pub.expiry->words), STR_ARG(first->pub.expiry->when));
}
