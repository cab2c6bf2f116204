/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/export_writer.h"
#include "graph/catalog.h"

static void emit_labels(struct emit *emit, const struct export_writer *writer,
                        const struct node *node)
{
    struct catalog *catalog = graph_catalog(txn_graph(writer->txn));

    emit_key(emit, "labels");
    emit_list(emit);
    for (uint32_t i = 0; i < node->n_labels; i++)
        emit_slice(emit, catalog_name(catalog, node->labels[i]));
    emit_end(emit);
}

/* Also without any an object, as `import` reads it. */
static void emit_properties(struct emit *emit, const struct value *properties)
{
    emit_key(emit, "properties");
    emit_object(emit);
    for (uint32_t i = 0; i < properties->count; i++) {
        emit_key_slice(emit, properties->pairs[i].key);
        emit_value(emit, &properties->pairs[i].value);
    }
    emit_end(emit);
}

static void emit_when(struct emit *emit, const char *name, int64_t us, int64_t absent)
{
    if (us == absent)
        return;
    emit_key(emit, name);
    emit_time(emit, us);
}

static enum status finish_line(struct export_writer *writer, struct emit *emit)
{
    emit_end(emit);
    TRY(emit_finish(emit));
    return output_json(writer->output, buf_slice(&writer->line));
}

static struct emit begin_line(struct export_writer *writer, const char *op)
{
    struct emit emit;

    buf_clear(&writer->line);
    emit = emit_start(&writer->line);
    emit_object(&emit);
    emit_key(&emit, "op");
    emit_string(&emit, op);
    return emit;
}

static enum status ndjson_node(void *context, const struct node *node,
                               const struct value *properties)
{
    struct export_writer *writer = context;
    struct emit emit = begin_line(writer, "node");

    emit_labels(&emit, writer, node);
    emit_key(&emit, "key"), emit_slice(&emit, node->key);
    emit_when(&emit, "valid_from", node->valid_from_us, TIME_MIN);
    emit_properties(&emit, properties);
    return finish_line(writer, &emit);
}

static void emit_end_of(struct emit *emit, const char *name, struct export_writer *writer,
                        const struct node *node)
{
    emit_key(emit, name);
    emit_object(emit);
    emit_key(emit, "label"), emit_slice(emit, export_label_of(writer, node));
    emit_key(emit, "key"), emit_slice(emit, node->key);
    emit_end(emit);
}

static enum status ndjson_edge(void *context, const struct export_edge *edge)
{
    struct export_writer *writer = context;
    struct emit emit = begin_line(writer, "edge");

    emit_key(&emit, "type"), emit_slice(&emit, export_type_of(writer, edge));
    emit_end_of(&emit, "from", writer, edge->from);
    emit_end_of(&emit, "to", writer, edge->to);
    if (edge->edge->has_key)
        emit_key(&emit, "edge_key"), emit_slice(&emit, edge->edge->key);
    emit_when(&emit, "valid_from", edge->edge->valid_from_us, TIME_MIN);
    emit_when(&emit, "valid_to", edge->edge->valid_to_us, TIME_MAX);
    emit_properties(&emit, &edge->properties);
    return finish_line(writer, &emit);
}

const struct export_format export_ndjson = { .sink = { ndjson_node, ndjson_edge, NULL } };
