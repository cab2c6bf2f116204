/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Making one decision on one state of the graph: what recording and replaying share. */

#include "screening/answer.h"
#include "screening/request.h"
#include "screening/screen.h"

struct screener {
    struct graph *graph;
    struct policy *policy;
    struct arena arena;             /* of the request at hand */
    struct tag_standings standings; /* of the numbers below */
    uint64_t publication, overlay;
    bool has_standings;
};

/* What one decision is made on. */
struct ground {
    struct graph_txn *txn;
    struct tag_view view;
    uint64_t commit_seq;
    int64_t at_us;
    int64_t deadline_us;     /* monotonic; TIME_MAX: none */
    const char *const *skip; /* detectors that are left out, NULL-terminated; NULL: none */
};

/* The request in `arena`. */
MUST_CHECK enum status ground_request(struct request *out, struct arena *arena,
                                      const struct screener *screener, struct slice text);
/* The T to look at. */
int64_t ground_time(const struct request *request, const struct screen_options *options);
/* Fills time, deadline and view; the caller sets txn and commit_seq. */
MUST_CHECK enum status ground_fill(struct ground *ground, const struct request *request,
                                   const struct screen_options *options);
/* Makes the decision; everything lent lies in `arena` or is lent by the ground's transaction. */
MUST_CHECK enum status ground_decide(struct answer *out, struct screener *screener,
                                     struct arena *arena, const struct request *request,
                                     struct slice text, const struct ground *ground);
