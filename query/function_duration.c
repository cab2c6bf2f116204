/* SPDX-License-Identifier: GPL-2.0-or-later */
/* duration() and its namespace. */
#include "query/temporal_build.h"

#include "base/time.h"

#include <math.h>
#include <strings.h>

static enum status duration_map(struct value *out, struct eval *eval, const struct expr *expr,
                                const struct value *map)
{
    static const struct {
        const char *name;
        int field; /* 0 months, 1 days, 2 seconds, 3 nanoseconds */
        long double factor;
    } units[] = {
        { "years", 0, 12 },        { "quarters", 0, 3 },       { "months", 0, 1 },
        { "weeks", 1, 7 },         { "days", 1, 1 },           { "hours", 2, 3600 },
        { "minutes", 2, 60 },      { "seconds", 2, 1 },        { "milliseconds", 3, 1e6L },
        { "microseconds", 3, 1e3L }, { "nanoseconds", 3, 1 },
    };
    long double fields[4] = { 0 };
    struct duration duration;

    for (uint32_t i = 0; i < map->count; i++) {
        const struct value *value = &map->pairs[i].value;
        size_t unit = 0;

        while (unit < sizeof units / sizeof *units &&
               !slice_equal(map->pairs[i].key, slice_str(units[unit].name)))
            unit++;
        if (unit == sizeof units / sizeof *units)
            return temporal_bad(eval, expr,
                                "a duration has years, quarters, months, weeks, days, hours, "
                                "minutes, seconds, milliseconds, microseconds, nanoseconds");
        if (value->type == VALUE_NULL)
            continue;
        if (value->type != VALUE_INT && value->type != VALUE_FLOAT)
            return eval_fail(eval, expr, "TypeError", "InvalidArgumentType",
                             "parts of a duration are numbers");
        fields[units[unit].field] +=
            units[unit].factor * (value->type == VALUE_INT ? (long double)value->integer
                                                           : (long double)value->floating);
    }
    if (!duration_make(&duration, fields[0], fields[1], fields[2], fields[3]))
        return temporal_bad(eval, expr, "this duration is out of range");
    return value_duration(out, eval, &duration);
}

enum status call_duration(struct value *out, struct eval *eval, const struct expr *expr,
                                 const struct value *args)
{
    struct duration duration;

    *out = *args;
    if (args->type == VALUE_DURATION)
        return STATUS_OK;
    if (args->type == VALUE_MAP)
        return duration_map(out, eval, expr, args);
    if (!duration_parse(&duration, value_slice(args)))
        return eval_fail(eval, expr, "ArgumentError", "InvalidTemporalValue",
                         "\"%.*s\" is not a duration; write it as in P1Y2M3DT4H5M6S",
                         (int)args->count, args->text);
    return value_duration(out, eval, &duration);
}

/* ---- Between ----------------------------------------------------------------------------- */

/* a before b: -1, same: 0, after: 1; by local time. */
static int compare_local(const struct parts *a, const struct parts *b)
{
    if (a->days != b->days)
        return a->days < b->days ? -1 : 1;
    return (a->nanos > b->nanos) - (a->nanos < b->nanos);
}

static int64_t months_between(const struct parts *a, const struct parts *b)
{
    int64_t year_a, year_b, months;
    unsigned month_a, month_b, day;
    struct parts moved = *a;

    civil_from_days(&year_a, &month_a, &day, a->days);
    civil_from_days(&year_b, &month_b, &day, b->days);
    months = (year_b - year_a) * 12 + (int64_t)month_b - (int64_t)month_a;
    moved.days = days_add_months(a->days, months);
    /* The day cut by a short month does not count as reached from a later day. */
    if (months > 0 && compare_local(&moved, b) > 0)
        months--;
    else if (months < 0 && compare_local(&moved, b) < 0)
        months++;
    return months;
}

static int64_t days_between(const struct parts *a, const struct parts *b)
{
    int64_t days = b->days - a->days;

    if (days > 0 && b->nanos < a->nanos)
        days--;
    else if (days < 0 && b->nanos > a->nanos)
        days++;
    return days;
}

static void set_time(struct duration *duration, int64_t seconds, int64_t nanos)
{
    int64_t carry = floor_div(nanos, NS_PER_SECOND);

    duration->seconds = seconds + carry;
    duration->nanoseconds = (int32_t)(nanos - carry * NS_PER_SECOND);
}

/* What is left from a to b, on the clock of their zone. */
static void rest_between(struct duration *duration, const struct parts *a, const struct parts *b)
{
    struct parts from = *a, to = *b;

    parts_settle(&from);
    set_time(duration, parts_instant(&to) - parts_instant(&from),
             to.nanos % NS_PER_SECOND - from.nanos % NS_PER_SECOND);
}

/* Gives both the zone that one of them has; where both have one, b moves into a's. */
static void share_zone(struct parts *a, struct parts *b)
{
    if (a->has_zone && b->has_zone) {
        parts_move(b, a);
    } else if (a->has_zone) {
        temporal_attach_zone(b, a);
        parts_settle(b);
    } else if (b->has_zone) {
        temporal_attach_zone(a, b);
        parts_settle(a);
    }
}

static void dated_between(struct duration *out, struct parts *a, struct parts *b, int unit)
{
    share_zone(a, b);
    if (unit == BETWEEN_ALL || unit == BETWEEN_MONTHS) {
        out->months = months_between(a, b);
        a->days = days_add_months(a->days, out->months);
    }
    if (unit == BETWEEN_ALL || unit == BETWEEN_DAYS) {
        out->days = days_between(a, b);
        a->days += out->days;
    }
    if (unit == BETWEEN_ALL || unit == BETWEEN_SECONDS)
        rest_between(out, a, b);
}

/* One of them is a time of day only: the other's date is taken for both. */
static void timed_between(struct duration *out, struct parts *a, struct parts *b)
{
    if (a->has_zone && b->has_zone && !a->rules && !b->rules) {
        int64_t seconds = (b->nanos / NS_PER_SECOND - b->offset_s) -
                          (a->nanos / NS_PER_SECOND - a->offset_s);
        set_time(out, seconds, b->nanos % NS_PER_SECOND - a->nanos % NS_PER_SECOND);
        return;
    }
    if (a->has_date)
        b->days = a->days;
    else
        a->days = b->days;
    if (!(a->has_zone && b->has_zone))
        share_zone(a, b);
    set_time(out, parts_instant(b) - parts_instant(a),
             b->nanos % NS_PER_SECOND - a->nanos % NS_PER_SECOND);
}

enum status call_between(struct value *out, struct eval *eval, const struct expr *expr,
                                const struct value *args)
{
    struct parts a = parts_of(&args[0]), b = parts_of(&args[1]);
    struct duration duration = { 0 };
    int unit = expr->function->variant;

    if (a.has_date && b.has_date)
        dated_between(&duration, &a, &b, unit);
    else if (unit == BETWEEN_ALL || unit == BETWEEN_SECONDS)
        timed_between(&duration, &a, &b);
    return value_duration(out, eval, &duration);
}
