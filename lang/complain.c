/* complain.c - the words for what repair.c found: what was expected where, and what to write. */
#include "syntax.h"
#include "parse.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- places ---- */

struct span repair_gap(const struct parse *p, struct edit e)
{
    const struct lexeme *prev = e.at ? &p->v[e.at - 1] : NULL;
    bool next = e.at < p->n && (!p->v[e.at].line || e.line || !prev || (layout_is_word(e.kind) && !e.tail));
    if (next)
        return (struct span){ p->file, p->v[e.at].off, p->v[e.at].len };
    return (struct span){ p->file, prev ? prev->off + prev->len : p->part.off, 0 };
}

static bool said_already(const struct parse *p, uint32_t off)
{
    uint32_t line = sources_line(p->sources, p->file, off);
    for (size_t i = 0; i < p->diags->n; i++) {
        struct span at = p->diags->v[i]->at;
        if (at.file == p->file && sources_line(p->sources, p->file, at.off) == line)
            return true;
    }
    return false;
}

struct diag *repair_report(struct parse *p, enum diag_code code, struct span at, const char *fmt, ...)
{
    if (!p->diags || said_already(p, at.off))
        return NULL;
    va_list ap;
    va_start(ap, fmt);
    char text[300];
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return diag_add(p->diags, code, at, "%s", text);
}

/* ---- words ---- */

static const char *spelling(int kind)                      /* what to write for a token, or NULL when it depends */
{
    static const struct { int kind; const char *text; } t[] = {
        { T_IMPORT, "import" }, { T_AS, "as" }, { T_AMENDS, "amends" }, { T_PARAM, "param" }, { T_LET, "let" }, { T_TYPE, "type" },
        { T_FN, "fn" }, { T_SCHEMA, "schema" }, { T_RESOURCE, "resource" }, { T_COMPONENT, "component" }, { T_OUT, "out" }, { T_MADE, "made" },
        { T_ASSERT, "assert" }, { T_MOVED, "moved" }, { T_FOR, "for" }, { T_IN, "in" }, { T_IF, "if" }, { T_THEN, "then" },
        { T_ELSE, "else" }, { T_WITH, "with" }, { T_ELLIPSIS, "..." }, { T_DOTDOT, ".." }, { T_ARROW, "->" }, { T_EQ, "==" },
        { T_AND, "&&" }, { T_OR, "||" }, { '=', "=" }, { ':', ":" }, { ',', "," }, { ';', "," }, { '.', "." }, { '@', "@" },
        { '|', "|" }, { '!', "!" }, { '(', "(" }, { ')', ")" }, { '[', "[" }, { ']', "]" }, { '{', "{" }, { '}', "}" } };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        if (t[i].kind == kind)
            return t[i].text;
    return NULL;
}

/* The user's text of lexeme i, short enough for a message. */
static const char *quoted(struct parse *p, size_t i)
{
    if (i >= p->n)
        return "the end of the file";
    struct str t = str_sub(p->text, p->v[i].off, p->v[i].off + p->v[i].len);
    if (p->v[i].kind == T_QUOTE)
        return "this string";
    if (p->v[i].kind == T_QUOTE_END)
        return "the string";
    if (!t.n)
        return "this";
    if (t.n > 40)
        t.n = 40;
    return str_c(p->arena, str_fmt(p->arena, "`%.*s`", STR_ARG(t)));
}

static bool same_line(const struct parse *p, size_t at)
{
    return at && at < p->n && !p->v[at].line;
}

static void insertion(struct parse *p, struct diag *x, struct edit e, bool certain)
{
    const char *text = spelling(e.kind);
    if (!text || !e.at)
        return;
    bool tight = e.kind == '.' || e.kind == ',' || e.kind == ';' || e.kind == ':', leads = e.kind == '@' || e.kind == T_ELLIPSIS;
    uint32_t prev = p->v[e.at - 1].off + p->v[e.at - 1].len;
    bool line = e.at < p->n && p->v[e.at].line, opened = e.at < p->n && prev == p->v[e.at].off && strchr("([{", p->text.s[prev - 1]);
    uint32_t at = tight || !line ? prev : p->v[e.at].off;
    bool space = e.at < p->n && !line && p->v[e.at].off > prev;
    struct str insert = str_fmt(p->arena, "%s%s%s", tight || line || opened ? "" : " ", text, (space || leads) && !line ? "" : " ");
    if (leads && space)
        insert = str_of(text), at = p->v[e.at].off;
    diag_fix(p->diags, x, (struct span){ p->file, at, 0 }, insert, certain);
}

/* ---- what is missing ---- */

static void missing_value(struct parse *p, struct edit e)
{
    struct diag *x;
    if (e.at && !(e.line && e.at < p->n))
        x = repair_report(p, DIAG_E0205, repair_gap(p, e), "a value is missing after %s", quoted(p, e.at - 1));
    else
        x = repair_report(p, DIAG_E0205, repair_gap(p, e), "a value is missing before %s", quoted(p, e.at));
    if (x)
        diag_label(p->diags, x, "expected a value");
}

static void missing_name(struct parse *p, struct edit e)
{
    bool before = e.at < p->n && (e.line || !p->v[e.at].line);
    struct diag *x = repair_report(p, DIAG_E0205, repair_gap(p, e), "a name is missing %s %s", before ? "before" : "after",
                                   quoted(p, before || !e.at ? e.at : e.at - 1));
    if (x)
        diag_label(p->diags, x, "expected a name");
}

/* In bodies of schemas, resources and components fields are mostly declared, elsewhere set. */
static void missing_equals(struct parse *p, struct edit e)
{
    struct diag *x = repair_report(p, DIAG_E0205, repair_gap(p, e), "`=` is missing between %s and its value", quoted(p, e.at - 1));
    if (!x)
        return;
    diag_label(p->diags, x, "expected `=`");
    diag_help(p->diags, x, "a field is set with `name = value`, declared with `name: type`; a block is `kind label { ... }`");
    insertion(p, x, e, true);
}

static void missing(struct parse *p, struct edit e)
{
    const char *text = spelling(e.kind);
    if (e.kind == T_BAD) {
        missing_value(p, e);
        return;
    }
    if (e.kind == T_NAME) {
        missing_name(p, e);
        return;
    }
    if (e.kind == '=' && same_line(p, e.at)) {
        missing_equals(p, e);
        return;
    }
    struct diag *x;
    if (e.kind == ';')
        x = repair_report(p, DIAG_E0205, repair_gap(p, e), "`,` or a new line is missing before %s", quoted(p, e.at));
    else if (e.kind == T_EQ || e.kind == T_DOTDOT)
        x = repair_report(p, DIAG_E0205, repair_gap(p, e), "an operator is missing between %s and %s", quoted(p, e.at - 1), quoted(p, e.at));
    else if (e.at < p->n && (same_line(p, e.at) || e.line))
        x = repair_report(p, DIAG_E0205, repair_gap(p, e), "`%s` is missing before %s", text, quoted(p, e.at));
    else
        x = repair_report(p, DIAG_E0205, repair_gap(p, e), "`%s` is missing after %s", text, e.at ? quoted(p, e.at - 1) : "this");
    if (!x)
        return;
    if (e.kind == T_EQ || e.kind == T_DOTDOT) {
        diag_label(p->diags, x, "expected an operator such as `%s`", text);
        return;
    }
    diag_label(p->diags, x, "expected `%s`", text);
    insertion(p, x, e, false);
}

/* ---- what is wrong ---- */

static void instead(struct parse *p, const struct parse *wrong, struct edit e)
{
    struct span at = { p->file, p->v[e.at].off, p->v[e.at].len };
    const char *text = spelling(e.kind);
    struct diag *x;
    if (p->v[e.at].kind == '=' && e.kind == ':') {
        x = repair_report(p, DIAG_E0205, at, "a type is missing before `=`");
        if (x) {
            diag_label(p->diags, x, "expected `: type`");
            diag_help(p->diags, x, "write `name: type = default`, such as `zones: int = 3`");
        }
        return;
    }
    if (e.kind == T_EQ) {
        x = repair_report(p, DIAG_E0207, at, "`=` sets a field; values are compared with `==`");
    } else if (p->v[e.at].kind == T_EQ) {
        x = repair_report(p, DIAG_E0201, at, "`==` compares; a field is set with `=`");
    } else {
        x = repair_report(p, DIAG_E0201, at, "%s cannot stand here: `%s` was expected", quoted(p, e.at), text);
    }
    (void)wrong;
    if (!x)
        return;
    diag_label(p->diags, x, "write `%s`", text);
    diag_fix(p->diags, x, at, str_of(text), true);
}

static void surplus(struct parse *p, struct edit e)
{
    struct span at = { p->file, p->v[e.at].off, p->v[e.at].len };
    struct diag *x = repair_report(p, DIAG_E0201, at, "%s is too much here", quoted(p, e.at));
    if (!x)
        return;
    diag_label(p->diags, x, "without this the line can be read");
    diag_fix(p->diags, x, at, STR(""), false);
}

/* ---- habits ---- */

/* name: type @mark = default */
static bool default_after_mark(const struct parse *p, size_t i)
{
    if (i >= p->n || p->v[i].kind != '=')
        return false;
    for (size_t k = i; k-- && !p->v[k + 1].line;) {
        if (p->v[k].kind == '@')
            return true;
        if (p->v[k].kind == ':' || p->v[k].kind == '=' || p->v[k].kind == '{')
            return false;
    }
    return false;
}

static bool adjacent(const struct parse *p, size_t i, int a, int b)
{
    return i + 1 < p->n && p->v[i].kind == a && p->v[i + 1].kind == b && p->v[i].off + p->v[i].len == p->v[i + 1].off;
}

/* How other languages write it: said in their terms. False: none of them. */
static bool habit(struct parse *p, size_t i)
{
    const char *what = NULL, *help = NULL;
    size_t at = i;
    if (default_after_mark(p, i)) {
        what = "the default stands before annotations";
        help = "write `name: type = default @annotation`";
    } else if (i < p->n && p->v[i].kind == '?') {
        what = "`?` does not choose between values";
        help = "write `if condition then a else b`; `a ?? b` is b when a is none";
    } else if (adjacent(p, i, '=', '>')) {
        what = "`=>` is not written here";
        help = "functions are `fn name(x: type) = expression`; in an object, `for k, v in m { [k] = v }`";
    } else if (i && adjacent(p, i - 1, ':', '=')) {
        what = "`:=` is not written here";
        help = "a value is set with `=`, a type declared with `:`";
        at = i - 1;
    } else if (i && i < p->n && p->v[i].kind == T_QUOTE && p->v[i - 1].kind == T_RESOURCE) {
        what = "a resource is not declared like this";
        help = "an object is written `module.Type label { ... }`, after `import \"std/aws/MODULE\" as module`";
    }
    if (!what)
        return false;
    struct diag *x = repair_report(p, DIAG_E0201, (struct span){ p->file, p->v[at].off, at < i ? 2 : p->v[at].len }, "%s", what);
    if (x)
        diag_help(p->diags, x, "%s", help);
    return true;
}

/* ---- the two entries ---- */

void complain(struct parse *p, const struct parse *wrong, struct edit e)
{
    if (habit(p, wrong->wrong))
        return;
    if (e.drop && e.kind)
        instead(p, wrong, e);
    else if (e.drop)
        surplus(p, e);
    else
        missing(p, e);
}

/* What the parser would have taken, as far as it helps a reader: not more than a few things. */
static struct str expected(struct parse *p, const struct parse *wrong)
{
    struct buf b = { 0 };
    unsigned n = 0;
    bool value = false, name = false;
    for (size_t i = 0; i < wrong->nexpected; i++) {
        value = value || wrong->expected[i] == T_NUMBER;
        name = name || wrong->expected[i] == T_NAME;
    }
    if (value || name)
        buf_fmt(&b, "%s", value ? "a value" : "a name"), n++;
    for (size_t i = 0; i < wrong->nexpected && n < 6; i++) {
        int k = wrong->expected[i];
        const char *text = spelling(k);
        bool operator = k == T_EQ || k == T_AND || k == T_OR || k == T_DOTDOT || k == T_IN || k == T_WITH || k == T_FN;
        if (text && k != ';' && !operator && !(k >= T_IMPORT && k <= T_MOVED) && !(value && strchr("([{!", *text))) {
            buf_fmt(&b, "%s`%s`", n ? ", " : "", text);
            n++;
        }
    }
    return buf_take(&b, p->arena);
}

void complain_item(struct parse *p, const struct parse *wrong)
{
    size_t i = wrong->wrong;
    if (habit(p, i))
        return;
    bool end = i >= p->n || wrong->wrong_kind == T_NL;
    struct span at = repair_gap(p, (struct edit){ .at = i });
    struct diag *x = end ? repair_report(p, DIAG_E0201, at, "the line ends too early, after %s", i ? quoted(p, i - 1) : "nothing")
                         : repair_report(p, DIAG_E0201, at, "%s cannot stand here", quoted(p, i));
    if (!x)
        return;
    struct str can = expected(p, wrong);
    if (can.n)
        diag_label(p->diags, x, "expected %.*s", STR_ARG(can));
    diag_help(p->diags, x, "an item is `name = value`, `name: type`, `kind label { ... }`, or starts with a word such as let, param, for, if");
}
