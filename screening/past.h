/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Applications that the graph holds, as the requests they once were: for looking at them again.
 *
 * A request is put together from what the application states (its own properties, APPLIED,
 * SUBMITTED_FROM, STATES_PHONE, STATES_ADDRESS, and guarantees given with it), which is what
 * screening records. Names are not among it.
 */

#include "graph/graph.h"

/* How an application ended. */
enum past_outcome { PAST_UNKNOWN, PAST_GOOD, PAST_OVERDUE, PAST_FRAUD };

const char *past_outcome_name(enum past_outcome outcome);

struct past {
    struct node_id id;
    int64_t at_us;             /* its applied_at, or when its first APPLIED edge starts */
    enum past_outcome outcome; /* as known now */
};

struct past_list {
    struct past *items;        /* by time, then node */
    size_t n, capacity;
    uint64_t n_undated;        /* left out: no such moment */
};

void past_list_fini(struct past_list *list);
/* Those of the time [since, until), as known now. Cost: a scan of all nodes, 24 bytes each. */
MUST_CHECK enum status past_list_load(struct past_list *out, struct graph_txn *txn,
                                      int64_t since_us, int64_t until_us);

/*
 * Appends the request, one JSON object. What the application states is read in `now`; the type of
 * enterprise, which it does not, as `then` knew it. STATUS_NOT_FOUND: nobody is known to have
 * applied.
 */
MUST_CHECK enum status past_request(struct buf *out, struct graph_txn *now,
                                    struct graph_txn *then, const struct past *past);
