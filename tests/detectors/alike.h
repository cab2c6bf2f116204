/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What two graphs are tagged with, as text to compare. */

#include "base/buf.h"
#include "graph/graph.h"

/* Fills `out` with every tag as it stands, every ring with its last event, and the last run. */
void alike_print(struct buf *out, struct graph *graph);
/* The first line that differs, for a person. */
void alike_explain(const struct buf *a, const struct buf *b);
