/* literal.c - the values of literals, read once, here. A text of the right form can still mean nothing (10.0.0.1/16, 300.1.1.1). */
#include "syntax.h"
#include "parse.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MAX = 60 };

static struct diag *report(struct parse *p, enum diag_code code, struct span at, const char *what, struct str text)
{
    p->broken = true;
    return p->diags ? repair_report(p, code, at, "%s: `%.*s`", what, STR_ARG(text)) : NULL;
}

/* Digits without their underscores, NUL-terminated; false when there are too many. */
static bool plain(struct str text, char out[DIGITS_MAX + 1])
{
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.s[i] == '_')
            continue;
        if (n == DIGITS_MAX)
            return false;
        out[n++] = text.s[i];
    }
    out[n] = '\0';
    return true;
}

static const struct value *number(struct parse *p, struct span at, struct str text)
{
    char digits[DIGITS_MAX + 1];
    bool hex = str_starts(text, STR("0x")), whole = hex || !strpbrk(str_c(p->arena, text), ".eE");
    bool ok = plain(text, digits);
    errno = 0;
    if (ok && whole) {
        long long i = strtoll(digits, NULL, hex ? 16 : 10);
        if (!errno)
            return value_int(p->arena, i);
    } else if (ok) {
        double f = strtod(digits, NULL);
        if (isfinite(f))
            return value_float(p->arena, f);
    }
    struct diag *x = report(p, DIAG_E0112, at, "number too large", text);
    if (x)
        diag_help(p->diags, x, "whole numbers go up to 9223372036854775807; what is not counted, write as a string");
    return NULL;
}

static const struct value *percent(struct parse *p, struct span at, struct str text)
{
    char digits[DIGITS_MAX + 1];
    double f = plain(str_sub(text, 0, text.n - 1), digits) ? strtod(digits, NULL) : HUGE_VAL;
    if (isfinite(f))
        return value_percent(p->arena, f);
    report(p, DIAG_E0112, at, "percentage too large", text);
    return NULL;
}

static const struct value *quantity(struct parse *p, struct span at, struct str text)
{
    int64_t n;
    if (duration_parse(text, &n))
        return value_of_kind(p->arena, VALUE_DURATION, n);
    if (size_parse(text, &n))
        return value_of_kind(p->arena, VALUE_SIZE, n);
    struct diag *x = report(p, DIAG_E0112, at, "not a size and not a duration", text);
    if (x)
        diag_help(p->diags, x, "sizes: 80GiB, 512MiB; durations, the largest unit first: 1h30m, 14d");
    return NULL;
}

/* ---- addresses ---- */

static const struct value *ip(struct parse *p, struct span at, struct str text)
{
    struct ip ip;
    if (ip_parse(text, &ip))
        return value_ip(p->arena, ip);
    struct diag *x = report(p, DIAG_E0111, at, "not an IP address", text);
    if (x)
        diag_help(p->diags, x, str_find(text, STR(":")) == SIZE_MAX ? "each of the four numbers is 0 to 255, without leading zeros"
                                                                    : "an IPv6 address has at most eight groups and one `::`");
    return NULL;
}

/* The block with its host bits cleared: what was probably meant. */
static struct str network_of(struct parse *p, struct str text)
{
    size_t slash = str_find(text, STR("/"));
    struct cidr c;
    int64_t bits;
    if (slash == SIZE_MAX || !ip_parse(str_sub(text, 0, slash), &c.ip) || !str_int(str_sub(text, slash + 1, text.n), &bits))
        return STR_NONE;
    if (bits < 0 || bits > (c.ip.v6 ? 128 : 32))
        return STR_NONE;
    c.bits = (uint8_t)bits;
    for (int64_t i = bits; i < (c.ip.v6 ? 128 : 32); i++)
        c.ip.b[i / 8] &= (uint8_t)~(0x80u >> (i % 8));
    return cidr_text(p->arena, c);
}

static const struct value *cidr(struct parse *p, struct span at, struct str text)
{
    struct cidr c;
    const char *why = "not an address block";
    if (cidr_parse(text, &c, &why))
        return value_cidr(p->arena, c);
    struct diag *x = report(p, DIAG_E0110, at, "not a CIDR block", text);
    if (!x)
        return NULL;
    diag_label(p->diags, x, "%s", why);
    struct str meant = network_of(p, text);
    if (meant.n && !str_eq(meant, text)) {
        diag_help(p->diags, x, "the block that holds this address is `%.*s`", STR_ARG(meant));
        diag_fix(p->diags, x, at, meant, false);
    } else {
        diag_help(p->diags, x, "a block is a network address and a prefix length: `10.0.0.0/16`, `2001:db8::/32`");
    }
    return NULL;
}

/* Numbers with two points, or more than three: an address or a version written wrongly. */
static const struct value *dotted(struct parse *p, struct span at, struct str text)
{
    size_t points = 0;
    for (size_t i = 0; i < text.n; i++)
        points += text.s[i] == '.';
    if (points == 3 || str_find(text, STR("/")) != SIZE_MAX)
        return points == 3 && str_find(text, STR("/")) == SIZE_MAX ? ip(p, at, text) : cidr(p, at, text);
    struct version v;
    struct diag *x = report(p, points == 2 ? DIAG_E0113 : DIAG_E0111, at, points == 2 ? "a version starts with `v`" : "not an IP address", text);
    if (!x)
        return NULL;
    if (points == 2 && version_parse(text, &v)) {
        diag_help(p->diags, x, "an IP address has four numbers, a CIDR block also a prefix length: `10.0.0.0/16`");
        diag_fix(p->diags, x, at, str_fmt(p->arena, "v%.*s", STR_ARG(text)), false);
    } else {
        diag_help(p->diags, x, "an IPv4 address has four numbers: `10.0.0.1`");
    }
    return NULL;
}

static const struct value *version(struct parse *p, struct span at, struct str text)
{
    struct version v;
    if (version_parse(text, &v))
        return value_version(p->arena, v);
    struct diag *x = report(p, DIAG_E0113, at, "not a version", text);
    if (x)
        diag_help(p->diags, x, "write `v1.34` or `v1.34.2`");
    return NULL;
}

const struct value *literal_value(struct parse *p, struct span at, int kind)
{
    struct str text = str_sub(p->text, at.off, at.off + at.len);
    switch (kind) {
    case T_NUMBER: return number(p, at, text);
    case T_QUANTITY: return quantity(p, at, text);
    case T_PERCENT: return percent(p, at, text);
    case T_CIDR: return cidr(p, at, text);
    case T_IP: return ip(p, at, text);
    case T_VERSION: return version(p, at, text);
    case T_DOTTED: return dotted(p, at, text);
    case T_TRUE: return &value_true;
    case T_FALSE: return &value_false;
    default: return &value_none;
    }
}
