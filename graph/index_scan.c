/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the index: a range of values, and which blocks of ids have a label. */
#include "graph/index.h"

#include <stdlib.h>

#include "graph/index_private.h"
#include "graph/private.h"

#define BATCH 1024

struct index_entry {
    struct node_id id;
    uint16_t place; /* of its key among those of the batch */
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
    bool over;
    size_t n, at;
    struct index_entry entries[BATCH];
    struct index_key keys[BATCH];
};

/* A null bound is the end of the other one's class. */
static void set_bounds(struct index_walk *walk, const struct index_range *range)
{
    const struct value *either = range->low.type == VALUE_NULL ? &range->high : &range->low;

    index_key_start(&walk->next, range->label, range->property);
    index_key_value(&walk->next, either);
    walk->last = walk->next;
    if (range->low.type == VALUE_NULL)
        walk->next.size = 9;
    if (range->high.type == VALUE_NULL) {
        walk->last.size = 9;
    } else {
        walk->last.size = 8;
        index_key_value(&walk->last, &range->high);
    }
}

void index_iter_start(struct index_iter *it, struct graph_txn *txn,
                      const struct index_range *range)
{
    *it = (struct index_iter){ 0 };
    it->walk = malloc(sizeof *it->walk);
    if (!it->walk) {
        it->status = fail_memory(sizeof *it->walk);
        return;
    }
    it->walk->txn = txn;
    it->walk->label = range->label;
    it->walk->property = range->property;
    it->walk->over = false;
    it->walk->n = it->walk->at = 0;
    set_bounds(it->walk, range);
}

void index_iter_stop(struct index_iter *it)
{
    free(it->walk);
    it->walk = NULL;
}

/* Past the range: greater than `last` over last's length. */
static bool is_past(const struct index_walk *walk, struct slice key)
{
    size_t size = key.size < walk->last.size ? key.size : walk->last.size;

    return memcmp(key.data, walk->last.bytes, size) > 0;
}

static int by_id(const void *a, const void *b)
{
    uint64_t left = ((const struct index_entry *)a)->id.value;
    uint64_t right = ((const struct index_entry *)b)->id.value;

    return (left > right) - (left < right);
}

static enum status add_entry(struct index_walk *walk, struct slice key)
{
    struct index_key *copy = &walk->keys[walk->n];

    if (key.size > sizeof copy->bytes || key.size < 9 + NODE_KEY_BYTES)
        return fail(STATUS_CORRUPT, "an entry of the index does not decode; run check");
    memcpy(copy->bytes, key.data, key.size);
    copy->size = key.size - NODE_KEY_BYTES;
    walk->entries[walk->n] = (struct index_entry){
        key_get_node((const char *)key.data + copy->size), (uint16_t)walk->n
    };
    walk->n++;
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
    while (status == STATUS_OK && walk->n < BATCH && !is_past(walk, key)) {
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
    qsort(walk->entries, walk->n, sizeof *walk->entries, by_id);
    return STATUS_OK;
}

/* Whether the node, as it is at the moment, is what the entry says; it may be another version. */
static enum status is_entry(bool *is, struct index_iter *it, const struct index_entry *entry)
{
    const struct index_walk *walk = it->walk;
    const struct index_key *key = &walk->keys[entry->place];
    AUTO(arena_fini) struct arena arena = { 0 };
    struct index_key now;
    struct value value;
    enum status status = node_load(&it->node, walk->txn, entry->id);

    *is = false;
    if (status == STATUS_OK && node_has_label(&it->node, walk->label))
        status = codec_find_property(&value, &arena, it->node.properties, walk->property);
    else if (status == STATUS_OK)
        return STATUS_OK;
    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && !index_holds(&value)))
        return STATUS_OK;
    TRY(status);
    index_key_start(&now, walk->label, walk->property);
    index_key_value(&now, &value);
    *is = now.size == key->size && memcmp(now.bytes, key->bytes, key->size) == 0;
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
    if (key.size != at.size || memcmp(key.data, at.bytes, 8) != 0)
        return STATUS_END;
    first = key_get_node((const char *)key.data + 8).value * INDEX_BLOCK;
    if (first > from->value)
        from->value = first;
    return STATUS_OK;
}
