/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Graphs with known communities: the benchmark of Lancichinetti, Fortunato and Radicchi (2008).
 *
 * Degrees and community sizes follow power laws; each node has a share `mixing` of its edges
 * outside its community. No loops, no parallel edges. Deterministic by seed.
 */

#include "graph/analytics/community.h"

struct lfr_options {
    uint32_t n;
    double mixing;
    double degree_exponent, size_exponent;
    double mean_degree;
    uint32_t max_degree;
    uint32_t min_size, max_size; /* of communities */
    uint64_t seed;
};

/* The usual benchmark with communities of 20 to 100. */
#define LFR_OPTIONS                                                                                \
    {                                                                                              \
        .n = 5000, .mixing = 0.3, .degree_exponent = 2, .size_exponent = 1, .mean_degree = 20,     \
        .max_degree = 50, .min_size = 20, .max_size = 100, .seed = 1                               \
    }

struct lfr {
    uint32_t n, n_communities;
    uint32_t *community;         /* per node: the truth */
    struct weighted_edge *edges; /* of weight 1 */
    size_t n_edges, capacity;
};

/* Aborts where memory is short or the options allow no such graph. */
void lfr_make(struct lfr *out, const struct lfr_options *options);
void lfr_fini(struct lfr *lfr);
/* Share of the edges that lie between communities. */
double lfr_mixing(const struct lfr *lfr);

/*
 * Adjusted Rand index of two partitions (Hubert, Arabie 1985): 1 where they are the same, about 0
 * for chance.
 */
double adjusted_rand_index(const uint32_t *a, const uint32_t *b, uint32_t n);
