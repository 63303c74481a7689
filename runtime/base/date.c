/* date.c - see date.h. */
#include "kc/date.h"

static const int64_t EARLIEST = INT64_C(-62135596800), LATEST = INT64_C(253402300799);   /* 0001-01-01 and 9999-12-31, in seconds */
enum { DAY = 86400 };

/* Counts years from March, so that the leap day is the last. */
int64_t date_days(struct date d)
{
    int64_t year = d.month <= 2 ? d.year - 1 : d.year;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t in_era = year - era * 400;
    int64_t in_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

struct date date_of(int64_t days)
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

bool date_in_range(int64_t ms)
{
    return ms >= EARLIEST * 1000 && ms <= LATEST * 1000 + 999;
}

/* In each month there are days that the next one counts: the 31st of April is the 1st of May. */
static bool is_day(struct date d)
{
    if (d.month < 1 || d.month > 12 || d.day < 1 || d.day > 31)
        return false;
    return date_of(date_days(d)).day == d.day;
}

bool date_ms(struct date d, struct day_time c, int64_t *ms)
{
    if (!is_day(d) || c.h > 24 || c.m > 59 || c.s > 60)    /* 60: a leap second */
        return false;
    *ms = (date_days(d) * DAY + c.h * 3600 + c.m * 60 + c.s) * 1000;
    return date_in_range(*ms);
}

/* ---- reading ---- */

bool date_digits(struct str t, size_t *at, size_t n, int *out)
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

bool date_letter(struct str t, size_t *at, char c)
{
    if (*at >= t.n || t.s[*at] != c)
        return false;
    ++*at;
    return true;
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

static bool zone(struct str t, size_t *at, int64_t *seconds)
{
    *seconds = 0;
    if (*at == t.n || date_letter(t, at, 'Z') || date_letter(t, at, 'z'))
        return *at == t.n;
    bool minus = t.s[*at] == '-';
    int h, m;
    if ((!minus && t.s[*at] != '+') || (++*at, !date_digits(t, at, 2, &h)))
        return false;
    date_letter(t, at, ':');
    if (!date_digits(t, at, 2, &m) || h > 23 || m > 59)
        return false;
    *seconds = (minus ? -1 : 1) * (h * 3600 + m * 60);
    return *at == t.n;
}

bool date_read(struct str t, int64_t *ms)
{
    size_t at = 0;
    int year, frac = 0;
    int64_t shift;
    struct date d = { 0 };
    struct day_time c = { 0 };
    if (!date_digits(t, &at, 4, &year) || !date_letter(t, &at, '-') || !date_digits(t, &at, 2, &d.month) || !date_letter(t, &at, '-') || !date_digits(t, &at, 2, &d.day))
        return false;
    d.year = year;
    if (at == t.n)
        return date_ms(d, c, ms);
    if (!date_letter(t, &at, 'T') && !date_letter(t, &at, 't') && !date_letter(t, &at, ' '))
        return false;
    if (!date_digits(t, &at, 2, &c.h) || !date_letter(t, &at, ':') || !date_digits(t, &at, 2, &c.m) || !date_letter(t, &at, ':') || !date_digits(t, &at, 2, &c.s))
        return false;
    if (date_letter(t, &at, '.') && !fraction(t, &at, &frac))
        return false;
    if (!zone(t, &at, &shift) || !date_ms(d, c, ms))
        return false;
    *ms += frac - shift * 1000;
    return date_in_range(*ms);
}

/* ---- writing ---- */

struct str date_text(struct arena *a, int64_t ms)
{
    int64_t days = (ms >= 0 ? ms : ms - (DAY_MS - 1)) / DAY_MS;
    int in_day = (int)(ms - days * DAY_MS), s = in_day / 1000;
    struct date d = date_of(days);
    struct str text = str_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02d", (int)d.year, d.month, d.day, s / 3600, s / 60 % 60, s % 60);
    return in_day % 1000 ? str_fmt(a, "%.*s.%03dZ", STR_ARG(text), in_day % 1000) : str_fmt(a, "%.*sZ", STR_ARG(text));
}
