/* times.c - the three ways AWS writes a time: ISO 8601, RFC 822, seconds since 1970. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "room.h"

static int64_t days(int64_t y, int m, int d)               /* since 1970-01-01, proleptic Gregorian */
{
    int64_t era, yoe, doy, doe;

    y -= m <= 2;
    era = (y >= 0 ? y : y - 399) / 400;
    yoe = y - era * 400;
    doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static bool in_range(int mo, int d, int h, int mi, int s)
{
    return mo >= 1 && mo <= 12 && d >= 1 && d <= 31 && h >= 0 && h < 24 && mi >= 0 && mi < 60 && s >= 0 && s <= 60;
}

static bool iso(const char *t, int64_t *ms)
{
    int y, mo, d, h, mi, s, n = 0;
    double fraction = 0;

    if (sscanf(t, "%4d-%2d-%2dT%2d:%2d:%2d%n", &y, &mo, &d, &h, &mi, &s, &n) != 6 || !in_range(mo, d, h, mi, s))
        return false;
    if (t[n] == '.') {
        char *end;

        fraction = strtod(t + n, &end);
        n = (int)(end - t);
    }
    if (strcmp(t + n, "Z") && strcmp(t + n, "+00:00"))
        return false;
    *ms = (days(y, mo, d) * 86400 + h * 3600 + mi * 60 + s) * 1000 + (int64_t)llround(fraction * 1000);
    return true;
}

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

static bool rfc(const char *t, int64_t *ms)
{
    int y, d, h, mi, s, n = 0;
    char mon[4];
    const char *at;

    if (sscanf(t, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &d, mon, &y, &h, &mi, &s, &n) != 6 || !n || t[n])
        return false;
    at = strstr(months, mon);
    if (!at || (at - months) % 3 || !in_range(1, d, h, mi, s))
        return false;
    *ms = (days(y, (int)(at - months) / 3 + 1, d) * 86400 + h * 3600 + mi * 60 + s) * 1000;
    return true;
}

bool sim_time_read(struct str text, int64_t *ms)
{
    char t[64], *end;
    double seconds;

    if (!text.n || text.n >= sizeof t)
        return false;
    memcpy(t, text.s, text.n);
    t[text.n] = '\0';
    if (iso(t, ms) || rfc(t, ms))
        return true;
    seconds = strtod(t, &end);
    if (*end || !isfinite(seconds) || fabs(seconds) > 1e12)
        return false;
    *ms = (int64_t)llround(seconds * 1000);
    return true;
}

struct str sim_time_write(struct arena *a, int64_t ms, enum time_format f)
{
    static const char week[] = "SunMonTueWedThuFriSat";
    time_t s = (time_t)(ms >= 0 ? ms / 1000 : -((999 - ms) / 1000));
    int rest = (int)(ms - (int64_t)s * 1000);
    struct tm tm;

    gmtime_r(&s, &tm);
    if (f == TIME_RFC822)
        return str_fmt(a, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", week + tm.tm_wday * 3, tm.tm_mday, months + tm.tm_mon * 3,
                       tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (rest)
        return str_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, rest);
    return str_fmt(a, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
