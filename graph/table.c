/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/table.h"

#include <stdio.h>
#include <stdlib.h>

#define ROWS_PER_REPORT 4096

/*
 * Rows are read a little ahead of their use, so that the places where their keys will be looked up
 * are on their way from memory meanwhile: look-ups are random and would each wait for it.
 */
#define ROWS_AHEAD 16

struct table_row {
    struct slice fields[DELIMITED_COLUMNS_MAX];
    bool quoted[DELIMITED_COLUMNS_MAX];
    size_t n_fields;
    uint64_t line;
    bool bad;                   /* could not be read: `bytes` says why */
    struct buf bytes;           /* what the fields are slices of */
    struct load_key first, second; /* the node's key, or the edge's ends */
    struct buf first_text, second_text;
};

/* One file being read. */
struct table {
    struct load *load;
    const struct plan *plan;
    struct delimited csv;
    struct table_row rows[ROWS_AHEAD]; /* a ring */
    size_t first, n_rows;
    bool at_end;
    const struct table_row *row; /* the present one */
    struct arena arena;          /* of one row */
    struct value_pair *pairs;    /* room for the properties, key_valid and source */
    struct load_space *space, *from_space, *to_space;
    struct load_labels labels, from_label, to_label;
    struct buf label_text, type_text; /* of the row before: nearly all rows are alike */
    uint32_t type;
    const char *place;           /* of trouble: a column's name for the message */
};

static void table_fini(struct table *table)
{
    delimited_fini(&table->csv);
    arena_fini(&table->arena);
    for (size_t i = 0; i < ROWS_AHEAD; i++) {
        buf_fini(&table->rows[i].bytes);
        buf_fini(&table->rows[i].first_text);
        buf_fini(&table->rows[i].second_text);
    }
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

static enum status read_labels(struct table *table)
{
    struct slice text;

    if (table->plan->label_column == COLUMN_NONE)
        return STATUS_OK;
    text = table->row->fields[table->plan->label_column];
    if (table->labels.n && slice_equal(text, buf_slice(&table->label_text)))
        return STATUS_OK;
    table->labels.n = 0;
    TRY(load_labels_of(&table->labels, table->load, text));
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
    TRY(load_type_of(&table->type, table->load, text));
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

/* ---- Reading ahead ---- */

/* The record's fields move out of the reader's block, which the next one may overwrite. */
static enum status keep_fields(struct table_row *row, const struct delimited *csv)
{
    size_t bytes = 0, at = 0;

    for (size_t i = 0; i < csv->n_fields; i++)
        bytes += csv->fields[i].size;
    buf_clear(&row->bytes);
    TRY(buf_reserve(&row->bytes, bytes + 1));
    for (size_t i = 0; i < csv->n_fields; i++) {
        size_t size = csv->fields[i].size;

        if (size)
            memcpy(row->bytes.data + at, csv->fields[i].data, size);
        row->fields[i] = slice_of(row->bytes.data + at, size);
        row->quoted[i] = csv->quoted[i];
        at += size;
    }
    row->n_fields = csv->n_fields;
    return STATUS_OK;
}

static void make_ready(struct table *table, struct table_row *row)
{
    const struct plan *plan = table->plan;

    row->first.label = row->second.label = 0;
    if (row->n_fields != plan->n_columns)
        return;
    if (!plan->is_edge) {
        /* Most likely the label of the row before. */
        load_make_ready(&row->first, &row->first_text, table->load, table->labels.key,
                        row->fields[plan->key_column]);
        return;
    }
    load_make_ready(&row->first, &row->first_text, table->load,
                    plan->from.label ? table->from_label.key : load_space_label(table->from_space),
                    row->fields[plan->from.column]);
    load_make_ready(&row->second, &row->second_text, table->load,
                    plan->to.label ? table->to_label.key : load_space_label(table->to_space),
                    row->fields[plan->to.column]);
}

static enum status read_row(struct table *table, struct table_row *row)
{
    enum status status = delimited_next(&table->csv);

    row->bad = status == STATUS_INVALID;
    row->line = table->csv.line;
    if (row->bad) {
        buf_clear(&row->bytes);
        return buf_append_slice(&row->bytes, slice_str(error_detail()));
    }
    if (status != STATUS_OK)
        return status;
    TRY(keep_fields(row, &table->csv));
    make_ready(table, row);
    return STATUS_OK;
}

static enum status read_ahead(struct table *table)
{
    while (!table->at_end && table->n_rows < ROWS_AHEAD) {
        enum status status =
            read_row(table, &table->rows[(table->first + table->n_rows) % ROWS_AHEAD]);

        table->at_end = status == STATUS_END;
        if (table->at_end)
            break;
        TRY(status);
        table->n_rows++;
    }
    return STATUS_OK;
}

static enum status reject_row(struct table *table, const struct table_row *row, const char *reason)
{
    return load_reject(table->load, table->csv.source.name, row->line, reason);
}

static enum status reject_unread(struct table *table, struct table_row *row)
{
    const char *reason;

    TRY(buf_string(&reason, &row->bytes));
    return reject_row(table, row, reason);
}

static enum status next_row(struct table *table)
{
    struct table_row *row = &table->rows[table->first];
    enum status status;

    TRY(read_ahead(table));
    if (!table->n_rows)
        return STATUS_END;
    table->first = (table->first + 1) % ROWS_AHEAD;
    table->n_rows--;
    if (row->bad)
        return reject_unread(table, row);
    table->row = row;
    status = one_row(table);
    if (status != STATUS_INVALID)
        return status;
    if (table->place)
        (void)!fail_context(STATUS_INVALID, "%s", table->place);
    return reject_row(table, row, error_detail());
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
    uint64_t reported = 0;

    for (uint64_t n = 1;; n++) {
        enum status status = next_row(table);

        if (progress && (n % ROWS_PER_REPORT == 0 || status == STATUS_END)) {
            uint64_t now = source_offset(&table->csv.source);

            progress->read(progress->context, now - reported);
            reported = now;
        }
        if (status == STATUS_END)
            return STATUS_OK;
        TRY(status);
    }
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
