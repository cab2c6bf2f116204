/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hub is read at a commit as it was then, whatever lies on it since. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/rng.h"
#include "graph/catalog.h"
#include "graph/edge.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(newer, .fini = leaks_check);

#define OLD 900
#define NEW 900

struct hub {
    char *dir;
    struct graph *graph;
    struct graph_txn *txn;
    struct node_id hub, other;
    uint32_t plain, keyed;
    uint64_t then;          /* the commit with OLD edges of each type */
    int64_t starts[OLD];    /* of its edges, ascending */
};

static struct node_id add_node(struct hub *h, const char *key)
{
    struct node_input input = NODE_INPUT_INIT;
    struct node_id id;
    uint32_t label;

    OK(catalog_intern(&label, h->txn, SLICE("Device")));
    input.labels = &label;
    input.n_labels = 1;
    input.key_label = label;
    input.key = slice_str(key);
    OK(node_upsert(&id, NULL, h->txn, &input));
    return id;
}

static void add_edge(struct hub *h, uint32_t type, size_t key, int64_t valid_from_us)
{
    struct edge_input input = EDGE_INPUT_INIT;
    char text[24];

    input.type = type;
    input.from = h->other;
    input.to = h->hub;
    input.has_key = type == h->keyed;
    input.key = slice_of(text, (size_t)snprintf(text, sizeof text, "%zu", key));
    input.valid_from_us = valid_from_us;
    OK(edge_upsert(NULL, NULL, h->txn, &input));
}

/* Old edges start on days that divide by three. */
static struct hub make_hub(void)
{
    struct hub h = { .dir = place_new() };

    h.graph = fresh_graph(place_in(h.dir, "db"), SLICE(""), NULL);
    OK(graph_write(&h.txn, h.graph));
    OK(catalog_intern(&h.plain, h.txn, SLICE("PLAIN")));
    OK(catalog_intern(&h.keyed, h.txn, SLICE("KEYED")));
    h.hub = add_node(&h, "hub");
    h.other = add_node(&h, "other");
    for (size_t i = 0; i < OLD; i++) {
        h.starts[i] = (int64_t)(3 * i) * US_PER_DAY;
        add_edge(&h, h.plain, i, h.starts[i]);
        add_edge(&h, h.keyed, i, h.starts[i]);
    }
    OK(txn_commit(h.txn));
    OK(graph_read(&h.txn, h.graph, NULL));
    h.then = txn_counts(h.txn).commit_seq;
    txn_end(h.txn);
    return h;
}

/* New edges between the old ones and, chunk after chunk, behind them; some keyed ones change. */
static void add_newer(struct hub *h)
{
    OK(graph_write(&h->txn, h->graph));
    for (size_t i = 0; i < NEW; i++) {
        add_edge(h, h->plain, OLD + i, (int64_t)(3 * i + 1) * US_PER_DAY);
        add_edge(h, h->plain, OLD + i, (int64_t)(3 * OLD + i) * US_PER_DAY);
        if (i % 7 == 0)
            add_edge(h, h->keyed, i, (int64_t)(3 * i + 2) * US_PER_DAY);
    }
    OK(txn_commit(h->txn));
}

static void expect_window(struct hub *h, const struct node *node, const struct edge_scan *scan)
{
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    size_t first = 0, n = 0;
    uint64_t counted;

    while (first < OLD && h->starts[first] < scan->from_us)
        first++;
    while (first + n < OLD && h->starts[first + n] < scan->before_us)
        n++;
    for (edge_iter_start(&it, h->txn, node, scan); edge_iter_next(&it);) {
        size_t place = scan->newest_first ? first + n - 1 : first++;

        cr_assert_gt(n, 0);
        cr_assert_eq(it.edge.valid_from_us, h->starts[place]);
        n--;
    }
    OK(it.status);
    cr_assert_eq(n, 0, "%zu edges were not met", n);
    OK(edge_count(&counted, h->txn, node, scan));
    cr_assert_eq(counted, it.n_read);
}

Test(newer, rows_leave_a_hub_as_a_commit_saw_it)
{
    struct hub h = make_hub();
    struct rng rng = rng_new(3);
    struct moment then = { TIME_MAX, TIME_MAX, h.then };
    struct node node;

    add_newer(&h);
    OK(graph_read(&h.txn, h.graph, &then));
    OK(node_load(&node, h.txn, h.hub));
    for (int i = 0; i < 400; i++) {
        struct edge_scan scan = EDGE_SCAN(i % 2 ? h.plain : h.keyed, DIRECTION_IN);

        scan.newest_first = i % 4 / 2;
        if (i >= 4) {
            scan.from_us = (int64_t)rng_below(&rng, 3 * OLD) * US_PER_DAY;
            scan.before_us = scan.from_us + (int64_t)rng_below(&rng, 900) * US_PER_DAY;
        }
        expect_window(&h, &node, &scan);
    }
    txn_end(h.txn);
    graph_close(h.graph);
    place_remove(h.dir);
}
