/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/batch.h"

#include "query/compare.h"
#include "query/eval_private.h"
#include "query/run.h"

#include <stdlib.h>

#define FIRST_ROWS 64

enum status batch_new(struct batch **out, const struct op *op)
{
    struct batch *batch = malloc(sizeof *batch);

    if (!batch)
        return fail_memory(sizeof *batch);
    batch->slot = op->to;
    batch->n = 0;
    batch->wanted = FIRST_ROWS;
    *out = batch;
    return STATUS_OK;
}

void batch_add(bool *full, struct batch *batch, const struct node *node)
{
    batch->selected[batch->n] = (uint16_t)batch->n;
    batch->nodes[batch->n++] = *node;
    *full = batch->n == batch->wanted;
}

/* ---- Columns ----------------------------------------------------------------------------- */

/* A property that lies in the record; `key` may be the node's own. */
static bool is_stored(const struct batch *batch, const struct expr *expr)
{
    return expr->kind == EXPR_PROPERTY && expr->items[0]->kind == EXPR_VARIABLE &&
           expr->items[0]->slot == batch->slot && !slice_equal(expr->name, SLICE("key"));
}

/* The same for all rows of a batch, and without effect. */
static bool is_same(const struct batch *batch, const struct expr *expr)
{
    return expr->constant || expr->kind == EXPR_PARAMETER ||
           (expr->kind == EXPR_VARIABLE && expr->slot != batch->slot);
}

static enum status stored_column(struct value *column, struct run *run, const struct batch *batch,
                                 uint32_t symbol)
{
    for (uint32_t i = 0; i < batch->n_selected; i++) {
        enum status status =
            symbol ? node_property(&column[i], &run->scratch, &batch->nodes[batch->selected[i]],
                                   symbol)
                   : STATUS_NOT_FOUND;

        if (status == STATUS_NOT_FOUND)
            column[i] = value_null();
        else
            TRY(status);
    }
    return STATUS_OK;
}

/* Puts one row into the frame, for expressions that are evaluated one by one. */
static void show_row(struct run *run, const struct batch *batch, uint32_t i)
{
    const struct node *node = &batch->nodes[batch->selected[i]];

    run_remember(&run->eval, node);
    run->eval.frame[batch->slot] = value_node(node->id);
}

enum status batch_column(struct value **out, struct run *run, struct batch *batch,
                         const struct expr *expr)
{
    struct value *column = arena_array(&run->scratch, (size_t)batch->n_selected + 1,
                                       sizeof *column);

    if (!column)
        return STATUS_NO_MEMORY;
    *out = column;
    if (is_stored(batch, expr))
        return stored_column(column, run, batch, run->eval.symbols[expr->name_index]);
    for (uint32_t i = 0; i < batch->n_selected; i++) {
        if (i && is_same(batch, expr)) {
            column[i] = column[0];
            continue;
        }
        show_row(run, batch, i);
        TRY(eval_expr(&column[i], &run->eval, expr));
    }
    return STATUS_OK;
}

/* ---- Filters ----------------------------------------------------------------------------- */

static bool in_columns(const struct batch *batch, const struct expr *expr)
{
    return is_stored(batch, expr) || is_same(batch, expr);
}

static enum status filter_columns(struct run *run, struct batch *batch, const struct expr *compare)
{
    struct value *left, *right;
    uint32_t kept = 0;

    TRY(batch_column(&left, run, batch, compare->items[0]));
    TRY(batch_column(&right, run, batch, compare->items[1]));
    for (uint32_t i = 0; i < batch->n_selected; i++)
        if (eval_compare_values(compare->ops[0], &left[i], &right[i]) == TRUTH_TRUE)
            batch->selected[kept++] = batch->selected[i];
    batch->n_selected = kept;
    return STATUS_OK;
}

static enum status filter_rows(struct run *run, struct batch *batch, const struct expr *condition)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < batch->n_selected; i++) {
        bool holds;

        show_row(run, batch, i);
        TRY(eval_condition(&holds, &run->eval, condition));
        if (holds)
            batch->selected[kept++] = batch->selected[i];
    }
    batch->n_selected = kept;
    return STATUS_OK;
}

static enum status filter(struct run *run, struct batch *batch, const struct expr *condition)
{
    if (condition->kind == EXPR_COMPARE && condition->n_items == 2 &&
        in_columns(batch, condition->items[0]) && in_columns(batch, condition->items[1]))
        return filter_columns(run, batch, condition);
    return filter_rows(run, batch, condition);
}

/* ---- Passing on -------------------------------------------------------------------------- */

static enum status pass_rows(struct run *run, const struct op *next, struct batch *batch)
{
    struct arena_mark mark = arena_mark(&run->scratch);

    for (uint32_t i = 0; i < batch->n_selected; i++) {
        show_row(run, batch, i);
        TRY(run_row(run, next));
        arena_rewind(&run->scratch, mark);
    }
    return STATUS_OK;
}

enum status batch_pass(struct run *run, const struct op *op, struct batch *batch)
{
    struct arena_mark mark = arena_mark(&run->scratch);
    enum status status = STATUS_OK;

    batch->n_selected = batch->n;
    for (uint32_t i = 0; i < op->n_filters && batch->n_selected; i++)
        TRY(filter(run, batch, op->filters[i]));
    if (batch->n_selected && op->next->kind == OP_KIND_AGGREGATE)
        status = exec_aggregate_batch(run, op->next, batch);
    else
        status = pass_rows(run, op->next, batch);
    arena_rewind(&run->scratch, mark);
    batch->n = 0;
    batch->wanted = batch->wanted * 4 < BATCH_ROWS ? batch->wanted * 4 : BATCH_ROWS;
    return status;
}
