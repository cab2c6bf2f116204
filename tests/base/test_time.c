/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/time.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

#include "base/rng.h"


static const struct {
    const char *text;
    int64_t us;
    const char *formatted;
} good[] = {
    { "1970-01-01", 0, "1970-01-01T00:00:00Z" },
    { "1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z" },
    { "2026-11-21T08:00:00Z", 1795248000000000, "2026-11-21T08:00:00Z" },
    { "2026-11-21T08:00:00.25+08:00", 1795219200250000, "2026-11-21T00:00:00.250Z" },
    { "2026-11-21 08:00:00", 1795248000000000, "2026-11-21T08:00:00Z" },
    { "2026-11-21t08:00:00z", 1795248000000000, "2026-11-21T08:00:00Z" },
    { "2026-11-21T08:00", 1795248000000000, "2026-11-21T08:00:00Z" },
    { "2026-11-21T08:00:00-0030", 1795249800000000, "2026-11-21T08:30:00Z" },
    { "1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z" },
    { "2000-02-29", 951782400000000, "2000-02-29T00:00:00Z" },
    { "0001-01-01", -62135596800000000, "0001-01-01T00:00:00Z" },
    { "9999-12-31T23:59:59Z", 253402300799000000, "9999-12-31T23:59:59Z" },
    { "2026-11-21T08:00:00.1234567Z", 1795248000123456, "2026-11-21T08:00:00.123456Z" },
    { "2016-12-31T23:59:60Z", 1483228800000000, "2017-01-01T00:00:00Z" },
    { "2017-01-01T07:59:60.5+08:00", 1483228800500000, "2017-01-01T00:00:00.500Z" },
    { "0000-01-01T00:00:00-10:00", -62167183200000000, "0000-01-01T10:00:00Z" },
};

Test(time, reads_and_writes_rfc_3339)
{
    char text[TIME_TEXT_MAX];

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t us = 42;

        cr_assert_eq(time_parse(&us, slice_str(good[i].text)), STATUS_OK, "%s", good[i].text);
        cr_assert_eq(us, good[i].us, "%s: %lld", good[i].text, (long long)us);
        cr_assert_str_eq(time_format(text, us), good[i].formatted);
    }
}

Test(time, refuses_what_is_not_a_time_and_leaves_the_result_alone)
{
    static const char *const bad[] = {
        "",           "2026",       "2026-13-01", "2026-00-01", "2026-02-30", "2025-02-29",
        "2026-1-1",   "20261121",   "2026-11-21T", "2026-11-21T24:00:00Z", "2026-11-21T08:60:00Z",
        "2026-11-21T08:00:60Z", "2026-11-21T08:00:00.Z", "2026-11-21T08:00:00+24:00",
        "2026-11-21T08:00:00Zx", " 2026-11-21", "2026-11-21T08:00:00 Z", "1900-02-29",
        "not a time", "2026/11/21", "2026-11-21T23:59:61Z", "2016-12-31T23:59:60+08:00",
        "0000-01-01T00:00:00+10:00", "9999-12-31T23:00:00-10:00",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t us = 42;

        cr_assert_eq(time_parse(&us, slice_str(bad[i])), STATUS_INVALID, "\"%s\"", bad[i]);
        cr_assert_eq(us, 42);
        cr_assert_not_null(strstr(error_detail(), "RFC 3339"), "%s", error_detail());
    }
}

Test(time, agrees_with_the_c_library_over_twenty_centuries)
{
    struct rng rng = rng_new(5);

    for (int i = 0; i < 100000; i++) {
        time_t seconds = rng_between(&rng, -62135596800, 253402300799);
        struct tm tm;
        char text[TIME_TEXT_MAX], expected[80];
        int64_t us;

        gmtime_r(&seconds, &tm);
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        cr_assert_str_eq(time_format(text, seconds * US_PER_SECOND), expected);
        cr_assert_eq(time_parse(&us, slice_str(expected)), STATUS_OK);
        cr_assert_eq(us, seconds * US_PER_SECOND);
    }
}

Test(time, every_day_of_eight_centuries_comes_back)
{
    for (int64_t day = -146097; day <= 146097; day++) {
        unsigned month, day_of_month;
        int64_t year;

        civil_from_days(&year, &month, &day_of_month, day);
        cr_assert_eq(days_from_civil(year, month, day_of_month), day);
        cr_assert(day_of_month >= 1 && day_of_month <= days_in_month(year, month));
    }
}

Test(time, infinities_are_empty_text_and_absorb_sums)
{
    char text[TIME_TEXT_MAX];

    cr_assert_str_eq(time_format(text, TIME_MIN), "");
    cr_assert_str_eq(time_format(text, TIME_MAX), "");
    cr_assert_eq(time_add(TIME_MIN, 5), TIME_MIN);
    cr_assert_eq(time_add(TIME_MAX, -5), TIME_MAX);
    cr_assert_eq(time_add(TIME_MAX - 1, 5), TIME_MAX);
    cr_assert_eq(time_add(TIME_MIN + 1, -5), TIME_MIN);
    cr_assert_eq(time_add(7, -9), -2);
}
