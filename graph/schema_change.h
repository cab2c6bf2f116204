/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The schema a graph is kept under: its text, and giving the graph another one. */

#include "graph/schema.h"

/* Lends the text (YAML) until the transaction ends; empty for an open schema. */
MUST_CHECK enum status graph_schema_text(struct slice *text, struct graph_txn *txn);
/*
 * Replaces the schema, in one commit; *changed is false where it is the same text. Stored keys stay
 * as they are: STATUS_CONFLICT where the new schema would make one of them differently. Whoever has
 * the graph open goes on under the old schema until it opens it again. The index is
 * made anew. Cost: all nodes are read.
 */
MUST_CHECK enum status graph_set_schema(bool *changed, struct graph *graph, struct slice text);
