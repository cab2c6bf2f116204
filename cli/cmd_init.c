/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"
#include "base/log.h"
#include "cli/command.h"
#include "graph/graph.h"
#include "graph/schema.h"

#define SCHEMA_BYTES_MAX ((size_t)1 << 20)

struct init_options {
    const char *schema;
    bool open_schema;
    uint64_t map_size;
};

static enum status init_run(struct cli *cli, const void *options)
{
    const struct init_options *chosen = options;
    const struct graph_options graph = { .map_size = chosen->map_size };
    AUTO(buf_fini) struct buf file = { 0 };
    struct slice text = schema_builtin_text();

    if (chosen->schema && chosen->open_schema)
        return fail(STATUS_USAGE, "--schema and --open-schema exclude each other");
    if (chosen->schema) {
        TRY(file_read(&file, chosen->schema, SCHEMA_BYTES_MAX));
        text = buf_slice(&file);
        if (!text.size)
            return fail(STATUS_INVALID, "%s: the schema is empty", chosen->schema);
        TRY(schema_check(text, chosen->schema)); /* before anything is made */
    }
    if (chosen->open_schema)
        text = slice_of(NULL, 0);
    TRY(graph_create(cli->db, text, &graph));
    log_note("created an empty graph in %s", cli->db);
    return STATUS_OK;
}

static const struct command_option options[] = {
    { "schema", 0, OPTION_TEXT, offsetof(struct init_options, schema), "FILE",
      "a schema of your own (YAML) instead of the built-in one" },
    { "open-schema", 0, OPTION_FLAG, offsetof(struct init_options, open_schema), NULL,
      "start without any schema: labels and types come with the data" },
    { "map-size", 0, OPTION_SIZE, offsetof(struct init_options, map_size), "SIZE",
      "address space for the store (default 256G; grows by itself)" },
    { 0 },
};

const struct command command_init = {
    .name = "init",
    .usage = "[--schema FILE or --open-schema] [--map-size SIZE]",
    .summary = "create an empty graph",
    .options = options,
    .options_size = sizeof(struct init_options),
    .run = init_run,
};
