/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Small random graphs in arrays and in a store, for tests that compare both. */

#include "query/answer.h"
#include "query/query.h"

#define TOY_NODES_MAX 7
#define TOY_EDGES_MAX 12

struct toy_node {
    bool labels[2]; /* A, B */
    int x, y;       /* y -1: the node has none */
};

struct toy_edge {
    int from, to, type, w; /* type: R, S */
};

struct toy {
    struct toy_node nodes[TOY_NODES_MAX];
    struct toy_edge edges[TOY_EDGES_MAX];
    int n_nodes, n_edges;
};

/* Random numbers of one sequence. */
void toy_seed(uint64_t seed);
int toy_below(int n);
/* A random graph, and the statement that creates it: nodes have i, x, y, edges j, w. */
void toy_make(struct toy *toy, struct buf *text);
/* Runs a statement in a write transaction. */
enum status toy_run(struct graph_txn *txn, struct buf *text, struct answer *answer);
/* Prints both statements and how many rows there are and should be. */
void toy_show(const struct buf *graph_text, const struct buf *text, size_t n_rows, size_t expected);

/* Makes a query, asks it, and compares with what is expected: how many rows, or -1: they differ. */
typedef long toy_query(const struct toy *toy, struct graph_txn *txn, const struct buf *graph_text);
/*
 * Asks 20 queries of each of many graphs. Arguments: how many pairs of both (5,000), the seed (1).
 * Returns main()'s exit code.
 */
int toy_main(int argc, char **argv, toy_query *one);
