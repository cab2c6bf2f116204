/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values in dumps: plain JSON where that loses nothing. */

#include <math.h>

#include "base/temporal.h"
#include "base/text.h"
#include "graph/dump_private.h"

enum store_table dump_table_find(struct slice name)
{
    for (enum store_table table = 0; table < TABLE_COUNT_; table++)
        if (slice_equal(name, slice_str(store_table_name(table))))
            return table;
    return TABLE_COUNT_;
}

bool dump_is_raw(enum store_table table)
{
    return table != TABLE_META && table != TABLE_SYMBOL && table != TABLE_COUNT &&
           table != TABLE_KEY && table != TABLE_NODE && table != TABLE_CHUNK &&
           table != TABLE_PAST && table != TABLE_COMMIT && table != TABLE_INDEX;
}

/* ---- hex ------------------------------------------------------------------------------------ */

void dump_hex(struct emit *emit, struct slice bytes)
{
    static const char digits[] = "0123456789abcdef";
    AUTO(buf_fini) struct buf text = { 0 };
    const unsigned char *at = bytes.data;

    if (emit->status)
        return;
    emit->status = buf_reserve(&text, 2 * bytes.size + 1);
    if (emit->status)
        return;
    for (size_t i = 0; i < bytes.size; i++) {
        text.data[text.size++] = (unsigned char)digits[at[i] >> 4];
        text.data[text.size++] = (unsigned char)digits[at[i] & 15];
    }
    emit_slice(emit, buf_slice(&text));
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum status dump_hex_read(struct slice *out, struct arena *arena, struct slice text)
{
    unsigned char *bytes = arena_alloc(arena, text.size / 2 + 1);
    const char *at = text.data;

    if (!bytes)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i + 1 < text.size; i += 2) {
        int high = digit_of(at[i]), low = digit_of(at[i + 1]);

        if (high < 0 || low < 0)
            return fail(STATUS_INVALID, "bytes in hex (0-9, a-f) were expected");
        bytes[i / 2] = (unsigned char)(high << 4 | low);
    }
    if (text.size % 2)
        return fail(STATUS_INVALID, "an even number of hex digits was expected");
    *out = slice_of(bytes, text.size / 2);
    return STATUS_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

static bool is_plain_text(struct slice text)
{
    return text_valid_utf8(text, NULL);
}

static bool is_plain(const struct value *value)
{
    switch (value->type) {
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_INT:
        return true;
    case VALUE_FLOAT:
        return isfinite(value->floating);
    case VALUE_STRING:
        return is_plain_text(value_slice(value));
    case VALUE_LIST:
        return true;
    case VALUE_MAP:
        for (uint32_t i = 0; i < value->count; i++)
            if (!is_plain_text(value->pairs[i].key) ||
                slice_equal(value->pairs[i].key, SLICE(DUMP_TAG)))
                return false;
        return true;
    default:
        return false;
    }
}

static enum status tagged(struct emit *emit, const struct value *value)
{
    AUTO(buf_fini) struct buf bytes = { 0 };
    AUTO(buf_fini) struct buf text = { 0 };

    TRY(codec_encode(&bytes, value));
    emit_object(emit);
    emit_key(emit, DUMP_TAG);
    dump_hex(emit, buf_slice(&bytes));
    if (value->type >= VALUE_DATE && value->type <= VALUE_DURATION) {
        TRY(temporal_format(&text, value)); /* for people */
        emit_key(emit, "text");
        emit_slice(emit, buf_slice(&text));
    }
    emit_end(emit);
    return STATUS_OK;
}

enum status dump_value(struct emit *emit, const struct value *value)
{
    if (!is_plain(value))
        return tagged(emit, value);
    if (value->type == VALUE_LIST) {
        emit_list(emit);
        for (uint32_t i = 0; i < value->count; i++)
            TRY(dump_value(emit, &value->items[i]));
        emit_end(emit);
    } else if (value->type == VALUE_MAP) {
        emit_object(emit);
        for (uint32_t i = 0; i < value->count; i++) {
            emit_key_slice(emit, value->pairs[i].key);
            TRY(dump_value(emit, &value->pairs[i].value));
        }
        emit_end(emit);
    } else {
        emit_value(emit, value);
    }
    return STATUS_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

static enum status read_list(struct value *out, struct arena *arena, const struct value *json)
{
    struct value *items = arena_array(arena, json->count + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < json->count; i++)
        TRY(dump_value_read(&items[i], arena, &json->items[i]));
    *out = (struct value){ .type = VALUE_LIST, .count = json->count, .items = items };
    return STATUS_OK;
}

static enum status read_map(struct value *out, struct arena *arena, const struct value *json)
{
    const struct value *hex = value_find(json, SLICE(DUMP_TAG));
    struct value_pair *pairs;
    struct slice bytes;

    if (hex && hex->type == VALUE_STRING) {
        TRY(dump_hex_read(&bytes, arena, value_slice(hex)));
        TRY(codec_validate(bytes, 30));
        return codec_decode(out, arena, bytes);
    }
    pairs = arena_array(arena, json->count + 1, sizeof *pairs);
    if (!pairs)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < json->count; i++) {
        pairs[i].key = json->pairs[i].key;
        TRY(dump_value_read(&pairs[i].value, arena, &json->pairs[i].value));
    }
    *out = (struct value){ .type = VALUE_MAP, .count = json->count, .pairs = pairs };
    return STATUS_OK;
}

enum status dump_value_read(struct value *out, struct arena *arena, const struct value *json)
{
    if (json->type == VALUE_LIST)
        return read_list(out, arena, json);
    if (json->type == VALUE_MAP)
        return read_map(out, arena, json);
    *out = *json;
    return STATUS_OK;
}
