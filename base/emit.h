/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Writing JSON: objects, lists and values streamed into a buffer, on one line.
 *
 * Failures stick: after the first one every call does nothing, and emit_finish() returns it.
 * The text is deterministic: keys in the order written (maps in key order), integers exact, floats
 * in the fewest digits that read back equal and always with a point or exponent, NaN and
 * infinities as null, temporal values as ISO text (base/temporal.h). What is not valid UTF-8
 * becomes U+FFFD, so that the output always parses.
 *
 *     struct emit emit = emit_start(&buf);
 *     emit_object(&emit);
 *     emit_key(&emit, "code"), emit_string(&emit, code);
 *     emit_end(&emit);
 *     TRY(emit_finish(&emit));
 */

#include "base/value.h"

#define EMIT_DEPTH_MAX 64

struct emit {
    struct buf *buf; /* kept */
    enum status status;
    unsigned depth;
    bool comma, after_key;
    char closers[EMIT_DEPTH_MAX];
};

struct emit emit_start(struct buf *buf);
/* STATUS_OK, or what went wrong first. Every object and list must have been ended. */
MUST_CHECK enum status emit_finish(struct emit *emit);

void emit_object(struct emit *emit);
void emit_list(struct emit *emit);
/* Ends the innermost object or list. */
void emit_end(struct emit *emit);
void emit_key(struct emit *emit, const char *key);
void emit_key_slice(struct emit *emit, struct slice key);

void emit_null(struct emit *emit);
void emit_bool(struct emit *emit, bool boolean);
void emit_int(struct emit *emit, int64_t integer);
void emit_uint(struct emit *emit, uint64_t integer);
void emit_float(struct emit *emit, double floating);
void emit_string(struct emit *emit, const char *text); /* NULL: null */
void emit_slice(struct emit *emit, struct slice text);
/* RFC 3339, or null for an infinity. */
void emit_time(struct emit *emit, int64_t us);
/* A NODE, EDGE or PATH becomes null: those belong to who made them. */
void emit_value(struct emit *emit, const struct value *value);
/* JSON text that was made before, taken as it is. */
void emit_raw(struct emit *emit, struct slice json);
/* A score in millionths as a number from 0 to 1. */
void emit_millionths(struct emit *emit, int64_t millionths);

/* Appends the fewest digits that read back as `floating` (finite), with a point or an exponent. */
MUST_CHECK enum status float_format(struct buf *out, double floating);
