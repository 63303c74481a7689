/* brackets.c - gives every bracket its partner. Where one is missing, indentation tells whose: a line that is not indented more
 * than the line of an open bracket shows that the bracket should have been closed; a closer on a line of its own belongs to the
 * line before it that is indented the same. Within a line, places are tried (repair.c). */
#include "syntax.h"
#include "parse.h"
#include "kc/vec.h"
#include <stdlib.h>
#include <string.h>

enum { PLACES = 60, AHEAD = 40, TAB = 8 };

struct open {
    size_t at;                                             /* lexeme */
    size_t indent;                                         /* of its line */
};
struct work {
    struct trial *t;
    struct parse *p;
    struct open *v;
    size_t n, cap;
    size_t from, rest;                                     /* the part being walked: where it begins, lexemes after it */
};

static bool is_opener(int k)
{
    return k == '(' || k == '[' || k == '{' || k == T_HOLE;
}

static bool is_closer(int k)
{
    return k == ')' || k == ']' || k == '}' || k == T_HOLE_END;
}

static int partner(int k)
{
    switch (k) {
    case '(': return ')';
    case '[': return ']';
    case '{': return '}';
    case ')': return '(';
    case ']': return '[';
    case '}': return '{';
    default: return k == T_HOLE ? T_HOLE_END : T_HOLE;
    }
}

static bool balanced(const struct parse *p, size_t from, size_t to)
{
    char stack[AST_DEPTH_LIMIT + 1];
    size_t depth = 0;
    for (size_t i = from; i < to; i++) {
        int k = p->v[i].kind;
        if (is_opener(k))
            stack[depth++] = (char)(k == T_HOLE ? 'h' : k);
        else if (is_closer(k) && (!depth-- || stack[depth] != (char)(k == T_HOLE_END ? 'h' : partner(k))))
            return false;
    }
    return !depth;
}

static size_t indent_of(const struct parse *p, uint32_t off)
{
    size_t from = off, col = 0;
    while (from > p->part.off && p->text.s[from - 1] != '\n')
        from--;
    for (; from < off; from++)
        col += p->text.s[from] == '\t' ? TAB - col % TAB : 1;
    return col;
}

static struct span lexeme_span(const struct parse *p, size_t i)
{
    return (struct span){ p->file, p->v[i].off, p->v[i].len };
}

/* ---- a closer is missing ---- */

/* The best place for the closer of `open`: the last one not inside other brackets that lets the parser go on. */
static size_t place_closer(struct work *w, struct open open, size_t before, int closer)
{
    const struct parse *p = w->p;
    size_t places[PLACES], n = 0, best = before, reached = 0, depth = 0;
    for (size_t at = open.at + 1; at <= before; at++) {
        if (!depth)
            places[n++ % PLACES] = at;
        int k = at < before ? p->v[at].kind : 0;
        depth += is_opener(k);
        depth -= is_closer(k) && depth;
    }
    repair_aim(w->t, open.at, before + AHEAD);
    for (size_t tried = 0; tried < PLACES && tried < n; tried++) {
        size_t at = places[(n - 1 - tried) % PLACES], got = repair_try(w->t, (struct edit){ .at = at, .kind = closer });
        if (got > reached) {
            reached = got;
            best = at;
        }
        if (got >= w->t->limit)
            break;
    }
    return best;
}

/* Closes the innermost open bracket, which must be closed before lexeme `before`. */
static void close_missing(struct work *w, size_t before)
{
    struct parse *p = w->p;
    struct open open = w->v[--w->n];
    int closer = partner(p->v[open.at].kind);
    struct edit e = { .at = place_closer(w, open, before, closer), .kind = closer };
    struct span gap = repair_gap(p, e);
    const char *text = closer == '}' ? "}" : closer == ']' ? "]" : ")";
    struct diag *x = repair_report(p, DIAG_E0202, lexeme_span(p, open.at), "this `%.*s` is never closed",
                                   STR_ARG(ast_text(p->sources, lexeme_span(p, open.at))));
    if (x) {
        uint32_t from = sources_line(p->sources, p->file, p->v[open.at].off), to = sources_line(p->sources, p->file, gap.off);
        diag_label(p->diags, x, "its `%s` is missing", text);
        if (from != to)
            diag_second(p->diags, x, gap, "expected `%s` here at the latest", text);
        else
            diag_fix(p->diags, x, (struct span){ gap.file, gap.off, 0 }, closer != '}' ? str_of(text) : gap.len ? STR("} ") : STR(" }"), false);
        diag_help(p->diags, x, "every bracket is closed by its own kind, and a line belongs to the block it is indented for");
    }
    repair_apply(p, e);
}

/* ---- an opener is missing ---- */

static bool starts(const struct parse *p, size_t i)         /* does a line with a new item begin here? */
{
    return p->v[i].line && !layout_continues(p->v[i].kind) && (!i || !layout_opens(p->v[i - 1].kind) || p->v[i - 1].kind == '{');
}

/* The line that closer i, first on its own, would close: its end. SIZE_MAX: there is none. */
static size_t block_line(const struct parse *p, size_t i, size_t indent)
{
    size_t end = i;
    for (size_t k = i; k--;) {
        if (!p->v[k].line)
            continue;
        size_t in = indent_of(p, p->v[k].off);
        if (in == indent && !is_closer(p->v[k].kind))
            return end;
        if (in <= indent)
            return SIZE_MAX;
        end = k;
    }
    return SIZE_MAX;
}

static size_t line_of(const struct parse *p, size_t i)
{
    while (i && !p->v[i].line)
        i--;
    return i;
}

/* The best place for the opener of closer i: any on the same line, before that between brackets, in the same item. */
static struct edit place_opener(struct work *w, size_t i, int opener)
{
    const struct parse *p = w->p;
    bool block = p->v[i].line;
    struct edit e = { .at = SIZE_MAX, .kind = opener };
    size_t from = block ? block_line(p, i, indent_of(p, p->v[i].off)) : i, reached = i + 1, depth = 0;
    if (from == SIZE_MAX)
        return e;
    size_t line = line_of(p, block ? from - 1 : from), low = w->n ? w->v[w->n - 1].at + 1 : w->from;
    repair_aim(w->t, line, i + AHEAD);
    for (size_t at = from, tried = 0; at >= low && tried < PLACES; at--, tried++) {
        struct edit x = { .at = at, .kind = opener, .line = !block && p->v[at].line };
        size_t got = at >= line || !depth ? repair_try(w->t, x) : 0;
        if (got > reached) {
            reached = got;
            e = x;
        }
        if (got >= w->t->limit || at == low || (p->v[at].line && starts(p, at) && !block))
            break;
        int k = p->v[at - 1].kind;
        depth += is_closer(k);
        depth -= is_opener(k) && depth;
    }
    if (block && e.at == SIZE_MAX)
        e.at = from;
    return e;
}

/* Closer i closes nothing that could be found: its whole item cannot be read. Returns the index of what comes after it. */
static size_t drop_around(struct work *w, size_t i)
{
    struct parse *p = w->p;
    size_t first = w->n ? w->v[w->n - 1].at + 1 : w->from, depth = 0, last = i + 1;
    for (size_t k = first; k < i; k++) {
        if (!depth && (starts(p, k) || (k && (p->v[k - 1].kind == ',' || p->v[k - 1].kind == ';'))))
            first = k;
        depth += is_opener(p->v[k].kind);
        depth -= is_closer(p->v[k].kind) && depth;
    }
    for (depth = 0; last < p->n - w->rest; last++) {
        int k = p->v[last].kind;
        if (!depth && (is_closer(k) || k == ',' || k == ';' || starts(p, last)))
            break;
        depth += is_opener(k);
        depth -= is_closer(k) && depth;
    }
    repair_replace(p, first, last);
    return first + 1;
}

/* Opens what closer i closes, or takes i away. Returns the index of what comes after it. */
static size_t open_missing(struct work *w, size_t i)
{
    struct parse *p = w->p;
    int opener = partner(p->v[i].kind);
    struct edit e = { .at = SIZE_MAX, .kind = opener }, without = { .at = i, .drop = true };
    repair_aim(w->t, i, i + AHEAD);
    bool surplus = !p->v[i].line && repair_try(w->t, without) >= w->t->limit;
    if (!surplus)
        e = place_opener(w, i, opener);
    struct str text = ast_text(p->sources, lexeme_span(p, i));
    if (e.at == SIZE_MAX) {
        struct diag *x = repair_report(p, DIAG_E0203, lexeme_span(p, i), "this `%.*s` closes nothing", STR_ARG(text));
        if (x)
            diag_label(p->diags, x, "no bracket of its kind is open here");
        repair_aim(w->t, i, i + AHEAD);
        bool in_body = !w->n || p->v[w->v[w->n - 1].at].kind == '{';
        size_t reached = surplus ? w->t->limit : repair_try(w->t, without);
        if (in_body && reached >= i && reached < w->t->limit)   /* before i: another mistake, which hides what this one does */
            return drop_around(w, i);
        repair_apply(p, without);
        return i;
    }
    struct span gap = repair_gap(p, e);
    const char *want = opener == '{' ? "{" : opener == '[' ? "[" : "(";
    struct diag *x = repair_report(p, DIAG_E0203, gap, "a `%s` is missing here", want);
    if (x) {
        diag_label(p->diags, x, "expected `%s`", want);
        diag_second(p->diags, x, lexeme_span(p, i), "this `%.*s` closes it", STR_ARG(text));
        struct str fix = opener != '{' ? str_of(want) : gap.len ? STR("{ ") : STR(" {");
        diag_fix(p->diags, x, (struct span){ gap.file, gap.off, 0 }, fix, false);
    }
    repair_apply(p, e);
    return i + 2;
}

/* ---- the walk ---- */

/* Is closer i first on its line, or right after others that are? */
static bool leads_line(const struct parse *p, size_t i)
{
    while (i && !p->v[i].line && is_closer(p->v[i - 1].kind))
        i--;
    return p->v[i].line;
}

static bool can_close(const struct work *w, size_t i, size_t k)
{
    const struct parse *p = w->p;
    size_t at = w->v[k].at;
    if (p->v[at].kind != partner(p->v[i].kind))
        return false;
    return p->v[i].kind != '}' || line_of(p, at) == line_of(p, i) || leads_line(p, i);
}

/* Closer i: ends the innermost bracket of its kind; those inside it were never closed. Returns the index of what comes after it. */
static size_t close_one(struct work *w, size_t i)
{
    const struct parse *p = w->p;
    size_t k = w->n;
    while (k && !can_close(w, i, k - 1))
        k--;
    bool across = k && w->n > k && w->v[k - 1].at < line_of(p, i) && w->v[w->n - 1].at >= line_of(p, i) && !leads_line(p, i);
    if (!k || across)                                      /* it would end what this line only stands in */
        return open_missing(w, i);
    while (w->n > k) {
        close_missing(w, i);
        i++;
    }
    w->n--;
    return i + 1;
}

/* The first lexeme of a line: closes what is indented too far to be still open. Returns where that lexeme is now. */
static size_t begin_line(struct work *w, size_t i)
{
    size_t indent = indent_of(w->p, w->p->v[i].off);
    bool closer = is_closer(w->p->v[i].kind);
    while (w->n && (closer ? w->v[w->n - 1].indent > indent : w->v[w->n - 1].indent >= indent)) {
        close_missing(w, i);
        i++;
    }
    return i;
}

/* Closer i, first on its line: is there nothing open that it could close? */
static bool lost_opener(const struct work *w, size_t i)
{
    const struct parse *p = w->p;
    const struct open *top = w->n ? &w->v[w->n - 1] : NULL;
    if (!top || top->indent < indent_of(p, p->v[i].off))
        return true;
    int want = partner(p->v[top->at].kind);                /* }] after [: the } lost its { */
    return p->v[i].kind != want && i + 1 < p->n && p->v[i + 1].kind == want && !p->v[i + 1].line;
}

static void walk(struct work *w)
{
    struct parse *p = w->p;
    for (size_t i = w->from; i < p->n - w->rest;) {
        if (p->v[i].line)
            i = begin_line(w, i);
        struct lexeme x = p->v[i];
        bool surplus = is_closer(x.kind) && x.line && lost_opener(w, i);
        if (surplus) {
            i = open_missing(w, i);
            continue;
        }
        if (is_closer(x.kind)) {
            i = close_one(w, i);
            continue;
        }
        if (is_opener(x.kind)) {
            if (w->n == w->cap)
                w->v = vec_grow(w->v, w->n, &w->cap, sizeof *w->v);
            w->v[w->n++] = (struct open){ i, indent_of(p, p->v[line_of(p, i)].off) };
        }
        i++;
    }
    while (w->n)
        close_missing(w, p->n - w->rest);
}

/* The end of the part that begins at lexeme i: the next line without indentation that starts something. */
static size_t part_end(const struct parse *p, size_t i)
{
    for (i++; i < p->n; i++)
        if (p->v[i].line && !is_closer(p->v[i].kind) && !layout_continues(p->v[i].kind) && !indent_of(p, p->v[i].off))
            return i;
    return p->n;
}

/* Is some line indented for another block than the one its brackets put it in? */
static bool misindented(const struct work *w, size_t to)
{
    const struct parse *p = w->p;
    size_t indent[AST_DEPTH_LIMIT + 1], depth = 0, line = 0;
    for (size_t i = w->from; i < to; i++) {
        int k = p->v[i].kind;
        line = p->v[i].line ? indent_of(p, p->v[i].off) : line;
        if (p->v[i].line && depth && (is_closer(k) ? line != indent[depth - 1] : line <= indent[depth - 1]))
            return true;
        if (is_opener(k) && depth < AST_DEPTH_LIMIT)
            indent[depth++] = line;
        depth -= is_closer(k) && depth;
    }
    return false;
}

/* The line where the parser stops in the part, or UINT32_MAX. */
static uint32_t part_stops(struct work *w)
{
    const struct parse *p = w->p;
    size_t end = p->n - w->rest;
    *w->t = (struct trial){ .p = w->p, .start = w->from, .limit = w->rest ? end : end + 1, .budget = w->t->budget };
    size_t wrong = repair_try(w->t, (struct edit){ 0 });
    if (wrong >= w->t->limit)
        return UINT32_MAX;
    return sources_line(p->sources, p->file, wrong < end ? p->v[wrong].off : p->part.off + p->part.len);
}

/* Brackets that have partners, but the wrong ones: two mistakes that hide each other. True when indentation knows better: with
 * its brackets the parser gets to a later line. */
static bool two_mistakes(struct work *w, size_t end)
{
    struct parse *p = w->p;
    uint32_t before = misindented(w, end) ? part_stops(w) : UINT32_MAX;
    if (before == UINT32_MAX)
        return false;
    struct parse saved = *p;
    p->v = malloc(p->n * sizeof *p->v);
    if (!p->v)
        die("out of memory");
    memcpy(p->v, saved.v, p->n * sizeof *p->v);
    p->cap = p->n;
    p->diags = NULL;
    walk(w);
    uint32_t after = part_stops(w);
    free(p->v);
    *p = saved;
    return after > before;
}

/* Part by part, so that what is right in one part is not judged by another. */
void brackets_repair(struct trial *t)
{
    struct work w = { .t = t, .p = t->p };
    for (size_t i = 0; i < w.p->n;) {
        size_t end = part_end(w.p, i);
        w.from = i;
        w.rest = w.p->n - end;
        if (!balanced(w.p, i, end) || two_mistakes(&w, end))
            walk(&w);
        i = w.p->n - w.rest;
    }
    free(w.v);
}
