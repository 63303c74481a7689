/* secrets.c - what a plan says of values that state does not keep: secrets that cannot be compared, and what would have to be sent and is not known. */
#include "room.h"

enum { SHOWN = 3 };

struct unsure { struct buf names; size_t n; };

static void add(struct unsure *u, const struct item *x, struct str field)
{
    if (u->n < SHOWN)
        buf_fmt(&u->names, "%s%.*s: %.*s", u->n ? ", " : "", STR_ARG(x->pub.addr), STR_ARG(field));
    u->n++;
}

/* AWS does not show the field, and nobody can tell whether it is what was applied. */
static bool is_unsure(struct maker *m, const struct item *x, const struct rfield *f)
{
    const struct value *want = value_get(x->pub.inputs, f->name), *was = value_get(record_inputs(x->pub.record), f->name);
    const struct value *now = x->pub.observed && !f->write_only ? value_get(x->pub.observed, f->name) : NULL;
    bool compared = want && was && !now && !f->initial && !field_ignored(x->pub.node, f->name);
    for (size_t i = 0; i < x->pub.nchanges; i++)
        compared = compared && !str_eq(x->pub.changes[i].field, f->name);      /* sent anew */
    return compared && keyring_compare(state_keys(m->c->state), want, was) == KEPT_UNSURE;
}

static void say(struct maker *m, struct unsure *u, const char *one, const char *many, struct str why)
{
    if (u->n)
        note_add(m, "%zu secret%s cannot be compared and %s (%.*s%s)%s%.*s", u->n, u->n == 1 ? "" : "s", u->n == 1 ? one : many, STR_ARG(buf_view(&u->names)),
                 u->n > SHOWN ? ", ..." : "", why.n ? ": " : "", STR_ARG(why));
    buf_fini(&u->names);
}

void secrets_note(struct maker *m)
{
    struct unsure keyless = { 0 }, sourceless = { 0 };
    struct keyring *keys = state_keys(m->c->state);
    for (size_t i = 0; keys && i < m->all.n; i++) {
        const struct item *x = m->all.v[i];
        if (!x->pub.node || !x->pub.record || !x->pub.type || !x->pub.inputs || !record_inputs(x->pub.record) || x->pub.unread)
            continue;
        for (size_t k = 0; k < x->pub.type->nfields; k++) {
            const struct rfield *f = &x->pub.type->fields[k];
            if (is_unsure(m, x, f))
                add(value_has_digest(value_get(x->pub.inputs, f->name)) ? &sourceless : &keyless, x, f->name);
        }
    }
    if (keyring_recovery(keys) == RECOVERY_TAKE)
        say(m, &keyless, "is taken for what is there", "are taken for what is there", STR_NONE);
    else if (keyring_recovery(keys) == RECOVERY_SEND)
        say(m, &keyless, "counts as unchanged", "count as unchanged", STR("no update sends them"));
    else
        say(m, &keyless, "counts as unchanged", "count as unchanged", keyless.n ? keyring_problem(keys, m->arena) : STR_NONE);
    say(m, &sourceless, "counts as unchanged", "count as unchanged", STR("they are made from a secret that is known only where it comes from"));
}

bool secrets_known(struct maker *m, const struct item *x)
{
    const struct plan_item *p = &x->pub;
    for (size_t i = 0; i < p->type->nfields; i++) {
        const struct value *v = value_get(p->inputs, p->type->fields[i].name);
        if (!v || !value_has_digest(v))
            continue;
        struct diag *d = diag_add(m->c->diags, DIAG_E0813, field_span(p->node, p->type->fields[i].name), "%.*s of %.*s is a secret that is known only where it comes from",
                                  STR_ARG(p->type->fields[i].name), STR_ARG(p->addr));
        d->addr = str_dup(m->c->diags->arena, p->addr);
        diag_note(m->c->diags, d, "state keeps a digest of it, so that it can be compared, and not sent");
        diag_help(m->c->diags, d, "make both in one apply, or take the secret from where it is kept");
        return false;
    }
    return true;
}
