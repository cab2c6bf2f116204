/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bulk load against the same rows put in one by one: both graphs must read the same. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "graph/catalog.h"
#include "tests/graph/pair.h"
#include "tests/support/clean.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(bulk, .fini = leaks_check);

#define N_KEYS 60

static void run(uint64_t seed, unsigned n, unsigned hub_percent)
{
    struct pair pair = pair_open(N_KEYS);
    struct bulk_result again;

    fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
    for (uint64_t round = 0; round < 3; round++) {
        pair_load(&pair, seed * 10 + round, n, hub_percent);
        pair_compare(&pair);
        clean_graph(pair.single.graph);
    }
    /* Each load leaves properties as its own last rows say: only repeating it adds nothing. */
    again = pair_load_bulk(&pair, seed * 10 + 2, n, hub_percent);
    cr_assert(again.nodes_added == 0 && again.edges_added == 0);
    pair_close(&pair);
}

Test(bulk, equals_the_same_rows_put_in_one_by_one)
{
    for (uint64_t seed = 1; seed <= 25; seed++)
        run(seed, 60, 0);
}

Test(bulk, equals_one_by_one_around_a_hub)
{
    for (uint64_t seed = 50; seed < 54; seed++)
        run(seed, 400, 60);
}

Test(bulk, closing_an_unfinished_load_leaves_the_graph_as_it_was)
{
    struct target target = { 0 };
    char *dir = place_new();
    struct draw row = { .is_node = true };
    struct graph_txn *txn;

    target.graph = fresh_graph(place_in(dir, "a"), SLICE(""), NULL);
    OK(bulk_open(&target.bulk, target.graph, NULL));
    target_put(&target, &row);
    bulk_close(target.bulk);
    OK(graph_read(&txn, target.graph, NULL));
    cr_assert(txn_counts(txn).nodes == 0);
    cr_assert(catalog_find(graph_catalog(target.graph), SLICE("Enterprise")) == 0);
    txn_end(txn);
    graph_close(target.graph);
    place_remove(dir);
}
