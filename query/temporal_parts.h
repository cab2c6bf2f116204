/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Temporal values taken apart and put together again: what the temporal files share. */

#include "query/eval.h"
#include "query/zone.h"

#define NS_PER_SECOND ((int64_t)1000000000)
#define SECONDS_PER_DAY ((int64_t)86400)
#define NS_PER_DAY (SECONDS_PER_DAY * NS_PER_SECOND)
/* Averages of the Gregorian calendar: 365.2425 days a year. */
#define SECONDS_PER_MONTH ((int64_t)2629746)
/* Dates are of the years -YEAR_MAX..YEAR_MAX. */
#define YEAR_MAX 999999999

struct parts {
    bool has_date, has_time, has_zone;
    int64_t days;  /* local, since 1970-01-01 */
    int64_t nanos; /* of the local day */
    int32_t offset_s;
    const struct zone_rules *rules; /* of a named zone, else NULL */
};

/* Of any temporal value but a duration. */
struct parts parts_of(const struct value *value);
/*
 * A value of `type`; what the parts lack is midnight, UTC and the epoch. ArithmeticError at `expr`
 * where the date is beyond YEAR_MAX, so that seconds of values can be added and subtracted safely.
 */
MUST_CHECK enum status parts_value(struct value *out, struct eval *eval, const struct expr *expr,
                                   struct parts parts, enum value_type type);
/* `count` units of 1/per_second s and `nanos` ns after the epoch, in UTC; errors: parts_value's. */
MUST_CHECK enum status parts_of_epoch(struct parts *out, struct eval *eval,
                                      const struct expr *expr, int64_t count, int64_t per_second,
                                      int64_t nanos);
/* Seconds since 1970 UTC, by the parts' zone (UTC without one). */
int64_t parts_instant(const struct parts *parts);
/* The same instant in another zone. */
void parts_move(struct parts *parts, const struct parts *zone);
/* For a named zone: the offset in force at the local time. */
void parts_settle(struct parts *parts);
static inline int64_t parts_local_seconds(const struct parts *parts)
{
    return parts->days * SECONDS_PER_DAY + parts->nanos / NS_PER_SECOND;
}
/* `months` later, the day cut to the length of the month. */
int64_t days_add_months(int64_t days, int64_t months);
/* ISO 8601 week date. */
void week_of(int64_t days, int64_t *year, int *week, int *weekday);
int64_t days_from_week(int64_t year, int64_t week, int64_t weekday);
/* b > 0 */
int64_t floor_div(int64_t a, int64_t b);
int64_t floor_mod(int64_t a, int64_t b);

/* Z, +hh, +hhmm, +hh:mm, +hh:mm:ss or a name of the tz database; false where it is none. */
bool zone_parse(struct parts *parts, struct slice text);
/* ISO 8601 texts of the given type; false where it is none. */
bool temporal_parse(struct parts *parts, struct slice text, enum value_type type);
bool duration_parse(struct duration *out, struct slice text);
/* Parts with fractions: of months to days and seconds, of days to seconds, of seconds to ns. */
bool duration_make(struct duration *out, long double months, long double days,
                   long double seconds, long double nanoseconds);
MUST_CHECK enum status value_duration(struct value *out, struct eval *eval,
                                      const struct duration *duration);
