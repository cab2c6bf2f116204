/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CREATE, MERGE, SET, REMOVE and DELETE.
 *
 * Each of these clauses first collects its rows, then changes the graph for one after the other,
 * and only then passes them on: no clause reads while an earlier one still writes.
 */
#include "query/exec_write.h"

#include "graph/catalog.h"
#include "graph/schema.h"

#include <stdio.h>
#include <stdlib.h>

static uint32_t n_slots(const struct run *run)
{
    return run->plan->ast->n_slots;
}

enum status exec_write(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);

    state->rows.width = n_slots(run);
    return run_rows_add(&state->rows, run, run->eval.frame);
}

/* ---- DELETE ------------------------------------------------------------------------------ */

struct deletion {
    struct arena arena;
    struct table nodes, edges;
};

static void deletion_fini(struct deletion *deletion)
{
    table_fini(&deletion->nodes);
    table_fini(&deletion->edges);
    arena_fini(&deletion->arena);
}

static enum status collect_deleted(struct deletion *deletion, struct run *run,
                                   const struct expr *expr, const struct value *value)
{
    const struct path *path;
    size_t row;
    bool added;

    switch (value->type) {
    case VALUE_NULL:
        return STATUS_OK;
    case VALUE_NODE:
        return table_add(&row, &added, &deletion->nodes, &deletion->arena, value);
    case VALUE_EDGE:
        return table_add(&row, &added, &deletion->edges, &deletion->arena, value);
    case VALUE_PATH:
        path = value->ref;
        for (uint32_t i = 0; i <= path->n_edges; i++)
            TRY(collect_deleted(deletion, run, expr, &path->nodes[i]));
        for (uint32_t i = 0; i < path->n_edges; i++)
            TRY(collect_deleted(deletion, run, expr, &path->edges[i]));
        return STATUS_OK;
    default:
        return eval_fail(&run->eval, expr, "TypeError", "InvalidArgumentType",
                         "DELETE takes nodes, relationships and paths, not a %s",
                         value_type_name(value->type));
    }
}

static enum status delete_edges(struct run *run, const struct deletion *deletion)
{
    struct eval *eval = &run->eval;

    for (size_t i = 0; i < deletion->edges.n; i++) {
        enum status status;
        struct edge edge;

        TRY(limits_tick(&run->limits));
        status = eval_edge(&edge, eval, deletion->edges.rows[i].ref);
        if (status == STATUS_NOT_FOUND)
            continue;
        TRY(status);
        TRY(edge_delete(eval->txn, &edge));
        eval_written(eval);
        run->stats->edges_deleted++;
    }
    return STATUS_OK;
}

static enum status delete_nodes(struct run *run, const struct deletion *deletion,
                                const struct clause *clause)
{
    struct eval *eval = &run->eval;

    for (size_t i = 0; i < deletion->nodes.n; i++) {
        uint64_t n_edges = 0;
        enum status status;

        TRY(limits_tick(&run->limits));
        status = node_delete(&n_edges, eval->txn, value_node_id(&deletion->nodes.rows[i]),
                             clause->detach);
        if (status == STATUS_NOT_FOUND)
            continue;
        if (status == STATUS_CONFLICT)
            return eval_fail(eval, clause->exprs[0], "ConstraintVerificationFailed",
                             "DeleteConnectedNode",
                             "a node that still has relationships can't be deleted; use DETACH "
                             "DELETE");
        TRY(status);
        eval_written(eval);
        run->stats->nodes_deleted++;
        run->stats->edges_deleted += n_edges;
    }
    return STATUS_OK;
}

static enum status run_delete(struct run *run, const struct op *op)
{
    AUTO(deletion_fini) struct deletion deletion = { .nodes = { .width = 1 },
                                                     .edges = { .width = 1 } };
    struct op_state *state = state_of(run, op);
    struct arena_mark mark = arena_mark(&run->scratch);
    const struct clause *clause = op->clause;
    struct value value;

    for (size_t row = 0; row < state->rows.n; row++) {
        TRY(limits_tick(&run->limits));
        memcpy(run->eval.frame, &state->rows.values[row * state->rows.width],
               state->rows.width * sizeof value);
        for (uint32_t i = 0; i < clause->n_exprs; i++) {
            TRY(eval_expr(&value, &run->eval, clause->exprs[i]));
            TRY(collect_deleted(&deletion, run, clause->exprs[i], &value));
        }
        arena_rewind(&run->scratch, mark);
    }
    TRY(delete_edges(run, &deletion));
    return delete_nodes(run, &deletion, clause);
}

/* ---- MERGE ------------------------------------------------------------------------------- */

static enum status check_null(struct run *run, const struct expr *properties)
{
    struct value map;

    if (!properties)
        return STATUS_OK;
    TRY(eval_expr(&map, &run->eval, properties));
    for (uint32_t i = 0; map.type == VALUE_MAP && i < map.count; i++)
        if (map.pairs[i].value.type == VALUE_NULL)
            return eval_fail(&run->eval, properties, "SemanticError", "MergeReadOwnWrites",
                             "MERGE can't use null for %.*s", (int)map.pairs[i].key.size,
                             (const char *)map.pairs[i].key.data);
    return STATUS_OK;
}

static enum status check_merge(struct run *run, const struct path_pattern *path)
{
    for (uint32_t i = 0; i <= path->n_edges; i++) {
        TRY(check_null(run, path->nodes[i]->properties));
        if (path->nodes[i]->bound && run->eval.frame[path->nodes[i]->slot].type == VALUE_NULL)
            return eval_fail(&run->eval, NULL, "SemanticError", "MergeReadOwnWrites",
                             "MERGE can't use a node that is null");
    }
    for (uint32_t i = 0; i < path->n_edges; i++)
        TRY(check_null(run, path->edges[i]->properties));
    return STATUS_OK;
}

/* The frames that match, or the one with what was created. */
static enum status merge_row(struct run *run, const struct op *op, struct rows *out)
{
    const struct match_plan *plan = op->clause->plan;
    struct op_state *sink = state_of(run, plan->sink);
    struct value *frame = run->eval.frame;

    TRY(check_merge(run, op->clause->pattern->paths[0]));
    run_reset(run, plan->starts[0]);
    sink->mode = SINK_FRAMES;
    TRY(run_chain(run, plan->starts[0]));
    if (!sink->rows.n) {
        TRY(write_create(run, op->clause->pattern));
        TRY(write_set(run, &op->clause->on_create));
        return run_rows_add(out, run, frame);
    }
    for (size_t i = 0; i < sink->rows.n; i++) {
        memcpy(frame, &sink->rows.values[i * sink->rows.width], sink->rows.width * sizeof *frame);
        TRY(write_set(run, &op->clause->on_match));
        TRY(run_rows_add(out, run, frame));
    }
    return STATUS_OK;
}

/* ---- Clauses ----------------------------------------------------------------------------- */

static enum status write_row(struct run *run, const struct op *op, struct rows *out)
{
    switch (op->clause->kind) {
    case CLAUSE_CREATE:
        TRY(write_create(run, op->clause->pattern));
        break;
    case CLAUSE_MERGE:
        return merge_row(run, op, out);
    case CLAUSE_SET:
        TRY(write_set(run, &op->clause->set));
        break;
    default:
        break;
    }
    return run_rows_add(out, run, run->eval.frame);
}

static enum status write_rows(struct run *run, const struct op *op, struct rows *out)
{
    struct op_state *state = state_of(run, op);
    struct arena_mark mark = arena_mark(&run->scratch);

    for (size_t row = 0; row < state->rows.n; row++) {
        TRY(limits_tick(&run->limits));
        memcpy(run->eval.frame, &state->rows.values[row * state->rows.width],
               state->rows.width * sizeof *run->eval.frame);
        TRY(write_row(run, op, out));
        arena_rewind(&run->scratch, mark);
    }
    return STATUS_OK;
}

enum status exec_write_finish(struct run *run, const struct op *op)
{
    struct op_state *state = state_of(run, op);
    AUTO(run_rows_fini) struct rows out = { .width = n_slots(run) };
    struct arena_mark mark = arena_mark(&run->scratch);
    const struct rows *rows = &out;

    if (op->clause->kind == CLAUSE_DELETE) {
        TRY(run_delete(run, op));
        rows = &state->rows;
    } else {
        TRY(write_rows(run, op, &out));
    }
    for (size_t row = 0; row < rows->n; row++) {
        enum status status;

        memcpy(run->eval.frame, &rows->values[row * rows->width],
               rows->width * sizeof *run->eval.frame);
        status = run_pass_rewind(run, op, mark);
        if (status == STATUS_END)
            break;
        TRY(status);
    }
    return STATUS_OK;
}
