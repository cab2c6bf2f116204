/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conditions pushed into walks: bounds on valid_from become windows of the adjacency scan, and
 * what must hold for all relationships of a path, or for each two that follow one another (such as
 * ascending times), is checked as the path grows instead of when it is whole.
 */
#include "query/planner_match.h"

#include "query/expr_walk.h"
#include "query/function.h"

#define BOUNDS_MAX 4

static bool is_variable(const struct expr *expr, uint32_t slot)
{
    return expr->kind == EXPR_VARIABLE && expr->slot == slot;
}

/* ---- Windows ----------------------------------------------------------------------------- */

static enum status add_bound(struct match_build *build, struct op *op, const struct expr *start,
                             uint32_t slot, enum operator compare, struct expr *bound)
{
    if (start->kind != EXPR_PROPERTY || !is_variable(start->items[0], slot) ||
        !slice_equal(start->name, SLICE("valid_from")) || compare < OP_EQUAL ||
        compare > OP_GREATER_EQUAL || compare == OP_NOT_EQUAL || op->n_bounds == BOUNDS_MAX ||
        !match_is_ready(build, bound) || expr_reads(bound, &slot, 1))
        return STATUS_OK;
    if (!op->bounds)
        op->bounds = arena_array(build->planner->arena, BOUNDS_MAX, sizeof *op->bounds);
    if (!op->bounds)
        return STATUS_NO_MEMORY;
    op->start_name = start->name_index;
    op->bounds[op->n_bounds++] = (struct time_bound){ compare, bound };
    return STATUS_OK;
}

/* The condition stays: a window is as wide as microseconds and types make it. */
static enum status take_window(struct match_build *build, struct op *op, struct expr *condition,
                               uint32_t slot)
{
    if (condition->kind == EXPR_BINARY && condition->op == OP_AND) {
        TRY(take_window(build, op, condition->items[0], slot));
        return take_window(build, op, condition->items[1], slot);
    }
    for (uint32_t i = 0; condition->kind == EXPR_COMPARE && i + 1 < condition->n_items; i++) {
        struct expr *left = condition->items[i], *right = condition->items[i + 1];

        TRY(add_bound(build, op, left, slot, condition->ops[i], right));
        TRY(add_bound(build, op, right, slot, match_turned(condition->ops[i]), left));
    }
    return STATUS_OK;
}

/* ---- All relationships of a path --------------------------------------------------------- */

static bool is_call(const struct expr *expr, const char *name, uint32_t n)
{
    return expr->kind == EXPR_CALL && expr->n_items == n &&
           strcmp(expr->function->name, name) == 0;
}

/* Whether the list is all the relationships of `op`: its variable, or relationships(path). */
static bool is_walk(const struct op *op, const struct expr *list)
{
    return is_variable(list, op->edge) ||
           (is_call(list, "relationships", 1) && op->path->n_edges == 1 &&
            op->path->slot != NO_SLOT && is_variable(list->items[0], op->path->slot));
}

static bool is_int(const struct expr *expr, int64_t number)
{
    return expr->kind == EXPR_LITERAL && expr->literal.type == VALUE_INT &&
           expr->literal.integer == number;
}

/* size(walk) - number */
static bool is_size_less(const struct op *op, const struct expr *expr, int64_t number)
{
    return expr->kind == EXPR_BINARY && expr->op == OP_SUBTRACT &&
           is_call(expr->items[0], "size", 1) && is_walk(op, expr->items[0]->items[0]) &&
           is_int(expr->items[1], number);
}

/* i is 0; i + 1 is 1; i - 1 is -1; false for others. */
static bool offset_of(int *offset, const struct expr *index, uint32_t slot)
{
    *offset = 0;
    if (is_variable(index, slot))
        return true;
    *offset = index->op == OP_ADD ? 1 : -1;
    return index->kind == EXPR_BINARY && (index->op == OP_ADD || index->op == OP_SUBTRACT) &&
           is_variable(index->items[0], slot) && is_int(index->items[1], 1);
}

/* What a copy of a condition on walk[i] and its neighbour reads instead. */
struct pairing {
    struct match_build *build;
    const struct op *op;
    uint32_t index;            /* slot of i */
    int first;                 /* offset of the earlier one: -1, or 0 */
    uint32_t earlier, later;   /* slots */
    bool possible;
};

static struct expr *copy_paired(struct pairing *pairing, const struct expr *expr)
{
    struct expr *copy, **items;
    int offset;

    if (expr->kind == EXPR_INDEX && is_walk(pairing->op, expr->items[0]) &&
        offset_of(&offset, expr->items[1], pairing->index) &&
        (offset == pairing->first || offset == pairing->first + 1))
        return match_variable(pairing->build, offset == pairing->first ? pairing->earlier
                                                                       : pairing->later,
                              expr->span);
    if (expr->kind >= EXPR_PATTERN || is_variable(expr, pairing->index) ||
        is_walk(pairing->op, expr))
        pairing->possible = false;
    copy = match_new_expr(pairing->build, expr->kind, expr->span, expr->n_items);
    if (!copy)
        return NULL;
    items = copy->items;
    *copy = *expr;
    copy->items = items;
    for (uint32_t i = 0; i < expr->n_items; i++) {
        if (!expr->items[i])
            continue;
        copy->items[i] = copy_paired(pairing, expr->items[i]);
        if (!copy->items[i])
            return NULL;
    }
    return copy;
}

/* ALL(i IN range(1, size(t) - 1) WHERE ... t[i - 1] ... t[i]), or from 0 with t[i], t[i + 1]. */
static enum status take_pairs(bool *taken, struct match_build *build, struct op *op,
                              const struct expr *all)
{
    const struct expr *range = all->items[0];
    struct pairing pairing = { .build = build, .op = op, .index = all->slot, .possible = true };
    struct expr *check;

    if (!is_call(range, "range", 2) || op->pairs)
        return STATUS_OK;
    pairing.first = is_int(range->items[0], 1) ? -1 : 0;
    if (!is_int(range->items[0], -pairing.first) ||
        !is_size_less(op, range->items[1], pairing.first ? 1 : 2))
        return STATUS_OK;
    pairing.earlier = build->planner->ast->n_slots;
    pairing.later = pairing.earlier + 1;
    check = copy_paired(&pairing, all->items[1]);
    if (!check)
        return STATUS_NO_MEMORY;
    if (!pairing.possible || !match_is_ready(build, check))
        return STATUS_OK;
    build->planner->ast->n_slots += 2;
    op->pairs = check;
    op->earlier = pairing.earlier;
    op->later = pairing.later;
    *taken = true;
    return STATUS_OK;
}

static enum status take_each(bool *taken, struct match_build *build, struct op *op,
                             struct expr *all)
{
    struct each_check *check;

    if (!is_walk(op, all->items[0]) || !match_is_ready(build, all->items[1]))
        return STATUS_OK;
    check = arena_new(build->planner->arena, struct each_check);
    if (!check)
        return STATUS_NO_MEMORY;
    *check = (struct each_check){ all->slot, all->items[1], op->each };
    op->each = check;
    *taken = true;
    return take_window(build, op, all->items[1], all->slot);
}

static enum status take_all(bool *taken, struct match_build *build, struct op *op,
                            struct expr *all)
{
    *taken = false;
    if (all->kind != EXPR_QUANTIFIER || all->op != OP_ALL || !all->items[1])
        return STATUS_OK;
    TRY(take_each(taken, build, op, all));
    return *taken ? STATUS_OK : take_pairs(taken, build, op, all);
}

enum status match_push(struct match_build *build, struct op *op)
{
    if (op->kind == OP_KIND_EXPAND)
        for (uint32_t i = 0; i < build->n_conditions; i++)
            TRY(take_window(build, op, build->conditions[i], op->edge));
    if (op->kind != OP_KIND_VAR_EXPAND)
        return STATUS_OK;
    if (op->edge_pattern->where)
        TRY(take_window(build, op, op->edge_pattern->where, op->edge));
    for (uint32_t i = 0; i < build->n_conditions;) {
        struct expr *condition = build->conditions[i];
        bool taken;

        TRY(take_all(&taken, build, op, condition));
        if (taken)
            match_drop_condition(build, condition);
        else
            i++;
    }
    return STATUS_OK;
}
