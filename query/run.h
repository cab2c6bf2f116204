/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A running plan: what the executor's files share. */

#include "query/aggregate.h"
#include "query/eval.h"
#include "query/plan.h"
#include "query/procedure.h"
#include "query/query.h"
#include "query/table.h"

/* Rows kept by an operator: `width` values each. */
struct rows {
    struct arena arena;
    struct value *values;
    size_t n, capacity;
    uint32_t width;
    uint64_t kept; /* bytes, for limits_drop() */
};

struct batch;
struct hash_join;
struct neighbours;

struct group {
    struct aggregate *calls;
};

/* What an operator remembers while it runs. */
struct op_state {
    uint64_t rows_in;
    uint64_t reads;   /* PROFILE: nodes and relationships, and time, with what comes behind */
    int64_t time_us;
    struct rows rows;      /* SORT, WRITE */
    struct table table;    /* DISTINCT, AGGREGATE */
    uint64_t kept;         /* bytes beside `rows`, for limits_drop() */
    struct group *groups;
    size_t n_groups, groups_capacity;
    uint64_t seen, limit, skip; /* LIMIT */
    bool ready, matched;
    struct batch *batch;           /* SCAN, SEEK_INDEX */
    struct hash_join *join;        /* HASH_JOIN */
    struct neighbours *neighbours; /* a side of INTERSECT */
    int64_t since_us, before_us; /* of the starts that a walk meets */
    /* SINK */
    bool found;
    uint64_t count;
    enum sink_mode { SINK_FIRST, SINK_COUNT, SINK_LIST, SINK_FRAMES } mode;
    const struct expr *collected;
    uint32_t collected_slot;
    struct value *list;
    size_t n_list, list_capacity;
};

struct run {
    struct eval eval;
    const struct plan *plan;
    struct op_state *states;
    struct limits limits;
    struct arena scratch, kept;
    const struct query_run_options *options;
    struct query_stats *stats;
    struct table distinct; /* UNION */
    struct arena distinct_arena;
    bool union_distinct;
    struct value *columns; /* of one row */
    struct node_cache *cache;
    void *procedure_context;
    bool profile;
};

/* Gives `op` the row in the frame. STATUS_END: no more rows are wanted. */
MUST_CHECK enum status run_row(struct run *run, const struct op *op);
/* There are no more rows: what `op` keeps goes on, then the same for the next. */
MUST_CHECK enum status run_finish(struct run *run, const struct op *op);
/* One whole chain over the present row: rows and finish; STATUS_END is swallowed. */
MUST_CHECK enum status run_chain(struct run *run, const struct op *first);
/* Forgets what the operators from `first` on remember, before they run again. */
void run_reset(struct run *run, const struct op *first);

/* What the operator keeps from row to row. */
static inline struct op_state *state_of(struct run *run, const struct op *op)
{
    return &run->states[op->index];
}

/* Flags the answer as cut; the first reason stays. */
void run_truncated(struct run *run, const char *reason);
/* The row passes the filters of `op` and goes to the next. */
MUST_CHECK enum status run_pass(struct run *run, const struct op *op);
/* The same, with the scratch arena as it was afterwards. */
MUST_CHECK enum status run_pass_rewind(struct run *run, const struct op *op,
                                       struct arena_mark mark);

/* Keeps a deep copy of a row; counts as memory. */
MUST_CHECK enum status run_rows_add(struct rows *rows, struct run *run, const struct value *values);
void run_rows_fini(struct rows *rows);

/* What an iterator has read needs no second reading. */
void run_remember(struct eval *eval, const struct node *node);

/* One file of the executor each. */
enum status exec_scan(struct run *run, const struct op *op);
enum status exec_seek(struct run *run, const struct op *op);
enum status exec_seek_id(struct run *run, const struct op *op);
enum status exec_seek_index(struct run *run, const struct op *op);
enum status exec_expand(struct run *run, const struct op *op);
enum status exec_hash_join(struct run *run, const struct op *op);
enum status exec_intersect(struct run *run, const struct op *op);
void hash_join_free(struct hash_join *join);
void neighbours_free(struct neighbours *neighbours);
enum status exec_bound_edge(struct run *run, const struct op *op);
enum status exec_bound_list(struct run *run, const struct op *op);
enum status exec_var_expand(struct run *run, const struct op *op);
enum status exec_reach(struct run *run, const struct op *op);
enum status exec_shortest(struct run *run, const struct op *op);
enum status exec_path(struct run *run, const struct op *op);
enum status exec_project(struct run *run, const struct op *op);
enum status exec_aggregate(struct run *run, const struct op *op);
enum status exec_aggregate_batch(struct run *run, const struct op *op, struct batch *batch);
enum status exec_aggregate_finish(struct run *run, const struct op *op);
enum status exec_distinct(struct run *run, const struct op *op);
enum status exec_sort(struct run *run, const struct op *op);
enum status exec_sort_finish(struct run *run, const struct op *op);
enum status exec_limit(struct run *run, const struct op *op);
enum status exec_limit_finish(struct run *run, const struct op *op);
enum status exec_write(struct run *run, const struct op *op);
enum status exec_write_finish(struct run *run, const struct op *op);
enum status exec_call(struct run *run, const struct op *op);
enum status exec_sink(struct run *run, const struct op *op);

/* A path value under construction (exec_path.c): room for n + 1 nodes and n edges. */
struct path_build {
    struct value *nodes, *edges;
    uint32_t n;
};

void path_add(struct path_build *build, const struct value *edge);
MUST_CHECK enum status path_make(struct value *out, struct run *run, struct path_build *build);

/* Edges of a node that a pattern may walk; see exec_walk.c. */
struct walk {
    struct run *run;
    const struct op *op;
    struct edge_iter it;
    bool open;
    uint32_t next_type;
    struct node_id node;
    struct node loaded;
    enum direction direction;
    struct edge_ref edge; /* the present one */
    enum status status;
    uint64_t n_walked;
};

/* Keeps run and op; the node is read. Pair with walk_stop(). */
void walk_start(struct walk *walk, struct run *run, const struct op *op, struct node_id node,
                enum direction direction);
bool walk_next(struct walk *walk);
void walk_stop(struct walk *walk);
/* The window of the starts that walks of `op` meet from now on; before the first of them. */
MUST_CHECK enum status walk_window(struct run *run, const struct op *op);
/* The end of the present edge that the walk does not start from. */
static inline struct node_id walk_far_end(const struct walk *walk)
{
    const struct edge *edge = &walk->edge.edge;

    return edge->from.value == walk->node.value ? edge->to : edge->from;
}

/* Whether edge_passes() has anything to look at. */
bool edge_is_checked(const struct op *op);
/* Whether a single edge satisfies what a variable-length pattern asks of each. */
MUST_CHECK enum status edge_passes(bool *passes, struct run *run, const struct op *op,
                                   const struct edge_ref *edge);
/* Whether the edge differs from all that `op` says it must. */
bool edge_unique(const struct run *run, const struct op *op, uint64_t edge);
