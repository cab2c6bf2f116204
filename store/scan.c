/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/scan.h"

#include <string.h>

uint64_t scan_big_endian(const unsigned char *at, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

/* Heads 0xc0..0xdf: how many length bytes follow, and how long a fixed payload is. */
static const struct {
    unsigned char kind, length_bytes, payload;
} heads[32] = {
    [0x00] = { KIND_SCALAR, 0, 0 }, [0x02] = { KIND_SCALAR, 0, 0 }, [0x03] = { KIND_SCALAR, 0, 0 },
    [0x04] = { KIND_BINARY, 1, 0 }, [0x05] = { KIND_BINARY, 2, 0 }, [0x06] = { KIND_BINARY, 4, 0 },
    [0x07] = { KIND_EXT, 1, 0 },    [0x08] = { KIND_EXT, 2, 0 },    [0x09] = { KIND_EXT, 4, 0 },
    [0x0a] = { KIND_SCALAR, 0, 4 }, [0x0b] = { KIND_SCALAR, 0, 8 }, [0x0c] = { KIND_SCALAR, 0, 1 },
    [0x0d] = { KIND_SCALAR, 0, 2 }, [0x0e] = { KIND_SCALAR, 0, 4 }, [0x0f] = { KIND_SCALAR, 0, 8 },
    [0x10] = { KIND_SCALAR, 0, 1 }, [0x11] = { KIND_SCALAR, 0, 2 }, [0x12] = { KIND_SCALAR, 0, 4 },
    [0x13] = { KIND_SCALAR, 0, 8 }, [0x14] = { KIND_EXT, 0, 1 },    [0x15] = { KIND_EXT, 0, 2 },
    [0x16] = { KIND_EXT, 0, 4 },    [0x17] = { KIND_EXT, 0, 8 },    [0x18] = { KIND_EXT, 0, 16 },
    [0x19] = { KIND_TEXT, 1, 0 },   [0x1a] = { KIND_TEXT, 2, 0 },   [0x1b] = { KIND_TEXT, 4, 0 },
    [0x1c] = { KIND_ARRAY, 2, 0 },  [0x1d] = { KIND_ARRAY, 4, 0 },  [0x1e] = { KIND_MAP, 2, 0 },
    [0x1f] = { KIND_MAP, 4, 0 },
};

bool scan_head(struct scan *scan, struct scan_head *head)
{
    unsigned char byte;
    unsigned length_bytes;

    if (scan->at == scan->end)
        return false;
    byte = *scan->at++;
    *head = (struct scan_head){ KIND_SCALAR, 0, 0 };
    if (byte < 0x80 || byte >= 0xe0)
        return true;
    if (byte < 0xc0) {
        head->kind = byte < 0x90 ? KIND_MAP : byte < 0xa0 ? KIND_ARRAY : KIND_TEXT;
        head->length = byte & (head->kind == KIND_TEXT ? 31 : 15);
    } else {
        head->kind = heads[byte & 31].kind;
        length_bytes = heads[byte & 31].length_bytes;
        if (byte == 0xc1 || (size_t)(scan->end - scan->at) < length_bytes)
            return false;
        head->length = length_bytes ? scan_big_endian(scan->at, length_bytes)
                                    : heads[byte & 31].payload;
        scan->at += length_bytes;
        if (head->kind == KIND_EXT) {
            if (scan->at == scan->end)
                return false;
            head->ext_type = (int8_t)*scan->at++;
        }
    }
    if (head->kind == KIND_ARRAY || head->kind == KIND_MAP)
        /* Each item takes a byte at least: a count past that is a lie. */
        return head->length <= (uint64_t)(scan->end - scan->at);
    if (head->length > (uint64_t)(scan->end - scan->at))
        return false;
    scan->at += head->length;
    return true;
}

/* Small numbers and short texts, which most values are; false: nothing was stepped over. */
static bool scan_short(struct scan *scan)
{
    size_t left = (size_t)(scan->end - scan->at), size = 1;

    if (left && (*scan->at & 0xe0) == 0xa0)
        size += *scan->at & 31;
    else if (left && *scan->at >= 0x80 && *scan->at < 0xe0)
        return false;
    if (left < size)
        return false;
    scan->at += size;
    return true;
}

bool scan_value(struct scan *scan, unsigned depth)
{
    struct scan_head head;
    uint64_t left;

    if (scan_short(scan))
        return true;
    if (!scan_head(scan, &head))
        return false;
    if (head.kind != KIND_ARRAY && head.kind != KIND_MAP)
        return true;
    if (depth == 0)
        return false;
    for (left = head.kind == KIND_MAP ? 2 * head.length : head.length; left; left--)
        if (!scan_value(scan, depth - 1))
            return false;
    return true;
}

enum status scan_fail(const struct scan *scan)
{
    return fail(STATUS_CORRUPT, "msgpack is damaged, cut short or too deep near byte %td",
                scan->at - scan->start);
}

struct scan scan_of(struct slice bytes)
{
    const unsigned char *data = bytes.data;

    return (struct scan){ data, data, data + bytes.size };
}

/* Seconds, nanoseconds and offset are followed by the zone's name, which ends where they do. */
static bool is_datetime(struct slice payload)
{
    if (payload.size <= 8)
        return payload.size == 4 || payload.size == 8;
    return payload.size >= 16 && payload.size <= EXT_MAX &&
           !memchr((const char *)payload.data + 16, 0, payload.size - 16);
}

bool scan_ext_is_ours(int8_t type, struct slice payload)
{
    size_t size = payload.size;

    switch (type) {
    case EXT_DATE:
        return size == 4 || size == 8;
    case EXT_LOCAL_TIME:
        return size == 8;
    case EXT_TIME:
    case EXT_LOCAL_DATETIME:
        return size == 12;
    case EXT_DATETIME:
        return is_datetime(payload);
    case EXT_DURATION:
        return size == 28;
    default:
        return false;
    }
}
