/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures of the file, its pages and readers; copies of it. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/lmdb_private.h"

enum status store_clear_readers(uint32_t *n_cleared, struct store *store)
{
    int dead = 0;
    int code = mdb_reader_check(store->env, &dead);

    if (code)
        return from_lmdb(store, code, "clearing readers");
    if (n_cleared)
        *n_cleared = (uint32_t)dead;
    return STATUS_OK;
}

/* The page numbers of one free-list record, which begins with their count. */
static bool visit_pages(MDB_val record, bool (*visit)(void *context, uint64_t page), void *context)
{
    size_t count = 0, page;

    if (record.mv_size >= sizeof count)
        memcpy(&count, record.mv_data, sizeof count);
    if (count == 0 || count > record.mv_size / sizeof page - 1)
        return false;
    for (size_t i = 1; i <= count; i++) {
        memcpy(&page, (const char *)record.mv_data + i * sizeof page, sizeof page);
        if (!visit(context, page))
            return false;
    }
    return true;
}

enum status store_free_pages(struct store_txn *txn, bool (*visit)(void *context, uint64_t page),
                             void *context)
{
    MDB_cursor *cursor;
    MDB_val key, value;
    bool ok = true;
    int code = mdb_cursor_open(txn->txn, 0, &cursor);

    if (code)
        return from_lmdb(txn->store, code, "reading the free list");
    while (ok && (code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
        ok = visit_pages(value, visit, context);
    mdb_cursor_close(cursor);
    if (!ok)
        return fail(STATUS_CORRUPT, "the list of free pages of %s is damaged; restore a backup",
                    txn->store->dir);
    return code == MDB_NOTFOUND ? STATUS_OK
                                : from_lmdb(txn->store, code, "reading the free list");
}

static bool count_page(void *context, uint64_t page)
{
    (void)page;
    ++*(uint64_t *)context;
    return true;
}

/* Where a root page keeps the number of the transaction that wrote it (LMDB 0.9, 64 bits). */
#define ROOT_TXN_OFFSET 144

enum status store_roots(uint64_t roots[2], const char *dir)
{
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    char path[PATH_MAX];
    ssize_t n = sizeof *roots;
    int file;

    TRY(file_path(path, dir, "data.mdb"));
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return fail_errno(path);
    for (size_t i = 0; i < 2 && n == sizeof *roots; i++)
        n = pread(file, &roots[i], sizeof *roots, (off_t)(i * page_bytes + ROOT_TXN_OFFSET));
    close(file);
    if (n < 0)
        return fail_errno(path);
    return n == sizeof *roots ? STATUS_OK : fail(STATUS_CORRUPT, "%s is cut short", path);
}

static uint64_t pages_of(const MDB_stat *stat_)
{
    return stat_->ms_branch_pages + stat_->ms_leaf_pages + stat_->ms_overflow_pages;
}

enum status store_frame(struct store_frame *out, struct store_txn *txn)
{
    MDB_envinfo info = { 0 };
    MDB_stat stat_ = { 0 }, list = { 0 };

    mdb_env_info(txn->store->env, &info);
    mdb_env_stat(txn->store->env, &stat_);
    mdb_stat(txn->txn, 0, &list);
    *out = (struct store_frame){ .own_pages = pages_of(&stat_) + pages_of(&list),
                                 .page_bytes = stat_.ms_psize, .pages = info.me_last_pgno + 1,
                                 .txn = mdb_txn_id(txn->txn) };
    return store_roots(out->roots, txn->store->dir);
}

/* LMDB tells of its readers only as text: "pid thread txnid" a line after the title. */
static int oldest_reader(const char *line, void *context)
{
    unsigned long long pid, thread, seen;
    uint64_t *oldest = context;

    if (sscanf(line, "%llu %llx %llu", &pid, &thread, &seen) == 3 && seen < *oldest)
        *oldest = seen;
    return 0;
}

static void stat_environment(struct store_stat *out, struct store_txn *txn)
{
    MDB_envinfo info;
    struct stat file = { 0 };
    char path[PATH_MAX];
    uint64_t oldest = UINT64_MAX;

    mdb_env_info(txn->store->env, &info);
    if (file_path(path, txn->store->dir, "data.mdb") == STATUS_OK)
        (void)!stat(path, &file);
    out->map_bytes = info.me_mapsize;
    out->used_bytes = used_bytes(txn->store);
    out->file_bytes = (uint64_t)file.st_size;
    out->readers = info.me_numreaders;
    out->readers_max = info.me_maxreaders;
    mdb_reader_list(txn->store->env, oldest_reader, &oldest);
    out->oldest_reader_lag = oldest < info.me_last_txnid ? info.me_last_txnid - oldest : 0;
}

enum status store_stat(struct store_stat *out, struct store_txn *txn)
{
    uint64_t pages = 0;

    *out = (struct store_stat){ 0 };
    stat_environment(out, txn);
    for (enum store_table i = 0; i < TABLE_COUNT_; i++) {
        struct store_table_stat *table = &out->tables[i];
        MDB_stat found;
        int code = mdb_stat(txn->txn, txn->store->tables[i], &found);

        if (code)
            return from_lmdb(txn->store, code, "counting");
        table->name = store_table_name(i);
        table->entries = found.ms_entries;
        table->branch_pages = found.ms_branch_pages;
        table->leaf_pages = found.ms_leaf_pages;
        table->overflow_pages = found.ms_overflow_pages;
        table->bytes = pages_of(&found) * found.ms_psize;
    }
    TRY(store_free_pages(txn, count_page, &pages));
    out->free_bytes = pages * (uint64_t)sysconf(_SC_PAGESIZE);
    return STATUS_OK;
}

/* LMDB gives up compacting where pages were lost track of: then the file is copied as it is. */
static int copy_into(MDB_env *env, int file)
{
    int code = mdb_env_copyfd2(env, file, MDB_CP_COMPACT);

    if (code != MDB_INCOMPATIBLE)
        return code;
    if (lseek(file, 0, SEEK_SET) != 0 || ftruncate(file, 0) != 0)
        return errno;
    return mdb_env_copyfd2(env, file, 0);
}

enum status store_copy(struct store *store, const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum status status;

    if (file < 0)
        return fail_errno(path);
    status = from_lmdb(store, copy_into(store->env, file), "copying");
    if (status == STATUS_OK && fsync(file) != 0)
        status = fail_errno(path);
    close(file);
    return status;
}
