/* guards.c - what wants a word of the user before it happens, and what is refused before the first call.
 * Refused: what @protect says (file or state), and what AWS itself protects (the type's `guard`), in a destroy too.
 * Guarded (the address typed, or --allow-destroy): what keeps something that is lost with it, or is emptied first, replaced or deleted, however little
 * the plan sees in it; an outage, where something that carries load, or that load lives in, goes before its successor comes; the last load of a parent that stays. A destroy says its intent
 * itself. What never was ready holds nothing. */
#include "room.h"

bool guards_protect(struct maker *m, const struct item *x, const char *what)
{
    const struct node *n = x->pub.node;
    const struct record *r = x->pub.record;
    if (!(n && n->protect.set ? n->protect.on : r && r->protect))
        return true;
    struct diag *d = diag_add(m->c->diags, DIAG_E0603, n ? n->span : SPAN_NONE, "%.*s is protected, and the plan would %s it",
                              STR_ARG(x->pub.addr), what);
    d->addr = str_dup(m->c->diags->arena, x->pub.addr);
    if (x->pub.reason.n)
        diag_note(m->c->diags, d, "because: %.*s", STR_ARG(x->pub.reason));
    if (n && n->protect.set)
        diag_help(m->c->diags, d, "drop the change, or lift the protection: `@protect(false)`");
    else
        diag_help(m->c->diags, d, "state remembers the protection: put the item back with `@protect(false)` and apply, then remove it");
    m->exit_code = 1;
    return false;
}

static bool replaced(const struct item *x)
{
    return x->pub.action == ACTION_REPLACE_CREATE_FIRST || x->pub.action == ACTION_REPLACE_DELETE_FIRST;
}

/* The object that state knows will be deleted. */
static bool goes(const struct item *x)
{
    return x->pub.type && x->pub.record && !x->pub.stays && (x->pub.action == ACTION_DELETE || replaced(x));
}

/* ---- AWS's own protection ---- */

static bool refuse_guarded(struct maker *m, const struct item *x)
{
    const struct node *n = x->pub.node;
    struct str by = x->pub.type->guarded_by;
    struct resource_view v = item_view(m, x);
    if (!v.live || !resource_guarded(m->arena, &v))
        return true;
    struct diag *d = diag_add(m->c->diags, DIAG_E0603, field_span(n, by), "AWS protects %.*s, and the plan would %s it: nothing is begun", STR_ARG(x->pub.addr),
                              replaced(x) ? "replace" : "delete");
    d->addr = str_dup(m->c->diags->arena, x->pub.addr);
    if (x->pub.reason.n)
        diag_note(m->c->diags, d, "because: %.*s", STR_ARG(x->pub.reason));
    if (by.n)
        diag_help(m->c->diags, d, "write `%.*s = false` there and apply that first%s", STR_ARG(by), n || m->c->destroy ? "" : " (put the item back for it)");
    m->exit_code = 1;
    return false;
}

/* ---- guards ---- */

static void guard(struct maker *m, const struct item *x, const char *what, struct str why)
{
    struct plan_guard *g = ARENA_NEW(m->arena, struct plan_guard);
    *g = (struct plan_guard){ x->pub.addr, str_of(what), why };
    vec_add(&m->guards, g);
}

static bool carries(struct maker *m, const struct item *x)
{
    if (x->pub.type->load)
        return true;
    for (size_t i = 0; i < m->all.n; i++) {
        const struct item *y = m->all.v[i];
        if (y->pub.type && y->pub.type->load && y->pub.record && record_was_ready(y->pub.record) && parent_is(m, y, record_inputs(y->pub.record), x))
            return true;
    }
    return false;
}

static struct str outage(struct maker *m, const struct item *x)
{
    int64_t ms = plan_usual(m->c->state, x->pub.type, OP_DELETE) + plan_usual(m->c->state, x->pub.type, OP_CREATE);
    return str_fmt(m->arena, "it goes before its successor comes: an outage of about %lld min", (long long)((ms + 59999) / 60000));
}

/* Something of its kind stays or comes under the same parent, and that parent stays. */
static bool last_load(struct maker *m, const struct item *x)
{
    const struct item *parent = parent_of(m, x, record_inputs(x->pub.record));
    if (!x->pub.type->load || x->pub.action != ACTION_DELETE || x->wanted || !parent || !parent->pub.node || parent->pub.action == ACTION_CREATE || goes(parent))
        return false;
    for (size_t i = 0; i < m->all.n; i++) {
        const struct item *y = m->all.v[i];
        if (y != x && y->pub.type && y->pub.type->load && y->pub.node && y->pub.inputs && parent_is(m, y, y->pub.inputs, parent))
            return false;
    }
    return true;
}

/* "more than 1000 things in it", of all that its type asks for; their names stand in the plan. */
static struct str things_inside(struct maker *m, const struct item *x)
{
    struct buf b = { 0 };
    for (size_t i = 0; i < x->pub.ninside; i++) {
        const struct plan_inside *in = &x->pub.inside[i];
        const char *sep = b.n ? "; " : "";
        if (!in->asked || !in->n)
            buf_fmt(&b, "%swhat stands in it%s", sep, in->asked ? " by then (nothing now)" : "");
        else
            buf_fmt(&b, "%s%s%zu thing%s in it", sep, in->more ? "more than " : "", in->n, in->n == 1 && !in->more ? "" : "s");
    }
    return buf_take(&b, m->arena);
}

/* What is lost for good with it; empty: nothing. */
static struct str lost_with(struct maker *m, const struct item *x)
{
    struct str keeps = x->pub.type->keeps, inside = things_inside(m, x);
    if (!keeps.n && !inside.n)
        return STR_NONE;
    return str_fmt(m->arena, "lost with it: %.*s%s%.*s", STR_ARG(keeps), keeps.n && inside.n ? "; " : "", STR_ARG(inside));
}

static void look(struct maker *m, const struct item *x)
{
    const char *what = x->pub.maybe ? "may replace it" : replaced(x) ? "replaces it" : "deletes it";
    struct str lost = lost_with(m, x);
    bool former = x->wanted && x->pub.action == ACTION_DELETE;
    if (lost.n)
        guard(m, x, former ? "deletes its former object" : what, lost);
    else if (x->pub.action == ACTION_REPLACE_DELETE_FIRST && carries(m, x))
        guard(m, x, what, outage(m, x));
    else if (last_load(m, x))
        guard(m, x, "leaves no nodes", str_fmt(m->arena, "nothing under %.*s carries load then", STR_ARG(parent_of(m, x, record_inputs(x->pub.record))->pub.addr)));
}

bool guards_refuse(struct maker *m)
{
    bool ok = true;
    for (size_t i = 0; i < m->all.n; i++)
        if (goes(m->all.v[i]))
            ok &= refuse_guarded(m, m->all.v[i]);
    return ok;
}

void guards_look(struct maker *m)
{
    for (size_t i = 0; i < m->all.n; i++) {
        const struct item *x = m->all.v[i];
        if (goes(x) && !m->c->destroy && record_was_ready(x->pub.record))
            look(m, x);
    }
}
