/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Relationships of a MATCH to operators. */
#include "query/planner_match.h"

#include "graph/catalog.h"
#include "graph/schema.h"

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

/* How many nodes a relationship of the type may leave: those of the labels its schema names. */
static double sources(struct match_build *build, struct slice type, bool out)
{
    struct graph *graph = txn_graph(build->planner->txn);
    const struct schema_type *declared =
        schema_type_of(graph_schema(graph), catalog_find(graph_catalog(graph), type));
    const uint32_t *label = declared ? (out ? declared->from : declared->to) : NULL;
    double nodes = 0;

    for (; label && *label; label++)
        nodes += plan_count(build->planner, catalog_name(graph_catalog(graph), *label), 0);
    return nodes > 0 ? nodes : (double)txn_counts(build->planner->txn).nodes + 1;
}

/* Relationships of the types that a node has on average, one way. */
static double type_fan(struct match_build *build, const struct label_expr *types, bool out)
{
    struct graph_counts counts = txn_counts(build->planner->txn);

    if (!types || !names_only(types))
        return (double)(counts.edges + 1) / (double)(counts.nodes + 1);
    if (types->kind == LABEL_NAME)
        return plan_count(build->planner, types->name, 1) / sources(build, types->name, out);
    return type_fan(build, types->left, out) + type_fan(build, types->right, out);
}

/* How many times the relationship multiplies the rows. */
double match_fan_out(struct match_build *build, const struct match_edge *edge)
{
    const struct edge_pattern *pattern = edge->pattern;
    bool reversed = !match_known(build, edge->left) && match_known(build, edge->right);
    double fan = 0;

    if (!build->planner->txn)
        return 10;
    if (pattern->direction != (reversed ? DIRECTION_OUT : DIRECTION_IN))
        fan += type_fan(build, pattern->types, true);
    if (pattern->direction != (reversed ? DIRECTION_IN : DIRECTION_OUT))
        fan += type_fan(build, pattern->types, false);
    if (pattern->var_length)
        fan = (fan + 1) * (pattern->max == HOPS_UNBOUNDED ? 100 : pattern->max + 1);
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

enum status match_expand(struct match_build *build, struct chain *chain, struct match_edge *edge)
{
    struct op *op = plan_op(build->planner, chain, edge_kind(edge));
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
    return match_push(build, op);
}

enum status match_add_edge(struct match_build *build, struct match_edge *edge)
{
    struct op **made = build->chain->tail, *op;

    TRY(match_expand(build, build->chain, edge));
    op = *made;
    if (!op->into && !edge->path->shortest)
        build->planner->rows *= match_fan_out(build, edge) + 0.1;
    build->pending[edge->left->slot] = build->pending[edge->right->slot] = false;
    build->pending[op->edge] = false;
    if (edge->path->shortest && edge->path->slot != NO_SLOT)
        build->pending[edge->path->slot] = false;
    return match_attach(build, op);
}
