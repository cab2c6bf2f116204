/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A property value: null, boolean, 64-bit integer, float, string, list, map, and the temporal
 * types of openCypher.
 *
 * A value is 24 bytes, copied freely; what it points at (text, items, pairs, zone, duration) is
 * lent by an arena, a record or a literal, whose owner the function at hand names.
 * NODE, EDGE and PATH exist while a query runs; `ref` then points at its row's own structure.
 * They are never stored.
 */

#include "base/buf.h"

enum value_type {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_FLOAT,
    VALUE_STRING,
    VALUE_LIST,
    VALUE_MAP,
    VALUE_DATE,           /* integer: days since 1970-01-01 */
    VALUE_LOCAL_TIME,     /* integer: nanoseconds of the day */
    VALUE_TIME,           /* integer: nanoseconds of the local day; extra: offset in seconds */
    VALUE_LOCAL_DATETIME, /* instant.seconds since 1970-01-01T00:00 local; extra: nanoseconds */
    VALUE_DATETIME,       /* instant.seconds since 1970-01-01T00:00Z; extra: nanoseconds; zone */
    VALUE_DURATION,
    VALUE_NODE,
    VALUE_EDGE,
    VALUE_PATH,
};

struct value_pair;

struct zone {
    int32_t offset_s;     /* east of UTC, in force at the instant */
    const char *name;     /* IANA name, or NULL where only an offset was given */
};

struct duration {
    int64_t months, days, seconds;
    int32_t nanoseconds; /* 0..999,999,999 */
};

struct value {
    enum value_type type;
    union {
        uint32_t count; /* bytes of a string, items of a list, pairs of a map */
        int32_t extra;
    };
    union {
        bool boolean;
        int64_t integer;
        double floating;
        const char *text; /* UTF-8, `count` bytes, not terminated */
        const struct value *items;
        const struct value_pair *pairs; /* in key order (bytes), keys unique */
        struct {
            int64_t seconds;
            const struct zone *zone; /* DATETIME: never NULL */
        } instant;
        const struct duration *duration;
        const void *ref;
    };
};

struct value_pair {
    struct slice key;
    struct value value;
};

/* The order of pairs in a map, for sorting: by key. */
static inline int value_pair_order(const void *a, const void *b)
{
    return slice_compare(((const struct value_pair *)a)->key, ((const struct value_pair *)b)->key);
}

static inline struct value value_null(void)
{
    return (struct value){ .type = VALUE_NULL };
}

static inline struct value value_bool(bool boolean)
{
    return (struct value){ .type = VALUE_BOOL, .boolean = boolean };
}

static inline struct value value_int(int64_t integer)
{
    return (struct value){ .type = VALUE_INT, .integer = integer };
}

static inline struct value value_float(double floating)
{
    return (struct value){ .type = VALUE_FLOAT, .floating = floating };
}

static inline struct value value_text(struct slice text)
{
    return (struct value){
        .type = VALUE_STRING, .count = (uint32_t)text.size, .text = text.data
    };
}

static inline struct slice value_slice(const struct value *string)
{
    return slice_of(string->text, string->count);
}

/* An instant in UTC, from microseconds since 1970. */
struct value value_datetime_us(int64_t us);
/* Microseconds UTC of a DATE, LOCAL_DATETIME (taken as UTC) or DATETIME; false for other types. */
bool value_as_us(int64_t *us, const struct value *value);

/* The pair's value, or NULL: O(log pairs). */
const struct value *value_find(const struct value *map, struct slice key);
/* Same type and same content (NaN equals NaN; 1 and 1.0 differ). Not for NODE, EDGE, PATH. */
bool value_same(const struct value *a, const struct value *b);
/* Lower-case name of the type, such as "string". */
const char *value_type_name(enum value_type type);
