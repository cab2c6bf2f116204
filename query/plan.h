/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Plans: chains of operators, each of which pushes its rows to the next.
 *
 * A row is the frame of the run; an operator fills its slots and passes on, so that a row costs
 * no copy. Operators that must see all rows first (sorting, grouping, writing) copy what they keep.
 * A plan is immutable while it runs; what an operator remembers lies in the run, by its index.
 */

#include "base/arena.h"
#include "graph/graph.h"
#include "query/ast.h"

enum op_kind {
    OP_KIND_SCAN,      /* to: each node, or each of a label */
    OP_KIND_SEEK,      /* to: the node with label and key, or the nodes of a list of keys (many) */
    OP_KIND_SEEK_ID,   /* to: the node with an id */
    OP_KIND_SEEK_INDEX,/* to: nodes of a label with a property between bounds */
    OP_KIND_EXPAND,    /* from -> edge, to */
    OP_KIND_HASH_JOIN, /* to: nodes whose `low` equals `key`, from a table made once */
    OP_KIND_INTERSECT, /* to: nodes that both expansions of the inner chain lead to */
    OP_KIND_BOUND_EDGE,/* edge has a value: from and to are its ends */
    OP_KIND_VAR_EXPAND,
    OP_KIND_REACH,     /* VAR_EXPAND where only its ends matter: each once */
    OP_KIND_BOUND_LIST,/* edge is a list of relationships */
    OP_KIND_SHORTEST,  /* from, to have values */
    OP_KIND_FILTER,
    OP_KIND_SEMI,      /* rows for which the inner plan gives a row */
    OP_KIND_ANTI,      /* rows for which it gives none */
    OP_KIND_PATH,      /* builds a named path */
    OP_KIND_OPTIONAL,  /* inner, or nulls */
    OP_KIND_MATCHED,   /* end of an inner chain of OPTIONAL */
    OP_KIND_UNWIND,
    OP_KIND_PROJECT,
    OP_KIND_AGGREGATE,
    OP_KIND_DISTINCT,
    OP_KIND_SORT,
    OP_KIND_LIMIT,     /* SKIP and LIMIT */
    OP_KIND_WRITE,     /* CREATE, MERGE, SET, REMOVE, DELETE */
    OP_KIND_CALL,
    OP_KIND_RESULT,
    OP_KIND_SINK,      /* end of a subquery */
};

/* Each operator calls the next one: more of them than this would need a deep stack. */
#define PLAN_OPS_MAX 1000

/* edge.valid_from compared with a value. */
struct time_bound {
    enum operator compare;
    struct expr *bound;
};

/* What each relationship of a walk must satisfy, as the variable in `slot`. */
struct each_check {
    uint32_t slot;
    struct expr *where;
    struct each_check *next;
};

struct op {
    enum op_kind kind;
    uint32_t index;
    struct op *next;
    struct op *inner;            /* OPTIONAL; MERGE: the match */
    const struct clause *clause;
    const struct projection *projection;
    const struct edge_pattern *edge_pattern;
    const struct path_pattern *path;
    enum direction direction;    /* as walked from `from` */
    bool reversed;               /* walked against the way it is written */
    bool batched;                /* SCAN, SEEK_INDEX: candidates go in batches (query/batch.h) */
    bool into;                   /* `to` has a value before */
    bool from_known;             /* BOUND_EDGE: `from` has a value before */
    uint32_t from, edge, to;     /* slots */
    const struct label_expr *label; /* SCAN, SEEK: a name */
    struct expr *key;            /* SEEK, SEEK_ID */
    const struct expr *exists;   /* SEMI, ANTI */
    struct expr *low, *high;     /* SEEK_INDEX: bounds, one may be NULL */
    uint32_t property;           /* SEEK_INDEX: name index */
    bool many;                   /* SEEK: `key` is a list of keys */
    bool low_open, high_open;
    struct expr *implied[2];     /* SEEK_INDEX: conditions that exact bounds make needless */
    struct expr **filters;       /* checked on each row before it is passed on */
    uint32_t n_filters;
    uint32_t *unique;            /* slots of edges that must be others than this one */
    uint32_t n_unique;
    uint32_t *types;             /* name indexes of the types to walk; 0 of them: see any_type */
    uint32_t n_types;
    bool any_type;               /* all types; checked by the pattern's types where not plain */
    struct time_bound *bounds;   /* of the starts that a walk meets */
    uint32_t n_bounds, start_name; /* name index of valid_from */
    struct each_check *each;
    struct expr *pairs;          /* VAR_EXPAND: of each two that follow one another */
    uint32_t earlier, later;     /* slots that `pairs` reads */
    const struct op *budget;     /* whose state counts the hops of USING HOPS LIMIT */
    double estimate;             /* rows expected */
};

/* A pattern or subquery inside an expression, or the match of MERGE. */
struct match_plan {
    struct op **starts; /* one, or one for each part of a UNION */
    uint32_t n_starts;
    struct op *sink;
};

struct plan {
    const struct query_ast *ast;
    struct op **starts; /* of the parts of the query */
    uint32_t n_starts;
    struct op **ops;    /* all, by index */
    uint32_t n_ops;
};

/*
 * Scans that are expected to give `batch_rows` candidates give them in batches.
 * Plans a bound tree, with the counts of `txn` (NULL: none) to choose where to start. Everything
 * lies in `arena`.
 */
MUST_CHECK enum status plan_make(struct plan **out, struct query_ast *ast, struct arena *arena,
                                 struct graph_txn *txn, double batch_rows);
const char *op_name(enum op_kind kind);
