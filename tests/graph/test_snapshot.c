/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts that were read apart, joined in their order, against the same put into one builder. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/rng.h"
#include "graph/catalog.h"
#include "graph/snapshot_private.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(snapshot, .fini = leaks_check);

#define N_PARTS 6
#define NODES_EACH 40u
#define TYPES 3u
#define HIGHEST (2u * N_PARTS * NODES_EACH)

static struct slice word(char buffer[16], struct rng *rng, unsigned of)
{
    int n = snprintf(buffer, 16, "w%u", (unsigned)rng_below(rng, of));

    return slice_of(buffer, (size_t)n);
}

/* The same node with its edges, whatever builder it is for. */
static void add_node(struct snapshot_builder *builder, uint64_t id, uint64_t seed)
{
    struct rng rng = rng_at(seed, 0, id);
    char buffer[16];

    OK(snapshot_add_node(builder, (struct node_id){ id }, (uint32_t)rng_below(&rng, 4),
                         LABEL_PRINCIPAL, word(buffer, &rng, 1000)));
    if (rng_below(&rng, 2))
        OK(snapshot_node_text(builder, NODE_STATUS, word(buffer, &rng, 8)));
    if (rng_below(&rng, 3) == 0)
        OK(snapshot_node_cell(builder, NODE_AMOUNT, (int64_t)rng_below(&rng, 100)));
    for (unsigned n = (unsigned)rng_below(&rng, 5); n; n--) {
        uint32_t type = 1 + (uint32_t)rng_below(&rng, TYPES);

        OK(snapshot_add_edge(builder, type, (struct node_id){ id },
                             (struct node_id){ 1 + rng_below(&rng, HIGHEST) },
                             (int64_t)rng_below(&rng, 9), TIME_MAX,
                             (struct edge_id){ 100 * id + n }));
        /* Columns that some ranges lack, so that they begin in the middle or end before. */
        if (type == 2 && id % 90 < 30)
            OK(snapshot_edge_text(builder, EDGE_ROLE, word(buffer, &rng, 5)));
        if (type == 3 && id > HIGHEST / 2)
            OK(snapshot_edge_cell(builder, EDGE_RATIO, (int64_t)rng_below(&rng, 7)));
    }
}

/* Every other id, so that some ends are unknown. */
static void add_range(struct snapshot_builder *builder, unsigned range, uint64_t seed)
{
    for (unsigned i = 0; i < NODES_EACH; i++)
        add_node(builder, 2 * (range * NODES_EACH + i) + 1, seed);
}

static void compare_texts(const struct snapshot *a, int64_t x, const struct snapshot *b, int64_t y,
                          uint64_t seed)
{
    cr_assert_eq(x == CELL_ABSENT, y == CELL_ABSENT, "seed %" PRIu64, seed);
    cr_assert(slice_equal(snapshot_text(a, x), snapshot_text(b, y)), "seed %" PRIu64, seed);
}

static void compare_nodes(const struct snapshot *a, const struct snapshot *b, uint64_t seed)
{
    cr_assert_eq(a->n_nodes, b->n_nodes, "seed %" PRIu64, seed);
    for (uint32_t i = 0; i < a->n_nodes; i++) {
        cr_assert(a->ids[i] == b->ids[i] && a->labels[i] == b->labels[i] &&
                      a->roles[i] == b->roles[i] &&
                      slice_equal(snapshot_key(a, i), snapshot_key(b, i)) &&
                      snapshot_cell(a, i, NODE_AMOUNT) == snapshot_cell(b, i, NODE_AMOUNT),
                  "node %u, seed %" PRIu64, i, seed);
        compare_texts(a, snapshot_cell(a, i, NODE_STATUS), b, snapshot_cell(b, i, NODE_STATUS),
                      seed);
    }
}

static void compare_edges(const struct snapshot *a, const struct snapshot *b, uint64_t seed)
{
    cr_assert_eq(a->n_tables, b->n_tables, "seed %" PRIu64, seed);
    cr_assert_eq(a->n_edges, b->n_edges, "seed %" PRIu64, seed);
    for (size_t t = 0; t < a->n_tables; t++) {
        const struct edge_table *x = &a->tables[t], *y = &b->tables[t];

        cr_assert(x->type == y->type && x->n == y->n && x->base == y->base, "seed %" PRIu64, seed);
        for (uint32_t row = 0; row < x->n; row++) {
            cr_assert(x->from[row] == y->from[row] && x->to[row] == y->to[row] &&
                          x->start[row] == y->start[row] && x->end[row] == y->end[row] &&
                          x->ids[row] == y->ids[row] &&
                          edge_cell(x, row, EDGE_RATIO) == edge_cell(y, row, EDGE_RATIO),
                      "row %u, seed %" PRIu64, row, seed);
            compare_texts(a, edge_cell(x, row, EDGE_ROLE), b, edge_cell(y, row, EDGE_ROLE), seed);
        }
    }
}

/* `shift`: the range that comes first, so that ids may not be ascending. */
static void parts_are_as_one(uint64_t seed, unsigned shift)
{
    AUTO(snapshot_freep) struct snapshot *joined = NULL;
    AUTO(snapshot_freep) struct snapshot *single = NULL;
    AUTO(snapshot_abandonp) struct snapshot_builder *part = NULL;
    struct snapshot_builder *all, *one;

    OK(snapshot_begin(&all));
    OK(snapshot_begin(&one));
    OK(snapshot_begin(&part));
    for (unsigned i = 0; i < N_PARTS; i++) {
        unsigned range = (i + shift) % N_PARTS;

        add_range(part, range, seed);
        add_range(one, range, seed);
        OK(snapshot_join(all, part));
        cr_assert_eq(part->n_nodes, 0);
    }
    OK(snapshot_finish(&joined, all));
    OK(snapshot_finish(&single, one));
    compare_nodes(joined, single, seed);
    compare_edges(joined, single, seed);
}

Test(snapshot, parts_joined_in_order_are_as_one)
{
    for (uint64_t seed = 1; seed <= 40; seed++)
        parts_are_as_one(seed, 0);
}

Test(snapshot, parts_whose_ids_do_not_ascend_are_put_in_order)
{
    for (uint64_t seed = 1; seed <= 40; seed++)
        parts_are_as_one(seed, 1 + (unsigned)seed % (N_PARTS - 1));
}

Test(snapshot, edges_without_a_known_end_are_left_out)
{
    AUTO(snapshot_freep) struct snapshot *snapshot = NULL;
    struct snapshot_builder *builder;

    OK(snapshot_begin(&builder));
    for (uint64_t id = 1; id <= 3; id++)
        OK(snapshot_add_node(builder, (struct node_id){ id }, 1, LABEL_PRINCIPAL, SLICE("k")));
    for (uint64_t i = 0; i < 6; i++)
        OK(snapshot_add_edge(builder, 7, (struct node_id){ 1 + i / 2 },
                             (struct node_id){ i % 2 ? 9 : 3 - i / 2 }, 5, TIME_MAX,
                             (struct edge_id){ 10 + i }));
    OK(snapshot_finish(&snapshot, builder));
    cr_assert_eq(snapshot->n_edges, 3);
    for (uint32_t row = 0; row < 3; row++) {
        cr_assert_eq(snapshot->tables[0].from[row], row);
        cr_assert_eq(snapshot->tables[0].to[row], 2 - row);
        cr_assert_eq(snapshot->tables[0].ids[row], 10 + 2 * row);
    }
}

static struct node_id store_firm(struct graph_txn *txn, struct slice key, struct slice property,
                                 struct slice text)
{
    struct node_input input = NODE_INPUT_INIT;
    struct node_id id;
    struct value_pair pair = { property, value_text(text) };
    uint32_t label;

    OK(catalog_intern(&label, txn, SLICE("Enterprise")));
    input.labels = &label;
    input.n_labels = 1;
    input.key_label = label;
    input.key = key;
    input.properties = (struct value){ .type = VALUE_MAP, .count = 1, .pairs = &pair };
    OK(node_upsert(&id, NULL, txn, &input));
    return id;
}

/* Whether the firm, taken alone, has that text in the column. */
static bool is_taken(struct graph_txn *txn, struct node_id firm, enum node_column column,
                     struct slice text)
{
    AUTO(snapshot_freep) struct snapshot *snapshot = NULL;
    struct snapshot_builder *builder;
    struct node node;

    OK(node_load(&node, txn, firm));
    OK(snapshot_begin(&builder));
    OK(snapshot_take_node(builder, txn, &node));
    OK(snapshot_finish(&snapshot, builder));
    return slice_equal(snapshot_text(snapshot, snapshot_cell(snapshot, 0, column)), text);
}

Test(snapshot, names_that_came_since_are_taken_by_who_builds_next)
{
    struct graph_options options = { .map_size = 16 << 20 };
    char *place = place_new();
    struct graph *graph = fresh_graph(place_in(place, "db"), schema_builtin_text(), &options);
    struct graph_txn *txn;
    struct node_id firm;
    uint32_t symbol;

    OK(graph_write(&txn, graph));
    firm = store_firm(txn, SLICE("A1"), SLICE("industry"), SLICE("F51"));
    cr_assert(is_taken(txn, firm, NODE_INDUSTRY, SLICE("F51")), "a writer's own names count");
    OK(txn_commit(txn));
    cr_assert_eq(catalog_find(graph_catalog(graph), SLICE("status")), 0);
    OK(graph_write(&txn, graph));
    firm = store_firm(txn, SLICE("A2"), SLICE("status"), SLICE("closed"));
    cr_assert(is_taken(txn, firm, NODE_STATUS, SLICE("closed")));
    txn_end(txn);
    OK(graph_write(&txn, graph));
    OK(catalog_intern(&symbol, txn, SLICE("has the number that status had")));
    firm = store_firm(txn, SLICE("A2"), SLICE("status"), SLICE("open"));
    OK(txn_commit(txn));
    OK(graph_read(&txn, graph, NULL));
    cr_assert(is_taken(txn, firm, NODE_STATUS, SLICE("open")));
    txn_end(txn);
    graph_close(graph);
    place_remove(place);
}
