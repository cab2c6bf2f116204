/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Nodes that are about to be loaded: their rows are sought together, which takes half the time or
 * less of seeking them in turn.
 *
 * A hint, for readers that remember rows (txn_remember_rows()); for others it does nothing. It
 * changes no answer, and a node counts as sought (txn_rows_sought()) only once it is loaded. Asking
 * ahead for nodes that are then not loaded costs time.
 */

#include "graph/node.h"

#define AHEAD_MAX 24

/* Nodes to be sought; begin with { .txn = txn }. */
struct ahead {
    struct graph_txn *txn;
    struct node_id ids[AHEAD_MAX];
    size_t n;
};

/* One more; those so far are sought when there is no room left. */
MUST_CHECK enum status ahead_node(struct ahead *ahead, struct node_id id);
/*
 * The other ends of the node's current edges of these types (zero-terminated; NULL: all) and of the
 * direction, as far as they lie in its row: a hub's do not.
 */
MUST_CHECK enum status ahead_ends(struct ahead *ahead, const struct node *node,
                                  const uint32_t *types, enum direction direction);
/* Seeks those that are left. */
MUST_CHECK enum status ahead_seek(struct ahead *ahead);
