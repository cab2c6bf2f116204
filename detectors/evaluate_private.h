/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What evaluate.c and evaluate_read.c share. */

#include "detectors/evaluate.h"
#include "graph/tag.h"

#define NO_CODE UINT32_MAX /* of traps */

/* A member of a planted ring or trap, or the subject of a tag. */
struct mention {
    uint32_t code;   /* index, or NO_CODE */
    uint64_t ring;   /* of truth: line number; of tags: ring number, 0: none */
    uint64_t node;   /* node id; truth unknown to the graph: above 2^63 */
    struct slice key;
    enum tag_level level;
};

struct mentions {
    struct mention *items;
    size_t n, capacity;
};

struct reading {
    struct evaluation *out;
    struct graph_txn *txn;
    struct mentions truth, traps, tags;
    size_t codes_capacity;
    uint64_t line;
};

MUST_CHECK enum status mentions_add(struct mentions *list, const struct mention *mention);
/* Fills truth and traps from the file; errors name its line. */
MUST_CHECK enum status evaluate_read_truth(struct reading *reading, const char *path);
/* Fills tags: detectors' own, proposed or confirmed. */
MUST_CHECK enum status evaluate_read_tags(struct reading *reading);
