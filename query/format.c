/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/format.h"

#include "base/temporal.h"
#include "graph/catalog.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>

struct show {
    struct buf *out;
    struct eval *eval;
    const struct format_options *options;
};

static enum status show(struct show *show_, const struct value *value, bool top);

static enum status put(struct show *to, const char *text)
{
    return buf_append(to->out, text, strlen(text));
}

static enum status show_string(struct show *to, struct slice text)
{
    const char *bytes = text.data;

    TRY(put(to, "'"));
    for (size_t i = 0; i < text.size; i++) {
        if (bytes[i] == '\'' || bytes[i] == '\\')
            TRY(put(to, "\\"));
        if (bytes[i] == '\n')
            TRY(put(to, "\\n"));
        else
            TRY(buf_append_byte(to->out, (unsigned char)bytes[i]));
    }
    return put(to, "'");
}

/* A name, in backquotes where it is not a plain one. */
static enum status show_name(struct show *to, struct slice name)
{
    const char *bytes = name.data;
    bool plain = name.size > 0 && !isdigit((unsigned char)bytes[0]);

    for (size_t i = 0; i < name.size && plain; i++)
        plain = isalnum((unsigned char)bytes[i]) || bytes[i] == '_' ||
                (unsigned char)bytes[i] >= 0x80;
    if (plain)
        return buf_append_slice(to->out, name);
    return buf_printf(to->out, "`%.*s`", (int)name.size, bytes);
}

static enum status show_map(struct show *to, const struct value *map)
{
    TRY(put(to, "{"));
    for (uint32_t i = 0; i < map->count; i++) {
        if (i)
            TRY(put(to, ", "));
        TRY(show_name(to, map->pairs[i].key));
        TRY(put(to, ": "));
        TRY(show(to, &map->pairs[i].value, false));
    }
    return put(to, "}");
}

static enum status show_list(struct show *to, const struct value *list)
{
    TRY(put(to, "["));
    for (uint32_t i = 0; i < list->count; i++) {
        if (i)
            TRY(put(to, ", "));
        TRY(show(to, &list->items[i], false));
    }
    return put(to, "]");
}

static enum status show_label(struct show *to, uint32_t label)
{
    TRY(put(to, ":"));
    return show_name(to, catalog_name(graph_catalog(txn_graph(to->eval->txn)), label));
}

static enum status show_properties(struct show *to, const struct value *map, bool space)
{
    if (map->type != VALUE_MAP || !map->count)
        return STATUS_OK;
    if (space)
        TRY(put(to, " "));
    return show_map(to, map);
}

static enum status show_node(struct show *to, const struct value *value)
{
    const struct node *node;
    struct value properties;
    enum status status = eval_node(&node, to->eval, value_node_id(value));

    if (status == STATUS_NOT_FOUND)
        return put(to, "(deleted)");
    TRY(status);
    TRY(put(to, "("));
    for (uint32_t i = 0; i < node->n_labels; i++)
        TRY(show_label(to, node->labels[i]));
    if (to->options->node_keys && node->key_label) {
        TRY(put(to, " "));
        TRY(buf_append_slice(to->out, node->key));
    }
    TRY(node_properties(&properties, to->eval->scratch, to->eval->txn, node));
    TRY(show_properties(to, &properties, node->n_labels > 0));
    return put(to, ")");
}

static enum status show_edge(struct show *to, const struct value *value)
{
    const struct edge_ref *ref = value->ref;
    struct value properties;
    struct edge edge;
    enum status status = eval_edge(&edge, to->eval, ref);

    TRY(put(to, "["));
    TRY(show_label(to, ref->edge.type));
    if (status == STATUS_OK) {
        TRY(edge_properties(&properties, to->eval->scratch, to->eval->txn, &edge));
        TRY(show_properties(to, &properties, true));
    } else if (status != STATUS_NOT_FOUND) {
        return status;
    }
    return put(to, "]");
}

static enum status show_path(struct show *to, const struct path *path)
{
    TRY(put(to, "<"));
    TRY(show_node(to, &path->nodes[0]));
    for (uint32_t i = 0; i < path->n_edges; i++) {
        const struct edge_ref *edge = path->edges[i].ref;
        bool forward = edge->edge.from.value == value_node_id(&path->nodes[i]).value;

        TRY(put(to, forward ? "-" : "<-"));
        TRY(show_edge(to, &path->edges[i]));
        TRY(put(to, forward ? "->" : "-"));
        TRY(show_node(to, &path->nodes[i + 1]));
    }
    return put(to, ">");
}

static enum status show_float(struct show *to, double number)
{
    if (isnan(number))
        return put(to, "NaN");
    if (isinf(number))
        return put(to, number > 0 ? "Infinity" : "-Infinity");
    return float_format(to->out, number);
}

static enum status show(struct show *to, const struct value *value, bool top)
{
    bool bare = top && to->options->bare_strings;

    switch (value->type) {
    case VALUE_NULL:
        return put(to, "null");
    case VALUE_BOOL:
        return put(to, value->boolean ? "true" : "false");
    case VALUE_INT:
        return buf_printf(to->out, "%" PRId64, value->integer);
    case VALUE_FLOAT:
        return show_float(to, value->floating);
    case VALUE_STRING:
        return bare ? buf_append_slice(to->out, value_slice(value))
                    : show_string(to, value_slice(value));
    case VALUE_LIST:
        return show_list(to, value);
    case VALUE_MAP:
        return show_map(to, value);
    case VALUE_NODE:
        return show_node(to, value);
    case VALUE_EDGE:
        return show_edge(to, value);
    case VALUE_PATH:
        return show_path(to, value->ref);
    default:
        if (!bare)
            TRY(put(to, "'"));
        TRY(temporal_format(to->out, value));
        return bare ? STATUS_OK : put(to, "'");
    }
}

enum status value_show(struct buf *out, struct eval *eval, const struct value *value,
                       const struct format_options *options)
{
    struct show to = { out, eval, options };

    return show(&to, value, true);
}

/* ---- JSON -------------------------------------------------------------------------------- */

static enum status emit_node(struct emit *emit, struct eval *eval, const struct value *value)
{
    struct catalog *catalog = graph_catalog(txn_graph(eval->txn));
    const struct node *node;
    struct value properties;
    enum status status = eval_node(&node, eval, value_node_id(value));

    if (status == STATUS_NOT_FOUND) {
        emit_null(emit);
        return STATUS_OK;
    }
    TRY(status);
    emit_object(emit);
    emit_key(emit, "labels");
    emit_list(emit);
    for (uint32_t i = 0; i < node->n_labels; i++)
        emit_slice(emit, catalog_name(catalog, node->labels[i]));
    emit_end(emit);
    emit_key(emit, "key");
    emit_slice(emit, node->key);
    emit_key(emit, "properties");
    TRY(node_properties(&properties, eval->scratch, eval->txn, node));
    TRY(value_emit(emit, eval, &properties));
    emit_end(emit);
    return STATUS_OK;
}

static enum status emit_end_key(struct emit *emit, struct eval *eval, struct node_id id)
{
    const struct node *node;
    enum status status = eval_node(&node, eval, id);

    if (status == STATUS_OK)
        emit_slice(emit, node->key);
    else if (status == STATUS_NOT_FOUND)
        emit_null(emit);
    else
        return status;
    return STATUS_OK;
}

static enum status emit_edge(struct emit *emit, struct eval *eval, const struct edge_ref *ref)
{
    struct catalog *catalog = graph_catalog(txn_graph(eval->txn));
    struct value properties = { .type = VALUE_MAP };
    struct edge edge;
    enum status status = eval_edge(&edge, eval, ref);

    if (status == STATUS_OK)
        TRY(edge_properties(&properties, eval->scratch, eval->txn, &edge));
    else if (status != STATUS_NOT_FOUND)
        return status;
    emit_object(emit);
    emit_key(emit, "type");
    emit_slice(emit, catalog_name(catalog, ref->edge.type));
    emit_key(emit, "from");
    TRY(emit_end_key(emit, eval, ref->edge.from));
    emit_key(emit, "to");
    TRY(emit_end_key(emit, eval, ref->edge.to));
    if (edge.valid_from_us != TIME_MIN) {
        emit_key(emit, "valid_from");
        emit_time(emit, edge.valid_from_us);
    }
    if (edge.valid_to_us != TIME_MAX) {
        emit_key(emit, "valid_to");
        emit_time(emit, edge.valid_to_us);
    }
    emit_key(emit, "properties");
    TRY(value_emit(emit, eval, &properties));
    emit_end(emit);
    return STATUS_OK;
}

static enum status emit_path(struct emit *emit, struct eval *eval, const struct path *path)
{
    emit_list(emit);
    TRY(emit_node(emit, eval, &path->nodes[0]));
    for (uint32_t i = 0; i < path->n_edges; i++) {
        TRY(emit_edge(emit, eval, path->edges[i].ref));
        TRY(emit_node(emit, eval, &path->nodes[i + 1]));
    }
    emit_end(emit);
    return STATUS_OK;
}

enum status value_emit(struct emit *emit, struct eval *eval, const struct value *value)
{
    switch (value->type) {
    case VALUE_NODE:
        return emit_node(emit, eval, value);
    case VALUE_EDGE:
        return emit_edge(emit, eval, value->ref);
    case VALUE_PATH:
        return emit_path(emit, eval, value->ref);
    case VALUE_LIST:
        emit_list(emit);
        for (uint32_t i = 0; i < value->count; i++)
            TRY(value_emit(emit, eval, &value->items[i]));
        emit_end(emit);
        return STATUS_OK;
    case VALUE_MAP:
        emit_object(emit);
        for (uint32_t i = 0; i < value->count; i++) {
            emit_key_slice(emit, value->pairs[i].key);
            TRY(value_emit(emit, eval, &value->pairs[i].value));
        }
        emit_end(emit);
        return STATUS_OK;
    default:
        emit_value(emit, value);
        return STATUS_OK;
    }
}
