/* rrelations.c - what a resource type says beyond its own calls: the parents that it lives in, fields that go step by step and the children that
 * follow them, and what is wanted given what an object was made with. */
#include "rtypes.h"

/* Whether objects of this type are known by this field or out. */
static bool identifies(const struct decl *d, struct str name)
{
    bool marked = false;
    for (size_t i = 0; i < d->nfields + d->nouts; i++) {
        const struct field *f = i < d->nfields ? &d->fields[i] : &d->outs[i - d->nfields];
        bool identity = ast_annot(f->item->annots, "identity");
        if (identity && str_eq(f->name, name))
            return true;
        marked = marked || identity;
    }
    return !marked && decl_out(d, name) && str_is(name, decl_out(d, STR("id")) ? "id" : "arn");
}

static bool names_parent(struct lowering *l, const struct decl *d, const struct ast_item *it)
{
    struct buf b = { 0 };
    bool right = true;
    size_t wanted = 0, n = 0;
    for (size_t i = 0; i < d->nfields + d->nouts; i++) {
        struct str name = i < d->nfields ? d->fields[i].name : d->outs[i - d->nfields].name;
        if (identifies(d, name))
            buf_fmt(&b, "%s%.*s = ...", wanted++ ? ", " : "", STR_ARG(name));
    }
    for (size_t i = 0; i < it->body->n; i++) {
        const struct ast_item *x = it->body->items[i];
        n += x->kind == ITEM_SET && x->path.n == 1 && identifies(d, x->path.v[0].text);
    }
    if (n != wanted || n != it->body->n) {
        right = false;
        diag_help(l->p->diags, lower_report(l, it->path.span, "this does not say which `%.*s` is the parent", STR_ARG(d->name)), "write `parent %.*s { %.*s }`", STR_ARG(it->name.text),
                  (int)b.n, b.s);
    }
    buf_fini(&b);
    return right;
}

static void lower_parent(struct lowering *l, struct rtype *t, struct rparent *p, const struct decl **kinds, const struct ast_item *it)
{
    struct decl *d = NULL;
    if (!it->name.text.n)
        diag_help(l->p->diags, lower_report(l, it->path.span, "`parent` needs the type of the parent"), "write `parent House { id = house }`");
    else
        d = resource_named(l, it->name.text, it->name.span, "`parent`");
    if (!d || !names_parent(l, d, it))
        return;
    kinds[t->nparents] = d;
    p[t->nparents++] = (struct rparent){ decl_full_name(l, d), body_at(l, IN_PARENT, it->body), it->path.span };
}

static bool chained_field(struct lowering *l, const struct ast_item *it)
{
    struct str name = it->name.text;
    if (!name.n)
        diag_help(l->p->diags, lower_report(l, it->path.span, "`chain` needs the field that goes step by step"), "write `chain version { steps = ... }`");
    else if (!decl_field(l->d, name)) {
        field_lost(l->p, l->d, name, it->name.span);
        l->bad = true;
    }
    return name.n && decl_field(l->d, name);
}

static void after_parent(struct lowering *l, struct rchain *c, const struct decl *const *kinds, const struct ast_item *it)
{
    struct str name = it->value->kind == EXPR_NAME ? it->value->name.text : STR("");
    for (size_t i = 0; i < l->t->nparents; i++)
        if (decl_field(kinds[i], name) || decl_out(kinds[i], name)) {
            c->after = name;
            return;
        }
    struct diag *x = lower_report(l, it->value->span, l->t->nparents ? "no parent has a field of this name" : "`after` follows a field of the parent, and this type has no `parent`");
    diag_help(l->p->diags, x, "write `parent House { id = house }` in the type, and here the name of one of its fields");
}

static void lower_chain(struct lowering *l, struct rchain *c, const struct decl *const *kinds, const struct ast_item *block)
{
    size_t errors = l->p->diags->errors;
    *c = (struct rchain){ .field = block->name.text, .span = block->path.span };
    for (size_t i = 0; i < block->body->n; i++) {
        const struct ast_item *it = block->body->items[i];
        struct str name = it->path.n ? it->path.v[0].text : STR("");
        const struct value *v = NULL;
        if (it->kind == ITEM_SET && str_is(name, "steps"))
            c->steps = term_at(l, IN_CHAIN, it->value);
        else if (it->kind == ITEM_SET && str_is(name, "refuse"))
            c->refuse = term_at(l, IN_CHAIN, it->value);
        else if (it->kind == ITEM_SET && str_is(name, "note"))
            c->note = term_at(l, IN_CHAIN, it->value);
        else if (it->kind == ITEM_SET && str_is(name, "why"))
            c->why = term_at(l, IN_CHAIN, it->value);
        else if (it->kind == ITEM_SET && str_is(name, "replace"))
            c->replace = term_at(l, IN_CHAIN, it->value);
        else if (it->kind == ITEM_SET && str_is(name, "after"))
            after_parent(l, c, kinds, it);
        else if (it->kind == ITEM_SET && str_is(name, "lag") && (v = plain_value(l, it->value, VALUE_INT, "a number of minors")))
            c->lag = v->i;
        else if (!(it->kind == ITEM_SET && str_is(name, "lag")))
            word_misplaced(l, it, IN_CHAIN, "a `chain`");
    }
    bool own = c->steps || c->replace;
    if (l->p->diags->errors == errors && own == (c->after.n > 0))
        diag_help(l->p->diags, lower_report(l, block->path.span, own ? "a `chain` has steps of its own or `after`, not both" : "this `chain` says no steps"),
                  "write `steps = [...]`, the values to go through, `replace = ...`, or `after = version, lag = 3`");
}

static void lower_adjust(struct lowering *l, struct rtype *t, struct radjust *v, const struct ast_body *b)
{
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        struct str name = it->kind == ITEM_SET && it->path.n == 1 ? it->path.v[0].text : STR("");
        if (!name.n) {
            lower_report(l, it->span, "`adjust` has settings of fields: `subnets = ...`");
        } else if (!decl_field(l->d, name)) {
            field_lost(l->p, l->d, name, it->path.span);
            l->bad = true;
        } else {
            v[t->nadjusts++] = (struct radjust){ name, term_at(l, IN_ADJUST, it->value), it->path.span };
        }
    }
}

void lower_relations(struct lowering *l, struct rtype *t)
{
    const struct ast_body *b = l->d->item->body;
    struct arena *a = l->p->arena;
    struct rparent *parents = ARENA_ARRAY(a, struct rparent, b->n);
    struct rchain *chains = ARENA_ARRAY(a, struct rchain, b->n);
    const struct decl **kinds = ARENA_ARRAY(a, const struct decl *, b->n);
    t->parents = parents;
    t->chains = chains;
    for (size_t i = 0; i < b->n; i++)
        if (b->items[i]->kind == ITEM_INSTANCE && str_is(b->items[i]->path.v[0].text, "parent"))
            lower_parent(l, t, parents, kinds, b->items[i]);
    for (size_t i = 0; i < b->n; i++) {
        const struct ast_item *it = b->items[i];
        if (it->kind == ITEM_INSTANCE && str_is(it->path.v[0].text, "chain") && chained_field(l, it))
            lower_chain(l, &chains[t->nchains++], kinds, it);
        if (it->kind == ITEM_INSTANCE && str_is(it->path.v[0].text, "adjust") && !t->nadjusts) {
            struct radjust *v = ARENA_ARRAY(a, struct radjust, it->body->n);
            t->adjusts = v;
            lower_adjust(l, t, v, it->body);
        }
    }
}
