/* ast.c - from a text to its tree, whole or in parts, and small questions about trees. */
#include "ast.h"
#include "syntax.h"
#include "parse.h"
#include <stdlib.h>
#include <string.h>

static struct ast_file *empty(struct arena *a, uint32_t file)
{
    struct ast_file *f = ARENA_NEW(a, struct ast_file);
    f->file = file;
    f->broken = f->body.broken = true;
    return f;
}

/* Brackets deeper than the limit would exhaust whoever reads the tree: reported at the first one. */
static bool too_deep(struct parse *p)
{
    unsigned depth = 0;
    for (size_t i = 0; i < p->n; i++) {
        int k = p->v[i].kind;
        if (k == ')' || k == ']' || k == '}' || k == T_HOLE_END)
            depth -= depth > 0;
        else if (k == '(' || k == '[' || k == '{' || k == T_HOLE)
            depth++;
        if (depth > AST_DEPTH_LIMIT) {
            struct diag *x = diag_add(p->diags, DIAG_E0204, (struct span){ p->file, p->v[i].off, p->v[i].len },
                                      "brackets are nested more than %d deep", AST_DEPTH_LIMIT);
            diag_help(p->diags, x, "name a part of it with `let`, and use the name");
            return true;
        }
    }
    return false;
}

/* The usual case is one run. A failed one is repaired, and the repaired lexemes are run again; what constructors
 * reported the first time is forgotten, because they will report it again. */
static void run(struct parse *p)
{
    size_t mark = p->diags->n;
    parse_run(p, 0, p->n, false);
    if (!p->failed)
        return;
    diags_rewind(p->diags, mark);
    repair(p);
    p->broken = p->deep = false;
    parse_run(p, 0, p->n, false);
    p->broken = true;
}

struct ast_file *ast_parse_part(struct arena *a, const struct sources *s, struct span part, struct diags *d)
{
    const struct source *src = sources_get(s, part.file);
    if (!src || src->text.n > AST_FILE_LIMIT) {
        if (src)
            diag_add(d, DIAG_E0208, (struct span){ part.file, 0, 0 }, "a file may have 4 MiB; this one has %zu bytes", src->text.n);
        return empty(a, part.file);
    }
    struct parse p = { .arena = a, .diags = d, .sources = s, .text = src->text, .file = part.file, .part = part };
    struct tokens tokens = scan_text(src->text, part, d, &p.broken);
    p.ntokens = tokens.n;
    p.tokens = arena_copy(a, tokens.v, tokens.n * sizeof *tokens.v);
    free(tokens.v);
    layout_lexemes(&p);
    bool deep = too_deep(&p);
    if (!deep)
        run(&p);
    if (!p.broken)
        slips_report(&p);
    struct ast_file *f = empty(a, part.file);
    if (p.body)
        f->body = *p.body;
    f->body.span = part;
    f->broken = p.broken || deep || !p.body;
    f->tokens = p.tokens;
    f->ntokens = p.ntokens;
    free(p.v);
    return f;
}

struct ast_file *ast_parse(struct arena *a, const struct sources *s, uint32_t file, struct diags *d)
{
    const struct source *src = sources_get(s, file);
    return ast_parse_part(a, s, (struct span){ file, 0, src ? (uint32_t)src->text.n : 0 }, d);
}

/* ---- the index ---- */

static enum ast_item_kind kind_of(int word)
{
    switch (word) {
    case T_IMPORT: return ITEM_IMPORT;
    case T_AMENDS: return ITEM_AMENDS;
    case T_PARAM: return ITEM_PARAM;
    case T_LET: return ITEM_LET;
    case T_TYPE: return ITEM_TYPE;
    case T_FN: return ITEM_FN;
    case T_SCHEMA: return ITEM_SCHEMA;
    case T_RESOURCE: return ITEM_RESOURCE;
    case T_COMPONENT: return ITEM_COMPONENT;
    case T_OUT: return ITEM_OUT;
    case T_MADE: return ITEM_MADE;
    case T_ASSERT: return ITEM_ASSERT;
    case T_MOVED: return ITEM_MOVED;
    case T_FOR: return ITEM_FOR;
    case T_IF: return ITEM_IF;
    default: return ITEM_INSTANCE;
    }
}

/* Name of the item whose lexemes start at v[i]: what stands before its first `{`, `=`, `:`, `(`, `[` or `@`, if it is a word. */
static struct str name_of(const struct parse *p, size_t i, size_t end, enum ast_item_kind kind)
{
    if (kind == ITEM_IMPORT || kind == ITEM_AMENDS || kind == ITEM_ASSERT || kind == ITEM_MOVED || kind == ITEM_FOR || kind == ITEM_IF)
        return STR_NONE;
    struct str name = STR_NONE;
    for (; i < end && !strchr("{=:([@", p->v[i].kind < 128 ? p->v[i].kind : ' '); i++)
        if (p->v[i].kind == T_NAME || p->v[i].kind == T_TEXT || layout_is_word(p->v[i].kind))
            name = str_sub(p->text, p->v[i].off, p->v[i].off + p->v[i].len);
    return name;
}

/* Where the comments that belong to the item at `off` begin. */
static uint32_t doc_start(const struct parse *p, uint32_t off, size_t *token)
{
    while (*token < p->ntokens && p->tokens[*token].off < off)
        ++*token;
    size_t i = *token, first = i;
    unsigned lines = 0;
    while (i && lines < 2) {
        int k = p->tokens[--i].kind;
        if (k == TOKEN_EOL)
            lines++;
        else if (k == TOKEN_DOC)
            first = i, lines = 0;
        else if (k != TOKEN_SPACE)
            break;
    }
    return p->tokens[first].off;
}

struct ast_entry *ast_index(struct arena *a, const struct sources *s, uint32_t file, size_t *n)
{
    const struct source *src = sources_get(s, file);
    struct list out = { 0 };
    *n = 0;
    if (!src || src->text.n > AST_FILE_LIMIT)
        return NULL;
    struct parse p = { .arena = a, .text = src->text, .file = file, .part = { file, 0, (uint32_t)src->text.n } };
    bool failed;
    struct tokens tokens = scan_text(src->text, p.part, NULL, &failed);
    p.tokens = tokens.v;
    p.ntokens = tokens.n;
    layout_lexemes(&p);
    layout_begin(&p, 0, false);
    p.end = p.n;
    size_t first = 0, token = 0;
    struct span at;
    for (int k; (k = layout_next(&p, &at));) {
        if (p.depth || (k != T_NL && k != ';' && k != ','))
            continue;
        if (p.pos > first) {
            struct ast_entry e = { .kind = kind_of(p.v[first].kind) };
            e.name = name_of(&p, first, p.pos, e.kind);
            e.span.file = file;
            e.span.off = doc_start(&p, p.v[first].off, &token);
            e.span.len = at.off - e.span.off;
            out = make_list(&p, out, &e, sizeof e);
        }
        first = p.pos;
    }
    free(tokens.v);
    free(p.v);
    *n = out.n;
    return out.v;
}

/* ---- small questions ---- */

struct str ast_text(const struct sources *s, struct span span)
{
    const struct source *src = sources_get(s, span.file);
    return src ? str_sub(src->text, span.off, (size_t)span.off + span.len) : STR_NONE;
}

const struct ast_annot *ast_annot(struct ast_annots x, const char *name)
{
    for (size_t i = 0; i < x.n; i++)
        if (x.v[i].path.n == 1 && str_is(x.v[i].path.v[0].text, name))
            return &x.v[i];
    return NULL;
}

const char *ast_item_word(enum ast_item_kind k)
{
    static const char *const words[] = { "import", "amends", "param", "let", "type", "fn", "schema", "resource", "component", "out", "made",
                                         "assert", "moved", "for", "if", "spread", "entry", "value", "declaration", "block" };
    return words[k];
}

const char *ast_op_text(enum term_op op)
{
    static const char *const text[] = { "||", "&&", "==", "!=", "<", ">", "<=", ">=", "in", "..", "+", "-", "*", "/", "-", "!", "??" };
    return text[op];
}
