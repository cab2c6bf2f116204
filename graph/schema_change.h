/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The schema a graph is kept under: its text, and giving the graph another one. */

#include "graph/schema.h"

/* Lends the text (YAML) until the transaction ends; empty for an open schema. */
MUST_CHECK enum status graph_schema_text(struct slice *text, struct graph_txn *txn);
/*
 * STATUS_RESTART where the graph has another schema by now than when it was opened: then it must be
 * opened again. Writers ask this when they begin: under the old one they would drop the index that
 * was made for the new one. Cost: one read, a hash of the text.
 */
MUST_CHECK enum status graph_check_schema(struct graph_txn *txn);
/*
 * Replaces the schema and makes the index anew, in one commit; *changed is false where it is the
 * same text and there is an index. Stored keys stay as they are: STATUS_CONFLICT where the new
 * schema would make one of them differently. Whoever has the graph open, also here, reads on under
 * the old schema, and writes after it was opened again. Cost: all nodes are read.
 */
MUST_CHECK enum status graph_set_schema(bool *changed, struct graph *graph, struct slice text);
