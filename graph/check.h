/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Is everything in the store as it must be? A catalogue of invariants, each with an id, a severity
 * and a remedy, and the walk that tests them all in one read transaction.
 *
 * Pages and checksums first (store/verify.h); where those are broken the rest is not walked. Then
 * one pass over all nodes with their edges, and one over each other table. That both ends of every
 * edge agree, and that every key is found, is compared by sums of 2 x 64-bit hashes that do not
 * depend on the order; only where sums differ are the entries sorted outside memory and compared
 * one by one. Memory: four bits per node, one byte per eight pages, and the sort's 64 MiB.
 */

#include "base/buf.h"

struct graph;
struct graph_txn;

enum check_severity {
    CHECK_DAMAGE,  /* answers may be wrong: restore a backup */
    CHECK_DERIVED, /* something that can be computed again is wrong: load a dump */
};

struct check_rule {
    const char *id; /* kebab-case; docs/check.md has one section each */
    enum check_severity severity;
    const char *meaning;
    const char *remedy;
};

#define CHECK_RESTORE "restore a backup"
#define CHECK_RELOAD "dump the graph and load it into a new one"

/* name, id, severity, meaning, remedy */
#define CHECK_RULES(X)                                                                             \
    X(OPEN, "open", DAMAGE, "the graph opens", CHECK_RESTORE)                                      \
    X(PAGE_ORDER, "page-order", DAMAGE, "keys of a table ascend", CHECK_RESTORE)                   \
    X(PAGE_LOOKUP, "page-lookup", DAMAGE, "a row that is there is found by its key",               \
      CHECK_RESTORE)                                                                               \
    X(PAGE_COUNT, "page-count", DAMAGE, "a table has as many rows as it counts", CHECK_RESTORE)    \
    X(PAGE_SEAL, "page-seal", DAMAGE, "a row matches its checksum", CHECK_RESTORE)                 \
    X(PAGE_NUMBER, "page-number", DAMAGE, "a page bears its number and is used once",              \
      CHECK_RESTORE)                                                                               \
    X(PAGE_FREE, "page-free", DAMAGE,                                                              \
      "pages kept for reuse lie in the file, are listed once and hold no rows",                    \
      "stop writing; restore a backup")                                                            \
    X(PAGE_ROOTS, "page-roots", DAMAGE, "the two root pages were written one after the other",     \
      CHECK_RESTORE)                                                                               \
    X(PAGE_READ, "page-read", DAMAGE, "a table can be read to its end", CHECK_RESTORE)             \
    X(NODE_ROW, "node-row", DAMAGE, "a node's row decodes and matches its checksum",               \
      CHECK_RESTORE)                                                                               \
    X(NODE_RECORD, "node-record", DAMAGE, "a node's labels, key and properties are well formed",   \
      CHECK_RESTORE)                                                                               \
    X(NODE_ID, "node-id", DAMAGE, "node ids are below the next one to be given", CHECK_RESTORE)    \
    X(NODE_COMMIT, "node-commit", DAMAGE,                                                          \
      "nothing in a row is younger than the row says, nor than the newest commit", CHECK_RESTORE)  \
    X(NODE_DELETED, "node-deleted", DAMAGE, "a deleted node has no current edges", CHECK_RESTORE)  \
    X(NODE_KEY, "node-key", DERIVED, "every keyed node is found by its key", CHECK_RELOAD)         \
    X(KEY_NODE, "key-node", DERIVED, "a key leads to a node that is there and holds it",           \
      CHECK_RELOAD)                                                                                \
    X(GROUP_ORDER, "group-order", DAMAGE, "edges of a group ascend by start and id",               \
      CHECK_RESTORE)                                                                               \
    X(GROUP_COUNT, "group-count", DAMAGE, "a group counts the edges it has", CHECK_RESTORE)        \
    X(CHUNK_ROW, "chunk-row", DAMAGE, "a chunk decodes and matches its checksum", CHECK_RESTORE)   \
    X(CHUNK_KEY, "chunk-key", DAMAGE, "a chunk's key equals its first edge", CHECK_RESTORE)        \
    X(CHUNK_ORPHAN, "chunk-orphan", DAMAGE, "a chunk belongs to a group of a node",                \
      CHECK_RESTORE)                                                                               \
    X(EDGE_ENTRY, "edge-entry", DAMAGE, "an edge's type, properties and commits are well formed",  \
      CHECK_RESTORE)                                                                               \
    X(EDGE_END, "edge-end", DAMAGE, "the nodes at both ends of an edge are there", CHECK_RESTORE)  \
    X(EDGE_TWIN, "edge-twin", DAMAGE, "both ends of an edge say the same of it", CHECK_RESTORE)    \
    X(PAST_ROW, "past-row", DAMAGE, "a replaced version decodes and belongs to a node",            \
      CHECK_RESTORE)                                                                               \
    X(PAST_CHAIN, "past-chain", DAMAGE, "each version ends with the commit that begins the next",  \
      CHECK_RESTORE)                                                                               \
    X(INDEX_ENTRY, "index-entry", DERIVED, "the index finds every version of a node",              \
      CHECK_RELOAD)                                                                                \
    X(SYMBOL_DENSE, "symbol-dense", DAMAGE, "symbols are numbered without gaps", CHECK_RESTORE)    \
    X(SYMBOL_NAME, "symbol-name", DAMAGE, "a symbol's name is text and its only one",              \
      CHECK_RESTORE)                                                                               \
    X(COMMIT_DENSE, "commit-dense", DAMAGE,                                                        \
      "commits are numbered up to the newest without gaps but those that loads in slices leave",   \
      CHECK_RESTORE)                                                                               \
    X(COMMIT_TIME, "commit-time", DAMAGE, "commit times ascend", CHECK_RESTORE)                    \
    X(COUNT_TOTAL, "count-total", DERIVED, "nodes and edges are as many as counted",               \
      CHECK_RELOAD)                                                                                \
    X(COUNT_SYMBOL, "count-symbol", DERIVED, "each label and type is counted right",               \
      CHECK_RELOAD)                                                                                \
    X(COUNT_NEXT, "count-next", DAMAGE, "the next edge id is above all given", CHECK_RESTORE)      \
    X(COUNT_BEGIN, "count-begin", DERIVED, "no node begins later than the counters say",           \
      CHECK_RELOAD)

enum check_id {
#define X(name, id, severity, meaning, remedy) CHECK_##name,
    CHECK_RULES(X)
#undef X
    CHECK_COUNT_,
};

extern const struct check_rule check_rules[CHECK_COUNT_];
/* "damage" or "derived". */
const char *check_severity_name(enum check_severity severity);

struct check_finding {
    const struct check_rule *rule;
    const char *place; /* "node 17, out-edges of type 3"; never a key, which may be confidential */
    const char *what;
};

struct check;

/* A further table's own invariants: those of tags, and what callers above this folder bring. */
struct check_part {
    const char *name;
    const struct check_rule *rules;
    size_t n_rules;
    enum status (*run)(struct check *check, struct graph_txn *txn);
};

/* The parts of this folder, run by every check. */
extern const struct check_part *const check_parts[];
extern const size_t n_check_parts;

/* Reports a finding from a part. */
MUST_CHECK enum status check_found(struct check *check, const struct check_rule *rule,
                                   const char *place, const char *format, ...) PRINTF_LIKE(4, 5);

struct check_options {
    size_t max_findings;                  /* handed on; the rest is counted. 0: 100 */
    const struct check_part *const *parts; /* beside check_parts */
    size_t n_parts;
    enum status (*finding)(void *context, const struct check_finding *finding);
    void *context;
};

struct check_result {
    uint64_t n_findings; /* also those that were not handed on */
    bool truncated;
    uint64_t nodes, edges, versions; /* walked; versions: replaced ones of nodes and edges */
    uint64_t pages, leaked_pages;                /* leaked ones do no harm: compact frees them */
    uint64_t commit_seq;
};

/* STATUS_OK also with findings; anything else means that the check itself could not go on. */
MUST_CHECK enum status check_graph(struct check_result *result, struct graph *graph,
                                   const struct check_options *options);
