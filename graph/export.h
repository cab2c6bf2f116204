/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The graph, or what lies around some nodes, handed out piece by piece: nodes by id, then edges by
 * the node they leave. What is made of them is the caller's.
 */

#include "graph/edge.h"

struct export_scope {
    const struct node_id *seeds; /* start here; n_seeds 0: the whole graph */
    size_t n_seeds;
    uint32_t hops;               /* edges walked from a seed, in either direction */
    uint64_t max_nodes;          /* 0: no bound */
    bool only_active;            /* only edges that hold at the transaction's as_of */
};

struct export_edge {
    struct edge *edge;
    const struct node *from, *to;
    struct value properties;
};

struct export_sink {
    /* What they are given is lent until they return. */
    enum status (*node)(void *context, const struct node *node, const struct value *properties);
    enum status (*edge)(void *context, const struct export_edge *edge);
    void *context;
};

/*
 * Walks the scope: both ends of an edge are in it. *truncated: max_nodes was reached, and nodes
 * farther away are left out. Memory: a bit per node. The same scope and moment give the same walk.
 */
MUST_CHECK enum status export_walk(bool *truncated, struct graph_txn *txn,
                                   const struct export_scope *scope,
                                   const struct export_sink *sink);
