/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/command.h"
#include "graph/import.h"

struct import_command_options {
    const char *mapping, *source, *rejects;
    int64_t max_errors;
    bool strict_schema, strict;
    int64_t threads;
    uint64_t memory;
};

/* One bar after another: a phase's name is compared by its text's place. */
struct bars {
    const char *phase;
    struct progress progress;
};

static void show(void *context, const char *phase, uint64_t done, uint64_t total)
{
    struct bars *bars = context;

    if (phase != bars->phase) {
        if (bars->phase)
            progress_finish(&bars->progress);
        bars->phase = phase;
        bars->progress = progress_start(phase, total);
        return; /* no time has passed from which to tell a rate */
    }
    progress_update(&bars->progress, done);
}

static enum status print_summary(struct cli *cli, const struct load_result *result,
                                 int64_t elapsed_us)
{
    AUTO(buf_fini) struct buf line = { 0 };
    struct emit emit = emit_start(&line);

    emit_object(&emit);
    emit_key(&emit, "nodes"), emit_uint(&emit, result->nodes);
    emit_key(&emit, "edges"), emit_uint(&emit, result->edges);
    emit_key(&emit, "rejected"), emit_uint(&emit, result->rejected);
    emit_key(&emit, "seconds"), emit_float(&emit, (double)(elapsed_us / 1000) / 1e3);
    emit_end(&emit);
    TRY(emit_finish(&emit));
    return output_json(&cli->output, buf_slice(&line));
}

static enum status import_command_run(struct cli *cli, const void *options)
{
    const struct import_command_options *chosen = options;
    AUTO(graph_closep) struct graph *graph = NULL;
    struct bars bars = { 0 };
    const struct import_options import = {
        .paths = cli->operands, .n_paths = cli->n_operands, .mapping = chosen->mapping,
        .source = chosen->source, .rejects = chosen->rejects,
        .max_errors = (uint64_t)chosen->max_errors,
        .strict = chosen->strict || chosen->strict_schema,
        .memory_bytes = (size_t)chosen->memory,
        .threads = (unsigned)chosen->threads,
        .progress = show, .context = &bars,
    };
    struct load_result result;
    int64_t start_us = time_monotonic_us();
    enum status status;

    TRY(graph_open(&graph, cli->db, NULL));
    status = import_run(&result, graph, &import);
    if (bars.phase)
        progress_finish(&bars.progress);
    if (status == STATUS_OK && (result.nodes_changed || result.edges_changed))
        log_note("%llu node%s and %llu edge%s were changed",
                 (unsigned long long)result.nodes_changed, text_s(result.nodes_changed),
                 (unsigned long long)result.edges_changed, text_s(result.edges_changed));
    if (status == STATUS_OK || result.rejected) /* also where there were too many */
        TRY(print_summary(cli, &result, time_monotonic_us() - start_us));
    return status;
}

static const struct command_option options[] = {
    { "mapping", 0, OPTION_TEXT, offsetof(struct import_command_options, mapping), "FILE",
      "what the columns mean (YAML), for files without typed headers" },
    { "source", 0, OPTION_TEXT, offsetof(struct import_command_options, source), "NAME",
      "becomes the property `source` of rows that have none" },
    { "rejects", 0, OPTION_TEXT, offsetof(struct import_command_options, rejects), "FILE",
      "write each rejected row's file, line and reason there (NDJSON)" },
    { "max-errors", 0, OPTION_INT, offsetof(struct import_command_options, max_errors), "N",
      "import although up to N rows are rejected (default 0)" },
    { "strict-schema", 0, OPTION_FLAG, offsetof(struct import_command_options, strict_schema),
      NULL, "refuse labels and edge types that the schema does not declare" },
    { "strict", 0, OPTION_FLAG, offsetof(struct import_command_options, strict), NULL,
      "the same" },
    { "memory", 0, OPTION_SIZE, offsetof(struct import_command_options, memory), "SIZE",
      "for sorting (default 1G)" },
    { "threads", 0, OPTION_INT, offsetof(struct import_command_options, threads), "N",
      "1: no thread beside the first (default: those that pay); the result is the same" },
    { 0 },
};

const struct command command_import = {
    .name = "import",
    .usage = "[options] PATH...",
    .summary = "load files or folders, all or nothing",
    .details =
        "CSV with neo4j-admin headers (the header in the file, in NAME-header.csv beside\n"
        "NAME*.csv, or as HEADER,DATA,...), other delimited files through --mapping, and\n"
        "NDJSON events. Of a folder only *.csv and *.ndjson are read; nodes come before\n"
        "edges. Loading the same file again adds nothing. The last line counts what is new.",
    .options = options,
    .options_size = sizeof(struct import_command_options),
    .min_operands = 1,
    .max_operands = OPERANDS_ANY,
    .run = import_command_run,
};
