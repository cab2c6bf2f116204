/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/import.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/log.h"
#include "base/rng.h"
#include "graph/alias.h"
#include "graph/catalog.h"
#include "graph/dump.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"
#include "tests/support/sweep.h"

static char *place;
static struct graph *graph;
static const struct graph_options small = { .map_size = (uint64_t)64 << 20 };

static void start(void)
{
    place = place_new();
    graph = fresh_graph(place_in(place, "g"), schema_builtin_text(), &small);
}

static void stop(void)
{
    graph_close(graph);
    graph = NULL;
    place_remove(place);
    leaks_check();
}

TestSuite(import, .init = start, .fini = stop);

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(place_in(place, name), "w");

    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
}

static enum status import_files(struct load_result *result, const char *first, const char *second)
{
    const char *paths[] = { place_in(place, first), second ? place_in(place, second) : NULL };
    const struct import_options options = { .paths = paths, .n_paths = second ? 2 : 1,
                                            .memory_bytes = 1 << 20 };

    return import_run(result, graph, &options);
}

static void expect_counts(const char *first, const char *second, uint64_t nodes, uint64_t edges)
{
    struct load_result result;

    cr_assert_eq(import_files(&result, first, second), STATUS_OK, "%s", error_detail());
    cr_expect_eq(result.nodes, nodes, "%llu nodes", (unsigned long long)result.nodes);
    cr_expect_eq(result.edges, edges, "%llu edges", (unsigned long long)result.edges);
    cr_expect_eq(result.rejected, 0);
}

/* The property of a node, or NULL. */
static const struct value *property(struct arena *arena, const char *label, const char *key,
                                    const char *name)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct catalog *catalog = graph_catalog(graph);
    struct value map;
    struct node node;
    struct node_id id;
    const struct value *found;
    struct value *copy;

    cr_assert_eq(graph_read(&txn, graph, NULL), STATUS_OK);
    cr_assert_eq(node_find(&id, txn, catalog_find(catalog, slice_str(label)), slice_str(key)),
                 STATUS_OK, "%s %s", label, key);
    cr_assert_eq(node_load(&node, txn, id), STATUS_OK);
    cr_assert_eq(node_properties(&map, arena, txn, &node), STATUS_OK);
    found = value_find(&map, slice_str(name));
    if (!found)
        return NULL;
    copy = arena_new(arena, struct value);
    *copy = *found;
    if (copy->type == VALUE_STRING)
        copy->text = arena_copy(arena, value_slice(found));
    return copy;
}

Test(import, rows_before_their_nodes_and_across_files_find_each_other)
{
    write_file("a-edges.csv", ":START_ID(E)|:END_ID(P)|role|valid_from:datetime|:TYPE\n"
                              "e1|+8613800000000|x|2020-01-01|HAS_PHONE\n"
                              "e2|13800000000||2020-01-01 08:00:00+08:00|HAS_PHONE\n"
                              "e2|138 0000 0000||2020-01-01|HAS_PHONE\n");
    write_file("z-nodes.csv", "id:ID(E),:LABEL\ne1,Enterprise\ne2,Enterprise\n");
    write_file("phones.csv", "nr:ID(P),:LABEL\n013800000000,Phone\n");
    cr_assert_eq(rename(place_in(place, "phones.csv"), place_in(place, "p.csv")), 0);
    expect_counts("z-nodes.csv", "p.csv", 3, 0);
    /* The spaces are not labels: only known where their nodes come along. */
    cr_expect_eq(import_files(&(struct load_result){ 0 }, "a-edges.csv", NULL), STATUS_OK,
                 "by the type's endpoints in the schema: %s", error_detail());
    write_file("b-edges.csv", ":START_ID(E),:END_ID(E),:TYPE\ne1,e2,resembles\n");
    cr_expect_eq(import_files(&(struct load_result){ 0 }, "b-edges.csv", NULL), STATUS_INVALID);
    expect_counts("b-edges.csv", "z-nodes.csv", 0, 1);
}

Test(import, edges_are_one_by_key_or_by_all_they_hold)
{
    write_file("n.csv", ":ID(Account),:LABEL\n1,Account\n2,Account\n");
    write_file("e.csv", ":START_ID(Account),:END_ID(Account),amount:long,edge_key:string,:TYPE\n"
                        "1,2,5,,TRANSFERRED\n1,2,5,,TRANSFERRED\n1,2,6,,TRANSFERRED\n"
                        "1,2,7,k,TRANSFERRED\n1,2,8,k,TRANSFERRED\n2,1,8,k,TRANSFERRED\n");
    expect_counts("n.csv", "e.csv", 2, 4);
    expect_counts("n.csv", "e.csv", 0, 0);
}

Test(import, later_rows_of_a_node_add_to_earlier_ones)
{
    AUTO(arena_fini) struct arena arena = { 0 };

    write_file("n.csv", ":ID(Person),name,age:int,:LABEL\n"
                        "p,A,5,Person\np,,6,Person\np,\"\",,Person\n");
    expect_counts("n.csv", NULL, 1, 0);
    cr_expect_eq(property(&arena, "Person", "P", "name")->count, 0);
    cr_expect_eq(property(&arena, "Person", "P", "age")->integer, 6);
}

Test(import, one_name_in_two_spaces_stays_two_nodes_by_label)
{
    write_file("n.csv", ":ID(X),:LABEL\n7,Person\n7,Enterprise\n");
    write_file("e.csv", ":START_ID(X),:END_ID(X),:TYPE\n7,7,KIN\n");
    expect_counts("n.csv", "e.csv", 2, 1);
}

Test(import, a_bad_folder_leaves_the_graph_as_it_was)
{
    struct load_result result;
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    write_file("good.csv", ":ID(Person),:LABEL\np,Person\n");
    write_file("bad.csv", ":ID(Person),age:int,:LABEL\nq,x,Person\n");
    cr_expect_eq(import_files(&result, "good.csv", "bad.csv"), STATUS_INVALID);
    cr_expect_eq(result.rejected, 1);
    cr_expect_eq(result.nodes, 0);
    cr_assert_eq(graph_read(&txn, graph, NULL), STATUS_OK);
    cr_expect_eq(txn_counts(txn).nodes, 0);
}

Test(import, events_in_one_transaction_with_their_closings)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    write_file("e.ndjson",
               "{\"op\":\"close\",\"type\":\"OWNS\",\"from\":{\"label\":\"Person\",\"key\":\"p\"},"
               "\"to\":{\"label\":\"Account\",\"key\":1},\"valid_to\":\"2021-01-01\"}\n");
    cr_expect_eq(import_files(&(struct load_result){ 0 }, "e.ndjson", NULL), STATUS_INVALID,
                 "nothing to close");
    write_file("f.ndjson",
               "{\"op\":\"node\",\"labels\":[\"Person\",\"Vip\"],\"key\":\"p\"}\n"
               "{\"op\":\"node\",\"label\":\"Account\",\"key\":1}\n"
               "{\"op\":\"edge\",\"type\":\"OWNS\",\"from\":{\"label\":\"Person\",\"key\":\"p\"},"
               "\"to\":{\"label\":\"Account\",\"key\":1},\"valid_from\":\"2020-01-01\"}\n");
    expect_counts("f.ndjson", "e.ndjson", 2, 1);
    cr_assert_eq(graph_read(&txn, graph, NULL), STATUS_OK);
    cr_expect_eq(txn_counts(txn).commit_seq, 2, "the schema's, and one for all");
}

/* ---- dated nodes ---- */

#define N_DATED 300

static void write_dated(const char *name, unsigned first, unsigned n, unsigned day)
{
    AUTO(buf_fini) struct buf text = { 0 };
    const char *string;

    for (unsigned i = first; i < first + n; i++)
        OK(buf_printf(&text, "{\"op\":\"node\",\"label\":\"Account\",\"key\":\"d%u\","
                             "\"valid_from\":\"1970-01-%02u\",\"properties\":{\"n\":%u}}\n",
                      i, day, day));
    OK(buf_string(&string, &text));
    write_file(name, string);
}

/* `n` of the account as of a day; 0: it was not there. */
static int64_t n_as_of(const char *key, unsigned day)
{
    const struct moment moment = { (int64_t)day * US_PER_DAY, TIME_MAX, 0 };
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(arena_fini) struct arena arena = { 0 };
    struct catalog *catalog = graph_catalog(graph);
    struct value value;
    struct node_id id;
    struct node node;
    enum status status;

    OK(graph_read(&txn, graph, &moment));
    OK(node_find(&id, txn, catalog_find(catalog, SLICE("Account")), slice_str(key)));
    status = node_load(&node, txn, id);
    cr_assert(status == STATUS_OK || status == STATUS_NOT_FOUND);
    if (status)
        return 0;
    OK(node_property(&value, &arena, &node, catalog_find(catalog, SLICE("n"))));
    return value.integer;
}

static struct load_result import_two(const char *first, const char *second);

Test(import, dated_nodes_go_in_slices)
{
    write_dated("a.ndjson", 0, N_DATED, 3);
    write_dated("b.ndjson", N_DATED / 2, N_DATED, 9);
    import_two("a.ndjson", NULL);
    cr_expect_gt(import_two("b.ndjson", NULL).n_slices, 0);
    cr_expect_eq(n_as_of("d1", 20), 3);
    cr_expect_eq(n_as_of("d200", 1), 0);
    cr_expect_eq(n_as_of("d200", 5), 3);
    cr_expect_eq(n_as_of("d200", 20), 9);
    cr_expect_eq(n_as_of("d400", 5), 0);
}

Test(import, several_versions_of_a_node_are_all_kept)
{
    write_dated("a.ndjson", 0, N_DATED, 3);
    write_dated("b.ndjson", 0, N_DATED, 6);
    write_dated("c.ndjson", 0, N_DATED, 9);
    import_two("a.ndjson", NULL);
    cr_expect_eq(import_two("b.ndjson", "c.ndjson").n_slices, 0);
    for (unsigned n = 3; n <= 9; n += 3) /* 1970-01-03 is day 2 */
        cr_expect_eq(n_as_of("d7", n - 1), n, "day %u", n - 1);
}

Test(import, rows_under_two_keys_of_a_node_are_versions_of_one)
{
    struct load_result result;
    struct alias_result merged;
    struct graph_txn *txn;
    struct node_id one, two;
    uint32_t label;

    write_dated("a.ndjson", 0, N_DATED, 3);
    write_dated("b.ndjson", 0, 1, 6);
    write_dated("c.ndjson", 1, N_DATED, 9);
    import_two("a.ndjson", NULL);
    OK(graph_write(&txn, graph));
    label = catalog_find(graph_catalog(graph), SLICE("Account"));
    OK(node_find(&one, txn, label, SLICE("d0")));
    OK(node_find(&two, txn, label, SLICE("d1")));
    OK(alias_merge(&merged, txn, one, two));
    OK(txn_commit(txn));
    result = import_two("b.ndjson", "c.ndjson");
    cr_expect_eq(result.n_slices, 0);
    cr_expect_eq(n_as_of("d0", 7), 6);
    cr_expect_eq(n_as_of("d1", 10), 9);
}

/* Random rows twice: as typed CSV under keys s..., as events under keys t... */
static void write_rows(struct buf *nodes, struct buf *edges, struct buf *events, uint64_t seed)
{
    struct rng made = rng_new(seed), *rng = &made;
    size_t n = 1 + rng_below(rng, 20);

    OK(buf_printf(nodes, ":ID(Account),n:int,:LABEL\n"));
    OK(buf_printf(edges, ":START_ID(Account),:END_ID(Account),amount:long,valid_from:datetime,"
                         ":TYPE\n"));
    for (size_t i = 0; i < n; i++) {
        unsigned key = (unsigned)rng_below(rng, n), number = (unsigned)rng_below(rng, 3);

        (void)!buf_printf(nodes, "s%u-%u,%u,Account\n", (unsigned)seed, key, number);
        (void)!buf_printf(events, "{\"op\":\"node\",\"label\":\"Account\",\"key\":\"t%u-%u\","
                                  "\"properties\":{\"n\":%u}}\n", (unsigned)seed, key, number);
    }
    for (size_t i = 0; i < 3 * n; i++) {
        unsigned from = (unsigned)rng_below(rng, n), to = (unsigned)rng_below(rng, n);
        unsigned amount = (unsigned)rng_below(rng, 2), day = 1 + (unsigned)rng_below(rng, 2);

        (void)!buf_printf(edges, "s%u-%u,s%u-%u,%u,2020-01-0%u,TRANSFERRED\n",
                          (unsigned)seed, from, (unsigned)seed, to, amount, day);
        (void)!buf_printf(events,
                          "{\"op\":\"edge\",\"type\":\"TRANSFERRED\",\"from\":{\"label\":"
                          "\"Account\",\"key\":\"t%u-%u\"},\"to\":{\"label\":\"Account\","
                          "\"key\":\"t%u-%u\"},\"valid_from\":\"2020-01-0%u\","
                          "\"properties\":{\"amount\":%u}}\n", (unsigned)seed, from,
                          (unsigned)seed, to, day, amount);
    }
}

static struct load_result import_two(const char *first, const char *second)
{
    const char *paths[] = { place_in(place, first), second ? place_in(place, second) : NULL };
    const struct import_options options = { .paths = paths, .n_paths = second ? 2 : 1,
                                            .max_errors = 1000 };
    struct load_result result;

    OK(import_run(&result, graph, &options));
    return result;
}

Test(import, formats_agree_on_random_rows)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        AUTO(buf_fini) struct buf nodes = { 0 };
        AUTO(buf_fini) struct buf edges = { 0 };
        AUTO(buf_fini) struct buf events = { 0 };
        struct load_result by_csv, by_events;
        const char *text;

        write_rows(&nodes, &edges, &events, seed);
        OK(buf_string(&text, &nodes));
        write_file("n.csv", text);
        OK(buf_string(&text, &edges));
        write_file("e.csv", text);
        OK(buf_string(&text, &events));
        write_file("v.ndjson", text);
        by_csv = import_two("n.csv", "e.csv");
        by_events = import_two("v.ndjson", NULL);
        cr_expect_eq(by_csv.nodes, by_events.nodes, "seed %u", (unsigned)seed);
        cr_expect_eq(by_csv.edges, by_events.edges, "seed %u", (unsigned)seed);
        cr_expect_eq(by_csv.rejected, by_events.rejected, "seed %u", (unsigned)seed);
    }
}

static enum status import_one(void *context)
{
    struct load_result result;

    (void)context;
    return import_files(&result, "n.csv", "e.ndjson");
}

Test(import, survives_failing_allocations)
{
    write_file("n.csv", ":ID(Person),name,at:datetime,:LABEL\n"
                        "p,A,2020-01-01T00:00:00+08:00,Person\n");
    write_file("e.ndjson", "{\"op\":\"node\",\"label\":\"Phone\",\"key\":\"138 0000 0000\"}\n");
    cr_expect_geq(sweep_allocations(import_one, NULL), 10);
}

/* ---- Threads ---- */

static enum status gather(void *context, struct slice line)
{
    /* Commits carry their time, which is the only thing that may differ. */
    if (memmem(line.data, line.size, "\"commit\":", 9))
        return STATUS_OK;
    return buf_append_slice(context, line);
}

/* A book that needs several sorted runs, with bad rows among the good. */
static void write_book(unsigned n)
{
    FILE *nodes = fopen(place_in(place, "nodes.csv"), "w");
    FILE *edges = fopen(place_in(place, "edges.csv"), "w");
    struct rng rng = rng_new(7);

    fprintf(nodes, "key:ID(E),name,:LABEL\n");
    fprintf(edges, ":START_ID(E),:END_ID(E),note,valid_from:datetime,:TYPE\n");
    for (unsigned i = 0; i < n; i++) {
        const char *label = rng_below(&rng, 3) ? "Enterprise" : "Depot;New";

        fprintf(nodes, "e%llu,%090u,%s\n", (unsigned long long)rng_below(&rng, n), i,
                i % 1000 == 7 ? "" : label);
        fprintf(edges, "e%llu,e%llu,%060llu,2024-01-%02lluT00:00:00Z,%s\n",
                (unsigned long long)rng_below(&rng, n), (unsigned long long)rng_below(&rng, n / 8),
                (unsigned long long)rng_below(&rng, 3),
                (unsigned long long)rng_below(&rng, 33) + 1, i % 3 ? "SUPPLIES" : "NEAR");
    }
    fclose(nodes);
    fclose(edges);
}

/* The graph and the rejects of the book, imported with so many threads. */
static void import_with(struct buf *out, unsigned threads, const char *name)
{
    const char *paths[] = { place_in(place, "nodes.csv"), place_in(place, "edges.csv") };
    const char *rejects = place_in(place, "rejects"), *dir = place_in(place, name);
    const struct import_options options = { .paths = paths, .n_paths = 2, .memory_bytes = 1,
                                            .rejects = rejects, .max_errors = UINT64_MAX,
                                            .threads = threads };
    AUTO(graph_closep) struct graph *own = NULL;
    struct load_result result;
    struct dump_counts counts;
    char line[1024];
    FILE *file;

    own = fresh_graph(dir, schema_builtin_text(), NULL);
    cr_assert_eq(import_run(&result, own, &options), STATUS_OK, "%s", error_detail());
    cr_assert(result.rejected > 100 && result.edges > 1000, "%llu rejected, %llu edges",
              (unsigned long long)result.rejected, (unsigned long long)result.edges);
    cr_assert_eq(dump_write(&counts, own, gather, out), STATUS_OK, "%s", error_detail());
    file = fopen(rejects, "r");
    while (fgets(line, sizeof line, file))
        cr_assert_eq(buf_append_slice(out, slice_str(line)), STATUS_OK);
    fclose(file);
}

Test(import, does_the_same_with_and_without_threads)
{
    AUTO(buf_fini) struct buf alone = { 0 };
    AUTO(buf_fini) struct buf both = { 0 };

    log_set_quiet(true);
    write_book(25000);
    import_with(&alone, 1, "alone");
    import_with(&both, 0, "both");
    cr_expect(slice_equal(buf_slice(&alone), buf_slice(&both)));
}
