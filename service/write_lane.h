/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * The writer's two kinds of work: screenings that are recorded, and events. What waits of both goes
 * into one durable commit, screenings first, each with a commit number of its own.
 */

#include "graph/apply.h"
#include "service/screening.h"

#define WRITE_GROUP_MAX 64
#define EVENT_BODIES_MAX 64
#define SLICE_LINES 200 /* about what fits into the time a writer may hold the lock */

struct event_work;

/* Event bodies under way, oldest first, and the lines of them that go into the next commit. */
struct feed {
    struct event_work *works[EVENT_BODIES_MAX];
    size_t n;
    size_t n_met;                     /* of the bodies that gave lines or had none left */
    struct slice lines[SLICE_LINES];
    uint64_t numbers[SLICE_LINES];
    struct event_work *owners[SLICE_LINES];
    struct apply_answer answers[SLICE_LINES];
    size_t n_lines;
    struct arena arena;               /* of the answers, and of lines that came as msgpack */
};

/* Takes the exchange's body; on failure the exchange is the caller's to answer. */
MUST_CHECK enum status feed_add(struct feed *feed, struct exchange *exchange);
/* Chooses the lines of the next commit: bodies take turns, so that a long one holds nobody up. */
void feed_begin(struct feed *feed);
/* Applies them in the writer's transaction, see apply_within(), and adds how many took effect. */
MUST_CHECK enum status feed_apply(struct feed *feed, bool *wrote, uint64_t *n_applied,
                                  struct graph_txn *txn);
/* After the commit, or the failure `status`: those that are done with are answered. */
void feed_end(struct feed *feed, struct server *server, enum status status);
void feed_fini(struct feed *feed);

/* Answers a screening, whose draft is no longer needed, or another exchange. */
void answer_drafted(struct exchange *exchange);
/*
 * Records up to WRITE_GROUP_MAX drafted screenings, and applies the lines that `feed` has
 * chosen (then ends them), in one durable commit where time allows; answers all.
 */
void record_group(struct server *server, struct screening_seat *seat, struct exchange **group,
                  size_t n, struct feed *feed);
