/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Temporal values from maps of components. */
#include "query/temporal_build.h"

#include "base/time.h"

#include <math.h>
#include <strings.h>

enum status temporal_bad(struct eval *eval, const struct expr *expr, const char *why)
{
    return eval_fail(eval, expr, "ArgumentError", "InvalidTemporalValue", "%s", why);
}

static bool has_time(enum value_type type)
{
    return type != VALUE_DATE;
}

static bool has_zone(enum value_type type)
{
    return type == VALUE_TIME || type == VALUE_DATETIME;
}

/* An integer component; *given says whether the map has it. */
static enum status component(int64_t *out, bool *given, const struct temporal_build *build,
                             const char *name)
{
    const struct value *value = value_find(build->map, slice_str(name));

    *given = value && value->type != VALUE_NULL;
    if (!*given)
        return STATUS_OK;
    if (value->type != VALUE_INT)
        return eval_fail(build->eval, build->expr, "TypeError", "InvalidArgumentType",
                         "%s must be an integer", name);
    *out = value->integer;
    return STATUS_OK;
}

static enum status in_range(const struct temporal_build *build, const char *name, int64_t value,
                            int64_t low, int64_t high)
{
    if (value >= low && value <= high)
        return STATUS_OK;
    return eval_fail(build->eval, build->expr, "ArgumentError", "InvalidTemporalValue",
                     "%s must lie in %lld..%lld, not %lld", name, (long long)low, (long long)high,
                     (long long)value);
}

static enum status week_mode(struct temporal_build *build, int64_t year, bool year_given,
                             int64_t week, bool week_given, int64_t weekday, bool weekday_given)
{
    int64_t base_year;
    int base_week, base_day;

    if (build->date_based) {
        week_of(build->parts.days, &base_year, &base_week, &base_day);
        year = year_given ? year : base_year;
        week = week_given ? week : base_week;
        weekday = weekday_given ? weekday : base_day;
    }
    TRY(in_range(build, "week", week, 1, 53));
    TRY(in_range(build, "dayOfWeek", weekday, 1, 7));
    build->parts.days = days_from_week(year, week, weekday);
    return STATUS_OK;
}

static enum status quarter_mode(struct temporal_build *build, int64_t year, int64_t quarter,
                                bool quarter_given, int64_t day, bool day_given)
{
    int64_t base_year;
    unsigned month, base_day;

    if (build->date_based) {
        civil_from_days(&base_year, &month, &base_day, build->parts.days);
        if (!quarter_given)
            quarter = (month - 1) / 3 + 1;
        if (!day_given)
            day = build->parts.days - days_from_civil(base_year, (month - 1) / 3 * 3 + 1, 1) + 1;
    }
    TRY(in_range(build, "quarter", quarter, 1, 4));
    TRY(in_range(build, "dayOfQuarter", day, 1, 92));
    build->parts.days = days_from_civil(year, (unsigned)(quarter * 3 - 2), 1) + day - 1;
    return STATUS_OK;
}

static enum status month_mode(struct temporal_build *build, int64_t year, int64_t month,
                              bool month_given, int64_t day, bool day_given)
{
    int64_t base_year;
    unsigned base_month, base_day;

    if (build->date_based) {
        civil_from_days(&base_year, &base_month, &base_day, build->parts.days);
        month = month_given ? month : base_month;
        day = day_given ? day : base_day;
    }
    TRY(in_range(build, "month", month, 1, 12));
    TRY(in_range(build, "day", day, 1, days_in_month(year, (unsigned)month)));
    build->parts.days = days_from_civil(year, (unsigned)month, (unsigned)day);
    return STATUS_OK;
}

static enum status build_date(struct temporal_build *build)
{
    int64_t year = 0, month = 1, day = 1, week = 1, weekday = 1, quarter = 1, quarter_day = 1;
    int64_t ordinal = 1;
    bool year_given, month_given, day_given, week_given, weekday_given, quarter_given;
    bool quarter_day_given, ordinal_given;
    unsigned base_month, base_day;

    TRY(component(&year, &year_given, build, "year"));
    TRY(component(&month, &month_given, build, "month"));
    TRY(component(&day, &day_given, build, "day"));
    TRY(component(&week, &week_given, build, "week"));
    TRY(component(&weekday, &weekday_given, build, "dayOfWeek"));
    TRY(component(&quarter, &quarter_given, build, "quarter"));
    TRY(component(&quarter_day, &quarter_day_given, build, "dayOfQuarter"));
    TRY(component(&ordinal, &ordinal_given, build, "ordinalDay"));
    if (!year_given && !build->date_based)
        return temporal_bad(build->eval, build->expr, "a date needs a year");
    TRY(in_range(build, "year", year, -YEAR_MAX, YEAR_MAX));
    if (week_given || weekday_given)
        return week_mode(build, year, year_given, week, week_given, weekday, weekday_given);
    if (!year_given)
        civil_from_days(&year, &base_month, &base_day, build->parts.days);
    if (ordinal_given) {
        TRY(in_range(build, "ordinalDay", ordinal, 1, 365 + (days_in_month(year, 2) == 29)));
        build->parts.days = days_from_civil(year, 1, 1) + ordinal - 1;
        return STATUS_OK;
    }
    if (quarter_given || quarter_day_given)
        return quarter_mode(build, year, quarter, quarter_given, quarter_day, quarter_day_given);
    return month_mode(build, year, month, month_given, day, day_given);
}

/* Parts of a second that are given replace those of the base, each three digits. */
static enum status build_fraction(struct temporal_build *build, int64_t *nanos)
{
    int64_t milli = *nanos / 1000000, micro = *nanos / 1000 % 1000, nano = *nanos % 1000, value;
    bool given, milli_given, micro_given;

    TRY(component(&value, &milli_given, build, "millisecond"));
    if (milli_given) {
        TRY(in_range(build, "millisecond", value, 0, 999));
        milli = value;
        micro = nano = 0;
    }
    TRY(component(&value, &micro_given, build, "microsecond"));
    if (micro_given) {
        TRY(in_range(build, "microsecond", value, 0, milli_given ? 999 : 999999));
        if (value > 999)
            milli = value / 1000;
        micro = value % 1000;
        nano = 0;
    }
    TRY(component(&value, &given, build, "nanosecond"));
    if (given) {
        TRY(in_range(build, "nanosecond", value, 0,
                     micro_given ? 999 : milli_given ? 999999 : 999999999));
        if (value > 999999)
            milli = value / 1000000;
        if (value > 999)
            micro = value / 1000 % 1000;
        nano = value % 1000;
    }
    *nanos = milli * 1000000 + micro * 1000 + nano;
    return STATUS_OK;
}

static enum status build_time(struct temporal_build *build)
{
    int64_t seconds = build->parts.nanos / NS_PER_SECOND;
    int64_t nanos = build->parts.nanos % NS_PER_SECOND;
    int64_t hour = seconds / 3600, minute = seconds / 60 % 60, second = seconds % 60;
    bool given;

    TRY(component(&hour, &given, build, "hour"));
    TRY(in_range(build, "hour", hour, 0, 23));
    TRY(component(&minute, &given, build, "minute"));
    TRY(in_range(build, "minute", minute, 0, 59));
    TRY(component(&second, &given, build, "second"));
    TRY(in_range(build, "second", second, 0, 59));
    TRY(build_fraction(build, &nanos));
    build->parts.nanos = (hour * 3600 + minute * 60 + second) * NS_PER_SECOND + nanos;
    return STATUS_OK;
}

static enum status base_value(const struct value **out, const struct temporal_build *build,
                              const char *name)
{
    const struct value *value = value_find(build->map, slice_str(name));

    *out = NULL;
    if (!value || value->type == VALUE_NULL)
        return STATUS_OK;
    if (!(TYPE_BIT(value->type) & POINTS))
        return eval_fail(build->eval, build->expr, "TypeError", "InvalidArgumentType",
                         "%s must be a date or a time", name);
    *out = value;
    return STATUS_OK;
}

/* `date`, `time` and `datetime` of the map give what the components then change. */
enum status temporal_build_base(struct temporal_build *build)
{
    const struct value *date, *time, *datetime;
    struct parts parts;

    TRY(base_value(&datetime, build, "datetime"));
    TRY(base_value(&date, build, "date"));
    TRY(base_value(&time, build, "time"));
    if (datetime)
        date = time = datetime;
    if (date) {
        parts = parts_of(date);
        if (!parts.has_date)
            return temporal_bad(build->eval, build->expr, "this value has no date");
        build->parts.days = parts.days;
        build->date_based = true;
    }
    if (time) {
        parts = parts_of(time);
        build->parts.nanos = parts.nanos;
        build->parts.has_zone = parts.has_zone;
        build->parts.offset_s = parts.offset_s;
        build->parts.rules = parts.rules;
        build->time_based = true;
    }
    return STATUS_OK;
}

/* `timezone`: moves a time that had a zone, else says where the time is. */
static enum status build_zone(struct temporal_build *build, bool *moves, struct parts *zone)
{
    const struct value *value = value_find(build->map, SLICE("timezone"));

    *moves = false;
    if (!value || value->type == VALUE_NULL)
        return STATUS_OK;
    if (value->type != VALUE_STRING || !zone_parse(zone, value_slice(value)))
        return eval_fail(build->eval, build->expr, "ArgumentError", "InvalidTemporalValue",
                         "timezone must be an offset such as +02:00 or a name such as "
                         "Europe/Stockholm that the tz database has");
    *moves = build->time_based && build->parts.has_zone;
    build->parts.has_zone = true;
    return STATUS_OK;
}

enum status temporal_build_epoch(struct value *out, struct temporal_build *build, bool *done)
{
    int64_t seconds = 0, millis = 0, nanos;
    bool by_seconds, by_millis;
    struct parts zone = { 0 };
    bool moves;

    *done = false;
    TRY(component(&seconds, &by_seconds, build, "epochSeconds"));
    TRY(component(&millis, &by_millis, build, "epochMillis"));
    if (!by_seconds && !by_millis)
        return STATUS_OK;
    *done = true;
    TRY(parts_of_epoch(&build->parts, build->eval, build->expr, by_millis ? millis : seconds,
                       by_millis ? 1000 : 1, 0));
    nanos = build->parts.nanos % NS_PER_SECOND;
    build->parts.nanos -= nanos;
    TRY(build_fraction(build, &nanos));
    build->parts.nanos += nanos;
    TRY(build_zone(build, &moves, &zone));
    parts_move(&build->parts, &zone);
    return parts_value(out, build->eval, build->expr, build->parts, VALUE_DATETIME);
}

void temporal_attach_zone(struct parts *parts, const struct parts *zone)
{
    parts->has_zone = true;
    parts->rules = zone->rules;
    parts->offset_s = zone->offset_s;
}

/* A TIME has an offset only: that of a named zone on the date at hand. */
static void settle_time(struct parts *parts, enum value_type type, int64_t now_us)
{
    if (type == VALUE_TIME && parts->rules && !parts->has_date)
        parts->offset_s = zone_offset(parts->rules, now_us / 1000000);
}

enum status temporal_build(struct temporal_build *build, enum value_type type, bool truncated)
{
    struct parts zone = { 0 };
    bool moves, given = value_find(build->map, SLICE("timezone")) != NULL;

    if (temporal_has_date(type) && has_zone(type) && build->time_based && build->parts.rules) {
        /* the zone's offset follows the date that is chosen */
        struct temporal_build date = *build;
        TRY(build_date(&date));
        date.parts.has_date = true;
        parts_settle(&date.parts);
        build->parts.offset_s = date.parts.offset_s;
    }
    if (has_zone(type))
        TRY(build_zone(build, &moves, &zone));
    else
        moves = given = false;
    if (moves && !truncated) {
        if (temporal_has_date(type) && !build->date_based) {
            TRY(build_date(build));
            build->date_based = true;
        }
        build->parts.has_date |= temporal_has_date(type);
        settle_time(&zone, type, build->eval->now_us);
        parts_move(&build->parts, &zone);
    } else if (given) {
        temporal_attach_zone(&build->parts, &zone);
    }
    if (temporal_has_date(type))
        TRY(build_date(build));
    if (has_time(type))
        TRY(build_time(build));
    build->parts.has_date = temporal_has_date(type);
    if (temporal_has_date(type))
        parts_settle(&build->parts);
    else
        settle_time(&build->parts, type, build->eval->now_us);
    return STATUS_OK;
}
