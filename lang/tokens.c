/* tokens.c - what scan.l needs besides patterns: the token vector, keywords, units, and the look ahead that decides where a
 * string ends when its author forgot to close it. */
#include "token.h"
#include "ast.h"
#include "kc/vec.h"
#include "syntax.h"
#include "parse.h"
#include <stdlib.h>
#include <string.h>

static struct span here(const struct scan *s, size_t len)
{
    return (struct span){ s->file, s->off, (uint32_t)len };
}

/* One diagnostic a line. NULL: this scan is silent, or the line has one already. A string that is not closed replaces what was
 * said before on its line: that was probably its text. */
static bool may_report(struct scan *s, enum diag_code code)
{
    s->failed = true;
    if (!s->diags)
        return false;
    if (s->said && code != DIAG_E0103)
        return false;
    if (s->said && s->diags->n > s->mark)
        diags_rewind(s->diags, s->diags->n - 1);
    s->said = true;
    return true;
}
#define REPORT(s, code, at, ...) (may_report((s), (code)) ? diag_add((s)->diags, (code), (at), __VA_ARGS__) : NULL)

void scan_add(struct scan *s, int kind, size_t len)
{
    if (s->out.n == s->out.cap)
        s->out.v = vec_grow(s->out.v, s->out.n, &s->out.cap, sizeof *s->out.v);
    s->out.v[s->out.n++] = (struct token){ s->off, (uint32_t)len, (uint16_t)kind };
    if (len && (kind == TOKEN_EOL || memchr(s->text.s + s->off, '\n', len)))
        s->said = false;
    s->off += (uint32_t)len;
    if (kind == '(' || kind == '[' || kind == '{') {
        if (s->nopen < sizeof s->open)
            s->open[s->nopen++] = (char)(kind == '(' ? ')' : kind == '[' ? ']' : '}');
    } else if (kind == ')' || kind == ']' || kind == '}') {
        if (s->nopen && s->open[s->nopen - 1] == kind)
            s->nopen--;
    }
    if (s->depth && kind == '(')
        s->parens[s->depth - 1]++;
    if (s->depth && kind == ')')
        s->parens[s->depth - 1]--;
}

int scan_word(const char *word, size_t n)
{
    static const struct { const char *word; int kind; } words[] = {
        { "import", T_IMPORT }, { "as", T_AS }, { "amends", T_AMENDS }, { "param", T_PARAM }, { "let", T_LET }, { "type", T_TYPE },
        { "fn", T_FN }, { "schema", T_SCHEMA }, { "resource", T_RESOURCE }, { "component", T_COMPONENT }, { "out", T_OUT }, { "made", T_MADE },
        { "assert", T_ASSERT }, { "moved", T_MOVED }, { "for", T_FOR }, { "in", T_IN }, { "if", T_IF }, { "then", T_THEN },
        { "else", T_ELSE }, { "with", T_WITH }, { "true", T_TRUE }, { "false", T_FALSE }, { "none", T_NONE } };
    if (n < 2 || n > 9)
        return T_NAME;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strncmp(words[i].word, word, n) && !words[i].word[n])
            return words[i].kind;
    return T_NAME;
}

/* ---- characters and units ---- */

static void advise_char(struct scan *s, struct diag *x, struct str c, struct span at)
{
    if (c.n >= 3 && !memcmp(c.s, "\xe2\x80", 2) && (unsigned char)c.s[2] >= 0x98 && (unsigned char)c.s[2] <= 0x9f) {
        diag_help(s->diags, x, "strings are written with straight quotes: \"...\"");
        if (c.n > 6) {
            struct str inner = str_sub(c, 3, c.n - 3);
            diag_fix(s->diags, x, at, str_fmt(s->diags->arena, "\"%.*s\"", STR_ARG(inner)), true);
        }
    } else if (str_is(c, "\xc2\xa0")) {
        diag_help(s->diags, x, "this is a no-break space: write an ordinary one");
        diag_fix(s->diags, x, at, STR(" "), true);
    } else if (str_is(c, "&")) {
        diag_help(s->diags, x, "\"and\" is written `&&`");
    } else if (str_is(c, "$")) {
        diag_help(s->diags, x, "names stand without `$`; inside a string write `\\(name)`");
    } else if (str_is(c, "`")) {
        diag_help(s->diags, x, "strings are written \"...\" or, taken literally, '...'");
    } else if (str_is(c, "%")) {
        diag_help(s->diags, x, "the rest of a division is `mod(a, b)`");
    } else {
        diag_help(s->diags, x, "outside of strings and comments only letters, digits and punctuation of the language may stand");
    }
}

void scan_bad(struct scan *s, enum diag_code code, size_t len)
{
    struct span at = here(s, len);
    struct str c = { s->text.s + s->off, len };
    struct buf shown = { 0 };
    text_safe(&shown, c);
    bool quotes = len > 3 && code == DIAG_E0101;
    struct diag *x = REPORT(s, code, at, quotes ? "%.*s is in typographic quotes" : "`%.*s` cannot stand here", STR_ARG(buf_view(&shown)));
    if (x)
        advise_char(s, x, c, at);
    buf_fini(&shown);
    bool space = str_is(c, "\xc2\xa0") || (len == 1 && (unsigned char)*c.s < 0x20);
    scan_add(s, space ? TOKEN_SPACE : str_is(c, "&") ? T_AND : T_BAD, len);
}

static const char *const units[] = { "B", "kB", "KB", "MB", "GB", "TB", "PB", "KiB", "MiB", "GiB", "TiB", "PiB",
                                     "ms", "s", "m", "h", "d", "w" };
enum { UNITS = sizeof units / sizeof *units };

static bool unit_known(struct str u)
{
    for (size_t i = 0; i < UNITS; i++)
        if (str_is(u, units[i]))
            return true;
    return false;
}

static void advise_unit(struct scan *s, struct diag *x, struct str u, uint32_t off)
{
    struct str names[UNITS], near[3];
    size_t n = 0;
    for (size_t i = 0; i < UNITS; i++)                     /* an equal spelling in another case comes first */
        if (str_caseeq(u, str_of(units[i])))
            names[n++] = str_of(units[i]);
    bool certain = n == 1;
    if (!n)
        for (size_t i = 0; i < UNITS; i++)
            names[n++] = str_of(units[i]);
    size_t found = n < UNITS ? n : diag_nearest(u, names, n, near);
    struct str best = n < UNITS ? names[0] : near[0];
    if (found) {
        diag_label(s->diags, x, "did you mean `%.*s`?", STR_ARG(best));
        diag_fix(s->diags, x, (struct span){ s->file, off, (uint32_t)u.n }, best, certain);
    }
    diag_help(s->diags, x, "sizes: 80GiB, 512MiB, 1TB; durations: 90s, 6h, 1h30m, 14d; a name cannot start with a digit");
}

bool scan_quantity(struct scan *s, const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t j = i;
        while (j < n && ((text[j] >= '0' && text[j] <= '9') || text[j] == '.' || text[j] == '_'))
            j++;
        size_t k = j;
        while (k < n && (text[k] < '0' || text[k] > '9'))
            k++;
        struct str u = { text + j, k - j };
        if (!unit_known(u)) {
            struct diag *x = REPORT(s, DIAG_E0104, here(s, n), "unknown unit `%.*s` in `%.*s`", STR_ARG(u), (int)n, text);
            if (x)
                advise_unit(s, x, u, s->off + (uint32_t)j);
            scan_add(s, T_BAD, n);
            return false;
        }
        i = k;
    }
    return true;
}

void scan_comment(struct scan *s, size_t len)
{
    struct diag *x = REPORT(s, DIAG_E0101, here(s, 2), "`/*` does not start a comment");
    if (x)
        diag_help(s->diags, x, "a comment starts with `#` and ends with its line");
    scan_add(s, TOKEN_COMMENT, len);
}

void scan_escape(struct scan *s, size_t len)
{
    struct diag *x = REPORT(s, DIAG_E0105, here(s, len), "unknown escape `%.*s`", (int)len, s->text.s + s->off);
    if (!x)
        return;
    diag_help(s->diags, x, "known are \\n \\r \\t \\0 \\\\ \\\" \\u{1F600} and \\(expression); for a backslash write `\\\\`, or use a raw string in '...'");
    diag_fix(s->diags, x, here(s, 1), STR("\\\\"), false);
}

/* ---- where strings end ---- */

static size_t string_end(struct scan *s, size_t i, char quote, unsigned depth);

static bool spend(struct scan *s)
{
    return s->look && s->look--;
}

/* i is after "\(": the offset after its ")", or SIZE_MAX. A newline ends the search when the string has one line. */
static size_t hole_end(struct scan *s, size_t i, bool one_line, unsigned depth)
{
    struct str t = { s->text.s, s->end };
    unsigned parens = 0;
    for (; i < t.n && depth < TOKEN_NEST && spend(s); i++) {
        char c = t.s[i];
        if ((c == '\n' && one_line) || c == '#')
            return SIZE_MAX;
        if (c == '(')
            parens++;
        if (c == ')' && !parens--)
            return i + 1;
        if (c == '"' || c == '\'') {
            size_t end = string_end(s, i + 1, c, depth + 1);
            if (end == SIZE_MAX)
                return SIZE_MAX;
            i = end - 1;
        }
    }
    return SIZE_MAX;
}

/* i is after the quote of a one-line string: the offset after its closing quote, or SIZE_MAX when its line ends first. */
static size_t string_end(struct scan *s, size_t i, char quote, unsigned depth)
{
    struct str t = { s->text.s, s->end };
    while (i < t.n && t.s[i] != '\n' && spend(s)) {
        if (t.s[i] == quote)
            return i + 1;
        if (t.s[i] == '\\' && quote == '"' && i + 1 < t.n) {
            size_t end = t.s[i + 1] == '(' ? hole_end(s, i + 2, true, depth) : SIZE_MAX;
            i = end != SIZE_MAX ? end : t.s[i + 1] == '\n' ? i + 1 : i + 2;
        } else {
            i++;
        }
    }
    return SIZE_MAX;
}

bool scan_hole(struct scan *s, bool one_line)
{
    if (s->depth + 1 >= TOKEN_NEST) {
        REPORT(s, DIAG_E0109, here(s, 2), "interpolations are nested more than %d deep", TOKEN_NEST - 1);
        return false;
    }
    if (hole_end(s, s->off + 2, one_line, s->depth) != SIZE_MAX)
        return true;
    struct diag *x = REPORT(s, DIAG_E0107, here(s, 2), "interpolation `\\(` is not closed");
    if (x) {
        diag_label(s->diags, x, "no `)` belongs to this");
        diag_help(s->diags, x, "write \"...\\(name)...\"; for the two characters themselves, `\\\\(`");
    }
    return false;
}

/* Where a one-line string probably ends: before a comma and the brackets at the end of its line that were opened on it. */
static size_t likely_end(const struct scan *s, size_t from)
{
    struct str t = s->text;
    size_t end = from;
    while (end < s->end && t.s[end] != '\n')
        end++;
    unsigned open = s->nopen, closers = 0;
    size_t cut = end, last = end;
    while (last > from && (t.s[last - 1] == ' ' || t.s[last - 1] == '\r'))
        last--;
    if (last > from && t.s[last - 1] == '{')               /* the line opens a block */
        cut = end = last - 1;
    for (size_t i = end; i > from; i--) {
        char c = t.s[i - 1];
        if (c == ' ' || c == '\t' || c == '\r')
            continue;
        if (c == ',' && !closers)
            cut = i - 1;
        else if ((c == ')' || c == ']' || c == '}') && closers < open && s->open[closers] == c)
            cut = i - 1, closers++;
        else
            break;
    }
    while (cut > from && (t.s[cut - 1] == '\r' || t.s[cut - 1] == ' '))
        cut--;
    return cut;
}

size_t scan_quote(struct scan *s, char quote, bool *closed)
{
    *closed = string_end(s, s->off + 1, quote, s->depth) != SIZE_MAX;
    if (*closed) {
        scan_add(s, T_QUOTE, 1);
        return 0;
    }
    size_t end = likely_end(s, s->off + 1), len = end - s->off;
    struct diag *x = REPORT(s, DIAG_E0103, here(s, len), "string is not closed on its line");
    if (x) {
        struct str q = { &quote, 1 };
        diag_label(s->diags, x, "no closing `%c`", quote);
        diag_help(s->diags, x, "text of several lines stands between \"\"\" and \"\"\"");
        diag_fix(s->diags, x, (struct span){ s->file, (uint32_t)end, 0 }, q, false);
    }
    scan_add(s, T_QUOTE, 1);
    if (len > 1)
        scan_add(s, T_TEXT, len - 1);
    scan_add(s, T_QUOTE_END, 0);
    return len - 1;
}

/* ---- strings of several lines ---- */

static size_t line_start(struct str t, size_t i)
{
    const char *nl = i ? memrchr(t.s, '\n', i) : NULL;
    return nl ? (size_t)(nl - t.s) + 1 : 0;
}

static size_t indent_at(struct str t, size_t i)            /* i is the start of a line; SIZE_MAX: blank */
{
    size_t from = i;
    while (i < t.n && (t.s[i] == ' ' || t.s[i] == '\t'))
        i++;
    return i == t.n || t.s[i] == '\n' || t.s[i] == '\r' ? SIZE_MAX : i - from;
}

/* Does the text before i, on its line, end as code does before a value? Then quotes at i open a string. */
static bool before_value(struct str t, size_t i)
{
    size_t from = i > 200 ? i - 200 : 0;
    while (i > from && (t.s[i - 1] == ' ' || t.s[i - 1] == '\t'))
        i--;
    return i > from && strchr("=([,:", t.s[i - 1]);
}

static size_t block_end(struct scan *s, size_t i, const char *quotes)    /* offset of the closing quotes, or SIZE_MAX */
{
    struct str t = { s->text.s, s->end };
    for (; i + 3 <= t.n && spend(s); i++) {
        if (t.s[i] == '\\' && *quotes == '"')
            i++;
        else if (!memcmp(t.s + i, quotes, 3))
            return before_value(t, i) ? SIZE_MAX : i;
    }
    return SIZE_MAX;
}

/* The block string that nobody closed ends before the first line that is not indented more than the line it was opened on. */
static size_t dedent(struct str t, size_t open, size_t i)
{
    size_t base = indent_at(t, line_start(t, open));
    while (i < t.n) {
        size_t indent = indent_at(t, i);
        if (indent != SIZE_MAX && indent <= base)
            return i;
        const char *nl = memchr(t.s + i, '\n', t.n - i);
        i = nl ? (size_t)(nl - t.s) + 1 : t.n;
    }
    return t.n;
}

/* Closing quotes, alone on their line, of a text that was never opened: the offset where it should have been, or SIZE_MAX. */
static size_t lost_open(const struct scan *s)
{
    struct str t = { s->text.s, s->end };
    size_t start = line_start(t, s->off), indent = indent_at(t, start);
    if (indent == SIZE_MAX || start + indent != s->off || s->depth)
        return SIZE_MAX;
    for (size_t at = start, lines = 0; at && lines < 400; lines++) {
        size_t prev = line_start(t, at - 1), in = indent_at(t, prev);
        if (in != SIZE_MAX && in < indent) {
            size_t end = at - 1;
            return before_value(t, end) && s->out.n && prev >= s->out.v[0].off ? end : SIZE_MAX;
        }
        at = prev;
    }
    return SIZE_MAX;
}

/* Takes tokens and diagnostics from offset `from` on back: what they were made of is text. */
static void take_back(struct scan *s, uint32_t from)
{
    while (s->out.n && s->out.v[s->out.n - 1].off + s->out.v[s->out.n - 1].len > from)
        s->out.n--;
    s->off = s->out.n ? s->out.v[s->out.n - 1].off + s->out.v[s->out.n - 1].len : from;
    if (s->diags)
        while (s->diags->n > s->mark && s->diags->v[s->diags->n - 1]->at.off >= from)
            diags_rewind(s->diags, s->diags->n - 1);
}

static size_t open_late(struct scan *s, size_t from, size_t len, const char *quotes)
{
    uint32_t close = s->off;
    take_back(s, (uint32_t)from);
    struct diag *x = REPORT(s, DIAG_E0103, here(s, 1), "the `%s` that opens this text is missing", quotes);
    if (x) {
        diag_label(s->diags, x, "expected `%s` here", quotes);
        diag_second(s->diags, x, (struct span){ s->file, close, 3 }, "the text ends here");
        diag_fix(s->diags, x, here(s, 0), str_fmt(s->diags->arena, " %s", quotes), false);
    }
    scan_add(s, T_QUOTE, 0);
    scan_add(s, T_TEXT, close - s->off);
    scan_add(s, T_QUOTE_END, 3);
    if (len > 3)
        scan_add(s, s->text.s[s->off + len - 4] == '\n' ? TOKEN_EOL : TOKEN_SPACE, len - 3);
    return 0;
}

size_t scan_block(struct scan *s, size_t len, const char *quotes, bool *closed)
{
    struct str t = { s->text.s, s->end };
    bool own_line = t.s[s->off + len - 1] == '\n';
    *closed = block_end(s, s->off + len, quotes) != SIZE_MAX;
    if (*closed) {
        if (!own_line) {
            struct diag *x = REPORT(s, DIAG_E0106, here(s, 3), "text of a `%s` string starts on the next line", quotes);
            if (x)
                diag_help(s->diags, x, "break the line after `%s`, or use %c...%c", quotes, *quotes, *quotes);
        }
        scan_add(s, T_QUOTE, len);
        return 0;
    }
    size_t from = lost_open(s);
    if (from != SIZE_MAX)
        return open_late(s, from, len, quotes);
    struct diag *x = REPORT(s, DIAG_E0103, here(s, 3), "string `%s` is never closed", quotes);
    if (x) {
        diag_label(s->diags, x, "no `%s` ends this text", quotes);
        diag_help(s->diags, x, "close it with `%s` on a line of its own; the indentation of that line is taken off the text", quotes);
    }
    size_t end = own_line ? dedent(t, s->off, s->off + len) : s->off + len, text = end - (s->off + len);
    if (text && t.s[end - 1] == '\n')                      /* stays a line end */
        text--;
    scan_add(s, T_QUOTE, len);
    if (text)
        scan_add(s, T_TEXT, text);
    scan_add(s, T_QUOTE_END, 0);
    return text;
}

struct tokens scan_text(struct str text, struct span part, struct diags *d, bool *failed)
{
    struct scan s = { .text = text, .diags = d, .mark = d ? d->n : 0, .file = part.file, .off = part.off, .end = part.off + part.len };
    s.look = 16 * (size_t)part.len + (1 << 20);
    scan_run(&s);
    *failed = s.failed;
    return s.out;
}
