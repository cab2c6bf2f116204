/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Importing into a populated graph beside another writer: how long it takes, how long the lock is
 * held at a time, and how long the other, who adds and commits now and then, waits for it.
 *
 * usage: bench_load DIR PATH...     DIR holds a graph, which gets the rows
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "graph/catalog.h"
#include "graph/import.h"
#include "graph/node.h"

#define WAITS_MAX 1000000

struct other {
    struct graph *graph;
    atomic_bool over;
    int64_t *waits, *commits;
    size_t n;
};

static void must(enum status status)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "bench_load: %s\n", error_detail());
    exit(1);
}

static void add_phone(struct graph_txn *txn, size_t number)
{
    struct node_input input = NODE_INPUT_INIT;
    char key[32];
    uint32_t label;

    must(catalog_intern(&label, txn, SLICE("Phone")));
    input.labels = &label;
    input.n_labels = 1;
    input.key_label = label;
    input.key = slice_of(key, (size_t)snprintf(key, sizeof key, "+99%zu", number));
    must(node_upsert(NULL, NULL, txn, &input));
}

/* One durable event every few milliseconds. */
static void *other_writer(void *context)
{
    struct other *other = context;
    const struct timespec pause = { 0, 2000000 };

    while (!atomic_load(&other->over) && other->n < WAITS_MAX) {
        int64_t start = time_monotonic_us(), begun;
        struct graph_txn *txn;

        must(graph_write(&txn, other->graph));
        begun = time_monotonic_us();
        add_phone(txn, other->n);
        must(txn_commit(txn));
        other->commits[other->n] = time_monotonic_us() - begun;
        other->waits[other->n++] = begun - start;
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static int by_wait(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void print(const char *what, int64_t *items, size_t n)
{
    qsort(items, n, sizeof *items, by_wait);
    if (n)
        printf("another writer %s, %zu times: p50 %lld us, p99 %lld us, max %lld us\n", what, n,
               (long long)items[n / 2], (long long)items[n * 99 / 100], (long long)items[n - 1]);
}

int main(int argc, char **argv)
{
    struct other other = { .waits = calloc(WAITS_MAX, sizeof(int64_t)),
                           .commits = calloc(WAITS_MAX, sizeof(int64_t)) };
    struct import_options import = { .paths = (const char *const *)argv + 2,
                                     .n_paths = (size_t)argc - 2 };
    struct load_result result;
    pthread_t thread;
    int64_t start;

    if (argc < 3 || !other.waits || !other.commits)
        return 2;
    log_set_quiet(true);
    must(graph_open(&other.graph, argv[1], NULL));
    pthread_create(&thread, NULL, other_writer, &other);
    start = time_monotonic_us();
    must(import_run(&result, other.graph, &import));
    printf("%llu nodes and %llu edges in %.2f s; %llu slices, %llu beyond %d us, the longest "
           "%lld us\n",
           (unsigned long long)result.nodes, (unsigned long long)result.edges,
           (double)(time_monotonic_us() - start) / 1e6, (unsigned long long)result.n_slices,
           (unsigned long long)result.n_long, TURN_HOLD_MAX_US,
           (long long)result.longest_us);
    atomic_store(&other.over, true);
    pthread_join(thread, NULL);
    print("waits", other.waits, other.n);
    print("commits", other.commits, other.n);
    graph_close(other.graph);
    free(other.waits);
    free(other.commits);
    return 0;
}
