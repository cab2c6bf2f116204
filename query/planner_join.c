/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Joins: of two parts of a pattern that an equation joins, by a hash table; of the neighbours of
 * two known nodes, by intersecting sorted lists.
 */
#include "query/planner_match.h"

#include "query/expr_walk.h"

/* ---- Hash joins -------------------------------------------------------------------------- */

struct only {
    uint32_t slot;
    bool met, others;
};

static void note_slot(uint32_t slot, void *context)
{
    struct only *only = context;

    only->met |= slot == only->slot;
    only->others |= slot != only->slot;
}

/* Whether the expression reads the variable in `slot`, and no other. */
static bool reads_only(struct expr *expr, uint32_t slot)
{
    struct only only = { slot, false, false };

    expr_slots(expr, note_slot, &only);
    return only.met && !only.others;
}

/* The side of an equation that reads the new node only, where the other can be worked out. */
static bool join_keys(struct expr **inner, struct expr **outer, struct match_build *build,
                      uint32_t slot)
{
    for (uint32_t i = 0; i < build->n_conditions; i++) {
        struct expr *compare = build->conditions[i];

        if (compare->kind != EXPR_COMPARE || compare->n_items != 2 || compare->ops[0] != OP_EQUAL)
            continue;
        for (int side = 0; side < 2; side++) {
            *inner = compare->items[side];
            *outer = compare->items[1 - side];
            if (reads_only(*inner, slot) && match_is_ready(build, *outer))
                return true;
        }
    }
    return false;
}

/* Hashing reads each side once; without it each row so far would read all candidates. */
bool match_joins(struct match_build *build, const struct match_start *start)
{
    double rows = build->planner->rows;
    struct expr *inner, *outer;

    return start->kind == OP_KIND_SCAN && rows * start->cost > 2 * (rows + start->cost) &&
           join_keys(&inner, &outer, build, start->node->slot);
}

enum status match_add_join(struct match_build *build, const struct match_start *start)
{
    struct op *op = plan_op(build->planner, build->chain, OP_KIND_HASH_JOIN);

    if (!op)
        return STATUS_NO_MEMORY;
    op->to = start->node->slot;
    op->label = start->label;
    if (!join_keys(&op->low, &op->key, build, op->to))
        return fail(STATUS_INVALID, "no equation joins this part of the pattern");
    build->pending[op->to] = false;
    build->planner->rows *= start->cost < 1 ? 1 : start->cost;
    return match_attach(build, op);
}

/* ---- Intersections ----------------------------------------------------------------------- */

static bool is_plain(const struct match_edge *edge)
{
    return !edge->done && !edge->pattern->bound && !edge->pattern->var_length &&
           !edge->path->shortest && edge->left->slot != edge->right->slot;
}

/* The end of a plain relationship that is not known, where the other one is; NULL for others. */
static const struct node_pattern *open_end(const struct match_build *build,
                                           const struct match_edge *edge)
{
    bool left = match_known(build, edge->left), right = match_known(build, edge->right);

    if (!is_plain(edge) || left == right)
        return NULL;
    return left ? edge->right : edge->left;
}

struct match_edge *match_second_edge(struct match_build *build, const struct match_edge *first)
{
    const struct node_pattern *end = open_end(build, first);

    /* Each neighbour would be expanded to and then looked for from the other side. */
    if (!end || match_fan_out(build, first) < 1)
        return NULL;
    for (uint32_t i = 0; i < build->n_edges; i++) {
        const struct node_pattern *other = open_end(build, &build->edges[i]);

        if (&build->edges[i] != first && other && other->slot == end->slot)
            return &build->edges[i];
    }
    return NULL;
}

enum status match_add_intersection(struct match_build *build, struct match_edge *first,
                                   struct match_edge *second)
{
    struct op *op = plan_op(build->planner, build->chain, OP_KIND_INTERSECT);
    double fan = match_fan_out(build, first) * match_fan_out(build, second);
    struct chain inner = { .tail = &inner.first };

    if (!op)
        return STATUS_NO_MEMORY;
    op->to = open_end(build, first)->slot;
    TRY(match_expand(build, &inner, first));
    TRY(match_expand(build, &inner, second));
    op->inner = inner.first;
    build->pending[op->to] = build->pending[first->pattern->slot] =
        build->pending[second->pattern->slot] = false;
    build->planner->rows *= 0.1 * fan + 0.1;
    return match_attach(build, op);
}
