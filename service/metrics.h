/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/* Counters and histograms in Prometheus' text form. Counting is lock-free and safe anywhere. */

#include <stdatomic.h>

#include "service/route.h"

#define METRICS_BUCKETS 16 /* of time: 50 us doubling, and beyond */

enum metric {
    METRIC_CONNECTIONS,         /* open now */
    METRIC_CLOSED_SLOW,         /* cut because a deadline passed */
    METRIC_IN_FLIGHT,           /* requests now */
    METRIC_REFUSED_QUEUE,       /* no room or waited too long */
    METRIC_REFUSED_CALLER,      /* a caller had too many under way */
    METRIC_UNAVAILABLE_REVIEW,  /* screenings refused, by what the policy makes of that */
    METRIC_UNAVAILABLE_REJECT,
    METRIC_UNAUTHORISED,
    METRIC_DECISIONS_PASS,
    METRIC_DECISIONS_REVIEW,
    METRIC_DECISIONS_REJECT,
    METRIC_PARTIAL,
    METRIC_COMMITS,             /* of the writer */
    METRIC_COMMITTED,           /* screenings and events in them */
    METRIC_COMMIT_FAILURES,
    METRIC_POLICY_RELOADS,
    METRIC_POLICY_RELOAD_FAILURES,
    METRIC_UNMASKED_LOOKS,
    METRIC_COUNT_,
};

struct metrics {
    atomic_ullong values[METRIC_COUNT_];
    atomic_ullong answers[ENDPOINT_COUNT_ + 1][6]; /* by endpoint (last: none), status / 100 */
    atomic_ullong buckets[ENDPOINT_COUNT_][METRICS_BUCKETS + 1];
    atomic_ullong total_us[ENDPOINT_COUNT_];
};

static inline void metrics_add(struct metrics *metrics, enum metric metric, long long delta)
{
    atomic_fetch_add_explicit(&metrics->values[metric], (unsigned long long)delta,
                              memory_order_relaxed);
}

static inline unsigned long long metrics_get(struct metrics *metrics, enum metric metric)
{
    return atomic_load_explicit(&metrics->values[metric], memory_order_relaxed);
}

/* One answer; `route` NULL: to a path that is none. */
void metrics_answer(struct metrics *metrics, const struct route *route, unsigned status,
                    int64_t elapsed_us);
MUST_CHECK enum status metrics_write(struct buf *out, struct metrics *metrics);
