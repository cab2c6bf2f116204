/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * One text for equal values: map keys and labels in order, numbers in one spelling. What a feature
 * file expects and what a query gives are brought to it, and then compared as text.
 */

#include "query/eval.h"

/* Appends the canonical form of a cell; `unordered`: lists in order of their items' texts. */
MUST_CHECK enum status canonical_cell(struct buf *out, struct slice cell, bool unordered);
MUST_CHECK enum status canonical_value(struct buf *out, struct eval *eval,
                                       const struct value *value, bool unordered);
