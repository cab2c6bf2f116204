/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/census.h"

#include <stdlib.h>

#include "graph/catalog.h"
#include "graph/edge.h"

void census_fini(struct census *census)
{
    free(census->by_symbol);
    *census = (struct census){ 0 };
}

static void count(struct census *census, uint32_t symbol)
{
    if (symbol <= census->n_symbols)
        census->by_symbol[symbol]++;
}

/* An edge may be known, or begin, before the node at its end: then it leads nowhere yet. */
static enum status count_edges(struct census *census, struct graph_txn *txn,
                               const struct node *node, bool only_active)
{
    static const struct edge_scan scan = EDGE_SCAN(0, DIRECTION_OUT);
    int64_t at_us = txn_moment(txn)->as_of_us;
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };

    for (edge_iter_start(&it, txn, node, &scan); edge_iter_next(&it);) {
        uint32_t type = it.edge.type;
        bool there;

        if (only_active && !edge_active(&it.edge, at_us))
            continue;
        TRY(node_is_there(&there, txn, it.edge.to));
        census->edges += there;
        if (there)
            count(census, type);
    }
    return it.status;
}

enum status census_take(struct census *out, struct graph_txn *txn, bool only_active)
{
    AUTO(census_fini) struct census census = { 0 };
    AUTO(node_iter_stop) struct node_iter it = { 0 };

    census.n_symbols = catalog_size(graph_catalog(txn_graph(txn)));
    census.by_symbol = calloc(census.n_symbols + 1, sizeof *census.by_symbol);
    if (!census.by_symbol)
        return fail_memory((census.n_symbols + 1) * sizeof *census.by_symbol);
    for (node_iter_start(&it, txn, 0); node_iter_next(&it);) {
        census.nodes++;
        for (uint32_t i = 0; i < it.node.n_labels; i++)
            count(&census, it.node.labels[i]);
        TRY(count_edges(&census, txn, &it.node, only_active));
    }
    TRY(it.status);
    *out = census;
    census = (struct census){ 0 };
    return STATUS_OK;
}
