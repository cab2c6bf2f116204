/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/sort.h"
#include "store/codec.h"
#include "store/scan.h"

struct validation {
    struct scan scan;
    struct slice *keys; /* of the map at hand */
    size_t capacity;
    enum status status; /* STATUS_NO_MEMORY: nothing can be told of the bytes */
};

static void validation_fini(struct validation *validation)
{
    free(validation->keys);
}

static bool valid_utf8(const unsigned char *at, uint64_t size)
{
    for (uint64_t i = 0; i < size;) {
        unsigned char lead = at[i++];
        unsigned more = lead < 0x80 ? 0 : lead < 0xc2 ? 4 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
        unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
        unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;

        if (more == 4 || lead > 0xf4 || size - i < more)
            return false;
        for (unsigned k = 0; k < more; k++, i++, low = 0x80, high = 0xbf)
            if (at[i] < low || at[i] > high)
                return false;
    }
    return true;
}

static bool validate(struct validation *validation, unsigned depth, bool as_key);

static int by_text(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

/*
 * By their text: a key may be written in several forms. Sorted, and all values passed over once,
 * for the bytes are a stranger's.
 */
static bool keys_differ(struct validation *validation, uint64_t pairs, unsigned depth)
{
    struct scan scan = validation->scan;
    struct scan_head head;
    struct slice *keys;

    if (pairs > (uint64_t)(scan.end - scan.at) / 2)
        return false;
    validation->status = array_reserve(&validation->keys, &validation->capacity, pairs);
    if (validation->status)
        return false;
    keys = validation->keys;
    for (uint64_t i = 0; i < pairs; i++) {
        if (!scan_head(&scan, &head) || head.kind != KIND_TEXT)
            return false;
        keys[i] = slice_of(scan.at - head.length, head.length);
        if (!scan_value(&scan, depth))
            return false;
    }
    sort_items(keys, pairs, sizeof *keys, by_text);
    for (uint64_t i = 1; i < pairs; i++)
        if (slice_equal(keys[i - 1], keys[i]))
            return false;
    return true;
}

static bool validate_map(struct validation *validation, uint64_t pairs, unsigned depth)
{
    if (!keys_differ(validation, pairs, depth))
        return false;
    for (uint64_t i = 0; i < pairs; i++)
        if (!validate(validation, 0, true) || !validate(validation, depth, false))
            return false;
    return true;
}

static bool validate(struct validation *validation, unsigned depth, bool as_key)
{
    struct scan *scan = &validation->scan;
    const unsigned char *start = scan->at;
    struct scan_head head;

    if (!scan_head(scan, &head) || (as_key && head.kind != KIND_TEXT))
        return false;
    switch (head.kind) {
    case KIND_SCALAR:
        return *start != 0xcf || !(start[1] & 0x80); /* unsigned, past int64 */
    case KIND_TEXT:
        return valid_utf8(scan->at - head.length, head.length);
    case KIND_BINARY:
        return false;
    case KIND_EXT:
        return scan_ext_is_ours(head.ext_type, slice_of(scan->at - head.length, head.length));
    case KIND_ARRAY:
        for (uint64_t i = 0; i < head.length; i++)
            if (depth == 0 || !validate(validation, depth - 1, false))
                return false;
        return true;
    case KIND_MAP:
        return depth > 0 && validate_map(validation, head.length, depth - 1);
    }
    return false;
}

enum status codec_validate(struct slice bytes, uint32_t depth_max)
{
    AUTO(validation_fini) struct validation validation = { .scan = scan_of(bytes) };
    const struct scan *scan = &validation.scan;
    bool valid = validate(&validation, depth_max < SCAN_DEPTH_MAX ? depth_max : SCAN_DEPTH_MAX,
                          false);

    TRY(validation.status);
    if (!valid || scan->at != scan->end)
        return fail(STATUS_INVALID, "the msgpack document is wrong near byte %td: expected one "
                    "value of text-keyed unique maps, lists, UTF-8 text and numbers, at most %u "
                    "levels deep", scan->at - scan->start, depth_max);
    return STATUS_OK;
}
