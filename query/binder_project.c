/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Binding of WITH and RETURN: aliases, implicit grouping, and what ORDER BY and WHERE may see.
 *
 * Grouped or DISTINCT, only what is projected can be seen behind the projection; then every
 * expression behind it that equals a projected one is replaced by a read of its slot.
 */
#include "query/binder_private.h"

#include <stdlib.h>

static bool simple_key(const struct expr *expr)
{
    return expr->kind == EXPR_VARIABLE ||
           (expr->kind == EXPR_PROPERTY && expr->items[0]->kind == EXPR_VARIABLE);
}

static bool is_aggregate(const struct expr *expr)
{
    return expr->kind == EXPR_COUNT_STAR ||
           (expr->kind == EXPR_CALL && expr->function &&
            (expr->function->flags & FUNCTION_AGGREGATE));
}

/* ---- Items ------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const struct binding *x = a, *y = b;

    return slice_compare(x->name, y->name);
}

/* `*`: the visible variables in order of name, before the other items. */
static enum status expand_star(struct binder *binder, struct clause *clause)
{
    struct projection *projection = clause->projection;
    struct binding *visible = arena_array(binder->arena, binder->n + 1, sizeof *visible);
    struct projection_item *items;
    size_t n = 0;

    if (!visible)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < binder->n; i++)
        if (bind_lookup(binder, binder->scope[i].name) == &binder->scope[i])
            visible[n++] = binder->scope[i];
    qsort(visible, n, sizeof *visible, by_name);
    if (n == 0 && projection->n_items == 0 && clause->kind == CLAUSE_RETURN)
        return bind_error(binder, projection->span, "NoVariablesInScope",
                          "RETURN * needs at least one variable");
    items = arena_array(binder->arena, n + projection->n_items + 1, sizeof *items);
    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        struct expr *expr = arena_new(binder->arena, struct expr);
        if (!expr)
            return STATUS_NO_MEMORY;
        expr->kind = EXPR_VARIABLE;
        expr->name = visible[i].name;
        expr->slot = expr->slot2 = NO_SLOT;
        expr->span = projection->span;
        items[i] = (struct projection_item){ .expr = expr, .name = visible[i].name,
                                             .name_span = projection->span, .slot = NO_SLOT };
    }
    if (projection->n_items)
        memcpy(items + n, projection->items, projection->n_items * sizeof *items);
    projection->items = items;
    projection->n_items += (uint32_t)n;
    return STATUS_OK;
}

static enum status check_names(struct binder *binder, struct clause *clause)
{
    struct projection *projection = clause->projection;

    for (uint32_t i = 0; i < projection->n_items; i++) {
        const struct projection_item *item = &projection->items[i];

        if (clause->kind == CLAUSE_WITH && !item->aliased &&
            (item->expr->kind != EXPR_VARIABLE || item->expr->parenthesised))
            return bind_error(binder, item->name_span, "NoExpressionAlias",
                              "an expression in WITH needs a name: AS name");
        for (uint32_t k = 0; k < i; k++)
            if (slice_equal(projection->items[k].name, item->name))
                return bind_error(binder, item->name_span, "ColumnNameConflict",
                                  "two columns are named `%.*s`", (int)item->name.size,
                                  (const char *)item->name.data);
    }
    return STATUS_OK;
}

static enum status bind_projected(struct binder *binder, struct projection *projection)
{
    const struct place place = { .aggregates = true };

    for (uint32_t i = 0; i < projection->n_items; i++) {
        TRY(bind_expr(binder, projection->items[i].expr, place));
        projection->aggregates |= projection->items[i].expr->aggregates;
    }
    for (uint32_t i = 0; i < projection->n_items; i++) {
        struct projection_item *item = &projection->items[i];

        item->slot = item->expr->kind == EXPR_VARIABLE ? item->expr->slot : bind_new_slot(binder);
    }
    return STATUS_OK;
}

/* ---- Grouping ---------------------------------------------------------------------------- */

struct grouping {
    struct binder *binder;
    struct projection *projection;
    bool in_order; /* ORDER BY or WHERE behind the projection, not an item of it */
    struct list_ {
        struct expr **items;
        size_t n, capacity;
    } calls;
};

static const struct projection_item *item_of(const struct projection *projection,
                                             const struct expr *expr, bool keys_only)
{
    for (uint32_t i = 0; i < projection->n_items; i++) {
        const struct projection_item *item = &projection->items[i];
        if (!(keys_only && item->expr->aggregates) && expr_equal(item->expr, expr))
            return item;
    }
    return NULL;
}

static void read_slot(struct expr *expr, uint32_t slot)
{
    struct expr variable = { .kind = EXPR_VARIABLE, .span = expr->span, .type = expr->type,
                             .slot = slot, .slot2 = NO_SLOT };

    *expr = variable;
}

static enum status add_call(struct grouping *grouping, struct expr *expr)
{
    if (expr->slot == NO_SLOT) {
        expr->slot = bind_new_slot(grouping->binder);
        TRY(array_reserve(&grouping->calls.items, &grouping->calls.capacity,
                          grouping->calls.n + 1));
        grouping->calls.items[grouping->calls.n++] = expr;
    }
    return STATUS_OK;
}

static bool projected_slot(const struct projection *projection, uint32_t slot)
{
    for (uint32_t i = 0; i < projection->n_items; i++)
        if (projection->items[i].slot == slot)
            return true;
    return false;
}

static enum status ambiguous(struct grouping *grouping, const struct expr *expr)
{
    return bind_error(grouping->binder, expr->span, "AmbiguousAggregationExpression",
                      "beside an aggregate only grouping variables and their properties can stand; "
                      "project this part as a column of its own before");
}

static enum status rewrite(struct grouping *grouping, struct expr *expr, bool mixed);

static enum status rewrite_children(struct grouping *grouping, struct expr *expr, bool mixed)
{
    uint32_t local[2] = { expr->slot, expr->slot2 };
    size_t mark = grouping->binder->n;

    /* Variables of comprehensions are visible below them: noted as bindings for this walk. */
    if (expr->kind == EXPR_LIST_COMPREHENSION || expr->kind == EXPR_QUANTIFIER ||
        expr->kind == EXPR_REDUCE)
        for (int i = 0; i < 2; i++)
            if (local[i] != NO_SLOT)
                TRY(bind_scope_add(grouping->binder,
                                   (struct binding){ .slot = local[i], .type = type_of(0) }));
    for (uint32_t i = 0; i < expr->n_items; i++)
        if (expr->items[i])
            TRY(rewrite(grouping, expr->items[i], mixed));
    grouping->binder->n = mark;
    return STATUS_OK;
}

static bool is_local(const struct grouping *grouping, uint32_t slot)
{
    for (size_t i = grouping->binder->n; i > 0; i--) {
        const struct binding *binding = &grouping->binder->scope[i - 1];
        if (binding->name.size == 0 && binding->slot == slot)
            return true;
    }
    return false;
}

/* Variables of the part before the projection that an aggregate behind it would read. */
static enum status check_call_behind(struct grouping *grouping, struct expr *expr)
{
    for (uint32_t i = 0; i < expr->n_items; i++)
        if (expr->items[i])
            TRY(rewrite(grouping, expr->items[i], false));
    return STATUS_OK;
}

/*
 * Replaces what equals a projected item by a read of it. `mixed`: beside an aggregate, where only
 * simple grouping keys may stand.
 */
static enum status rewrite(struct grouping *grouping, struct expr *expr, bool mixed)
{
    const struct projection *projection = grouping->projection;
    const struct projection_item *item = item_of(projection, expr, !grouping->in_order);

    if (item && (!mixed || simple_key(item->expr) || item->expr->aggregates)) {
        if (expr->kind != EXPR_VARIABLE || expr->slot != item->slot)
            read_slot(expr, item->slot);
        return STATUS_OK;
    }
    if (item && !item->expr->constant)
        return ambiguous(grouping, expr);
    if (is_aggregate(expr)) {
        if (!grouping->in_order)
            return add_call(grouping, expr);
        if (!projection->aggregates)
            return bind_error(grouping->binder, expr->span, "InvalidAggregation",
                              "ORDER BY can't aggregate where the projection does not");
        TRY(check_call_behind(grouping, expr));
        return add_call(grouping, expr);
    }
    if (expr->kind == EXPR_VARIABLE) {
        if ((grouping->in_order && projected_slot(projection, expr->slot)) ||
            is_local(grouping, expr->slot))
            return STATUS_OK;
        if (mixed && !grouping->in_order)
            return ambiguous(grouping, expr);
        return bind_error(grouping->binder, expr->span, "UndefinedVariable",
                          "variable `%.*s` can't be seen behind %s; project it",
                          (int)expr->name.size, (const char *)expr->name.data,
                          projection->aggregates ? "an aggregation" : "DISTINCT");
    }
    return rewrite_children(grouping, expr, mixed);
}

/* Whether some part of `expr`, but not itself, equals a grouping key that is not simple. */
static bool holds_complex_key(const struct projection *projection, const struct expr *expr)
{
    for (uint32_t i = 0; i < expr->n_items; i++) {
        const struct expr *child = expr->items[i];
        const struct projection_item *item;

        if (!child || is_aggregate(child))
            continue;
        item = item_of(projection, child, true);
        if (item && !simple_key(item->expr) && !item->expr->constant)
            return true;
        if (holds_complex_key(projection, child))
            return true;
    }
    return false;
}

static enum status rewrite_order(struct grouping *grouping, struct expr *expr)
{
    if (expr->aggregates && !item_of(grouping->projection, expr, false) &&
        holds_complex_key(grouping->projection, expr))
        return ambiguous(grouping, expr);
    return rewrite(grouping, expr, false);
}

static enum status keep_calls(struct grouping *grouping)
{
    struct projection *projection = grouping->projection;
    size_t n = grouping->calls.n;

    projection->calls = arena_array(grouping->binder->arena, n + 1, sizeof *projection->calls);
    if (!projection->calls)
        return STATUS_NO_MEMORY;
    if (n)
        memcpy(projection->calls, grouping->calls.items, n * sizeof *projection->calls);
    projection->n_calls = (uint32_t)n;
    return STATUS_OK;
}

static enum status group_items(struct grouping *grouping)
{
    struct projection *projection = grouping->projection;

    for (uint32_t i = 0; i < projection->n_items; i++) {
        struct expr *expr = projection->items[i].expr;

        if (!expr->aggregates)
            continue;
        if (is_aggregate(expr))
            TRY(add_call(grouping, expr));
        else
            TRY(rewrite_children(grouping, expr, true));
    }
    return STATUS_OK;
}

/* ---- ORDER BY, WHERE, SKIP, LIMIT -------------------------------------------------------- */

struct keeping {
    struct binder *binder;
    struct projection *projection;
    enum status status;
};

static void keep_slot(uint32_t slot, void *context)
{
    struct keeping *keeping = context;
    struct projection *projection = keeping->projection;

    if (projected_slot(projection, slot))
        return;
    for (uint32_t i = 0; i < projection->n_kept; i++)
        if (projection->kept[i] == slot)
            return;
    projection->kept[projection->n_kept++] = slot;
}

static bool count_visit(struct expr *expr, void *context)
{
    *(size_t *)context += expr->kind == EXPR_VARIABLE;
    return true;
}

/* The slots that WHERE reads from before the projection outlive a sort. */
static enum status keep_slots(struct binder *binder, struct projection *projection)
{
    struct keeping keeping = { binder, projection, STATUS_OK };
    size_t n = 0;

    expr_walk(projection->where, count_visit, &n);
    projection->kept = arena_array(binder->arena, n + 1, sizeof *projection->kept);
    if (!projection->kept)
        return STATUS_NO_MEMORY;
    expr_slots(projection->where, keep_slot, &keeping);
    return STATUS_OK;
}

static enum status add_aliases(struct binder *binder, const struct projection *projection)
{
    for (uint32_t i = 0; i < projection->n_items; i++) {
        const struct projection_item *item = &projection->items[i];
        TRY(bind_scope_add(binder,
                           (struct binding){ item->name, item->slot, item->expr->type }));
    }
    return STATUS_OK;
}

/* Expressions behind the projection, with the old variables and the new names visible. */
static enum status bind_behind(struct grouping *grouping, struct projection *projection)
{
    struct binder *binder = grouping->binder;
    bool closed = projection->aggregates || projection->distinct;
    const struct place order = { .aggregates = true };

    grouping->in_order = true;
    for (uint32_t i = 0; i < projection->n_order; i++) {
        struct expr *expr = projection->order[i].expr;

        TRY(bind_expr(binder, expr, order));
        if (expr->aggregates && !projection->aggregates)
            return bind_error(binder, expr->span, "InvalidAggregation",
                              "ORDER BY can't aggregate where the projection does not");
        if (closed)
            TRY(rewrite_order(grouping, expr));
    }
    if (!projection->where)
        return STATUS_OK;
    TRY(bind_where(binder, projection->where));
    return closed ? rewrite(grouping, projection->where, false) : STATUS_OK;
}

static enum status bind_bound(struct binder *binder, struct expr *expr, const char *clause)
{
    const struct place nowhere = { 0 };

    if (!expr)
        return STATUS_OK;
    binder->constants_only = true;
    TRY(bind_expr(binder, expr, nowhere));
    binder->constants_only = false;
    if (expr->kind == EXPR_LITERAL && expr->literal.type == VALUE_INT && expr->literal.integer < 0)
        return bind_error(binder, expr->span, "NegativeIntegerArgument",
                          "%s takes a number that is not negative", clause);
    if (!(expr->type.mask & TYPE_BIT(VALUE_INT)) || expr->type.mask == TYPE_NUMBER)
        if (!(expr->type.mask & TYPE_BIT(VALUE_INT)))
            return bind_error(binder, expr->span, "InvalidArgumentType", "%s takes an integer",
                              clause);
    return STATUS_OK;
}

static enum status bind_all(struct grouping *grouping, struct clause *clause)
{
    struct binder *binder = grouping->binder;
    struct projection *projection = clause->projection;
    size_t mark;

    if (projection->star)
        TRY(expand_star(binder, clause));
    TRY(bind_projected(binder, projection));
    if (projection->aggregates)
        TRY(group_items(grouping));
    mark = binder->n;
    TRY(add_aliases(binder, projection));
    TRY(bind_behind(grouping, projection));
    TRY(check_names(binder, clause));
    TRY(keep_calls(grouping));
    TRY(keep_slots(binder, projection));
    TRY(bind_bound(binder, projection->skip, "SKIP"));
    TRY(bind_bound(binder, projection->limit, "LIMIT"));
    /* What comes next sees the projected names only. */
    if (projection->n_items)
        memmove(binder->scope, binder->scope + mark,
                projection->n_items * sizeof *binder->scope);
    binder->n = projection->n_items;
    return STATUS_OK;
}

enum status bind_projection(struct binder *binder, struct clause *clause)
{
    struct grouping grouping = { .binder = binder, .projection = clause->projection };
    enum status status = bind_all(&grouping, clause);

    free(grouping.calls.items);
    return status;
}
