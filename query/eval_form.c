/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forms with a variable of their own, and CASE. */
#include "query/eval_private.h"
#include "query/nesting.h"

/* The list of a form; a null list makes the form null. */
static enum status form_list(struct value *out, struct eval *eval, const struct expr *expr)
{
    TRY(eval_expr(out, eval, expr));
    if (out->type == VALUE_LIST || out->type == VALUE_NULL)
        return STATUS_OK;
    return eval_fail(eval, expr, "TypeError", "InvalidArgumentType", "expected a list, found %s",
                     value_type_name(out->type));
}

enum status eval_comprehension(struct value *out, struct eval *eval,
                                      const struct expr *expr)
{
    struct value list, *items;
    uint32_t n = 0;
    bool holds = true;

    TRY(form_list(&list, eval, expr->items[0]));
    *out = list;
    if (list.type == VALUE_NULL)
        return STATUS_OK;
    TRY(limits_room(eval->limits, (uint64_t)list.count * sizeof *items));
    items = arena_array(eval->scratch, (size_t)list.count + 1, sizeof *items);
    if (!items)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < list.count; i++) {
        TRY(limits_tick(eval->limits));
        eval->frame[expr->slot] = list.items[i];
        if (expr->items[1])
            TRY(eval_condition(&holds, eval, expr->items[1]));
        if (!holds)
            continue;
        items[n] = list.items[i];
        if (expr->items[2])
            TRY(eval_expr(&items[n], eval, expr->items[2]));
        n++;
    }
    *out = (struct value){ .type = VALUE_LIST, .count = n, .items = items };
    return nesting_check(eval, expr, out);
}

enum status eval_quantifier(struct value *out, struct eval *eval, const struct expr *expr)
{
    uint32_t n_true = 0, n_unknown = 0, n_false = 0;
    struct value list;
    enum truth truth;

    TRY(form_list(&list, eval, expr->items[0]));
    *out = list;
    if (list.type == VALUE_NULL)
        return STATUS_OK;
    for (uint32_t i = 0; i < list.count; i++) {
        TRY(limits_tick(eval->limits));
        eval->frame[expr->slot] = list.items[i];
        TRY(eval_truth(&truth, eval, expr->items[1]));
        n_true += truth == TRUTH_TRUE;
        n_false += truth == TRUTH_FALSE;
        n_unknown += truth == TRUTH_UNKNOWN;
    }
    switch (expr->op) {
    case OP_ALL:
        *out = n_false ? value_bool(false) : n_unknown ? value_null() : value_bool(true);
        break;
    case OP_ANY:
        *out = n_true ? value_bool(true) : n_unknown ? value_null() : value_bool(false);
        break;
    case OP_NO:
        *out = n_true ? value_bool(false) : n_unknown ? value_null() : value_bool(true);
        break;
    default:
        *out = n_true > 1 ? value_bool(false) : n_unknown ? value_null() : value_bool(n_true == 1);
        break;
    }
    return STATUS_OK;
}

enum status eval_reduce(struct value *out, struct eval *eval, const struct expr *expr)
{
    struct value list, result;

    TRY(eval_expr(&result, eval, expr->items[0]));
    TRY(form_list(&list, eval, expr->items[1]));
    *out = list;
    if (list.type == VALUE_NULL)
        return STATUS_OK;
    for (uint32_t i = 0; i < list.count; i++) {
        TRY(limits_tick(eval->limits));
        eval->frame[expr->slot] = result;
        eval->frame[expr->slot2] = list.items[i];
        TRY(eval_expr(&result, eval, expr->items[2]));
    }
    *out = result;
    return STATUS_OK;
}

enum status eval_case(struct value *out, struct eval *eval, const struct expr *expr)
{
    struct value operand = value_null(), when;
    bool holds;

    if (expr->items[0])
        TRY(eval_expr(&operand, eval, expr->items[0]));
    for (uint32_t i = 2; i + 1 < expr->n_items; i += 2) {
        if (expr->items[0]) {
            TRY(eval_expr(&when, eval, expr->items[i]));
            holds = value_equal(&operand, &when) == TRUTH_TRUE;
        } else {
            TRY(eval_condition(&holds, eval, expr->items[i]));
        }
        if (holds)
            return eval_expr(out, eval, expr->items[i + 1]);
    }
    *out = value_null();
    return expr->items[1] ? eval_expr(out, eval, expr->items[1]) : STATUS_OK;
}
