/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Simple cycles of bounded length in a directed graph, each once.
 *
 * Method: for each start, the smallest node of its cycles, a depth-first search with the locks of
 * Gupta and Suzumura (2021, "Finding all bounded-length simple cycles in a directed graph"), which
 * keep dead ends from being walked again, and distances back to the start. Cost: O(cycles *
 * length * edges) in the worst case, bounded by steps (edges looked at).
 */

#include "base/status.h"

#define CYCLE_LENGTH_MAX 32

struct cycle_graph {
    uint32_t n;
    const uint32_t *first; /* n + 1 */
    const uint32_t *to;    /* ascending within a node; no self-loops, no parallel edges */
};

struct cycle_options {
    uint32_t min_length, max_length; /* 2..CYCLE_LENGTH_MAX */
    uint64_t max_steps;
};

/* Called per cycle, `nodes` lent; STATUS_END stops the search. */
typedef enum status cycle_visit(void *context, const uint32_t *nodes, uint32_t length);

struct cycle_search;

/* Gives a search over `graph`, which it keeps. */
MUST_CHECK enum status cycle_search_new(struct cycle_search **out,
                                        const struct cycle_graph *graph);
void cycle_search_free(struct cycle_search *search);
void cycle_search_freep(struct cycle_search **search);
/* All cycles, by smallest node, then in order of nodes. *complete: neither stopped nor cut. */
MUST_CHECK enum status cycles_all(bool *complete, struct cycle_search *search,
                                  const struct cycle_options *options, cycle_visit *visit,
                                  void *context);
/* The cycles through one node, which comes first in each. */
MUST_CHECK enum status cycles_through(bool *complete, struct cycle_search *search, uint32_t node,
                                      const struct cycle_options *options, cycle_visit *visit,
                                      void *context);
/* Edges looked at so far, over all calls. */
uint64_t cycle_steps(const struct cycle_search *search);
