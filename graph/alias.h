/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Two keys, one party: a credit code and a customer number of the same enterprise. */

#include "graph/node.h"

struct alias_result {
    bool merged;            /* both keys had nodes of their own: the second went into the first */
    uint64_t edges_moved;   /* to the first; equal ones count too */
    uint64_t edges_between; /* ended with the second: a party has no edges with itself */
};

/*
 * Makes every key of `other` lead to `id`. Labels, properties that `id` lacks and current edges of
 * `other` go over to `id`, and `other` ends; its history stays. STATUS_INVALID where the two have
 * different key labels. Cost: rewriting other's edges, and one pass over the key table.
 */
MUST_CHECK enum status alias_merge(struct alias_result *result, struct graph_txn *txn,
                                   struct node_id id, struct node_id other);
