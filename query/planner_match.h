/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the files that plan one MATCH share. */

#include "query/planner.h"

#define MATCH_PATHS_MAX 300

struct match_edge {
    struct edge_pattern *pattern;
    struct path_pattern *path;
    struct node_pattern *left, *right;
    bool done;
};

struct match_build {
    struct planner *planner;
    struct chain *chain;
    struct graph_pattern *pattern;
    struct match_edge *edges;
    uint32_t n_edges;
    struct node_pattern **nodes;
    uint32_t n_nodes;
    struct expr **conditions;
    uint32_t n_conditions;
    size_t conditions_capacity;
    bool *pending;        /* by slot: this MATCH gives it a value, later */
    uint32_t n_slots;
    uint32_t *matched;    /* slots of the edges matched so far */
    uint32_t n_matched;
};

static inline bool match_known(const struct match_build *build, const struct node_pattern *node)
{
    return !build->pending[node->slot];
}

/* ---- Conditions (planner_condition.c) ---------------------------------------------------- */

/* Keeps a condition until all that it reads has a value. */
MUST_CHECK enum status match_add_condition(struct match_build *build, struct expr *expr);
/* Adds each part of a conjunction; NULL is none. */
MUST_CHECK enum status match_split_and(struct match_build *build, struct expr *expr);
MUST_CHECK enum status match_node_conditions(struct match_build *build,
                                             const struct node_pattern *node);
MUST_CHECK enum status match_edge_conditions(struct match_build *build,
                                             const struct edge_pattern *edge);
/* Whether all that the expression reads has a value by now. */
bool match_is_ready(const struct match_build *build, struct expr *expr);
/* Gives the operator all conditions that can be checked behind it. */
MUST_CHECK enum status match_attach(struct match_build *build, struct op *op);
void match_drop_condition(struct match_build *build, const struct expr *condition);
/* NULL: no memory. */
struct expr *match_new_expr(struct match_build *build, enum expr_kind kind, struct text_span span,
                            uint32_t n);
struct expr *match_variable(struct match_build *build, uint32_t slot, struct text_span span);

/* ---- Starts (planner_start.c) ------------------------------------------------------------ */

struct match_start {
    enum op_kind kind;
    struct node_pattern *node;
    const struct label_expr *label;
    struct expr *key;
    struct expr *condition; /* what the seek makes needless */
    bool many;              /* `key` is a list */
    struct expr *low, *high; /* bounds of an index */
    bool low_open, high_open;
    struct expr *implied[2]; /* the conditions that they come from, where they say no more */
    uint32_t property;
    double cost;
};

/* The cheapest way to come by the node without a relationship; and its operator. */
struct match_start match_start_at(struct match_build *build, struct node_pattern *node);
MUST_CHECK enum status match_add_start(struct match_build *build, const struct match_start *start);

/* ---- Relationships (planner_edge.c) ------------------------------------------------------ */

/* The cost of taking the relationship now; negative where it can't be taken yet. */
double match_edge_cost(struct match_build *build, const struct match_edge *edge);
/* How many times the relationship multiplies the rows. */
double match_fan_out(struct match_build *build, const struct match_edge *edge);
MUST_CHECK enum status match_set_types(struct match_build *build, struct op *op);
/* The relationship's operator at the end of a chain, without what is checked behind it. */
MUST_CHECK enum status match_expand(struct match_build *build, struct chain *chain,
                                    struct match_edge *edge);
/* Pushes what it can of the conditions into the operator's walk (planner_push.c). */
MUST_CHECK enum status match_push(struct match_build *build, struct op *op);
MUST_CHECK enum status match_add_edge(struct match_build *build, struct match_edge *edge);

/* ---- Joins (planner_join.c) -------------------------------------------------------------- */

/* Whether a start is better joined by a hash table with the rows so far. */
bool match_joins(struct match_build *build, const struct match_start *start);
MUST_CHECK enum status match_add_join(struct match_build *build, const struct match_start *start);
/* Another relationship to the node that `first` leads to, to be intersected with it; or NULL. */
struct match_edge *match_second_edge(struct match_build *build, const struct match_edge *first);
MUST_CHECK enum status match_add_intersection(struct match_build *build, struct match_edge *first,
                                              struct match_edge *second);

/* The comparison with its sides exchanged: < for >, and so on; = and <> stay. */
enum operator match_turned(enum operator op);
