/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the index: a range of values, and which blocks of ids have a label. */
#include "graph/index.h"

#include <stdlib.h>

#include "base/hash.h"
#include "graph/index_private.h"
#include "graph/private.h"

/* The first batch is small, for those who want a few; later ones double. */
#define BATCH_FIRST 256
#define BATCH_MAX 65536

struct index_entry {
    struct node_id id; /* first: they are sorted by it */
    uint64_t hash;     /* of its key up to the node */
};

/*
 * Entries are taken in batches and each batch in the order of ids, so that nodes are loaded from
 * neighbouring pages. Between batches nothing of the store is held: a writer may change it.
 */
struct index_walk {
    struct graph_txn *txn;
    uint32_t label, property;
    struct index_key next;  /* where the next batch begins */
    struct index_key last;  /* prefix of the last value in the range */
    bool over, low_open, high_open;
    struct index_key first; /* prefix of the first value, where it is left out */
    size_t n, at, batch;
    struct index_entry *entries;
    size_t capacity;
    struct arena arena;     /* of the value at hand */
};

/* A null bound is the end of the other one's class. */
static void set_bounds(struct index_walk *walk, const struct index_range *range)
{
    const struct value *either = range->low.type == VALUE_NULL ? &range->high : &range->low;

    index_key_start(&walk->next, range->label, range->property);
    index_key_value(&walk->next, either);
    walk->first = walk->last = walk->next;
    walk->low_open = range->low_open && range->low.type != VALUE_NULL;
    walk->high_open = range->high_open && range->high.type != VALUE_NULL;
    if (range->low.type == VALUE_NULL)
        walk->next.size = INDEX_HEAD + 1;
    if (range->high.type == VALUE_NULL) {
        walk->last.size = INDEX_HEAD + 1;
    } else {
        walk->last.size = INDEX_HEAD;
        index_key_value(&walk->last, &range->high);
    }
}

void index_iter_start(struct index_iter *it, struct graph_txn *txn,
                      const struct index_range *range)
{
    *it = (struct index_iter){ 0 };
    it->walk = calloc(1, sizeof *it->walk);
    if (!it->walk) {
        it->status = fail_memory(sizeof *it->walk);
        return;
    }
    it->walk->txn = txn;
    it->walk->label = range->label;
    it->walk->property = range->property;
    it->walk->batch = BATCH_FIRST;
    set_bounds(it->walk, range);
}

void index_iter_stop(struct index_iter *it)
{
    if (!it->walk)
        return;
    free(it->walk->entries);
    arena_fini(&it->walk->arena);
    free(it->walk);
    it->walk = NULL;
}

/* Past the range: greater than `last` over last's length. */
static bool is_past(const struct index_walk *walk, struct slice key)
{
    size_t size = key.size < walk->last.size ? key.size : walk->last.size;
    int order = memcmp(key.data, walk->last.bytes, size);

    return order > 0 || (order == 0 && walk->high_open);
}

static bool is_first(const struct index_walk *walk, struct slice key)
{
    return walk->low_open && key.size == walk->first.size + NODE_KEY_BYTES &&
           memcmp(key.data, walk->first.bytes, walk->first.size) == 0;
}

static enum status add_entry(struct index_walk *walk, struct slice key)
{
    size_t size = key.size - NODE_KEY_BYTES;

    if (key.size > INDEX_KEY_MAX || key.size < INDEX_HEAD + 1 + NODE_KEY_BYTES)
        return fail(STATUS_CORRUPT, "an entry of the index does not decode; run check");
    TRY(array_reserve(&walk->entries, &walk->capacity, walk->n + 1));
    walk->entries[walk->n++] = (struct index_entry){
        key_get_node((const char *)key.data + size), hash64(slice_of(key.data, size), 0)
    };
    return STATUS_OK;
}

static enum status read_batch(struct index_walk *walk)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    enum status status;

    walk->n = walk->at = 0;
    TRY(store_cursor_open(&cursor, walk->txn->store, TABLE_INDEX));
    status = store_cursor_seek(&key, &value, cursor,
                               slice_of(walk->next.bytes, walk->next.size));
    while (status == STATUS_OK && walk->n < walk->batch && !is_past(walk, key)) {
        if (!is_first(walk, key))
            TRY(add_entry(walk, key));
        status = store_cursor_next(&key, &value, cursor);
    }
    if (status && status != STATUS_END)
        return status;
    walk->over = status == STATUS_END || is_past(walk, key);
    if (!walk->over) {
        memcpy(walk->next.bytes, key.data, key.size);
        walk->next.size = key.size;
    }
    if (walk->batch < BATCH_MAX)
        walk->batch *= 2;
    if (walk->n > 1)
        qsort(walk->entries, walk->n, sizeof *walk->entries, node_id_compare);
    return STATUS_OK;
}

/*
 * Whether the node, as it is at the moment, is what the entry says; it may be another version.
 * (That two values of one node in one range have equal hashes would give it twice: 1 in 2^64.)
 */
static enum status is_entry(bool *is, struct index_iter *it, const struct index_entry *entry)
{
    struct index_walk *walk = it->walk;
    struct index_key now;
    struct value value;
    enum status status = node_load(&it->node, walk->txn, entry->id);

    *is = status == STATUS_OK && !it->node.has_past;
    if (*is)
        return STATUS_OK; /* its only version: the entry is its own */
    if (status == STATUS_OK && node_has_label(&it->node, walk->label))
        status = codec_find_property(&value, &walk->arena, it->node.properties, walk->property);
    else if (status == STATUS_OK)
        return STATUS_OK;
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !index_holds(&value)))
        return STATUS_OK;
    TRY(status);
    index_key_start(&now, walk->label, walk->property);
    index_key_value(&now, &value);
    arena_reset(&walk->arena);
    *is = hash64(slice_of(now.bytes, now.size), 0) == entry->hash;
    return STATUS_OK;
}

bool index_iter_next(struct index_iter *it)
{
    struct index_walk *walk = it->walk;

    while (!it->status) {
        bool is;

        if (walk->at == walk->n) {
            if (walk->over)
                return false;
            it->status = read_batch(walk);
            continue;
        }
        it->status = is_entry(&is, it, &walk->entries[walk->at++]);
        if (!it->status && is)
            return true;
    }
    return false;
}

enum status index_next_block(struct node_id *from, struct graph_txn *txn, uint32_t label)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    struct index_key at;
    uint64_t first;

    index_key_start(&at, label, 0);
    index_key_node(&at, (struct node_id){ from->value / INDEX_BLOCK });
    TRY(store_cursor_open(&cursor, txn->store, TABLE_INDEX));
    TRY(store_cursor_seek(&key, &value, cursor, slice_of(at.bytes, at.size)));
    if (key.size != at.size || memcmp(key.data, at.bytes, INDEX_HEAD) != 0)
        return STATUS_END;
    first = key_get_node((const char *)key.data + INDEX_HEAD).value * INDEX_BLOCK;
    if (first > from->value)
        from->value = first;
    return STATUS_OK;
}
