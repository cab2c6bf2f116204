/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of aggregating functions; their work is in aggregate.c. */
#include "query/function_private.h"

#include "query/aggregate.h"

#define AGGREGATE(name, types, result, kind, help)                                                 \
    { name, 1, 1, FUNCTION_AGGREGATE, { types }, result, NULL, kind, help }

const struct function functions_aggregate[] = {
    AGGREGATE("count", 0, BIT(INT), AGGREGATE_COUNT, "count(value)"),
    AGGREGATE("collect", 0, BIT(LIST), AGGREGATE_COLLECT, "collect(value)"),
    AGGREGATE("sum", TYPE_NUMBER | BIT(DURATION), TYPE_NUMBER | BIT(DURATION), AGGREGATE_SUM,
              "sum(number or duration)"),
    AGGREGATE("avg", TYPE_NUMBER | BIT(DURATION), TYPE_NUMBER | BIT(DURATION), AGGREGATE_AVERAGE,
              "avg(number or duration)"),
    AGGREGATE("min", 0, 0, AGGREGATE_MIN, "min(value)"),
    AGGREGATE("max", 0, 0, AGGREGATE_MAX, "max(value)"),
    AGGREGATE("stDev", TYPE_NUMBER, BIT(FLOAT), AGGREGATE_STDEV, "stDev(number)"),
    AGGREGATE("stDevP", TYPE_NUMBER, BIT(FLOAT), AGGREGATE_STDEV_P, "stDevP(number)"),
    { "percentileCont", 2, 2, FUNCTION_AGGREGATE, { TYPE_NUMBER, TYPE_NUMBER }, BIT(FLOAT), NULL,
      AGGREGATE_PERCENTILE_CONT, "percentileCont(number, percentile)" },
    { "percentileDisc", 2, 2, FUNCTION_AGGREGATE, { TYPE_NUMBER, TYPE_NUMBER }, TYPE_NUMBER, NULL,
      AGGREGATE_PERCENTILE_DISC, "percentileDisc(number, percentile)" },
    { 0 },
};
