/* http.c - urls, percent encoding, forms and headers as a server reads them. */
#include <stdlib.h>
#include "room.h"

enum { MAX_PARAMS = 20000 };

bool url_split(struct str url, struct str *host, struct str *path, struct str *query)
{
    size_t at = str_find(url, STR("://")), i;

    if (at == SIZE_MAX)
        return false;
    url = str_sub(url, at + 3, url.n);
    for (i = 0; i < url.n && url.s[i] != '/' && url.s[i] != '?'; i++)
        ;
    *host = str_sub(url, 0, i);
    url = str_sub(url, i, url.n);
    at = str_find(url, STR("?"));
    *path = at == SIZE_MAX ? url : str_sub(url, 0, at);
    *query = at == SIZE_MAX ? STR_NONE : str_sub(url, at + 1, url.n);
    if (!path->n)
        *path = STR("/");
    return host->n > 0;
}

int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool percent_decode(struct arena *a, struct str x, bool plus, struct str *out)
{
    char *p = arena_alloc(a, x.n + 1);
    size_t n = 0, i;

    for (i = 0; i < x.n; i++) {
        if (x.s[i] == '%') {
            int hi = i + 2 < x.n ? digit_of(x.s[i + 1]) : -1;
            int lo = i + 2 < x.n ? digit_of(x.s[i + 2]) : -1;

            if (hi < 0 || lo < 0)
                return false;
            p[n++] = (char)(hi * 16 + lo);
            i += 2;
        } else {
            p[n++] = plus && x.s[i] == '+' ? ' ' : x.s[i];
        }
    }
    *out = (struct str){ p, n };
    return true;
}

size_t form_parse(struct arena *a, struct str text, bool plus, struct param **out, bool *bad)
{
    struct param *v = NULL;
    size_t n = 0, cap = 0;
    struct str part;

    *bad = false;
    while (str_cut(&text, '&', &part)) {
        size_t eq = str_find(part, STR("="));
        struct param p = { .bare = eq == SIZE_MAX };

        if (!part.n)
            continue;
        if (n == MAX_PARAMS || !percent_decode(a, str_sub(part, 0, eq), plus, &p.key)
            || !percent_decode(a, p.bare ? STR_NONE : str_sub(part, eq + 1, part.n), plus, &p.value)) {
            *bad = true;
            break;
        }
        v = vec_grow(v, n, &cap, sizeof *v);
        v[n++] = p;
    }
    *out = arena_copy(a, v, n * sizeof *v);
    free(v);
    return n;
}

struct str header_get(const struct http_request *rq, const char *name)
{
    size_t i;

    for (i = 0; i < rq->nheaders; i++)
        if (str_caseeq(rq->headers[i].name, str_of(name)))
            return rq->headers[i].value;
    return STR_NONE;
}
