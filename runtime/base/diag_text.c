/* diag_text.c - diagnostics for people: the line, carets that stand where they should (tabs, wide and combining characters), notes.
 * Also text_safe: nothing from a file reaches a terminal unescaped. */
#include "kc/arena.h"
#include "kc/diag.h"
#include <stdio.h>
#include <string.h>

enum { TAB = 4, LINE_SHOWN = 120 };
enum colour { PLAIN, RED, YELLOW, BLUE, BOLD };

/* ---- characters ---- */

static bool within(uint32_t r, const uint32_t (*table)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (r >= table[i][0] && r <= table[i][1])
            return true;
    return false;
}

static bool is_hidden(uint32_t r)                          /* controls, and what changes the direction or order of text */
{
    static const uint32_t t[][2] = { { 0, 0x1f }, { 0x7f, 0x9f }, { 0x61c, 0x61c }, { 0x200b, 0x200b }, { 0x200e, 0x200f },
                                     { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }, { 0xe0000, 0xe0fff } };
    return within(r, t, sizeof t / sizeof *t);
}

/* Columns on a terminal (Unicode's East Asian Width W and F, and marks that take none; ranges rounded to blocks). */
static unsigned columns(uint32_t r)
{
    static const uint32_t none[][2] = { { 0x300, 0x36f }, { 0x483, 0x489 }, { 0x591, 0x5bd }, { 0x610, 0x61a }, { 0x64b, 0x65f },
                                        { 0x900, 0x902 }, { 0x93c, 0x93c }, { 0x941, 0x948 }, { 0x94d, 0x94d }, { 0xe31, 0xe31 },
                                        { 0xe34, 0xe3a }, { 0xe47, 0xe4e }, { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x200c, 0x200d },
                                        { 0x20d0, 0x20ff }, { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f } };
    static const uint32_t wide[][2] = { { 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0x33ff }, { 0x3400, 0x4dbf }, { 0x4e00, 0x9fff },
                                        { 0xa000, 0xa4cf }, { 0xa960, 0xa97f }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f },
                                        { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff },
                                        { 0x1f900, 0x1f9ff }, { 0x1fa70, 0x1faff }, { 0x20000, 0x3fffd } };
    if (within(r, none, sizeof none / sizeof *none))
        return 0;
    return within(r, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

/* Writes the character at *i as it may be shown, moves on, returns the columns it took. */
static unsigned show(struct buf *out, struct str text, size_t *i)
{
    size_t from = *i, n = out->n;
    uint32_t r = str_rune(text, i);
    if (r == RUNE_BAD)
        buf_fmt(out, "\\x%02x", (unsigned char)text.s[from]);
    else if (r == '\n')
        buf_cstr(out, "\\n");
    else if (r < 0x80 && is_hidden(r))
        buf_fmt(out, "\\x%02x", (unsigned)r);
    else if (is_hidden(r))
        buf_fmt(out, "\\u{%x}", (unsigned)r);
    else {
        buf_add(out, text.s + from, *i - from);
        return columns(r);
    }
    return (unsigned)(out->n - n);
}

void text_safe(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n;)
        show(out, text, &i);
}

/* ---- one diagnostic ---- */

struct mark {                                              /* a label on a line */
    struct span at;
    struct str text;
    bool primary;
    struct position pos;
};
struct page {
    struct buf *out;
    const struct sources *s;
    struct diag_style style;
    unsigned gutter;                                       /* width of line numbers */
    enum severity severity;
};

static void paint(const struct page *p, enum colour c)
{
    static const char *const codes[] = { "\x1b[0m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1m" };
    if (p->style.colour)
        buf_cstr(p->out, codes[c]);
}

static enum colour tone(enum severity s)
{
    return s == SEVERITY_ERROR ? RED : s == SEVERITY_WARNING ? YELLOW : BLUE;
}

static void gutter(const struct page *p, uint32_t line)
{
    paint(p, BLUE);
    if (line)
        buf_fmt(p->out, "%*u |", (int)p->gutter, line);
    else
        buf_fmt(p->out, "%*s |", (int)p->gutter, "");
    paint(p, PLAIN);
}

static struct str line_of(struct str text, uint32_t off)
{
    size_t from = off < text.n ? off : text.n, to = from;
    while (from && text.s[from - 1] != '\n')
        from--;
    while (to < text.n && text.s[to] != '\n')
        to++;
    if (to > from && text.s[to - 1] == '\r')
        to--;
    return (struct str){ text.s + from, to - from };
}

struct shown { struct buf text; unsigned from, to; bool cut_left, cut_right; };   /* columns of the mark inside text */

/* Lays out a line so that the bytes from..to of it are visible. A long line is cut around them. */
static struct shown lay_out(struct str line, size_t from, size_t to, unsigned width)
{
    struct shown x = { { 0 }, 0, 0, false, false };
    size_t i = 0;
    unsigned col = 0;
    if (from > width * 2 / 3 && line.n > width) {
        i = from - width / 2;
        while (i < from && (line.s[i] & 0xc0) == 0x80)
            i++;
        x.cut_left = true;
    }
    bool began = false, ended = false;
    while (i < line.n && col < width) {
        if (i >= from && !began) {
            x.from = col;
            began = true;
        }
        if (i >= to && !ended) {
            x.to = col;
            ended = true;
        }
        if (line.s[i] == '\t') {
            for (unsigned n = TAB - col % TAB; n; n--, col++)
                buf_putc(&x.text, ' ');
            i++;
        } else {
            col += show(&x.text, line, &i);
        }
    }
    x.cut_right = i < line.n;
    if (!began)
        x.from = col;
    if (!ended)
        x.to = col;
    if (x.to <= x.from)
        x.to = x.from + 1;
    return x;
}

static void snippet(const struct page *p, const struct mark *m, bool with_line)
{
    struct str text = sources_get(p->s, m->at.file)->text, line = line_of(text, m->at.off);
    size_t from = (size_t)(text.s + (m->at.off < text.n ? m->at.off : text.n) - line.s);
    unsigned width = p->style.width > 60 ? p->style.width - p->gutter - 6 : LINE_SHOWN;
    struct shown x = lay_out(line, from, from + m->at.len, width);
    const char *dots = p->style.ascii ? "..." : "…";
    unsigned shift = !x.cut_left ? 0 : p->style.ascii ? 3 : 1;
    if (with_line) {
        gutter(p, m->pos.line);
        buf_fmt(p->out, " %s%.*s%s\n", x.cut_left ? dots : "", STR_ARG(buf_view(&x.text)), x.cut_right ? dots : "");
    }
    gutter(p, 0);
    buf_fmt(p->out, " %*s", (int)(x.from + shift), "");
    paint(p, m->primary ? tone(p->severity) : BLUE);
    for (unsigned i = x.from; i < x.to; i++)
        buf_putc(p->out, m->primary ? '^' : '-');
    if (m->text.n) {
        buf_putc(p->out, ' ');
        text_safe(p->out, m->text);
    }
    paint(p, PLAIN);
    buf_putc(p->out, '\n');
    buf_fini(&x.text);
}

static bool before(const struct mark *a, const struct mark *b)
{
    if (a->at.file != b->at.file)
        return false;
    return a->pos.line != b->pos.line ? a->pos.line < b->pos.line : a->primary && !b->primary;
}

/* The marks of x with a place: those of the primary's file first, by line; others as they were added. */
static size_t collect(const struct page *p, const struct diag *x, struct mark *v)
{
    size_t n = 0;
    if (sources_get(p->s, x->at.file))
        v[n++] = (struct mark){ x->at, x->label, true, sources_position(p->s, x->at.file, x->at.off) };
    for (int same = 1; same >= 0; same--)
        for (size_t i = 0; i < x->nlabels; i++) {
            struct span at = x->labels[i].at;
            if (!sources_get(p->s, at.file) || (at.file == x->at.file) != same)
                continue;
            struct mark m = { at, x->labels[i].text, false, sources_position(p->s, at.file, at.off) };
            size_t k = n++;
            for (; k && same && before(&m, &v[k - 1]); k--)
                v[k] = v[k - 1];
            v[k] = m;
        }
    return n;
}

static void place(const struct page *p, const struct mark *m)
{
    buf_fmt(p->out, "%*s", (int)p->gutter, "");
    paint(p, BLUE);
    buf_cstr(p->out, "--> ");
    paint(p, PLAIN);
    text_safe(p->out, sources_get(p->s, m->at.file)->path);
    buf_fmt(p->out, ":%u:%u\n", m->pos.line, m->pos.col);
}

static void snippets(struct page *p, const struct diag *x)
{
    struct mark v[DIAG_LABELS + 1];
    size_t n = collect(p, x, v);
    uint32_t last = 0;
    for (size_t i = 0; i < n; i++)
        last = v[i].pos.line > last ? v[i].pos.line : last;
    p->gutter = last > 99999 ? 6 : last > 9999 ? 5 : last > 999 ? 4 : last > 99 ? 3 : 2;
    for (size_t i = 0; i < n; i++) {
        bool new_file = !i || v[i].at.file != v[i - 1].at.file;
        if (new_file) {
            const struct mark *head = &v[i];
            for (size_t k = i; k < n && v[k].at.file == v[i].at.file; k++)
                if (v[k].primary)
                    head = &v[k];
            place(p, head);
            gutter(p, 0);
            buf_putc(p->out, '\n');
        }
        snippet(p, &v[i], new_file || v[i].pos.line != v[i - 1].pos.line);
    }
}

static void remark(const struct page *p, const char *word, struct str text)
{
    struct str line;
    buf_fmt(p->out, "%*s ", (int)p->gutter, "");
    paint(p, BLUE);
    buf_cstr(p->out, "= ");
    paint(p, BOLD);
    buf_cstr(p->out, word);
    paint(p, PLAIN);
    for (bool first = true; str_cut(&text, '\n', &line); first = false) {
        if (!first)
            buf_fmt(p->out, "%*s  ", (int)p->gutter + (int)strlen(word), "");
        buf_putc(p->out, ' ');
        text_safe(p->out, line);
        buf_putc(p->out, '\n');
    }
}

/* The user's line as it would be with the fix made. */
static void fixed(const struct page *p, const struct diag *x)
{
    const struct source *src = sources_get(p->s, x->fix.at.file);
    if (!x->fix.text.s || !src)
        return;
    struct str text = src->text, head = line_of(text, x->fix.at.off);
    size_t from = x->fix.at.off, to = from + x->fix.at.len;
    if (from > text.n || to > text.n)
        return;
    struct str tail = line_of(text, (uint32_t)to);
    struct buf b = { 0 };
    buf_add(&b, head.s, (size_t)(text.s + from - head.s));
    buf_str(&b, x->fix.text);
    buf_add(&b, text.s + to, (size_t)(tail.s + tail.n - (text.s + to)));
    struct str line = str_trim(buf_view(&b));
    if (line.n && line.n <= LINE_SHOWN && str_find(line, STR("\n")) == SIZE_MAX)
        remark(p, "write:", line);
    buf_fini(&b);
}

static void render(struct page *p, const struct diag *x)
{
    static const char *const word[] = { "error", "warning", "note" };
    p->severity = x->severity;
    p->gutter = 2;
    paint(p, tone(x->severity));
    buf_fmt(p->out, "%s[%s]", word[x->severity], diag_name(x->code));
    paint(p, BOLD);
    buf_cstr(p->out, ": ");
    text_safe(p->out, x->message);
    paint(p, PLAIN);
    buf_putc(p->out, '\n');
    snippets(p, x);
    if (x->addr.n)
        remark(p, "at:", x->addr);
    for (size_t i = 0; i < x->nnotes; i++)
        remark(p, x->notes[i].help ? "help:" : "note:", x->notes[i].text);
    fixed(p, x);
}

void diags_text(struct buf *out, const struct diags *d, const struct sources *s, struct diag_style style)
{
    struct page p = { .out = out, .s = s, .style = style };
    for (size_t i = 0; i < d->n; i++)
        render(&p, d->v[i]);
    if (d->hidden)
        buf_fmt(out, "and %zu more, not shown\n", d->hidden);
}
