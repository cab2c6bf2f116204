/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Of both files: region.c takes nodes and edges, region_walk.c knows what leads where. */

#include "detectors/region.h"

enum { DONE_GROUP = 1, DONE_USERS = 2, ABSENT = 4, IS_HUB = 64, IS_NO_HUB = 128 };

struct region_node {
    struct node_id id;
    uint64_t taken;      /* bits of types and directions whose edges were read */
    uint32_t label;
    unsigned kinds;      /* bits of kinds whose identifiers were followed to their users */
    unsigned char role;  /* enum label_role */
    unsigned char done;
};

/* *place in `nodes`; the node stays known as nothing where the graph has none (any more). */
MUST_CHECK enum status region_take_node(size_t *place, struct region *region, struct node_id id);
