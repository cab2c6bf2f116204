/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions in openCypher against the same ones in SQL, on the same book, in one run.
 *
 *     ringfence --db DB import BOOK;  tests/bench/book_sqlite.py BOOK BOOK.sqlite
 *     bench_query DB BOOK.sqlite [CALLS [NAME]]
 *
 * Both systems are asked in turn, question by question, with the same parameters; a call reads all
 * rows. Ringfence's time has everything from the text on: the plan cache, a transaction, the run.
 * SQLite's has its prepared statement bound, stepped to its end and reset. Answers are compared by
 * a digest that does not depend on order. Prints a line a question: the medians and 99th
 * percentiles in microseconds, the ratio of the medians, and that of the user times.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/hash.h"
#include "query/cache.h"
#include "query/query.h"

#define CALLS_MAX 20000

/* What the calls of a question are given: keys picked from the book, or nothing. */
struct question {
    const char *name;
    const char *keys;   /* SQL that gives :key of each call; NULL: all calls are the same */
    int calls_divisor;  /* heavy ones are asked less often */
    const char *cypher, *sql;
};

#define DIRECT "HAS_PHONE|LOCATED_AT|USES_DEVICE"
#define DIRECT_SQL "(SELECT id FROM type WHERE name IN ('HAS_PHONE','LOCATED_AT','USES_DEVICE'))"
#define TYPE(name) "(SELECT id FROM type WHERE name = '" name "')"
#define NOW(edge) edge ".valid_from <= :now AND " edge ".valid_to > :now"
/* Spread over the book by a multiplier without a factor in common with its size. */
#define SOME_ENTERPRISES                                                                           \
    "SELECT key FROM enterprise WHERE id IN (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT "   \
    "i + 1 FROM n WHERE i < :calls) SELECT 1 + i * 7919 % 1000000 FROM n)"
#define SOME_GUARANTORS                                                                            \
    "SELECT e.key FROM edge g JOIN enterprise e ON e.id = g.src WHERE g.src IN (WITH RECURSIVE "   \
    "n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :calls * 10) SELECT 1 + i * 7919 "  \
    "% 1000000 FROM n) AND g.type = " TYPE("GUARANTEES") " GROUP BY g.src LIMIT :calls"

static const struct question questions[] = {
    { "Q2, an identifier shared with", SOME_ENTERPRISES, 1,
      "MATCH (e:Enterprise {key: $key})-[:" DIRECT "]->(i)<-[:" DIRECT "]-(o:Enterprise) "
      "WHERE COUNT { (i)<-[:" DIRECT "]-() } <= 50 RETURN DISTINCT o.key",
      "SELECT DISTINCT o.key FROM enterprise e JOIN edge a ON a.src = e.id AND a.type IN "
      DIRECT_SQL " AND " NOW("a") " JOIN edge b ON b.dst = a.dst AND b.type IN " DIRECT_SQL
      " AND " NOW("b") " AND b.n <> a.n JOIN enterprise o ON o.id = b.src WHERE e.key = :key AND "
      "(SELECT count(*) FROM edge c WHERE c.dst = a.dst AND c.type IN " DIRECT_SQL " AND "
      NOW("c") ") <= 50" },
    { "2 hops, other enterprises of the legal representative", SOME_ENTERPRISES, 1,
      "MATCH (e:Enterprise {key: $key})<-[:LEGAL_REP]-(p)-[:SHAREHOLDER]->(o) "
      "RETURN p.key, o.key",
      "SELECT p.key, o.key FROM enterprise e JOIN edge a ON a.dst = e.id AND a.type = "
      TYPE("LEGAL_REP") " AND " NOW("a") " JOIN edge b ON b.src = a.src AND b.type = "
      TYPE("SHAREHOLDER") " AND " NOW("b") " JOIN person p ON p.id = a.src "
      "JOIN enterprise o ON o.id = b.dst WHERE e.key = :key" },
    { "4 hops, applicants from the same device", SOME_ENTERPRISES, 10,
      "MATCH (e:Enterprise {key: $key})-[:APPLIED]->(a)-[:SUBMITTED_FROM]->(d)"
      "<-[:SUBMITTED_FROM]-(b)<-[:APPLIED]-(o:Enterprise) RETURN DISTINCT o.key",
      "SELECT DISTINCT o.key FROM enterprise e JOIN edge a ON a.src = e.id AND a.type = "
      TYPE("APPLIED") " AND " NOW("a") " JOIN edge d ON d.src = a.dst AND d.type = "
      TYPE("SUBMITTED_FROM") " AND " NOW("d") " JOIN edge c ON c.dst = d.dst AND c.type = "
      TYPE("SUBMITTED_FROM") " AND " NOW("c") " AND c.n <> d.n JOIN edge b ON b.dst = c.src AND "
      "b.type = " TYPE("APPLIED") " AND " NOW("b") " AND b.n <> a.n "
      "JOIN enterprise o ON o.id = b.src WHERE e.key = :key" },
    { "guarantee ring through an enterprise", SOME_GUARANTORS, 10,
      "MATCH (e:Enterprise {key: $key})-[g:GUARANTEES*2..5]->(e) RETURN count(*)",
      "WITH RECURSIVE start(id) AS (SELECT id FROM enterprise WHERE key = :key), "
      "walk(at, depth, path) AS (SELECT g.dst, 1, '/' || g.n || '/' FROM start JOIN edge g ON "
      "g.src = start.id AND g.type = " TYPE("GUARANTEES") " AND " NOW("g") " UNION ALL "
      "SELECT g.dst, w.depth + 1, w.path || g.n || '/' FROM walk w JOIN edge g ON g.src = w.at "
      "AND g.type = " TYPE("GUARANTEES") " AND " NOW("g") " WHERE w.depth < 5 AND "
      "instr(w.path, '/' || g.n || '/') = 0) "
      "SELECT count(*) FROM walk, start WHERE at = start.id AND depth >= 2" },
    { "applications of a month, by product", NULL, 100,
      "MATCH (a:Application) WHERE a.applied_at >= datetime('2026-09-01T00:00:00Z') AND "
      "a.applied_at < datetime('2026-10-01T00:00:00Z') "
      "RETURN a.product, count(*), sum(a.amount_minor)",
      "SELECT product, count(*), sum(amount_minor) FROM application WHERE applied_at >= "
      "1788220800000000 AND applied_at < 1790812800000000 GROUP BY product" },
    { "pairs that guarantee each other", NULL, 1000,
      "MATCH (a:Enterprise)-[:GUARANTEES]->(b:Enterprise)-[:GUARANTEES]->(a) RETURN count(*)",
      "SELECT count(*) FROM edge g JOIN edge h ON h.src = g.dst AND h.dst = g.src AND h.type = "
      "g.type AND h.n <> g.n AND " NOW("h") " WHERE g.type = " TYPE("GUARANTEES") " AND " NOW("g")
      " AND EXISTS (SELECT 1 FROM enterprise e WHERE e.id = g.src) AND EXISTS (SELECT 1 FROM "
      "enterprise e WHERE e.id = g.dst)" },
};

static void must(enum status status, const char *what)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "bench_query: %s: %s\n", what, error_detail());
    exit(1);
}

static void must_sqlite(int code, sqlite3 *db, const char *what)
{
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
        return;
    fprintf(stderr, "bench_query: %s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

/* ---- Answers ----------------------------------------------------------------------------- */

struct digest {
    uint64_t rows, sum;
};

static uint64_t mix_text(uint64_t hash, const void *text, size_t size)
{
    const unsigned char *bytes = text;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

static enum status digest_row(void *context, struct eval *eval, const struct value *values,
                              size_t n)
{
    struct digest *digest = context;
    uint64_t hash = 0;

    (void)eval;
    for (size_t i = 0; i < n; i++) {
        if (values[i].type == VALUE_STRING)
            hash = mix_text(hash, value_slice(&values[i]).data, value_slice(&values[i]).size);
        else
            hash = hash_mix64(hash ^ (uint64_t)values[i].integer);
    }
    digest->rows++;
    digest->sum += hash_mix64(hash);
    return STATUS_OK;
}

static void digest_sqlite(struct digest *digest, sqlite3_stmt *statement)
{
    uint64_t hash = 0;

    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        if (sqlite3_column_type(statement, i) == SQLITE_TEXT)
            hash = mix_text(hash, sqlite3_column_text(statement, i),
                            (size_t)sqlite3_column_bytes(statement, i));
        else
            hash = hash_mix64(hash ^ (uint64_t)sqlite3_column_int64(statement, i));
    }
    digest->rows++;
    digest->sum += hash_mix64(hash);
}

/* ---- The two systems --------------------------------------------------------------------- */

struct bench {
    struct graph *graph;
    struct query_cache *cache;
    sqlite3 *db;
    int64_t now_us;
    int calls;
    char (*keys)[64];
    double *times[2];
};

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static double user_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec * 1e6 + (double)usage.ru_utime.tv_usec;
}

static struct digest ask_ringfence(struct bench *bench, const struct question *question,
                                   const char *key)
{
    struct value_pair pair = { SLICE("key"), value_text(slice_str(key)) };
    struct value parameters = { .type = VALUE_MAP, .count = 1, .pairs = &pair };
    struct digest digest = { 0 };
    struct query_prepare_options prepare = { .parameters = &parameters };
    struct query_run_options options = { .parameters = &parameters, .row = digest_row,
                                         .context = &digest, .now_us = bench->now_us };
    struct moment moment = { .as_of_us = bench->now_us, .known_at_us = TIME_MAX };
    struct query_stats stats;
    struct query *query;
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    must(graph_read(&txn, bench->graph, &moment), question->name);
    prepare.txn = txn;
    must(query_cache_take(&query, bench->cache, slice_str(question->cypher), &prepare),
         question->name);
    must(query_run(query, txn, &options, &stats), question->name);
    query_cache_give(bench->cache, query);
    return digest;
}

static void bind_parameters(struct bench *bench, sqlite3_stmt *statement, const char *key)
{
    int at = sqlite3_bind_parameter_index(statement, ":key");

    if (at)
        sqlite3_bind_text(statement, at, key, -1, SQLITE_STATIC);
    at = sqlite3_bind_parameter_index(statement, ":now");
    if (at)
        sqlite3_bind_int64(statement, at, bench->now_us);
    at = sqlite3_bind_parameter_index(statement, ":calls");
    if (at)
        sqlite3_bind_int(statement, at, bench->calls);
}

static struct digest ask_sqlite(struct bench *bench, const struct question *question,
                                sqlite3_stmt *statement, const char *key)
{
    struct digest digest = { 0 };
    int code;

    bind_parameters(bench, statement, key);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        digest_sqlite(&digest, statement);
    must_sqlite(code, bench->db, question->name);
    sqlite3_reset(statement);
    return digest;
}

static sqlite3_stmt *prepare_sql(struct bench *bench, const char *sql)
{
    sqlite3_stmt *statement;

    must_sqlite(sqlite3_prepare_v2(bench->db, sql, -1, &statement, NULL), bench->db, sql);
    return statement;
}

/* ---- One question ------------------------------------------------------------------------ */

static int pick_keys(struct bench *bench, const struct question *question)
{
    sqlite3_stmt *statement;
    int n = 0;

    if (!question->keys)
        return bench->calls;
    statement = prepare_sql(bench, question->keys);
    bind_parameters(bench, statement, NULL);
    while (n < bench->calls && sqlite3_step(statement) == SQLITE_ROW)
        snprintf(bench->keys[n++], sizeof bench->keys[0], "%s", sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return n;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

static void print_line(struct bench *bench, const struct question *question, int n,
                       const double *user, uint64_t rows, uint64_t differ)
{
    double p50[2], p99[2];

    for (int i = 0; i < 2; i++) {
        qsort(bench->times[i], (size_t)n, sizeof(double), by_size);
        p50[i] = bench->times[i][n / 2];
        p99[i] = bench->times[i][n * 99 / 100];
    }
    printf("%-52s %6d calls %8llu rows  ringfence p50 %10.1f p99 %10.1f  sqlite p50 %10.1f "
           "p99 %10.1f  ratio %.2f  user %.2f%s\n",
           question->name, n, (unsigned long long)rows, p50[0], p99[0], p50[1], p99[1],
           p50[0] / p50[1], user[0] / user[1], differ ? "  ANSWERS DIFFER" : "");
    fflush(stdout);
}

/* The first round warms both; the second is measured. The systems take turns in batches. */
static bool measure(struct bench *bench, const struct question *question)
{
    sqlite3_stmt *statement = prepare_sql(bench, question->sql);
    uint64_t rows = 0, differ = 0;
    double user[2] = { 0 };
    int calls = bench->calls, n;

    bench->calls = calls / question->calls_divisor < 5 ? 5 : calls / question->calls_divisor;
    n = pick_keys(bench, question);
    for (int round = 0; round < 2 && n; round++)
        for (int i = 0; i < n; i++) {
            struct digest digests[2];
            double start_user = user_us(), start = now_us(), middle, middle_user;

            digests[0] = ask_ringfence(bench, question, bench->keys[i]);
            middle = now_us();
            middle_user = user_us();
            digests[1] = ask_sqlite(bench, question, statement, bench->keys[i]);
            bench->times[0][i] = middle - start;
            bench->times[1][i] = now_us() - middle;
            if (!round)
                continue;
            user[0] += middle_user - start_user;
            user[1] += user_us() - middle_user;
            rows += digests[0].rows;
            differ += digests[0].rows != digests[1].rows || digests[0].sum != digests[1].sum;
        }
    if (n)
        print_line(bench, question, n, user, rows, differ);
    sqlite3_finalize(statement);
    bench->calls = calls;
    return differ == 0;
}

int main(int argc, char **argv)
{
    /* After the last day of a book, so that what ended within it has ended. */
    struct bench bench = { .now_us = 1793491200000000, .calls = argc > 3 ? atoi(argv[3]) : 2000 };
    const char *only = argc > 4 ? argv[4] : "";
    bool same = true;

    if (argc < 3 || bench.calls < 1 || bench.calls > CALLS_MAX) {
        fprintf(stderr, "usage: bench_query DB BOOK.sqlite [CALLS [NAME]]\n");
        return 2;
    }
    must(graph_open(&bench.graph, argv[1], NULL), argv[1]);
    must(query_cache_new(&bench.cache, 16), "plan cache");
    must_sqlite(sqlite3_open_v2(argv[2], &bench.db, SQLITE_OPEN_READONLY, NULL), bench.db, argv[2]);
    must_sqlite(sqlite3_exec(bench.db, "PRAGMA mmap_size = 8589934592; PRAGMA cache_size = -500000",
                             NULL, NULL, NULL), bench.db, "settings");
    bench.keys = calloc(CALLS_MAX, sizeof *bench.keys);
    bench.times[0] = calloc(CALLS_MAX, sizeof(double));
    bench.times[1] = calloc(CALLS_MAX, sizeof(double));
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        if (strstr(questions[i].name, only))
            same &= measure(&bench, &questions[i]);
    free(bench.keys);
    free(bench.times[0]);
    free(bench.times[1]);
    query_cache_free(bench.cache);
    sqlite3_close(bench.db);
    graph_close(bench.graph);
    return same ? 0 : 1;
}
