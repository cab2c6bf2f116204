/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Windows of 30 days on one node with very many edges: counted, and read edge by edge.
 *
 *     bench_window DB LABEL KEY TYPE [DAYS]
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/rng.h"
#include "graph/catalog.h"
#include "graph/edge.h"
#include "tests/bench/bench.h"

#define CALLS 5000

struct hub {
    struct graph *graph;
    struct graph_txn *txn;
    struct node node;
    uint32_t type;
    int64_t first_us, last_us, window_us;
    uint64_t n_edges;
};

static void must(enum status status, const char *what)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "bench_window: %s: %s\n", what, error_detail());
    exit(1);
}

static struct edge_scan scan_from(const struct hub *hub, int64_t from_us, bool newest_first)
{
    return (struct edge_scan){ .type = hub->type, .direction = DIRECTION_IN, .from_us = from_us,
                               .before_us = from_us + hub->window_us,
                               .newest_first = newest_first };
}

static int64_t end_of(struct hub *hub, bool newest_first)
{
    struct edge_scan scan = EDGE_SCAN(hub->type, DIRECTION_IN);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };

    scan.newest_first = newest_first;
    edge_iter_start(&it, hub->txn, &hub->node, &scan);
    if (!edge_iter_next(&it)) {
        fprintf(stderr, "bench_window: no edges of that type end there\n");
        exit(1);
    }
    return it.edge.valid_from_us;
}

static void load_hub(struct hub *hub, const char *dir, const char *label, const char *key,
                     const char *type)
{
    struct catalog *catalog;
    struct node_id id;

    must(graph_open(&hub->graph, dir, NULL), dir);
    must(graph_read(&hub->txn, hub->graph, NULL), dir);
    catalog = graph_catalog(hub->graph);
    hub->type = catalog_find(catalog, slice_str(type));
    must(node_find(&id, hub->txn, catalog_find(catalog, slice_str(label)), slice_str(key)), key);
    must(node_load(&hub->node, hub->txn, id), key);
    hub->first_us = end_of(hub, false);
    hub->last_us = end_of(hub, true);
    must(edge_count(&hub->n_edges, hub->txn, &hub->node,
                    &(struct edge_scan)EDGE_SCAN(hub->type, DIRECTION_IN)), key);
}

static uint64_t count_window(struct hub *hub, int64_t from_us)
{
    struct edge_scan scan = scan_from(hub, from_us, false);
    uint64_t n = 0;

    must(edge_count(&n, hub->txn, &hub->node, &scan), "counting");
    return n;
}

static uint64_t walk_window(struct hub *hub, int64_t from_us)
{
    struct edge_scan scan = scan_from(hub, from_us, false);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    uint64_t n = 0;

    for (edge_iter_start(&it, hub->txn, &hub->node, &scan); edge_iter_next(&it);)
        n++;
    must(it.status, "walking");
    return n;
}

/* The node's row and a window, as a call of its own would read them. */
static void measure(struct hub *hub, const char *name,
                    uint64_t (*read)(struct hub *hub, int64_t from_us))
{
    static double times[CALLS];
    struct rng rng = rng_new(1);
    uint64_t met = 0;

    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < CALLS; i++) {
            int64_t from = rng_between(&rng, hub->first_us, hub->last_us - hub->window_us);
            double start = bench_now_us();

            must(node_load(&hub->node, hub->txn, hub->node.id), "loading");
            met += read(hub, from);
            times[i] = bench_now_us() - start;
        }
    printf("{\"edges\":%llu,\"edges_a_window\":%.0f}\n", (unsigned long long)hub->n_edges,
           (double)met / (2 * CALLS));
    bench_report("ringfence", name, times, CALLS);
}

int main(int argc, char **argv)
{
    struct hub hub = { 0 };

    if (argc < 5) {
        fprintf(stderr, "usage: bench_window DB LABEL KEY TYPE [DAYS]\n");
        return 2;
    }
    hub.window_us = (argc > 5 ? atoll(argv[5]) : 30) * US_PER_DAY;
    load_hub(&hub, argv[1], argv[2], argv[3], argv[4]);
    measure(&hub, "window, counted", count_window);
    measure(&hub, "window, read", walk_window);
    txn_end(hub.txn);
    graph_close(hub.graph);
    return 0;
}
