/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/history.h"

#include <stdlib.h>

#include "graph/private.h"

struct versions {
    struct history_version *items;
    size_t n, capacity;
};

static void versions_fini(struct versions *versions)
{
    free(versions->items);
}

static enum status since(int64_t *us, struct graph_txn *txn, const struct record *record)
{
    *us = record->valid_from_us;
    if (*us == TIME_MIN)
        *us = record->observed_us;
    return *us == TIME_MIN ? txn_commit_time(us, txn, record->born) : STATUS_OK;
}

/* Adds the version where the moment sees it. */
static enum status add_version(struct versions *versions, bool *has_past, struct graph_txn *txn,
                               struct slice bytes)
{
    struct history_version version;
    struct record record;
    struct row row;
    bool sees;

    TRY(row_decode(&row, bytes));
    TRY(record_decode(&record, row.record, row.base_born));
    *has_past = record.has_past;
    TRY(txn_sees(&sees, txn, record.born, record.observed_us));
    if (!sees || record.valid_from_us > txn->moment.as_of_us)
        return STATUS_OK;
    version = (struct history_version){ .properties = record.properties,
                                        .deleted = record.deleted };
    TRY(since(&version.since_us, txn, &record));
    TRY(array_reserve(&versions->items, &versions->capacity, versions->n + 1));
    versions->items[versions->n++] = version;
    return STATUS_OK;
}

/* Replaced records have keys that begin with the node and the commit that replaced them. */
static enum status add_past(struct versions *versions, struct graph_txn *txn, struct node_id id)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char prefix[8];
    struct slice key, value;
    enum status status;
    bool has_past;

    TRY(store_cursor_open(&cursor, txn->store, TABLE_PAST));
    key_put_u64(prefix, id.value);
    for (status = store_cursor_seek(&key, &value, cursor, slice_of(prefix, sizeof prefix));
         status == STATUS_OK && key.size >= sizeof prefix &&
         memcmp(key.data, prefix, sizeof prefix) == 0;
         status = store_cursor_next(&key, &value, cursor))
        TRY(add_version(versions, &has_past, txn, value));
    return status == STATUS_END ? STATUS_OK : status;
}

enum status history_load(struct history_version **out, size_t *n, struct arena *arena,
                         struct graph_txn *txn, struct node_id id)
{
    AUTO(versions_fini) struct versions versions = { 0 }, present = { 0 };
    struct slice bytes;
    bool has_past;

    TRY(row_load(&bytes, txn, id));
    TRY(add_version(&present, &has_past, txn, bytes));
    if (has_past)
        TRY(add_past(&versions, txn, id));
    *n = versions.n + present.n;
    *out = arena_array(arena, *n + 1, sizeof **out);
    if (!*out)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < *n; i++)
        (*out)[i] = i < versions.n ? versions.items[i] : present.items[i - versions.n];
    return STATUS_OK;
}
