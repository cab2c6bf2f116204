/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/export_writer.h"
#include "graph/catalog.h"

static enum status xml_text(struct buf *out, struct slice text)
{
    const unsigned char *at = text.data;

    for (size_t i = 0; i < text.size; i++) {
        const char *entity = at[i] == '&'   ? "&amp;"
                             : at[i] == '<' ? "&lt;"
                             : at[i] == '>' ? "&gt;"
                             : at[i] == '"' ? "&quot;"
                                            : NULL;

        if (entity)
            TRY(buf_append_slice(out, slice_str(entity)));
        else if (at[i] >= 0x20 || at[i] == '\t' || at[i] == '\n' || at[i] == '\r')
            TRY(buf_append_byte(out, at[i])); /* XML 1.0 has no other control characters */
    }
    return STATUS_OK;
}

static enum status xml_data(struct buf *out, const char *prefix, struct slice name,
                            struct slice text)
{
    TRY(buf_printf(out, "<data key=\"%s", prefix));
    TRY(xml_text(out, name));
    TRY(buf_append_slice(out, SLICE("\">")));
    TRY(xml_text(out, text));
    return buf_append_slice(out, SLICE("</data>"));
}

static enum status xml_properties(struct export_writer *writer, const char *prefix,
                                  const struct value *properties)
{
    for (uint32_t i = 0; i < properties->count; i++) {
        AUTO(buf_fini) struct buf text = { 0 };

        if (properties->pairs[i].value.type == VALUE_NULL)
            continue;
        TRY(export_plain_text(&text, &properties->pairs[i].value));
        TRY(xml_data(&writer->line, prefix, properties->pairs[i].key, buf_slice(&text)));
    }
    return STATUS_OK;
}

static enum status xml_flush(struct export_writer *writer)
{
    enum status status = output_text(writer->output, buf_slice(&writer->line));

    buf_clear(&writer->line);
    return status;
}

static enum status xml_keys(struct export_writer *writer, const struct export_group *group,
                            const char *for_what, const char *prefix)
{
    for (size_t i = 0; i < group->n_columns; i++) {
        TRY(buf_printf(&writer->line, "  <key id=\"%s", prefix));
        TRY(xml_text(&writer->line, group->columns[i].name));
        TRY(buf_printf(&writer->line, "\" for=\"%s\" attr.name=\"", for_what));
        TRY(xml_text(&writer->line, group->columns[i].name));
        TRY(buf_printf(&writer->line, "\" attr.type=\"%s\"/>\n",
                       export_type_name(&group->columns[i], true)));
    }
    return STATUS_OK;
}

static enum status xml_begin(struct export_writer *writer)
{
    static const char head[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n"
        "  <key id=\"labels\" for=\"node\" attr.name=\"labels\" attr.type=\"string\"/>\n"
        "  <key id=\"key\" for=\"node\" attr.name=\"key\" attr.type=\"string\"/>\n"
        "  <key id=\"type\" for=\"edge\" attr.name=\"type\" attr.type=\"string\"/>\n"
        "  <key id=\"valid_from\" for=\"edge\" attr.name=\"valid_from\" attr.type=\"string\"/>\n"
        "  <key id=\"valid_to\" for=\"edge\" attr.name=\"valid_to\" attr.type=\"string\"/>\n";

    TRY(buf_append_slice(&writer->line, slice_str(head)));
    for (size_t i = 0; i < writer->n_groups; i++)
        TRY(writer->groups[i].type.size ? xml_keys(writer, &writer->groups[i], "edge", "e.")
                                        : xml_keys(writer, &writer->groups[i], "node", "n."));
    TRY(buf_append_slice(&writer->line, SLICE("  <graph edgedefault=\"directed\">\n")));
    return xml_flush(writer);
}

static enum status xml_node(void *context, const struct node *node, const struct value *properties)
{
    struct export_writer *writer = context;
    struct catalog *catalog = graph_catalog(txn_graph(writer->txn));
    AUTO(buf_fini) struct buf labels = { 0 };

    for (uint32_t i = 0; i < node->n_labels; i++) {
        TRY(buf_append_slice(&labels, i ? SLICE(":") : SLICE("")));
        TRY(buf_append_slice(&labels, catalog_name(catalog, node->labels[i])));
    }
    TRY(buf_printf(&writer->line, "    <node id=\"n%llu\">", (unsigned long long)node->id.value));
    TRY(xml_data(&writer->line, "", SLICE("labels"), buf_slice(&labels)));
    TRY(xml_data(&writer->line, "", SLICE("key"), node->key));
    TRY(xml_properties(writer, "n.", properties));
    TRY(buf_append_slice(&writer->line, SLICE("</node>\n")));
    return xml_flush(writer);
}

static enum status xml_time(struct export_writer *writer, const char *name, int64_t us)
{
    char text[TIME_TEXT_MAX];

    if (us == TIME_MIN || us == TIME_MAX)
        return STATUS_OK;
    return xml_data(&writer->line, "", slice_str(name), slice_str(time_format(text, us)));
}

static enum status xml_edge(void *context, const struct export_edge *edge)
{
    struct export_writer *writer = context;

    TRY(buf_printf(&writer->line, "    <edge id=\"e%llu\" source=\"n%llu\" target=\"n%llu\">",
                   (unsigned long long)++writer->n_edges, (unsigned long long)edge->from->id.value,
                   (unsigned long long)edge->to->id.value));
    TRY(xml_data(&writer->line, "", SLICE("type"), export_type_of(writer, edge)));
    TRY(xml_time(writer, "valid_from", edge->edge->valid_from_us));
    TRY(xml_time(writer, "valid_to", edge->edge->valid_to_us));
    TRY(xml_properties(writer, "e.", &edge->properties));
    TRY(buf_append_slice(&writer->line, SLICE("</edge>\n")));
    return xml_flush(writer);
}

static enum status xml_end(struct export_writer *writer)
{
    return output_text(writer->output, SLICE("  </graph>\n</graphml>\n"));
}

const struct export_format export_graphml = {
    .columns_first = true,
    .begin = xml_begin,
    .sink = { xml_node, xml_edge, NULL },
    .end = xml_end,
};
