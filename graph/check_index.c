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

static enum status visit_node(void *context, struct slice key, struct slice value)
{
    return key.size < NODE_KEY_BYTES ? STATUS_OK
                                     : check_version(context, key_get_node(key.data), value);
}

static enum status visit_past(void *context, struct slice key, struct slice value)
{
    return key.size < 8
               ? STATUS_OK
               : check_version(context, (struct node_id){ key_get_u64(key.data) }, value);
}

enum status check_index(struct check *check)
{
    if (!index_ready(check->txn))
        return STATUS_OK;
    TRY(check_each_row(check, TABLE_NODE, visit_node, check));
    return check_each_row(check, TABLE_PAST, visit_past, check);
}
