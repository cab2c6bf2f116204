/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Graphs made for one test. */

#include "graph/graph.h"

/*
 * A new, open graph in the folder `dir`, which must not be there yet (place_in(place, "db")).
 * A schema of SLICE("") is none; NULL options are graph_create()'s. Close with graph_close();
 * place_remove() takes the folder away. Aborts on failure.
 */
struct graph *fresh_graph(const char *dir, struct slice schema,
                          const struct graph_options *options);
