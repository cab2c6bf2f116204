/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same reads as bench_read, asked of SQLite in this process, on the tables that
 * against_sqlite.py makes: `enterprises` by key and the hand-made `link` table.
 *
 *     bench_sqlite DATABASE KEYS CAP [ANSWERS]
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/bench.h"

struct reads {
    sqlite3 *db;
    sqlite3_stmt *find, *share, *share_two, *key;
    int cap;
};

/* How many identifiers each other party shares; `degree` was worked out when the table was made. */
#define SHARE_ONE                                                                                  \
    "SELECT b.party, count(*) FROM link a JOIN link b ON b.identifier = a.identifier "             \
    "WHERE a.party = ?1 AND a.degree <= ?2 AND b.party <> ?1 GROUP BY b.party"
/* Two such steps in one statement: the first one's parties, each with its own others. */
#define SHARE_TWO                                                                                  \
    "WITH first(party) AS (SELECT DISTINCT b.party FROM link a JOIN link b "                       \
    "ON b.identifier = a.identifier WHERE a.party = ?1 AND a.degree <= ?2 AND b.party <> ?1) "     \
    "SELECT d.party, count(*) FROM first f JOIN link c ON c.party = f.party AND c.degree <= ?2 "   \
    "JOIN link d ON d.identifier = c.identifier AND d.party <> f.party "                           \
    "GROUP BY f.party, d.party"

static void must(const struct reads *reads, int code, int wanted)
{
    if (code == wanted)
        return;
    fprintf(stderr, "bench_sqlite: %s\n", sqlite3_errmsg(reads->db));
    exit(1);
}

static sqlite3_stmt *prepare(struct reads *reads, const char *text)
{
    sqlite3_stmt *statement;

    must(reads, sqlite3_prepare_v2(reads->db, text, -1, &statement, NULL), SQLITE_OK);
    return statement;
}

static void add_row(struct reads *reads, struct bench_answer *answer, sqlite3_stmt *row, int deep)
{
    const char *key = "";
    int size = 0;

    if (deep) {
        sqlite3_bind_int64(reads->key, 1, sqlite3_column_int64(row, 0));
        must(reads, sqlite3_step(reads->key), SQLITE_ROW);
        key = (const char *)sqlite3_column_text(reads->key, 0);
        size = sqlite3_column_bytes(reads->key, 0);
    }
    bench_answer_add(answer, key, (size_t)size, (uint64_t)sqlite3_column_int64(row, 1));
    if (deep)
        sqlite3_reset(reads->key);
}

static void run(struct reads *reads, struct bench_answer *answer, sqlite3_stmt *statement,
                sqlite3_int64 party, int deep)
{
    int code;

    sqlite3_bind_int64(statement, 1, party);
    sqlite3_bind_int(statement, 2, reads->cap);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        add_row(reads, answer, statement, deep);
    must(reads, code, SQLITE_DONE);
    sqlite3_reset(statement);
}

static struct bench_answer ask(void *context, const char *key, unsigned steps, int deep)
{
    struct reads *reads = context;
    struct bench_answer answer = { 0 };
    sqlite3_int64 party;

    must(reads, sqlite3_exec(reads->db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_bind_text(reads->find, 1, key, -1, SQLITE_STATIC);
    must(reads, sqlite3_step(reads->find), SQLITE_ROW);
    party = sqlite3_column_int64(reads->find, 0);
    sqlite3_reset(reads->find);
    run(reads, &answer, reads->share, party, deep);
    if (steps > 1)
        run(reads, &answer, reads->share_two, party, deep);
    must(reads, sqlite3_exec(reads->db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    return answer;
}

int main(int argc, char **argv)
{
    struct reads reads = { 0 };
    struct bench_keys keys;

    if (argc < 4) {
        fprintf(stderr, "usage: bench_sqlite DATABASE KEYS CAP [ANSWERS]\n");
        return 2;
    }
    keys = bench_keys_read(argv[2]);
    reads.cap = atoi(argv[3]);
    must(&reads, sqlite3_open_v2(argv[1], &reads.db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    /* The file mapped and a cache for all of it: what it can do, not what it does by default. */
    must(&reads, sqlite3_exec(reads.db, "PRAGMA mmap_size=8589934592; PRAGMA cache_size=-1000000",
                              NULL, NULL, NULL), SQLITE_OK);
    reads.find = prepare(&reads, "SELECT rowid FROM enterprises WHERE key = ?");
    reads.key = prepare(&reads, "SELECT key FROM enterprises WHERE rowid = ?");
    reads.share = prepare(&reads, SHARE_ONE);
    reads.share_two = prepare(&reads, SHARE_TWO);
    bench_reads(&(struct bench_system){ "sqlite", ask, &reads }, &keys,
                argc > 4 ? argv[4] : NULL);
    sqlite3_finalize(reads.find);
    sqlite3_finalize(reads.key);
    sqlite3_finalize(reads.share);
    sqlite3_finalize(reads.share_two);
    sqlite3_close(reads.db);
    free(keys.items);
    return 0;
}
