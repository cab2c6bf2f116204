/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Taking a run back: a new publication with the tags and rings as they stood before it. */

#include "graph/publication.h"

struct undo_report {
    uint64_t run;             /* the run that took it back */
    struct run_code *codes;   /* by code; in `arena` */
    size_t n_codes;
    struct arena arena;
};

void undo_report_fini(struct undo_report *report);

/*
 * Takes run `number` back, and with it those after it, which takes `force`. Fills `report` (zeroed
 * by the caller). What people said stays. Fails with STATUS_NOT_FOUND where there is no such run,
 * STATUS_CONFLICT where later ones followed and `force` is not given.
 */
MUST_CHECK enum status undo_run(struct undo_report *report, struct graph *graph, uint64_t number,
                                struct slice person, bool force);
