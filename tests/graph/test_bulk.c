/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bulk load against the same rows put in one by one: both graphs must read the same. */

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rng.h"
#include "graph/bulk.h"
#include "graph/catalog.h"
#include "graph/dump.h"
#include "tests/support/clean.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(bulk, .fini = leaks_check);

#define N_KEYS 60
#define N_TYPES 3

static const char *const labels[] = { "Enterprise", "Person" };
static const char *const types[N_TYPES] = { "A", "B", "C" };

/* One row of a load, drawn the same for both graphs. */
struct draw {
    bool is_node;
    int from, to, type, edge_key, weight, mark;
    int64_t valid_from, valid_to;
    bool other; /* another writer's: states no times, and of keyed things a property of its own */
};

/* Keys are drawn below this. */
static unsigned n_keys = N_KEYS;

static struct draw draw_row(struct rng *rng, bool is_node, unsigned hub_percent)
{
    bool hub = rng_below(rng, 100) < hub_percent;

    return (struct draw){
        .is_node = is_node,
        .from = hub ? 0 : (int)rng_below(rng, n_keys),
        .to = (int)rng_below(rng, n_keys),
        .type = (int)rng_below(rng, N_TYPES),
        .edge_key = rng_below(rng, 2) ? -1 : (int)rng_below(rng, 3),
        .weight = (int)rng_below(rng, 3),
        .mark = (int)rng_below(rng, 3) - 1,
        .valid_from = rng_below(rng, 3) ? (int64_t)rng_below(rng, 5) * US_PER_DAY : TIME_MIN,
        .valid_to = rng_below(rng, 3) ? TIME_MAX : (int64_t)rng_below(rng, 9) * US_PER_DAY,
    };
}

static const char *name_of(char text[16], int key)
{
    snprintf(text, 16, "n%03d", key);
    return text;
}

/* Properties: weight always, mark sometimes null. In key order. */
static struct value properties_of(struct value_pair pairs[2], const struct draw *row)
{
    if (row->other && (row->is_node || row->edge_key >= 0)) {
        pairs[0] = (struct value_pair){ SLICE("other"), value_int(row->weight) };
        return (struct value){ .type = VALUE_MAP, .count = 1, .pairs = pairs };
    }
    pairs[0] = (struct value_pair){ SLICE("mark"),
                                    row->mark < 0 ? value_null() : value_int(row->mark) };
    pairs[1] = (struct value_pair){ SLICE("weight"), value_int(row->weight) };
    return (struct value){ .type = VALUE_MAP, .count = 2, .pairs = pairs };
}

struct target {
    struct graph *graph;
    struct graph_txn *txn;
    struct bulk *bulk;
};

static uint32_t intern(struct target *t, const char *name)
{
    uint32_t symbol;

    OK(catalog_intern(&symbol, t->bulk ? bulk_txn(t->bulk) : t->txn, slice_str(name)));
    return symbol;
}

static void put_node(struct target *t, const struct draw *row)
{
    uint32_t set[2] = { intern(t, labels[row->from % 2]), intern(t, "Extra") };
    struct node_input input = NODE_INPUT_INIT;
    struct value_pair pairs[2];
    char key[16];

    input.labels = set;
    input.n_labels = row->weight || row->other ? 1 : 2;
    input.key_label = set[0];
    input.key = slice_str(name_of(key, row->from));
    input.properties = properties_of(pairs, row);
    if (t->bulk)
        OK(bulk_node(NULL, t->bulk, &input, NULL));
    else
        OK(node_upsert(NULL, NULL, t->txn, &input));
}

static bool end_of(struct node_id *id, struct target *t, int key)
{
    uint32_t label = intern(t, labels[key % 2]);
    struct slice text;
    char name[16];
    enum status status;

    text = slice_str(name_of(name, key));
    if (t->bulk) {
        struct bulk_key asked = bulk_key(t->bulk, label, text);

        status = bulk_find(id, t->bulk, &asked);
    } else {
        status = node_find(id, t->txn, label, text);
    }
    cr_assert(status == STATUS_OK || status == STATUS_NOT_FOUND);
    return status == STATUS_OK;
}

static void put_edge(struct target *t, const struct draw *row)
{
    struct edge_input input = EDGE_INPUT_INIT;
    struct value_pair pairs[2];
    char key[16];

    if (!end_of(&input.from, t, row->from) || !end_of(&input.to, t, row->to))
        return;
    input.type = intern(t, types[row->type]);
    input.has_key = row->edge_key >= 0;
    input.key = slice_str(name_of(key, row->edge_key));
    input.valid_from_us = row->valid_from;
    input.valid_to_us = row->valid_to;
    input.properties = properties_of(pairs, row);
    if (t->bulk)
        OK(bulk_edge(t->bulk, &input));
    else
        OK(edge_upsert(NULL, NULL, t->txn, &input));
}

/* ---- comparing: a graph as sorted text ------------------------------------------------------ */

static int text_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct lines {
    char **items;
    size_t n, capacity;
};

static void add_line(struct lines *lines, const char *text)
{
    OK(array_reserve(&lines->items, &lines->capacity, lines->n + 1));
    lines->items[lines->n++] = strdup(text);
}

static void print_map(struct buf *out, const struct value *map)
{
    for (uint32_t i = 0; i < map->count; i++)
        OK(buf_printf(out, " %.*s=%lld", (int)map->pairs[i].key.size,
                      (const char *)map->pairs[i].key.data,
                      (long long)map->pairs[i].value.integer));
}

static void print_name(struct buf *out, struct graph_txn *txn, struct node_id id)
{
    struct node node;

    OK(node_load(&node, txn, id));
    OK(buf_append_slice(out, node.key));
}

static void print_edges(struct lines *lines, struct graph_txn *txn, const struct node *node)
{
    struct edge_scan scan = EDGE_SCAN(0, DIRECTION_BOTH);
    struct edge_iter it;
    int64_t last = TIME_MIN;
    uint32_t last_type = 0;

    for (edge_iter_start(&it, txn, node, &scan); edge_iter_next(&it);) {
        AUTO(arena_fini) struct arena arena = { 0 };
        AUTO(buf_fini) struct buf line = { 0 };
        struct value map;
        const char *text;

        uint32_t list = it.edge.type * 2 + it.edge.direction;
        cr_assert(list != last_type || it.edge.valid_from_us >= last, "edges out of order");
        last_type = list;
        last = it.edge.valid_from_us;
        OK(edge_properties(&map, &arena, txn, &it.edge));
        print_name(&line, txn, node->id);
        OK(buf_printf(&line, " %d %.*s ", it.edge.direction,
                      (int)catalog_name(graph_catalog(txn_graph(txn)), it.edge.type).size,
                      (const char *)catalog_name(graph_catalog(txn_graph(txn)), it.edge.type).data));
        print_name(&line, txn, edge_other(&it.edge));
        OK(buf_printf(&line, " %lld %lld %d[%.*s]", (long long)it.edge.valid_from_us,
                      (long long)it.edge.valid_to_us, it.edge.has_key, (int)it.edge.key.size,
                      (const char *)it.edge.key.data));
        print_map(&line, &map);
        OK(buf_string(&text, &line));
        add_line(lines, text);
    }
    OK(it.status);
    edge_iter_stop(&it);
}

static struct lines print_graph(struct graph *graph)
{
    struct lines lines = { 0 };
    struct graph_txn *txn;
    struct node_iter it;

    OK(graph_read(&txn, graph, NULL));
    for (node_iter_start(&it, txn, 0); node_iter_next(&it);) {
        AUTO(arena_fini) struct arena arena = { 0 };
        AUTO(buf_fini) struct buf line = { 0 };
        struct value map;
        const char *text;

        OK(node_properties(&map, &arena, txn, &it.node));
        OK(buf_printf(&line, "%.*s labels %u", (int)it.node.key.size,
                      (const char *)it.node.key.data, it.node.n_labels));
        print_map(&line, &map);
        OK(buf_string(&text, &line));
        add_line(&lines, text);
        print_edges(&lines, txn, &it.node);
    }
    OK(it.status);
    node_iter_stop(&it);
    txn_end(txn);
    qsort(lines.items, lines.n, sizeof *lines.items, text_order);
    return lines;
}

static void compare(struct graph *a, struct graph *b)
{
    struct lines left = print_graph(a), right = print_graph(b);

    for (size_t i = 0; i < left.n && i < right.n; i++)
        cr_assert(strcmp(left.items[i], right.items[i]) == 0, "one by one: %s\nbulk:       %s",
                  left.items[i], right.items[i]);
    cr_assert(left.n == right.n, "%zu lines one by one, %zu in bulk", left.n, right.n);
    for (size_t i = 0; i < left.n; i++)
        free(left.items[i]);
    for (size_t i = 0; i < right.n; i++)
        free(right.items[i]);
    free(left.items);
    free(right.items);
}

/* ---- another writer, between the slices of a load -------------------------------------------- */

#define OTHERS_MAX 4096

struct others {
    struct target target;
    struct rng rng;
    struct draw draws[OTHERS_MAX];
    size_t n, n_pauses;
    size_t die_at; /* the pause at which the process ends; 0: none */
    const struct draw *rows; /* the load's, of which some are done as well */
    size_t n_rows;
};

static void put_row(struct target *t, const struct draw *row)
{
    (row->is_node ? put_node : put_edge)(t, row);
}

/* An edge's ends are looked up when its row comes: whether both are there then. */
static bool has_ends(struct target *t, const struct draw *row)
{
    struct node_id id;

    return row->is_node || (end_of(&id, t, row->from) && end_of(&id, t, row->to));
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
        struct draw row = draw_row(&others->rng, rng_below(&others->rng, 4) == 0, 20);

        if (others->n_rows && rng_below(&others->rng, 2))
            row = others->rows[rng_below(&others->rng, others->n_rows)];
        row.other = true;
        if (row.edge_key >= 0)
            row.valid_from = TIME_MIN, row.valid_to = TIME_MAX;
        others->draws[others->n++] = row;
        put_row(&others->target, &row);
    }
    OK(txn_commit(others->target.txn));
}

/* A load in small slices with writers between, against the writers' rows first, then the load's. */
static void load_beside(struct target *single, struct target *bulk, uint64_t seed, unsigned n,
                        size_t units)
{
    struct others *others = calloc(1, sizeof *others);
    struct draw *rows = calloc(3 * n, sizeof *rows);
    size_t n_rows = 0;
    struct bulk_options options = { .memory_bytes = 1, .observed_us = TIME_MIN,
                                    .slices = { units, write_between, others } };
    struct bulk_result result;
    struct rng rng = rng_new(seed);

    others->target.graph = bulk->graph;
    others->rng = rng_new(seed + 1000000);
    OK(bulk_open(&bulk->bulk, bulk->graph, &options));
    for (unsigned i = 0; i < 3 * n; i++) {
        struct draw row = draw_row(&rng, i < n, 20);

        if (has_ends(bulk, &row))
            rows[n_rows++] = row;
        put_row(bulk, &row);
    }
    others->rows = rows;
    others->n_rows = n_rows;
    OK(bulk_finish(&result, bulk->bulk));
    bulk_close(bulk->bulk);
    bulk->bulk = NULL;
    cr_assert(result.n_slices > 5, "%llu slices", (unsigned long long)result.n_slices);
    OK(graph_write(&single->txn, single->graph));
    for (size_t i = 0; i < others->n; i++)
        put_row(single, &others->draws[i]);
    for (size_t i = 0; i < n_rows; i++)
        put_row(single, &rows[i]);
    OK(txn_commit(single->txn));
    free(rows);
    free(others);
}

static struct bulk_result load(struct target *single, struct target *bulk, uint64_t seed,
                               unsigned n, unsigned hub_percent)
{
    struct bulk_options options = { .memory_bytes = 1, .observed_us = TIME_MIN };
    struct bulk_result result;
    struct rng rng = rng_new(seed);

    if (single)
        OK(graph_write(&single->txn, single->graph));
    OK(bulk_open(&bulk->bulk, bulk->graph, &options));
    for (unsigned i = 0; i < 3 * n; i++) {
        struct draw row = draw_row(&rng, i < n, hub_percent);

        for (struct target *t = single; t; t = t == single ? bulk : NULL)
            (row.is_node ? put_node : put_edge)(t, &row);
        if (!single)
            (row.is_node ? put_node : put_edge)(bulk, &row);
    }
    if (single)
        OK(txn_commit(single->txn));
    OK(bulk_finish(&result, bulk->bulk));
    bulk_close(bulk->bulk);
    bulk->bulk = NULL;
    return result;
}

static void run(uint64_t seed, unsigned n, unsigned hub_percent)
{
    struct target single = { 0 }, bulk = { 0 };
    char *dir = place_new();
    struct bulk_result again;

    fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
    single.graph = fresh_graph(place_in(dir, "a"), SLICE(""), NULL);
    bulk.graph = fresh_graph(place_in(dir, "b"), SLICE(""), NULL);
    for (uint64_t round = 0; round < 3; round++) {
        load(&single, &bulk, seed * 10 + round, n, hub_percent);
        compare(single.graph, bulk.graph);
        clean_graph(single.graph);
        clean_graph(bulk.graph);
    }
    /* Each load leaves properties as its own last rows say: only repeating it adds nothing. */
    again = load(NULL, &bulk, seed * 10 + 2, n, hub_percent);
    cr_assert(again.nodes_added == 0 && again.edges_added == 0);
    graph_close(single.graph);
    graph_close(bulk.graph);
    place_remove(dir);
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
    put_node(&target, &row);
    bulk_close(target.bulk);
    OK(graph_read(&txn, target.graph, NULL));
    cr_assert(txn_counts(txn).nodes == 0);
    cr_assert(catalog_find(graph_catalog(target.graph), SLICE("Enterprise")) == 0);
    txn_end(txn);
    graph_close(target.graph);
    place_remove(dir);
}

static void open_two(struct target *single, struct target *bulk, const char *dir)
{
    single->graph = fresh_graph(place_in(dir, "a"), SLICE(""), NULL);
    bulk->graph = fresh_graph(place_in(dir, "b"), SLICE(""), NULL);
}

Test(bulk, beside_other_writers_equals_their_rows_first_and_then_its_own)
{
    for (uint64_t seed = 100; seed < 110; seed++) {
        struct target single = { 0 }, bulk = { 0 };
        char *dir = place_new();

        fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
        open_two(&single, &bulk, dir);
        n_keys = seed % 2 ? 30 : 6; /* few: rows mostly change keyed edges that are there */
        load(&single, &bulk, seed, 30, 20);
        for (unsigned round = 0; round < 2; round++) {
            n_keys += seed % 2 ? 25 : 1;
            load_beside(&single, &bulk, seed * 10 + round, 40, 1 + seed % 7);
            compare(single.graph, bulk.graph);
            clean_graph(bulk.graph);
        }
        graph_close(single.graph);
        graph_close(bulk.graph);
        place_remove(dir);
    }
    n_keys = N_KEYS;
}

/* ---- deleting what a load changes ------------------------------------------------------------ */

static void edge_of_load(struct draw *row, int weight)
{
    *row = (struct draw){ .from = 0, .to = 1, .edge_key = 0, .weight = weight, .mark = 0,
                          .valid_from = TIME_MIN, .valid_to = TIME_MAX };
}

struct deleter {
    struct target target;
    unsigned n_refused;
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
    cr_assert(end_of(&id, &deleter->target, 0));
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

Test(bulk, an_edge_that_a_load_changes_can_not_be_deleted_meanwhile)
{
    struct target target = { 0 };
    struct deleter deleter = { 0 };
    struct bulk_options options = { .observed_us = TIME_MIN,
                                    .slices = { 1, try_to_delete, &deleter } };
    struct bulk_result result;
    char *dir = place_new();
    struct draw row;

    target.graph = fresh_graph(place_in(dir, "a"), SLICE(""), NULL);
    deleter.target.graph = target.graph;
    OK(graph_write(&target.txn, target.graph));
    for (int i = 0; i < 2; i++)
        put_node(&target, &(struct draw){ .is_node = true, .from = i });
    edge_of_load(&row, 1);
    put_edge(&target, &row);
    OK(txn_commit(target.txn));
    OK(bulk_open(&target.bulk, target.graph, &options));
    edge_of_load(&row, 2);
    put_edge(&target, &row);
    row.to = 0; /* another slice */
    put_edge(&target, &row);
    OK(bulk_finish(&result, target.bulk));
    bulk_close(target.bulk);
    cr_assert(result.edges_changed == 1 && result.edges_added == 1);
    cr_assert(deleter.n_refused > 0);
    clean_graph(target.graph);
    graph_close(target.graph);
    place_remove(dir);
}

/* ---- loads that die -------------------------------------------------------------------------- */

/* In a process of its own, which ends at a pause or, if there are fewer, with the load done. */
static bool load_and_die(const char *dir, uint64_t seed, size_t die_at)
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
            struct draw row = draw_row(&rng, i < 40, 40);

            put_row(&bulk, &row);
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
Test(bulk, a_load_that_dies_leaves_the_graph_as_it_was)
{
    for (size_t die_at = 1; die_at < 400; die_at += 1 + die_at / 3) {
        struct target single = { 0 }, bulk = { 0 };
        char *dir = place_new(), path[4096];
        bool died;

        open_two(&single, &bulk, dir);
        snprintf(path, sizeof path, "%s", place_in(dir, "b"));
        n_keys = die_at % 2 ? 30 : 6;
        load(&single, &bulk, 7, 30, 20);
        graph_close(bulk.graph);
        n_keys = die_at % 2 ? 50 : 7;
        died = load_and_die(path, die_at, die_at);
        OK(graph_open(&bulk.graph, path, NULL));
        clean_graph(bulk.graph);
        if (died) {
            compare(single.graph, bulk.graph);
            if (die_at % 4 < 2)
                compare_dumps(bulk.graph);
            load_beside(&single, &bulk, 90 + die_at, 20, 5);
            compare(single.graph, bulk.graph);
            clean_graph(bulk.graph);
        }
        graph_close(single.graph);
        graph_close(bulk.graph);
        place_remove(dir);
        if (!died)
            break;
    }
    n_keys = N_KEYS;
}
