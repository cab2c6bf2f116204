/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * What the rigs share: a graph whose every batch can be recognised, and the judgement of what is
 * found after a fault.
 *
 * Batch N adds nodes "N-0".."N-7" and edges among them in one commit, so that after any fault the
 * graph must hold exactly the batches 1..M for an M of at least the last acknowledged one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

struct graph;

#define BATCH_NODES 8

/* Prints the failed status and ends the program with 1. */
void rig_must(enum status status, const char *what);
/* The next batch in one commit; `number` is 1 and up. */
MUST_CHECK enum status rig_batch(struct graph *graph, uint64_t number);
/* The same content as `n` batches, loaded in bulk: all of them are there or none. */
MUST_CHECK enum status rig_bulk(struct graph *graph, uint64_t first, uint64_t n);
/* Whole batches in an open graph; STATUS_CORRUPT where one is there in part or out of order. */
MUST_CHECK enum status rig_count(uint64_t *n_batches, struct graph *graph);
/* Opens the graph and counts; `deep`: STATUS_CORRUPT also where check finds something. */
MUST_CHECK enum status rig_judge(uint64_t *n_batches, const char *dir, bool deep);
/* A hash over every row of every table, by walking and by key. */
MUST_CHECK enum status rig_digest(uint64_t *digest, struct graph *graph);
/* Copies the data file (no lock file) into a new directory `to`. */
void rig_copy(const char *from, const char *to);
/* From argv: the value of --name, or the default. */
uint64_t rig_option(int argc, char **argv, const char *name, uint64_t fallback);
bool rig_flag(int argc, char **argv, const char *name);
double rig_seconds(void);
