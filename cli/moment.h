/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Moments in rows: RFC 3339 text, null for an infinity. */

#include "base/make.h"
#include "base/time.h"

/* Lent by `text` until that is used again. */
static inline struct value moment_value(char text[TIME_TEXT_MAX], int64_t us)
{
    return us == TIME_MIN || us == TIME_MAX ? value_null()
                                            : value_text(slice_str(time_format(text, us)));
}

/* The same, in `arena`. */
static inline enum status moment_make(struct value *out, struct arena *arena, int64_t us)
{
    char text[TIME_TEXT_MAX];

    *out = moment_value(text, us);
    return out->type == VALUE_NULL ? STATUS_OK : make_text(out, arena, value_slice(out));
}
