/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths: variable-length expansion, shortest paths, and path values.
 *
 * Expansion is a depth-first walk with one level for each edge of the path, on the heap, so that
 * the longest path needs no deep stack. Edges are unique within a path and against the other
 * relationships of the MATCH.
 */
#include "query/run.h"

#include "base/hash.h"

#include <stdlib.h>

struct level {
    struct walk walk;
    struct value edge; /* points at walk.edge */
};

struct levels {
    struct level **items;
    size_t n, capacity;
};

static void levels_fini(struct levels *levels)
{
    for (size_t i = 0; i < levels->capacity && levels->items; i++)
        if (levels->items[i]) {
            walk_stop(&levels->items[i]->walk);
            free(levels->items[i]);
        }
    free(levels->items);
}

static enum status levels_push(struct levels *levels, struct run *run, const struct op *op,
                               struct node_id node)
{
    size_t before = levels->capacity;

    TRY(array_reserve(&levels->items, &levels->capacity, levels->n + 1));
    if (levels->capacity > before)
        memset(levels->items + before, 0, (levels->capacity - before) * sizeof *levels->items);
    if (!levels->items[levels->n]) {
        TRY(limits_memory(&run->limits, sizeof(struct level)));
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

static struct node_id far_end(const struct walk *walk)
{
    const struct edge *edge = &walk->edge.edge;

    return edge->from.value == walk->node.value ? edge->to : edge->from;
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
        if (pattern->properties || pattern->where) {
            TRY(edge_passes(&passes, run, op, &level->walk.edge));
            arena_rewind(&run->scratch, mark);
            if (!passes)
                continue;
        }
        if (levels->n >= pattern->min)
            TRY(give_path(run, op, levels, levels->n, far_end(&level->walk)));
        if (levels->n < pattern->max)
            TRY(levels_push(levels, run, op, far_end(&level->walk)));
    }
    return STATUS_OK;
}

enum status exec_var_expand(struct run *run, const struct op *op)
{
    AUTO(levels_fini) struct levels levels = { 0 };
    const struct value *from = &run->eval.frame[op->from];
    struct node_id start;

    if (from->type != VALUE_NODE)
        return STATUS_OK;
    start = value_node_id(from);
    if (op->edge_pattern->min == 0)
        TRY(give_path(run, op, &levels, 0, start));
    if (op->edge_pattern->max == 0)
        return STATUS_OK;
    TRY(levels_push(&levels, run, op, start));
    return walk_paths(run, op, &levels);
}

/* ---- Path values ------------------------------------------------------------------------- */

struct path_build {
    struct value *nodes, *edges;
    uint32_t n;
};

static void add_step(struct path_build *build, const struct value *edge)
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

static enum status make_path(struct value *out, struct run *run, struct path_build *build)
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
                add_step(&build, &edge->items[k]);
        else
            add_step(&build, edge);
        /* a walk of one loop or more ends where the pattern says */
        build.nodes[build.n] = frame[path->nodes[i + 1]->slot];
    }
    return make_path(&frame[path->slot], run, &build);
}

enum status exec_path(struct run *run, const struct op *op)
{
    struct arena_mark mark = arena_mark(&run->scratch);

    TRY(build_path(run, op->path));
    return run_pass_rewind(run, op, mark);
}

/* ---- Shortest paths ---------------------------------------------------------------------- */

/* A node met by the search, and the edge that led there; others of the same length chained. */
struct met {
    uint64_t node;
    uint32_t depth;
    uint32_t arrivals; /* index + 1 into arrivals */
};

struct arrival {
    struct edge_ref edge;
    uint32_t from;  /* index of the met node before */
    uint32_t next;  /* another arrival, index + 1 */
};

struct search {
    struct run *run;
    const struct op *op;
    struct met *met;
    size_t n_met, met_capacity;
    struct arrival *arrivals;
    size_t n_arrivals, arrivals_capacity;
    uint32_t *buckets;
    size_t n_buckets;
    uint64_t target;
    bool all, found;
    uint32_t found_depth;
};

static void search_fini(struct search *search)
{
    free(search->met);
    free(search->arrivals);
    free(search->buckets);
}

static size_t met_bucket(const struct search *search, uint64_t node)
{
    size_t mask = search->n_buckets - 1, at = hash_mix64(node) & mask;

    while (search->buckets[at] && search->met[search->buckets[at] - 1].node != node)
        at = (at + 1) & mask;
    return at;
}

static enum status met_grow(struct search *search)
{
    size_t n = search->n_buckets ? search->n_buckets * 2 : 64;
    uint32_t *buckets = calloc(n, sizeof *buckets);

    if (!buckets)
        return fail_memory(n * sizeof *buckets);
    free(search->buckets);
    search->buckets = buckets;
    search->n_buckets = n;
    for (size_t i = 0; i < search->n_met; i++)
        search->buckets[met_bucket(search, search->met[i].node)] = (uint32_t)i + 1;
    return limits_memory(&search->run->limits, n * sizeof *buckets / 2);
}

static enum status meet(uint32_t *index, bool *added, struct search *search, uint64_t node,
                        uint32_t depth)
{
    size_t bucket;

    if (search->n_met * 2 >= search->n_buckets)
        TRY(met_grow(search));
    bucket = met_bucket(search, node);
    *added = !search->buckets[bucket];
    if (*added) {
        TRY(limits_memory(&search->run->limits, sizeof *search->met + sizeof *search->arrivals));
        TRY(array_reserve(&search->met, &search->met_capacity, search->n_met + 1));
        search->met[search->n_met++] = (struct met){ node, depth, 0 };
        search->buckets[bucket] = (uint32_t)search->n_met;
    }
    *index = search->buckets[bucket] - 1;
    return STATUS_OK;
}

static enum status arrive(struct search *search, uint32_t from, const struct walk *walk)
{
    uint32_t depth = search->met[from].depth + 1, index;
    uint64_t node = far_end(walk).value;
    bool added;

    TRY(meet(&index, &added, search, node, depth));
    if (!added && (!search->all || search->met[index].depth != depth))
        return STATUS_OK;
    TRY(array_reserve(&search->arrivals, &search->arrivals_capacity, search->n_arrivals + 1));
    search->arrivals[search->n_arrivals] =
        (struct arrival){ walk->edge, from, search->met[index].arrivals };
    search->met[index].arrivals = (uint32_t)++search->n_arrivals;
    if (node == search->target) {
        search->found = true;
        search->found_depth = depth;
    }
    return STATUS_OK;
}

static enum status search_node(struct search *search, uint32_t index)
{
    AUTO(walk_stop) struct walk walk = { 0 };
    const struct edge_pattern *pattern = search->op->edge_pattern;
    bool passes = true;

    walk_start(&walk, search->run, search->op, (struct node_id){ search->met[index].node },
               search->op->direction);
    while (walk_next(&walk)) {
        if (pattern->properties || pattern->where)
            TRY(edge_passes(&passes, search->run, search->op, &walk.edge));
        if (passes)
            TRY(arrive(search, index, &walk));
        if (search->found && !search->all)
            return STATUS_OK;
    }
    return walk.status;
}

/* Breadth first, to the depth at which the target is met. */
static enum status search_all(struct search *search, uint64_t source)
{
    const struct edge_pattern *pattern = search->op->edge_pattern;
    uint32_t max = pattern->var_length ? pattern->max : 1, index;
    bool added;

    TRY(meet(&index, &added, search, source, 0));
    for (size_t i = 0; i < search->n_met; i++) {
        if (search->found && (!search->all || search->met[i].depth >= search->found_depth))
            return STATUS_OK;
        if (search->met[i].depth < max)
            TRY(search_node(search, (uint32_t)i));
    }
    return STATUS_OK;
}

/* Gives the path whose arrivals are chosen in `chosen`, from the end to the start. */
static enum status give_shortest(struct search *search, const uint32_t *chosen, uint32_t n)
{
    struct run *run = search->run;
    const struct op *op = search->op;
    struct value *frame = run->eval.frame;
    struct path_build build = { arena_array(&run->scratch, (size_t)n + 1, sizeof(struct value)),
                                arena_array(&run->scratch, (size_t)n + 1, sizeof(struct value)),
                                0 };

    if (!build.nodes || !build.edges)
        return STATUS_NO_MEMORY;
    build.nodes[0] = frame[op->from];
    for (uint32_t i = 0; i < n; i++) {
        struct value edge = value_edge(&search->arrivals[chosen[n - 1 - i]].edge);
        add_step(&build, &edge);
    }
    frame[op->edge] = op->edge_pattern->var_length
                          ? (struct value){ .type = VALUE_LIST, .count = n, .items = build.edges }
                          : build.edges[0];
    if (op->path->slot != NO_SLOT)
        TRY(make_path(&frame[op->path->slot], run, &build));
    return run_pass(run, op);
}

/* All combinations of arrivals from the target back to the source. */
static enum status give_all(struct search *search, uint32_t target)
{
    uint32_t n = search->met[target].depth, depth = 0;
    uint32_t *chosen = arena_array(&search->run->scratch, (size_t)n + 1, sizeof *chosen);
    uint32_t *next = arena_array(&search->run->scratch, (size_t)n + 1, sizeof *next);
    struct arena_mark mark = arena_mark(&search->run->scratch);

    if (!chosen || !next)
        return STATUS_NO_MEMORY;
    next[0] = search->met[target].arrivals;
    for (;;) {
        TRY(limits_tick(&search->run->limits));
        if (!next[depth]) {
            if (depth-- == 0)
                return STATUS_OK;
            continue;
        }
        chosen[depth] = next[depth] - 1;
        next[depth] = search->arrivals[chosen[depth]].next;
        if (depth + 1 == n) {
            TRY(give_shortest(search, chosen, n));
            arena_rewind(&search->run->scratch, mark);
            if (!search->all)
                return STATUS_OK;
        } else {
            next[depth + 1] = search->met[search->arrivals[chosen[depth]].from].arrivals;
            depth++;
        }
    }
}

enum status exec_shortest(struct run *run, const struct op *op)
{
    AUTO(search_fini) struct search search = { .run = run, .op = op };
    struct arena_mark mark = arena_mark(&run->scratch);
    const struct value *from = &run->eval.frame[op->from], *to = &run->eval.frame[op->to];
    const struct edge_pattern *pattern = op->edge_pattern;
    enum status status;

    if (from->type != VALUE_NODE || to->type != VALUE_NODE)
        return STATUS_OK;
    search.all = op->path->shortest == SHORTEST_ALL;
    search.target = value_node_id(to).value;
    if (value_node_id(from).value == search.target) {
        if (pattern->var_length && pattern->min == 0)
            return give_shortest(&search, NULL, 0);
        return STATUS_OK;
    }
    TRY(search_all(&search, value_node_id(from).value));
    if (!search.found)
        return STATUS_OK;
    status = give_all(&search, search.buckets[met_bucket(&search, search.target)] - 1);
    arena_rewind(&run->scratch, mark);
    return status;
}
