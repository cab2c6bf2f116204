/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Tags as values to be printed: whole, and their evidence as paths that people read. */

#include "cli/subject.h"
#include "graph/publication.h"

enum tag_detail {
    TAG_DETAIL_FULL,      /* everything */
    TAG_DETAIL_CANONICAL, /* without run ids and clock times: equal for equal findings */
};

/* A map. `run`: the current publication's, for last_seen. */
MUST_CHECK enum status tag_value(struct value *out, struct arena *arena, struct graph_txn *txn,
                                 const struct run *run, const struct tag *tag,
                                 enum tag_detail detail);
/* Edges that follow each other share a line: A -[GUARANTEES 2026-01-05]-> B -[...]-> C */
MUST_CHECK enum status tag_paths(struct buf *out, struct graph_txn *txn, const struct tag *tag,
                                 const char *indent);
/* Until when the tag was seen: the last T at which it was found again. */
int64_t tag_last_seen(const struct run *run, const struct tag *tag);
/* The view at the transaction's moment, or as it was current at a clock time (TIME_MAX: now). */
MUST_CHECK enum status tag_view_at(struct tag_view *view, struct graph_txn *txn, int64_t clock_us);
