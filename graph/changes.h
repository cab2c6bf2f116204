/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Change log: which nodes each commit touched, and on which days something begins or ends.
 *
 * A node is touched when its record or an edge of it gets another version, at either end. A day
 * lists the nodes whose record or outgoing edges start or end on it, and those with a dated
 * property on it (registered_on, overdue_since, overdue_until). Written with every commit, so both
 * say what is so and perhaps more (a version replaced since), never less.
 *
 * CHANGE  'C' commit(8) first node(8)       -> the commit's new range and other nodes
 *         'D' day(4) commit(8) first node(8) -> nodes
 *         'A'                               -> the commit after which the log is complete
 */

#include "graph/graph.h"

/* Ids as they were met; by changes_settle() ascending, each once. Zeroed memory is empty. */
struct changes {
    struct node_id *nodes;
    size_t n, capacity;
    bool cut; /* more than was asked for: the list is not complete */
};

void changes_fini(struct changes *changes);

/* Whether the log tells all that happened after commit `since`, and all days. */
MUST_CHECK enum status changes_complete(bool *complete, struct graph_txn *txn, uint64_t since);
/* Adds the nodes touched after commit `since`, up to `max` of them. O(their number). */
MUST_CHECK enum status changes_since(struct changes *out, struct graph_txn *txn, uint64_t since,
                                     size_t max);
/* Adds the nodes with something that starts or ends on the days of (after, until]. */
MUST_CHECK enum status changes_between(struct changes *out, struct graph_txn *txn,
                                       int64_t after_us, int64_t until_us, size_t max);
/*
 * Sets bits[node] of every node below `end` that a commit touched, however long ago. *bad_row: the
 * number of the first row, from 1, that does not decode or names another node; else 0.
 */
MUST_CHECK enum status changes_mark(unsigned char *bits, uint64_t *bad_row, struct graph_txn *txn,
                                    uint64_t end);
/* Puts the ids in ascending order, each once. */
void changes_settle(struct changes *changes);
