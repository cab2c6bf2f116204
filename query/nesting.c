/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/nesting.h"

struct measure {
    struct eval *eval;
    const struct expr *expr;
    uint64_t bytes;
};

static enum status measure(struct measure *to, const struct value *value, unsigned depth);

static enum status measure_item(struct measure *to, const struct value *item, unsigned depth)
{
    if (item->type == VALUE_STRING)
        to->bytes += item->count;
    else if (item->type == VALUE_LIST || item->type == VALUE_MAP)
        return measure(to, item, depth + 1);
    return STATUS_OK;
}

static enum status measure(struct measure *to, const struct value *value, unsigned depth)
{
    bool is_map = value->type == VALUE_MAP;
    uint64_t bytes = (uint64_t)value->count *
                     (is_map ? sizeof(struct value_pair) : sizeof(struct value));

    if (depth > NESTING_MAX)
        return eval_fail(to->eval, to->expr, "ArgumentError", "NumberOutOfRange",
                         "a list or map nested deeper than %d levels", NESTING_MAX);
    to->bytes += bytes;
    TRY(limits_work(to->eval->limits, bytes));
    TRY(limits_room(to->eval->limits, to->bytes));
    for (uint32_t i = 0; i < value->count; i++)
        TRY(measure_item(to, is_map ? &value->pairs[i].value : &value->items[i], depth));
    return STATUS_OK;
}

enum status nesting_check(struct eval *eval, const struct expr *expr, const struct value *value)
{
    struct measure to = { .eval = eval, .expr = expr };

    for (uint32_t i = 0; i < value->count; i++) {
        const struct value *item = value->type == VALUE_MAP ? &value->pairs[i].value
                                                            : &value->items[i];

        if (item->type == VALUE_LIST || item->type == VALUE_MAP)
            TRY(measure(&to, item, 2));
    }
    return STATUS_OK;
}
