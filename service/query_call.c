/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/query_call.h"

#include "query/cache.h"
#include "query/format.h"
#include "query/query.h"

/* A call with its query at hand, for the rows' column names. */
struct running {
    struct query_call *call;
    struct query *query;
};

static enum status write_row(void *context, struct eval *eval, const struct value *values,
                             size_t n)
{
    const struct running *running = context;
    struct query_call *call = running->call;
    struct emit emit = emit_start(&call->lines);

    emit_object(&emit);
    for (size_t i = 0; i < n; i++) {
        emit_key_slice(&emit, query_column(running->query, i));
        TRY(value_emit(&emit, eval, &values[i]));
    }
    emit_end(&emit);
    TRY(emit_finish(&emit));
    TRY(buf_append_byte(&call->lines, '\n'));
    return call->after_row(call);
}

/* Callers of the service give no bounds: its settings do. */
static const struct query_words words = {
    .timeout = "query_timeout_ms in the service's settings",
    .rows = "query_max_rows in the service's settings",
    .memory = "query_max_memory_bytes in the service's settings",
    .expansions = "query_max_expansions in the service's settings",
    .write = "queries only read; send changes to /v1/events",
    .parameter = "give it in \"parameters\"",
};

static enum status run(struct query_call *call, struct query *query, struct graph_txn *txn)
{
    struct running running = { call, query };
    struct query_run_options options = {
        .parameters = &call->parameters, .row = write_row, .context = &running,
        .timeout_us = call->deadline_us - time_monotonic_us(), .max_rows = call->max_rows,
        .max_bytes = call->max_bytes, .max_expansions = call->max_expansions, .words = &words,
    };
    struct query_stats stats = { 0 };

    if (options.timeout_us <= 0)
        return fail(STATUS_LIMIT, "the time for queries was over before it began");
    TRY(query_run(query, txn, &options, &stats));
    call->truncated = stats.truncated;
    memcpy(call->reason, stats.reason, sizeof call->reason);
    return STATUS_OK;
}

enum status query_call_run(struct query_call *call)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct query *query = NULL;
    struct query_prepare_options options = { .parameters = &call->parameters };
    enum status status;

    TRY(graph_read(&txn, call->graph, &call->moment));
    options.txn = txn;
    TRY(query_cache_take(&query, call->cache, call->statement, &options));
    call->is_plan = query_is_explain(query);
    status = call->is_plan ? query_explain(&call->lines, query) : run(call, query, txn);
    query_cache_give(call->cache, query);
    return status;
}
