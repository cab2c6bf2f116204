/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of the evaluation share: one function for each kind of expression. */

#include "query/compare.h"
#include "query/eval.h"

/* What a condition is worth; STATUS_INVALID where it is none. */
MUST_CHECK enum status eval_truth(enum truth *out, struct eval *eval, const struct expr *expr);
MUST_CHECK enum status eval_logic(struct value *out, struct eval *eval, const struct expr *expr);
MUST_CHECK enum status eval_compare(struct value *out, struct eval *eval, const struct expr *expr);
MUST_CHECK enum status eval_binary(struct value *out, struct eval *eval, const struct expr *expr);
MUST_CHECK enum status eval_unary(struct value *out, struct eval *eval, const struct expr *expr);
MUST_CHECK enum status eval_has_labels(struct value *out, struct eval *eval,
                                       const struct expr *expr);
MUST_CHECK enum status eval_comprehension(struct value *out, struct eval *eval,
                                          const struct expr *expr);
MUST_CHECK enum status eval_quantifier(struct value *out, struct eval *eval,
                                       const struct expr *expr);
MUST_CHECK enum status eval_reduce(struct value *out, struct eval *eval, const struct expr *expr);
MUST_CHECK enum status eval_case(struct value *out, struct eval *eval, const struct expr *expr);
/* Whether two values are as the comparison says. */
enum truth eval_compare_values(enum operator op, const struct value *a, const struct value *b);
