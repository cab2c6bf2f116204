/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Names to slots, types as far as the text tells, and the compile-time errors of openCypher.
 */

#include "base/arena.h"
#include "query/ast.h"
#include "query/procedure.h"

struct bind_options {
    const struct procedure_table *procedures; /* may be NULL */
    const struct value *parameters;           /* a map, or NULL where not known yet */
};

/* Completes the tree in place. Errors are QUERY_COMPILE ones. */
MUST_CHECK enum status query_bind(struct query_ast *ast, struct arena *arena,
                                  const struct bind_options *options);
/* Same structure and same bindings. */
bool expr_equal(const struct expr *a, const struct expr *b);
