/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of a dump being loaded: sorted parts of nodes become node rows, appended in order. */

#include <stdlib.h>

#include "graph/dump_private.h"
#include "graph/key.h"
#include "store/sorter.h"

/* One node while its parts come; drafts lend from the arena. */
struct assembly {
    uint64_t node;
    struct row row;
    struct record record;
    bool has_record;
    struct group_draft *drafts;
    size_t n_drafts, capacity;
    struct buf run; /* of the group under way */
    struct entry_state state;
};

static enum status close_group(struct dump_load *load, struct assembly *at)
{
    struct group_draft *draft = at->n_drafts ? &at->drafts[at->n_drafts - 1] : NULL;
    const char *copy;

    if (!draft || draft->entries.data)
        return STATUS_OK;
    copy = arena_copy(&load->arena, buf_slice(&at->run));
    if (!copy)
        return STATUS_NO_MEMORY;
    draft->entries = slice_of(copy, at->run.size);
    return STATUS_OK;
}

static enum status take_part_entry(struct dump_load *load, struct assembly *at, uint32_t code,
                                   struct slice value)
{
    struct reader reader = reader_of(value);
    struct entry_state fresh = { 0 };
    struct entry entry;
    uint64_t newest;

    if (!entry_decode(&entry, &fresh, &reader, 0, group_is_out(code)))
        return fail(STATUS_CORRUPT, "a temporary file does not decode");
    newest = entry.ended > entry.born ? entry.ended : entry.born;
    if (at->row.max_commit < newest)
        at->row.max_commit = newest;
    if (at->n_drafts == 0 || at->drafts[at->n_drafts - 1].code != code) {
        TRY(close_group(load, at));
        TRY(array_reserve(&at->drafts, &at->capacity, at->n_drafts + 1));
        at->drafts[at->n_drafts++] = (struct group_draft){ .code = code };
        buf_clear(&at->run);
        at->state = (struct entry_state){ 0 };
    }
    at->drafts[at->n_drafts - 1].count++;
    return entry_encode(&at->run, &at->state, &entry, at->row.base_born, group_is_out(code));
}

static enum status has_past(bool *has, uint64_t *newest, struct dump_load *load, uint64_t node)
{
    AUTO(store_cursor_closep) struct store_cursor *cursor = NULL;
    unsigned char after[16];
    struct slice key, value;
    enum status status;

    *has = false;
    key_put_u64(after, node + 1);
    key_put_u64(after + 8, 0);
    TRY(store_cursor_open(&cursor, load->txn->store, TABLE_PAST));
    status = store_cursor_seek_before(&key, &value, cursor, slice_of(after, sizeof after));
    if (status == STATUS_OK && key.size >= 16 && key_get_u64(key.data) == node) {
        *has = true;
        *newest = key_get_u64((const char *)key.data + 8);
    }
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status write_node(struct dump_load *load, struct assembly *at)
{
    struct graph_txn *txn = load->txn;
    unsigned char key[NODE_KEY_BYTES];

    if (at->node == 0)
        return STATUS_OK;
    if (!at->has_record)
        return fail(STATUS_INVALID, "edges name node %llu, which the dump does not have",
                    (unsigned long long)at->node);
    if (at->node > NODE_ID_MAX)
        return fail(STATUS_LIMIT, "more than 2^40 nodes");
    TRY(close_group(load, at));
    buf_clear(&txn->scratch);
    TRY(record_encode(&txn->scratch, &at->record, at->row.base_born));
    at->row.record = buf_slice(&txn->scratch);
    buf_clear(&txn->groups);
    TRY(groups_encode(&txn->groups, txn, (struct node_id){ at->node }, &at->row, at->drafts,
                      at->n_drafts, true));
    at->row.groups = buf_slice(&txn->groups);
    buf_clear(&txn->row);
    TRY(row_encode(&txn->row, &at->row));
    key_put_node(key, (struct node_id){ at->node });
    return store_append(txn->store, TABLE_NODE, slice_of(key, sizeof key), buf_slice(&txn->row));
}

static enum status begin_node(struct dump_load *load, struct assembly *at, uint64_t node,
                              struct slice value)
{
    uint64_t born, ended = 0;
    const char *copy;

    TRY(write_node(load, at));
    arena_reset(&load->arena);
    at->node = node;
    at->n_drafts = 0;
    at->has_record = true;
    copy = arena_copy(&load->arena, value);
    if (!copy)
        return STATUS_NO_MEMORY;
    TRY(record_decode(&at->record, slice_of(copy, value.size), 0));
    TRY(has_past(&at->record.has_past, &ended, load, node));
    /* One with a past was there before: so its row says, too. */
    born = at->record.born;
    at->row = (struct row){ .base_born = born - (at->record.has_past && born),
                            .max_commit = born > ended ? born : ended };
    return STATUS_OK;
}

static enum status write_nodes_of(struct dump_load *load, struct assembly *at)
{
    struct slice key, value;
    enum status status;

    TRY(sorter_sort(load->parts));
    while ((status = sorter_next(&key, &value, load->parts)) == STATUS_OK) {
        uint64_t node = key_get_u64(key.data);
        uint32_t code = key_get_u32((const char *)key.data + 8);

        if (code == 0) {
            if (node == at->node)
                return fail(STATUS_INVALID, "node %llu comes twice", (unsigned long long)node);
            TRY(begin_node(load, at, node, value));
            continue;
        }
        if (node != at->node)
            return fail(STATUS_INVALID, "edges name node %llu, which the dump does not have",
                        (unsigned long long)node);
        TRY(take_part_entry(load, at, code, value));
    }
    return status == STATUS_END ? write_node(load, at) : status;
}

enum status dump_write_nodes(struct dump_load *load)
{
    struct assembly at = { 0 };
    enum status status = write_nodes_of(load, &at);

    free(at.drafts);
    buf_fini(&at.run);
    return status;
}

/* Rows come in the table's order, but that of nodes whose keys share a hash go behind its row. */
static enum status write_key(struct graph_txn *txn, struct slice key, struct slice value,
                             bool same_hash)
{
    struct reader reader = reader_of(value);
    struct node_id id;

    if (key.size != KEY_HASH_BYTES)
        return store_put(txn->store, TABLE_KEY, key, value);
    id.value = reader_varint(&reader);
    if (!id.value)
        return key_mark(txn, key);
    return same_hash ? key_insert(txn, key, id) : key_append(txn, key, id);
}

enum status dump_write_keys(struct dump_load *load)
{
    unsigned char last[KEY_HASH_BYTES] = { 0 };
    struct slice key, value;
    enum status status;
    bool any = false;

    TRY(sorter_sort(load->keys));
    while ((status = sorter_next(&key, &value, load->keys)) == STATUS_OK) {
        TRY(write_key(load->txn, key, value, any && !memcmp(last, key.data, sizeof last)));
        memcpy(last, key.data, sizeof last);
        any = true;
    }
    return status == STATUS_END ? STATUS_OK : status;
}
