/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variable-length expansion where only distinct ends matter: breadth first, each node once, instead
 * of each path. A shortest walk repeats no node, so a node is the end of some path of distinct
 * relationships just where it is met within the bound. Only for the start itself that is not so
 * where both directions are walked: going there and back takes one relationship twice. There the
 * shortest cycle through the start decides: the search tree has a branch for each edge it leaves
 * the start by, and an edge between two branches closes a cycle (Itai and Rodeh 1978).
 */
#include "query/run.h"

#include "query/node_map.h"

#include <stdlib.h>

struct reached {
    uint32_t depth, branch; /* branch: number of the node after the start */
    uint64_t edge;          /* by which it was met */
};

struct reach {
    struct run *run;
    const struct op *op;
    struct node_map met;
    struct reached *reached; /* by number */
    size_t reached_capacity;
    uint64_t kept;          /* bytes */
    bool gave_start;
};

static void reach_fini(struct reach *reach)
{
    limits_drop(&reach->run->limits, &reach->kept);
    node_map_fini(&reach->met);
    free(reach->reached);
}

static enum status give(struct reach *reach, uint64_t node)
{
    struct run *run = reach->run;
    const struct op *op = reach->op;
    struct arena_mark mark = arena_mark(&run->scratch);
    struct value *to = &run->eval.frame[op->to];

    if (op->into && (to->type != VALUE_NODE || value_node_id(to).value != node))
        return STATUS_OK;
    if (!op->into && op->from == op->to && reach->met.nodes[0] != node)
        return STATUS_OK;
    run->eval.frame[op->edge] = value_null(); /* nobody reads it */
    if (!op->into)
        *to = value_node((struct node_id){ node });
    return run_pass_rewind(run, op, mark);
}

static enum status give_start(struct reach *reach)
{
    if (reach->gave_start)
        return STATUS_OK;
    reach->gave_start = true;
    return give(reach, reach->met.nodes[0]);
}

/* An edge to a node that was met before: does it close a cycle through the start within `max`? */
static bool closes_cycle(const struct reach *reach, uint32_t from, uint32_t to, uint64_t edge)
{
    const struct reached *a = &reach->reached[from], *b = &reach->reached[to];

    if (reach->op->direction != DIRECTION_BOTH)
        return to == 0;
    if (edge == a->edge || edge == b->edge || (from && to && a->branch == b->branch))
        return false;
    return (uint64_t)a->depth + b->depth + 1 <= reach->op->edge_pattern->max;
}

static enum status arrive(struct reach *reach, uint32_t from, const struct walk *walk)
{
    uint64_t node = walk_far_end(walk).value, edge = walk->edge.edge.id.value;
    uint32_t number;
    bool added;

    TRY(node_map_add(&number, &added, &reach->met, node));
    if (!added)
        return closes_cycle(reach, from, number, edge) ? give_start(reach) : STATUS_OK;
    TRY(limits_keep(&reach->run->limits, &reach->kept,
                    sizeof *reach->reached + 4 * sizeof node));
    TRY(array_reserve(&reach->reached, &reach->reached_capacity, reach->met.n));
    reach->reached[number] = (struct reached){ reach->reached[from].depth + 1,
                                               from ? reach->reached[from].branch : number, edge };
    return give(reach, node);
}

static enum status leave(struct reach *reach, uint32_t from)
{
    AUTO(walk_stop) struct walk walk = { 0 };
    bool passes = true;

    walk_start(&walk, reach->run, reach->op, (struct node_id){ reach->met.nodes[from] },
               reach->op->direction);
    while (walk_next(&walk)) {
        if (edge_is_checked(reach->op))
            TRY(edge_passes(&passes, reach->run, reach->op, &walk.edge));
        if (passes)
            TRY(arrive(reach, from, &walk));
    }
    return walk.status;
}

enum status exec_reach(struct run *run, const struct op *op)
{
    AUTO(reach_fini) struct reach reach = { .run = run, .op = op };
    const struct edge_pattern *pattern = op->edge_pattern;
    const struct value *from = &run->eval.frame[op->from];
    uint32_t number;
    bool added;

    if (from->type != VALUE_NODE)
        return STATUS_OK;
    TRY(walk_window(run, op));
    TRY(node_map_add(&number, &added, &reach.met, value_node_id(from).value));
    TRY(array_reserve(&reach.reached, &reach.reached_capacity, 1));
    reach.reached[0] = (struct reached){ 0 };
    if (pattern->min == 0)
        TRY(give_start(&reach));
    for (size_t i = 0; i < reach.met.n; i++)
        if (reach.reached[i].depth < pattern->max)
            TRY(leave(&reach, (uint32_t)i));
    return STATUS_OK;
}
