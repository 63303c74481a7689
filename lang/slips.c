/* slips.c - what is right but probably not meant: `${name}` in a string, where a name of this file was to be filled in. */
#include "syntax.h"
#include "parse.h"
#include "kc/map.h"

/* Names that `let`, `param` and `for` give. */
static void collect(struct parse *p, struct map *names)
{
    for (size_t i = 0; i + 1 < p->n; i++) {
        int k = p->v[i].kind;
        if (k != T_LET && k != T_PARAM && k != T_FOR && !(k == ',' && i > 1 && p->v[i - 2].kind == T_FOR))
            continue;
        const struct lexeme *x = &p->v[i + 1];
        if (x->kind == T_NAME)
            map_put(names, str_sub(p->text, x->off, x->off + x->len), p);
    }
}

static void look(struct parse *p, const struct map *names, const struct token *t)
{
    struct str text = str_sub(p->text, t->off, t->off + t->len);
    size_t from = str_find(text, STR("${"));
    struct str rest = from == SIZE_MAX ? STR_NONE : str_sub(text, from + 2, text.n);
    size_t end = str_find(rest, STR("}"));
    if (end == SIZE_MAX || !map_has(names, str_sub(rest, 0, end)))
        return;
    struct str name = str_sub(rest, 0, end);
    struct span at = { p->file, t->off + (uint32_t)from, (uint32_t)end + 3 };
    struct diag *x = diag_add(p->diags, DIAG_W0901, at, "`${%.*s}` is plain text here", STR_ARG(name));
    diag_help(p->diags, x, "a value is filled in with `\\(%.*s)`; text that shall stay as it is, in '...'", STR_ARG(name));
    diag_fix(p->diags, x, at, str_fmt(p->arena, "\\(%.*s)", STR_ARG(name)), false);
}

void slips_report(struct parse *p)
{
    struct map names = { 0 };
    bool plain = false;                                    /* inside "...": scripts between """ have variables of their own */
    if (str_find(p->text, STR("${")) == SIZE_MAX)
        return;
    collect(p, &names);
    for (size_t i = 0; i < p->ntokens; i++) {
        const struct token *t = &p->tokens[i];
        if (t->kind == T_QUOTE)
            plain = t->len == 1 && p->text.s[t->off] == '"';
        else if (t->kind == T_TEXT && plain)
            look(p, &names, t);
    }
    map_fini(&names);
}
