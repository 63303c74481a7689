/* builtin_regex.c - `matches`, over the C library's POSIX extended expressions. A pattern comes from a file that need not be trusted, and
 * the library unrolls repetitions: so back references are refused, and the number of states is estimated before it is compiled. */
#include "builtin.h"
#include "kc/arena.h"
#include <regex.h>
#include <string.h>

enum { PATTERN_MAX = 1024, TEXT_MAX = 64 << 10, STATES_MAX = 20000, GROUPS_MAX = 16 };

static size_t skip_bracket(struct str p, size_t i)
{
    i += i + 1 < p.n && p.s[i + 1] == '^' ? 2 : 1;
    i += i < p.n && p.s[i] == ']';
    while (i < p.n && p.s[i] != ']') {
        if (p.s[i] == '[' && i + 1 < p.n && strchr(".:=", p.s[i + 1])) {
            struct str rest = str_sub(p, i + 2, p.n);
            size_t end = str_find(rest, STR("]"));
            if (end == SIZE_MAX)
                return p.n;
            i += 2 + end;
        }
        i++;
    }
    return i;
}

/* The larger bound of {m,n} at i, and where it ends. */
static size_t bound(struct str p, size_t i, size_t *end)
{
    size_t most = 1, x = 0;
    for (i++; i < p.n && p.s[i] != '}'; i++) {
        x = p.s[i] >= '0' && p.s[i] <= '9' ? x * 10 + (size_t)(p.s[i] - '0') : 0;
        x = x > STATES_MAX ? STATES_MAX : x;
        most = x > most ? x : most;
    }
    *end = i;
    return most;
}

/* About how many states the pattern has: every group's own, times its repetition. SIZE_MAX: refused outright. */
static size_t states(struct str p)
{
    size_t sum[GROUPS_MAX + 1] = { 0 }, last = 0, depth = 0;
    for (size_t i = 0; i < p.n; i++) {
        char c = p.s[i];
        size_t times = 1;
        if (c == '(') {
            if (++depth > GROUPS_MAX)
                return SIZE_MAX;
            sum[depth] = last = 0;
            continue;
        } else if (c == ')' && depth) {
            last = sum[depth--];
            sum[depth] += last;
        } else if (c == '{') {
            times = bound(p, i, &i);
        } else if (c == '*' || c == '+' || c == '?') {
            times = 2;
        } else {
            if (c == '\\' && ++i < p.n && p.s[i] >= '1' && p.s[i] <= '9')
                return SIZE_MAX;
            if (c == '[')
                i = skip_bracket(p, i);
            last = 1;
            sum[depth]++;
        }
        sum[depth] += last * (times - 1);
        last *= times;
        if (sum[depth] > STATES_MAX)
            return SIZE_MAX;
    }
    return sum[0];
}

const struct value *bi_matches(struct call *c)
{
    struct str text = c->v[0]->s, pattern = c->v[1]->s;
    if (pattern.n > PATTERN_MAX)
        return call_fail(c, "pattern of %zu bytes: at most %d are allowed", pattern.n, PATTERN_MAX);
    if (text.n > TEXT_MAX)
        return call_fail(c, "text of %zu bytes is too long to match: at most %d are allowed", text.n, TEXT_MAX);
    if ((pattern.n && memchr(pattern.s, 0, pattern.n)) || (text.n && memchr(text.s, 0, text.n)))
        return call_fail(c, "text with a NUL byte cannot be matched");
    if (states(pattern) == SIZE_MAX)
        return call_fail(c, "pattern too complex: back references, more than %d groups in each other or very large repetitions", GROUPS_MAX);
    if (!eval_spend(c->e, 100 + text.n, c->at))
        return NULL;
    regex_t re;
    int rc = regcomp(&re, str_c(c->a, pattern), REG_EXTENDED | REG_NOSUB);
    if (rc) {
        char why[128];
        regerror(rc, &re, why, sizeof why);
        return call_fail(c, "%.*s is not a regular expression: %s", STR_ARG(value_shown(c->a, c->v[1])), why);
    }
    rc = regexec(&re, str_c(c->a, text), 0, NULL, 0);
    regfree(&re);
    return rc == 0 || rc == REG_NOMATCH ? value_bool(rc == 0) : call_fail(c, "out of memory while matching");
}
