/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WITH and RETURN: projection, grouping, DISTINCT, sorting, SKIP and LIMIT. */
#include "query/batch.h"
#include "query/run.h"

#include <stdlib.h>

enum status run_rows_add(struct rows *rows, struct run *run, const struct value *values)
{
    size_t before = rows->arena.total_bytes;

    TRY(array_reserve(&rows->values, &rows->capacity, (rows->n + 1) * rows->width + 1));
    for (uint32_t i = 0; i < rows->width; i++)
        TRY(value_keep(&rows->values[rows->n * rows->width + i], &rows->arena, &values[i]));
    rows->n++;
    return limits_keep(&run->limits, &rows->kept,
                       rows->arena.total_bytes - before + rows->width * sizeof *rows->values);
}

void run_rows_fini(struct rows *rows)
{
    arena_fini(&rows->arena);
    free(rows->values);
    *rows = (struct rows){ .width = rows->width };
}

/* ---- Projection -------------------------------------------------------------------------- */

enum status exec_project(struct run *run, const struct op *op)
{
    const struct projection *projection = op->projection;
    struct eval *eval = &run->eval;

    for (uint32_t i = 0; i < projection->n_items; i++)
        if (projection->items[i].expr->kind != EXPR_VARIABLE)
            TRY(eval_expr(&eval->frame[projection->items[i].slot], eval,
                          projection->items[i].expr));
    return run_pass(run, op);
}

static enum status projected(struct value **out, struct run *run,
                             const struct projection *projection)
{
    struct value *values = arena_array(&run->scratch, (size_t)projection->n_items + 1,
                                       sizeof *values);

    if (!values)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < projection->n_items; i++)
        values[i] = run->eval.frame[projection->items[i].slot];
    *out = values;
    return STATUS_OK;
}

enum status exec_distinct(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);
    struct value *values;
    size_t row, before = state->rows.arena.total_bytes;
    bool added;

    state->table.width = op->projection->n_items;
    TRY(projected(&values, run, op->projection));
    TRY(table_add(&row, &added, &state->table, &state->rows.arena, values));
    if (!added)
        return STATUS_OK;
    TRY(limits_keep(&run->limits, &state->kept,
                    state->rows.arena.total_bytes - before +
                        (state->table.width + 1) * sizeof *values));
    return run_pass(run, op);
}

/* ---- Grouping ---------------------------------------------------------------------------- */

static uint32_t n_keys(const struct projection *projection)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < projection->n_items; i++)
        n += !projection->items[i].expr->aggregates;
    return n;
}

static enum status group_new(struct run *run, struct op_state *state,
                             const struct projection *projection, size_t row)
{
    struct group *group;

    TRY(array_reserve(&state->groups, &state->groups_capacity, row + 1));
    group = &state->groups[row];
    group->calls = calloc((size_t)projection->n_calls + 1, sizeof *group->calls);
    if (!group->calls)
        return fail_memory(projection->n_calls * sizeof *group->calls);
    state->n_groups = row + 1;
    for (uint32_t i = 0; i < projection->n_calls; i++)
        aggregate_init(&group->calls[i], projection->calls[i]);
    return limits_keep(&run->limits, &state->kept,
                       (projection->n_calls + 1) * sizeof *group->calls);
}

/* The group of the present keys. */
static enum status find_group(size_t *row, struct run *run, const struct op *op)
{
    const struct projection *projection = op->projection;
    struct op_state *state = state_of(run, op);
    uint32_t n = n_keys(projection), k = 0;
    struct value *keys = arena_array(&run->scratch, (size_t)n + 1, sizeof *keys);
    bool added;

    if (!keys)
        return STATUS_NO_MEMORY;
    state->table.width = n;
    for (uint32_t i = 0; i < projection->n_items; i++)
        if (!projection->items[i].expr->aggregates)
            TRY(eval_expr(&keys[k++], &run->eval, projection->items[i].expr));
    TRY(table_add(row, &added, &state->table, &state->rows.arena, keys));
    return added ? group_new(run, state, projection, *row) : STATUS_OK;
}

enum status exec_aggregate(struct run *run, const struct op *op)
{
    const struct projection *projection = op->projection;
    struct op_state *state = state_of(run, op);
    struct arena_mark mark = arena_mark(&run->scratch);
    size_t row, before = state->rows.arena.total_bytes;

    TRY(find_group(&row, run, op));
    for (uint32_t i = 0; i < projection->n_calls; i++)
        TRY(aggregate_add(&state->groups[row].calls[i], &run->eval, projection->calls[i],
                          &state->rows.arena));
    arena_rewind(&run->scratch, mark);
    return limits_keep(&run->limits, &state->kept, state->rows.arena.total_bytes - before);
}

/* Columns of the keys, then of the calls' arguments (none for count(*)). */
static enum status aggregate_columns(struct value **columns, struct run *run, const struct op *op,
                                     struct batch *batch)
{
    const struct projection *projection = op->projection;
    uint32_t n = 0;

    for (uint32_t i = 0; i < projection->n_items; i++)
        if (!projection->items[i].expr->aggregates)
            TRY(batch_column(&columns[n++], run, batch, projection->items[i].expr));
    for (uint32_t i = 0; i < projection->n_calls; i++, n++)
        if (projection->calls[i]->kind != EXPR_COUNT_STAR)
            TRY(batch_column(&columns[n], run, batch, projection->calls[i]->items[0]));
    return STATUS_OK;
}

static enum status aggregate_row(struct run *run, const struct op *op, struct value **columns,
                                 struct value *keys, uint32_t i)
{
    const struct projection *projection = op->projection;
    struct op_state *state = state_of(run, op);
    uint32_t n = state->table.width;
    bool added;
    size_t row;

    for (uint32_t k = 0; k < n; k++)
        keys[k] = columns[k][i];
    TRY(table_add(&row, &added, &state->table, &state->rows.arena, keys));
    if (added)
        TRY(group_new(run, state, projection, row));
    for (uint32_t k = 0; k < projection->n_calls; k++)
        TRY(aggregate_add_value(&state->groups[row].calls[k], &run->eval, projection->calls[k],
                                columns[n + k] ? columns[n + k][i] : value_null(),
                                &state->rows.arena));
    return STATUS_OK;
}

enum status exec_aggregate_batch(struct run *run, const struct op *op, struct batch *batch)
{
    struct op_state *state = state_of(run, op);
    uint32_t n = n_keys(op->projection);
    struct value **columns = arena_array(&run->scratch, (size_t)n + op->projection->n_calls + 1,
                                         sizeof *columns);
    struct value *keys = arena_array(&run->scratch, (size_t)n + 1, sizeof *keys);
    size_t before = state->rows.arena.total_bytes;

    if (!columns || !keys)
        return STATUS_NO_MEMORY;
    state->rows_in += batch->n_selected;
    state->table.width = n;
    TRY(aggregate_columns(columns, run, op, batch));
    for (uint32_t i = 0; i < batch->n_selected; i++)
        TRY(aggregate_row(run, op, columns, keys, i));
    return limits_keep(&run->limits, &state->kept, state->rows.arena.total_bytes - before);
}

static enum status give_group(struct run *run, const struct op *op, size_t row)
{
    const struct projection *projection = op->projection;
    struct op_state *state = state_of(run, op);
    struct eval *eval = &run->eval;
    struct value *keys = &state->table.rows[row * state->table.width];

    for (uint32_t i = 0, k = 0; i < projection->n_items; i++)
        if (!projection->items[i].expr->aggregates)
            eval->frame[projection->items[i].slot] = keys[k++];
    for (uint32_t i = 0; i < projection->n_calls; i++)
        TRY(aggregate_result(&eval->frame[projection->calls[i]->slot],
                             &state->groups[row].calls[i], eval));
    for (uint32_t i = 0; i < projection->n_items; i++)
        if (projection->items[i].expr->aggregates)
            TRY(eval_expr(&eval->frame[projection->items[i].slot], eval,
                          projection->items[i].expr));
    return run_pass(run, op);
}

enum status exec_aggregate_finish(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);
    struct arena_mark mark = arena_mark(&run->scratch);
    size_t row;

    /* Without keys there is one group, also where there is no row. */
    if (n_keys(op->projection) == 0 && state->table.n == 0)
        TRY(find_group(&row, run, op));
    for (row = 0; row < state->table.n; row++) {
        enum status status = give_group(run, op, row);

        arena_rewind(&run->scratch, mark);
        if (status == STATUS_END)
            break;
        TRY(status);
    }
    return STATUS_OK;
}

/* ---- Sorting ----------------------------------------------------------------------------- */

/* A kept row: the sort keys, the projected values, and what WHERE still reads. */
static uint32_t sort_width(const struct projection *projection)
{
    return projection->n_order + projection->n_items + projection->n_kept;
}

static int compare_keys(const struct value *a, const struct value *b,
                        const struct projection *projection)
{
    for (uint32_t i = 0; i < projection->n_order; i++) {
        int order = value_order(&a[i], &b[i]);
        if (order)
            return projection->order[i].descending ? -order : order;
    }
    return 0;
}

static enum status bound(uint64_t *out, struct run *run, const struct expr *expr,
                         uint64_t otherwise)
{
    struct value value;

    *out = otherwise;
    if (!expr)
        return STATUS_OK;
    TRY(eval_expr(&value, &run->eval, expr));
    if (value.type != VALUE_INT)
        return eval_fail(&run->eval, expr, "SyntaxError", "InvalidArgumentType",
                         "SKIP and LIMIT take an integer, not %s", value_type_name(value.type));
    if (value.integer < 0)
        return eval_fail(&run->eval, expr, "SyntaxError", "NegativeIntegerArgument",
                         "SKIP and LIMIT take a number that is not negative");
    *out = (uint64_t)value.integer;
    return STATUS_OK;
}

static enum status read_bounds(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);

    if (state->ready)
        return STATUS_OK;
    TRY(bound(&state->skip, run, op->projection->skip, 0));
    TRY(bound(&state->limit, run, op->projection->limit, UINT64_MAX));
    state->ready = true;
    return STATUS_OK;
}

/* Whether row x goes before row y; rows with equal keys keep the order in which they came. */
static bool goes_before(const struct rows *rows, const struct projection *projection, size_t x,
                        size_t y)
{
    return compare_keys(&rows->values[x * rows->width], &rows->values[y * rows->width],
                        projection) <= 0;
}

/* Merges two sorted neighbours from `from` to the same places of `to`. */
static enum status merge_runs(size_t *to, const size_t *from, size_t start, size_t middle,
                              size_t end, struct run *run, const struct op *op)
{
    const struct rows *rows = &state_of(run, op)->rows;

    for (size_t i = start, k = middle, n = start; n < end; n++) {
        bool left = k == end ||
                    (i < middle && goes_before(rows, op->projection, from[i], from[k]));

        TRY(limits_tick(&run->limits));
        to[n] = left ? from[i++] : from[k++];
    }
    return STATUS_OK;
}

/* Numbers of the kept rows in order: a merge sort, because it can stop in between. */
static enum status sorted_rows(size_t **out, struct run *run, const struct op *op)
{
    size_t n = state_of(run, op)->rows.n;
    AUTO(free_ptr) size_t *now = malloc((n + 1) * sizeof *now);
    AUTO(free_ptr) size_t *next = malloc((n + 1) * sizeof *next);
    size_t *swap;

    if (!now || !next)
        return fail_memory(2 * n * sizeof *now);
    for (size_t i = 0; i < n; i++)
        now[i] = i;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t start = 0; start < n; start += 2 * width) {
            size_t middle = start + width < n ? start + width : n;
            size_t end = start + 2 * width < n ? start + 2 * width : n;

            TRY(merge_runs(next, now, start, middle, end, run, op));
        }
        swap = now;
        now = next;
        next = swap;
    }
    *out = now;
    now = NULL;
    return STATUS_OK;
}

/* With LIMIT only so many rows are wanted: the rest is dropped whenever twice as many are kept. */
static enum status cut_rows(struct run *run, const struct op *op, uint64_t wanted)
{
    struct op_state *state = state_of(run, op);
    AUTO(free_ptr) size_t *order = NULL;
    AUTO(run_rows_fini) struct rows best = { .width = state->rows.width };
    struct rows swap;

    TRY(sorted_rows(&order, run, op));
    for (size_t i = 0; i < wanted; i++)
        TRY(run_rows_add(&best, run, &state->rows.values[order[i] * state->rows.width]));
    swap = state->rows;
    state->rows = best;
    best = swap;
    limits_drop(&run->limits, &best.kept);
    return STATUS_OK;
}

enum status exec_sort(struct run *run, const struct op *op)
{
    const struct projection *projection = op->projection;
    struct op_state *state = state_of(run, op);
    struct arena_mark mark = arena_mark(&run->scratch);
    struct value *values;
    uint64_t wanted;
    uint32_t n = 0;

    TRY(read_bounds(run, op));
    state->rows.width = sort_width(projection);
    values = arena_array(&run->scratch, (size_t)state->rows.width + 1, sizeof *values);
    if (!values)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < projection->n_order; i++)
        TRY(eval_expr(&values[n++], &run->eval, projection->order[i].expr));
    for (uint32_t i = 0; i < projection->n_items; i++)
        values[n++] = run->eval.frame[projection->items[i].slot];
    for (uint32_t i = 0; i < projection->n_kept; i++)
        values[n++] = run->eval.frame[projection->kept[i]];
    TRY(run_rows_add(&state->rows, run, values));
    arena_rewind(&run->scratch, mark);
    if (__builtin_add_overflow(state->skip, state->limit, &wanted) || wanted > SIZE_MAX / 4)
        return STATUS_OK;
    if (state->rows.n >= 2 * wanted + 1024)
        return cut_rows(run, op, wanted);
    return STATUS_OK;
}

enum status exec_sort_finish(struct run *run, const struct op *op)
{
    const struct projection *projection = op->projection;
    struct op_state *state = state_of(run, op);
    struct arena_mark mark = arena_mark(&run->scratch);
    AUTO(free_ptr) size_t *order = NULL;

    state->rows.width = sort_width(projection);
    TRY(sorted_rows(&order, run, op));
    for (size_t row = 0; row < state->rows.n; row++) {
        const struct value *values =
            &state->rows.values[order[row] * state->rows.width + projection->n_order];
        enum status status;

        for (uint32_t i = 0; i < projection->n_items; i++)
            run->eval.frame[projection->items[i].slot] = *values++;
        for (uint32_t i = 0; i < projection->n_kept; i++)
            run->eval.frame[projection->kept[i]] = *values++;
        status = run_pass_rewind(run, op, mark);
        if (status == STATUS_END)
            break;
        TRY(status);
    }
    return STATUS_OK;
}

/* ---- SKIP and LIMIT ---------------------------------------------------------------------- */

enum status exec_limit(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);

    TRY(read_bounds(run, op));
    if (state->limit == 0)
        return STATUS_END;
    if (state->seen < state->skip) {
        state->seen++;
        return STATUS_OK;
    }
    state->seen++;
    TRY(run_pass(run, op));
    return state->seen - state->skip >= state->limit ? STATUS_END : STATUS_OK;
}

/* Bad bounds are an error also where there is no row. */
enum status exec_limit_finish(struct run *run, const struct op *op)
{
    return read_bounds(run, op);
}
