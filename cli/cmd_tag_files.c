/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tags from and to files: import, export. */

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "cli/named.h"
#include "cli/tag_value.h"
#include "graph/tag_import.h"

struct import_cli {
    const char *source, *code, *level;
    int64_t max_errors;
};

struct export_cli {
    bool canonical, all;
    const char *code;
};

/* tag import */

static void say_reject(void *context, const char *path, uint64_t line, const char *why)
{
    (void)context;
    log_warning("%s:%" PRIu64 ": %s", path, line, why);
}

static enum status tag_import_run(struct cli *cli, const void *given)
{
    const struct import_cli *chosen = given;
    static const struct column columns[] = {
        { "added", COLUMN_RIGHT },    { "changed", COLUMN_RIGHT }, { "kept", COLUMN_RIGHT },
        { "rejected", COLUMN_RIGHT }, { "run", COLUMN_RIGHT },
    };
    struct tag_import_options import = { .path = cli->operands[0], .source = chosen->source,
                                         .code = chosen->code, .level = chosen->level,
                                         .max_errors = (uint64_t)chosen->max_errors,
                                         .reject = say_reject };
    AUTO(graph_closep) struct graph *graph = NULL;
    struct tag_import_result result;

    if (!chosen->source || !*chosen->source)
        return fail(STATUS_USAGE, "say where the labels come from: --source NAME");
    TRY(graph_open(&graph, cli->db, NULL));
    TRY(tag_import(&result, graph, &import));
    const struct value cells[] = {
        value_int((int64_t)result.added), value_int((int64_t)result.changed),
        value_int((int64_t)result.kept), value_int((int64_t)result.rejected),
        result.run ? value_int((int64_t)result.run) : value_null(),
    };
    TRY(output_start(&cli->output, columns, 5));
    TRY(output_row(&cli->output, cells));
    return output_finish(&cli->output);
}

/* tag export */

/* A line to be sorted by code, label, key and origin. */
struct line {
    char *order, *text;
};

struct lines {
    struct line *items;
    size_t n, capacity;
    struct arena arena;
};

static void lines_fini(struct lines *lines)
{
    free(lines->items);
    arena_fini(&lines->arena);
}

static int by_order(const void *a, const void *b)
{
    const struct line *x = a, *y = b;

    return strcmp(x->order, y->order);
}

static enum status lines_add(struct lines *lines, struct graph_txn *txn, const struct run *run,
                             const struct tag *tag, enum tag_detail detail)
{
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(buf_fini) struct buf text = { 0 };
    AUTO(buf_fini) struct buf order = { 0 };
    struct emit emit = emit_start(&text);
    struct value value, subject;
    struct line line;

    TRY(tag_value(&value, &arena, txn, run, tag, detail));
    emit_value(&emit, &value);
    TRY(emit_finish(&emit));
    TRY(subject_text(&subject, &arena, txn, tag->subject));
    TRY(buf_printf(&order, "%.*s\n%.*s\n%d", (int)tag->code.size, (const char *)tag->code.data,
                   (int)subject.count, subject.text, (int)tag->origin));
    line.order = arena_copy(&lines->arena, buf_slice(&order));
    line.text = arena_copy(&lines->arena, buf_slice(&text));
    if (!line.order || !line.text)
        return STATUS_NO_MEMORY;
    TRY(array_reserve(&lines->items, &lines->capacity, lines->n + 1));
    lines->items[lines->n++] = line;
    return STATUS_OK;
}

static enum status lines_print(struct lines *lines, struct output *output)
{
    if (lines->n)
        qsort(lines->items, lines->n, sizeof *lines->items, by_order);
    for (size_t i = 0; i < lines->n; i++)
        TRY(output_json(output, slice_str(lines->items[i].text)));
    return STATUS_OK;
}

static enum status tag_export_run(struct cli *cli, const void *given)
{
    const struct export_cli *chosen = given;
    AUTO(graph_closep) struct graph *graph = NULL;
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    AUTO(arena_fini) struct arena arena = { 0 };
    AUTO(lines_fini) struct lines lines = { 0 };
    AUTO(tag_iter_stop) struct tag_iter it = { 0 };
    enum tag_detail detail = chosen->canonical ? TAG_DETAIL_CANONICAL : TAG_DETAIL_FULL;
    struct tag_view view;
    struct run run;

    TRY(graph_open(&graph, cli->db, NULL));
    TRY(graph_read(&txn, graph, NULL));
    TRY(tag_view_now(&view, txn));
    TRY(run_find(&run, &arena, txn, view.publication));
    if (chosen->code)
        TRY(named_code(txn, &view, chosen->code));
    if (chosen->code)
        tag_iter_code(&it, txn, &view, slice_str(chosen->code));
    else
        tag_iter_all(&it, txn, &view);
    while (tag_iter_next(&it))
        if (chosen->all || it.tag.state != TAG_WITHDRAWN)
            TRY(lines_add(&lines, txn, &run, &it.tag, detail));
    TRY(it.status);
    return lines_print(&lines, &cli->output);
}

/* Descriptors */

static const struct command_option import_options[] = {
    { "source", 0, OPTION_TEXT, offsetof(struct import_cli, source), "NAME",
      "the system or list they come from" },
    { "code", 0, OPTION_TEXT, offsetof(struct import_cli, code), "C",
      "signal code of rows that give none" },
    { "level", 0, OPTION_TEXT, offsetof(struct import_cli, level), "L",
      "level of rows that give none (default: alert)" },
    { "max-errors", 0, OPTION_INT, offsetof(struct import_cli, max_errors), "N",
      "publish although up to N rows are rejected (default 0)" },
    { 0 },
};

const struct command command_tag_import = {
    .name = "tag import",
    .usage = "--source NAME [--code C] [--level L] [--max-errors N] FILE",
    .summary = "set tags from another system's list, CSV or NDJSON",
    .details = "Fields: label and key (or subject), code, level, score, state (confirmed unless\n"
               "given; withdrawn takes one back), note, first_seen, expires. All of a file become\n"
               "visible at once; `retag undo` takes an import back like any run.",
    .options = import_options,
    .options_size = sizeof(struct import_cli),
    .min_operands = 1,
    .max_operands = 1,
    .run = tag_import_run,
};

static const struct command_option export_options[] = {
    { "canonical", 0, OPTION_FLAG, offsetof(struct export_cli, canonical), NULL,
      "without run ids and clock times: equal findings give equal bytes" },
    { "code", 0, OPTION_TEXT, offsetof(struct export_cli, code), "C", "only this signal code" },
    { "all", 0, OPTION_FLAG, offsetof(struct export_cli, all), NULL, "also withdrawn ones" },
    { 0 },
};

const struct command command_tag_export = {
    .name = "tag export",
    .usage = "[--canonical] [--code C] [--all]",
    .summary = "write tags as NDJSON, by code, label and key",
    .options = export_options,
    .options_size = sizeof(struct export_cli),
    .run = tag_export_run,
};
