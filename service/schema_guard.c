/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "service/schema_guard.h"

#include "base/hash.h"
#include "graph/schema_change.h"

static enum status read_schema(uint64_t *hash, struct graph_txn *txn)
{
    struct slice text;

    TRY(graph_schema_text(&text, txn));
    *hash = hash64(text, 0);
    return STATUS_OK;
}

enum status schema_guard_take(struct schema_guard *guard, struct graph *graph)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    TRY(graph_read(&txn, graph, NULL));
    return read_schema(&guard->seen, txn);
}

enum status schema_guard_check(const struct schema_guard *guard, struct graph_txn *txn)
{
    uint64_t now;

    TRY(read_schema(&now, txn));
    if (now == guard->seen)
        return STATUS_OK;
    return fail(STATUS_RESTART, "another process gave the graph another schema; start the service "
                "again, which takes it over");
}

enum status schema_guard_look(const struct schema_guard *guard, struct graph *graph)
{
    AUTO(txn_endp) struct graph_txn *txn = NULL;

    TRY(graph_read(&txn, graph, NULL));
    return schema_guard_check(guard, txn);
}
