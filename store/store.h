/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Ordered tables in one directory, with transactions: the only door to LMDB (store/lmdb_*.c).
 *
 * Rules held here so that nobody above needs to know them: no weak durability flags, no DUPSORT,
 * one environment per directory and process, lock file allocated before it is mapped, keys of 1 to
 * 511 bytes, readers counted so that the map only grows while none is under way, every row under a
 * checksum, library codes translated in one place. Files are 0600, the directory 0700.
 */

#include "base/buf.h"

#define STORE_KEY_MAX 511

struct store;
struct store_txn;

/* Every table, with its name on disk. Keys and values are drawn in ARCHITECTURE.md. */
#define STORE_TABLES(X)                                                                            \
    X(META, "meta")         /* name -> record: format, schema, counters, publication */            \
    X(SYMBOL, "symbol")     /* symbol id -> name */                                                \
    X(COUNT, "count")       /* symbol id -> live nodes or current edges */                         \
    X(KEY, "key")           /* hash of label and key -> node id */                                 \
    X(NODE, "node")         /* node id -> record and small adjacency groups */                     \
    X(CHUNK, "chunk")       /* node id, group, first entry -> entries of a large group */          \
    X(PAST, "past")         /* node id, version -> replaced record */                              \
    X(COMMIT, "commit")     /* commit number -> time, kind */                                      \
    X(CHANGE, "change")     /* commit, day -> nodes that it touched, that it dates */            \
    X(TAG, "tag")           /* subject, code, origin, publication -> tag version */                \
    X(TAG_INDEX, "tag_index") /* code, ring, ... -> tag */                                         \
    X(RING, "ring")         /* ring number -> ring record and lineage */                           \
    X(RUN, "run")           /* run number -> retag run record */                                   \
    X(OVERLAY, "overlay")   /* what people said: confirm, dismiss, allow, block */                 \
    X(POLICY, "policy")     /* hash -> policy text */                                              \
    X(DECISION, "decision") /* sequence -> hash-chained record */                                  \
    X(DECISION_INDEX, "decision_index") /* decision id, idempotency key, application -> sequence */\
    X(INPUT, "input")       /* sequence -> erasable input of a decision */                         \
    X(EVENT, "event")       /* event id -> outcome, for idempotent apply */                        \
    X(INDEX, "index")       /* label, property, value, node; label, block of node ids */

enum store_table {
#define X(name, text) TABLE_##name,
    STORE_TABLES(X)
#undef X
    TABLE_COUNT_,
};

/* On disk and in messages. */
const char *store_table_name(enum store_table table);

struct store_options {
    uint64_t map_size; /* bytes of address space; 0: 256 GiB */
    bool create;       /* make the directory and files; STATUS_EXISTS where a store is there */
};

/* Gives a store. STATUS_NOT_FOUND: no store there. STATUS_CONFLICT: open here already. */
MUST_CHECK enum status store_open(struct store **out, const char *dir,
                                  const struct store_options *options);
void store_close(struct store *store);
const char *store_dir(const struct store *store);

/* A read transaction sees the state of its beginning; a write transaction waits for its turn. */
MUST_CHECK enum status store_read(struct store_txn **out, struct store *store);
MUST_CHECK enum status store_write(struct store_txn **out, struct store *store);
/*
 * Readers of this process that begin from now on are ended after so long (0: never, the default):
 * they are told STATUS_LIMIT at one of their next reads. An old reader keeps pages from being used
 * again, so the file grows meanwhile.
 */
void store_limit_readers(int64_t limit_us);
/* Stores on network and user-space file systems are refused (STATUS_CONFLICT) unless allowed. */
void store_allow_remote(bool allowed);
/* Lets this reader be as old as it takes: for a check, which would take the limit for damage. */
void store_unlimit(struct store_txn *txn);
/*
 * Durable when it returns STATUS_OK; ends the transaction in any case. STATUS_RESTART: the write
 * to the root failed half-way, and nothing more can be begun in this process.
 */
MUST_CHECK enum status store_commit(struct store_txn *txn);
void store_end(struct store_txn *txn);
struct store *store_of(const struct store_txn *txn);
/* Before a large write: room in the map for `bytes` more, grown when no transaction is open. */
MUST_CHECK enum status store_make_room(struct store *store, uint64_t bytes);

/* Lends the value until the transaction ends or writes. STATUS_NOT_FOUND; STATUS_INVALID: key. */
MUST_CHECK enum status store_get(struct slice *value, struct store_txn *txn,
                                 enum store_table table, struct slice key);
/*
 * Looks many keys up side by side, for half the time or less from some four on: values[i] as
 * store_get() would lend it, or without data where only store_get() can tell what is there. For
 * writers, and in tables whose rows are sealed here, it always is so.
 */
MUST_CHECK enum status store_get_together(struct slice *values, struct store_txn *txn,
                                          enum store_table table, const struct slice *keys,
                                          size_t n);
/* Replaces what is there. Copies key and value. */
MUST_CHECK enum status store_put(struct store_txn *txn, enum store_table table, struct slice key,
                                 struct slice value);
/* Like store_put, for keys that come in ascending order and lie after all in the table: fast. */
MUST_CHECK enum status store_append(struct store_txn *txn, enum store_table table,
                                    struct slice key, struct slice value);
/* STATUS_NOT_FOUND where there is none. */
MUST_CHECK enum status store_delete(struct store_txn *txn, enum store_table table,
                                    struct slice key);

/* Takes all rows out; the table's pages are freed unread but for the branches. */
MUST_CHECK enum status store_clear(struct store_txn *txn, enum store_table table);

/* A place in a table. Reading through it must stop before this transaction writes the table. */
struct store_cursor;

/* Gives a cursor before the first row; it lives within the transaction. */
MUST_CHECK enum status store_cursor_open(struct store_cursor **out, struct store_txn *txn,
                                         enum store_table table);
void store_cursor_close(struct store_cursor *cursor);
void store_cursor_closep(struct store_cursor **cursor);
/*
 * To the first row at or after `key` (empty: the first row); lends both. STATUS_END. STATUS_CORRUPT
 * where the row does not match its checksum: then both are set, and the next step goes on.
 */
MUST_CHECK enum status store_cursor_seek(struct slice *key, struct slice *value,
                                         struct store_cursor *cursor, struct slice at);
/* To the last row before `key` (empty: the last row of all). STATUS_END. */
MUST_CHECK enum status store_cursor_seek_before(struct slice *key, struct slice *value,
                                                struct store_cursor *cursor, struct slice before);
MUST_CHECK enum status store_cursor_next(struct slice *key, struct slice *value,
                                         struct store_cursor *cursor);
MUST_CHECK enum status store_cursor_prev(struct slice *key, struct slice *value,
                                         struct store_cursor *cursor);

struct store_table_stat {
    const char *name;
    uint64_t entries, branch_pages, leaf_pages, overflow_pages, bytes;
};

struct store_stat {
    struct store_table_stat tables[TABLE_COUNT_];
    uint64_t map_bytes, used_bytes, file_bytes, free_bytes; /* free: pages for reuse */
    uint32_t readers, readers_max;
    uint64_t oldest_reader_lag; /* in transactions */
};

MUST_CHECK enum status store_stat(struct store_stat *out, struct store_txn *txn);
/* The file as pages, for store/verify.c and figures. */
struct store_frame {
    size_t page_bytes;
    uint64_t pages;     /* of the file that are or were in use, the two roots among them */
    uint64_t own_pages; /* of the list of tables and the list of free pages */
    uint64_t txn;       /* number of the library's transaction that is read */
    uint64_t roots[2];  /* the ones that the two root pages name */
};

/* The two root pages' numbers, read from the file itself. */
MUST_CHECK enum status store_roots(uint64_t roots[2], const char *dir);
MUST_CHECK enum status store_frame(struct store_frame *out, struct store_txn *txn);
/* Visits the number of each page kept for reuse; STATUS_CORRUPT also where `visit` says false. */
MUST_CHECK enum status store_free_pages(struct store_txn *txn,
                                        bool (*visit)(void *context, uint64_t page),
                                        void *context);
/* Frees reader slots of processes that died; *n_cleared optional. */
MUST_CHECK enum status store_clear_readers(uint32_t *n_cleared, struct store *store);
/*
 * Writes what is committed now, compacted, to a new file (0600, synced). Others go on reading and
 * writing; pages they free meanwhile are not used again before it returns.
 */
MUST_CHECK enum status store_copy(struct store *store, const char *path);
