/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Sorting in memory: as qsort() and qsort_r(), and stable where the items are few. For lists that
 * mostly are: of those the library takes longer to begin than to sort them.
 */

#include <stddef.h>
#include <stdint.h>

typedef int sort_order(const void *a, const void *b);
typedef int sort_order_in(const void *a, const void *b, void *context);

/* O(n log n), or O(n) where they are in order already. `items` may be NULL where `n` is 0. */
void sort_items(void *items, size_t n, size_t size, sort_order *order);
void sort_items_in(void *items, size_t n, size_t size, sort_order_in *order, void *context);

/* The order of uint32_t. */
static inline int sort_by_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}
