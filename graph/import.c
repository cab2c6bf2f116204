/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "graph/event.h"
#include "graph/import_private.h"
#include "graph/source.h"

static void import_fini(struct import *import)
{
    load_close(import->load);
    free(import->files);
    arena_fini(&import->arena);
}

/* ---- What they hold ---- */

static enum status plan_by_mapping(struct import *import, struct import_file *file)
{
    const struct mapping_file *entry = mapping_find(import->mapping, file->name);

    if (!entry)
        return fail(STATUS_INVALID, "%s: %s has no pattern for it", file->path,
                    import->options->mapping);
    return mapping_plan(&file->plan, &import->arena, import->mapping, entry, file->path);
}

static enum status classify(struct import *import, struct import_file *file)
{
    bool only = false;
    enum status status;

    if (file->kind == FILE_EVENTS)
        return STATUS_OK;
    if (import->mapping)
        return plan_by_mapping(import, file);
    status = plan_detect(&file->plan, &only, &import->arena, file->path);
    if (status == STATUS_NOT_FOUND) {
        file->kind = FILE_DATA;
        return STATUS_OK;
    }
    TRY(status);
    file->kind = only ? FILE_HEADER : FILE_TABLE;
    return STATUS_OK;
}

/* The start that data files share with a header file NAME-header.csv, or 0. */
static size_t stem_of(const char *name)
{
    static const char *const endings[] = { "-header.csv", "_header.csv", ".header.csv" };

    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (import_ends_in(name, endings[i]))
            return strlen(name) - strlen(endings[i]);
    return 0;
}

static bool same_folder(const struct import_file *a, const struct import_file *b)
{
    size_t size = (size_t)(a->name - a->path);

    return (size_t)(b->name - b->path) == size && memcmp(a->path, b->path, size) == 0;
}

/* The header file for a data file: of its group, or the one with the longest common stem. */
static const struct import_file *header_for(const struct import *import,
                                            const struct import_file *data)
{
    const struct import_file *best = NULL;
    size_t longest = 0;

    for (size_t i = 0; i < import->n_files; i++) {
        const struct import_file *file = &import->files[i];
        size_t stem = stem_of(file->name);

        if (file->kind != FILE_HEADER || file->group != data->group)
            continue;
        if (data->group)
            return file;
        if (stem > longest && same_folder(file, data) &&
            strncmp(file->name, data->name, stem) == 0) {
            best = file;
            longest = stem;
        }
    }
    return best;
}

static bool holds(struct slice line, const char *text)
{
    return memmem(line.data, line.size, text, strlen(text)) != NULL;
}

/*
 * Says why no header was found: a line in another encoding has no names that could be read, and one
 * that is no record was passed over.
 */
static enum status no_header(const char *path)
{
    AUTO(source_fini) struct source source = { .fd = -1 };
    struct slice line;
    uint64_t number;
    size_t offset;
    bool read;

    TRY(source_open(&source, path));
    read = source_line(&line, &number, &source) == STATUS_OK;
    if (read && !text_valid_utf8(line, &offset))
        return fail(STATUS_INVALID, "%s:1: byte %zu is not UTF-8: convert the file, for instance "
                    "with iconv -f GB18030 -t UTF-8", path, offset);
    if (read && (holds(line, ":ID") || holds(line, ":START_ID")))
        return fail(STATUS_INVALID, "%s:1: the header can't be read: it has more than %d columns, "
                    "a name of more than %zu bytes, or a quote that does not end", path,
                    DELIMITED_COLUMNS_MAX, DELIMITED_FIELD_MAX);
    return fail(STATUS_INVALID,
                "%s:1: no column is :ID or :START_ID: give the file a typed header (also "
                "as NAME-header.csv beside it), or a --mapping", path);
}

static enum status join_headers(struct import *import)
{
    for (size_t i = 0; i < import->n_files; i++) {
        struct import_file *file = &import->files[i];
        const struct import_file *header;

        if (file->kind != FILE_DATA)
            continue;
        if (!file->bytes) {
            file->kind = FILE_HEADER;
            continue;
        }
        header = header_for(import, file);
        if (!header)
            return no_header(file->path);
        file->plan = header->plan;
        file->plan.n_header = 0;
        file->kind = FILE_TABLE;
    }
    return STATUS_OK;
}

/* ---- Reading ---- */

static void report(void *context, uint64_t bytes)
{
    struct import *import = context;
    const struct import_options *options = import->options;

    import->bytes_done += bytes;
    if (options->progress)
        options->progress(options->context, "KiB read", import->bytes_done >> 10,
                          import->bytes_total >> 10);
}

static enum status read_event(struct import *import, struct arena *arena,
                              const struct import_file *file, struct slice line, uint64_t number,
                              bool nodes)
{
    struct event event;
    enum status status = event_parse(&event, arena, line);

    if (status == STATUS_OK && (event.op == EVENT_NODE) == nodes)
        status = event_load(import->load, arena, &event);
    else if (status == STATUS_INVALID && !nodes)
        return STATUS_OK; /* rejected in the first pass */
    if (load_rejects(status))
        return load_reject(import->load, file->path, number, error_detail());
    return status;
}

/* Nodes in one pass over all files, edges in another. */
static enum status read_events(struct import *import, const struct import_file *file, bool nodes)
{
    AUTO(source_fini) struct source source = { .fd = -1 };
    AUTO(arena_fini) struct arena arena = { 0 };
    uint64_t number = 0, reported = 0;

    TRY(source_open(&source, file->path));
    for (;;) {
        struct slice line;
        enum status status = source_line(&line, &number, &source);

        if (status == STATUS_END)
            break;
        arena_reset(&arena);
        if (status == STATUS_OK)
            TRY(read_event(import, &arena, file, line, number, nodes));
        else if (status != STATUS_INVALID)
            return status;
        else if (nodes)
            TRY(load_reject(import->load, file->path, number, error_detail()));
        if (source_offset(&source) - reported > (1u << 18)) {
            report(import, source_offset(&source) - reported);
            reported = source_offset(&source);
        }
    }
    report(import, file->bytes > reported ? file->bytes - reported : 0);
    return STATUS_OK;
}

static enum status read_files(struct import *import, bool nodes)
{
    const struct table_progress progress = { report, import };

    for (size_t i = 0; i < import->n_files; i++) {
        const struct import_file *file = &import->files[i];

        if (file->kind == FILE_EVENTS)
            TRY(read_events(import, file, nodes));
        else if (file->kind == FILE_TABLE && file->plan.is_edge != nodes)
            TRY(table_load(import->load, &file->plan, file->path, &progress));
    }
    return STATUS_OK;
}

/*
 * What may depend on the order of rows, which a bulk load does not keep. Dated nodes do where one
 * comes in several rows, which turns out when they are read.
 */
static void look_at(struct import *import, struct slice line)
{
    import->closes = import->closes || holds(line, "\"close\"");
    import->dates = import->dates || (holds(line, "\"node\"") && holds(line, "\"valid_from\""));
}

static bool has_dated_nodes(const struct import_file *file)
{
    return file->kind == FILE_TABLE && !file->plan.is_edge &&
           file->plan.valid_from.column != COLUMN_NONE;
}

static enum status look_for_order(struct import *import)
{
    for (size_t i = 0; i < import->n_files; i++)
        import->dates = import->dates || has_dated_nodes(&import->files[i]);
    for (size_t i = 0; i < import->n_files && !import->closes; i++) {
        AUTO(source_fini) struct source source = { .fd = -1 };
        struct slice line;
        uint64_t number;
        enum status status = STATUS_OK;

        if (import->files[i].kind != FILE_EVENTS)
            continue;
        TRY(source_open(&source, import->files[i].path));
        while (!import->closes && status != STATUS_END) {
            status = source_line(&line, &number, &source);
            if (status == STATUS_OK)
                look_at(import, line);
            else if (status != STATUS_END && status != STATUS_INVALID)
                return status;
        }
    }
    return STATUS_OK;
}

/* `*in_vain`: the rows must be read in order, which only a transaction of the caller's does. */
static enum status read_all(struct load_result *result, bool *in_vain, struct import *import,
                            struct graph_txn *txn)
{
    const struct import_options *options = import->options;
    const struct load_options load = { .txn = txn, .memory_bytes = options->memory_bytes,
                                       .threads = options->threads,
                                       .source = options->source, .rejects = options->rejects,
                                       .max_errors = options->max_errors,
                                       .dates = import->dates,
                                       .strict = options->strict,
                                       .progress = options->progress,
                                       .context = options->context };

    TRY(load_open(&import->load, import->graph, &load));
    report(import, 0);
    load_hush(import->load, import->again);
    TRY(read_files(import, true));
    load_hush(import->load, false);
    *in_vain = import->dates && load_repeats_node(import->load);
    if (*in_vain)
        return STATUS_OK;
    TRY(read_files(import, false));
    return load_finish(result, import->load);
}

static enum status read_in_order(struct load_result *result, struct import *import)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;
    enum status status;
    bool in_vain;

    import->again = import->load != NULL;
    load_close(import->load);
    import->load = NULL;
    import->bytes_done = 0;
    TRY(graph_write(&txn, import->graph));
    if (txn_counts(txn).next_node > 1)
        log_note("closings and several versions of a node depend on the order of rows: other "
                 "writers wait until all are read; beside a service use `ringfence apply`");
    TRY(read_all(result, &in_vain, import, txn));
    status = txn_commit(txn);
    txn = NULL;
    return status;
}

static enum status prepare(struct import *import)
{
    const struct import_options *options = import->options;

    if (options->mapping)
        TRY(mapping_read(&import->mapping, &import->arena, options->mapping));
    TRY(import_find_files(import));
    for (size_t i = 0; i < import->n_files; i++)
        TRY(classify(import, &import->files[i]));
    TRY(join_headers(import));
    for (size_t i = 0; i < import->n_files; i++)
        import->bytes_total +=
            import->files[i].bytes * (import->files[i].kind == FILE_EVENTS ? 2 : 1);
    return look_for_order(import);
}

enum status import_run(struct load_result *result, struct graph *graph,
                       const struct import_options *options)
{
    AUTO(import_fini) struct import import = { .options = options, .graph = graph };
    bool in_order;

    *result = (struct load_result){ 0 };
    TRY(prepare(&import));
    in_order = import.closes;
    if (!in_order)
        TRY(read_all(result, &in_order, &import, NULL));
    return in_order ? read_in_order(result, &import) : STATUS_OK;
}
