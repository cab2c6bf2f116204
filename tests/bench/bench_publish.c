/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Publishing many tags beside another writer: how long it takes, and how long the other waits.
 *
 * usage: bench_publish [TAGS]
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "graph/overlay.h"
#include "graph/publishing.h"
#include "tests/support/place.h"

#define WAITS_MAX 1000000

struct other {
    struct graph *graph;
    atomic_bool over;
    int64_t *waits;
    size_t n;
};

static void must(enum status status)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "bench_publish: %s\n", error_detail());
    exit(1);
}

/* Takes the write lock now and then, and measures how long that takes. */
static void *other_writer(void *context)
{
    struct other *other = context;
    const struct timespec pause = { 0, 2000000 };

    while (!atomic_load(&other->over) && other->n < WAITS_MAX) {
        int64_t start = time_monotonic_us();
        struct graph_txn *txn;

        must(graph_write(&txn, other->graph));
        other->waits[other->n++] = time_monotonic_us() - start;
        txn_end(txn);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

static int by_wait(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static void publish(struct graph *graph, uint64_t tags)
{
    AUTO(publishing_closep) struct publishing *publishing = NULL;
    struct tag_edge edges[3] = { { { 1 }, { 2 }, 1, 5, { 7 } }, { { 2 }, { 3 }, 1, 6, { 8 } },
                                 { { 3 }, { 1 }, 1, 7, { 9 } } };
    struct run run = { .kind = RUN_IMPORT, .next_ring = 1 };

    must(publishing_open(&publishing, graph));
    for (uint64_t i = 0; i < tags; i++) {
        struct tag tag = { .subject = { 1 + i }, .code = SLICE("SHARED_DEVICE"),
                           .origin = TAG_IMPORT, .level = TAG_ATTENTION, .score = 500000,
                           .ring = 1 + i / 5, .edges = edges, .n_edges = 3, .by = SLICE("D1@1"),
                           .parameters = SLICE("0123456789abcdef"), .expires_us = TIME_MAX };

        must(publishing_tag(publishing, &tag));
    }
    must(publishing_flip(publishing, &run));
}

int main(int argc, char **argv)
{
    uint64_t tags = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    AUTO(place_removep) char *place = place_new();
    struct graph_options options = { .map_size = (uint64_t)8 << 30 };
    struct other other = { .waits = calloc(WAITS_MAX, sizeof(int64_t)) };
    pthread_t thread;
    int64_t start;
    double seconds;

    if (!other.waits)
        return 1;
    must(graph_create(place_in(place, "db"), SLICE(""), &options));
    must(graph_open(&other.graph, place_in(place, "db"), &options));
    pthread_create(&thread, NULL, other_writer, &other);
    start = time_monotonic_us();
    publish(other.graph, tags);
    seconds = (double)(time_monotonic_us() - start) / 1e6;
    atomic_store(&other.over, true);
    pthread_join(thread, NULL);
    qsort(other.waits, other.n, sizeof *other.waits, by_wait);
    printf("%llu tags in %.2f s; another writer's wait over %zu turns: p50 %lld us, p99 %lld us, "
           "max %lld us\n", (unsigned long long)tags, seconds, other.n,
           (long long)other.waits[other.n / 2], (long long)other.waits[other.n * 99 / 100],
           (long long)other.waits[other.n - 1]);
    graph_close(other.graph);
    free(other.waits);
    return 0;
}
