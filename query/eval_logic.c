/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Logic, comparisons and predicates. */
#include "query/eval_private.h"

#include "graph/pattern.h"
#include "query/temporal_math.h"

/* ---- Logic ------------------------------------------------------------------------------- */

enum status eval_truth(enum truth *out, struct eval *eval, const struct expr *expr)
{
    struct value value;

    TRY(eval_expr(&value, eval, expr));
    if (value.type == VALUE_NULL)
        *out = TRUTH_UNKNOWN;
    else if (value.type == VALUE_BOOL)
        *out = value.boolean ? TRUTH_TRUE : TRUTH_FALSE;
    else
        return eval_fail(eval, expr, "TypeError", "InvalidArgumentType",
                         "expected a boolean, found %s", value_type_name(value.type));
    return STATUS_OK;
}

enum status eval_condition(bool *holds, struct eval *eval, const struct expr *expr)
{
    enum truth truth;

    TRY(eval_truth(&truth, eval, expr));
    *holds = truth == TRUTH_TRUE;
    return STATUS_OK;
}

enum status eval_logic(struct value *out, struct eval *eval, const struct expr *expr)
{
    enum truth a, b, decisive = expr->op == OP_AND ? TRUTH_FALSE : TRUTH_TRUE;

    TRY(eval_truth(&a, eval, expr->items[0]));
    if (expr->op != OP_XOR && a == decisive) {
        *out = value_truth(a);
        return STATUS_OK;
    }
    TRY(eval_truth(&b, eval, expr->items[1]));
    if (expr->op == OP_XOR)
        *out = a == TRUTH_UNKNOWN || b == TRUTH_UNKNOWN ? value_null() : value_bool(a != b);
    else if (b == decisive)
        *out = value_truth(b);
    else
        *out = a == TRUTH_UNKNOWN || b == TRUTH_UNKNOWN ? value_null() : value_truth(b);
    return STATUS_OK;
}

enum truth eval_compare_values(enum operator op, const struct value *a, const struct value *b)
{
    enum truth truth;
    int order = 0;
    bool holds;

    if (op == OP_EQUAL)
        return value_equal(a, b);
    if (op == OP_NOT_EQUAL)
        return truth_not(value_equal(a, b));
    truth = value_compare(&order, a, b);
    if (truth != TRUTH_TRUE)
        return truth;
    holds = op == OP_LESS         ? order < 0
            : op == OP_LESS_EQUAL ? order <= 0
            : op == OP_GREATER    ? order > 0
                                  : order >= 0;
    return holds ? TRUTH_TRUE : TRUTH_FALSE;
}

/* Texts cost by size; what a list or map holds may be much: after a few the clock is looked at. */
static enum status compare_work(struct eval *eval, const struct value *value)
{
    if (value->type == VALUE_STRING)
        return limits_work(eval->limits, value->count);
    if ((value->type == VALUE_LIST || value->type == VALUE_MAP) && value->count)
        return limits_work(eval->limits, (64u << 10) + (uint64_t)value->count * sizeof *value);
    return STATUS_OK;
}

/* a < b < c is a < b AND b < c, with b evaluated once. */
enum status eval_compare(struct value *out, struct eval *eval, const struct expr *expr)
{
    enum truth all = TRUTH_TRUE;
    struct value left, right;

    TRY(eval_expr(&left, eval, expr->items[0]));
    for (uint32_t i = 1; i < expr->n_items; i++) {
        enum truth one;

        TRY(eval_expr(&right, eval, expr->items[i]));
        TRY(compare_work(eval, &right));
        one = eval_compare_values(expr->ops[i - 1], &left, &right);
        if (one == TRUTH_FALSE) {
            *out = value_bool(false);
            return STATUS_OK;
        }
        if (one == TRUTH_UNKNOWN)
            all = one;
        left = right;
    }
    *out = value_truth(all);
    return STATUS_OK;
}

/* ---- Predicates -------------------------------------------------------------------------- */

static enum status eval_in(struct value *out, struct eval *eval, const struct expr *expr,
                           const struct value *item, const struct value *list)
{
    enum truth found = TRUTH_FALSE;

    if (list->type == VALUE_NULL) {
        *out = value_null();
        return STATUS_OK;
    }
    if (list->type != VALUE_LIST)
        return eval_fail(eval, expr->items[1], "TypeError", "InvalidArgumentType",
                         "IN takes a list, found %s", value_type_name(list->type));
    for (uint32_t i = 0; i < list->count && found != TRUTH_TRUE; i++) {
        enum truth one = value_equal(item, &list->items[i]);
        if (one != TRUTH_FALSE)
            found = one;
    }
    *out = value_truth(found);
    return STATUS_OK;
}

static bool text_predicate(enum operator op, struct slice text, struct slice part)
{
    if (part.size > text.size)
        return false;
    if (part.size == 0)
        return true;
    if (op == OP_STARTS_WITH)
        return memcmp(text.data, part.data, part.size) == 0;
    if (op == OP_ENDS_WITH)
        return memcmp((const char *)text.data + text.size - part.size, part.data, part.size) == 0;
    return memmem(text.data, text.size, part.data, part.size) != NULL;
}

static enum status eval_matches(struct value *out, struct eval *eval, const struct expr *expr,
                                const struct value *text, const struct value *pattern)
{
    AUTO(pattern_freep) struct pattern *compiled = NULL;
    enum status status = pattern_compile(&compiled, value_slice(pattern), PATTERN_WHOLE);
    bool matched = false;

    if (status == STATUS_INVALID)
        return eval_fail(eval, expr->items[1], "ArgumentError", "InvalidRegularExpression", "%s",
                         error_detail());
    TRY(status);
    TRY(pattern_match(&matched, compiled, value_slice(text)));
    *out = value_bool(matched);
    return STATUS_OK;
}

enum status eval_binary(struct value *out, struct eval *eval, const struct expr *expr)
{
    struct value left, right;

    if (expr->op == OP_AND || expr->op == OP_OR || expr->op == OP_XOR)
        return eval_logic(out, eval, expr);
    TRY(eval_expr(&left, eval, expr->items[0]));
    TRY(eval_expr(&right, eval, expr->items[1]));
    if (expr->op == OP_IN)
        TRY(compare_work(eval, &right));
    else
        TRY(compare_work(eval, &left));
    switch (expr->op) {
    case OP_IN:
        return eval_in(out, eval, expr, &left, &right);
    case OP_STARTS_WITH:
    case OP_ENDS_WITH:
    case OP_CONTAINS:
    case OP_MATCHES:
        *out = value_null();
        if (left.type != VALUE_STRING || right.type != VALUE_STRING)
            return STATUS_OK;
        if (expr->op == OP_MATCHES)
            return eval_matches(out, eval, expr, &left, &right);
        *out = value_bool(text_predicate(expr->op, value_slice(&left), value_slice(&right)));
        return STATUS_OK;
    default:
        return eval_arithmetic(out, eval, expr, &left, &right);
    }
}

enum status eval_unary(struct value *out, struct eval *eval, const struct expr *expr)
{
    struct value value;
    enum truth truth;

    if (expr->op == OP_NOT) {
        TRY(eval_truth(&truth, eval, expr->items[0]));
        *out = value_truth(truth_not(truth));
        return STATUS_OK;
    }
    TRY(eval_expr(&value, eval, expr->items[0]));
    if (expr->op == OP_IS_NULL || expr->op == OP_IS_NOT_NULL) {
        *out = value_bool((value.type == VALUE_NULL) == (expr->op == OP_IS_NULL));
        return STATUS_OK;
    }
    *out = value;
    if (value.type == VALUE_NULL ||
        (expr->op == OP_PLUS && (value.type == VALUE_INT || value.type == VALUE_FLOAT)))
        return STATUS_OK;
    if (value.type == VALUE_FLOAT) {
        out->floating = 0 - value.floating; /* never -0.0 */
        return STATUS_OK;
    }
    if (value.type == VALUE_DURATION)
        return expr->op == OP_PLUS ? STATUS_OK : temporal_negate(out, eval, &value);
    if (value.type != VALUE_INT)
        return eval_fail(eval, expr, "TypeError", "InvalidArgumentType",
                         "expected a number, found %s", value_type_name(value.type));
    if (__builtin_sub_overflow((int64_t)0, value.integer, &out->integer))
        return eval_fail(eval, expr, "ArithmeticError", "IntegerOverflow",
                         "the result does not fit in 64 bits");
    return STATUS_OK;
}

enum status eval_has_labels(struct value *out, struct eval *eval, const struct expr *expr)
{
    const struct node *node;
    const struct edge_ref *edge;
    struct value value;
    enum status status;
    bool holds;

    TRY(eval_expr(&value, eval, expr->items[0]));
    *out = value_null();
    if (value.type == VALUE_NULL)
        return STATUS_OK;
    if (value.type == VALUE_EDGE) {
        edge = value.ref;
        TRY(eval_labels(&holds, eval, expr->labels, &edge->edge.type, 1));
    } else if (value.type == VALUE_NODE) {
        status = eval_node(&node, eval, value_node_id(&value));
        if (status == STATUS_NOT_FOUND)
            return eval_fail(eval, expr, "EntityNotFound", "DeletedEntityAccess",
                             "this node was deleted");
        TRY(status);
        TRY(eval_labels(&holds, eval, expr->labels, node->labels, node->n_labels));
    } else {
        return eval_fail(eval, expr, "TypeError", "InvalidArgumentType",
                         "a %s has no labels", value_type_name(value.type));
    }
    *out = value_bool(holds);
    return STATUS_OK;
}
