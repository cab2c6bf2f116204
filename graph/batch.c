/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/batch.h"

#include <stdio.h>

#include "graph/pending.h"

/* ---- slices --------------------------------------------------------------------------------- */

enum status batch_txn(struct graph_txn **txn, struct batch *batch)
{
    if (!batch->txn) {
        TRY(graph_write(&batch->txn, batch->graph));
        batch->start_us = time_monotonic_us();
        batch->seen = batch->txn->counts;
        batch->seen.commit_seq--;
        batch->txn->counts.commit_seq = batch->txn->moment.commit_seq = batch->pending.number;
        batch->n_units = 0;
    }
    *txn = batch->txn;
    return STATUS_OK;
}

static void note_hold(struct batch *batch, int64_t held_us)
{
    batch->n_slices++;
    batch->n_long += held_us > TURN_HOLD_MAX_US;
    if (held_us > batch->longest_us)
        batch->longest_us = held_us;
}

static enum status end_slice(struct batch *batch)
{
    struct graph_txn *txn = batch->txn;
    int64_t held_us;

    batch->txn = NULL;
    batch->seen.last_begin_us = txn->counts.last_begin_us;
    TRY(txn_commit_unseen(txn, &batch->seen));
    held_us = time_monotonic_us() - batch->start_us;
    note_hold(batch, held_us);
    if (batch->options.pause)
        batch->options.pause(batch->options.context);
    turn_rest(&batch->pace, held_us);
    return STATUS_OK;
}

enum status batch_flush(struct batch *batch)
{
    if (batch->txn)
        TRY(end_slice(batch));
    batch->pace = (struct turn_pace){ 0 }; /* what comes next may dirty pages faster */
    return STATUS_OK;
}

enum status batch_step(struct batch *batch)
{
    size_t most = batch->options.units;

    if (!batch->txn)
        return STATUS_OK;
    batch->n_units++;
    if (most ? batch->n_units < most : !turn_over(&batch->pace, batch->start_us))
        return STATUS_OK;
    return end_slice(batch);
}

/* ---- beginning and end ---------------------------------------------------------------------- */

static enum status find_dead(struct pending *dead, struct graph *graph)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    TRY(graph_read(&txn, graph, NULL));
    return pending_read(dead, txn->store);
}

enum status batch_open(struct batch *batch, struct graph *graph,
                       const struct turn_options *options)
{
    struct pending dead;

    *batch = (struct batch){ .graph = graph, .options = *options, .lock = -1 };
    TRY(turn_take(&batch->lock, graph_dir(graph), "loading.lock",
                  "another import is under way; repeat when it is done"));
    TRY(find_dead(&dead, graph));
    return dead.number ? batch_sweep(batch, &dead) : STATUS_OK;
}

enum status batch_begin(struct batch *batch, uint64_t n_nodes, uint64_t n_edges)
{
    unsigned char value[24];
    struct graph_txn *txn;

    TRY(batch_txn(&txn, batch));
    batch->pending = (struct pending){ batch->seen.commit_seq + PENDING_AHEAD,
                                       { batch->seen.next_node },
                                       { batch->seen.next_node + n_nodes } };
    batch->first_edge = batch->seen.next_edge;
    batch->seen.next_node += n_nodes;
    batch->end_edge = batch->seen.next_edge += n_edges;
    key_put_u64(value, batch->pending.number);
    key_put_u64(value + 8, batch->pending.first.value);
    key_put_u64(value + 16, batch->pending.end.value);
    TRY(store_put(txn->store, TABLE_META, META_BATCH, slice_of(value, sizeof value)));
    batch->begun = true;
    return batch_flush(batch);
}

/* The caller's failure is what counts: its detail stays. */
static void drop(struct batch *batch)
{
    char detail[1024];
    struct pending dead;

    snprintf(detail, sizeof detail, "%s", error_detail());
    batch->options.pause = NULL;
    if (find_dead(&dead, batch->graph) == STATUS_OK && dead.number)
        (void)!batch_sweep(batch, &dead);
    (void)!fail(STATUS_OK, "%s", detail);
}

void batch_close(struct batch *batch)
{
    if (!batch->graph)
        return;
    txn_end(batch->txn);
    batch->txn = NULL;
    if (batch->begun)
        drop(batch);
    turn_leave(batch->lock);
    *batch = (struct batch){ .lock = -1 };
}

enum status batch_last(struct graph_txn **txn, struct batch *batch, struct edge_id used_edges)
{
    struct graph_txn *last;

    TRY(batch_flush(batch));
    TRY(batch_txn(&last, batch));
    TRY(store_delete(last->store, TABLE_META, META_BATCH));
    if (last->counts.next_edge == batch->end_edge) /* nobody took ids meanwhile */
        last->counts.next_edge = used_edges.value;
    last->pending = (struct pending){ 0 };
    batch->txn = NULL;
    *txn = last;
    return STATUS_OK;
}

enum status batch_show(struct batch *batch, struct graph_txn *txn)
{
    enum status status = txn_commit(txn);

    note_hold(batch, time_monotonic_us() - batch->start_us);
    batch->begun = batch->begun && status;
    return status;
}

enum status batch_abandon(struct batch *batch)
{
    struct graph_txn *txn;

    TRY(batch_txn(&txn, batch));
    if (batch->seen.next_node == batch->pending.end.value)
        batch->seen.next_node = batch->pending.first.value;
    if (batch->seen.next_edge == batch->end_edge)
        batch->seen.next_edge = batch->first_edge;
    TRY(store_delete(txn->store, TABLE_META, META_BATCH));
    TRY(batch_flush(batch));
    batch->begun = false;
    return STATUS_OK;
}
