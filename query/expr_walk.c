/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/expr_walk.h"

static bool projection_walk(struct projection *projection, expr_visitor *visit, void *context)
{
    for (uint32_t i = 0; i < projection->n_items; i++)
        if (!expr_walk(projection->items[i].expr, visit, context))
            return false;
    for (uint32_t i = 0; i < projection->n_order; i++)
        if (!expr_walk(projection->order[i].expr, visit, context))
            return false;
    return expr_walk(projection->skip, visit, context) &&
           expr_walk(projection->limit, visit, context) &&
           expr_walk(projection->where, visit, context);
}

static bool clause_walk(struct clause *clause, expr_visitor *visit, void *context)
{
    if (clause->pattern && !pattern_walk(clause->pattern, visit, context))
        return false;
    if (clause->projection && !projection_walk(clause->projection, visit, context))
        return false;
    for (uint32_t i = 0; i < clause->n_exprs; i++)
        if (!expr_walk(clause->exprs[i], visit, context))
            return false;
    return expr_walk(clause->where, visit, context);
}

bool query_walk(struct query_ast *ast, expr_visitor *visit, void *context)
{
    for (uint32_t i = 0; i < ast->n_parts; i++)
        for (uint32_t k = 0; k < ast->parts[i].n_clauses; k++)
            if (!clause_walk(ast->parts[i].clauses[k], visit, context))
                return false;
    return true;
}

/* A node or edge of a pattern counts as a read of its slot: shown as a variable. */
static bool visit_slot(uint32_t slot, expr_visitor *visit, void *context)
{
    struct expr variable = { .kind = EXPR_VARIABLE, .slot = slot, .slot2 = NO_SLOT };

    return slot == NO_SLOT || visit(&variable, context);
}

bool pattern_walk(struct graph_pattern *pattern, expr_visitor *visit, void *context)
{
    for (uint32_t i = 0; i < pattern->n_paths; i++) {
        struct path_pattern *path = pattern->paths[i];

        for (uint32_t k = 0; k <= path->n_edges; k++)
            if (!visit_slot(path->nodes[k]->slot, visit, context) ||
                !expr_walk(path->nodes[k]->properties, visit, context) ||
                !expr_walk(path->nodes[k]->where, visit, context))
                return false;
        for (uint32_t k = 0; k < path->n_edges; k++)
            if (!visit_slot(path->edges[k]->slot, visit, context) ||
                !expr_walk(path->edges[k]->properties, visit, context) ||
                !expr_walk(path->edges[k]->where, visit, context))
                return false;
    }
    return expr_walk(pattern->where, visit, context);
}

static bool has_pattern(const struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_PATTERN:
    case EXPR_PATTERN_COMPREHENSION:
    case EXPR_SHORTEST:
        return true;
    case EXPR_EXISTS:
    case EXPR_COUNT:
    case EXPR_COLLECT:
        return !expr->subquery;
    default:
        return false;
    }
}

bool expr_walk(struct expr *expr, expr_visitor *visit, void *context)
{
    if (!expr)
        return true;
    if (!visit(expr, context))
        return false;
    for (uint32_t i = 0; i < expr->n_items; i++)
        if (!expr_walk(expr->items[i], visit, context))
            return false;
    if (has_pattern(expr) && !pattern_walk(expr->pattern, visit, context))
        return false;
    return !expr->subquery || query_walk(expr->subquery, visit, context);
}

struct wanted {
    const uint32_t *slots;
    uint32_t n;
};

static bool not_wanted(struct expr *expr, void *context)
{
    const struct wanted *wanted = context;

    if (expr->kind == EXPR_VARIABLE)
        for (uint32_t i = 0; i < wanted->n; i++)
            if (wanted->slots[i] == expr->slot)
                return false;
    return true;
}

bool expr_reads(struct expr *expr, const uint32_t *slots, uint32_t n)
{
    struct wanted wanted = { slots, n };

    return !expr_walk(expr, not_wanted, &wanted);
}

struct user {
    void (*use)(uint32_t slot, void *context);
    void *context;
};

static bool use_slot(struct expr *expr, void *context)
{
    const struct user *user = context;

    if (expr->kind == EXPR_VARIABLE && expr->slot != NO_SLOT)
        user->use(expr->slot, user->context);
    return true;
}

void expr_slots(struct expr *expr, void (*use)(uint32_t slot, void *context), void *context)
{
    struct user user = { use, context };

    expr_walk(expr, use_slot, &user);
}
