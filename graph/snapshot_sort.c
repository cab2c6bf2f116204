/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorting by ids: what a screening gathers is too small for qsort() to pay for its calls. */
#include <stdlib.h>

#include "graph/snapshot_private.h"

#define RUN 16u /* items sorted by insertion, then merged */

static void sort_run(struct by_id *order, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct by_id item = order[i];
        size_t at = i;

        for (; at && order[at - 1].id > item.id; at--)
            order[at] = order[at - 1];
        order[at] = item;
    }
}

/* Items below `middle` and from there to `end`, each in order, into `out`. */
static void merge_runs(struct by_id *out, const struct by_id *items, size_t begin, size_t middle,
                       size_t end)
{
    size_t a = begin, b = middle;

    for (size_t at = begin; at < end; at++)
        out[at] = a < middle && (b == end || items[a].id <= items[b].id) ? items[a++] : items[b++];
}

enum status by_id_sort(struct by_id *order, size_t n)
{
    AUTO(free_ptr) struct by_id *other = NULL;
    struct by_id *from = order, *to;

    for (size_t i = 0; i < n; i += RUN)
        sort_run(order + i, n - i < RUN ? n - i : RUN);
    if (n <= RUN)
        return STATUS_OK;
    to = other = malloc(n * sizeof *other);
    if (!other)
        return fail_memory(n * sizeof *other);
    for (size_t width = RUN; width < n; width *= 2) {
        struct by_id *sorted = to;

        for (size_t i = 0; i < n; i += 2 * width)
            merge_runs(to, from, i, i + width < n ? i + width : n,
                       i + 2 * width < n ? i + 2 * width : n);
        to = from;
        from = sorted;
    }
    if (from != order)
        memcpy(order, from, n * sizeof *order);
    return STATUS_OK;
}
