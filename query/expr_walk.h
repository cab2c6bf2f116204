/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Walks over expressions, also through the patterns and subqueries inside them. */

#include "query/ast.h"

/* Calls `visit` for expr and all below it, parents first; stops where it returns false. */
typedef bool expr_visitor(struct expr *expr, void *context);
/* False where a visit said stop. */
bool expr_walk(struct expr *expr, expr_visitor *visit, void *context);
/* All expressions of a query. */
bool query_walk(struct query_ast *ast, expr_visitor *visit, void *context);
bool pattern_walk(struct graph_pattern *pattern, expr_visitor *visit, void *context);
/* Whether the expression reads one of the slots. */
bool expr_reads(struct expr *expr, const uint32_t *slots, uint32_t n);
/* Calls `use` for each slot read (slots bound inside the expression included). */
void expr_slots(struct expr *expr, void (*use)(uint32_t slot, void *context), void *context);
