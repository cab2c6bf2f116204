/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * A graph beside a plain list of versions: the same operations done to both, then compared; at the
 * end also after a dump and load. What is dated lies in the past or ahead of the clock.
 *
 * An operation draws all it needs from a seed of its own, so any part of a sequence is a sequence
 * again: a failing one is shrunk by leaving operations out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum model_kind {
    MODEL_UPSERT,  /* an edge is added or, by its key, changed */
    MODEL_CHANGE,  /* a current edge is deleted, closed, or gets other properties */
    MODEL_NODE,    /* a node gets another version, is deleted, or becomes one with another */
    MODEL_COMMIT,
    MODEL_READ,    /* a window on a node's edges, and the node, at some moment */
};

struct model_op {
    enum model_kind kind;
    uint64_t seed;
};

struct model_options {
    uint64_t seed;        /* of the nodes' first versions */
    unsigned hub_percent; /* how many upserts go between one pair of nodes */
    bool forget_closings; /* the list does not close edges: for testing the test */
};

#define MODEL_TEXT_MAX 512

void model_draw(struct model_op *ops, size_t n, uint64_t seed);
/* Runs the operations on a new graph; where it differs from the list, `text` says how. */
bool model_agrees(char text[MODEL_TEXT_MAX], const struct model_op *ops, size_t n,
                  const struct model_options *options);
/* Leaves operations out of a failing sequence while it fails; gives how many are left. */
size_t model_shrink(struct model_op *ops, size_t n, const struct model_options *options);
void model_print(const struct model_op *ops, size_t n);
