/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Small graphs as plain lists, for tests: built at random, looked at by slow and obvious code, and
 * turned into a snapshot for the detectors.
 */

#include "base/rng.h"
#include "detectors/facts.h"

enum {
    W_ENTERPRISE = 1, W_PERSON, W_DEVICE, W_PHONE, W_ADDRESS, W_APPLICATION, W_ACCOUNT, W_LOAN,
    W_GROUP,
    W_LEGAL_REP, W_CONTACT, W_SHAREHOLDER, W_INVESTS, W_KIN, W_MEMBER_OF, W_HAS_PHONE,
    W_LOCATED_AT, W_USES_DEVICE, W_APPLIED, W_SUBMITTED_FROM, W_STATES_PHONE, W_STATES_ADDRESS,
    W_GUARANTEES, W_OWNS, W_BORROWED, W_SIGNED_IN, W_RESULTED_IN, W_DEPOSITED, W_REPAID,
    W_TRANSFERRED, W_WITHDREW, W_SYMBOLS,
};

/* The names of the above, as in the built-in schema. */
extern const char *const world_names[W_SYMBOLS];

#define WORLD_NODES 400
#define WORLD_EDGES 4000
#define WORLD_CELLS 100

struct world_node {
    uint32_t label;
    char key[24];
    const char *texts[NODE_COLUMNS];  /* NULL: none */
    int64_t numbers[NODE_COLUMNS];    /* CELL_ABSENT: none */
};

struct world_edge {
    uint32_t type, from, to;          /* nodes: indices */
    int64_t start, end;
    const char *texts[EDGE_COLUMNS];
    int64_t numbers[EDGE_COLUMNS];
};

/* A further cell of a column that has several for a node. */
struct world_cell {
    uint32_t node;
    enum node_column column;
    int64_t value;
};

struct world {
    struct world_cell cells[WORLD_CELLS];
    uint32_t n_cells;
    struct world_node nodes[WORLD_NODES];
    uint32_t n_nodes;
    struct world_edge edges[WORLD_EDGES];
    uint32_t n_edges;
    int64_t at_us; /* T */
};

/* The built-in schema's meaning, over the symbols above. */
const struct schema *world_schema(void);

/* Indices; abort when the world is full. Keys do not follow the order of indices. */
uint32_t world_node(struct world *world, uint32_t label);
struct world_edge *world_edge(struct world *world, uint32_t type, uint32_t from, uint32_t to,
                              int64_t start, int64_t end);
void world_cell(struct world *world, uint32_t node, enum node_column column, int64_t value);
/* Any node of the label at random, or UINT32_MAX where there is none. */
uint32_t world_pick(const struct world *world, struct rng *rng, uint32_t label);
/* A moment before T on a grid of `step`, at most `most` steps ago, sometimes just after T. */
int64_t world_time(const struct world *world, struct rng *rng, int64_t step_us, uint32_t most);

/*
 * Of every third seed T goes back by up to `most` steps: what came later stays in the world, as the
 * past of a graph is looked at.
 */
void world_look_back(struct world *world, struct rng *rng, uint64_t seed, int64_t step_us,
                     uint32_t most);

/* Node ids are index + 1, edge ids index + 1. */
struct snapshot *world_snapshot(const struct world *world);

/* A facts over a fresh snapshot with default parameters; release with world_done(). */
struct world_run {
    struct snapshot *snapshot;
    struct params params;
    struct facts facts;
    struct findings findings;
};
/* `settings`: "CODE.name=value" texts, NULL-terminated, or NULL. */
void world_begin(struct world_run *run, const struct world *world, const char *const *settings);
void world_detect(struct world_run *run, const char *detector);
void world_done(struct world_run *run);

/* The level found for (node, code), LEVEL_NONE where none. */
enum level world_level(const struct world_run *run, uint32_t node, const char *code);

/* The slow and obvious: groups by fixpoint, subjects, uses by walking. */
struct slow_use {
    uint32_t identifier, principal, application;
    int kind;           /* 0 device, 1 phone, 2 address, 3 person */
    bool dated, through_application;
    int64_t start, end;
    const char *role;   /* of a direct interval */
};

struct slow {
    const struct world *world;
    uint32_t group[WORLD_NODES];
    bool subject[WORLD_NODES];
    bool controls[WORLD_NODES][WORLD_NODES];
    struct slow_use *uses, *others; /* of subjects; of other principals */
    size_t n_uses, capacity, n_others, others_capacity;
};

void slow_build(struct slow *slow, const struct world *world);
void slow_free(struct slow *slow);
bool world_active(const struct world_edge *edge, int64_t at_us);
/* Whether x is p's ultimate controller: controls it (or is it) and is controlled by nobody. */
bool slow_ultimate(const struct slow *slow, uint32_t x, uint32_t p);
bool slow_applied(const struct world *world, uint32_t node, int64_t after, int64_t until);
uint32_t slow_cap(const struct world *world, uint32_t identifier, bool evidence);
/* Number of different groups in a list of nodes. */
uint32_t slow_groups(const struct slow *slow, const uint32_t *nodes, size_t n);
