/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Communities of small in-memory graphs, by igraph.
 *
 * This folder is igraph's only door. Debian's igraph is not thread-safe: all calls are serialised
 * inside; its errors become statuses and leave nothing allocated.
 */

#include "base/status.h"

struct weighted_edge {
    uint32_t a, b;  /* 0..n-1 */
    double weight;
};

/*
 * Splits the undirected graph of `n` nodes by Leiden on the constant Potts model (Traag, Waltman,
 * van Eck 2019): the best of `tries` seeded runs by quality, every part connected. Parts are
 * numbered from 0 by their smallest node. Cost: near O(edges) a run.
 */
MUST_CHECK enum status community_leiden(uint32_t *part, uint32_t n,
                                        const struct weighted_edge *edges, size_t n_edges,
                                        double resolution, uint32_t tries, uint64_t seed);
