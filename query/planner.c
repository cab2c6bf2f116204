/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clauses to operators. */
#include "query/planner.h"

#include "graph/catalog.h"
#include "query/expr_walk.h"

#include <stdlib.h>

const char *op_name(enum op_kind kind)
{
    static const char *const names[] = {
        [OP_KIND_SCAN] = "Scan",           [OP_KIND_SEEK] = "KeySeek",
        [OP_KIND_SEEK_ID] = "IdSeek",      [OP_KIND_SEEK_INDEX] = "IndexSeek",
             [OP_KIND_EXPAND] = "Expand",
        [OP_KIND_HASH_JOIN] = "HashJoin",  [OP_KIND_INTERSECT] = "Intersect",
        [OP_KIND_BOUND_EDGE] = "EdgeEnds", [OP_KIND_VAR_EXPAND] = "VarLengthExpand",
        [OP_KIND_REACH] = "Reach",
        [OP_KIND_BOUND_LIST] = "EdgeList", [OP_KIND_SHORTEST] = "ShortestPath",
        [OP_KIND_FILTER] = "Filter",       [OP_KIND_PATH] = "Path",
        [OP_KIND_SEMI] = "SemiJoin",       [OP_KIND_ANTI] = "AntiJoin",
        [OP_KIND_OPTIONAL] = "Optional",   [OP_KIND_MATCHED] = "Matched",
        [OP_KIND_UNWIND] = "Unwind",       [OP_KIND_PROJECT] = "Project",
        [OP_KIND_AGGREGATE] = "Aggregate", [OP_KIND_DISTINCT] = "Distinct",
        [OP_KIND_SORT] = "Sort",           [OP_KIND_LIMIT] = "Limit",
        [OP_KIND_WRITE] = "Write",         [OP_KIND_CALL] = "Call",
        [OP_KIND_RESULT] = "Result",       [OP_KIND_SINK] = "Subquery",
    };

    return names[kind];
}

struct op *plan_op(struct planner *planner, struct chain *chain, enum op_kind kind)
{
    struct op *op = arena_new(planner->arena, struct op);

    if (planner->n_ops >= PLAN_OPS_MAX) {
        (void)!fail(STATUS_LIMIT, "the query needs more than %d steps; split it", PLAN_OPS_MAX);
        planner->too_long = true;
        return NULL;
    }
    if (!op || array_reserve(&planner->ops, &planner->capacity, planner->n_ops + 1) != STATUS_OK)
        return NULL;
    op->kind = kind;
    op->index = (uint32_t)planner->n_ops;
    op->from = op->edge = op->to = NO_SLOT;
    op->estimate = planner->rows;
    planner->ops[planner->n_ops++] = op;
    *chain->tail = op;
    chain->tail = &op->next;
    return op;
}

double plan_count(struct planner *planner, struct slice name, double otherwise)
{
    uint64_t n;
    uint32_t symbol;

    if (!planner->txn)
        return otherwise;
    symbol = catalog_find(graph_catalog(txn_graph(planner->txn)), name);
    if (!symbol)
        return 0;
    if (txn_count_symbol(&n, planner->txn, symbol) != STATUS_OK)
        return otherwise;
    return (double)n;
}

/* ---- Expressions ------------------------------------------------------------------------- */

struct expr_planning {
    struct planner *planner;
    enum status status;
};

static bool plan_visit(struct expr *expr, void *context);

static enum status new_subplan(struct match_plan **out, struct planner *planner, uint32_t starts)
{
    struct match_plan *plan = arena_new(planner->arena, struct match_plan);

    if (!plan)
        return STATUS_NO_MEMORY;
    plan->starts = arena_array(planner->arena, starts, sizeof *plan->starts);
    plan->n_starts = starts;
    *out = plan;
    return plan->starts ? STATUS_OK : STATUS_NO_MEMORY;
}

/* All parts end in the same sink. */
static enum status end_in_sink(struct planner *planner, struct chain *chain,
                               struct match_plan *plan)
{
    if (plan->sink) {
        *chain->tail = plan->sink;
        return STATUS_OK;
    }
    plan->sink = plan_op(planner, chain, OP_KIND_SINK);
    return plan->sink ? STATUS_OK : STATUS_NO_MEMORY;
}

static enum status plan_subquery(struct planner *planner, struct expr *expr)
{
    double rows = planner->rows;
    struct op **span = planner->span;
    uint32_t n = expr->subquery ? expr->subquery->n_parts : 1;

    if (expr->plan)
        return STATUS_OK;
    TRY(new_subplan(&expr->plan, planner, n));
    for (uint32_t i = 0; i < n; i++) {
        struct chain chain = { .tail = &chain.first };

        planner->rows = 1;
        planner->span = &chain.first;
        if (expr->subquery)
            TRY(plan_linear(planner, &chain, &expr->subquery->parts[i]));
        else
            TRY(plan_match(planner, &chain, expr->pattern));
        if (expr->kind == EXPR_EXISTS || expr->kind == EXPR_PATTERN)
            plan_distinct(planner, *planner->span);
        TRY(end_in_sink(planner, &chain, expr->plan));
        expr->plan->starts[i] = chain.first;
    }
    planner->rows = rows;
    planner->span = span;
    return STATUS_OK;
}

static bool plan_visit(struct expr *expr, void *context)
{
    struct expr_planning *planning = context;

    switch (expr->kind) {
    case EXPR_PATTERN:
    case EXPR_PATTERN_COMPREHENSION:
    case EXPR_EXISTS:
    case EXPR_COUNT:
    case EXPR_COLLECT:
    case EXPR_SHORTEST:
        planning->status = plan_subquery(planning->planner, expr);
        return planning->status == STATUS_OK;
    default:
        return true;
    }
}

enum status plan_expr(struct planner *planner, struct expr *expr)
{
    struct expr_planning planning = { planner, STATUS_OK };

    expr_walk(expr, plan_visit, &planning);
    return planning.status;
}

static enum status plan_exprs(struct planner *planner, struct expr *const *exprs, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        TRY(plan_expr(planner, exprs[i]));
    return STATUS_OK;
}

static enum status plan_set(struct planner *planner, const struct set_list *list)
{
    for (uint32_t i = 0; i < list->n; i++) {
        TRY(plan_expr(planner, list->items[i].target));
        TRY(plan_expr(planner, list->items[i].key));
        TRY(plan_expr(planner, list->items[i].value));
    }
    return STATUS_OK;
}

/* ---- Clauses ----------------------------------------------------------------------------- */

bool plan_is_semi(const struct expr **exists, bool *anti, const struct expr *condition)
{
    *anti = condition->kind == EXPR_UNARY && condition->op == OP_NOT;
    *exists = *anti ? condition->items[0] : condition;
    return (*exists)->kind == EXPR_EXISTS || (*exists)->kind == EXPR_PATTERN;
}

enum status plan_semi(struct planner *planner, struct chain *chain, const struct expr *condition)
{
    const struct expr *exists;
    struct op *op;
    bool anti;

    if (!plan_is_semi(&exists, &anti, condition))
        return STATUS_OK;
    op = plan_op(planner, chain, anti ? OP_KIND_ANTI : OP_KIND_SEMI);
    if (!op)
        return STATUS_NO_MEMORY;
    op->exists = exists;
    op->inner = exists->plan->starts[0];
    planner->rows *= 0.5;
    op->estimate = planner->rows;
    return STATUS_OK;
}

static enum status add_filter(struct planner *planner, struct chain *chain, struct expr *where)
{
    struct op *op = plan_op(planner, chain, OP_KIND_FILTER);

    if (!op)
        return STATUS_NO_MEMORY;
    op->filters = arena_new(planner->arena, struct expr *);
    if (!op->filters)
        return STATUS_NO_MEMORY;
    op->filters[0] = where;
    op->n_filters = 1;
    return STATUS_OK;
}

enum status plan_filter(struct planner *planner, struct chain *chain, struct expr *where)
{
    const struct expr *exists;
    bool anti;

    if (!where)
        return STATUS_OK;
    TRY(plan_expr(planner, where));
    return plan_is_semi(&exists, &anti, where) ? plan_semi(planner, chain, where)
                                               : add_filter(planner, chain, where);
}

/* USING HOPS LIMIT and USING DEGREE LIMIT hold for the walks of one MATCH. */
static void set_budget(struct planner *planner, const struct clause *clause, size_t first)
{
    if (clause->hops_limit || clause->degree_limit)
        for (size_t i = first; i < planner->n_ops; i++)
            if (planner->ops[i]->edge_pattern) {
                planner->ops[i]->clause = clause;
                planner->ops[i]->budget = planner->ops[first];
            }
}

static enum status plan_match_clause(struct planner *planner, struct chain *chain,
                                     struct clause *clause)
{
    struct chain inner = { .tail = &inner.first };
    size_t first = planner->n_ops;
    struct op *op, *matched;

    if (!clause->optional) {
        TRY(plan_match(planner, chain, clause->pattern));
        set_budget(planner, clause, first);
        return STATUS_OK;
    }
    op = plan_op(planner, chain, OP_KIND_OPTIONAL);
    if (!op)
        return STATUS_NO_MEMORY;
    op->clause = clause;
    TRY(plan_match(planner, &inner, clause->pattern));
    set_budget(planner, clause, first);
    matched = plan_op(planner, &inner, OP_KIND_MATCHED);
    if (!matched)
        return STATUS_NO_MEMORY;
    matched->inner = op;
    op->inner = inner.first;
    return STATUS_OK;
}

static enum status plan_projection(struct planner *planner, struct chain *chain,
                                   struct clause *clause)
{
    struct projection *projection = clause->projection;
    const struct {
        bool wanted;
        enum op_kind kind;
    } steps[] = {
        { true, projection->aggregates ? OP_KIND_AGGREGATE : OP_KIND_PROJECT },
        { projection->distinct, OP_KIND_DISTINCT },
        { projection->n_order > 0, OP_KIND_SORT },
        { projection->skip || projection->limit, OP_KIND_LIMIT },
    };

    for (uint32_t i = 0; i < projection->n_items; i++)
        TRY(plan_expr(planner, projection->items[i].expr));
    for (uint32_t i = 0; i < projection->n_order; i++)
        TRY(plan_expr(planner, projection->order[i].expr));
    TRY(plan_expr(planner, projection->skip));
    TRY(plan_expr(planner, projection->limit));
    if (projection_is_distinct(projection))
        plan_distinct(planner, *planner->span);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct op *op = steps[i].wanted ? plan_op(planner, chain, steps[i].kind) : NULL;

        if (steps[i].wanted && !op)
            return STATUS_NO_MEMORY;
        if (op) {
            op->clause = clause;
            op->projection = projection;
        }
    }
    planner->span = chain->tail;
    return plan_filter(planner, chain, projection->where);
}

static enum status plan_pattern_exprs(struct planner *planner, const struct graph_pattern *pattern)
{
    for (uint32_t i = 0; i < pattern->n_paths; i++) {
        const struct path_pattern *path = pattern->paths[i];

        for (uint32_t k = 0; k <= path->n_edges; k++)
            TRY(plan_expr(planner, path->nodes[k]->properties));
        for (uint32_t k = 0; k < path->n_edges; k++)
            TRY(plan_expr(planner, path->edges[k]->properties));
    }
    return STATUS_OK;
}

static enum status plan_merge(struct planner *planner, struct op *op, struct clause *clause)
{
    struct chain inner = { .tail = &inner.first };

    TRY(plan_set(planner, &clause->on_create));
    TRY(plan_set(planner, &clause->on_match));
    TRY(new_subplan(&clause->plan, planner, 1));
    TRY(plan_match(planner, &inner, clause->pattern));
    TRY(end_in_sink(planner, &inner, clause->plan));
    clause->plan->starts[0] = inner.first;
    op->inner = inner.first;
    return STATUS_OK;
}

static enum status plan_write(struct planner *planner, struct chain *chain, struct clause *clause)
{
    struct op *op = plan_op(planner, chain, OP_KIND_WRITE);

    if (!op)
        return STATUS_NO_MEMORY;
    op->clause = clause;
    TRY(plan_exprs(planner, clause->exprs, clause->n_exprs));
    TRY(plan_set(planner, &clause->set));
    if (clause->pattern)
        TRY(plan_pattern_exprs(planner, clause->pattern));
    return clause->kind == CLAUSE_MERGE ? plan_merge(planner, op, clause) : STATUS_OK;
}

static enum status plan_clause(struct planner *planner, struct chain *chain, struct clause *clause)
{
    struct op *op;

    switch (clause->kind) {
    case CLAUSE_MATCH:
        return plan_match_clause(planner, chain, clause);
    case CLAUSE_WITH:
    case CLAUSE_RETURN:
        return plan_projection(planner, chain, clause);
    case CLAUSE_UNWIND:
    case CLAUSE_CALL:
        TRY(plan_exprs(planner, clause->exprs, clause->n_exprs));
        op = plan_op(planner, chain,
                     clause->kind == CLAUSE_CALL ? OP_KIND_CALL : OP_KIND_UNWIND);
        if (!op)
            return STATUS_NO_MEMORY;
        op->clause = clause;
        planner->rows *= 10;
        return plan_filter(planner, chain, clause->where);
    default:
        return plan_write(planner, chain, clause);
    }
}

enum status plan_linear(struct planner *planner, struct chain *chain,
                        const struct linear_query *part)
{
    planner->rows = 1;
    planner->span = chain->tail;
    for (uint32_t i = 0; i < part->n_clauses; i++)
        TRY(plan_clause(planner, chain, part->clauses[i]));
    return STATUS_OK;
}

static enum status plan_parts(struct planner *planner, struct plan *plan)
{
    struct query_ast *ast = planner->ast;

    plan->starts = arena_array(planner->arena, ast->n_parts, sizeof *plan->starts);
    if (!plan->starts)
        return STATUS_NO_MEMORY;
    plan->n_starts = ast->n_parts;
    for (uint32_t i = 0; i < ast->n_parts; i++) {
        const struct linear_query *part = &ast->parts[i];
        struct chain chain = { .tail = &chain.first };
        struct op *result;

        TRY(plan_linear(planner, &chain, part));
        result = plan_op(planner, &chain, OP_KIND_RESULT);
        if (!result)
            return STATUS_NO_MEMORY;
        result->clause = part->clauses[part->n_clauses - 1];
        plan->starts[i] = chain.first;
    }
    plan->ops = arena_array(planner->arena, planner->n_ops, sizeof *plan->ops);
    if (!plan->ops)
        return STATUS_NO_MEMORY;
    memcpy(plan->ops, planner->ops, planner->n_ops * sizeof *plan->ops);
    plan->n_ops = (uint32_t)planner->n_ops;
    return STATUS_OK;
}

/* Constants that cost more than a look at the frame are worked out once in a run. */
static bool number_memo(struct expr *expr, void *context)
{
    struct query_ast *ast = context;

    if (expr->constant && !expr->memo && (expr->kind == EXPR_CALL || expr->kind == EXPR_BINARY ||
                                          expr->kind == EXPR_LIST || expr->kind == EXPR_INDEX))
        expr->memo = ++ast->n_memos;
    return true;
}

enum status plan_make(struct plan **out, struct query_ast *ast, struct arena *arena,
                      struct graph_txn *txn, double batch_rows)
{
    struct planner planner = { .ast = ast, .arena = arena, .txn = txn, .batch_rows = batch_rows };
    struct plan *plan = arena_new(arena, struct plan);
    enum status status;

    if (!plan)
        return STATUS_NO_MEMORY;
    plan->ast = ast;
    query_walk(ast, number_memo, ast);
    status = plan_parts(&planner, plan);
    free(planner.ops);
    if (status == STATUS_OK)
        *out = plan;
    return planner.too_long ? STATUS_LIMIT : status;
}
