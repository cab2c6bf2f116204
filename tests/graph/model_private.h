/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The list beside the graph: model.c and model_node.c change it, model_read.c compares it. */

#include "base/rng.h"
#include "graph/edge.h"
#include "tests/graph/model.h"

#define N_NODES 6
#define N_TYPES 2
#define DAY US_PER_DAY
#define AHEAD_DAYS 40000 /* days from here on have not come yet */
#define N_LOADED_READS 50
#define NONE SIZE_MAX

/* Of an edge, or of a node's properties. */
struct version {
    uint64_t born, ended;
    size_t older; /* of the same edge or node, or NONE */
    int64_t valid_from, valid_to, observed, weight;
    bool deleted; /* a node, until another version */
};

struct listed_edge {
    uint64_t id;
    uint32_t type;
    int from, to, key; /* key -1: none */
    size_t newest;     /* NONE: it came and went within a commit */
};

struct model {
    const struct model_options *options;
    struct graph *graph;
    struct graph_txn *txn;      /* of a writer, or NULL */
    struct node_id nodes[N_NODES];
    size_t node_versions[N_NODES];
    int merged_into[N_NODES];   /* where the node's keys lead since, or -1 */
    uint32_t types[N_TYPES], label, weight;
    struct version *versions;
    size_t n, capacity;
    struct listed_edge *edges;
    size_t n_edges, edges_capacity;
    int64_t *commit_times;
    size_t times_capacity;
    uint64_t commit;            /* under way, or the last one */
    struct rng rng;             /* of the operation under way */
    char *text;
};

/* Says what differs; gives false. */
bool model_differ(struct model *m, const char *format, ...);

#define EXPECT(condition, ...)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return model_differ(m, __VA_ARGS__);                                                   \
    } while (0)

#define OK(expression)                                                                             \
    do {                                                                                           \
        enum status ok_ = (expression);                                                            \
        EXPECT(ok_ == STATUS_OK, "%s: %s: %s", #expression, status_name(ok_), error_detail());     \
    } while (0)

static inline uint64_t below(struct model *m, uint64_t n)
{
    return rng_below(&m->rng, n);
}

static inline bool edge_is_current(const struct model *m, const struct listed_edge *edge)
{
    return edge->newest != NONE && !m->versions[edge->newest].ended;
}

bool model_version_add(size_t *newest, struct model *m, const struct version *version);
struct version model_random_version(struct model *m);
void model_edge_retire(struct model *m, struct listed_edge *edge);
/* Adds the edge, or changes the one of its identity; says which. Without an id any is right. */
bool model_list_upsert(enum change *change, struct model *m, struct listed_edge *edge,
                       struct version *v);

/* ---- nodes (model_node.c) ---- */

bool model_add_nodes(struct model *m);
/* Changes, deletes or merges nodes, at random. */
bool model_node(struct model *m);
/* Whether edges may be added there: not deleted. One that is yet to begin is live. */
bool model_is_live(const struct model *m, int node);
/* The key that the node had from the start. */
struct slice model_key(char text[8], int node);

/* The node's version at a time of the world: the last made of those begun by then, or NULL. */
bool model_node_at(const struct version **out, struct model *m, struct graph_txn *txn, int node,
                   int64_t as_of);
/* Compares a random window and node, within the writer's transaction or at a random moment. */
bool model_read(struct model *m);
