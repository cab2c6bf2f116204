/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of the check share; nothing outside the folder includes it. */

#include "graph/check.h"
#include "graph/private.h"

#define PLACE_BYTES 96

/* Sums of hashes over a set, the same in whatever order it is met. */
struct check_sum {
    uint64_t a, b, n;
};

void check_sum_add(struct check_sum *sum, uint64_t hash);

/* The two sides of one type's current or past edges. */
struct twin_sums {
    struct check_sum out, in;
};

struct check {
    struct graph_txn *txn;
    const struct check_options *options;
    struct check_result *result;
    size_t max_findings;
    struct graph_counts counts;
    struct pending pending;     /* what a load under way, or a dead one, has written so far */
    uint32_t n_symbols;
    uint64_t *expected;         /* live nodes and current edges by symbol */
    struct twin_sums *twins;    /* by type << 1 | past */
    struct check_sum node_keys, key_rows;
    unsigned char *present, *named; /* a bit per node id: has a row, is an edge's other end */
    uint64_t last_node;         /* highest id with a row */
    uint64_t last_edge;
    uint64_t live_nodes, current_edges, nodes_with_past;
    struct arena arena;
};

MUST_CHECK enum status check_report(struct check *check, enum check_id id, const char *place,
                                    const char *format, ...) PRINTF_LIKE(4, 5);
static inline bool bit_get(const unsigned char *bits, uint64_t at)
{
    return bits[at >> 3] >> (at & 7) & 1;
}

static inline void bit_set(unsigned char *bits, uint64_t at)
{
    bits[at >> 3] |= (unsigned char)(1 << (at & 7));
}

/* One entry of a group, with where it stands; for the pass and for the exact comparison. */
struct check_entry {
    struct node_id node;
    uint32_t code;
    const struct entry *entry;
};

/* Of a batch that is not yet seen (graph/pending.h): nobody counts it. */
static inline bool check_is_pending(const struct check *check, uint64_t commit)
{
    return check->pending.number && commit == check->pending.number;
}

/*
 * Whether others than the batch see the entry (a copy, at `at->entry`): as current, where the batch
 * ended it.
 */
bool check_sees(struct check_entry *at, struct entry *entry, const struct check *check);
/* What both ends of an edge version must say alike. */
uint64_t twin_hash(const struct check_entry *entry);
/* What ends the check itself, as opposed to what it finds. */
static inline bool check_stops(enum status status)
{
    return status == STATUS_NO_MEMORY || status == STATUS_IO || status == STATUS_RESTART;
}

/* Whether they decode, and their symbols ascend and are known. */
MUST_CHECK enum status properties_sound(bool *sound, struct check *check,
                                        struct slice properties);

/* Calls `visit` for the rows of a table, but for those whose seal is broken. */
typedef enum status row_visit(void *context, struct slice key, struct slice value);
MUST_CHECK enum status check_each_row(struct check *check, enum store_table table,
                                      row_visit *visit, void *context);
/* The pass over nodes, groups and chunks. */
MUST_CHECK enum status check_nodes(struct check *check);
/* Calls `visit` for all entries of those types (`wanted` by type << 1 | past), without checking. */
typedef enum status entry_visit(void *context, const struct check_entry *entry);
MUST_CHECK enum status check_visit_entries(struct check *check, const bool *wanted,
                                           entry_visit *visit, void *context);
MUST_CHECK enum status check_twins(struct check *check);
MUST_CHECK enum status check_keys(struct check *check);
MUST_CHECK enum status check_index(struct check *check);
MUST_CHECK enum status check_past(struct check *check);
MUST_CHECK enum status check_symbols(struct check *check);
MUST_CHECK enum status check_commits(struct check *check);
MUST_CHECK enum status check_counts(struct check *check);
