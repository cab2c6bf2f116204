/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the two files of D8 share: guarantee_load.c for chains and loads, guarantee_circle.c. */

#include "detectors/guarantee_graph.h"

#define CIRCLE_CODE "GUARANTEE_CIRCLE"
#define MAX_PATH 16

struct load_params {
    int64_t min_length, max_length, attention_ratio, alert_ratio, max_out, min_block, min_size;
};

struct load_search {
    struct facts *facts;
    const struct load_params *params;
    struct findings *findings;
    struct guarantee_graph graph;
    /* chains */
    unsigned char *reach;  /* per node: edges that some walk from it has, up to max_length */
    unsigned char *on_path;
    uint32_t path[MAX_PATH + 1];
    uint32_t steps;
    bool cut;
    /* circles: undirected, without mass guarantors */
    uint32_t *first, *to;
    uint32_t *block_nodes; /* of the block at hand */
    uint32_t n_block;
    uint32_t *sets;        /* nodes in blocks that share a tagged one */
};

/* Appends the guarantees of one node for another to the evidence. */
MUST_CHECK enum status load_tell_guarantee(struct load_search *s, uint32_t from, uint32_t to);
/* Appends the findings of GUARANTEE_CIRCLE with their rings. O(nodes + edges). */
MUST_CHECK enum status circles_find(struct load_search *s);
