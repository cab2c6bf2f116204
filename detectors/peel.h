/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Greedy peeling of a bipartite graph (Charikar 2000; weights of columns as in FRAUDAR, Hooi et
 * al. 2016): the node with the smallest weighted degree leaves, again and again; the densest of
 * what was left at some moment is at least half as dense as any set of nodes can be.
 *
 * Density is the weight of the edges inside over the number of nodes, in millionths.
 */

#include "base/status.h"

struct peel_edge {
    uint32_t row, column; /* nodes of one numbering */
};

struct peel_graph {
    uint32_t n;       /* rows and columns; of equal degrees the smaller number leaves first */
    uint32_t *first;  /* n + 1 */
    uint32_t *to;     /* both ways, in the order of the edges given */
    int64_t *weight;  /* per column: of each of its edges; 0: a row */
};

void peel_graph_fini(struct peel_graph *graph);
/* Gives a graph of these edges with weights (per node) from elsewhere, or by its own degrees. */
MUST_CHECK enum status peel_graph_init(struct peel_graph *out, uint32_t n,
                                       const struct peel_edge *edges, size_t n_edges,
                                       const int64_t *weight);
/* 1 / ln(degree + 5), in millionths: popular columns say less. */
int64_t peel_weight(uint32_t degree);

/*
 * Fills `in` (n bytes) with the nodes that stay when all of a weighted degree below `least` leave,
 * until none is left. A densest set whose density is at least `least` lies inside, and peeling
 * comes by this set: what it finds there, it finds in the whole. O(nodes + edges).
 */
MUST_CHECK enum status peel_core(unsigned char *in, const struct peel_graph *graph,
                                 int64_t least);
/* Fills `in` with the densest set that peeling meets, of equals the largest. O(edges * log n). */
MUST_CHECK enum status peel_densest(int64_t *density, unsigned char *in,
                                    const struct peel_graph *graph);
/* For other ways of peeling. An edge weighs what its column says, and one of its ends is a row. */
static inline int64_t peel_edge_weight(const struct peel_graph *graph, uint32_t a, uint32_t b)
{
    return graph->weight[a] + graph->weight[b];
}

/* The densest of the sets met so far; zeroed: none. */
struct densest {
    int64_t weight;
    uint32_t n;     /* nodes it has */
};

void densest_meet(struct densest *densest, int64_t weight, uint32_t n);
int64_t densest_density(const struct densest *densest);
