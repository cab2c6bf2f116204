/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Two graphs that get the same random rows, the one row by row and the other in bulk. */

#include "base/rng.h"
#include "graph/bulk.h"

/* One row, drawn the same for both graphs. */
struct draw {
    bool is_node;
    int from, to, type, edge_key, weight, mark;
    int64_t valid_from, valid_to;
    bool dated; /* a node that says since when it is so */
    bool other; /* another writer's: of keyed things a property of its own */
};

/* Keys are drawn below `n_keys`; so many percent of the rows are of the first, or lead from it. */
struct draw draw_row(struct rng *rng, unsigned n_keys, bool is_node, unsigned hub_percent);

/* A graph with the load or, where there is none, the transaction that rows go through. */
struct target {
    struct graph *graph;
    struct graph_txn *txn;
    struct bulk *bulk;
};

/* An edge whose ends are not there is left out. Fails the test on failure, as all here. */
void target_put(struct target *target, const struct draw *row);
/* Whether there is a node of the key, and which. */
bool target_find(struct node_id *id, struct target *target, int key);

struct pair {
    char *dir;
    struct target single, bulk;
    unsigned n_keys; /* keys are drawn below this */
};

struct pair pair_open(unsigned n_keys);
void pair_close(struct pair *pair);
/* Rows of `seed` into both: `n` nodes, then twice as many edges. What the load says of itself. */
struct bulk_result pair_load(struct pair *pair, uint64_t seed, unsigned n, unsigned hub_percent);
/* The same into the bulk graph only. */
struct bulk_result pair_load_bulk(struct pair *pair, uint64_t seed, unsigned n,
                                  unsigned hub_percent);
/* Fails the test where they do not read the same, or the bulk graph is not clean. */
void pair_compare(const struct pair *pair);
