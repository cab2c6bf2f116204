/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What a command names that is no node: signal codes and rings. What is not there is said with the
 * command that lists what is. */

#include "graph/publication.h"
#include "graph/ring.h"

/* STATUS_NOT_FOUND: no detector finds the code, and no tag has it, not even a withdrawn one. */
MUST_CHECK enum status named_code(struct graph_txn *txn, const struct tag_view *view,
                                  const char *code);
/* The ring "R-000001" as the view has it, in `arena`; STATUS_NOT_FOUND where there is none. */
MUST_CHECK enum status named_ring(struct ring_record *ring, struct arena *arena,
                                  struct graph_txn *txn, const struct tag_view *view,
                                  const char *name);
