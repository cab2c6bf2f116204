/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index against reading everything: values of all classes, versions, moments, rebuilding. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/rng.h"
#include "graph/catalog.h"
#include "graph/check.h"
#include "graph/index.h"
#include "graph/private.h"
#include "graph/schema_change.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(index, .fini = leaks_check);

#define SCHEMA "name: t\nnormalisers:\n  - name: plain\nlabels:\n  - {name: A, key: plain%s}\n" \
               "  - {name: B}\n"
#define NODES 60
#define DAY_US (86400 * US_PER_SECOND)

struct place {
    char *dir;
    struct graph *graph;
    uint32_t a, x;
    uint64_t nodes; /* that are changed */
};

static struct slice schema_text(char text[256], const char *index)
{
    return slice_of(text, (size_t)snprintf(text, 256, SCHEMA, index));
}

static struct place open_place(const char *index)
{
    struct place p = { .dir = place_new(), .nodes = NODES };
    struct graph_txn *txn;
    char text[256];

    p.graph = fresh_graph(place_in(p.dir, "db"), schema_text(text, index), NULL);
    OK(graph_write(&txn, p.graph));
    OK(catalog_intern(&p.a, txn, SLICE("A")));
    OK(catalog_intern(&p.x, txn, SLICE("x")));
    OK(txn_commit(txn));
    return p;
}

static void close_place(struct place *p)
{
    graph_close(p->graph);
    place_remove(p->dir);
}

static struct value random_value(struct rng *rng)
{
    static const char *const texts[] = {
        "", "a", "ab", "b", "\xe5\xbc\xa0",
        "a text that is longer than what the index keeps of it, 1",
        "a text that is longer than what the index keeps of it, 2",
    };

    switch (rng_below(rng, 6)) {
    case 0:
        return value_int(rng_between(rng, -3, 3));
    case 1:
        return value_int(((int64_t)1 << 60) + rng_between(rng, -2, 2));
    case 2:
        return (struct value){ .type = VALUE_FLOAT,
                               .floating = (double)rng_between(rng, -4, 4) / 2 };
    case 3:
        return value_text(slice_str(texts[rng_below(rng, sizeof texts / sizeof *texts)]));
    case 4:
        return value_datetime_us(rng_between(rng, -2, 2) * (DAY_US << 2 * rng_below(rng, 7)) +
                                 rng_between(rng, -1, 1));
    default:
        return value_bool(rng_chance(rng, 1, 2));
    }
}

/* One change of one of the nodes: an upsert with a value, without one, or its end. */
static void change_node(struct place *p, struct graph_txn *txn, struct rng *rng)
{
    struct node_input input = NODE_INPUT_INIT;
    struct value_pair pair = { SLICE("x"), random_value(rng) };
    char key[8];
    struct node_id id;

    snprintf(key, sizeof key, "n%d", (int)rng_below(rng, p->nodes));
    input.labels = &p->a;
    input.n_labels = 1;
    input.key_label = p->a;
    input.key = slice_str(key);
    if (rng_chance(rng, 1, 8))
        pair.value = value_null();
    input.properties = (struct value){ .type = VALUE_MAP, .count = 1, .pairs = &pair };
    input.valid_from_us = rng_chance(rng, 1, 2) ? TIME_MIN : rng_between(rng, 0, 9) * DAY_US;
    if (rng_chance(rng, 1, 10) && node_find(&id, txn, p->a, input.key) == STATUS_OK) {
        struct node node;

        if (node_load(&node, txn, id) == STATUS_OK)
            OK(node_delete(NULL, txn, id, true));
        return;
    }
    OK(node_upsert(NULL, NULL, txn, &input));
}

/* Order within a class; classes differ: 2. */
static int order(const struct value *a, const struct value *b)
{
    bool numbers = (a->type == VALUE_INT || a->type == VALUE_FLOAT) &&
                   (b->type == VALUE_INT || b->type == VALUE_FLOAT);
    int64_t x, y;

    if (numbers) {
        double left = a->type == VALUE_INT ? (double)a->integer : a->floating;
        double right = b->type == VALUE_INT ? (double)b->integer : b->floating;
        return (left > right) - (left < right);
    }
    if (a->type != b->type)
        return 2;
    if (a->type == VALUE_STRING) {
        int by = slice_compare(value_slice(a), value_slice(b));
        return (by > 0) - (by < 0);
    }
    if (a->type == VALUE_BOOL)
        return (int)a->boolean - (int)b->boolean;
    (void)!value_as_us(&x, a);
    (void)!value_as_us(&y, b);
    return (x > y) - (x < y);
}

static bool in_range(const struct value *value, const struct index_range *range)
{
    int low = range->low.type == VALUE_NULL ? 1 : order(value, &range->low);
    int high = range->high.type == VALUE_NULL ? -1 : order(value, &range->high);

    return low != 2 && high != 2 && (range->low_open ? low > 0 : low >= 0) &&
           (range->high_open ? high < 0 : high <= 0);
}

static bool is_exact(const struct index_range *range)
{
    return (range->low.type == VALUE_NULL || index_is_exact(&range->low)) &&
           (range->high.type == VALUE_NULL || index_is_exact(&range->high));
}

static void compare(struct place *p, struct graph_txn *txn, struct rng *rng, unsigned seed)
{
    struct index_range range = { p->a, p->x, random_value(rng), random_value(rng) };
    bool found[NODES * 4] = { false };
    struct node_iter all;
    struct index_iter it;
    struct arena arena = { 0 };
    uint64_t n = 0;

    if (rng_chance(rng, 1, 4))
        range.low = value_null();
    else if (rng_chance(rng, 1, 3))
        range.high = value_null();
    range.low_open = rng_chance(rng, 1, 2) && index_is_exact(&range.low);
    range.high_open = rng_chance(rng, 1, 2) && index_is_exact(&range.high);
    for (index_iter_start(&it, txn, &range); index_iter_next(&it); n++) {
        cr_assert(it.node.id.value < NODES * 4 && !found[it.node.id.value],
                  "seed %u: node %llu comes twice", seed, (unsigned long long)it.node.id.value);
        found[it.node.id.value] = true;
    }
    OK(it.status);
    index_iter_stop(&it);
    for (node_iter_start(&all, txn, p->a); node_iter_next(&all);) {
        struct value value;

        bool in = node_property(&value, &arena, &all.node, p->x) == STATUS_OK &&
                  in_range(&value, &range);

        cr_assert(!in || found[all.node.id.value], "seed %u: node %llu is missing", seed,
                  (unsigned long long)all.node.id.value);
        /* Values of two classes have others between them. */
        cr_assert(in || !found[all.node.id.value] || !is_exact(&range) ||
                      (range.low.type != VALUE_NULL && range.high.type != VALUE_NULL &&
                       order(&range.low, &range.high) == 2),
                  "seed %u: node %llu lies outside", seed,
                  (unsigned long long)all.node.id.value);
    }
    OK(all.status);
    node_iter_stop(&all);
    arena_fini(&arena);
}

static void compare_moments(struct place *p, struct rng *rng, unsigned seed)
{
    struct graph_txn *txn;

    for (int i = 0; i < 60; i++) {
        struct moment moment = { rng_between(rng, -1, 10) * DAY_US, TIME_MAX, 0 };

        if (rng_chance(rng, 1, 2))
            moment.commit_seq = 1 + rng_below(rng, 30);
        OK(graph_read(&txn, p->graph, &moment));
        cr_assert(index_ready(txn));
        compare(p, txn, rng, seed);
        txn_end(txn);
    }
}

static void change_all(struct place *p, struct rng *rng, int commits)
{
    struct graph_txn *txn;

    for (int i = 0; i < commits; i++) {
        OK(graph_write(&txn, p->graph));
        for (int k = 0; k < 12; k++)
            change_node(p, txn, rng);
        OK(txn_commit(txn));
    }
}

Test(index, finds_what_a_scan_finds_at_every_moment)
{
    for (unsigned seed = 1; seed <= 5; seed++) {
        struct place p = open_place(", index: [x]");
        struct rng rng = rng_new(seed);
        struct check_options options = { 0 };
        struct check_result result;

        change_all(&p, &rng, 25);
        compare_moments(&p, &rng, seed);
        OK(check_graph(&result, p.graph, &options));
        cr_assert(result.n_findings == 0, "seed %u: the check finds something", seed);
        close_place(&p);
    }
}

/* Versions that their own commit overtook leave nothing behind, nor a word that there were any. */
Test(index, finds_what_a_scan_finds_where_nodes_change_often_in_one_commit)
{
    for (unsigned seed = 1; seed <= 60; seed++) {
        struct place p = open_place(", index: [x]");
        struct rng rng = rng_new(seed);
        struct check_options options = { 0 };
        struct check_result result;

        p.nodes = 3;
        change_all(&p, &rng, 1 + (int)seed % 3);
        compare_moments(&p, &rng, seed);
        OK(check_graph(&result, p.graph, &options));
        cr_assert(result.n_findings == 0, "seed %u: the check finds something", seed);
        close_place(&p);
    }
}

Test(index, another_schema_makes_it_anew_and_keeps_writers_under_the_old_one_out)
{
    struct place p = open_place("");
    struct rng rng = rng_new(7);
    struct graph_txn *txn;
    char text[256];
    bool changed;

    change_all(&p, &rng, 10);
    OK(graph_set_schema(&changed, p.graph, schema_text(text, ", index: [x]")));
    OK(graph_read(&txn, p.graph, NULL));
    cr_assert(!index_ready(txn), "this handle has the old schema");
    txn_end(txn);
    graph_close(p.graph);
    OK(graph_open(&p.graph, place_in(p.dir, "db"), NULL));
    compare_moments(&p, &rng, 7);
    OK(graph_set_schema(&changed, p.graph, schema_text(text, ", index: [x, y]")));
    cr_assert_eq(graph_write(&txn, p.graph), STATUS_RESTART, "it would not keep the new index");
    graph_close(p.graph);
    OK(graph_open(&p.graph, place_in(p.dir, "db"), NULL));
    OK(graph_write(&txn, p.graph));
    cr_assert(index_ready(txn));
    txn->counts.index_schema = 0; /* as an earlier version would */
    OK(txn_commit(txn));
    OK(graph_set_schema(&changed, p.graph, schema_text(text, ", index: [x, y]")));
    cr_assert(changed, "the same text makes a lost index anew");
    OK(graph_read(&txn, p.graph, NULL));
    cr_assert(index_ready(txn));
    txn_end(txn);
    compare_moments(&p, &rng, 7);
    close_place(&p);
}

Test(index, a_scan_of_a_label_leaves_other_blocks_out)
{
    struct place p = open_place("");
    struct node_input input = NODE_INPUT_INIT;
    struct node_iter it;
    struct graph_txn *txn;
    uint64_t n = 0;

    OK(graph_write(&txn, p.graph));
    for (int i = 0; i < 3 * INDEX_BLOCK; i++) {
        char key[12];
        uint32_t b;

        OK(catalog_intern(&b, txn, SLICE("B")));
        snprintf(key, sizeof key, "%d", i);
        input.labels = i % 2500 == 17 ? &p.a : &b;
        input.n_labels = 1;
        input.key_label = *input.labels == p.a ? p.a : 0;
        input.key = slice_str(key);
        OK(node_upsert(NULL, NULL, txn, &input));
    }
    OK(txn_commit(txn));
    OK(graph_read(&txn, p.graph, NULL));
    for (node_iter_start(&it, txn, p.a); node_iter_next(&it); n++)
        cr_assert(node_has_label(&it.node, p.a));
    OK(it.status);
    node_iter_stop(&it);
    cr_assert(n == 2, "%llu nodes", (unsigned long long)n);
    txn_end(txn);
    close_place(&p);
}
