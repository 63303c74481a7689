/* regex.c - a pattern is parsed into a tree, the tree unrolled into a program, and all ways through the program are followed at once,
 * one character at a time (Thompson's construction). No way is ever followed twice for the same character, so nothing explodes. */
#include "regex.h"
#include "kc/arena.h"
#include <string.h>

enum { PROGRAM_MAX = 4096, DEPTH_MAX = 32, REPEAT_MAX = 2048, RANGES_MAX = 128 };

struct set {
    bool negated;
    size_t n;
    struct { uint32_t lo, hi; } r[RANGES_MAX];
};
enum kind { EMPTY, SET, BEGIN, END, CAT, ALT, REPEAT };
struct node {
    enum kind kind;
    const struct node *x, *y;
    const struct set *set;
    size_t min, max;                                       /* REPEAT; max SIZE_MAX: no end */
};

/* ---- parsing ---- */

struct parser {
    struct arena *a;
    struct str p;
    size_t i;
    unsigned depth;
    const char *why;
};

static const struct node *bad(struct parser *s, const char *why)
{
    s->why = s->why ? s->why : why;
    return NULL;
}

static struct node *node(struct parser *s, enum kind k, const struct node *x, const struct node *y)
{
    struct node *n = ARENA_NEW(s->a, struct node);
    n->kind = k;
    n->x = x;
    n->y = y;
    return n;
}

static bool at(const struct parser *s, char c)
{
    return s->i < s->p.n && s->p.s[s->i] == c;
}

static bool range(struct parser *s, struct set *set, uint32_t lo, uint32_t hi)
{
    if (set->n == RANGES_MAX || lo > hi) {
        bad(s, lo > hi ? "a range in brackets runs backwards" : "too many ranges in brackets");
        return false;
    }
    set->r[set->n].lo = lo;
    set->r[set->n++].hi = hi;
    return true;
}

static bool class(struct parser *s, struct set *set)
{
    static const struct { const char *name, *ranges;
    } known[] = {
        { "alpha", "azAZ" },     { "digit", "09" },      { "alnum", "azAZ09" }, { "upper", "AZ" },
        { "lower", "az" },       { "xdigit", "09afAF" }, { "space", "  \t\r" }, { "blank", "  \t\t" },
        { "punct", "!/:@[`{~" }, { "print", " ~" },      { "graph", "!~" },     { "cntrl", "\x01\x1f\x7f\x7f" },
    };
    struct str rest = str_sub(s->p, s->i + 2, s->p.n);
    size_t n = str_find(rest, STR(":]"));
    for (size_t k = 0; n != SIZE_MAX && k < sizeof known / sizeof *known; k++) {
        if (!str_is(str_sub(rest, 0, n), known[k].name))
            continue;
        s->i += n + 4;
        for (const char *r = known[k].ranges; *r; r += 2)
            if (!range(s, set, (unsigned char)r[0], (unsigned char)r[1]))
                return false;
        return true;
    }
    bad(s, "unknown class in brackets: [:alpha:], [:digit:], [:alnum:] and such are known");
    return false;
}

static uint32_t rune(struct parser *s)
{
    return str_rune(s->p, &s->i);
}

static bool member(struct parser *s, struct set *set)
{
    if (at(s, '[') && s->i + 1 < s->p.n && s->p.s[s->i + 1] == ':')
        return class(s, set);
    if (at(s, '[') && s->i + 1 < s->p.n && (s->p.s[s->i + 1] == '.' || s->p.s[s->i + 1] == '=')) {
        bad(s, "collating elements are not supported");
        return false;
    }
    uint32_t lo = rune(s), hi = lo;
    if (at(s, '-') && s->i + 1 < s->p.n && s->p.s[s->i + 1] != ']') {
        s->i++;
        hi = rune(s);
    }
    return range(s, set, lo, hi);
}

static const struct node *bracket(struct parser *s)
{
    struct set *set = ARENA_NEW(s->a, struct set);
    s->i++;
    set->negated = at(s, '^');
    s->i += set->negated;
    for (bool first = true; first || !at(s, ']'); first = false)
        if (s->i >= s->p.n || !member(s, set))
            return bad(s, "a [ that is not closed");
    s->i++;
    struct node *n = node(s, SET, NULL, NULL);
    n->set = set;
    return n;
}

static const struct node *one(struct parser *s, uint32_t c, bool any)
{
    struct set *set = ARENA_NEW(s->a, struct set);
    set->negated = any;
    if (!any)
        range(s, set, c, c);
    struct node *n = node(s, SET, NULL, NULL);
    n->set = set;
    return n;
}

static const struct node *alternatives(struct parser *s);

static const struct node *atom(struct parser *s)
{
    char c = s->p.s[s->i];
    if (c == '[')
        return bracket(s);
    if (c == '*' || c == '+' || c == '?' || c == '{')
        return bad(s, "a repetition of nothing: write \\ before the sign to mean itself");
    if (c == '(') {
        s->i++;
        const struct node *n = s->depth < DEPTH_MAX ? alternatives(s) : bad(s, "too many groups in each other");
        if (n && !at(s, ')'))
            return bad(s, "a ( that is not closed");
        s->i++;
        return n;
    }
    if (c == '\\') {
        s->i++;
        if (s->i >= s->p.n)
            return bad(s, "nothing after the last \\");
        char x = s->p.s[s->i];
        if ((x >= '0' && x <= '9') || ((x | 32) >= 'a' && (x | 32) <= 'z'))
            return bad(s, "\\ stands before a sign that is to mean itself: classes such as \\w are written [A-Za-z0-9_]");
    }
    bool escaped = c == '\\';
    if (!escaped && (c == '^' || c == '$')) {
        s->i++;
        return node(s, c == '^' ? BEGIN : END, NULL, NULL);
    }
    uint32_t r = rune(s);
    return one(s, r, !escaped && r == '.');
}

static bool number(struct parser *s, size_t *out)
{
    size_t from = s->i;
    for (*out = 0; s->i < s->p.n && s->p.s[s->i] >= '0' && s->p.s[s->i] <= '9'; s->i++)
        *out = *out > REPEAT_MAX ? *out : *out * 10 + (size_t)(s->p.s[s->i] - '0');
    return s->i > from;
}

static bool bounds(struct parser *s, size_t *min, size_t *max)
{
    s->i++;
    bool ok = number(s, min);
    *max = *min;
    if (ok && at(s, ',')) {
        s->i++;
        if (!number(s, max))
            *max = SIZE_MAX;
    }
    if (!ok || !at(s, '}') || *min > *max) {
        bad(s, "a repetition is written {2}, {2,} or {2,5}");
        return false;
    }
    if (*min > REPEAT_MAX || (*max > REPEAT_MAX && *max != SIZE_MAX)) {
        bad(s, "more than 2048 repetitions");
        return false;
    }
    return true;
}

static const struct node *piece(struct parser *s)
{
    const struct node *x = atom(s);
    while (x && s->i < s->p.n && strchr("*+?{", s->p.s[s->i]) && s->p.s[s->i]) {
        char c = s->p.s[s->i];
        size_t min = c == '+', max = c == '?' ? 1 : SIZE_MAX;
        if (c == '{' && !bounds(s, &min, &max))
            return NULL;
        s->i++;
        struct node *r = node(s, REPEAT, x, NULL);
        r->min = min;
        r->max = max;
        x = r;
    }
    return x;
}

static const struct node *sequence(struct parser *s)
{
    const struct node *n = node(s, EMPTY, NULL, NULL);
    while (s->i < s->p.n && !at(s, '|') && !(at(s, ')') && s->depth > 1)) {
        const struct node *x = piece(s);
        if (!x)
            return NULL;
        n = n->kind == EMPTY ? x : node(s, CAT, n, x);
    }
    return n;
}

static const struct node *alternatives(struct parser *s)
{
    s->depth++;
    const struct node *n = sequence(s);
    while (n && at(s, '|')) {
        s->i++;
        const struct node *y = sequence(s);
        n = y ? node(s, ALT, n, y) : NULL;
    }
    s->depth--;
    return n;
}

/* ---- the program ---- */

enum op { OP_SET, OP_BEGIN, OP_END, OP_SPLIT, OP_JUMP, OP_MATCH };
struct step {
    enum op op;
    uint32_t x, y;                                         /* SPLIT, JUMP: where to */
    const struct set *set;
};
struct regex {
    struct step *v;
    size_t n;
    bool full;                                             /* over PROGRAM_MAX */
};

static uint32_t emit(struct regex *re, enum op op)
{
    if (re->n == PROGRAM_MAX) {
        re->full = true;
        return PROGRAM_MAX - 1;
    }
    re->v[re->n] = (struct step){ .op = op };
    return (uint32_t)re->n++;
}

static void unroll(struct regex *re, const struct node *n);

static void unroll_repeat(struct regex *re, const struct node *n)
{
    for (size_t i = 0; i < n->min && !re->full; i++)
        unroll(re, n->x);
    if (n->max == SIZE_MAX) {
        uint32_t split = emit(re, OP_SPLIT);
        unroll(re, n->x);
        re->v[emit(re, OP_JUMP)].x = split;
        re->v[split].x = split + 1;
        re->v[split].y = (uint32_t)re->n;
        return;
    }
    for (size_t i = n->min; i < n->max && !re->full; i++) {/* each one may be skipped, on its own: the same language as nested */
        uint32_t split = emit(re, OP_SPLIT);
        unroll(re, n->x);
        re->v[split].x = split + 1;
        re->v[split].y = (uint32_t)re->n;
    }
}

static void unroll(struct regex *re, const struct node *n)
{
    uint32_t split, jump;
    if (re->full)
        return;
    switch (n->kind) {
    case EMPTY: break;
    case SET: re->v[emit(re, OP_SET)].set = n->set; break;
    case BEGIN: emit(re, OP_BEGIN); break;
    case END: emit(re, OP_END); break;
    case CAT:
        unroll(re, n->x);
        unroll(re, n->y);
        break;
    case ALT:
        split = emit(re, OP_SPLIT);
        unroll(re, n->x);
        jump = emit(re, OP_JUMP);
        re->v[split].x = split + 1;
        re->v[split].y = (uint32_t)re->n;
        unroll(re, n->y);
        re->v[jump].x = (uint32_t)re->n;
        break;
    case REPEAT: unroll_repeat(re, n); break;
    }
}

struct regex *regex_compile(struct arena *a, struct str pattern, const char **why)
{
    struct parser s = { .a = a, .p = pattern };
    const struct node *n = alternatives(&s);
    if (!n) {
        *why = s.why;
        return NULL;
    }
    struct regex *re = ARENA_NEW(a, struct regex);
    re->v = ARENA_ARRAY(a, struct step, PROGRAM_MAX);
    unroll(re, n);
    emit(re, OP_MATCH);
    *why = "the pattern is too large: its repetitions multiply to more than 4096 steps";
    return re->full ? NULL : re;
}

size_t regex_size(const struct regex *re)
{
    return re->n;
}

/* ---- matching ---- */

struct run {
    const struct regex *re;
    uint32_t *seen, round;                                 /* seen[i] == round: step i is already in the list of this character */
    uint32_t *stack;
    bool begin, end, match;
};
struct ways { uint32_t *v; size_t n; };

static void follow(struct run *r, struct ways *w, uint32_t start)
{
    size_t n = 0;
    r->stack[n++] = start;
    while (n) {
        uint32_t i = r->stack[--n];
        const struct step *s = &r->re->v[i];
        if (r->seen[i] == r->round)
            continue;
        r->seen[i] = r->round;
        switch (s->op) {
        case OP_MATCH: r->match = true; break;
        case OP_SET: w->v[w->n++] = i; break;
        case OP_SPLIT: r->stack[n++] = s->y; r->stack[n++] = s->x; break;
        case OP_JUMP: r->stack[n++] = s->x; break;
        case OP_BEGIN: case OP_END:
            if (s->op == OP_BEGIN ? r->begin : r->end)
                r->stack[n++] = i + 1;
            break;
        }
    }
}

static bool has(const struct set *s, uint32_t c)
{
    for (size_t i = 0; i < s->n; i++)
        if (c >= s->r[i].lo && c <= s->r[i].hi)
            return !s->negated;
    return s->negated;
}

bool regex_search(struct arena *a, const struct regex *re, struct str text)
{
    struct run r = { .re = re, .seen = ARENA_ARRAY(a, uint32_t, re->n), .stack = ARENA_ARRAY(a, uint32_t, re->n * 2 + 2) };
    struct ways now = { ARENA_ARRAY(a, uint32_t, re->n), 0 }, next = { ARENA_ARRAY(a, uint32_t, re->n), 0 };
    size_t i = 0;
    r.round = 1;
    r.begin = true;
    r.end = text.n == 0;
    follow(&r, &now, 0);
    while (!r.match && i < text.n) {
        uint32_t c = str_rune(text, &i);
        r.round++;
        r.begin = false;
        r.end = i == text.n;
        next.n = 0;
        for (size_t k = 0; k < now.n; k++)
            if (has(re->v[now.v[k]].set, c))
                follow(&r, &next, now.v[k] + 1);
        follow(&r, &next, 0);                              /* it may start anywhere */
        struct ways t = now;
        now = next;
        next = t;
    }
    return r.match;
}
