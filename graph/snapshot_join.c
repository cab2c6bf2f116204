/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one builder holds, put behind what another holds: how parts read apart are joined. */
#include <stdlib.h>

#include "graph/snapshot_private.h"

static void append(void *to, size_t at, const void *from, size_t n, size_t size)
{
    if (n)
        memcpy((unsigned char *)to + at * size, from, n * size);
}

/* Adds `n` numbers, each of them grown by `by`. */
static void append_shifted(uint32_t *to, const uint32_t *from, size_t n, size_t by)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[i] + (uint32_t)by;
}

/* Cells that are texts are told in the numbers that the whole gives them. */
static void append_cells(int64_t *to, const int64_t *from, size_t n, const uint32_t *numbers)
{
    if (!numbers)
        append(to, 0, from, n, sizeof *to);
    for (size_t i = 0; i < n && numbers; i++)
        to[i] = from[i] == CELL_ABSENT ? CELL_ABSENT : numbers[from[i]];
}

/* The part's texts in the numbers of the whole. */
static enum status join_texts(uint32_t **out, struct texts *all, const struct texts *texts)
{
    AUTO(free_ptr) uint32_t *numbers = malloc((texts->n + 1) * sizeof *numbers);

    if (!numbers)
        return fail_memory(texts->n * sizeof *numbers);
    for (uint32_t i = 0; i < texts->n; i++)
        TRY(texts_adopt(&numbers[i], all, texts, i));
    *out = numbers;
    numbers = NULL;
    return STATUS_OK;
}

static enum status join_node_cells(struct sparse_column *all, const struct sparse_column *part,
                                   size_t nodes_before, const uint32_t *numbers)
{
    TRY(array_reserve(&all->nodes, &all->nodes_capacity, all->n + part->n));
    TRY(array_reserve(&all->values, &all->values_capacity, all->n + part->n));
    append_shifted(all->nodes + all->n, part->nodes, part->n, nodes_before);
    append_cells(all->values + all->n, part->values, part->n, numbers);
    all->n += part->n;
    return STATUS_OK;
}

static enum status join_nodes(struct snapshot_builder *all, const struct snapshot_builder *part,
                              const uint32_t *numbers)
{
    struct snapshot_private *to = all->private;
    const struct snapshot_private *from = part->private;
    size_t before = all->n_nodes, n = part->n_nodes;

    TRY(snapshot_room(all, n, from->keys.size));
    for (int c = 0; c < NODE_COLUMNS; c++)
        if (from->columns[c].n)
            TRY(join_node_cells(&to->columns[c], &from->columns[c], before,
                                snapshot_column_is_text(c) ? numbers : NULL));
    append(to->ids, before, from->ids, n, sizeof *to->ids);
    append(to->labels, before, from->labels, n, sizeof *to->labels);
    append(to->roles, before, from->roles, n, sizeof *to->roles);
    append_shifted(to->key_ends + before, from->key_ends, n, to->keys.size);
    TRY(buf_append_slice(&to->keys, buf_slice(&from->keys)));
    all->unsorted |= part->unsorted || (before && n && to->ids[before - 1] >= to->ids[before]);
    all->n_nodes += n;
    return STATUS_OK;
}

/* A column that either lacks is absent in all its rows. */
static enum status join_column(struct rows *all, const struct rows *part, int c,
                               const uint32_t *numbers)
{
    if (!all->columns[c] && !part->columns[c])
        return STATUS_OK;
    if (!all->columns[c])
        TRY(rows_begin_column(all, c));
    if (part->columns[c])
        append_cells(all->columns[c] + all->n, part->columns[c], part->n, numbers);
    for (size_t i = 0; i < part->n && !part->columns[c]; i++)
        all->columns[c][all->n + i] = CELL_ABSENT;
    return STATUS_OK;
}

static enum status join_rows(struct rows *all, const struct rows *part, const uint32_t *numbers)
{
    TRY(rows_reserve(all, all->n + part->n));
    append(all->from_ids, all->n, part->from_ids, part->n, sizeof *all->from_ids);
    append(all->to_ids, all->n, part->to_ids, part->n, sizeof *all->to_ids);
    append(all->start, all->n, part->start, part->n, sizeof *all->start);
    append(all->end, all->n, part->end, part->n, sizeof *all->end);
    append(all->ids, all->n, part->ids, part->n, sizeof *all->ids);
    for (int c = 0; c < EDGE_COLUMNS; c++)
        TRY(join_column(all, part, c, snapshot_edge_column_is_text(c) ? numbers : NULL));
    all->n += part->n;
    return STATUS_OK;
}

/* Empty, but with its memory. */
static void clear(struct snapshot_builder *part)
{
    struct snapshot_private *private = part->private;

    part->n_nodes = 0;
    part->unsorted = false;
    part->last = NULL;
    buf_clear(&private->keys);
    texts_clear(&private->texts);
    memset(part->recent_node, 0, sizeof part->recent_node);
    memset(part->recent_edge, 0, sizeof part->recent_edge);
    for (int c = 0; c < NODE_COLUMNS; c++)
        private->columns[c].n = 0;
    for (size_t t = 0; t < private->n_tables; t++)
        private->tables[t].n = 0;
}

enum status snapshot_join(struct snapshot_builder *all, struct snapshot_builder *part)
{
    AUTO(free_ptr) uint32_t *numbers = NULL;

    TRY(join_texts(&numbers, &all->private->texts, &part->private->texts));
    TRY(join_nodes(all, part, numbers));
    for (size_t t = 0; t < part->private->n_tables; t++) {
        const struct rows *rows = &part->private->tables[t];
        struct rows *known;

        if (!rows->n)
            continue;
        TRY(snapshot_rows(&known, all, rows->type));
        TRY(join_rows(known, rows, numbers));
    }
    clear(part);
    return STATUS_OK;
}
