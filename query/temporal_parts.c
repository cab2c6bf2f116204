/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/temporal_parts.h"

#include "base/time.h"

#include <math.h>

int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

int64_t floor_mod(int64_t a, int64_t b)
{
    return a % b + (a % b < 0 ? b : 0);
}

static void set_local(struct parts *parts, int64_t seconds, int64_t nanoseconds)
{
    parts->days = floor_div(seconds, SECONDS_PER_DAY);
    parts->nanos = (seconds - parts->days * SECONDS_PER_DAY) * NS_PER_SECOND + nanoseconds;
    parts->has_date = parts->has_time = true;
}

static void set_zone(struct parts *parts, const struct zone *zone)
{
    parts->has_zone = true;
    parts->offset_s = zone->offset_s;
    if (!zone->name || zone_find(&parts->rules, slice_str(zone->name)) != STATUS_OK)
        parts->rules = NULL;
}

struct parts parts_of(const struct value *value)
{
    struct parts parts = { 0 };

    switch (value->type) {
    case VALUE_DATE:
        parts.has_date = true;
        parts.days = value->integer;
        break;
    case VALUE_TIME:
        parts.has_zone = true;
        parts.offset_s = value->extra;
        parts.has_time = true;
        parts.nanos = value->integer;
        break;
    case VALUE_LOCAL_TIME:
        parts.has_time = true;
        parts.nanos = value->integer;
        break;
    case VALUE_LOCAL_DATETIME:
        set_local(&parts, value->instant.seconds, value->extra);
        break;
    case VALUE_DATETIME:
        set_zone(&parts, value->instant.zone);
        set_local(&parts, value->instant.seconds + parts.offset_s, value->extra);
        break;
    default:
        break;
    }
    return parts;
}

void parts_settle(struct parts *parts)
{
    int64_t local = parts_local_seconds(parts);

    if (!parts->rules)
        return;
    parts->offset_s = zone_offset_local(parts->rules, local);
    /* A time that was skipped moves forward: its instant has another offset. */
    if (zone_offset(parts->rules, local - parts->offset_s) != parts->offset_s) {
        int64_t instant = local - parts->offset_s;
        parts->offset_s = zone_offset(parts->rules, instant);
        set_local(parts, instant + parts->offset_s, parts->nanos % NS_PER_SECOND);
    }
}

int64_t parts_instant(const struct parts *parts)
{
    return parts_local_seconds(parts) - parts->offset_s;
}

void parts_move(struct parts *parts, const struct parts *zone)
{
    int64_t instant = parts_instant(parts);

    parts->rules = zone->rules;
    parts->offset_s = zone->rules ? zone_offset(zone->rules, instant) : zone->offset_s;
    parts->has_zone = true;
    set_local(parts, instant + parts->offset_s, parts->nanos % NS_PER_SECOND);
}

static enum status make_datetime(struct value *out, struct eval *eval, const struct parts *parts)
{
    struct zone *zone = arena_new(eval->scratch, struct zone);

    if (!zone)
        return STATUS_NO_MEMORY;
    zone->offset_s = parts->offset_s;
    zone->name = parts->rules ? zone_name(parts->rules) : NULL;
    *out = (struct value){ .type = VALUE_DATETIME,
                           .extra = (int32_t)(parts->nanos % NS_PER_SECOND) };
    out->instant.seconds = parts_instant(parts);
    out->instant.zone = zone;
    return STATUS_OK;
}

static enum status check_year(struct eval *eval, const struct expr *expr,
                              const struct parts *parts)
{
    if (parts->days >= days_from_civil(-YEAR_MAX, 1, 1) &&
        parts->days <= days_from_civil(YEAR_MAX, 12, 31))
        return STATUS_OK;
    return eval_fail(eval, expr, "ArithmeticError", "IntegerOverflow",
                     "dates are of the years %d to %d", -YEAR_MAX, YEAR_MAX);
}

enum status parts_of_epoch(struct parts *out, struct eval *eval, const struct expr *expr,
                           int64_t count, int64_t per_second, int64_t nanos)
{
    int64_t seconds = floor_div(count, per_second);
    int64_t of_day = floor_mod(seconds, SECONDS_PER_DAY) * NS_PER_SECOND +
                     floor_mod(count, per_second) * (NS_PER_SECOND / per_second) +
                     floor_mod(nanos, NS_PER_DAY);

    *out = (struct parts){ .has_date = true, .has_time = true, .has_zone = true };
    out->days = floor_div(seconds, SECONDS_PER_DAY) + floor_div(nanos, NS_PER_DAY) +
                of_day / NS_PER_DAY;
    out->nanos = of_day % NS_PER_DAY;
    return check_year(eval, expr, out);
}

enum status parts_value(struct value *out, struct eval *eval, const struct expr *expr,
                        struct parts parts, enum value_type type)
{
    if (type != VALUE_TIME && type != VALUE_LOCAL_TIME)
        TRY(check_year(eval, expr, &parts));
    *out = (struct value){ .type = type };
    switch (type) {
    case VALUE_DATE:
        out->integer = parts.days;
        return STATUS_OK;
    case VALUE_LOCAL_TIME:
        out->integer = parts.nanos;
        return STATUS_OK;
    case VALUE_TIME:
        out->integer = parts.nanos;
        out->extra = parts.offset_s;
        return STATUS_OK;
    case VALUE_LOCAL_DATETIME:
        out->instant.seconds = parts_local_seconds(&parts);
        out->extra = (int32_t)(parts.nanos % NS_PER_SECOND);
        return STATUS_OK;
    default:
        return make_datetime(out, eval, &parts);
    }
}

int64_t days_add_months(int64_t days, int64_t months)
{
    int64_t year, total;
    unsigned month, day, length;

    civil_from_days(&year, &month, &day, days);
    total = year * 12 + (int64_t)month - 1 + months;
    year = floor_div(total, 12);
    month = (unsigned)(total - year * 12) + 1;
    length = days_in_month(year, month);
    return days_from_civil(year, month, day < length ? day : length);
}

/* The Monday on which week 1 of the year starts: the week of January 4th. */
static int64_t first_monday(int64_t year)
{
    int64_t fourth = days_from_civil(year, 1, 4);

    return fourth - ((fourth + 3) % 7 + 7) % 7;
}

void week_of(int64_t days, int64_t *year, int *week, int *weekday)
{
    unsigned month, day;

    civil_from_days(year, &month, &day, days);
    if (days < first_monday(*year))
        --*year;
    else if (days >= first_monday(*year + 1))
        ++*year;
    *week = (int)((days - first_monday(*year)) / 7) + 1;
    *weekday = (int)(((days + 3) % 7 + 7) % 7) + 1;
}

int64_t days_from_week(int64_t year, int64_t week, int64_t weekday)
{
    return first_monday(year) + (week - 1) * 7 + weekday - 1;
}

/* ---- Durations --------------------------------------------------------------------------- */

static bool whole_of(int64_t *whole, long double number)
{
    if (!(number > -9.2e18L && number < 9.2e18L))
        return false;
    *whole = (int64_t)number;
    return true;
}

bool duration_make(struct duration *out, long double months, long double days,
                   long double seconds, long double nanoseconds)
{
    int64_t fraction, more_seconds, nanos;

    if (!whole_of(&out->months, months) || !whole_of(&out->days, days) ||
        !whole_of(&out->seconds, seconds) || !whole_of(&nanos, nanoseconds))
        return false;
    fraction = llroundl((months - (long double)out->months) * SECONDS_PER_MONTH * NS_PER_SECOND) +
               llroundl((days - (long double)out->days) * NS_PER_DAY);
    if (__builtin_add_overflow(out->days, fraction / NS_PER_DAY, &out->days))
        return false;
    fraction %= NS_PER_DAY;
    fraction += llroundl((seconds - (long double)out->seconds) * NS_PER_SECOND);
    more_seconds = floor_div(fraction, NS_PER_SECOND);
    fraction -= more_seconds * NS_PER_SECOND;
    if (__builtin_add_overflow(out->seconds, more_seconds, &out->seconds))
        return false;
    more_seconds = floor_div(nanos, NS_PER_SECOND);
    fraction += nanos - more_seconds * NS_PER_SECOND;
    if (fraction >= NS_PER_SECOND) {
        fraction -= NS_PER_SECOND;
        more_seconds++;
    }
    out->nanoseconds = (int32_t)fraction;
    return !__builtin_add_overflow(out->seconds, more_seconds, &out->seconds);
}

enum status value_duration(struct value *out, struct eval *eval, const struct duration *duration)
{
    struct duration *kept = arena_new(eval->scratch, struct duration);

    if (!kept)
        return STATUS_NO_MEMORY;
    *kept = *duration;
    *out = (struct value){ .type = VALUE_DURATION, .duration = kept };
    return STATUS_OK;
}
