/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Nodes by a property's value, for the properties that the schema declares (`index:` of a label),
 * and by label.
 *
 *   property   label(2) property(2) class(1) value node(5)
 *   block      label(2) 0(2) block(5)     some node of these INDEX_BLOCK ids has the label
 *
 * Values sort as openCypher orders them within a class (booleans, numbers, text, each temporal
 * type). Every version of a node has its entry, so the index serves every moment; a scan loads each
 * node at its moment and keeps those whose value then is the entry's. Long text is cut and integers
 * past 2^53 are rounded: entries are near, never missing, and the caller compares again where
 * index_is_exact() says no.
 *
 * A graph whose last writer did not keep the index (another schema, an older program) has none
 * until graph_set_schema() or a dump and load makes it anew: index_ready() says so.
 */

#include "graph/node.h"
#include "graph/schema.h"

#define INDEX_BLOCK 1024

/* Whether the index can be asked in this transaction. */
bool index_ready(const struct graph_txn *txn);
/* Whether the schema declares it. */
bool index_declared(const struct schema *schema, uint32_t label, uint32_t property);
/* Whether a value of this type has entries; others must be looked for by a scan. */
bool index_holds(const struct value *value);

/* Values between two bounds; VALUE_NULL: no bound. At least one is given. */
struct index_range {
    uint32_t label, property;
    struct value low, high;
    bool low_open, high_open; /* the bound itself is left out; only where it is exact */
};

/* Whether the entries on either side of the bound are just those whose values are. */
bool index_is_exact(const struct value *bound);

/* Nodes in batches, each batch in the order of ids; a batch is read before any of it is given. */
struct index_iter {
    struct node node;      /* lent until the next call */
    enum status status;    /* after the loop: STATUS_OK means the walk was complete */
    struct index_walk *walk;
};

/* Keeps `txn`. Pair with index_iter_stop(). */
void index_iter_start(struct index_iter *it, struct graph_txn *txn,
                      const struct index_range *range);
bool index_iter_next(struct index_iter *it);
void index_iter_stop(struct index_iter *it);

/* The first id at or after `from` whose block has the label; STATUS_END where there is none. */
MUST_CHECK enum status index_next_block(struct node_id *from, struct graph_txn *txn,
                                        uint32_t label);

/* ---- Keeping it: for graph/ ---------------------------------------------------------------- */

struct record;
struct sorter;

/* What a state row says of the index: which schema it was kept under. Never 0. */
uint64_t index_number(const struct schema *schema);
/* Adds what a version's record needs. */
MUST_CHECK enum status index_add(struct graph_txn *txn, struct node_id id,
                                 const struct record *record);
/* Takes the entries of a node's only version out, which its own commit replaces. */
MUST_CHECK enum status index_remove(struct graph_txn *txn, struct node_id id,
                                    const struct record *record);
/* The same into a sorter, for many nodes; index_flush() writes them. */
MUST_CHECK enum status index_collect(struct sorter *sorter, const struct schema *schema,
                                     struct node_id id, const struct record *record);
MUST_CHECK enum status index_flush(struct graph_txn *txn, struct sorter *sorter);
/* Makes the whole index anew for the schema, and notes that it is kept under it. */
MUST_CHECK enum status index_build(struct graph_txn *txn, const struct schema *schema);
/* Whether the version has all its entries: for the check. */
MUST_CHECK enum status index_complete(bool *complete, struct graph_txn *txn, struct node_id id,
                                      const struct record *record);
