/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/fresh.h"

#include "tests/support/must.h"

struct graph *fresh_graph(const char *dir, struct slice schema,
                          const struct graph_options *options)
{
    struct graph *graph;

    must(graph_create(dir, schema, options));
    must(graph_open(&graph, dir, options));
    return graph;
}
