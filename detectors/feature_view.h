/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What was published and said by a moment, so that a row never tells of what came later. */

#include "detectors/feature_work.h"
#include "graph/tag.h"

/* The runs and the entries of people there are, with their times. Zeroed memory is empty. */
struct feature_log {
    struct { int64_t finished_us, as_of_us; } *runs; /* run i + 1 */
    size_t n_runs, runs_capacity;
    int64_t *overlays;                               /* entry i + 1: when it was made */
    size_t n_overlays, overlays_capacity;
};

MUST_CHECK enum status feature_log_read(struct feature_log *log, struct graph_txn *txn);
void feature_log_fini(struct feature_log *log);

/* The newest publication finished by `known_at_us` that looks no further than T, and entries. */
struct tag_view feature_log_view(const struct feature_log *log, int64_t as_of_us,
                                 int64_t known_at_us);

/* Live tags of one party, or of all where `party` is 0, whose nodes the snapshot has. */
MUST_CHECK enum status feature_tags_read(struct feature_tags *tags, struct graph_txn *txn,
                                         const struct tag_view *view,
                                         const struct feature_table *table,
                                         const struct snapshot *snapshot, struct node_id party);
