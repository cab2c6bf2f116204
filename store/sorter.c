/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/sorter.h"

#include <stdlib.h>

#include "store/spool.h"

#define BLOCK_BYTES ((size_t)4 << 20)
#define PREFETCH 16
#define MEMORY_MIN ((size_t)16 << 20)

/* A record in memory: sizes, key, value; lent from a block. */
struct item {
    uint64_t prefix; /* the first eight key bytes as a number, zero-padded */
    const unsigned char *record;
};

struct record_head {
    uint32_t key_size, value_size;
};

struct run {
    struct spool *spool;
    struct slice key, value; /* the record at its front */
};

struct sorter {
    const char *dir;
    size_t memory_bytes, used_bytes;
    unsigned char **blocks;
    size_t n_blocks, blocks_capacity, block_used, block_size;
    struct item *items;
    size_t n_items, items_capacity, at;
    struct run *runs;
    size_t n_runs, runs_capacity;
    uint32_t *heap; /* runs by front record, smallest first */
    size_t n_heap;
    bool started;
    uint64_t count;
};

enum status sorter_new(struct sorter **out, const char *dir, size_t memory_bytes)
{
    struct sorter *sorter = calloc(1, sizeof *sorter);

    if (!sorter)
        return fail_memory(sizeof *sorter);
    sorter->dir = dir;
    sorter->memory_bytes = memory_bytes < MEMORY_MIN ? MEMORY_MIN : memory_bytes;
    *out = sorter;
    return STATUS_OK;
}

static void blocks_free(struct sorter *sorter)
{
    for (size_t i = 0; i < sorter->n_blocks; i++)
        free(sorter->blocks[i]);
    sorter->n_blocks = 0;
    sorter->block_used = sorter->block_size = 0;
    sorter->used_bytes = 0;
    sorter->n_items = 0;
}

void sorter_free(struct sorter *sorter)
{
    if (!sorter)
        return;
    blocks_free(sorter);
    free(sorter->blocks);
    free(sorter->items);
    for (size_t i = 0; i < sorter->n_runs; i++)
        spool_free(sorter->runs[i].spool);
    free(sorter->runs);
    free(sorter->heap);
    free(sorter);
}

void sorter_freep(struct sorter **sorter)
{
    sorter_free(*sorter);
}

static struct slice item_key(const struct item *item)
{
    struct record_head head;

    memcpy(&head, item->record, sizeof head);
    return slice_of(item->record + sizeof head, head.key_size);
}

static struct slice item_value(const struct item *item)
{
    struct record_head head;

    memcpy(&head, item->record, sizeof head);
    return slice_of(item->record + sizeof head + head.key_size, head.value_size);
}

static uint64_t prefix_of(struct slice key)
{
    unsigned char bytes[8] = { 0 };
    uint64_t prefix;

    memcpy(bytes, key.data, key.size < 8 ? key.size : 8);
    memcpy(&prefix, bytes, 8);
    return __builtin_bswap64(prefix);
}

/* ---- sorting in memory -------------------------------------------------------------------- */

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

static enum status radix_sort(struct sorter *sorter)
{
    size_t n = sorter->n_items;
    struct item *items = sorter->items, *other;
    uint64_t varying = 0;

    for (size_t i = 1; i < n; i++)
        varying |= items[i].prefix ^ items[0].prefix;
    if (!varying)
        return STATUS_OK;
    other = malloc(sorter->items_capacity * sizeof *other);
    if (!other)
        return fail_memory(n * sizeof *other);
    for (unsigned shift = 0; shift < 64; shift += 8)
        if (varying >> shift & 255) {
            struct item *swap = items;

            radix_pass(other, items, n, shift);
            items = other;
            other = swap;
        }
    sorter->items = items;
    free(other);
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

static enum status sort_equal_prefixes(struct sorter *sorter)
{
    struct item *scratch = NULL;
    size_t capacity = 0;

    for (size_t i = 0, next; i < sorter->n_items; i = next) {
        for (next = i + 1; next < sorter->n_items &&
                           sorter->items[next].prefix == sorter->items[i].prefix;)
            next++;
        if (next - i <= INSERTION_MAX) {
            insertion_sort(sorter->items + i, next - i);
            continue;
        }
        if (array_reserve(&scratch, &capacity, next - i)) {
            free(scratch);
            return STATUS_NO_MEMORY;
        }
        merge_sort(sorter->items + i, scratch, next - i);
    }
    free(scratch);
    return STATUS_OK;
}

static enum status sort_items(struct sorter *sorter)
{
    TRY(radix_sort(sorter));
    return sort_equal_prefixes(sorter);
}

/* ---- adding ------------------------------------------------------------------------------- */

static enum status spill(struct sorter *sorter)
{
    struct spool *spool = NULL;
    enum status status;

    TRY(array_reserve(&sorter->runs, &sorter->runs_capacity, sorter->n_runs + 1));
    TRY(sort_items(sorter));
    TRY(spool_new(&spool, sorter->dir));
    for (size_t i = 0; i < sorter->n_items; i++) {
        status = spool_write(spool, item_key(&sorter->items[i]), item_value(&sorter->items[i]));
        if (status) {
            spool_free(spool);
            return status;
        }
    }
    sorter->runs[sorter->n_runs++] = (struct run){ .spool = spool };
    blocks_free(sorter);
    return STATUS_OK;
}

static enum status block_room(unsigned char **at, struct sorter *sorter, size_t bytes)
{
    if (sorter->block_size - sorter->block_used < bytes) {
        size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        unsigned char *block;

        TRY(array_reserve(&sorter->blocks, &sorter->blocks_capacity, sorter->n_blocks + 1));
        block = malloc(size);
        if (!block)
            return fail_memory(size);
        sorter->blocks[sorter->n_blocks++] = block;
        sorter->block_size = size;
        sorter->block_used = 0;
        sorter->used_bytes += size;
    }
    *at = sorter->blocks[sorter->n_blocks - 1] + sorter->block_used;
    sorter->block_used += bytes;
    return STATUS_OK;
}

enum status sorter_add(struct sorter *sorter, struct slice key, struct slice value)
{
    struct record_head head = { (uint32_t)key.size, (uint32_t)value.size };
    size_t bytes = sizeof head + key.size + value.size;
    unsigned char *at = NULL;

    if (key.size > UINT32_MAX / 2 || value.size > UINT32_MAX / 2)
        return fail(STATUS_LIMIT, "a record of %zu bytes", value.size);
    /* An item and its copy while sorting count, too. */
    if (sorter->n_items &&
        sorter->used_bytes + bytes + 2 * (sorter->n_items + 1) * sizeof *sorter->items >
            sorter->memory_bytes)
        TRY(spill(sorter));
    TRY(array_reserve(&sorter->items, &sorter->items_capacity, sorter->n_items + 1));
    TRY(block_room(&at, sorter, bytes));
    sorter->items[sorter->n_items++] = (struct item){ prefix_of(key), at };
    memcpy(at, &head, sizeof head);
    memcpy(at + sizeof head, key.data, key.size);
    if (value.size)
        memcpy(at + sizeof head + key.size, value.data, value.size);
    sorter->count++;
    return STATUS_OK;
}

uint64_t sorter_count(const struct sorter *sorter)
{
    return sorter->count;
}

/* ---- reading: from memory, or merging runs ------------------------------------------------- */

/* Earlier runs hold what was added earlier: they win ties. */
static bool run_before(const struct sorter *sorter, uint32_t a, uint32_t b)
{
    int order = slice_compare(sorter->runs[a].key, sorter->runs[b].key);

    return order ? order < 0 : a < b;
}

static void heap_down(struct sorter *sorter, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;
        uint32_t swap = sorter->heap[at];

        if (child >= sorter->n_heap)
            return;
        if (child + 1 < sorter->n_heap &&
            run_before(sorter, sorter->heap[child + 1], sorter->heap[child]))
            child++;
        if (!run_before(sorter, sorter->heap[child], swap))
            return;
        sorter->heap[at] = sorter->heap[child];
        sorter->heap[child] = swap;
        at = child;
    }
}

static enum status heap_build(struct sorter *sorter)
{
    sorter->heap = malloc(sorter->n_runs * sizeof *sorter->heap);
    if (!sorter->heap)
        return fail_memory(sorter->n_runs * sizeof *sorter->heap);
    for (size_t i = 0; i < sorter->n_runs; i++) {
        struct run *run = &sorter->runs[i];

        TRY(spool_rewind(run->spool));
        TRY(spool_read(&run->key, &run->value, run->spool));
        sorter->heap[sorter->n_heap++] = (uint32_t)i;
    }
    for (size_t i = sorter->n_heap; i-- > 0;)
        heap_down(sorter, i);
    return STATUS_OK;
}

enum status sorter_sort(struct sorter *sorter)
{
    sorter->at = 0;
    sorter->started = false;
    if (!sorter->n_runs)
        return sort_items(sorter);
    if (sorter->n_items)
        TRY(spill(sorter));
    free(sorter->items);
    sorter->items = NULL;
    sorter->items_capacity = 0;
    return heap_build(sorter);
}

static enum status next_merged(struct slice *key, struct slice *value, struct sorter *sorter)
{
    struct run *run;

    if (sorter->started) {
        enum status status;

        run = &sorter->runs[sorter->heap[0]];
        status = spool_read(&run->key, &run->value, run->spool);
        if (status == STATUS_END)
            sorter->heap[0] = sorter->heap[--sorter->n_heap];
        else
            TRY(status);
        heap_down(sorter, 0);
    }
    sorter->started = true;
    if (!sorter->n_heap)
        return STATUS_END;
    run = &sorter->runs[sorter->heap[0]];
    *key = run->key;
    *value = run->value;
    return STATUS_OK;
}

enum status sorter_next(struct slice *key, struct slice *value, struct sorter *sorter)
{
    if (sorter->n_runs)
        return next_merged(key, value, sorter);
    if (sorter->at == sorter->n_items)
        return STATUS_END;
    /* Records lie in the order they were added: fetch the ones that come. */
    if (sorter->n_items - sorter->at > PREFETCH)
        __builtin_prefetch(sorter->items[sorter->at + PREFETCH].record);
    *key = item_key(&sorter->items[sorter->at]);
    *value = item_value(&sorter->items[sorter->at]);
    sorter->at++;
    return STATUS_OK;
}
