/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detectors/role.h"

#include <stdlib.h>

void role_rows_fini(struct role_rows *rows)
{
    free(rows->items);
    *rows = (struct role_rows){ 0 };
}

enum status role_rows_init(struct role_rows *out, const struct facts *facts,
                           const uint32_t *types, enum direction direction)
{
    size_t n = 0;

    while (types && types[n])
        n++;
    *out = (struct role_rows){ .direction = direction };
    out->items = malloc((n + 1) * sizeof *out->items);
    if (!out->items)
        return fail_memory(n * sizeof *out->items);
    for (; out->n < n; out->n++) {
        struct role_table *item = &out->items[out->n];

        item->table = snapshot_table(facts->snapshot, types[out->n]);
        TRY(snapshot_index(&item->by, facts->snapshot, item->table, direction));
    }
    return STATUS_OK;
}

bool role_next(struct role_walk *walk)
{
    for (; walk->type < walk->rows->n; walk->type++, walk->at = 0) {
        const struct role_table *item = &walk->rows->items[walk->type];
        uint32_t first = item->by.offset[walk->node], n = item->by.offset[walk->node + 1] - first;

        while (walk->at < n) {
            uint32_t row = adjacency_row(&item->by, first + walk->at++);

            if (!edge_row_active(item->table, row, walk->at_us))
                continue;
            walk->end = walk->rows->direction == DIRECTION_OUT ? item->table->to[row]
                                                               : item->table->from[row];
            walk->edge = item->table->base + row;
            return true;
        }
    }
    return false;
}
