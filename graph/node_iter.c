/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Walking over nodes in id order, past blocks that have none of the label. */
#include "graph/index.h"
#include "graph/node.h"
#include "graph/private.h"

void node_iter_start(struct node_iter *it, struct graph_txn *txn, uint32_t label)
{
    *it = (struct node_iter){ .txn = txn, .label = label, .next = { 1 } };
    if (!txn->write)
        it->status = store_cursor_open(&it->cursor, txn->store, TABLE_NODE);
}

/* A writer may change the table between steps, so it seeks anew each time. */
static enum status iter_step(struct node_iter *it, struct slice *key, struct slice *value)
{
    unsigned char at[NODE_KEY_BYTES];

    if (it->cursor && it->next.value > 1 && !it->jumped)
        return store_cursor_next(key, value, it->cursor);
    it->jumped = false;
    if (!it->cursor)
        TRY(store_cursor_open(&it->cursor, it->txn->store, TABLE_NODE));
    key_put_node(at, it->next);
    return store_cursor_seek(key, value, it->cursor, slice_of(at, sizeof at));
}

/* To the next block that has a node of the label; STATUS_END after the last. */
static enum status skip_blocks(struct node_iter *it)
{
    uint64_t before = it->next.value;

    TRY(index_next_block(&it->next, it->txn, it->label));
    it->jumped = it->next.value != before;
    it->block_end = (it->next.value / INDEX_BLOCK + 1) * INDEX_BLOCK;
    return STATUS_OK;
}

static enum status iter_load(struct node_iter *it)
{
    struct slice key, value;
    struct row row;

    if (it->label && it->next.value >= it->block_end && index_ready(it->txn))
        TRY(skip_blocks(it));
    TRY(iter_step(it, &key, &value));
    if (key.size != NODE_KEY_BYTES)
        return fail(STATUS_CORRUPT, "a node's key has %zu bytes; run check", key.size);
    it->next.value = key_get_node(key.data).value + 1;
    if (it->txn->write) {
        store_cursor_close(it->cursor);
        it->cursor = NULL;
    }
    TRY(row_decode(&row, value));
    return node_from_row(&it->node, it->txn, (struct node_id){ it->next.value - 1 }, value, &row);
}

bool node_iter_next(struct node_iter *it)
{
    while (!it->status) {
        enum status status = iter_load(it);

        if (status == STATUS_OK && (!it->label || node_has_label(&it->node, it->label)))
            return true;
        if (status == STATUS_END)
            return false;
        if (status != STATUS_OK && status != STATUS_NOT_FOUND)
            it->status = status;
    }
    return false;
}

void node_iter_stop(struct node_iter *it)
{
    store_cursor_close(it->cursor);
    it->cursor = NULL;
}
