/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "store/codec.h"
#include "store/scan.h"

#define PAIRS_MAX 1024 /* of a map from outside: keys are compared pair by pair */

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

static bool validate(struct scan *scan, unsigned depth, bool as_key);

static bool validate_map(struct scan *scan, uint64_t pairs, unsigned depth)
{
    const unsigned char *first = scan->at;

    if (pairs > PAIRS_MAX)
        return false;
    for (uint64_t i = 0; i < pairs; i++) {
        const unsigned char *key = scan->at;
        struct scan earlier = { scan->start, first, key };
        size_t size;

        if (!validate(scan, 0, true))
            return false;
        size = (size_t)(scan->at - key);
        while (earlier.at < key) {
            const unsigned char *other = earlier.at;
            struct scan_head head;

            if (!scan_head(&earlier, &head) ||
                ((size_t)(earlier.at - other) == size && memcmp(other, key, size) == 0))
                return false;
            if (!scan_value(&earlier, depth))
                return false;
        }
        if (!validate(scan, depth, false))
            return false;
    }
    return true;
}

static bool validate(struct scan *scan, unsigned depth, bool as_key)
{
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
            if (depth == 0 || !validate(scan, depth - 1, false))
                return false;
        return true;
    case KIND_MAP:
        return depth > 0 && validate_map(scan, head.length, depth - 1);
    }
    return false;
}

enum status codec_validate(struct slice bytes, uint32_t depth_max)
{
    struct scan scan = scan_of(bytes);

    if (!validate(&scan, depth_max < SCAN_DEPTH_MAX ? depth_max : SCAN_DEPTH_MAX, false) ||
        scan.at != scan.end)
        return fail(STATUS_INVALID, "the msgpack document is wrong near byte %td: expected one "
                    "value of text-keyed unique maps, lists, UTF-8 text and numbers, at most %u "
                    "levels deep", scan.at - scan.start, depth_max);
    return STATUS_OK;
}
