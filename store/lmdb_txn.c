/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transactions, counted so that the map can grow between them; reset readers are kept. */

#include <stdlib.h>

#include "base/time.h"
#include "store/lmdb_private.h"

#define REPLACED_LOOK_US US_PER_SECOND

/* How long readers of this process may hold their state; 0: as long as they like. */
static _Atomic int64_t reader_limit_us;

void store_limit_readers(int64_t limit_us)
{
    atomic_store(&reader_limit_us, limit_us);
}

void store_unlimit(struct store_txn *txn)
{
    txn->deadline_us = 0;
}

/* Raised again at each further look: who overlooks it once is told once more. */
enum status fail_overdue(struct store_txn *txn)
{
    if (time_monotonic_us() < txn->deadline_us)
        return STATUS_OK;
    return fail(STATUS_LIMIT, "a read has held an old state of %s for longer than %lld ms, and "
                "keeps its pages from being used again; ask for less at a time, or allow more "
                "(--reader-limit)", txn->store->dir,
                (long long)(atomic_load(&reader_limit_us) / 1000));
}

/* Gives the reader its deadline, and looks now and then whether this is still the store. */
static enum status check_reader(struct store_txn *txn)
{
    int64_t now_us = time_monotonic_us(), limit_us = atomic_load(&reader_limit_us);

    txn->deadline_us = limit_us ? now_us + limit_us : 0;
    if (now_us < atomic_load(&txn->store->look_us))
        return STATUS_OK;
    atomic_store(&txn->store->look_us, now_us + REPLACED_LOOK_US);
    return check_replaced(txn->store);
}

static enum status enter(struct store *store, MDB_txn **idle)
{
    if (store->fork_generation != fork_generation_now())
        return fail(STATUS_CONFLICT, "%s was opened before a fork; open it in the child instead",
                    store->dir);
    pthread_mutex_lock(&store->lock);
    while (store->gate)
        pthread_cond_wait(&store->quiet, &store->lock);
    store->active++;
    if (idle && store->n_idle)
        *idle = store->idle[--store->n_idle];
    pthread_mutex_unlock(&store->lock);
    return STATUS_OK;
}

/* Keeps a reset reader for reuse where there is room; true where it was kept. */
static bool leave(struct store *store, MDB_txn *idle)
{
    bool kept = false;

    pthread_mutex_lock(&store->lock);
    if (idle && store->n_idle < IDLE_MAX) {
        store->idle[store->n_idle++] = idle;
        kept = true;
    }
    if (--store->active == 0)
        pthread_cond_broadcast(&store->quiet);
    pthread_mutex_unlock(&store->lock);
    return kept;
}

static int begin_reader(struct store *store, MDB_txn **txn, MDB_txn *idle)
{
    int code;

    if (idle) {
        code = mdb_txn_renew(idle);
        if (code)
            mdb_txn_abort(idle);
        else
            *txn = idle;
        return code;
    }
    code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, txn);
    if (code == MDB_READERS_FULL && store_clear_readers(NULL, store) == STATUS_OK)
        code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, txn);
    return code;
}

/* MDB_MAP_RESIZED in *code: another process has grown the map, which was taken over: try again. */
static enum status try_begin(int *code, struct store_txn *txn)
{
    struct store *store = txn->store;
    MDB_txn *idle = NULL;

    TRY(enter(store, txn->write ? NULL : &idle));
    *code = txn->write ? mdb_txn_begin(store->env, NULL, 0, &txn->txn)
                       : begin_reader(store, &txn->txn, idle);
    if (*code)
        leave(store, NULL);
    return *code == MDB_MAP_RESIZED ? adopt_map(store) : STATUS_OK;
}

static enum status begin(struct store_txn **out, struct store *store, bool write)
{
    struct store_txn *txn = calloc(1, sizeof *txn);
    enum status status = STATUS_OK;
    int code = MDB_MAP_RESIZED;

    if (!txn)
        return fail_memory(sizeof *txn);
    txn->store = store;
    txn->write = write;
    for (int i = 0; i < 3 && status == STATUS_OK && code == MDB_MAP_RESIZED; i++)
        status = try_begin(&code, txn);
    if (status == STATUS_OK)
        status = from_lmdb(store, code, "starting a transaction");
    if (status)
        free(txn);
    else
        *out = txn;
    return status;
}

enum status store_read(struct store_txn **out, struct store *store)
{
    struct store_txn *txn;
    enum status status;

    TRY(begin(&txn, store, false));
    status = check_reader(txn);
    if (status) {
        store_end(txn);
        return status;
    }
    *out = txn;
    return STATUS_OK;
}

enum status store_write(struct store_txn **out, struct store *store)
{
    TRY(check_replaced(store));
    TRY(store_make_room(store, MAP_STEP / 8));
    return begin(out, store, true);
}

static void close_appenders(struct store_txn *txn)
{
    for (int i = 0; i < TABLE_COUNT_; i++)
        if (txn->append[i])
            mdb_cursor_close(txn->append[i]);
}

/* A root page that could not be written: the library lets nothing begin in this process again. */
static bool has_panicked(const struct store *store)
{
    MDB_txn *txn;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);

    if (code == 0)
        mdb_txn_abort(txn);
    return code == MDB_PANIC;
}

enum status store_commit(struct store_txn *txn)
{
    struct store *store = txn->store;
    int code;

    close_appenders(txn);
    code = mdb_txn_commit(txn->txn);
    if (code == MDB_MAP_FULL)
        store->map_was_full = true;
    if (code && has_panicked(store))
        code = MDB_PANIC;
    leave(store, NULL);
    free(txn);
    return from_lmdb(store, code, "committing");
}

void store_end(struct store_txn *txn)
{
    if (!txn)
        return;
    if (txn->write) {
        close_appenders(txn);
        mdb_txn_abort(txn->txn);
        leave(txn->store, NULL);
    } else {
        close_idle(txn);
        mdb_txn_reset(txn->txn);
        if (!leave(txn->store, txn->txn))
            mdb_txn_abort(txn->txn);
    }
    free(txn);
}

struct store *store_of(const struct store_txn *txn)
{
    return txn->store;
}
