/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variable-length expansions of which only the distinct ends are wanted: where what follows does
 * not care how often a row comes and nobody reads the relationships, each end is found once by a
 * search that visits a node once (exec_reach.c) instead of by every path that leads to it.
 */
#include "query/planner.h"

#include "query/aggregate.h"
#include "query/expr_walk.h"
#include "query/function.h"

struct reads {
    uint32_t slot, n;
};

static bool count_read(struct expr *expr, void *context)
{
    struct reads *reads = context;

    reads->n += expr->kind == EXPR_VARIABLE && expr->slot == reads->slot;
    return true;
}

/* Whether only its own pattern speaks of the relationships. */
static bool nobody_reads(const struct planner *planner, const struct op *op)
{
    struct reads reads = { op->edge, 0 };

    query_walk(planner->ast, count_read, &reads);
    return reads.n <= 1 && op->path->slot == NO_SLOT;
}

/* Whether its relationships must differ from those of another operator. */
static bool shares_uniqueness(const struct planner *planner, const struct op *op)
{
    if (op->n_unique)
        return true;
    for (size_t i = 0; i < planner->n_ops; i++)
        for (uint32_t k = 0; k < planner->ops[i]->n_unique; k++)
            if (planner->ops[i]->unique[k] == op->edge)
                return true;
    return false;
}

static bool only_ends_matter(const struct planner *planner, const struct op *op)
{
    return op->kind == OP_KIND_VAR_EXPAND && op->edge_pattern->min <= 1 &&
           op->edge_pattern->max > 1 && !op->pairs && !op->budget &&
           !shares_uniqueness(planner, op) && nobody_reads(planner, op);
}

static bool is_pure(const struct op *op)
{
    for (; op; op = op->next)
        if (op->kind == OP_KIND_WRITE || op->kind == OP_KIND_CALL || op->kind == OP_KIND_LIMIT ||
            op->kind == OP_KIND_AGGREGATE || (op->kind == OP_KIND_OPTIONAL && !is_pure(op->inner)))
            return false;
    return true;
}

static void rewrite(const struct planner *planner, struct op *op)
{
    for (; op; op = op->next) {
        if (only_ends_matter(planner, op))
            op->kind = OP_KIND_REACH;
        if (op->kind == OP_KIND_OPTIONAL)
            rewrite(planner, op->inner);
    }
}

void plan_distinct(const struct planner *planner, struct op *first)
{
    if (is_pure(first))
        rewrite(planner, first);
}

bool projection_is_distinct(const struct projection *projection)
{
    if (!projection->aggregates)
        return projection->distinct;
    for (uint32_t i = 0; i < projection->n_calls; i++) {
        const struct expr *call = projection->calls[i];
        bool extreme = call->kind == EXPR_CALL && (call->function->variant == AGGREGATE_MIN ||
                                                   call->function->variant == AGGREGATE_MAX);

        if (!call->distinct && !extreme)
            return false;
    }
    return true;
}
