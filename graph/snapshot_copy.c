/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot of what a builder holds so far, while it goes on growing. */
#include <stdlib.h>

#include "graph/snapshot_private.h"

static enum status copy_array(void *field, const void *from, size_t n, size_t size)
{
    void **pointer = field;

    *pointer = malloc(n * size + 1);
    if (!*pointer)
        return fail_memory(n * size);
    if (n)
        memcpy(*pointer, from, n * size);
    return STATUS_OK;
}

static enum status copy_rows(struct rows *to, const struct rows *from)
{
    to->type = from->type;
    to->n = to->capacity = from->n;
    TRY(copy_array(&to->from_ids, from->from_ids, from->n, sizeof *from->from_ids));
    TRY(copy_array(&to->to_ids, from->to_ids, from->n, sizeof *from->to_ids));
    TRY(copy_array(&to->start, from->start, from->n, sizeof *from->start));
    TRY(copy_array(&to->end, from->end, from->n, sizeof *from->end));
    TRY(copy_array(&to->ids, from->ids, from->n, sizeof *from->ids));
    for (int c = 0; c < EDGE_COLUMNS; c++)
        if (from->columns[c])
            TRY(copy_array(&to->columns[c], from->columns[c], from->n, sizeof(int64_t)));
    return STATUS_OK;
}

static enum status copy_texts(struct texts *to, const struct texts *from)
{
    TRY(buf_append_slice(&to->bytes, buf_slice(&from->bytes)));
    TRY(copy_array(&to->ends, from->ends, from->n, sizeof *from->ends));
    TRY(copy_array(&to->hashes, from->hashes, from->n, sizeof *from->hashes));
    TRY(copy_array(&to->slots.at, from->slots.at, from->slots.n, sizeof *from->slots.at));
    to->n = to->ends_capacity = to->hashes_capacity = from->n;
    to->slots.n = from->slots.n;
    return STATUS_OK;
}

static enum status copy_private(struct snapshot_private *to, const struct snapshot_private *from,
                                size_t n_nodes)
{
    TRY(copy_array(&to->ids, from->ids, n_nodes, sizeof *from->ids));
    TRY(copy_array(&to->labels, from->labels, n_nodes, sizeof *from->labels));
    TRY(copy_array(&to->roles, from->roles, n_nodes, sizeof *from->roles));
    TRY(copy_array(&to->key_ends, from->key_ends, n_nodes, sizeof *from->key_ends));
    TRY(buf_append_slice(&to->keys, buf_slice(&from->keys)));
    TRY(copy_texts(&to->texts, &from->texts));
    for (int c = 0; c < NODE_COLUMNS; c++) {
        const struct sparse_column *cells = &from->columns[c];

        TRY(copy_array(&to->columns[c].nodes, cells->nodes, cells->n, sizeof *cells->nodes));
        TRY(copy_array(&to->columns[c].values, cells->values, cells->n, sizeof *cells->values));
        to->columns[c].n = cells->n;
    }
    to->tables = calloc(from->n_tables + 1, sizeof *to->tables);
    if (!to->tables)
        return fail_memory(from->n_tables * sizeof *to->tables);
    for (; to->n_tables < from->n_tables; to->n_tables++) {
        enum status status =
            copy_rows(&to->tables[to->n_tables], &from->tables[to->n_tables]);

        if (status != STATUS_OK) {
            rows_fini(&to->tables[to->n_tables]);
            return status;
        }
    }
    return STATUS_OK;
}

enum status snapshot_finish_copy(struct snapshot **out, const struct snapshot_builder *builder)
{
    AUTO(snapshot_abandonp) struct snapshot_builder *copy = NULL;
    struct snapshot_builder *complete;

    TRY(snapshot_begin(&copy));
    TRY(copy_private(copy->private, builder->private, builder->n_nodes));
    copy->n_nodes = builder->n_nodes;
    copy->unsorted = builder->unsorted;
    complete = copy;
    copy = NULL;
    return snapshot_finish(out, complete);
}
