/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/emit.h"

#include "base/temporal.h"
#include "base/text.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct emit emit_start(struct buf *buf)
{
    return (struct emit){ .buf = buf };
}

enum status emit_finish(struct emit *emit)
{
    if (!emit->status && emit->depth)
        return fail(STATUS_INVALID, "JSON text left open: %u levels", emit->depth);
    return emit->status;
}

static void put(struct emit *emit, const void *bytes, size_t size)
{
    if (!emit->status)
        emit->status = buf_append(emit->buf, bytes, size);
}

/* The comma before a key or a list item; a value after its key needs none. */
static void separate(struct emit *emit)
{
    if (emit->comma && !emit->after_key)
        put(emit, ",", 1);
    emit->comma = true;
    emit->after_key = false;
}

static void open_level(struct emit *emit, const char *opener, char closer)
{
    separate(emit);
    if (emit->depth == EMIT_DEPTH_MAX && !emit->status)
        emit->status = fail(STATUS_LIMIT, "JSON output nested deeper than %d", EMIT_DEPTH_MAX);
    if (emit->status)
        return;
    emit->closers[emit->depth++] = closer;
    put(emit, opener, 1);
    emit->comma = false;
}

void emit_object(struct emit *emit)
{
    open_level(emit, "{", '}');
}

void emit_list(struct emit *emit)
{
    open_level(emit, "[", ']');
}

void emit_end(struct emit *emit)
{
    if (emit->status || !emit->depth)
        return;
    put(emit, &emit->closers[--emit->depth], 1);
    emit->comma = true;
}

static void put_escape(struct emit *emit, unsigned char c)
{
    static const char named[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    char text[8];

    for (const char *pair = named; *pair; pair += 2) {
        if ((unsigned char)*pair == c) {
            text[0] = '\\';
            text[1] = pair[1];
            put(emit, text, 2);
            return;
        }
    }
    snprintf(text, sizeof text, "\\u%04x", c);
    put(emit, text, 6);
}

static void put_quoted(struct emit *emit, struct slice text)
{
    const unsigned char *at = text.data, *end = at + text.size, *plain = at;

    put(emit, "\"", 1);
    while (at < end) {
        const unsigned char *next = at;

        if (*at >= 0x20 && *at < 0x7f && *at != '"' && *at != '\\') {
            at++;
            continue;
        }
        if (*at >= 0x80 && text_next(&next, end) >= 0) {
            at = next;
            continue;
        }
        put(emit, plain, (size_t)(at - plain));
        if (*at >= 0x80)
            put(emit, "\xef\xbf\xbd", 3);
        else
            put_escape(emit, *at);
        plain = ++at;
    }
    put(emit, plain, (size_t)(at - plain));
    put(emit, "\"", 1);
}

void emit_key_slice(struct emit *emit, struct slice key)
{
    separate(emit);
    put_quoted(emit, key);
    put(emit, ":", 1);
    emit->after_key = true;
}

void emit_key(struct emit *emit, const char *key)
{
    emit_key_slice(emit, slice_str(key));
}

void emit_raw(struct emit *emit, struct slice json)
{
    separate(emit);
    put(emit, json.data, json.size);
}

void emit_null(struct emit *emit)
{
    emit_raw(emit, SLICE("null"));
}

void emit_bool(struct emit *emit, bool boolean)
{
    emit_raw(emit, boolean ? SLICE("true") : SLICE("false"));
}

/* Most of a dump is numbers: printf would take a third of its time. */
static void put_number(struct emit *emit, uint64_t magnitude, bool negative)
{
    char text[1 + TEXT_DIGITS_MAX] = "-";

    emit_raw(emit, slice_of(text, negative + text_digits(text + negative, magnitude, 1)));
}

void emit_int(struct emit *emit, int64_t integer)
{
    put_number(emit, integer < 0 ? -(uint64_t)integer : (uint64_t)integer, integer < 0);
}

void emit_uint(struct emit *emit, uint64_t integer)
{
    put_number(emit, integer, false);
}

enum status float_format(struct buf *out, double floating)
{
    char text[40];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, floating);
        if (strtod(text, NULL) == floating)
            break;
    }
    TRY(buf_append(out, text, strlen(text)));
    return strpbrk(text, ".e") ? STATUS_OK : buf_append(out, ".0", 2);
}

void emit_float(struct emit *emit, double floating)
{
    if (!isfinite(floating)) {
        emit_null(emit);
        return;
    }
    separate(emit);
    if (!emit->status)
        emit->status = float_format(emit->buf, floating);
}

void emit_millionths(struct emit *emit, int64_t millionths)
{
    emit_float(emit, (double)millionths / 1e6);
}

void emit_slice(struct emit *emit, struct slice text)
{
    separate(emit);
    put_quoted(emit, text);
}

void emit_string(struct emit *emit, const char *text)
{
    if (text)
        emit_slice(emit, slice_str(text));
    else
        emit_null(emit);
}

void emit_time(struct emit *emit, int64_t us)
{
    char text[TIME_TEXT_MAX];

    emit_string(emit, *time_format(text, us) ? text : NULL);
}

/* openCypher leaves out seconds that are zero; RFC 3339, which JSON's readers expect, does not. */
static enum status with_seconds(struct buf *out, const struct buf *text)
{
    const unsigned char *clock = memchr(text->data, 'T', text->size);
    size_t minutes = clock ? (size_t)(clock - text->data) + 6 : text->size;

    if (minutes >= text->size || text->data[minutes] == ':')
        return buf_append(out, text->data, text->size);
    TRY(buf_append(out, text->data, minutes));
    TRY(buf_append(out, ":00", 3));
    return buf_append(out, text->data + minutes, text->size - minutes);
}

static void emit_temporal(struct emit *emit, const struct value *value)
{
    AUTO(buf_fini) struct buf text = { 0 };
    AUTO(buf_fini) struct buf whole = { 0 };
    bool moment = value->type == VALUE_DATETIME;

    if (!emit->status)
        emit->status = temporal_format(&text, value);
    if (!emit->status && moment)
        emit->status = with_seconds(&whole, &text);
    emit_slice(emit, buf_slice(moment ? &whole : &text));
}

static void emit_items(struct emit *emit, const struct value *value)
{
    emit_list(emit);
    for (uint32_t i = 0; i < value->count && !emit->status; i++)
        emit_value(emit, &value->items[i]);
    emit_end(emit);
}

static void emit_pairs(struct emit *emit, const struct value *value)
{
    emit_object(emit);
    for (uint32_t i = 0; i < value->count && !emit->status; i++) {
        emit_key_slice(emit, value->pairs[i].key);
        emit_value(emit, &value->pairs[i].value);
    }
    emit_end(emit);
}

void emit_value(struct emit *emit, const struct value *value)
{
    switch (value->type) {
    case VALUE_NULL:
    case VALUE_NODE:
    case VALUE_EDGE:
    case VALUE_PATH:
        emit_null(emit);
        break;
    case VALUE_BOOL:
        emit_bool(emit, value->boolean);
        break;
    case VALUE_INT:
        emit_int(emit, value->integer);
        break;
    case VALUE_FLOAT:
        emit_float(emit, value->floating);
        break;
    case VALUE_STRING:
        emit_slice(emit, value_slice(value));
        break;
    case VALUE_LIST:
        emit_items(emit, value);
        break;
    case VALUE_MAP:
        emit_pairs(emit, value);
        break;
    case VALUE_DATE:
    case VALUE_LOCAL_TIME:
    case VALUE_TIME:
    case VALUE_LOCAL_DATETIME:
    case VALUE_DATETIME:
    case VALUE_DURATION:
        emit_temporal(emit, value);
        break;
    }
}
