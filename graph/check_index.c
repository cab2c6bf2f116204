/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index of properties and labels: every version of a node is found by it. */
#include <stdio.h>

#include "graph/check_private.h"
#include "graph/index.h"

static enum status check_version(struct check *check, struct node_id id, struct slice value)
{
    char place[PLACE_BYTES];
    struct record record;
    struct row row;
    bool complete, sound;

    if (row_decode(&row, value) || record_decode(&record, row.record, row.base_born))
        return STATUS_OK; /* said where nodes are walked */
    TRY(properties_sound(&sound, check, record.properties));
    if (!sound)
        return STATUS_OK; /* said there, too */
    if (check->pending.number && record.born == check->pending.number)
        return STATUS_OK; /* a load writes entries after nodes */
    TRY(index_complete(&complete, check->txn, id, &record));
    if (complete)
        return STATUS_OK;
    snprintf(place, sizeof place, "node %llu", (unsigned long long)id.value);
    return check_report(check, CHECK_INDEX_ENTRY, place, "an entry is missing");
}

static enum status check_table(struct check *check, enum store_table table)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key = { 0 }, value = { 0 };
    enum status status;

    TRY(store_cursor_open(&cursor, check->txn->store, table));
    for (status = store_cursor_seek(&key, &value, cursor, (struct slice){ 0 });
         status == STATUS_OK; status = store_cursor_next(&key, &value, cursor)) {
        size_t id_bytes = table == TABLE_NODE ? NODE_KEY_BYTES : 8;
        struct node_id id = { 0 };

        if (key.size < id_bytes)
            continue;
        id.value = table == TABLE_NODE ? key_get_node(key.data).value : key_get_u64(key.data);
        TRY(check_version(check, id, value));
    }
    return status == STATUS_END || status == STATUS_CORRUPT ? STATUS_OK : status;
}

enum status check_index(struct check *check)
{
    if (!index_ready(check->txn))
        return STATUS_OK;
    TRY(check_table(check, TABLE_NODE));
    return check_table(check, TABLE_PAST);
}
