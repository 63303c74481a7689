/* check_marks.c - annotations of fields and outs that would do nothing beside what else the type says. Which may stand where at all: annots.c.
 * Not while lowering: what an older kc took, and state keeps, must still be read. */
#include "check.h"

static void useless(struct program *p, const struct ast_item *it, const char *mark, const char *why, const char *instead)
{
    const struct ast_annot *a = ast_annot(it->annots, mark);
    diag_help(p->diags, report(p, DIAG_E0311, a ? a->span : it->span, "`@%s` does nothing here: %s", mark, why), "%s", instead);
}

#define NEVER "a field that is @initial is never compared"
#define FIXED "others cannot move what is fixed when the object is made"
static const struct { const char *mark, *beside, *why; } idle[] = {
    { "shared", "initial", NEVER },      { "shared", "write_only", "a field that is @write_only is never read" },
    { "shared", "replace", FIXED },      { "shared", "identity", FIXED },
    { "replace", "initial", NEVER },     { "disruptive", "initial", NEVER },
    { "write_only", "initial", NEVER },  { "digest", "identity", "what an object is known by is kept" },
};

/* One of two marks takes all meaning from the other. */
static bool beside(struct program *p, const struct ast_item *it)
{
    for (size_t i = 0; i < sizeof idle / sizeof *idle; i++)
        if (ast_annot(it->annots, idle[i].mark) && ast_annot(it->annots, idle[i].beside)) {
            useless(p, it, idle[i].mark, idle[i].why, "take one of both marks out");
            return true;
        }
    return false;
}

static bool is_updated(const struct rtype *t, struct str field)
{
    const struct rstep *u;
    for (size_t i = 0; (u = rtype_step(t, STEP_UPDATE, i)); i++)
        for (size_t n = 0; n < u->non; n++)
            if (str_starts(u->on[n], field) && (u->on[n].n == field.n || u->on[n].s[field.n] == '.'))
                return true;
    return false;
}

/* Names on the wire are for steps that say nothing of their own. */
static bool is_wired(const struct rtype *t, struct str name)
{
    bool set = false;
    for (size_t i = 0; i < t->nsteps; i++) {
        if (!t->steps[i].send)
            return true;
        for (size_t k = 0; k < t->steps[i].nsets; k++)
            set = set || str_eq(t->steps[i].sets[k].target, name);
    }
    return !set;
}

static void wire(struct program *p, const struct ast_item *it, const struct rtype *t, struct str name, struct str to)
{
    if (ast_annot(it->annots, "wire") && !to.n)
        useless(p, it, "wire", "a name is text", "write `@wire(\"Name.Of.The.Member\")`");
    else if (to.n && !is_wired(t, name))
        useless(p, it, "wire", "every step says what it sends and takes", "take it out, or leave the `send` out where names follow the API's");
}

static void field_marks(struct program *p, const struct rtype *t, const struct rfield *f, const struct ast_item *it)
{
    enum type_kind k = type_strip(f->type)->kind;
    bool updated = is_updated(t, f->name), map = k == TYPE_MAP || k == TYPE_OBJECT || k == TYPE_ANY;
    if (beside(p, it))
        return;
    if (f->shared && !updated)
        useless(p, it, "shared", "no `update` writes this field", "name it in the `on` of an `update`, or mark it @initial instead");
    if (f->disruptive && !updated)
        useless(p, it, "disruptive", "no `update` writes this field", "name it in the `on` of an `update`, or take it out");
    if (f->owned_keys && !map)
        useless(p, it, "owned_keys", "the field has no keys", "make it a `map`, or take it out");
    else if (f->owned_keys && f->initial && !updated)
        useless(p, it, "owned_keys", NEVER, "take one of both marks out");
    if (k == TYPE_BLOB && ast_annot(it->annots, "digest"))
        useless(p, it, "digest", "a blob is kept by its digest anyway", "take it off");
    else if (k == TYPE_BLOB && f->identity)
        useless(p, it, "identity", "what an object is known by is kept, and of a blob the digest alone", "make the field a `string`, or take it out");
    else if (f->digest && k != TYPE_STRING && k != TYPE_BLOB)
        useless(p, it, "digest", "only text is kept by its digest", "take it off, or make the field a `string`");
    wire(p, it, t, f->name, f->wire);
}

static void out_marks(struct program *p, const struct rtype *t, const struct rout *o, const struct ast_item *it)
{
    if (o->renewed && o->value)
        useless(p, it, "renewed", "what follows from the inputs comes out the same each time", "take one of both out");
    else if (o->renewed && o->identity)
        useless(p, it, "renewed", "what an object is known by is new with each", "take it out");
    wire(p, it, t, o->name, o->wire);
}

void check_marks(struct program *p, const struct decl *d, const struct rtype *t)
{
    for (size_t i = 0; i < t->nfields; i++)
        field_marks(p, t, &t->fields[i], d->fields[i].item);
    for (size_t i = 0; i < t->nouts; i++)
        out_marks(p, t, &t->outs[i], d->outs[i].item);
}
