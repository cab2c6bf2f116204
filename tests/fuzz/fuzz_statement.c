/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any statement runs on a small graph within bounds, or is refused; what it wrote is dropped. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "query/answer.h"
#include "query/query.h"
#include "tests/support/fresh.h"
#include "tests/support/must.h"

static struct graph *graph;
static char dir[] = "/tmp/fuzz_statement.XXXXXX";

static enum status run(struct graph_txn *txn, struct slice text)
{
    AUTO(query_freep) struct query *query = NULL;
    AUTO(answer_fini) struct answer answer = { .max_bytes = (uint64_t)16 << 20 };
    struct value parameters = { .type = VALUE_MAP };
    struct query_prepare_options prepare = { .txn = txn };
    struct query_run_options options = {
        .parameters = &parameters, .row = answer_row, .context = &answer, .allow_writes = true,
        .timeout_us = 200000, .max_rows = 1000, .max_bytes = (uint64_t)16 << 20,
        .max_expansions = 100000,
    };
    struct query_stats stats;

    TRY(query_prepare(&query, text, &prepare));
    return query_run(query, txn, &options, &stats);
}

static void remove_graph(void)
{
    char command[64];

    graph_close(graph);
    snprintf(command, sizeof command, "rm -r %s", dir);
    (void)!system(command);
}

static void make_graph(void)
{
    const struct graph_options options = { .map_size = (uint64_t)256 << 20 };
    struct graph_txn *txn;
    char db[64];

    if (!mkdtemp(dir))
        abort();
    snprintf(db, sizeof db, "%s/db", dir);
    graph = fresh_graph(db, SLICE(""), &options);
    must(graph_write(&txn, graph));
    must(run(txn, SLICE("CREATE (a:A {x: 1, y: 'text'}), (b:A:B {x: 2, y: [1, 2]}), "
                        "(c:B {x: 1.5}), (d {x: date('2026-01-01')}), (a)-[:R {w: 1}]->(b), "
                        "(b)-[:R {w: 2}]->(c), "
                        "(c)-[:S {w: 3}]->(a), (c)-[:S]->(d), (d)-[:R]->(d), (a)-[:S]->(b)")));
    must(txn_commit(txn));
    atexit(remove_graph);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct graph_txn *txn;

    if (!graph)
        make_graph();
    must(graph_write(&txn, graph));
    (void)!run(txn, slice_of(bytes, size));
    txn_end(txn);
    return 0;
}
