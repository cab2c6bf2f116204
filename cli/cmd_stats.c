/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"
#include "graph/catalog.h"
#include "graph/census.h"
#include "graph/graph.h"
#include "graph/schema.h"
#include "store/store.h"

struct stats_options {
    int64_t as_of_us, known_at_us; /* TIME_MIN: what was stored of any time; TIME_MAX: now */
};

static const struct column columns[] = {
    { "kind" }, { "name" }, { "count", COLUMN_RIGHT }, { "bytes", COLUMN_RIGHT },
};

static enum status row(struct output *output, const char *kind, struct slice name, int64_t count,
                       int64_t bytes)
{
    struct value cells[] = {
        value_text(slice_str(kind)),
        value_text(name),
        count < 0 ? value_null() : value_int(count),
        bytes < 0 ? value_null() : value_int(bytes),
    };

    return output_row(output, cells);
}

/* With one decimal: a layout is judged by tenths of a byte. */
static enum status bytes_per_edge(struct output *output, uint64_t used_bytes, uint64_t edges)
{
    uint64_t tenths = used_bytes / edges * 10 + used_bytes % edges * 10 / edges;
    const struct value cells[] = {
        value_text(SLICE("store")), value_text(SLICE("per edge, all in")), value_null(),
        value_float((double)tenths / 10),
    };

    return output_row(output, cells);
}

/* What a symbol with a count is; one that the schema does not declare may be either. */
static const char *kind_of(const struct schema *schema, uint32_t symbol)
{
    if (schema_label_of(schema, symbol))
        return "label";
    return schema_type_of(schema, symbol) ? "type" : "label or type";
}

/* Labels and edge types that are in use, by symbol. */
static enum status print_symbols(struct output *output, struct graph_txn *txn)
{
    const struct schema *schema = graph_schema(txn_graph(txn));
    struct catalog *catalog = graph_catalog(txn_graph(txn));

    for (uint32_t symbol = 1; symbol <= catalog_size(catalog); symbol++) {
        uint64_t count;

        TRY(txn_count_symbol(&count, txn, symbol));
        if (count)
            TRY(row(output, kind_of(schema, symbol), catalog_name(catalog, symbol),
                    (int64_t)count, -1));
    }
    return STATUS_OK;
}

static enum status print_tables(struct output *output, const struct store_stat *stat)
{
    for (size_t i = 0; i < TABLE_COUNT_; i++)
        TRY(row(output, "table", slice_str(stat->tables[i].name),
                (int64_t)stat->tables[i].entries, (int64_t)stat->tables[i].bytes));
    return STATUS_OK;
}

static enum status print_store(struct output *output, const struct store_stat *stat,
                               const struct graph_counts *counts)
{
    TRY(print_tables(output, stat));
    TRY(row(output, "store", SLICE("used"), -1, (int64_t)stat->used_bytes));
    TRY(row(output, "store", SLICE("free for reuse"), -1, (int64_t)stat->free_bytes));
    TRY(row(output, "store", SLICE("file"), -1, (int64_t)stat->file_bytes));
    TRY(row(output, "store", SLICE("map"), -1, (int64_t)stat->map_bytes));
    if (counts->edges)
        TRY(bytes_per_edge(output, stat->used_bytes, counts->edges));
    TRY(row(output, "readers", SLICE("slots in use"), stat->readers, -1));
    return row(output, "readers", SLICE("oldest, commits behind"),
               (int64_t)stat->oldest_reader_lag, -1);
}

static enum status print_census(struct output *output, const struct graph *graph,
                                const struct census *census)
{
    TRY(row(output, "total", SLICE("nodes"), (int64_t)census->nodes, -1));
    TRY(row(output, "total", SLICE("edges"), (int64_t)census->edges, -1));
    for (uint32_t symbol = 1; symbol <= census->n_symbols; symbol++)
        if (census->by_symbol[symbol])
            TRY(row(output, kind_of(graph_schema(graph), symbol),
                    catalog_name(graph_catalog(graph), symbol),
                    (int64_t)census->by_symbol[symbol], -1));
    return STATUS_OK;
}

/* The past has nodes and edges; pages and readers are those of now. */
static enum status stats_then(struct output *output, struct graph *graph,
                              const struct stats_options *chosen)
{
    bool only_active = chosen->as_of_us != TIME_MIN;
    struct moment moment = { only_active ? chosen->as_of_us : TIME_MAX, chosen->known_at_us, 0 };
    AUTO(census_fini) struct census census = { 0 };
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    TRY(graph_read(&txn, graph, &moment));
    TRY(census_take(&census, txn, only_active));
    TRY(output_start(output, columns, sizeof columns / sizeof *columns));
    TRY(print_census(output, graph, &census));
    return output_finish(output);
}

static enum status stats_run(struct cli *cli, const void *options)
{
    const struct stats_options *chosen = options;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    struct output *output = &cli->output;
    struct graph_counts counts;
    struct store_stat stat;

    TRY(graph_open(&graph, cli->db, NULL));
    if (chosen->as_of_us != TIME_MIN || chosen->known_at_us != TIME_MAX)
        return stats_then(output, graph, chosen);
    TRY(graph_read(&txn, graph, NULL));
    TRY(store_stat(&stat, txn_store(txn)));
    counts = txn_counts(txn);
    TRY(output_start(output, columns, sizeof columns / sizeof *columns));
    TRY(row(output, "total", SLICE("nodes"), (int64_t)counts.nodes, -1));
    TRY(row(output, "total", SLICE("edges"), (int64_t)counts.edges, -1));
    TRY(row(output, "total", SLICE("commits"), (int64_t)counts.commit_seq, -1));
    TRY(print_symbols(output, txn));
    TRY(print_store(output, &stat, &counts));
    return output_finish(output);
}

static const struct command_option options[] = {
    { "as-of", 0, OPTION_TIME, offsetof(struct stats_options, as_of_us), "T",
      "nodes valid and edges that held at T (default: all, also ended edges)" },
    { "known-at", 0, OPTION_TIME, offsetof(struct stats_options, known_at_us), "T",
      "what had been observed by T (default: everything)" },
    { 0 },
};

const struct command command_stats = {
    .name = "stats",
    .usage = "[--as-of T] [--known-at T]",
    .summary = "count nodes and edges by label and type, and measure the store",
    .details =
        "What there is now is known at once; a moment of the past is counted by reading all,\n"
        "and the store is not measured then.",
    .options = options,
    .options_size = sizeof(struct stats_options),
    .defaults = &(const struct stats_options){ TIME_MIN, TIME_MAX },
    .run = stats_run,
};
