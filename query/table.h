/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A hash table of rows of values, kept in the order they came: for DISTINCT, grouping and joins.
 *
 * Zeroed memory with `width` set is an empty table. Rows are equal where all their values are
 * equivalent. Finding and adding cost O(width) on average.
 */

#include "base/slots.h"
#include "query/compare.h"

struct table {
    uint32_t width;
    struct value *rows;  /* n * width */
    uint64_t *hashes;
    size_t n, capacity, hashes_capacity;
    struct slots slots;
};

void table_fini(struct table *table);
/* The row's number; *added says whether it is new, then a deep copy in `arena` was added. */
MUST_CHECK enum status table_add(size_t *row, bool *added, struct table *table,
                                 struct arena *arena, const struct value *values);
/* The row's number, or SIZE_MAX. */
size_t table_find(const struct table *table, const struct value *values);
