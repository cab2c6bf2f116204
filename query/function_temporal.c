/* SPDX-License-Identifier: GPL-2.0-or-later */
/* date(), time(), localtime(), localdatetime(), datetime(), duration() and their namespaces. */
#include "query/temporal_build.h"

#include "base/time.h"

#include <math.h>
#include <strings.h>

static enum status from_map(struct value *out, struct eval *eval, const struct expr *expr,
                            const struct value *map, enum value_type type)
{
    struct temporal_build build = { .eval = eval, .expr = expr, .map = map };
    bool done;

    if (type == VALUE_DATETIME) {
        TRY(temporal_build_epoch(out, &build, &done));
        if (done)
            return STATUS_OK;
    }
    TRY(temporal_build_base(&build));
    if (!temporal_has_date(type) && !build.time_based && !value_find(map, SLICE("hour")))
        return temporal_bad(eval, expr, "a time needs an hour");
    TRY(temporal_build(&build, type, false));
    return parts_value(out, eval, expr, build.parts, type);
}

/* ---- Constructors ------------------------------------------------------------------------ */

static enum status from_point(struct value *out, struct eval *eval, const struct expr *expr,
                              const struct value *value, enum value_type type)
{
    struct parts parts = parts_of(value);

    if (temporal_has_date(type) && !parts.has_date)
        return temporal_bad(eval, expr, "this value has no date");
    if (!temporal_has_date(type) && !parts.has_time && parts.has_date)
        parts.nanos = 0;
    return parts_value(out, eval, expr, parts, type);
}

/* Now, by the statement's clock, in the given zone. */
static enum status from_clock(struct value *out, struct eval *eval, const struct expr *expr,
                              const struct value *zone, enum value_type type)
{
    struct parts parts, target = { 0 };

    TRY(parts_of_epoch(&parts, eval, expr, eval->now_us, US_PER_SECOND, 0));
    if (zone) {
        if (!zone_parse(&target, value_slice(zone)))
            return temporal_bad(eval, expr, "there is no such time zone");
        parts_move(&parts, &target);
    }
    return parts_value(out, eval, expr, parts, type);
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
    return parts_value(out, eval, expr, parts, type);
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
    int64_t per_second = expr->function->variant ? 1000 : 1;
    int64_t nanos = expr->n_items > 1 ? args[1].integer : 0;
    struct parts parts;

    TRY(parts_of_epoch(&parts, eval, expr, args[0].integer, per_second, nanos));
    return parts_value(out, eval, expr, parts, VALUE_DATETIME);
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
    struct temporal_build build = { .eval = eval, .expr = expr, .map = &no_fields };
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
    if (temporal_has_date(type) && !build.parts.has_date)
        return temporal_bad(eval, expr, "this value has no date");
    if (!truncate_date(&build.parts, unit) &&
        (type == VALUE_DATE || !truncate_time(&build.parts, unit)))
        return eval_fail(eval, expr, "ArgumentError", "InvalidTemporalValue",
                         "a %s can't be truncated to \"%.*s\"", value_type_name(type),
                         (int)unit.size, (const char *)unit.data);
    build.date_based = build.time_based = true;
    TRY(temporal_build(&build, type, true));
    return parts_value(out, eval, expr, build.parts, type);
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
