/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Neighbourhood: the part of the graph gathered around an application, edge by edge from the
 * store, under a budget of edge reads.
 *
 * A node's edges are taken whole or not at all: what the budget does not reach is missing, never
 * half there, and `truncated` says so. Nodes are known by id; parties that the graph does not know
 * have ids from 2^63.
 */

#include "detectors/probe.h"
#include "graph/snapshot.h"

#define NEIGHBOURHOOD_UNKNOWN ((uint64_t)1 << 63)

/* What of a node's edges is wanted. */
enum expand {
    EXPAND_ALL = 1,        /* every edge, both ways */
    EXPAND_HOLDERS = 2,    /* ownership, inwards */
    EXPAND_GUARANTEES = 4, /* guarantees, outwards */
    EXPAND_GROUPS = 8,     /* memberships of declared groups */
    EXPAND_FILERS = 16,    /* of an application: who applied with it */
    EXPAND_OWNERS = 32,    /* of an account: who owns it */
};

struct around_node;
struct around_step;
struct around_walk;

struct neighbourhood {
    struct graph_txn *txn;
    const struct schema *schema;
    const struct application *application;
    const struct params *params;
    struct snapshot_builder *builder;
    uint64_t n_reads, max_reads;
    bool truncated;                  /* the budget ended */
    bool cut;                        /* a gathering ended at a bound of its own */
    bool grown;                      /* something was added since this was last cleared */
    struct node_id *focus;           /* the application's principals that apply */
    size_t n_focus, focus_capacity;
    struct node_id application_id;
    struct node_id *ids;             /* of the stated nodes: principals, identifiers, guarantors */
    /* private */
    struct around_node *nodes;
    size_t n_nodes, nodes_capacity;
    uint32_t *slots;
    size_t n_slots;
    struct around_step *steps;
    size_t n_steps, steps_capacity;
    uint64_t *edges;                 /* set of edge ids taken; 0: free */
    size_t n_edges, n_edge_slots;
    struct around_walk *walks;       /* results of walks, which do not change */
    size_t n_walks, walks_capacity;
    struct edge *pending;            /* edges of the node being expanded */
    size_t n_pending, pending_capacity;
};

MUST_CHECK enum status around_begin(struct neighbourhood *around, struct graph_txn *txn,
                                    const struct application *application,
                                    const struct params *params, uint64_t max_reads);
void around_fini(struct neighbourhood *around);

/* Reads the node's edges, unless done before. Past the budget: sets `truncated`, adds nothing. */
MUST_CHECK enum status around_expand(struct neighbourhood *around, struct node_id node,
                                     unsigned what);

/* Whether all of the node's edges were asked for. */
bool around_is_expanded(const struct neighbourhood *around, struct node_id node);

/* A growing list of node ids, for what a walk reaches; duplicates are kept out. */
struct id_list {
    struct node_id *ids;
    size_t n, capacity;
    uint64_t *slots; /* the same ids, hashed; 0: free */
    size_t n_slots;
};

void id_list_fini(struct id_list *list);
MUST_CHECK enum status id_list_add(struct id_list *list, struct node_id id);

/* Identifiers of the kind that the principal reaches by any link, expanding what lies between. */
MUST_CHECK enum status around_identifiers(struct id_list *out, struct neighbourhood *around,
                                          struct node_id principal, uint32_t kind);
/* Principals who reach the identifier by any link of its kind, expanding what lies between. */
MUST_CHECK enum status around_users(struct id_list *out, struct neighbourhood *around,
                                    struct node_id identifier, uint32_t kind);
/* Other ends of the expanded node's edges of these types and direction. */
MUST_CHECK enum status around_ends(struct id_list *out, const struct neighbourhood *around,
                                   struct node_id node, const uint32_t *types,
                                   enum direction direction);
/*
 * Expands the users of the identifiers that the focus reaches of this kind, where there are enough
 * of them. Of many, only those whose use begins within a month of one of the focus's own: no
 * window that holds the focus has others.
 */
MUST_CHECK enum status around_shared(struct neighbourhood *around, struct facts *facts,
                                     uint32_t kind, int64_t min_users);
/*
 * The same for identifiers that the focus states in applications, of every kind and class, where
 * enough principals stated them within a day of the focus.
 */
MUST_CHECK enum status around_batches(struct neighbourhood *around, struct facts *facts,
                                      int64_t min_users);
/* Whether the identifier's class has caps 0/0, so that nobody is linked through it. */
bool around_is_hub_class(const struct neighbourhood *around, const struct facts *facts,
                         struct node_id identifier, uint32_t kind);
/* The control groups of every expanded principal: expands their holders and fellow members. */
MUST_CHECK enum status around_groups(struct neighbourhood *around, struct facts *facts);
