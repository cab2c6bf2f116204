/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The directed graph of guarantees that hold at T: one edge per (guarantor, guaranteed), parallel
 * guarantees listed under it, self-guarantees apart.
 */

#include "detectors/facts.h"

struct guarantee_graph {
    uint32_t n, n_edges;
    uint32_t *nodes;     /* snapshot nodes that take part, ascending */
    uint32_t *first;     /* out-edges of i: first[i] .. first[i + 1] - 1, by end */
    uint32_t *to;        /* indices into nodes */
    uint32_t *row_first; /* guarantees of edge e: rows[row_first[e]] .. [row_first[e + 1] - 1] */
    uint32_t *rows;      /* edge numbers of the snapshot */
    uint32_t *loops;     /* edge numbers of self-guarantees */
    size_t n_loops;
};

void guarantee_graph_fini(struct guarantee_graph *graph);
/* `without_class`: leave out nodes of this class; empty: none. O(edges + nodes). */
MUST_CHECK enum status guarantee_graph_build(struct guarantee_graph *out, struct facts *facts,
                                             struct slice without_class);
/* Where `end` is among the ends of `from`, which ascend; or UINT32_MAX. O(log out-degree). */
uint32_t guarantee_end_find(const uint32_t *first, const uint32_t *to, uint32_t from,
                            uint32_t end);
/* The edge from -> to (indices into nodes), or UINT32_MAX. */
static inline uint32_t guarantee_edge_find(const struct guarantee_graph *graph, uint32_t from,
                                           uint32_t to)
{
    return guarantee_end_find(graph->first, graph->to, from, to);
}

/*
 * Strongly connected components (Tarjan 1972, without recursion): numbers 0.. in reverse
 * topological order. O(nodes + edges).
 */
MUST_CHECK enum status strong_components(uint32_t *component, uint32_t *n_components,
                                         uint32_t n, const uint32_t *first, const uint32_t *to);

/* Sum of the amounts of an edge's guarantees in one currency; false where it has none in it. */
bool guarantee_amount(int64_t *minor, const struct guarantee_graph *graph,
                      const struct facts *facts, uint32_t edge, int64_t currency);
