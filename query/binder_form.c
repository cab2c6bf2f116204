/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forms with a variable of their own, patterns and subqueries in expressions. */
#include "query/binder_private.h"

/* ---- Forms with a variable --------------------------------------------------------------- */

static enum status push_variable(uint32_t *slot, struct binder *binder, struct slice name,
                                 const struct expr *list)
{
    struct static_type type = { list->type.mask & TYPE_BIT(VALUE_LIST) ? list->type.items
                                                                       : TYPE_ANY,
                                TYPE_ANY };

    return bind_add(slot, binder, name, type);
}

static struct place inner_place(struct place place, bool predicate)
{
    return (struct place){ .predicate = predicate, .in_aggregate = place.in_aggregate };
}

static void note(struct expr *expr, const struct expr *item)
{
    if (item) {
        expr->aggregates |= item->aggregates;
        expr->constant = false;
    }
}

enum status bind_comprehension(struct binder *binder, struct expr *expr, struct place place)
{
    struct expr *list = expr->items[0], *where = expr->items[1], *result = expr->items[2];
    size_t mark = binder->n;

    place.predicate = false;
    TRY(bind_expr(binder, list, place));
    TRY(bind_require(binder, list, TYPE_BIT(VALUE_LIST), "a list"));
    note(expr, list);
    TRY(push_variable(&expr->slot, binder, expr->name, list));
    if (where)
        TRY(bind_expr(binder, where, inner_place(place, true)));
    if (result)
        TRY(bind_expr(binder, result, inner_place(place, false)));
    binder->n = mark;
    expr->type = (struct static_type){ TYPE_BIT(VALUE_LIST) | TYPE_BIT(VALUE_NULL),
                                       result ? result->type.mask : list->type.items };
    return where ? bind_require(binder, where, TYPE_BIT(VALUE_BOOL), "a boolean") : STATUS_OK;
}

enum status bind_quantifier(struct binder *binder, struct expr *expr, struct place place)
{
    struct expr *list = expr->items[0], *where = expr->items[1];
    size_t mark = binder->n;

    place.predicate = false;
    TRY(bind_expr(binder, list, place));
    TRY(bind_require(binder, list, TYPE_BIT(VALUE_LIST), "a list"));
    note(expr, list);
    TRY(push_variable(&expr->slot, binder, expr->name, list));
    TRY(bind_expr(binder, where, inner_place(place, true)));
    binder->n = mark;
    expr->type = type_of(BOOL_NULL);
    return bind_require(binder, where, TYPE_BIT(VALUE_BOOL), "a boolean");
}

enum status bind_reduce(struct binder *binder, struct expr *expr, struct place place)
{
    size_t mark = binder->n;

    place.predicate = false;
    TRY(bind_expr(binder, expr->items[0], place));
    TRY(bind_expr(binder, expr->items[1], place));
    TRY(bind_require(binder, expr->items[1], TYPE_BIT(VALUE_LIST), "a list"));
    note(expr, expr->items[0]);
    note(expr, expr->items[1]);
    TRY(bind_add(&expr->slot, binder, expr->name, (struct static_type){ TYPE_ANY, TYPE_ANY }));
    TRY(push_variable(&expr->slot2, binder, expr->name2, expr->items[1]));
    TRY(bind_expr(binder, expr->items[2], inner_place(place, false)));
    binder->n = mark;
    expr->type = type_of(TYPE_ANY);
    return STATUS_OK;
}

/* ---- Patterns and subqueries ------------------------------------------------------------- */

enum status bind_pattern_predicate(struct binder *binder, struct expr *expr,
                                          struct place place)
{
    if (!place.predicate)
        return bind_error(binder, expr->span, "UnexpectedSyntax",
                          "a pattern can only stand as a condition; use EXISTS { }, COUNT { } or a "
                          "pattern comprehension");
    expr->type = type_of(TYPE_BIT(VALUE_BOOL));
    return bind_match(binder, expr->pattern, true);
}

enum status bind_pattern_comprehension(struct binder *binder, struct expr *expr,
                                              struct place place)
{
    size_t mark = binder->n;

    TRY(bind_match(binder, expr->pattern, false));
    if (expr->pattern->where)
        TRY(bind_where(binder, expr->pattern->where));
    TRY(bind_expr(binder, expr->items[0], inner_place(place, false)));
    binder->n = mark;
    expr->type = (struct static_type){ TYPE_BIT(VALUE_LIST), expr->items[0]->type.mask };
    return STATUS_OK;
}

enum status bind_subquery(struct binder *binder, struct expr *expr)
{
    size_t mark = binder->n;

    binder->subqueries++;
    if (expr->subquery) {
        TRY(bind_parts(binder, expr->subquery));
    } else {
        TRY(bind_match(binder, expr->pattern, false));
        if (expr->pattern->where)
            TRY(bind_where(binder, expr->pattern->where));
    }
    binder->subqueries--;
    binder->n = mark;
    if (expr->kind == EXPR_COLLECT && (!expr->subquery || expr->subquery->n_columns != 1))
        return bind_error(binder, expr->span, "InvalidClauseComposition",
                          "COLLECT { } takes a query that returns one column");
    expr->type = type_of(expr->kind == EXPR_EXISTS  ? TYPE_BIT(VALUE_BOOL)
                         : expr->kind == EXPR_COUNT ? TYPE_BIT(VALUE_INT)
                                                    : TYPE_BIT(VALUE_LIST));
    return STATUS_OK;
}

enum status bind_shortest(struct binder *binder, struct expr *expr)
{
    size_t mark = binder->n;
    bool all = expr->pattern->paths[0]->shortest == SHORTEST_ALL;

    TRY(bind_match(binder, expr->pattern, false));
    binder->n = mark;
    if (expr->pattern->paths[0]->slot == NO_SLOT)
        expr->pattern->paths[0]->slot = bind_new_slot(binder);
    for (uint32_t i = 0; i < 2; i++)
        if (!expr->pattern->paths[0]->nodes[i]->bound)
            return bind_error(binder, expr->pattern->paths[0]->nodes[i]->span,
                              "UndefinedVariable",
                              "shortestPath() in an expression takes nodes matched before");
    expr->type = type_of(all ? TYPE_BIT(VALUE_LIST) : TYPE_BIT(VALUE_PATH) | TYPE_BIT(VALUE_NULL));
    return STATUS_OK;
}
