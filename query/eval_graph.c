/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes, edges and their properties, as expressions read them. */
#include "query/eval.h"

#include "graph/catalog.h"
#include "query/node_cache.h"
#include "query/temporal_math.h"

#include <stdlib.h>

enum status eval_node(const struct node **out, struct eval *eval, struct node_id id)
{
    struct node_cache_entry *entry = &eval->cache->entries[id.value % NODE_CACHE_SIZE];

    if (entry->id != id.value || entry->generation != eval->generation) {
        entry->id = 0;
        TRY(node_load(&entry->node, eval->txn, id));
        entry->id = id.value;
        entry->generation = eval->generation;
    }
    *out = &entry->node;
    return STATUS_OK;
}

void eval_written(struct eval *eval)
{
    struct catalog *catalog = graph_catalog(txn_graph(eval->txn));

    eval->generation++;
    for (uint32_t i = 0; i < eval->ast->n_names; i++)
        if (!eval->symbols[i])
            eval->symbols[i] = catalog_find(catalog, eval->ast->names[i]);
}

enum status eval_edge(struct edge *out, struct eval *eval, const struct edge_ref *edge)
{
    *out = edge->edge;
    if (edge->generation == eval->generation)
        return STATUS_OK;
    return edge_find(out, eval->txn, edge->edge.from, edge->edge.type, edge->edge.valid_from_us,
                     edge->edge.id);
}

static enum status deleted(struct eval *eval, const struct expr *at, const char *what)
{
    return eval_fail(eval, at, "EntityNotFound", "DeletedEntityAccess", "this %s was deleted",
                     what);
}

static bool name_is(struct slice name, const char *text)
{
    return slice_equal(name, slice_str(text));
}

static struct value moment(int64_t us)
{
    return us == TIME_MIN || us == TIME_MAX ? value_null() : value_datetime_us(us);
}

/* What an edge has beside its properties; a property of the same name comes first. */
static struct value edge_own(const struct edge *edge, struct slice name)
{
    if (name_is(name, "valid_from"))
        return moment(edge->valid_from_us);
    if (name_is(name, "valid_to"))
        return moment(edge->valid_to_us);
    if (name_is(name, "observed_at"))
        return moment(edge->observed_us);
    return value_null();
}

static enum status read_edge(struct value *out, struct eval *eval, const struct expr *at,
                             const struct value *holder, struct slice name, uint32_t symbol)
{
    struct edge edge;
    enum status status = eval_edge(&edge, eval, holder->ref);

    if (status == STATUS_NOT_FOUND)
        return deleted(eval, at, "relationship");
    TRY(status);
    if (symbol) {
        status = edge_property(out, eval->scratch, eval->txn, &edge, symbol);
        if (status != STATUS_NOT_FOUND)
            return status;
    }
    *out = edge_own(&edge, name);
    if (!name_is(name, "edge_key"))
        return STATUS_OK;
    if (!edge.loaded)
        TRY(edge_load(&edge, eval->txn));
    return edge.has_key ? eval_text(out, eval, edge.key) : STATUS_OK;
}

static enum status read_node(struct value *out, struct eval *eval, const struct expr *at,
                             const struct value *holder, struct slice name, uint32_t symbol)
{
    const struct node *node;
    enum status status = eval_node(&node, eval, value_node_id(holder));

    if (status == STATUS_NOT_FOUND)
        return deleted(eval, at, "node");
    TRY(status);
    if (symbol) {
        status = node_property(out, eval->scratch, node, symbol);
        if (status != STATUS_NOT_FOUND)
            return status;
    }
    *out = value_null();
    if (name_is(name, "key") && node->key_label)
        return eval_text(out, eval, node->key);
    return STATUS_OK;
}

enum status eval_property(struct value *out, struct eval *eval, const struct expr *at,
                          const struct value *holder, struct slice name, uint32_t symbol)
{
    const struct value *found;

    switch (holder->type) {
    case VALUE_NULL:
        *out = value_null();
        return STATUS_OK;
    case VALUE_NODE:
        return read_node(out, eval, at, holder, name, symbol);
    case VALUE_EDGE:
        return read_edge(out, eval, at, holder, name, symbol);
    case VALUE_MAP:
        found = value_find(holder, name);
        *out = found ? *found : value_null();
        return STATUS_OK;
    case VALUE_DATE:
    case VALUE_LOCAL_TIME:
    case VALUE_TIME:
    case VALUE_LOCAL_DATETIME:
    case VALUE_DATETIME:
    case VALUE_DURATION:
        return temporal_part(out, eval, at, holder, name);
    default:
        return eval_fail(eval, at, "TypeError", "InvalidArgumentType",
                         "a %s has no properties", value_type_name(holder->type));
    }
}

enum status eval_properties(struct value *out, struct eval *eval, const struct expr *at,
                            const struct value *holder)
{
    const struct node *node;
    struct edge edge;
    enum status status;

    switch (holder->type) {
    case VALUE_NULL:
    case VALUE_MAP:
        *out = *holder;
        return STATUS_OK;
    case VALUE_NODE:
        status = eval_node(&node, eval, value_node_id(holder));
        if (status == STATUS_NOT_FOUND)
            return deleted(eval, at, "node");
        TRY(status);
        return node_properties(out, eval->scratch, eval->txn, node);
    case VALUE_EDGE:
        status = eval_edge(&edge, eval, holder->ref);
        if (status == STATUS_NOT_FOUND)
            return deleted(eval, at, "relationship");
        TRY(status);
        return edge_properties(out, eval->scratch, eval->txn, &edge);
    default:
        return eval_fail(eval, at, "TypeError", "InvalidArgumentType", "a %s has no properties",
                         value_type_name(holder->type));
    }
}

enum status eval_labels(bool *holds, struct eval *eval, const struct label_expr *labels,
                        const uint32_t *symbols, size_t n)
{
    bool left = false, right = false;

    switch (labels->kind) {
    case LABEL_ANY:
        *holds = n > 0;
        return STATUS_OK;
    case LABEL_NAME:
        *holds = false;
        for (size_t i = 0; i < n; i++)
            *holds |= symbols[i] == eval->symbols[labels->name_index];
        return STATUS_OK;
    case LABEL_NOT:
        TRY(eval_labels(&left, eval, labels->left, symbols, n));
        *holds = !left;
        return STATUS_OK;
    case LABEL_AND:
    case LABEL_OR:
        break;
    }
    TRY(eval_labels(&left, eval, labels->left, symbols, n));
    TRY(eval_labels(&right, eval, labels->right, symbols, n));
    *holds = labels->kind == LABEL_AND ? left && right : left || right;
    return STATUS_OK;
}
