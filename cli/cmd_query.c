/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "base/time.h"
#include "cli/command.h"
#include "query/answer.h"
#include "query/query.h"

#define STATEMENT_MAX ((size_t)16 << 20)

struct query_options {
    struct text_list parameters;
    const char *file;
    int64_t timeout_us, max_rows, max_expansions;
    uint64_t max_memory;
    int64_t as_of_us, known_at_us;
    bool write, all_times, strict;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

/* ---- The statement ----------------------------------------------------------------------- */

static enum status read_stream(struct buf *out, FILE *file, const char *name)
{
    unsigned char chunk[4096];
    size_t n;

    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0) {
        TRY(buf_append(out, chunk, n));
        if (out->size > STATEMENT_MAX)
            return fail(STATUS_LIMIT, "%s: a statement has at most 16 MiB", name);
    }
    return ferror(file) ? fail_errno(name) : STATUS_OK;
}

static enum status read_statement(struct buf *out, const struct cli *cli,
                                  const struct query_options *options)
{
    const char *operand = cli->n_operands ? cli->operands[0] : NULL;
    enum status status;
    FILE *file;

    if (operand && options->file)
        return fail(STATUS_USAGE, "a statement and --file exclude each other");
    if (operand && strcmp(operand, "-") != 0)
        return buf_append(out, operand, strlen(operand));
    if (!options->file)
        return read_stream(out, stdin, "standard input");
    file = fopen(options->file, "re");
    if (!file)
        return fail_errno(options->file);
    status = read_stream(out, file, options->file);
    fclose(file);
    return status;
}

/* ---- Parameters -------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    const struct value_pair *x = a, *y = b;

    return slice_compare(x->key, y->key);
}

/* name=value: JSON where the value is JSON, else text. */
static enum status read_parameter(struct value_pair *pair, struct arena *arena, const char *text)
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

static enum status read_parameters(struct value *out, struct arena *arena,
                                   const struct text_list *list)
{
    struct value_pair *pairs = arena_array(arena, list->n + 1, sizeof *pairs);

    if (!pairs)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < list->n; i++)
        TRY(read_parameter(&pairs[i], arena, list->items[i]));
    qsort(pairs, list->n, sizeof *pairs, by_key);
    for (size_t i = 1; i < list->n; i++)
        if (slice_equal(pairs[i - 1].key, pairs[i].key))
            return fail(STATUS_USAGE, "-P %.*s is given twice", (int)pairs[i].key.size,
                        (const char *)pairs[i].key.data);
    *out = (struct value){ .type = VALUE_MAP, .count = (uint32_t)list->n, .pairs = pairs };
    return STATUS_OK;
}

/* ---- Running ----------------------------------------------------------------------------- */

struct job {
    struct cli *cli;
    const struct query_options *options;
    struct graph *graph;
    struct query *query;
    struct graph_txn *txn;
    struct value parameters;
    struct answer answer;
    struct query_stats stats;
};

static void job_fini(struct job *job)
{
    txn_end(job->txn);
    query_free(job->query);
    answer_fini(&job->answer);
    graph_close(job->graph);
}

static enum status begin(struct job *job)
{
    struct moment moment = { .as_of_us = time_now_us(), .known_at_us = TIME_MAX };

    if (job->options->write)
        return graph_write(&job->txn, job->graph);
    if (job->options->as_of_us != TIME_MAX)
        moment.as_of_us = job->options->as_of_us;
    moment.known_at_us = job->options->known_at_us;
    return graph_read(&job->txn, job->graph, &moment);
}

static enum status run(struct job *job)
{
    const struct query_options *options = job->options;
    struct query_run_options run = {
        .parameters = &job->parameters, .row = answer_row, .context = &job->answer,
        .timeout_us = options->timeout_us, .max_rows = (uint64_t)options->max_rows,
        .max_bytes = options->max_memory, .max_expansions = (uint64_t)options->max_expansions,
        .interrupted = &interrupted, .all_times = options->all_times,
        .allow_writes = options->write,
    };
    enum status status;

    job->answer.as_text = job->cli->output.format == FORMAT_TABLE ||
                          job->cli->output.format == FORMAT_CSV;
    job->answer.max_bytes = options->max_memory;
    TRY(query_run(job->query, job->txn, &run, &job->stats));
    if (!options->write) {
        txn_end(job->txn);
        job->txn = NULL;
        return STATUS_OK;
    }
    status = txn_commit(job->txn);
    job->txn = NULL;
    return status;
}

static enum status print_rows(struct job *job)
{
    struct output *output = &job->cli->output;
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
        { "nodes created", stats->nodes_created },   { "nodes deleted", stats->nodes_deleted },
        { "relationships created", stats->edges_created },
        { "relationships deleted", stats->edges_deleted },
        { "properties set", stats->properties_set }, { "labels added", stats->labels_added },
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
        return output_text(&job->cli->output, buf_slice(&text));
    fwrite(text.data, 1, text.size, stderr);
    return STATUS_OK;
}

static enum status prepare(struct job *job, struct slice statement)
{
    struct query_prepare_options options = { .txn = job->txn, .parameters = &job->parameters };

    return query_prepare(&job->query, statement, &options);
}

static enum status query_command_run(struct cli *cli, const void *options)
{
    AUTO(job_fini) struct job job = { .cli = cli, .options = options };
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf statement = { 0 };
    struct sigaction action = { .sa_handler = on_interrupt };

    TRY(read_statement(&statement, cli, job.options));
    TRY(read_parameters(&job.parameters, &arena, &job.options->parameters));
    TRY(graph_open(&job.graph, cli->db, NULL));
    TRY(begin(&job));
    TRY(prepare(&job, buf_slice(&statement)));
    if (query_is_explain(job.query))
        return explain(&job, true);
    sigaction(SIGINT, &action, NULL);
    TRY(run(&job));
    TRY(print_rows(&job));
    tell_changes(&job.stats);
    if (query_is_profile(job.query))
        TRY(explain(&job, false));
    if (job.stats.truncated) {
        log_note("the answer is cut: %s", job.stats.reason);
        if (job.options->strict)
            cli->exit_code = EXIT_TRUNCATED;
    }
    return STATUS_OK;
}

static const struct command_option options[] = {
    { "param", 'P', OPTION_LIST, offsetof(struct query_options, parameters), "NAME=VALUE",
      "a parameter: JSON, or else text; may be given several times" },
    { "file", 0, OPTION_TEXT, offsetof(struct query_options, file), "FILE",
      "read the statement from a file" },
    { "timeout", 0, OPTION_DURATION, offsetof(struct query_options, timeout_us), "D",
      "stop after this time; 60s" },
    { "max-rows", 0, OPTION_INT, offsetof(struct query_options, max_rows), "N",
      "cut the answer after so many rows; 1000000" },
    { "max-memory", 0, OPTION_SIZE, offsetof(struct query_options, max_memory), "SIZE",
      "stop when more is needed; 2G" },
    { "max-expansions", 0, OPTION_INT, offsetof(struct query_options, max_expansions), "N",
      "stop after reading so many nodes and relationships; no bound" },
    { "as-of", 0, OPTION_TIME, offsetof(struct query_options, as_of_us), "T",
      "relationships valid at this time; now" },
    { "known-at", 0, OPTION_TIME, offsetof(struct query_options, known_at_us), "T",
      "what had been observed by this time; everything" },
    { "all-times", 0, OPTION_FLAG, offsetof(struct query_options, all_times), NULL,
      "relationships of any time, also ended ones" },
    { "write", 0, OPTION_FLAG, offsetof(struct query_options, write), NULL,
      "allow CREATE, MERGE, SET, REMOVE and DELETE" },
    { "strict", 0, OPTION_FLAG, offsetof(struct query_options, strict), NULL,
      "exit with 6 where the answer was cut" },
    { 0 },
};

const struct command command_query = {
    .name = "query",
    .usage = "[-P NAME=VALUE]... [options] [STATEMENT or -]",
    .summary = "ask the graph in openCypher",
    .details = "Without a statement it is read from standard input. EXPLAIN before a\n"
               "statement prints its plan, PROFILE runs it and prints rows and times of\n"
               "each step to standard error. docs/cypher.md describes the language.",
    .options = options,
    .options_size = sizeof(struct query_options),
    .defaults = &(const struct query_options){ .timeout_us = 60 * US_PER_SECOND,
                                               .max_rows = 1000000,
                                               .max_memory = (uint64_t)2 << 30,
                                               .as_of_us = TIME_MAX, .known_at_us = TIME_MAX },
    .max_operands = 1,
    .run = query_command_run,
};
