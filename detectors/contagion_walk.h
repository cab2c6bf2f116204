/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The walk of D10: personalised PageRank over weighted pairs, in double precision and in an order
 * of sums that depends on the pairs alone, so that a rank is the same however the work is shared
 * out.
 */

#include "base/status.h"

/* A pair of nodes and what joins them. */
struct walk_pair {
    uint32_t a, b;
    double weight;      /* above 0 */
};

struct walk_rank {
    double rank, degree; /* degree: the weights of all its pairs */
};

/*
 * Only nodes with a neighbour, and seeds, have a place; all others keep rank 0. Places follow the
 * neighbourhoods, so that what is read together lies together.
 */
struct walk {
    uint32_t *place;    /* per node: its place, or WALK_NOWHERE */
    uint32_t *nodes;    /* per place: its node; what follows is per place too */
    uint32_t n;         /* places */
    uint32_t n_seeds;
    bool *seed;
    struct walk_rank *ranks, *next;
    uint32_t *first;    /* neighbours are to[first[i]] .. to[first[i + 1] - 1] */
    uint32_t *to;
    double *weight;     /* beside `to` */
    uint32_t *lonely;   /* seeds without neighbours, in order of nodes */
    uint32_t n_lonely;
};

#define WALK_NOWHERE UINT32_MAX

void walk_fini(struct walk *walk);
/* Pairs by (a, b), each once; `seed` per node. O(nodes + pairs). */
MUST_CHECK enum status walk_init(struct walk *walk, uint32_t n_nodes,
                                 const struct walk_pair *pairs, size_t n_pairs,
                                 const unsigned char *seed);
/* Ranks after so many steps from the seeds; `seed` nodes without neighbours go back to them all. */
MUST_CHECK enum status walk_run(struct walk *walk, int64_t steps, double damping);

/*
 * Gives before[place]: where the likeliest walk from a seed to it comes from (a seed: itself), or
 * WALK_NOWHERE; known at least of the `n_wanted` places that are `wanted`, if there is a way, and
 * of all on the way. A walk is as likely as the shares of rank that its steps hand on, multiplied.
 * Dijkstra (1959); of equal ones the one found first, in order of places. O(m log m) for the m
 * neighbours nearer than the last wanted.
 */
MUST_CHECK enum status walk_trace(uint32_t **before, const struct walk *walk, const bool *wanted,
                                  uint32_t n_wanted, double damping);

static inline double walk_rank_of(const struct walk *walk, uint32_t node)
{
    return walk->place[node] == WALK_NOWHERE ? 0 : walk->ranks[walk->place[node]].rank;
}
