/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/sort_load.h"

#include <stdlib.h>

#define BLOCK_BYTES ((size_t)1 << 20)
/* From here on an array gets all the room it may ever need: untouched memory costs nothing, and
 * who adds while he holds a lock must not wait for millions of items to be copied. */
#define ITEMS_FEW ((size_t)1 << 16)

void sort_load_fini(struct sort_load *load)
{
    for (size_t i = 0; i < load->n_blocks; i++)
        free(load->blocks[i]);
    free(load->blocks);
    free(load->items);
    free(load->other);
    *load = (struct sort_load){ 0 };
}

void sort_load_clear(struct sort_load *load)
{
    load->blocks_used = 0;
    load->block_used = load->block_size = 0;
    load->used_bytes = 0;
    load->n_items = 0;
}

/* ---- adding ------------------------------------------------------------------------------- */

static uint64_t prefix_of(struct slice key)
{
    unsigned char bytes[8] = { 0 };
    uint64_t prefix;

    memcpy(bytes, key.data, key.size < 8 ? key.size : 8);
    memcpy(&prefix, bytes, 8);
    return __builtin_bswap64(prefix);
}

/* The next block is one used before where there is one: records longer than usual get their own. */
static enum status next_block(struct sort_load *load, size_t bytes)
{
    size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    unsigned char **block;

    TRY(array_reserve(&load->blocks, &load->blocks_capacity, load->blocks_used + 1));
    block = &load->blocks[load->blocks_used];
    if (load->blocks_used == load->n_blocks) {
        *block = NULL;
        load->n_blocks++;
    }
    if (*block && size > BLOCK_BYTES) {
        free(*block);
        *block = NULL;
    }
    if (!*block)
        *block = malloc(size);
    if (!*block)
        return fail_memory(size);
    load->blocks_used++;
    load->block_size = size;
    load->block_used = 0;
    load->used_bytes += size;
    return STATUS_OK;
}

static enum status block_room(unsigned char **at, struct sort_load *load, size_t bytes)
{
    if (load->block_size - load->block_used < bytes)
        TRY(next_block(load, bytes));
    *at = load->blocks[load->blocks_used - 1] + load->block_used;
    load->block_used += bytes;
    return STATUS_OK;
}

static enum status reserve_items(struct sort_load *load, size_t items_max)
{
    size_t wanted = load->n_items + 1;

    if (load->n_items == load->items_capacity && wanted > ITEMS_FEW && wanted < items_max)
        wanted = items_max;
    return array_reserve(&load->items, &load->items_capacity, wanted);
}

enum status sort_load_add(struct sort_load *load, struct slice key, struct slice value,
                          size_t items_max)
{
    struct record_head head = { (uint32_t)key.size, (uint32_t)value.size };
    size_t bytes = sizeof head + key.size + value.size;
    unsigned char *at = NULL;

    TRY(reserve_items(load, items_max));
    TRY(block_room(&at, load, bytes));
    load->items[load->n_items++] = (struct item){ prefix_of(key), at };
    memcpy(at, &head, sizeof head);
    memcpy(at + sizeof head, key.data, key.size);
    if (value.size)
        memcpy(at + sizeof head + key.size, value.data, value.size);
    return STATUS_OK;
}

/* ---- sorting -------------------------------------------------------------------- */

/* One stable pass by the byte at `shift`. */
static void radix_pass(struct item *to, const struct item *from, size_t n, unsigned shift)
{
    size_t starts[256] = { 0 }, total = 0;

    for (size_t i = 0; i < n; i++)
        starts[from[i].prefix >> shift & 255]++;
    for (unsigned b = 0; b < 256; b++) {
        size_t count = starts[b];

        starts[b] = total;
        total += count;
    }
    for (size_t i = 0; i < n; i++)
        to[starts[from[i].prefix >> shift & 255]++] = from[i];
}

static enum status radix_sort(struct sort_load *load)
{
    size_t n = load->n_items;
    uint64_t varying = 0;

    for (size_t i = 1; i < n; i++)
        varying |= load->items[i].prefix ^ load->items[0].prefix;
    if (!varying)
        return STATUS_OK;
    TRY(array_reserve(&load->other, &load->other_capacity, load->items_capacity));
    for (unsigned shift = 0; shift < 64; shift += 8)
        if (varying >> shift & 255) {
            struct sort_load before = *load;

            radix_pass(load->other, load->items, n, shift);
            load->items = before.other;
            load->items_capacity = before.other_capacity;
            load->other = before.items;
            load->other_capacity = before.items_capacity;
        }
    return STATUS_OK;
}

/* By whole key; equal keys are kept in order by the stable sorts that call this. */
static int item_order(const struct item *a, const struct item *b)
{
    return slice_compare(item_key(a), item_key(b));
}

/* Bottom-up merge sort: stable, no worst case. `scratch` holds n items. */
static void merge_sort(struct item *items, struct item *scratch, size_t n)
{
    struct item *from = items, *to = scratch;

    for (size_t width = 1; width < n; width *= 2) {
        for (size_t low = 0; low < n; low += 2 * width) {
            size_t middle = low + width < n ? low + width : n;
            size_t high = low + 2 * width < n ? low + 2 * width : n;
            size_t i = low, k = middle;

            for (size_t at = low; at < high; at++)
                to[at] = i < middle && (k == high || item_order(&from[i], &from[k]) <= 0)
                             ? from[i++]
                             : from[k++];
        }
        struct item *swap = from;
        from = to;
        to = swap;
    }
    if (from != items)
        memcpy(items, from, n * sizeof *items);
}

static void insertion_sort(struct item *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct item item = items[i];
        size_t k = i;

        for (; k && item_order(&items[k - 1], &item) > 0; k--)
            items[k] = items[k - 1];
        items[k] = item;
    }
}

#define INSERTION_MAX 12

static enum status sort_equal_prefixes(struct sort_load *load)
{
    for (size_t i = 0, next; i < load->n_items; i = next) {
        for (next = i + 1;
             next < load->n_items && load->items[next].prefix == load->items[i].prefix;)
            next++;
        if (next - i <= INSERTION_MAX) {
            insertion_sort(load->items + i, next - i);
            continue;
        }
        TRY(array_reserve(&load->other, &load->other_capacity, next - i));
        merge_sort(load->items + i, load->other, next - i);
    }
    return STATUS_OK;
}

enum status sort_load_sort(struct sort_load *load)
{
    TRY(radix_sort(load));
    return sort_equal_prefixes(load);
}
