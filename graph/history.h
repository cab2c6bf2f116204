/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* History: the versions that a node's properties went through, as one moment sees them. */

#include "graph/node.h"

struct history_version {
    struct slice properties; /* lent, encoded; read with codec_find_property() */
    int64_t since_us;        /* when it began in the world; where nobody said, when it was learnt */
    bool deleted;
};

/*
 * Gives the versions in `arena`, in the order in which they were brought, that with the present
 * properties last. STATUS_NOT_FOUND: there never was such a node. Cost: one seek and a step per
 * version; none of it for a node without past.
 */
MUST_CHECK enum status history_load(struct history_version **out, size_t *n, struct arena *arena,
                                    struct graph_txn *txn, struct node_id id);
