/* proxy.c - see proxy.h. */
#include "proxy.h"

static struct proxy first_of(struct world *w, const char *const *names)
{
    for (; *names; names++) {
        struct str v = world_getenv(w, *names);

        if (v.n)
            return (struct proxy){ v, str_of(*names) };
    }
    return (struct proxy){ STR_NONE, STR_NONE };
}

struct proxy proxy_for(struct world *w, bool https)
{
    static const char *const secure[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL };
    static const char *const plain[] = { "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", NULL };

    return first_of(w, https ? secure : plain);
}

struct proxy proxy_exceptions(struct world *w)
{
    static const char *const names[] = { "no_proxy", "NO_PROXY", NULL };

    return first_of(w, names);
}

/* Without what may be a secret: user and password in front of the host, and anything after it. */
static struct str shown(struct arena *a, struct str url)
{
    size_t scheme = str_find(url, STR("://")), from = scheme == SIZE_MAX ? 0 : scheme + 3, end = from;

    for (size_t i = from; i < url.n; i++)
        if (url.s[i] == '@')
            from = i + 1;
    for (end = from; end < url.n && url.s[end] != '/' && url.s[end] != '?' && url.s[end] != '#'; end++)
        ;
    return str_fmt(a, "%.*s%.*s", scheme == SIZE_MAX ? 0 : (int)scheme + 3, url.s, STR_ARG(str_sub(url, from, end)));
}

struct str net_proxy_note(struct world *w, struct arena *a)
{
    struct proxy p = proxy_for(w, true), but = proxy_exceptions(w);

    if (!p.url.n)
        return STR_NONE;
    return str_fmt(a, "proxy: %.*s (%.*s)%s%.*s%s%.*s%s", STR_ARG(shown(a, p.url)), STR_ARG(p.from), but.url.n ? ", not for " : "", STR_ARG(but.url),
                   but.url.n ? " (" : "", STR_ARG(but.from), but.url.n ? ")" : "");
}
