/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A whole graph as text, and back: one JSON object a line, drawn in docs/dump.md.
 *
 * Everything is kept: ids, names' numbers, every version of nodes and edges with its commits,
 * commit times, aliases, tags, rings, overlays, policies, decisions. A dump of the loaded graph
 * equals the dump it was loaded from. What is computed (counters, key index, in-edges) is computed
 * again.
 */

#include "base/buf.h"

struct graph;

struct dump_counts {
    uint64_t nodes, edges, versions, rows; /* rows: of the other tables */
};

/* Hands one line after another, each with its newline, to `line`; one read transaction. */
MUST_CHECK enum status dump_write(struct dump_counts *counts, struct graph *graph,
                                  enum status (*line)(void *context, struct slice text),
                                  void *context);
/*
 * Makes a graph in `dir` (which must hold none) from a dump ("-": standard input), in one
 * transaction, and checks it. After a failure nothing is left. STATUS_INVALID names the line.
 */
MUST_CHECK enum status dump_load(struct dump_counts *counts, const char *dir, const char *path);
