/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/rigs/rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "graph/bulk.h"
#include "graph/check.h"
#include "graph/private.h"

void rig_must(enum status status, const char *what)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "rig: %s: %s: %s\n", what, status_name(status), error_detail());
    exit(1);
}

/* ---- batches -------------------------------------------------------------------------------- */

static size_t batch_key(char key[32], uint64_t number, unsigned i)
{
    return (size_t)snprintf(key, 32, "%llu-%u", (unsigned long long)number, i);
}

/* One transaction or one bulk load that batches go into. */
struct target {
    struct graph_txn *txn;
    struct bulk *bulk; /* NULL: one by one */
};

static enum status put_node(struct node_id *id, struct target *to, uint32_t label,
                            uint64_t number, unsigned i, uint64_t mark)
{
    struct node_input input = NODE_INPUT_INIT;
    struct value_pair pair = { SLICE("batch"), value_int((int64_t)mark) };
    char key[32];

    input.labels = &label;
    input.n_labels = 1;
    input.key_label = label;
    input.key = slice_of(key, batch_key(key, number, i));
    input.properties = (struct value){ .type = VALUE_MAP, .count = 1, .pairs = &pair };
    return to->bulk ? bulk_node(id, to->bulk, &input, NULL)
                    : node_upsert(id, NULL, to->txn, &input);
}

static enum status put_edge(struct target *to, uint32_t type, struct node_id from,
                            struct node_id end, uint64_t number)
{
    struct edge_input input = EDGE_INPUT_INIT;
    struct value_pair pair = { SLICE("batch"), value_int((int64_t)number) };

    input.type = type;
    input.from = from;
    input.to = end;
    input.valid_from_us = (int64_t)number * US_PER_SECOND;
    input.properties = (struct value){ .type = VALUE_MAP, .count = 1, .pairs = &pair };
    return to->bulk ? bulk_edge(to->bulk, &input) : edge_upsert(NULL, NULL, to->txn, &input);
}

/* The hub's list grows into chunks, and its changing property leaves versions behind. */
static enum status fill_batch(struct target *to, uint64_t number)
{
    struct graph_txn *txn = to->bulk ? bulk_txn(to->bulk) : to->txn;
    struct node_id ids[BATCH_NODES], hub;
    uint32_t label, type;

    TRY(catalog_intern(&label, txn, SLICE("Party")));
    TRY(catalog_intern(&type, txn, SLICE("PAYS")));
    TRY(put_node(&hub, to, label, 0, 0, number / 4));
    for (unsigned i = 0; i < BATCH_NODES; i++)
        TRY(put_node(&ids[i], to, label, number, i, number));
    for (unsigned i = 1; i < BATCH_NODES; i++)
        TRY(put_edge(to, type, ids[i - 1], ids[i], number));
    return put_edge(to, type, hub, ids[0], number);
}

enum status rig_batch(struct graph *graph, uint64_t number)
{
    struct target to = { 0 };
    enum status status;

    TRY(graph_write(&to.txn, graph));
    status = fill_batch(&to, number);
    if (status) {
        txn_end(to.txn);
        return status;
    }
    return txn_commit(to.txn);
}

enum status rig_bulk(struct graph *graph, uint64_t first, uint64_t n)
{
    AUTO(bulk_closep) struct bulk *bulk = NULL;
    struct bulk_options options = { .memory_bytes = 1, .observed_us = TIME_MIN,
                                    .slices = { .units = 6 } };
    struct bulk_result result;
    struct target to = { 0 };

    TRY(bulk_open(&bulk, graph, &options));
    to.bulk = bulk;
    for (uint64_t i = 0; i < n; i++)
        TRY(fill_batch(&to, first + i));
    return bulk_finish(&result, bulk);
}

/* ---- judgement ------------------------------------------------------------------------------ */

static enum status whole_batch(bool *whole, struct graph_txn *txn, uint32_t label, uint64_t number)
{
    unsigned met = 0;

    for (unsigned i = 0; i < BATCH_NODES; i++) {
        char key[32];
        size_t size = batch_key(key, number, i);
        struct node_id id;
        struct node node;
        enum status status = node_find(&id, txn, label, slice_of(key, size));

        if (status == STATUS_NOT_FOUND)
            continue;
        TRY(status);
        TRY(node_load(&node, txn, id));
        met++;
    }
    if (met != 0 && met != BATCH_NODES)
        return fail(STATUS_CORRUPT, "batch %llu is there in part: %u of %d nodes",
                    (unsigned long long)number, met, BATCH_NODES);
    *whole = met != 0;
    return STATUS_OK;
}

enum status rig_count(uint64_t *n, struct graph *graph)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct graph_counts counts;
    uint32_t label;
    bool whole = true;

    TRY(graph_read(&txn, graph, NULL));
    label = catalog_find(graph_catalog(graph), SLICE("Party"));
    counts = txn_counts(txn);
    *n = 0;
    while (label) {
        TRY(whole_batch(&whole, txn, label, *n + 1));
        if (!whole)
            break;
        ++*n;
    }
    if (counts.nodes != *n * BATCH_NODES + (*n != 0) || counts.edges != *n * BATCH_NODES)
        return fail(STATUS_CORRUPT, "%llu batches, but %llu nodes and %llu edges",
                    (unsigned long long)*n, (unsigned long long)counts.nodes,
                    (unsigned long long)counts.edges);
    return STATUS_OK;
}

static enum status print_finding(void *context, const struct check_finding *finding)
{
    (void)context;
    fprintf(stderr, "check: %s: %s: %s\n", finding->rule->id, finding->place, finding->what);
    return STATUS_OK;
}

enum status rig_judge(uint64_t *n_batches, const char *dir, bool deep)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    struct check_options options = { .finding = print_finding };
    struct check_result result = { 0 };

    TRY(graph_open(&graph, dir, NULL));
    TRY(rig_count(n_batches, graph));
    if (!deep)
        return STATUS_OK;
    TRY(check_graph(&result, graph, &options));
    if (result.n_findings)
        return fail(STATUS_CORRUPT, "check has %llu findings",
                    (unsigned long long)result.n_findings);
    return STATUS_OK;
}

static enum status digest_table(uint64_t *digest, struct store_txn *txn, enum store_table table)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value, again;
    enum status status;

    TRY(store_cursor_open(&cursor, txn, table));
    for (status = store_cursor_seek(&key, &value, cursor, (struct slice){ 0 });
         status == STATUS_OK; status = store_cursor_next(&key, &value, cursor)) {
        *digest = hash64(key, *digest + (uint64_t)table);
        *digest = hash64(value, *digest);
        status = store_get(&again, txn, table, key);
        if (status)
            return fail(STATUS_CORRUPT, "a row is not found by its key");
        *digest = hash64(again, *digest);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

enum status rig_digest(uint64_t *digest, struct graph *graph)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    *digest = 1;
    TRY(graph_read(&txn, graph, NULL));
    for (int i = 0; i < TABLE_COUNT_; i++)
        TRY(digest_table(digest, txn->store, (enum store_table)i));
    return STATUS_OK;
}

/* ---- files and options ---------------------------------------------------------------------- */

void rig_copy(const char *from, const char *to)
{
    char source[512], target[512];
    struct stat info;
    int in, out;

    snprintf(source, sizeof source, "%s/data.mdb", from);
    snprintf(target, sizeof target, "%s/data.mdb", to);
    mkdir(to, 0700);
    in = open(source, O_RDONLY | O_CLOEXEC);
    out = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (in < 0 || out < 0 || fstat(in, &info) != 0)
        rig_must(fail_errno(target), "copying");
    for (off_t done = 0; done < info.st_size;) {
        ssize_t n = sendfile(out, in, &done, (size_t)(info.st_size - done));

        if (n <= 0)
            rig_must(fail_errno(target), "copying");
    }
    close(in);
    close(out);
}

uint64_t rig_option(int argc, char **argv, const char *name, uint64_t fallback)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return strtoull(argv[i + 1], NULL, 10);
    return fallback;
}

bool rig_flag(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return false;
}

double rig_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
