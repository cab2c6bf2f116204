/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"
#include "graph/backup.h"
#include "graph/graph.h"

static enum status print_manifest(struct cli *cli, const struct backup_manifest *manifest)
{
    AUTO(buf_fini) struct buf line = { 0 };
    struct emit emit = emit_start(&line);

    emit_object(&emit);
    emit_key(&emit, "commit_seq"), emit_uint(&emit, manifest->commit_seq);
    emit_key(&emit, "nodes"), emit_uint(&emit, manifest->nodes);
    emit_key(&emit, "edges"), emit_uint(&emit, manifest->edges);
    emit_key(&emit, "bytes"), emit_uint(&emit, manifest->bytes);
    emit_key(&emit, "sha256"), emit_string(&emit, manifest->sha256);
    emit_end(&emit);
    TRY(emit_finish(&emit));
    return output_json(&cli->output, buf_slice(&line));
}

static enum status backup_run(struct cli *cli, const void *options)
{
    AUTO(graph_closep) struct graph *graph = NULL;
    struct backup_manifest manifest;

    (void)options;
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(backup_make(&manifest, graph, cli->operands[0]));
    return print_manifest(cli, &manifest);
}

static enum status restore_run(struct cli *cli, const void *options)
{
    struct backup_manifest manifest;

    (void)options;
    TRY(backup_restore(&manifest, cli->db, cli->operands[0]));
    return print_manifest(cli, &manifest);
}

static enum status compact_run(struct cli *cli, const void *options)
{
    AUTO(buf_fini) struct buf line = { 0 };
    struct emit emit = emit_start(&line);
    struct compaction sizes;

    (void)options;
    TRY(graph_compact(&sizes, cli->db));
    emit_object(&emit);
    emit_key(&emit, "bytes_before"), emit_uint(&emit, sizes.bytes_before);
    emit_key(&emit, "bytes_after"), emit_uint(&emit, sizes.bytes_after);
    emit_end(&emit);
    TRY(emit_finish(&emit));
    return output_json(&cli->output, buf_slice(&line));
}

const struct command command_backup = {
    .name = "backup",
    .usage = "DEST",
    .summary = "copy the graph into a new directory, verified, while others use it",
    .details = "DEST gets data.mdb, compacted, and manifest.json with its SHA-256. It appears\n"
               "only when all of it is on disk and every invariant of check held in the copy.",
    .min_operands = 1,
    .max_operands = 1,
    .run = backup_run,
};

const struct command command_restore = {
    .name = "restore",
    .usage = "SOURCE",
    .summary = "make the graph (--db) again from a backup",
    .details = "The file must be the one the manifest describes, and every invariant must hold,\n"
               "before the graph appears under its name. Nothing is ever overwritten.",
    .min_operands = 1,
    .max_operands = 1,
    .run = restore_run,
};

const struct command command_compact = {
    .name = "compact",
    .usage = "",
    .summary = "rewrite the graph's file without free pages, while nobody else uses it",
    .details = "The rewritten file is verified before it takes the old one's place, in one step.\n"
               "Needs as much free disk space as is in use; refused while another process has\n"
               "the graph open.",
    .run = compact_run,
};
