/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A small town of enterprises in a real store, and what happens in it: applications, moves, new
 * owners, loans and their money, guarantees, mistakes put right. Every happening is drawn from a
 * generator, so that two stores can live the same life.
 */

#include "base/rng.h"
#include "graph/graph.h"
#include "tests/detectors/world.h"

#define TOWN_NODES 6000

struct town {
    char *place;
    struct graph *graph;
    uint32_t symbols[W_SYMBOLS];
    struct node_id ids[TOWN_NODES];
    uint32_t labels[TOWN_NODES];    /* W_... */
    uint32_t n_nodes;
    uint32_t n_edges;               /* keys given so far */
    int64_t at_us;                  /* T */
    struct graph_txn *txn;          /* while it lives */
};

void town_begin(struct town *town, struct rng *rng);
void town_done(struct town *town);
/* So many happenings, in one commit. */
void town_live(struct town *town, struct rng *rng, uint32_t n);
