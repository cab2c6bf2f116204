/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* What the two files of D7 share: guarantee_cycle.c finds, guarantee_cycle_tell.c tells. */

#include "detectors/guarantee_graph.h"

#define CIRCULAR_CODE "CIRCULAR_GUARANTEE"
#define MUTUAL_CODE "MUTUAL_GUARANTEE"

struct cycle_params {
    int64_t max_length, max_cycles;
};

struct cycle {
    uint32_t first, length; /* its nodes, in the component's own numbers */
    enum level level;
};

/* Best cycle and pair of a node; UINT32_MAX: none. */
struct standing {
    uint32_t cycle, pair;
};

/* A component: nodes by natural key. */
struct component {
    uint32_t n;
    uint32_t *nodes;            /* indices into the guarantee graph */
    uint32_t *first, *to, *edge; /* edge: the guarantee graph's */
    unsigned char *reciprocal;  /* per edge */
    struct standing *standing;
    uint32_t *sets;             /* nodes that share a cycle or pair */
    struct cycle *cycles;
    size_t n_cycles, cycles_capacity;
    uint32_t *path_nodes;
    size_t n_path_nodes, path_capacity;
};

struct circular_search {
    struct facts *facts;
    const struct cycle_params *params;
    struct findings *findings;
    struct guarantee_graph graph;
    uint32_t *local;            /* per graph node: its number in the component at hand */
    struct component component;
};

/* The node of a number in the component at hand. */
static inline uint32_t circular_node(const struct circular_search *s, uint32_t local)
{
    return s->graph.nodes[s->component.nodes[local]];
}

/* Edge from -> to of the component, or UINT32_MAX. */
static inline uint32_t circular_edge(const struct component *c, uint32_t from, uint32_t to)
{
    return guarantee_end_find(c->first, c->to, from, to);
}

/* Appends the findings of one cycle of the component at hand; `ring` says who shares cycles. */
MUST_CHECK enum status circular_tell(struct circular_search *s, uint32_t index);
/* Self-guarantees, said apart. */
MUST_CHECK enum status circular_note_loops(struct circular_search *s);
