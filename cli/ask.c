/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/ask.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
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
    if (!text_valid_utf8(slice_str(text), NULL))
        return fail(STATUS_USAGE, "-P: name=value is not UTF-8: set the terminal so");
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
    struct arena arena;     /* of the row at hand */
    struct column *columns;
    struct value *cells;
    bool started;
    struct query_stats stats;
};

static void job_fini(struct job *job)
{
    txn_end(job->txn);
    query_free(job->query);
    for (size_t i = 0; job->columns && job->columns[i].name; i++)
        free((char *)job->columns[i].name);
    free(job->columns);
    free(job->cells);
    arena_fini(&job->arena);
}

static enum status begin(struct job *job)
{
    const struct ask *ask = job->ask;
    struct moment moment = { .as_of_us = time_now_us(), .known_at_us = ask->known_at_us };

    if (ask->write && (ask->as_of_us != TIME_MAX || ask->known_at_us != TIME_MAX))
        return fail(STATUS_USAGE, "--write changes what is now: it excludes --as-of and "
                    "--known-at");
    if (ask->write)
        return graph_write(&job->txn, ask->graph);
    if (ask->as_of_us != TIME_MAX)
        moment.as_of_us = ask->as_of_us;
    return graph_read(&job->txn, ask->graph, &moment);
}

static enum status make_columns(struct job *job)
{
    size_t n = query_n_columns(job->query);

    job->columns = calloc(n + 1, sizeof *job->columns);
    job->cells = calloc(n + 1, sizeof *job->cells);
    if (!job->columns || !job->cells)
        return fail_memory(n * sizeof *job->columns);
    for (size_t i = 0; i < n; i++) {
        struct slice name = query_column(job->query, i);

        job->columns[i].name = strndup(name.data, name.size);
        if (!job->columns[i].name)
            return fail_memory(name.size);
    }
    return STATUS_OK;
}

static enum status start_rows(struct job *job)
{
    if (job->started || !query_n_columns(job->query))
        return STATUS_OK;
    job->started = true;
    return output_start(&job->ask->cli->output, job->columns, query_n_columns(job->query));
}

/* A query_row: rows go out as they come, as far as the reader takes them. */
static enum status print_row(void *context, struct eval *eval, const struct value *values,
                             size_t n)
{
    struct job *job = context;
    struct output *output = &job->ask->cli->output;
    bool as_text = output->format == FORMAT_TABLE || output->format == FORMAT_CSV;

    TRY(start_rows(job));
    for (size_t i = 0; i < n; i++)
        TRY(value_plain(&job->cells[i], &job->arena, eval, &values[i], as_text));
    TRY(output_row(output, job->cells));
    arena_reset(&job->arena);
    if (job->ask->max_memory && output_waiting(output) > job->ask->max_memory)
        return fail(STATUS_LIMIT, "more than %llu MiB of the answer wait for their reader; return "
                    "less, or raise --max-memory",
                    (unsigned long long)(job->ask->max_memory >> 20));
    return STATUS_OK;
}

static enum status run(struct job *job)
{
    const struct ask *ask = job->ask;
    struct query_run_options options = {
        .parameters = &ask->parameters, .row = print_row, .context = job,
        .timeout_us = ask->timeout_us, .max_rows = (uint64_t)ask->max_rows,
        .max_bytes = ask->max_memory, .max_expansions = (uint64_t)ask->max_expansions,
        .interrupted = &interrupted, .all_times = ask->all_times, .allow_writes = ask->write,
    };
    struct graph_txn *txn = job->txn;

    TRY(query_run(job->query, txn, &options, &job->stats));
    job->txn = NULL;
    if (ask->write)
        return txn_commit(txn);
    txn_end(txn);
    return STATUS_OK;
}

/* Lets the snapshot go. A failed query's rows are dropped, or ended where some are out. */
static enum status end_rows(struct job *job, enum status status)
{
    struct output *output = &job->ask->cli->output;

    txn_end(job->txn);
    job->txn = NULL;
    if (status == STATUS_IO || (status && output_discard(output)))
        return status;
    TRY(start_rows(job));
    if (job->started)
        TRY(output_finish(output));
    TRY(output_release(output));
    return status;
}

static void tell_changes(const struct query_stats *stats)
{
    const struct {
        const char *one, *more;
        uint64_t n;
    } counts[] = {
        { "node created", "nodes created", stats->nodes_created },
        { "node deleted", "nodes deleted", stats->nodes_deleted },
        { "relationship created", "relationships created", stats->edges_created },
        { "relationship deleted", "relationships deleted", stats->edges_deleted },
        { "property set", "properties set", stats->properties_set },
        { "label added", "labels added", stats->labels_added },
        { "label removed", "labels removed", stats->labels_removed },
    };

    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i].n)
            log_note("%llu %s", (unsigned long long)counts[i].n,
                     counts[i].n == 1 ? counts[i].one : counts[i].more);
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

    TRY(make_columns(job));
    interrupted = 0;
    output_hold(&job->ask->cli->output, job->ask->write);
    sigaction(SIGINT, &action, &before);
    status = run(job);
    sigaction(SIGINT, &before, NULL);
    TRY(end_rows(job, status));
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
