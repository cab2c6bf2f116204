/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of the planner share. */

#include "query/plan.h"

struct planner {
    struct query_ast *ast;
    struct arena *arena;
    struct graph_txn *txn;
    struct op **ops;
    struct op **span; /* where the operators since the last projection begin */
    size_t n_ops, capacity;
    double batch_rows;
    double rows; /* expected at this point of the chain */
    bool too_long; /* PLAN_OPS_MAX was reached: the failure is that one, not memory */
};

/* A chain under construction: where the next operator goes. */
struct chain {
    struct op *first;
    struct op **tail;
};

/* Appends an operator to the chain; NULL: no memory, or PLAN_OPS_MAX. */
struct op *plan_op(struct planner *planner, struct chain *chain, enum op_kind kind);
/* The operators that match a pattern; its named paths and its WHERE included. */
MUST_CHECK enum status plan_match(struct planner *planner, struct chain *chain,
                                  struct graph_pattern *pattern);
/* The chain of one linear query, up to but without its end. */
MUST_CHECK enum status plan_linear(struct planner *planner, struct chain *chain,
                                   const struct linear_query *part);
/* Plans for the patterns and subqueries inside an expression (NULL: nothing). */
MUST_CHECK enum status plan_expr(struct planner *planner, struct expr *expr);
/* From `first` on, nobody cares how often a row comes: expansions may give each end once. */
void plan_distinct(const struct planner *planner, struct op *first);
/* Whether the projection's rows are the same however often each of its inputs comes. */
bool projection_is_distinct(const struct projection *projection);
/*
 * Operators that check a condition: EXISTS and patterns as semi- and anti-joins with a plan of
 * their own, what is left as a filter.
 */
MUST_CHECK enum status plan_filter(struct planner *planner, struct chain *chain,
                                   struct expr *where);
/* Whether the condition is EXISTS or a pattern, or NOT of one (*anti). */
bool plan_is_semi(const struct expr **exists, bool *anti, const struct expr *condition);
MUST_CHECK enum status plan_semi(struct planner *planner, struct chain *chain,
                                 const struct expr *condition);
/* Expected count of a label or type by name index; `otherwise` where it can't be told. */
double plan_count(struct planner *planner, struct slice name, double otherwise);
