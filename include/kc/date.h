/* date.h - a time as text, and the calendar under it. Times are milliseconds since 1970 in UTC; no clock is read here. */
#ifndef KC_DATE_H
#define KC_DATE_H
#include <stdbool.h>
#include <stdint.h>
#include "kc/str.h"

struct arena;
enum { DAY_MS = 86400 * 1000 };
struct date { int64_t year; int month, day; };
struct day_time { int h, m, s; };
int64_t date_days(struct date d);                          /* since 1970-01-01, in the Gregorian calendar */
struct date date_of(int64_t days);
bool date_ms(struct date d, struct day_time c, int64_t *ms);  /* false: no such day or time, or outside the years 1 to 9999 */
bool date_in_range(int64_t ms);
/* RFC 3339, "2026-01-31T10:00:00.5+02:00"; without a zone it is UTC, without a time midnight. Digits past the millisecond are cut off. */
bool date_read(struct str text, int64_t *ms);
struct str date_text(struct arena *a, int64_t ms);         /* "2026-01-31T08:00:00Z", with milliseconds where there are any */
/* Pieces of other spellings: exactly n digits, or this letter, at *at, which goes behind them. */
bool date_digits(struct str t, size_t *at, size_t n, int *out);
bool date_letter(struct str t, size_t *at, char c);

#endif
