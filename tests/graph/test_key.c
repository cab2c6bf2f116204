/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The key table: keys that share a hash, second keys among them, and rows that were damaged. */

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "graph/alias.h"
#include "graph/bulk.h"
#include "graph/catalog.h"
#include "graph/dump.h"
#include "graph/key.h"
#include "graph/private.h"
#include "tests/support/clean.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/ok.h"
#include "tests/support/place.h"

TestSuite(key, .fini = leaks_check);

#define TWINS 4

struct place {
    char *dir;
    struct graph *graph;
    uint32_t label;
    char twins[TWINS][8]; /* keys of one hash */
};

/* Two of the hash's four free bytes stand for all but a key's last two. */
static void find_twins(struct place *p)
{
    for (char front = '!'; front <= '~'; front++) {
        static unsigned char met[65536];

        memset(met, 0, sizeof met);
        for (int tail = 0; tail < 94 * 94; tail++) {
            char name[4] = { front, (char)('!' + tail / 94), (char)('!' + tail % 94) };
            struct node_key key;
            uint32_t at;

            node_key_make(&key, p->label, slice_str(name));
            at = (uint32_t)key.bytes[3] << 8 | key.bytes[4];
            if (++met[at] < TWINS)
                continue;
            for (int again = 0, n = 0; n < TWINS; again++) {
                name[1] = (char)('!' + again / 94), name[2] = (char)('!' + again % 94);
                node_key_make(&key, p->label, slice_str(name));
                if (at == ((uint32_t)key.bytes[3] << 8 | key.bytes[4]))
                    memcpy(p->twins[n++], name, sizeof name);
            }
            return;
        }
    }
    cr_assert_fail("no four keys share a hash");
}

static struct place open_place(void)
{
    struct place p = { .dir = place_new() };
    struct graph_txn *txn;

    p.graph = fresh_graph(place_in(p.dir, "db"), SLICE(""), NULL);
    OK(graph_write(&txn, p.graph));
    OK(catalog_intern(&p.label, txn, SLICE("Firm")));
    OK(txn_commit(txn));
    find_twins(&p);
    return p;
}

static void close_place(struct place *p)
{
    clean_graph(p->graph);
    graph_close(p->graph);
    place_remove(p->dir);
}

static struct node_input input_of(const struct place *p, const char *key)
{
    struct node_input input = NODE_INPUT_INIT;

    input.labels = &p->label;
    input.n_labels = 1;
    input.key_label = p->label;
    input.key = slice_str(key);
    return input;
}

static struct node_id put(struct place *p, const char *key)
{
    struct node_input input = input_of(p, key);
    struct graph_txn *txn;
    struct node_id id;

    OK(graph_write(&txn, p->graph));
    OK(node_upsert(&id, NULL, txn, &input));
    OK(txn_commit(txn));
    return id;
}

/* 0: there is none. */
static uint64_t find_in(struct graph *graph, uint32_t label, const char *key, uint64_t commit)
{
    struct moment moment = { TIME_MAX, TIME_MAX, commit };
    struct node_id id = { 0 };
    struct graph_txn *txn;
    enum status status;

    OK(graph_read(&txn, graph, commit ? &moment : NULL));
    status = node_find(&id, txn, label, slice_str(key));
    cr_assert(status == STATUS_OK || status == STATUS_NOT_FOUND, "%s", error_detail());
    txn_end(txn);
    return id.value;
}

static uint64_t find(struct place *p, const char *key)
{
    return find_in(p->graph, p->label, key, 0);
}

Test(key, keys_that_share_a_hash_lead_each_to_its_own_node)
{
    struct place p = open_place();
    uint64_t ids[TWINS];

    for (int i = 0; i < TWINS - 1; i++)
        ids[i] = put(&p, p.twins[i]).value;
    for (int i = 0; i < TWINS - 1; i++) {
        cr_assert_eq(find(&p, p.twins[i]), ids[i]);
        cr_assert_eq(put(&p, p.twins[i]).value, ids[i]);
    }
    cr_assert_eq(find(&p, p.twins[TWINS - 1]), 0);
    close_place(&p);
}

static enum status keep(void *context, struct slice text)
{
    return fwrite(text.data, 1, text.size, context) == text.size ? STATUS_OK : STATUS_IO;
}

/* What a dump of it makes. */
static struct graph *reload(struct place *p)
{
    struct dump_counts counts;
    struct graph *graph;
    FILE *file = fopen(place_in(p->dir, "dump"), "we");

    cr_assert(file);
    OK(dump_write(&counts, p->graph, keep, file));
    fclose(file);
    OK(dump_load(&counts, place_in(p->dir, "again"), place_in(p->dir, "dump")));
    OK(graph_open(&graph, place_in(p->dir, "again"), NULL));
    clean_graph(graph);
    return graph;
}

/* The second key comes first, alone of its hash; then nodes, one of them merged into another. */
Test(key, second_keys_that_share_a_hash_are_told_apart)
{
    struct place p = open_place();
    uint64_t first = put(&p, "somebody").value, ids[TWINS], before;
    struct alias_result result;
    struct graph_txn *txn;
    struct graph *again;

    OK(graph_write(&txn, p.graph));
    OK(node_alias(txn, (struct node_id){ first }, p.label, slice_str(p.twins[0])));
    OK(txn_commit(txn));
    cr_assert_eq(find(&p, p.twins[0]), first);
    cr_assert_eq(find(&p, p.twins[1]), 0);
    for (int i = 1; i < TWINS; i++)
        ids[i] = put(&p, p.twins[i]).value;
    OK(graph_write(&txn, p.graph));
    before = txn_counts(txn).commit_seq - 1;
    OK(alias_merge(&result, txn, (struct node_id){ ids[2] }, (struct node_id){ ids[1] }));
    OK(alias_merge(&result, txn, (struct node_id){ ids[2] }, (struct node_id){ first }));
    OK(txn_commit(txn));
    again = reload(&p);
    for (int i = 0; i < 2; i++) {
        struct graph *graph = i ? again : p.graph;

        cr_assert_eq(find_in(graph, p.label, p.twins[0], 0), ids[2]);
        cr_assert_eq(find_in(graph, p.label, p.twins[1], 0), ids[2]);
        cr_assert_eq(find_in(graph, p.label, p.twins[2], 0), ids[2]);
        cr_assert_eq(find_in(graph, p.label, p.twins[3], 0), ids[3]);
        cr_assert_eq(find_in(graph, p.label, p.twins[0], before), first);
        cr_assert_eq(find_in(graph, p.label, p.twins[1], before), ids[1]);
        cr_assert_eq(find_in(graph, p.label, "somebody", before), first);
    }
    graph_close(again);
    close_place(&p);
}

/* Another writer, between the slices of a load, adds what the load adds, and what it does not. */
static void write_between(void *context)
{
    struct place *p = context;

    if (!find(p, p->twins[1]))
        put(p, p->twins[1]);
    put(p, p->twins[3]);
}

static void load(struct place *p, int first, int end, bool beside)
{
    struct bulk_options options = { .observed_us = TIME_MIN };
    struct bulk_result result;
    struct bulk *bulk;

    if (beside)
        options.slices = (struct turn_options){ 1, write_between, p };
    OK(bulk_open(&bulk, p->graph, &options));
    for (int i = first; i < end; i++) {
        struct node_input input = input_of(p, p->twins[i]);

        OK(bulk_node(NULL, bulk, &input, NULL));
    }
    OK(bulk_finish(&result, bulk));
    bulk_close(bulk);
}

static void all_apart(struct place *p)
{
    for (int i = 0; i < TWINS; i++) {
        cr_assert(find(p, p->twins[i]), "%s", p->twins[i]);
        for (int k = 0; k < i; k++)
            cr_assert_neq(find(p, p->twins[i]), find(p, p->twins[k]));
    }
}

Test(key, a_load_tells_keys_that_share_a_hash_apart)
{
    for (int beside = 0; beside < 2; beside++) {
        struct place p = open_place();

        load(&p, 0, TWINS - 1, false);
        load(&p, 0, TWINS, false);
        all_apart(&p);
        close_place(&p);
        p = open_place();
        put(&p, "somebody");
        load(&p, 0, TWINS - 1, beside);
        load(&p, 0, TWINS, beside);
        all_apart(&p);
        close_place(&p);
    }
}

/* In every order: those that are left are found, and nothing stays when all are gone. */
Test(key, a_key_that_goes_takes_no_other_with_it)
{
    static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                     { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    struct place p = open_place();
    struct node_id ids[3];

    for (int i = 0; i < 3; i++)
        ids[i] = put(&p, p.twins[i]);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct graph_txn *txn;
        struct node_key key;
        struct slice value;

        OK(graph_write(&txn, p.graph));
        for (int gone = 0; gone < 3; gone++) {
            node_key_make(&key, p.label, slice_str(p.twins[orders[i][gone]]));
            OK(key_remove(txn, &key, ids[orders[i][gone]]));
            for (int k = 0; k < 3; k++) {
                struct node_id found;
                enum status status = node_find(&found, txn, p.label,
                                               slice_str(p.twins[orders[i][k]]));

                cr_assert_eq(status, k > gone ? STATUS_OK : STATUS_NOT_FOUND);
            }
        }
        cr_assert_eq(store_get(&value, txn->store, TABLE_KEY, key_short(&key)), STATUS_NOT_FOUND);
        txn_end(txn);
    }
    close_place(&p);
}

/* ---- damage --------------------------------------------------------------------------------- */

/* Turns a bit of byte `at` of each copy of the row in the file, as the open graph sees it, too. */
static void turn(const char *path, struct slice row, size_t at, unsigned char bit)
{
    static unsigned char bytes[1 << 20];
    int file = open(path, O_RDWR | O_CLOEXEC);
    ssize_t size = read(file, bytes, sizeof bytes);
    const unsigned char *found = bytes;

    cr_assert(file >= 0 && size > 0 && size < (ssize_t)sizeof bytes);
    while ((found = memmem(found, (size_t)(bytes + size - found), row.data, row.size))) {
        unsigned char turned = found[at] ^ bit;

        cr_assert_eq(pwrite(file, &turned, 1, found - bytes + (ssize_t)at), 1);
        found++;
    }
    close(file);
}

/* The row of the key table as it lies in the file: its key, then its value. */
static void stored_row(struct buf *out, struct place *p, const char *name)
{
    struct graph_txn *txn;
    struct node_key key;
    struct slice value;

    node_key_make(&key, p->label, slice_str(name));
    OK(graph_read(&txn, p->graph, NULL));
    OK(store_get(&value, txn->store, TABLE_KEY, key_short(&key)));
    OK(buf_append_slice(out, key_short(&key)));
    OK(buf_append_slice(out, value));
    txn_end(txn);
}

static enum status find_damaged(struct place *p, const char *name)
{
    struct graph_txn *txn;
    struct node_id id;
    enum status status;

    OK(graph_read(&txn, p->graph, NULL));
    status = node_find(&id, txn, p->label, slice_str(name));
    txn_end(txn);
    return status;
}

static void damage(struct place *p, const char *name, struct slice row, size_t at, unsigned bit)
{
    AUTO(buf_fini) struct buf damaged = { 0 };
    const char *path = place_in(place_in(p->dir, "db"), "data.mdb");

    OK(buf_append_slice(&damaged, row));
    damaged.data[at] ^= (unsigned char)bit;
    turn(path, row, at, (unsigned char)bit);
    cr_assert_eq(find_damaged(p, name), STATUS_CORRUPT, "%s: byte %zu, bit %u", name, at, bit);
    turn(path, buf_slice(&damaged), at, (unsigned char)bit);
}

static void put_many(struct place *p, int n)
{
    struct graph_txn *txn;
    char name[8];

    OK(graph_write(&txn, p->graph));
    for (int i = 0; i < n; i++) {
        struct node_input input;

        snprintf(name, sizeof name, "n%03d", i);
        input = input_of(p, name);
        OK(node_upsert(NULL, NULL, txn, &input));
    }
    OK(txn_commit(txn));
}

/* Rows on several pages: one bit of each, and all bits of some. */
Test(key, a_damaged_row_is_told_from_a_key_that_is_not_there)
{
    struct place p = open_place();
    char name[8];

    put_many(&p, 400);
    for (int i = 0; i < 400; i++) {
        AUTO(buf_fini) struct buf row = { 0 };

        snprintf(name, sizeof name, "n%03d", i);
        stored_row(&row, &p, name);
        for (size_t k = 0; k < 8 * row.size; k++)
            if (i % 100 == 50 || (int)k == i % (int)(8 * row.size))
                damage(&p, name, buf_slice(&row), k / 8, 1u << k % 8);
    }
    close_place(&p);
}
