/* lookup.c - questions to AWS whose answers the file builds on. A pinned answer in state is used while the arguments are equal. */
#include "room.h"

static bool blame(struct plan_context *c, const struct node *n, const char *what, struct str why)
{
    struct diag *d = diag_add(c->diags, DIAG_E0610, n->span, "%s of %.*s: %.*s", what, STR_ARG(n->addr), STR_ARG(why));
    d->addr = str_dup(c->diags->arena, n->addr);
    return false;
}

static void answered(struct read_ask *q)
{
    (void)q;
}

static bool ask(struct plan_context *c, struct arena *a, const struct node *n, const struct value **answer)
{
    struct reader *reader = reader_new(c->world, c->callers, c->models, c->state, a);
    struct read_ask q = { .type = n->type, .inputs = n->inputs, .provider = n->provider, .then = answered };
    const struct read_answer *w = &q.answer;
    reader_ask(reader, &q);
    reader_wait(reader);
    reader_free(reader);
    if (w->state == READ_GONE)
        return blame(c, n, "lookup", STR("AWS has nothing that fits"));
    if (w->state == READ_HERE && w->nfaults)
        return blame(c, n, "answer", w->faults[0].problem);
    if (w->state == READ_HERE) {
        *answer = w->outs;
        return true;
    }
    struct diag *d = unread_blame(c->diags, w, DIAG_E0610, n->span, "lookup of %.*s failed", STR_ARG(n->addr));
    d->addr = str_dup(c->diags->arena, n->addr);
    return false;
}

static const struct value *pinned(struct plan_context *c, const struct node *n)
{
    const struct record *r = n->pin && c->state ? state_get(c->state, n->addr) : NULL;
    return r && r->pin && value_eq(r->inputs, n->inputs) && place_same(c, n->type, r, n->provider) ? r->pin : NULL;
}

bool plan_lookup(struct plan_context *c, struct arena *a, const struct node *lookup, const struct value **answer)
{
    *answer = pinned(c, lookup);
    return *answer || ask(c, a, lookup, answer);
}
