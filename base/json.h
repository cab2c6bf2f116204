/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Reading JSON (RFC 8259) into values. The door to jansson; writing is base/emit.h.
 */

#include "base/arena.h"
#include "base/value.h"

struct json_limits {
    size_t depth; /* of nesting */
    size_t bytes; /* of the document */
};

#define JSON_LIMITS ((struct json_limits){ .depth = 32, .bytes = (size_t)8 << 20 })

/*
 * Parses one document (any type, nothing behind it) into `arena`; objects become maps in key order.
 * Refused with STATUS_INVALID, naming line and column: duplicate keys, invalid UTF-8, the NUL
 * character, integers outside int64, floats outside double, nesting past the limit, text behind
 * the end. STATUS_LIMIT for too many bytes. `limits` NULL: JSON_LIMITS. Costs O(bytes), and
 * O(k log k) for an object of k keys. `*out` is lent by the arena.
 */
MUST_CHECK enum status json_parse(struct value *out, struct arena *arena, struct slice text,
                                  const struct json_limits *limits);
