/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval_private.h"

#include "graph/catalog.h"
#include "query/function.h"
#include "query/nesting.h"
#include "query/subquery.h"
#include "query/temporal_math.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum status eval_fail(struct eval *eval, const struct expr *expr, const char *type,
                      const char *detail, const char *format, ...)
{
    struct query_error error = { type, detail, QUERY_RUNTIME, { 0, 0 } };
    char message[300];
    va_list args;

    if (expr)
        error.span = expr->span;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return query_fail(eval->text, error, "%s", message);
}

enum status eval_text(struct value *out, struct eval *eval, struct slice text)
{
    char *copy;

    if (text.size > UINT32_MAX)
        return fail(STATUS_LIMIT, "a text has at most 4 GiB");
    TRY(limits_room(eval->limits, text.size));
    copy = arena_copy(eval->scratch, text);
    if (!copy)
        return STATUS_NO_MEMORY;
    *out = value_text(slice_of(copy, text.size));
    return STATUS_OK;
}

/* ---- Lists and maps ---------------------------------------------------------------------- */

static enum status eval_list(struct value *out, struct eval *eval, const struct expr *expr)
{
    struct value *items = arena_array(eval->scratch, (size_t)expr->n_items + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < expr->n_items; i++)
        TRY(eval_expr(&items[i], eval, expr->items[i]));
    *out = (struct value){ .type = VALUE_LIST, .count = expr->n_items, .items = items };
    return nesting_check(eval, expr, out);
}

static enum status eval_map(struct value *out, struct eval *eval, const struct expr *expr)
{
    struct value_pair *pairs = arena_array(eval->scratch, (size_t)expr->n_items + 1, sizeof *pairs);
    uint32_t n = expr->n_items;

    if (!pairs)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < n; i++) {
        pairs[i].key = expr->keys[i];
        TRY(eval_expr(&pairs[i].value, eval, expr->items[i]));
    }
    pairs_sort(pairs, &n);
    *out = (struct value){ .type = VALUE_MAP, .count = n, .pairs = pairs };
    return nesting_check(eval, expr, out);
}

static enum status eval_map_projection(struct value *out, struct eval *eval,
                                       const struct expr *expr)
{
    struct value base, all = { .type = VALUE_MAP };
    struct value_pair *pairs;
    uint32_t n = 0;

    TRY(eval_expr(&base, eval, expr->items[0]));
    *out = value_null();
    if (base.type == VALUE_NULL)
        return STATUS_OK;
    if (expr->all)
        TRY(eval_properties(&all, eval, expr, &base));
    pairs = arena_array(eval->scratch, (size_t)all.count + expr->n_items + 1, sizeof *pairs);
    if (!pairs)
        return STATUS_NO_MEMORY;
    for (; n < all.count; n++)
        pairs[n] = all.pairs[n];
    for (uint32_t i = 1; i < expr->n_items; i++, n++) {
        pairs[n].key = expr->keys[i];
        TRY(eval_expr(&pairs[n].value, eval, expr->items[i]));
    }
    pairs_sort(pairs, &n);
    *out = (struct value){ .type = VALUE_MAP, .count = n, .pairs = pairs };
    return nesting_check(eval, expr, out);
}

static enum status index_list(struct value *out, struct eval *eval, const struct expr *expr,
                              const struct value *list, const struct value *index)
{
    int64_t at = index->integer;

    if (index->type != VALUE_INT)
        return eval_fail(eval, expr->items[1], "TypeError", "InvalidArgumentType",
                         "a list is indexed by an integer, not %s", value_type_name(index->type));
    if (at < 0)
        at += list->count;
    *out = at >= 0 && at < list->count ? list->items[at] : value_null();
    return STATUS_OK;
}

static enum status eval_index(struct value *out, struct eval *eval, const struct expr *expr)
{
    struct value base, index;
    struct slice key;
    uint32_t symbol;

    TRY(eval_expr(&base, eval, expr->items[0]));
    TRY(eval_expr(&index, eval, expr->items[1]));
    *out = value_null();
    if (base.type == VALUE_NULL || index.type == VALUE_NULL)
        return STATUS_OK;
    if (base.type == VALUE_LIST)
        return index_list(out, eval, expr, &base, &index);
    if (base.type != VALUE_MAP && base.type != VALUE_NODE && base.type != VALUE_EDGE)
        return eval_fail(eval, expr->items[0], "TypeError", "InvalidArgumentType",
                         "a %s can't be indexed", value_type_name(base.type));
    if (index.type != VALUE_STRING)
        return eval_fail(eval, expr->items[1], "TypeError", "MapElementAccessByNonString",
                         "a key is a string, not %s", value_type_name(index.type));
    key = value_slice(&index);
    symbol = base.type == VALUE_MAP ? 0 : catalog_find(graph_catalog(txn_graph(eval->txn)), key);
    return eval_property(out, eval, expr, &base, key, symbol);
}

/* One end of a slice: counted from the end where negative, cut to the list. */
static enum status slice_end(int64_t *out, bool *null, struct eval *eval, const struct expr *expr,
                             uint32_t count)
{
    struct value value;

    if (!expr)
        return STATUS_OK;
    TRY(eval_expr(&value, eval, expr));
    if (value.type == VALUE_NULL) {
        *null = true;
        return STATUS_OK;
    }
    if (value.type != VALUE_INT)
        return eval_fail(eval, expr, "TypeError", "InvalidArgumentType",
                         "a slice takes integers, not %s", value_type_name(value.type));
    *out = value.integer < 0 ? value.integer + count : value.integer;
    if (*out < 0)
        *out = 0;
    if (*out > count)
        *out = count;
    return STATUS_OK;
}

static enum status eval_slice(struct value *out, struct eval *eval, const struct expr *expr)
{
    int64_t from = 0, to;
    struct value list;
    bool null = false;

    TRY(eval_expr(&list, eval, expr->items[0]));
    *out = value_null();
    if (list.type == VALUE_NULL)
        return STATUS_OK;
    if (list.type != VALUE_LIST)
        return eval_fail(eval, expr->items[0], "TypeError", "InvalidArgumentType",
                         "only a list can be cut, not a %s", value_type_name(list.type));
    to = list.count;
    TRY(slice_end(&from, &null, eval, expr->items[1], list.count));
    TRY(slice_end(&to, &null, eval, expr->items[2], list.count));
    if (null)
        return STATUS_OK;
    *out = list;
    out->count = to > from ? (uint32_t)(to - from) : 0;
    out->items = list.items + (out->count ? from : 0);
    return STATUS_OK;
}

/* ---- Calls ------------------------------------------------------------------------------- */

static enum status check_argument(struct eval *eval, const struct expr *expr, uint32_t i,
                                  const struct value *value)
{
    const struct function *function = expr->function;
    uint32_t mask = function->args[i < FUNCTION_ARGS_MAX ? i : FUNCTION_ARGS_MAX - 1];

    if (!mask || (mask & TYPE_BIT(value->type)))
        return STATUS_OK;
    return eval_fail(eval, expr->items[i], "TypeError", "InvalidArgumentValue",
                     "%s does not take a %s", function->help, value_type_name(value->type));
}

/* What a function is given costs time: a text of a GiB more than one of a byte. */
static enum status argument_work(struct eval *eval, const struct value *value)
{
    if (value->type == VALUE_STRING)
        return limits_work(eval->limits, value->count);
    if (value->type == VALUE_LIST || value->type == VALUE_MAP)
        return limits_work(eval->limits, (uint64_t)value->count * sizeof *value);
    return STATUS_OK;
}

static enum status eval_call(struct value *out, struct eval *eval, const struct expr *expr)
{
    const struct function *function = expr->function;
    struct value few[4], *args = few;

    if (function->flags & FUNCTION_AGGREGATE) {
        *out = eval->frame[expr->slot];
        return STATUS_OK;
    }
    if (expr->n_items > 4) {
        args = arena_array(eval->scratch, expr->n_items, sizeof *args);
        if (!args)
            return STATUS_NO_MEMORY;
    }
    for (uint32_t i = 0; i < expr->n_items; i++) {
        TRY(eval_expr(&args[i], eval, expr->items[i]));
        if (args[i].type != VALUE_NULL)
            TRY(check_argument(eval, expr, i, &args[i]));
        TRY(argument_work(eval, &args[i]));
    }
    *out = value_null();
    if (!(function->flags & FUNCTION_NULLS))
        for (uint32_t i = 0; i < expr->n_items; i++)
            if (args[i].type == VALUE_NULL)
                return STATUS_OK;
    return function->call(out, eval, expr, args);
}

static enum status eval_kind(struct value *out, struct eval *eval, const struct expr *expr);

static enum status eval_memo(struct value *out, struct eval *eval, const struct expr *expr)
{
    struct value *memo = &eval->memos[expr->memo - 1];

    if (memo->type == VALUE_PATH) { /* which no constant is */
        TRY(eval_kind(out, eval, expr));
        TRY(value_keep(memo, eval->kept, out));
    }
    *out = *memo;
    return STATUS_OK;
}

enum status eval_expr(struct value *out, struct eval *eval, const struct expr *expr)
{
    return expr->memo && eval->memos ? eval_memo(out, eval, expr) : eval_kind(out, eval, expr);
}

static enum status eval_kind(struct value *out, struct eval *eval, const struct expr *expr)
{
    struct value base;

    switch (expr->kind) {
    case EXPR_LITERAL:
        *out = expr->literal;
        return STATUS_OK;
    case EXPR_PARAMETER:
        *out = eval->parameters[expr->slot];
        return STATUS_OK;
    case EXPR_VARIABLE:
    case EXPR_COUNT_STAR:
        *out = eval->frame[expr->slot];
        return STATUS_OK;
    case EXPR_PROPERTY:
        TRY(eval_expr(&base, eval, expr->items[0]));
        return eval_property(out, eval, expr, &base, expr->name, eval->symbols[expr->name_index]);
    case EXPR_INDEX:
        return eval_index(out, eval, expr);
    case EXPR_SLICE:
        return eval_slice(out, eval, expr);
    case EXPR_LIST:
        return eval_list(out, eval, expr);
    case EXPR_MAP:
        return eval_map(out, eval, expr);
    case EXPR_MAP_PROJECTION:
        return eval_map_projection(out, eval, expr);
    case EXPR_UNARY:
        return eval_unary(out, eval, expr);
    case EXPR_BINARY:
        return eval_binary(out, eval, expr);
    case EXPR_COMPARE:
        return eval_compare(out, eval, expr);
    case EXPR_HAS_LABELS:
        return eval_has_labels(out, eval, expr);
    case EXPR_CALL:
        return eval_call(out, eval, expr);
    case EXPR_CASE:
        return eval_case(out, eval, expr);
    case EXPR_LIST_COMPREHENSION:
        return eval_comprehension(out, eval, expr);
    case EXPR_QUANTIFIER:
        return eval_quantifier(out, eval, expr);
    case EXPR_REDUCE:
        return eval_reduce(out, eval, expr);
    case EXPR_PATTERN:
    case EXPR_PATTERN_COMPREHENSION:
    case EXPR_EXISTS:
    case EXPR_COUNT:
    case EXPR_COLLECT:
    case EXPR_SHORTEST:
        return subquery_eval(out, eval, expr);
    }
    return STATUS_OK;
}
