/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/export_writer.h"

#include "base/temporal.h"
#include "graph/catalog.h"

struct slice export_label_of(const struct export_writer *writer, const struct node *node)
{
    struct catalog *catalog = graph_catalog(txn_graph(writer->txn));

    if (node->key_label)
        return catalog_name(catalog, node->key_label);
    return node->n_labels ? catalog_name(catalog, node->labels[0]) : SLICE("Node");
}

/* A value as plain text: temporal as ISO, lists and maps as JSON. */
enum status export_plain_text(struct buf *out, const struct value *value)
{
    struct emit emit;

    if (value->type == VALUE_NULL)
        return STATUS_OK;
    if (value->type == VALUE_STRING)
        return buf_append_slice(out, value_slice(value));
    if (value->type >= VALUE_DATE && value->type <= VALUE_DURATION)
        return temporal_format(out, value);
    emit = emit_start(out);
    emit_value(&emit, value);
    return emit_finish(&emit);
}

const char *export_type_name(const struct export_column *column, bool graphml)
{
    if (column->mixed)
        return "string";
    switch (column->type) {
    case VALUE_INT:
        return "long";
    case VALUE_FLOAT:
        return "double";
    case VALUE_BOOL:
        return "boolean";
    case VALUE_DATE:
    case VALUE_LOCAL_TIME:
    case VALUE_TIME:
    case VALUE_LOCAL_DATETIME:
    case VALUE_DATETIME:
    case VALUE_DURATION:
        return graphml ? "string" : value_type_name(column->type);
    default:
        return "string";
    }
}

struct slice export_type_of(const struct export_writer *writer, const struct export_edge *edge)
{
    return catalog_name(graph_catalog(txn_graph(writer->txn)), edge->edge->type);
}

static enum status find_group(struct export_group **out, struct export_writer *writer,
                              struct slice type, struct slice label, struct slice to)
{
    for (size_t i = 0; i < writer->n_groups; i++) {
        struct export_group *group = &writer->groups[i];

        if (slice_equal(group->type, type) && slice_equal(group->label, label) &&
            slice_equal(group->to, to)) {
            *out = group;
            return STATUS_OK;
        }
    }
    TRY(array_reserve(&writer->groups, &writer->capacity, writer->n_groups + 1));
    *out = &writer->groups[writer->n_groups++];
    **out = (struct export_group){ .label = label, .to = to, .type = type };
    return STATUS_OK;
}

/* GraphML names its columns once for all; CSV for each file. */
enum status export_group_of_node(struct export_group **out, struct export_writer *writer,
                                 const struct node *node)
{
    struct slice none = { "", 0 };

    return find_group(
        out, writer, none,
        writer->kind == EXPORT_GRAPHML ? SLICE("node") : export_label_of(writer, node), none);
}

enum status export_group_of_edge(struct export_group **out, struct export_writer *writer,
                                 const struct export_edge *edge)
{
    if (writer->kind == EXPORT_GRAPHML)
        return find_group(out, writer, SLICE("edge"), SLICE("edge"), SLICE("edge"));
    return find_group(out, writer, export_type_of(writer, edge),
                      export_label_of(writer, edge->from), export_label_of(writer, edge->to));
}
