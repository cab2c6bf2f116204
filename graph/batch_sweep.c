/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking a dead batch out: whatever bears its number, node by node, then the log and its notes. */

#include "graph/batch.h"

#include <stdlib.h>

#include "graph/index.h"
#include "graph/key.h"
#include "graph/pending.h"

/* Edges taken out of one node at a time, so that a hub does not make a slice long. */
#define EDGES_AT_ONCE 64

/* Nodes looked for at a time, while nothing is held. */
#define NODES_AT_ONCE 1024

struct sweep {
    struct batch *batch;
    struct pending dead;
    struct node_id from; /* nodes before are done */
    struct node_id ids[NODES_AT_ONCE];
    size_t n;
};

/* The next nodes that the batch touched. */
static enum status find_touched(struct sweep *sweep)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char at[NODE_KEY_BYTES];
    struct slice key, value;
    enum status status;

    sweep->n = 0;
    TRY(graph_read(&txn, sweep->batch->graph, NULL));
    TRY(store_cursor_open(&cursor, txn->store, TABLE_NODE));
    key_put_node(at, sweep->from);
    for (status = store_cursor_seek(&key, &value, cursor, slice_of(at, sizeof at));
         status == STATUS_OK && sweep->n < NODES_AT_ONCE;
         status = store_cursor_next(&key, &value, cursor)) {
        struct row row;

        TRY(row_decode(&row, value));
        if (row.max_commit == sweep->dead.number)
            sweep->ids[sweep->n++] = key_get_node(key.data);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

/* Up to EDGES_AT_ONCE entries of a current group that the batch brought, or of a past one that it
 * ended. */
static enum status find_entries(struct entry_list *found, uint32_t *code, struct graph_txn *txn,
                                struct node_id id, const struct row *row, uint64_t number,
                                bool past)
{
    struct reader groups = reader_of(row->groups);
    struct group group;

    while (group_next(&group, &groups)) {
        AUTO(entry_list_fini) struct entry_list all = { 0 };

        if (group_is_past(group.code) != past)
            continue;

        TRY(entry_list_read_group(&all, txn, id, row, &group));
        for (size_t i = 0; i < all.n && found->n < EDGES_AT_ONCE; i++) {
            if ((past ? all.items[i].ended : all.items[i].born) != number)
                continue;
            TRY(array_reserve(&found->items, &found->capacity, found->n + 1));
            found->items[found->n++] = all.items[i];
        }
        *code = group.code;
        if (found->n)
            return STATUS_OK;
    }
    return STATUS_OK;
}

static enum status delete_chunks(struct graph_txn *txn, struct node_id id)
{
    struct chunk_key first = chunk_key(id, 0, TIME_MIN, (struct edge_id){ 0 });

    for (;;) {
        AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
        struct chunk_key at;
        struct slice key, value;
        enum status status;

        TRY(store_cursor_open(&cursor, txn->store, TABLE_CHUNK));
        status = store_cursor_seek(&key, &value, cursor,
                                   slice_of(first.bytes, sizeof first.bytes));
        if (status == STATUS_END || (status == STATUS_OK && key_get_u64(key.data) != id.value))
            return STATUS_OK;
        TRY(status);
        memcpy(at.bytes, key.data, sizeof at.bytes);
        store_cursor_close(cursor);
        cursor = NULL;
        TRY(store_delete(txn->store, TABLE_CHUNK, slice_of(at.bytes, sizeof at.bytes)));
    }
}

static enum status delete_key(struct graph_txn *txn, struct node_id id,
                              const struct record *record)
{
    struct node_key key;

    if (!record->key_label)
        return STATUS_OK;
    node_key_make(&key, record->key_label, record->key);
    return key_remove(txn, &key, id);
}

/* A node that only the batch brought. */
static enum status delete_node(struct graph_txn *txn, struct node_id id,
                               const struct record *record)
{
    unsigned char key[NODE_KEY_BYTES];

    TRY(index_remove(txn, id, record));
    TRY(delete_key(txn, id, record));
    TRY(delete_chunks(txn, id));
    key_put_node(key, id);
    return store_delete(txn->store, TABLE_NODE, slice_of(key, sizeof key));
}

/* What the batch took out of the present comes back; what is lent ends with the first write. */
static enum status restore_entries(struct graph_txn *txn, struct node_id id, uint32_t code,
                                   struct entry_list *ended)
{
    AUTO(arena_fini) struct arena arena = { 0 };

    for (size_t i = 0; i < ended->n; i++) {
        struct entry *entry = &ended->items[i];

        entry->key.data = arena_copy(&arena, entry->key);
        entry->properties.data = arena_copy(&arena, entry->properties);
        if (!entry->key.data || !entry->properties.data)
            return STATUS_NO_MEMORY;
    }
    for (size_t i = 0; i < ended->n; i++) {
        struct entry now = ended->items[i];

        TRY(adjacency_remove(txn, id, code, &ended->items[i]));
        now.ended = 0;
        TRY(adjacency_put(txn, id, code & ~(uint32_t)2, &now));
    }
    return STATUS_OK;
}

/* The batch's edges leave the node, then those that it ended come back; *done when none is left. */
static enum status sweep_edges(bool *done, struct sweep *sweep, struct graph_txn *txn,
                               struct node_id id, const struct row *row)
{
    AUTO(entry_list_fini) struct entry_list found = { 0 };
    uint32_t code = 0;

    *done = false;
    TRY(find_entries(&found, &code, txn, id, row, sweep->dead.number, false));
    for (size_t i = 0; i < found.n; i++)
        TRY(adjacency_remove(txn, id, code, &found.items[i]));
    if (found.n)
        return STATUS_OK;
    TRY(find_entries(&found, &code, txn, id, row, sweep->dead.number, true));
    *done = found.n == 0;
    return restore_entries(txn, id, code, &found);
}

/* A unit of work on a node; *done when nothing of the batch is left there. */
static enum status sweep_node(bool *done, struct sweep *sweep, struct graph_txn *txn,
                              struct node_id id)
{
    AUTO(buf_fini) struct buf copy = { 0 };
    struct record record;
    struct row row;
    bool restored;

    TRY(pending_restore(&restored, txn, id, false));
    *done = true;
    TRY(row_copy(&row, &copy, txn, id)); /* what is lent ends with the first write */
    TRY(record_decode(&record, row.record, row.base_born));
    if (record.born == sweep->dead.number)
        return delete_node(txn, id, &record);
    TRY(sweep_edges(done, sweep, txn, id, &row));
    if (!*done)
        return STATUS_OK;
    row.max_commit = sweep->batch->seen.commit_seq; /* one of those that are seen */
    return row_store(txn, id, &row);
}

static enum status sweep_found(struct sweep *sweep)
{
    for (size_t i = 0; i < sweep->n; i++)
        for (bool done = false; !done;) {
            struct graph_txn *txn;

            TRY(batch_txn(&txn, sweep->batch));
            TRY(sweep_node(&done, sweep, txn, sweep->ids[i]));
            TRY(batch_step(sweep->batch));
        }
    return batch_flush(sweep->batch);
}

static enum status sweep_nodes(struct sweep *sweep)
{
    for (;;) {
        TRY(find_touched(sweep));
        if (!sweep->n)
            return STATUS_OK;
        TRY(sweep_found(sweep));
        sweep->from.value = sweep->ids[sweep->n - 1].value + 1;
    }
}

/* ---- the change log ------------------------------------------------------------------------- */

struct change_keys {
    unsigned char keys[NODES_AT_ONCE][CHANGE_KEY_MAX];
    size_t sizes[NODES_AT_ONCE], n;
    unsigned char last[CHANGE_KEY_MAX + 1]; /* looked at already */
    size_t last_size;
};

/* The next rows of the log that the batch wrote. Holds no lock. */
static enum status find_changes(struct change_keys *found, struct graph *graph, uint64_t number)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    enum status status;

    found->n = 0;
    TRY(graph_read(&txn, graph, NULL));
    TRY(store_cursor_open(&cursor, txn->store, TABLE_CHANGE));
    for (status = store_cursor_seek(&key, &value, cursor,
                                    slice_of(found->last, found->last_size));
         status == STATUS_OK && found->n < NODES_AT_ONCE;
         status = store_cursor_next(&key, &value, cursor)) {
        if (!changes_is_of(key, number))
            continue;
        memcpy(found->keys[found->n], key.data, key.size);
        found->sizes[found->n++] = key.size;
    }
    if (status && status != STATUS_END)
        return status;
    if (found->n) { /* the next look begins behind the last one */
        found->last_size = found->sizes[found->n - 1];
        memcpy(found->last, found->keys[found->n - 1], found->last_size);
        found->last[found->last_size++] = 0;
    }
    return STATUS_OK;
}

static enum status sweep_changes(struct batch *batch, const struct pending *dead)
{
    AUTO(free_ptr) struct change_keys *found = calloc(1, sizeof *found);

    if (!found)
        return fail_memory(sizeof *found);
    do {
        TRY(find_changes(found, batch->graph, dead->number));
        for (size_t i = 0; i < found->n; i++) {
            struct graph_txn *txn;

            TRY(batch_txn(&txn, batch));
            TRY(store_delete(txn->store, TABLE_CHANGE,
                             slice_of(found->keys[i], found->sizes[i])));
            TRY(batch_step(batch));
        }
        TRY(batch_flush(batch));
    } while (found->n);
    return STATUS_OK;
}

/* ---- notes ---------------------------------------------------------------------------------- */

static enum status sweep_notes(struct batch *batch)
{
    for (;;) {
        unsigned char copy[META_NOTE_MAX];
        struct slice key, value;
        struct graph_txn *txn;
        enum status status;

        TRY(batch_txn(&txn, batch));
        status = pending_first_row(&key, &value, copy, txn);
        if (status)
            return status == STATUS_END ? batch_flush(batch) : status;
        TRY(store_delete(txn->store, TABLE_META, key));
        TRY(batch_step(batch));
    }
}

enum status batch_sweep(struct batch *batch, const struct pending *dead)
{
    AUTO(free_ptr) struct sweep *sweep = calloc(1, sizeof *sweep);

    if (!sweep)
        return fail_memory(sizeof *sweep);
    *sweep = (struct sweep){ .batch = batch, .dead = *dead, .from = { 1 } };
    /* Slices write under the dead batch's number, so that what is left keeps bearing it. */
    batch->pending = *dead;
    TRY(sweep_nodes(sweep));
    TRY(sweep_changes(batch, dead));
    return sweep_notes(batch);
}
