/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/typed.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/text.h"
#include "base/time.h"

#define NUMBER_MAX 64

static const struct {
    const char *name;
    enum typed_kind kind;
} types[] = {
    { "string", TYPED_STRING },         { "text", TYPED_STRING },
    { "point", TYPED_STRING },          { "char", TYPED_CHAR },
    { "int", TYPED_INT },               { "integer", TYPED_INT },
    { "long", TYPED_INT },              { "short", TYPED_INT },
    { "byte", TYPED_INT },              { "float", TYPED_FLOAT },
    { "double", TYPED_FLOAT },          { "boolean", TYPED_BOOL },
    { "bool", TYPED_BOOL },             { "date", TYPED_DATE },
    { "localtime", TYPED_LOCAL_TIME },  { "time", TYPED_TIME },
    { "localdatetime", TYPED_LOCAL_DATETIME },
    { "datetime", TYPED_DATETIME },     { "duration", TYPED_DURATION },
    { "epoch_ms", TYPED_EPOCH_MS },     { "epoch_s", TYPED_EPOCH_S },
    { "minor", TYPED_MINOR },
};

bool typed_find(struct typed *out, struct slice name)
{
    const char *text = name.data;
    bool list = name.size > 2 && memcmp(text + name.size - 2, "[]", 2) == 0;

    name.size -= list ? 2 : 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strlen(types[i].name) == name.size &&
            strncasecmp(types[i].name, text, name.size) == 0) {
            *out = (struct typed){ types[i].kind, list };
            return true;
        }
    return false;
}

static enum status not_a(struct slice text, const char *what)
{
    return fail(STATUS_INVALID, "\"%.*s\" is not %s", (int)(text.size < 64 ? text.size : 64),
                (const char *)text.data, what);
}

static enum status parse_int(int64_t *out, struct slice text)
{
    const char *at = text.data, *end = at + text.size;
    bool negative = at < end && *at == '-';
    int64_t total = 0;

    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return not_a(text, "a whole number");
    for (; at < end; at++) {
        if (*at < '0' || *at > '9')
            return not_a(text, "a whole number");
        if (__builtin_mul_overflow(total, 10, &total) ||
            __builtin_sub_overflow(total, *at - '0', &total))
            return not_a(text, "a whole number of 64 bits");
    }
    if (!negative && total == INT64_MIN)
        return not_a(text, "a whole number of 64 bits");
    *out = negative ? total : -total;
    return STATUS_OK;
}

static enum status parse_float(double *out, struct slice text)
{
    char copy[NUMBER_MAX], *end;

    if (!text.size || text.size >= sizeof copy)
        return not_a(text, "a number");
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    if (strpbrk(copy, "xX")) /* hexadecimal is C's, not data's */
        return not_a(text, "a number");
    *out = strtod(copy, &end);
    if (*end || end == copy)
        return not_a(text, "a number");
    return STATUS_OK;
}

/* Exact: the decimal's digits are counted, not multiplied. Half a hundredth rounds away from 0. */
static enum status parse_minor(int64_t *out, struct slice text)
{
    const char *point = text.size ? memchr(text.data, '.', text.size) : NULL;
    size_t whole = point ? (size_t)(point - (const char *)text.data) : text.size;
    struct slice fraction = point ? slice_of(point + 1, text.size - whole - 1) : slice_of("", 0);
    const char *digits = fraction.data;
    bool negative = text.size && *(const char *)text.data == '-';
    int64_t units = 0, cents = 0;

    if ((whole > (size_t)(negative ? 1 : 0) || !fraction.size) &&
        parse_int(&units, slice_of(text.data, whole)) != STATUS_OK)
        return not_a(text, "a decimal amount of 64 bits, such as 12.34, without separators");
    for (size_t i = 0; i < fraction.size; i++)
        if (digits[i] < '0' || digits[i] > '9')
            return not_a(text, "a decimal amount such as 12.34");
    for (size_t i = 0; i < 2; i++)
        cents = cents * 10 + (i < fraction.size ? digits[i] - '0' : 0);
    cents += fraction.size > 2 && digits[2] >= '5';
    if (__builtin_mul_overflow(units, 100, &units) ||
        __builtin_add_overflow(units, negative ? -cents : cents, &units))
        return not_a(text, "an amount of 64 bits");
    *out = units;
    return STATUS_OK;
}

static enum status parse_bool(bool *out, struct slice text)
{
    const char *bytes = text.data;

    *out = (text.size == 4 && strncasecmp(bytes, "true", 4) == 0) ||
           (text.size == 1 && *bytes == '1');
    if (*out || (text.size == 5 && strncasecmp(bytes, "false", 5) == 0) ||
        (text.size == 1 && *bytes == '0'))
        return STATUS_OK;
    return not_a(text, "true or false");
}

static enum status parse_char(struct value *out, struct slice text)
{
    const unsigned char *at = text.data, *end = at + text.size;

    if (text.size)
        (void)text_next(&at, end);
    if (at != end || !text.size)
        return not_a(text, "a single character");
    *out = value_text(text);
    return STATUS_OK;
}

/* ---- Moments ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The seconds east of UTC that a text ends with (+08:00, -0330), or 0. */
static int32_t offset_of(struct slice text)
{
    const char *end = (const char *)text.data + text.size, *start = text.data, *sign = end;
    int hours, minutes;

    do {
        if (sign == start || end - sign == 6)
            return 0;
        sign--;
    } while (*sign != '+' && *sign != '-');
    if (end - sign < 5 || sign - start < 5 ||
        !memchr(start, ':', (size_t)(sign - start)))
        return 0;
    if (!is_digit(sign[1]) || !is_digit(sign[2]) || !is_digit(end[-1]) || !is_digit(end[-2]))
        return 0;
    hours = (sign[1] - '0') * 10 + sign[2] - '0';
    minutes = (end[-2] - '0') * 10 + end[-1] - '0';
    return (*sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
}

static enum status parse_datetime(struct value *out, struct arena *arena, struct slice text)
{
    struct zone *zone;
    int64_t us;
    int32_t offset;

    TRY(time_parse(&us, text));
    *out = value_datetime_us(us);
    offset = text.size ? offset_of(text) : 0;
    if (!offset)
        return STATUS_OK;
    zone = arena_new(arena, struct zone);
    if (!zone)
        return STATUS_NO_MEMORY;
    zone->offset_s = offset;
    out->instant.zone = zone;
    return STATUS_OK;
}

static enum status parse_local_datetime(struct value *out, struct slice text)
{
    const char *bytes = text.data;
    int64_t us;

    if (text.size && (bytes[text.size - 1] == 'Z' || bytes[text.size - 1] == 'z' ||
                      offset_of(text)))
        return not_a(text, "a local time without an offset, as in 2026-11-21T08:00:00");
    TRY(time_parse(&us, text));
    *out = value_datetime_us(us);
    out->type = VALUE_LOCAL_DATETIME;
    return STATUS_OK;
}

/* A time of day, by reading it as one of 1970-01-01. */
static enum status parse_time_of_day(struct value *out, struct slice text, bool local)
{
    char moment[NUMBER_MAX];
    int64_t us;
    int32_t offset = 0;
    int length = snprintf(moment, sizeof moment, "1970-01-01T%.*s", (int)text.size,
                          (const char *)text.data);

    if (local && text.size && strcspn(moment + 11, "Zz+-") + 11 < (size_t)length)
        return not_a(text, "a time of day without an offset");
    if (text.size > 32 || time_parse(&us, slice_of(moment, (size_t)length)) != STATUS_OK)
        return not_a(text, "a time of day such as 08:30:00");
    if (!local)
        offset = offset_of(slice_of(moment, (size_t)length));
    us += offset * US_PER_SECOND; /* the local time of day */
    *out = (struct value){ .type = local ? VALUE_LOCAL_TIME : VALUE_TIME, .extra = offset,
                           .integer = us * 1000 };
    return STATUS_OK;
}

static enum status parse_date(struct value *out, struct slice text)
{
    int64_t us;

    if (text.size != 10)
        return not_a(text, "a date such as 2026-11-21");
    TRY(time_parse(&us, text));
    *out = (struct value){ .type = VALUE_DATE,
                           .integer = (us - (us % US_PER_DAY + US_PER_DAY) % US_PER_DAY) /
                                      US_PER_DAY };
    return STATUS_OK;
}

#define DURATION_MAX (INT64_MAX / (7 * 24 * 3600)) /* of any unit */

/* One number of an ISO 8601 duration and its unit's letter, which is one of those yet to come. */
static bool duration_part(struct duration *out, const char **at, const char *end,
                          const char **units, bool clock)
{
    const char *start = *at, *unit;
    int64_t number = 0, nanoseconds = 0, place = 100000000;
    bool negative = *at < end && **at == '-';

    *at += negative;
    for (; *at < end && is_digit(**at); (*at)++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, **at - '0', &number))
            return false;
    if (*at < end && (**at == '.' || **at == ','))
        for ((*at)++; *at < end && is_digit(**at); (*at)++, place /= 10)
            nanoseconds += (**at - '0') * place;
    if (*at == end || *at == start + negative || number > DURATION_MAX)
        return false;
    unit = memchr(*units, *(*at)++, strlen(*units));
    if (!unit || (nanoseconds && *unit != 'S'))
        return false;
    *units = unit + 1;
    number = negative ? -number : number;
    nanoseconds = negative ? -nanoseconds : nanoseconds;
    switch (*unit) {
    case 'Y':
        out->months += number * 12;
        break;
    case 'M':
        if (clock)
            out->seconds += number * 60;
        else
            out->months += number;
        break;
    case 'W':
        out->days += number * 7;
        break;
    case 'D':
        out->days += number;
        break;
    case 'H':
        out->seconds += number * 3600;
        break;
    default:
        out->seconds += number - (nanoseconds < 0);
        out->nanoseconds = (int32_t)(nanoseconds < 0 ? nanoseconds + 1000000000 : nanoseconds);
    }
    return true;
}

static bool is_readable(int64_t number)
{
    return number <= DURATION_MAX && number >= -DURATION_MAX;
}

/* What is printed of it in years, days and hours is within what is read. */
static bool duration_fits(const struct duration *duration)
{
    return is_readable(duration->months / 12) && is_readable(duration->days) &&
           is_readable(duration->seconds / 3600);
}

static enum status parse_duration(struct value *out, struct arena *arena, struct slice text)
{
    const char *at = text.data, *end = at + text.size, *units = "YMWD";
    struct duration *duration = arena_new(arena, struct duration);
    bool clock = false, good = text.size >= 3 && *at++ == 'P';

    if (!duration)
        return STATUS_NO_MEMORY;
    while (good && at < end) {
        if (*at == 'T' && !clock && at + 1 < end) {
            clock = true;
            units = "HMS";
            at++;
        } else {
            good = duration_part(duration, &at, end, &units, clock);
        }
    }
    if (!good || !duration_fits(duration))
        return not_a(text, "a duration such as P1DT2H30M");
    *out = (struct value){ .type = VALUE_DURATION, .duration = duration };
    return STATUS_OK;
}

enum status typed_time(int64_t *us, struct typed type, struct slice text)
{
    int64_t number, unit;

    if (type.kind != TYPED_EPOCH_MS && type.kind != TYPED_EPOCH_S)
        return time_parse(us, slice_trim(text));
    unit = type.kind == TYPED_EPOCH_MS ? 1000 : US_PER_SECOND;
    TRY(parse_int(&number, slice_trim(text)));
    if (__builtin_mul_overflow(number, unit, us))
        return not_a(text, "a time");
    return STATUS_OK;
}

static enum status parse_one(struct value *out, struct arena *arena, enum typed_kind kind,
                             struct slice text)
{
    if (kind == TYPED_STRING) {
        *out = value_text(text);
        return STATUS_OK;
    }
    text = slice_trim(text);
    *out = (struct value){ .type = VALUE_INT };
    switch (kind) {
    case TYPED_INT:
        return parse_int(&out->integer, text);
    case TYPED_MINOR:
        return parse_minor(&out->integer, text);
    case TYPED_FLOAT:
        out->type = VALUE_FLOAT;
        return parse_float(&out->floating, text);
    case TYPED_BOOL:
        out->type = VALUE_BOOL;
        return parse_bool(&out->boolean, text);
    case TYPED_CHAR:
        return parse_char(out, text);
    case TYPED_DATE:
        return parse_date(out, text);
    case TYPED_LOCAL_TIME:
    case TYPED_TIME:
        return parse_time_of_day(out, text, kind == TYPED_LOCAL_TIME);
    case TYPED_LOCAL_DATETIME:
        return parse_local_datetime(out, text);
    case TYPED_DATETIME:
        return parse_datetime(out, arena, text);
    case TYPED_DURATION:
        return parse_duration(out, arena, text);
    default:
        TRY(typed_time(&out->integer, (struct typed){ .kind = kind }, text));
        *out = value_datetime_us(out->integer);
        return STATUS_OK;
    }
}

static enum status parse_list(struct value *out, struct arena *arena, enum typed_kind kind,
                              struct slice text)
{
    const char *at = text.data, *end = at + text.size;
    struct value *items;
    uint32_t n = 1;

    for (const char *c = at; c < end; c++)
        n += *c == ';';
    items = arena_array(arena, n, sizeof *items);
    if (!items)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++) {
        const char *stop = at < end ? memchr(at, ';', (size_t)(end - at)) : NULL;

        stop = stop ? stop : end;
        TRY(parse_one(&items[i], arena, kind, slice_of(at, (size_t)(stop - at))));
        at = stop < end ? stop + 1 : end;
    }
    *out = (struct value){ .type = VALUE_LIST, .count = n, .items = items };
    return STATUS_OK;
}

enum status typed_parse(struct value *out, struct arena *arena, struct typed type,
                        struct slice text)
{
    if (type.list)
        return parse_list(out, arena, type.kind, text);
    return parse_one(out, arena, type.kind, text);
}
