/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The days on which something of a bulk load starts or ends, in the order of the change log. */

#include <stdlib.h>

#include "graph/bulk_private.h"

/* So many nodes of a day are a row of the change log. */
#define DAY_NODES 1000

static enum status write_day(struct bulk *bulk, const struct dated_node *pairs, size_t n)
{
    struct graph_txn *txn;

    if (!n)
        return STATUS_OK;
    TRY(bulk_writer(&txn, bulk));
    TRY(changes_day(txn, pairs, n, bulk->graph_was_empty));
    return bulk_step(bulk);
}

enum status bulk_write_days(struct bulk *bulk)
{
    AUTO(free_ptr) struct dated_node *pairs = calloc(DAY_NODES, sizeof *pairs);
    struct slice key, value;
    enum status status;
    size_t n = 0;

    if (!pairs)
        return fail_memory(DAY_NODES * sizeof *pairs);
    TRY(bulk_sort(bulk, bulk->days));
    while ((status = sorter_next(&key, &value, bulk->days)) == STATUS_OK) {
        struct dated_node pair = { key_get_u64((const char *)key.data + 4),
                                   key_get_u32(key.data) };

        if (n == DAY_NODES || (n && pairs[0].day != pair.day)) {
            TRY(write_day(bulk, pairs, n));
            n = 0;
        }
        pairs[n++] = pair;
    }
    if (status != STATUS_END)
        return status;
    return write_day(bulk, pairs, n);
}
