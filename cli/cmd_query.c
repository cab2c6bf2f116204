/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "cli/ask.h"

#define STATEMENT_MAX ((size_t)16 << 20)

struct query_options {
    struct text_list parameters;
    const char *file;
    bool strict;
    struct ask ask;
};

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

static enum status read_parameters(struct value *out, struct arena *arena,
                                   const struct text_list *list)
{
    struct value_pair *pairs = arena_array(arena, list->n + 1, sizeof *pairs);

    if (!pairs)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < list->n; i++)
        TRY(ask_parameter(&pairs[i], arena, list->items[i]));
    return ask_parameters(out, pairs, list->n);
}

static enum status query_command_run(struct cli *cli, const void *options)
{
    const struct query_options *chosen = options;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf statement = { 0 };
    struct ask ask = chosen->ask;

    TRY(read_statement(&statement, cli, chosen));
    TRY(read_parameters(&ask.parameters, &arena, &chosen->parameters));
    TRY(graph_open(&graph, cli->db, NULL));
    ask.cli = cli;
    ask.graph = graph;
    TRY(ask_run(&ask, buf_slice(&statement)));
    if (ask.truncated && chosen->strict)
        cli->exit_code = EXIT_TRUNCATED;
    return STATUS_OK;
}

static const struct command_option options[] = {
    { "param", 'P', OPTION_LIST, offsetof(struct query_options, parameters), "NAME=VALUE",
      "a parameter: JSON, or else text; may be given several times" },
    { "file", 0, OPTION_TEXT, offsetof(struct query_options, file), "FILE",
      "read the statement from a file" },
    { "timeout", 0, OPTION_DURATION, offsetof(struct query_options, ask.timeout_us), "D",
      "stop after this time; 60s" },
    { "max-rows", 0, OPTION_INT, offsetof(struct query_options, ask.max_rows), "N",
      "cut the answer after so many rows; 1000000" },
    { "max-memory", 0, OPTION_SIZE, offsetof(struct query_options, ask.max_memory), "SIZE",
      "stop when more is needed; 2G" },
    { "max-expansions", 0, OPTION_INT, offsetof(struct query_options, ask.max_expansions), "N",
      "stop after reading so many nodes and relationships; no bound" },
    { "as-of", 0, OPTION_TIME, offsetof(struct query_options, ask.as_of_us), "T",
      "relationships valid at this time; now" },
    { "known-at", 0, OPTION_TIME, offsetof(struct query_options, ask.known_at_us), "T",
      "what had been observed by this time; everything" },
    { "all-times", 0, OPTION_FLAG, offsetof(struct query_options, ask.all_times), NULL,
      "relationships of any time, also ended ones" },
    { "write", 0, OPTION_FLAG, offsetof(struct query_options, ask.write), NULL,
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
    .defaults = &(const struct query_options){ .ask = ASK_INIT },
    .max_operands = 1,
    .run = query_command_run,
};
