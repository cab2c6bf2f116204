/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ISO 8601 texts, with and without separators. */
#include "query/temporal_parts.h"

#include "base/time.h"

#include <ctype.h>
#include <stdlib.h>

struct scan {
    const char *at, *end;
};

static bool at_digit(const struct scan *scan, size_t ahead)
{
    return (size_t)(scan->end - scan->at) > ahead && isdigit((unsigned char)scan->at[ahead]);
}

static bool at_char(const struct scan *scan, char c)
{
    return scan->at < scan->end && *scan->at == c;
}

static bool accept_char(struct scan *scan, char c)
{
    bool found = at_char(scan, c);

    scan->at += found;
    return found;
}

static size_t count_digits(const struct scan *scan)
{
    size_t n = 0;

    while (at_digit(scan, n))
        n++;
    return n;
}

static bool take(struct scan *scan, size_t digits, int64_t *number)
{
    if (count_digits(scan) < digits)
        return false;
    *number = 0;
    while (digits--)
        *number = *number * 10 + (*scan->at++ - '0');
    return true;
}

/* ---- Dates ------------------------------------------------------------------------------- */

static bool civil(struct parts *parts, int64_t year, int64_t month, int64_t day)
{
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, (unsigned)month))
        return false;
    parts->days = days_from_civil(year, (unsigned)month, (unsigned)day);
    return true;
}

static bool ordinal(struct parts *parts, int64_t year, int64_t day)
{
    if (day < 1 || day > 365 + (days_in_month(year, 2) == 29))
        return false;
    parts->days = days_from_civil(year, 1, 1) + day - 1;
    return true;
}

static bool week_date(struct scan *scan, struct parts *parts, int64_t year)
{
    int64_t week, weekday = 1, check;
    int week_back, weekday_back;

    scan->at++;
    if (!take(scan, 2, &week) || week < 1 || week > 53)
        return false;
    if ((accept_char(scan, '-') || at_digit(scan, 0)) && !take(scan, 1, &weekday))
        return false;
    if (weekday < 1 || weekday > 7)
        return false;
    parts->days = days_from_week(year, week, weekday);
    week_of(parts->days, &check, &week_back, &weekday_back);
    return check == year;
}

static bool quarter_date(struct scan *scan, struct parts *parts, int64_t year)
{
    int64_t quarter, day = 1;

    scan->at++;
    if (!take(scan, 1, &quarter) || quarter < 1 || quarter > 4)
        return false;
    if ((accept_char(scan, '-') || at_digit(scan, 0)) && !take(scan, 2, &day))
        return false;
    parts->days = days_from_civil(year, (unsigned)(quarter * 3 - 2), 1) + day - 1;
    return day >= 1 && day <= 92;
}

/* Behind the year, with separators. */
static bool dashed_date(struct scan *scan, struct parts *parts, int64_t year)
{
    int64_t month, day = 1;

    if (at_char(scan, 'W'))
        return week_date(scan, parts, year);
    if (at_char(scan, 'Q'))
        return quarter_date(scan, parts, year);
    if (count_digits(scan) == 3)
        return take(scan, 3, &day) && ordinal(parts, year, day);
    if (!take(scan, 2, &month))
        return false;
    if (accept_char(scan, '-') && !take(scan, 2, &day))
        return false;
    return civil(parts, year, month, day);
}

static bool compact_date(struct scan *scan, struct parts *parts, size_t digits)
{
    int64_t year, month = 1, day = 1;

    if (!take(scan, 4, &year))
        return false;
    if (digits == 4 && at_char(scan, 'W'))
        return week_date(scan, parts, year);
    if (digits == 4 && at_char(scan, 'Q'))
        return quarter_date(scan, parts, year);
    if (digits == 7)
        return take(scan, 3, &day) && ordinal(parts, year, day);
    if (digits != 4 && digits != 6 && digits != 8)
        return false;
    if (digits >= 6 && !take(scan, 2, &month))
        return false;
    if (digits == 8 && !take(scan, 2, &day))
        return false;
    return civil(parts, year, month, day);
}

static bool scan_date(struct scan *scan, struct parts *parts)
{
    bool minus = at_char(scan, '-'), signed_ = minus || at_char(scan, '+');
    size_t digits;
    int64_t year;

    scan->at += signed_;
    digits = count_digits(scan);
    if (digits < 4 || (signed_ && digits > 9))
        return false;
    parts->has_date = true;
    if (!signed_ && (digits > 4 || !(scan->end - scan->at > 4 && scan->at[4] == '-')))
        return compact_date(scan, parts, digits);
    if (!take(scan, digits, &year))
        return false;
    if (minus)
        year = -year;
    if (!accept_char(scan, '-'))
        return civil(parts, year, 1, 1);
    return dashed_date(scan, parts, year);
}

/* ---- Times ------------------------------------------------------------------------------- */

static bool scan_fraction(struct scan *scan, int64_t *nanos)
{
    int64_t unit = NS_PER_SECOND / 10;

    if (!at_digit(scan, 0))
        return false;
    for (; at_digit(scan, 0); scan->at++, unit /= 10)
        *nanos += (*scan->at - '0') * unit;
    return true;
}

static bool scan_time(struct scan *scan, struct parts *parts)
{
    int64_t hour, minute = 0, second = 0, nanos = 0;
    bool colon;

    if (!take(scan, 2, &hour))
        return false;
    colon = accept_char(scan, ':');
    if ((colon || at_digit(scan, 0)) && !take(scan, 2, &minute))
        return false;
    if ((colon ? accept_char(scan, ':') : at_digit(scan, 0)) && !take(scan, 2, &second))
        return false;
    if ((accept_char(scan, '.') || accept_char(scan, ',')) && !scan_fraction(scan, &nanos))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    parts->has_time = true;
    parts->nanos = (hour * 3600 + minute * 60 + second) * NS_PER_SECOND + nanos;
    return true;
}

static bool scan_offset(struct scan *scan, struct parts *parts)
{
    int64_t hour, minute = 0, second = 0;
    bool minus = at_char(scan, '-');

    parts->has_zone = true;
    parts->offset_s = 0;
    if (accept_char(scan, 'Z') || accept_char(scan, 'z'))
        return true;
    if (!minus && !at_char(scan, '+'))
        return false;
    scan->at++;
    if (!take(scan, 2, &hour))
        return false;
    if ((accept_char(scan, ':') || at_digit(scan, 0)) && !take(scan, 2, &minute))
        return false;
    if ((accept_char(scan, ':') || at_digit(scan, 0)) && !take(scan, 2, &second))
        return false;
    if (hour > 18 || minute > 59 || second > 59)
        return false;
    parts->offset_s = (int32_t)(hour * 3600 + minute * 60 + second) * (minus ? -1 : 1);
    return true;
}

static bool scan_region(struct scan *scan, struct parts *parts)
{
    const char *close = memchr(scan->at, ']', (size_t)(scan->end - scan->at));
    bool has_offset = parts->has_zone;
    int32_t offset = parts->offset_s;
    int64_t instant;

    if (!close || zone_find(&parts->rules, slice_of(scan->at, (size_t)(close - scan->at))))
        return false;
    scan->at = close + 1;
    parts->has_zone = true;
    if (!has_offset) {
        parts_settle(parts);
        return true;
    }
    /* An offset that the zone had at that instant tells two equal local times apart. */
    instant = parts_local_seconds(parts) - offset;
    parts->offset_s = zone_offset(parts->rules, instant);
    if (parts->offset_s != offset) {
        struct parts zone = *parts;
        parts->offset_s = offset;
        parts_move(parts, &zone);
    }
    return true;
}

static bool scan_zone(struct scan *scan, struct parts *parts)
{
    if (scan->at < scan->end && *scan->at != '[' && !scan_offset(scan, parts))
        return false;
    if (accept_char(scan, '['))
        return scan_region(scan, parts);
    return true;
}

bool zone_parse(struct parts *parts, struct slice text)
{
    struct scan scan = { text.data, (const char *)text.data + text.size };

    parts->rules = NULL;
    if (scan_offset(&scan, parts) && scan.at == scan.end)
        return true;
    return zone_find(&parts->rules, text) == STATUS_OK;
}

bool temporal_parse(struct parts *parts, struct slice text, enum value_type type)
{
    struct scan scan = { text.data, (const char *)text.data + text.size };
    bool date = type == VALUE_DATE || type == VALUE_LOCAL_DATETIME || type == VALUE_DATETIME;
    bool zone = type == VALUE_TIME || type == VALUE_DATETIME;

    *parts = (struct parts){ 0 };
    if (date && !scan_date(&scan, parts))
        return false;
    if (type == VALUE_DATE)
        return scan.at == scan.end;
    if (!date || accept_char(&scan, 'T') || accept_char(&scan, 't')) {
        if (!scan_time(&scan, parts))
            return false;
    }
    if (zone && !scan_zone(&scan, parts))
        return false;
    return scan.at == scan.end;
}

/* ---- Durations --------------------------------------------------------------------------- */

struct amounts {
    long double months, days, seconds;
};

static bool add_amount(struct amounts *amounts, long double number, char unit, bool time)
{
    switch (unit) {
    case 'Y':
        amounts->months += number * 12;
        return !time;
    case 'M':
        if (time)
            amounts->seconds += number * 60;
        else
            amounts->months += number;
        return true;
    case 'W':
        amounts->days += number * 7;
        return !time;
    case 'D':
        amounts->days += number;
        return !time;
    case 'H':
        amounts->seconds += number * 3600;
        return time;
    case 'S':
        amounts->seconds += number;
        return time;
    default:
        return false;
    }
}

/* -1.5 or 1,5: a sign, digits, a fraction. */
static bool scan_amount(struct scan *scan, long double *number)
{
    bool minus = at_char(scan, '-');
    long double unit = 1;

    if (minus || at_char(scan, '+'))
        scan->at++;
    if (!at_digit(scan, 0))
        return false;
    for (*number = 0; at_digit(scan, 0); scan->at++)
        *number = *number * 10 + (*scan->at - '0');
    if (accept_char(scan, '.') || accept_char(scan, ',')) {
        long double digits = 0;
        for (; at_digit(scan, 0); scan->at++, unit *= 10)
            digits = digits * 10 + (*scan->at - '0');
        *number += digits / unit;
    }
    if (minus)
        *number = -*number;
    return true;
}

/* Pyyyy-mm-ddThh:mm:ss */
static bool dated_duration(struct duration *out, struct scan *scan)
{
    int64_t year, month, day, hour = 0, minute = 0, second = 0, nanos = 0;

    if (!take(scan, 4, &year) || !accept_char(scan, '-') || !take(scan, 2, &month) ||
        !accept_char(scan, '-') || !take(scan, 2, &day))
        return false;
    if (accept_char(scan, 'T')) {
        if (!take(scan, 2, &hour) || !accept_char(scan, ':') || !take(scan, 2, &minute))
            return false;
        if (accept_char(scan, ':') && !take(scan, 2, &second))
            return false;
        if (accept_char(scan, '.') && !scan_fraction(scan, &nanos))
            return false;
    }
    return scan->at == scan->end &&
           duration_make(out, (long double)(year * 12 + month), (long double)day,
                         (long double)(hour * 3600 + minute * 60 + second), (long double)nanos);
}

bool duration_parse(struct duration *out, struct slice text)
{
    struct scan scan = { text.data, (const char *)text.data + text.size };
    struct amounts amounts = { 0 };
    bool time = false, any = false, minus = accept_char(&scan, '-');
    long double number;

    if (!accept_char(&scan, 'P'))
        return false;
    if (count_digits(&scan) == 4 && scan.end - scan.at > 4 && scan.at[4] == '-')
        return dated_duration(out, &scan);
    while (scan.at < scan.end) {
        if (!time && accept_char(&scan, 'T')) {
            time = true;
            continue;
        }
        if (!scan_amount(&scan, &number) || scan.at == scan.end ||
            !add_amount(&amounts, number, *scan.at++, time))
            return false;
        any = true;
    }
    if (minus) {
        amounts.months = -amounts.months;
        amounts.days = -amounts.days;
        amounts.seconds = -amounts.seconds;
    }
    return any && duration_make(out, amounts.months, amounts.days, amounts.seconds, 0);
}
