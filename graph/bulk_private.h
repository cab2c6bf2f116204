/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The stations of a bulk load: bulk.c (intake), bulk_dedupe.c, bulk_merge.c, bulk_final.c.
 *
 *   bulk_node --> nodes    new ones, in id order -----------------------------+
 *             --> updates  later rows of any node, sorted by id ---+          |
 *             --> keys     sorted by hash --> key table   |          |
 *   bulk_edge --> out      sorted by from, type, time              v          v
 *                           | equal rows dropped, ids given     existing    merged by node id
 *                           +--> out_parts, in order ---------- nodes' ---> into node rows and
 *                           +--> in, sorted by to, type, time - records     chunks
 *   keyed edges that the graph has already --> changes, applied one by one after the rows
 */

#include "graph/batch.h"
#include "graph/bulk.h"
#include "graph/private.h"
#include "store/sorter.h"
#include "store/spool.h"

/*
 * How a load is written. Into an empty graph, and a small one into any: by one transaction. Else in
 * slices: then nothing is held while rows are taken in, nodes get their ids only when that is done
 * (until then they are counted from PROVISIONAL), and `txn` is the load's own, without a store
 * behind: it knows names, counts what was added, and bears the number of the batch's commit.
 */
enum bulk_mode { BULK_WHOLE, BULK_APART, BULK_SLICES };

#define PROVISIONAL ((uint64_t)1 << 39)

struct bulk {
    struct graph *graph;
    struct graph_txn *txn;
    struct bulk_options options;
    enum bulk_mode mode;
    struct batch batch;
    struct graph_txn *reader;  /* of what was there, while edges are resolved; renewed */
    size_t n_asked;            /* of it */
    uint64_t opened_seq, compared_seq; /* newest commits when the load began and when it compared */
    struct idmap ids;
    uint64_t n_nodes, n_edge_rows;
    uint64_t first_new; /* nodes below were in the graph before */
    bool graph_was_empty;
    bool repeats_node;
    struct sorter *keys, *updates, *out, *in, *index, *days;
    struct spool *nodes, *out_parts, *changes;
    struct bulk_group *suspects; /* groups that others changed after they were compared */
    size_t n_suspects, suspects_capacity;
    struct bulk_twin *twins;     /* new nodes whose keys others gave to nodes of their own */
    size_t n_twins, twins_capacity;
    struct buf key, value, scratch; /* of the row at hand */
    struct bulk_result result;
};

struct bulk_group {
    struct node_id from;
    uint32_t type;
};

struct bulk_twin {
    struct node_id ours, theirs;
};

/* The id that a provisional one stands for. */
static inline struct node_id bulk_real(const struct bulk *bulk, struct node_id id)
{
    return id.value < PROVISIONAL
               ? id
               : (struct node_id){ id.value - PROVISIONAL + bulk->first_new };
}

/* Counts of a slice are the load's until the last commit. */
MUST_CHECK enum status bulk_take_counts(struct bulk *bulk, struct graph_txn *txn);
/* Lends a transaction that reads what was there; void after the next call. */
MUST_CHECK enum status bulk_reader(struct graph_txn **txn, struct bulk *bulk);
/* Ends it, where one is open: before long writing, which may need to grow the map. */
void bulk_reader_end(struct bulk *bulk);
/* Lends the transaction that writes; valid until bulk_step(). */
MUST_CHECK enum status bulk_writer(struct graph_txn **txn, struct bulk *bulk);
/* The days that the load's own transaction noted are sorted before they are written. */
MUST_CHECK enum status bulk_take_days(struct bulk *bulk);
/* After a unit of writing: others may have their turn. */
MUST_CHECK enum status bulk_step(struct bulk *bulk);

/* Sorts what a phase reads; nothing is held meanwhile. */
MUST_CHECK enum status bulk_sort(struct bulk *bulk, struct sorter *sorter);

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
/* Sorted by hash, new nodes' keys go to the key table: their rows are there (bulk_keys.c). */
MUST_CHECK enum status bulk_write_keys(struct bulk *bulk);
/* The days that were noted go to the change log, when all others are written (bulk_days.c). */
MUST_CHECK enum status bulk_write_days(struct bulk *bulk);
/* STATUS_CONFLICT: a node that is needed was there when rows were taken in. */
MUST_CHECK enum status bulk_fail_gone(void);
/* Puts a node part over the record that is there (bulk_update.c). */
MUST_CHECK enum status bulk_update(struct bulk *bulk, struct node_id id, struct slice value);
/* Merges everything into the store (bulk_merge.c). */
MUST_CHECK enum status bulk_merge(struct bulk *bulk);

/* What changes nodes and edges that were there, what others met, and the commit (bulk_final.c). */
MUST_CHECK enum status bulk_last(struct bulk *bulk);
/* Takes an edge that another row or writer has, too, out of what was added. */
MUST_CHECK enum status bulk_change_edge(struct bulk *bulk, const struct edge_part *part);

/* Tells the caller how far a phase is, every so often. */
void bulk_progress(struct bulk *bulk, const char *phase, uint64_t done, uint64_t total);
