/* url.c - see url.h. */
#include "url.h"

#include "kc/value.h"

static size_t end_of_authority(struct str rest)
{
    size_t i = 0;

    while (i < rest.n && rest.s[i] != '/' && rest.s[i] != '?' && rest.s[i] != '#')
        i++;
    return i;
}

static bool port_good(struct str port)
{
    int64_t n;

    return !port.n || (port.s[0] == ':' && str_int(str_sub(port, 1, port.n), &n) && n > 0 && n < 65536);
}

bool url_read(struct str url, bool *https, struct str *host)
{
    *https = str_starts(url, STR("https://"));
    if (!*https && !str_starts(url, STR("http://")))
        return false;
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.s[i] <= ' ' || (unsigned char)url.s[i] > '~' || url.s[i] == '\\' || url.s[i] == '#')
            return false;
    struct str rest = str_sub(url, *https ? 8 : 7, url.n), authority = str_sub(rest, 0, end_of_authority(rest)), port = STR("");
    if (str_find(authority, STR("@")) != SIZE_MAX)
        return false;
    if (authority.n && authority.s[0] == '[') {
        size_t end = str_find(authority, STR("]"));

        if (end == SIZE_MAX)
            return false;
        *host = str_sub(authority, 1, end);
        port = str_sub(authority, end + 1, authority.n);
    } else {
        size_t colon = str_find(authority, STR(":"));

        *host = str_sub(authority, 0, colon);
        port = colon == SIZE_MAX ? STR("") : str_sub(authority, colon, authority.n);
    }
    return host->n && port_good(port);
}

static bool same_address(struct ip x, struct ip y)
{
    if (x.v6 != y.v6)
        return false;
    for (size_t i = 0; i < (x.v6 ? 16u : 4u); i++)
        if (x.b[i] != y.b[i])
            return false;
    return true;
}

static bool is_loopback(struct ip x)
{
    struct ip one;

    return x.v6 ? ip_parse(STR("::1"), &one) && same_address(x, one) : x.b[0] == 127;
}

bool url_may_give_credentials(struct str url, struct str *host)
{
    static const char *const agents[] = { "169.254.170.2", "169.254.170.23", "fd00:ec2::23" };
    struct ip x, agent;
    bool https;

    if (!url_read(url, &https, host))
        return false;
    if (https || str_caseeq(*host, STR("localhost")))
        return true;
    if (!ip_parse(*host, &x))
        return false;
    for (size_t i = 0; i < sizeof agents / sizeof *agents; i++)
        if (ip_parse(str_of(agents[i]), &agent) && same_address(x, agent))
            return true;
    return is_loopback(x);
}
