/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/temporal_math.h"

#include "base/time.h"
#include "query/temporal_parts.h"

#include <stdio.h>

static bool is_number(const struct value *value)
{
    return value->type == VALUE_INT || value->type == VALUE_FLOAT;
}

static long double number_of(const struct value *value)
{
    return value->type == VALUE_INT ? (long double)value->integer : (long double)value->floating;
}

static bool is_point(const struct value *value)
{
    return value->type >= VALUE_DATE && value->type <= VALUE_DATETIME;
}

static enum status out_of_range(struct eval *eval, const struct expr *expr)
{
    return eval_fail(eval, expr, "ArithmeticError", "IntegerOverflow",
                     "the result is out of range");
}

/* ---- Points and durations ---------------------------------------------------------------- */

/* parts->nanos holds what is below a second; `seconds` count from the day's start. */
static bool add_time(struct parts *parts, int64_t seconds, int64_t nanoseconds)
{
    int64_t carry = floor_div(parts->nanos + nanoseconds, NS_PER_SECOND);
    int64_t nanos = parts->nanos + nanoseconds - carry * NS_PER_SECOND;

    if (__builtin_add_overflow(seconds, carry, &seconds))
        return false;
    parts->days += floor_div(seconds, SECONDS_PER_DAY);
    parts->nanos = nanos + (seconds - floor_div(seconds, SECONDS_PER_DAY) * SECONDS_PER_DAY) *
                               NS_PER_SECOND;
    return true;
}

/* point + sign * duration */
static enum status shift(struct value *out, struct eval *eval, const struct expr *expr,
                         const struct value *point, const struct duration *duration, int sign)
{
    struct parts parts = parts_of(point);
    int64_t months, days, seconds, total_nanos, instant;

    if (__builtin_mul_overflow(duration->months, (int64_t)sign, &months) ||
        __builtin_mul_overflow(duration->days, (int64_t)sign, &days) ||
        __builtin_mul_overflow(duration->seconds, (int64_t)sign, &seconds) ||
        months > 12000000000 || months < -12000000000 || days > 400000000000 ||
        days < -400000000000 || seconds > INT64_MAX / 4 || seconds < INT64_MIN / 4)
        return out_of_range(eval, expr);
    total_nanos = (int64_t)duration->nanoseconds * sign;
    if (parts.has_date) {
        parts.days = days_add_months(parts.days, months) + days;
        if (parts.rules)
            parts_settle(&parts);
    }
    if (point->type == VALUE_DATE) {
        /* Whole days of the time part count; the rest is cut, towards zero. */
        int64_t whole = duration->seconds < 0 && duration->nanoseconds ? duration->seconds + 1
                                                                       : duration->seconds;
        parts.days += whole / SECONDS_PER_DAY * sign;
        return parts_value(out, eval, expr, parts, point->type);
    }
    if (point->type != VALUE_DATETIME) {
        int64_t day_seconds = parts.nanos / NS_PER_SECOND;
        parts.nanos %= NS_PER_SECOND;
        if (!add_time(&parts, seconds + day_seconds, total_nanos))
            return out_of_range(eval, expr);
        return parts_value(out, eval, expr, parts, point->type);
    }
    /* On the instant, so that an hour is an hour also where the clock is changed. */
    instant = parts_instant(&parts) + seconds +
              floor_div(parts.nanos % NS_PER_SECOND + total_nanos, NS_PER_SECOND);
    total_nanos = parts.nanos % NS_PER_SECOND + total_nanos;
    total_nanos -= floor_div(total_nanos, NS_PER_SECOND) * NS_PER_SECOND;
    if (parts.rules)
        parts.offset_s = zone_offset(parts.rules, instant);
    instant += parts.offset_s;
    parts.days = floor_div(instant, SECONDS_PER_DAY);
    parts.nanos = (instant - parts.days * SECONDS_PER_DAY) * NS_PER_SECOND + total_nanos;
    return parts_value(out, eval, expr, parts, point->type);
}

/* ---- Durations --------------------------------------------------------------------------- */

bool duration_add(struct duration *out, const struct duration *a, const struct duration *b,
                  int sign)
{
    int64_t months, days, seconds, carry;
    int64_t nanos = a->nanoseconds + (int64_t)b->nanoseconds * sign;

    if (__builtin_mul_overflow(b->months, (int64_t)sign, &months) ||
        __builtin_mul_overflow(b->days, (int64_t)sign, &days) ||
        __builtin_mul_overflow(b->seconds, (int64_t)sign, &seconds))
        return false;
    carry = floor_div(nanos, NS_PER_SECOND);
    out->nanoseconds = (int32_t)(nanos - carry * NS_PER_SECOND);
    return !__builtin_add_overflow(a->months, months, &out->months) &&
           !__builtin_add_overflow(a->days, days, &out->days) &&
           !__builtin_add_overflow(a->seconds, seconds, &out->seconds) &&
           !__builtin_add_overflow(out->seconds, carry, &out->seconds);
}

enum status temporal_negate(struct value *out, struct eval *eval, const struct value *duration)
{
    static const struct duration zero;
    struct duration result;

    if (!duration_add(&result, &zero, duration->duration, -1))
        return out_of_range(eval, NULL);
    return value_duration(out, eval, &result);
}

static enum status scale(struct value *out, struct eval *eval, const struct expr *expr,
                         const struct duration *duration, long double factor)
{
    struct duration result;

    if (!duration_make(&result, (long double)duration->months * factor,
                       (long double)duration->days * factor,
                       (long double)duration->seconds * factor,
                       (long double)duration->nanoseconds * factor))
        return out_of_range(eval, expr);
    return value_duration(out, eval, &result);
}

enum status temporal_arithmetic(struct value *out, bool *done, struct eval *eval,
                                const struct expr *expr, const struct value *left,
                                const struct value *right)
{
    int sign = expr->op == OP_SUBTRACT ? -1 : 1;
    bool sum = expr->op == OP_ADD || expr->op == OP_SUBTRACT;
    struct duration result;

    *done = true;
    if (sum && is_point(left) && right->type == VALUE_DURATION)
        return shift(out, eval, expr, left, right->duration, sign);
    if (expr->op == OP_ADD && left->type == VALUE_DURATION && is_point(right))
        return shift(out, eval, expr, right, left->duration, 1);
    if (sum && left->type == VALUE_DURATION && right->type == VALUE_DURATION) {
        if (!duration_add(&result, left->duration, right->duration, sign))
            return out_of_range(eval, expr);
        return value_duration(out, eval, &result);
    }
    if (expr->op == OP_MULTIPLY && left->type == VALUE_DURATION && is_number(right))
        return scale(out, eval, expr, left->duration, number_of(right));
    if (expr->op == OP_MULTIPLY && is_number(left) && right->type == VALUE_DURATION)
        return scale(out, eval, expr, right->duration, number_of(left));
    if (expr->op == OP_DIVIDE && left->type == VALUE_DURATION && is_number(right)) {
        if (number_of(right) == 0)
            return eval_fail(eval, expr, "ArithmeticError", "DivisionByZero", "division by zero");
        return scale(out, eval, expr, left->duration, 1 / number_of(right));
    }
    *done = false;
    return STATUS_OK;
}

/* ---- Parts ------------------------------------------------------------------------------- */

static bool key_is(struct slice key, const char *name)
{
    return slice_equal(key, slice_str(name));
}

static bool date_part(int64_t *out, const struct parts *parts, struct slice key)
{
    int64_t year, week_year;
    unsigned month, day, quarter;
    int week, weekday;

    if (!parts->has_date)
        return false;
    civil_from_days(&year, &month, &day, parts->days);
    week_of(parts->days, &week_year, &week, &weekday);
    quarter = (month - 1) / 3;
    if (key_is(key, "year"))
        *out = year;
    else if (key_is(key, "quarter"))
        *out = quarter + 1;
    else if (key_is(key, "month"))
        *out = month;
    else if (key_is(key, "week"))
        *out = week;
    else if (key_is(key, "weekYear"))
        *out = week_year;
    else if (key_is(key, "day"))
        *out = day;
    else if (key_is(key, "ordinalDay"))
        *out = parts->days - days_from_civil(year, 1, 1) + 1;
    else if (key_is(key, "dayOfQuarter"))
        *out = parts->days - days_from_civil(year, quarter * 3 + 1, 1) + 1;
    else if (key_is(key, "weekDay") || key_is(key, "dayOfWeek"))
        *out = weekday;
    else
        return false;
    return true;
}

static bool time_part(int64_t *out, const struct parts *parts, struct slice key)
{
    int64_t seconds = parts->nanos / NS_PER_SECOND, nanos = parts->nanos % NS_PER_SECOND;

    if (!parts->has_time)
        return false;
    if (key_is(key, "hour"))
        *out = seconds / 3600;
    else if (key_is(key, "minute"))
        *out = seconds / 60 % 60;
    else if (key_is(key, "second"))
        *out = seconds % 60;
    else if (key_is(key, "millisecond"))
        *out = nanos / 1000000;
    else if (key_is(key, "microsecond"))
        *out = nanos / 1000;
    else if (key_is(key, "nanosecond"))
        *out = nanos;
    else
        return false;
    return true;
}

static bool zone_part(int64_t *out, const struct parts *parts, struct slice key)
{
    if (!parts->has_zone)
        return false;
    if (key_is(key, "offsetMinutes"))
        *out = parts->offset_s / 60;
    else if (key_is(key, "offsetSeconds"))
        *out = parts->offset_s;
    else if (parts->has_date && key_is(key, "epochSeconds"))
        *out = parts_instant(parts);
    else
        return false;
    return true;
}

static enum status zone_text(struct value *out, struct eval *eval, const struct parts *parts,
                             bool name)
{
    int offset = parts->offset_s < 0 ? -parts->offset_s : parts->offset_s;
    char text[32];
    int size;

    if (name && parts->rules)
        return eval_text(out, eval, slice_str(zone_name(parts->rules)));
    if (offset == 0)
        return eval_text(out, eval, SLICE("Z"));
    size = snprintf(text, sizeof text, "%c%02d:%02d", parts->offset_s < 0 ? '-' : '+',
                    offset / 3600, offset / 60 % 60);
    if (offset % 60)
        size += snprintf(text + size, sizeof text - (size_t)size, ":%02d", offset % 60);
    return eval_text(out, eval, slice_of(text, (size_t)size));
}

/* Seconds and nanoseconds in whole units of 1/per_second s. */
static enum status units_of(struct value *out, struct eval *eval, const struct expr *expr,
                            int64_t seconds, int64_t nanos, int64_t per_second)
{
    int64_t units;

    if (__builtin_mul_overflow(seconds, per_second, &units) ||
        __builtin_add_overflow(units, nanos / (NS_PER_SECOND / per_second), &units))
        return out_of_range(eval, expr);
    *out = value_int(units);
    return STATUS_OK;
}

/* Parts of a duration: whole of it in a unit, or what is left beside the next larger unit. */
static enum status duration_part(struct value *out, struct eval *eval, const struct expr *expr,
                                 const struct duration *duration, struct slice key)
{
    const struct {
        const char *name;
        int64_t value;
    } parts[] = {
        { "years", duration->months / 12 },
        { "quarters", duration->months / 3 },
        { "months", duration->months },
        { "weeks", duration->days / 7 },
        { "days", duration->days },
        { "hours", duration->seconds / 3600 },
        { "minutes", duration->seconds / 60 },
        { "seconds", duration->seconds },
        { "quartersOfYear", duration->months / 3 % 4 },
        { "monthsOfQuarter", duration->months % 3 },
        { "monthsOfYear", duration->months % 12 },
        { "daysOfWeek", duration->days % 7 },
        { "minutesOfHour", duration->seconds / 60 % 60 },
        { "secondsOfMinute", duration->seconds % 60 },
        { "millisecondsOfSecond", duration->nanoseconds / 1000000 },
        { "microsecondsOfSecond", duration->nanoseconds / 1000 },
        { "nanosecondsOfSecond", duration->nanoseconds },
    };
    static const struct {
        const char *name;
        int64_t per_second;
    } small[] = { { "milliseconds", 1000 }, { "microseconds", 1000000 },
                  { "nanoseconds", 1000000000 } };

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (key_is(key, parts[i].name)) {
            *out = value_int(parts[i].value);
            return STATUS_OK;
        }
    for (size_t i = 0; i < 3; i++)
        if (key_is(key, small[i].name))
            return units_of(out, eval, expr, duration->seconds, duration->nanoseconds,
                            small[i].per_second);
    return STATUS_OK;
}

enum status temporal_part(struct value *out, struct eval *eval, const struct expr *expr,
                          const struct value *value, struct slice key)
{
    struct parts parts;
    int64_t number;

    *out = value_null();
    if (value->type == VALUE_DURATION)
        return duration_part(out, eval, expr, value->duration, key);
    parts = parts_of(value);
    if (date_part(&number, &parts, key) || time_part(&number, &parts, key) ||
        zone_part(&number, &parts, key)) {
        *out = value_int(number);
        return STATUS_OK;
    }
    if (parts.has_zone && parts.has_date && key_is(key, "epochMillis"))
        return units_of(out, eval, expr, parts_instant(&parts), parts.nanos % NS_PER_SECOND, 1000);
    if (parts.has_zone && (key_is(key, "timezone") || key_is(key, "offset")))
        return zone_text(out, eval, &parts, key_is(key, "timezone"));
    return STATUS_OK;
}
