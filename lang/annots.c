/* annots.c - annotations: which there are, where each does something, and how many arguments it takes. One table, for the checker, for suggestions and
 * for the repair of text without `@`. What one does beside others on a field of a resource type: rmarks.c. */
#include "annots.h"
#include "check.h"

enum { MANY = 255 };

static const struct annot { const char *name; unsigned at; unsigned char least, most; bool values; } annots[] = {
    { "after", AT_RESOURCE | AT_LOOKUP | AT_COMPONENT, 1, MANY, true },
    { "hold", AT_RESOURCE | AT_COMPONENT, 1, MANY, true },
    { "keep", AT_RESOURCE, 1, MANY, true },
    { "protect", AT_RESOURCE | AT_COMPONENT, 0, 1, true },
    { "adopt", AT_RESOURCE, 1, 1, true },
    { "ignore", AT_RESOURCE, 1, MANY, false },
    { "replace", AT_RESOURCE, 1, 1, false },
    { "replace", AT_RFIELD, 0, 0, false },
    { "pin", AT_LOOKUP, 0, 0, false },
    { "provider", AT_INPUT, 0, 0, false },
    { "message", AT_INPUT | AT_FIELD | AT_RFIELD, 1, 1, false },
    { "deprecated", AT_INPUT | AT_FIELD | AT_RFIELD, 0, 1, false },
    { "identity", AT_RFIELD | AT_ROUT, 0, 0, false },
    { "wire", AT_RFIELD | AT_ROUT, 1, 1, false },
    { "renewed", AT_ROUT, 0, 0, false },
    { "disruptive", AT_RFIELD, 0, 0, false },
    { "initial", AT_RFIELD, 0, 0, false },
    { "shared", AT_RFIELD, 0, 0, false },
    { "write_only", AT_RFIELD, 0, 0, false },
    { "owned_keys", AT_RFIELD, 0, 0, false },
    { "digest", AT_RFIELD, 0, 0, false },
    { "one_of", AT_SCHEMA, 0, 0, false },
    { "aws", AT_RTYPE, 1, 1, false },
};
enum { ANNOTS = sizeof annots / sizeof *annots };
static const char *const places[] = { "a resource", "a lookup", "a component", "an input of a component", "a field of a schema",
                                      "a field of a resource type", "an `out` of a resource type", "a schema", "a resource type" };

bool annot_is(struct str name)
{
    for (size_t i = 0; i < ANNOTS; i++)
        if (str_is(name, annots[i].name))
            return true;
    return false;
}

bool decl_is_lookup(const struct decl *d)
{
    for (size_t i = 0; d->item->body && i < d->item->body->n; i++) {
        const struct ast_item *it = d->item->body->items[i];
        if (it->kind == ITEM_INSTANCE && it->path.n == 1 && str_is(it->path.v[0].text, "create"))
            return false;
    }
    return d->kind == DECL_RESOURCE;
}

static const char *place_word(const struct ast_item *it, enum annot_place at)
{
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        if (at == 1u << i)
            return places[i];
    return it->kind == ITEM_INSTANCE ? "a block of settings" : it->kind == ITEM_SET ? "a setting" : NULL;
}

/* "it belongs on a resource or a component" */
static void belongs(struct program *p, struct diag *x, unsigned at)
{
    struct buf b = { 0 };
    for (unsigned i = 0, left = at; left; i++) {
        if (!(left & 1u << i))
            continue;
        left &= ~(1u << i);
        buf_fmt(&b, "%s%s", !b.n ? "" : left ? ", " : " or ", places[i]);
    }
    diag_help(p->diags, x, "it belongs on %.*s", (int)b.n, b.s);
    buf_fini(&b);
}

/* What may stand there is offered; where nothing may, all. */
static void unknown(struct program *p, const struct ast_annot *a, struct str name, unsigned at)
{
    struct vec names = { 0 };
    for (size_t k = 0; k < ANNOTS; k++)
        if (!at || (annots[k].at & at))
            names_add(p, &names, str_of(annots[k].name));
    report_suggest(p, report(p, DIAG_E0310, a->path.span, "there is no annotation `@%.*s`", STR_ARG(name)), name, a->path.span, &names);
}

static void arguments(struct program *p, const struct ast_annot *a, const struct annot *row)
{
    const char *example = str_is(a->path.v[0].text, "replace") ? "create_first" : str_is(a->path.v[0].text, "adopt") ? "\"...\"" : row->values ? "x" : "...";
    if (a->args.n < row->least)
        diag_help(p->diags, report(p, DIAG_E0308, a->span, str_is(a->path.v[0].text, "keep") ? "`@%s` names who may still use it" : row->values && row->most == MANY ? "`@%s` names what it waits for" : "`@%s` lacks what stands in its brackets", row->name),
                  "write `@%s(%s)`", row->name, example);
    else if (a->args.n > row->most && !row->most)
        diag_help(p->diags, report(p, DIAG_E0308, a->args.v[0].span, "`@%s` takes nothing", row->name), "write `@%s`", row->name);
    else if (a->args.n > row->most)
        report(p, DIAG_E0308, a->args.v[row->most].span, "`@%s` takes one thing", row->name);
}

static void no_field(struct program *p, const struct decl *d, struct str name, struct span at)
{
    struct vec names = { 0 };
    for (size_t i = 0; i < d->nfields; i++)
        names_add(p, &names, d->fields[i].name);
    report_suggest(p, report(p, DIAG_E0302, at, "no field `%.*s` in `%.*s`", STR_ARG(name), STR_ARG(d->name)), name, at, &names);
}

static void check_annot(struct program *p, struct scope *s, const struct ast_item *it, const struct ast_annot *a, enum annot_place at, const struct decl *d)
{
    struct str name = a->path.v[0].text;
    const struct annot *row = NULL;
    unsigned all = 0;
    for (size_t k = 0; k < ANNOTS; k++)
        if (str_is(name, annots[k].name)) {
            all |= annots[k].at;
            row = !row || (annots[k].at & at) ? &annots[k] : row;
        }
    if (!row) {
        unknown(p, a, name, at);
        return;
    }
    if (!(row->at & at)) {
        const char *on = place_word(it, at);
        struct str word = on ? str_of(on) : str_fmt(p->arena, "`%s`", ast_item_word(it->kind));
        belongs(p, report(p, DIAG_E0307, a->span, "`@%.*s` does nothing on %.*s", STR_ARG(name), STR_ARG(word)), all);
        return;
    }
    arguments(p, a, row);
    if (str_is(name, "provider") && !provider_setting(it->path.v[0].text))
        diag_help(p->diags, report(p, DIAG_E0307, a->span, "`@provider` does nothing on `%.*s`", STR_ARG(it->path.v[0].text)),
                  "it belongs on an input called `region`, `profile`, `role` or `endpoint`");
    for (size_t k = 0; row->values && s && k < a->args.n; k++)
        check_expr(p, s, a->args.v[k].value);
    for (size_t k = 0; d && str_is(name, "ignore") && k < a->args.n; k++) {
        const struct ast_expr *e = a->args.v[k].value;
        const struct field *f = e->kind == EXPR_NAME ? decl_field(d, e->name.text) : NULL;
        if (e->kind == EXPR_NAME && !f)
            no_field(p, d, e->name.text, e->span);
        else if (f && ast_annot(f->item->annots, "initial"))
            diag_help(p->diags, report(p, DIAG_E0307, e->span, "`@ignore` does nothing for `%.*s`: it is sent when the object is made, and never compared", STR_ARG(f->name)), "take it out");
    }
}

void check_annots(struct program *p, struct scope *s, const struct ast_item *it, enum annot_place at, const struct decl *d)
{
    for (size_t i = 0; i < it->annots.n; i++) {
        const struct ast_annot *a = &it->annots.v[i];
        bool many = str_is(a->path.v[0].text, "after") || str_is(a->path.v[0].text, "hold") || str_is(a->path.v[0].text, "keep");
        const struct ast_annot *first = many ? a : ast_annot(it->annots, str_c(p->arena, a->path.v[0].text));
        if (first && first != a)
            diag_second(p->diags, report(p, DIAG_E0306, a->span, "`@%.*s` stands here twice", STR_ARG(a->path.v[0].text)), first->span, "the first one counts");
        else
            check_annot(p, s, it, a, at, d);
    }
}
