/* SPDX-License-Identifier: GPL-2.0-or-later */
/* date(), time(), localtime(), localdatetime(), datetime(), duration() and their namespaces. */
#include "query/function_private.h"

#include "base/time.h"
#include "query/temporal_parts.h"

#include <math.h>
#include <strings.h>

#define POINTS                                                                                     \
    (BIT(DATE) | BIT(LOCAL_TIME) | BIT(TIME) | BIT(LOCAL_DATETIME) | BIT(DATETIME))

static enum status bad(struct eval *eval, const struct expr *expr, const char *why)
{
    return eval_fail(eval, expr, "ArgumentError", "InvalidTemporalValue", "%s", why);
}

static bool has_date(enum value_type type)
{
    return type == VALUE_DATE || type == VALUE_LOCAL_DATETIME || type == VALUE_DATETIME;
}

static bool has_time(enum value_type type)
{
    return type != VALUE_DATE;
}

static bool has_zone(enum value_type type)
{
    return type == VALUE_TIME || type == VALUE_DATETIME;
}

/* ---- Maps of components ------------------------------------------------------------------ */

struct build {
    struct eval *eval;
    const struct expr *expr;
    const struct value *map;
    struct parts parts;
    bool date_based, time_based; /* parts hold a date, a time to start from */
};

/* An integer component; *given says whether the map has it. */
static enum status component(int64_t *out, bool *given, const struct build *build,
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

static enum status in_range(const struct build *build, const char *name, int64_t value,
                            int64_t low, int64_t high)
{
    if (value >= low && value <= high)
        return STATUS_OK;
    return eval_fail(build->eval, build->expr, "ArgumentError", "InvalidTemporalValue",
                     "%s must lie in %lld..%lld, not %lld", name, (long long)low, (long long)high,
                     (long long)value);
}

static enum status week_mode(struct build *build, int64_t year, bool year_given, int64_t week,
                             bool week_given, int64_t weekday, bool weekday_given)
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

static enum status quarter_mode(struct build *build, int64_t year, int64_t quarter,
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

static enum status month_mode(struct build *build, int64_t year, int64_t month, bool month_given,
                              int64_t day, bool day_given)
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

static enum status build_date(struct build *build)
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
        return bad(build->eval, build->expr, "a date needs a year");
    TRY(in_range(build, "year", year, -999999999, 999999999));
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
static enum status build_fraction(struct build *build, int64_t *nanos)
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

static enum status build_time(struct build *build)
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

static enum status base_value(const struct value **out, const struct build *build,
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
static enum status build_base(struct build *build)
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
            return bad(build->eval, build->expr, "this value has no date");
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
static enum status build_zone(struct build *build, bool *moves, struct parts *zone)
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

static enum status build_epoch(struct value *out, struct build *build, bool *done)
{
    int64_t seconds = 0, millis = 0, nanos = 0;
    bool by_seconds, by_millis, given;
    struct parts zone = { 0 };
    bool moves;

    *done = false;
    TRY(component(&seconds, &by_seconds, build, "epochSeconds"));
    TRY(component(&millis, &by_millis, build, "epochMillis"));
    if (!by_seconds && !by_millis)
        return STATUS_OK;
    *done = true;
    if (by_millis) {
        seconds = floor_div(millis, 1000);
        nanos = (millis - seconds * 1000) * 1000000;
    }
    TRY(build_fraction(build, &nanos));
    (void)given;
    build->parts.days = floor_div(seconds, SECONDS_PER_DAY);
    build->parts.nanos = (seconds - build->parts.days * SECONDS_PER_DAY) * NS_PER_SECOND + nanos;
    TRY(build_zone(build, &moves, &zone));
    parts_move(&build->parts, &zone);
    return parts_value(out, build->eval, build->parts, VALUE_DATETIME);
}

static void attach_zone(struct parts *parts, const struct parts *zone)
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

static enum status build_parts(struct build *build, enum value_type type, bool truncated)
{
    struct parts zone = { 0 };
    bool moves, given = value_find(build->map, SLICE("timezone")) != NULL;

    if (has_date(type) && has_zone(type) && build->time_based && build->parts.rules) {
        /* the zone's offset follows the date that is chosen */
        struct build date = *build;
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
        if (has_date(type) && !build->date_based) {
            TRY(build_date(build));
            build->date_based = true;
        }
        build->parts.has_date |= has_date(type);
        settle_time(&zone, type, build->eval->now_us);
        parts_move(&build->parts, &zone);
    } else if (given) {
        attach_zone(&build->parts, &zone);
    }
    if (has_date(type))
        TRY(build_date(build));
    if (has_time(type))
        TRY(build_time(build));
    build->parts.has_date = has_date(type);
    if (has_date(type))
        parts_settle(&build->parts);
    else
        settle_time(&build->parts, type, build->eval->now_us);
    return STATUS_OK;
}

static enum status from_map(struct value *out, struct eval *eval, const struct expr *expr,
                            const struct value *map, enum value_type type)
{
    struct build build = { .eval = eval, .expr = expr, .map = map };
    bool done;

    if (type == VALUE_DATETIME) {
        TRY(build_epoch(out, &build, &done));
        if (done)
            return STATUS_OK;
    }
    TRY(build_base(&build));
    if (!has_date(type) && !build.time_based && !value_find(map, SLICE("hour")))
        return bad(eval, expr, "a time needs an hour");
    TRY(build_parts(&build, type, false));
    return parts_value(out, eval, build.parts, type);
}

/* ---- Constructors ------------------------------------------------------------------------ */

static enum status from_point(struct value *out, struct eval *eval, const struct expr *expr,
                              const struct value *value, enum value_type type)
{
    struct parts parts = parts_of(value);

    if (has_date(type) && !parts.has_date)
        return bad(eval, expr, "this value has no date");
    if (!has_date(type) && !parts.has_time && parts.has_date)
        parts.nanos = 0;
    return parts_value(out, eval, parts, type);
}

/* Now, by the statement's clock, in the given zone. */
static enum status from_clock(struct value *out, struct eval *eval, const struct expr *expr,
                              const struct value *zone, enum value_type type)
{
    int64_t seconds = floor_div(eval->now_us, 1000000);
    struct parts parts = { .days = floor_div(seconds, SECONDS_PER_DAY), .has_date = true,
                           .has_time = true, .has_zone = true };
    struct parts target = { 0 };

    parts.nanos = (seconds - parts.days * SECONDS_PER_DAY) * NS_PER_SECOND +
                  (eval->now_us - seconds * 1000000) * 1000;
    if (zone) {
        if (!zone_parse(&target, value_slice(zone)))
            return bad(eval, expr, "there is no such time zone");
        parts_move(&parts, &target);
    }
    return parts_value(out, eval, parts, type);
}

static enum status call_make(struct value *out, struct eval *eval, const struct expr *expr,
                             const struct value *args)
{
    enum value_type type = (enum value_type)expr->function->variant;
    struct parts parts;

    if (expr->n_items == 0)
        return from_clock(out, eval, expr, NULL, type);
    if (args->type == VALUE_MAP) {
        if (args->count == 1 && slice_equal(args->pairs[0].key, SLICE("timezone")) &&
            args->pairs[0].value.type == VALUE_STRING)
            return from_clock(out, eval, expr, &args->pairs[0].value, type);
        return from_map(out, eval, expr, args, type);
    }
    if (args->type != VALUE_STRING)
        return from_point(out, eval, expr, args, type);
    if (!temporal_parse(&parts, value_slice(args), type))
        return eval_fail(eval, expr, "ArgumentError", "InvalidTemporalValue",
                         "\"%.*s\" is not a %s", (int)args->count, args->text,
                         value_type_name(type));
    return parts_value(out, eval, parts, type);
}

static enum status call_clock(struct value *out, struct eval *eval, const struct expr *expr,
                              const struct value *args)
{
    return from_clock(out, eval, expr, expr->n_items ? args : NULL,
                      (enum value_type)expr->function->variant);
}

static enum status call_epoch(struct value *out, struct eval *eval, const struct expr *expr,
                              const struct value *args)
{
    int64_t seconds = args[0].integer, nanos;
    struct parts parts = { .has_date = true, .has_time = true };

    if (expr->function->variant) {
        seconds = floor_div(args[0].integer, 1000);
        nanos = (args[0].integer - seconds * 1000) * 1000000;
    } else {
        nanos = expr->n_items > 1 ? args[1].integer : 0;
        seconds += floor_div(nanos, NS_PER_SECOND);
        nanos -= floor_div(nanos, NS_PER_SECOND) * NS_PER_SECOND;
    }
    parts.days = floor_div(seconds, SECONDS_PER_DAY);
    parts.nanos = (seconds - parts.days * SECONDS_PER_DAY) * NS_PER_SECOND + nanos;
    return parts_value(out, eval, parts, VALUE_DATETIME);
}

/* ---- Durations --------------------------------------------------------------------------- */

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
            return bad(eval, expr, "a duration has years, quarters, months, weeks, days, hours, "
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
        return bad(eval, expr, "this duration is out of range");
    return value_duration(out, eval, &duration);
}

static enum status call_duration(struct value *out, struct eval *eval, const struct expr *expr,
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

enum { BETWEEN_ALL, BETWEEN_MONTHS, BETWEEN_DAYS, BETWEEN_SECONDS };

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
        attach_zone(b, a);
        parts_settle(b);
    } else if (b->has_zone) {
        attach_zone(a, b);
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

static enum status call_between(struct value *out, struct eval *eval, const struct expr *expr,
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

/* ---- Truncation -------------------------------------------------------------------------- */

static bool truncate_date(struct parts *parts, struct slice unit)
{
    int64_t year, week_year;
    unsigned month, day;
    int week, weekday;

#define UNIT(text) (unit.size == sizeof text - 1 && strncasecmp(unit.data, text, unit.size) == 0)
    civil_from_days(&year, &month, &day, parts->days);
    week_of(parts->days, &week_year, &week, &weekday);
    if (UNIT("millennium"))
        parts->days = days_from_civil(floor_div(year, 1000) * 1000, 1, 1);
    else if (UNIT("century"))
        parts->days = days_from_civil(floor_div(year, 100) * 100, 1, 1);
    else if (UNIT("decade"))
        parts->days = days_from_civil(floor_div(year, 10) * 10, 1, 1);
    else if (UNIT("year"))
        parts->days = days_from_civil(year, 1, 1);
    else if (UNIT("weekYear"))
        parts->days = days_from_week(week_year, 1, 1);
    else if (UNIT("quarter"))
        parts->days = days_from_civil(year, (month - 1) / 3 * 3 + 1, 1);
    else if (UNIT("month"))
        parts->days = days_from_civil(year, month, 1);
    else if (UNIT("week"))
        parts->days -= weekday - 1;
    else if (!UNIT("day"))
        return false;
    parts->nanos = 0;
    return true;
}

static bool truncate_time(struct parts *parts, struct slice unit)
{
    int64_t size;

    if (UNIT("hour"))
        size = 3600 * NS_PER_SECOND;
    else if (UNIT("minute"))
        size = 60 * NS_PER_SECOND;
    else if (UNIT("second"))
        size = NS_PER_SECOND;
    else if (UNIT("millisecond"))
        size = 1000000;
    else if (UNIT("microsecond"))
        size = 1000;
    else
        return false;
    parts->nanos -= parts->nanos % size;
    return true;
#undef UNIT
}

static enum status call_truncate(struct value *out, struct eval *eval, const struct expr *expr,
                                 const struct value *args)
{
    static const struct value no_fields = { .type = VALUE_MAP };
    struct build build = { .eval = eval, .expr = expr, .map = &no_fields };
    enum value_type type = (enum value_type)expr->function->variant;
    struct slice unit = value_slice(&args[0]);

    if (expr->n_items > 2 && args[2].type == VALUE_MAP)
        build.map = &args[2];
    if (expr->n_items < 2 || args[1].type == VALUE_NULL) {
        if (expr->n_items > 1) {
            *out = value_null();
            return STATUS_OK;
        }
        TRY(from_clock(out, eval, expr, NULL, type));
        build.parts = parts_of(out);
    } else {
        build.parts = parts_of(&args[1]);
    }
    if (has_date(type) && !build.parts.has_date)
        return bad(eval, expr, "this value has no date");
    if (!truncate_date(&build.parts, unit) &&
        (type == VALUE_DATE || !truncate_time(&build.parts, unit)))
        return eval_fail(eval, expr, "ArgumentError", "InvalidTemporalValue",
                         "a %s can't be truncated to \"%.*s\"", value_type_name(type),
                         (int)unit.size, (const char *)unit.data);
    build.date_based = build.time_based = true;
    TRY(build_parts(&build, type, true));
    return parts_value(out, eval, build.parts, type);
}

#define CONSTRUCTOR(name, type)                                                                    \
    { name, 0, 1, FUNCTION_CLOCK, { BIT(STRING) | BIT(MAP) | POINTS }, BIT(type), call_make,       \
      VALUE_##type, name "(text, map or another temporal value)" },                                \
    { name ".transaction", 0, 1, FUNCTION_CLOCK, { BIT(STRING) }, BIT(type), call_clock,           \
      VALUE_##type, name ".transaction(timezone)" },                                               \
    { name ".statement", 0, 1, FUNCTION_CLOCK, { BIT(STRING) }, BIT(type), call_clock,             \
      VALUE_##type, name ".statement(timezone)" },                                                 \
    { name ".realtime", 0, 1, FUNCTION_CLOCK, { BIT(STRING) }, BIT(type), call_clock,              \
      VALUE_##type, name ".realtime(timezone)" },                                                  \
    { name ".truncate", 1, 3, FUNCTION_CLOCK | FUNCTION_NULLS, { BIT(STRING), POINTS, BIT(MAP) },  \
      BIT(type), call_truncate, VALUE_##type, name ".truncate(unit, value, components)" }

const struct function functions_temporal[] = {
    CONSTRUCTOR("date", DATE),
    CONSTRUCTOR("time", TIME),
    CONSTRUCTOR("localtime", LOCAL_TIME),
    CONSTRUCTOR("localdatetime", LOCAL_DATETIME),
    CONSTRUCTOR("datetime", DATETIME),
    { "datetime.fromepoch", 1, 2, 0, { BIT(INT), BIT(INT) }, BIT(DATETIME), call_epoch, 0,
      "datetime.fromepoch(seconds, nanoseconds)" },
    { "datetime.fromepochmillis", 1, 1, 0, { BIT(INT) }, BIT(DATETIME), call_epoch, 1,
      "datetime.fromepochmillis(milliseconds)" },
    { "duration", 1, 1, 0, { BIT(STRING) | BIT(MAP) | BIT(DURATION) }, BIT(DURATION),
      call_duration, 0, "duration(text or map)" },
    { "duration.between", 2, 2, 0, { POINTS, POINTS }, BIT(DURATION), call_between, BETWEEN_ALL,
      "duration.between(from, to)" },
    { "duration.inMonths", 2, 2, 0, { POINTS, POINTS }, BIT(DURATION), call_between,
      BETWEEN_MONTHS, "duration.inMonths(from, to)" },
    { "duration.inDays", 2, 2, 0, { POINTS, POINTS }, BIT(DURATION), call_between, BETWEEN_DAYS,
      "duration.inDays(from, to)" },
    { "duration.inSeconds", 2, 2, 0, { POINTS, POINTS }, BIT(DURATION), call_between,
      BETWEEN_SECONDS, "duration.inSeconds(from, to)" },
    { 0 },
};
