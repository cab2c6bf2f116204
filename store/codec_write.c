/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values to msgpack: msgpack-c packs into a buf. */
#include "store/codec.h"

#include <msgpack.h>

#include "store/scan.h"

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
