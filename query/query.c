/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "query/query.h"

#include "base/time.h"
#include "graph/catalog.h"
#include "query/binder.h"
#include "query/node_cache.h"
#include "query/parser.h"
#include "query/run.h"

#include <stdlib.h>

#define BATCH_ROWS_DEFAULT 1000

struct query {
    struct arena arena;
    struct query_ast *ast;
    struct plan *plan;
    void *procedure_context;
    struct graph_counts planned_for; /* what the graph held when it was planned */
    uint64_t *rows, *reads; /* of the last run, by operator */
    int64_t *times;
};

/* ---- Preparing --------------------------------------------------------------------------- */

static enum status build(struct query *query, struct slice text,
                         const struct query_prepare_options *options)
{
    struct bind_options bind = { options->procedures, options->parameters };
    char *copy = arena_copy(&query->arena, text);

    if (!copy)
        return STATUS_NO_MEMORY;
    if (options->procedures)
        query->procedure_context = options->procedures->context;
    query_error_clear();
    TRY(query_parse(&query->ast, slice_of(copy, text.size), &query->arena));
    TRY(query_bind(query->ast, &query->arena, &bind));
    TRY(plan_make(&query->plan, query->ast, &query->arena, options->txn,
                  options->batch_rows > 0 ? options->batch_rows : BATCH_ROWS_DEFAULT));
    if (options->txn)
        query->planned_for = txn_counts(options->txn);
    query->rows = arena_array(&query->arena, query->plan->n_ops, sizeof *query->rows);
    query->times = arena_array(&query->arena, query->plan->n_ops, sizeof *query->times);
    query->reads = arena_array(&query->arena, query->plan->n_ops, sizeof *query->reads);
    return query->rows && query->reads && query->times ? STATUS_OK : STATUS_NO_MEMORY;
}

enum status query_prepare(struct query **out, struct slice text,
                          const struct query_prepare_options *options)
{
    static const struct query_prepare_options none = { 0 };
    AUTO(query_freep) struct query *query = calloc(1, sizeof *query);

    if (!query)
        return fail_memory(sizeof *query);
    TRY(build(query, text, options ? options : &none));
    *out = query;
    query = NULL;
    return STATUS_OK;
}

void query_free(struct query *query)
{
    if (!query)
        return;
    arena_fini(&query->arena);
    free(query);
}

void query_freep(struct query **query)
{
    query_free(*query);
}

struct slice query_text(const struct query *query)
{
    return query->ast->text;
}

static bool far_from(uint64_t now, uint64_t then)
{
    return now > then + then / 2 || now < then / 2;
}

bool query_is_stale(const struct query *query, const struct graph_txn *txn)
{
    struct graph_counts now = txn ? txn_counts(txn) : query->planned_for;

    return far_from(now.nodes, query->planned_for.nodes) ||
           far_from(now.edges, query->planned_for.edges);
}

size_t query_n_columns(const struct query *query)
{
    return query->ast->n_columns;
}

struct slice query_column(const struct query *query, size_t column)
{
    return query->ast->columns[column];
}

bool query_is_explain(const struct query *query)
{
    return query->ast->explain;
}

bool query_is_profile(const struct query *query)
{
    return query->ast->profile;
}

/* ---- Running ----------------------------------------------------------------------------- */

static void run_fini(struct run *run)
{
    if (run->states)
        for (uint32_t i = 0; i < run->plan->n_ops; i++) {
            struct op only = *run->plan->ops[i];
            only.next = only.inner = NULL;
            run_reset(run, &only);
        }
    free(run->states);
    free(run->cache);
    table_fini(&run->distinct);
    arena_fini(&run->distinct_arena);
    arena_fini(&run->scratch);
    arena_fini(&run->kept);
}

static enum status bind_parameters(struct run *run, const struct query_ast *ast)
{
    const struct value *given = run->options->parameters;
    struct value *values = arena_array(&run->scratch, (size_t)ast->n_parameters + 1,
                                       sizeof *values);

    if (!values)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < ast->n_parameters; i++) {
        const struct value *value = given ? value_find(given, ast->parameters[i]) : NULL;

        if (!value)
            return eval_fail(&run->eval, NULL, "ParameterMissing", "MissingParameter",
                             "the query needs the parameter $%.*s; %s",
                             (int)ast->parameters[i].size, (const char *)ast->parameters[i].data,
                             run->limits.words->parameter);
        values[i] = *value;
    }
    run->eval.parameters = values;
    return STATUS_OK;
}

static enum status find_symbols(struct run *run, const struct query_ast *ast)
{
    run->eval.symbols = arena_array(&run->scratch, (size_t)ast->n_names + 1,
                                    sizeof *run->eval.symbols);
    if (!run->eval.symbols)
        return STATUS_NO_MEMORY;
    if (run->eval.txn)
        for (uint32_t i = 0; i < ast->n_names; i++)
            run->eval.symbols[i] =
                catalog_find(graph_catalog(txn_graph(run->eval.txn)), ast->names[i]);
    return STATUS_OK;
}

static enum status set_memos(struct run *run, const struct query_ast *ast)
{
    run->eval.kept = &run->kept;
    run->eval.memos = arena_array(&run->kept, (size_t)ast->n_memos + 1, sizeof(struct value));
    if (!run->eval.memos)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < ast->n_memos; i++)
        run->eval.memos[i].type = VALUE_PATH;
    return STATUS_OK;
}

static const struct query_words command_line = {
    .timeout = "--timeout", .rows = "--max-rows", .memory = "--max-memory",
    .expansions = "--max-expansions", .write = "allow it with --write",
    .parameter = "give it with -P",
};

static const struct query_words *words_of(const struct query_run_options *options)
{
    return options->words ? options->words : &command_line;
}

static void set_limits(struct limits *limits, const struct query_run_options *options)
{
    *limits = (struct limits){ .timeout_us = options->timeout_us, .max_rows = options->max_rows,
                               .max_bytes = options->max_bytes,
                               .max_expansions = options->max_expansions,
                               .interrupted = options->interrupted, .words = words_of(options),
                               .countdown = LIMITS_STRIDE };
    if (options->timeout_us)
        limits->deadline_us = time_monotonic_us() + options->timeout_us;
}

static enum status run_init(struct run *run, const struct query *query, struct graph_txn *txn)
{
    const struct query_ast *ast = query->ast;

    run->plan = query->plan;
    run->profile = ast->profile;
    run->procedure_context = query->procedure_context;
    set_limits(&run->limits, run->options);
    run->limits.scratch = &run->scratch;
    run->states = calloc(query->plan->n_ops, sizeof *run->states);
    run->cache = calloc(1, sizeof *run->cache);
    if (!run->states || !run->cache)
        return fail_memory(query->plan->n_ops * sizeof *run->states);
    run->eval = (struct eval){ .text = ast->text, .ast = ast, .scratch = &run->scratch,
                               .txn = txn, .limits = &run->limits, .cache = run->cache,
                               .generation = 1, .as_of_us = TIME_MIN, .run = run,
                               .now_us = run->options->now_us };
    if (!run->eval.now_us)
        run->eval.now_us = time_now_us();
    if (txn && !run->options->all_times)
        run->eval.as_of_us = txn_moment(txn)->as_of_us;
    run->eval.frame = arena_array(&run->scratch, (size_t)ast->n_slots + 1, sizeof(struct value));
    run->columns = arena_array(&run->scratch, (size_t)ast->n_columns + 1, sizeof(struct value));
    if (!run->eval.frame || !run->columns)
        return STATUS_NO_MEMORY;
    TRY(set_memos(run, ast));
    TRY(bind_parameters(run, ast));
    return find_symbols(run, ast);
}

static enum status run_parts(struct run *run)
{
    struct arena_mark mark = arena_mark(&run->scratch);

    run->union_distinct = run->plan->n_starts > 1 && !run->plan->ast->union_all;
    for (uint32_t i = 0; i < run->plan->n_starts && !run->stats->truncated; i++) {
        TRY(run_chain(run, run->plan->starts[i]));
        arena_rewind(&run->scratch, mark);
    }
    return STATUS_OK;
}

/* What passes through an operator to the next is counted there, too: the rest is its own. */
static void note_profile(struct query *query, const struct run *run)
{
    for (uint32_t i = 0; run->states && i < run->plan->n_ops; i++) {
        const struct op *next = run->plan->ops[i]->next;
        const struct op_state *state = &run->states[i];
        const struct op_state *behind = next ? &run->states[next->index] : NULL;
        bool through = behind && behind->time_us <= state->time_us && behind->reads <= state->reads;

        query->rows[i] = state->rows_in;
        query->reads[i] = state->reads - (through ? behind->reads : 0);
        query->times[i] = state->time_us - (through ? behind->time_us : 0);
    }
}

enum status query_run(struct query *query, struct graph_txn *txn,
                      const struct query_run_options *options, struct query_stats *stats)
{
    AUTO(run_fini) struct run run = { .options = options, .stats = stats };
    enum status status;

    *stats = (struct query_stats){ 0 };
    query_error_clear();
    if (query->ast->writes && !options->allow_writes)
        return fail(STATUS_INVALID, "this statement changes the graph: %s",
                    words_of(options)->write);
    status = run_init(&run, query, txn);
    if (status == STATUS_OK && !query->ast->explain)
        status = run_parts(&run);
    stats->expansions = run.limits.expansions;
    if (txn)
        stats->commit_seq = txn_moment(txn)->commit_seq;
    note_profile(query, &run);
    return status;
}

/* ---- EXPLAIN ----------------------------------------------------------------------------- */

static enum status explain_chain(struct buf *out, const struct query *query, const struct op *op,
                                 unsigned depth)
{
    for (; op; op = op->next) {
        if (op->kind == OP_KIND_FILTER && !op->n_filters)
            continue;
        TRY(buf_printf(out, "%*s%s", (int)depth * 2, "", op_name(op->kind)));
        if (op->many)
            TRY(buf_printf(out, " list"));
        if (op->kind == OP_KIND_SORT && op->projection->limit)
            TRY(buf_printf(out, ", top"));
        if (op->batched)
            TRY(buf_printf(out, " in batches"));
        if (op->n_bounds)
            TRY(buf_printf(out, " within times"));
        if (op->each || op->pairs)
            TRY(buf_printf(out, ", checked on the way"));
        if (op->kind == OP_KIND_SEEK_INDEX)
            TRY(buf_printf(out, " %.*s", (int)query->ast->names[op->property].size,
                           (const char *)query->ast->names[op->property].data));
        if (op->label)
            TRY(buf_printf(out, " :%.*s", (int)op->label->name.size,
                           (const char *)op->label->name.data));
        for (uint32_t i = 0; i < op->n_types; i++) {
            struct slice name = query->ast->names[op->types[i]];
            TRY(buf_printf(out, "%s%.*s", i ? "|" : " :", (int)name.size,
                           (const char *)name.data));
        }
        if (op->into)
            TRY(buf_printf(out, " into"));
        if (op->n_filters)
            TRY(buf_printf(out, ", %u condition%s", op->n_filters, op->n_filters > 1 ? "s" : ""));
        TRY(buf_printf(out, ", about %.6g rows", op->estimate));
        if (query->ast->profile)
            TRY(buf_printf(out, ", got %llu rows, %llu reads, %.3f ms",
                           (unsigned long long)query->rows[op->index],
                           (unsigned long long)query->reads[op->index],
                           (double)query->times[op->index] / 1000));
        TRY(buf_append_byte(out, '\n'));
        if (op->inner && op->kind != OP_KIND_MATCHED)
            TRY(explain_chain(out, query, op->inner, depth + 1));
    }
    return STATUS_OK;
}

enum status query_explain(struct buf *out, const struct query *query)
{
    for (uint32_t i = 0; i < query->plan->n_starts; i++) {
        if (i)
            TRY(buf_printf(out, "Union%s\n", query->ast->union_all ? " all" : ""));
        TRY(explain_chain(out, query, query->plan->starts[i], 0));
    }
    return STATUS_OK;
}
