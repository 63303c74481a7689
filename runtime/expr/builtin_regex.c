/* builtin_regex.c - `matches`. The matcher: regex.c. */
#include "builtin.h"
#include "kc/arena.h"
#include "regex.h"

enum { PATTERN_MAX = 1024, TEXT_MAX = 64 << 10 };

const struct value *bi_matches(struct call *c)
{
    struct str text = c->v[0]->s, pattern = c->v[1]->s;
    if (pattern.n > PATTERN_MAX)
        return call_fail(c, "pattern of %zu bytes: at most %d are allowed", pattern.n, PATTERN_MAX);
    if (text.n > TEXT_MAX)
        return call_fail(c, "text of %zu bytes is too long to match: at most %d are allowed", text.n, TEXT_MAX);
    struct arena *tmp = arena_new();
    const char *why = NULL;
    const struct regex *re = regex_compile(tmp, pattern, &why);
    const struct value *r = NULL;
    if (!re)
        call_fail(c, "%.*s is not a regular expression: %s", STR_ARG(value_shown(c->a, c->v[1])), why);
    else if (eval_spend(c->e, 100 + regex_size(re) + text.n * (1 + regex_size(re) / 16), c->at))
        r = value_bool(regex_search(tmp, re, text));
    arena_free(tmp);
    return r;
}
