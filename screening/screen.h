/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Screening: an application in, a decision out.
 *
 * A decision that is recorded holds on the state that its transaction sees, so applications that
 * arrive at the same moment know of each other. Application, log record and idempotency key are
 * one commit: after a crash all are there or none is, and the key gives the same answer again.
 */

#include "screening/policy.h"

struct screener;

/* Gives a screener; keeps `graph`, takes the policy, also on failure. One per thread. */
MUST_CHECK enum status screener_open(struct screener **out, struct graph *graph,
                                     struct policy *policy);
void screener_close(struct screener *screener);
void screener_closep(struct screener **screener);
const struct policy *screener_policy(const struct screener *screener);

struct screen_options {
    bool record;
    int64_t as_of_us;    /* the T to look at; TIME_MIN: the application's time */
    int64_t deadline_us; /* from now; 0: none. Whole probes are left out past it. */
    /* For looking back, where nothing is recorded: */
    int64_t known_at_us; /* only what had been observed by then; TIME_MAX: everything */
    const struct tag_view *view; /* tags and overlays as they stood; NULL: as they stand */
};

#define SCREEN_OPTIONS_INIT { .record = true, .as_of_us = TIME_MIN, .known_at_us = TIME_MAX }

/*
 * Appends the answer, one JSON object on one line. STATUS_INVALID: the request is wrong (the detail
 * says where). STATUS_CONFLICT: the idempotency key was used for another request.
 */
MUST_CHECK enum status screen(struct buf *answer, struct screener *screener, struct slice request,
                              const struct screen_options *options);

/*
 * A decision that is made before the lock to record it is there, on a reader's state.
 *
 * screen_draft() gives a draft; keeps `request`. screen_record() writes it down inside the caller's
 * write transaction, so that several applications share one durable commit and each sees those
 * before it: call txn_next_commit() between two of them. The decision stands as made where nothing
 * that it looked at was touched since and the recording screener has the same policy (it may be
 * another one, the first closed), and is made again there where not. The answer
 * holds once the caller has committed. After a failure *wrote says whether the transaction has
 * parts of this application in it and must be dropped; the draft can be recorded in another one.
 */
struct screen_draft;
MUST_CHECK enum status screen_draft(struct screen_draft **out, struct screener *screener,
                                    struct slice request, const struct screen_options *options);
/* The request that it is about, as it was given. */
struct slice screen_draft_request(const struct screen_draft *draft);
void screen_draft_free(struct screen_draft *draft);
void screen_draft_freep(struct screen_draft **draft);
MUST_CHECK enum status screen_record(struct buf *answer, bool *wrote, struct screener *screener,
                                     struct graph_txn *txn, struct screen_draft *draft);

/*
 * Writes a person's decision beside the engine's. STATUS_NOT_FOUND, with a detail: there is no such
 * decision; STATUS_INVALID: no name, no reason.
 */
MUST_CHECK enum status screen_override(struct graph *graph, struct slice decision_id,
                                       enum decision decision, struct slice person,
                                       struct slice reason);
/*
 * Erases what came in and what was answered, and writes beside the decision who did so and why; the
 * log stays whole. STATUS_NOT_FOUND, with a detail: there is no such decision; STATUS_INVALID: it
 * was erased before, no name, no reason.
 */
MUST_CHECK enum status screen_erase(struct graph *graph, struct slice decision_id,
                                    struct slice person, struct slice reason);
