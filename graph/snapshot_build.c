/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/snapshot_private.h"

#include <assert.h>
#include <stdlib.h>

#define NODES_FIRST 64u /* that room is made for at once */
#define ROWS_FEW 1024u  /* up to which there may be twice as much room as rows */

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
    read_plan_give_back(builder->graph, builder->lent_plan);
    arena_fini(&builder->arena);
    free(builder);
}

void snapshot_abandonp(struct snapshot_builder **builder)
{
    snapshot_abandon(*builder);
}

enum status snapshot_room(struct snapshot_builder *builder, size_t n, size_t key_bytes)
{
    struct snapshot_private *private = builder->private;
    size_t wanted = builder->n_nodes + n;

    if (wanted < NODES_FIRST)
        wanted = NODES_FIRST;
    if (wanted >= NODE_NONE || private->keys.size + key_bytes > UINT32_MAX)
        return fail(STATUS_LIMIT, "a snapshot holds at most 4,294,967,294 nodes and 4 GiB of keys");
    TRY(array_reserve(&private->ids, &builder->ids_capacity, wanted));
    TRY(array_reserve(&private->labels, &builder->labels_capacity, wanted));
    TRY(array_reserve(&private->roles, &builder->roles_capacity, wanted));
    return array_reserve(&private->key_ends, &builder->ends_capacity, wanted);
}

enum status snapshot_add_node(struct snapshot_builder *builder, struct node_id id, uint32_t label,
                              enum label_role role, struct slice key)
{
    struct snapshot_private *private = builder->private;
    size_t n = builder->n_nodes;

    TRY(snapshot_room(builder, 1, key.size));
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

enum status snapshot_rows(struct rows **out, struct snapshot_builder *builder, uint32_t type)
{
    struct snapshot_private *private = builder->private;

    if (builder->last && builder->last->type == type) {
        *out = builder->last;
        return STATUS_OK;
    }
    for (size_t i = 0; i < private->n_tables; i++)
        if (private->tables[i].type == type) {
            *out = builder->last = &private->tables[i];
            return STATUS_OK;
        }
    TRY(array_reserve(&private->tables, &builder->tables_capacity, private->n_tables + 1));
    private->tables[private->n_tables] = (struct rows){ .type = type };
    *out = builder->last = &private->tables[private->n_tables++];
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

enum status rows_reserve(struct rows *rows, size_t n)
{
    size_t wanted = rows->capacity ? rows->capacity : 16;

    if (n <= rows->capacity)
        return STATUS_OK;
    while (wanted < n)
        wanted += wanted < ROWS_FEW ? wanted : wanted / 2;
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

enum status rows_begin_column(struct rows *rows, enum edge_column column)
{
    int64_t *cells = malloc(rows->capacity * sizeof *cells);

    if (!cells)
        return fail_memory(rows->capacity * sizeof *cells);
    for (size_t i = 0; i < rows->n; i++)
        cells[i] = CELL_ABSENT;
    rows->columns[column] = cells;
    return STATUS_OK;
}

enum status snapshot_add_edge(struct snapshot_builder *builder, uint32_t type,
                              struct node_id from, struct node_id to, int64_t start_us,
                              int64_t end_us, struct edge_id id)
{
    struct rows *rows;

    TRY(snapshot_rows(&rows, builder, type));
    if (rows->n == rows->capacity)
        TRY(rows_reserve(rows, rows->n + 1));
    rows->from_ids[rows->n] = from.value;
    rows->to_ids[rows->n] = to.value;
    rows->start[rows->n] = start_us;
    rows->end[rows->n] = end_us;
    rows->ids[rows->n] = id.value;
    for (int i = 0; i < EDGE_COLUMNS; i++)
        if (rows->columns[i])
            rows->columns[i][rows->n] = CELL_ABSENT;
    rows->n++;
    return STATUS_OK;
}

enum status snapshot_edge_cell(struct snapshot_builder *builder, enum edge_column column,
                               int64_t value)
{
    struct rows *rows = builder->last;

    assert(rows && rows->n);
    if (!rows->columns[column])
        TRY(rows_begin_column(rows, column));
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
