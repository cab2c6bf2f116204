/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the entries of adjacency groups, inline in a node's row or in chunk rows. */
#include <stdlib.h>

#include "graph/private.h"

void entry_list_fini(struct entry_list *list)
{
    free(list->items);
    *list = (struct entry_list){ 0 };
}

enum status entry_list_read(struct entry_list *list, struct slice bytes, uint64_t base_born,
                            bool is_out)
{
    struct reader reader = reader_of(bytes);
    struct entry_state state = { 0 };

    do
        TRY(array_reserve(&list->items, &list->capacity, list->n + 1));
    while (entry_decode(&list->items[list->n], &state, &reader, base_born, is_out) && ++list->n);
    if (!reader.ok)
        return fail(STATUS_CORRUPT, "adjacency entries do not decode; run check");
    return STATUS_OK;
}

bool chunk_belongs(struct slice key, struct node_id node, uint32_t code)
{
    return key.size == CHUNK_KEY_BYTES && key_get_u64(key.data) == node.value &&
           key_get_u32((const char *)key.data + 8) == code;
}

enum status chunk_seek(struct slice *key, struct slice *value, struct store_cursor *cursor,
                       struct node_id node, uint32_t code, int64_t from_us, struct edge_id edge)
{
    struct chunk_key at = chunk_key(node, code, from_us, edge);
    enum status status =
        store_cursor_seek_before(key, value, cursor, slice_of(at.bytes, sizeof at.bytes));

    if (status == STATUS_OK && chunk_belongs(*key, node, code))
        return STATUS_OK;
    if (status != STATUS_OK && status != STATUS_END)
        return status;
    at = chunk_key(node, code, TIME_MIN, (struct edge_id){ 0 });
    status = store_cursor_seek(key, value, cursor, slice_of(at.bytes, sizeof at.bytes));
    if (status == STATUS_END || (status == STATUS_OK && !chunk_belongs(*key, node, code)))
        return fail(STATUS_CORRUPT, "a spilled adjacency group has no chunks; run check");
    return status;
}

enum status entry_list_read_group(struct entry_list *list, struct graph_txn *txn,
                                  struct node_id node, const struct row *row,
                                  const struct group *group)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice key, value;
    struct chunk chunk;
    enum status status;

    if (!group->spilled)
        return entry_list_read(list, group->entries, row->base_born, group_is_out(group->code));
    TRY(store_cursor_open(&cursor, txn->store, TABLE_CHUNK));
    status = chunk_seek(&key, &value, cursor, node, group->code, TIME_MIN, (struct edge_id){ 0 });
    while (status == STATUS_OK && chunk_belongs(key, node, group->code)) {
        TRY(chunk_decode(&chunk, value));
        TRY(entry_list_read(list, chunk.entries, chunk.base_born, group_is_out(group->code)));
        status = store_cursor_next(&key, &value, cursor);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status find_in(struct entry *out, struct slice bytes, uint64_t base_born, bool is_out,
                           const struct entry *like)
{
    struct reader reader = reader_of(bytes);
    struct entry_state state = { 0 };

    while (entry_decode(out, &state, &reader, base_born, is_out))
        if (entry_is(out, like))
            return STATUS_OK;
    return reader.ok ? STATUS_NOT_FOUND
                     : fail(STATUS_CORRUPT, "adjacency entries do not decode; run check");
}

static bool chunk_is_past(struct slice key, const struct entry *like)
{
    uint64_t start = key_get_u64((const char *)key.data + 12);

    return start > key_time(like->valid_from_us) ||
           (start == key_time(like->valid_from_us) &&
            key_get_u64((const char *)key.data + 20) > like->edge.value);
}

enum status entry_find(struct entry *out, struct graph_txn *txn, struct node_id node,
                       uint32_t code, const struct entry *like)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    struct slice bytes, key, value;
    struct group group;
    struct row row;
    enum status status;

    TRY(row_open(&row, &bytes, txn, node));
    TRY(row_find_group(&group, &row, code));
    if (!group.spilled)
        return find_in(out, group.entries, row.base_born, group_is_out(code), like);
    TRY(store_cursor_open(&cursor, txn->store, TABLE_CHUNK));
    status = chunk_seek(&key, &value, cursor, node, code, like->valid_from_us, like->edge);
    while (status == STATUS_OK && chunk_belongs(key, node, code) && !chunk_is_past(key, like)) {
        struct chunk chunk;

        TRY(chunk_decode(&chunk, value));
        status = find_in(out, chunk.entries, chunk.base_born, group_is_out(code), like);
        if (status != STATUS_NOT_FOUND)
            return status;
        status = store_cursor_next(&key, &value, cursor);
    }
    return status == STATUS_OK || status == STATUS_END ? STATUS_NOT_FOUND : status;
}
