/* wire_time.c - the three spellings of a time on the wire. */
#include <stdlib.h>
#include <string.h>
#include "wire.h"

enum { DAY = 86400 };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char *const weekdays[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };

bool time_rfc822(struct str t, int64_t *ms)
{
    int year;
    struct date d = { 0 };
    struct day_time c = { 0 };
    size_t at = 5;
    if (t.n < 29 || t.s[3] != ',' || !date_digits(t, &at, 2, &d.day) || !date_letter(t, &at, ' '))
        return false;
    for (int i = 0; i < 12; i++)
        if (!memcmp(t.s + at, months[i], 3))
            d.month = i + 1;
    at += 3;
    if (!date_letter(t, &at, ' ') || !date_digits(t, &at, 4, &year) || !date_letter(t, &at, ' '))
        return false;
    d.year = year;
    if (!date_digits(t, &at, 2, &c.h) || !date_letter(t, &at, ':') || !date_digits(t, &at, 2, &c.m) || !date_letter(t, &at, ':') || !date_digits(t, &at, 2, &c.s))
        return false;
    return str_eq(str_sub(t, at, t.n), STR(" GMT")) && date_ms(d, c, ms);
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
    if (*end || v > 1e12)                                  /* beyond any calendar, and within an int64_t */
        return false;
    *ms = (int64_t)(v * 1000 + 0.5);
    return date_in_range(*ms);
}

bool time_parse(struct str text, int64_t *ms)
{
    text = str_trim(text);
    return date_read(text, ms) || time_rfc822(text, ms) || parse_seconds(text, ms);
}

/* ---- writing ---- */

struct str time_text(struct arena *a, int64_t ms, enum time_format f)
{
    int64_t seconds = (ms >= 0 ? ms : ms - 999) / 1000;
    int frac = (int)(ms - seconds * 1000);
    int64_t days = (seconds >= 0 ? seconds : seconds - (DAY - 1)) / DAY;
    int s = (int)(seconds - days * DAY);
    struct date d = date_of(days);
    if (f == TIME_UNIX)
        return frac ? str_fmt(a, "%lld.%03d", (long long)seconds, frac) : str_fmt(a, "%lld", (long long)seconds);
    if (f == TIME_RFC822)
        return str_fmt(a, "%s, %02d %s %04d %02d:%02d:%02d GMT", weekdays[((days + 4) % 7 + 7) % 7], d.day, months[d.month - 1], (int)d.year,
                       s / 3600, s / 60 % 60, s % 60);
    return date_text(a, ms);
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
