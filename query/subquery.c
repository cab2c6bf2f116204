/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/subquery.h"

#include "query/run.h"

#include <stdlib.h>

static enum status sink_list(struct run *run, struct op_state *state)
{
    size_t before = state->rows.arena.total_bytes;
    struct value value;

    if (state->collected)
        TRY(eval_expr(&value, &run->eval, state->collected));
    else
        value = run->eval.frame[state->collected_slot];
    TRY(array_reserve(&state->list, &state->list_capacity, state->n_list + 1));
    /* The row's values go when the row does: the copy lies with the operator. */
    TRY(value_keep(&state->list[state->n_list], &state->rows.arena, &value));
    state->n_list++;
    return limits_keep(&run->limits, &state->kept,
                       state->rows.arena.total_bytes - before + sizeof value);
}

enum status exec_sink(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);

    switch (state->mode) {
    case SINK_FIRST:
        state->found = true;
        return STATUS_END;
    case SINK_COUNT:
        state->count++;
        return STATUS_OK;
    case SINK_LIST:
        return sink_list(run, state);
    case SINK_FRAMES:
        state->rows.width = run->plan->ast->n_slots;
        return run_rows_add(&state->rows, run, run->eval.frame);
    }
    return STATUS_OK;
}

static enum status run_subplan(struct run *run, const struct expr *expr, enum sink_mode mode)
{
    struct op_state *sink = state_of(run, expr->plan->sink);
    const struct query_ast *subquery = expr->subquery;

    for (uint32_t i = 0; i < expr->plan->n_starts; i++) {
        if (i == 0)
            run_reset(run, expr->plan->starts[i]);
        sink->mode = mode;
        if (expr->kind == EXPR_PATTERN_COMPREHENSION)
            sink->collected = expr->items[0];
        else if (expr->kind == EXPR_SHORTEST)
            sink->collected_slot = expr->pattern->paths[0]->slot;
        else if (expr->kind == EXPR_COLLECT)
            sink->collected_slot = subquery->column_slots[0];
        TRY(run_chain(run, expr->plan->starts[i]));
        if (mode == SINK_FIRST && sink->found)
            break;
    }
    return STATUS_OK;
}

/* The collected list, its items copied into the scratch arena. */
static enum status take_list(struct value *out, struct run *run, struct op_state *sink)
{
    struct value list = { .type = VALUE_LIST, .count = (uint32_t)sink->n_list,
                          .items = sink->list };

    return value_keep(out, &run->scratch, &list);
}

enum status subquery_eval(struct value *out, struct eval *eval, const struct expr *expr)
{
    struct run *run = eval->run;
    struct op_state *sink = state_of(run, expr->plan->sink);
    struct value list;

    switch (expr->kind) {
    case EXPR_PATTERN:
    case EXPR_EXISTS:
        TRY(run_subplan(run, expr, SINK_FIRST));
        *out = value_bool(sink->found);
        return STATUS_OK;
    case EXPR_COUNT:
        TRY(run_subplan(run, expr, SINK_COUNT));
        *out = value_int((int64_t)sink->count);
        return STATUS_OK;
    case EXPR_SHORTEST:
        TRY(run_subplan(run, expr, SINK_LIST));
        TRY(take_list(&list, run, sink));
        *out = list;
        if (expr->pattern->paths[0]->shortest == SHORTEST_ONE)
            *out = list.count ? list.items[0] : value_null();
        return STATUS_OK;
    default:
        TRY(run_subplan(run, expr, SINK_LIST));
        return take_list(out, run, sink);
    }
}
