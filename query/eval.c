/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/eval.h"

#include "graph/catalog.h"
#include "graph/pattern.h"
#include "query/compare.h"
#include "query/function.h"
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
    char *copy = arena_copy(eval->scratch, text);

    if (!copy)
        return STATUS_NO_MEMORY;
    *out = value_text(slice_of(copy, text.size));
    return STATUS_OK;
}

/* ---- Copies ------------------------------------------------------------------------------ */

static enum status keep_items(const struct value **out, struct arena *arena,
                              const struct value *items, size_t n)
{
    struct value *kept = arena_array(arena, n + 1, sizeof *kept);

    if (!kept)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        TRY(value_keep(&kept[i], arena, &items[i]));
    *out = kept;
    return STATUS_OK;
}

static enum status keep_map(struct value *out, struct arena *arena, const struct value *map)
{
    struct value_pair *pairs = arena_array(arena, (size_t)map->count + 1, sizeof *pairs);

    if (!pairs)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < map->count; i++) {
        char *key = arena_copy(arena, map->pairs[i].key);
        if (!key)
            return STATUS_NO_MEMORY;
        pairs[i].key = slice_of(key, map->pairs[i].key.size);
        TRY(value_keep(&pairs[i].value, arena, &map->pairs[i].value));
    }
    out->pairs = pairs;
    return STATUS_OK;
}

static enum status keep_path(struct value *out, struct arena *arena, const struct path *path)
{
    struct path *kept = arena_new(arena, struct path);

    if (!kept)
        return STATUS_NO_MEMORY;
    kept->n_edges = path->n_edges;
    TRY(keep_items(&kept->nodes, arena, path->nodes, (size_t)path->n_edges + 1));
    TRY(keep_items(&kept->edges, arena, path->edges, path->n_edges));
    out->ref = kept;
    return STATUS_OK;
}

static enum status keep_zone(struct value *out, struct arena *arena, const struct zone *zone)
{
    struct zone *kept = arena_new(arena, struct zone);

    if (!kept)
        return STATUS_NO_MEMORY;
    *kept = *zone;
    if (zone->name) {
        kept->name = arena_copy(arena, slice_str(zone->name));
        if (!kept->name)
            return STATUS_NO_MEMORY;
    }
    out->instant.zone = kept;
    return STATUS_OK;
}

enum status value_keep(struct value *out, struct arena *arena, const struct value *value)
{
    struct value copy = *value;
    struct edge_ref *edge;
    struct duration *duration;

    switch (value->type) {
    case VALUE_STRING:
        copy.text = arena_copy(arena, value_slice(value));
        if (!copy.text)
            return STATUS_NO_MEMORY;
        break;
    case VALUE_LIST:
        TRY(keep_items(&copy.items, arena, value->items, value->count));
        break;
    case VALUE_MAP:
        TRY(keep_map(&copy, arena, value));
        break;
    case VALUE_EDGE:
        edge = arena_new(arena, struct edge_ref);
        if (!edge)
            return STATUS_NO_MEMORY;
        *edge = *(const struct edge_ref *)value->ref;
        copy.ref = edge;
        break;
    case VALUE_PATH:
        TRY(keep_path(&copy, arena, value->ref));
        break;
    case VALUE_DATETIME:
        TRY(keep_zone(&copy, arena, value->instant.zone));
        break;
    case VALUE_DURATION:
        duration = arena_new(arena, struct duration);
        if (!duration)
            return STATUS_NO_MEMORY;
        *duration = *value->duration;
        copy.duration = duration;
        break;
    default:
        break;
    }
    *out = copy;
    return STATUS_OK;
}

/* Equal keys keep their order, so that the last one can be told. */
static int by_key(const void *a, const void *b)
{
    const struct value_pair *x = a, *y = b;
    int order = slice_compare(x->key, y->key);

    return order ? order : (x > y) - (x < y);
}

void pairs_sort(struct value_pair *pairs, uint32_t *n)
{
    uint32_t kept = 0;
    bool sorted = true;

    for (uint32_t i = 1; i < *n && sorted; i++)
        sorted = slice_compare(pairs[i - 1].key, pairs[i].key) < 0;
    if (sorted)
        return;
    /* Insertion keeps equal keys in order; qsort does for the long ones, which have none. */
    if (*n <= 64) {
        for (uint32_t i = 1; i < *n; i++) {
            struct value_pair pair = pairs[i];
            uint32_t k = i;
            for (; k > 0 && slice_compare(pairs[k - 1].key, pair.key) > 0; k--)
                pairs[k] = pairs[k - 1];
            pairs[k] = pair;
        }
    } else {
        qsort(pairs, *n, sizeof *pairs, by_key);
    }
    for (uint32_t i = 0; i < *n; i++) {
        if (i + 1 < *n && slice_equal(pairs[i].key, pairs[i + 1].key))
            continue;
        pairs[kept++] = pairs[i];
    }
    *n = kept;
}

/* ---- Logic ------------------------------------------------------------------------------- */

static enum status as_truth(enum truth *out, struct eval *eval, const struct expr *expr)
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

    TRY(as_truth(&truth, eval, expr));
    *holds = truth == TRUTH_TRUE;
    return STATUS_OK;
}

static enum status eval_logic(struct value *out, struct eval *eval, const struct expr *expr)
{
    enum truth a, b, decisive = expr->op == OP_AND ? TRUTH_FALSE : TRUTH_TRUE;

    TRY(as_truth(&a, eval, expr->items[0]));
    if (expr->op != OP_XOR && a == decisive) {
        *out = value_truth(a);
        return STATUS_OK;
    }
    TRY(as_truth(&b, eval, expr->items[1]));
    if (expr->op == OP_XOR)
        *out = a == TRUTH_UNKNOWN || b == TRUTH_UNKNOWN ? value_null() : value_bool(a != b);
    else if (b == decisive)
        *out = value_truth(b);
    else
        *out = a == TRUTH_UNKNOWN || b == TRUTH_UNKNOWN ? value_null() : value_truth(b);
    return STATUS_OK;
}

static enum truth compare_one(enum operator op, const struct value *a, const struct value *b)
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

/* a < b < c is a < b AND b < c, with b evaluated once. */
static enum status eval_compare(struct value *out, struct eval *eval, const struct expr *expr)
{
    enum truth all = TRUTH_TRUE;
    struct value left, right;

    TRY(eval_expr(&left, eval, expr->items[0]));
    for (uint32_t i = 1; i < expr->n_items; i++) {
        enum truth one;

        TRY(eval_expr(&right, eval, expr->items[i]));
        one = compare_one(expr->ops[i - 1], &left, &right);
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
    bool matched = false;

    if (pattern_compile(&compiled, value_slice(pattern), PATTERN_WHOLE) != STATUS_OK)
        return eval_fail(eval, expr->items[1], "ArgumentError", "InvalidRegularExpression", "%s",
                         error_detail());
    TRY(pattern_match(&matched, compiled, value_slice(text)));
    *out = value_bool(matched);
    return STATUS_OK;
}

static enum status eval_binary(struct value *out, struct eval *eval, const struct expr *expr)
{
    struct value left, right;

    if (expr->op == OP_AND || expr->op == OP_OR || expr->op == OP_XOR)
        return eval_logic(out, eval, expr);
    TRY(eval_expr(&left, eval, expr->items[0]));
    TRY(eval_expr(&right, eval, expr->items[1]));
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

static enum status eval_unary(struct value *out, struct eval *eval, const struct expr *expr)
{
    struct value value;
    enum truth truth;

    if (expr->op == OP_NOT) {
        TRY(as_truth(&truth, eval, expr->items[0]));
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

static enum status eval_has_labels(struct value *out, struct eval *eval, const struct expr *expr)
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

/* ---- Lists and maps ---------------------------------------------------------------------- */

static enum status eval_list(struct value *out, struct eval *eval, const struct expr *expr)
{
    struct value *items = arena_array(eval->scratch, (size_t)expr->n_items + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < expr->n_items; i++)
        TRY(eval_expr(&items[i], eval, expr->items[i]));
    *out = (struct value){ .type = VALUE_LIST, .count = expr->n_items, .items = items };
    return STATUS_OK;
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
    return STATUS_OK;
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
    return STATUS_OK;
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

/* ---- Forms with a variable --------------------------------------------------------------- */

/* The list of a form; a null list makes the form null. */
static enum status form_list(struct value *out, struct eval *eval, const struct expr *expr)
{
    TRY(eval_expr(out, eval, expr));
    if (out->type == VALUE_LIST || out->type == VALUE_NULL)
        return STATUS_OK;
    return eval_fail(eval, expr, "TypeError", "InvalidArgumentType", "expected a list, found %s",
                     value_type_name(out->type));
}

static enum status eval_comprehension(struct value *out, struct eval *eval,
                                      const struct expr *expr)
{
    struct value list, *items;
    uint32_t n = 0;
    bool holds = true;

    TRY(form_list(&list, eval, expr->items[0]));
    *out = list;
    if (list.type == VALUE_NULL)
        return STATUS_OK;
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
    return STATUS_OK;
}

static enum status eval_quantifier(struct value *out, struct eval *eval, const struct expr *expr)
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
        TRY(as_truth(&truth, eval, expr->items[1]));
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

static enum status eval_reduce(struct value *out, struct eval *eval, const struct expr *expr)
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

static enum status eval_case(struct value *out, struct eval *eval, const struct expr *expr)
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
