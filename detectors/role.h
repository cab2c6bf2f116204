/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The edges of a role by one of their ends, whichever of the role's types they are. */

#include "detectors/facts.h"

struct role_table {
    const struct edge_table *table;
    struct adjacency by;
};

struct role_rows {
    struct role_table *items; /* one per type */
    size_t n;
    enum direction direction; /* in which a walk leaves the node */
};

void role_rows_fini(struct role_rows *rows);
MUST_CHECK enum status role_rows_init(struct role_rows *out, const struct facts *facts,
                                      const uint32_t *types, enum direction direction);

/* The edges of `node` that hold at a moment. Begin with the first three fields, the others zero. */
struct role_walk {
    const struct role_rows *rows;
    uint32_t node;
    int64_t at_us;
    uint32_t end;    /* of the present edge: the node at its other end, */
    uint32_t edge;   /* and its number */
    /* private */
    size_t type;
    uint32_t at;
};

bool role_next(struct role_walk *walk);
