/* check_kept.c - what state does not keep: secrets, blobs, and text of fields marked @digest. Whatever is asked or done with the record alone (a read, a deletion,
 * a parent) finds a digest in their place, so that a type which needs them there does not compile. */
#include "check.h"

static bool is_secret(const struct type *t)
{
    return t->kind == TYPE_SECRET || (t->kind == TYPE_OPTIONAL && t->elem->kind == TYPE_SECRET);
}

static bool is_blob(const struct rfield *f)
{
    return type_strip(f->type)->kind == TYPE_BLOB;
}

/* The first place that wants the bytes of a blob themselves: its digest and size are there. */
static const struct term *bytes_use(const struct term *t, struct str name)
{
    const struct term *found = NULL;
    if (!t || !term_uses_param(t, name) || (t->kind == TERM_FIELD && t->args[0]->kind == TERM_PARAM))
        return NULL;
    for (size_t i = 0; i < t->nargs && !found; i++)
        found = bytes_use(t->args[i], name);
    return t->kind == TERM_PARAM ? t : found;
}

static void needs(struct program *p, const struct rtype *type, const struct term *t, struct span at, const char *when)
{
    for (size_t i = 0; i < type->nfields; i++) {
        const struct rfield *f = &type->fields[i];
        const struct term *use = is_blob(f) ? bytes_use(t, f->name) : f->digest || is_secret(f->type) ? term_use(t, f->name) : NULL;
        if (!use)
            continue;
        struct diag *x = report(p, DIAG_E0311, use->span.file ? use->span : at, "`%.*s` is not there %s", STR_ARG(f->name), when);
        diag_note(p->diags, x, "this works with what state keeps, and that is a digest of %s", is_blob(f) ? "a blob" : f->digest ? "a field marked @digest" : "a secret");
        diag_help(p->diags, x, "use it in `create` and `update` alone");
    }
}

static void step_needs(struct program *p, const struct rtype *t, const struct rstep *s)
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
        needs(p, t, terms[i], s->span, when[s->kind]);
    for (size_t i = 0; i < s->nsets; i++)
        needs(p, t, s->sets[i].value, s->span, when[s->kind]);
    if (s->remove)
        step_needs(p, t, s->remove);
}

void check_kept(struct program *p, const struct rtype *t)
{
    for (size_t i = 0; i < t->nsteps; i++)
        step_needs(p, t, &t->steps[i]);
    for (size_t i = 0; i < t->nparents; i++)
        needs(p, t, t->parents[i].identity, t->parents[i].span, "to tell what an object lives in");
    for (size_t i = 0; i < t->nouts; i++)
        needs(p, t, t->outs[i].value, t->outs[i].span, "when an object is read");
    const struct term *const others[] = { t->until, t->failed, t->why, t->unhealthy, t->leaving, t->uid, t->takes, t->trails, t->guarded };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        needs(p, t, others[i], t->span, "when an object is read");
    needs(p, t, t->lane, t->span, "when an object is deleted");
    needs(p, t, t->exclusive, t->span, "while an object is there");
    needs(p, t, t->expires, t->span, "to tell when an object ends");
    needs(p, t, t->expires_help, t->span, "to tell when an object ends");
}
