/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/aggregate.h"

#include "query/function.h"
#include "query/temporal_math.h"

#include <math.h>
#include <stdlib.h>

void aggregate_init(struct aggregate *aggregate, const struct expr *call)
{
    *aggregate = (struct aggregate){ .best = value_null(), .seen = { .width = 1 } };
    aggregate->kind = call->kind == EXPR_COUNT_STAR ? AGGREGATE_COUNT_ROWS
                                                    : (enum aggregate_kind)call->function->variant;
    aggregate->distinct = call->distinct;
}

void aggregate_fini(struct aggregate *aggregate)
{
    free(aggregate->values);
    table_fini(&aggregate->seen);
}

static double as_double(const struct value *value)
{
    return value->type == VALUE_INT ? (double)value->integer : value->floating;
}

static void add_float(struct aggregate *aggregate, double number)
{
    double sum = aggregate->sum + number;

    if (isfinite(sum))
        aggregate->compensation += fabs(aggregate->sum) >= fabs(number)
                                       ? aggregate->sum - sum + number
                                       : number - sum + aggregate->sum;
    aggregate->sum = sum;
}

static enum status add_number(struct aggregate *aggregate, struct eval *eval,
                              const struct expr *call, const struct value *value)
{
    double number, delta;

    if (value->type == VALUE_DURATION) {
        aggregate->durations = true;
        return duration_add(&aggregate->duration, &aggregate->duration, value->duration, 1)
                   ? STATUS_OK
                   : eval_fail(eval, call, "ArithmeticError", "IntegerOverflow",
                               "the sum is out of range");
    }
    number = as_double(value);
    if (value->type == VALUE_FLOAT)
        aggregate->floating = true;
    else if (aggregate->kind == AGGREGATE_SUM &&
             __builtin_add_overflow(aggregate->integer, value->integer, &aggregate->integer))
        return eval_fail(eval, call, "ArithmeticError", "IntegerOverflow",
                         "the sum does not fit in 64 bits; use sum(toFloat(...))");
    add_float(aggregate, number);
    if (aggregate->kind < AGGREGATE_STDEV)
        return STATUS_OK;
    delta = number - aggregate->mean;
    aggregate->mean += delta / (double)aggregate->n;
    aggregate->m2 += delta * (number - aggregate->mean);
    return STATUS_OK;
}

static enum status add_value(struct aggregate *aggregate, struct eval *eval,
                             const struct value *value, struct arena *arena)
{
    TRY(limits_keep(eval->limits, &aggregate->kept,
                    sizeof *value + (value->type >= VALUE_STRING && value->type <= VALUE_MAP
                                         ? value->count : 0)));
    TRY(array_reserve(&aggregate->values, &aggregate->values_capacity, aggregate->n_values + 1));
    TRY(value_keep(&aggregate->values[aggregate->n_values], arena, value));
    aggregate->n_values++;
    return STATUS_OK;
}

static enum status add_percentile(struct aggregate *aggregate, struct eval *eval,
                                  const struct expr *call, const struct value *value,
                                  struct arena *arena)
{
    struct value percentile;

    TRY(eval_expr(&percentile, eval, call->items[1]));
    if (percentile.type != VALUE_INT && percentile.type != VALUE_FLOAT)
        return eval_fail(eval, call->items[1], "TypeError", "InvalidArgumentType",
                         "a percentile is a number");
    aggregate->percentile = as_double(&percentile);
    if (!(aggregate->percentile >= 0 && aggregate->percentile <= 1))
        return eval_fail(eval, call->items[1], "ArgumentError", "NumberOutOfRange",
                         "a percentile lies between 0.0 and 1.0");
    return add_value(aggregate, eval, value, arena);
}

static enum status add_best(struct aggregate *aggregate, const struct value *value,
                            struct arena *arena)
{
    int order = aggregate->best.type == VALUE_NULL ? 0 : value_order(value, &aggregate->best);

    if (aggregate->best.type != VALUE_NULL &&
        (aggregate->kind == AGGREGATE_MIN ? order >= 0 : order <= 0))
        return STATUS_OK;
    return value_keep(&aggregate->best, arena, value);
}

static bool is_number(const struct value *value)
{
    return value->type == VALUE_INT || value->type == VALUE_FLOAT;
}

enum status aggregate_add(struct aggregate *aggregate, struct eval *eval, const struct expr *call,
                          struct arena *arena)
{
    struct value value = value_null();

    if (aggregate->kind != AGGREGATE_COUNT_ROWS)
        TRY(eval_expr(&value, eval, call->items[0]));
    return aggregate_add_value(aggregate, eval, call, value, arena);
}

enum status aggregate_add_value(struct aggregate *aggregate, struct eval *eval,
                                const struct expr *call, struct value value, struct arena *arena)
{
    bool added;
    size_t row;

    if (aggregate->kind == AGGREGATE_COUNT_ROWS) {
        aggregate->n++;
        return STATUS_OK;
    }
    if (value.type == VALUE_NULL)
        return STATUS_OK;
    if (aggregate->distinct) {
        TRY(table_add(&row, &added, &aggregate->seen, arena, &value));
        if (!added)
            return STATUS_OK;
        TRY(limits_keep(eval->limits, &aggregate->kept, 2 * sizeof value));
    }
    aggregate->n++;
    switch (aggregate->kind) {
    case AGGREGATE_COLLECT:
        return add_value(aggregate, eval, &value, arena);
    case AGGREGATE_MIN:
    case AGGREGATE_MAX:
        return add_best(aggregate, &value, arena);
    case AGGREGATE_COUNT_ROWS:
    case AGGREGATE_COUNT:
        return STATUS_OK;
    default:
        break;
    }
    if (!is_number(&value) && (value.type != VALUE_DURATION || aggregate->kind > AGGREGATE_AVERAGE))
        return eval_fail(eval, call->items[0], "TypeError", "InvalidArgumentValue",
                         "%s does not take a %s", call->function->help,
                         value_type_name(value.type));
    if (aggregate->kind >= AGGREGATE_PERCENTILE_CONT)
        return add_percentile(aggregate, eval, call, &value, arena);
    return add_number(aggregate, eval, call, &value);
}

static int by_order(const void *a, const void *b)
{
    return value_order(a, b);
}

static struct value percentile_of(struct aggregate *aggregate)
{
    double place, low;
    size_t at;

    if (!aggregate->n_values)
        return value_null();
    qsort(aggregate->values, aggregate->n_values, sizeof *aggregate->values, by_order);
    if (aggregate->kind == AGGREGATE_PERCENTILE_DISC) {
        place = ceil(aggregate->percentile * (double)aggregate->n_values);
        return aggregate->values[place < 1 ? 0 : (size_t)place - 1];
    }
    place = aggregate->percentile * (double)(aggregate->n_values - 1);
    at = (size_t)place;
    low = as_double(&aggregate->values[at]);
    if (at + 1 < aggregate->n_values)
        low += (place - (double)at) * (as_double(&aggregate->values[at + 1]) - low);
    return value_float(low);
}

static enum status duration_result(struct value *out, const struct aggregate *aggregate,
                                   struct eval *eval)
{
    struct duration *duration = arena_new(eval->scratch, struct duration);
    struct value sum = { .type = VALUE_DURATION, .duration = duration };
    struct value n = value_int((int64_t)aggregate->n);
    struct expr divide = { .kind = EXPR_BINARY, .op = OP_DIVIDE };
    bool done;

    if (!duration)
        return STATUS_NO_MEMORY;
    *duration = aggregate->duration;
    *out = sum;
    if (aggregate->kind == AGGREGATE_SUM)
        return STATUS_OK;
    return temporal_arithmetic(out, &done, eval, &divide, &sum, &n);
}

static struct value deviation(const struct aggregate *aggregate, bool sample)
{
    double n = (double)aggregate->n - (sample ? 1 : 0);

    if (n <= 0)
        return value_float(0);
    return value_float(sqrt(aggregate->m2 / n));
}

enum status aggregate_result(struct value *out, struct aggregate *aggregate, struct eval *eval)
{
    if (aggregate->durations)
        return duration_result(out, aggregate, eval);
    switch (aggregate->kind) {
    case AGGREGATE_COUNT_ROWS:
    case AGGREGATE_COUNT:
        *out = value_int((int64_t)aggregate->n);
        break;
    case AGGREGATE_COLLECT:
        *out = (struct value){ .type = VALUE_LIST, .count = (uint32_t)aggregate->n_values,
                               .items = aggregate->values };
        break;
    case AGGREGATE_SUM:
        *out = aggregate->floating ? value_float(aggregate->sum + aggregate->compensation)
                                   : value_int(aggregate->integer);
        break;
    case AGGREGATE_AVERAGE:
        *out = aggregate->n ? value_float((aggregate->sum + aggregate->compensation) /
                                          (double)aggregate->n)
                            : value_null();
        break;
    case AGGREGATE_MIN:
    case AGGREGATE_MAX:
        *out = aggregate->best;
        break;
    case AGGREGATE_STDEV:
    case AGGREGATE_STDEV_P:
        *out = deviation(aggregate, aggregate->kind == AGGREGATE_STDEV);
        break;
    case AGGREGATE_PERCENTILE_CONT:
    case AGGREGATE_PERCENTILE_DISC:
        *out = percentile_of(aggregate);
        break;
    }
    return STATUS_OK;
}
