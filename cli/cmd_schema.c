/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"
#include "base/log.h"
#include "cli/command.h"
#include "graph/graph.h"
#include "graph/schema_change.h"

#define SCHEMA_BYTES_MAX ((size_t)1 << 20)

static enum status schema_show_run(struct cli *cli, const void *options)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct slice text;

    (void)options;
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_read(&txn, graph, NULL));
    TRY(graph_schema_text(&text, txn));
    if (!text.size) {
        log_note("the schema is open: labels and types come with the data");
        return STATUS_OK;
    }
    return output_text(&cli->output, text);
}

static enum status schema_upgrade_run(struct cli *cli, const void *options)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(buf_fini) struct buf file = { 0 };
    struct slice text = schema_builtin_text();
    const char *name = "the built-in schema";
    bool changed;

    (void)options;
    if (cli->n_operands) {
        name = cli->operands[0];
        TRY(file_read(&file, name, SCHEMA_BYTES_MAX));
        text = buf_slice(&file);
        if (!text.size)
            return fail(STATUS_INVALID, "%s: the schema is empty", name);
    }
    TRY(schema_check(text, name)); /* before anything is changed */
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_set_schema(&changed, graph, text));
    log_note(changed ? "%s is now the graph's schema" : "%s is the graph's schema already", name);
    return STATUS_OK;
}

const struct command command_schema_show = {
    .name = "schema show",
    .usage = "",
    .summary = "print the graph's schema (YAML)",
    .run = schema_show_run,
};

const struct command command_schema_upgrade = {
    .name = "schema upgrade",
    .usage = "[FILE]",
    .summary = "give the graph another schema: FILE, or the built-in one of this version",
    .details = "Nodes and edges stay as they are stored, also their keys: a label's normaliser\n"
               "must not change while the graph has nodes of that label (refused). What\n"
               "runs meanwhile, a service too, writes nothing under the old one: it ends\n"
               "with 75, to be started again.",
    .max_operands = 1,
    .run = schema_upgrade_run,
};
