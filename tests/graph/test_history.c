/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Versions of a node as each of the three clocks sees them, and what a snapshot makes of them. */
#include <criterion/criterion.h>

#include "graph/catalog.h"
#include "graph/history.h"
#include "graph/schema.h"
#include "graph/snapshot.h"
#include "store/codec.h"
#include "tests/support/clean.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(history, .fini = leaks_check);

#define DAY US_PER_DAY

/* What became known of one firm, each line in a commit of its own. */
static const struct {
    const char *industry;
    int64_t valid_from, observed;
} brought[] = {
    { "F51", TIME_MIN, 5 * DAY },
    { "F52", 10 * DAY, 20 * DAY },
    { "f52", 15 * DAY, 21 * DAY },  /* the same but for its spelling: a version, no change */
    { "K70", 40 * DAY, 50 * DAY },
    { "F51", TIME_MIN, 60 * DAY },  /* back, and nobody said since when */
};

#define N_BROUGHT (sizeof brought / sizeof *brought)

static void store_firm(struct graph_txn *txn, size_t i)
{
    struct node_input input = NODE_INPUT_INIT;
    struct value_pair pair = { SLICE("industry"), value_text(slice_str(brought[i].industry)) };
    uint32_t label;

    OK(catalog_intern(&label, txn, SLICE("Enterprise")));
    input.labels = &label;
    input.n_labels = 1;
    input.key_label = label;
    input.key = SLICE("91440300MA5F8XYZ1A");
    input.properties = (struct value){ .type = VALUE_MAP, .count = 1, .pairs = &pair };
    input.valid_from_us = brought[i].valid_from;
    input.observed_us = brought[i].observed;
    OK(node_upsert(NULL, NULL, txn, &input));
}

static struct graph *make(char **place)
{
    struct graph_options options = { .map_size = 16 << 20 };
    struct graph *graph;

    *place = place_new();
    graph = fresh_graph(place_in(*place, "db"), schema_builtin_text(), &options);
    for (size_t i = 0; i < N_BROUGHT; i++) {
        struct graph_txn *txn;

        OK(graph_write(&txn, graph));
        store_firm(txn, i);
        OK(txn_commit(txn));
    }
    return graph;
}

static void expect(struct graph *graph, const struct moment *moment, const char *seen)
{
    struct graph_txn *txn;
    struct arena arena = { 0 };
    struct history_version *versions;
    uint32_t industry;
    size_t n;

    OK(graph_read(&txn, graph, moment));
    industry = catalog_find(graph_catalog(graph), SLICE("industry"));
    OK(history_load(&versions, &n, &arena, txn, (struct node_id){ 1 }));
    cr_assert_eq(n, strlen(seen), "%zu versions, expected %s", n, seen);
    for (size_t i = 0; i < n; i++) {
        size_t b = (size_t)(seen[i] - '0');
        struct value value;

        OK(codec_find_property(&value, &arena, versions[i].properties, industry));
        cr_assert(slice_equal(value_slice(&value), slice_str(brought[b].industry)));
        cr_assert_eq(versions[i].since_us, brought[b].valid_from == TIME_MIN
                                               ? brought[b].observed
                                               : brought[b].valid_from);
    }
    arena_fini(&arena);
    txn_end(txn);
}

Test(history, is_what_the_clocks_let_see)
{
    char *place;
    struct graph *graph = make(&place);
    uint64_t first;
    struct graph_txn *txn;

    OK(graph_read(&txn, graph, NULL));
    first = txn_counts(txn).commit_seq - N_BROUGHT + 1;
    txn_end(txn);
    expect(graph, &(struct moment){ 100 * DAY, TIME_MAX, 0 }, "01234");
    expect(graph, &(struct moment){ 12 * DAY, TIME_MAX, 0 }, "014");
    expect(graph, &(struct moment){ 100 * DAY, 30 * DAY, 0 }, "012");
    expect(graph, &(struct moment){ 100 * DAY, TIME_MAX, first + 1 }, "01");
    expect(graph, &(struct moment){ 100 * DAY, 4 * DAY, 0 }, "");
    graph_close(graph);
    place_remove(place);
}

Test(history, gives_the_snapshot_the_moments_at_which_a_text_became_another)
{
    static const int64_t changes[] = { 10 * DAY, 40 * DAY, 60 * DAY };
    struct moment moment = { 100 * DAY, TIME_MAX, 0 };
    struct snapshot *snapshot;
    struct graph_txn *txn;
    const int64_t *cells;
    char *place;
    struct graph *graph = make(&place);
    size_t n;

    OK(graph_read(&txn, graph, &moment));
    OK(snapshot_read(&snapshot, txn));
    cells = snapshot_cells(&n, snapshot, 0, NODE_INDUSTRY_CHANGED);
    cr_assert_eq(n, 3);
    cr_assert_arr_eq(cells, changes, sizeof changes);
    snapshot_cells(&n, snapshot, 0, NODE_NAME_CHANGED);
    cr_assert_eq(n, 0);
    snapshot_free(snapshot);
    txn_end(txn);
    graph_close(graph);
    place_remove(place);
}

/* A writer's own commit has no time yet: what it brings is learnt at the moment it looks at. */
Test(history, a_writer_meets_what_it_brings_itself)
{
    struct arena arena = { 0 };
    struct history_version *versions;
    struct graph_txn *txn;
    char *place;
    struct graph *graph = make(&place);
    struct node_input input = NODE_INPUT_INIT;
    struct value_pair pair = { SLICE("industry"), value_text(SLICE("K70")) };
    uint32_t label;
    size_t n;

    OK(graph_write(&txn, graph));
    OK(catalog_intern(&label, txn, SLICE("Enterprise")));
    input.labels = &label;
    input.n_labels = 1;
    input.key_label = label;
    input.key = SLICE("91440300MA5F8XYZ1A");
    input.properties = (struct value){ .type = VALUE_MAP, .count = 1, .pairs = &pair };
    OK(node_upsert(NULL, NULL, txn, &input));
    OK(history_load(&versions, &n, &arena, txn, (struct node_id){ 1 }));
    cr_assert_eq(n, N_BROUGHT + 1);
    cr_assert_eq(versions[N_BROUGHT].since_us, txn_moment(txn)->as_of_us);
    arena_fini(&arena);
    txn_end(txn);
    graph_close(graph);
    place_remove(place);
}
