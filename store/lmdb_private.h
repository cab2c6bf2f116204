/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What the files of the door to LMDB share (store.h is what others see). Only they include this
 * header, and only it includes LMDB's.
 */

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "base/file.h"
#include "store/store.h"

#define READERS_MAX 1000
#define IDLE_MAX 64

struct store {
    MDB_env *env;
    MDB_dbi tables[TABLE_COUNT_];
    MDB_dbi names;         /* the library's list of tables */
    char dir[PATH_MAX];
    char real[PATH_MAX]; /* the directory without links, as the registry knows it */
    dev_t device;
    ino_t inode;
    unsigned fork_generation;
    bool registered;
    atomic_bool map_was_full;
    _Atomic int64_t look_us; /* when a reader looks next whether the directory was replaced */
    struct store *next;    /* in the registry */

    pthread_mutex_t lock;  /* of what follows */
    pthread_cond_t quiet;
    uint32_t active;       /* transactions of this process under way */
    uint32_t gate;         /* above 0: new ones wait, the map is being changed */
    uint32_t n_idle;
    MDB_txn *idle[IDLE_MAX]; /* reset readers, to be renewed */
};

/* Where a reader finds pages by itself (lmdb_together.c); zeroed until it first does. */
struct pages {
    const unsigned char *base;    /* of the map */
    size_t bytes;                 /* of a page */
    uint64_t n;
    uint64_t roots[TABLE_COUNT_]; /* numbers of the tables' topmost pages; 0: not looked up yet */
};

struct store_txn {
    struct store *store;
    MDB_txn *txn;
    bool write;
    int64_t deadline_us;              /* of a reader; monotonic; 0: none */
    uint32_t n_reads;
    MDB_cursor *append[TABLE_COUNT_]; /* kept between appends */
    struct store_cursor *idle;        /* closed by their users, opened again for others */
    uint32_t n_idle;
    struct pages pages;
};

struct store_cursor {
    struct store_txn *txn;
    enum store_table table;
    MDB_cursor *cursor;
    struct store_cursor *next; /* while idle */
};

/* Frees the cursors that a reader kept. */
void close_idle(struct store_txn *txn);

/*
 * LMDB has no checksums. Node rows, chunks and past records carry one in their frame, and keys are
 * compared with the nodes they lead to; every other row is sealed (lmdb_row.c), key and value
 * together.
 */
static inline bool table_is_sealed(enum store_table table)
{
    return table != TABLE_KEY && table != TABLE_NODE && table != TABLE_CHUNK &&
           table != TABLE_PAST;
}

/* ---- errors (lmdb_error.c) ------------------------------------------------------------------ */

/* Translates a code of the library: STATUS_NOT_FOUND is an answer, others are raised. */
MUST_CHECK enum status from_lmdb(const struct store *store, int code, const char *what);
MUST_CHECK enum status fail_space(const char *dir, const char *what);

/* ---- transactions (lmdb_txn.c) -------------------------------------------------------------- */

#define READS_A_LOOK 256

MUST_CHECK enum status fail_overdue(struct store_txn *txn);

/* Every so many reads a reader looks at the clock: STATUS_LIMIT once it is over its limit. */
MUST_CHECK static inline enum status check_age(struct store_txn *txn)
{
    if (__builtin_expect(++txn->n_reads % READS_A_LOOK != 0 || !txn->deadline_us, 1))
        return STATUS_OK;
    return fail_overdue(txn);
}

/* ---- the map (lmdb_map.c) ------------------------------------------------------------------- */

#define MAP_DEFAULT ((uint64_t)256 << 30)
#define MAP_STEP ((uint64_t)64 << 20)

uint64_t map_bytes(const struct store *store);
uint64_t used_bytes(const struct store *store);
/* Another process has grown the map: takes its size over. */
MUST_CHECK enum status adopt_map(struct store *store);

/* ---- opening (lmdb_open.c) ------------------------------------------------------------------ */

/* Differs between the process that opened a store and its children. */
unsigned fork_generation_now(void);
/* A directory that was replaced under a running process has two data files. */
MUST_CHECK enum status check_replaced(const struct store *store);
