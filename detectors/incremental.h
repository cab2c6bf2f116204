/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Incremental runs: a detector looks at the subjects that changes since its last run can affect,
 * and finds of them what it would find looking at everything.
 *
 * The change log (graph/changes.h) names what was touched, and what begins, ends or ages between
 * the last T and this one; the detector's locality (detectors/locality.h) says how far that
 * reaches. Where a region grows beyond its bound the detector is run whole.
 */

#include "detectors/diff.h"
#include "detectors/locality.h"

struct incremental {
    struct graph_txn *txn;
    const struct params *params;
    const struct run *before;
    const struct tag_standings *standings; /* at T */
    struct tag_view view;                  /* of the predecessor */
    int64_t at_us;
    /* private: what changed, kept while detectors ask for the same */
    struct graph_txn *then;
    struct id_list tagged, untagged; /* whether somebody asked about has any tag */
    struct dirty dirty;
    struct run_examined since;
    int64_t windows[LOCALITY_WINDOWS * 2 + 2];
    bool known, cut;
};

void incremental_fini(struct incremental *incremental);
/* Ends its readers; what it knows stays. */
void incremental_close(struct incremental *incremental);
/* Keeps `txn`, which reads at the moment of the one before. */
MUST_CHECK enum status incremental_open(struct incremental *incremental, struct graph_txn *txn);
/* "D4@1 0123456789abcdef": what findings rest on beside the graph and T. In `text`. */
#define BASIS_MAX 48
MUST_CHECK enum status incremental_basis(char text[BASIS_MAX], const struct params *params,
                                         const struct detector *detector);
/*
 * Looks at what changed and adds the difference to `diff`. *why not NULL: it could not, and why;
 * then nothing was added. *n_subjects: how many it looked at. *ages: as of findings, of the
 * whole graph.
 */
MUST_CHECK enum status incremental_run(const char **why, size_t *n_subjects, bool *ages,
                                       struct incremental *incremental, struct diff *diff,
                                       const struct detector *detector, struct run_code *counts);
