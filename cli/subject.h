/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Nodes as they are named on the command line, and as they are shown. */

#include "cli/command.h"
#include "graph/node.h"

#define SUBJECTS_MAX 8

/*
 * The nodes that `text` names: LABEL:KEY, or a KEY under any label; keys are normalised by their
 * label's rule. At most SUBJECTS_MAX. STATUS_NOT_FOUND, with a detail, where there is none.
 */
MUST_CHECK enum status subject_find_all(struct node_id ids[SUBJECTS_MAX], size_t *n,
                                        struct graph_txn *txn, const char *text);
/*
 * The one node that `text` names. STATUS_NOT_FOUND, with a detail, where there is none;
 * STATUS_USAGE where several labels have that key (they are named).
 */
MUST_CHECK enum status subject_find(struct node_id *id, struct graph_txn *txn, const char *text);
/* A deleted node keeps its key, so it is found: then STATUS_NOT_FOUND, with a detail. */
MUST_CHECK enum status subject_check_live(struct graph_txn *txn, struct node_id id,
                                          const char *text);

/*
 * The node as it is or, once deleted, as it was last known: then lent by *before, which must be
 * NULL and is the caller's to end. STATUS_NOT_FOUND where nothing of it is kept.
 */
MUST_CHECK enum status subject_load(struct node *out, struct graph_txn **before,
                                    struct graph_txn *txn, struct node_id id);

/* {"label":..,"key":..} of a node, as subject_load() has it; lies in `arena`. */
MUST_CHECK enum status subject_value(struct value *out, struct arena *arena, struct graph_txn *txn,
                                     struct node_id id);
/* The same as text for people: "Enterprise 91440300MA5F..." */
MUST_CHECK enum status subject_text(struct value *out, struct arena *arena, struct graph_txn *txn,
                                    struct node_id id);
/* In the format of `output`: text in a table or CSV, an object in JSON. */
MUST_CHECK enum status subject_cell(struct value *out, struct arena *arena,
                                    const struct output *output, struct graph_txn *txn,
                                    struct node_id id);
