/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/table.h"

#include <stdlib.h>

#include "base/worker.h"

/*
 * Rows come in batches: while one is loaded, a worker reads the next and normalises its keys. The
 * places where keys will be looked up are fetched some rows ahead of their use, because look-ups
 * are random and would each wait for memory.
 */
#define BATCH_ROWS 4096
#define HINT_AHEAD 16

struct table_row {
    struct slice *fields;
    bool *quoted;
    size_t n_fields;
    uint64_t line;
    const char *bad;               /* why it could not be read, or NULL */
    struct load_key first, second; /* the node's key, or the edge's ends */
};

struct table_batch {
    struct table_row rows[BATCH_ROWS];
    size_t n_rows;
    struct arena arena;            /* what the rows lend */
    struct buf scratch;
    uint32_t first_label, second_label; /* for which keys are made ready; 0: not */
    uint64_t offset;               /* of the file behind its last row */
    bool last;
};

/* One file being read. */
struct table {
    struct load *load;
    const struct plan *plan;
    struct delimited csv;
    struct table_batch batches[2], *reading; /* reading: the worker's */
    struct worker worker;
    const struct table_row *row; /* the present one */
    struct arena arena;          /* of one row */
    struct value_pair *pairs;    /* room for the properties, key_valid and source */
    struct load_space *space, *from_space, *to_space;
    struct load_labels labels, from_label, to_label;
    struct buf label_text, type_text; /* of the row before: nearly all rows are alike */
    uint32_t type;
    const char *place;           /* of trouble: a column's name for the message */
};

static void batch_fini(struct table_batch *batch)
{
    arena_fini(&batch->arena);
    buf_fini(&batch->scratch);
}

static void table_fini(struct table *table)
{
    worker_stop(&table->worker);
    delimited_fini(&table->csv);
    arena_fini(&table->arena);
    batch_fini(&table->batches[0]);
    batch_fini(&table->batches[1]);
    buf_fini(&table->label_text);
    buf_fini(&table->type_text);
    free(table->pairs);
}

static void table_freep(struct table **table)
{
    if (!*table)
        return;
    table_fini(*table);
    free(*table);
}

/* Nothing between delimiters is absent; "" is an empty text, and absent for other types. */
static bool is_absent(const struct table_row *row, size_t column, struct typed type)
{
    if (row->fields[column].size)
        return false;
    return !row->quoted[column] || type.kind != TYPED_STRING || type.list;
}

static enum status read_properties(size_t *n, struct table *table)
{
    const struct plan *plan = table->plan;

    *n = 0;
    for (size_t i = 0; i < plan->n_properties; i++) {
        const struct plan_property *property = &plan->properties[i];
        struct value_pair *pair = &table->pairs[*n];

        if (is_absent(table->row, property->column, property->type))
            continue;
        table->place = property->name.data;
        pair->key = property->name;
        TRY(typed_parse(&pair->value, &table->arena, property->type,
                        table->row->fields[property->column]));
        table->place = NULL;
        (*n)++;
    }
    return STATUS_OK;
}

static enum status read_time(int64_t *us, struct table *table, const struct plan_time *time,
                             const char *name)
{
    if (time->column == COLUMN_NONE || !table->row->fields[time->column].size)
        return STATUS_OK;
    table->place = name;
    TRY(typed_time(us, time->type, table->row->fields[time->column]));
    table->place = NULL;
    return STATUS_OK;
}

/* Names as people type them, "Enterprise; Exporter": spaces around each are left out. */
static enum status bare_names(struct buf *out, struct slice text)
{
    const char *at = text.data, *end = at + text.size;

    while (at < end) {
        const char *stop = memchr(at, ';', (size_t)(end - at));

        stop = stop ? stop : end;
        TRY(buf_append_slice(out, slice_trim(slice_of(at, (size_t)(stop - at)))));
        if (stop < end)
            TRY(buf_append_byte(out, ';'));
        at = stop < end ? stop + 1 : end;
    }
    return STATUS_OK;
}

static enum status read_labels(struct table *table)
{
    AUTO(buf_fini) struct buf bare = { 0 };
    struct slice text;

    if (table->plan->label_column == COLUMN_NONE)
        return STATUS_OK;
    text = table->row->fields[table->plan->label_column];
    if (table->labels.n && slice_equal(text, buf_slice(&table->label_text)))
        return STATUS_OK;
    table->labels.n = 0;
    TRY(bare_names(&bare, text));
    TRY(load_labels_of(&table->labels, table->load, buf_slice(&bare)));
    buf_clear(&table->label_text);
    return buf_append_slice(&table->label_text, text);
}

static enum status read_type(struct table *table)
{
    struct slice text;

    if (table->plan->type_column == COLUMN_NONE)
        return STATUS_OK;
    text = table->row->fields[table->plan->type_column];
    if (table->type && slice_equal(text, buf_slice(&table->type_text)))
        return STATUS_OK;
    table->type = 0;
    TRY(load_type_of(&table->type, table->load, slice_trim(text)));
    buf_clear(&table->type_text);
    return buf_append_slice(&table->type_text, text);
}

static enum status node_row(struct table *table)
{
    struct load_node row = { .labels = &table->labels, .space = table->space,
                             .key = table->row->fields[table->plan->key_column],
                             .ready = &table->row->first,
                             .properties = table->pairs, .valid_from_us = TIME_MIN,
                             .observed_us = TIME_MIN };

    TRY(read_labels(table));
    TRY(read_properties(&row.n_properties, table));
    TRY(read_time(&row.valid_from_us, table, &table->plan->valid_from, "valid_from"));
    TRY(read_time(&row.observed_us, table, &table->plan->observed, "observed_at"));
    return load_node_row(table->load, &row);
}

static struct load_end end_of(const struct table *table, const struct plan_end *end,
                              struct load_space *space, const struct load_labels *label)
{
    const struct table_row *row = table->row;

    return (struct load_end){ .space = space, .label = end->label ? label->key : 0,
                              .ready = end == &table->plan->from ? &row->first : &row->second,
                              .key = table->row->fields[end->column] };
}

static enum status edge_row(struct table *table)
{
    const struct plan *plan = table->plan;
    struct load_edge row = { .properties = table->pairs, .valid_from_us = TIME_MIN,
                             .valid_to_us = TIME_MAX, .observed_us = TIME_MIN };

    TRY(read_type(table));
    row.type = table->type;
    row.from = end_of(table, &plan->from, table->from_space, &table->from_label);
    row.to = end_of(table, &plan->to, table->to_space, &table->to_label);
    TRY(read_properties(&row.n_properties, table));
    TRY(read_time(&row.valid_from_us, table, &plan->valid_from, "valid_from"));
    TRY(read_time(&row.valid_to_us, table, &plan->valid_to, "valid_to"));
    TRY(read_time(&row.observed_us, table, &plan->observed, "observed_at"));
    if (plan->edge_key_column != COLUMN_NONE) {
        row.key = table->row->fields[plan->edge_key_column];
        row.has_key = row.key.size != 0;
    }
    return load_edge_row(table->load, &row);
}

static enum status one_row(struct table *table)
{
    const struct plan *plan = table->plan;

    table->place = NULL;
    arena_reset(&table->arena);
    if (table->row->n_fields != plan->n_columns)
        return fail(STATUS_INVALID, "%zu columns instead of %zu", table->row->n_fields,
                    plan->n_columns);
    return plan->is_edge ? edge_row(table) : node_row(table);
}

/* ---- Reading ahead: in the worker ---- */

/* The record's fields move out of the reader's block, which the next one may overwrite. */
static enum status keep_fields(struct table_row *row, struct arena *arena,
                               const struct delimited *csv)
{
    size_t n = csv->n_fields, bytes = 0;
    char *at;

    for (size_t i = 0; i < n; i++)
        bytes += csv->fields[i].size;
    row->fields = arena_array(arena, n, sizeof *row->fields);
    row->quoted = arena_array(arena, n, sizeof *row->quoted);
    at = arena_alloc(arena, bytes);
    if (!row->fields || !row->quoted || !at)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        size_t size = csv->fields[i].size;

        if (size)
            memcpy(at, csv->fields[i].data, size);
        row->fields[i] = slice_of(at, size);
        row->quoted[i] = csv->quoted[i];
        at += size;
    }
    row->n_fields = n;
    return STATUS_OK;
}

/* A key that can't be made ready stays for its row to complain. */
static enum status make_ready(struct load_key *key, struct table_batch *batch,
                              const struct load *load, uint32_t label, struct slice raw)
{
    const char *copy;

    if (!label || !load_make_ready(key, &batch->scratch, load, label, raw))
        return STATUS_OK;
    copy = arena_copy(&batch->arena, key->key.text);
    if (!copy)
        return STATUS_NO_MEMORY;
    key->key.text.data = copy;
    return STATUS_OK;
}

static enum status make_row_ready(struct table *table, struct table_row *row)
{
    const struct plan *plan = table->plan;
    struct table_batch *batch = table->reading;

    if (row->n_fields != plan->n_columns)
        return STATUS_OK;
    if (!plan->is_edge)
        return make_ready(&row->first, batch, table->load, batch->first_label,
                          row->fields[plan->key_column]);
    TRY(make_ready(&row->first, batch, table->load, batch->first_label,
                   row->fields[plan->from.column]));
    return make_ready(&row->second, batch, table->load, batch->second_label,
                      row->fields[plan->to.column]);
}

static enum status read_row(struct table *table, struct table_row *row)
{
    struct arena *arena = &table->reading->arena;
    enum status status = delimited_next(&table->csv);

    if (status != STATUS_OK && status != STATUS_INVALID)
        return status;
    *row = (struct table_row){ .line = table->csv.line };
    if (status == STATUS_INVALID) {
        row->bad = arena_copy(arena, slice_str(error_detail()));
        return row->bad ? STATUS_OK : STATUS_NO_MEMORY;
    }
    TRY(keep_fields(row, arena, &table->csv));
    return make_row_ready(table, row);
}

static enum status read_batch(void *context)
{
    struct table *table = context;
    struct table_batch *batch = table->reading;
    enum status status = STATUS_OK;

    arena_reset(&batch->arena);
    for (batch->n_rows = 0; batch->n_rows < BATCH_ROWS; batch->n_rows++) {
        status = read_row(table, &batch->rows[batch->n_rows]);
        if (status)
            break;
    }
    batch->last = status == STATUS_END;
    batch->offset = source_offset(&table->csv.source);
    return status == STATUS_END ? STATUS_OK : status;
}

static void start_reading(struct table *table, struct table_batch *batch)
{
    const struct plan *plan = table->plan;

    /* A node has most likely the label of the row before. */
    batch->first_label = !plan->is_edge      ? table->labels.key
                         : plan->from.label ? table->from_label.key
                                             : load_space_label(table->from_space);
    batch->second_label = plan->to.label ? table->to_label.key
                                         : load_space_label(table->to_space);
    table->reading = batch;
    worker_start(&table->worker, read_batch, table);
}

/* ---- Loading ---- */

static enum status reject_row(struct table *table, const struct table_row *row, const char *reason)
{
    return load_reject(table->load, table->csv.source.name, row->line, reason);
}

static enum status load_row(struct table *table, const struct table_row *row)
{
    enum status status;

    if (row->bad)
        return reject_row(table, row, row->bad);
    table->row = row;
    status = one_row(table);
    if (!load_rejects(status))
        return status;
    if (table->place)
        (void)!fail_context(status, "%s", table->place);
    return reject_row(table, row, error_detail());
}

static enum status load_batch(struct table *table, const struct table_batch *batch)
{
    for (size_t i = 0; i < batch->n_rows; i++) {
        if (i + HINT_AHEAD < batch->n_rows) {
            load_hint(table->load, &batch->rows[i + HINT_AHEAD].first);
            load_hint(table->load, &batch->rows[i + HINT_AHEAD].second);
        }
        TRY(load_row(table, &batch->rows[i]));
    }
    return STATUS_OK;
}

static enum status resolve_end(struct load_space **space, struct load_labels *label,
                               struct load *load, const struct plan_end *end)
{
    if (end->label)
        return load_labels_of(label, load, slice_str(end->label));
    return load_space_find(space, load, slice_str(end->space));
}

/* What is the same for all rows, once. */
static enum status resolve(struct table *table)
{
    const struct plan *plan = table->plan;

    table->pairs = calloc(plan->n_properties + 2, sizeof *table->pairs);
    if (!table->pairs)
        return fail_memory((plan->n_properties + 2) * sizeof *table->pairs);
    if (plan->is_edge) {
        TRY(resolve_end(&table->from_space, &table->from_label, table->load, &plan->from));
        TRY(resolve_end(&table->to_space, &table->to_label, table->load, &plan->to));
        if (plan->type_column == COLUMN_NONE)
            TRY(load_type_of(&table->type, table->load, slice_str(plan->type)));
        return STATUS_OK;
    }
    if (plan->space)
        TRY(load_space_find(&table->space, table->load, slice_str(plan->space)));
    if (plan->label_column == COLUMN_NONE)
        TRY(load_labels_of(&table->labels, table->load, slice_str(plan->labels)));
    return STATUS_OK;
}

static enum status skip_header(struct table *table)
{
    for (size_t i = 0; i < table->plan->n_header; i++) {
        enum status status = delimited_next(&table->csv);

        if (status == STATUS_END)
            return STATUS_OK;
        if (status == STATUS_INVALID)
            return fail_context(status, "%s:%llu", table->csv.source.name,
                                (unsigned long long)table->csv.line);
        TRY(status);
    }
    return STATUS_OK;
}

static enum status all_rows(struct table *table, const struct table_progress *progress)
{
    struct table_batch *batch = &table->batches[0], *other = &table->batches[1];
    uint64_t reported = 0;
    bool last = false;

    start_reading(table, batch);
    while (!last) {
        struct table_batch *swap = batch;

        TRY(worker_join(&table->worker));
        last = batch->last;
        if (!last)
            start_reading(table, other);
        TRY(load_batch(table, batch));
        if (progress)
            progress->read(progress->context, batch->offset - reported);
        reported = batch->offset;
        batch = other;
        other = swap;
    }
    return STATUS_OK;
}

enum status table_load(struct load *load, const struct plan *plan, const char *path,
                       const struct table_progress *progress)
{
    AUTO(table_freep) struct table *table = calloc(1, sizeof *table);

    if (!table)
        return fail_memory(sizeof *table);
    table->load = load;
    table->plan = plan;
    table->csv.source.fd = -1;
    table->worker.alone = load_threads(load) == 1;
    TRY(delimited_open(&table->csv, path, plan->delimiter, plan->quote));
    TRY(resolve(table));
    TRY(skip_header(table));
    return all_rows(table, progress);
}

/* ---- Plans ---- */

static int by_name(const void *a, const void *b)
{
    return slice_compare(((const struct plan_property *)a)->name,
                         ((const struct plan_property *)b)->name);
}

enum status plan_finish(struct plan *plan, const char *file)
{
    if (plan->n_properties)
        qsort(plan->properties, plan->n_properties, sizeof *plan->properties, by_name);
    for (size_t i = 1; i < plan->n_properties; i++)
        if (slice_equal(plan->properties[i - 1].name, plan->properties[i].name))
            return fail(STATUS_INVALID, "%s: two columns give the property %s", file,
                        (const char *)plan->properties[i].name.data);
    return STATUS_OK;
}
