/* repair.c - edits the lexemes of a wrong file until they parse, saying for each edit what was wrong.
 * Where the parser stops, edits of one lexeme are tried, the likeliest first; the first that lets the parser go on for a while
 * is what the author meant. What no edit helps is dropped as a whole item. Brackets come before all (brackets.c). */
#include "annots.h"
#include "syntax.h"
#include "parse.h"
#include "kc/vec.h"
#include <stdarg.h>
#include <string.h>

enum {
    AHEAD = 150,                                           /* lexemes that a good edit must let the parser go on */
    REACH = 500,                                           /* lexemes before a mistake that a trial may have to read again */
    BACK = 24,                                             /* lexemes before a mistake where edits are tried */
    EDITS = 60,                                            /* then the rest of the file is dropped */
    BUDGET = 8000000                                       /* lexemes read by all trials of a file: about a second */
};

static void *grow(struct parse *p)
{
    if (p->n == p->cap)
        p->v = vec_grow(p->v, p->n, &p->cap, sizeof *p->v);
    return p->v;
}

void repair_apply(struct parse *p, struct edit e)
{
    bool ok;
    struct parse view = *p;
    view.edit = e;
    struct lexeme made = layout_get(&view, e.at, &ok);
    if (e.drop) {
        if (p->v[e.at].line && e.at + 1 < p->n)
            p->v[e.at + 1].line = true;
        memmove(p->v + e.at, p->v + e.at + 1, (p->n - e.at - 1) * sizeof *p->v);
        p->n--;
    }
    if (!e.kind)
        return;
    grow(p);
    memmove(p->v + e.at + 1, p->v + e.at, (p->n - e.at) * sizeof *p->v);
    p->v[e.at] = made;
    p->n++;
    if ((e.line || e.drop) && made.line && e.at + 1 < p->n)
        p->v[e.at + 1].line = e.drop ? p->v[e.at + 1].line && !made.line : false;
}

/* ---- trials ---- */

static bool starts_item(const struct parse *p, size_t i)
{
    int prev = i ? p->v[i - 1].kind : ';';
    if (prev == ',' && i > 2 && p->v[i - 3].kind == T_FOR)  /* for k, v */
        return false;
    if (prev == ',' || prev == ';' || prev == '{')
        return true;
    return p->v[i].line && !layout_continues(p->v[i].kind) && !layout_opens(prev);
}

void repair_aim(struct trial *t, size_t at, size_t limit)
{
    const struct parse *p = t->p;
    struct { char kind; size_t item; } level[AST_DEPTH_LIMIT + 2] = { { '{', 0 } };
    unsigned depth = 0;
    for (size_t i = 0; i <= at && i < p->n; i++) {
        int k = p->v[i].kind;
        if (level[depth].kind == '{' && starts_item(p, i))
            level[depth].item = i;
        if (k == '(' || k == '[' || k == '{' || k == T_HOLE) {
            if (depth < AST_DEPTH_LIMIT)
                depth++;
            level[depth].kind = (char)(k == T_HOLE ? 'h' : k);
            level[depth].item = i + 1;
        } else if ((k == ')' || k == ']' || k == '}' || k == T_HOLE_END) && depth) {
            depth--;
        }
    }
    t->start = 0;
    t->inside = false;
    for (unsigned i = 0; i <= depth; i++)
        if (level[i].kind == '{' && level[i].item <= at) {
            t->start = level[i].item;
            t->inside = i > 0;
            if (at - t->start <= REACH)
                break;
        }
    t->limit = limit < p->n ? limit : p->n + 1;            /* beyond the end: the end must be right, too */
}

size_t repair_try(struct trial *t, struct edit e)
{
    struct parse run = *t->p;
    size_t cost = t->limit - t->start + 8, made = e.kind ? 1 : 0, end = t->limit < run.n ? t->limit : run.n;
    if (cost > t->budget)
        return 0;
    t->budget -= cost;
    run.arena = arena_new();
    run.diags = NULL;
    run.explain = false;
    run.edit = e;
    parse_run(&run, t->start, end + made - e.drop, t->inside);
    arena_free(run.arena);
    if (!run.failed || run.wrong >= t->limit + made - e.drop)
        return t->limit;
    return run.wrong > e.at ? run.wrong - made + e.drop : run.wrong;
}

/* ---- which edits ---- */

struct search {
    struct trial trial;
    const struct parse *wrong;                             /* the run that failed */
    struct edit best;
    size_t reached;                                        /* by the best so far */
    bool found;                                            /* best is good: no more trying */
};

static void try(struct search *s, struct edit e)
{
    if (s->found || e.at > s->wrong->n || (e.drop && e.at >= s->wrong->n))
        return;
    size_t reached = repair_try(&s->trial, e);
    if (reached > s->reached) {
        s->reached = reached;
        s->best = e;
    }
    s->found = reached >= s->trial.limit;
}

static void put(struct search *s, size_t at, int kind, bool line)
{
    try(s, (struct edit){ .at = at, .kind = kind, .line = line });
}

static bool expects(const struct parse *w, int kind)
{
    for (size_t i = 0; i < w->nexpected; i++)
        if (w->expected[i] == kind)
            return true;
    return false;
}

static struct str text_at(const struct parse *p, size_t i)
{
    return i < p->n ? str_sub(p->text, p->v[i].off, p->v[i].off + p->v[i].len) : STR_NONE;
}

static size_t opener_of(const struct parse *p, size_t closer)
{
    unsigned depth = 0;
    for (size_t i = closer + 1; i--;) {
        int k = p->v[i].kind;
        if (k == ')' || k == ']' || k == '}' || k == T_HOLE_END)
            depth++;
        else if ((k == '(' || k == '[' || k == '{' || k == T_HOLE) && !--depth)
            return i;
    }
    return SIZE_MAX;
}

/* Words of other languages, and `=` for `==`: what stands there is almost right. */
static void try_words(struct search *s)
{
    const struct parse *w = s->wrong;
    size_t at = w->wrong;
    struct str word = text_at(w, at);
    if (str_is(word, "and"))
        try(s, (struct edit){ .at = at, .drop = true, .kind = T_AND });
    if (str_is(word, "or"))
        try(s, (struct edit){ .at = at, .drop = true, .kind = T_OR });
    if (at && str_is(text_at(w, at - 1), "not"))
        try(s, (struct edit){ .at = at - 1, .drop = true, .kind = '!' });
    if (at && at < w->n && w->v[at].kind == T_ELLIPSIS && w->v[at - 1].kind == T_NUMBER)
        try(s, (struct edit){ .at = at, .drop = true, .kind = T_DOTDOT });
}

/* What is missing at the end of a line: the parser took the next line for it. */
static void try_line_ends(struct search *s)
{
    const struct parse *w = s->wrong;
    size_t lo = w->wrong > BACK ? w->wrong - BACK : 1;
    for (size_t i = w->wrong < w->n ? w->wrong : w->n; i >= lo && i >= s->trial.start && i > 0; i--) {
        if (i < w->n && !w->v[i].line)
            continue;
        int before = w->v[i - 1].kind;
        if (layout_opens(before) && before != '{' && before != ',' && before != '[' && before != '(') {
            put(s, i, T_BAD, false);
            put(s, i, T_NAME, false);
        }
        if (i < w->n && layout_continues(w->v[i].kind)) {
            put(s, i, T_NAME, true);
            put(s, i, T_BAD, true);
        }
    }
    if (w->wrong && w->v[w->wrong - 1].kind == '}') {      /* for x in { ... }: the block was taken for the value */
        size_t open = opener_of(w, w->wrong - 1), limit = s->trial.limit;
        int before = open != SIZE_MAX && open ? w->v[open - 1].kind : 0;
        if (before && before != '=' && layout_opens(before)) {
            repair_aim(&s->trial, open, limit);
            put(s, open, T_BAD, false);
            repair_aim(&s->trial, w->wrong - 1, limit);
        }
    }
}

/* Something missing right where the parser stopped. */
static void try_here(struct search *s)
{
    static const int kinds[] = { '=', ',', ':', T_THEN, T_ELSE, T_AND, T_IN, T_AS, T_ARROW, T_IF, T_WITH, T_NAME, T_BAD, '.', '@', '|', T_EQ };
    const struct parse *w = s->wrong;
    size_t at = w->wrong;
    bool line = at < w->n && w->v[at].line && w->wrong_kind != T_NL;
    if (annot_is(text_at(w, at)))                           /* people write them without @ */
        put(s, at, '@', false);
    if (at && at < w->n && w->v[at].kind == T_NUMBER && w->v[at - 1].kind == T_NUMBER && !expects(w, ']'))
        put(s, at, T_DOTDOT, false);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (expects(w, kinds[i]))
            put(s, at, kinds[i], line && (kinds[i] == T_NAME || kinds[i] == T_AND));
    if (expects(w, T_NL))
        put(s, at, ';', false);
}

/* Something else meant where the parser stopped. */
static void try_instead(struct search *s)
{
    static const int pairs[][2] = { { '=', T_EQ }, { T_EQ, '=' }, { ':', '=' }, { '=', ':' }, { ';', ',' }, { T_NAME, T_IN } };
    const struct parse *w = s->wrong;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (w->wrong < w->n && w->v[w->wrong].kind == pairs[i][0])
            try(s, (struct edit){ .at = w->wrong, .drop = true, .kind = pairs[i][1] });
}

/* Where the innermost item around lexeme `at` begins. */
static size_t item_start(const struct parse *p, size_t start, size_t at)
{
    size_t found = SIZE_MAX, depth = 0;
    for (size_t i = at;; i--) {
        if (!depth && found == SIZE_MAX && starts_item(p, i))
            found = i;
        if (i <= start)
            break;
        int k = p->v[i - 1].kind;
        if (k == ')' || k == ']' || k == '}' || k == T_HOLE_END)
            depth++;
        else if ((k == '(' || k == '[' || k == '{' || k == T_HOLE) && depth)
            depth--;
        else if (k == '{')
            break;
        else if (k == '(' || k == '[' || k == T_HOLE)      /* what was found was inside of these */
            found = SIZE_MAX;
    }
    return found == SIZE_MAX ? start : found;
}

/* Something missing earlier on the line, where what followed still made sense for a while. */
static void try_before(struct search *s)
{
    static const int kinds[] = { '=', ':', ',', '.', T_FOR, T_IF, T_IN, T_BAD, T_NAME, '@', T_ELLIPSIS, T_THEN };
    static const int words[] = { T_ASSERT, T_MOVED, T_FOR, T_IF, T_IMPORT, T_ELLIPSIS, T_TYPE, T_FN, T_OUT, T_PARAM, T_LET };
    const struct parse *w = s->wrong;
    size_t lo = w->wrong > BACK ? w->wrong - BACK : 0, first = w->wrong;
    lo = lo > s->trial.start ? lo : s->trial.start;
    if (w->wrong_kind == T_NL || first == w->n)
        first -= first > 0;
    first = item_start(w, s->trial.start, first);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        put(s, first, words[i], first < w->n && w->v[first].line);
    for (size_t at = w->wrong; at-- > lo && !s->found;) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            put(s, at, kinds[i], at < w->n && w->v[at].line && kinds[i] == T_NAME);
        if (w->v[at].line)
            break;
    }
}

/* Something too much. */
static void try_without(struct search *s)
{
    const struct parse *w = s->wrong;
    size_t at = w->wrong;
    if (at < w->n && (!w->v[at].line || layout_continues(w->v[at].kind)))
        try(s, (struct edit){ .at = at, .drop = true });
    if (at > s->trial.start && !w->v[at - 1].line && w->wrong_kind != T_NL)
        try(s, (struct edit){ .at = at - 1, .drop = true });
}

/* ---- dropping an item ---- */

void repair_replace(struct parse *p, size_t first, size_t last)
{
    struct lexeme bad = p->v[first];
    bad.len = p->v[last - 1].off + p->v[last - 1].len - bad.off;
    bad.kind = T_BAD_ITEM;
    bad.made = true;
    p->v[first] = bad;
    memmove(p->v + first + 1, p->v + last, (p->n - last) * sizeof *p->v);
    p->n -= last - first - 1;
}

size_t repair_drop(struct trial *t, size_t at)
{
    struct parse *p = t->p;
    size_t first = item_start(p, t->start, at < p->n ? at : p->n - 1), depth = 0;
    size_t last = first;
    for (; last < p->n; last++) {
        int k = p->v[last].kind;
        if (!depth && last > first && last > at && (p->v[last].line || k == ',' || k == ';') && !layout_continues(k) &&
            !layout_opens(p->v[last - 1].kind))
            break;
        if (k == '(' || k == '[' || k == '{' || k == T_HOLE)
            depth++;
        else if (k == ')' || k == ']' || k == '}' || k == T_HOLE_END) {
            if (!depth)
                break;
            depth--;
        }
    }
    if (last == first)                                     /* a closer where an item should be */
        last++;
    repair_replace(p, first, last);
    return first;
}

static void drop_rest(struct parse *p, size_t first)
{
    if (first < p->n) {
        p->v[first].kind = T_BAD_ITEM;
        p->v[first].made = true;
        p->n = first + 1;
    }
}

/* ---- the loop ---- */

/* The first lexeme of the next line: an edit that lets the parser get past it has at least mended this one. */
static size_t line_after(const struct parse *wrong)
{
    size_t i = wrong->wrong;
    if (wrong->wrong_kind == T_NL)
        return i;
    for (i++; i < wrong->n && !wrong->v[i].line; i++)
        ;
    return i;
}

static void fix(struct trial *t, const struct parse *wrong)
{
    struct parse *p = t->p;
    struct search s = { .trial = *t, .wrong = wrong };
    repair_aim(&s.trial, wrong->wrong ? wrong->wrong - 1 : 0, wrong->wrong + AHEAD);
    s.reached = wrong->wrong;
    try_words(&s);
    try_line_ends(&s);
    try_here(&s);
    try_instead(&s);
    try_before(&s);
    try_without(&s);
    t->budget = s.trial.budget;
    if (s.found || s.reached > line_after(wrong)) {
        s.best.tail = wrong->wrong_kind == T_NL && s.best.at == wrong->wrong;
        complain(p, wrong, s.best);
        repair_apply(p, s.best);
        return;
    }
    complain_item(p, wrong);
    repair_drop(&s.trial, wrong->wrong_kind == T_NL && wrong->wrong ? wrong->wrong - 1 : wrong->wrong);
}

void repair(struct parse *p)
{
    struct trial t = { .p = p, .budget = BUDGET };
    size_t from = 0;
    brackets_repair(&t);
    for (unsigned edits = 0;; edits++) {
        struct parse run = *p;
        run.arena = arena_new();
        run.diags = NULL;
        run.explain = true;
        parse_run(&run, from, p->n, false);
        arena_free(run.arena);
        if (!run.failed)
            return;
        repair_aim(&t, run.wrong ? run.wrong - 1 : 0, run.wrong);
        if (!t.inside)
            from = t.start;
        if (edits == EDITS || run.exhausted || !p->n || !t.budget) {
            if (run.exhausted)
                repair_report(p, DIAG_E0204, repair_gap(p, (struct edit){ .at = run.wrong }), "this is nested too deep");
            drop_rest(p, from);
            return;
        }
        fix(&t, &run);
    }
}
