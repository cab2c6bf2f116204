/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* The list beside the graph, as model.c changes it and model_read.c compares it. */

#include "base/rng.h"
#include "graph/edge.h"
#include "tests/graph/model.h"

#define N_NODES 6
#define N_TYPES 2
#define DAY US_PER_DAY
#define NONE SIZE_MAX

/* Of an edge, or of a node's properties. */
struct version {
    uint64_t born, ended;
    size_t older; /* of the same edge or node, or NONE */
    int64_t valid_from, valid_to, observed, weight;
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

/* Compares a random window and node, within the writer's transaction or at a random moment. */
bool model_read(struct model *m);
