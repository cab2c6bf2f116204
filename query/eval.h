/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Evaluation of expressions over the frame of a running query.
 *
 * The frame has one place for each variable of the query. Values made on the way lie in the
 * scratch arena, which the operators rewind after each row; what outlives a row is copied with
 * value_keep().
 */

#include "base/arena.h"
#include "graph/edge.h"
#include "query/ast.h"
#include "query/limits.h"

/* What the `ref` of an EDGE points at. */
struct edge_ref {
    struct edge edge;
    uint64_t generation; /* of the run when it was read; older: its slices are stale */
};

/* What the `ref` of a PATH points at. */
struct path {
    uint32_t n_edges;
    const struct value *nodes; /* n_edges + 1 */
    const struct value *edges;
};

struct node_cache;
struct run;

struct eval {
    struct slice text;              /* of the query */
    const struct query_ast *ast;
    struct value *frame;
    struct arena *scratch;
    const struct value *parameters; /* in the order of ast->parameters */
    struct value *memos;            /* by expr->memo - 1; VALUE_PATH: not worked out yet */
    struct arena *kept;             /* of the run: lasts longer than a row */
    uint32_t *symbols;              /* of ast->names, 0 where the graph has none */
    struct graph_txn *txn;          /* NULL: no graph; only expressions can be evaluated */
    struct limits *limits;
    struct node_cache *cache;
    uint64_t generation;            /* counts writes */
    int64_t as_of_us;               /* edges not active then are not met; TIME_MIN: all are */
    int64_t now_us;                 /* the statement's clock */
    uint64_t random;                /* state of rand() */
    struct run *run;                /* for patterns and subqueries in expressions */
};

/*
 * The expression's value for the row in the frame; what it makes lies in the scratch arena.
 * STATUS_INVALID with the place of what was wrong (a type, an overflow, a division by zero).
 */
MUST_CHECK enum status eval_expr(struct value *out, struct eval *eval, const struct expr *expr);
/* Whether a condition holds: true, not false or null. STATUS_INVALID where it is no condition. */
MUST_CHECK enum status eval_condition(bool *holds, struct eval *eval, const struct expr *expr);
/* A run-time error at the expression. */
enum status eval_fail(struct eval *eval, const struct expr *expr, const char *type,
                      const char *detail, const char *format, ...) PRINTF_LIKE(5, 6);

/* ---- The graph --------------------------------------------------------------------------- */

static inline struct value value_node(struct node_id id)
{
    return (struct value){ .type = VALUE_NODE, .integer = (int64_t)id.value };
}

static inline struct node_id value_node_id(const struct value *node)
{
    return (struct node_id){ (uint64_t)node->integer };
}

static inline struct value value_edge(const struct edge_ref *edge)
{
    return (struct value){ .type = VALUE_EDGE, .ref = edge };
}

/* Lends the node until the next write; remembered, so that reading again costs nothing.
 * STATUS_NOT_FOUND: deleted, or not there at this moment. */
MUST_CHECK enum status eval_node(const struct node **out, struct eval *eval, struct node_id id);
/* After a write: nothing remembered holds any more; names may have symbols now. */
void eval_written(struct eval *eval);
/* Null where there is no such property. */
MUST_CHECK enum status eval_property(struct value *out, struct eval *eval, const struct expr *at,
                                     const struct value *holder, struct slice name,
                                     uint32_t symbol);
/* All properties of a node or edge, or the map itself. */
MUST_CHECK enum status eval_properties(struct value *out, struct eval *eval,
                                       const struct expr *at, const struct value *holder);
MUST_CHECK enum status eval_labels(bool *holds, struct eval *eval, const struct label_expr *labels,
                                   const uint32_t *symbols, size_t n);
/* The edge as it is now; STATUS_NOT_FOUND where it was deleted. */
MUST_CHECK enum status eval_edge(struct edge *out, struct eval *eval, const struct edge_ref *edge);

/* ---- Making values ----------------------------------------------------------------------- */

/* A deep copy into `arena`. */
MUST_CHECK enum status value_keep(struct value *out, struct arena *arena,
                                  const struct value *value);
/* Text copied into the scratch arena. */
MUST_CHECK enum status eval_text(struct value *out, struct eval *eval, struct slice text);
/* Sorts by key and drops all but the last of equal keys. */
void pairs_sort(struct value_pair *pairs, uint32_t *n);

/* ---- Operators (arithmetic.c, temporal_math.c) ------------------------------------------- */

MUST_CHECK enum status eval_arithmetic(struct value *out, struct eval *eval,
                                       const struct expr *expr, const struct value *left,
                                       const struct value *right);
