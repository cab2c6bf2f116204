/* SPDX-License-Identifier: GPL-2.0-or-later */
/* + - * / % ^ || on numbers, text, lists and times. */
#include "query/eval.h"

#include "base/emit.h"
#include "query/temporal_math.h"

#include <inttypes.h>
#include <math.h>

static bool is_number(const struct value *value)
{
    return value->type == VALUE_INT || value->type == VALUE_FLOAT;
}

static double as_double(const struct value *value)
{
    return value->type == VALUE_INT ? (double)value->integer : value->floating;
}

static enum status overflow(struct eval *eval, const struct expr *expr)
{
    return eval_fail(eval, expr, "ArithmeticError", "IntegerOverflow",
                     "the result does not fit in 64 bits");
}

static enum status integers(struct value *out, struct eval *eval, const struct expr *expr,
                            int64_t a, int64_t b)
{
    int64_t result = 0;
    bool bad = false;

    switch (expr->op) {
    case OP_ADD:
        bad = __builtin_add_overflow(a, b, &result);
        break;
    case OP_SUBTRACT:
        bad = __builtin_sub_overflow(a, b, &result);
        break;
    case OP_MULTIPLY:
        bad = __builtin_mul_overflow(a, b, &result);
        break;
    case OP_DIVIDE:
    case OP_MODULO:
        if (b == 0)
            return eval_fail(eval, expr, "ArithmeticError", "DivisionByZero", "division by zero");
        if (b == -1)
            bad = expr->op == OP_DIVIDE && __builtin_sub_overflow((int64_t)0, a, &result);
        else
            result = expr->op == OP_DIVIDE ? a / b : a % b;
        break;
    default:
        *out = value_float(pow((double)a, (double)b));
        return STATUS_OK;
    }
    if (bad)
        return overflow(eval, expr);
    *out = value_int(result);
    return STATUS_OK;
}

static double floats(enum operator op, double a, double b)
{
    switch (op) {
    case OP_ADD:
        return a + b;
    case OP_SUBTRACT:
        return a - b;
    case OP_MULTIPLY:
        return a * b;
    case OP_DIVIDE:
        return a / b;
    case OP_MODULO:
        return fmod(a, b);
    default:
        return pow(a, b);
    }
}

/* Text of a number or boolean beside a string, as + joins them. */
static enum status as_text(struct slice *out, struct eval *eval, const struct value *value,
                           struct buf *buf)
{
    struct value text;

    if (value->type == VALUE_STRING) {
        *out = value_slice(value);
        return STATUS_OK;
    }
    if (value->type == VALUE_INT)
        TRY(buf_printf(buf, "%" PRId64, value->integer));
    else if (value->type == VALUE_FLOAT && isfinite(value->floating))
        TRY(float_format(buf, value->floating));
    else if (value->type == VALUE_FLOAT)
        TRY(buf_printf(buf, "%s",
                       isnan(value->floating) ? "NaN" : value->floating > 0 ? "Infinity"
                                                                           : "-Infinity"));
    else
        TRY(buf_printf(buf, "%s", value->boolean ? "true" : "false"));
    TRY(eval_text(&text, eval, buf_slice(buf)));
    *out = value_slice(&text);
    return STATUS_OK;
}

static enum status join_text(struct value *out, struct eval *eval, const struct expr *expr,
                             const struct value *left, const struct value *right)
{
    AUTO(buf_fini) struct buf buf = { 0 };
    struct slice a, b;
    char *text;

    TRY(as_text(&a, eval, left, &buf));
    buf_clear(&buf);
    TRY(as_text(&b, eval, right, &buf));
    if (a.size + b.size >= UINT32_MAX)
        return eval_fail(eval, expr, "ArgumentError", "NumberOutOfRange", "the text is too long");
    TRY(limits_work(eval->limits, a.size + b.size));
    TRY(limits_room(eval->limits, a.size + b.size));
    text = arena_alloc(eval->scratch, a.size + b.size + 1);
    if (!text)
        return STATUS_NO_MEMORY;
    if (a.size)
        memcpy(text, a.data, a.size);
    if (b.size)
        memcpy(text + a.size, b.data, b.size);
    *out = value_text(slice_of(text, a.size + b.size));
    return STATUS_OK;
}

static enum status join_lists(struct value *out, struct eval *eval, const struct value *left,
                              const struct value *right)
{
    uint32_t a = left->type == VALUE_LIST ? left->count : 1;
    uint32_t b = right->type == VALUE_LIST ? right->count : 1;
    struct value *items;

    TRY(limits_work(eval->limits, ((uint64_t)a + b) * sizeof *items));
    TRY(limits_room(eval->limits, ((uint64_t)a + b) * sizeof *items));
    if ((uint64_t)a + b > UINT32_MAX)
        return fail(STATUS_LIMIT, "a list has at most 4 billion items");
    items = arena_array(eval->scratch, (size_t)a + b + 1, sizeof *items);
    if (!items)
        return STATUS_NO_MEMORY;
    if (left->type != VALUE_LIST)
        items[0] = *left;
    else if (a)
        memcpy(items, left->items, a * sizeof *items);
    if (right->type != VALUE_LIST)
        items[a] = *right;
    else if (b)
        memcpy(items + a, right->items, b * sizeof *items);
    *out = (struct value){ .type = VALUE_LIST, .count = a + b, .items = items };
    return STATUS_OK;
}

static bool joins_text(const struct value *a, const struct value *b, enum operator op)
{
    if (a->type != VALUE_STRING && b->type != VALUE_STRING)
        return false;
    if (op == OP_CONCAT)
        return a->type == VALUE_STRING && b->type == VALUE_STRING;
    return (a->type == VALUE_STRING || is_number(a) || a->type == VALUE_BOOL) &&
           (b->type == VALUE_STRING || is_number(b) || b->type == VALUE_BOOL);
}

static const char *operator_text(enum operator op)
{
    return op == OP_ADD        ? "+"
           : op == OP_SUBTRACT ? "-"
           : op == OP_MULTIPLY ? "*"
           : op == OP_DIVIDE   ? "/"
           : op == OP_MODULO   ? "%"
           : op == OP_CONCAT   ? "||"
                               : "^";
}

enum status eval_arithmetic(struct value *out, struct eval *eval, const struct expr *expr,
                            const struct value *left, const struct value *right)
{
    bool done = false;

    if (left->type == VALUE_LIST || right->type == VALUE_LIST) {
        bool both = left->type == VALUE_LIST && right->type == VALUE_LIST;
        bool null = left->type == VALUE_NULL || right->type == VALUE_NULL;

        if (!null && (expr->op == OP_ADD || (expr->op == OP_CONCAT && both)))
            return join_lists(out, eval, left, right);
    }
    if (left->type == VALUE_NULL || right->type == VALUE_NULL) {
        *out = value_null();
        return STATUS_OK;
    }
    if (is_number(left) && is_number(right) && expr->op != OP_CONCAT) {
        if (left->type == VALUE_INT && right->type == VALUE_INT)
            return integers(out, eval, expr, left->integer, right->integer);
        *out = value_float(floats(expr->op, as_double(left), as_double(right)));
        return STATUS_OK;
    }
    if ((expr->op == OP_ADD || expr->op == OP_CONCAT) && joins_text(left, right, expr->op))
        return join_text(out, eval, expr, left, right);
    TRY(temporal_arithmetic(out, &done, eval, expr, left, right));
    if (done)
        return STATUS_OK;
    return eval_fail(eval, expr, "TypeError", "InvalidArgumentType", "%s %s %s is not defined",
                     value_type_name(left->type), operator_text(expr->op),
                     value_type_name(right->type));
}
