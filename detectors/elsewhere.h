/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Who has a tag of a family other than contagion: what a detector that comes after the others
 * asks for (FACT_ELSEWHERE). Of subjects and codes that a run looks at, its findings count; of
 * all others, and of tags that persons and imports set, what is published.
 */

#include "detectors/diff.h"

struct elsewhere {
    struct node_id *ids; /* ascending and each once after elsewhere_sort() */
    size_t n, capacity;
};

void elsewhere_fini(struct elsewhere *elsewhere);
/* After a diff: the findings, and outside its part what the detector's published tags say. */
MUST_CHECK enum status elsewhere_diffed(struct elsewhere *elsewhere, const struct diff *diff,
                                        const struct detector *detector,
                                        const struct findings *findings);
/* Adds what is published, but for detectors' tags of the codes of `run` (NULL-terminated). */
MUST_CHECK enum status elsewhere_published(struct elsewhere *elsewhere, struct graph_txn *txn,
                                           const struct tag_view *view,
                                           const struct detector *const *run);
void elsewhere_sort(struct elsewhere *elsewhere);
