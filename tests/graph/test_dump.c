/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A dump of a loaded graph equals the dump it was loaded from, with all history and odd values. */

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/rng.h"
#include "graph/catalog.h"
#include "graph/dump.h"
#include "graph/edge.h"
#include "store/store.h"
#include "tests/support/clean.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(dump, .fini = leaks_check);

#define N_NODES 25

static const struct zone paris = { 3600, "Europe/Paris" };
static const struct duration a_while = { 1, 2, 3, 4 };

#define N_PAIRS 2000

/* A map that is tagged for one of its keys, and large. */
static struct value large_map(void)
{
    static struct value_pair pairs[N_PAIRS] = {
        { { "$msgpack", 8 }, { .type = VALUE_DATE, .integer = -5 } },
    };
    static char keys[N_PAIRS][6];

    for (int i = 1; i < N_PAIRS; i++) {
        snprintf(keys[i], sizeof keys[i], "k%04d", i);
        pairs[i] = (struct value_pair){ slice_str(keys[i]), value_int(i) };
    }
    return (struct value){ .type = VALUE_MAP, .count = N_PAIRS, .pairs = pairs };
}

/* Values that JSON alone would lose, among plain ones. */
static struct value odd_value(struct rng *rng)
{
    static const struct value items[] = {
        { .type = VALUE_INT, .integer = INT64_MIN }, { .type = VALUE_NULL },
        { .type = VALUE_FLOAT, .floating = 1.0 },
    };
    static const struct value_pair pairs[] = {
        { { "$msgpack", 8 }, { .type = VALUE_INT, .integer = 1 } },
        { { "a", 1 }, { .type = VALUE_DATE, .integer = -5 } },
    };

    switch (rng_below(rng, 11)) {
    case 0:
        return value_float(NAN);
    case 1:
        return value_float(-INFINITY);
    case 2:
        return (struct value){ .type = VALUE_DATE, .integer = 20000 };
    case 3:
        return (struct value){ .type = VALUE_DATETIME, .extra = 7,
                               .instant = { 1600000000, &paris } };
    case 4:
        return (struct value){ .type = VALUE_DURATION, .duration = &a_while };
    case 5:
        return (struct value){ .type = VALUE_LIST, .count = 3, .items = items };
    case 6:
        return (struct value){ .type = VALUE_MAP, .count = 2, .pairs = pairs };
    case 7:
        return value_text(SLICE("中文 \"and\" \\ \t"));
    case 8:
        return value_float(0.1);
    case 9:
        return large_map();
    default:
        return value_int((int64_t)rng_next(rng));
    }
}

static void put_node(struct graph_txn *txn, struct rng *rng, uint32_t label)
{
    struct node_input input = NODE_INPUT_INIT;
    struct value_pair pair = { SLICE("odd"), odd_value(rng) };
    char key[16];

    snprintf(key, sizeof key, "n%02d", (int)rng_below(rng, N_NODES));
    input.labels = &label;
    input.n_labels = 1;
    input.key_label = rng_below(rng, 8) ? label : 0;
    input.key = slice_str(key);
    input.valid_from_us = rng_below(rng, 2) ? TIME_MIN : (int64_t)rng_below(rng, 100);
    input.properties = (struct value){ .type = VALUE_MAP, .count = 1, .pairs = &pair };
    OK(node_upsert(NULL, NULL, txn, &input));
}

static bool a_node(struct node_id *id, struct graph_txn *txn, struct rng *rng)
{
    struct node node;

    id->value = 1 + rng_below(rng, txn_counts(txn).next_node);
    return node_load(&node, txn, *id) == STATUS_OK;
}

static void put_edge(struct graph_txn *txn, struct rng *rng, uint32_t type, bool hub)
{
    struct edge_input input = EDGE_INPUT_INIT;
    struct value_pair pair = { SLICE("odd"), odd_value(rng) };

    if (!a_node(&input.from, txn, rng) || !a_node(&input.to, txn, rng))
        return;
    if (hub)
        input.from.value = 1;
    input.type = type;
    input.has_key = rng_below(rng, 2);
    input.key = rng_below(rng, 2) ? SLICE("k") : SLICE("");
    input.valid_from_us = rng_below(rng, 3) ? (int64_t)rng_below(rng, 1000) : TIME_MIN;
    input.valid_to_us = rng_below(rng, 3) ? TIME_MAX : 5000;
    input.observed_us = rng_below(rng, 3) ? TIME_MIN : 77;
    input.properties = (struct value){ .type = VALUE_MAP, .count = rng_below(rng, 2),
                                       .pairs = &pair };
    OK(edge_upsert(NULL, NULL, txn, &input));
}

static void drop_edge(struct graph_txn *txn, struct rng *rng)
{
    struct edge_scan scan = EDGE_SCAN(0, DIRECTION_OUT);
    struct edge_iter it;
    struct node_id id;
    struct node node;
    struct edge edge;
    bool met;

    if (!a_node(&id, txn, rng))
        return;
    OK(node_load(&node, txn, id));
    edge_iter_start(&it, txn, &node, &scan);
    met = edge_iter_next(&it);
    edge = it.edge;
    if (met)
        OK(edge_delete(txn, &edge));
    edge_iter_stop(&it);
}

static void drop_node(struct graph_txn *txn, struct rng *rng)
{
    struct node_id id;

    if (a_node(&id, txn, rng) && id.value > 1)
        OK(node_delete(NULL, txn, id, true));
}

static void fill(struct graph *graph, uint64_t seed, bool hub)
{
    struct rng rng = rng_new(seed);
    struct graph_txn *txn;
    uint32_t label, type;

    for (int commit = 0; commit < 12; commit++) {
        OK(graph_write(&txn, graph));
        OK(catalog_intern(&label, txn, SLICE("Party")));
        OK(catalog_intern(&type, txn, commit % 2 ? SLICE("PAYS") : SLICE("KNOWS")));
        for (int i = 0; i < 12; i++)
            put_node(txn, &rng, label);
        for (int i = 0; i < (hub ? 60 : 15); i++)
            put_edge(txn, &rng, type, hub && i % 2);
        drop_edge(txn, &rng);
        if (commit % 3 == 2)
            drop_node(txn, &rng);
        OK(txn_commit(txn));
    }
    OK(graph_write(&txn, graph));
    OK(node_alias(txn, (struct node_id){ 1 }, label, SLICE("another name")));
    OK(txn_commit(txn));
}

static enum status keep(void *context, struct slice text)
{
    return buf_append_slice(context, text);
}

static void dump_to(struct buf *out, const char *dir)
{
    struct dump_counts counts;
    struct graph *graph;

    OK(graph_open(&graph, dir, NULL));
    clean_graph(graph);
    OK(dump_write(&counts, graph, keep, out));
    graph_close(graph);
}

static void write_text(const char *path, struct slice text)
{
    FILE *file = fopen(path, "we");

    cr_assert(file && fwrite(text.data, 1, text.size, file) == text.size);
    fclose(file);
}

static void round_trip(uint64_t seed, bool hub)
{
    AUTO(buf_fini) struct buf first = { 0 };
    AUTO(buf_fini) struct buf second = { 0 };
    char *dir = place_new();
    struct dump_counts counts;
    struct graph *graph;

    graph = fresh_graph(place_in(dir, "a"), SLICE(""), NULL);
    fill(graph, seed, hub);
    graph_close(graph);
    dump_to(&first, place_in(dir, "a"));
    write_text(place_in(dir, "dump"), buf_slice(&first));
    OK(dump_load(&counts, place_in(dir, "b"), place_in(dir, "dump")));
    cr_assert(counts.versions > 0);
    dump_to(&second, place_in(dir, "b"));
    cr_assert(slice_equal(buf_slice(&first), buf_slice(&second)), "seed %llu: dumps differ",
              (unsigned long long)seed);
    place_remove(dir);
}

Test(dump, loaded_and_dumped_again_is_the_same)
{
    for (uint64_t seed = 1; seed <= 12; seed++)
        round_trip(seed, false);
}

Test(dump, a_hub_in_chunks_comes_back)
{
    round_trip(50, true);
    round_trip(51, true);
}

/* Without any one line the dump is refused, and nothing is left. */
Test(dump, what_was_cut_or_changed_is_refused)
{
    AUTO(buf_fini) struct buf text = { 0 };
    char *dir = place_new();
    struct dump_counts counts;
    struct graph *graph;
    const char *end, *next;

    graph = fresh_graph(place_in(dir, "a"), SLICE(""), NULL);
    fill(graph, 3, false);
    graph_close(graph);
    dump_to(&text, place_in(dir, "a"));
    end = (const char *)text.data + text.size;
    for (const char *at = (const char *)text.data; at < end; at = next) {
        AUTO(buf_fini) struct buf cut = { 0 };

        next = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
        if ((at - (const char *)text.data) % 7) /* one in seven is enough */
            continue;
        OK(buf_append(&cut, text.data, (size_t)(at - (const char *)text.data)));
        OK(buf_append(&cut, next, (size_t)(end - next)));
        write_text(place_in(dir, "dump"), buf_slice(&cut));
        cr_assert(dump_load(&counts, place_in(dir, "b"), place_in(dir, "dump")) != STATUS_OK);
        cr_assert(access(place_in(dir, "b"), F_OK) != 0);
    }
    place_remove(dir);
}

/* Not half of it is read: the remedy is told, with the two numbers. */
/* Lines are read by the thousand, by several hands: the first bad one in the file is named. */
Test(dump, the_first_bad_line_is_named)
{
    static const struct {
        unsigned at;
        const char *text, *place, *what;
    } bad[] = {
        { 2, "{\"commit\":", "dump:2", "column" },
        { 4097, "nonsense", "dump:4097", "column" },
        { 9000, "{\"commit\":1,\"at_us\":\"x\"}", "dump:9000", "at_us" },
        { 9999, "{\"end\":7}", "dump:9999", "had 7 lines" },
    };
    char *dir = place_new();
    struct dump_counts counts;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        AUTO(buf_fini) struct buf text = { 0 };

        OK(buf_printf(&text, "{\"dump\":1,\"commit_seq\":1,\"next_node\":1,\"next_edge\":1}\n"));
        for (unsigned line = 2; line < 10000; line++)
            if (line == bad[i].at)
                OK(buf_printf(&text, "%s\n", bad[i].text));
            else
                OK(buf_printf(&text, "{\"commit\":%u,\"at_us\":%u}\n", line, line));
        OK(buf_printf(&text, "nonsense\n"));
        write_text(place_in(dir, "dump"), buf_slice(&text));
        cr_assert_eq(dump_load(&counts, place_in(dir, "b"), place_in(dir, "dump")),
                     STATUS_INVALID);
        cr_assert(strstr(error_detail(), bad[i].place) && strstr(error_detail(), bad[i].what),
                  "line %u: %s", bad[i].at, error_detail());
    }
    place_remove(dir);
}

Test(dump, a_graph_of_another_format_is_refused_with_the_way_on)
{
    char *dir = place_new();
    struct store_options options = { 0 };
    AUTO(buf_fini) struct buf older = { 0 };
    struct graph *graph;
    struct store *store;
    struct store_txn *txn;
    struct slice state;

    OK(graph_create(place_in(dir, "a"), (struct slice){ "", 0 }, NULL));
    OK(store_open(&store, place_in(dir, "a"), &options));
    OK(store_write(&txn, store));
    OK(store_get(&state, txn, TABLE_META, SLICE("state")));
    OK(buf_append_slice(&older, state));
    older.data[1] = 1; /* the first number of the list */
    OK(store_put(txn, TABLE_META, SLICE("state"), buf_slice(&older)));
    OK(store_commit(txn));
    store_close(store);
    cr_assert_eq(graph_open(&graph, place_in(dir, "a"), NULL), STATUS_CONFLICT);
    cr_assert(strstr(error_detail(), "has format 1 and this program reads format 2"));
    cr_assert(strstr(error_detail(), "dump with that one and load with this one"));
    place_remove(dir);
}
