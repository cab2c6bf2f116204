/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/export_format.h"

#include <stdlib.h>

#include "cli/export_writer.h"

static const struct export_format *const formats[] = {
    [EXPORT_NDJSON] = &export_ndjson,
    [EXPORT_GRAPHML] = &export_graphml,
    [EXPORT_NEO4J] = &export_neo4j,
};

enum status export_kind_parse(enum export_kind *kind, const char *text)
{
    static const char *const names[] = { "ndjson", "graphml", "neo4j" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *kind = (enum export_kind)i;
            return STATUS_OK;
        }
    return fail(STATUS_USAGE, "--as: \"%s\" is no format: expected ndjson, graphml or neo4j", text);
}

/* ---- the columns of each group, noted in a walk of their own -------------------------------- */

static enum status note_column(struct export_group *group, const struct value_pair *pair)
{
    struct export_column *column = NULL;

    if (pair->value.type == VALUE_NULL)
        return STATUS_OK;
    for (size_t i = 0; i < group->n_columns && !column; i++)
        if (slice_equal(group->columns[i].name, pair->key))
            column = &group->columns[i];
    if (column) {
        column->mixed = column->mixed || column->type != pair->value.type;
        return STATUS_OK;
    }
    TRY(array_reserve(&group->columns, &group->capacity, group->n_columns + 1));
    group->columns[group->n_columns++] =
        (struct export_column){ pair->key, pair->value.type, false };
    return STATUS_OK;
}

static enum status note_columns(struct export_group *group, const struct value *properties)
{
    for (uint32_t i = 0; i < properties->count; i++)
        TRY(note_column(group, &properties->pairs[i]));
    return STATUS_OK;
}

static enum status note_node(void *context, const struct node *node, const struct value *properties)
{
    struct export_group *group;

    TRY(export_group_of_node(&group, context, node));
    return note_columns(group, properties);
}

static enum status note_edge(void *context, const struct export_edge *edge)
{
    struct export_group *group;

    TRY(export_group_of_edge(&group, context, edge));
    group->keyed = group->keyed || edge->edge->has_key;
    return note_columns(group, &edge->properties);
}

static int by_name(const void *a, const void *b)
{
    const struct export_column *left = a, *right = b;

    return slice_compare(left->name, right->name);
}

/* Columns in order of name, whatever came first. */
static void sort_columns(struct export_writer *writer)
{
    for (size_t i = 0; i < writer->n_groups; i++)
        if (writer->groups[i].n_columns)
            qsort(writer->groups[i].columns, writer->groups[i].n_columns,
                  sizeof *writer->groups[i].columns, by_name);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static enum status write_all(bool *truncated, struct export_writer *writer,
                             const struct export_scope *scope)
{
    const struct export_format *format = formats[writer->kind];
    struct export_sink sink = format->sink, notes = { note_node, note_edge, writer };

    sink.context = writer;
    if (format->columns_first) {
        TRY(export_walk(truncated, writer->txn, scope, &notes));
        sort_columns(writer);
    }
    if (format->begin)
        TRY(format->begin(writer));
    TRY(export_walk(truncated, writer->txn, scope, &sink));
    return format->end ? format->end(writer) : STATUS_OK;
}

static void writer_fini(struct export_writer *writer)
{
    for (size_t i = 0; i < writer->n_groups; i++) {
        if (writer->groups[i].file)
            fclose(writer->groups[i].file);
        free(writer->groups[i].columns);
    }
    free(writer->groups);
    buf_fini(&writer->line);
}

enum status export_print(bool *truncated, struct output *output, struct graph_txn *txn,
                         const struct export_scope *scope, enum export_kind kind, const char *dir)
{
    struct export_writer writer = { .output = output, .txn = txn, .dir = dir, .kind = kind };
    enum status status = write_all(truncated, &writer, scope);

    if (status != STATUS_OK && formats[kind]->drop)
        formats[kind]->drop(&writer);
    writer_fini(&writer);
    return status;
}
