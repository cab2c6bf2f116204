/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where to start: the node for which the fewest candidates are expected. */
#include "query/planner_match.h"

#include "graph/catalog.h"
#include "graph/index.h"
#include "graph/schema.h"

static bool is_variable(const struct expr *expr, uint32_t slot)
{
    return expr->kind == EXPR_VARIABLE && expr->slot == slot;
}

/* Whether `expr` is node.key, or id(node). */
static enum op_kind seek_kind(const struct expr *expr, uint32_t slot)
{
    if (expr->kind == EXPR_PROPERTY && is_variable(expr->items[0], slot) &&
        slice_equal(expr->name, SLICE("key")))
        return OP_KIND_SEEK;
    if (expr->kind == EXPR_CALL && expr->n_items == 1 && is_variable(expr->items[0], slot) &&
        expr->name.size == 2 && memcmp(expr->name.data, "id", 2) == 0)
        return OP_KIND_SEEK_ID;
    return OP_KIND_SCAN;
}

static bool keyed_label(struct match_build *build, const struct label_expr *label)
{
    struct graph *graph;
    const struct schema_label *declared;

    if (!build->planner->txn)
        return false;
    graph = txn_graph(build->planner->txn);
    declared = schema_label_of(graph_schema(graph),
                               catalog_find(graph_catalog(graph), label->name));
    return declared && declared->keyed;
}

/* The rarest of the labels that a node must have. */
static void rarest_label(struct match_build *build, struct match_start *start,
                         const struct label_expr *labels)
{
    double count;

    if (!labels)
        return;
    if (labels->kind == LABEL_AND) {
        rarest_label(build, start, labels->left);
        rarest_label(build, start, labels->right);
    } else if (labels->kind == LABEL_NAME) {
        count = plan_count(build->planner, labels->name, start->cost * 0.1);
        if (!start->label || count < start->cost) {
            start->label = labels;
            start->cost = count;
        }
    }
}

static const struct label_expr *key_label(struct match_build *build,
                                          const struct label_expr *labels)
{
    const struct label_expr *found;

    if (!labels)
        return NULL;
    if (labels->kind == LABEL_AND) {
        found = key_label(build, labels->left);
        return found ? found : key_label(build, labels->right);
    }
    return labels->kind == LABEL_NAME && keyed_label(build, labels) ? labels : NULL;
}

#define LIST_KEYS 10 /* expected in a list */

/* node.key IN list */
static void consider_list(struct match_build *build, struct match_start *start,
                          struct expr *condition)
{
    const struct label_expr *label = key_label(build, start->node->labels);

    if (condition->kind != EXPR_BINARY || condition->op != OP_IN || !label ||
        seek_kind(condition->items[0], start->node->slot) != OP_KIND_SEEK ||
        !match_is_ready(build, condition->items[1]))
        return;
    start->kind = OP_KIND_SEEK;
    start->many = true;
    start->key = condition->items[1];
    start->condition = condition;
    start->label = label;
    start->cost = LIST_KEYS;
}

static void consider_seek(struct match_build *build, struct match_start *start,
                          struct expr *condition)
{
    const struct label_expr *label = key_label(build, start->node->labels);

    if (condition->kind != EXPR_COMPARE || condition->n_items != 2 ||
        condition->ops[0] != OP_EQUAL)
        return;
    for (int side = 0; side < 2; side++) {
        enum op_kind kind = seek_kind(condition->items[side], start->node->slot);
        struct expr *key = condition->items[1 - side];

        if (kind == OP_KIND_SCAN || (kind == OP_KIND_SEEK && !label) || !match_is_ready(build, key))
            continue;
        start->kind = kind;
        start->key = key;
        start->condition = condition;
        start->label = label;
        start->cost = 1;
        return;
    }
}

/* ---- Indexes of properties --------------------------------------------------------------- */

/* The label by which an index holds the property, among those that the node must have. */
static const struct label_expr *indexed_label(struct match_build *build,
                                              const struct label_expr *labels,
                                              struct slice property)
{
    struct catalog *catalog = graph_catalog(txn_graph(build->planner->txn));
    const struct label_expr *found;

    if (!labels)
        return NULL;
    if (labels->kind == LABEL_AND) {
        found = indexed_label(build, labels->left, property);
        return found ? found : indexed_label(build, labels->right, property);
    }
    return labels->kind == LABEL_NAME &&
                   index_declared(graph_schema(txn_graph(build->planner->txn)),
                                  catalog_find(catalog, labels->name),
                                  catalog_find(catalog, property))
               ? labels
               : NULL;
}

enum operator match_turned(enum operator op)
{
    switch (op) {
    case OP_LESS:
        return OP_GREATER;
    case OP_LESS_EQUAL:
        return OP_GREATER_EQUAL;
    case OP_GREATER:
        return OP_LESS;
    case OP_GREATER_EQUAL:
        return OP_LESS_EQUAL;
    default:
        return op;
    }
}

/* What a comparison says of start->node's property: a bound below, above, or both. */
static void take_bound(struct match_build *build, struct match_start *start,
                       struct expr *compare, uint32_t side)
{
    struct expr *property = compare->items[side % 2 + side / 2];
    struct expr *bound = compare->items[(side + 1) % 2 + side / 2];
    enum operator op = side % 2 ? match_turned(compare->ops[side / 2]) : compare->ops[side / 2];
    /* Two times are equal only where their zones are, too: a bound can't say that. */
    struct expr *implied = compare->n_items == 2 && op != OP_EQUAL ? compare : NULL;

    if (property->kind != EXPR_PROPERTY || !is_variable(property->items[0], start->node->slot) ||
        property->name_index != start->property || !match_is_ready(build, bound))
        return;
    if (!start->low && (op == OP_EQUAL || op == OP_GREATER || op == OP_GREATER_EQUAL)) {
        start->low = bound;
        start->low_open = op == OP_GREATER;
        start->implied[0] = implied;
    }
    if (!start->high && (op == OP_EQUAL || op == OP_LESS || op == OP_LESS_EQUAL)) {
        start->high = bound;
        start->high_open = op == OP_LESS;
        start->implied[1] = implied;
    }
}

static void take_bounds(struct match_build *build, struct match_start *start)
{
    for (uint32_t i = 0; i < build->n_conditions; i++) {
        struct expr *compare = build->conditions[i];

        for (uint32_t side = 0; compare->kind == EXPR_COMPARE && side + 2 < 2 * compare->n_items;
             side++)
            take_bound(build, start, compare, side);
    }
}

/* Shares of a label's nodes expected between bounds: guesses, as nothing is known of the values. */
static double share_found(const struct match_start *start)
{
    if (start->low && start->low == start->high)
        return 0.001;
    return start->low && start->high ? 0.05 : 0.3;
}

/* An index on the property, where it is expected to give fewer nodes than what was found so far. */
static void consider_index(struct match_build *build, struct match_start *start,
                           const struct expr *property)
{
    struct match_start seek = { .kind = OP_KIND_SEEK_INDEX, .node = start->node,
                                .property = property->name_index };

    if (property->kind != EXPR_PROPERTY || !is_variable(property->items[0], start->node->slot))
        return;
    seek.label = indexed_label(build, start->node->labels, property->name);
    if (!seek.label)
        return;
    take_bounds(build, &seek);
    if (!seek.low && !seek.high)
        return;
    seek.cost = 1 + plan_count(build->planner, seek.label->name, 1e6) * share_found(&seek);
    if (seek.cost < start->cost)
        *start = seek;
}

static void consider_indexes(struct match_build *build, struct match_start *start)
{
    if (!build->planner->txn || !index_ready(build->planner->txn))
        return;
    for (uint32_t i = 0; i < build->n_conditions; i++)
        for (uint32_t k = 0; build->conditions[i]->kind == EXPR_COMPARE &&
                             k < build->conditions[i]->n_items; k++)
            consider_index(build, start, build->conditions[i]->items[k]);
}

struct match_start match_start_at(struct match_build *build, struct node_pattern *node)
{
    struct match_start start = { .kind = OP_KIND_SCAN, .node = node, .cost = 1e6 };

    if (build->planner->txn)
        start.cost = (double)txn_counts(build->planner->txn).nodes;
    for (uint32_t i = 0; i < build->n_nodes; i++)
        if (build->nodes[i]->slot == node->slot)
            rarest_label(build, &start, build->nodes[i]->labels);
    for (uint32_t i = 0; i < build->n_conditions && start.kind == OP_KIND_SCAN; i++)
        consider_seek(build, &start, build->conditions[i]);
    for (uint32_t i = 0; i < build->n_conditions && start.kind == OP_KIND_SCAN; i++)
        consider_list(build, &start, build->conditions[i]);
    if (start.kind == OP_KIND_SCAN)
        consider_indexes(build, &start);
    return start;
}

/* A scan of a label gives no others. */
static void drop_label(struct match_build *build, uint32_t slot, const struct label_expr *label)
{
    for (uint32_t i = 0; label && i < build->n_conditions; i++) {
        const struct expr *condition = build->conditions[i];

        if (condition->kind == EXPR_HAS_LABELS && condition->labels->kind == LABEL_NAME &&
            is_variable(condition->items[0], slot) &&
            condition->labels->name_index == label->name_index) {
            match_drop_condition(build, condition);
            return;
        }
    }
}

enum status match_add_start(struct match_build *build, const struct match_start *start)
{
    struct op *op = plan_op(build->planner, build->chain, start->kind);

    if (!op)
        return STATUS_NO_MEMORY;
    op->to = start->node->slot;
    op->label = start->label;
    op->key = start->key;
    op->many = start->many;
    op->low = start->low;
    op->high = start->high;
    op->low_open = start->low_open;
    op->high_open = start->high_open;
    op->property = start->property;
    for (int i = 0; i < 2; i++) {
        op->implied[i] = start->implied[i];
        if (start->implied[i])
            match_drop_condition(build, start->implied[i]);
    }
    if (start->condition)
        match_drop_condition(build, start->condition);
    op->batched = !build->planner->ast->writes && start->cost >= build->planner->batch_rows &&
                  (start->kind == OP_KIND_SCAN || start->kind == OP_KIND_SEEK_INDEX);
    if (start->kind == OP_KIND_SCAN || start->kind == OP_KIND_SEEK_INDEX)
        drop_label(build, op->to, start->label);
    build->pending[op->to] = false;
    build->planner->rows *= start->cost < 1 ? 1 : start->cost;
    return match_attach(build, op);
}
