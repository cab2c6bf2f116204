/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who shares identifiers with a party, by the graph's own reads, timed one by one (bench.h).
 *
 *     bench_read DB KEYS CAP [ANSWERS]
 *
 * KEYS holds one enterprise key a line; identifiers used by more than CAP parties are left out.
 */
#include <stdio.h>
#include <stdlib.h>

#include "graph/catalog.h"
#include "tests/bench/bench.h"
#include "tests/bench/sharing.h"

struct reads {
    struct graph *graph;
    uint32_t label;
    struct sharing_options options;
    struct sharing answers[2]; /* of each step; their memory is used again */
};

static void must(enum status status, const char *what)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "bench_read: %s: %s\n", what, error_detail());
    exit(1);
}

static void add_all(struct bench_answer *answer, struct graph_txn *txn,
                    const struct sharing *sharing, int deep)
{
    for (size_t i = 0; i < sharing->n; i++) {
        struct node node = { 0 };

        if (deep)
            must(node_load(&node, txn, sharing->parties[i].party), "a party");
        bench_answer_add(answer, node.key.data, node.key.size, sharing->parties[i].n_identifiers);
    }
}

/* One call as the approval flow makes it: a transaction, a key, the answer. */
static struct bench_answer ask(void *context, const char *key, unsigned steps, int deep)
{
    struct reads *reads = context;
    struct sharing *first = &reads->answers[0], *second = &reads->answers[1];
    struct bench_answer answer = { 0 };
    struct graph_txn *txn;
    struct node_id id;

    must(graph_read(&txn, reads->graph, NULL), "reading");
    must(node_find(&id, txn, reads->label, slice_str(key)), key);
    must(sharing_find(first, txn, id, &reads->options), key);
    add_all(&answer, txn, first, deep);
    for (size_t i = 0; i < first->n && steps > 1; i++) {
        must(sharing_find(second, txn, first->parties[i].party, &reads->options), key);
        add_all(&answer, txn, second, deep);
    }
    txn_end(txn);
    return answer;
}

int main(int argc, char **argv)
{
    struct reads reads = { .options = { .as_of_us = INT64_MAX / 2, .since_us = TIME_MIN } };
    struct bench_keys keys;

    if (argc < 4) {
        fprintf(stderr, "usage: bench_read DB KEYS CAP [ANSWERS]\n");
        return 2;
    }
    keys = bench_keys_read(argv[2]);
    reads.options.cap = (uint32_t)strtoul(argv[3], NULL, 10);
    must(graph_open(&reads.graph, argv[1], NULL), argv[1]);
    reads.label = catalog_find(graph_catalog(reads.graph), SLICE("Enterprise"));
    bench_reads(&(struct bench_system){ "ringfence", ask, &reads }, &keys,
                argc > 4 ? argv[4] : NULL);
    sharing_fini(&reads.answers[0]);
    sharing_fini(&reads.answers[1]);
    graph_close(reads.graph);
    free(keys.items);
    return 0;
}
