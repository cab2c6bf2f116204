/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Degrees of a node, whole and in a window, without reading each edge. */

#include "graph/private.h"

static uint64_t count_run(struct slice entries, const struct edge_scan *scan, bool is_out)
{
    struct reader reader = reader_of(entries);
    struct entry_state state = { 0 };
    struct entry entry;
    uint64_t n = 0;

    while (entry_decode(&entry, &state, &reader, 0, is_out))
        n += entry.valid_from_us >= scan->from_us &&
             (entry.valid_from_us < scan->before_us || scan->before_us == TIME_MAX);
    return n;
}

/* Chunks between the window's ends are counted by their heads. */
static enum status count_chunks(uint64_t *n, struct graph_txn *txn, struct node_id node,
                                const struct group *group, const struct edge_scan *scan)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    enum status status;
    bool whole = false; /* the chunk at hand starts inside the window */

    TRY(store_cursor_open(&cursor, txn->store, TABLE_CHUNK));
    status = chunk_seek(&key, &value, cursor, node, group->code, scan->from_us,
                        (struct edge_id){ 0 });
    while (status == STATUS_OK && chunk_belongs(key, node, group->code)) {
        struct slice next_key, next_value;
        struct chunk chunk;

        if (scan->before_us != TIME_MAX &&
            key_get_u64((const char *)key.data + 12) >= key_time(scan->before_us))
            break;
        status = store_cursor_next(&next_key, &next_value, cursor);
        whole = key_get_u64((const char *)key.data + 12) >= key_time(scan->from_us) &&
                (scan->before_us == TIME_MAX ||
                 (status == STATUS_OK && chunk_belongs(next_key, node, group->code) &&
                  key_get_u64((const char *)next_key.data + 12) < key_time(scan->before_us)));
        TRY(chunk_decode(&chunk, value));
        *n += whole ? chunk.count : count_run(chunk.entries, scan, group_is_out(group->code));
        key = next_key;
        value = next_value;
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status count_group(uint64_t *n, struct graph_txn *txn, const struct node *node,
                               const struct group *group, const struct edge_scan *scan)
{
    if (scan->from_us == TIME_MIN && scan->before_us == TIME_MAX) {
        *n += group->count;
        return STATUS_OK;
    }
    if (group->spilled)
        return count_chunks(n, txn, node->id, group, scan);
    *n += count_run(group->entries, scan, group_is_out(group->code));
    return STATUS_OK;
}

static enum status count_walking(uint64_t *n, struct graph_txn *txn, const struct node *node,
                                 const struct edge_scan *scan)
{
    AUTO(edge_iter_stop) struct edge_iter it;

    for (edge_iter_start(&it, txn, node, scan); edge_iter_next(&it);)
        ++*n;
    return it.status;
}

enum status edge_count(uint64_t *n, struct graph_txn *txn, const struct node *node,
                       const struct edge_scan *scan)
{
    uint64_t total = 0;
    struct reader groups;
    struct group group;
    struct row row;

    TRY(row_peek(&row, node->row));
    if (row_is_newer(&row, txn)) {
        TRY(count_walking(&total, txn, node, scan));
        *n = total;
        return STATUS_OK;
    }
    groups = reader_of(row.groups);
    while (group_next(&group, &groups))
        if (!group_is_past(group.code) && scan_matches(scan, &group))
            TRY(count_group(&total, txn, node, &group, scan));
    if (!groups.ok)
        return fail(STATUS_CORRUPT, "adjacency groups do not decode; run check");
    *n = total;
    return STATUS_OK;
}
