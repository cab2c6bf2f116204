/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * How many nodes and edges there were at a moment, by label and type.
 *
 * What is there now is counted as it changes (txn_counts(), txn_count_symbol()); the past is
 * counted by reading it. Cost: one scan of all nodes with their edges.
 */

#include "graph/graph.h"

struct census {
    uint64_t nodes, edges;
    uint64_t *by_symbol; /* nodes of a label or edges of a type; index: symbol */
    size_t n_symbols;    /* symbols are 1 .. n_symbols */
};

void census_fini(struct census *census);
/*
 * Counts what the transaction's moment shows: of nodes those that were valid by its `as_of`, of
 * edges all, or where `only_active` those that held then. Fills `out` (zeroed by the caller).
 */
MUST_CHECK enum status census_take(struct census *out, struct graph_txn *txn, bool only_active);
