/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files of the planner share. */

#include "query/plan.h"

struct planner {
    struct query_ast *ast;
    struct arena *arena;
    struct graph_txn *txn;
    struct op **ops;
    size_t n_ops, capacity;
    double rows; /* expected at this point of the chain */
    bool too_long; /* PLAN_OPS_MAX was reached: the failure is that one, not memory */
};

/* A chain under construction: where the next operator goes. */
struct chain {
    struct op *first;
    struct op **tail;
};

struct op *plan_op(struct planner *planner, struct chain *chain, enum op_kind kind);
/* The operators that match a pattern; its named paths and its WHERE included. */
MUST_CHECK enum status plan_match(struct planner *planner, struct chain *chain,
                                  struct graph_pattern *pattern);
/* The chain of one linear query, up to but without its end. */
MUST_CHECK enum status plan_linear(struct planner *planner, struct chain *chain,
                                   const struct linear_query *part);
/* Plans for the patterns and subqueries inside an expression (NULL: nothing). */
MUST_CHECK enum status plan_expr(struct planner *planner, struct expr *expr);
/* Expected count of a label or type by name index; `otherwise` where it can't be told. */
double plan_count(struct planner *planner, struct slice name, double otherwise);
