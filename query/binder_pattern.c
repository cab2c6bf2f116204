/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding of patterns: to be matched, and to be created. */
#include "query/binder_private.h"

#define NODE_OR_NULL (TYPE_BIT(VALUE_NODE) | TYPE_BIT(VALUE_NULL))

static enum status type_conflict(struct binder *binder, struct text_span span, struct slice name,
                                 const char *wanted)
{
    return bind_error(binder, span, "VariableTypeConflict", "`%.*s` is not a %s here",
                      (int)name.size, (const char *)name.data, wanted);
}

static enum status already_bound(struct binder *binder, struct text_span span, struct slice name)
{
    return bind_error(binder, span, "VariableAlreadyBound", "`%.*s` has a value already",
                      (int)name.size, (const char *)name.data);
}

enum status bind_labels(struct binder *binder, struct label_expr *labels)
{
    for (; labels; labels = labels->left) {
        if (labels->kind == LABEL_NAME)
            TRY(bind_name(&labels->name_index, binder, labels->name));
        if (labels->right)
            TRY(bind_labels(binder, labels->right));
    }
    return STATUS_OK;
}

/* ---- MATCH ------------------------------------------------------------------------------- */

/* `first`: how many bindings there were before the clause. */
static enum status declare_node(struct binder *binder, struct node_pattern *node, size_t first,
                                bool predicate)
{
    struct binding *binding = node->variable.size ? bind_lookup(binder, node->variable) : NULL;

    TRY(bind_labels(binder, node->labels));
    if (!node->variable.size) {
        node->slot = bind_new_slot(binder);
        return STATUS_OK;
    }
    if (!binding && predicate)
        return bind_error(binder, node->span, "UndefinedVariable", "variable `%.*s` is not defined",
                          (int)node->variable.size, (const char *)node->variable.data);
    if (!binding)
        return bind_add(&node->slot, binder, node->variable, type_of(TYPE_BIT(VALUE_NODE)));
    if (!(binding->type.mask & NODE_OR_NULL))
        return type_conflict(binder, node->span, node->variable, "node");
    node->slot = binding->slot;
    node->bound = (size_t)(binding - binder->scope) < first;
    return STATUS_OK;
}

static enum status declare_edge(struct binder *binder, struct edge_pattern *edge, size_t first,
                                bool predicate)
{
    struct binding *binding = edge->variable.size ? bind_lookup(binder, edge->variable) : NULL;
    uint32_t mask = TYPE_BIT(edge->var_length ? VALUE_LIST : VALUE_EDGE);

    TRY(bind_labels(binder, edge->types));
    if (edge->properties && edge->properties->kind == EXPR_PARAMETER)
        return bind_error(binder, edge->properties->span, "InvalidParameterUse",
                          "a parameter can't stand for the properties of a pattern; name each");
    if (!edge->variable.size) {
        edge->slot = bind_new_slot(binder);
        return STATUS_OK;
    }
    if (!binding && predicate)
        return bind_error(binder, edge->span, "UndefinedVariable", "variable `%.*s` is not defined",
                          (int)edge->variable.size, (const char *)edge->variable.data);
    if (!binding)
        return bind_add(&edge->slot, binder, edge->variable,
                        (struct static_type){ mask, TYPE_BIT(VALUE_EDGE) });
    if (!(binding->type.mask & (mask | TYPE_BIT(VALUE_NULL))))
        return type_conflict(binder, edge->span, edge->variable, "relationship");
    if ((size_t)(binding - binder->scope) >= first)
        return bind_error(binder, edge->span, "RelationshipUniquenessViolation",
                          "`%.*s` stands twice in this pattern; a relationship is matched once",
                          (int)edge->variable.size, (const char *)edge->variable.data);
    edge->slot = binding->slot;
    edge->bound = true;
    return STATUS_OK;
}

/* The keys of a map in a pattern are read as properties. */
static enum status bind_keys(struct binder *binder, const struct expr *map)
{
    uint32_t index;

    if (map->kind == EXPR_MAP)
        for (uint32_t i = 0; i < map->n_items; i++)
            TRY(bind_name(&index, binder, map->keys[i]));
    return STATUS_OK;
}

static enum status bind_inner(struct binder *binder, struct expr *properties, struct expr *where)
{
    struct place place = { 0 };

    if (properties && properties->kind == EXPR_PARAMETER)
        return bind_error(binder, properties->span, "InvalidParameterUse",
                          "a parameter can't stand for the properties of a pattern; name each");
    if (properties) {
        TRY(bind_expr(binder, properties, place));
        TRY(bind_keys(binder, properties));
    }
    return where ? bind_where(binder, where) : STATUS_OK;
}

static enum status declare_path(struct binder *binder, struct path_pattern *path, size_t first,
                                bool predicate)
{
    for (uint32_t i = 0; i <= path->n_edges; i++) {
        TRY(declare_node(binder, path->nodes[i], first, predicate));
        if (i < path->n_edges)
            TRY(declare_edge(binder, path->edges[i], first, predicate));
    }
    if (!path->variable.size)
        return STATUS_OK;
    if (bind_lookup(binder, path->variable))
        return already_bound(binder, path->span, path->variable);
    return bind_add(&path->slot, binder, path->variable, type_of(TYPE_BIT(VALUE_PATH)));
}

enum status bind_match(struct binder *binder, struct graph_pattern *pattern, bool predicate)
{
    size_t first = binder->n;

    for (uint32_t i = 0; i < pattern->n_paths; i++)
        TRY(declare_path(binder, pattern->paths[i], first, predicate));
    for (uint32_t i = 0; i < pattern->n_paths; i++) {
        struct path_pattern *path = pattern->paths[i];

        for (uint32_t k = 0; k <= path->n_edges; k++)
            TRY(bind_inner(binder, path->nodes[k]->properties, path->nodes[k]->where));
        for (uint32_t k = 0; k < path->n_edges; k++) {
            struct edge_pattern *edge = path->edges[k];
            struct binding *binding = edge->variable.size
                                          ? bind_lookup(binder, edge->variable) : NULL;
            struct static_type kept = binding ? binding->type : type_of(TYPE_ANY);

            /* Inside a variable-length pattern the variable is each edge in turn. */
            if (binding && edge->var_length && edge->where)
                binding->type = type_of(TYPE_BIT(VALUE_EDGE));
            TRY(bind_inner(binder, edge->properties, edge->where));
            if (binding && edge->var_length && edge->where)
                bind_lookup(binder, edge->variable)->type = kept;
        }
    }
    return STATUS_OK;
}

/* ---- CREATE and MERGE -------------------------------------------------------------------- */

static bool plain_labels(const struct label_expr *labels)
{
    if (!labels)
        return true;
    if (labels->kind == LABEL_NAME)
        return true;
    return labels->kind == LABEL_AND && plain_labels(labels->left) && plain_labels(labels->right);
}

static enum status bind_created_properties(struct binder *binder, struct expr *properties,
                                           bool merge)
{
    struct place place = { 0 };

    if (!properties)
        return STATUS_OK;
    if (merge && properties->kind == EXPR_PARAMETER)
        return bind_error(binder, properties->span, "InvalidParameterUse",
                          "a parameter can't stand for the properties of a pattern; name each");
    TRY(bind_expr(binder, properties, place));
    return bind_keys(binder, properties);
}

/* `alone`: the node is the whole path. */
static enum status create_node(struct binder *binder, struct node_pattern *node, bool alone,
                               bool merge)
{
    struct binding *binding = node->variable.size ? bind_lookup(binder, node->variable) : NULL;

    if (!plain_labels(node->labels) || node->where)
        return bind_error(binder, node->span, "UnexpectedSyntax",
                          "a node to create takes labels and properties only");
    TRY(bind_labels(binder, node->labels));
    if (binding && !(binding->type.mask & NODE_OR_NULL))
        return type_conflict(binder, node->span, node->variable, "node");
    if (binding && (alone || node->labels || node->properties))
        return already_bound(binder, node->span, node->variable);
    if (binding) {
        node->slot = binding->slot;
        node->bound = true;
        return STATUS_OK;
    }
    TRY(bind_created_properties(binder, node->properties, merge));
    if (!node->variable.size) {
        node->slot = bind_new_slot(binder);
        return STATUS_OK;
    }
    return bind_add(&node->slot, binder, node->variable, type_of(TYPE_BIT(VALUE_NODE)));
}

static enum status create_edge(struct binder *binder, struct edge_pattern *edge, bool merge)
{
    if (edge->variable.size && bind_lookup(binder, edge->variable))
        return already_bound(binder, edge->span, edge->variable);
    if (edge->var_length)
        return bind_error(binder, edge->span, "CreatingVarLength",
                          "a relationship to create has no length");
    if (!edge->types || edge->types->kind != LABEL_NAME)
        return bind_error(binder, edge->span, "NoSingleRelationshipType",
                          "a relationship to create needs one type: -[:TYPE]->");
    if ((edge->direction == DIRECTION_BOTH && !merge) || edge->both_arrows)
        return bind_error(binder, edge->span, "RequiresDirectedRelationship",
                          "a relationship to create needs one direction");
    if (edge->where)
        return bind_error(binder, edge->span, "UnexpectedSyntax",
                          "a relationship to create takes a type and properties only");
    TRY(bind_labels(binder, edge->types));
    TRY(bind_created_properties(binder, edge->properties, merge));
    if (!edge->variable.size) {
        edge->slot = bind_new_slot(binder);
        return STATUS_OK;
    }
    return bind_add(&edge->slot, binder, edge->variable, type_of(TYPE_BIT(VALUE_EDGE)));
}

static enum status create_path(struct binder *binder, struct path_pattern *path, bool merge)
{
    if (path->shortest)
        return bind_error(binder, path->span, "UnexpectedSyntax",
                          "shortestPath() can only be matched");
    for (uint32_t i = 0; i <= path->n_edges; i++) {
        TRY(create_node(binder, path->nodes[i], path->n_edges == 0, merge));
        if (i < path->n_edges)
            TRY(create_edge(binder, path->edges[i], merge));
    }
    if (!path->variable.size)
        return STATUS_OK;
    if (bind_lookup(binder, path->variable))
        return already_bound(binder, path->span, path->variable);
    return bind_add(&path->slot, binder, path->variable, type_of(TYPE_BIT(VALUE_PATH)));
}

enum status bind_create(struct binder *binder, struct graph_pattern *pattern, bool merge)
{
    for (uint32_t i = 0; i < pattern->n_paths; i++)
        TRY(create_path(binder, pattern->paths[i], merge));
    return STATUS_OK;
}
