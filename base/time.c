/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/time.h"

#include <time.h>

#include "base/text.h"

/* Civil calendar arithmetic: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013). */
int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

void civil_from_days(int64_t *year, unsigned *month, unsigned *day, int64_t days)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;

    *day = (unsigned)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

unsigned days_in_month(int64_t year, unsigned month)
{
    static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* Of the years 0000 to 9999. */
#define FIRST_US (-719528 * US_PER_DAY)
#define LAST_US (2932897 * US_PER_DAY - 1)

/* What is left of a text being parsed. */
struct scan {
    const char *at, *end;
    bool leap; /* second 60 */
};

static bool scan_digits(struct scan *scan, int count, unsigned *number)
{
    unsigned total = 0;

    if (scan->end - scan->at < count)
        return false;
    for (int i = 0; i < count; i++) {
        char c = scan->at[i];
        if (c < '0' || c > '9')
            return false;
        total = total * 10 + (unsigned)(c - '0');
    }
    scan->at += count;
    *number = total;
    return true;
}

static bool scan_char(struct scan *scan, char wanted)
{
    if (scan->at == scan->end || *scan->at != wanted)
        return false;
    scan->at++;
    return true;
}

static bool scan_date(struct scan *scan, int64_t *days)
{
    unsigned year, month, day;

    if (!scan_digits(scan, 4, &year) || !scan_char(scan, '-') || !scan_digits(scan, 2, &month) ||
        !scan_char(scan, '-') || !scan_digits(scan, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *days = days_from_civil(year, month, day);
    return true;
}

/* Digits past the sixth are cut: the clock here is the microsecond. */
static bool scan_fraction(struct scan *scan, int64_t *us)
{
    int64_t unit = US_PER_SECOND / 10;
    const char *start = scan->at;

    for (*us = 0; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++) {
        *us += (*scan->at - '0') * unit;
        unit /= 10;
    }
    return scan->at > start;
}

static bool scan_clock(struct scan *scan, int64_t *us)
{
    unsigned hour, minute, second = 0;
    int64_t fraction = 0;

    if (!scan_digits(scan, 2, &hour) || !scan_char(scan, ':') || !scan_digits(scan, 2, &minute))
        return false;
    if (scan_char(scan, ':')) {
        if (!scan_digits(scan, 2, &second))
            return false;
        if (scan_char(scan, '.') && !scan_fraction(scan, &fraction))
            return false;
    }
    if (hour > 23 || minute > 59 || second > 60)
        return false;
    scan->leap = second == 60;
    *us = (int64_t)hour * US_PER_HOUR + minute * US_PER_MINUTE + second * US_PER_SECOND + fraction;
    return true;
}

static bool scan_offset(struct scan *scan, int64_t *us)
{
    unsigned hour, minute;
    bool west = scan_char(scan, '-');

    *us = 0;
    if (!west && (scan->at == scan->end || scan_char(scan, 'Z') || scan_char(scan, 'z')))
        return true;
    if (!west && !scan_char(scan, '+'))
        return false;
    if (!scan_digits(scan, 2, &hour) || (scan_char(scan, ':'), !scan_digits(scan, 2, &minute)))
        return false;
    if (hour > 23 || minute > 59)
        return false;
    *us = (int64_t)hour * US_PER_HOUR + minute * US_PER_MINUTE;
    if (west)
        *us = -*us;
    return true;
}

static bool scan_moment(struct scan *scan, int64_t *us)
{
    int64_t days, clock = 0, offset = 0;

    if (!scan_date(scan, &days))
        return false;
    if (scan->at < scan->end) {
        if (!scan_char(scan, 'T') && !scan_char(scan, 't') && !scan_char(scan, ' '))
            return false;
        if (!scan_clock(scan, &clock) || !scan_offset(scan, &offset))
            return false;
    }
    *us = days * US_PER_DAY + clock - offset;
    /* A leap second is the last one of a day in UTC; the clock here counts on into the next day. */
    if (scan->leap && (*us - FIRST_US) % US_PER_DAY >= US_PER_SECOND)
        return false;
    /* An offset may lead out of the years that RFC 3339 can write. */
    return scan->at == scan->end && *us >= FIRST_US && *us <= LAST_US;
}

enum status time_parse(int64_t *us, struct slice text)
{
    struct scan scan = { text.data, (const char *)text.data + text.size };
    int64_t moment;

    if (!scan_moment(&scan, &moment))
        return fail(STATUS_INVALID,
                    "\"%.*s\" is not a time: expected RFC 3339, as in 2026-11-21T08:00:00Z, or a "
                    "date, as in 2026-11-21",
                    (int)(text.size < 64 ? text.size : 64), (const char *)text.data);
    *us = moment;
    return STATUS_OK;
}

static char *put_number(char *at, const char *before, uint64_t number, size_t width)
{
    while (*before)
        *at++ = *before++;
    return at + text_digits(at, number, width);
}

const char *time_format(char text[TIME_TEXT_MAX], int64_t us)
{
    int64_t days = us / US_PER_DAY, clock = us % US_PER_DAY, year;
    unsigned month, day;
    char *at = text;

    text[0] = 0;
    if (us == TIME_MIN || us == TIME_MAX)
        return text;
    if (clock < 0) {
        clock += US_PER_DAY;
        days--;
    }
    civil_from_days(&year, &month, &day, days);
    at = put_number(at, year < 0 ? "-" : "", (uint64_t)(year < 0 ? -year : year), year < 0 ? 3 : 4);
    at = put_number(at, "-", month, 2);
    at = put_number(at, "-", day, 2);
    at = put_number(at, "T", (uint64_t)(clock / US_PER_HOUR), 2);
    at = put_number(at, ":", (uint64_t)(clock / US_PER_MINUTE % 60), 2);
    at = put_number(at, ":", (uint64_t)(clock / US_PER_SECOND % 60), 2);
    clock %= US_PER_SECOND;
    if (clock % 1000)
        at = put_number(at, ".", (uint64_t)clock, 6);
    else if (clock)
        at = put_number(at, ".", (uint64_t)clock / 1000, 3);
    memcpy(at, "Z", 2);
    return text;
}

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t time_now_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

int64_t time_monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t time_monotonic_tick_us(void)
{
    return clock_us(CLOCK_MONOTONIC_COARSE);
}

int64_t time_add(int64_t us, int64_t delta_us)
{
    int64_t sum;

    if (us == TIME_MIN || us == TIME_MAX)
        return us;
    if (__builtin_add_overflow(us, delta_us, &sum))
        return delta_us > 0 ? TIME_MAX : TIME_MIN;
    return sum;
}
