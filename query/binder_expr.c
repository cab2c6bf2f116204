/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding of expressions. */
#include "query/binder_private.h"

#include <math.h>
#include <strings.h>


static const struct place nowhere = { 0 };

bool type_may_be(struct static_type type, uint32_t mask)
{
    return (type.mask & (mask | TYPE_BIT(VALUE_NULL))) != 0;
}

static enum status type_error(struct binder *binder, const struct expr *expr, const char *wanted)
{
    const char *is = "something else";

    for (int type = 0; type <= VALUE_PATH; type++)
        if (expr->type.mask == TYPE_BIT(type))
            is = value_type_name((enum value_type)type);
    return bind_error(binder, expr->span, "InvalidArgumentType", "expected %s, found %s", wanted,
                      is);
}

enum status bind_require(struct binder *binder, const struct expr *expr, uint32_t mask,
                           const char *wanted)
{
    return type_may_be(expr->type, mask) ? STATUS_OK : type_error(binder, expr, wanted);
}

static enum status bind_items(struct binder *binder, struct expr *expr, struct place place)
{
    expr->constant = true;
    for (uint32_t i = 0; i < expr->n_items; i++) {
        if (!expr->items[i])
            continue;
        TRY(bind_expr(binder, expr->items[i], place));
        expr->aggregates |= expr->items[i]->aggregates;
        expr->constant &= expr->items[i]->constant;
    }
    return STATUS_OK;
}

/* ---- Leaves ------------------------------------------------------------------------------ */

static bool name_is(struct slice name, const char *word)
{
    return name.size == strlen(word) && strncasecmp(name.data, word, name.size) == 0;
}

static enum status bind_variable(struct binder *binder, struct expr *expr)
{
    struct binding *binding = bind_lookup(binder, expr->name);

    if (binding && !binder->constants_only) {
        expr->slot = binding->slot;
        expr->type = binding->type;
        return STATUS_OK;
    }
    if (name_is(expr->name, "inf") || name_is(expr->name, "infinity") ||
        name_is(expr->name, "nan")) {
        expr->kind = EXPR_LITERAL;
        expr->literal = value_float(name_is(expr->name, "nan") ? (double)NAN : HUGE_VAL);
        expr->type = type_of(TYPE_BIT(VALUE_FLOAT));
        expr->constant = true;
        return STATUS_OK;
    }
    if (binder->constants_only)
        return bind_error(binder, expr->span, "NonConstantExpression",
                          "SKIP and LIMIT can't depend on a variable, here `%.*s`",
                          (int)expr->name.size, (const char *)expr->name.data);
    return bind_error(binder, expr->span, "UndefinedVariable", "variable `%.*s` is not defined",
                      (int)expr->name.size, (const char *)expr->name.data);
}

static enum status bind_parameter(struct binder *binder, struct expr *expr)
{
    struct query_ast *ast = binder->ast;
    uint32_t i;

    for (i = 0; i < ast->n_parameters; i++)
        if (slice_equal(binder->parameters[i], expr->name))
            break;
    if (i == ast->n_parameters) {
        TRY(array_reserve(&binder->parameters, &binder->parameters_capacity, (size_t)i + 1));
        binder->parameters[i] = expr->name;
        ast->n_parameters++;
    }
    expr->slot = i;
    expr->type = (struct static_type){ TYPE_ANY, TYPE_ANY };
    expr->constant = true;
    return STATUS_OK;
}

static void type_list(struct expr *expr)
{
    uint32_t items = 0;

    for (uint32_t i = 0; i < expr->n_items; i++)
        items |= expr->items[i]->type.mask;
    expr->type = (struct static_type){ TYPE_BIT(VALUE_LIST), items ? items : TYPE_ANY };
}

/* ---- Operators --------------------------------------------------------------------------- */

static enum status bind_logic(struct binder *binder, struct expr *expr, struct place place)
{
    TRY(bind_items(binder, expr, place));
    for (uint32_t i = 0; i < expr->n_items; i++)
        TRY(bind_require(binder, expr->items[i], TYPE_BIT(VALUE_BOOL), "a boolean"));
    expr->type = type_of(BOOL_NULL);
    return STATUS_OK;
}

static enum status bind_arithmetic(struct binder *binder, struct expr *expr, uint32_t more)
{
    uint32_t all = 0;

    for (uint32_t i = 0; i < expr->n_items; i++) {
        TRY(bind_require(binder, expr->items[i], TYPE_NUMBER | more, "a number"));
        all |= expr->items[i]->type.mask;
    }
    expr->type = type_of((all & ~TYPE_NUMBER) == 0 ? TYPE_NUMBER : TYPE_ANY);
    if (all == TYPE_BIT(VALUE_INT) && expr->op != OP_POWER)
        expr->type.mask = TYPE_BIT(VALUE_INT);
    else if ((all & ~TYPE_NUMBER) == 0 && !(all & TYPE_BIT(VALUE_INT)))
        expr->type.mask = TYPE_BIT(VALUE_FLOAT);
    return STATUS_OK;
}

static enum status bind_add_operator(struct expr *expr)
{
    uint32_t left = expr->items[0]->type.mask, right = expr->items[1]->type.mask;

    expr->type = type_of(TYPE_ANY);
    if (((left | right) & ~TYPE_NUMBER) == 0)
        expr->type.mask = (left | right) == TYPE_BIT(VALUE_INT) ? left : TYPE_NUMBER;
    else if (left == TYPE_BIT(VALUE_STRING) && right == left)
        expr->type.mask = left;
    else if (left == TYPE_BIT(VALUE_LIST) || right == TYPE_BIT(VALUE_LIST))
        expr->type.mask = TYPE_BIT(VALUE_LIST) | TYPE_BIT(VALUE_NULL);
    return STATUS_OK;
}

static enum status bind_binary(struct binder *binder, struct expr *expr, struct place place)
{
    const uint32_t temporal = TYPE_TEMPORAL;

    if (expr->op == OP_AND || expr->op == OP_OR || expr->op == OP_XOR)
        return bind_logic(binder, expr, place);
    place.predicate = false;
    TRY(bind_items(binder, expr, place));
    switch (expr->op) {
    case OP_ADD:
        return bind_add_operator(expr);
    case OP_SUBTRACT:
        return bind_arithmetic(binder, expr, temporal);
    case OP_MULTIPLY:
    case OP_DIVIDE:
        return bind_arithmetic(binder, expr, TYPE_BIT(VALUE_DURATION));
    case OP_MODULO:
    case OP_POWER:
        return bind_arithmetic(binder, expr, 0);
    case OP_IN:
        TRY(bind_require(binder, expr->items[1], TYPE_BIT(VALUE_LIST), "a list"));
        expr->type = type_of(BOOL_NULL);
        return STATUS_OK;
    case OP_CONCAT:
        expr->type = type_of(TYPE_ANY);
        return STATUS_OK;
    default: /* STARTS WITH and its kin */
        expr->type = type_of(BOOL_NULL);
        return STATUS_OK;
    }
}

static enum status bind_unary(struct binder *binder, struct expr *expr, struct place place)
{
    if (expr->op == OP_NOT)
        return bind_logic(binder, expr, place);
    place.predicate = false;
    TRY(bind_items(binder, expr, place));
    if (expr->op == OP_IS_NULL || expr->op == OP_IS_NOT_NULL) {
        expr->type = type_of(TYPE_BIT(VALUE_BOOL));
        return STATUS_OK;
    }
    return bind_arithmetic(binder, expr, TYPE_BIT(VALUE_DURATION));
}

static enum status bind_property(struct binder *binder, struct expr *expr, struct place place)
{
    const uint32_t holders =
        TYPE_BIT(VALUE_MAP) | TYPE_BIT(VALUE_NODE) | TYPE_BIT(VALUE_EDGE) | TYPE_TEMPORAL;

    TRY(bind_items(binder, expr, place));
    if (!type_may_be(expr->items[0]->type, holders)) {
        if (expr->items[0]->type.mask == TYPE_BIT(VALUE_PATH))
            return type_error(binder, expr->items[0], "a node, a relationship, a map or a time");
        return bind_typed_error(binder, "TypeError", expr->items[0]->span, "InvalidArgumentType",
                                "this value has no properties");
    }
    expr->type = type_of(TYPE_ANY);
    return bind_name(&expr->name_index, binder, expr->name);
}

static enum status bind_has_labels(struct binder *binder, struct expr *expr, struct place place)
{
    TRY(bind_items(binder, expr, place));
    TRY(bind_require(binder, expr->items[0], TYPE_BIT(VALUE_NODE) | TYPE_BIT(VALUE_EDGE),
                "a node or a relationship"));
    expr->type = type_of(BOOL_NULL);
    expr->constant = false;
    return bind_labels(binder, expr->labels);
}

static enum status bind_case(struct binder *binder, struct expr *expr, struct place place)
{
    struct place when = place;
    uint32_t mask = expr->items[1] ? 0 : TYPE_BIT(VALUE_NULL);

    when.predicate = !expr->items[0];
    place.predicate = false;
    expr->constant = true;
    for (uint32_t i = 0; i < expr->n_items; i++) {
        if (!expr->items[i])
            continue;
        /* WHEN a, b THEN c shares c */
        if (i < 5 || i % 2 == 0 || expr->items[i] != expr->items[i - 2])
            TRY(bind_expr(binder, expr->items[i], i >= 2 && i % 2 == 0 ? when : place));
        expr->aggregates |= expr->items[i]->aggregates;
        expr->constant &= expr->items[i]->constant;
        if (i == 1 || (i > 2 && i % 2 == 1))
            mask |= expr->items[i]->type.mask;
    }
    expr->type = type_of(mask);
    return STATUS_OK;
}

/* ---- Calls ------------------------------------------------------------------------------- */

static enum status bind_aggregate_place(struct binder *binder, struct expr *expr,
                                        struct place place)
{
    if (place.in_aggregate)
        return bind_error(binder, expr->span, "NestedAggregation",
                          "an aggregating function can't stand inside another one");
    if (!place.aggregates)
        return bind_error(binder, expr->span, "InvalidAggregation",
                          "an aggregating function can only stand in RETURN and WITH");
    expr->aggregates = true;
    return STATUS_OK;
}

/* exists(pattern) and exists(value) of old. */
static enum status bind_exists_call(struct binder *binder, struct expr *expr, struct place place)
{
    struct expr *argument = expr->items[0];

    place.predicate = false;
    if (argument->kind == EXPR_PATTERN) {
        struct graph_pattern *pattern = argument->pattern;

        expr->kind = EXPR_PATTERN;
        expr->n_items = 0;
        expr->pattern = pattern;
        expr->type = type_of(TYPE_BIT(VALUE_BOOL));
        return bind_match(binder, pattern, true);
    }
    expr->kind = EXPR_UNARY;
    expr->op = OP_IS_NOT_NULL;
    return bind_unary(binder, expr, place);
}

static enum status check_arguments(struct binder *binder, struct expr *expr,
                                   const struct function *function)
{
    char wanted[128] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < expr->n_items; i++) {
        uint32_t mask = function->args[i < FUNCTION_ARGS_MAX ? i : FUNCTION_ARGS_MAX - 1];

        if (!mask || type_may_be(expr->items[i]->type, mask))
            continue;
        for (int type = 0; type <= VALUE_PATH && used + 24 < sizeof wanted; type++)
            if (mask & TYPE_BIT(type)) {
                const char *name = value_type_name((enum value_type)type);
                memcpy(wanted + used, used ? ", " : "", used ? 3 : 1);
                used += used ? 2 : 0;
                memcpy(wanted + used, name, strlen(name) + 1);
                used += strlen(name);
            }
        return type_error(binder, expr->items[i], wanted);
    }
    return STATUS_OK;
}

static enum status bind_call(struct binder *binder, struct expr *expr, struct place place)
{
    const struct function *function = function_find(expr->name);
    bool aggregate;

    if (name_is(expr->name, "exists") && expr->n_items == 1)
        return bind_exists_call(binder, expr, place);
    if (!function)
        return bind_error(binder, expr->span, "UnknownFunction", "there is no function %.*s()",
                          (int)expr->name.size, (const char *)expr->name.data);
    expr->function = function;
    if (expr->n_items < function->min_args || expr->n_items > function->max_args)
        return bind_error(binder, expr->span, "InvalidNumberOfArguments",
                          "%s does not take %u arguments", function->help, expr->n_items);
    aggregate = function->flags & FUNCTION_AGGREGATE;
    if (aggregate)
        TRY(bind_aggregate_place(binder, expr, place));
    if (place.in_aggregate && (function->flags & FUNCTION_VOLATILE))
        return bind_error(binder, expr->span, "NonConstantExpression",
                          "%s() can't stand inside an aggregating function", function->name);
    place.predicate = false;
    place.in_aggregate |= aggregate;
    TRY(bind_items(binder, expr, place));
    if (aggregate)
        expr->aggregates = true;
    expr->constant &= !(function->flags & (FUNCTION_VOLATILE | FUNCTION_AGGREGATE));
    expr->type = type_of(function->result ? function->result | TYPE_BIT(VALUE_NULL) : TYPE_ANY);
    return check_arguments(binder, expr, function);
}

/* ---- All --------------------------------------------------------------------------------- */

/* An expression of which no more is to be known than its items and what it makes of them. */
static enum status bind_made(struct binder *binder, struct expr *expr, struct place place)
{
    TRY(bind_items(binder, expr, place));
    switch (expr->kind) {
    case EXPR_SLICE:
        expr->type = (struct static_type){ TYPE_BIT(VALUE_LIST) | TYPE_BIT(VALUE_NULL),
                                           expr->items[0]->type.items };
        return STATUS_OK;
    case EXPR_LIST:
        type_list(expr);
        return STATUS_OK;
    case EXPR_MAP:
        expr->type = type_of(TYPE_BIT(VALUE_MAP));
        return STATUS_OK;
    case EXPR_COMPARE:
        expr->type = type_of(BOOL_NULL);
        return STATUS_OK;
    default: /* EXPR_INDEX */
        expr->type = type_of(TYPE_ANY);
        return STATUS_OK;
    }
}

static enum status bind_map_projection(struct binder *binder, struct expr *expr,
                                       struct place place)
{
    TRY(bind_items(binder, expr, place));
    TRY(bind_require(binder, expr->items[0],
                     TYPE_BIT(VALUE_MAP) | TYPE_BIT(VALUE_NODE) | TYPE_BIT(VALUE_EDGE),
                     "a node, a relationship or a map"));
    expr->constant = false;
    expr->type = type_of(TYPE_BIT(VALUE_MAP) | TYPE_BIT(VALUE_NULL));
    return STATUS_OK;
}

enum status bind_expr(struct binder *binder, struct expr *expr, struct place place)
{
    struct place plain = place;

    plain.predicate = false;
    switch (expr->kind) {
    case EXPR_LITERAL:
        expr->type = type_of(TYPE_BIT(expr->literal.type));
        expr->constant = true;
        return STATUS_OK;
    case EXPR_PARAMETER:
        return bind_parameter(binder, expr);
    case EXPR_VARIABLE:
        return bind_variable(binder, expr);
    case EXPR_PROPERTY:
        return bind_property(binder, expr, plain);
    case EXPR_INDEX:
    case EXPR_SLICE:
    case EXPR_LIST:
    case EXPR_MAP:
    case EXPR_COMPARE:
        return bind_made(binder, expr, plain);
    case EXPR_MAP_PROJECTION:
        return bind_map_projection(binder, expr, plain);
    case EXPR_UNARY:
        return bind_unary(binder, expr, place);
    case EXPR_BINARY:
        return bind_binary(binder, expr, place);
    case EXPR_HAS_LABELS:
        return bind_has_labels(binder, expr, plain);
    case EXPR_CALL:
        return bind_call(binder, expr, place);
    case EXPR_COUNT_STAR:
        expr->type = type_of(TYPE_BIT(VALUE_INT));
        return bind_aggregate_place(binder, expr, place);
    case EXPR_CASE:
        return bind_case(binder, expr, place);
    case EXPR_LIST_COMPREHENSION:
        return bind_comprehension(binder, expr, place);
    case EXPR_QUANTIFIER:
        return bind_quantifier(binder, expr, place);
    case EXPR_REDUCE:
        return bind_reduce(binder, expr, place);
    case EXPR_PATTERN:
        return bind_pattern_predicate(binder, expr, place);
    case EXPR_PATTERN_COMPREHENSION:
        return bind_pattern_comprehension(binder, expr, place);
    case EXPR_EXISTS:
    case EXPR_COUNT:
    case EXPR_COLLECT:
        return bind_subquery(binder, expr);
    case EXPR_SHORTEST:
        return bind_shortest(binder, expr);
    }
    return STATUS_OK;
}

enum status bind_where(struct binder *binder, struct expr *where)
{
    struct place place = nowhere;

    place.predicate = true;
    TRY(bind_expr(binder, where, place));
    return bind_require(binder, where, TYPE_BIT(VALUE_BOOL), "a condition");
}

/* ---- Equality ---------------------------------------------------------------------------- */

static bool labels_equal(const struct label_expr *a, const struct label_expr *b)
{
    if (!a || !b)
        return a == b;
    return a->kind == b->kind && slice_equal(a->name, b->name) && labels_equal(a->left, b->left) &&
           labels_equal(a->right, b->right);
}

static bool details_equal(const struct expr *a, const struct expr *b)
{
    switch (a->kind) {
    case EXPR_LITERAL:
        return value_same(&a->literal, &b->literal);
    case EXPR_VARIABLE:
        return a->slot == b->slot;
    case EXPR_PARAMETER:
    case EXPR_PROPERTY:
        return slice_equal(a->name, b->name);
    case EXPR_MAP:
        for (uint32_t i = 0; i < a->n_items; i++)
            if (!slice_equal(a->keys[i], b->keys[i]))
                return false;
        return true;
    case EXPR_COMPARE:
        return memcmp(a->ops, b->ops, (a->n_items - 1) * sizeof *a->ops) == 0;
    case EXPR_HAS_LABELS:
        return labels_equal(a->labels, b->labels);
    case EXPR_CALL:
        return a->function == b->function && a->distinct == b->distinct;
    case EXPR_INDEX:
    case EXPR_SLICE:
    case EXPR_LIST:
    case EXPR_UNARY:
    case EXPR_BINARY:
    case EXPR_COUNT_STAR:
    case EXPR_CASE:
        return true;
    default:
        return false; /* with variables or patterns of their own: only the same one is equal */
    }
}

bool expr_equal(const struct expr *a, const struct expr *b)
{
    if (a == b || !a || !b)
        return a == b;
    if (a->kind != b->kind || a->op != b->op || a->n_items != b->n_items || !details_equal(a, b))
        return false;
    for (uint32_t i = 0; i < a->n_items; i++)
        if (!expr_equal(a->items[i], b->items[i]))
            return false;
    return true;
}
