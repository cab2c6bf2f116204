/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/value.h"

#include "base/time.h"

#include <math.h>


#define SECONDS_PER_DAY ((int64_t)86400)

static const struct zone utc = { 0, NULL };

struct value value_datetime_us(int64_t us)
{
    int64_t seconds = us / US_PER_SECOND;
    int64_t rest = us % US_PER_SECOND;

    if (rest < 0) {
        rest += US_PER_SECOND;
        seconds--;
    }
    return (struct value){ .type = VALUE_DATETIME,
                           .extra = (int32_t)(rest * 1000),
                           .instant = { seconds, &utc } };
}

bool value_as_us(int64_t *us, const struct value *value)
{
    int64_t seconds, result;
    int64_t fraction_us = 0;

    if (value->type == VALUE_DATE) {
        if (__builtin_mul_overflow(value->integer, SECONDS_PER_DAY, &seconds))
            return false;
    } else if (value->type == VALUE_LOCAL_DATETIME || value->type == VALUE_DATETIME) {
        seconds = value->instant.seconds;
        fraction_us = value->extra / 1000;
    } else {
        return false;
    }
    if (__builtin_mul_overflow(seconds, US_PER_SECOND, &result) ||
        __builtin_add_overflow(result, fraction_us, &result))
        return false;
    *us = result;
    return true;
}

const struct value *value_find(const struct value *map, struct slice key)
{
    size_t low = 0, high = map->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = slice_compare(key, map->pairs[middle].key);

        if (order == 0)
            return &map->pairs[middle].value;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool zone_same(const struct zone *a, const struct zone *b)
{
    if (a->offset_s != b->offset_s || !a->name != !b->name)
        return false;
    return !a->name || strcmp(a->name, b->name) == 0;
}

static bool duration_same(const struct duration *a, const struct duration *b)
{
    return a->months == b->months && a->days == b->days && a->seconds == b->seconds &&
           a->nanoseconds == b->nanoseconds;
}

static bool list_same(const struct value *a, const struct value *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!value_same(&a->items[i], &b->items[i]))
            return false;
    return true;
}

static bool map_same(const struct value *a, const struct value *b)
{
    if (a->count != b->count)
        return false;
    for (uint32_t i = 0; i < a->count; i++)
        if (!slice_equal(a->pairs[i].key, b->pairs[i].key) ||
            !value_same(&a->pairs[i].value, &b->pairs[i].value))
            return false;
    return true;
}

bool value_same(const struct value *a, const struct value *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case VALUE_NULL:
        return true;
    case VALUE_BOOL:
        return a->boolean == b->boolean;
    case VALUE_FLOAT:
        return a->floating == b->floating || (isnan(a->floating) && isnan(b->floating));
    case VALUE_STRING:
        return slice_equal(value_slice(a), value_slice(b));
    case VALUE_LIST:
        return list_same(a, b);
    case VALUE_MAP:
        return map_same(a, b);
    case VALUE_INT:
    case VALUE_DATE:
    case VALUE_LOCAL_TIME:
        return a->integer == b->integer;
    case VALUE_TIME:
        return a->integer == b->integer && a->extra == b->extra;
    case VALUE_LOCAL_DATETIME:
        return a->instant.seconds == b->instant.seconds && a->extra == b->extra;
    case VALUE_DATETIME:
        return a->instant.seconds == b->instant.seconds && a->extra == b->extra &&
               zone_same(a->instant.zone, b->instant.zone);
    case VALUE_DURATION:
        return duration_same(a->duration, b->duration);
    case VALUE_NODE:
    case VALUE_EDGE:
    case VALUE_PATH:
        break;
    }
    return a->ref == b->ref;
}

const char *value_type_name(enum value_type type)
{
    static const char *const names[] = {
        "null", "boolean",    "integer", "float",          "string",   "list",     "map",  "date",
        "localtime", "time", "localdatetime", "datetime", "duration", "node", "edge", "path",
    };

    return (size_t)type < sizeof names / sizeof *names ? names[type] : "unknown";
}
