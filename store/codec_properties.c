/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Property maps as stored: found and read without decoding what is not asked for. */
#include "store/codec_private.h"
#include "store/scan.h"

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

/* A property's symbol: a small number is one byte. */
static bool next_symbol(uint32_t *symbol, struct scan *scan)
{
    const unsigned char *key = scan->at;
    struct scan_head head;

    if (key != scan->end && *key < 0x80) {
        *symbol = *key;
        scan->at++;
        return true;
    }
    if (!scan_head(scan, &head) || *key < 0xcc || *key > 0xce)
        return false;
    *symbol = (uint32_t)scan_big_endian(key + 1, (unsigned)(scan->at - key) - 1);
    return true;
}

static enum status next_property(uint32_t *symbol, struct slice *value, struct scan *scan)
{
    if (!next_symbol(symbol, scan))
        return scan_fail(scan);
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
        TRY(codec_unpack(&properties[i].value, arena, value));
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
            return codec_unpack(out, arena, value);
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
    for (size_t i = 0; count && i < n; count--) {
        struct slice value;
        uint32_t found;

        TRY(next_property(&found, &value, &scan));
        while (i < n && symbols[i] < found)
            i++;
        if (i < n && symbols[i] == found)
            TRY(codec_unpack(&values[i++], arena, value));
    }
    return STATUS_OK;
}
