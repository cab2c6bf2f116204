/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/export_writer.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph/catalog.h"

#define PATH_BYTES 4096

static enum status csv_cell(struct buf *out, struct slice text)
{
    const char *at = text.data;
    bool quoted = !text.size || at[0] == ' ' || at[text.size - 1] == ' '; /* empty is not absent */

    for (size_t i = 0; i < text.size && !quoted; i++)
        quoted = at[i] == ',' || at[i] == '"' || at[i] == '\n' || at[i] == '\r';
    if (!quoted)
        return buf_append_slice(out, text);
    TRY(buf_append_byte(out, '"'));
    for (size_t i = 0; i < text.size; i++) {
        if (at[i] == '"')
            TRY(buf_append_byte(out, '"'));
        TRY(buf_append_byte(out, (unsigned char)at[i]));
    }
    return buf_append_byte(out, '"');
}

static enum status csv_flush(struct export_writer *writer, FILE *file)
{
    TRY(buf_append_byte(&writer->line, '\n'));
    if (fwrite(writer->line.data, 1, writer->line.size, file) != writer->line.size)
        return fail_errno(writer->dir);
    buf_clear(&writer->line);
    return STATUS_OK;
}

static enum status csv_properties(struct export_writer *writer, const struct export_group *group,
                                  const struct value *properties)
{
    for (size_t i = 0; i < group->n_columns; i++) {
        AUTO(buf_fini) struct buf text = { 0 };
        const struct value *value = value_find(properties, group->columns[i].name);

        TRY(buf_append_byte(&writer->line, ','));
        if (!value)
            continue;
        TRY(export_plain_text(&text, value));
        TRY(csv_cell(&writer->line, buf_slice(&text)));
    }
    return STATUS_OK;
}

static enum status csv_header(struct export_writer *writer, const struct export_group *group)
{
    int from = (int)group->label.size, to = (int)group->to.size;

    if (group->type.size)
        TRY(buf_printf(&writer->line,
                       ":START_ID(%.*s),:END_ID(%.*s),:TYPE,valid_from:datetime,valid_to:datetime",
                       from, (const char *)group->label.data, to, (const char *)group->to.data));
    else
        TRY(buf_printf(&writer->line, ":ID(%.*s),:LABEL", from, (const char *)group->label.data));
    if (group->keyed)
        TRY(buf_append_slice(&writer->line, SLICE(",edge_key:string")));
    for (size_t i = 0; i < group->n_columns; i++) {
        TRY(buf_append_byte(&writer->line, ','));
        TRY(csv_cell(&writer->line, group->columns[i].name));
        TRY(buf_printf(&writer->line, ":%s", export_type_name(&group->columns[i], false)));
    }
    return csv_flush(writer, group->file);
}

/* Names of labels and types become part of a file's name: only what is harmless there is kept. */
static void append_name(char *path, size_t size, struct slice name)
{
    size_t at = strlen(path);

    for (size_t i = 0; i < name.size && at + 1 < size; i++) {
        unsigned char c = ((const unsigned char *)name.data)[i];

        path[at++] = c == '/' || c < 0x21 || c == '.' ? '_' : (char)c;
    }
    path[at] = '\0';
}

/* The file of the group `number`, from 1. */
static void csv_path(char path[PATH_BYTES], const struct export_writer *writer, size_t number)
{
    const struct export_group *group = &writer->groups[number - 1];

    snprintf(path, PATH_BYTES, "%s/%s-%03zu-", writer->dir,
             group->type.size ? "relationships" : "nodes", number);
    append_name(path, PATH_BYTES - 8, group->type.size ? group->type : group->label);
    strcat(path, ".csv");
}

static enum status csv_open(struct export_writer *writer, size_t number)
{
    struct export_group *group = &writer->groups[number - 1];
    char path[PATH_BYTES];

    csv_path(path, writer, number);
    group->file = fopen(path, "wxe");
    if (!group->file)
        return fail_errno(path);
    return csv_header(writer, group);
}

static enum status csv_begin(struct export_writer *writer)
{
    if (mkdir(writer->dir, 0700) != 0)
        return errno == EEXIST
                   ? fail(STATUS_EXISTS, "%s is there already; choose another name", writer->dir)
                   : fail_errno(writer->dir);
    writer->dir_made = true;
    for (size_t i = 0; i < writer->n_groups; i++)
        TRY(csv_open(writer, i + 1));
    return STATUS_OK;
}

static enum status csv_node(void *context, const struct node *node, const struct value *properties)
{
    struct export_writer *writer = context;
    struct catalog *catalog = graph_catalog(txn_graph(writer->txn));
    struct export_group *group;

    TRY(export_group_of_node(&group, writer, node));
    TRY(csv_cell(&writer->line, node->key));
    for (uint32_t i = 0; i < node->n_labels; i++) {
        TRY(buf_append_byte(&writer->line, i ? ';' : ','));
        TRY(buf_append_slice(&writer->line, catalog_name(catalog, node->labels[i])));
    }
    if (!node->n_labels)
        TRY(buf_append_byte(&writer->line, ','));
    TRY(csv_properties(writer, group, properties));
    return csv_flush(writer, group->file);
}

static enum status csv_time(struct export_writer *writer, int64_t us)
{
    char text[TIME_TEXT_MAX];

    TRY(buf_append_byte(&writer->line, ','));
    if (us == TIME_MIN || us == TIME_MAX)
        return STATUS_OK;
    return buf_append_slice(&writer->line, slice_str(time_format(text, us)));
}

static enum status csv_edge_key(struct export_writer *writer, const struct export_group *group,
                                const struct edge *edge)
{
    if (!group->keyed)
        return STATUS_OK;
    TRY(buf_append_byte(&writer->line, ','));
    return edge->has_key ? csv_cell(&writer->line, edge->key) : STATUS_OK;
}

static enum status csv_edge(void *context, const struct export_edge *edge)
{
    struct export_writer *writer = context;
    struct export_group *group;

    TRY(export_group_of_edge(&group, writer, edge));
    TRY(csv_cell(&writer->line, edge->from->key));
    TRY(buf_append_byte(&writer->line, ','));
    TRY(csv_cell(&writer->line, edge->to->key));
    TRY(buf_append_byte(&writer->line, ','));
    TRY(csv_cell(&writer->line, group->type));
    TRY(csv_time(writer, edge->edge->valid_from_us));
    TRY(csv_time(writer, edge->edge->valid_to_us));
    TRY(csv_edge_key(writer, group, edge->edge));
    TRY(csv_properties(writer, group, &edge->properties));
    return csv_flush(writer, group->file);
}

static enum status csv_end(struct export_writer *writer)
{
    for (size_t i = 0; i < writer->n_groups; i++) {
        int failed = fclose(writer->groups[i].file);

        writer->groups[i].file = NULL;
        if (failed)
            return fail_errno(writer->dir);
    }
    return STATUS_OK;
}

/* Files that were cut short look like whole ones: nothing of them stays. */
static void csv_drop(struct export_writer *writer)
{
    char path[PATH_BYTES];

    for (size_t i = 0; writer->dir_made && i < writer->n_groups; i++) {
        csv_path(path, writer, i + 1);
        unlink(path);
    }
    if (writer->dir_made)
        rmdir(writer->dir);
}

const struct export_format export_neo4j = {
    .columns_first = true,
    .begin = csv_begin,
    .sink = { csv_node, csv_edge, NULL },
    .end = csv_end,
    .drop = csv_drop,
};
