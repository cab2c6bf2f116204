/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What load.c and load_rows.c share; nothing else includes it. */

#include <stdio.h>

#include "graph/load.h"

#define SPACE_LABELS_MAX 16

struct load_space {
    struct load_space *next;
    struct slice name;
    uint32_t labels[SPACE_LABELS_MAX];
    uint32_t n_labels;
};

struct load {
    struct load_options options;
    struct graph *graph;
    const struct schema *schema;
    struct bulk *bulk;       /* one of these two */
    struct graph_txn *txn;
    struct load_space *spaces;
    struct arena arena;      /* spaces, and of a close */
    struct buf key, other_key, edge_key, reject_line;
    FILE *rejects;
    struct load_result result;
    struct slice source_name;
    bool hushed;             /* what there is to say was said */
};
