/* scalar.c - addresses, versions and quantities from text and back. No locale, no name lookup. */
#include "kc/value.h"
#include "kc/arena.h"
#include "kc/hash.h"
#include "scalar.h"
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool ip_parse(struct str text, struct ip *out)
{
    char s[INET6_ADDRSTRLEN];
    if (!text.n || text.n >= sizeof s || memchr(text.s, '\0', text.n))
        return false;
    memcpy(s, text.s, text.n);
    s[text.n] = '\0';
    *out = (struct ip){ .v6 = memchr(s, ':', text.n) != NULL };
    return inet_pton(out->v6 ? AF_INET6 : AF_INET, s, out->b) == 1;
}

static bool host_bits(struct cidr c)
{
    for (unsigned i = c.bits; i < (c.ip.v6 ? 128 : 32); i++)
        if (c.ip.b[i / 8] & (0x80 >> (i % 8)))
            return true;
    return false;
}

static const char *cidr_problem(struct str text, struct cidr *out)
{
    struct str rest = text, addr, extra;
    if (!str_cut(&rest, '/', &addr) || !rest.s)
        return "there is no /prefix";
    if (!ip_parse(addr, &out->ip))
        return "what stands before the / is not an IP address";
    int64_t bits;
    extra = rest;
    if (!str_int(extra, &bits) || bits < 0 || (extra.n > 1 && extra.s[0] == '0') || extra.s[0] == '-')
        return "the prefix after the / is not a number";
    if (bits > (out->ip.v6 ? 128 : 32))
        return out->ip.v6 ? "the prefix is over 128" : "the prefix is over 32";
    out->bits = (uint8_t)bits;
    return host_bits(*out) ? "host bits are set" : NULL;
}

bool cidr_parse(struct str text, struct cidr *out, const char **why)
{
    const char *problem = cidr_problem(text, out);
    if (why)
        *why = problem;
    return !problem;
}

bool version_parse(struct str text, struct version *out)
{
    struct str rest = text, part;
    if (rest.n && rest.s[0] == 'v')
        rest = str_sub(rest, 1, rest.n);
    int32_t n[3] = { 0, 0, -1 };
    size_t k = 0;
    while (str_cut(&rest, '.', &part)) {
        int64_t x;
        if (k == 3 || !str_int(part, &x) || x < 0 || x > INT32_MAX || part.s[0] == '-' || (part.n > 1 && part.s[0] == '0'))
            return false;
        n[k++] = (int32_t)x;
    }
    *out = (struct version){ n[0], n[1], n[2] };
    return k >= 2;
}

struct unit { const char *name; int64_t scale; };

static const struct unit durations[] = {
    { "w", 604800000 }, { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 }, { NULL, 0 },
};
static const struct unit sizes[] = {
    { "PiB", INT64_C(1) << 50 }, { "TiB", INT64_C(1) << 40 }, { "GiB", 1 << 30 }, { "MiB", 1 << 20 }, { "KiB", 1 << 10 },
    { "PB", INT64_C(1000000000000000) }, { "TB", INT64_C(1000000000000) }, { "GB", 1000000000 }, { "MB", 1000000 },
    { "KB", 1000 }, { "kB", 1000 }, { "B", 1 }, { NULL, 0 },
};

/* Digits with `_` between them; false when there are none or too many. */
static bool digits(struct str t, size_t *i, int64_t *x, int64_t *scale)
{
    size_t from = *i;
    for (; *i < t.n; ++*i) {
        char c = t.s[*i];
        if (c == '_' && *i > from)
            continue;
        if (c < '0' || c > '9')
            break;
        if (__builtin_mul_overflow(*x, 10, x) || __builtin_add_overflow(*x, c - '0', x))
            return false;
        if (scale && __builtin_mul_overflow(*scale, 10, scale))
            return false;
    }
    return *i > from;
}

static const struct unit *unit_at(struct str t, size_t *i, const struct unit *units)
{
    size_t from = *i;
    while (*i < t.n && ((t.s[*i] | 32) >= 'a' && (t.s[*i] | 32) <= 'z'))
        ++*i;
    for (; units->name; units++)
        if (str_is(str_sub(t, from, *i), units->name))
            return units;
    return NULL;
}

/* A sum of numbers with units, each a whole count of the smallest unit: "1h30m", "1.5GiB". */
static bool quantity(struct str t, const struct unit *units, int64_t *out)
{
    int64_t sum = 0;
    size_t i = 0;
    while (i < t.n) {
        int64_t x = 0, scale = 1;
        if (!digits(t, &i, &x, NULL))
            return false;
        if (i < t.n && t.s[i] == '.') {
            i++;
            if (!digits(t, &i, &x, &scale))
                return false;
        }
        const struct unit *u = unit_at(t, &i, units);
        if (!u || __builtin_mul_overflow(x, u->scale, &x) || x % scale || __builtin_add_overflow(sum, x / scale, &sum))
            return false;
    }
    *out = sum;
    return t.n > 0;
}

bool duration_parse(struct str text, int64_t *ms)
{
    return quantity(text, durations, ms);
}

bool size_parse(struct str text, int64_t *bytes)
{
    return quantity(text, sizes, bytes);
}

struct str ip_text(struct arena *a, struct ip ip)
{
    char s[INET6_ADDRSTRLEN];
    if (!inet_ntop(ip.v6 ? AF_INET6 : AF_INET, ip.b, s, sizeof s))
        die("inet_ntop failed");
    return str_dup(a, str_of(s));
}

struct str cidr_text(struct arena *a, struct cidr c)
{
    return str_fmt(a, "%.*s/%u", STR_ARG(ip_text(a, c.ip)), c.bits);
}

struct str duration_text(struct arena *a, int64_t ms)
{
    struct buf b = { 0 };
    if (ms < 0)
        buf_putc(&b, '-');
    uint64_t left = ms < 0 ? -(uint64_t)ms : (uint64_t)ms;
    for (const struct unit *u = durations + 1; u->name; u++) {   /* no weeks: 14d says more than 2w */
        uint64_t n = left / (uint64_t)u->scale;
        if (n)
            buf_fmt(&b, "%" PRIu64 "%s", n, u->name);
        left %= (uint64_t)u->scale;
    }
    if (!ms)
        buf_cstr(&b, "0s");
    return buf_take(&b, a);
}

struct str size_text(struct arena *a, int64_t bytes)
{
    for (const struct unit *u = sizes; u->name; u++)
        if (bytes && bytes % u->scale == 0)
            return str_fmt(a, "%" PRId64 "%s", bytes / u->scale, u->name);
    return str_dup(a, STR("0B"));
}

struct str float_text(struct arena *a, double f)
{
    char s[40];
    for (int digits10 = 15; digits10 <= 17; digits10++) {
        snprintf(s, sizeof s, "%.*g", digits10, f);
        if (strtod(s, NULL) == f)
            break;
    }
    bool plain = !strpbrk(s, ".eni");                      /* 3 -> 3.0; inf and nan are refused where they arise */
    return str_fmt(a, plain ? "%s.0" : "%s", s);
}

struct str version_text(struct arena *a, struct version v)
{
    return v.patch < 0 ? str_fmt(a, "%d.%d", v.major, v.minor) : str_fmt(a, "%d.%d.%d", v.major, v.minor, v.patch);
}

struct str percent_text(struct arena *a, double f)
{
    struct str s = float_text(a, f);
    if (str_ends(s, STR(".0")))
        s = str_sub(s, 0, s.n - 2);
    return str_fmt(a, "%.*s%%", STR_ARG(s));
}

struct str digest_text(struct arena *a, const struct value *v)
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
    enum { SHOWN = 4 };
    if (v->secret)
        return STR("(secret)");
    const struct digest *d = v->bulk ? value_sum(a, v->s)->digest : v->digest;
    double size = (double)d->size;
    size_t u = 0;
    for (; size >= 1024 && u + 1 < sizeof units / sizeof *units; u++)
        size /= 1024;
    return str_fmt(a, "(%.*f %s, sha256 %.*s...)", u ? 1 : 0, size, units[u], STR_ARG(hex(a, d->sum, SHOWN)));
}

struct str value_text(struct arena *a, const struct value *v)
{
    switch (v->kind) {
    case VALUE_NONE: return STR("");
    case VALUE_BOOL: return v->b ? STR("true") : STR("false");
    case VALUE_INT: case VALUE_SIZE: return str_fmt(a, "%" PRId64, v->i);
    case VALUE_FLOAT: return float_text(a, v->f);
    case VALUE_STRING: return v->s;
    case VALUE_CIDR: return cidr_text(a, v->cidr);
    case VALUE_IP: return ip_text(a, v->ip);
    case VALUE_DURATION: return duration_text(a, v->i);
    case VALUE_PERCENT: return percent_text(a, v->f);
    case VALUE_RANGE: return str_fmt(a, "%" PRId64 "..%" PRId64, v->range.lo, v->range.hi);
    case VALUE_VERSION: return version_text(a, v->version);
    case VALUE_REF: return v->addr;
    case VALUE_DIGEST: return digest_text(a, v);
    case VALUE_LIST: case VALUE_OBJECT: case VALUE_UNKNOWN: break;
    }
    return STR_NONE;
}
