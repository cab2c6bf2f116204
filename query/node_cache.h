/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The nodes read last: one place for each remainder of the id. */

#include "graph/node.h"

#define NODE_CACHE_SIZE 64

struct node_cache_entry {
    uint64_t id, generation;
    struct node node;
};

struct node_cache {
    struct node_cache_entry entries[NODE_CACHE_SIZE];
};
