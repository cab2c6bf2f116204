/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reads of a screening, timed one by one on a loaded graph.
 *
 *     bench_read DB KEYS CAP
 *
 * KEYS holds one enterprise key a line. For each: Q2, all parties that share an identifier used by
 * at most CAP parties with it, and Q3, two such steps. Prints a line a query with the median and
 * the 99th percentile in microseconds, and a digest of the answers ("key n sum" a line, hashed in
 * the order of KEYS) that other systems' answers are compared with.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "graph/catalog.h"
#include "graph/sharing.h"

#define LINE_MAX_BYTES 256

static void must(enum status status, const char *what)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "bench_read: %s: %s\n", what, error_detail());
    exit(1);
}

struct keys {
    char (*lines)[LINE_MAX_BYTES];
    size_t n, capacity;
};

static struct keys read_keys(const char *path)
{
    struct keys keys = { 0 };
    FILE *file = fopen(path, "r");
    char line[LINE_MAX_BYTES];

    if (!file) {
        perror(path);
        exit(1);
    }
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        must(array_reserve(&keys.lines, &keys.capacity, keys.n + 1), "reading keys");
        memcpy(keys.lines[keys.n++], line, sizeof line);
    }
    fclose(file);
    return keys;
}

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

struct totals {
    uint64_t parties, shared;
};

/* One call as the approval flow makes it: a transaction, a key, the answer. */
static struct totals ask(struct graph *graph, const char *key, uint32_t label, unsigned steps,
                         const struct sharing_options *options, struct sharing *answers)
{
    struct totals totals = { 0 };
    struct graph_txn *txn;
    struct node_id id;

    must(graph_read(&txn, graph, NULL), "reading");
    must(node_find(&id, txn, label, slice_str(key)), key);
    must(sharing_find(&answers[0], txn, id, options), key);
    for (size_t i = 0; i < answers[0].n; i++) {
        totals.parties++;
        totals.shared += answers[0].parties[i].n_identifiers;
        if (steps < 2)
            continue;
        must(sharing_find(&answers[1], txn, answers[0].parties[i].party, options), key);
        for (size_t k = 0; k < answers[1].n; k++) {
            totals.parties++;
            totals.shared += answers[1].parties[k].n_identifiers;
        }
    }
    txn_end(txn);
    return totals;
}

static void measure(struct graph *graph, const struct keys *keys, unsigned steps,
                    const struct sharing_options *options, const char *answers_path)
{
    uint32_t label = catalog_find(graph_catalog(graph), SLICE("Enterprise"));
    double *times = malloc(keys->n * sizeof *times);
    struct sharing answers[2] = { { 0 } };
    FILE *out = answers_path ? fopen(answers_path, "w") : NULL;

    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < keys->n; i++) {
            double start = now_us();
            struct totals totals = ask(graph, keys->lines[i], label, steps, options, answers);

            times[i] = now_us() - start;
            if (round && out)
                fprintf(out, "%s %llu %llu\n", keys->lines[i],
                        (unsigned long long)totals.parties, (unsigned long long)totals.shared);
        }
    qsort(times, keys->n, sizeof *times, by_size);
    printf("{\"system\":\"ringfence\",\"query\":\"Q%u\",\"calls\":%zu,\"p50_us\":%.1f,"
           "\"p99_us\":%.1f,\"max_us\":%.1f}\n",
           steps + 1, keys->n, times[keys->n / 2], times[keys->n * 99 / 100], times[keys->n - 1]);
    if (out)
        fclose(out);
    sharing_fini(&answers[0]);
    sharing_fini(&answers[1]);
    free(times);
}

int main(int argc, char **argv)
{
    struct sharing_options options = { .as_of_us = INT64_MAX / 2, .since_us = TIME_MIN };
    struct graph *graph;
    struct keys keys;

    if (argc < 4) {
        fprintf(stderr, "usage: bench_read DB KEYS CAP [ANSWERS]\n");
        return 2;
    }
    keys = read_keys(argv[2]);
    options.cap = (uint32_t)strtoul(argv[3], NULL, 10);
    must(graph_open(&graph, argv[1], NULL), argv[1]);
    measure(graph, &keys, 1, &options, argc > 4 ? argv[4] : NULL);
    measure(graph, &keys, 2, &options, NULL);
    graph_close(graph);
    free(keys.lines);
    return 0;
}
