/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running plans where memory gives out; what they answer is compared by test_pipelines.c. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "query/query.h"
#include "tests/support/fresh.h"
#include "tests/support/leaks.h"
#include "tests/support/place.h"
#include "tests/support/sweep.h"

TestSuite(run, .fini = leaks_check);

static enum status ask_within(struct graph_txn *txn, struct slice text, uint64_t max_bytes)
{
    AUTO(query_freep) struct query *query = NULL;
    struct query_prepare_options prepare = { .txn = txn, .batch_rows = 0.001 };
    struct query_run_options options = { .allow_writes = true, .max_bytes = max_bytes };
    struct query_stats stats;

    TRY(query_prepare(&query, text, &prepare));
    return query_run(query, txn, &options, &stats);
}

static enum status ask(struct graph_txn *txn, struct slice text)
{
    return ask_within(txn, text, 0);
}

/* Batches, a hash join, an intersection, a search for ends and for shortest paths, a sort. */
static enum status ask_all(void *context)
{
    static const char *const texts[] = {
        "MATCH (a:A), (b) WHERE a.x = b.x AND b.x > 0 RETURN a.x, count(*), collect(DISTINCT b.x)",
        "MATCH (a)-->(b)-->(c) MATCH (a)-->(d)<--(c) RETURN d ORDER BY d.x LIMIT 2",
        "MATCH (a)-[*1..3]-(b) RETURN DISTINCT b",
        "MATCH (a:A), (b {x: 3}) MATCH p = allShortestPaths((a)-[*..4]-(b)) RETURN nodes(p)",
    };
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    TRY(graph_read(&txn, context, NULL));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        TRY(ask(txn, slice_str(texts[i])));
    return STATUS_OK;
}

Test(run, fails_cleanly_at_every_allocation)
{
    char *dir = place_new();
    struct graph_txn *txn;
    struct graph *graph;

    graph = fresh_graph(place_in(dir, "db"), SLICE(""), NULL);
    cr_assert(eq(int, graph_write(&txn, graph), STATUS_OK));
    cr_assert(eq(int, ask(txn, SLICE("CREATE (a:A {x: 1}), (b:A {x: 2}), (c {x: 1}), (d {x: 3}), "
                                     "(a)-[:R]->(b)-[:R]->(c), (a)-[:R]->(d)<-[:R]-(c)")),
                 STATUS_OK));
    cr_assert(eq(int, txn_commit(txn), STATUS_OK));
    sweep_allocations(ask_all, graph);
    graph_close(graph);
    place_remove(dir);
}

/* What a statement frees while it runs is not kept, and what it keeps is not forgotten. */
Test(run, the_bound_on_memory_is_of_what_is_kept)
{
    static const struct {
        const char *text;
        enum status status;
    } cases[] = {
        { "UNWIND range(1, 3000) AS x RETURN max(size(COLLECT { UNWIND [1, 2] AS i RETURN "
          "toString(i) }))", STATUS_OK },
        { "UNWIND range(1, 3000) AS x RETURN max(COUNT { UNWIND [1, 2] AS i WITH DISTINCT i "
          "WITH collect(i) AS l, count(DISTINCT i) AS n ORDER BY n RETURN l })", STATUS_OK },
        { "MATCH (a:A {x: 1}) UNWIND range(1, 3000) AS i MATCH (a)-[r*1..3]->(b) "
          "RETURN max(size(r))", STATUS_OK },
        { "MATCH (a:A {x: 1}) UNWIND range(1, 9000) AS i RETURN count(EXISTS { (a)-[*1..3]->() })",
          STATUS_OK },
        { "MATCH (a:A {x: 1}), (b {x: 3}) UNWIND range(1, 5000) AS i "
          "MATCH p = shortestPath((a)-[*..4]-(b)) RETURN count(p)", STATUS_OK },
        { "UNWIND range(1, 20000) AS x WITH x ORDER BY x % 7, x LIMIT 1 RETURN x", STATUS_OK },
        { "UNWIND range(1, 60000) AS x WITH DISTINCT x ORDER BY x % 7, x LIMIT 1 RETURN x",
          STATUS_LIMIT },
        { "UNWIND range(1, 60000) AS x RETURN collect(DISTINCT x)", STATUS_LIMIT },
    };
    char *dir = place_new();
    struct graph_txn *txn;
    struct graph *graph;

    graph = fresh_graph(place_in(dir, "db"), SLICE(""), NULL);
    cr_assert(eq(int, graph_write(&txn, graph), STATUS_OK));
    cr_assert(eq(int, ask(txn, SLICE("CREATE (a:A {x: 1})-[:R]->(b:A {x: 2})-[:R]->(d {x: 3})")),
                 STATUS_OK));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect(eq(int, ask_within(txn, slice_str(cases[i].text), 2 << 20), cases[i].status),
                  "%s", cases[i].text);
    txn_end(txn);
    graph_close(graph);
    place_remove(dir);
}

Test(run, a_sum_that_does_not_fit_is_an_error)
{
    static const char *const texts[] = {
        "UNWIND [9223372036854775807, 1] AS n RETURN sum(n)",
        "UNWIND [9000000000000000000, 900000000000000000] AS n "
        "RETURN sum(duration({months: n}))",
        "UNWIND [9000000000000000000, 900000000000000000] AS n "
        "RETURN avg(duration({seconds: n}))",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect(eq(int, ask(NULL, slice_str(texts[i])), STATUS_INVALID), "%s", texts[i]);
    cr_expect(eq(int, ask(NULL, SLICE("UNWIND [1, 2] AS n RETURN sum(duration({months: n}))")),
                 STATUS_OK));
}

/* Dates are of the years that components may name, whatever they are counted from. */
Test(run, a_date_of_no_year_is_an_error)
{
    static const struct {
        const char *text;
        enum status status;
    } cases[] = {
        { "RETURN date({year: 999999999, month: 12, day: 31})", STATUS_OK },
        { "RETURN date({year: 999999999, month: 12, day: 31}) + duration('P1D')", STATUS_INVALID },
        { "RETURN date({year: -999999999}) - duration('P1D')", STATUS_INVALID },
        { "RETURN date.truncate('century', date({year: -999999999}))", STATUS_INVALID },
        { "RETURN reduce(d = date('2000-01-01'), i IN range(1, 300) | "
          "d + duration({days: 300000000000})).year", STATUS_INVALID },
        { "RETURN reduce(t = localdatetime('2000-01-01T00:00'), i IN range(1, 5) | "
          "t + duration({seconds: 2000000000000000000})).year", STATUS_INVALID },
        { "RETURN reduce(t = datetime('2000-01-01T00:00Z'), i IN range(1, 5) | "
          "t + duration({seconds: 2000000000000000000})).year", STATUS_INVALID },
        { "RETURN datetime({epochSeconds: 9223372036854775807, timezone: '+02:00'})",
          STATUS_INVALID },
        { "RETURN datetime({epochSeconds: -9223372036854775808})", STATUS_INVALID },
        { "RETURN datetime({epochMillis: -9223372036854775808, timezone: '-02:00'})", STATUS_OK },
        { "RETURN datetime.fromepoch(9223372036854775807, 1000000000)", STATUS_INVALID },
        { "RETURN datetime.fromepoch(1, -9223372036854775808)", STATUS_OK },
        { "RETURN datetime.fromepochmillis(-9223372036854775808)", STATUS_OK },
        { "RETURN datetime({year: 999999999}).epochMillis", STATUS_INVALID },
        { "RETURN duration({seconds: 9223372036854775807}).milliseconds", STATUS_INVALID },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect(eq(int, ask(NULL, slice_str(cases[i].text)), cases[i].status), "%s",
                  cases[i].text);
}
