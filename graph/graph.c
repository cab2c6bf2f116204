/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/graph.h"

#include <stdlib.h>

#include "base/hash.h"
#include "graph/index.h"
#include "graph/pending.h"
#include "graph/private.h"
#include "graph/schema_change.h"
#include "store/remove.h"

/* 2: keys are found by their hash; shorter keys of the index. A dump of either is the same. */
#define FORMAT 2

/* ---- state: counters, one row, rewritten by each commit ----------------------------------- */

enum { STATE_FORMAT, STATE_COMMIT, STATE_NEXT_NODE, STATE_NEXT_EDGE, STATE_NODES, STATE_EDGES,
       STATE_NEEDED,
       STATE_INDEX = STATE_NEEDED, /* from here on missing where an earlier version wrote last */
       STATE_LAST_BEGIN, STATE_FIELDS };

static enum status state_write(struct store_txn *store, const struct graph_counts *counts)
{
    AUTO(buf_fini) struct buf bytes = { 0 };
    struct value fields[STATE_FIELDS] = {
        [STATE_FORMAT] = value_int(FORMAT),
        [STATE_COMMIT] = value_int((int64_t)counts->commit_seq),
        [STATE_NEXT_NODE] = value_int((int64_t)counts->next_node),
        [STATE_NEXT_EDGE] = value_int((int64_t)counts->next_edge),
        [STATE_NODES] = value_int((int64_t)counts->nodes),
        [STATE_EDGES] = value_int((int64_t)counts->edges),
        [STATE_INDEX] = value_int((int64_t)counts->index_schema),
        [STATE_LAST_BEGIN] = value_int(counts->last_begin_us),
    };
    struct value list = { .type = VALUE_LIST, .items = fields, .count = STATE_FIELDS };

    TRY(codec_encode(&bytes, &list));
    return store_put(store, TABLE_META, META_STATE, buf_slice(&bytes));
}

static enum status state_decode(struct graph_counts *counts, struct slice bytes)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    struct value list;

    TRY(codec_decode(&list, &arena, bytes));
    if (!codec_is_list_of(&list, "i") || list.count < STATE_NEEDED)
        return fail(STATUS_CORRUPT, "the graph's counters do not decode; restore a backup");
    if (list.items[STATE_FORMAT].integer != FORMAT)
        return fail(STATUS_CONFLICT, "the graph has format %lld and this program reads format %d; "
                    "use the version that wrote it, or dump with that one and load with this one",
                    (long long)list.items[STATE_FORMAT].integer, FORMAT);
    counts->commit_seq = (uint64_t)list.items[STATE_COMMIT].integer;
    counts->next_node = (uint64_t)list.items[STATE_NEXT_NODE].integer;
    counts->next_edge = (uint64_t)list.items[STATE_NEXT_EDGE].integer;
    counts->nodes = (uint64_t)list.items[STATE_NODES].integer;
    counts->edges = (uint64_t)list.items[STATE_EDGES].integer;
    counts->index_schema = list.count > STATE_INDEX ? (uint64_t)list.items[STATE_INDEX].integer : 0;
    counts->last_begin_us =
        list.count > STATE_LAST_BEGIN ? list.items[STATE_LAST_BEGIN].integer : TIME_MAX;
    return STATUS_OK;
}

static enum status state_read(struct graph_counts *counts, struct store_txn *store)
{
    struct slice bytes;
    enum status status = store_get(&bytes, store, TABLE_META, META_STATE);

    if (status == STATUS_NOT_FOUND)
        return fail(STATUS_CORRUPT, "%s holds no graph; make one with init",
                    store_dir(store_of(store)));
    TRY(status);
    return state_decode(counts, bytes);
}

/* ---- opening ------------------------------------------------------------------------------ */

static enum status load_schema(struct graph *graph, struct graph_txn *txn)
{
    struct slice text;

    TRY(graph_schema_text(&text, txn));
    graph->schema_hash = hash64(text, 0);
    return schema_load(&graph->schema, txn, text);
}

static enum status first_commit(struct graph *graph, struct slice schema_text)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct graph_counts empty = { .next_node = 1, .next_edge = 1, .last_begin_us = TIME_MIN };
    struct store_txn *store;
    enum status status;

    TRY(store_write(&store, graph->store));
    status = state_write(store, &empty);
    if (status) {
        store_end(store);
        return status;
    }
    TRY(store_commit(store));
    TRY(graph_write(&txn, graph));
    if (schema_text.size)
        TRY(store_put(txn->store, TABLE_META, META_SCHEMA, schema_text));
    TRY(load_schema(graph, txn));
    txn->counts.index_schema = index_number(graph->schema);
    TRY(changes_start(txn));
    status = txn_commit(txn);
    txn = NULL;
    return status;
}

static enum status open_in(struct graph *graph, const char *dir,
                           const struct graph_options *options, const struct slice *create)
{
    struct store_options store = { .map_size = options ? options->map_size : 0,
                                   .create = create != NULL };
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    TRY(catalog_open(&graph->catalog));
    TRY(plan_shelf_open(&graph->shelf));
    TRY(store_open(&graph->store, dir, &store));
    if (create)
        return first_commit(graph, *create);
    TRY(graph_read(&txn, graph, NULL));
    return load_schema(graph, txn);
}

/* `begun` says, also after a failure, that a store was opened or made. */
static enum status open_graph(struct graph **out, bool *begun, const char *dir,
                              const struct graph_options *options, const struct slice *create)
{
    AUTO(graph_closep) struct graph *graph = calloc(1, sizeof *graph);
    enum status status;

    if (!graph)
        return fail_memory(sizeof *graph);
    status = open_in(graph, dir, options, create);
    *begun = graph->store != NULL;
    TRY(status);
    *out = graph;
    graph = NULL;
    return STATUS_OK;
}

enum status graph_create(const char *dir, struct slice schema_text,
                         const struct graph_options *options)
{
    struct graph *graph = NULL;
    bool begun = false;
    enum status status = open_graph(&graph, &begun, dir, options, &schema_text);

    graph_close(graph);
    /* A schema with a mistake, or a full disk, must not leave half a graph in the way. */
    if (status && begun)
        store_remove(dir);
    return status;
}

enum status graph_open(struct graph **out, const char *dir, const struct graph_options *options)
{
    bool begun;

    return open_graph(out, &begun, dir, options, NULL);
}

void graph_close(struct graph *graph)
{
    if (!graph)
        return;
    schema_free(graph->schema);
    catalog_close(graph->catalog);
    plan_shelf_close(graph->shelf);
    store_close(graph->store);
    free(graph);
}

void graph_closep(struct graph **graph)
{
    graph_close(*graph);
}

const struct schema *graph_schema(const struct graph *graph)
{
    return graph->schema;
}

struct catalog *graph_catalog(const struct graph *graph)
{
    return graph->catalog;
}

const char *graph_dir(const struct graph *graph)
{
    return store_dir(graph->store);
}

/* ---- transactions ------------------------------------------------------------------------- */

static enum status begin(struct graph_txn **out, struct graph *graph, bool write)
{
    struct graph_txn *txn = calloc(1, sizeof *txn);
    enum status status;

    if (!txn)
        return fail_memory(sizeof *txn);
    txn->graph = graph;
    txn->write = txn->pending_known = write;
    status = write ? store_write(&txn->store, graph->store) : store_read(&txn->store, graph->store);
    if (!status)
        status = state_read(&txn->counts, txn->store);
    if (!status)
        status = catalog_refresh(graph->catalog, txn->store);
    if (!status && write)
        status = pending_read(&txn->pending, txn->store);
    if (status) {
        store_end(txn->store);
        free(txn);
        return status;
    }
    txn->n_symbols = catalog_size(graph->catalog);
    txn->indexed = graph->schema && txn->counts.index_schema == index_number(graph->schema);
    if (!txn->indexed)
        txn->counts.index_schema = 0;
    txn->log.first_new = txn->counts.next_node;
    *out = txn;
    return STATUS_OK;
}

enum status graph_read(struct graph_txn **out, struct graph *graph, const struct moment *moment)
{
    struct graph_txn *txn = NULL;

    TRY(begin(&txn, graph, false));
    if (moment)
        txn->moment = *moment;
    else
        txn->moment = (struct moment){ time_now_us(), TIME_MAX, 0 };
    if (!txn->moment.commit_seq || txn->moment.commit_seq > txn->counts.commit_seq)
        txn->moment.commit_seq = txn->counts.commit_seq;
    *out = txn;
    return STATUS_OK;
}

enum status graph_write(struct graph_txn **out, struct graph *graph)
{
    struct graph_txn *txn = NULL;
    enum status status;

    TRY(begin(&txn, graph, true));
    status = graph->schema ? graph_check_schema(txn) : STATUS_OK;
    if (!status)
        status = pending_leaves_room(txn);
    if (status) {
        txn_end(txn);
        return status;
    }
    txn->counts.commit_seq++;
    txn->moment = (struct moment){ time_now_us(), TIME_MAX, txn->counts.commit_seq };
    *out = txn;
    return STATUS_OK;
}

static enum status count_flush(struct graph_txn *txn, const struct count_delta *delta)
{
    unsigned char key[4], bytes[8];
    uint64_t n = 0;
    struct slice value;
    enum status status;

    key_put_u32(key, delta->symbol);
    status = store_get(&value, txn->store, TABLE_COUNT, slice_of(key, sizeof key));
    if (status == STATUS_OK && value.size == sizeof bytes)
        n = key_get_u64(value.data);
    else if (status != STATUS_NOT_FOUND)
        return status ? status : fail(STATUS_CORRUPT, "a counter does not decode; run check");
    key_put_u64(bytes, n + (uint64_t)delta->delta);
    return store_put(txn->store, TABLE_COUNT, slice_of(key, sizeof key),
                     slice_of(bytes, sizeof bytes));
}

/* Of the newest commit that is recorded; numbers may be skipped (graph/batch.h). */
static enum status last_commit_time(int64_t *us, struct graph_txn *txn)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    enum status status;

    TRY(store_cursor_open(&cursor, txn->store, TABLE_COMMIT));
    status = store_cursor_seek_before(&key, &value, cursor, (struct slice){ 0 });
    if (status == STATUS_OK && value.size == 8)
        *us = (int64_t)key_get_u64(value.data);
    return status == STATUS_END ? STATUS_OK : status;
}

/* Commit times never run backwards, even where the wall clock does. */
static enum status commit_record(struct graph_txn *txn)
{
    unsigned char key[8], time[8];
    int64_t now = time_now_us(), last = 0;

    TRY(last_commit_time(&last, txn));
    if (now <= last)
        now = last + 1;
    key_put_u64(key, txn->counts.commit_seq);
    key_put_u64(time, (uint64_t)now);
    return store_append(txn->store, TABLE_COMMIT, slice_of(key, sizeof key),
                        slice_of(time, sizeof time));
}

static enum status commit_changes(struct graph_txn *txn)
{
    for (size_t i = 0; i < txn->n_deltas; i++)
        if (txn->deltas[i].delta)
            TRY(count_flush(txn, &txn->deltas[i]));
    if (!txn->keeps_commits) {
        TRY(changes_flush(txn));
        TRY(commit_record(txn));
    }
    return state_write(txn->store, &txn->counts);
}

/* Makes what was written durable, and what was interned known; ends the transaction. */
static enum status commit_stored(struct graph_txn *txn)
{
    size_t n_symbols = catalog_keep(txn->graph->catalog);
    enum status status = store_commit(txn->store);

    txn->store = NULL;
    if (status)
        catalog_forget(txn->graph->catalog, n_symbols);
    return status;
}

enum status txn_commit(struct graph_txn *txn)
{
    enum status status = STATUS_OK;

    if (txn->write)
        status = commit_changes(txn);
    if (txn->write && !status)
        status = commit_stored(txn);
    txn_end(txn);
    return status;
}

enum status txn_commit_unseen(struct graph_txn *txn, const struct graph_counts *counts)
{
    enum status status = changes_flush(txn);

    if (!status)
        status = state_write(txn->store, counts);
    if (!status)
        status = commit_stored(txn);
    txn_end(txn);
    return status;
}

enum status txn_next_commit(struct graph_txn *txn)
{
    TRY(changes_flush(txn));
    TRY(commit_record(txn));
    TRY(pending_leaves_room(txn));
    txn->counts.commit_seq++;
    txn->moment.commit_seq = txn->counts.commit_seq;
    return STATUS_OK;
}

void txn_end(struct graph_txn *txn)
{
    if (!txn)
        return;
    if (txn->write && txn->store)
        catalog_forget(txn->graph->catalog, txn->n_symbols);
    store_end(txn->store);
    free(txn->deltas);
    change_log_fini(&txn->log);
    buf_fini(&txn->scratch);
    buf_fini(&txn->groups);
    buf_fini(&txn->row);
    walk_free(txn->idle_walk);
    free(txn->rows);
    free(txn->sought);
    free(txn);
}

void txn_look_at(struct graph_txn *txn, int64_t as_of_us)
{
    txn->moment.as_of_us = as_of_us;
}

void txn_endp(struct graph_txn **txn)
{
    txn_end(*txn);
}

struct graph *txn_graph(const struct graph_txn *txn)
{
    return txn->graph;
}

const struct moment *txn_moment(const struct graph_txn *txn)
{
    return &txn->moment;
}

struct store_txn *txn_store(const struct graph_txn *txn)
{
    return txn->store;
}

struct graph_counts txn_counts(const struct graph_txn *txn)
{
    return txn->counts;
}

bool txn_all_begun(const struct graph_txn *txn)
{
    return txn->moment.known_at_us == TIME_MAX &&
           txn->moment.as_of_us >= txn->counts.last_begin_us;
}

enum status txn_count_add(struct graph_txn *txn, uint32_t symbol, int64_t delta)
{
    for (size_t i = 0; i < txn->n_deltas; i++)
        if (txn->deltas[i].symbol == symbol) {
            txn->deltas[i].delta += delta;
            return STATUS_OK;
        }
    TRY(array_reserve(&txn->deltas, &txn->deltas_capacity, txn->n_deltas + 1));
    txn->deltas[txn->n_deltas++] = (struct count_delta){ symbol, delta };
    return STATUS_OK;
}

enum status txn_count_symbol(uint64_t *n, struct graph_txn *txn, uint32_t symbol)
{
    unsigned char key[4];
    struct slice value;
    enum status status;
    uint64_t total = 0;

    key_put_u32(key, symbol);
    status = store_get(&value, txn->store, TABLE_COUNT, slice_of(key, sizeof key));
    if (status == STATUS_OK && value.size == 8)
        total = key_get_u64(value.data);
    else if (status != STATUS_NOT_FOUND)
        return status ? status : fail(STATUS_CORRUPT, "a counter does not decode; run check");
    for (size_t i = 0; i < txn->n_deltas; i++)
        if (txn->deltas[i].symbol == symbol)
            total += (uint64_t)txn->deltas[i].delta;
    *n = total;
    return STATUS_OK;
}

enum status txn_commit_time(int64_t *us, struct graph_txn *txn, uint64_t commit_seq)
{
    unsigned char key[8];
    struct slice value;

    key_put_u64(key, commit_seq);
    TRY(store_get(&value, txn->store, TABLE_COMMIT, slice_of(key, sizeof key)));
    if (value.size != 8)
        return fail(STATUS_CORRUPT, "the time of commit %llu does not decode",
                    (unsigned long long)commit_seq);
    *us = (int64_t)key_get_u64(value.data);
    return STATUS_OK;
}

enum status txn_sees(bool *sees, struct graph_txn *txn, uint64_t born, int64_t observed_us)
{
    *sees = born <= txn->moment.commit_seq;
    if (!*sees || txn->moment.known_at_us == TIME_MAX)
        return STATUS_OK;
    if (observed_us == TIME_MIN) {
        enum status status = txn_commit_time(&observed_us, txn, born);

        /* A writer's own commit has no time yet: it is now. */
        if (status == STATUS_NOT_FOUND)
            observed_us = TIME_MAX;
        else
            TRY(status);
    }
    *sees = observed_us <= txn->moment.known_at_us;
    return STATUS_OK;
}
