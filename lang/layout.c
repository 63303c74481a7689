/* layout.c - from tokens to what the grammar sees, one lexeme at a time:
 * 1. a newline counts only where an item can end: directly in a body or file, after what can end an item, before what cannot go on;
 * 2. a keyword is a plain name after `.` and `@`, before `=`, `:` or `.` at the start of an item, and before `=` in arguments;
 *    words that start items (let, out, ...) are keywords only there, and not before `{` or `@` either;
 * 3. `}` ends the item before it.
 * A run may start in the middle of a file and see one edit that is not made yet: that is how repairs are tried. */
#include "syntax.h"
#include "parse.h"
#include "kc/vec.h"

bool layout_is_word(int kind)
{
    return kind >= T_IMPORT && kind <= T_NONE;
}

static bool is_item_word(int kind)
{
    return kind >= T_IMPORT && kind <= T_MOVED;
}

bool layout_continues(int kind)
{
    switch (kind) {
    case '.': case T_QDOT: case T_COALESCE: case T_AND: case T_OR: case T_EQ: case T_NE: case T_LE: case T_GE: case '<': case '>':
    case '+': case '*': case '/': case T_DOTDOT: case T_ARROW: case T_THEN: case T_ELSE: case T_WITH: case T_IN: case '=': case ':':
    case '{': case '?': case '|': case ')': case ']':
        return true;
    default:
        return false;
    }
}

bool layout_opens(int kind)
{
    switch (kind) {
    case '.': case T_QDOT: case T_COALESCE: case T_AND: case T_OR: case T_EQ: case T_NE: case T_LE: case T_GE: case '<': case '>':
    case '+': case '-': case '*': case '/': case T_DOTDOT: case T_ARROW: case T_THEN: case T_ELSE: case T_WITH: case T_IN: case '=':
    case ':': case '|': case '!': case '(': case '[': case '{': case ',': case T_IF:
        return true;
    default:
        return false;
    }
}

static bool is_separator(int kind)
{
    return kind == T_NL || kind == ';' || kind == ',';
}

void layout_lexemes(struct parse *p)
{
    bool line = true;
    for (size_t i = 0; i < p->ntokens; i++) {
        const struct token *t = &p->tokens[i];
        if (t->kind == TOKEN_EOL)
            line = true;
        if (t->kind == TOKEN_DOC)
            p->docs = true;
        if (t->kind >= TOKEN_SPACE)
            continue;
        if (p->n == p->cap)
            p->v = vec_grow(p->v, p->n, &p->cap, sizeof *p->v);
        p->v[p->n++] = (struct lexeme){ t->off, t->len, t->kind, line, false };
        line = false;
    }
}

struct lexeme layout_get(const struct parse *p, size_t i, bool *ok)
{
    const struct edit *e = &p->edit;
    size_t made = e->kind ? 1 : 0, from = i;
    if (made && i == e->at) {
        struct lexeme x = { 0, 0, (uint16_t)e->kind, e->line, true };
        const struct lexeme *prev = e->at ? &p->v[e->at - 1] : NULL;
        x.off = e->line && e->at < p->n ? p->v[e->at].off : prev ? prev->off + prev->len : p->part.off;
        if (e->drop && p->v[e->at].line)
            x.line = true;
        *ok = true;
        return x;
    }
    if (i >= e->at && (made || e->drop))
        from = i - made + e->drop;
    *ok = from < p->n;
    if (!*ok)
        return (struct lexeme){ 0 };
    struct lexeme x = p->v[from];
    if (made && i == e->at + 1 && e->line && !e->drop)
        x.line = false;
    if (!made && e->drop && i == e->at && p->v[e->at].line)
        x.line = true;
    return x;
}

void layout_begin(struct parse *p, size_t first, bool inside)
{
    p->pos = first;
    p->inside = inside;
    p->last = T_NL;
    p->last_end = p->part.off;
    p->import = false;
    p->depth = 0;
    p->given = first;
}

static bool in_body(const struct parse *p)
{
    return !p->depth || p->stack[p->depth - 1] == '{';
}

/* The kind that a keyword has where it stands: its own, or T_NAME. `next` is what follows on the same line, or T_NL. */
static int word_kind(struct parse *p, int kind, int next, bool start)
{
    if (p->last == '.' || p->last == T_QDOT || p->last == '@')
        return T_NAME;
    if (start && (next == '=' || next == ':' || next == '.'))
        return T_NAME;
    if (next == '=' && p->depth && p->stack[p->depth - 1] == '(')
        return T_NAME;
    if (!is_item_word(kind))
        return kind;
    if (kind == T_AS)
        return p->import ? kind : T_NAME;
    return start && next != '{' && next != '@' ? kind : T_NAME;
}

static bool ends_line(const struct parse *p, const struct lexeme *x, int next)
{
    if (!x->line || !in_body(p) || is_separator(p->last) || p->last == '{' || layout_opens(p->last))
        return false;
    return !layout_continues(x->kind) || (layout_is_word(x->kind) && (next == '=' || next == ':'));
}

static void track(struct parse *p, int kind)
{
    if (kind == '(' || kind == '[' || kind == '{' || kind == T_HOLE) {
        if (p->depth < AST_DEPTH_LIMIT)
            p->stack[p->depth++] = (char)(kind == T_HOLE ? 'h' : kind);
    } else if ((kind == ')' || kind == ']' || kind == '}' || kind == T_HOLE_END) && p->depth) {
        p->depth--;
    }
}

static int give(struct parse *p, int kind, struct span *at, uint32_t off, uint32_t len)
{
    *at = (struct span){ p->file, off, len };
    p->last = kind;
    p->last_end = off + len;
    return kind;
}

int layout_next(struct parse *p, struct span *at)
{
    bool ok, next_ok;
    p->given = p->pos;
    struct lexeme x = layout_get(p, p->pos, &ok);
    if (!ok || p->pos >= p->end || (p->inside && !p->depth && x.kind == '}')) {
        if (!is_separator(p->last))
            return give(p, T_NL, at, p->last_end, 0);
        *at = (struct span){ p->file, p->last_end, 0 };
        return 0;
    }
    struct lexeme after = layout_get(p, p->pos + 1, &next_ok);
    int next = next_ok && !after.line ? after.kind : T_NL;
    bool closes = x.kind == '}' && in_body(p) && !is_separator(p->last) && p->last != '{';
    if (closes || ends_line(p, &x, next))
        return give(p, T_NL, at, p->last_end, 0);
    int kind = x.kind;
    bool start = in_body(p) && (is_separator(p->last) || p->last == '{');
    if (layout_is_word(kind) && !x.made)
        kind = word_kind(p, kind, next, start);
    if (start)
        p->import = kind == T_IMPORT;
    track(p, kind);
    p->pos++;
    return give(p, kind, at, x.off, x.len);
}
