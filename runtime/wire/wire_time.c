/* wire_time.c - the three spellings of a time on the wire. */
#include <stdlib.h>
#include <string.h>
#include "wire.h"

enum { DAY = 86400 };
static const int64_t EARLIEST = INT64_C(-62135596800), LATEST = INT64_C(253402300799);   /* 0001-01-01 and 9999-12-31, in seconds */
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char *const weekdays[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

struct date { int64_t year; int month, day; };

/* Days since 1970-01-01 in the Gregorian calendar, counting years from March so that the leap day is the last. */
static int64_t days_from(struct date d)
{
    int64_t year = d.month <= 2 ? d.year - 1 : d.year;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t in_era = year - era * 400;
    int64_t in_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

static struct date date_from(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t in_era = days - era * 146097;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    int64_t m = (5 * in_year + 2) / 153;
    struct date d = { year + era * 400, (int)(m < 10 ? m + 3 : m - 9), (int)(in_year - (153 * m + 2) / 5 + 1) };
    d.year += d.month <= 2;
    return d;
}

bool time_in_range(int64_t ms)
{
    return ms >= EARLIEST * 1000 && ms <= LATEST * 1000 + 999;
}

/* ---- reading ---- */

/* Exactly n digits at *at. */
static bool digits(struct str t, size_t *at, size_t n, int *out)
{
    int v = 0;
    if (t.n - *at < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = t.s[*at + i];
        if (c < '0' || c > '9')
            return false;
        v = v * 10 + (c - '0');
    }
    *at += n;
    *out = v;
    return true;
}

static bool letter(struct str t, size_t *at, char c)
{
    if (*at >= t.n || t.s[*at] != c)
        return false;
    ++*at;
    return true;
}

struct clock { int h, m, s; };

static bool compose(struct date d, struct clock c, int64_t offset_s, int frac_ms, int64_t *ms)
{
    if (d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31 || c.h > 24 || c.m > 59 || c.s > 60)
        return false;
    int64_t seconds = days_from(d) * DAY + c.h * 3600 + c.m * 60 + c.s - offset_s;
    *ms = seconds * 1000 + frac_ms;
    return time_in_range(*ms);
}

/* ".123456" as ms, truncated. */
static bool fraction(struct str t, size_t *at, int *ms)
{
    int place = 100;
    size_t from = *at;
    for (*ms = 0; *at < t.n && t.s[*at] >= '0' && t.s[*at] <= '9'; ++*at, place /= 10)
        *ms += place * (t.s[*at] - '0');
    return *at > from;
}

static bool offset(struct str t, size_t *at, int64_t *seconds)
{
    *seconds = 0;
    if (*at == t.n || letter(t, at, 'Z') || letter(t, at, 'z'))
        return *at == t.n;
    bool minus = t.s[*at] == '-';
    int h, m;
    if ((!minus && t.s[*at] != '+') || (++*at, !digits(t, at, 2, &h)))
        return false;
    letter(t, at, ':');
    if (!digits(t, at, 2, &m) || h > 23 || m > 59)
        return false;
    *seconds = (minus ? -1 : 1) * (h * 3600 + m * 60);
    return *at == t.n;
}

static bool parse_iso(struct str t, int64_t *ms)
{
    size_t at = 0;
    int year, frac = 0;
    int64_t shift;
    struct date d = { 0 };
    struct clock c = { 0 };
    if (!digits(t, &at, 4, &year) || !letter(t, &at, '-') || !digits(t, &at, 2, &d.month) || !letter(t, &at, '-') || !digits(t, &at, 2, &d.day))
        return false;
    d.year = year;
    if (at == t.n)
        return compose(d, c, 0, 0, ms);
    if (!letter(t, &at, 'T') && !letter(t, &at, ' '))
        return false;
    if (!digits(t, &at, 2, &c.h) || !letter(t, &at, ':') || !digits(t, &at, 2, &c.m) || !letter(t, &at, ':') || !digits(t, &at, 2, &c.s))
        return false;
    if (letter(t, &at, '.') && !fraction(t, &at, &frac))
        return false;
    return offset(t, &at, &shift) && compose(d, c, shift, frac, ms);
}

bool time_rfc822(struct str t, int64_t *ms)
{
    int year;
    struct date d = { 0 };
    struct clock c = { 0 };
    size_t at = 5;
    if (t.n < 29 || t.s[3] != ',' || !digits(t, &at, 2, &d.day) || !letter(t, &at, ' '))
        return false;
    for (int i = 0; i < 12; i++)
        if (!memcmp(t.s + at, months[i], 3))
            d.month = i + 1;
    at += 3;
    if (!letter(t, &at, ' ') || !digits(t, &at, 4, &year) || !letter(t, &at, ' '))
        return false;
    d.year = year;
    if (!digits(t, &at, 2, &c.h) || !letter(t, &at, ':') || !digits(t, &at, 2, &c.m) || !letter(t, &at, ':') || !digits(t, &at, 2, &c.s))
        return false;
    return str_eq(str_sub(t, at, t.n), STR(" GMT")) && compose(d, c, 0, 0, ms);
}

static bool parse_seconds(struct str t, int64_t *ms)
{
    char text[40], *end;
    if (!t.n || t.n >= sizeof text || t.s[0] < '0' || t.s[0] > '9')
        return false;
    memcpy(text, t.s, t.n);
    text[t.n] = '\0';
    if (strspn(text, "0123456789.eE+") != t.n)
        return false;
    double v = strtod(text, &end);
    if (*end || v * 1000 > (double)(LATEST * 1000))
        return false;
    *ms = (int64_t)(v * 1000 + 0.5);
    return true;
}

bool time_parse(struct str text, int64_t *ms)
{
    text = str_trim(text);
    return parse_iso(text, ms) || time_rfc822(text, ms) || parse_seconds(text, ms);
}

/* ---- writing ---- */

struct str time_text(struct arena *a, int64_t ms, enum time_format f)
{
    int64_t seconds = (ms >= 0 ? ms : ms - 999) / 1000;
    int frac = (int)(ms - seconds * 1000);
    int64_t days = (seconds >= 0 ? seconds : seconds - (DAY - 1)) / DAY;
    int s = (int)(seconds - days * DAY);
    struct date d = date_from(days);
    if (f == TIME_UNIX)
        return frac ? str_fmt(a, "%lld.%03d", (long long)seconds, frac) : str_fmt(a, "%lld", (long long)seconds);
    if (f == TIME_RFC822)
        return str_fmt(a, "%s, %02d %s %04d %02d:%02d:%02d GMT", weekdays[((days + 4) % 7 + 7) % 7], d.day, months[d.month - 1], (int)d.year,
                       s / 3600, s / 60 % 60, s % 60);
    struct str text = str_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02d", (int)d.year, d.month, d.day, s / 3600, s / 60 % 60, s % 60);
    return frac ? str_fmt(a, "%.*s.%03dZ", STR_ARG(text), frac) : str_fmt(a, "%.*sZ", STR_ARG(text));
}

bool wire_clock(const struct http_reply *r, int64_t sent, int64_t now, int64_t *offset)
{
    int64_t theirs, least, most;

    if (!time_rfc822(str_trim(reply_header(r, STR("date"))), &theirs))
        return false;
    least = theirs - now;
    most = theirs + 999 - sent;
    *offset = least > 0 ? least : most < 0 ? most : 0;
    return true;
}
