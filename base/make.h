/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Making lists, maps and text values in an arena. */

#include "base/arena.h"
#include "base/value.h"

/* A copy of `pairs` in key order; keys and what values point at stay lent. Keys must differ. */
MUST_CHECK enum status make_map(struct value *out, struct arena *arena,
                                const struct value_pair *pairs, size_t n);
/* A copy of `items`; what they point at stays lent. */
MUST_CHECK enum status make_list(struct value *out, struct arena *arena, const struct value *items,
                                 size_t n);
/* A copy of the text. */
MUST_CHECK enum status make_text(struct value *out, struct arena *arena, struct slice text);
MUST_CHECK enum status make_printf(struct value *out, struct arena *arena, const char *format, ...)
    PRINTF_LIKE(3, 4);
