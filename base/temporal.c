/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/temporal.h"

#include "base/time.h"

#include <inttypes.h>
#include <stdlib.h>

#define NS_PER_SECOND ((int64_t)1000000000)
#define SECONDS_PER_DAY ((int64_t)86400)

static enum status format_date(struct buf *out, int64_t days)
{
    unsigned month, day;
    int64_t year;

    civil_from_days(&year, &month, &day, days);
    if (year < 0 || year > 9999)
        return buf_printf(out, "%+05" PRId64 "-%02u-%02u", year, month, day);
    return buf_printf(out, "%04" PRId64 "-%02u-%02u", year, month, day);
}

/* ".5" for half a second in nanoseconds; nothing for zero. */
static enum status format_fraction(struct buf *out, int64_t nanoseconds)
{
    if (!nanoseconds)
        return STATUS_OK;
    TRY(buf_printf(out, ".%09" PRId64, nanoseconds));
    while (out->data[out->size - 1] == '0')
        out->size--;
    return STATUS_OK;
}

static enum status format_clock(struct buf *out, int64_t second_of_day, int64_t nanoseconds)
{
    int second = (int)(second_of_day % 60);

    TRY(buf_printf(out, "%02d:%02d", (int)(second_of_day / 3600), (int)(second_of_day / 60 % 60)));
    if (!second && !nanoseconds)
        return STATUS_OK;
    TRY(buf_printf(out, ":%02d", second));
    return format_fraction(out, nanoseconds);
}

static enum status format_offset(struct buf *out, int32_t offset_s)
{
    int32_t size = abs(offset_s);

    if (!offset_s)
        return buf_append_byte(out, 'Z');
    TRY(buf_printf(out, "%c%02d:%02d", offset_s < 0 ? '-' : '+', size / 3600, size / 60 % 60));
    return size % 60 ? buf_printf(out, ":%02d", size % 60) : STATUS_OK;
}

static enum status format_local(struct buf *out, int64_t seconds, int32_t nanoseconds)
{
    int64_t days = seconds / SECONDS_PER_DAY, clock = seconds % SECONDS_PER_DAY;

    if (clock < 0) {
        clock += SECONDS_PER_DAY;
        days--;
    }
    TRY(format_date(out, days));
    TRY(buf_append_byte(out, 'T'));
    return format_clock(out, clock, nanoseconds);
}

static enum status format_datetime(struct buf *out, const struct value *value)
{
    const struct zone *zone = value->instant.zone;

    TRY(format_local(out, value->instant.seconds + zone->offset_s, value->extra));
    TRY(format_offset(out, zone->offset_s));
    return zone->name ? buf_printf(out, "[%s]", zone->name) : STATUS_OK;
}

/* Seconds and nanoseconds have one sign in the text: -1 s + 0.9 s is -0.1 s. */
static enum status format_seconds(struct buf *out, int64_t seconds, int64_t nanoseconds)
{
    if (!seconds && !nanoseconds)
        return STATUS_OK;
    if (seconds < 0 && nanoseconds) {
        seconds++;
        nanoseconds = NS_PER_SECOND - nanoseconds;
        if (!seconds)
            TRY(buf_append_byte(out, '-'));
    }
    TRY(buf_printf(out, "%" PRId64, seconds));
    TRY(format_fraction(out, nanoseconds));
    return buf_append_byte(out, 'S');
}

static enum status format_unit(struct buf *out, int64_t count, char unit)
{
    return count ? buf_printf(out, "%" PRId64 "%c", count, unit) : STATUS_OK;
}

static enum status format_duration(struct buf *out, const struct duration *duration)
{
    int64_t seconds = duration->seconds, nanoseconds = duration->nanoseconds;
    int64_t whole = seconds < 0 && nanoseconds ? seconds + 1 : seconds; /* towards zero */
    int64_t hours = whole / 3600, minutes = whole / 60 % 60;
    size_t start = out->size;

    TRY(buf_append_byte(out, 'P'));
    TRY(format_unit(out, duration->months / 12, 'Y'));
    TRY(format_unit(out, duration->months % 12, 'M'));
    TRY(format_unit(out, duration->days, 'D'));
    if (seconds || nanoseconds) {
        TRY(buf_append_byte(out, 'T'));
        TRY(format_unit(out, hours, 'H'));
        TRY(format_unit(out, minutes, 'M'));
        TRY(format_seconds(out, seconds - hours * 3600 - minutes * 60, nanoseconds));
    }
    return out->size == start + 1 ? buf_append(out, "T0S", 3) : STATUS_OK;
}

enum status temporal_format(struct buf *out, const struct value *value)
{
    switch (value->type) {
    case VALUE_DATE:
        return format_date(out, value->integer);
    case VALUE_LOCAL_TIME:
        return format_clock(out, value->integer / NS_PER_SECOND, value->integer % NS_PER_SECOND);
    case VALUE_TIME:
        TRY(format_clock(out, value->integer / NS_PER_SECOND, value->integer % NS_PER_SECOND));
        return format_offset(out, value->extra);
    case VALUE_LOCAL_DATETIME:
        return format_local(out, value->instant.seconds, value->extra);
    case VALUE_DATETIME:
        return format_datetime(out, value);
    case VALUE_DURATION:
        return format_duration(out, value->duration);
    default:
        return fail(STATUS_INVALID, "a %s is not a temporal value", value_type_name(value->type));
    }
}
