/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Writing beside a batch that is not yet to be seen. Private to graph/.
 *
 * A load into a populated graph writes in slices (graph/batch.h), under the number of a commit that
 * lies ahead of all others. Readers skip what is born later than their moment, so all they need to
 * know is that the key of a node of the batch leads nowhere yet. A writer that meets what the batch
 * brings acts as if it were absent and leaves a note; the batch's last commit takes the noted rows
 * back and applies them after all others, so they merge as if they had been loaded at that moment.
 *
 *   META  batch                     number(8) first(8) end(8): ids of its nodes are first..end-1
 *         batch/edge edge id(8)     from(8) type(4) valid_from(8) of an edge of the batch
 *         batch/change edge id(8)   a row of the change log of edges (bulk_private.h): what the
 *                                   batch changed of an edge that another writer changed after it
 *         batch/node node id(8)     added(1) and the part that the batch gave of a node that
 *                                   another writer added, or changed after it
 */

#include "graph/private.h"

#define META_BATCH SLICE("batch")
#define META_NOTE_EDGE SLICE("batch/edge")
#define META_NOTE_CHANGE SLICE("batch/change")
#define META_NOTE_NODE SLICE("batch/node")
#define META_NOTE_MAX 32

/* The batch's number is so far ahead that no other commit reaches it meanwhile. */
#define PENDING_AHEAD ((uint64_t)1 << 32)

MUST_CHECK enum status pending_read(struct pending *out, struct store_txn *store);
/* STATUS_LIMIT where the writer's next commit would be the batch's. */
MUST_CHECK enum status pending_leaves_room(const struct graph_txn *txn);

/* True for those beside the batch, if the transaction knows of it: not for who writes the batch. */
static inline bool pending_beside(const struct graph_txn *txn)
{
    return txn->pending.number && txn->moment.commit_seq < txn->pending.number;
}

/* Whether the node is one that only the batch brings. */
MUST_CHECK enum status pending_hides(bool *hides, struct graph_txn *txn, struct node_id id);
/* STATUS_CONFLICT where the batch touches the node: for what can't be merged later. */
MUST_CHECK enum status pending_refuse(struct graph_txn *txn, struct node_id id);
/* Notes what the batch gave of a node that is about to be added by another writer. */
MUST_CHECK enum status pending_note_node(struct graph_txn *txn, struct node_id id,
                                         const struct record *record);
/*
 * Takes a node's record back to what it was before the batch changed it, if it did, so that another
 * writer can change it; what the batch changed is noted, where `noted`.
 */
MUST_CHECK enum status pending_restore(bool *restored, struct graph_txn *txn, struct node_id id,
                                       bool noted);
/* Notes the batch's edge of this identity (entry_is_same_edge), if it has one. */
MUST_CHECK enum status pending_note_same(struct graph_txn *txn, struct node_id from, uint32_t type,
                                         const struct entry *like);
/*
 * Where the batch changed an edge: gives its version and notes what it changed, so that another
 * writer can take the version back and change the edge as he sees it. STATUS_NOT_FOUND: it did not.
 * `old` is the edge as seen, with key and properties, which outlive writes.
 */
MUST_CHECK enum status pending_note_change(struct edge *out, struct graph_txn *txn,
                                           const struct edge *old);
/* STATUS_CONFLICT where the batch changes the edge: one that is gone can't be merged with. */
MUST_CHECK enum status pending_refuse_edge(struct graph_txn *txn, const struct edge *edge);
/* Notes an edge of the batch. */
MUST_CHECK enum status pending_note_edge(struct graph_txn *txn, struct node_id from, uint32_t type,
                                         const struct entry *entry);
/* Whether a key of META is the batch's or a note's. */
bool pending_is_row(struct slice key);
/* The first of the batch's row and its notes: key in `copy`, value lent. STATUS_END: none. */
MUST_CHECK enum status pending_first_row(struct slice *key, struct slice *value,
                                         unsigned char copy[META_NOTE_MAX],
                                         struct graph_txn *txn);
