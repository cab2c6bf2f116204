/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes, relationships and paths. */
#include "query/function_private.h"

#include "graph/catalog.h"

#include <inttypes.h>
#include <stdio.h>

static enum status node_of(const struct node **out, struct eval *eval, const struct expr *expr,
                           const struct value *value)
{
    enum status status = eval_node(out, eval, value_node_id(value));

    if (status == STATUS_NOT_FOUND)
        return eval_fail(eval, expr, "EntityNotFound", "DeletedEntityAccess",
                         "this node was deleted");
    return status;
}

static enum status call_labels(struct value *out, struct eval *eval, const struct expr *expr,
                               const struct value *args)
{
    struct catalog *catalog = graph_catalog(txn_graph(eval->txn));
    const struct edge_ref *edge;
    const struct node *node;
    struct value *items;

    if (args->type == VALUE_EDGE) {
        edge = args->ref;
        return eval_text(out, eval, catalog_name(catalog, edge->edge.type));
    }
    TRY(node_of(&node, eval, expr, args));
    items = make_items(eval, node->n_labels);
    if (!items)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < node->n_labels; i++)
        TRY(eval_text(&items[i], eval, catalog_name(catalog, node->labels[i])));
    *out = value_items(items, node->n_labels);
    return STATUS_OK;
}

static uint64_t id_of(const struct value *value)
{
    if (value->type == VALUE_NODE)
        return value_node_id(value).value;
    return ((const struct edge_ref *)value->ref)->edge.id.value;
}

static enum status call_id(struct value *out, struct eval *eval, const struct expr *expr,
                           const struct value *args)
{
    char text[40];
    int size;

    if (!expr->function->variant) {
        *out = value_int((int64_t)id_of(args));
        return STATUS_OK;
    }
    size = snprintf(text, sizeof text, "%c%" PRIu64, args->type == VALUE_NODE ? 'n' : 'r',
                    id_of(args));
    return eval_text(out, eval, slice_of(text, (size_t)size));
}

static enum status call_key(struct value *out, struct eval *eval, const struct expr *expr,
                            const struct value *args)
{
    const struct node *node;

    TRY(node_of(&node, eval, expr, args));
    return eval_text(out, eval, node->key);
}

static enum status call_properties(struct value *out, struct eval *eval, const struct expr *expr,
                                   const struct value *args)
{
    return eval_properties(out, eval, expr, args);
}

static enum status call_keys(struct value *out, struct eval *eval, const struct expr *expr,
                             const struct value *args)
{
    struct value map, *items;
    uint32_t n = 0;

    TRY(eval_properties(&map, eval, expr, args));
    items = make_items(eval, map.count);
    if (!items)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < map.count; i++)
        items[n++] = value_text(map.pairs[i].key);
    *out = value_items(items, n);
    return STATUS_OK;
}

static enum status call_node_end(struct value *out, struct eval *eval, const struct expr *expr,
                                 const struct value *args)
{
    const struct edge_ref *edge = args->ref;

    (void)eval;
    *out = value_node(expr->function->variant ? edge->edge.to : edge->edge.from);
    return STATUS_OK;
}

static enum status call_path(struct value *out, struct eval *eval, const struct expr *expr,
                             const struct value *args)
{
    const struct path *path = args->ref;

    (void)eval;
    if (expr->function->variant == 0)
        *out = value_items(path->nodes, (size_t)path->n_edges + 1);
    else if (expr->function->variant == 1)
        *out = value_items(path->edges, path->n_edges);
    else
        *out = value_int(path->n_edges);
    return STATUS_OK;
}

static enum status call_degree(struct value *out, struct eval *eval, const struct expr *expr,
                               const struct value *args)
{
    struct edge_scan scan = EDGE_SCAN(0, DIRECTION_BOTH);
    const struct node *node;
    uint64_t n = 0;

    TRY(node_of(&node, eval, expr, args));
    if (expr->n_items > 1) {
        scan.type = catalog_find(graph_catalog(txn_graph(eval->txn)), value_slice(&args[1]));
        *out = value_int(0);
        if (!scan.type)
            return STATUS_OK;
    }
    TRY(edge_count(&n, eval->txn, node, &scan));
    *out = value_int((int64_t)n);
    return STATUS_OK;
}

const struct function functions_graph[] = {
    { "labels", 1, 1, 0, { BIT(NODE) }, BIT(LIST), call_labels, 0, "labels(node)" },
    { "type", 1, 1, 0, { BIT(EDGE) }, BIT(STRING), call_labels, 1, "type(relationship)" },
    { "id", 1, 1, 0, { BIT(NODE) | BIT(EDGE) }, BIT(INT), call_id, 0, "id(node or relationship)" },
    { "elementId", 1, 1, 0, { BIT(NODE) | BIT(EDGE) }, BIT(STRING), call_id, 1,
      "elementId(node or relationship)" },
    { "key", 1, 1, 0, { BIT(NODE) }, BIT(STRING), call_key, 0, "key(node)" },
    { "degree", 1, 2, 0, { BIT(NODE), BIT(STRING) }, BIT(INT), call_degree, 0,
      "degree(node, type)" },
    { "properties", 1, 1, 0, { BIT(NODE) | BIT(EDGE) | BIT(MAP) }, BIT(MAP), call_properties, 0,
      "properties(node, relationship or map)" },
    { "keys", 1, 1, 0, { BIT(NODE) | BIT(EDGE) | BIT(MAP) }, BIT(LIST), call_keys, 0,
      "keys(node, relationship or map)" },
    { "startNode", 1, 1, 0, { BIT(EDGE) }, BIT(NODE), call_node_end, 0,
      "startNode(relationship)" },
    { "endNode", 1, 1, 0, { BIT(EDGE) }, BIT(NODE), call_node_end, 1, "endNode(relationship)" },
    { "nodes", 1, 1, 0, { BIT(PATH) }, BIT(LIST), call_path, 0, "nodes(path)" },
    { "relationships", 1, 1, 0, { BIT(PATH) }, BIT(LIST), call_path, 1, "relationships(path)" },
    { "rels", 1, 1, 0, { BIT(PATH) }, BIT(LIST), call_path, 1, "rels(path)" },
    { "length", 1, 1, 0, { BIT(PATH) }, BIT(INT), call_path, 2, "length(path)" },
    { 0 },
};
