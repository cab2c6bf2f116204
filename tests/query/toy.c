/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/query/toy.h"

#include "tests/support/place.h"

#include <stdio.h>
#include <stdlib.h>

#define QUERIES_PER_GRAPH 20

static uint64_t state;

void toy_seed(uint64_t seed)
{
    state = seed;
}

/* splitmix64 (Steele, Lea, Flood 2014) */
int toy_below(int n)
{
    uint64_t z;

    state += 0x9e3779b97f4a7c15u;
    z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (int)((z ^ (z >> 31)) % (uint64_t)n);
}

static void make_nodes(struct toy *toy, struct buf *text)
{
    for (int i = 0; i < toy->n_nodes; i++) {
        struct toy_node node = { { toy_below(2), toy_below(2) }, toy_below(3), toy_below(4) - 1 };

        toy->nodes[i] = node;
        (void)!buf_printf(text, "%s(v%d%s%s {i: %d, x: %d", i ? ", " : "", i,
                          node.labels[0] ? ":A" : "", node.labels[1] ? ":B" : "", i, node.x);
        if (node.y >= 0)
            (void)!buf_printf(text, ", y: %d", node.y);
        (void)!buf_printf(text, "})");
    }
}

void toy_make(struct toy *toy, struct buf *text)
{
    toy->n_nodes = 2 + toy_below(TOY_NODES_MAX - 1);
    toy->n_edges = toy_below(TOY_EDGES_MAX + 1);
    (void)!buf_printf(text, "CREATE ");
    make_nodes(toy, text);
    for (int i = 0; i < toy->n_edges; i++) {
        struct toy_edge edge = { toy_below(toy->n_nodes), toy_below(toy->n_nodes), toy_below(2),
                                 toy_below(3) };

        toy->edges[i] = edge;
        (void)!buf_printf(text, ", (v%d)-[:%s {j: %d, w: %d}]->(v%d)", edge.from,
                          edge.type ? "S" : "R", i, edge.w, edge.to);
    }
}

enum status toy_run(struct graph_txn *txn, struct buf *text, struct answer *answer)
{
    AUTO(query_freep) struct query *query = NULL;
    /* Batches are for many rows: every other statement has them on these few, too. */
    struct query_prepare_options prepare = { .txn = txn, .batch_rows = toy_below(2) ? 0.001 : 0 };
    struct query_run_options options = { .row = answer_row, .context = answer,
                                         .allow_writes = true };
    struct query_stats stats;

    TRY(query_prepare(&query, buf_slice(text), &prepare));
    return query_run(query, txn, &options, &stats);
}

void toy_show(const struct buf *graph_text, const struct buf *text, size_t n_rows, size_t expected)
{
    printf("graph: %.*s\nquery: %.*s\n%zu rows, expected %zu\n", (int)graph_text->size,
           (const char *)graph_text->data, (int)text->size, (const char *)text->data, n_rows,
           expected);
}

/* In a transaction that is dropped afterwards. */
static bool one_graph(struct graph *graph, long *n_rows, toy_query *one)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(answer_fini) struct answer answer = { 0 };
    AUTO(buf_fini) struct buf text = { 0 };
    struct toy toy;

    toy_make(&toy, &text);
    if (graph_write(&txn, graph) != STATUS_OK || toy_run(txn, &text, &answer) != STATUS_OK) {
        printf("failed: %s\n", error_detail());
        return false;
    }
    for (int i = 0; i < QUERIES_PER_GRAPH; i++) {
        long n = one(&toy, txn, &text);

        if (n < 0)
            return false;
        *n_rows += n;
    }
    return true;
}

static bool all_graphs(struct graph *graph, long pairs, toy_query *one)
{
    long done, n_rows = 0;
    bool same = true;

    for (done = 0; done < pairs && same; done += QUERIES_PER_GRAPH)
        same = one_graph(graph, &n_rows, one);
    printf("%ld pairs of query and graph, %ld rows, %s\n", done, n_rows,
           same ? "no difference" : "a difference");
    return same;
}

int toy_main(int argc, char **argv, toy_query *one)
{
    const struct graph_options options = { .map_size = (uint64_t)64 << 20 };
    AUTO(place_removep) char *dir = place_new();
    const char *db = place_in(dir, "db");
    AUTO(graph_closep) struct graph *graph = NULL;
    bool same = false;

    toy_seed(argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
    if (graph_create(db, slice_of("", 0), &options) != STATUS_OK ||
        graph_open(&graph, db, &options) != STATUS_OK)
        printf("%s\n", error_detail());
    else
        same = all_graphs(graph, argc > 1 ? atol(argv[1]) : 5000, one);
    return same ? 0 : 1;
}
