/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Recorded decisions made again on the state that each was made on. Reads only. */

#include "base/buf.h"
#include "graph/graph.h"

struct replay {
    struct slice decision_id; /* lent: while it is shown */
    bool identical;           /* but for build and elapsed_us */
    struct buf recorded, again;
};

void replay_fini(struct replay *replay);
/*
 * Fills `replay` (zeroed by the caller). STATUS_NOT_FOUND: no such decision. STATUS_INVALID: its
 * input was erased, or it is a person's. Cost: reading the policy and who is confirmed or blocked,
 * then one screening.
 */
MUST_CHECK enum status screen_replay(struct replay *replay, struct graph *graph,
                                     struct slice decision_id);

struct replay_all_options {
    int64_t since_us; /* decisions recorded from this moment of the clock on */
    /* Each may be NULL. What is shown is lent during the call. */
    enum status (*each)(void *context, const struct replay *replay);
    void (*progress)(void *context, uint64_t done, uint64_t total); /* records of the log */
    void *context;
};

#define REPLAY_ALL_OPTIONS_INIT { .since_us = TIME_MIN }

struct replay_counts {
    uint64_t n, n_identical;
    uint64_t n_erased, n_by_people; /* left out */
};

/*
 * Makes all of the engine's decisions again, oldest first, those of the log as it is now. Cost: one
 * screening each; what decisions have in common is read once. No reader lasts longer than one of
 * them, so pages are free again while writers go on.
 */
MUST_CHECK enum status screen_replay_all(struct replay_counts *out, struct graph *graph,
                                         const struct replay_all_options *options);
