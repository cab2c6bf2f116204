/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Is a graph as it must be? For the end of tests that write. */

struct graph;

/* Aborts, printing the findings, where graph/check.h finds anything. */
void clean_graph(struct graph *graph);
