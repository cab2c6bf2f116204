/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The size of the map: grown while no transaction of this process is under way. */

#include <errno.h>
#include <time.h>

#include "store/lmdb_private.h"

#define GROW_WAIT_MS 50
#define ADOPT_WAIT_MS 5000

uint64_t map_bytes(const struct store *store)
{
    MDB_envinfo info = { 0 };

    mdb_env_info(store->env, &info);
    return info.me_mapsize;
}

uint64_t used_bytes(const struct store *store)
{
    MDB_envinfo info = { 0 };
    MDB_stat stat_ = { 0 };

    mdb_env_info(store->env, &info);
    mdb_env_stat(store->env, &stat_);
    return (uint64_t)(info.me_last_pgno + 1) * stat_.ms_psize;
}

/*
 * Waits until no transaction of this process is open, and holds new ones back. False after
 * `wait_ms` (this thread may hold one itself). Pair with gate_open(). Under store->lock.
 */
static bool gate_close(struct store *store, long wait_ms)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += wait_ms % 1000 * 1000000L;
    until.tv_sec += wait_ms / 1000 + until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    store->gate++;
    while (store->active > 0)
        if (pthread_cond_timedwait(&store->quiet, &store->lock, &until) == ETIMEDOUT)
            return false;
    return true;
}

static void gate_open(struct store *store)
{
    store->gate--;
    pthread_cond_broadcast(&store->quiet);
}

enum status store_make_room(struct store *store, uint64_t bytes)
{
    enum status status = STATUS_OK;
    uint64_t map, wanted;

    pthread_mutex_lock(&store->lock);
    map = map_bytes(store);
    if (__builtin_add_overflow(used_bytes(store), bytes, &wanted))
        wanted = UINT64_MAX / 2;
    if (wanted > map / 10 * 8 || store->map_was_full) {
        uint64_t next = map < MAP_STEP ? map + MAP_STEP : map * 2;

        while (next / 10 * 8 < wanted && next < UINT64_MAX / 4)
            next *= 2;
        if (gate_close(store, GROW_WAIT_MS)) {
            status = from_lmdb(store, mdb_env_set_mapsize(store->env, next),
                                     "growing the map");
            store->map_was_full = false;
        }
        gate_open(store);
    }
    pthread_mutex_unlock(&store->lock);
    return status;
}

/* Another process has grown the map: take its size over. */
enum status adopt_map(struct store *store)
{
    enum status status;

    pthread_mutex_lock(&store->lock);
    if (gate_close(store, ADOPT_WAIT_MS))
        status = from_lmdb(store, mdb_env_set_mapsize(store->env, 0), "adopting the map");
    else
        status = fail(STATUS_CONFLICT, "%s was enlarged by another process while long reads are "
                      "under way here; try again", store->dir);
    gate_open(store);
    pthread_mutex_unlock(&store->lock);
    return status;
}
