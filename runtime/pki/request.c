/* request.c - what a certificate can say: names that are names (RFC 1035), texts as long as X.509 has them (RFC 5280, appendix A), and what makes sense. */
#include "room.h"
#include "kc/value.h"

enum { NAME_MOST = 64, LABEL_MOST = 63, HOST_MOST = 253, ORGANIZATIONS_MOST = 16 };
static const int64_t shortest = 60 * 1000, longest = (int64_t)36525 * 24 * 3600 * 1000;

/* Characters, not bytes. */
static bool is_name(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; n++) {
        uint32_t c = str_rune(s, &i);
        if (c == RUNE_BAD || c < ' ' || (c >= 0x7f && c < 0xa0))
            return false;
    }
    return n > 0 && n <= NAME_MOST;
}

static bool is_label(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.s[i], low = (char)(c | 32);
        if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') && (c != '-' || i == 0 || i + 1 == s.n))
            return false;
    }
    return s.n > 0 && s.n <= LABEL_MOST;
}

static bool is_number(struct str s)
{
    size_t digits = 0;

    while (digits < s.n && s.s[digits] >= '0' && s.s[digits] <= '9')
        digits++;
    return digits == s.n;
}

/* Where its last label is a number, an address was meant (RFC 3696). */
static bool is_host(struct str s)
{
    struct str rest = str_starts(s, STR("*.")) ? str_sub(s, 2, s.n) : s, label = STR_NONE;

    if (!rest.n || s.n > HOST_MOST || rest.s[rest.n - 1] == '.')
        return false;
    while (str_cut(&rest, '.', &label))
        if (!is_label(label))
            return false;
    return !is_number(label);
}

static bool is_reached(struct str s)
{
    struct ip ip;

    return ip_parse(s, &ip) || is_host(s);
}

/* Each is what it has to be, and stands there once. */
static bool all_fit(struct arena *a, const struct str *v, size_t n, bool (*is)(struct str s), const char *what, struct str *why)
{
    for (size_t i = 0; i < n; i++) {
        bool fits = is(v[i]), twice = false;
        for (size_t k = 0; k < i && fits && !twice; k++)
            twice = str_eq(v[i], v[k]);
        if (!fits || twice) {
            *why = str_fmt(a, "\"%.*s\" %s", STR_ARG(str_sub(v[i], 0, HOST_MOST)), twice ? "stands there twice" : what);
            return false;
        }
    }
    return true;
}

bool pki_request_fits(struct arena *a, const struct pki_request *q, struct str *why)
{
    if (!is_name(q->common_name))
        return pki_failed(why, "the common name has 1 to 64 characters");
    if (q->norganizations > ORGANIZATIONS_MOST)
        return pki_failed(why, "there are up to 16 organizations");
    if (q->nnames > PKI_NAMES_MOST)
        return pki_failed(why, "there are up to 256 names");
    if (!all_fit(a, q->organizations, q->norganizations, is_name, "is no organization: it has 1 to 64 characters", why) ||
        !all_fit(a, q->names, q->nnames, is_reached, "is no DNS name, as \"api.example.com\" or \"*.example.com\", and no IP address", why))
        return false;
    if (q->authority && q->usages)
        return pki_failed(why, "an authority signs certificates, and is no server or client");
    if (!q->authority && !(q->usages & (PKI_SERVER | PKI_CLIENT)))
        return pki_failed(why, "a certificate that is no authority's is a server's, a client's or both");
    if (q->usages & PKI_SERVER && !q->nnames)
        return pki_failed(why, "a server's certificate has the names and addresses by which it is reached");
    if (q->lifetime < shortest || q->lifetime > longest)
        return pki_failed(why, "a certificate is valid for a minute to a hundred years");
    return true;
}
