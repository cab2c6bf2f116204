/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/graph/pair.h"

#include <stdio.h>
#include <stdlib.h>

#include "graph/catalog.h"
#include "tests/support/clean.h"
#include "tests/support/fresh.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

#define N_TYPES 3
#define AHEAD_US (40000 * US_PER_DAY) /* what is dated from here on lies ahead of the clock */

static const char *const labels[] = { "Enterprise", "Person" };
static const char *const types[N_TYPES] = { "A", "B", "C" };

struct draw draw_row(struct rng *rng, unsigned n_keys, bool is_node, unsigned hub_percent)
{
    bool hub = rng_below(rng, 100) < hub_percent;
    int64_t since_us = is_node && !rng_below(rng, 4) ? AHEAD_US : 0;

    return (struct draw){
        .is_node = is_node,
        .from = hub ? 0 : (int)rng_below(rng, n_keys),
        .to = (int)rng_below(rng, n_keys),
        .type = (int)rng_below(rng, N_TYPES),
        .edge_key = rng_below(rng, 2) ? -1 : (int)rng_below(rng, 3),
        .weight = (int)rng_below(rng, 3),
        .mark = (int)rng_below(rng, 3) - 1,
        .valid_from = rng_below(rng, 3) ? since_us + (int64_t)rng_below(rng, 5) * US_PER_DAY
                                        : TIME_MIN,
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
    if (row->dated)
        input.valid_from_us = row->valid_from;
    if (t->bulk)
        OK(bulk_node(NULL, t->bulk, &input, NULL));
    else
        OK(node_upsert(NULL, NULL, t->txn, &input));
}

bool target_find(struct node_id *id, struct target *t, int key)
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

    if (!target_find(&input.from, t, row->from) || !target_find(&input.to, t, row->to))
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

void target_put(struct target *t, const struct draw *row)
{
    (row->is_node ? put_node : put_edge)(t, row);
}

struct pair pair_open(unsigned n_keys)
{
    struct pair pair = { .dir = place_new(), .n_keys = n_keys };

    pair.single.graph = fresh_graph(place_in(pair.dir, "single"), SLICE(""), NULL);
    pair.bulk.graph = fresh_graph(place_in(pair.dir, "bulk"), SLICE(""), NULL);
    return pair;
}

void pair_close(struct pair *pair)
{
    graph_close(pair->single.graph);
    graph_close(pair->bulk.graph);
    place_remove(pair->dir);
}

static void put_rows(struct target *t, unsigned n_keys, uint64_t seed, unsigned n,
                     unsigned hub_percent)
{
    struct rng rng = rng_new(seed);

    for (unsigned i = 0; i < 3 * n; i++) {
        struct draw row = draw_row(&rng, n_keys, i < n, hub_percent);

        target_put(t, &row);
    }
}

struct bulk_result pair_load_bulk(struct pair *pair, uint64_t seed, unsigned n,
                                  unsigned hub_percent)
{
    struct bulk_options options = { .memory_bytes = 1, .observed_us = TIME_MIN };
    struct target *bulk = &pair->bulk;
    struct bulk_result result;

    OK(bulk_open(&bulk->bulk, bulk->graph, &options));
    put_rows(bulk, pair->n_keys, seed, n, hub_percent);
    OK(bulk_finish(&result, bulk->bulk));
    bulk_close(bulk->bulk);
    bulk->bulk = NULL;
    return result;
}

struct bulk_result pair_load(struct pair *pair, uint64_t seed, unsigned n, unsigned hub_percent)
{
    OK(graph_write(&pair->single.txn, pair->single.graph));
    put_rows(&pair->single, pair->n_keys, seed, n, hub_percent);
    OK(txn_commit(pair->single.txn));
    return pair_load_bulk(pair, seed, n, hub_percent);
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

    OK(node_load_whenever(&node, txn, id));
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
        uint32_t list = it.edge.type * 2 + it.edge.direction;
        struct slice type;
        struct value map;
        const char *text;

        cr_assert(list != last_type || it.edge.valid_from_us >= last, "edges out of order");
        last_type = list;
        last = it.edge.valid_from_us;
        OK(edge_properties(&map, &arena, txn, &it.edge));
        print_name(&line, txn, node->id);
        type = catalog_name(graph_catalog(txn_graph(txn)), it.edge.type);
        OK(buf_printf(&line, " %d %.*s ", it.edge.direction, (int)type.size,
                      (const char *)type.data));
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

/* Edges only as they are now: not all ends were there at an earlier moment. */
static struct lines print_graph(struct graph *graph, const struct moment *moment)
{
    struct lines lines = { 0 };
    struct graph_txn *txn;
    struct node_iter it;

    OK(graph_read(&txn, graph, moment));
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
        if (!moment)
            print_edges(&lines, txn, &it.node);
    }
    OK(it.status);
    node_iter_stop(&it);
    txn_end(txn);
    qsort(lines.items, lines.n, sizeof *lines.items, text_order);
    return lines;
}

static void compare_at(const struct pair *pair, const struct moment *moment)
{
    struct lines left = print_graph(pair->single.graph, moment);
    struct lines right = print_graph(pair->bulk.graph, moment);

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

void pair_compare(const struct pair *pair)
{
    compare_at(pair, NULL);
    for (int day = 0; day < 5; day++) {
        compare_at(pair, &(struct moment){ day * US_PER_DAY, TIME_MAX, 0 });
        compare_at(pair, &(struct moment){ AHEAD_US + day * US_PER_DAY, TIME_MAX, 0 });
    }
    clean_graph(pair->bulk.graph);
}
