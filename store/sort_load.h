/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Records in memory, in the order they were added or, once sorted, of their keys. Private to the
 * sorter (store/sorter.h), which keeps two of them, and spools what is more.
 */

#include <string.h>

#include "base/buf.h"

/* A record in memory: sizes, key, value; lent from a block. */
struct item {
    uint64_t prefix; /* the first eight key bytes as a number, zero-padded */
    const unsigned char *record;
};

struct record_head {
    uint32_t key_size, value_size;
};

/* Zeroed memory is empty; pair with sort_load_fini(). */
struct sort_load {
    unsigned char **blocks;
    size_t n_blocks, blocks_capacity, blocks_used; /* used: since sort_load_clear() */
    size_t block_used, block_size;
    size_t used_bytes;
    struct item *items, *other; /* other: as long, for sorting */
    size_t n_items, items_capacity, other_capacity;
};

static inline struct slice item_key(const struct item *item)
{
    struct record_head head;

    memcpy(&head, item->record, sizeof head);
    return slice_of(item->record + sizeof head, head.key_size);
}

static inline struct slice item_value(const struct item *item)
{
    struct record_head head;

    memcpy(&head, item->record, sizeof head);
    return slice_of(item->record + sizeof head + head.key_size, head.value_size);
}

/* Copies both. At most `items_max` are ever added. Amortised O(1), and never long at once. */
MUST_CHECK enum status sort_load_add(struct sort_load *load, struct slice key, struct slice value,
                                     size_t items_max);
/* By key; equal keys stay in the order added. */
MUST_CHECK enum status sort_load_sort(struct sort_load *load);
/* Empties it; its memory stays for what comes next. */
void sort_load_clear(struct sort_load *load);
void sort_load_fini(struct sort_load *load);
