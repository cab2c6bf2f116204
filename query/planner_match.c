/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patterns to operators, greedily: start where the fewest nodes are expected, then always take the
 * relationship that multiplies the rows least. Each condition is checked as soon as what it reads
 * has a value.
 */
#include "query/planner.h"

#include "graph/schema.h"
#include "graph/catalog.h"
#include "query/expr_walk.h"

#include <stdlib.h>

struct match_edge {
    struct edge_pattern *pattern;
    struct path_pattern *path;
    struct node_pattern *left, *right;
    bool done;
};

struct match_build {
    struct planner *planner;
    struct chain *chain;
    struct graph_pattern *pattern;
    struct match_edge *edges;
    uint32_t n_edges;
    struct node_pattern **nodes;
    uint32_t n_nodes;
    struct expr **conditions;
    uint32_t n_conditions;
    uint32_t conditions_capacity;
    bool *pending;        /* by slot: this MATCH gives it a value, later */
    uint32_t n_slots;
    uint32_t *matched;    /* slots of the edges matched so far */
    uint32_t n_matched;
};

/* ---- Conditions -------------------------------------------------------------------------- */

static enum status add_condition(struct match_build *build, struct expr *expr)
{
    if (build->n_conditions == build->conditions_capacity) {
        uint32_t capacity = build->conditions_capacity ? build->conditions_capacity * 2 : 16;
        struct expr **grown = arena_array(build->planner->arena, capacity, sizeof *grown);

        if (!grown)
            return STATUS_NO_MEMORY;
        if (build->n_conditions)
            memcpy(grown, build->conditions, build->n_conditions * sizeof *grown);
        build->conditions = grown;
        build->conditions_capacity = capacity;
    }
    build->conditions[build->n_conditions++] = expr;
    return STATUS_OK;
}

static enum status split_and(struct match_build *build, struct expr *expr)
{
    if (!expr)
        return STATUS_OK;
    if (expr->kind == EXPR_BINARY && expr->op == OP_AND) {
        TRY(split_and(build, expr->items[0]));
        return split_and(build, expr->items[1]);
    }
    TRY(plan_expr(build->planner, expr));
    return add_condition(build, expr);
}

static struct expr *new_expr(struct match_build *build, enum expr_kind kind, struct span span,
                             uint32_t n)
{
    struct expr *expr = arena_new(build->planner->arena, struct expr);

    if (!expr)
        return NULL;
    expr->kind = kind;
    expr->span = span;
    expr->slot = expr->slot2 = NO_SLOT;
    expr->n_items = n;
    if (n) {
        expr->items = arena_array(build->planner->arena, n, sizeof *expr->items);
        if (!expr->items)
            return NULL;
    }
    return expr;
}

static struct expr *variable(struct match_build *build, uint32_t slot, struct span span)
{
    struct expr *expr = new_expr(build, EXPR_VARIABLE, span, 0);

    if (expr)
        expr->slot = slot;
    return expr;
}

static uint32_t name_index(const struct query_ast *ast, struct slice name)
{
    for (uint32_t i = 0; i < ast->n_names; i++)
        if (slice_equal(ast->names[i], name))
            return i;
    return UINT32_MAX;
}

/* entity.key = value, which the parser wrote as {key: value}. */
static enum status property_condition(struct expr **out, struct match_build *build, uint32_t slot,
                                      struct slice key, struct expr *value)
{
    struct expr *compare = new_expr(build, EXPR_COMPARE, value->span, 2);
    struct expr *property = new_expr(build, EXPR_PROPERTY, value->span, 1);
    uint32_t index = name_index(build->planner->ast, key);

    if (!compare || !property)
        return STATUS_NO_MEMORY;
    property->items[0] = variable(build, slot, value->span);
    property->name = key;
    property->name_index = index;
    compare->items[0] = property;
    compare->items[1] = value;
    compare->ops = arena_new(build->planner->arena, enum operator);
    if (!property->items[0] || !compare->ops)
        return STATUS_NO_MEMORY;
    compare->ops[0] = OP_EQUAL;
    *out = compare;
    return STATUS_OK;
}

static enum status map_conditions(struct match_build *build, uint32_t slot, struct expr *map)
{
    struct expr *condition;

    if (!map)
        return STATUS_OK;
    TRY(plan_expr(build->planner, map));
    for (uint32_t i = 0; i < map->n_items; i++) {
        TRY(property_condition(&condition, build, slot, map->keys[i], map->items[i]));
        TRY(add_condition(build, condition));
    }
    return STATUS_OK;
}

static enum status node_conditions(struct match_build *build, const struct node_pattern *node)
{
    struct expr *labels;

    if (node->labels) {
        labels = new_expr(build, EXPR_HAS_LABELS, node->span, 1);
        if (!labels)
            return STATUS_NO_MEMORY;
        labels->items[0] = variable(build, node->slot, node->span);
        labels->labels = node->labels;
        if (!labels->items[0])
            return STATUS_NO_MEMORY;
        TRY(add_condition(build, labels));
    }
    TRY(map_conditions(build, node->slot, node->properties));
    return split_and(build, node->where);
}

static enum status edge_conditions(struct match_build *build, const struct edge_pattern *edge)
{
    if (edge->var_length) {
        if (edge->properties)
            TRY(plan_expr(build->planner, edge->properties));
        return edge->where ? plan_expr(build->planner, edge->where) : STATUS_OK;
    }
    TRY(map_conditions(build, edge->slot, edge->properties));
    return split_and(build, edge->where);
}

struct readiness {
    const struct match_build *build;
    bool ready;
};

static void check_slot(uint32_t slot, void *context)
{
    struct readiness *readiness = context;

    if (slot < readiness->build->n_slots && readiness->build->pending[slot])
        readiness->ready = false;
}

static bool is_ready(const struct match_build *build, struct expr *expr)
{
    struct readiness readiness = { build, true };

    expr_slots(expr, check_slot, &readiness);
    return readiness.ready;
}

static double selectivity(const struct expr *expr)
{
    if (expr->kind == EXPR_COMPARE && expr->ops[0] == OP_EQUAL)
        return 0.05;
    return expr->kind == EXPR_HAS_LABELS ? 0.5 : 0.4;
}

/* Gives the operator all conditions that can be checked behind it. */
static enum status attach(struct match_build *build, struct op *op)
{
    uint32_t kept = 0;

    op->filters = arena_array(build->planner->arena, (size_t)build->n_conditions + 1,
                              sizeof *op->filters);
    if (!op->filters)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < build->n_conditions; i++) {
        struct expr *condition = build->conditions[i];

        if (is_ready(build, condition)) {
            op->filters[op->n_filters++] = condition;
            build->planner->rows *= selectivity(condition);
        } else {
            build->conditions[kept++] = condition;
        }
    }
    build->n_conditions = kept;
    op->estimate = build->planner->rows;
    return STATUS_OK;
}

/* ---- Where to start ---------------------------------------------------------------------- */

struct start {
    enum op_kind kind;
    struct node_pattern *node;
    const struct label_expr *label;
    struct expr *key;
    struct expr *condition; /* what the seek makes needless */
    double cost;
};

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
static void rarest_label(struct match_build *build, struct start *start,
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

static void consider_seek(struct match_build *build, struct start *start, struct expr *condition)
{
    const struct label_expr *label = key_label(build, start->node->labels);

    if (condition->kind != EXPR_COMPARE || condition->n_items != 2 ||
        condition->ops[0] != OP_EQUAL)
        return;
    for (int side = 0; side < 2; side++) {
        enum op_kind kind = seek_kind(condition->items[side], start->node->slot);
        struct expr *key = condition->items[1 - side];

        if (kind == OP_KIND_SCAN || (kind == OP_KIND_SEEK && !label) || !is_ready(build, key))
            continue;
        start->kind = kind;
        start->key = key;
        start->condition = condition;
        start->label = label;
        start->cost = 1;
        return;
    }
}

static struct start start_at(struct match_build *build, struct node_pattern *node)
{
    struct start start = { .kind = OP_KIND_SCAN, .node = node, .cost = 1e6 };

    if (build->planner->txn)
        start.cost = (double)txn_counts(build->planner->txn).nodes;
    for (uint32_t i = 0; i < build->n_nodes; i++)
        if (build->nodes[i]->slot == node->slot)
            rarest_label(build, &start, build->nodes[i]->labels);
    for (uint32_t i = 0; i < build->n_conditions && start.kind == OP_KIND_SCAN; i++)
        consider_seek(build, &start, build->conditions[i]);
    return start;
}

static void drop_condition(struct match_build *build, const struct expr *condition)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < build->n_conditions; i++)
        if (build->conditions[i] != condition)
            build->conditions[kept++] = build->conditions[i];
    build->n_conditions = kept;
}

static enum status add_start(struct match_build *build, const struct start *start)
{
    struct op *op = plan_op(build->planner, build->chain, start->kind);

    if (!op)
        return STATUS_NO_MEMORY;
    op->to = start->node->slot;
    op->label = start->label;
    op->key = start->key;
    if (start->condition)
        drop_condition(build, start->condition);
    build->pending[op->to] = false;
    build->planner->rows *= start->cost < 1 ? 1 : start->cost;
    return attach(build, op);
}

/* ---- Relationships ----------------------------------------------------------------------- */

static bool names_only(const struct label_expr *types)
{
    return !types || types->kind == LABEL_NAME ||
           (types->kind == LABEL_OR && names_only(types->left) && names_only(types->right));
}

static uint32_t count_names(const struct label_expr *types)
{
    if (!types)
        return 0;
    return types->kind == LABEL_NAME ? 1 : count_names(types->left) + count_names(types->right);
}

static void collect_names(const struct label_expr *types, struct op *op)
{
    if (types->kind == LABEL_NAME) {
        for (uint32_t i = 0; i < op->n_types; i++)
            if (op->types[i] == types->name_index)
                return;
        op->types[op->n_types++] = types->name_index;
        return;
    }
    collect_names(types->left, op);
    collect_names(types->right, op);
}

static enum status set_types(struct match_build *build, struct op *op)
{
    const struct label_expr *types = op->edge_pattern->types;

    op->any_type = !types || !names_only(types);
    if (op->any_type)
        return STATUS_OK;
    op->types = arena_array(build->planner->arena, count_names(types), sizeof *op->types);
    if (!op->types)
        return STATUS_NO_MEMORY;
    collect_names(types, op);
    return STATUS_OK;
}

static double type_count(struct match_build *build, const struct label_expr *types, double all)
{
    if (!types || !names_only(types))
        return all;
    if (types->kind == LABEL_NAME)
        return plan_count(build->planner, types->name, all);
    return type_count(build, types->left, all) + type_count(build, types->right, all);
}

/* How many times the relationship multiplies the rows. */
static double fan_out(struct match_build *build, const struct match_edge *edge)
{
    double nodes = 1e6, edges = 1e7, fan;

    if (build->planner->txn) {
        nodes = (double)txn_counts(build->planner->txn).nodes + 1;
        edges = (double)txn_counts(build->planner->txn).edges + 1;
    }
    fan = type_count(build, edge->pattern->types, edges) / nodes;
    if (edge->pattern->direction == DIRECTION_BOTH)
        fan *= 2;
    if (edge->pattern->var_length)
        fan = (fan + 1) * (edge->pattern->max == HOPS_UNBOUNDED ? 100 : edge->pattern->max + 1);
    return fan;
}

static bool known(const struct match_build *build, const struct node_pattern *node)
{
    return !build->pending[node->slot];
}

/* The cost of taking the relationship now; negative where it can't be taken yet. */
static double edge_cost(struct match_build *build, const struct match_edge *edge)
{
    bool left = known(build, edge->left), right = known(build, edge->right);

    if (edge->path->shortest)
        return left && right ? 1 : -1;
    if (edge->pattern->bound)
        return 0;
    if (left && right)
        return edge->pattern->var_length ? 2 : 0.5;
    return left || right ? 1 + fan_out(build, edge) : -1;
}

static enum direction reverse(enum direction direction)
{
    return direction == DIRECTION_BOTH ? direction
           : direction == DIRECTION_OUT ? DIRECTION_IN
                                        : DIRECTION_OUT;
}

static enum op_kind edge_kind(const struct match_edge *edge)
{
    if (edge->path->shortest)
        return OP_KIND_SHORTEST;
    if (edge->pattern->bound)
        return edge->pattern->var_length ? OP_KIND_BOUND_LIST : OP_KIND_BOUND_EDGE;
    return edge->pattern->var_length ? OP_KIND_VAR_EXPAND : OP_KIND_EXPAND;
}

static enum status set_unique(struct match_build *build, struct op *op)
{
    op->unique = arena_array(build->planner->arena, (size_t)build->n_matched + 1,
                             sizeof *op->unique);
    if (!op->unique)
        return STATUS_NO_MEMORY;
    if (build->n_matched)
        memcpy(op->unique, build->matched, build->n_matched * sizeof *op->unique);
    op->n_unique = build->n_matched;
    build->matched[build->n_matched++] = op->edge;
    return STATUS_OK;
}

static enum status add_edge(struct match_build *build, struct match_edge *edge)
{
    struct op *op = plan_op(build->planner, build->chain, edge_kind(edge));
    bool left = known(build, edge->left), right = known(build, edge->right);

    if (!op)
        return STATUS_NO_MEMORY;
    edge->done = true;
    op->edge_pattern = edge->pattern;
    op->path = edge->path;
    op->reversed = !left && right;
    op->from = op->reversed ? edge->right->slot : edge->left->slot;
    op->to = op->reversed ? edge->left->slot : edge->right->slot;
    op->direction = op->reversed ? reverse(edge->pattern->direction) : edge->pattern->direction;
    op->into = left && right;
    op->from_known = left || right;
    if (edge->left->slot == edge->right->slot && !op->into)
        op->into = left;
    op->edge = edge->pattern->slot;
    if (!edge->path->shortest)
        TRY(set_unique(build, op));
    TRY(set_types(build, op));
    if (!op->into && !edge->path->shortest)
        build->planner->rows *= fan_out(build, edge) + 0.1;
    build->pending[edge->left->slot] = build->pending[edge->right->slot] = false;
    build->pending[op->edge] = false;
    if (edge->path->shortest && edge->path->slot != NO_SLOT)
        build->pending[edge->path->slot] = false;
    return attach(build, op);
}

/* ---- The whole --------------------------------------------------------------------------- */

static struct match_edge *next_edge(struct match_build *build)
{
    struct match_edge *best = NULL;
    double best_cost = 0;

    for (uint32_t i = 0; i < build->n_edges; i++) {
        struct match_edge *edge = &build->edges[i];
        double cost = edge->done ? -1 : edge_cost(build, edge);

        if (cost >= 0 && (!best || cost < best_cost)) {
            best = edge;
            best_cost = cost;
        }
    }
    return best;
}

static bool next_start(struct match_build *build, struct start *best)
{
    bool found = false;

    for (uint32_t i = 0; i < build->n_nodes; i++) {
        struct start start;

        if (known(build, build->nodes[i]))
            continue;
        start = start_at(build, build->nodes[i]);
        if (!found || start.cost < best->cost)
            *best = start;
        found = true;
    }
    return found;
}

static enum status add_paths(struct match_build *build)
{
    for (uint32_t i = 0; i < build->pattern->n_paths; i++) {
        struct path_pattern *path = build->pattern->paths[i];
        struct op *op;

        if (path->slot == NO_SLOT || path->shortest)
            continue;
        op = plan_op(build->planner, build->chain, OP_KIND_PATH);
        if (!op)
            return STATUS_NO_MEMORY;
        op->path = path;
        build->pending[path->slot] = false;
        TRY(attach(build, op));
    }
    return STATUS_OK;
}

static enum status collect_pattern(struct match_build *build)
{
    struct graph_pattern *pattern = build->pattern;
    uint32_t nodes = 0, edges = 0;

    for (uint32_t i = 0; i < pattern->n_paths; i++) {
        nodes += pattern->paths[i]->n_edges + 1;
        edges += pattern->paths[i]->n_edges;
    }
    build->nodes = arena_array(build->planner->arena, (size_t)nodes + 1, sizeof *build->nodes);
    build->edges = arena_array(build->planner->arena, (size_t)edges + 1, sizeof *build->edges);
    build->matched = arena_array(build->planner->arena, (size_t)edges + 1, sizeof *build->matched);
    if (!build->nodes || !build->edges || !build->matched)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < pattern->n_paths; i++) {
        struct path_pattern *path = pattern->paths[i];

        for (uint32_t k = 0; k <= path->n_edges; k++)
            build->nodes[build->n_nodes++] = path->nodes[k];
        for (uint32_t k = 0; k < path->n_edges; k++)
            build->edges[build->n_edges++] = (struct match_edge){
                path->edges[k], path, path->nodes[k], path->nodes[k + 1], false
            };
    }
    return STATUS_OK;
}

static enum status prepare(struct match_build *build)
{
    TRY(collect_pattern(build));
    for (uint32_t i = 0; i < build->n_nodes; i++)
        build->pending[build->nodes[i]->slot] |= !build->nodes[i]->bound;
    for (uint32_t i = 0; i < build->n_edges; i++)
        build->pending[build->edges[i].pattern->slot] = !build->edges[i].pattern->bound;
    for (uint32_t i = 0; i < build->pattern->n_paths; i++)
        if (build->pattern->paths[i]->slot != NO_SLOT)
            build->pending[build->pattern->paths[i]->slot] = true;
    for (uint32_t i = 0; i < build->n_nodes; i++)
        TRY(node_conditions(build, build->nodes[i]));
    for (uint32_t i = 0; i < build->n_edges; i++)
        TRY(edge_conditions(build, build->edges[i].pattern));
    return split_and(build, build->pattern->where);
}

static enum status build_all(struct match_build *build)
{
    struct match_edge *edge;
    struct start start;
    struct op *op;

    /* Conditions on what has values already. */
    op = plan_op(build->planner, build->chain, OP_KIND_FILTER);
    if (!op)
        return STATUS_NO_MEMORY;
    TRY(attach(build, op));
    for (;;) {
        edge = next_edge(build);
        if (edge)
            TRY(add_edge(build, edge));
        else if (next_start(build, &start))
            TRY(add_start(build, &start));
        else
            break;
    }
    return add_paths(build);
}

enum status plan_match(struct planner *planner, struct chain *chain, struct graph_pattern *pattern)
{
    struct match_build build = { .planner = planner, .chain = chain, .pattern = pattern,
                                 .n_slots = planner->ast->n_slots };

    build.pending = arena_array(planner->arena, (size_t)build.n_slots + 1, sizeof *build.pending);
    if (!build.pending)
        return STATUS_NO_MEMORY;
    TRY(prepare(&build));
    return build_all(&build);
}
