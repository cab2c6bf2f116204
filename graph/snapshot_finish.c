/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A builder becomes a snapshot: nodes and rows are put in order, and ids turned into indices. */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/sort.h"
#include "base/worker.h"
#include "graph/snapshot_private.h"

#define SMALL 64u /* items of a graph gathered around an application: permuted without memory */

static inline uint32_t find_node(const struct snapshot *snapshot, uint64_t id)
{
    const struct snapshot_private *private = snapshot->private_;

    if (private->lookup)
        return id < private->n_lookup ? private->lookup[id] - 1 : NODE_NONE;
    return snapshot_find(snapshot, (struct node_id){ id });
}

/* Reorders `n` elements of `size` bytes so that the new i-th is the old order[i]-th. */
static enum status permute(void *field, const struct by_id *order, size_t n, size_t size)
{
    unsigned char **pointer = field, *old = *pointer, *new, few[SMALL * sizeof(int64_t)];

    if (!old || !n)
        return STATUS_OK;
    if (n * size <= sizeof few) {
        memcpy(few, old, n * size);
        for (size_t i = 0; i < n; i++)
            memcpy(old + i * size, few + order[i].at * size, size);
        return STATUS_OK;
    }
    new = malloc(n * size);
    if (!new)
        return fail_memory(n * size);
    for (size_t i = 0; i < n; i++)
        memcpy(new + i *size, old + order[i].at *size, size);
    free(old);
    *pointer = new;
    return STATUS_OK;
}

static enum status permute_keys(struct snapshot_private *private, const struct by_id *order,
                                size_t n)
{
    AUTO(buf_fini) struct buf keys = { 0 };
    AUTO(free_ptr) uint32_t *ends = malloc(n * sizeof *ends);
    struct buf old = private->keys;

    if (!ends)
        return fail_memory(n * sizeof *ends);
    TRY(buf_reserve(&keys, old.size));
    for (size_t i = 0; i < n; i++) {
        uint32_t at = order[i].at, begin = at ? private->key_ends[at - 1] : 0;

        TRY(buf_append(&keys, old.data + begin, private->key_ends[at] - begin));
        ends[i] = (uint32_t)keys.size;
    }
    private->keys = keys;
    keys = old;
    memcpy(private->key_ends, ends, n * sizeof *ends);
    return STATUS_OK;
}

/* Cells follow their nodes: renumber, then sort by node. */
static enum status permute_cells(struct sparse_column *cells, const uint32_t *rank)
{
    struct by_id few[SMALL], *order = few;
    AUTO(free_ptr) struct by_id *many = NULL;

    if (cells->n > SMALL)
        order = many = malloc(cells->n * sizeof *order);
    if (!order)
        return fail_memory(cells->n * sizeof *order);
    for (size_t i = 0; i < cells->n; i++) {
        cells->nodes[i] = rank[cells->nodes[i]];
        order[i] = (struct by_id){ cells->nodes[i], (uint32_t)i };
    }
    TRY(by_id_sort(order, cells->n));
    TRY(permute(&cells->nodes, order, cells->n, sizeof *cells->nodes));
    TRY(permute(&cells->values, order, cells->n, sizeof *cells->values));
    return STATUS_OK;
}

static enum status sort_nodes(struct snapshot_builder *builder)
{
    struct snapshot_private *private = builder->private;
    size_t n = builder->n_nodes;
    AUTO(free_ptr) struct by_id *order = malloc(n * sizeof *order);
    AUTO(free_ptr) uint32_t *rank = malloc(n * sizeof *rank);

    if (!order || !rank)
        return fail_memory(n * sizeof *order);
    for (size_t i = 0; i < n; i++)
        order[i] = (struct by_id){ private->ids[i], (uint32_t)i };
    TRY(by_id_sort(order, n));
    for (size_t i = 0; i < n; i++)
        rank[order[i].at] = (uint32_t)i;
    TRY(permute(&private->ids, order, n, sizeof *private->ids));
    TRY(permute(&private->labels, order, n, sizeof *private->labels));
    TRY(permute(&private->roles, order, n, sizeof *private->roles));
    TRY(permute_keys(private, order, n));
    for (int i = 0; i < NODE_COLUMNS; i++)
        TRY(permute_cells(&private->columns[i], rank));
    return STATUS_OK;
}

/* Ids of a store are nearly dense: then a table by id beats a search. */
static enum status build_lookup(struct snapshot_private *private, size_t n)
{
    uint64_t highest = n ? private->ids[n - 1] : 0;

    if (highest >= 32 * (uint64_t)n + 64)
        return STATUS_OK;
    private->n_lookup = highest + 1;
    private->lookup = calloc(private->n_lookup, sizeof *private->lookup);
    if (!private->lookup)
        return fail_memory(private->n_lookup * sizeof *private->lookup);
    for (size_t i = 0; i < n; i++)
        private->lookup[private->ids[i]] = (uint32_t)i + 1;
    return STATUS_OK;
}

static void move_row(struct rows *rows, size_t to, size_t from)
{
    rows->start[to] = rows->start[from];
    rows->end[to] = rows->end[from];
    rows->ids[to] = rows->ids[from];
    for (int c = 0; c < EDGE_COLUMNS; c++)
        if (rows->columns[c])
            rows->columns[c][to] = rows->columns[c][from];
}

/* Indices take the place of ids in the memory of those that were read before. */
static void put_index(uint64_t *ids, size_t at, uint32_t index)
{
    memcpy((unsigned char *)ids + at * sizeof index, &index, sizeof index);
}

/* The half that is left over goes back; where that can't be had, it stays. */
static uint32_t *take_indices(uint64_t **ids, size_t n)
{
    void *same = *ids, *less = n < SMALL ? same : realloc(*ids, (n + 1) * sizeof(uint32_t));

    *ids = NULL;
    return less ? less : same;
}

/* Turns ids into indices, leaving out what has an unknown end. Rows may then be in no order. */
static void resolve_ends(struct rows *rows, const struct snapshot *snapshot)
{
    size_t kept = 0;

    for (size_t i = 0; i < rows->n; i++) {
        uint32_t from = find_node(snapshot, rows->from_ids[i]);
        uint32_t to = find_node(snapshot, rows->to_ids[i]);

        if (from == NODE_NONE || to == NODE_NONE)
            continue;
        put_index(rows->from_ids, kept, from);
        put_index(rows->to_ids, kept, to);
        if (kept != i)
            move_row(rows, kept, i);
        kept++;
    }
    rows->n = kept;
    rows->from = take_indices(&rows->from_ids, kept);
    rows->to = take_indices(&rows->to_ids, kept);
}

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct by_id *x = a, *y = b;
    const struct rows *rows = context;

    if (rows->from[x->at] != rows->from[y->at])
        return rows->from[x->at] < rows->from[y->at] ? -1 : 1;
    if (rows->start[x->at] != rows->start[y->at])
        return rows->start[x->at] < rows->start[y->at] ? -1 : 1;
    if (rows->ids[x->at] != rows->ids[y->at])
        return rows->ids[x->at] < rows->ids[y->at] ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

static bool rows_sorted(const struct rows *rows)
{
    for (uint32_t i = 1; i < rows->n; i++)
        if (compare_rows(&(struct by_id){ 0, i - 1 }, &(struct by_id){ 0, i }, (void *)rows) > 0)
            return false;
    return true;
}

static enum status sort_rows(struct rows *rows)
{
    struct by_id few[SMALL], *order = few;
    AUTO(free_ptr) struct by_id *many = NULL;

    if (rows_sorted(rows))
        return STATUS_OK;
    if (rows->n > SMALL)
        order = many = malloc(rows->n * sizeof *order);
    if (!order)
        return fail_memory(rows->n * sizeof *order);
    for (uint32_t i = 0; i < rows->n; i++)
        order[i] = (struct by_id){ 0, i };
    sort_items_in(order, rows->n, sizeof *order, compare_rows, rows);
    TRY(permute(&rows->from, order, rows->n, sizeof *rows->from));
    TRY(permute(&rows->to, order, rows->n, sizeof *rows->to));
    TRY(permute(&rows->start, order, rows->n, sizeof *rows->start));
    TRY(permute(&rows->end, order, rows->n, sizeof *rows->end));
    TRY(permute(&rows->ids, order, rows->n, sizeof *rows->ids));
    for (int c = 0; c < EDGE_COLUMNS; c++)
        TRY(permute(&rows->columns[c], order, rows->n, sizeof *rows->columns[c]));
    return STATUS_OK;
}

/* Tables that threads share out among themselves. */
struct finishing {
    struct snapshot *snapshot;
    atomic_size_t next;
};

static enum status finish_rows(void *context)
{
    struct finishing *f = context;
    struct snapshot_private *private = f->snapshot->private_;
    size_t at;

    while ((at = atomic_fetch_add(&f->next, 1)) < private->n_tables) {
        resolve_ends(&private->tables[at], f->snapshot);
        TRY(sort_rows(&private->tables[at]));
    }
    return STATUS_OK;
}

/* Fewer rows than this are done before a thread has started. */
#define ROWS_FOR_THREADS 100000u

static enum status finish_all_rows(struct snapshot *snapshot)
{
    struct snapshot_private *private = snapshot->private_;
    struct finishing f = { .snapshot = snapshot };
    uint64_t n = 0;

    for (size_t i = 0; i < private->n_tables; i++)
        n += private->tables[i].n;
    TRY(worker_crew(n < ROWS_FOR_THREADS ? 1 : private->n_tables, finish_rows, &f));
    for (size_t i = n = 0; i < private->n_tables; i++)
        n += private->tables[i].n;
    return n < UINT32_MAX ? STATUS_OK
                          : fail(STATUS_LIMIT, "a snapshot holds at most 4,294,967,294 edges");
}

static int by_type(const void *a, const void *b)
{
    const struct rows *x = a, *y = b;

    return (x->type > y->type) - (x->type < y->type);
}

/* Tables by type, so that edges are numbered alike in the whole and in a part of a graph. */
static enum status finish_tables(struct snapshot *snapshot)
{
    struct snapshot_private *private = snapshot->private_;

    private->views = calloc(private->n_tables + 1, sizeof *private->views);
    private->indexes = calloc(2 * private->n_tables + 2, sizeof *private->indexes);
    if (!private->views || !private->indexes)
        return fail_memory(private->n_tables * sizeof *private->views);
    sort_items(private->tables, private->n_tables, sizeof *private->tables, by_type);
    TRY(finish_all_rows(snapshot));
    snapshot->tables = private->views;
    snapshot->n_tables = private->n_tables;
    for (size_t i = 0; i < private->n_tables; i++) {
        const struct rows *rows = &private->tables[i];
        struct edge_table *view = &private->views[i];

        *view = (struct edge_table){ .type = rows->type, .base = snapshot->n_edges,
                                     .n = (uint32_t)rows->n, .from = rows->from, .to = rows->to,
                                     .start = rows->start, .end = rows->end, .ids = rows->ids };
        for (int c = 0; c < EDGE_COLUMNS; c++)
            view->columns[c] = rows->columns[c];
        snapshot->n_edges += view->n;
    }
    return STATUS_OK;
}

static enum status finish_into(struct snapshot *snapshot, struct snapshot_builder *builder)
{
    struct snapshot_private *private = builder->private;

    if (builder->unsorted)
        TRY(sort_nodes(builder));
    snapshot->n_nodes = (uint32_t)builder->n_nodes;
    snapshot->ids = private->ids;
    snapshot->labels = private->labels;
    snapshot->roles = private->roles;
    TRY(build_lookup(private, builder->n_nodes));
    return finish_tables(snapshot);
}

enum status snapshot_finish(struct snapshot **out, struct snapshot_builder *builder)
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    enum status status;

    if (!snapshot) {
        snapshot_abandon(builder);
        return fail_memory(sizeof *snapshot);
    }
    snapshot->private_ = builder->private;
    status = finish_into(snapshot, builder);
    read_plan_give_back(builder->graph, builder->lent_plan);
    arena_fini(&builder->arena);
    free(builder);
    if (status != STATUS_OK) {
        snapshot_free(snapshot);
        return status;
    }
    *out = snapshot;
    return STATUS_OK;
}
