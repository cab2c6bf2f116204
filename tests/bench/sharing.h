/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What SQL is compared with, as one would write it on top of the graph: who shares identifiers with
 * a party, along the schema's links to what it uses, and back.
 *
 * An identifier used by more parties than its cap links nobody and is counted as a hub. Edges count
 * where they had begun by `as_of_us` and, for those that hold, had not ended by `since_us`.
 * Cost: one seek a node met (identifiers, applications on the way), bounded by `max_reads` edges.
 */

#include "graph/edge.h"

struct sharing_options {
    int64_t as_of_us;
    int64_t since_us;   /* TIME_MIN: whenever */
    uint32_t cap;       /* parties; 0: the schema's candidate caps, by class and kind */
    uint64_t max_reads; /* edges; 0: 100,000 */
};

struct shared_party {
    struct node_id party;
    uint32_t n_identifiers;
};

struct sharing {
    struct shared_party *parties; /* most shared first, then by id */
    size_t n, capacity;
    uint64_t n_reads;
    uint32_t n_identifiers; /* that the party uses */
    uint32_t n_hubs;        /* of those, above their cap */
    bool truncated;         /* the read budget ended first */
};

/* Fills `out` (zeroed, or of an earlier call: its memory is used again). */
MUST_CHECK enum status sharing_find(struct sharing *out, struct graph_txn *txn,
                                    struct node_id party, const struct sharing_options *options);
void sharing_fini(struct sharing *sharing);
