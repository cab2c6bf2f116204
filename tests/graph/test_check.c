/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Damage planted on purpose, row by row: each must be found under its own id. */

#include <criterion/criterion.h>
#include <stdio.h>

#include "graph/check.h"
#include "graph/overlay.h"
#include "graph/private.h"
#include "graph/publication.h"
#include "graph/tag_row.h"
#include "tests/graph/planted.h"
#include "tests/support/clean.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(check, .fini = leaks_check);

struct findings {
    bool met[CHECK_COUNT_];
    char text[2000];
};

static enum status note(void *context, const struct check_finding *finding)
{
    struct findings *findings = context;
    size_t size = strlen(findings->text);

    if (finding->rule >= check_rules && finding->rule < check_rules + CHECK_COUNT_)
        findings->met[finding->rule - check_rules] = true;
    snprintf(findings->text + size, sizeof findings->text - size, "%s: %s: %s\n",
             finding->rule->id, finding->place, finding->what);
    return STATUS_OK;
}

static void run(const struct planted *damage)
{
    char *dir = place_new();
    struct findings findings = { 0 };
    struct check_options options = { .finding = note, .context = &findings };
    struct check_result result;
    struct graph *graph = planted_graph(dir);
    struct graph_txn *txn;

    clean_graph(graph);
    OK(graph_write(&txn, graph));
    damage->plant(txn);
    OK(txn_commit(txn));
    OK(check_graph(&result, graph, &options));
    cr_expect(findings.met[damage->id], "%s: %s was expected, and found was:\n%s", damage->name,
              check_rules[damage->id].id, findings.text);
    graph_close(graph);
    place_remove(dir);
}

Test(check, planted_damage_is_found_under_its_id)
{
    for (size_t i = 0; i < n_planted; i++)
        run(&planted[i]);
}

/* All that commits say they touched is forgotten; or a row names a node that is not there. */
static void plant_changes(struct graph_txn *txn, bool forget)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char first[32];
    struct slice key, value;

    OK(store_cursor_open(&cursor, txn->store, TABLE_CHANGE));
    OK(store_cursor_seek(&key, &value, cursor, SLICE("C")));
    memcpy(first, key.data, key.size);
    key.data = first;
    store_cursor_close(cursor);
    cursor = NULL;
    OK(forget ? store_delete(txn->store, TABLE_CHANGE, key)
              : store_put(txn->store, TABLE_CHANGE, key, SLICE("\x00\x00\xff\xff\x7f")));
}

Test(check, a_change_log_that_says_too_little_or_nonsense_is_found)
{
    static const char *const ids[] = { "change-row: change log", "change-log: node 1" };

    for (int forget = 0; forget < 2; forget++) {
        char *dir = place_new();
        struct findings findings = { 0 };
        struct check_options options = { .finding = note, .context = &findings };
        struct check_result result;
        struct graph *graph = planted_graph(dir);
        struct graph_txn *txn;

        OK(graph_write(&txn, graph));
        plant_changes(txn, forget);
        OK(txn_commit(txn));
        OK(check_graph(&result, graph, &options));
        cr_expect(strstr(findings.text, ids[forget]), "%s is missing: %s", ids[forget],
                  findings.text);
        graph_close(graph);
        place_remove(dir);
    }
}

/* A chunk inside the window is counted by its head alone; that is under the checksum, too. */
Test(check, a_damaged_chunk_is_not_counted)
{
    char *dir = place_new();
    struct edge_scan scan = EDGE_SCAN(0, DIRECTION_OUT);
    struct graph_txn *txn;
    struct graph *graph = planted_graph(dir);
    struct node node;
    uint64_t n;

    OK(graph_write(&txn, graph));
    scan.from_us = 0;
    OK(node_load(&node, txn, (struct node_id){ 1 }));
    OK(edge_count(&n, txn, &node, &scan));
    cr_assert_eq(n, PLANTED_HUB_EDGES);
    planted_flip(txn, TABLE_CHUNK, 1, false);
    OK(node_load(&node, txn, (struct node_id){ 1 }));
    cr_assert_eq(edge_count(&n, txn, &node, &scan), STATUS_CORRUPT);
    txn_end(txn);
    graph_close(graph);
    place_remove(dir);
}

static uint64_t count_hub(enum status *status, struct graph_txn *txn, int64_t from_us,
                          bool newest_first)
{
    struct edge_scan scan = EDGE_SCAN(0, DIRECTION_OUT);
    AUTO(edge_iter_stop) struct edge_iter it;
    struct node node;
    uint64_t n = 0;

    scan.from_us = from_us;
    scan.newest_first = newest_first;
    OK(node_load(&node, txn, (struct node_id){ 1 }));
    for (edge_iter_start(&it, txn, &node, &scan); edge_iter_next(&it);)
        n++;
    *status = it.status;
    return n;
}

Test(check, a_hub_without_its_chunks_is_damage_and_not_a_node_without_edges)
{
    char *dir = place_new();
    struct graph *graph = planted_graph(dir);
    struct entry like = { .valid_from_us = 10 * US_PER_DAY, .edge = { 1 } }, entry;
    struct edge_scan scan = EDGE_SCAN(0, DIRECTION_OUT);
    struct graph_txn *txn;
    struct node node;
    enum status status;
    uint64_t n;

    OK(graph_write(&txn, graph));
    cr_assert_eq(count_hub(&status, txn, TIME_MIN, false), PLANTED_HUB_EDGES);
    for (;;) {
        AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
        unsigned char copy[CHUNK_KEY_BYTES];
        struct slice key, value;

        OK(store_cursor_open(&cursor, txn->store, TABLE_CHUNK));
        if (store_cursor_seek(&key, &value, cursor, SLICE("")) == STATUS_END)
            break;
        memcpy(copy, key.data, sizeof copy);
        OK(store_delete(txn->store, TABLE_CHUNK, slice_of(copy, sizeof copy)));
    }
    for (int newest_first = 0; newest_first < 2; newest_first++) {
        cr_assert_eq(count_hub(&status, txn, TIME_MIN, newest_first), 0);
        cr_assert_eq(status, STATUS_CORRUPT);
    }
    scan.from_us = 0;
    OK(node_load(&node, txn, (struct node_id){ 1 }));
    cr_assert_eq(edge_count(&n, txn, &node, &scan), STATUS_CORRUPT);
    cr_assert_eq(entry_find(&entry, txn, node.id, 2 << 2, &like), STATUS_CORRUPT);
    txn_end(txn);
    graph_close(graph);
    place_remove(dir);
}

/* Each word of people has two rows: without either it is damage, and none that was never said. */
Test(check, a_word_of_people_that_is_gone_is_damage)
{
    static const unsigned char keys[2][16] = { { [15] = 1 }, { [7] = 2, [15] = 1 } };
    const struct overlay block = { .subject = { 2 }, .kind = OVERLAY_BLOCK, .person = SLICE("ada"),
                                   .until_us = TIME_MAX };

    for (int i = 0; i < 2; i++) {
        AUTO(arena_fini) struct arena arena = { 0 };
        char *dir = place_new();
        struct graph *graph = planted_graph(dir);
        struct overlay overlay, *all;
        struct graph_txn *txn;
        uint64_t number;
        size_t n;

        OK(graph_write(&txn, graph));
        OK(overlay_add(&number, txn, &block));
        OK(overlay_find(&overlay, &arena, txn, number));
        cr_assert_eq(overlay_find(&overlay, &arena, txn, number + 1), STATUS_NOT_FOUND);
        OK(store_delete(txn->store, TABLE_OVERLAY, slice_of(keys[i], sizeof keys[i])));
        cr_assert_eq(overlay_find(&overlay, &arena, txn, number), STATUS_CORRUPT);
        cr_assert_eq(overlay_list(&all, &n, &arena, txn, (struct node_id){ 0 }, UINT64_MAX),
                     STATUS_CORRUPT);
        txn_end(txn);
        graph_close(graph);
        place_remove(dir);
    }
}

/* Where the last row's record has a text, at `place`, it gets a number. */
static void put_number(struct graph_txn *txn, enum store_table table, uint32_t place)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf bytes = { 0 };
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char copy[STORE_KEY_MAX];
    struct slice key, value;
    struct value record;

    OK(store_cursor_open(&cursor, txn->store, table));
    OK(store_cursor_seek_before(&key, &value, cursor, (struct slice){ 0 }));
    memcpy(copy, key.data, key.size);
    OK(codec_decode(&record, &arena, value));
    cr_assert(place < record.count && record.items[place].type == VALUE_STRING);
    ((struct value *)record.items)[place] = value_int(1);
    OK(codec_encode(&bytes, &record));
    store_cursor_close(cursor);
    cursor = NULL;
    OK(store_put(txn->store, table, slice_of(copy, key.size), buf_slice(&bytes)));
}

Test(check, a_record_of_other_types_is_damage)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf record = { 0 };
    const struct tag_view view = { .publication = 1 };
    struct tag tag = { .subject = { 2 }, .code = SLICE("SHELL"), .level = TAG_ALERT, .born = 1 };
    struct overlay overlay = { .subject = { 2 }, .kind = OVERLAY_BLOCK, .person = SLICE("ada") };
    struct ring_record ring = { .by = SLICE("1") };
    struct run run = { .number = 1 };
    char *dir = place_new();
    struct graph *graph = planted_graph(dir);
    struct graph_txn *txn;
    uint64_t number;

    OK(graph_write(&txn, graph));
    OK(tag_put(txn, &tag));
    OK(overlay_add(&number, txn, &overlay));
    OK(ring_record(&record, &ring));
    OK(ring_put_record(txn, 1, 1, buf_slice(&record)));
    OK(run_put(txn, &run));
    OK(tag_version(&tag, &arena, txn, tag.subject, tag.code, tag.origin, 1));
    OK(overlay_find(&overlay, &arena, txn, number));
    OK(ring_find(&ring, &arena, txn, &view, 1));
    OK(run_find(&run, &arena, txn, 1));
    put_number(txn, TABLE_TAG, 7);
    put_number(txn, TABLE_OVERLAY, 3);
    put_number(txn, TABLE_RING, 2);
    put_number(txn, TABLE_RUN, 10);
    cr_expect_eq(tag_version(&tag, &arena, txn, tag.subject, SLICE("SHELL"), tag.origin, 1),
                 STATUS_CORRUPT);
    cr_expect_eq(overlay_find(&overlay, &arena, txn, number), STATUS_CORRUPT);
    cr_expect_eq(ring_find(&ring, &arena, txn, &view, 1), STATUS_CORRUPT);
    cr_expect_eq(run_find(&run, &arena, txn, 1), STATUS_CORRUPT);
    txn_end(txn);
    graph_close(graph);
    place_remove(dir);
}

Test(check, findings_are_bounded_and_counted)
{
    char *dir = place_new();
    struct findings findings = { 0 };
    struct check_options options = { .max_findings = 3, .finding = note, .context = &findings };
    struct check_result result;
    struct graph *graph = planted_graph(dir);
    struct graph_txn *txn;

    OK(graph_write(&txn, graph));
    for (int i = 0; i < 10; i++)
        planted_flip(txn, TABLE_NODE, 10 + i, false);
    OK(txn_commit(txn));
    OK(check_graph(&result, graph, &options));
    cr_assert(result.truncated);
    cr_assert(result.n_findings >= 10, "%llu", (unsigned long long)result.n_findings);
    graph_close(graph);
    place_remove(dir);
}

Test(check, ids_are_unique_and_kebab_case)
{
    for (size_t i = 0; i < CHECK_COUNT_; i++) {
        const char *id = check_rules[i].id;

        cr_assert(strspn(id, "abcdefghijklmnopqrstuvwxyz-") == strlen(id), "%s", id);
        for (size_t k = 0; k < i; k++)
            cr_assert(strcmp(check_rules[k].id, id) != 0, "%s is there twice", id);
    }
}
