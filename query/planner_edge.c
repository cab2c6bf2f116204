/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Relationships of a MATCH to operators. */
#include "query/planner_match.h"

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

enum status match_set_types(struct match_build *build, struct op *op)
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
double match_fan_out(struct match_build *build, const struct match_edge *edge)
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

/* The cost of taking the relationship now; negative where it can't be taken yet. */
double match_edge_cost(struct match_build *build, const struct match_edge *edge)
{
    bool left = match_known(build, edge->left), right = match_known(build, edge->right);

    if (edge->path->shortest)
        return left && right ? 1 : -1;
    if (edge->pattern->bound)
        return 0;
    if (left && right)
        return edge->pattern->var_length ? 2 : 0.5;
    return left || right ? 1 + match_fan_out(build, edge) : -1;
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

enum status match_add_edge(struct match_build *build, struct match_edge *edge)
{
    struct op *op = plan_op(build->planner, build->chain, edge_kind(edge));
    bool left = match_known(build, edge->left), right = match_known(build, edge->right);

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
    TRY(match_set_types(build, op));
    TRY(match_push(build, op));
    if (!op->into && !edge->path->shortest)
        build->planner->rows *= match_fan_out(build, edge) + 0.1;
    build->pending[edge->left->slot] = build->pending[edge->right->slot] = false;
    build->pending[op->edge] = false;
    if (edge->path->shortest && edge->path->slot != NO_SLOT)
        build->pending[edge->path->slot] = false;
    return match_attach(build, op);
}
