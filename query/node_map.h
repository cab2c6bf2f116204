/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Nodes met by a search, numbered in the order they were met. Zeroed memory is an empty map. */

#include "base/buf.h"
#include "base/slots.h"

#define NODE_MAP_NONE UINT32_MAX

struct node_map {
    uint64_t *nodes; /* by number */
    size_t n, capacity;
    struct slots slots;
};

void node_map_fini(struct node_map *map);
/* The node's number; *added says whether it is new. O(1) on average. */
MUST_CHECK enum status node_map_add(uint32_t *number, bool *added, struct node_map *map,
                                    uint64_t node);
/* The node's number, or NODE_MAP_NONE. */
uint32_t node_map_find(const struct node_map *map, uint64_t node);
