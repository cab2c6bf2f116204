/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What LMDB's codes mean to people. */

#include <errno.h>
#include <sys/statvfs.h>

#include "store/lmdb_private.h"

#define FULL_BYTES ((uint64_t)1 << 20)

const char *store_table_name(enum store_table table)
{
    static const char *const names[TABLE_COUNT_] = {
#define X(name, text) [TABLE_##name] = text,
        STORE_TABLES(X)
#undef X
    };

    return names[table];
}

static uint64_t disk_free(const char *dir)
{
    struct statvfs fs;

    return statvfs(dir, &fs) == 0 ? (uint64_t)fs.f_bavail * fs.f_frsize : UINT64_MAX;
}

enum status fail_space(const char *dir, const char *what)
{
    return fail(STATUS_FULL,
                "%s: disk full: %llu bytes free for %s; free some space, nothing stored is lost",
                what, (unsigned long long)disk_free(dir), dir);
}

enum status from_lmdb(const struct store *store, int code, const char *what)
{
    switch (code) {
    case MDB_SUCCESS:
        return STATUS_OK;
    case MDB_NOTFOUND:
        return STATUS_NOT_FOUND;
    case MDB_PANIC:
        return fail(STATUS_RESTART, "%s: a write to the root of %s failed, and whether its commit "
                    "is stored is not known; start anew and look", what, store->dir);
    case MDB_MAP_FULL:
        return fail(STATUS_FULL, "%s: the map of %s (%llu bytes) is full; repeat the command, or "
                    "make the graph with a larger --map-size", what, store->dir,
                    (unsigned long long)map_bytes(store));
    case MDB_READERS_FULL:
        return fail(STATUS_LIMIT, "%s: more than %d readers of %s at once", what, READERS_MAX,
                    store->dir);
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
        return fail(STATUS_CORRUPT, "%s: %s is damaged (%s); restore a backup", what, store->dir,
                    mdb_strerror(code));
    case MDB_VERSION_MISMATCH:
        return fail(STATUS_CONFLICT, "%s: %s was written by another version of LMDB", what,
                    store->dir);
    case ENOSPC:
    case EDQUOT:
        return fail_space(store->dir, what);
    case EIO:
        /* LMDB 0.9.24 turns the short write of a full disk into EIO. */
        if (disk_free(store->dir) < FULL_BYTES)
            return fail_space(store->dir, what);
        break;
    case EACCES:
    case EROFS:
        return fail(STATUS_IO, "%s: %s: %s; a reader writes too (its place in lock.mdb): run as "
                    "the owner of the files, or on a copy", what, store->dir,
                    mdb_strerror(code));
    case ENOMEM:
        return fail(STATUS_NO_MEMORY, "%s: no memory (or address space) for %s", what, store->dir);
    default:
        break;
    }
    return fail(STATUS_IO, "%s: %s: %s", what, store->dir, mdb_strerror(code));
}
