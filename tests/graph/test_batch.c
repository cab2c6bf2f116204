/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads into a graph in use: written in slices, with other writers between, ended at any time. */

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "graph/dump.h"
#include "graph/edge.h"
#include "tests/graph/pair.h"
#include "tests/support/clean.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(batch, .fini = leaks_check);

/* ---- another writer, between the slices ------------------------------------------------------ */

#define OTHERS_MAX 4096

struct others {
    struct target target;
    struct rng rng;
    struct draw draws[OTHERS_MAX];
    size_t n, n_pauses;
    unsigned n_keys;
    size_t die_at; /* the pause at which the process ends; 0: none */
    const struct draw *rows; /* the load's, of which some are done as well */
    size_t n_rows;
};

/* An edge's ends are looked up when its row comes: whether both are there then. */
static bool has_ends(struct target *t, const struct draw *row)
{
    struct node_id id;

    return row->is_node || (target_find(&id, t, row->from) && target_find(&id, t, row->to));
}

static unsigned n_rows_of(const struct draw *rows, size_t n, int key)
{
    unsigned count = 0;

    for (size_t i = 0; i < n; i++)
        count += rows[i].is_node && rows[i].from == key;
    return count;
}

static void write_between(void *context)
{
    struct others *others = context;

    if (++others->n_pauses == others->die_at)
        _exit(0);
    if (others->n + 4 > OTHERS_MAX || rng_below(&others->rng, 3))
        return;
    OK(graph_write(&others->target.txn, others->target.graph));
    for (uint64_t i = 0, n = rng_below(&others->rng, 4); i < n; i++) {
        struct draw row = draw_row(&others->rng, others->n_keys, rng_below(&others->rng, 4) == 0,
                                   20);

        if (others->n_rows && rng_below(&others->rng, 2))
            row = others->rows[rng_below(&others->rng, others->n_rows)];
        row.other = true;
        row.dated = row.is_node && n_rows_of(others->rows, others->n_rows, row.from) < 2;
        if (row.edge_key >= 0)
            row.valid_from = TIME_MIN, row.valid_to = TIME_MAX;
        others->draws[others->n++] = row;
        target_put(&others->target, &row);
    }
    OK(txn_commit(others->target.txn));
}

/* Nodes of one row each are dated: of several rows of a node a bulk load makes one version. */
static void date_nodes(struct draw *rows, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        rows[i].dated = n_rows_of(rows, n, rows[i].from) == 1;
}

/* A load in small slices with writers between, against the writers' rows first, then the load's. */
static void load_beside(struct pair *pair, uint64_t seed, unsigned n, size_t units)
{
    struct target *single = &pair->single, *bulk = &pair->bulk;
    struct others *others = calloc(1, sizeof *others);
    struct draw *rows = calloc(3 * n, sizeof *rows);
    size_t n_rows = 0;
    struct bulk_options options = { .memory_bytes = 1, .observed_us = TIME_MIN,
                                    .slices = { units, write_between, others } };
    struct bulk_result result;
    struct rng rng = rng_new(seed);

    others->target.graph = bulk->graph;
    others->n_keys = pair->n_keys;
    others->rng = rng_new(seed + 1000000);
    OK(bulk_open(&bulk->bulk, bulk->graph, &options));
    for (unsigned i = 0; i < 3 * n; i++)
        rows[i] = draw_row(&rng, pair->n_keys, i < n, 20);
    date_nodes(rows, n);
    for (unsigned i = 0; i < 3 * n; i++) {
        target_put(bulk, &rows[i]);
        if (has_ends(bulk, &rows[i]))
            rows[n_rows++] = rows[i];
    }
    others->rows = rows;
    others->n_rows = n_rows;
    OK(bulk_finish(&result, bulk->bulk));
    bulk_close(bulk->bulk);
    bulk->bulk = NULL;
    cr_assert(result.n_slices > 5, "%llu slices", (unsigned long long)result.n_slices);
    OK(graph_write(&single->txn, single->graph));
    for (size_t i = 0; i < others->n; i++)
        target_put(single, &others->draws[i]);
    for (size_t i = 0; i < n_rows; i++)
        target_put(single, &rows[i]);
    OK(txn_commit(single->txn));
    free(rows);
    free(others);
}

Test(batch, beside_other_writers_equals_their_rows_first_and_then_its_own)
{
    for (uint64_t seed = 100; seed < 110; seed++) {
        /* Of few keys, rows mostly change keyed edges that are there. */
        struct pair pair = pair_open(seed % 2 ? 30 : 6);

        fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
        pair_load(&pair, seed, 30, 20);
        for (unsigned round = 0; round < 2; round++) {
            pair.n_keys += seed % 2 ? 25 : 1;
            load_beside(&pair, seed * 10 + round, 40, 1 + seed % 7);
            pair_compare(&pair);
        }
        pair_close(&pair);
    }
}

/* ---- a new node that another writer dates ahead ---------------------------------------------- */

struct dater {
    struct target target;
    unsigned n_pauses, at; /* the pause at which it writes */
};

static void date_ahead(void *context)
{
    struct draw row = { .is_node = true, .dated = true, .valid_from = 40000 * US_PER_DAY };
    struct dater *dater = context;

    if (++dater->n_pauses != dater->at)
        return;
    OK(graph_write(&dater->target.txn, dater->target.graph));
    target_put(&dater->target, &row);
    OK(txn_commit(dater->target.txn));
}

/* Another writer adds the first of the load's nodes at one of its pauses; false behind the last. */
static bool load_beside_dater(unsigned at)
{
    struct target target = { 0 };
    struct dater dater = { .at = at };
    struct bulk_options options = { .observed_us = TIME_MIN, .slices = { 1, date_ahead, &dater } };
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct bulk_result result;
    char *dir = place_new();

    target.graph = dater.target.graph = fresh_graph(place_in(dir, "a"), SLICE(""), NULL);
    OK(graph_write(&target.txn, target.graph));
    target_put(&target, &(struct draw){ .is_node = true, .from = 4 });
    OK(txn_commit(target.txn));
    OK(bulk_open(&target.bulk, target.graph, &options));
    for (int i = 0; i < 4; i++)
        target_put(&target, &(struct draw){ .is_node = true, .from = i });
    OK(bulk_finish(&result, target.bulk));
    bulk_close(target.bulk);
    OK(graph_read(&txn, target.graph, NULL));
    cr_assert(dater.n_pauses < at || !txn_all_begun(txn), "pause %u", at);
    txn_end(txn);
    txn = NULL;
    clean_graph(target.graph);
    graph_close(target.graph);
    place_remove(dir);
    return dater.n_pauses >= at;
}

Test(batch, a_node_of_a_load_that_another_writer_dates_ahead_begins_then)
{
    unsigned at = 1;

    while (load_beside_dater(at))
        at++;
    cr_assert(at > 8, "%u pauses", at);
}

/* ---- deleting what a load changes ------------------------------------------------------------ */

static void edge_of_load(struct draw *row, int weight)
{
    *row = (struct draw){ .from = 0, .to = 1, .edge_key = 0, .weight = weight, .mark = 0,
                          .valid_from = TIME_MIN, .valid_to = TIME_MAX };
}

struct deleter {
    struct target target;
    unsigned n_refused, n_pauses;
};

/* Tries, and drops what it did. */
static void try_to_delete(void *context)
{
    struct deleter *deleter = context;
    const struct edge_scan scan = EDGE_SCAN(0, DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it = { 0 };
    enum status status;
    struct node_id id;
    struct node from;

    OK(graph_write(&deleter->target.txn, deleter->target.graph));
    cr_assert(target_find(&id, &deleter->target, 0));
    OK(node_load(&from, deleter->target.txn, id));
    edge_iter_start(&it, deleter->target.txn, &from, &scan);
    cr_assert(edge_iter_next(&it));
    status = edge_delete(deleter->target.txn, &it.edge);
    cr_assert(status == STATUS_OK || status == STATUS_CONFLICT, "%s", error_detail());
    deleter->n_refused += status == STATUS_CONFLICT;
    edge_iter_stop(&it);
    it = (struct edge_iter){ 0 };
    txn_end(deleter->target.txn);
}

/* A graph of two nodes and an edge, into which a load has begun beside the deleter. */
static void begin_beside(struct target *target, struct deleter *deleter,
                         const struct bulk_options *options, const char *dir)
{
    struct draw row;

    target->graph = fresh_graph(place_in(dir, "a"), SLICE(""), NULL);
    deleter->target.graph = target->graph;
    OK(graph_write(&target->txn, target->graph));
    for (int i = 0; i < 2; i++)
        target_put(target, &(struct draw){ .is_node = true, .from = i });
    edge_of_load(&row, 1);
    target_put(target, &row);
    OK(txn_commit(target->txn));
    OK(bulk_open(&target->bulk, target->graph, options));
}

Test(batch, an_edge_that_a_load_changes_can_not_be_deleted_meanwhile)
{
    struct target target = { 0 };
    struct deleter deleter = { 0 };
    struct bulk_options options = { .observed_us = TIME_MIN,
                                    .slices = { 1, try_to_delete, &deleter } };
    struct bulk_result result;
    char *dir = place_new();
    struct draw row;

    begin_beside(&target, &deleter, &options, dir);
    edge_of_load(&row, 2);
    target_put(&target, &row);
    row.to = 0; /* another slice */
    target_put(&target, &row);
    OK(bulk_finish(&result, target.bulk));
    bulk_close(target.bulk);
    cr_assert(result.edges_changed == 1 && result.edges_added == 1);
    cr_assert(deleter.n_refused > 0);
    clean_graph(target.graph);
    graph_close(target.graph);
    place_remove(dir);
}

/* Deletes the node of key 1, where the edges of the load have been compared already. */
static void delete_second_time(void *context)
{
    struct deleter *deleter = context;
    struct node_id id;

    if (++deleter->n_pauses != 2)
        return;
    OK(graph_write(&deleter->target.txn, deleter->target.graph));
    cr_assert(target_find(&id, &deleter->target, 1));
    OK(node_delete(NULL, deleter->target.txn, id, true));
    OK(txn_commit(deleter->target.txn));
}

Test(batch, a_node_at_a_changed_edge_that_is_deleted_meanwhile_ends_the_load)
{
    struct target target = { 0 };
    struct deleter deleter = { 0 };
    struct bulk_options options = { .observed_us = TIME_MIN,
                                    .slices = { 1, delete_second_time, &deleter } };
    struct bulk_result result;
    char *dir = place_new();
    struct draw row;

    begin_beside(&target, &deleter, &options, dir);
    target_put(&target, &(struct draw){ .is_node = true, .from = 7 }); /* in a slice before */
    edge_of_load(&row, 2);
    target_put(&target, &row);
    cr_assert_eq(bulk_finish(&result, target.bulk), STATUS_CONFLICT, "%s", error_detail());
    bulk_close(target.bulk);
    cr_assert_geq(deleter.n_pauses, 2);
    clean_graph(target.graph);
    graph_close(target.graph);
    place_remove(dir);
}

/* ---- loads that die -------------------------------------------------------------------------- */

/* In a process of its own, which ends at a pause or, if there are fewer, with the load done. */
static bool load_and_die(const char *dir, unsigned n_keys, uint64_t seed, size_t die_at)
{
    struct others others = { .die_at = die_at, .n = OTHERS_MAX };
    struct bulk_options options = { .memory_bytes = 1, .observed_us = TIME_MIN,
                                    .slices = { 3, write_between, &others } };
    pid_t child = fork();
    int status;

    if (child == 0) {
        struct target bulk = { 0 };
        struct bulk_result result;
        struct rng rng = rng_new(seed);

        OK(graph_open(&bulk.graph, dir, NULL));
        OK(bulk_open(&bulk.bulk, bulk.graph, &options));
        for (unsigned i = 0; i < 120; i++) {
            struct draw row = draw_row(&rng, n_keys, i < 40, 40);

            row.dated = row.is_node;
            target_put(&bulk, &row);
        }
        OK(bulk_finish(&result, bulk.bulk));
        _exit(1);
    }
    cr_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
}

/* All but the change log, which may say more than is so. */
static enum status gather(void *context, struct slice line)
{
    if (memmem(line.data, line.size, "\"table\":\"change\"", 16) ||
        memmem(line.data, line.size, "\"end\":", 6))
        return STATUS_OK;
    return buf_append_slice(context, line);
}

/* A dump says the same before and after a dead load is swept. */
static void compare_dumps(struct graph *graph)
{
    AUTO(buf_fini) struct buf before = { 0 };
    AUTO(buf_fini) struct buf after = { 0 };
    struct dump_counts counts;
    struct bulk *bulk;

    OK(dump_write(&counts, graph, gather, &before));
    OK(bulk_open(&bulk, graph, NULL));
    bulk_close(bulk);
    OK(dump_write(&counts, graph, gather, &after));
    cr_assert(slice_equal(buf_slice(&before), buf_slice(&after)));
}

/* Dead at any pause, a load leaves the graph as it was; the next one finds it so. */
Test(batch, a_load_that_dies_leaves_the_graph_as_it_was)
{
    bool died = true;

    for (size_t die_at = 1; died && die_at < 400; die_at += 1 + die_at / 3) {
        struct pair pair = pair_open(die_at % 2 ? 30 : 6);
        char path[4096];

        pair_load(&pair, 7, 30, 20);
        snprintf(path, sizeof path, "%s", graph_dir(pair.bulk.graph));
        graph_close(pair.bulk.graph);
        pair.n_keys = die_at % 2 ? 50 : 7;
        died = load_and_die(path, pair.n_keys, die_at, die_at);
        OK(graph_open(&pair.bulk.graph, path, NULL));
        clean_graph(pair.bulk.graph);
        if (died) {
            pair_compare(&pair);
            if (die_at % 4 < 2)
                compare_dumps(pair.bulk.graph);
            load_beside(&pair, 90 + die_at, 20, 5);
            pair_compare(&pair);
        }
        pair_close(&pair);
    }
}
