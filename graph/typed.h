/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Text of imported cells to property values, by the type that a header or mapping names:
 *
 *   string char point · int long short byte · float double · boolean · date localtime time
 *   localdatetime datetime duration · epoch_ms epoch_s (a datetime) · minor (a decimal amount in
 *   hundredths: 12.34 is 1234) · any of them with [] behind: a list, its items split by ;
 */

#include "base/arena.h"
#include "base/value.h"

enum typed_kind {
    TYPED_STRING,
    TYPED_CHAR,
    TYPED_INT,
    TYPED_FLOAT,
    TYPED_BOOL,
    TYPED_DATE,
    TYPED_LOCAL_TIME,
    TYPED_TIME,
    TYPED_LOCAL_DATETIME,
    TYPED_DATETIME,
    TYPED_DURATION,
    TYPED_EPOCH_MS,
    TYPED_EPOCH_S,
    TYPED_MINOR,
};

struct typed {
    enum typed_kind kind;
    bool list;
};

/* Finds a type by its name, in any case of letters. False where there is none. */
bool typed_find(struct typed *out, struct slice name);
/*
 * The value of `text`, which lends strings; the rest lies in `arena`. STATUS_INVALID says what was
 * expected.
 */
MUST_CHECK enum status typed_parse(struct value *out, struct arena *arena, struct typed type,
                                   struct slice text);
/* The text as microseconds UTC: RFC 3339, a date, or by EPOCH_MS and EPOCH_S. */
MUST_CHECK enum status typed_time(int64_t *us, struct typed type, struct slice text);
