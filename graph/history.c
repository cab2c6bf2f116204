/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/history.h"

#include "graph/private.h"

struct versions {
    struct history_version *items;
    size_t n, capacity;
    struct arena *arena;
};

/* A writer's own commit has no time yet: it is the moment that is looked at. */
static enum status since(int64_t *us, struct graph_txn *txn, const struct record *record)
{
    enum status status;

    *us = record->valid_from_us;
    if (*us == TIME_MIN)
        *us = record->observed_us;
    if (*us != TIME_MIN)
        return STATUS_OK;
    status = txn_commit_time(us, txn, record->born);
    if (status != STATUS_NOT_FOUND)
        return status;
    *us = txn->moment.as_of_us;
    return STATUS_OK;
}

static enum status decode(struct record *record, struct slice bytes)
{
    struct row row;

    TRY(row_decode(&row, bytes));
    return record_decode(record, row.record, row.base_born);
}

/* Adds the version where the moment sees it. */
static enum status add_version(struct versions *versions, struct graph_txn *txn,
                               const struct record *record)
{
    struct history_version version = { .properties = record->properties,
                                       .deleted = record->deleted };
    bool sees;

    TRY(txn_sees(&sees, txn, record->born, record->observed_us));
    if (!sees || record->valid_from_us > txn->moment.as_of_us)
        return STATUS_OK;
    TRY(since(&version.since_us, txn, record));
    TRY(arena_reserve(versions->arena, &versions->items, &versions->capacity, versions->n));
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

    TRY(store_cursor_open(&cursor, txn->store, TABLE_PAST));
    key_put_u64(prefix, id.value);
    for (status = store_cursor_seek(&key, &value, cursor, slice_of(prefix, sizeof prefix));
         status == STATUS_OK && key.size >= sizeof prefix &&
         memcmp(key.data, prefix, sizeof prefix) == 0;
         status = store_cursor_next(&key, &value, cursor)) {
        struct record record;

        TRY(decode(&record, value));
        TRY(add_version(versions, txn, &record));
    }
    return status == STATUS_END ? STATUS_OK : status;
}

enum status history_load(struct history_version **out, size_t *n, struct arena *arena,
                         struct graph_txn *txn, struct node_id id)
{
    struct versions versions = { .arena = arena };
    struct record present;
    struct slice bytes;

    TRY(row_load(&bytes, txn, id));
    TRY(decode(&present, bytes));
    if (present.has_past)
        TRY(add_past(&versions, txn, id));
    TRY(add_version(&versions, txn, &present));
    *out = versions.items;
    *n = versions.n;
    return STATUS_OK;
}
