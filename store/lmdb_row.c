/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows and cursors, and the seal on each row that has no checksum of its own. */

#include <stdlib.h>

#include "base/hash.h"
#include "store/lmdb_private.h"

#define SEAL_BYTES 4

/* The one place where const is cast away: LMDB does not write through these. */
static MDB_val to_val(struct slice slice)
{
    return (MDB_val){ slice.size, (void *)slice.data };
}

static struct slice from_val(MDB_val value)
{
    return slice_of(value.mv_data, value.mv_size);
}

static enum status check_key(struct slice key, enum store_table table)
{
    if (key.size == 0 || key.size > STORE_KEY_MAX)
        return fail(STATUS_INVALID, "a key of %zu bytes in table %s (1 to %d are stored)",
                    key.size, store_table_name(table), STORE_KEY_MAX);
    return STATUS_OK;
}

static uint32_t seal_of(struct slice key, struct slice value)
{
    return crc32c(key) * 0x9e3779b1u + crc32c(value);
}

static void seal_write(void *at, struct slice key, struct slice value)
{
    uint32_t seal = seal_of(key, value);

    if (value.size)
        memcpy(at, value.data, value.size);
    memcpy((char *)at + value.size, &seal, sizeof seal);
}

/* Takes the seal off the value; the place is told by number, because keys may be confidential. */
static enum status unseal(struct slice *value, enum store_table table, struct slice key)
{
    uint32_t seal;

    if (!table_is_sealed(table))
        return STATUS_OK;
    if (value->size >= SEAL_BYTES) {
        value->size -= SEAL_BYTES;
        memcpy(&seal, (const char *)value->data + value->size, sizeof seal);
        if (seal == seal_of(key, *value))
            return STATUS_OK;
    }
    return fail(STATUS_CORRUPT,
                "a row of table %s does not match its checksum; run check, restore a backup",
                store_table_name(table));
}

enum status store_get(struct slice *value, struct store_txn *txn, enum store_table table,
                      struct slice key)
{
    MDB_val k = to_val(key), v;
    struct slice found;
    int code;

    TRY(check_key(key, table));
    TRY(check_age(txn));
    code = mdb_get(txn->txn, txn->store->tables[table], &k, &v);
    if (code)
        return from_lmdb(txn->store, code, "reading");
    found = from_val(v);
    TRY(unseal(&found, table, key));
    *value = found;
    return STATUS_OK;
}

static enum status put_result(struct store_txn *txn, int code)
{
    if (code == MDB_MAP_FULL)
        txn->store->map_was_full = true;
    return from_lmdb(txn->store, code, "writing");
}

enum status store_put(struct store_txn *txn, enum store_table table, struct slice key,
                      struct slice value)
{
    bool sealed = table_is_sealed(table);
    MDB_val k = to_val(key), v = { value.size + SEAL_BYTES, NULL };
    int code;

    TRY(check_key(key, table));
    if (!sealed)
        v = to_val(value);
    code = mdb_put(txn->txn, txn->store->tables[table], &k, &v, sealed ? MDB_RESERVE : 0);
    if (!code && sealed)
        seal_write(v.mv_data, key, value);
    return put_result(txn, code);
}

enum status store_append(struct store_txn *txn, enum store_table table, struct slice key,
                         struct slice value)
{
    bool sealed = table_is_sealed(table);
    MDB_val k = to_val(key), v = { value.size + SEAL_BYTES, NULL };
    int code = 0;

    TRY(check_key(key, table));
    if (!sealed)
        v = to_val(value);
    if (!txn->append[table])
        code = mdb_cursor_open(txn->txn, txn->store->tables[table], &txn->append[table]);
    if (!code)
        code = mdb_cursor_put(txn->append[table], &k, &v,
                              sealed ? MDB_APPEND | MDB_RESERVE : MDB_APPEND);
    if (!code && sealed)
        seal_write(v.mv_data, key, value);
    return put_result(txn, code);
}

enum status store_delete(struct store_txn *txn, enum store_table table, struct slice key)
{
    MDB_val k = to_val(key);

    TRY(check_key(key, table));
    return put_result(txn, mdb_del(txn->txn, txn->store->tables[table], &k, NULL));
}

enum status store_clear(struct store_txn *txn, enum store_table table)
{
    return put_result(txn, mdb_drop(txn->txn, txn->store->tables[table], 0));
}

/* Readers look at few tables again and again: their cursors are kept for whoever opens the next. */
#define CURSORS_KEPT 4

static struct store_cursor *take_idle(struct store_txn *txn, enum store_table table)
{
    for (struct store_cursor **at = &txn->idle; *at; at = &(*at)->next) {
        struct store_cursor *cursor = *at;

        if (cursor->table != table || mdb_cursor_renew(txn->txn, cursor->cursor))
            continue;
        *at = cursor->next;
        txn->n_idle--;
        return cursor;
    }
    return NULL;
}

static enum status new_cursor(struct store_cursor **out, struct store_txn *txn,
                              enum store_table table)
{
    struct store_cursor *cursor = malloc(sizeof *cursor);
    int code;

    if (!cursor)
        return fail_memory(sizeof *cursor);
    *cursor = (struct store_cursor){ .txn = txn, .table = table };
    code = mdb_cursor_open(txn->txn, txn->store->tables[table], &cursor->cursor);
    if (code) {
        free(cursor);
        return from_lmdb(txn->store, code, "reading");
    }
    *out = cursor;
    return STATUS_OK;
}

enum status store_cursor_open(struct store_cursor **out, struct store_txn *txn,
                              enum store_table table)
{
    struct store_cursor *idle = take_idle(txn, table);

    if (!idle)
        return new_cursor(out, txn, table);
    *out = idle;
    return STATUS_OK;
}

static void free_cursor(struct store_cursor *cursor)
{
    mdb_cursor_close(cursor->cursor);
    free(cursor);
}

void close_idle(struct store_txn *txn)
{
    while (txn->idle) {
        struct store_cursor *cursor = txn->idle;

        txn->idle = cursor->next;
        free_cursor(cursor);
    }
}

void store_cursor_close(struct store_cursor *cursor)
{
    struct store_txn *txn;

    if (!cursor)
        return;
    txn = cursor->txn;
    if (txn->write || txn->n_idle == CURSORS_KEPT) {
        free_cursor(cursor);
        return;
    }
    cursor->next = txn->idle;
    txn->idle = cursor;
    txn->n_idle++;
}

void store_cursor_closep(struct store_cursor **cursor)
{
    store_cursor_close(*cursor);
}

static enum status cursor_step(struct slice *key, struct slice *value, struct store_cursor *cursor,
                               struct slice at, MDB_cursor_op operation)
{
    MDB_val k = to_val(at), v;
    int code;

    TRY(check_age(cursor->txn));
    code = mdb_cursor_get(cursor->cursor, &k, &v, operation);
    if (code == MDB_NOTFOUND)
        return STATUS_END;
    if (code)
        return from_lmdb(cursor->txn->store, code, "reading");
    *key = from_val(k);
    *value = from_val(v);
    return unseal(value, cursor->table, *key);
}

enum status store_cursor_seek(struct slice *key, struct slice *value, struct store_cursor *cursor,
                              struct slice at)
{
    return cursor_step(key, value, cursor, at, at.size ? MDB_SET_RANGE : MDB_FIRST);
}

enum status store_cursor_seek_before(struct slice *key, struct slice *value,
                                     struct store_cursor *cursor, struct slice before)
{
    enum status status;

    if (before.size == 0)
        return cursor_step(key, value, cursor, before, MDB_LAST);
    status = cursor_step(key, value, cursor, before, MDB_SET_RANGE);
    if (status == STATUS_END)
        return cursor_step(key, value, cursor, before, MDB_LAST);
    TRY(status);
    return cursor_step(key, value, cursor, before, MDB_PREV);
}

enum status store_cursor_next(struct slice *key, struct slice *value, struct store_cursor *cursor)
{
    return cursor_step(key, value, cursor, (struct slice){ 0 }, MDB_NEXT);
}

enum status store_cursor_prev(struct slice *key, struct slice *value, struct store_cursor *cursor)
{
    return cursor_step(key, value, cursor, (struct slice){ 0 }, MDB_PREV);
}
