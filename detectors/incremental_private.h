/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the two files share: incremental_changes.c knows what changed, incremental.c looks at it. */

#include "detectors/incremental.h"

/* Nodes and edges that may be read before looking at everything costs less. */
uint64_t incremental_max_reads(struct graph_txn *txn);
/*
 * Fills inc->dirty with what changed since; inc->cut: too much. Detectors mostly ran together and
 * ask for the same: then it is known already.
 */
MUST_CHECK enum status incremental_know(struct incremental *inc, const struct detector *detector,
                                        const struct run_examined *since);
