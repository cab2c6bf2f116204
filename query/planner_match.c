/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Patterns to operators, greedily: start where the fewest nodes are expected, then always take the
 * relationship that multiplies the rows least. Each condition is checked as soon as what it reads
 * has a value.
 */
#include "query/planner_match.h"

static struct match_edge *next_edge(struct match_build *build)
{
    struct match_edge *best = NULL;
    double best_cost = 0;

    for (uint32_t i = 0; i < build->n_edges; i++) {
        struct match_edge *edge = &build->edges[i];
        double cost = edge->done ? -1 : match_edge_cost(build, edge);

        if (cost >= 0 && (!best || cost < best_cost)) {
            best = edge;
            best_cost = cost;
        }
    }
    return best;
}

static bool next_start(struct match_build *build, struct match_start *best)
{
    bool found = false;

    for (uint32_t i = 0; i < build->n_nodes; i++) {
        struct match_start start;

        if (match_known(build, build->nodes[i]))
            continue;
        start = match_start_at(build, build->nodes[i]);
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
        TRY(match_attach(build, op));
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
    /* Choosing where to start costs more than the square of them, before any clock is looked at. */
    if (pattern->n_paths > MATCH_PATHS_MAX || nodes > PLAN_OPS_MAX)
        return fail(STATUS_LIMIT, "one MATCH has more than %d paths or %d nodes; split it",
                    MATCH_PATHS_MAX, PLAN_OPS_MAX);
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
        TRY(match_node_conditions(build, build->nodes[i]));
    for (uint32_t i = 0; i < build->n_edges; i++)
        TRY(match_edge_conditions(build, build->edges[i].pattern));
    return match_split_and(build, build->pattern->where);
}

static enum status take_edge(struct match_build *build, struct match_edge *edge)
{
    struct match_edge *second = match_second_edge(build, edge);

    return second ? match_add_intersection(build, edge, second) : match_add_edge(build, edge);
}

static enum status build_all(struct match_build *build)
{
    struct match_edge *edge;
    struct match_start start;
    struct op *op;

    /* Conditions on what has values already. */
    op = plan_op(build->planner, build->chain, OP_KIND_FILTER);
    if (!op)
        return STATUS_NO_MEMORY;
    TRY(match_attach(build, op));
    for (;;) {
        edge = next_edge(build);
        if (edge)
            TRY(take_edge(build, edge));
        else if (!next_start(build, &start))
            break;
        else if (match_joins(build, &start))
            TRY(match_add_join(build, &start));
        else
            TRY(match_add_start(build, &start));
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
