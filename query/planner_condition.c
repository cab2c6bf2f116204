/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions of a MATCH: gathered, and checked as soon as what they read has a value. */
#include "query/planner_match.h"

#include "query/expr_walk.h"

enum status match_add_condition(struct match_build *build, struct expr *expr)
{
    TRY(arena_reserve(build->planner->arena, &build->conditions, &build->conditions_capacity,
                      build->n_conditions));
    build->conditions[build->n_conditions++] = expr;
    return STATUS_OK;
}

enum status match_split_and(struct match_build *build, struct expr *expr)
{
    if (!expr)
        return STATUS_OK;
    if (expr->kind == EXPR_BINARY && expr->op == OP_AND) {
        TRY(match_split_and(build, expr->items[0]));
        return match_split_and(build, expr->items[1]);
    }
    TRY(plan_expr(build->planner, expr));
    return match_add_condition(build, expr);
}

struct expr *match_new_expr(struct match_build *build, enum expr_kind kind, struct text_span span,
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

struct expr *match_variable(struct match_build *build, uint32_t slot, struct text_span span)
{
    struct expr *expr = match_new_expr(build, EXPR_VARIABLE, span, 0);

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
    struct expr *compare = match_new_expr(build, EXPR_COMPARE, value->span, 2);
    struct expr *property = match_new_expr(build, EXPR_PROPERTY, value->span, 1);
    uint32_t index = name_index(build->planner->ast, key);

    if (!compare || !property)
        return STATUS_NO_MEMORY;
    property->items[0] = match_variable(build, slot, value->span);
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
        TRY(match_add_condition(build, condition));
    }
    return STATUS_OK;
}

enum status match_node_conditions(struct match_build *build, const struct node_pattern *node)
{
    struct expr *labels;

    if (node->labels) {
        labels = match_new_expr(build, EXPR_HAS_LABELS, node->span, 1);
        if (!labels)
            return STATUS_NO_MEMORY;
        labels->items[0] = match_variable(build, node->slot, node->span);
        labels->labels = node->labels;
        if (!labels->items[0])
            return STATUS_NO_MEMORY;
        TRY(match_add_condition(build, labels));
    }
    TRY(map_conditions(build, node->slot, node->properties));
    return match_split_and(build, node->where);
}

enum status match_edge_conditions(struct match_build *build, const struct edge_pattern *edge)
{
    if (edge->var_length) {
        if (edge->properties)
            TRY(plan_expr(build->planner, edge->properties));
        return edge->where ? plan_expr(build->planner, edge->where) : STATUS_OK;
    }
    TRY(map_conditions(build, edge->slot, edge->properties));
    return match_split_and(build, edge->where);
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

bool match_is_ready(const struct match_build *build, struct expr *expr)
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

/* Gives the operator all conditions that can be checked behind it; joins come after it. */
enum status match_attach(struct match_build *build, struct op *op)
{
    uint32_t kept = 0, n_semi = 0;
    struct expr **semi = arena_array(build->planner->arena, (size_t)build->n_conditions + 1,
                                     sizeof *semi);
    const struct expr *exists;
    bool anti;

    op->filters = arena_array(build->planner->arena, (size_t)build->n_conditions + 1,
                              sizeof *op->filters);
    if (!op->filters || !semi)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < build->n_conditions; i++) {
        struct expr *condition = build->conditions[i];

        if (!match_is_ready(build, condition)) {
            build->conditions[kept++] = condition;
        } else if (plan_is_semi(&exists, &anti, condition)) {
            semi[n_semi++] = condition;
        } else {
            op->filters[op->n_filters++] = condition;
            build->planner->rows *= selectivity(condition);
        }
    }
    build->n_conditions = kept;
    op->estimate = build->planner->rows;
    for (uint32_t i = 0; i < n_semi; i++)
        TRY(plan_semi(build->planner, build->chain, semi[i]));
    return STATUS_OK;
}

void match_drop_condition(struct match_build *build, const struct expr *condition)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < build->n_conditions; i++)
        if (build->conditions[i] != condition)
            build->conditions[kept++] = build->conditions[i];
    build->n_conditions = kept;
}
