/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Bulk load: many nodes and edges, sorted outside memory, merged into the graph in one pass.
 *
 * Nodes must come before the edges that name them. Nothing is visible before bulk_finish()
 * returns STATUS_OK; closing an unfinished load leaves the graph as it was. Loading the same rows
 * again adds nothing.
 */

#include "graph/edge.h"
#include "graph/idmap.h"
#include "graph/turn.h"

struct bulk;

struct bulk_options {
    size_t memory_bytes;   /* for sorting; 0: 1 GiB */
    unsigned threads;      /* 1: none but the caller's; 0: those that pay. The result is the same */
    int64_t observed_us;   /* default for rows that give none; TIME_MIN: the commit's time */
    bool dates;            /* bulk_repeats_node() will be asked */
    void (*progress)(void *context, const char *phase, uint64_t done, uint64_t total);
    void *context;
    struct turn_options slices; /* of a load into a graph that is not empty */
};

struct bulk_result {
    uint64_t nodes_added, nodes_changed, edges_added, edges_changed, edges_equal;
    uint64_t commit_seq;
    uint64_t n_slices;     /* 0: it was one transaction */
    uint64_t n_long;       /* slices that held the write lock beyond TURN_HOLD_MAX_US */
    int64_t longest_us;    /* that one held it */
};

/*
 * Gives a load. Into an empty graph it holds the write transaction until it is finished or closed;
 * into another one it takes the place of the only load there may be (STATUS_CONFLICT), and others
 * write beside it: rows that they change meanwhile merge as if the load had come last.
 */
MUST_CHECK enum status bulk_open(struct bulk **out, struct graph *graph,
                                 const struct bulk_options *options);
void bulk_close(struct bulk *bulk);
void bulk_closep(struct bulk **bulk);
/* The write transaction underneath: for catalog_intern() only. */
struct graph_txn *bulk_txn(struct bulk *bulk);

/* A node's label and key, and what it is looked up by, which any thread can reckon ahead. */
struct bulk_key {
    uint32_t label;
    struct slice text; /* lent */
    struct idmap_key hash;
};

struct bulk_key bulk_key(const struct bulk *bulk, uint32_t label, struct slice text);
/* Fetches ahead what bulk_find() or bulk_node() of this key will read, some rows later. */
void bulk_hint(const struct bulk *bulk, const struct bulk_key *key);
/*
 * Copies what it needs. Later rows with the same key merge as node_upsert() does, in row order.
 * `key`, of the input's label and key, saves reckoning it; or NULL.
 */
MUST_CHECK enum status bulk_node(struct node_id *id, struct bulk *bulk,
                                 const struct node_input *input, const struct bulk_key *key);
/*
 * A node by label and key that an edge may have, of this load or of the graph; STATUS_NOT_FOUND.
 * O(1) in memory for this load's nodes, two seeks (remembered) for the graph's.
 */
MUST_CHECK enum status bulk_find(struct node_id *id, struct bulk *bulk,
                                 const struct bulk_key *key);
/*
 * Whether some node came in several rows, when all nodes are in and no edge is: what they say of it
 * is merged into one version, which is right unless they say since when it is so.
 */
bool bulk_repeats_node(const struct bulk *bulk);
/* Copies what it needs; endpoints are ids from bulk_node() or bulk_find(). */
MUST_CHECK enum status bulk_edge(struct bulk *bulk, const struct edge_input *input);
/* Merges and commits. */
MUST_CHECK enum status bulk_finish(struct bulk_result *result, struct bulk *bulk);
