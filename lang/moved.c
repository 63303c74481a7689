/* moved.c - `moved a -> b`: addresses from expressions, and whether both sides make sense. */
#include "eval.h"

struct moving {
    const struct ast_item *item;
    const struct instance *inst;                           /* the component that says so, or NULL */
};

/* node_pool["general"] of a slot is its label, node_pool.general; other keys stay keys. */
static struct str with_key(struct program *p, struct str base, struct str key)
{
    size_t dot = base.n;
    while (dot && base.s[dot - 1] != '.')
        dot--;
    const struct instance *i = dot ? instance_at(p, str_sub(base, 0, dot - 1)) : NULL;
    const struct field *f = i ? decl_field(i->decl, str_sub(base, dot, base.n)) : NULL;
    struct str name = address_normal(p->arena, address_key(p->arena, base, key));
    return f && f->slot == SLOT_MAP ? name : address_key(p->arena, base, key);
}

/* payments.node_pool["default"] as an address. */
static bool address_of(struct program *p, const struct ast_expr *e, struct str base, struct str *out)
{
    if (e->kind == EXPR_NAME) {
        *out = address_name(p->arena, base, e->name.text);
        return true;
    }
    if (e->kind == EXPR_FIELD && address_of(p, e->a, base, out)) {
        *out = address_name(p->arena, *out, e->name.text);
        return true;
    }
    if (e->kind == EXPR_INDEX && e->b->kind == EXPR_LITERAL && e->b->value->kind == VALUE_STRING && address_of(p, e->a, base, out)) {
        *out = with_key(p, *out, e->b->value->s);
        return true;
    }
    if (e->kind != EXPR_ERROR && e->kind != EXPR_FIELD && e->kind != EXPR_INDEX)
        diag_help(p->diags, report(p, DIAG_E0405, e->span, "this is no address"), "write names and literal keys: payments.node_pool[\"general\"]");
    else if (e->kind == EXPR_INDEX && e->b->kind != EXPR_LITERAL)
        diag_help(p->diags, report(p, DIAG_E0405, e->b->span, "the key of an address is written out"), "write it as text: [\"a\"]");
    return false;
}

void moved_add(struct program *p, const struct ast_item *it, const struct instance *i)
{
    struct moving *m = ARENA_NEW(p->arena, struct moving);
    *m = (struct moving){ it, i };
    vec_add(&p->moved, m);
}

static bool exists(const struct program *p, struct str addr)
{
    for (size_t k = 0; k < p->built.n; k++) {
        struct str a = ((struct instance *)p->built.v[k])->addr;
        if (str_starts(a, addr) && (a.n == addr.n || a.s[addr.n] == '.' || a.s[addr.n] == '['))
            return true;
    }
    return false;
}

void moved_finish(struct program *p)
{
    struct moved *v = ARENA_ARRAY(p->arena, struct moved, p->moved.n);
    size_t n = 0;
    for (size_t k = 0; k < p->moved.n; k++) {
        const struct moving *m = p->moved.v[k];
        struct str base = m->inst ? m->inst->addr : STR("");
        v[n].span = m->item->span;
        if (address_of(p, m->item->value, base, &v[n].from) && address_of(p, m->item->other, base, &v[n].to))
            n++;
    }
    for (size_t k = 0; k < n; k++) {
        bool chained = false;
        for (size_t j = 0; j < n; j++)
            chained = chained || str_eq(v[j].from, v[k].to);
        if (str_eq(v[k].from, v[k].to))
            report(p, DIAG_E0405, v[k].span, "`%.*s` is moved to itself", STR_ARG(v[k].to));
        else if (!chained && !exists(p, v[k].to))
            diag_help(p->diags, report(p, DIAG_E0405, v[k].span, "nothing is at `%.*s`", STR_ARG(v[k].to)), "the right side is the address that the file has now");
        else if (exists(p, v[k].from))
            report(p, DIAG_E0405, v[k].span, "`%.*s` is still in the file, so it cannot have moved", STR_ARG(v[k].from));
    }
    p->graph->moved = v;
    p->graph->nmoved = n;
}
