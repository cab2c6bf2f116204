/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/load.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/emit.h"
#include "base/log.h"
#include "graph/catalog.h"
#include "graph/load_private.h"

#define REJECTS_SHOWN 10

static struct graph_txn *txn_of(const struct load *load)
{
    return load->bulk ? bulk_txn(load->bulk) : load->txn;
}

bool load_repeats_node(const struct load *load)
{
    return load->bulk && bulk_repeats_node(load->bulk);
}

void load_hush(struct load *load, bool hushed)
{
    load->hushed = hushed;
}

unsigned load_threads(const struct load *load)
{
    return load->options.threads;
}

/* ---- Opening and finishing ---- */

static enum status open_rejects(struct load *load)
{
    const char *path = load->options.rejects;
    int fd;

    if (!path)
        return STATUS_OK;
    /* Rejected rows may name people: the file is for its owner only. */
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(path);
    load->rejects = fdopen(fd, "w");
    if (load->rejects)
        return STATUS_OK;
    close(fd);
    return fail_errno(path);
}

static enum status open_target(struct load *load)
{
    const struct bulk_options bulk = { .memory_bytes = load->options.memory_bytes,
                                       .threads = load->options.threads,
                                       .observed_us = TIME_MIN,
                                       .dates = load->options.dates,
                                       .progress = load->options.progress,
                                       .context = load->options.context };

    if (!load->options.txn)
        return bulk_open(&load->bulk, load->graph, &bulk);
    load->txn = load->options.txn;
    return STATUS_OK;
}

enum status load_open(struct load **out, struct graph *graph, const struct load_options *options)
{
    AUTO(load_closep) struct load *load = calloc(1, sizeof *load);

    if (!load)
        return fail_memory(sizeof *load);
    load->options = *options;
    load->graph = graph;
    load->schema = graph_schema(graph);
    load->source_name = slice_str(options->source ? options->source : "");
    TRY(open_rejects(load));
    TRY(open_target(load));
    *out = load;
    load = NULL;
    return STATUS_OK;
}

void load_close(struct load *load)
{
    if (!load)
        return;
    bulk_close(load->bulk);
    if (load->rejects)
        fclose(load->rejects);
    buf_fini(&load->key);
    buf_fini(&load->other_key);
    buf_fini(&load->edge_key);
    buf_fini(&load->reject_line);
    arena_fini(&load->arena);
    free(load);
}

void load_closep(struct load **load)
{
    load_close(*load);
}

static enum status close_rejects(struct load *load)
{
    FILE *rejects = load->rejects;
    bool failed;

    if (!rejects)
        return STATUS_OK;
    load->rejects = NULL;
    failed = ferror(rejects);
    failed = fclose(rejects) || failed;
    return failed ? fail_errno(load->options.rejects) : STATUS_OK;
}

enum status load_finish(struct load_result *result, struct load *load)
{
    struct bulk_result bulk = { 0 };

    TRY(close_rejects(load));
    *result = (struct load_result){ .rejected = load->result.rejected };
    if (load->result.rejected > load->options.max_errors)
        return fail(STATUS_INVALID,
                    "%llu row%s rejected and --max-errors allows %llu: nothing was stored; "
                    "correct them (--rejects FILE lists all) or allow more",
                    (unsigned long long)load->result.rejected,
                    load->result.rejected == 1 ? " was" : "s were",
                    (unsigned long long)load->options.max_errors);
    if (load->bulk) {
        TRY(bulk_finish(&bulk, load->bulk));
        load->result.nodes = bulk.nodes_added;
        load->result.edges = bulk.edges_added;
        load->result.nodes_changed = bulk.nodes_changed;
        load->result.edges_changed = bulk.edges_changed;
        load->result.n_slices = bulk.n_slices;
        load->result.n_long = bulk.n_long;
        load->result.longest_us = bulk.longest_us;
    }
    *result = load->result;
    return STATUS_OK;
}

static void warn_of_reject(const struct load *load, const char *file, uint64_t line,
                           const char *reason)
{
    if (load->hushed)
        return;
    if (load->result.rejected <= REJECTS_SHOWN)
        log_warning("%s:%llu: %s", file, (unsigned long long)line, reason);
    else if (load->result.rejected == REJECTS_SHOWN + 1)
        log_warning("further rejected rows are %s",
                    load->rejects ? "in the reject file only" : "counted only; see --rejects");
}

enum status load_reject(struct load *load, const char *file, uint64_t line, const char *reason)
{
    struct emit emit = emit_start(&load->reject_line);

    load->result.rejected++;
    warn_of_reject(load, file, line, reason);
    if (!load->rejects)
        return STATUS_OK;
    buf_clear(&load->reject_line);
    emit_object(&emit);
    emit_key(&emit, "file"), emit_string(&emit, file);
    emit_key(&emit, "line"), emit_uint(&emit, line);
    emit_key(&emit, "reason"), emit_string(&emit, reason);
    emit_end(&emit);
    TRY(emit_finish(&emit));
    TRY(buf_append_byte(&load->reject_line, '\n'));
    if (fwrite(load->reject_line.data, load->reject_line.size, 1, load->rejects) != 1)
        return fail_errno(load->options.rejects);
    return STATUS_OK;
}

/* ---- Labels, types, spaces ---- */

enum status load_space_find(struct load_space **out, struct load *load, struct slice name)
{
    struct load_space *space = load->spaces;

    while (space && !slice_equal(space->name, name))
        space = space->next;
    if (!space) {
        space = arena_new(&load->arena, struct load_space);
        if (!space)
            return STATUS_NO_MEMORY;
        space->name = slice_of(arena_copy(&load->arena, name), name.size);
        if (!space->name.data)
            return STATUS_NO_MEMORY;
        space->next = load->spaces;
        load->spaces = space;
    }
    *out = space;
    return STATUS_OK;
}

/* The symbol of a label or type, which is added and reported where the schema lacks it. */
static enum status intern(uint32_t *symbol, struct load *load, struct slice name, bool is_label)
{
    struct catalog *catalog = graph_catalog(load->graph);
    const char *what = is_label ? "label" : "type";
    bool declared;

    *symbol = catalog_find(catalog, name);
    declared = *symbol && (is_label ? schema_label_of(load->schema, *symbol) != NULL
                                    : schema_type_of(load->schema, *symbol) != NULL);
    if (declared)
        return STATUS_OK;
    if (load->options.strict)
        return fail(STATUS_INVALID, "the schema has no %s %.*s, and --strict-schema refuses others",
                    what, (int)name.size, (const char *)name.data);
    if (*symbol)
        return STATUS_OK;
    TRY(catalog_intern(symbol, txn_of(load), name));
    if (!load->schema->open && !load->hushed)
        log_note("%s %.*s is not in the schema: added", what, (int)name.size,
                 (const char *)name.data);
    return STATUS_OK;
}

enum status load_type_of(uint32_t *type, struct load *load, struct slice name)
{
    if (!name.size)
        return fail(STATUS_INVALID, "the edge type is empty");
    return intern(type, load, name, false);
}

static bool is_keyed(const struct load *load, uint32_t label)
{
    const struct schema_label *declared = schema_label_of(load->schema, label);

    return declared && declared->keyed;
}

static enum status choose_key(struct load_labels *labels, const struct load *load,
                              struct slice text)
{
    uint32_t undeclared = 0;

    labels->key = 0;
    for (uint32_t i = 0; i < labels->n; i++) {
        if (!is_keyed(load, labels->symbols[i])) {
            if (!undeclared && !schema_label_of(load->schema, labels->symbols[i]))
                undeclared = labels->symbols[i];
            continue;
        }
        if (labels->key)
            return fail(STATUS_INVALID, "labels \"%.*s\": at most one may give the key",
                        (int)text.size, (const char *)text.data);
        labels->key = labels->symbols[i];
    }
    if (!labels->key)
        labels->key = undeclared ? undeclared : labels->symbols[0];
    return STATUS_OK;
}

/* A label given twice is there once. */
static enum status add_label(struct load_labels *labels, struct load *load, struct slice name)
{
    uint32_t symbol;

    if (!name.size)
        return STATUS_OK;
    TRY(intern(&symbol, load, name, true));
    for (uint32_t i = 0; i < labels->n; i++)
        if (labels->symbols[i] == symbol)
            return STATUS_OK;
    if (labels->n == NODE_LABELS_MAX)
        return fail(STATUS_INVALID, "more than %d labels", NODE_LABELS_MAX);
    labels->symbols[labels->n++] = symbol;
    return STATUS_OK;
}

enum status load_labels_of(struct load_labels *out, struct load *load, struct slice text)
{
    const char *at = text.data, *end = at + text.size;
    struct load_labels labels = { .n = 0 };

    while (at < end) {
        const char *stop = memchr(at, ';', (size_t)(end - at));

        stop = stop ? stop : end;
        TRY(add_label(&labels, load, slice_of(at, (size_t)(stop - at))));
        at = stop < end ? stop + 1 : end;
    }
    if (!labels.n)
        return fail(STATUS_INVALID, "the node has no label");
    TRY(choose_key(&labels, load, text));
    *out = labels;
    return STATUS_OK;
}
