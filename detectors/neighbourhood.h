/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Neighbourhood: the part of the graph gathered around an application, edge by edge from the
 * store, under a budget of edge reads.
 *
 * Detectors read by need: a node's edges of one type and direction, all or those that start in a
 * window, whole or not at all: what the budget does not reach is missing, never half there, and
 * `truncated` says so. A node's row is sought once and then lent for as long as the neighbourhood
 * lives. Nodes are known by id; parties that the graph does not know have ids from 2^63.
 *
 * What gathering decides by itself (statement.c, relation.c, reach.c) errs on the side of more:
 * the judgement is the detectors' own, on what was gathered.
 */

#include "base/arena.h"
#include "detectors/edge_set.h"
#include "detectors/facts.h"
#include "detectors/id_list.h"
#include "detectors/probe.h"
#include "graph/snapshot.h"

#define NEIGHBOURHOOD_UNKNOWN ((uint64_t)1 << 63)
#define NO_STEP UINT32_MAX

/* One end's view of an edge taken. */
struct around_step {
    uint32_t type;
    uint32_t other;      /* index of the node at the other end */
    uint32_t next;       /* step of the same node, or NO_STEP */
    bool out;            /* the edge leaves this node */
    int64_t start, end;
    int64_t ratio;       /* billionths; CELL_ABSENT: none */
};

/* Edges of a node that were asked for. */
struct around_scan {
    uint32_t type;       /* 0: all */
    enum direction direction;
    int64_t from_us, before_us; /* starts */
    int64_t after_us;           /* ends after this; TIME_MIN: any */
    struct around_scan *next;
};

struct around_node {
    struct node_id id;
    uint32_t label;
    enum label_role role;
    uint32_t first, last;        /* its steps, in the order met */
    const struct node *stored;   /* NULL: the graph does not know it */
    struct around_scan *scans;
    /* relation.c */
    uint32_t relatives;          /* set of what may be one control group; NO_STEP: not known */
    int64_t held;                /* billionths of it that known ones hold */
};

struct neighbourhood {
    struct graph_txn *txn;
    const struct schema *schema;
    const struct application *application;
    const struct probe_options *options;
    const struct params *params;
    int64_t at_us;                   /* T */
    uint32_t class_symbol, level_symbol; /* of identifiers' properties; 0: the graph has none */
    struct snapshot_builder *builder;
    uint64_t n_reads, max_reads;
    bool truncated;                  /* the budget ended */
    bool cut;                        /* a gathering ended at a bound of its own */
    struct node_id *focus;           /* the application's principals that can be tagged */
    size_t n_focus, focus_capacity;
    struct node_id application_id;
    struct node_id *ids;             /* of the stated nodes: principals, identifiers, guarantors */
    struct around_node *nodes;
    size_t n_nodes;
    struct around_step *steps;
    size_t n_steps;
    struct settled *settled;
    size_t n_settled, settled_capacity;
    /* private */
    struct arena arena;
    size_t nodes_capacity, steps_capacity;
    uint32_t *slots;
    size_t n_slots;
    struct edge_set edges;           /* taken */
    uint64_t n_stated;               /* edges */
    struct edge *pending;            /* edges of the scan under way */
    size_t n_pending, pending_capacity;
    struct snapshot *seen;           /* of around_facts(), with what it was made of */
    struct facts facts;
    size_t seen_nodes, seen_steps;
};

MUST_CHECK enum status around_begin(struct neighbourhood *around, struct graph_txn *txn,
                                    const struct application *application,
                                    const struct probe_options *options);
void around_fini(struct neighbourhood *around);

/* ---- reading ------------------------------------------------------------------------------- */

/* Reads every edge of the node, unless done before. */
MUST_CHECK enum status around_expand(struct neighbourhood *around, struct node_id node);
/* Reads the node's edges of these types in one direction. */
MUST_CHECK enum status around_read(struct neighbourhood *around, struct node_id node,
                                   const uint32_t *types, enum direction direction);
/*
 * For who is about to read such edges of some nodes in turn (those before `end`, from `at` on):
 * seeks the rows at their other ends together. Reads and takes nothing.
 */
MUST_CHECK enum status around_ahead(struct neighbourhood *around, const struct id_list *nodes,
                                    size_t at, size_t end, const uint32_t *types,
                                    enum direction direction);
/* Reads those of one type that start in [from_us, before_us), and the undated. */
MUST_CHECK enum status around_read_between(struct neighbourhood *around, struct node_id node,
                                           uint32_t type, enum direction direction,
                                           int64_t from_us, int64_t before_us);
/* Reads those of one type that end after `after_us`. */
MUST_CHECK enum status around_read_holding(struct neighbourhood *around, struct node_id node,
                                           uint32_t type, enum direction direction,
                                           int64_t after_us);
/* How many edges of the type the store has there; not counted as reads, for groups keep count. */
MUST_CHECK enum status around_count(uint64_t *n, struct neighbourhood *around,
                                    struct node_id node, uint32_t type,
                                    enum direction direction);
/* Adds the other ends of the node's edges of these types and direction, as far as taken. */
MUST_CHECK enum status around_ends(struct id_list *out, const struct neighbourhood *around,
                                   struct node_id node, const uint32_t *types,
                                   enum direction direction);
/* Reads, then adds the other ends. */
MUST_CHECK enum status around_follow(struct id_list *out, struct neighbourhood *around,
                                     struct node_id node, const uint32_t *types,
                                     enum direction direction);
/* Reads without taking anything: for questions whose answer is a number. */
MUST_CHECK enum status around_peek(struct edge **out, size_t *n, struct neighbourhood *around,
                                   struct node_id node, uint32_t type, enum direction direction);

/* NULL: never met. Valid until the next reading. */
struct around_node *around_node(const struct neighbourhood *around, struct node_id id);
/* The node as it is taken from the store, where it is new. */
MUST_CHECK enum status around_take_node(struct neighbourhood *around, struct node_id id);
static inline bool around_has_type(const uint32_t *types, uint32_t type)
{
    for (; types && *types; types++)
        if (*types == type)
            return true;
    return false;
}

bool around_is_focus(const struct neighbourhood *around, struct node_id id);
/* Whether the node, met before, counts and can be tagged without having applied. */
bool around_always_counts(const struct neighbourhood *around, struct node_id id);

/* What was gathered so far as detectors see it; lent until something else is read. Costly. */
MUST_CHECK enum status around_facts(struct facts **out, struct neighbourhood *around);
/* The same once all was read: nothing can be read any more. */
MUST_CHECK enum status around_finish(struct facts **out, struct neighbourhood *around);
/* Frees what around_facts() lends. */
void around_forget_seen(struct neighbourhood *around);
/* Says that an identifier holds nothing against anybody here as far as the code goes, and why. */
MUST_CHECK enum status around_settle(struct neighbourhood *around, const struct settled *settled);

/* Takes that back, where it was said: the identifier is read after all. */
void around_unsettle(struct neighbourhood *around, const char *code, struct node_id identifier);

/* ---- the application (statement.c) ----------------------------------------------------------- */

/* Adds what the application states: its own node, its parties, the edges it will have. */
MUST_CHECK enum status around_state(struct neighbourhood *around);
/* For statement.c: a node that the graph does not know, and an edge of its own. */
MUST_CHECK enum status around_add_node(struct neighbourhood *around, struct node_id id,
                                       uint32_t label, struct slice key);
MUST_CHECK enum status around_add_edge(struct neighbourhood *around, uint32_t type,
                                       struct node_id from, struct node_id to);

/* ---- control groups (relation.c) ------------------------------------------------------------ */

/*
 * Gathers all that decides who belongs to the principal's control group. Whoever may belong to it
 * is then in one set with him; those in different sets are unrelated.
 */
MUST_CHECK enum status around_relate(struct neighbourhood *around, struct node_id principal);
/* The same for each of them. */
MUST_CHECK enum status around_relate_all(struct neighbourhood *around,
                                         const struct id_list *principals);
/* Adds the principals in one set with this one, himself first. */
MUST_CHECK enum status around_relatives(struct id_list *out, const struct neighbourhood *around,
                                        struct node_id principal);
/* Relates one principal after the other until they make up more than `enough` sets, or all. */
MUST_CHECK enum status around_relate_until(size_t *n_sets, struct neighbourhood *around,
                                           const struct id_list *principals, size_t enough);

/* Reads the applications of everybody who may belong to a control group of the focus. */
MUST_CHECK enum status around_group_filings(struct neighbourhood *around);

struct around_filing {
    struct node_id application;
    int64_t time_us;
};

struct around_filings {
    struct around_filing *items;
    size_t n, capacity;
};

void around_filings_fini(struct around_filings *filings);
/* Lists the applications of everybody in one set with the principal, as far as taken. */
MUST_CHECK enum status around_filings_of(struct around_filings *out,
                                         const struct neighbourhood *around,
                                         struct node_id principal);
