/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Plain JSON in one pass: what json_parse() tries before it asks the library.
 *
 * Plain is what programs mostly write: no \u escapes, integers of at most 18 digits, fractions
 * whose digits and power of ten a double holds exactly. Whatever else there is, mistakes among it,
 * is left to the library: it alone judges what is JSON and words what is wrong.
 */

#include "base/arena.h"
#include "base/value.h"

/*
 * `*plain` false: nothing is said of the text, and `*out` is untouched. Else the value that
 * json_parse() describes, lent by `arena`, which keeps a copy of the whole text. O(bytes), and
 * O(k log k) for an object of k keys.
 */
MUST_CHECK enum status json_plain(struct value *out, bool *plain, struct arena *arena,
                                  struct slice text, size_t depth);
