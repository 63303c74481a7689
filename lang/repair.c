/* repair.c - edits the lexemes of a wrong file until they parse, saying for each edit what was wrong. */
#include "syntax.h"
#include "parse.h"

void repair(struct parse *p)
{
    bool ok;
    struct lexeme x = layout_get(p, p->wrong, &ok);
    diag_add(p->diags, DIAG_E0201, (struct span){ p->file, ok ? x.off : p->last_end, ok ? x.len : 0 }, "unexpected token");
    p->n = 0;
}
