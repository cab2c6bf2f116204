/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Applying events (graph/event.h) to a graph in use: durable in small batches, each line answered
 * after the commit that holds it.
 *
 * An event with an `event_id` takes effect once, however often it comes. A bad line changes
 * nothing and is answered; the others go on.
 */

#include "graph/graph.h"

struct arena;

struct apply_answer {
    uint64_t line;      /* counted from 1 */
    bool duplicate;     /* its event_id was applied before: nothing was done */
    const char *error;  /* NULL: it is durable */
};

struct apply_totals {
    uint64_t lines, applied, duplicates, errors, commits;
    uint64_t nodes, edges, nodes_changed, edges_changed;
};

/*
 * Applies `n` lines inside the caller's write transaction, whose next commit it is, and fills their
 * answers, whose texts lie in `arena`; they hold once the caller has committed. *wrote: there is
 * something to commit. Adds to `totals`. After a failure (disk full, out of memory) the transaction
 * may hold parts of the batch and must be dropped.
 */
MUST_CHECK enum status apply_within(struct apply_answer *answers, struct apply_totals *totals,
                                    bool *wrote, struct arena *arena, struct graph_txn *txn,
                                    const struct slice *lines, size_t n);

struct apply_options {
    const char *path;       /* "-": standard input */
    uint64_t first_line;    /* lines before it are passed over: where an earlier run stopped */
    size_t batch_lines;     /* a batch at most; it ends earlier when no line is waiting */
    int64_t space_wait_us;  /* how long to wait for room on a full disk; 0: not */
    /* Called for every line of a batch, in order, after its commit; `last` of the batch. */
    enum status (*answer)(void *context, const struct apply_answer *answer, bool last);
    void *context;
};

/*
 * Applies a stream of lines in batches of one commit each. The writer's lock is held only after all
 * lines of a batch were parsed. A failure ends the run; batches answered before it are durable.
 */
MUST_CHECK enum status apply_run(struct apply_totals *totals, struct graph *graph,
                                 const struct apply_options *options);
