/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"
#include "base/text.h"
#include "cli/export_format.h"
#include "cli/named.h"
#include "cli/subject.h"
#include "graph/ring.h"

struct export_cli {
    const char *as, *around, *ring;
    int64_t hops, limit, as_of_us, known_at_us;
};

static enum status ring_members(struct export_scope *scope, struct arena *arena,
                                struct graph_txn *txn, const char *name)
{
    struct ring_record ring;
    struct tag_view view;

    TRY(tag_view_now(&view, txn));
    TRY(named_ring(&ring, arena, txn, &view, name));
    scope->seeds = ring.members;
    scope->n_seeds = ring.n_members;
    if (!ring.n_members)
        return fail(STATUS_NOT_FOUND, "ring %s has dissolved; `ring history %s` shows when", name,
                    name);
    return STATUS_OK;
}

static enum status choose_scope(struct export_scope *scope, struct node_id *one,
                                struct arena *arena, struct graph_txn *txn,
                                const struct export_cli *chosen)
{
    scope->hops = (uint32_t)chosen->hops;
    scope->max_nodes = (uint64_t)chosen->limit;
    scope->only_active = chosen->as_of_us != TIME_MIN;
    if (chosen->ring)
        return ring_members(scope, arena, txn, chosen->ring);
    if (!chosen->around)
        return STATUS_OK;
    TRY(subject_find(one, txn, chosen->around));
    scope->seeds = one;
    scope->n_seeds = 1;
    return STATUS_OK;
}

static enum status check_usage(const struct cli *cli, const struct export_cli *chosen,
                               enum export_kind kind)
{
    if (chosen->around && chosen->ring)
        return fail(STATUS_USAGE, "--around and --ring exclude each other");
    if (chosen->hops > 100)
        return fail(STATUS_USAGE, "--hops: at most 100");
    if (kind == EXPORT_NEO4J && !cli->n_operands)
        return fail(STATUS_USAGE, "--as neo4j writes files: name the new directory for them");
    if (kind != EXPORT_NEO4J && cli->n_operands)
        return fail(STATUS_USAGE, "only --as neo4j writes files; the others print");
    return STATUS_OK;
}

static enum status export_run(struct cli *cli, const void *options)
{
    const struct export_cli *chosen = options;
    struct moment moment = { chosen->as_of_us, chosen->known_at_us, 0 };
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(arena_fini) struct arena arena = { 0 };
    struct export_scope scope = { 0 };
    enum export_kind kind;
    struct node_id one;
    bool truncated;

    TRY(export_kind_parse(&kind, chosen->as));
    TRY(check_usage(cli, chosen, kind));
    if (chosen->as_of_us == TIME_MIN)
        moment.as_of_us = time_now_us();
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_read(&txn, graph, &moment));
    TRY(choose_scope(&scope, &one, &arena, txn, chosen));
    TRY(export_print(&truncated, &cli->output, txn, &scope, kind,
                     cli->n_operands ? cli->operands[0] : NULL));
    if (truncated)
        log_warning("more than %lld node%s lie within %lld hop%s; the nearest are exported "
                    "(--limit)", (long long)chosen->limit, text_s(chosen->limit),
                    (long long)chosen->hops, text_s(chosen->hops));
    return STATUS_OK;
}

static const struct export_cli defaults = { .as = "ndjson", .hops = 2, .limit = 100000,
                                            .as_of_us = TIME_MIN, .known_at_us = TIME_MAX };

static const struct command_option options[] = {
    { "as", 0, OPTION_TEXT, offsetof(struct export_cli, as), "FORMAT",
      "ndjson (default), graphml, or neo4j (CSV files with typed headers)" },
    { "around", 0, OPTION_TEXT, offsetof(struct export_cli, around), "ENTITY",
      "only what lies around it: KEY or LABEL:KEY (default: everything)" },
    { "ring", 0, OPTION_TEXT, offsetof(struct export_cli, ring), "RING",
      "only what lies around the members of a ring" },
    { "hops", 0, OPTION_INT, offsetof(struct export_cli, hops), "N",
      "how far around, in edges of either direction (default 2)" },
    { "limit", 0, OPTION_INT, offsetof(struct export_cli, limit), "N",
      "at most so many nodes around (default 100000; 0: no bound)" },
    { "as-of", 0, OPTION_TIME, offsetof(struct export_cli, as_of_us), "T",
      "only edges that hold at T (default: all, with their dates)" },
    { "known-at", 0, OPTION_TIME, offsetof(struct export_cli, known_at_us), "T",
      "what had been observed by T (default: everything)" },
    { 0 },
};

const struct command command_export = {
    .name = "export",
    .usage = "[--as FORMAT] [--around ENTITY or --ring RING] [--hops N] [--as-of T] [DIR]",
    .summary = "print the graph, or a part of it, for other tools",
    .details = "ndjson: events that import and apply read. graphml: one XML document. neo4j: a\n"
               "new directory DIR with one CSV file per label and per edge type and ends, which\n"
               "neo4j-admin and import read; exact text, not meant for spreadsheets.",
    .options = options,
    .options_size = sizeof(struct export_cli),
    .defaults = &defaults,
    .max_operands = 1,
    .run = export_run,
};
