/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Candidates of a scan in batches: a column of nodes, a selection vector of those that passed so
 * far, and columns of values made when they are asked for (properties stay encoded until then).
 *
 * Only while nothing writes: a batch lends what it read from the store.
 */

#include "graph/node.h"
#include "query/plan.h"

#define BATCH_ROWS 1024

struct run;

struct batch {
    uint32_t slot;      /* of the scanned variable */
    uint32_t n, wanted; /* rows; at how many it is passed on: small at first */
    uint32_t n_selected;
    uint16_t selected[BATCH_ROWS];
    struct node nodes[BATCH_ROWS];
};

/* Gives an empty batch for the operator's variable. */
MUST_CHECK enum status batch_new(struct batch **out, const struct op *op);
/* Adds a row; *full says that the batch is to be passed on. */
void batch_add(bool *full, struct batch *batch, const struct node *node);
/* Filters the rows, gives them to the next operator, and empties the batch. */
MUST_CHECK enum status batch_pass(struct run *run, const struct op *op, struct batch *batch);
/* The expression's values for the selected rows, in their order, in the scratch arena. */
MUST_CHECK enum status batch_column(struct value **out, struct run *run, struct batch *batch,
                                    const struct expr *expr);
