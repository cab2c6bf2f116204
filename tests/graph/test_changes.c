/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The change log: what is noted of a commit is read back, and any allocation may fail. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "graph/catalog.h"
#include "graph/changes.h"
#include "graph/edge.h"
#include "graph/private.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"
#include "tests/support/sweep.h"

#define N_NODES 40

static char *place;
static struct graph *graph;

static void setup(void)
{
    place = place_new();
    graph = fresh_graph(place_in(place, "db"), SLICE(""), NULL);
}

static void teardown(void)
{
    graph_close(graph);
    place_remove(place);
    leaks_check();
}

TestSuite(changes, .init = setup, .fini = teardown, .timeout = 60);

/* Nodes with a start on day 1, 2, ..., each with an edge to the one before. */
static enum status write_some(struct graph_txn *txn, int64_t shift_days)
{
    struct node_id before = { 0 }, id;
    uint32_t label, type;

    TRY(catalog_intern(&label, txn, SLICE("Firm")));
    TRY(catalog_intern(&type, txn, SLICE("PAYS")));
    for (int i = 1; i <= N_NODES; i++) {
        struct node_input node = NODE_INPUT_INIT;
        struct edge_input edge = EDGE_INPUT_INIT;
        char key[16];

        node.labels = &label;
        node.n_labels = 1;
        node.key_label = label;
        node.key = slice_of(key, (size_t)snprintf(key, sizeof key, "k%d", i));
        node.valid_from_us = (i + shift_days) * US_PER_DAY;
        TRY(node_upsert(&id, NULL, txn, &node));
        edge.type = type;
        edge.from = id;
        edge.to = before;
        edge.valid_from_us = (i + shift_days) * US_PER_DAY;
        if (before.value)
            TRY(edge_upsert(NULL, NULL, txn, &edge));
        before = id;
    }
    return STATUS_OK;
}

static void expect_all(struct graph_txn *txn, uint64_t since)
{
    struct changes changes = { 0 };

    OK(changes_since(&changes, txn, since, SIZE_MAX));
    changes_settle(&changes);
    cr_expect_eq(changes.n, N_NODES);
    changes_fini(&changes);
}

Test(changes, of_each_commit_and_day_are_read_back)
{
    struct graph_txn *txn;
    uint64_t first, second;
    bool complete;

    OK(graph_write(&txn, graph));
    OK(write_some(txn, 0));
    first = txn_counts(txn).commit_seq;
    OK(txn_commit(txn));
    OK(graph_write(&txn, graph));
    OK(write_some(txn, 100));
    second = txn_counts(txn).commit_seq;
    OK(txn_commit(txn));
    OK(graph_read(&txn, graph, NULL));
    expect_all(txn, first - 1);
    expect_all(txn, second - 1);
    OK(changes_complete(&complete, txn, first - 1));
    cr_expect(complete);
    for (int day = 1; day <= 100 + N_NODES; day++) {
        struct changes changes = { 0 };
        bool any = day <= N_NODES || day > 101; /* the first has no edge, nor anything new */

        OK(changes_between(&changes, txn, day * US_PER_DAY, day * US_PER_DAY, SIZE_MAX));
        changes_settle(&changes);
        cr_expect(changes.n == any, "day %d: %zu nodes", day, changes.n);
        changes_fini(&changes);
    }
    txn_end(txn);
}

static enum status read_back(struct graph_txn *txn)
{
    AUTO(changes_fini) struct changes changes = { 0 };
    unsigned char named[64] = { 0 };
    uint64_t bad_row;

    TRY(changes_since(&changes, txn, 0, SIZE_MAX));
    TRY(changes_between(&changes, txn, 0, 100 * US_PER_DAY, SIZE_MAX));
    changes_settle(&changes);
    TRY(changes_mark(named, &bad_row, txn, txn_counts(txn).next_node));
    return bad_row || changes.n != N_NODES ? fail(STATUS_CORRUPT, "%zu nodes", changes.n)
                                           : STATUS_OK;
}

static enum status write_and_read(void *context)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    (void)context;
    TRY(graph_write(&txn, graph));
    TRY(write_some(txn, 0));
    TRY(changes_flush(txn));
    return read_back(txn);
}

Test(changes, no_allocation_is_taken_for_granted)
{
    cr_expect_geq(sweep_allocations(write_and_read, NULL), 20);
}
