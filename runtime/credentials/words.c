/* words.c - see words.h. */
#include "words.h"

#include <string.h>

#include "kc/arena.h"

enum { MAX_WORDS = 4096 };

/* The next word from *at on into b; false at the end of the line, or with *why. */
static bool next_word(struct str line, size_t *at, struct buf *b, const char **why)
{
    char quote = 0;
    bool any = false;

    while (*at < line.n && strchr(" \t\r\n", line.s[*at]) && line.s[*at])
        ++*at;
    for (; *at < line.n; ++*at) {
        char c = line.s[*at];

        if (!c) {
            *why = "it holds a NUL byte";
            return false;
        }
        if (!quote && strchr(" \t\r\n", c))
            break;
        any = true;
        if (quote ? c == quote : (c == '"' || c == '\'')) {
            quote = quote ? 0 : c;
            continue;
        }
        if (c == '\\' && quote != '\'') {
            if (*at + 1 == line.n) {
                *why = "a backslash ends it";
                return false;
            }
            if (!quote || line.s[*at + 1] == '"' || line.s[*at + 1] == '\\')
                c = line.s[++*at];
        }
        buf_putc(b, c);
    }
    if (quote)
        *why = "a quote stays open";
    return any && !quote;
}

const char *const *words_split(struct arena *a, struct str line, size_t *n, const char **why)
{
    const char **v = arena_array(a, MAX_WORDS + 1, sizeof *v);
    struct buf b = { 0 };
    size_t at = 0;

    *n = 0;
    *why = NULL;
    while (next_word(line, &at, &b, why)) {
        if (*n == MAX_WORDS) {
            *why = "it has more than 4,096 words";
            break;
        }
        v[(*n)++] = str_c(a, buf_take(&b, a));
    }
    buf_fini(&b);
    return *why ? NULL : v;
}
