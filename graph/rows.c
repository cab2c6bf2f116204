/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of nodes: sought in turn or together, remembered by readers that ask for it, and stored. */
#include <stdlib.h>

#include "base/hash.h"
#include "graph/ahead.h"
#include "graph/private.h"

#define ROWS_MET 512u

/* A row as met before, at the place that its node's id gives; many ids share one. */
struct row_met {
    uint64_t id;
    const void *bytes; /* lent by the store; NULL: none yet */
    uint32_t size;
    bool asked;        /* else it was found ahead, and nobody asked for it yet */
    bool tested;       /* its checksum was looked at */
};

enum status txn_remember_rows(struct graph_txn *txn)
{
    if (txn->write || txn->rows)
        return STATUS_OK;
    txn->rows = calloc(ROWS_MET, sizeof *txn->rows);
    return txn->rows ? STATUS_OK : fail_memory(ROWS_MET * sizeof *txn->rows);
}

void txn_rows_sought(const struct node_id **ids, size_t *n, const struct graph_txn *txn)
{
    *ids = txn->sought;
    *n = txn->n_sought;
}

static struct row_met *place_of(const struct graph_txn *txn, struct node_id id)
{
    return &txn->rows[hash_mix64(id.value) % ROWS_MET];
}

static bool is_met(const struct row_met *met, struct node_id id)
{
    return met->id == id.value && met->bytes;
}

static enum status row_seek(struct slice *bytes, struct graph_txn *txn, struct node_id id)
{
    unsigned char key[NODE_KEY_BYTES];

    if (id.value > NODE_ID_MAX)
        return STATUS_NOT_FOUND;
    key_put_node(key, id);
    return store_get(bytes, txn->store, TABLE_NODE, slice_of(key, sizeof key));
}

static enum status note_sought(struct graph_txn *txn, struct node_id id)
{
    TRY(array_reserve(&txn->sought, &txn->sought_capacity, txn->n_sought + 1));
    txn->sought[txn->n_sought++] = id;
    return STATUS_OK;
}

static enum status load_met(struct row_met *met, struct graph_txn *txn, struct node_id id)
{
    struct slice bytes;

    if (!is_met(met, id)) {
        TRY(note_sought(txn, id));
        TRY(row_seek(&bytes, txn, id));
        *met = (struct row_met){ id.value, bytes.data, (uint32_t)bytes.size, true, false };
    } else if (!met->asked) {
        TRY(note_sought(txn, id));
        met->asked = true;
    }
    return STATUS_OK;
}

/* The very row that was asked for last is at hand; writers change rows. */
static enum status load_last(struct slice *bytes, struct graph_txn *txn, struct node_id id)
{
    if (!txn->last_row.data || txn->last_id.value != id.value) {
        TRY(row_seek(bytes, txn, id));
        if (txn->write)
            return STATUS_OK;
        txn->last_row = *bytes;
        txn->last_id = id;
    }
    *bytes = txn->last_row;
    return STATUS_OK;
}

enum status row_load(struct slice *bytes, struct graph_txn *txn, struct node_id id)
{
    struct row_met *met;

    if (!txn->rows)
        return load_last(bytes, txn, id);
    met = place_of(txn, id);
    TRY(load_met(met, txn, id));
    *bytes = slice_of(met->bytes, met->size);
    return STATUS_OK;
}

enum status row_open(struct row *row, struct slice *bytes, struct graph_txn *txn,
                     struct node_id id)
{
    TRY(row_load(bytes, txn, id));
    if (txn->rows && place_of(txn, id)->tested)
        return row_peek(row, *bytes);
    TRY(row_decode(row, *bytes));
    if (txn->rows)
        place_of(txn, id)->tested = true;
    return STATUS_OK;
}

enum status row_copy(struct row *row, struct buf *copy, struct graph_txn *txn, struct node_id id)
{
    struct slice bytes;

    TRY(row_load(&bytes, txn, id));
    TRY(buf_append_slice(copy, bytes));
    return row_decode(row, buf_slice(copy));
}

enum status row_store(struct graph_txn *txn, struct node_id id, const struct row *row)
{
    unsigned char key[NODE_KEY_BYTES];

    if (id.value > NODE_ID_MAX)
        return fail(STATUS_LIMIT, "more than 2^40 nodes");
    key_put_node(key, id);
    buf_clear(&txn->row);
    TRY(row_encode(&txn->row, row));
    TRY(changes_touch(txn, id));
    return store_put(txn->store, TABLE_NODE, slice_of(key, sizeof key), buf_slice(&txn->row));
}

enum status txn_untouched_since(bool *out, struct graph_txn *txn, const struct node_id *ids,
                                size_t n, uint64_t commit_seq)
{
    *out = true;
    for (size_t i = 0; i < n && *out; i++) {
        struct slice bytes;
        struct row row;
        enum status status = row_open(&row, &bytes, txn, ids[i]);

        if (status == STATUS_NOT_FOUND)
            continue;
        TRY(status);
        *out = row.max_commit <= commit_seq;
    }
    return STATUS_OK;
}

/* ---- together ------------------------------------------------------------------------------- */

enum status rows_load(struct slice *rows, struct graph_txn *txn, const struct node_id *ids,
                      size_t n)
{
    unsigned char bytes[AHEAD_MAX][NODE_KEY_BYTES];
    struct slice keys[AHEAD_MAX];

    for (size_t i = 0; i < n; i++) {
        key_put_node(bytes[i], ids[i]);
        keys[i] = slice_of(bytes[i], NODE_KEY_BYTES);
    }
    return store_get_together(rows, txn->store, TABLE_NODE, keys, n);
}

enum status ahead_seek(struct ahead *ahead)
{
    struct slice rows[AHEAD_MAX];
    size_t n = ahead->n;

    ahead->n = 0;
    if (n < 2)
        return STATUS_OK; /* one alone is found as fast when it is asked for */
    TRY(rows_load(rows, ahead->txn, ahead->ids, n));
    for (size_t i = 0; i < n; i++)
        if (rows[i].data)
            *place_of(ahead->txn, ahead->ids[i]) =
                (struct row_met){ .id = ahead->ids[i].value, .bytes = rows[i].data,
                                  .size = (uint32_t)rows[i].size };
    return STATUS_OK;
}

enum status ahead_node(struct ahead *ahead, struct node_id id)
{
    if (!ahead->txn->rows || id.value > NODE_ID_MAX || is_met(place_of(ahead->txn, id), id))
        return STATUS_OK;
    for (size_t i = 0; i < ahead->n; i++)
        if (ahead->ids[i].value == id.value)
            return STATUS_OK;
    ahead->ids[ahead->n++] = id;
    return ahead->n == AHEAD_MAX ? ahead_seek(ahead) : STATUS_OK;
}

static bool wants(const struct group *group, const uint32_t *types, enum direction direction)
{
    enum direction own = group_is_out(group->code) ? DIRECTION_OUT : DIRECTION_IN;

    if (group_is_past(group->code) || (direction != DIRECTION_BOTH && direction != own))
        return false;
    for (const uint32_t *type = types; type && *type; type++)
        if (*type == group_type(group->code))
            return true;
    return !types;
}

enum status ahead_ends(struct ahead *ahead, const struct node *node, const uint32_t *types,
                       enum direction direction)
{
    struct reader groups;
    struct group group;
    struct row row;

    if (!ahead->txn->rows)
        return STATUS_OK;
    TRY(row_peek(&row, node->row));
    for (groups = reader_of(row.groups); group_next(&group, &groups);) {
        struct reader entries = reader_of(group.entries);
        struct entry_state state = { 0 };
        struct entry entry;

        if (!wants(&group, types, direction))
            continue;
        while (entry_decode(&entry, &state, &entries, row.base_born, group_is_out(group.code)))
            TRY(ahead_node(ahead, entry.other));
    }
    return STATUS_OK;
}
