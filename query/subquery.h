/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Patterns and subqueries inside expressions, run over the present row. */

#include "query/eval.h"

/* EXPR_PATTERN, EXISTS, COUNT, COLLECT, PATTERN_COMPREHENSION, SHORTEST. */
MUST_CHECK enum status subquery_eval(struct value *out, struct eval *eval,
                                     const struct expr *expr);
