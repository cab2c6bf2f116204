/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values from msgpack: plain ones here, the rest by msgpack-c's objects. */
#include <msgpack.h>

#include "base/sort.h"
#include "store/codec_private.h"
#include "store/scan.h"

static enum status from_object(struct value *out, struct arena *arena,
                               const msgpack_object *object);

/* Reads what lone_bytes() wrote. */
static int64_t lone_integer(const unsigned char *at, uint32_t size)
{
    return size == 4 ? (int32_t)scan_big_endian(at, 4) : (int64_t)scan_big_endian(at, 8);
}

static enum status from_datetime(struct value *out, struct arena *arena, const unsigned char *at,
                                 uint32_t size)
{
    static const struct zone utc = { 0 };
    struct zone *zone;

    if (size <= 8) {
        *out = (struct value){ .type = VALUE_DATETIME };
        out->instant.seconds = lone_integer(at, size);
        out->instant.zone = &utc;
        return STATUS_OK;
    }
    zone = arena_new(arena, struct zone);
    if (!zone)
        return STATUS_NO_MEMORY;
    zone->offset_s = (int32_t)scan_big_endian(at + 12, 4);
    if (size > 16) {
        zone->name = arena_copy(arena, slice_of(at + 16, size - 16));
        if (!zone->name)
            return STATUS_NO_MEMORY;
    }
    *out = (struct value){ .type = VALUE_DATETIME, .extra = (int32_t)scan_big_endian(at + 8, 4) };
    out->instant.seconds = (int64_t)scan_big_endian(at, 8);
    out->instant.zone = zone;
    return STATUS_OK;
}

static enum status from_duration(struct value *out, struct arena *arena, const unsigned char *at)
{
    struct duration *duration = arena_new(arena, struct duration);

    if (!duration)
        return STATUS_NO_MEMORY;
    duration->months = (int64_t)scan_big_endian(at, 8);
    duration->days = (int64_t)scan_big_endian(at + 8, 8);
    duration->seconds = (int64_t)scan_big_endian(at + 16, 8);
    duration->nanoseconds = (int32_t)scan_big_endian(at + 24, 4);
    *out = (struct value){ .type = VALUE_DURATION, .duration = duration };
    return STATUS_OK;
}

static enum status from_ext(struct value *out, struct arena *arena,
                            const msgpack_object_ext *ext)
{
    const unsigned char *at = (const unsigned char *)ext->ptr;

    if (!scan_ext_is_ours(ext->type, slice_of(at, ext->size)))
        return fail(STATUS_CORRUPT, "msgpack extension type %d of %u bytes is not known here",
                    ext->type, ext->size);
    switch (ext->type) {
    case EXT_DATETIME:
        return from_datetime(out, arena, at, ext->size);
    case EXT_DURATION:
        return from_duration(out, arena, at);
    case EXT_LOCAL_DATETIME:
        *out = (struct value){ .type = VALUE_LOCAL_DATETIME };
        out->instant.seconds = (int64_t)scan_big_endian(at, 8);
        break;
    case EXT_DATE:
        *out = (struct value){ .type = VALUE_DATE, .integer = lone_integer(at, ext->size) };
        break;
    default:
        *out = (struct value){ .type = ext->type == EXT_TIME ? VALUE_TIME : VALUE_LOCAL_TIME,
                               .integer = (int64_t)scan_big_endian(at, 8) };
    }
    if (ext->size == 12)
        out->extra = (int32_t)scan_big_endian(at + 8, 4);
    return STATUS_OK;
}

static enum status from_array(struct value *out, struct arena *arena,
                              const msgpack_object_array *array)
{
    struct value *items = arena_array(arena, array->size, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < array->size; i++)
        TRY(from_object(&items[i], arena, &array->ptr[i]));
    *out = (struct value){ .type = VALUE_LIST, .count = array->size, .items = items };
    return STATUS_OK;
}

static enum status from_map(struct value *out, struct arena *arena, const msgpack_object_map *map)
{
    struct value_pair *pairs = arena_array(arena, map->size, sizeof *pairs);

    if (!pairs)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < map->size; i++) {
        const msgpack_object *key = &map->ptr[i].key;

        if (key->type != MSGPACK_OBJECT_STR)
            return fail(STATUS_CORRUPT, "a msgpack map has a key that is not text");
        pairs[i].key = slice_of(key->via.str.ptr, key->via.str.size);
        TRY(from_object(&pairs[i].value, arena, &map->ptr[i].val));
    }
    sort_items(pairs, map->size, sizeof *pairs, value_pair_order);
    *out = (struct value){ .type = VALUE_MAP, .count = map->size, .pairs = pairs };
    return STATUS_OK;
}

static enum status from_object(struct value *out, struct arena *arena,
                               const msgpack_object *object)
{
    switch (object->type) {
    case MSGPACK_OBJECT_NIL:
        *out = value_null();
        return STATUS_OK;
    case MSGPACK_OBJECT_BOOLEAN:
        *out = value_bool(object->via.boolean);
        return STATUS_OK;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        if (object->via.u64 > INT64_MAX)
            return fail(STATUS_CORRUPT, "an integer past 63 bits in msgpack");
        *out = value_int((int64_t)object->via.u64);
        return STATUS_OK;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        *out = value_int(object->via.i64);
        return STATUS_OK;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        *out = value_float(object->via.f64);
        return STATUS_OK;
    case MSGPACK_OBJECT_STR:
        *out = value_text(slice_of(object->via.str.ptr, object->via.str.size));
        return STATUS_OK;
    case MSGPACK_OBJECT_ARRAY:
        return from_array(out, arena, &object->via.array);
    case MSGPACK_OBJECT_MAP:
        return from_map(out, arena, &object->via.map);
    case MSGPACK_OBJECT_EXT:
        return from_ext(out, arena, &object->via.ext);
    case MSGPACK_OBJECT_BIN:
        break;
    }
    return fail(STATUS_CORRUPT, "msgpack type %d is not stored here", object->type);
}

/* An integer or a float of 64 bits; false for other heads. `bytes` were scanned. */
static bool number_from(struct value *out, const unsigned char *at)
{
    uint64_t bits;

    switch (*at) {
    case 0xcb:
        *out = (struct value){ .type = VALUE_FLOAT };
        bits = scan_big_endian(at + 1, 8);
        memcpy(&out->floating, &bits, sizeof bits);
        return true;
    case 0xcc:
    case 0xcd:
    case 0xce:
        *out = value_int((int64_t)scan_big_endian(at + 1, 1u << (*at - 0xcc)));
        return true;
    case 0xd0:
        *out = value_int((int8_t)at[1]);
        return true;
    case 0xd1:
        *out = value_int((int16_t)scan_big_endian(at + 1, 2));
        return true;
    case 0xd2:
        *out = value_int((int32_t)scan_big_endian(at + 1, 4));
        return true;
    case 0xd3:
        *out = value_int((int64_t)scan_big_endian(at + 1, 8));
        return true;
    default:
        *out = value_int((int8_t)*at);
        return *at < 0x80 || *at >= 0xe0;
    }
}

/*
 * Texts, numbers and times, which properties mostly are, without the library: it allocates for
 * each value. *done is false for the rest. `bytes` were scanned.
 */
static enum status unpack_plain(struct value *out, bool *done, struct arena *arena,
                                struct slice bytes)
{
    struct scan scan = scan_of(bytes);
    struct scan_head head;
    msgpack_object_ext ext;

    *done = bytes.size > 0 && number_from(out, bytes.data);
    if (*done || !scan_head(&scan, &head))
        return STATUS_OK;
    *done = head.kind == KIND_TEXT || head.kind == KIND_EXT;
    if (head.kind == KIND_TEXT)
        *out = value_text(slice_of(scan.at - head.length, head.length));
    if (head.kind != KIND_EXT)
        return STATUS_OK;
    ext = (msgpack_object_ext){ head.ext_type, (uint32_t)head.length,
                                (const char *)scan.at - head.length };
    return from_ext(out, arena, &ext);
}

enum status codec_unpack(struct value *out, struct arena *arena, struct slice bytes)
{
    msgpack_unpacked unpacked;
    bool done;
    enum status status;

    TRY(unpack_plain(out, &done, arena, bytes));
    if (done)
        return STATUS_OK;
    msgpack_unpacked_init(&unpacked);
    switch (msgpack_unpack_next(&unpacked, bytes.data, bytes.size, NULL)) {
    case MSGPACK_UNPACK_SUCCESS:
        status = from_object(out, arena, &unpacked.data);
        break;
    case MSGPACK_UNPACK_NOMEM_ERROR:
        status = fail_memory(bytes.size);
        break;
    default:
        status = fail(STATUS_CORRUPT, "msgpack does not decode");
    }
    msgpack_unpacked_destroy(&unpacked);
    return status;
}

enum status codec_decode(struct value *out, struct arena *arena, struct slice bytes)
{
    struct scan scan = scan_of(bytes);

    if (!scan_value(&scan, SCAN_DEPTH_MAX) || scan.at != scan.end)
        return scan_fail(&scan);
    return codec_unpack(out, arena, bytes);
}

/* ---- records ---- */

static bool is_of(const struct value *value, char type)
{
    switch (type) {
    case 'i':
        return value->type == VALUE_INT;
    case 's':
        return value->type == VALUE_STRING;
    case 'l':
        return value->type == VALUE_LIST;
    default:
        return true;
    }
}

bool codec_is_list_of(const struct value *list, const char *types)
{
    size_t n = strlen(types);

    if (list->type != VALUE_LIST || list->count % n)
        return false;
    for (uint32_t i = 0; i < list->count; i++)
        if (!is_of(&list->items[i], types[i % n]))
            return false;
    return true;
}

enum status codec_decode_record(struct value *out, struct arena *arena, struct slice bytes,
                                const char *types, const char *what)
{
    struct value begin;

    TRY(codec_decode(out, arena, bytes));
    begin = *out;
    if (begin.count > strlen(types))
        begin.count = (uint32_t)strlen(types);
    return begin.count && codec_is_list_of(&begin, types)
               ? STATUS_OK
               : fail(STATUS_CORRUPT, "%s does not decode; run check", what);
}
