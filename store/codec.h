/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Values to and from msgpack: the only door to msgpack-c.
 *
 * Used for stored records and, validated first, for msgpack from outside. Temporal values are
 * extension types 1..6 (drawn in scan.h). Maps are written in key order, so equal values give
 * equal bytes.
 */

#include "base/arena.h"
#include "base/value.h"

/* Appends the value; STATUS_INVALID for NODE, EDGE and PATH. */
MUST_CHECK enum status codec_encode(struct buf *out, const struct value *value);
/*
 * Reads one value that fills `bytes` exactly; text is lent by `bytes`, the rest lies in `arena`.
 * STATUS_CORRUPT names the offset. Depth is bounded by 30; work by the size of the input.
 */
MUST_CHECK enum status codec_decode(struct value *out, struct arena *arena, struct slice bytes);
/*
 * A record: a list that begins with values of `types`, a letter each (i: integer, s: text, l: list,
 * a point: any), and may go on. STATUS_CORRUPT: "`what` does not decode; run check".
 */
MUST_CHECK enum status codec_decode_record(struct value *out, struct arena *arena,
                                           struct slice bytes, const char *types,
                                           const char *what);
/* Whether it is a list of values of `types`, from the first to the last, any number of times. */
bool codec_is_list_of(const struct value *list, const char *types);
/*
 * For bytes from outside: valid msgpack of one value, no extension types but ours, depth at most
 * `depth_max`, strings in UTF-8, map keys text and unique. STATUS_INVALID names the offset.
 */
MUST_CHECK enum status codec_validate(struct slice bytes, uint32_t depth_max);

/* Property maps as stored: keys are symbols, ascending. */
struct codec_property {
    uint32_t symbol;
    struct value value;
};

MUST_CHECK enum status codec_encode_properties(struct buf *out,
                                               const struct codec_property *properties, size_t n);
/* Gives an array in `arena`, ascending by symbol. */
MUST_CHECK enum status codec_decode_properties(struct codec_property **out, size_t *n,
                                               struct arena *arena, struct slice bytes);
/* One property without decoding the others; STATUS_NOT_FOUND. */
MUST_CHECK enum status codec_find_property(struct value *out, struct arena *arena,
                                           struct slice bytes, uint32_t symbol);
/* Several, ascending, in one pass: values[i] is of symbols[i], VALUE_NULL where there is none. */
MUST_CHECK enum status codec_find_properties(struct value *values, struct arena *arena,
                                             struct slice bytes, const uint32_t *symbols,
                                             size_t n);
