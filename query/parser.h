/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Query text to syntax tree: recursive descent for clauses and patterns, precedence climbing for
 * expressions. Linear in the text; nesting deeper than PARSER_DEPTH_MAX is refused.
 */

#include "base/arena.h"
#include "query/ast.h"

#define PARSER_DEPTH_MAX 200
/* Operators in a row, as in 1 + 1 + ...: the tree leans to the left by as much. */
#define PARSER_CHAIN_MAX 1000

/* `text` and `arena` outlive the tree. Errors are QUERY_COMPILE ones with their place. */
MUST_CHECK enum status query_parse(struct query_ast **out, struct slice text, struct arena *arena);
