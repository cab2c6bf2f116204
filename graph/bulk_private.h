/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The stations of a bulk load, shared by bulk.c (intake) and bulk_merge.c (finish).
 *
 *   bulk_node --> nodes    new ones, in id order -----------------------------+
 *             --> updates  later rows of any node, sorted by id ---+          |
 *             --> keys     sorted by label and key --> key table   |          |
 *   bulk_edge --> out      sorted by from, type, time              v          v
 *                           | equal rows dropped, ids given     existing    merged by node id
 *                           +--> out_parts, in order ---------- nodes' ---> into node rows and
 *                           +--> in, sorted by to, type, time - records     chunks
 *   keyed edges that the graph has already --> changes, applied one by one
 */

#include "graph/bulk.h"
#include "graph/private.h"
#include "store/sorter.h"
#include "store/spool.h"

struct bulk {
    struct graph *graph;
    struct graph_txn *txn;
    struct bulk_options options;
    struct idmap ids;
    uint64_t n_edge_rows;
    uint64_t first_new; /* nodes below were in the graph before */
    bool graph_was_empty;
    struct sorter *keys, *updates, *out, *in, *index;
    struct spool *nodes, *out_parts, *changes;
    struct buf key, value, scratch; /* of the row at hand */
    struct bulk_result result;
};

/* A node part as bytes. */
MUST_CHECK enum status part_encode(struct buf *out, const struct node_part *part);
/* Labels go to `labels`; the rest is lent by `bytes`. */
MUST_CHECK enum status part_decode(struct node_part *out, uint32_t labels[NODE_LABELS_MAX],
                                   struct slice bytes);

/* An edge row on its way: what edge_input says, with properties encoded (nulls kept if keyed). */
struct edge_part {
    uint32_t type;
    struct node_id from, to;
    bool has_key, has_null;
    uint64_t order; /* keyed: the row's number, as later rows change earlier ones */
    int64_t valid_from_us, valid_to_us, observed_us;
    struct slice key, properties;
};

/* Sort key of the out sorter: from(8) type(4) valid_from(8). */
#define OUT_KEY_BYTES 20
/* Of the in sorter: to(8) group code(4) valid_from(8) edge id(8). */
#define IN_KEY_BYTES 28

MUST_CHECK enum status edge_part_encode(struct buf *key, struct buf *value,
                                        const struct edge_part *part);
MUST_CHECK enum status edge_part_decode(struct edge_part *out, struct slice key,
                                        struct slice value);

/* Drops equal rows, gives ids, and sends both ends on (bulk_dedupe.c). */
MUST_CHECK enum status bulk_resolve_edges(struct bulk *bulk);
/* Merges everything into the store (bulk_merge.c). */
MUST_CHECK enum status bulk_merge(struct bulk *bulk);

/* Tells the caller how far a phase is, every so often. */
void bulk_progress(struct bulk *bulk, const char *phase, uint64_t done, uint64_t total);
