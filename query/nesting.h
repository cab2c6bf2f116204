/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Lists and maps that hold others. They share what they hold, so that [t, t] said sixty times over
 * is small in memory and has 2^60 items for who prints, compares or copies it; and what is nested a
 * million times needs a stack for it. Whatever makes a list or map of others asks here first.
 */

#include "query/eval.h"

#define NESTING_MAX 1000

/*
 * STATUS_LIMIT where `value`, all it holds counted as often as it holds it, needs more memory than
 * there may be; STATUS_INVALID, at `expr`, where it is nested too deep. Cost: O(what it holds);
 * O(n) where that is no list or map.
 */
MUST_CHECK enum status nesting_check(struct eval *eval, const struct expr *expr,
                                     const struct value *value);
