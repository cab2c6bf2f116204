/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The executor's frame: rows pushed from operator to operator. */
#include "query/run.h"

#include "base/time.h"
#include "query/subquery.h"

#include <stdio.h>
#include <stdlib.h>

void run_truncated(struct run *run, const char *reason)
{
    if (run->stats->truncated)
        return;
    run->stats->truncated = true;
    snprintf(run->stats->reason, sizeof run->stats->reason, "%s", reason);
}

enum status run_pass(struct run *run, const struct op *op)
{
    for (uint32_t i = 0; i < op->n_filters; i++) {
        bool holds;

        TRY(eval_condition(&holds, &run->eval, op->filters[i]));
        if (!holds)
            return STATUS_OK;
    }
    return run_row(run, op->next);
}

enum status run_pass_rewind(struct run *run, const struct op *op, struct arena_mark mark)
{
    enum status status = run_pass(run, op);

    arena_rewind(&run->scratch, mark);
    return status;
}

/* ---- Small operators --------------------------------------------------------------------- */

static void set_null(struct run *run, const struct op *op)
{
    for (uint32_t i = 0; i < op->clause->n_introduced; i++)
        run->eval.frame[op->clause->introduced[i]] = value_null();
}

static enum status exec_optional(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);
    enum status status;

    state->matched = false;
    status = run_row(run, op->inner);
    if (status != STATUS_OK)
        return status;
    if (state->matched)
        return STATUS_OK;
    set_null(run, op);
    return run_row(run, op->next);
}

static enum status exec_matched(struct run *run, const struct op *op)
{
    state_of(run, op->inner)->matched = true;
    return run_row(run, op->inner->next);
}

static enum status exec_semi(struct run *run, const struct op *op)
{
    struct arena_mark mark = arena_mark(&run->scratch);
    struct value found;

    TRY(subquery_eval(&found, &run->eval, op->exists));
    arena_rewind(&run->scratch, mark);
    return found.boolean == (op->kind == OP_KIND_SEMI) ? run_row(run, op->next) : STATUS_OK;
}

static enum status exec_unwind(struct run *run, const struct op *op)
{
    struct eval *eval = &run->eval;
    struct arena_mark mark;
    struct value list;

    TRY(eval_expr(&list, eval, op->clause->exprs[0]));
    if (list.type == VALUE_NULL)
        return STATUS_OK;
    if (list.type != VALUE_LIST) {
        eval->frame[op->clause->slot] = list;
        return run_pass(run, op);
    }
    mark = arena_mark(&run->scratch);
    for (uint32_t i = 0; i < list.count; i++) {
        TRY(limits_tick(&run->limits));
        eval->frame[op->clause->slot] = list.items[i];
        TRY(run_pass_rewind(run, op, mark));
    }
    return STATUS_OK;
}

static enum status union_adds(bool *added, struct run *run, const struct op *op, uint32_t n)
{
    size_t row, before = run->distinct_arena.total_bytes;

    run->distinct.width = n;
    TRY(table_add(&row, added, &run->distinct, &run->distinct_arena, run->columns));
    return limits_keep(&run->limits, &state_of(run, op)->kept,
                       run->distinct_arena.total_bytes - before);
}

static enum status exec_result(struct run *run, const struct op *op)
{
    const struct clause *clause = op->clause;
    uint32_t n = run->plan->ast->n_columns;
    bool added = true;

    if (n == 0)
        return STATUS_OK;
    for (uint32_t i = 0; i < n; i++)
        run->columns[i] = run->eval.frame[clause->projection ? clause->projection->items[i].slot
                                                             : clause->yields[i].slot];
    if (run->union_distinct)
        TRY(union_adds(&added, run, op, n));
    if (!added)
        return STATUS_OK;
    if (run->limits.max_rows && run->stats->rows >= run->limits.max_rows) {
        char reason[sizeof run->stats->reason];

        snprintf(reason, sizeof reason, "the bound on rows (%s)", run->limits.words->rows);
        run_truncated(run, reason);
        return STATUS_END;
    }
    run->stats->rows++;
    if (!run->options->row)
        return STATUS_OK;
    return run->options->row(run->options->context, &run->eval, run->columns, n);
}

/* ---- Dispatch ---------------------------------------------------------------------------- */

static enum status dispatch(struct run *run, const struct op *op)
{
    switch (op->kind) {
    case OP_KIND_SCAN:
        return exec_scan(run, op);
    case OP_KIND_SEEK:
        return exec_seek(run, op);
    case OP_KIND_SEEK_ID:
        return exec_seek_id(run, op);
    case OP_KIND_SEEK_INDEX:
        return exec_seek_index(run, op);
    case OP_KIND_EXPAND:
        return exec_expand(run, op);
    case OP_KIND_HASH_JOIN:
        return exec_hash_join(run, op);
    case OP_KIND_INTERSECT:
        return exec_intersect(run, op);
    case OP_KIND_BOUND_EDGE:
        return exec_bound_edge(run, op);
    case OP_KIND_VAR_EXPAND:
        return exec_var_expand(run, op);
    case OP_KIND_REACH:
        return exec_reach(run, op);
    case OP_KIND_BOUND_LIST:
        return exec_bound_list(run, op);
    case OP_KIND_SHORTEST:
        return exec_shortest(run, op);
    case OP_KIND_FILTER:
        return run_pass(run, op);
    case OP_KIND_SEMI:
    case OP_KIND_ANTI:
        return exec_semi(run, op);
    case OP_KIND_PATH:
        return exec_path(run, op);
    case OP_KIND_OPTIONAL:
        return exec_optional(run, op);
    case OP_KIND_MATCHED:
        return exec_matched(run, op);
    case OP_KIND_UNWIND:
        return exec_unwind(run, op);
    case OP_KIND_PROJECT:
        return exec_project(run, op);
    case OP_KIND_AGGREGATE:
        return exec_aggregate(run, op);
    case OP_KIND_DISTINCT:
        return exec_distinct(run, op);
    case OP_KIND_SORT:
        return exec_sort(run, op);
    case OP_KIND_LIMIT:
        return exec_limit(run, op);
    case OP_KIND_WRITE:
        return exec_write(run, op);
    case OP_KIND_CALL:
        return exec_call(run, op);
    case OP_KIND_RESULT:
        return exec_result(run, op);
    case OP_KIND_SINK:
        return exec_sink(run, op);
    }
    return STATUS_OK;
}

enum status run_row(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);
    uint64_t reads = run->limits.expansions;
    enum status status;
    int64_t start;

    state->rows_in++;
    if (__builtin_expect(!run->profile, 1)) {
        TRY(limits_tick(&run->limits));
        return dispatch(run, op);
    }
    start = time_monotonic_us();
    status = limits_tick(&run->limits);
    if (status == STATUS_OK)
        status = dispatch(run, op);
    state->time_us += time_monotonic_us() - start;
    state->reads += run->limits.expansions - reads;
    return status;
}

enum status run_finish(struct run *run, const struct op *op)
{
    for (; op; op = op->next) {
        if (op->kind == OP_KIND_AGGREGATE)
            TRY(exec_aggregate_finish(run, op));
        else if (op->kind == OP_KIND_SORT)
            TRY(exec_sort_finish(run, op));
        else if (op->kind == OP_KIND_WRITE)
            TRY(exec_write_finish(run, op));
        else if (op->kind == OP_KIND_LIMIT)
            TRY(exec_limit_finish(run, op));
    }
    return STATUS_OK;
}

/*
 * Operators lend the frame what they hold while their rows pass (the edge of a walk, a list in the
 * scratch arena). When they are done those slots must not be read again: rows that are kept later
 * copy the whole frame. So the frame goes back to what it was before the chain.
 */
enum status run_chain(struct run *run, const struct op *first)
{
    size_t bytes = run->plan->ast->n_slots * sizeof *run->eval.frame;
    struct value *before = arena_alloc(&run->scratch, bytes);
    enum status status;

    if (!before)
        return STATUS_NO_MEMORY;
    memcpy(before, run->eval.frame, bytes);
    status = run_row(run, first);
    memcpy(run->eval.frame, before, bytes);
    if (status == STATUS_OK || status == STATUS_END) {
        status = run_finish(run, first);
        memcpy(run->eval.frame, before, bytes);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static void state_clear(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);
    struct op_state profile = { .rows_in = state->rows_in, .reads = state->reads,
                                .time_us = state->time_us };

    if (state->groups) {
        for (size_t row = 0; row < state->n_groups; row++) {
            for (uint32_t i = 0; i < op->projection->n_calls; i++) {
                limits_drop(&run->limits, &state->groups[row].calls[i].kept);
                aggregate_fini(&state->groups[row].calls[i]);
            }
            free(state->groups[row].calls);
        }
        free(state->groups);
    }
    limits_drop(&run->limits, &state->kept);
    limits_drop(&run->limits, &state->rows.kept);
    table_fini(&state->table);
    run_rows_fini(&state->rows);
    free(state->list);
    free(state->batch);
    hash_join_free(state->join);
    neighbours_free(state->neighbours);
    *state = profile;
}

void run_reset(struct run *run, const struct op *first)
{
    for (const struct op *op = first; op; op = op->next) {
        if (op->inner && (op->kind == OP_KIND_OPTIONAL || op->kind == OP_KIND_INTERSECT))
            for (const struct op *inner = op->inner; inner; inner = inner->next)
                state_clear(run, inner);
        state_clear(run, op);
    }
}
