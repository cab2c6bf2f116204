/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Arithmetic of dates, times and durations. */

#include "query/eval.h"

/* + - * / where an operand is temporal; *done is false where the operands don't fit together. */
MUST_CHECK enum status temporal_arithmetic(struct value *out, bool *done, struct eval *eval,
                                           const struct expr *expr, const struct value *left,
                                           const struct value *right);
/* a + sign * b, which may be `out`; false where a part does not fit. */
bool duration_add(struct duration *out, const struct duration *a, const struct duration *b,
                  int sign);
/* -duration */
MUST_CHECK enum status temporal_negate(struct value *out, struct eval *eval,
                                       const struct value *duration);
/* value.key of a temporal value: year, month, ..., null where it has no such part. */
MUST_CHECK enum status temporal_part(struct value *out, struct eval *eval,
                                     const struct expr *expr, const struct value *value,
                                     struct slice key);
