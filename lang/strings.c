/* strings.c - the value of a string from its parts: escapes decoded, and for the two block forms the indentation of the closing
 * line taken off every line. A string without \( ) becomes a literal, one with them an EXPR_JOIN. */
#include "syntax.h"
#include "parse.h"
#include <string.h>

struct maker {
    struct parse *p;
    bool raw, block;
    struct str margin;                                     /* what the closing line has before its quotes */
    bool at_line;                                          /* the next byte starts a line of the text */
    bool reported;
    struct buf text;                                       /* literal text since the last expression */
    struct list args;
    struct span from;                                      /* of that text */
};

static void add_rune(struct buf *b, uint32_t r)
{
    if (r < 0x80) {
        buf_putc(b, (char)r);
    } else if (r < 0x800) {
        buf_putc(b, (char)(0xc0 | r >> 6));
        buf_putc(b, (char)(0x80 | (r & 0x3f)));
    } else if (r < 0x10000) {
        buf_putc(b, (char)(0xe0 | r >> 12));
        buf_putc(b, (char)(0x80 | (r >> 6 & 0x3f)));
        buf_putc(b, (char)(0x80 | (r & 0x3f)));
    } else {
        buf_putc(b, (char)(0xf0 | r >> 18));
        buf_putc(b, (char)(0x80 | (r >> 12 & 0x3f)));
        buf_putc(b, (char)(0x80 | (r >> 6 & 0x3f)));
        buf_putc(b, (char)(0x80 | (r & 0x3f)));
    }
}

static void unicode(struct maker *m, struct str digits, struct span at)
{
    uint32_t r = 0;
    for (size_t i = 0; i < digits.n; i++) {
        char c = digits.s[i];
        r = r * 16 + (uint32_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    if (r && r <= 0x10ffff && (r < 0xd800 || r > 0xdfff)) {
        add_rune(&m->text, r);
        return;
    }
    m->p->broken = true;
    if (m->p->diags)
        diag_add(m->p->diags, DIAG_E0105, at, "no character has the number %.*s", STR_ARG(digits));
}

static void escape(struct maker *m, struct str t, struct span at)
{
    static const char from[] = "nrt0\\\"", to[] = "\n\r\t\0\\\"";
    const char *c = t.n == 2 && t.s[1] ? strchr(from, t.s[1]) : NULL;
    if (c)
        buf_putc(&m->text, to[c - from]);
    else if (t.n > 3 && t.s[1] == 'u')
        unicode(m, str_sub(t, 3, t.n - 1), at);
    else
        buf_str(&m->text, t);
}

/* Takes the margin off the front of a line; reports the first line that has less. */
static struct str unindent(struct maker *m, struct str rest, uint32_t off)
{
    size_t n = 0;
    while (n < rest.n && n < m->margin.n && rest.s[n] == m->margin.s[n])
        n++;
    bool blank = n == rest.n || rest.s[n] == '\n' || rest.s[n] == '\r';
    if (n < m->margin.n && !blank && !m->reported) {
        m->reported = m->p->broken = true;
        if (m->p->diags) {
            struct diag *x = diag_add(m->p->diags, DIAG_E0108, (struct span){ m->p->file, off + (uint32_t)n, 1 },
                                      "this line is indented less than the end of its string");
            diag_help(m->p->diags, x, "indent it with the same spaces or tabs as the line that closes the string");
        }
    }
    return str_sub(rest, n, rest.n);
}

static void add_text(struct maker *m, struct span at)
{
    struct str t = str_sub(m->p->text, at.off, at.off + at.len);
    if (!m->raw && t.n > 1 && t.s[0] == '\\') {
        m->at_line = false;
        escape(m, t, at);
        return;
    }
    for (struct str rest = t; rest.n;) {
        if (m->block && m->at_line)
            rest = unindent(m, rest, at.off + (uint32_t)(rest.s - t.s));
        const char *nl = m->block && rest.n ? memchr(rest.s, '\n', rest.n) : NULL;
        size_t n = nl ? (size_t)(nl - rest.s) + 1 : rest.n;
        bool crlf = nl && n > 1 && rest.s[n - 2] == '\r';
        buf_add(&m->text, rest.s, crlf ? n - 2 : n);
        if (crlf)
            buf_putc(&m->text, '\n');
        m->at_line = nl != NULL;
        rest = str_sub(rest, n, rest.n);
    }
}

static struct ast_expr *text_literal(struct maker *m, struct span at)
{
    struct ast_expr *e = ARENA_NEW(m->p->arena, struct ast_expr);
    e->kind = EXPR_LITERAL;
    e->span = at;
    e->value = value_str(m->p->arena, buf_take(&m->text, m->p->arena));
    return e;
}

static void flush(struct maker *m)
{
    if (m->text.n) {
        struct ast_arg a = { .value = text_literal(m, m->from), .span = m->from };
        m->args = make_list(m->p, m->args, &a, sizeof a);
    }
    m->from.len = 0;
}

static struct str margin_of(const struct parse *p, struct span close)
{
    size_t from = close.off, to;
    while (from > p->part.off && p->text.s[from - 1] != '\n')
        from--;
    to = from;
    while (to < close.off && (p->text.s[to] == ' ' || p->text.s[to] == '\t'))
        to++;
    return str_sub(p->text, from, to);
}

struct ast_expr *make_string(struct parse *p, struct span at, struct span open, struct list parts, struct span close)
{
    const struct piece *v = parts.v;
    struct str quote = str_sub(p->text, open.off, open.off + open.len);
    struct maker m = { .p = p };
    m.raw = quote.n && quote.s[0] == '\'';
    m.block = quote.n >= 3;
    if (m.block && close.len)
        m.margin = margin_of(p, close);
    m.at_line = m.block && quote.s[quote.n - 1] == '\n';
    uint16_t depth = 0;
    for (size_t i = 0; i < parts.n; i++) {
        if (!v[i].value) {
            if (!m.from.len)
                m.from = v[i].at;
            m.from.len = v[i].at.off + v[i].at.len - m.from.off;
            add_text(&m, v[i].at);
            continue;
        }
        flush(&m);
        m.at_line = false;
        struct ast_arg a = { .value = v[i].value, .span = v[i].at };
        depth = a.value->depth > depth ? a.value->depth : depth;
        m.args = make_list(p, m.args, &a, sizeof a);
    }
    if (!m.args.n || !close.len || !open.len) {
        struct ast_expr *e = text_literal(&m, at);
        if (!close.len || !open.len)                       /* where it should have ended is a guess */
            e->kind = EXPR_ERROR;
        return e;
    }
    flush(&m);
    struct ast_expr *e = ARENA_NEW(p->arena, struct ast_expr);
    e->kind = EXPR_JOIN;
    e->span = at;
    e->depth = (uint16_t)(depth + 1);
    e->args.v = m.args.v;
    e->args.n = m.args.n;
    return e;
}
