/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A batch: many rows written in slices that nobody sees before its last commit.
 *
 * Every slice is stamped with the number of that commit, which lies ahead of all others; making it
 * the newest commit makes all slices visible at once. No slice holds the write lock beyond
 * TURN_HOLD_MAX_US, and the writer rests as long as it held it. What a killed batch left is
 * invisible and swept by the next one (batch_open()). What writers beside it see: graph/pending.h.
 */

#include "graph/private.h"
#include "graph/turn.h"

struct batch {
    struct graph *graph;
    struct turn_options options;
    int lock;                    /* of DIR/loading.lock */
    struct pending pending;
    uint64_t first_edge, end_edge;
    struct graph_txn *txn;       /* the slice under way, or NULL */
    struct graph_counts seen;    /* what others see, as the slice found it */
    size_t n_units;              /* in the slice */
    int64_t start_us;            /* when it took the lock */
    int64_t longest_us;          /* that the lock was held */
    struct turn_pace pace;
    bool begun;                  /* rows of it may be in the graph, unseen */
    uint64_t n_slices, n_long;   /* long: beyond TURN_HOLD_MAX_US */
};

/* Takes the only place there is for one, and sweeps what a dead one left. STATUS_CONFLICT. */
MUST_CHECK enum status batch_open(struct batch *batch, struct graph *graph,
                                  const struct turn_options *options);
/* Makes the batch known, with a number and ids for what it will add. */
MUST_CHECK enum status batch_begin(struct batch *batch, uint64_t n_nodes, uint64_t n_edges);
/* Drops a slice under way, and sweeps what earlier ones wrote; should that fail, the next does. */
void batch_close(struct batch *batch);
/* Lends the slice's transaction, begun where there is none; valid until batch_step(). */
MUST_CHECK enum status batch_txn(struct graph_txn **txn, struct batch *batch);
/* After a unit of work: ends the slice where it is time to. */
MUST_CHECK enum status batch_step(struct batch *batch);
/* Ends the slice under way. */
MUST_CHECK enum status batch_flush(struct batch *batch);
/*
 * Gives the transaction whose commit shows the batch, for what is to be done last in it; edges
 * below `used_edges` were given.
 */
MUST_CHECK enum status batch_last(struct graph_txn **txn, struct batch *batch,
                                  struct edge_id used_edges);
/* Commits it: all that the batch wrote is seen. */
MUST_CHECK enum status batch_show(struct batch *batch, struct graph_txn *txn);
/* Ends a batch that wrote nothing. */
MUST_CHECK enum status batch_abandon(struct batch *batch);
/* Takes all of a dead batch out, in slices (batch_sweep.c). The caller holds the lock. */
MUST_CHECK enum status batch_sweep(struct batch *batch, const struct pending *dead);
