/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* msgpack bytes, looked over before anything is allocated for what they claim to hold. */

#include <stddef.h>

#include "base/status.h"
#include "base/value.h"

/* msgpack-c decodes 32 levels at most. */
#define SCAN_DEPTH_MAX 30

/*
 * Extension types; all integers big-endian. Lone days and seconds take 4 bytes where they fit, else
 * 8.
 *
 *   1 date            days
 *   2 localtime       i64 nanoseconds
 *   3 time            i64 nanoseconds, i32 offset
 *   4 localdatetime   i64 seconds, i32 nanoseconds
 *   5 datetime        seconds alone where whole and in UTC; else
 *                     i64 seconds, i32 nanoseconds, i32 offset, zone name (rest)
 *   6 duration        i64 months, i64 days, i64 seconds, i32 nanoseconds
 */
enum {
    EXT_DATE = 1,
    EXT_LOCAL_TIME,
    EXT_TIME,
    EXT_LOCAL_DATETIME,
    EXT_DATETIME,
    EXT_DURATION,
};

#define ZONE_NAME_MAX 64
#define EXT_MAX (16 + ZONE_NAME_MAX)

struct scan {
    const unsigned char *start, *at, *end;
};

enum scan_kind { KIND_SCALAR, KIND_TEXT, KIND_BINARY, KIND_EXT, KIND_ARRAY, KIND_MAP };

/* One msgpack head: what it opens and how much follows (bytes, or items / pairs). */
struct scan_head {
    enum scan_kind kind;
    uint64_t length;
    int8_t ext_type;
};

struct scan scan_of(struct slice bytes);
/* Reads a head and steps over it and, for scalars, texts and extensions, over the payload. */
bool scan_head(struct scan *scan, struct scan_head *head);
/* Steps over one value. Work is bounded by the bytes, recursion by `depth`. */
bool scan_value(struct scan *scan, unsigned depth);
uint64_t scan_big_endian(const unsigned char *at, unsigned bytes);
/* An extension type of those above, with a payload that it can have; a zone's name has no NUL. */
bool scan_ext_is_ours(int8_t type, struct slice payload);
/* STATUS_CORRUPT that names the place reached. */
MUST_CHECK enum status scan_fail(const struct scan *scan);
