/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The schema that the graph was opened under. Whoever writes under one that is no longer the
 * graph's drops the index that was made for the new one, and decides by links and classes of
 * yesterday: a process that finds another schema has to open the graph again.
 */

#include "graph/graph.h"

struct schema_guard {
    uint64_t seen; /* hash of the text */
};

/* Call right after the graph was opened. */
MUST_CHECK enum status schema_guard_take(struct schema_guard *guard, struct graph *graph);
/* STATUS_RESTART where the graph has another schema by now. Cost: one read, a hash of the text. */
MUST_CHECK enum status schema_guard_check(const struct schema_guard *guard, struct graph_txn *txn);
/* The same in a transaction of its own. */
MUST_CHECK enum status schema_guard_look(const struct schema_guard *guard, struct graph *graph);
