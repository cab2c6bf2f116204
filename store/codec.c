/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/codec.h"

#include <msgpack.h>
#include <stdlib.h>

#include "store/scan.h"

/* ---- writing: msgpack-c packs into a buf ------------------------------------------------ */

static int write_to_buf(void *data, const char *bytes, size_t size)
{
    return buf_append(data, bytes, size) == STATUS_OK ? 0 : -1;
}

static unsigned char *put_u64(unsigned char *at, uint64_t value)
{
    value = __builtin_bswap64(value);
    memcpy(at, &value, 8);
    return at + 8;
}

static unsigned char *put_u32(unsigned char *at, uint32_t value)
{
    value = __builtin_bswap32(value);
    memcpy(at, &value, 4);
    return at + 4;
}

/* A lone integer, in 4 bytes where it fits. */
static size_t lone_bytes(unsigned char *at, int64_t number)
{
    if (number == (int32_t)number) {
        put_u32(at, (uint32_t)number);
        return 4;
    }
    put_u64(at, (uint64_t)number);
    return 8;
}

static size_t datetime_bytes(unsigned char *at, const struct value *value)
{
    const struct zone *zone = value->instant.zone;
    size_t name = zone->name ? strnlen(zone->name, ZONE_NAME_MAX) : 0;

    if (!value->extra && !zone->offset_s && !zone->name)
        return lone_bytes(at, value->instant.seconds);

    at = put_u64(at, (uint64_t)value->instant.seconds);
    at = put_u32(at, (uint32_t)value->extra);
    at = put_u32(at, (uint32_t)zone->offset_s);
    if (name)
        memcpy(at, zone->name, name);
    return 16 + name;
}

/* The payload of a temporal value, its length, and its extension type (0: not temporal). */
static int8_t temporal_bytes(unsigned char bytes[EXT_MAX], size_t *size, const struct value *value)
{
    const struct duration *duration;
    unsigned char *at = bytes;

    *size = 8;
    switch (value->type) {
    case VALUE_DATE:
        *size = lone_bytes(at, value->integer);
        return EXT_DATE;
    case VALUE_LOCAL_TIME:
        put_u64(at, (uint64_t)value->integer);
        return EXT_LOCAL_TIME;
    case VALUE_TIME:
        put_u32(put_u64(at, (uint64_t)value->integer), (uint32_t)value->extra);
        *size = 12;
        return EXT_TIME;
    case VALUE_LOCAL_DATETIME:
        put_u32(put_u64(at, (uint64_t)value->instant.seconds), (uint32_t)value->extra);
        *size = 12;
        return EXT_LOCAL_DATETIME;
    case VALUE_DATETIME:
        *size = datetime_bytes(at, value);
        return EXT_DATETIME;
    case VALUE_DURATION:
        duration = value->duration;
        at = put_u64(put_u64(at, (uint64_t)duration->months), (uint64_t)duration->days);
        put_u32(put_u64(at, (uint64_t)duration->seconds), (uint32_t)duration->nanoseconds);
        *size = 28;
        return EXT_DURATION;
    default:
        return 0;
    }
}

static int pack_value(msgpack_packer *packer, const struct value *value);

static int pack_text(msgpack_packer *packer, struct slice text)
{
    if (msgpack_pack_str(packer, text.size))
        return -1;
    return msgpack_pack_str_body(packer, text.data, text.size);
}

static int pack_list(msgpack_packer *packer, const struct value *list)
{
    if (msgpack_pack_array(packer, list->count))
        return -1;
    for (uint32_t i = 0; i < list->count; i++)
        if (pack_value(packer, &list->items[i]))
            return -1;
    return 0;
}

static int pack_map(msgpack_packer *packer, const struct value *map)
{
    if (msgpack_pack_map(packer, map->count))
        return -1;
    for (uint32_t i = 0; i < map->count; i++)
        if (pack_text(packer, map->pairs[i].key) || pack_value(packer, &map->pairs[i].value))
            return -1;
    return 0;
}

static int pack_temporal(msgpack_packer *packer, const struct value *value)
{
    unsigned char bytes[EXT_MAX];
    size_t size;
    int8_t type = temporal_bytes(bytes, &size, value);

    if (!type)
        return (void)!fail(STATUS_INVALID, "a %s cannot be stored", value_type_name(value->type)),
               -2;
    if (msgpack_pack_ext(packer, size, type))
        return -1;
    return msgpack_pack_ext_body(packer, bytes, size);
}

static int pack_value(msgpack_packer *packer, const struct value *value)
{
    switch (value->type) {
    case VALUE_NULL:
        return msgpack_pack_nil(packer);
    case VALUE_BOOL:
        return value->boolean ? msgpack_pack_true(packer) : msgpack_pack_false(packer);
    case VALUE_INT:
        return msgpack_pack_int64(packer, value->integer);
    case VALUE_FLOAT:
        return msgpack_pack_double(packer, value->floating);
    case VALUE_STRING:
        return pack_text(packer, value_slice(value));
    case VALUE_LIST:
        return pack_list(packer, value);
    case VALUE_MAP:
        return pack_map(packer, value);
    default:
        return pack_temporal(packer, value);
    }
}

/* Takes back what a failed packing left behind. */
static enum status packed(struct buf *out, size_t before, int result)
{
    if (result == 0)
        return STATUS_OK;
    out->size = before;
    return result == -2 ? STATUS_INVALID : STATUS_NO_MEMORY;
}

enum status codec_encode(struct buf *out, const struct value *value)
{
    msgpack_packer packer;
    size_t before = out->size;

    msgpack_packer_init(&packer, out, write_to_buf);
    return packed(out, before, pack_value(&packer, value));
}

enum status codec_encode_properties(struct buf *out, const struct codec_property *properties,
                                    size_t n)
{
    msgpack_packer packer;
    size_t before = out->size;
    int result;

    msgpack_packer_init(&packer, out, write_to_buf);
    result = msgpack_pack_map(&packer, n);
    for (size_t i = 0; i < n && !result; i++) {
        result = msgpack_pack_uint32(&packer, properties[i].symbol);
        if (!result)
            result = pack_value(&packer, &properties[i].value);
    }
    return packed(out, before, result);
}

/* ---- reading: msgpack-c's objects to values ---------------------------------------------- */

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

    if (!scan_ext_is_ours(ext->type, ext->size))
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

static int pair_order(const void *a, const void *b)
{
    const struct value_pair *left = a, *right = b;

    return slice_compare(left->key, right->key);
}

static enum status from_map(struct value *out, struct arena *arena, const msgpack_object_map *map)
{
    struct value_pair *pairs = arena_array(arena, map->size, sizeof *pairs);
    bool ordered = true;

    if (!pairs)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < map->size; i++) {
        const msgpack_object *key = &map->ptr[i].key;

        if (key->type != MSGPACK_OBJECT_STR)
            return fail(STATUS_CORRUPT, "a msgpack map has a key that is not text");
        pairs[i].key = slice_of(key->via.str.ptr, key->via.str.size);
        TRY(from_object(&pairs[i].value, arena, &map->ptr[i].val));
        ordered = ordered && (i == 0 || pair_order(&pairs[i - 1], &pairs[i]) < 0);
    }
    if (!ordered)
        qsort(pairs, map->size, sizeof *pairs, pair_order);
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

/* `bytes` were scanned: they hold one value exactly. */
static enum status unpack(struct value *out, struct arena *arena, struct slice bytes)
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
    return unpack(out, arena, bytes);
}

/* ---- property maps ------------------------------------------------------------------------ */

/* The head of a property map: how many pairs. */
static enum status open_properties(uint64_t *n, struct scan *scan)
{
    struct scan_head head;

    *n = 0;
    if (scan->at == scan->end)
        return STATUS_OK;
    if (!scan_head(scan, &head) || head.kind != KIND_MAP)
        return scan_fail(scan);
    *n = head.length;
    return STATUS_OK;
}

static enum status next_property(uint32_t *symbol, struct slice *value, struct scan *scan)
{
    const unsigned char *key = scan->at;
    struct scan_head head;

    if (!scan_head(scan, &head) || head.kind != KIND_SCALAR || (*key >= 0x80 && *key < 0xcc) ||
        *key > 0xce)
        return scan_fail(scan);
    *symbol = *key < 0x80 ? *key
                          : (uint32_t)scan_big_endian(key + 1, (unsigned)(scan->at - key) - 1);
    value->data = scan->at;
    if (!scan_value(scan, SCAN_DEPTH_MAX))
        return scan_fail(scan);
    value->size = (size_t)(scan->at - (const unsigned char *)value->data);
    return STATUS_OK;
}

enum status codec_decode_properties(struct codec_property **out, size_t *n, struct arena *arena,
                                    struct slice bytes)
{
    struct scan scan = scan_of(bytes);
    struct codec_property *properties;
    uint64_t count;

    TRY(open_properties(&count, &scan));
    properties = arena_array(arena, count + 1, sizeof *properties);
    if (!properties)
        return STATUS_NO_MEMORY;
    for (uint64_t i = 0; i < count; i++) {
        struct slice value;

        TRY(next_property(&properties[i].symbol, &value, &scan));
        TRY(unpack(&properties[i].value, arena, value));
    }
    if (scan.at != scan.end)
        return scan_fail(&scan);
    *out = properties;
    *n = count;
    return STATUS_OK;
}

enum status codec_find_property(struct value *out, struct arena *arena, struct slice bytes,
                                uint32_t symbol)
{
    struct scan scan = scan_of(bytes);
    uint64_t count;

    TRY(open_properties(&count, &scan));
    for (uint64_t i = 0; i < count; i++) {
        struct slice value;
        uint32_t found;

        TRY(next_property(&found, &value, &scan));
        if (found == symbol)
            return unpack(out, arena, value);
        if (found > symbol)
            break;
    }
    return STATUS_NOT_FOUND;
}

enum status codec_find_properties(struct value *values, struct arena *arena, struct slice bytes,
                                  const uint32_t *symbols, size_t n)
{
    struct scan scan = scan_of(bytes);
    uint64_t count;

    for (size_t i = 0; i < n; i++)
        values[i] = value_null();
    TRY(open_properties(&count, &scan));
    for (uint64_t at = 0; at < count; at++) {
        struct slice value;
        uint32_t found;

        TRY(next_property(&found, &value, &scan));
        for (size_t i = 0; i < n; i++)
            if (symbols[i] == found)
                TRY(unpack(&values[i], arena, value));
    }
    return STATUS_OK;
}
