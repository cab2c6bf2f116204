/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Several builders become one: what threads read apart. */
#include <stdlib.h>

#include "graph/snapshot_private.h"

/* One array of all parts in a row; each part's own is freed as soon as it was copied. */
struct joining {
    void **fields[SNAPSHOT_PARTS_MAX];
    size_t counts[SNAPSHOT_PARTS_MAX];
};

/* Field `f` of the parts, of `size` bytes an element, into the first part's. */
static enum status join_arrays(struct joining *j, size_t n_parts, size_t size)
{
    size_t total = 0, at = 0;
    unsigned char *all;

    for (size_t i = 0; i < n_parts; i++)
        total += j->counts[i];
    all = malloc(total * size + 1);
    if (!all)
        return fail_memory(total * size);
    for (size_t i = 0; i < n_parts; i++) {
        if (j->counts[i])
            memcpy(all + at * size, *j->fields[i], j->counts[i] * size);
        free(*j->fields[i]);
        *j->fields[i] = NULL;
        at += j->counts[i];
    }
    *j->fields[0] = all;
    return STATUS_OK;
}

#define JOIN_NODES(field)                                                                          \
    do {                                                                                           \
        for (size_t i_ = 0; i_ < n; i_++) {                                                        \
            j.fields[i_] = (void **)&parts[i_]->private->field;                                    \
            j.counts[i_] = parts[i_]->n_nodes;                                                     \
        }                                                                                          \
        TRY(join_arrays(&j, n, sizeof *parts[0]->private->field));                                 \
    } while (0)

/* Texts of one part in the first part's numbers. */
static enum status join_texts(uint32_t **out, struct texts *all, const struct texts *texts)
{
    uint32_t *numbers = malloc((texts->n + 1) * sizeof *numbers);

    if (!numbers)
        return fail_memory(texts->n * sizeof *numbers);
    for (uint32_t i = 0; i < texts->n; i++) {
        enum status status = texts_intern(&numbers[i], all, texts_get(texts, i));

        if (status != STATUS_OK) {
            free(numbers);
            return status;
        }
    }
    *out = numbers;
    return STATUS_OK;
}

static void renumber(int64_t *cells, size_t n, const uint32_t *numbers)
{
    for (size_t i = 0; i < n; i++)
        if (cells[i] != CELL_ABSENT)
            cells[i] = numbers[cells[i]];
}

static enum status renumber_part(struct snapshot_private *all, struct snapshot_private *part)
{
    AUTO(free_ptr) uint32_t *numbers = NULL;

    TRY(join_texts(&numbers, &all->texts, &part->texts));
    for (int c = 0; c < NODE_COLUMNS; c++)
        if (snapshot_column_is_text(c))
            renumber(part->columns[c].values, part->columns[c].n, numbers);
    for (size_t t = 0; t < part->n_tables; t++)
        for (int c = 0; c < EDGE_COLUMNS; c++)
            if (snapshot_edge_column_is_text(c) && part->tables[t].columns[c])
                renumber(part->tables[t].columns[c], part->tables[t].n, numbers);
    return STATUS_OK;
}

static enum status join_keys(struct snapshot_builder **parts, size_t n)
{
    struct buf *keys = &parts[0]->private->keys;
    uint64_t total = 0, before = 0;

    for (size_t i = 0; i < n; i++)
        total += parts[i]->private->keys.size;
    if (total > UINT32_MAX)
        return fail(STATUS_LIMIT, "a snapshot holds at most 4 GiB of keys");
    TRY(buf_reserve(keys, total - keys->size));
    for (size_t i = 0; i < n; i++) {
        struct snapshot_private *part = parts[i]->private;

        for (size_t k = 0; i && k < parts[i]->n_nodes; k++)
            part->key_ends[k] += (uint32_t)before;
        before += part->keys.size;
        if (i) {
            TRY(buf_append_slice(keys, buf_slice(&part->keys)));
            buf_fini(&part->keys);
        }
    }
    return STATUS_OK;
}

/* Sparse cells of one column: their nodes are counted from each part's first. */
static enum status join_cells(struct joining *j, struct snapshot_builder **parts, size_t n, int c)
{
    size_t before = 0, total = 0;

    for (size_t i = 0; i < n; i++) {
        struct sparse_column *cells = &parts[i]->private->columns[c];

        for (size_t k = 0; i && k < cells->n; k++)
            cells->nodes[k] += (uint32_t)before;
        before += parts[i]->n_nodes;
        total += cells->n;
        j->counts[i] = cells->n;
        j->fields[i] = (void **)&cells->nodes;
    }
    TRY(join_arrays(j, n, sizeof(uint32_t)));
    for (size_t i = 0; i < n; i++)
        j->fields[i] = (void **)&parts[i]->private->columns[c].values;
    TRY(join_arrays(j, n, sizeof(int64_t)));
    parts[0]->private->columns[c].n = total;
    for (size_t i = 1; i < n; i++)
        parts[i]->private->columns[c].n = 0;
    return STATUS_OK;
}

static enum status join_nodes(struct snapshot_builder **parts, size_t n)
{
    struct joining j;
    size_t total = 0;

    TRY(join_keys(parts, n));
    for (int c = 0; c < NODE_COLUMNS; c++)
        TRY(join_cells(&j, parts, n, c));
    JOIN_NODES(ids);
    JOIN_NODES(labels);
    JOIN_NODES(roles);
    JOIN_NODES(key_ends);
    for (size_t i = 0; i < n; i++) {
        total += parts[i]->n_nodes;
        parts[0]->unsorted |= parts[i]->unsorted;
    }
    if (total >= NODE_NONE)
        return fail(STATUS_LIMIT, "a snapshot holds at most 4,294,967,294 nodes");
    parts[0]->n_nodes = parts[0]->ids_capacity = parts[0]->labels_capacity =
        parts[0]->roles_capacity = parts[0]->ends_capacity = total;
    return STATUS_OK;
}

/* The part's table of the type; an empty one where it has none. */
static struct rows *rows_of(struct snapshot_builder *part, uint32_t type, struct rows *none)
{
    for (size_t t = 0; t < part->private->n_tables; t++)
        if (part->private->tables[t].type == type)
            return &part->private->tables[t];
    *none = (struct rows){ .type = type };
    return none;
}

/* A column that some part lacks is absent in all its rows. */
static enum status fill_column(struct rows *rows, int c, bool wanted)
{
    if (!wanted || rows->columns[c])
        return STATUS_OK;
    rows->columns[c] = malloc((rows->n + 1) * sizeof *rows->columns[c]);
    if (!rows->columns[c])
        return fail_memory(rows->n * sizeof *rows->columns[c]);
    for (size_t i = 0; i < rows->n; i++)
        rows->columns[c][i] = CELL_ABSENT;
    return STATUS_OK;
}

static enum status join_columns(struct joining *j, struct rows **rows, size_t n)
{
    for (int c = 0; c < EDGE_COLUMNS; c++) {
        bool wanted = false;

        for (size_t i = 0; i < n; i++)
            wanted |= rows[i]->columns[c] != NULL;
        for (size_t i = 0; i < n && wanted; i++) {
            TRY(fill_column(rows[i], c, wanted));
            j->fields[i] = (void **)&rows[i]->columns[c];
        }
        if (wanted)
            TRY(join_arrays(j, n, sizeof(int64_t)));
    }
    return STATUS_OK;
}

#define JOIN_ROWS(field)                                                                           \
    do {                                                                                           \
        for (size_t i_ = 0; i_ < n; i_++)                                                          \
            j.fields[i_] = (void **)&rows[i_]->field;                                              \
        TRY(join_arrays(&j, n, sizeof *rows[0]->field));                                           \
    } while (0)

static enum status join_table(struct snapshot_builder **parts, size_t n, uint32_t type)
{
    struct rows none[SNAPSHOT_PARTS_MAX], *rows[SNAPSHOT_PARTS_MAX];
    struct joining j;
    size_t total = 0;

    for (size_t i = 0; i < n; i++) {
        rows[i] = rows_of(parts[i], type, &none[i]);
        j.counts[i] = rows[i]->n;
        total += rows[i]->n;
    }
    TRY(join_columns(&j, rows, n));
    JOIN_ROWS(from_ids);
    JOIN_ROWS(to_ids);
    JOIN_ROWS(start);
    JOIN_ROWS(end);
    JOIN_ROWS(ids);
    for (size_t i = 0; i < n; i++)
        rows[i]->n = rows[i]->capacity = 0;
    rows[0]->n = rows[0]->capacity = total;
    return STATUS_OK;
}

/* Every type has a table in the first part, in the order in which the parts come to it. */
static enum status list_tables(struct snapshot_builder **parts, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t t = 0; t < parts[i]->private->n_tables; t++) {
            struct rows none, *known;
            struct snapshot_private *first = parts[0]->private;
            uint32_t type = parts[i]->private->tables[t].type;

            known = rows_of(parts[0], type, &none);
            if (known != &none)
                continue;
            TRY(array_reserve(&first->tables, &parts[0]->tables_capacity, first->n_tables + 1));
            first->tables[first->n_tables++] = none;
        }
    return STATUS_OK;
}

enum status snapshot_join(struct snapshot_builder **parts, size_t n)
{
    if (n < 2)
        return STATUS_OK;
    for (size_t i = 1; i < n; i++)
        TRY(renumber_part(parts[0]->private, parts[i]->private));
    TRY(join_nodes(parts, n));
    TRY(list_tables(parts, n));
    for (size_t t = 0; t < parts[0]->private->n_tables; t++)
        TRY(join_table(parts, n, parts[0]->private->tables[t].type));
    parts[0]->last = NULL;
    return STATUS_OK;
}
