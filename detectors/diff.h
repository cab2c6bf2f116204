/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What a run's findings change in the tags published before: tags to add, rewrite or withdraw,
 * and rings with their lineage. Reads the store, writes into a publishing.
 */

#include "detectors/detector.h"
#include "graph/publication.h"

struct elsewhere;
struct snapshot;

/* What an incremental run looked at: these subjects, and the rings they were in. */
struct diff_part {
    const struct node_id *subjects; /* ascending */
    size_t n_subjects;
    const uint64_t *rings;          /* ascending */
    size_t n_rings;
};

struct diff {
    struct publishing *publishing;   /* kept; NULL: only count */
    struct tag_view view;            /* of the predecessor */
    struct graph_txn *txn;
    const struct snapshot *snapshot; /* of the findings at hand */
    const struct diff_part *part;    /* NULL: all subjects were looked at */
    struct elsewhere *elsewhere;     /* learns who is tagged (detectors/elsewhere.h); or NULL */
    const struct params *params;
    const struct run *before;
    int64_t at_us;
    uint64_t next_ring;
    uint64_t n_before;               /* live tags there were, of the codes looked at */
    uint64_t rings_born, rings_gone;
    uint64_t *ring_numbers;          /* per ring of the findings at hand */
    size_t ring_numbers_capacity;
    struct arena arena;              /* for one detector */
    struct arena scratch;            /* for one tag */
};

/* Whether the part has the subject; no part (NULL) has all. O(log subjects). */
bool diff_part_has(const struct diff_part *part, struct node_id subject);

/* Keeps what it is given; diff->publishing and diff->view are set before. */
void diff_begin(struct diff *diff, struct graph_txn *txn, const struct params *params,
                const struct run *before, int64_t at_us);
void diff_fini(struct diff *diff);
/*
 * Compares the findings with the published tags of the detector's codes and adds the difference.
 * Fills `counts`, one per code in the detector's order. O(f log f) in findings and old tags; of a
 * part, in its subjects. Findings of others than the part's are left out.
 */
MUST_CHECK enum status diff_detector(struct diff *diff, const struct detector *detector,
                                     const struct findings *findings, struct run_code *counts);
