/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* A world in a real store under the built-in schema, for probes and runs from disk. */

#include "detectors/probe.h"
#include "tests/detectors/world.h"

struct stored {
    char *place;
    struct graph *graph;
    struct node_id ids[WORLD_NODES];  /* of the world's nodes; 0: left out */
    uint32_t symbols[W_SYMBOLS];      /* of the world's labels and types */
};

/* Leaves out the node `without` and its edges; UINT32_MAX: nothing. Aborts on failure. */
void stored_begin(struct stored *stored, const struct world *world, uint32_t without);
/* Writes a property of the world's node, in a commit of its own. */
void stored_learn(struct stored *stored, const struct world *world, uint32_t node,
                  const char *property, const char *text);
void stored_done(struct stored *stored);

/* The level the findings give (node id, code). */
enum level found_level(const struct findings *findings, struct node_id id, const char *code);
const struct finding *found(const struct findings *findings, struct node_id id,
                            const char *code);
