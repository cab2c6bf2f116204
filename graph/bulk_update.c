/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of nodes that were there before the load. */

#include "graph/bulk_private.h"

enum status bulk_take_counts(struct bulk *bulk, struct graph_txn *txn)
{
    bulk->txn->counts.nodes += txn->counts.nodes - bulk->batch.seen.nodes;
    bulk->txn->counts.edges += txn->counts.edges - bulk->batch.seen.edges;
    txn->counts.nodes = bulk->batch.seen.nodes;
    txn->counts.edges = bulk->batch.seen.edges;
    for (size_t i = 0; i < txn->n_deltas; i++)
        TRY(txn_count_add(bulk->txn, txn->deltas[i].symbol, txn->deltas[i].delta));
    txn->n_deltas = 0;
    return STATUS_OK;
}

/* In slices a node is written only where a look at it says that it changes. */
static enum status would_change(bool *changes, struct bulk *bulk, struct node_id id,
                                const struct node_part *part)
{
    struct graph_txn *txn;

    *changes = true;
    if (bulk->mode == BULK_WHOLE || bulk->batch.txn)
        return STATUS_OK; /* it costs no more to look in the slice */
    TRY(bulk_reader(&txn, bulk));
    TRY(node_would_change(changes, txn, id, part));
    bulk_reader_end(bulk);
    return STATUS_OK;
}

enum status bulk_update(struct bulk *bulk, struct node_id id, struct slice value)
{
    uint32_t labels[NODE_LABELS_MAX];
    AUTO(buf_fini) struct buf copy = { 0 };
    struct node_part part;
    struct graph_txn *txn;
    enum change change;
    bool changes;

    TRY(buf_append_slice(&copy, value));
    TRY(part_decode(&part, labels, buf_slice(&copy)));
    TRY(would_change(&changes, bulk, id, &part));
    if (!changes)
        return STATUS_OK;
    TRY(bulk_writer(&txn, bulk));
    TRY(node_merge(&change, txn, id, &part));
    bulk->result.nodes_added += change == CHANGE_ADDED;
    bulk->result.nodes_changed += change == CHANGE_CHANGED;
    return bulk->mode == BULK_SLICES ? bulk_take_counts(bulk, txn) : STATUS_OK;
}
