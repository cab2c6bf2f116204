/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "graph/snapshot_private.h"

#include <assert.h>
#include <stdlib.h>

void snapshot_private_free(struct snapshot_private *private)
{
    for (size_t i = 0; i < private->n_tables; i++)
        rows_fini(&private->tables[i]);
    for (size_t i = 0; i < 2 * private->n_tables && private->indexes; i++) {
        free(private->indexes[i].offset);
        free(private->indexes[i].rows);
    }
    for (int i = 0; i < NODE_COLUMNS; i++) {
        free(private->columns[i].nodes);
        free(private->columns[i].values);
    }
    free(private->empty.offset);
    free(private->indexes);
    free(private->tables);
    free(private->views);
    free(private->ids);
    free(private->labels);
    free(private->roles);
    free(private->key_ends);
    free(private->lookup);
    buf_fini(&private->keys);
    texts_fini(&private->texts);
    free(private);
}

void snapshot_free(struct snapshot *snapshot)
{
    if (!snapshot)
        return;
    snapshot_private_free(snapshot->private_);
    free(snapshot);
}

void snapshot_freep(struct snapshot **snapshot)
{
    snapshot_free(*snapshot);
}

uint32_t snapshot_find(const struct snapshot *snapshot, struct node_id id)
{
    const struct snapshot_private *private = snapshot->private_;
    uint32_t low = 0, high = snapshot->n_nodes;

    if (private->lookup)
        return id.value < private->n_lookup ? private->lookup[id.value] - 1 : NODE_NONE;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (snapshot->ids[middle] < id.value)
            low = middle + 1;
        else
            high = middle;
    }
    return low < snapshot->n_nodes && snapshot->ids[low] == id.value ? low : NODE_NONE;
}

struct slice snapshot_key(const struct snapshot *snapshot, uint32_t node)
{
    const struct snapshot_private *private = snapshot->private_;
    uint32_t begin = node ? private->key_ends[node - 1] : 0;

    return slice_of(private->keys.data + begin, private->key_ends[node] - begin);
}

int snapshot_key_compare(const struct snapshot *snapshot, uint32_t a, uint32_t b)
{
    int order = slice_compare(snapshot_key(snapshot, a), snapshot_key(snapshot, b));

    if (order)
        return order;
    if (snapshot->labels[a] != snapshot->labels[b])
        return snapshot->labels[a] < snapshot->labels[b] ? -1 : 1;
    return (a > b) - (a < b);
}

/* The first cell of the node or of one behind it. */
static size_t first_cell(const struct sparse_column *cells, uint32_t node)
{
    size_t low = 0, high = cells->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (cells->nodes[middle] < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int64_t snapshot_cell(const struct snapshot *snapshot, uint32_t node, enum node_column column)
{
    const struct sparse_column *cells = &snapshot->private_->columns[column];
    size_t at = first_cell(cells, node);

    return at < cells->n && cells->nodes[at] == node ? cells->values[at] : CELL_ABSENT;
}

const int64_t *snapshot_cells(size_t *n, const struct snapshot *snapshot, uint32_t node,
                              enum node_column column)
{
    const struct sparse_column *cells = &snapshot->private_->columns[column];
    size_t first = first_cell(cells, node);

    *n = 0;
    while (first + *n < cells->n && cells->nodes[first + *n] == node)
        ++*n;
    return cells->values + first;
}

struct slice snapshot_text(const struct snapshot *snapshot, int64_t cell)
{
    if (cell == CELL_ABSENT)
        return slice_of("", 0);
    return texts_get(&snapshot->private_->texts, (uint32_t)cell);
}

int64_t snapshot_text_cell(const struct snapshot *snapshot, struct slice text)
{
    uint32_t index;

    return texts_find(&index, &snapshot->private_->texts, text) ? (int64_t)index : CELL_ABSENT;
}

const struct edge_table *snapshot_table(const struct snapshot *snapshot, uint32_t type)
{
    static const struct edge_table empty;

    for (size_t i = 0; i < snapshot->n_tables; i++)
        if (snapshot->tables[i].type == type)
            return &snapshot->tables[i];
    return &empty;
}

const struct edge_table *snapshot_edge(uint32_t *row, const struct snapshot *snapshot,
                                       uint32_t edge)
{
    const struct edge_table *table = snapshot->tables;

    assert(edge < snapshot->n_edges);
    while (edge - table->base >= table->n)
        table++;
    *row = edge - table->base;
    return table;
}

/* Counting sort of the rows by one of their ends. */
static enum status index_build(struct index *index, const struct edge_table *table,
                               const uint32_t *ends, uint32_t n_nodes, bool sorted)
{
    uint32_t *offset = array_zeroed((size_t)n_nodes + 2, sizeof *offset);
    uint32_t *rows = NULL;

    if (!offset)
        return fail_memory(n_nodes * sizeof *offset);
    for (uint32_t row = 0; row < table->n; row++)
        offset[ends[row] + 2]++;
    for (uint32_t node = 1; node < n_nodes + 2; node++)
        offset[node] += offset[node - 1];
    if (!sorted && table->n) {
        rows = malloc(table->n * sizeof *rows);
        if (!rows) {
            free(offset);
            return fail_memory(table->n * sizeof *rows);
        }
        for (uint32_t row = 0; row < table->n; row++)
            rows[offset[ends[row] + 1]++] = row;
    } else {
        memmove(offset, offset + 1, ((size_t)n_nodes + 1) * sizeof *offset);
    }
    index->offset = offset;
    index->rows = rows;
    return STATUS_OK;
}

enum status snapshot_index(struct adjacency *out, const struct snapshot *snapshot,
                           const struct edge_table *table, enum direction direction)
{
    static const struct edge_table none;
    struct snapshot_private *private = snapshot->private_;
    bool in = direction == DIRECTION_IN;
    struct index *index = &private->empty;

    if (table->n)
        index = &private->indexes[2 * (size_t)(table - snapshot->tables) + in];
    else
        table = &none;
    if (!index->offset)
        TRY(index_build(index, table, in ? table->to : table->from, snapshot->n_nodes, !in));
    *out = (struct adjacency){ index->offset, index->rows };
    return STATUS_OK;
}
