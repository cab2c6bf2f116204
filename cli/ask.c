/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/ask.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "query/answer.h"
#include "query/query.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

/* ---- Parameters -------------------------------------------------------------------------- */

enum status ask_parameter(struct value_pair *pair, struct arena *arena, const char *text)
{
    const char *equals = strchr(text, '=');
    struct slice value;

    if (!equals || equals == text)
        return fail(STATUS_USAGE, "-P %s: expected name=value", text);
    pair->key = slice_of(text, (size_t)(equals - text));
    value = slice_str(equals + 1);
    if (value.size == 0 || json_parse(&pair->value, arena, value, NULL) != STATUS_OK)
        pair->value = value_text(value);
    return STATUS_OK;
}

static int by_key(const void *a, const void *b)
{
    const struct value_pair *x = a, *y = b;

    return slice_compare(x->key, y->key);
}

enum status ask_parameters(struct value *out, struct value_pair *pairs, size_t n)
{
    if (n)
        qsort(pairs, n, sizeof *pairs, by_key);
    for (size_t i = 1; i < n; i++)
        if (slice_equal(pairs[i - 1].key, pairs[i].key))
            return fail(STATUS_USAGE, "-P %.*s is given twice", (int)pairs[i].key.size,
                        (const char *)pairs[i].key.data);
    *out = (struct value){ .type = VALUE_MAP, .count = (uint32_t)n, .pairs = pairs };
    return STATUS_OK;
}

/* ---- Running ----------------------------------------------------------------------------- */

struct job {
    struct ask *ask;
    struct query *query;
    struct graph_txn *txn;
    struct answer answer;
    struct query_stats stats;
};

static void job_fini(struct job *job)
{
    txn_end(job->txn);
    query_free(job->query);
    answer_fini(&job->answer);
}

static enum status begin(struct job *job)
{
    const struct ask *ask = job->ask;
    struct moment moment = { .as_of_us = time_now_us(), .known_at_us = ask->known_at_us };

    if (ask->write)
        return graph_write(&job->txn, ask->graph);
    if (ask->as_of_us != TIME_MAX)
        moment.as_of_us = ask->as_of_us;
    return graph_read(&job->txn, ask->graph, &moment);
}

static enum status run(struct job *job)
{
    const struct ask *ask = job->ask;
    struct query_run_options options = {
        .parameters = &ask->parameters, .row = answer_row, .context = &job->answer,
        .timeout_us = ask->timeout_us, .max_rows = (uint64_t)ask->max_rows,
        .max_bytes = ask->max_memory, .max_expansions = (uint64_t)ask->max_expansions,
        .interrupted = &interrupted, .all_times = ask->all_times, .allow_writes = ask->write,
    };
    struct graph_txn *txn = job->txn;

    job->answer.as_text = ask->cli->output.format == FORMAT_TABLE ||
                          ask->cli->output.format == FORMAT_CSV;
    job->answer.max_bytes = ask->max_memory;
    TRY(query_run(job->query, txn, &options, &job->stats));
    job->txn = NULL;
    if (ask->write)
        return txn_commit(txn);
    txn_end(txn);
    return STATUS_OK;
}

static enum status print_rows(struct job *job)
{
    struct output *output = &job->ask->cli->output;
    size_t n = query_n_columns(job->query);
    AUTO(free_ptr) struct column *columns = calloc(n + 1, sizeof *columns);
    enum status status = STATUS_OK;

    if (!columns)
        return fail_memory(n * sizeof *columns);
    if (!n)
        return STATUS_OK;
    for (size_t i = 0; i < n; i++) {
        columns[i].name = arena_copy(&job->answer.arena, query_column(job->query, i));
        if (!columns[i].name)
            return STATUS_NO_MEMORY;
    }
    TRY(output_start(output, columns, n));
    for (size_t row = 0; row < job->answer.n_rows && status == STATUS_OK; row++)
        status = output_row(output, &job->answer.cells[row * n]);
    TRY(status);
    return output_finish(output);
}

static void tell_changes(const struct query_stats *stats)
{
    const struct {
        const char *name;
        uint64_t n;
    } counts[] = {
        { "nodes created", stats->nodes_created },
        { "nodes deleted", stats->nodes_deleted },
        { "relationships created", stats->edges_created },
        { "relationships deleted", stats->edges_deleted },
        { "properties set", stats->properties_set },
        { "labels added", stats->labels_added },
        { "labels removed", stats->labels_removed },
    };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i].n)
            log_note("%llu %s", (unsigned long long)counts[i].n, counts[i].name);
}

static enum status explain(struct job *job, bool to_output)
{
    AUTO(buf_fini) struct buf text = { 0 };

    TRY(query_explain(&text, job->query));
    if (to_output)
        return output_text(&job->ask->cli->output, buf_slice(&text));
    fwrite(text.data, 1, text.size, stderr);
    return STATUS_OK;
}

static enum status run_and_print(struct job *job)
{
    struct sigaction action = { .sa_handler = on_interrupt }, before;
    enum status status;

    interrupted = 0;
    sigaction(SIGINT, &action, &before);
    status = run(job);
    sigaction(SIGINT, &before, NULL);
    TRY(status);
    TRY(print_rows(job));
    tell_changes(&job->stats);
    if (query_is_profile(job->query))
        TRY(explain(job, false));
    job->ask->truncated = job->stats.truncated;
    if (job->stats.truncated)
        log_note("the answer is cut: %s", job->stats.reason);
    return STATUS_OK;
}

enum status ask_run(struct ask *ask, struct slice statement)
{
    AUTO(job_fini) struct job job = { .ask = ask };
    struct query_prepare_options prepare = { .parameters = &ask->parameters };

    ask->truncated = false;
    TRY(begin(&job));
    prepare.txn = job.txn;
    TRY(query_prepare(&job.query, statement, &prepare));
    if (query_is_explain(job.query))
        return explain(&job, true);
    return run_and_print(&job);
}
