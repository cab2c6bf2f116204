/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What tests of the store share: stores of numbered rows. */

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store.h"
#include "tests/support/ok.h"

#define MIB ((uint64_t)1 << 20)

static const struct store_options existing = { 0 };

static inline struct store *make(const char *dir, uint64_t map_size)
{
    struct store_options options = { .create = true, .map_size = map_size };
    struct store *store;

    OK(store_open(&store, dir, &options));
    return store;
}

static inline struct slice number_key(unsigned char key[8], uint64_t number)
{
    for (int i = 0; i < 8; i++)
        key[i] = (unsigned char)(number >> (56 - 8 * i));
    return slice_of(key, 8);
}

/* One commit of `n` rows of 500 bytes from `first` on. */
static inline enum status put_rows(struct store *store, uint64_t first, uint64_t n)
{
    static const char value[500];
    struct store_txn *txn;

    TRY(store_make_room(store, n * 1500));
    TRY(store_write(&txn, store));
    for (uint64_t i = first; i < first + n; i++) {
        unsigned char key[8];
        enum status status = store_put(txn, TABLE_EVENT, number_key(key, i),
                                       slice_of(value, sizeof value));

        if (status) {
            store_end(txn);
            return status;
        }
    }
    return store_commit(txn);
}

static inline uint64_t count_rows(struct store *store)
{
    struct store_txn *txn;
    struct store_stat stat;

    OK(store_read(&txn, store));
    OK(store_stat(&stat, txn));
    store_end(txn);
    return stat.tables[TABLE_EVENT].entries;
}

/* In a child: 0 where the status is the expected one. */
static inline int in_child(int (*work)(void *context), void *context)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(work(context));
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}
