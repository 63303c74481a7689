/* rkept.c - what state does not keep: secrets, and text of fields marked @digest. Whatever is asked or done with the record alone (a read, a deletion,
 * a parent) finds a digest in their place, so that a type which needs them there does not compile. */
#include "rtypes.h"

static bool is_text(const struct type *t)
{
    return type_strip(t)->kind == TYPE_STRING;
}

static bool is_secret(const struct type *t)
{
    return t->kind == TYPE_SECRET || (t->kind == TYPE_OPTIONAL && t->elem->kind == TYPE_SECRET);
}

static void needs(struct lowering *l, const struct term *t, struct span at, const char *when)
{
    for (size_t i = 0; t && i < l->t->nfields; i++) {
        const struct rfield *f = &l->t->fields[i];
        if ((!f->digest && !is_secret(f->type)) || !term_uses_param(t, f->name))
            continue;
        struct diag *x = lower_report(l, t->span.file ? t->span : at, "`%.*s` is not there %s", STR_ARG(f->name), when);
        diag_note(l->p->diags, x, "this works with what state keeps, and that is a digest of %s", f->digest ? "a field marked @digest" : "a secret");
        diag_help(l->p->diags, x, "use it in `create` and `update` alone");
    }
}

static void step_needs(struct lowering *l, const struct rstep *s)
{
    static const char *const when[] = {
        [STEP_READ] = "when an object is read", [STEP_FIND] = "when an object is looked for", [STEP_DELETE] = "when an object is deleted",
        [STEP_RETIRE] = "when an object is retired", [STEP_HOLDER] = "when somebody asks what stands on an object",
        [STEP_EMPTY] = "when somebody asks what stands in an object", [STEP_REMOVE] = "when what stands in an object is removed",
    };
    const struct term *const terms[] = { s->send, s->each, s->key, s->over, s->when, s->name, s->left, s->left_why,
                                         s->wait.send, s->wait.until, s->wait.failed, s->wait.why };
    if (s->kind == STEP_CREATE || s->kind == STEP_UPDATE)
        return;
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        needs(l, terms[i], s->span, when[s->kind]);
    for (size_t i = 0; i < s->nsets; i++)
        needs(l, s->sets[i].value, s->span, when[s->kind]);
    if (s->remove)
        step_needs(l, s->remove);
}

static bool is_read(const struct rtype *t, struct str field)
{
    const struct rstep *s;
    for (size_t i = 0; (s = rtype_step(t, STEP_READ, i)); i++)
        for (size_t k = 0; k < s->nsets; k++)
            if (str_eq(s->sets[k].target, field))
                return true;
    return false;
}

void lower_kept(struct lowering *l, struct rtype *t)
{
    for (size_t i = 0; i < t->nfields; i++) {
        struct rfield *f = (struct rfield *)(uintptr_t)&t->fields[i];
        if (f->digest && !is_text(f->type))
            mark_useless(l, l->d->fields[i].item, "digest", "only text is kept by its digest", "take it off, or make the field a `string`");
        else if (f->digest && f->identity)
            mark_useless(l, l->d->fields[i].item, "digest", "what an object is known by is kept", "take one of both marks out");
        f->write_only = f->write_only || (f->digest && !is_read(t, f->name));
    }
    for (size_t i = 0; i < t->nsteps; i++)
        step_needs(l, &t->steps[i]);
    for (size_t i = 0; i < t->nparents; i++)
        needs(l, t->parents[i].identity, t->parents[i].span, "to tell what an object lives in");
    for (size_t i = 0; i < t->nouts; i++)
        needs(l, t->outs[i].value, t->outs[i].span, "when an object is read");
    const struct term *const others[] = { t->until, t->failed, t->why, t->unhealthy, t->leaving, t->uid, t->takes, t->guarded };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        needs(l, others[i], t->span, "when an object is read");
    needs(l, t->lane, t->span, "when an object is deleted");
    needs(l, t->exclusive, t->span, "while an object is there");
}
