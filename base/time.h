/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Moments: int64 microseconds since 1970-01-01T00:00Z, in the proleptic Gregorian calendar.
 *
 * TIME_MIN and TIME_MAX stand for minus and plus infinity ("always", "still").
 */

#include "base/buf.h"

#define TIME_MIN INT64_MIN
#define TIME_MAX INT64_MAX
#define US_PER_SECOND ((int64_t)1000000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR (60 * US_PER_MINUTE)
#define US_PER_DAY (24 * US_PER_HOUR)
#define TIME_TEXT_MAX 40

/*
 * RFC 3339 (`2026-11-21T08:00:00.25+08:00`; a blank or lower-case t may stand for T; no offset
 * means UTC; second 60 at the end of a day in UTC is the next day's first), or a bare date
 * (midnight UTC); in UTC of the years 0000 to 9999. STATUS_INVALID names text and expectation.
 */
MUST_CHECK enum status time_parse(int64_t *us, struct slice text);
/* RFC 3339 in UTC, with as many fraction digits as needed (0, 3 or 6); infinities give "". */
const char *time_format(char text[TIME_TEXT_MAX], int64_t us);
/* The wall clock; for stamps that people read, never for what decides. */
int64_t time_now_us(void);
/* The monotonic clock, for durations. */
int64_t time_monotonic_us(void);
/* The same as it was at the kernel's last tick, some milliseconds ago at most: costs a load. */
int64_t time_monotonic_tick_us(void);

/* Days since 1970-01-01 of a calendar date, and back (years -999,999,999..999,999,999). */
int64_t days_from_civil(int64_t year, unsigned month, unsigned day);
void civil_from_days(int64_t *year, unsigned *month, unsigned *day, int64_t days);
unsigned days_in_month(int64_t year, unsigned month);

/* Adds with the ends saturating at the infinities. */
int64_t time_add(int64_t us, int64_t delta_us);
