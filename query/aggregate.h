/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
/*
 * Aggregating functions: one state for each call and group.
 *
 * Null values are left out. With DISTINCT equal values count once.
 */

#include "query/eval.h"
#include "query/table.h"

enum aggregate_kind {
    AGGREGATE_COUNT_ROWS, /* count(*) */
    AGGREGATE_COUNT,
    AGGREGATE_COLLECT,
    AGGREGATE_SUM,
    AGGREGATE_AVERAGE,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_STDEV,
    AGGREGATE_STDEV_P,
    AGGREGATE_PERCENTILE_CONT,
    AGGREGATE_PERCENTILE_DISC,
};

struct aggregate {
    enum aggregate_kind kind;
    bool distinct, floating, durations;
    uint64_t n;
    int64_t integer;         /* sum of integers, checked */
    double sum, mean, m2;    /* Welford (1962) for the deviations */
    double compensation;     /* Neumaier (1974) for sums of floats */
    struct duration duration;
    struct value best;
    struct value *values;    /* collect and percentiles */
    size_t n_values, values_capacity;
    double percentile;
    struct table seen;       /* DISTINCT */
    uint64_t kept;           /* bytes, for limits_drop() */
};

void aggregate_init(struct aggregate *aggregate, const struct expr *call);
void aggregate_fini(struct aggregate *aggregate);
/* Takes the present row; what must outlive it is copied into `arena`. */
MUST_CHECK enum status aggregate_add(struct aggregate *aggregate, struct eval *eval,
                                     const struct expr *call, struct arena *arena);
/* The same with the argument's value at hand (null for count(*)). */
MUST_CHECK enum status aggregate_add_value(struct aggregate *aggregate, struct eval *eval,
                                           const struct expr *call, struct value value,
                                           struct arena *arena);
/* The group's value; a list is lent by the aggregate. */
MUST_CHECK enum status aggregate_result(struct value *out, struct aggregate *aggregate,
                                        struct eval *eval);
