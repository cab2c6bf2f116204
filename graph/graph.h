/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A property graph in one directory, and transactions on it.
 *
 * Any number of readers, in any number of processes and threads, while one writes. A reader sees
 * the state of its beginning and never waits. What a transaction lends (keys, records, edges)
 * stays valid until it ends; in a write transaction, until its next write.
 *
 * Three clocks: `as_of` asks what was true in the world, `known_at` what had been observed, and
 * `commit_seq` what had been committed. They are set once per transaction.
 */

#include "base/time.h"
#include "store/id.h"

struct graph;
struct graph_txn;
struct schema;
struct catalog;
struct store_txn;

struct graph_options {
    uint64_t map_size; /* bytes of address space; 0: 256 GiB */
};

/*
 * Creates a graph in `dir` (made with mode 0700; must not hold one already: STATUS_EXISTS) under
 * the schema given as YAML text; `schema_text.size` 0 means open (no labels declared).
 */
MUST_CHECK enum status graph_create(const char *dir, struct slice schema_text,
                                    const struct graph_options *options);
/* Gives a graph. One graph per directory and process; STATUS_NOT_FOUND names how to make one. */
MUST_CHECK enum status graph_open(struct graph **out, const char *dir,
                                  const struct graph_options *options);
void graph_close(struct graph *graph);
void graph_closep(struct graph **graph);

/* Lends the schema and the symbol table; both live as long as the graph. */
const struct schema *graph_schema(const struct graph *graph);
struct catalog *graph_catalog(const struct graph *graph);
const char *graph_dir(const struct graph *graph);

/* The three clocks. As_of is what callers compare validity with; the graph applies the others. */
struct moment {
    int64_t as_of_us;    /* default: the wall clock at begin */
    int64_t known_at_us; /* TIME_MAX: everything observed */
    uint64_t commit_seq; /* 0: the newest commit */
};

/* Gives a read transaction at `moment` (NULL: now). Cost: a renewed slot, no system call. */
MUST_CHECK enum status graph_read(struct graph_txn **out, struct graph *graph,
                                  const struct moment *moment);
/* Gives the write transaction; waits for another writer. Ends with txn_commit() or txn_end(). */
MUST_CHECK enum status graph_write(struct graph_txn **out, struct graph *graph);
/*
 * Makes the changes durable and ends the transaction, also on failure. After STATUS_IO or
 * STATUS_FULL nothing of it is visible.
 */
MUST_CHECK enum status txn_commit(struct graph_txn *txn);
/*
 * Ends the writer's commit and begins the next one inside the same durable transaction: what
 * follows has a number of its own, so a past reader can look between the two. Nothing is visible
 * to others before txn_commit().
 */
MUST_CHECK enum status txn_next_commit(struct graph_txn *txn);
/*
 * For a reader that comes back to the same few nodes: from now on the rows it met last are found
 * again without a seek. Does nothing in a writer, whose rows change.
 */
MUST_CHECK enum status txn_remember_rows(struct graph_txn *txn);
/* Lends the nodes whose rows were sought since then, some of them repeatedly. */
void txn_rows_sought(const struct node_id **ids, size_t *n, const struct graph_txn *txn);
/* Whether no commit after this one touched any of the nodes. Cost: a seek each. */
MUST_CHECK enum status txn_untouched_since(bool *out, struct graph_txn *txn,
                                           const struct node_id *ids, size_t n,
                                           uint64_t commit_seq);
/* Lets a writer look at what was true at another time; it must look at its own when it writes. */
void txn_look_at(struct graph_txn *txn, int64_t as_of_us);
/* Ends a reader, or drops a writer's changes. Accepts NULL. */
void txn_end(struct graph_txn *txn);
void txn_endp(struct graph_txn **txn);

struct graph *txn_graph(const struct graph_txn *txn);
/* The moment this transaction reads at, with defaults filled in; in a writer, its own commit. */
const struct moment *txn_moment(const struct graph_txn *txn);
/* For the folder's own files and the tag tables: the store's transaction underneath. */
struct store_txn *txn_store(const struct graph_txn *txn);

/* Counters of the graph at this transaction (newest commit). */
struct graph_counts {
    uint64_t nodes, edges;  /* live nodes; current edge versions */
    uint64_t next_node, next_edge;
    uint64_t commit_seq;
    uint64_t index_schema;  /* index_number() under which the index was kept; 0: it was not */
    int64_t last_begin_us;  /* no node, and no change of one, is valid from later than this */
};
struct graph_counts txn_counts(const struct graph_txn *txn);
/* Whether all nodes there are have begun, and are known, at the moment that is looked at. */
bool txn_all_begun(const struct graph_txn *txn);
/* Live nodes with the label, or current edges of the type. Cost: one read. */
MUST_CHECK enum status txn_count_symbol(uint64_t *n, struct graph_txn *txn, uint32_t symbol);
/* Wall-clock time of a commit (its observed_at default). STATUS_NOT_FOUND past the newest. */
MUST_CHECK enum status txn_commit_time(int64_t *us, struct graph_txn *txn, uint64_t commit_seq);
