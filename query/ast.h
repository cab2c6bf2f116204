/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Syntax tree of a query. Everything lies in the arena of its query; names point into the text.
 *
 * The parser fills what the text says; the binder adds slots (places in the frame of a running
 * query), types and functions. Children of an expression are in `items`, so that a walk over any
 * expression is one loop; what each position means is said at the kind. A child may be NULL.
 */

#include "base/value.h"
#include "query/error.h"
#include "store/id.h"

struct function;
struct procedure;
struct query_ast;
struct graph_pattern;
struct match_plan;

#define NO_SLOT UINT32_MAX

#define TYPE_BIT(type) (1u << (type))
#define TYPE_ANY 0xffffu
#define TYPE_NUMBER (TYPE_BIT(VALUE_INT) | TYPE_BIT(VALUE_FLOAT))
#define TYPE_TEMPORAL                                                                              \
    (TYPE_BIT(VALUE_DATE) | TYPE_BIT(VALUE_LOCAL_TIME) | TYPE_BIT(VALUE_TIME) |                    \
     TYPE_BIT(VALUE_LOCAL_DATETIME) | TYPE_BIT(VALUE_DATETIME) | TYPE_BIT(VALUE_DURATION))

/* What a value may be, as far as the text tells: bits of enum value_type, and of list items. */
struct static_type {
    uint32_t mask, items;
};

enum expr_kind {
    EXPR_LITERAL,       /* literal */
    EXPR_PARAMETER,     /* name; slot: index among the parameters of the query */
    EXPR_VARIABLE,      /* name; slot */
    EXPR_PROPERTY,      /* items: base; name: the key */
    EXPR_INDEX,         /* items: base, index */
    EXPR_SLICE,         /* items: base, from or NULL, to or NULL */
    EXPR_LIST,          /* items */
    EXPR_MAP,           /* items: values; keys */
    EXPR_MAP_PROJECTION,/* items: base, then a value for each key; all: also `.*` */
    EXPR_UNARY,         /* op: OP_NOT, OP_MINUS, OP_PLUS, OP_IS_NULL, OP_IS_NOT_NULL */
    EXPR_BINARY,        /* op; items: left, right */
    EXPR_COMPARE,       /* items: operands; ops between them */
    EXPR_HAS_LABELS,    /* items: base; labels */
    EXPR_CALL,          /* name; items: arguments; distinct; function by the binder */
    EXPR_COUNT_STAR,
    EXPR_CASE,          /* items: operand or NULL, else or NULL, then pairs of when and then */
    EXPR_LIST_COMPREHENSION, /* name, slot: variable; items: list, where or NULL, result or NULL */
    EXPR_QUANTIFIER,    /* op: OP_ALL..OP_SINGLE; name, slot; items: list, where */
    EXPR_REDUCE,        /* name, slot: accumulator; name2, slot2; items: start, list, step */
    EXPR_PATTERN,       /* pattern: one path, as a predicate */
    EXPR_PATTERN_COMPREHENSION, /* pattern with its where; items: result */
    EXPR_EXISTS,        /* subquery, or pattern with its where */
    EXPR_COUNT,         /* the same */
    EXPR_COLLECT,       /* the same, one column */
    EXPR_SHORTEST,      /* pattern: one shortestPath() between bound nodes, as a value */
};

enum operator {
    OP_NONE,
    OP_OR, OP_XOR, OP_AND, OP_NOT,
    OP_EQUAL, OP_NOT_EQUAL, OP_LESS, OP_LESS_EQUAL, OP_GREATER, OP_GREATER_EQUAL,
    OP_STARTS_WITH, OP_ENDS_WITH, OP_CONTAINS, OP_IN, OP_MATCHES, OP_IS_NULL, OP_IS_NOT_NULL,
    OP_ADD, OP_SUBTRACT, OP_CONCAT, OP_MULTIPLY, OP_DIVIDE, OP_MODULO, OP_POWER,
    OP_MINUS, OP_PLUS,
    OP_ALL, OP_ANY, OP_NO, OP_SINGLE,
};

enum label_kind {
    LABEL_NAME,
    LABEL_ANY, /* % */
    LABEL_NOT,
    LABEL_AND,
    LABEL_OR,
};

struct label_expr {
    enum label_kind kind;
    struct slice name;
    struct text_span span;
    struct label_expr *left, *right;
    uint32_t name_index; /* among the names of the query, whose symbols a run looks up */
};

struct expr {
    enum expr_kind kind;
    enum operator op;
    bool distinct;      /* CALL: f(DISTINCT x) */
    bool all;           /* MAP_PROJECTION */
    bool aggregates;    /* some CALL or COUNT_STAR below it aggregates */
    bool parenthesised; /* stood in parentheses of its own */
    bool constant;      /* nothing below it reads a variable, the graph or the clock */
    struct text_span span;
    struct static_type type;
    struct slice name, name2;
    uint32_t slot, slot2;
    uint32_t n_items;
    struct expr **items;
    union {
        struct slice *keys;          /* MAP, MAP_PROJECTION */
        enum operator *ops;          /* COMPARE: n_items - 1 */
        struct label_expr *labels;   /* HAS_LABELS */
        const struct function *function;
        struct graph_pattern *pattern;
    };
    struct query_ast *subquery;
    struct match_plan *plan;         /* of a pattern in an expression */
    uint32_t name_index;             /* PROPERTY: among the names of the query */
    uint32_t memo;                   /* a constant that costs: its place + 1 among them, else 0 */
    struct value literal;
};

struct node_pattern {
    struct slice variable; /* empty: anonymous */
    struct text_span span;
    struct label_expr *labels;
    struct expr *properties; /* a map, or a parameter */
    struct expr *where;
    uint32_t slot;
    bool bound; /* the variable has a value before this pattern */
};

#define HOPS_UNBOUNDED UINT32_MAX

struct edge_pattern {
    struct slice variable;
    struct text_span span;
    struct label_expr *types;
    struct expr *properties;
    struct expr *where;
    enum direction direction;
    bool both_arrows; /* written <-->, which CREATE refuses */
    bool var_length;
    uint32_t min, max;
    uint32_t slot;
    bool bound;
};

enum shortest {
    SHORTEST_NONE,
    SHORTEST_ONE,
    SHORTEST_ALL,
};

struct path_pattern {
    struct slice variable;
    struct text_span span;
    enum shortest shortest;
    struct node_pattern **nodes; /* n_edges + 1 */
    struct edge_pattern **edges;
    uint32_t n_edges;
    uint32_t slot; /* of a named path, else NO_SLOT */
};

struct graph_pattern {
    struct path_pattern **paths;
    uint32_t n_paths;
    struct expr *where;
    struct text_span span;
};

struct projection_item {
    struct expr *expr;
    struct slice name;    /* the alias, or the text of the expression */
    bool aliased;
    struct text_span name_span;
    uint32_t slot;        /* where the value goes */
};

struct sort_item {
    struct expr *expr;
    bool descending;
};

struct projection {
    struct text_span span;
    bool distinct, star;
    struct projection_item *items; /* with a star: the visible variables first, by the binder */
    uint32_t n_items;
    struct sort_item *order;
    uint32_t n_order;
    struct expr *skip, *limit;
    struct expr *where; /* WITH only */
    /* By the binder. */
    bool aggregates;
    struct expr **calls;   /* aggregating calls; their values go to their slots */
    uint32_t n_calls;
    uint32_t *kept;        /* slots that ORDER BY and WHERE read from before the projection */
    uint32_t n_kept;
};

enum set_kind {
    SET_PROPERTY, /* target.key = value */
    SET_REPLACE,  /* variable = map */
    SET_MERGE,    /* variable += map */
    SET_LABELS,
    REMOVE_PROPERTY,
    REMOVE_LABELS,
};

struct set_item {
    enum set_kind kind;
    struct text_span span;
    struct expr *target; /* the entity */
    struct expr *key;    /* of a property: a string */
    struct expr *value;
    struct label_expr *labels;
};

struct set_list {
    struct set_item *items;
    uint32_t n;
};

struct yield_item {
    struct slice field, name;
    struct text_span span;
    uint32_t slot;
    uint32_t column; /* of the procedure */
};

enum clause_kind {
    CLAUSE_MATCH,
    CLAUSE_UNWIND,
    CLAUSE_WITH,
    CLAUSE_RETURN,
    CLAUSE_CREATE,
    CLAUSE_MERGE,
    CLAUSE_SET, /* and REMOVE */
    CLAUSE_DELETE,
    CLAUSE_CALL,
};

struct clause {
    enum clause_kind kind;
    struct text_span span;
    struct graph_pattern *pattern; /* MATCH, CREATE, MERGE */
    bool optional, detach, implicit, yield_star, standalone;
    uint64_t hops_limit, degree_limit; /* MATCH; 0: none */
    struct projection *projection;
    struct expr **exprs; /* UNWIND: one; DELETE; CALL: arguments */
    uint32_t n_exprs;
    struct slice name;   /* UNWIND: the variable; CALL: the procedure */
    struct text_span name_span;
    uint32_t slot;       /* UNWIND */
    struct set_list set, on_create, on_match;
    struct yield_item *yields;
    uint32_t n_yields;
    bool has_yield;
    struct expr *where; /* CALL ... YIELD ... WHERE */
    const struct procedure *procedure;
    uint32_t *introduced; /* slots this clause brings, for OPTIONAL */
    uint32_t n_introduced;
    struct match_plan *plan;
};

struct linear_query {
    struct clause **clauses;
    uint32_t n_clauses;
};

struct query_ast {
    struct slice text;
    struct linear_query *parts; /* joined by UNION */
    uint32_t n_parts;
    bool union_all;
    bool explain, profile;
    bool writes;
    uint32_t n_slots;
    uint32_t n_parameters;
    uint32_t n_memos;
    struct slice *parameters; /* names, in order of first use */
    struct slice *names;      /* of labels, types and properties, each once */
    uint32_t n_names;
    uint32_t *column_slots;   /* of the first part; the others copy into them */
    struct slice *columns;
    struct static_type *column_types;
    uint32_t n_columns;
};
