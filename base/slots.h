/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Slots: open addressing over the numbers 0, 1, 2 .. of things that their owner keeps, hashes and
 * tells apart. Zeroed memory has no slots; free `at` at the end.
 *
 *     for (slot = slots_first(&set->slots, hash); set->slots.at[slot]; slot = slots_next(...))
 *         if (equal(set->items[set->slots.at[slot] - 1], item)) ...
 */

#include <stdint.h>

#include "base/status.h"

struct slots {
    uint32_t *at;  /* number + 1; 0: free */
    size_t n;      /* a power of two, or 0: then nothing may be looked up */
};

/* What the owner's thing of that number hashes to. */
typedef uint64_t slots_hash(const void *owner, uint32_t number);

/* Room for one more than the `n_items` there are: half of the slots stay free. */
MUST_CHECK enum status slots_reserve(struct slots *slots, size_t n_items, slots_hash *hash,
                                     const void *owner);

static inline size_t slots_first(const struct slots *slots, uint64_t hash)
{
    return hash & (slots->n - 1);
}

static inline size_t slots_next(const struct slots *slots, size_t slot)
{
    return (slot + 1) & (slots->n - 1);
}
