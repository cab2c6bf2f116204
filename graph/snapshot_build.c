/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/snapshot_private.h"

#include <assert.h>
#include <stdlib.h>

void rows_fini(struct rows *rows)
{
    free(rows->from_ids);
    free(rows->to_ids);
    free(rows->from);
    free(rows->to);
    free(rows->start);
    free(rows->end);
    free(rows->ids);
    for (int i = 0; i < EDGE_COLUMNS; i++)
        free(rows->columns[i]);
}

enum status snapshot_begin(struct snapshot_builder **out)
{
    struct snapshot_builder *builder = calloc(1, sizeof *builder);

    if (!builder)
        return fail_memory(sizeof *builder);
    builder->private = calloc(1, sizeof *builder->private);
    if (!builder->private) {
        free(builder);
        return fail_memory(sizeof *builder->private);
    }
    *out = builder;
    return STATUS_OK;
}

void snapshot_abandon(struct snapshot_builder *builder)
{
    if (!builder)
        return;
    snapshot_private_free(builder->private);
    read_plan_freep(&builder->own_plan);
    arena_fini(&builder->arena);
    free(builder);
}

void snapshot_abandonp(struct snapshot_builder **builder)
{
    snapshot_abandon(*builder);
}

enum status snapshot_add_node(struct snapshot_builder *builder, struct node_id id, uint32_t label,
                              enum label_role role, struct slice key)
{
    struct snapshot_private *private = builder->private;
    size_t n = builder->n_nodes;

    if (n + 1 >= NODE_NONE || private->keys.size + key.size > UINT32_MAX)
        return fail(STATUS_LIMIT, "a snapshot holds at most 4,294,967,294 nodes and 4 GiB of keys");
    TRY(array_reserve(&private->ids, &builder->ids_capacity, n + 1));
    TRY(array_reserve(&private->labels, &builder->labels_capacity, n + 1));
    TRY(array_reserve(&private->roles, &builder->roles_capacity, n + 1));
    TRY(array_reserve(&private->key_ends, &builder->ends_capacity, n + 1));
    TRY(buf_append_slice(&private->keys, key));
    private->ids[n] = id.value;
    private->labels[n] = label;
    private->roles[n] = (unsigned char)role;
    private->key_ends[n] = (uint32_t)private->keys.size;
    builder->unsorted |= n && private->ids[n - 1] >= id.value;
    builder->n_nodes++;
    return STATUS_OK;
}

enum status snapshot_node_cell(struct snapshot_builder *builder, enum node_column column,
                               int64_t value)
{
    struct sparse_column *cells = &builder->private->columns[column];

    assert(builder->n_nodes);
    TRY(array_reserve(&cells->nodes, &cells->nodes_capacity, cells->n + 1));
    TRY(array_reserve(&cells->values, &cells->values_capacity, cells->n + 1));
    cells->nodes[cells->n] = (uint32_t)builder->n_nodes - 1;
    cells->values[cells->n++] = value;
    return STATUS_OK;
}

/* A column's text is mostly the one before it again: currencies, roles, states. */
static enum status intern(uint32_t *index, struct snapshot_builder *builder, uint32_t *recent,
                          struct slice text)
{
    struct texts *texts = &builder->private->texts;

    if (*recent && slice_equal(texts_get(texts, *recent - 1), text)) {
        *index = *recent - 1;
        return STATUS_OK;
    }
    TRY(texts_intern(index, texts, text));
    *recent = *index + 1;
    return STATUS_OK;
}

enum status snapshot_node_text(struct snapshot_builder *builder, enum node_column column,
                               struct slice text)
{
    uint32_t index;

    TRY(intern(&index, builder, &builder->recent_node[column], text));
    return snapshot_node_cell(builder, column, index);
}

static enum status find_rows(struct rows **out, struct snapshot_builder *builder, uint32_t type)
{
    struct snapshot_private *private = builder->private;

    if (builder->last && builder->last->type == type) {
        *out = builder->last;
        return STATUS_OK;
    }
    for (size_t i = 0; i < private->n_tables; i++)
        if (private->tables[i].type == type) {
            *out = &private->tables[i];
            return STATUS_OK;
        }
    TRY(array_reserve(&private->tables, &builder->tables_capacity, private->n_tables + 1));
    private->tables[private->n_tables] = (struct rows){ .type = type };
    *out = &private->tables[private->n_tables++];
    return STATUS_OK;
}

static enum status grow_field(void *field, size_t n, size_t size)
{
    void *grown, **pointer = field;

    if (n > SIZE_MAX / size || !(grown = realloc(*pointer, n * size)))
        return fail_memory(n);
    *pointer = grown;
    return STATUS_OK;
}

static enum status grow_rows(struct rows *rows)
{
    size_t wanted = rows->capacity ? rows->capacity + rows->capacity / 2 : 16;

    TRY(grow_field(&rows->from_ids, wanted, sizeof(uint64_t)));
    TRY(grow_field(&rows->to_ids, wanted, sizeof(uint64_t)));
    TRY(grow_field(&rows->start, wanted, sizeof(int64_t)));
    TRY(grow_field(&rows->end, wanted, sizeof(int64_t)));
    TRY(grow_field(&rows->ids, wanted, sizeof(uint64_t)));
    for (int i = 0; i < EDGE_COLUMNS; i++)
        if (rows->columns[i])
            TRY(grow_field(&rows->columns[i], wanted, sizeof(int64_t)));
    rows->capacity = wanted;
    return STATUS_OK;
}

enum status snapshot_add_edge(struct snapshot_builder *builder, uint32_t type,
                              struct node_id from, struct node_id to, int64_t start_us,
                              int64_t end_us, struct edge_id id)
{
    struct rows *rows;

    TRY(find_rows(&rows, builder, type));
    if (rows->n == rows->capacity)
        TRY(grow_rows(rows));
    rows->from_ids[rows->n] = from.value;
    rows->to_ids[rows->n] = to.value;
    rows->start[rows->n] = start_us;
    rows->end[rows->n] = end_us;
    rows->ids[rows->n] = id.value;
    for (int i = 0; i < EDGE_COLUMNS; i++)
        if (rows->columns[i])
            rows->columns[i][rows->n] = CELL_ABSENT;
    rows->n++;
    builder->last = rows;
    return STATUS_OK;
}

enum status snapshot_edge_cell(struct snapshot_builder *builder, enum edge_column column,
                               int64_t value)
{
    struct rows *rows = builder->last;

    assert(rows && rows->n);
    if (!rows->columns[column]) {
        int64_t *cells = malloc(rows->capacity * sizeof *cells);

        if (!cells)
            return fail_memory(rows->capacity * sizeof *cells);
        for (size_t i = 0; i < rows->n; i++)
            cells[i] = CELL_ABSENT;
        rows->columns[column] = cells;
    }
    rows->columns[column][rows->n - 1] = value;
    return STATUS_OK;
}

enum status snapshot_edge_text(struct snapshot_builder *builder, enum edge_column column,
                               struct slice text)
{
    uint32_t index;

    TRY(intern(&index, builder, &builder->recent_edge[column], text));
    return snapshot_edge_cell(builder, column, index);
}

int64_t snapshot_newest_cell(const struct snapshot_builder *builder, enum edge_column column)
{
    const struct rows *rows = builder->last;

    return rows && rows->n && rows->columns[column] ? rows->columns[column][rows->n - 1]
                                                    : CELL_ABSENT;
}

#define SMALL 64u /* items of a graph gathered around an application: permuted without memory */

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
    private->lookup = malloc(private->n_lookup * sizeof *private->lookup);
    if (!private->lookup)
        return fail_memory(private->n_lookup * sizeof *private->lookup);
    memset(private->lookup, 0xff, private->n_lookup * sizeof *private->lookup);
    for (size_t i = 0; i < n; i++)
        private->lookup[private->ids[i]] = (uint32_t)i;
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

/* Turns ids into indices in place of the rows kept, leaving out what has an unknown end. */
static enum status resolve_ends(struct rows *rows, const struct snapshot *snapshot)
{
    size_t kept = 0;

    rows->from = malloc((rows->n + 1) * sizeof *rows->from);
    rows->to = malloc((rows->n + 1) * sizeof *rows->to);
    if (!rows->from || !rows->to)
        return fail_memory(rows->n * sizeof *rows->from);
    for (size_t i = 0; i < rows->n; i++) {
        uint32_t from = snapshot_find(snapshot, (struct node_id){ rows->from_ids[i] });
        uint32_t to = snapshot_find(snapshot, (struct node_id){ rows->to_ids[i] });

        if (from == NODE_NONE || to == NODE_NONE)
            continue;
        rows->from[kept] = from;
        rows->to[kept] = to;
        if (kept != i)
            move_row(rows, kept, i);
        kept++;
    }
    free(rows->from_ids);
    free(rows->to_ids);
    rows->from_ids = rows->to_ids = NULL;
    rows->n = kept;
    return STATUS_OK;
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
    AUTO(free_ptr) struct by_id *order = NULL;

    if (rows_sorted(rows))
        return STATUS_OK;
    order = malloc(rows->n * sizeof *order);
    if (!order)
        return fail_memory(rows->n * sizeof *order);
    for (uint32_t i = 0; i < rows->n; i++)
        order[i] = (struct by_id){ 0, i };
    qsort_r(order, rows->n, sizeof *order, compare_rows, rows);
    TRY(permute(&rows->from, order, rows->n, sizeof *rows->from));
    TRY(permute(&rows->to, order, rows->n, sizeof *rows->to));
    TRY(permute(&rows->start, order, rows->n, sizeof *rows->start));
    TRY(permute(&rows->end, order, rows->n, sizeof *rows->end));
    TRY(permute(&rows->ids, order, rows->n, sizeof *rows->ids));
    for (int c = 0; c < EDGE_COLUMNS; c++)
        TRY(permute(&rows->columns[c], order, rows->n, sizeof *rows->columns[c]));
    return STATUS_OK;
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
    uint64_t base = 0;

    private->views = calloc(private->n_tables + 1, sizeof *private->views);
    private->indexes = calloc(2 * private->n_tables + 2, sizeof *private->indexes);
    if (!private->views || !private->indexes)
        return fail_memory(private->n_tables * sizeof *private->views);
    snapshot->tables = private->views;
    if (private->n_tables)
        qsort(private->tables, private->n_tables, sizeof *private->tables, by_type);
    for (size_t i = 0; i < private->n_tables; i++) {
        struct rows *rows = &private->tables[i];
        struct edge_table *view = &private->views[i];

        TRY(resolve_ends(rows, snapshot));
        TRY(sort_rows(rows));
        if (base + rows->n >= UINT32_MAX)
            return fail(STATUS_LIMIT, "a snapshot holds at most 4,294,967,294 edges");
        *view = (struct edge_table){ .type = rows->type, .base = (uint32_t)base,
                                     .n = (uint32_t)rows->n, .from = rows->from, .to = rows->to,
                                     .start = rows->start, .end = rows->end, .ids = rows->ids };
        for (int c = 0; c < EDGE_COLUMNS; c++)
            view->columns[c] = rows->columns[c];
        base += rows->n;
        snapshot->n_tables = i + 1;
    }
    snapshot->n_edges = (uint32_t)base;
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
    read_plan_freep(&builder->own_plan);
    arena_fini(&builder->arena);
    free(builder);
    if (status != STATUS_OK) {
        snapshot_free(snapshot);
        return status;
    }
    *out = snapshot;
    return STATUS_OK;
}
