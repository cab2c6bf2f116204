/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Publishing: how a whole set of tags replaces another at once.
 *
 * Run N makes publication N: it writes only the difference, stamped with N, in short commits
 * between which other writers get their turn, and then makes N current in one more commit. Until
 * then no reader sees any of it; what a killed run left is swept by the next, which takes the same
 * number again.
 */

#include "graph/publication.h"

struct publishing;

/*
 * Gives the right to publish: one at a time per graph, over all processes (STATUS_CONFLICT), and
 * sweeps what a killed run left. No transaction of this thread may be open. Closing without
 * publishing_flip() drops the difference.
 */
MUST_CHECK enum status publishing_open(struct publishing **out, struct graph *graph);
void publishing_close(struct publishing *publishing);
void publishing_closep(struct publishing **publishing);
/* The number this run will have. */
uint64_t publishing_number(const struct publishing *publishing);

/*
 * Adds a version (copied) to the difference, in any order; `born` is taken as the publication's.
 * Memory: the difference, about 300 bytes a tag. Nothing is written yet.
 */
MUST_CHECK enum status publishing_tag(struct publishing *publishing, const struct tag *tag);
MUST_CHECK enum status publishing_ring(struct publishing *publishing,
                                       const struct ring_record *ring);
/*
 * Writes the difference in sorted slices, then makes the number current, with `run` as its record
 * (number and finished_us are set). No slice holds the write lock longer than about 10 ms, and
 * each rests as long as it held it. No transaction of this thread may be open.
 */
MUST_CHECK enum status publishing_flip(struct publishing *publishing, const struct run *run);
