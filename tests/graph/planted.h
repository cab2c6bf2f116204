/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A graph with something of everything, and ways to damage it that check must find. */

#include "graph/check.h"
#include "store/store.h"

#define PLANTED_HUB_EDGES 400

struct planted {
    const char *name;
    enum check_id id; /* what check must call it */
    void (*plant)(struct graph_txn *txn);
};

extern const struct planted planted[];
extern const size_t n_planted;

/*
 * The graph without damage, in dir/db. Node 1 is a hub whose edges lie in chunks; node 2 has a
 * replaced version; 3 an alias; 4 edges with keys.
 */
struct graph *planted_graph(const char *dir);
/* Flips a byte in a table's n-th row (the first is 0), or moves the row to another key. */
void planted_flip(struct graph_txn *txn, enum store_table table, int n, bool move);
