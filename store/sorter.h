/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * External sort: records by the byte order of their keys, in bounded memory, stable.
 *
 * What does not fit is sorted and spooled as runs, which are merged while reading; both in a
 * thread of their own, beside the caller's work. The order never depends on threads. Sorting in
 * memory is a radix sort over the first eight key bytes (only those that vary), then a comparison
 * sort inside runs of equal prefixes: about O(n) for keys that begin with a dense number.
 */

#include "base/buf.h"

struct sorter;

/*
 * Gives a sorter that keeps to about `memory_bytes` and puts runs into `dir`; `alone`: without a
 * thread.
 */
MUST_CHECK enum status sorter_new(struct sorter **out, const char *dir, size_t memory_bytes,
                                  bool alone);
void sorter_free(struct sorter *sorter);
void sorter_freep(struct sorter **sorter);
/* Copies both. */
MUST_CHECK enum status sorter_add(struct sorter *sorter, struct slice key, struct slice value);
uint64_t sorter_count(const struct sorter *sorter);
/* Ends adding; sorter_next() then starts at the smallest key. */
MUST_CHECK enum status sorter_sort(struct sorter *sorter);
/* Lends the next record until the next call; STATUS_END. Equal keys come in the order added. */
MUST_CHECK enum status sorter_next(struct slice *key, struct slice *value,
                                   struct sorter *sorter);
