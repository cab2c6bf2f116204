/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths: variable-length expansion, shortest paths, and path values.
 *
 * Expansion is a depth-first walk with one level for each edge of the path, on the heap, so that
 * the longest path needs no deep stack. Edges are unique within a path and against the other
 * relationships of the MATCH.
 */
#include "query/run.h"

#include <stdlib.h>

struct level {
    struct walk walk;
    struct value edge; /* points at walk.edge */
};

struct levels {
    struct run *run;
    struct level **items;
    size_t n, capacity;
    uint64_t kept;     /* bytes */
};

static void levels_fini(struct levels *levels)
{
    limits_drop(&levels->run->limits, &levels->kept);
    for (size_t i = 0; i < levels->capacity && levels->items; i++)
        if (levels->items[i]) {
            walk_stop(&levels->items[i]->walk);
            free(levels->items[i]);
        }
    free(levels->items);
}

static enum status levels_push(struct levels *levels, const struct op *op, struct node_id node)
{
    struct run *run = levels->run;
    size_t before = levels->capacity;

    TRY(array_reserve(&levels->items, &levels->capacity, levels->n + 1));
    if (levels->capacity > before)
        memset(levels->items + before, 0, (levels->capacity - before) * sizeof *levels->items);
    if (!levels->items[levels->n]) {
        TRY(limits_keep(&run->limits, &levels->kept, sizeof(struct level)));
        levels->items[levels->n] = calloc(1, sizeof(struct level));
        if (!levels->items[levels->n])
            return fail_memory(sizeof(struct level));
    }
    walk_start(&levels->items[levels->n]->walk, run, op, node, op->direction);
    levels->n++;
    return STATUS_OK;
}

static bool on_path(const struct levels *levels, size_t depth, uint64_t edge)
{
    for (size_t i = 0; i < depth; i++)
        if (levels->items[i]->walk.edge.edge.id.value == edge)
            return true;
    return false;
}

/* The edges of the path so far as a list, in the order of the pattern as written. */
static enum status path_list(struct value *out, struct run *run, const struct op *op,
                             const struct levels *levels, size_t n)
{
    struct value *items = arena_array(&run->scratch, n + 1, sizeof *items);

    if (!items)
        return STATUS_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        items[op->reversed ? n - 1 - i : i] = value_edge(&levels->items[i]->walk.edge);
    *out = (struct value){ .type = VALUE_LIST, .count = (uint32_t)n, .items = items };
    return STATUS_OK;
}

static enum status give_path(struct run *run, const struct op *op, const struct levels *levels,
                             size_t n, struct node_id end)
{
    struct arena_mark mark = arena_mark(&run->scratch);
    struct value *to = &run->eval.frame[op->to];

    if (op->into && (to->type != VALUE_NODE || value_node_id(to).value != end.value))
        return STATUS_OK;
    if (!op->into && op->from == op->to &&
        value_node_id(&run->eval.frame[op->from]).value != end.value)
        return STATUS_OK;
    TRY(path_list(&run->eval.frame[op->edge], run, op, levels, n));
    if (!op->into)
        *to = value_node(end);
    return run_pass_rewind(run, op, mark);
}

/* Whether the newest edge may follow those before it. */
static enum status step_passes(bool *passes, struct run *run, const struct op *op,
                               const struct levels *levels)
{
    const struct edge_ref *newest = &levels->items[levels->n - 1]->walk.edge;
    struct value *frame = run->eval.frame;

    *passes = true;
    if (edge_is_checked(op))
        TRY(edge_passes(passes, run, op, newest));
    if (!*passes || !op->pairs || levels->n < 2)
        return STATUS_OK;
    frame[op->reversed ? op->earlier : op->later] = value_edge(newest);
    frame[op->reversed ? op->later : op->earlier] =
        value_edge(&levels->items[levels->n - 2]->walk.edge);
    return eval_condition(passes, &run->eval, op->pairs);
}

static enum status walk_paths(struct run *run, const struct op *op, struct levels *levels)
{
    const struct edge_pattern *pattern = op->edge_pattern;
    bool passes;

    while (levels->n) {
        struct level *level = levels->items[levels->n - 1];
        struct arena_mark mark = arena_mark(&run->scratch);

        if (!walk_next(&level->walk)) {
            TRY(level->walk.status);
            walk_stop(&level->walk);
            levels->n--;
            continue;
        }
        if (on_path(levels, levels->n - 1, level->walk.edge.edge.id.value) ||
            !edge_unique(run, op, level->walk.edge.edge.id.value))
            continue;
        TRY(step_passes(&passes, run, op, levels));
        arena_rewind(&run->scratch, mark);
        if (!passes)
            continue;
        if (levels->n >= pattern->min)
            TRY(give_path(run, op, levels, levels->n, walk_far_end(&level->walk)));
        if (levels->n < pattern->max)
            TRY(levels_push(levels, op, walk_far_end(&level->walk)));
    }
    return STATUS_OK;
}

enum status exec_var_expand(struct run *run, const struct op *op)
{
    AUTO(levels_fini) struct levels levels = { .run = run };
    const struct value *from = &run->eval.frame[op->from];
    struct node_id start;

    if (from->type != VALUE_NODE)
        return STATUS_OK;
    start = value_node_id(from);
    if (op->edge_pattern->min == 0)
        TRY(give_path(run, op, &levels, 0, start));
    if (op->edge_pattern->max == 0)
        return STATUS_OK;
    TRY(walk_window(run, op));
    TRY(levels_push(&levels, op, start));
    return walk_paths(run, op, &levels);
}

/* ---- Path values ------------------------------------------------------------------------- */

void path_add(struct path_build *build, const struct value *edge)
{
    const struct edge_ref *ref = edge->ref;
    struct node_id at = value_node_id(&build->nodes[build->n]);

    build->edges[build->n++] = *edge;
    build->nodes[build->n] =
        value_node(ref->edge.from.value == at.value ? ref->edge.to : ref->edge.from);
}

static uint32_t path_length(const struct run *run, const struct path_pattern *path)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < path->n_edges; i++) {
        const struct value *edge = &run->eval.frame[path->edges[i]->slot];
        n += edge->type == VALUE_LIST ? edge->count : 1;
    }
    return n;
}

enum status path_make(struct value *out, struct run *run, struct path_build *build)
{
    struct path *path = arena_new(&run->scratch, struct path);

    if (!path)
        return STATUS_NO_MEMORY;
    path->n_edges = build->n;
    path->nodes = build->nodes;
    path->edges = build->edges;
    *out = (struct value){ .type = VALUE_PATH, .ref = path };
    return STATUS_OK;
}

static enum status build_path(struct run *run, const struct path_pattern *path)
{
    struct value *frame = run->eval.frame;
    uint32_t n = path_length(run, path);
    struct path_build build = { arena_array(&run->scratch, (size_t)n + 1, sizeof(struct value)),
                                arena_array(&run->scratch, (size_t)n + 1, sizeof(struct value)),
                                0 };

    if (!build.nodes || !build.edges)
        return STATUS_NO_MEMORY;
    build.nodes[0] = frame[path->nodes[0]->slot];
    for (uint32_t i = 0; i < path->n_edges; i++) {
        const struct value *edge = &frame[path->edges[i]->slot];

        if (edge->type == VALUE_LIST)
            for (uint32_t k = 0; k < edge->count; k++)
                path_add(&build, &edge->items[k]);
        else
            path_add(&build, edge);
        /* a walk of one loop or more ends where the pattern says */
        build.nodes[build.n] = frame[path->nodes[i + 1]->slot];
    }
    return path_make(&frame[path->slot], run, &build);
}

enum status exec_path(struct run *run, const struct op *op)
{
    struct arena_mark mark = arena_mark(&run->scratch);

    TRY(build_path(run, op->path));
    return run_pass_rewind(run, op, mark);
}
