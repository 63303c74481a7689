/* moved.c - `moved a -> b`: addresses from expressions, and whether both sides make sense. */
#include "eval.h"

/* payments.node_pool["default"] as an address. */
static bool address_of(struct program *p, const struct ast_expr *e, struct str *out)
{
    if (e->kind == EXPR_NAME) {
        *out = e->name.text;
        return true;
    }
    if (e->kind == EXPR_FIELD && address_of(p, e->a, out)) {
        *out = address_name(p->arena, *out, e->name.text);
        return true;
    }
    if (e->kind == EXPR_INDEX && e->b->kind == EXPR_LITERAL && e->b->value->kind == VALUE_STRING && address_of(p, e->a, out)) {
        *out = address_key(p->arena, *out, e->b->value->s);
        return true;
    }
    if (e->kind != EXPR_ERROR && e->kind != EXPR_FIELD && e->kind != EXPR_INDEX)
        diag_help(p->diags, report(p, DIAG_E0405, e->span, "this is no address"), "write names and literal keys: payments.node_pool[\"general\"]");
    return false;
}

void moved_add(struct program *p, const struct ast_item *it, const struct instance *i)
{
    struct moved *m = ARENA_NEW(p->arena, struct moved);
    struct str from, to;
    if (!address_of(p, it->value, &from) || !address_of(p, it->other, &to))
        return;
    if (i) {
        from = str_fmt(p->arena, "%.*s.%.*s", STR_ARG(i->addr), STR_ARG(from));
        to = str_fmt(p->arena, "%.*s.%.*s", STR_ARG(i->addr), STR_ARG(to));
    }
    *m = (struct moved){ .from = address_normal(p->arena, from), .to = address_normal(p->arena, to), .span = it->span };
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
    for (size_t k = 0; k < p->moved.n; k++) {
        v[k] = *(struct moved *)p->moved.v[k];
        bool chained = false;
        for (size_t j = 0; j < p->moved.n; j++)
            chained = chained || str_eq(((struct moved *)p->moved.v[j])->from, v[k].to);
        if (str_eq(v[k].from, v[k].to))
            report(p, DIAG_E0405, v[k].span, "`%.*s` is moved to itself", STR_ARG(v[k].to));
        else if (!chained && !exists(p, v[k].to))
            diag_help(p->diags, report(p, DIAG_E0405, v[k].span, "nothing is at `%.*s`", STR_ARG(v[k].to)), "the right side is the address that the file has now");
        else if (exists(p, v[k].from))
            report(p, DIAG_E0405, v[k].span, "`%.*s` is still in the file, so it cannot have moved", STR_ARG(v[k].from));
    }
    p->graph->moved = v;
    p->graph->nmoved = p->moved.n;
}
