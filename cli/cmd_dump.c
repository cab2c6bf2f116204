/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"
#include "base/text.h"
#include "cli/command.h"
#include "graph/dump.h"
#include "graph/graph.h"

static enum status print_line(void *context, struct slice text)
{
    return output_text(context, text);
}

static void tell(const struct dump_counts *counts, const char *what)
{
    log_note("%s %llu node%s, %llu edge%s, %llu replaced version%s, %llu other row%s", what,
             (unsigned long long)counts->nodes, text_s(counts->nodes),
             (unsigned long long)counts->edges, text_s(counts->edges),
             (unsigned long long)counts->versions, text_s(counts->versions),
             (unsigned long long)counts->rows, text_s(counts->rows));
}

static enum status dump_run(struct cli *cli, const void *options)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    struct dump_counts counts;

    (void)options;
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(dump_write(&counts, graph, print_line, &cli->output));
    tell(&counts, "dumped");
    return STATUS_OK;
}

static enum status load_run(struct cli *cli, const void *options)
{
    struct dump_counts counts;

    (void)options;
    TRY(dump_load(&counts, cli->db, cli->n_operands ? cli->operands[0] : "-"));
    tell(&counts, "loaded");
    return STATUS_OK;
}

const struct command command_dump = {
    .name = "dump",
    .usage = "",
    .summary = "print the whole graph as text, one JSON object a line, for load",
    .details = "Everything: ids, history, commit times, aliases, tags, decisions. Keys and\n"
               "properties are printed as they are: keep the text as safe as the graph itself.\n"
               "docs/dump.md draws each line.",
    .run = dump_run,
};

const struct command command_load = {
    .name = "load",
    .usage = "[FILE or -]",
    .summary = "make the graph (--db) from a dump",
    .details = "The graph must not be there yet. It is checked before load succeeds; after a\n"
               "failure nothing is left. A dump of it equals the dump it was loaded from.",
    .max_operands = 1,
    .run = load_run,
};
